"""Packets in the order they crossed, each with what only its neighbours in the trace can tell.

Relative TCP numbers, whether a node passed on what it had received, and noise that nobody asked for. It knows no kernel
and no screen; a packet's bytes are kept, its layers are read again when somebody looks.
"""

from collections import OrderedDict
from functools import lru_cache
from typing import NamedTuple

from netshell.facts import Crossing
from netshell.packets.headers import Ipv4, Ipv6, Tcp
from netshell.packets.layers import Icmp, Icmp6, Other, Packet
from netshell.packets.reader import ETHERNET, read
from netshell.packets.reader_draft import made
from netshell.packets.relative import Sequences

_MOST_ARRIVALS = 4096
_PASSED_ON_WITHIN_NS = 2_000_000_000
_NOBODY6 = "::"
_IGMP = 2
_NOISE = {
    133: "router solicitation",
    130: "multicast listener query",
    131: "multicast listener report",
    132: "multicast listener done",
    143: "multicast listener report",
}
"""ICMPv6 that every kernel sends of its own accord (RFC 4861, RFC 2710, RFC 3810)."""


class Seen(NamedTuple):
    """One crossing, as a trace has it."""

    crossing: Crossing
    protocol: str
    """Its innermost protocol: `ARP`, `ICMP`, `DNS`, `TCP` …"""
    numbers: tuple[int, int] | None
    """TCP's sequence and acknowledgement number, counted from the start of the connection."""
    follows: int
    """The number of the crossing that brought this packet to its sender, who passed it on (a bridge, a router, a NAT);
    0 where the packet begins its way, or nothing is known of it."""
    noise: str
    """What the packet is, where a kernel sends it unasked: `router solicitation`, `spanning tree` …; else empty."""

    @property
    def number(self) -> int:
        """By which it is called: counted from 1."""
        return self.crossing.number

    @property
    def packet(self) -> Packet:
        """Its layers, read from its bytes: some microseconds, each time."""
        crossing = self.crossing
        return read_once(crossing.data, crossing.link_type, crossing.wire_length)


read_once = lru_cache(maxsize=64)(read)
"""A packet is looked at several times in a row: when it is seen, by a filter, by a view, on each link it crosses."""


class Observer:
    """Goes along a trace in its order and remembers what the packets to come will need, within a bound."""

    def __init__(self) -> None:
        self._sequences = Sequences()
        self._arrivals: OrderedDict[tuple[str, object], tuple[int, int, str, str, int]] = OrderedDict()

    def see(self, crossing: Crossing) -> Seen:
        """The next crossing, with what is known of it."""
        return self.see_packet(crossing, read_once(crossing.data, crossing.link_type, crossing.wire_length))

    def see_packet(self, crossing: Crossing, packet: Packet) -> Seen:
        """The same for who has the packet already."""
        follows = 0
        if crossing.sender is not None or crossing.receiver is not None:
            follows = self._follow(crossing, packet)
        return made(Seen, (crossing, packet.protocol, self._sequences.numbers(packet), follows, noise(packet)))

    def pass_over(self, data: bytes, link_type: int) -> bool:
        """Remember what later packets need of one without ends that nobody looks at; False where it must be seen."""
        return link_type == ETHERNET and self._sequences.skim(data)

    def _follow(self, crossing: Crossing, packet: Packet) -> int:
        """Which crossing this one carries on: the same packet arrived at its sender a moment ago."""
        body, src, dst = _body(packet), packet.src, packet.dst
        follows = 0
        if crossing.sender is not None:
            arrival = self._arrivals.get((crossing.sender.node, body))
            if arrival is not None:
                number, time_ns, came_from, meant_for, ttl = arrival
                is_recent = crossing.time_ns - time_ns <= _PASSED_ON_WITHIN_NS
                is_bridged = (src, dst) == (came_from, meant_for)
                is_routed = _ttl(packet) < ttl and (src == came_from or dst == meant_for)
                if is_recent and (is_bridged or is_routed):
                    follows = number
        if crossing.receiver is not None and crossing.receiver != crossing.sender:
            key = (crossing.receiver.node, body)
            self._arrivals[key] = (crossing.number, crossing.time_ns, src, dst, _ttl(packet))
            self._arrivals.move_to_end(key)
            if len(self._arrivals) > _MOST_ARRIVALS:
                self._arrivals.popitem(last=False)
        return follows


def _ttl(packet: Packet) -> int:
    return packet.network.ttl if isinstance(packet.network, Ipv4 | Ipv6) else 0


def _body(packet: Packet) -> object:
    """What stays the same of a packet when a bridge, a router or a NAT passes it on."""
    network = packet.network
    if not isinstance(network, Ipv4 | Ipv6):
        return packet.data
    ident = (network.ident, network.part) if isinstance(network, Ipv4) else network.flow_label
    match packet.transport:
        case Tcp() as segment:
            inner: object = (segment.seq, segment.ack, segment.flags, segment.length)
        case Icmp() | Icmp6() as message if message.is_echo or message.is_error:
            inner = (message.type, message.code, message.sequence, packet.payload)
        case Icmp() | Icmp6() as message:
            inner = packet.data[message.at :]
        case _:
            inner = packet.payload or packet.data[network.at + network.size :]
    return type(network), ident, inner


def noise(packet: Packet) -> str:
    """What a packet is that a kernel sends without being asked; empty for what somebody caused."""
    message, network = packet.transport, packet.network
    if isinstance(message, Icmp6):
        if message.type == 135 and isinstance(network, Ipv6) and network.src == _NOBODY6:
            return "duplicate address detection"
        return _NOISE.get(message.type, "")
    if isinstance(network, Ipv4) and network.protocol == _IGMP:
        return "multicast group report"
    if network is None and any(isinstance(layer, Other) and layer.name == "STP" for layer in packet.layers):
        return "spanning tree"
    return ""
