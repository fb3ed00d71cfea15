"""Checksums: right, wrong, or left to the network card; against what tshark says of captures by real programs."""

import struct
from pathlib import Path

import pytest
import wire
from oracle import CAPTURES, packets, tshark

from netshell.explain.packet.checksums import State, header_checksum, total, transport_checksum
from netshell.packets.headers import Ipv4, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.reader import read

CHECKED = {Tcp: "tcp", Udp: "udp", Icmp: "icmp", Icmp6: "icmpv6"}
BAD, GOOD = "0", "1"


def transport(packet: Packet) -> State:
    return transport_checksum(packet).state


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: str(path.stem))
def test_tshark_finds_the_same_right(path: Path) -> None:
    names = [f"{name}.checksum.status" for name in ("ip", *CHECKED.values())]
    preferences = [f"{name}.check_checksum:TRUE" for name in ("ip", "tcp", "udp")]
    differences, seen = [], set()
    for number, (packet, row) in enumerate(zip(packets(path), tshark(path, names, *preferences), strict=True), 1):
        if isinstance(packet.network, Ipv4) and row["ip.checksum.status"][:1] in (["0"], ["1"]):
            state = header_checksum(packet.data, packet.network).state
            if (row["ip.checksum.status"][0] == GOOD) != (state is State.RIGHT):
                differences.append((number, "ip", state))
        kind = CHECKED.get(type(packet.transport), "")
        told = row[f"{kind}.checksum.status"][:1] if kind else []
        if told in ([BAD], [GOOD]):
            state = transport(packet)
            seen.add(state)
            is_same = state is State.RIGHT if told == [GOOD] else state in {State.LEFT, State.WRONG}
            differences += [] if is_same else [(number, kind, state)]
    assert differences == []
    assert seen <= {State.RIGHT, State.LEFT}, "the kernel sends no wrong checksum"


def ready(kind: int, at: int, message: bytes, pseudo: bytes) -> bytes:
    """A message over IPv4 with its checksum filled in."""
    number = 0xFFFF - total(pseudo + message)
    return wire.over_ip(kind, message[:at] + struct.pack("!H", number) + message[at + 2 :])


def blank(message: bytes, at: int) -> bytes:
    return message[:at] + b"\0\0" + message[at + 2 :]


SEGMENT = blank(wire.tcp(b"odd"), 16)
PSEUDO = wire.ip(wire.IP_1) + wire.ip(wire.IP_2) + struct.pack("!II", len(SEGMENT), 6)


def test_a_right_checksum_becomes_wrong_with_one_changed_byte() -> None:
    data = ready(6, 16, SEGMENT, PSEUDO)
    assert transport(read(data)) is State.RIGHT
    changed = transport_checksum(read(data[:-1] + b"!"))
    assert changed.state is State.WRONG
    assert changed.expected != int.from_bytes(data[50:52], "big")


def test_the_sum_of_the_pseudo_header_alone_is_unfinished_and_not_wrong() -> None:
    partial = struct.pack("!H", total(PSEUDO))
    assert transport(read(wire.over_ip(6, SEGMENT[:16] + partial + SEGMENT[18:]))) is State.LEFT


def test_udp_may_do_without() -> None:
    assert transport(read(wire.over_ip(17, blank(wire.udp(b"hi"), 6)))) is State.ABSENT


def test_what_is_not_all_there_is_not_judged() -> None:
    data = ready(6, 16, SEGMENT, PSEUDO)
    assert transport(read(data[:-1], wire_length=len(data))) is State.UNKNOWN
    assert transport(read(wire.ethernet(0x0800, wire.ipv4(6, SEGMENT, part=0x2000)))) is State.UNKNOWN


def test_a_header_checksum_is_judged_by_the_header_alone() -> None:
    header = blank(wire.ipv4(1, b""), 10)
    right = header[:10] + struct.pack("!H", 0xFFFF - total(header)) + header[12:]
    for data, state in ((right, State.RIGHT), (header, State.WRONG)):
        network = read(wire.ethernet(0x0800, data)).network
        assert isinstance(network, Ipv4)
        assert header_checksum(wire.ethernet(0x0800, data), network).state is state
