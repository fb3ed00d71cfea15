"""What a trace has around one packet: its own way over the links, and the conversation that it belongs to.

It looks at a bounded number of crossings, so that it takes as long in a long trace as in a short one.
"""

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Sequence
from ipaddress import ip_address
from typing import NamedTuple

from netshell.facts import Crossing, End
from netshell.packets.headers import Arp, Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Layer, Packet
from netshell.packets.messages import Dhcp
from netshell.packets.trace import Seen

_BACK, _FORWARD = 5000, 1500
"""How many crossings are looked at, by a search in their bytes."""
_MOST_BACK, _MOST_FORWARD = 100, 40
"""How many packets of the conversation are read."""
_HEADERS = 200
"""Bytes of a frame in which what tells its conversation stands: ports, identifiers, those in an ICMP error too."""
_MOST_HOPS = 32
_ND = frozenset({135, 136})


class Look(NamedTuple):
    """A crossing with its packet, read."""

    seen: Seen
    packet: Packet


class Conversation(NamedTuple):
    """Which exchange a packet belongs to, and two runs of bytes of which each packet of it has one."""

    key: Hashable
    needles: tuple[bytes, bytes]


class Neighbourhood(NamedTuple):
    """What is known of the packets around one; each in the order of the trace."""

    earlier_hops: tuple[Seen, ...] = ()
    """The same packet on the links that it came over."""
    later_hops: tuple[Seen, ...] = ()
    """The same packet on the links that it was passed on to."""
    before: tuple[Look, ...] = ()
    """Packets of the conversation on the same link, ICMP errors about it included."""
    after: tuple[Look, ...] = ()


def place_of(trace: Sequence[Seen], number: int) -> int | None:
    """Where a crossing stands in a trace whose oldest may be gone; None where it is not there."""
    place = bisect_left(trace, number, key=lambda seen: seen.number)
    return place if place < len(trace) and trace[place].number == number else None


def neighbourhood(trace: Sequence[Seen], place: int, packet: Packet) -> Neighbourhood:
    """What the trace has around the packet at a place."""
    seen = trace[place]
    earlier = _earlier_hops(trace, seen)
    talk = conversation(packet)
    back = range(place - 1, max(place - 1 - _BACK, -1), -1)
    ahead = range(place + 1, min(place + 1 + _FORWARD, len(trace)))
    before: tuple[Look, ...] = ()
    after: tuple[Look, ...] = ()
    if talk is not None:
        before = tuple(reversed(_members(trace, back, talk, seen.crossing, _MOST_BACK)))
        after = tuple(_members(trace, ahead, talk, seen.crossing, _MOST_FORWARD))
    return Neighbourhood(earlier, _later_hops(trace, ahead, (*earlier, seen)), before, after)


def _earlier_hops(trace: Sequence[Seen], seen: Seen) -> tuple[Seen, ...]:
    found: list[Seen] = []
    while 0 < seen.follows < seen.number and len(found) < _MOST_HOPS:
        place = place_of(trace, seen.follows)
        if place is None:
            break
        seen = trace[place]
        found.append(seen)
    return tuple(reversed(found))


def _later_hops(trace: Sequence[Seen], places: Iterable[int], known: Sequence[Seen]) -> tuple[Seen, ...]:
    """Every crossing that passes on what this one brought: several, where a bridge floods."""
    numbers = {known[-1].number}
    found: list[Seen] = []
    for place in places:
        other = trace[place]
        if other.follows in numbers:
            numbers.add(other.number)
            found.append(other)
            if len(found) == _MOST_HOPS:
                break
    return tuple(found)


def _members(
    trace: Sequence[Seen], places: Iterable[int], talk: Conversation, crossing: Crossing, most: int
) -> list[Look]:
    """The packets of a conversation on the link of a crossing: the nearest ones, and a SYN wherever it is in sight."""
    found: list[Look] = []
    here = _ends(crossing)
    one, two = talk.needles
    for place in places:
        other = trace[place]
        if len(found) >= most and not _may_be_syn(other):
            continue
        data = other.crossing.data[:_HEADERS]
        if (one not in data and two not in data) or not _is_same_link(here, other.crossing):
            continue
        packet = other.packet
        theirs = conversation(packet)
        if theirs is not None and theirs.key == talk.key:
            found.append(Look(other, packet))
    return found


def _may_be_syn(seen: Seen) -> bool:
    return seen.numbers is not None and seen.numbers[0] == 0


def _ends(crossing: Crossing) -> frozenset[End]:
    return frozenset(end for end in (crossing.sender, crossing.receiver) if end is not None)


def _is_same_link(here: frozenset[End], other: Crossing) -> bool:
    """Whether two crossings share an end; in a capture file, where ends are not known, everything is one link."""
    return not here or other.sender in here or other.receiver in here


def conversation(packet: Packet) -> Conversation | None:
    """Which exchange a packet belongs to; an ICMP error belongs to that of the packet it is about."""
    if isinstance(packet.application, Dhcp):
        xid = packet.application.xid
        return Conversation(("dhcp", xid), (xid.to_bytes(4, "big"),) * 2)
    if isinstance(packet.network, Arp):
        arp = packet.network
        return Conversation(("arp", frozenset({arp.sender_ip, arp.target_ip})), (_packed(arp.target_ip),) * 2)
    message = packet.transport
    if isinstance(message, Icmp | Icmp6) and message.original:
        return _of_layers(message.original)
    return _of_layers(packet.layers)


def _of_layers(layers: Sequence[Layer]) -> Conversation | None:
    """The exchange that headers tell of, those of a packet or those that an error quotes."""
    network = next((layer for layer in layers if isinstance(layer, Ipv4 | Ipv6)), None)
    transport = next((layer for layer in layers if isinstance(layer, Tcp | Udp | Icmp | Icmp6)), None)
    if network is None or transport is None:
        return None
    both = frozenset({network.src, network.dst})
    if isinstance(transport, Tcp | Udp):
        ports = transport.src_port.to_bytes(2, "big"), transport.dst_port.to_bytes(2, "big")
        ends = frozenset({(network.src, transport.src_port), (network.dst, transport.dst_port)})
        return Conversation((transport.name, ends), (ports[0] + ports[1], ports[1] + ports[0]))
    if transport.is_echo:
        return Conversation((transport.name, both, transport.rest), (transport.rest.to_bytes(4, "big"),) * 2)
    if isinstance(transport, Icmp6) and transport.type in _ND and transport.target:
        return Conversation(("nd", transport.target), (_packed(transport.target),) * 2)
    return None


def _packed(address: str) -> bytes:
    return ip_address(address).packed
