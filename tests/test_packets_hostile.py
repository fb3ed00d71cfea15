"""Whatever the bytes are, the reader ends, says what it can, and lets nothing through that a terminal obeys."""

import struct
import time

import pytest
import wire
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracle import CAPTURES, packets

from netshell.packets.fields import fields
from netshell.packets.filter import compile_filter
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.names import LINK_TYPES
from netshell.packets.reader import read
from netshell.packets.relative import Sequences
from netshell.packets.summary import summary

REAL = sorted({(packet.data, packet.link_type) for path in CAPTURES for packet in packets(path)})
FILTERS = [
    compile_filter(text)
    for text in ("tcp[20:4] = 1 or udp[ip[0]:2] > 5", "port 80", "host 192.0.2.2", "vlan and ip", "problem or fragment")
]


def is_sound(packet: Packet) -> None:
    """Everything that can be asked of a packet has an answer that lies inside its bytes."""
    size = len(packet.data)
    line = summary(packet, Sequences().numbers(packet))
    assert line.isprintable()
    assert len(line) <= 240
    assert packet.protocol
    assert packet.kind in {"", "request", "reply"}
    assert (packet.src + packet.dst).isprintable()
    quoted = packet.transport.original if isinstance(packet.transport, Icmp | Icmp6) else ()
    for layer in (*packet.layers, *quoted):
        assert 0 <= layer.at <= layer.at + layer.size <= size
        for field in fields(layer):
            assert 0 <= field.at <= field.at + field.size <= size
    assert packet.payload in packet.data
    for chooses in FILTERS:
        assert chooses(packet) in {True, False}


@given(st.binary(max_size=200), st.sampled_from([*LINK_TYPES, 9999]), st.integers(0, 300))
@example(b"", 1, 0)
@example(b"", 101, 0)
def test_any_bytes_on_any_link_are_read(data: bytes, link_type: int, wire_length: int) -> None:
    is_sound(read(data, link_type, wire_length))


@given(
    st.sampled_from(REAL),
    st.lists(
        st.tuples(st.integers(0, 400), st.one_of(st.integers(0, 255), st.sampled_from([0, 0xC0, 0xFF]))), max_size=8
    ),
    st.integers(0, 2000),
)
@settings(max_examples=400)
def test_real_packets_with_changed_bytes_are_read(
    real: tuple[bytes, int], changes: list[tuple[int, int]], kept: int
) -> None:
    data = bytearray(real[0])
    for at, byte in changes:
        if at < len(data):
            data[at] = byte
    is_sound(read(bytes(data[:kept]), real[1], len(data)))


@given(
    st.binary(max_size=120), st.sampled_from([(53, 4000), (68, 67), (4000, 80)]), st.sampled_from([b"", wire.dhcp(b"")])
)
def test_any_message_on_a_port_that_is_read_is_read(body: bytes, ports: tuple[int, int], head: bytes) -> None:
    is_sound(read(wire.over_ip(17, wire.udp(head + body, ports=ports))))
    is_sound(read(wire.over_ip(6, wire.tcp(b"GET / HTTP/1.1\r\n" + body, ports=ports))))


@pytest.mark.parametrize("size", range(0, 160, 8))
def test_headers_that_claim_more_than_there_is_stay_inside_their_bytes(size: int) -> None:
    segment = bytearray(wire.tcp(b"x" * 40, options=bytes([1, 1, 8, 10, *bytes(8)])))
    for offset in range(0, 0x100, 0x10):
        segment[12] = offset
        is_sound(read(wire.over_ip(6, bytes(segment))[:size]))
        is_sound(read(wire.over_ip(6, bytes(segment)[: size // 4])))
        is_sound(read(wire.over_ip(1, wire.icmp(3, 3, payload=wire.ipv4(6, bytes(segment))[:size]))))


POINTERS = b"".join(struct.pack("!H", 0xC000 | 12 + max(0, 2 * number - 2)) for number in range(8000))
LONG_NAME = b"\x01a" * 126 + b"\0\0\1\0\1"
HOSTILE = {
    "names that point at each other": wire.udp(wire.dns(POINTERS, (0xFFFF, 0, 0, 0)), ports=(53, 4000)),
    "thousands of names of 255 bytes": wire.udp(
        wire.dns(LONG_NAME + wire.record(5, b"\xc0\x0c") * 4500, (1, 0xFFFF, 0, 0)), ports=(53, 4000)
    ),
    "thousands of empty questions": wire.udp(wire.dns(b"\0\0\1\0\1" * 12000, (0xFFFF, 0, 0, 0)), ports=(53, 4000)),
    "thousands of DHCP options": wire.udp(wire.dhcp(b"\x0c\0" * 30000), ports=(68, 67)),
    "thousands of header lines": wire.tcp(b"GET / HTTP/1.1\r\n" + b"a\n" * 30000),
    "one endless header line": wire.tcp(b"GET / HTTP/1.1\r\n" + b"a" * 60000),
    "an endless request line": wire.tcp(b"GET " + b"/" * 60000),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_packets_take_no_longer_than_their_bytes_deserve(what: str) -> None:
    payload = HOSTILE[what]
    data = wire.over_ip(6 if "line" in what else 17, payload)
    times = []
    for _ in range(3):
        before = time.process_time()
        read(data)
        times.append(time.process_time() - before)
    is_sound(read(data))
    assert min(times) < 2, "some hundredths of a second, unless it takes longer than in proportion"


def test_a_strangers_text_cannot_reach_the_terminal() -> None:
    text = b"GET /\x1b]52;c;cm0gLXJm\x07\x9b31m HTTP/1.1\r\n\r\n"
    line = summary(read(wire.over_ip(6, wire.tcp(text))))
    assert line == "GET /␛]52;c;cm0gLXJm␇\\x9b31m HTTP/1.1"
