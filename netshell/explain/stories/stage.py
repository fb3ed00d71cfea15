"""What is known besides the packets: whose addresses they are, the state of the nodes, what was asked in vain."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from netshell.explain.owners import Owners
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.words import listing
from netshell.facts import PC, Node, Route, Snapshot, route_to

_YOUNG_NS = 1_000_000_000
"""How long an answer may take before its absence means something."""
_MOST_NAMED = 4


@dataclass(frozen=True)
class Stage:
    """Where the stories play."""

    owners: Owners
    snapshot: Snapshot | None = None
    now_ns: int | None = None
    """Nanoseconds since the epoch; None where nothing more will come."""
    asked_in_vain: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """For each node, the IP addresses whose MAC it asked for and was not told."""

    def called(self, address: str, node: str = "") -> str:
        """Whose address it is with the address, `ns2 (192.0.2.2)`, or the address alone."""
        name = node or self.owners.of(address)
        return f"{named(name)} ({address})" if name else address

    def who(self, trip: Trip, address: str = "") -> str:
        """Who sent a packet: the node, or the address."""
        return named(trip.origin or self.owners.of(address or trip.packet.src)) or address or trip.packet.src

    def has(self, node: str, address: str) -> bool:
        """Whether an address is known to be set on a node."""
        return bool(node) and (self.owners.of(address) == node or self._is_set(node, address))

    def has_lost(self, node: str, address: str) -> bool:
        """Whether a node had an address that it is known not to have now."""
        had = bool(node) and self.owners.of(address) == node
        return had and self.node(node) is not None and not self._is_set(node, address)

    def _is_set(self, node: str, address: str) -> bool:
        there = self.node(node)
        return there is not None and any(one.cidr.partition("/")[0] == address for one in there.addresses)

    def holders(self, address: str) -> list[str]:
        """Every node that an address is known to be set on."""
        if self.snapshot is None:
            owner = self.owners.of(address)
            return [owner] if owner else []
        return [name for name in self.snapshot.nodes if self._is_set(name, address)]

    def node(self, name: str) -> Node | None:
        """The state of a node, where it is known."""
        return self.snapshot.node(name) if self.snapshot else None

    def knows_way(self, node: str, address: str) -> bool:
        """Whether the state of a node tells how it would send to an address."""
        return self.node(node) is not None and not _is_beyond_routes(address)

    def route(self, node: str, address: str) -> Route | None:
        """The route that a node has to an address, where `knows_way` says that this can be told."""
        there = self.node(node)
        return route_to(there, address) if there is not None else None

    def is_young(self, time_ns: int) -> bool:
        """Whether it is too early to say that something got no answer."""
        return self.now_ns is not None and self.now_ns - time_ns < _YOUNG_NS

    def via(self, trip: Trip) -> list[str]:
        """The nodes that passed a packet on, in their order."""
        ends = [seen.crossing.sender for seen in trip.path(self.owners)[1:]]
        return list(dict.fromkeys(end.node for end in ends if end is not None))

    def listens_only_on(self, node: str, protocol: str, port: int, address: str) -> list[str]:
        """The addresses that programs of a node wait on at a port, where none of them takes what comes to `address`."""
        there = self.node(node)
        sockets = there.sockets if there else ()
        waiting = [one for one in sockets if one.is_waiting and (one.protocol, one.local_port) == (protocol, port)]
        return [] if any(one.accepts(address) for one in waiting) else list(dict.fromkeys(one.local for one in waiting))

    def knows_sockets(self, node: str) -> bool:
        """Whether it is known which ports a node has open."""
        return self.node(node) is not None

    def through(self, trip: Trip) -> str:
        """` through r1`: the nodes that passed a packet on, or nothing."""
        names = [named(node) for node in self.via(trip)]
        if len(names) > _MOST_NAMED:
            return f" through {len(names)} nodes"
        return f" through {listing(names)}" if names else ""


def _is_beyond_routes(address: str) -> bool:
    """Whether the main table does not decide about an address: one of a link, a group, or no IP address at all."""
    try:
        target = ip_address(address)
    except ValueError:
        return True
    return target.is_link_local or target.is_multicast or target.is_loopback


def named(node: str) -> str:
    """A node's name in a sentence: `ns1`, `the PC`."""
    return "the PC" if node == PC else node
