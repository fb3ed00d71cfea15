"""Every field of every protocol that lessons use has a sentence, in captures made by real programs."""

from functools import cache

import pytest
import wire
from oracle import CAPTURES

from netshell.explain.owners import Owners
from netshell.explain.packet import Opened, open_packet
from netshell.explain.packet.control import ICMP, ICMP6
from netshell.explain.packet.internet import EXTENSION, IPV4, IPV6
from netshell.explain.packet.lease import DHCP
from netshell.explain.packet.link import ARP, COOKED, ETHERNET, LOOPBACK, VLAN
from netshell.explain.packet.names import DNS
from netshell.explain.packet.ports import UDP
from netshell.explain.packet.tcp import TCP
from netshell.facts import Crossing
from netshell.packets.fields import fields
from netshell.packets.files import CaptureFile
from netshell.packets.headers import Arp, Cooked, Ethernet, Extension, Ipv4, Ipv6, Loopback, Tcp, Udp, Vlan
from netshell.packets.layers import Icmp, Icmp6
from netshell.packets.messages import Dhcp, Dns
from netshell.packets.names import DHCP_OPTIONS, ICMP6_TYPES, ICMP_TYPES
from netshell.packets.trace import Observer, Seen

ROWS = {
    Arp: ARP.rows,
    Cooked: COOKED.rows,
    Dhcp: DHCP.rows,
    Dns: DNS.rows,
    Ethernet: ETHERNET.rows,
    Extension: EXTENSION.rows,
    Icmp: ICMP.rows,
    Icmp6: ICMP6.rows,
    Ipv4: IPV4.rows,
    Ipv6: IPV6.rows,
    Loopback: LOOPBACK.rows,
    Tcp: TCP.rows,
    Udp: UDP.rows,
    Vlan: VLAN.rows,
}

PLACEHOLDERS = {"An option.", "A record.", "Part of this layer."}
"""What is said of a field that has no words; only a mistake in the tables can bring it up."""


@cache
def trace(name: str) -> tuple[Seen, ...]:
    """A capture of the suite, as a trace; without ends, as every capture file."""
    observer = Observer()
    path = next(path for path in CAPTURES if path.stem == name)
    with CaptureFile.open(path) as capture:
        return tuple(
            observer.see(Crossing(number, 0, None, None, record.data, record.wire_length, record.interface.link_type))
            for number, record in enumerate(capture, 1)
        )


def every_packet(name: str) -> list[Opened]:
    frames = trace(name)
    return [open_packet(seen.number, frames, Owners()) for seen in frames]


def faults(packet: Opened) -> list[str]:
    """Sentences that are missing or none, and fields without a name or outside their packet."""
    found = [] if packet.headline else ["no headline"]
    size = len(packet.seen.crossing.data)
    for layer in packet.layers:
        for what, text in [(layer.name, layer.says), *((f.label, f.says) for f in layer.fields)]:
            if not what or not text.endswith((".", "?", "]")) or text in PLACEHOLDERS:
                found.append(f"{layer.name}/{what}: {text}")
        found += [f"{layer.name}/{f.label} is outside" for f in layer.fields if f.at + f.size > size]
    return found


@pytest.mark.parametrize("name", [path.stem for path in CAPTURES])
def test_every_field_of_real_packets_has_a_sentence(name: str) -> None:
    packets = every_packet(name)
    assert packets
    assert [fault for packet in packets for fault in faults(packet)] == []


@pytest.mark.parametrize("name", [path.stem for path in CAPTURES])
def test_every_plain_field_of_real_packets_has_a_row_of_its_own(name: str) -> None:
    missing = {
        (type(layer).__name__, field.name)
        for seen in trace(name)
        for layer in seen.packet.layers
        if type(layer) in ROWS
        for field in fields(layer)
        if isinstance(field.value, int | str) and field.name not in ROWS[type(layer)]
    }
    assert missing == set()


@pytest.mark.parametrize("kind", ICMP_TYPES)
def test_every_icmp_message_is_explained(kind: int) -> None:
    quoted = wire.ipv4(17, wire.udp())
    for code in (0, 1, 3, 4, 13):
        data = wire.over_ip(1, wire.icmp(kind, code, payload=quoted))
        assert faults(open_packet(1, [Observer().see(Crossing(1, 0, None, None, data, len(data)))], Owners())) == []


@pytest.mark.parametrize("kind", ICMP6_TYPES)
def test_every_icmpv6_message_is_explained(kind: int) -> None:
    for code in (0, 1, 3, 4):
        body = wire.icmp(kind, code, payload=wire.ipv6(17, wire.udp()))
        data = wire.ethernet(0x86DD, wire.ipv6(58, body))
        assert faults(open_packet(1, [Observer().see(Crossing(1, 0, None, None, data, len(data)))], Owners())) == []


@pytest.mark.parametrize("code", DHCP_OPTIONS)
def test_every_dhcp_option_is_explained(code: int) -> None:
    data = wire.over_ip(17, wire.udp(wire.dhcp(bytes([code, 4, 0, 0, 0, 1, 255])), ports=(68, 67)))
    packet = open_packet(1, [Observer().see(Crossing(1, 0, None, None, data, len(data)))], Owners())
    assert faults(packet) == []
    assert packet.layers[-1].fields[-1].label == f"option {code}: {DHCP_OPTIONS[code]}"


@pytest.mark.parametrize("flags", range(256))
def test_every_mixture_of_flags_is_explained(flags: int) -> None:
    data = wire.over_ip(6, wire.tcp(b"x", flags=flags))
    assert faults(open_packet(1, [Observer().see(Crossing(1, 0, None, None, data, len(data)))], Owners())) == []
