import struct

import pytest
import wire
from wire import IP6_1, IP6_2, IP_1, MAC_1

from netshell.packets.reader import read
from netshell.packets.relative import Sequences
from netshell.packets.summary import harmless, summary

QUOTED = wire.ipv4(17, wire.udp(b"x" * 40))[:28]


def over_ip6(following: int, payload: bytes) -> bytes:
    return wire.ethernet(0x86DD, wire.ipv6(following, payload))


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (wire.ethernet(0x0806, wire.arp(1)), "Who has 192.0.2.2? Tell 192.0.2.1"),
        (wire.ethernet(0x0806, wire.arp(2)), f"192.0.2.1 is at {MAC_1}"),
        (wire.ethernet(0x0806, wire.arp(1, "0.0.0.0")), "Who has 192.0.2.2? (probe: is the address free?)"),
        (wire.ethernet(0x0806, wire.arp(1, IP_1, IP_1)), f"192.0.2.1 is at {MAC_1} (announcement)"),
        (wire.over_ip(1, wire.icmp(8, payload=b"x")), "Echo (ping) request id=7 seq=3"),
        (
            wire.over_ip(1, wire.icmp(3, 3, payload=QUOTED)),
            "Destination unreachable (Port unreachable), about UDP 192.0.2.1:40000 → 192.0.2.2:9",
        ),
        (
            wire.over_ip(1, wire.icmp(11, 0, payload=wire.ipv4(1, wire.icmp(8)))),
            "Time exceeded (Time to live exceeded in transit), about Echo (ping) request 192.0.2.1 → 192.0.2.2",
        ),
        (wire.over_ip(6, wire.tcp(flags=2)), "40000 → 80 [SYN] seq=1000 win=64240"),
        (wire.over_ip(6, wire.tcp(b"hi\n")), "40000 → 80 [PSH, ACK] seq=1000 ack=2000 win=64240 len=3"),
        (
            wire.over_ip(6, wire.tcp(b"\xff" * 16 + b"\0\x13\x04", ports=(179, 4000))),
            "179 → 4000 [PSH, ACK] seq=1000 ack=2000 win=64240 len=19 · BGP KEEPALIVE",
        ),
        (wire.over_ip(17, wire.udp(b"hello")), "40000 → 9 len=5"),
        (
            wire.over_ip(17, wire.udp(wire.dns(wire.question("example.test")), ports=(4000, 53))),
            "Standard query A example.test",
        ),
        (
            wire.over_ip(17, wire.udp(wire.dns(wire.question("a.test"), flags=0x8183), ports=(53, 4000))),
            "Standard query response (No such name) A a.test",
        ),
        (wire.over_ip(17, wire.udp(wire.dhcp(bytes([53, 1, 1, 255])), ports=(68, 67))), "DHCP Discover"),
        (wire.over_ip(6, wire.tcp(b"GET /index.html HTTP/1.1\r\n\r\n")), "GET /index.html HTTP/1.1"),
        (wire.over_ip(6, wire.tcp(b"HTTP/1.0 200 OK\r\n\r\n")), "HTTP/1.0 200 OK"),
        (
            wire.ethernet(0x0800, wire.ipv4(1, b"x" * 80, part=0x00B9)),
            "Fragment: bytes 1480 to 1559 of packet 0x1234",
        ),
        (
            over_ip6(58, struct.pack("!BBHI", 135, 0, 0, 0) + wire.ip(IP6_2) + b"\x01\x01" + wire.mac(MAC_1)),
            f"Neighbour solicitation: who has {IP6_2}? from {MAC_1}",
        ),
        (
            over_ip6(58, struct.pack("!BBHI", 2, 0, 0, 1400) + wire.ipv6(17, wire.udp())),
            f"Packet too big: at most 1400 bytes, about UDP [{IP6_1}]:40000 → [{IP6_2}]:9",
        ),
        (wire.over_ip(89, b"\x02\x01" + bytes(42)), "OSPF Hello, 44 bytes"),
        (wire.ethernet(38, b"\x42\x42\x03" + bytes(35)), "STP configuration, 38 bytes"),
    ],
)
def test_a_packet_is_told_in_one_line(frame: bytes, line: str) -> None:
    assert summary(read(frame)) == line


def test_what_is_wrong_with_a_packet_stands_behind_its_line() -> None:
    line = summary(read(wire.over_ip(17, b"\0\x07\0\x09\0\x40\0\0")))
    assert line == "7 → 9 len=56 [UDP: a length of 64 bytes, but IP carries 8]"


def test_relative_numbers_take_the_place_of_those_sent() -> None:
    sequences = Sequences()
    opening = read(wire.over_ip(6, wire.tcp(flags=2)))
    data = read(wire.over_ip(6, wire.tcp(b"hello")))
    assert summary(opening, sequences.numbers(opening)) == "40000 → 80 [SYN] seq=0 win=64240"
    assert summary(data, sequences.numbers(data)) == "40000 → 80 [PSH, ACK] seq=0 ack=1 win=64240 len=5"


def test_numbers_wrap_round_and_a_new_connection_begins_anew() -> None:
    def segment(seq: int, flags: int) -> bytes:
        raw = wire.tcp(b"x", flags=flags)
        return wire.over_ip(6, raw[:4] + struct.pack("!I", seq) + raw[8:])

    sequences = Sequences()
    found = [
        sequences.numbers(read(segment(seq, flags)))
        for seq, flags in [(0xFFFFFFFF, 2), (0, 0x10), (5, 0x10), (70, 2), (71, 0x10)]
    ]
    assert [numbers[0] for numbers in found if numbers] == [0, 1, 6, 0, 1]


def test_a_connection_joined_late_counts_from_what_was_seen_first() -> None:
    assert Sequences().numbers(read(wire.over_ip(6, wire.tcp(b"x")))) == (1, 1)
    assert Sequences().numbers(read(wire.over_ip(17, wire.udp(b"x")))) is None


def test_many_connections_take_a_bounded_place() -> None:
    sequences = Sequences()
    for number in range(40000):
        ports = (number % 60000 + 1, 80)
        assert sequences.numbers(read(wire.over_ip(6, wire.tcp(ports=ports, flags=0x10)))) == (1, 1)
    assert len(sequences._first) <= 1 << 15


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ümläut", "plain text, ümläut"),
        ("a\x1b[2Jb\r\n", "a␛[2Jb␍␊"),
        ("\x7f\x9b\u202eabc", "␡\\x9b\\u202eabc"),
        ("x" * 500, "x" * 239 + "…"),
        ("\x9b" * 100, "\\x9b" * 59 + "\\x9" + "…"),
    ],
)
def test_strangers_text_is_made_harmless(text: str, shown: str) -> None:
    assert harmless(text) == shown
