"""Where in a network a fault can be made: one node that reaches another, and all that lies on the way.

It is derived from a snapshot of a network that is well, and knows nothing of lessons or of faults.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_interface, ip_network

from netshell.diagnosis import lookup
from netshell.diagnosis.cables import path
from netshell.diagnosis.segment import link_at, segment
from netshell.facts import PC, Address, End, Node, Route, Snapshot

_OTHER_NETWORKS = ("172.30.99.0/24", "10.254.99.0/24", "192.168.99.0/24")


@dataclass(frozen=True)
class Hop:
    """One link of the way."""

    out: End
    """The interface that the packets leave by."""
    to: End
    """Where they come in."""
    ip: str
    """Whose MAC is asked for."""
    route: Route
    ends: tuple[End, ...]
    """Every interface on the link that they cross, in order: `out`, the ports of bridges, the bridges, `to`."""


@dataclass(frozen=True)
class Place:
    """Who asks for whom, in which network."""

    snapshot: Snapshot
    source: str
    target: str
    ip: str
    """The target's address that packets go to."""
    hops: tuple[Hop, ...]

    @property
    def nodes(self) -> tuple[str, ...]:
        """Those that the packets pass as packets, source and target included."""
        return (self.source, *(hop.to.node for hop in self.hops))

    @property
    def routers(self) -> tuple[str, ...]:
        return self.nodes[1:-1]

    @property
    def is_direct(self) -> bool:
        """Source and target are on one link."""
        return len(self.hops) == 1

    @property
    def ask(self) -> tuple[str, str]:
        """Whom to ask for: a node with several addresses may be reached by another one, so then the one that counts."""
        is_one = len(usable(self.node(self.target))) == 1 or not self.hops
        return self.source, self.target if is_one else self.ip

    @cached_property
    def own(self) -> str:
        """The source's address."""
        return lookup.source_for(self.node(self.source), self.ip) or ""

    def node(self, name: str) -> Node:
        return self.snapshot.nodes[name]

    def cidr(self, end: End) -> str:
        """The first address of an interface; empty where it has none."""
        held = lookup.addresses_on(self.node(end.node), end.link, 4)
        return held[0].cidr if held else ""

    @cached_property
    def addressed(self) -> tuple[End, ...]:
        """The interfaces with an address on the way, bridges of their own among them."""
        return tuple(end for hop in self.hops for end in (hop.out, hop.to) if self.cidr(end))

    @cached_property
    def bridges(self) -> tuple[tuple[End, End, End], ...]:
        """Each bridge in the middle of a link, with the ports by which frames come in and leave."""
        found = []
        for hop in self.hops:
            for come, middle, leave in zip(hop.ends, hop.ends[1:], hop.ends[2:], strict=False):
                if link_at(self.snapshot, middle).kind == "bridge" and come.node == leave.node == middle.node:
                    found.append((middle, come, leave))
        return tuple(found)

    @cached_property
    def cables(self) -> tuple[tuple[End, End], ...]:
        """Both ends of each cable, the nearer first."""
        pairs = [pair for hop in self.hops for pair in zip(hop.ends, hop.ends[1:], strict=False)]
        return tuple((a, b) for a, b in pairs if link_at(self.snapshot, a).peer == b)

    def others(self, end: End) -> tuple[End, ...]:
        """Interfaces of nodes on the link of an end that the packets do not pass, with an address of its network."""
        around = segment(self.snapshot, end).ends
        network = ip_interface(self.cidr(end)).network if self.cidr(end) else None
        apart = [one for one in around if one.node not in self.nodes and self.cidr(one)]
        return tuple(one for one in apart if ip_interface(self.cidr(one)).network == network)

    def free_ip(self, cidr: str) -> str:
        """An address of a network that nobody has, nor has for a gateway."""
        network = ip_interface(cidr).network
        taken = {lookup.host(a) for node in self.snapshot.nodes.values() for a in node.addresses}
        taken |= {r.via for node in self.snapshot.nodes.values() for r in node.routes if r.via}
        size = min(network.num_addresses, 256)
        return next((ip for n in range(size - 2, 0, -1) if (ip := str(network[n])) not in taken), "")

    def foreign(self) -> str:
        """A network that is none of the lab's."""
        held = [ip_interface(a.cidr).ip for node in self.snapshot.nodes.values() for a in node.addresses]
        return next(net for net in _OTHER_NETWORKS if not any(ip in ip_network(net) for ip in held))

    def free_port(self, start: int) -> int:
        """A port that nobody has open anywhere."""
        taken = {socket.local_port for node in self.snapshot.nodes.values() for socket in node.sockets}
        return next(port for port in range(start, start + 100) if port not in taken)

    def cables_of(self, name: str) -> list[End]:
        """A node's interfaces without lo and bridges."""
        links = self.node(name).links.values()
        return [End(name, link.name) for link in links if link.kind not in {"loopback", "bridge"}]


def hops_of(snapshot: Snapshot, source: str, ip: str) -> tuple[Hop, ...] | None:
    """The way of a packet, as the tables say; None where they do not lead there."""
    node, found = snapshot.nodes[source], list[Hop]()
    while not lookup.is_local(node, ip):
        route = lookup.route(node, ip)
        if route is None or route.kind != "unicast" or not route.dev or len(found) > len(snapshot.nodes):
            return None
        out, hop = End(node.name, route.dev), lookup.next_hop_of(node, route, ip)
        holders = segment(snapshot, out).holders(snapshot, hop, node.name)
        joined = path(snapshot, [out], [holders[0]], is_routed=False) if holders else None
        if joined is None:
            return None
        found.append(Hop(out, holders[0], hop, route, tuple(step.end for step in joined.steps)))
        node = snapshot.nodes[holders[0].node]
    return tuple(found)


def pairs_of(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Who may ask for whom: nodes with an address of their own, the farthest apart first, at last each for itself."""
    able = [name for name, node in snapshot.nodes.items() if node.is_enterable and usable(node)]
    found = [(a, b, hops_of(snapshot, a, address_of(snapshot, a, b))) for a in able for b in able if a != b]
    ways = [(len(hops), PC in {a, b}, a, b) for a, b, hops in found if hops]
    for _, _, source, target in sorted(ways, key=lambda one: (-one[0], *one[1:])):
        yield source, target
    yield from ((name, name) for name in able)


def usable(node: Node) -> list[Address]:
    """The addresses of a node that others can use."""
    return [a for a in node.addresses if lookup.is_usable(a) and lookup.version_of(a.cidr) == 4]


def address_of(snapshot: Snapshot, source: str, target: str) -> str:
    """The address of a target that is on a link of the source's, else its first."""
    near = [lookup.interface(a).network for a in usable(snapshot.nodes[source])]
    held = usable(snapshot.nodes[target])
    fitting = [a for a in held if any(lookup.interface(a).ip in network for network in near)]
    return lookup.host((fitting or held)[0])


def place_of(snapshot: Snapshot, source: str, target: str) -> Place | None:
    """Everything about a pair."""
    ip = address_of(snapshot, source, target)
    hops = hops_of(snapshot, source, ip)
    return None if hops is None else Place(snapshot, source, target, ip, hops)
