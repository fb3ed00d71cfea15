import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netshell.facts import Echo, Frame
from netshell.packets.echo import EchoReader
from netshell.packets.ip import ip_packet

MACS = bytes(12)


def frame(data: bytes, time_ns: int = 1) -> Frame:
    return Frame(time_ns, "ns1", "eth0", True, data, len(data))


def icmp(kind: int, payload: bytes, code: int = 0) -> bytes:
    return struct.pack("!BBHHH", kind, code, 0, 77, 3) + payload


def ipv4(payload: bytes, part: int = 0, protocol: int = 1, ident: int = 9) -> bytes:
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, part, 64, protocol, 0)
    return MACS + b"\x08\x00" + header + ip_address("192.0.2.1").packed + ip_address("192.0.2.2").packed + payload


def ipv6(payload: bytes, following: int = 58) -> bytes:
    header = struct.pack("!IHBB", 6 << 28, len(payload), following, 64)
    return MACS + b"\x86\xdd" + header + ip_address("2001:db8::1").packed + ip_address("2001:db8::2").packed + payload


def read(*datas: bytes) -> list[Echo]:
    reader = EchoReader()
    found = [reader.read(frame(data, number)) for number, data in enumerate(datas)]
    return [echo for echo in found if echo is not None]


def test_an_echo_request_is_read_whole() -> None:
    (echo,) = read(ipv4(icmp(8, b"x" * 56)))
    assert echo == Echo(0, "ns1", "eth0", True, False, "192.0.2.1", "192.0.2.2", 77, 3, 56)


def test_the_padding_of_a_short_frame_is_not_payload() -> None:
    (echo,) = read(ipv4(icmp(0, b"abc")) + bytes(20))
    assert (echo.is_reply, echo.size) == (True, 3)


def test_an_ipv6_echo_is_read_behind_extension_headers() -> None:
    options = bytes([58, 0]) + bytes(6)
    assert [echo.is_reply for echo in read(ipv6(icmp(128, b"1")), ipv6(options + icmp(129, b"1"), 0))] == [False, True]


def test_a_vlan_tag_is_stepped_over() -> None:
    data = ipv4(icmp(8, b"x"))
    assert len(read(data[:12] + b"\x81\x00\x00\x05" + data[12:])) == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_a_fragmented_echo_is_told_once_with_its_whole_size(order: tuple[int, ...]) -> None:
    whole = icmp(8, b"x" * 3000)
    parts = [
        ipv4(whole[:1480], 0x2000),
        ipv4(whole[1480:2960], 0x2000 | 185),
        ipv4(whole[2960:], 370),
    ]
    assert [echo.size for echo in read(*(parts[number] for number in order))] == [3000]
    assert read(parts[0], parts[2]) == []


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MACS + b"\x08\x06" + bytes(28),
        ipv4(icmp(3, b"")),
        ipv4(icmp(8, b""), protocol=17),
        ipv4(icmp(8, b"", code=1)),
        ipv4(icmp(128, b"")),
        ipv6(icmp(8, b"")),
        ipv4(b"\x08"),
    ],
)
def test_what_is_no_echo_is_none(data: bytes) -> None:
    assert read(data) == []


@given(st.binary(max_size=120), st.sampled_from([b"", b"\x08\x00", b"\x86\xdd", b"\x81\x00\x00\x01\x08\x00"]))
def test_no_bytes_make_the_reader_raise(data: bytes, kind: bytes) -> None:
    read(data, MACS + kind + data)
    ip_packet(MACS + kind + data)


@given(st.data())
def test_no_damage_to_a_packet_makes_the_reader_raise(data: st.DataObject) -> None:
    packet = bytearray(data.draw(st.sampled_from([ipv4(icmp(8, b"hello")), ipv6(bytes(8) + icmp(128, b"hello"), 0)])))
    for _ in range(data.draw(st.integers(1, 4))):
        packet[data.draw(st.integers(12, len(packet) - 1))] = data.draw(st.integers(0, 255))
    read(bytes(packet[: data.draw(st.integers(0, len(packet)))]))
