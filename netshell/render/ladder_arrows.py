"""What is on the arrows of a ladder: who sends to whom, in which words, and what a hop has changed; pure."""

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from ipaddress import ip_address
from typing import Literal, NamedTuple, TypeAlias

from netshell.packets.headers import Arp, Cooked, Ethernet, Ipv4, Ipv6
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.trace import Seen
from netshell.render.label import ends_of, labels

Kind: TypeAlias = Literal["one", "group", "all"]

_MOST_HOPS = 4096
_NOBODY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - the address of who has none yet, not one to bind to
_BROADCAST = "ff:ff:ff:ff:ff:ff"
_LIMITED_BROADCAST = "255.255.255.255"
_TO_ALL, _TO_GROUP = 1, 2
"""What the header of a cooked capture says of a broadcast and of a multicast."""


class Arrow(NamedTuple):
    """One crossing as a ladder shows it."""

    seen: Seen
    packet: Packet
    src: str | None
    """The key of the column it comes from: a node, or an address where the ends are not known."""
    dst: str | None
    marker: str
    """What stands at the arrow's head where that end has no column."""
    kind: Kind
    labels: tuple[str, ...]
    """What it says, the fullest words first."""
    notes: tuple[str, ...]
    """What the node that passed it on has changed."""
    repeats: Hashable
    """What is the same in repetitions of it: a ping's without its number."""


class _Hop(NamedTuple):
    """What a router may change."""

    src: str
    dst: str
    ttl: int


class Trail:
    """Goes along the crossings and remembers what each packet looked like before it was passed on, within a bound."""

    def __init__(self, *, is_lab: bool, with_ttl: bool) -> None:
        self._is_lab = is_lab
        self.with_ttl = with_ttl
        """Every label has the packet's TTL."""
        self._hops: OrderedDict[int, _Hop] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()

    @classmethod
    def has_router(cls, seen: Iterable[Seen]) -> bool:
        """Whether any of the crossings was passed on with a lower TTL."""
        ttls: dict[int, int] = {}
        for one in seen:
            network = one.packet.network
            if isinstance(network, Ipv4 | Ipv6):
                ttls[one.number] = network.ttl
                if one.follows and ttls.get(one.follows, network.ttl) != network.ttl:
                    return True
        return False

    def arrow(self, seen: Seen) -> Arrow:
        """The next crossing."""
        packet = seen.packet
        src, dst, marker, kind = self._ends(seen, packet)
        words = labels(packet, seen.numbers)
        before, hop = self._pass(seen, packet)
        notes: tuple[str, ...] = ()
        if hop is not None:
            is_routed = before is not None and before.ttl != hop.ttl
            timed = tuple(f"{text} · ttl {hop.ttl}" for text in words)
            words = timed if is_routed else (*timed, *words) if self.with_ttl else words
            changes = _changes(before, hop) if before is not None else ()
            notes = tuple(change for change in changes if self._is_news(change))
            if changes and not notes:
                words = tuple(f"{text} · NAT" for text in words)
        return Arrow(seen, packet, src, dst, marker, kind, words, notes, _repeats(packet, words))

    def _pass(self, seen: Seen, packet: Packet) -> tuple[_Hop | None, _Hop | None]:
        """The packet as it came to its sender, where that has passed it on; and as it is now."""
        network = packet.network
        if not isinstance(network, Ipv4 | Ipv6):
            return None, None
        hop = _Hop(*ends_of(packet), network.ttl)
        before = self._hops.get(seen.follows) if seen.follows else None
        self._hops[seen.number] = hop
        if len(self._hops) > _MOST_HOPS:
            self._hops.popitem(last=False)
        return before, hop

    def _is_news(self, change: str) -> bool:
        """Whether a NAT's change was not told a short while ago: it does the same to every packet of a conversation."""
        is_news = change not in self._told
        self._told[change] = None
        self._told.move_to_end(change)
        if len(self._told) > _MOST_HOPS:
            self._told.popitem(last=False)
        return is_news

    def _ends(self, seen: Seen, packet: Packet) -> tuple[str | None, str | None, str, Kind]:
        kind = _kind(packet)
        src, dst = _address_pair(packet, kind) if not self._is_lab else _node_pair(seen)
        marker = "?"
        if not self._is_lab and kind != "one":
            marker = "all" if kind == "all" else packet.dst
        return src, dst, marker, kind


def _changes(before: _Hop, now: _Hop) -> tuple[str, ...]:
    """The addresses and ports that a NAT has put in the place of others (RFC 3022)."""
    pairs = (("source", before.src, now.src), ("destination", before.dst, now.dst))
    return tuple(f"NAT: {which} {was} → {is_now}" for which, was, is_now in pairs if was != is_now)


def _repeats(packet: Packet, words: tuple[str, ...]) -> Hashable:
    """Echoes differ in their numbers, segments in theirs; all else is the same when it says the same."""
    message = packet.transport
    if isinstance(message, Icmp | Icmp6) and message.is_echo:
        ttl = packet.network.ttl if isinstance(packet.network, Ipv4 | Ipv6) else 0
        return message.type, message.ident, ttl, packet.wire_length, packet.problem
    return words[-1]


def is_in_lab(seen: Iterable[Seen]) -> bool:
    """Whether it is known of any crossing where it began or ended."""
    return any(one.crossing.sender or one.crossing.receiver for one in seen)


def key_pair(seen: Seen, *, is_lab: bool) -> tuple[str | None, str | None]:
    """The keys of the columns that a crossing goes from and to."""
    if is_lab:
        return _node_pair(seen)
    packet = seen.packet
    return _address_pair(packet, _kind(packet))


def _node_pair(seen: Seen) -> tuple[str | None, str | None]:
    sender, receiver = seen.crossing.sender, seen.crossing.receiver
    return sender.node if sender else None, receiver.node if receiver else None


def _address_pair(packet: Packet, kind: Kind) -> tuple[str | None, str | None]:
    """IP addresses, those that ARP speaks of too; hardware addresses where there are none."""
    network = packet.network
    src, dst = packet.src, packet.dst
    if isinstance(network, Arp) and network.name == "ARP":
        src, dst = network.sender_ip, network.target_ip
    if src in _NOBODY:
        src = next((layer.src for layer in packet.layers if isinstance(layer, Ethernet | Cooked)), src)
    return src or None, dst if kind == "one" and dst else None


def _kind(packet: Packet) -> Kind:
    """To one station, to a group, or to all on the link, by the hardware address; by IP's where there is none."""
    for layer in packet.layers[:1]:
        if isinstance(layer, Ethernet):
            if layer.dst == _BROADCAST:
                return "all"
            return "group" if int(layer.dst[:2], 16) & 1 else "one"
        if isinstance(layer, Cooked) and layer.direction in {_TO_ALL, _TO_GROUP}:
            return "all" if layer.direction == _TO_ALL else "group"
    if packet.dst == _LIMITED_BROADCAST:
        return "all"
    network = packet.network
    return "group" if isinstance(network, Ipv4 | Ipv6) and ip_address(network.dst).is_multicast else "one"
