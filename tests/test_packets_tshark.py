"""What the reader says of captures of real programs, and of odd packets, beside what tshark says of the same."""

import struct
from collections.abc import Iterable
from pathlib import Path

import pytest
from columns import PROTOCOLS, differences, dissected
from odd_packets import DIFFERENT, ODD
from oracle import CAPTURES, packets

from netshell.packets.headers import Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.relative import Sequences

each_capture = pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)


def capture(path: Path, link_type: int, frames: Iterable[bytes], longest: int = 65535) -> Path:
    """A pcap file of these frames, cut to a length."""
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, longest, link_type)
    records = (
        struct.pack("<IIII", number, 0, len(data[:longest]), len(data)) + data[:longest]
        for number, data in enumerate(frames, 1)
    )
    path.write_bytes(head + b"".join(records))
    return path


@each_capture
def test_every_field_is_what_tshark_reads(path: Path) -> None:
    assert differences(path) == []


@pytest.mark.parametrize("link_type", ODD)
def test_odd_packets_are_read_as_tshark_reads_them(link_type: int, tmp_path: Path) -> None:
    names = list(ODD[link_type])
    found = differences(capture(tmp_path / "odd.pcap", link_type, ODD[link_type].values()))
    told = [(names[number - 1], field, theirs, mine) for number, field, theirs, mine in found]
    assert [line for line in told if not line[1].startswith(DIFFERENT.get(line[0], ("no such field",)))] == []


@each_capture
def test_relative_numbers_are_those_of_tshark(path: Path) -> None:
    sequences = Sequences()
    for row, packet in zip(dissected(path), packets(path), strict=True):
        numbers = sequences.numbers(packet)
        segment = packet.transport
        if numbers is None or not isinstance(segment, Tcp):
            continue
        assert [row["tcp.seq"], row["tcp.ack"]] == [[str(numbers[0])], [str(numbers[1])]]
        gaps = segment.option(5)
        edges = [str((edge - segment.ack + numbers[1]) % (1 << 32)) for edge in (gaps.values if gaps else ())]
        assert [row["tcp.options.sack_le"], row["tcp.options.sack_re"]] == [edges[::2], edges[1::2]]


@each_capture
def test_the_quoted_packet_of_an_icmp_error_is_what_tshark_reads(path: Path) -> None:
    for row, packet in zip(dissected(path), packets(path), strict=True):
        if isinstance(packet.transport, Icmp | Icmp6) and packet.transport.original:
            original = packet.transport.original
            header = next(each for each in original if isinstance(each, Ipv4 | Ipv6))
            ports = [str(each.dst_port) for each in original if isinstance(each, Udp)]
            family = "ip" if isinstance(header, Ipv4) else "ipv6"
            assert [row[f"{family}.src"][1], row[f"{family}.dst"][1]] == [header.src, header.dst]
            assert row["udp.dstport"] == ports


NAMES = {
    "sll": "Linux cooked",
    "vlan": "802.1Q",
    "ieee8021ad": "802.1Q",
    "ip": "IPv4",
    "ipv6": "IPv6",
    "arp": "ARP",
    "icmp": "ICMP",
    "icmpv6": "ICMPv6",
    "tcp": "TCP",
    "udp": "UDP",
    "dns": "DNS",
    "mdns": "DNS",
    "dhcp": "DHCP",
    "http": "HTTP",
    "igmp": "IGMP",
    "ospf": "OSPF",
    "bgp": "BGP",
    "stp": "STP",
    "lldp": "LLDP",
    "cdp": "CDP",
}
"""tshark's names for protocols, and netshell's."""


@each_capture
def test_the_layers_have_the_names_that_tshark_has_for_them(path: Path) -> None:
    for number, (row, packet) in enumerate(zip(dissected(path), packets(path), strict=True), 1):
        theirs = [NAMES[word] for word in row[PROTOCOLS][0].split(":") if word in NAMES]
        if not (row["http.request.method"] or row["http.response.code"]):
            theirs = [name for name in theirs if name != "HTTP"]  # a body without its head: it takes the stream to know
        mine = list(layers(packet))
        if not (row["tcp.analysis.retransmission"] or packet.problem):
            assert (number, list(dict.fromkeys(mine))) == (number, list(dict.fromkeys(theirs)))


def layers(packet: Packet) -> Iterable[str]:
    """The names of a packet's layers, and of those of the packet that an ICMP error quotes."""
    quoted = packet.transport.original if isinstance(packet.transport, Icmp | Icmp6) else ()
    return (layer.name for layer in (*packet.layers, *quoted) if layer.name in NAMES.values())


@pytest.mark.parametrize("size", [60, 68, 80, 96, 200])
def test_a_capture_cut_short_is_read_as_far_as_tshark_reads_it(size: int, tmp_path: Path) -> None:
    whole = packets(next(path for path in CAPTURES if path.stem == "lan"))
    cut = capture(tmp_path / "cut.pcap", 1, (packet.data for packet in whole), size)
    missed = [line for line in differences(cut) if line[1].startswith(WHOLE) and line[2]]
    assert missed == []  # tshark gives up some packets before netshell does


_WHOLE = """
    frame. eth. arp. ip. ipv6. tcp.srcport tcp.dstport tcp.seq tcp.ack tcp.hdr_len tcp.flags tcp.window tcp.len udp.
    icmp.type icmp.code icmpv6.type icmpv6.code dns.id dns.flags dhcp.id http.request.method
"""
WHOLE = tuple(_WHOLE.split())
"""Fields that are there however short these packets are cut."""
