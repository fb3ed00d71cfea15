"""The way of each packet: all the crossings by which a bridge, a router or a NAT carried one packet on.

A packet is counted once, at its first sender, however many links it crossed.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from netshell.explain.owners import Owners
from netshell.facts import Crossing
from netshell.packets.headers import Ethernet
from netshell.packets.layers import Packet
from netshell.packets.trace import Seen

_SAME_WITHIN_NS = 10_000_000
"""A copy of a packet that a capture of several interfaces took again comes microseconds later; one that is sent again,
hundreds of milliseconds."""
_MOST_RECENT = 256
_HEADER_BYTES: Mapping[int, int] = {0: 4, 1: 14, 108: 4, 113: 16, 276: 20}
"""Of the link's header, by link type; 0 for raw IP."""


@dataclass(slots=True)
class Trip:
    """One packet and the crossings that it made, in their order; a bridge that floods makes a tree of them."""

    first: Seen
    others: list[Seen] = field(default_factory=list)

    @property
    def packet(self) -> Packet:
        """As its first sender sent it."""
        return self.first.packet

    @property
    def number(self) -> int:
        """Of its first crossing."""
        return self.first.crossing.number

    @property
    def numbers(self) -> list[int]:
        """Of all its crossings."""
        return [self.number, *(seen.crossing.number for seen in self.others)]

    @property
    def time_ns(self) -> int:
        """When it was first seen."""
        return self.first.crossing.time_ns

    @property
    def origin(self) -> str:
        """The node that sent it; empty where that is not known."""
        sender = self.first.crossing.sender
        return sender.node if sender else ""

    @property
    def receivers(self) -> list[str]:
        """Every node that it came to."""
        ends = [seen.crossing.receiver for seen in (self.first, *self.others)]
        return [end.node for end in ends if end is not None]

    @property
    def has_known_ends(self) -> bool:
        """Whether it can be said at all where it went."""
        crossing = self.first.crossing
        return crossing.sender is not None or crossing.receiver is not None

    def reached(self, node: str) -> bool:
        """Whether it came to a node, as far as anybody can tell: in a capture file, and of a node unknown, it did."""
        if not node or not self.has_known_ends or node in self.receivers:
            return True
        return any(seen.crossing.receiver is None for seen in (self.first, *self.others))

    def path(self, owners: Owners) -> tuple[Seen, ...]:
        """The crossings from the first to where it ended: with its owner, if it got there."""
        everything = (self.first, *self.others)
        if all(later.follows == former.crossing.number for former, later in zip(everything, self.others, strict=False)):
            return everything
        parents = {seen.crossing.number: seen for seen in everything}
        followed = {seen.follows for seen in self.others}
        leaf = max(
            (seen for seen in everything if seen.crossing.number not in followed),
            key=lambda seen: (*_nearness(seen, owners), seen.crossing.number),
        )
        way = [leaf]
        while way[-1] is not self.first and (parent := parents.get(way[-1].follows)) is not None:
            way.append(parent)
        return tuple(reversed(way))


def _nearness(seen: Seen, owners: Owners) -> tuple[bool, bool]:
    """Whether a crossing ended at the owner of the packet's IP address, and of its MAC."""
    receiver, packet = seen.crossing.receiver, seen.packet
    if receiver is None:
        return False, False
    mac = next((layer.dst for layer in packet.layers if isinstance(layer, Ethernet)), "")
    return owners.of(packet.dst) == receiver.node, owners.of(mac) == receiver.node


def trips(trace: Iterable[Seen]) -> list[Trip]:
    """The packets of a trace in the order they set out, without noise."""
    arrived: dict[int, Trip] = {}
    recent: OrderedDict[tuple[bytes, bytes], Trip] = OrderedDict()
    made: list[Trip] = []
    for seen in trace:
        if seen.noise:
            continue
        crossing = seen.crossing
        if crossing.sender is None and crossing.receiver is None:
            trip = _original(crossing, recent)
        else:
            trip = arrived.get(seen.follows)
        if trip is None:
            trip = Trip(seen)
            made.append(trip)
            if crossing.sender is None and crossing.receiver is None:
                _remember(crossing, trip, recent)
        else:
            trip.others.append(seen)
        if crossing.receiver is not None:
            arrived[crossing.number] = trip
    return made


def _original(crossing: Crossing, recent: OrderedDict[tuple[bytes, bytes], Trip]) -> Trip | None:
    """The packet that this one is a copy of: a file of several interfaces (`tcpdump -i any`) has it more than once."""
    trip = recent.get(_likeness(crossing))
    return trip if trip is not None and 0 <= crossing.time_ns - trip.time_ns <= _SAME_WITHIN_NS else None


def _remember(crossing: Crossing, trip: Trip, recent: OrderedDict[tuple[bytes, bytes], Trip]) -> None:
    recent[_likeness(crossing)] = trip
    if len(recent) > _MOST_RECENT:
        recent.popitem(last=False)


def _likeness(crossing: Crossing) -> tuple[bytes, bytes]:
    """What a copy has in common with the packet: IPv4's identification, and all that stands behind TTL and checksum."""
    data, at = crossing.data, _HEADER_BYTES.get(crossing.link_type, 0)
    version = data[at] >> 4 if len(data) > at else 0
    if version == 4:
        return data[at + 4 : at + 8], data[at + 12 :]
    if version == 6:
        return data[at : at + 4], data[at + 8 :]
    return b"", data[at:]
