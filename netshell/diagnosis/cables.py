"""How nodes are joined by cables and bridges, whether or not all of it is switched on: the way that could be, and what
lies across it.

It looks at links only; addresses count in so far as an interface without one next to a bridge is taken for a port that
was forgotten.
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from netshell.diagnosis.finding import Break
from netshell.diagnosis.lookup import FORWARDING, interface, is_usable
from netshell.diagnosis.segment import find_link, link_at, ports_of, stop_of
from netshell.diagnosis.words import ip_on, link_line, named, place
from netshell.facts import End, Link, Node, Snapshot


class Step(NamedTuple):
    """From one interface to the next."""

    end: End
    breaks: tuple[Break, ...] = ()
    """What keeps frames from it now."""
    is_routed: bool = False
    """From one interface of a node to another of its interfaces: a router's work."""


class Path(NamedTuple):
    """A way over cables, bridges and routers."""

    steps: tuple[Step, ...]

    @property
    def breaks(self) -> tuple[Break, ...]:
        """What lies across it, the nearest first."""
        return tuple(found for step in self.steps for found in step.breaks)

    @property
    def stages(self) -> tuple[tuple[End, End], ...]:
        """For each link on the way the interface that it is left from, and the one that it leads to."""
        found: list[tuple[End, End]] = []
        first = last = self.steps[0].end
        for step in self.steps[1:]:
            if step.is_routed:
                found.append((first, last))
                first = step.end
            last = step.end
        return (*found, (first, last))

    @property
    def nodes(self) -> tuple[str, ...]:
        """Every node on the way, switches too."""
        return tuple(dict.fromkeys(step.end.node for step in self.steps))


def path(snapshot: Snapshot, starts: list[End], goals: list[End], *, is_routed: bool, without: str = "") -> Path | None:
    """The way with the least across it, of those the shortest; None where no cable leads there at all.

    `is_routed` lets it pass through nodes from one interface to another; `without` is a node it may not pass.
    """
    queue: list[tuple[int, int, int, tuple[Step, ...]]] = []
    count = 0
    for start in starts:
        heappush(queue, (0, 0, count := count + 1, (Step(start),)))
    closed: set[End] = set()
    wanted = set(goals)
    while queue:
        cost, length, _, steps = heappop(queue)
        here = steps[-1].end
        if here in closed:
            continue
        closed.add(here)
        if here in wanted:
            return Path(steps)
        for step in _onward(snapshot, here, is_routed=is_routed and len(steps) > 1):
            if step.end not in closed and step.end.node != without:
                heappush(queue, (cost + len(step.breaks), length + 1, count := count + 1, (*steps, step)))
    return None


def way_between(snapshot: Snapshot, source: str, target: str) -> Path | None:
    """From a node to another, over whatever joins them."""
    return path(snapshot, interfaces(snapshot, source), interfaces(snapshot, target), is_routed=True)


def leads_on(snapshot: Snapshot, node: str, came: str, target: str) -> bool:
    """Whether a node that a packet came to over `came` has cables that lead on to the target."""
    starts = [end for end in interfaces(snapshot, node) if end.link != came]
    found = path(snapshot, starts, interfaces(snapshot, target), is_routed=True)
    return found is not None and End(node, came) not in {step.end for step in found.steps}


def interfaces(snapshot: Snapshot, node: str) -> list[End]:
    """The interfaces of a node that its IP uses: all but lo and the ports of its bridges."""
    links = snapshot.nodes[node].links.values()
    return [End(node, link.name) for link in links if link.kind != "loopback" and not link.master]


def _onward(snapshot: Snapshot, here: End, *, is_routed: bool) -> Iterator[Step]:
    """Every step from an interface: into or out of its bridge, over its cable, through its node as a router."""
    node, link = snapshot.nodes[here.node], link_at(snapshot, here)
    yield from _switched(snapshot, here, node, link)
    far = find_link(snapshot, link.peer)
    if link.peer and far:
        yield Step(link.peer, tuple(cable_breaks(snapshot, here)))
    if is_routed and not link.master:
        for other_end in interfaces(snapshot, here.node):
            if other_end != here and not _is_switching(snapshot, node, link, link_at(snapshot, other_end)):
                yield Step(other_end, is_routed=True)


def _switched(snapshot: Snapshot, here: End, node: Node, link: Link) -> Iterator[Step]:
    """Between a bridge and its ports, those that were forgotten included."""
    if link.kind == "bridge":
        for port in ports_of(snapshot, here):
            yield Step(port, (*_bridge_breaks(here, link), *_stops(snapshot, here, port)))
        for loose in _loose_ends(node):
            yield Step(End(here.node, loose), (*_bridge_breaks(here, link), _not_in_bridge(snapshot, here, loose)))
        for other in _bridges(node):
            if other.name != link.name and _is_switching(snapshot, node, link, other):
                yield Step(End(here.node, other.name), (_two_bridges(snapshot, here, End(here.node, other.name)),))
    elif link.master and link.master in node.links:
        bridge = End(here.node, link.master)
        broken = (*_bridge_breaks(bridge, link_at(snapshot, bridge)), *_stops(snapshot, bridge, here))
        yield Step(bridge, broken)
    elif here.link in _loose_ends(node):
        for other in _bridges(node):
            bridge = End(here.node, other.name)
            yield Step(bridge, (_not_in_bridge(snapshot, bridge, here.link), *_bridge_breaks(bridge, other)))


def cable_breaks(snapshot: Snapshot, near: End) -> Iterator[Break]:
    """What keeps frames from crossing a cable, seen from one of its ends."""
    link = link_at(snapshot, near)
    far = find_link(snapshot, link.peer)
    lines = [link_line(near.node, link)] + ([link_line(link.peer.node, far)] if link.peer and far else [])
    if not link.is_up:
        yield Break("link-down", near.node, _words(near), tuple(lines[:1]))
    if link.peer and far and not far.is_up:
        peer = link.peer
        seen = f"{near.link} {place(near.node)}, the other end of its cable,"
        state = "has no carrier" if link.is_up else "is DOWN too"
        yield Break("peer-down", peer.node, {**_words(peer), "near": f"{seen} {state}"}, tuple(reversed(lines)))
    if link.is_up and not link.has_carrier and link.peer and (far is None or far.is_up):
        yield Break("no-carrier", near.node, _words(near), tuple(lines))


def _words(end: End) -> dict[str, str]:
    return {"link": end.link, "place": place(end.node), "node": named(end.node), "run": ip_on(end.node)}


def _bridge_breaks(end: End, bridge: Link) -> tuple[Break, ...]:
    return () if bridge.is_up else (Break("bridge-down", end.node, _words(end), (link_line(end.node, bridge),)),)


def _stops(snapshot: Snapshot, bridge: End, port: End) -> tuple[Break, ...]:
    """A port that its bridge keeps shut, or apart from others that are isolated, too."""
    why = stop_of(snapshot, port)
    others = [one for one in ports_of(snapshot, bridge) if one != port and stop_of(snapshot, one) == "isolated"]
    if not why or (why == "isolated" and not others):
        return ()
    words = {**_words(port), "bridge": bridge.link, "why": why, "others": ""}
    if why in {"listening", "learning"}:
        words["others"] = ": with the spanning tree on, a port that comes up passes nothing on for some 30 seconds"
        words["run"] = ""  # it passes by itself, and no command makes that quicker
        return (Break("port-stopped", port.node, words, (f"{port.node}: {port.link} master {bridge.link} {why}",)),)
    begin = "bridge" if ip_on(bridge.node) == "ip" else f"bridge -n {bridge.node}"
    change = "isolated off" if why == "isolated" else "state 3"
    if why == "isolated":
        words["others"] = f": it passes nothing on to {', '.join(one.link for one in others)}, isolated as well"
    words["run"] = f"{begin} link set dev {port.link} {change}"
    return (Break("port-stopped", port.node, words, (f"{port.node}: {port.link} master {bridge.link} {why}",)),)


def _two_bridges(snapshot: Snapshot, one: End, other: End) -> Break:
    """Two bridges on a node that passes nothing from one to the other: the one with fewer ports has one too many."""
    few, many = sorted((one, other), key=lambda end: len(ports_of(snapshot, end)))
    ports = [port.link for port in ports_of(snapshot, few)]
    words = {
        "node": named(one.node),
        "link": ports[0] if ports else few.link,
        "place": place(one.node),
        "bridge": few.link,
        "other": many.link,
        "run": ip_on(one.node),
    }
    lines = tuple(
        f"{end.node}: ports of {end.link}: {', '.join(port.link for port in ports_of(snapshot, end)) or 'none'}"
        for end in (few, many)
    )
    return Break("two-bridges", one.node, words, lines)


def _not_in_bridge(snapshot: Snapshot, bridge: End, loose: str) -> Break:
    link = snapshot.nodes[bridge.node].links[loose]
    ports = ", ".join(port.link for port in ports_of(snapshot, bridge)) or "none"
    behind = f"what comes from {named(link.peer.node)}" if link.peer else "what comes in there"
    words = {**_words(bridge), "link": loose, "bridge": bridge.link, "behind": behind}
    return Break(
        "not-in-bridge",
        bridge.node,
        words,
        (link_line(bridge.node, link), f"{bridge.node}: ports of {bridge.link}: {ports}"),
    )


def _bridges(node: Node) -> list[Link]:
    return [link for link in node.links.values() if link.kind == "bridge"]


def _loose_ends(node: Node) -> list[str]:
    """Cable ends without an address beside a bridge: ports that were forgotten, for all that can be seen."""
    if not _bridges(node):
        return []
    addressed = {address.dev for address in node.addresses if is_usable(address)}
    return [
        link.name
        for link in node.links.values()
        if link.kind == "veth" and not link.master and link.name not in addressed
    ]


def _is_switching(snapshot: Snapshot, node: Node, one: Link, other: Link) -> bool:
    """Whether a node with a bridge is no router between two of its interfaces: neither has an address.

    Where it does not forward, and one of them is bare, it is no router either, unless who lies behind that one has an
    address of another network.
    """
    if not _bridges(node):
        return False
    addressed = [link for link in (one, other) if any(a.dev == link.name and is_usable(a) for a in node.addresses)]
    if len(addressed) != 1 or any(node.sysctls.get(key, "0") != "0" for key in FORWARDING.values()):
        return not addressed
    bare = other if addressed[0] is one else one
    networks = [interface(a).network for a in node.addresses if a.dev == addressed[0].name and is_usable(a)]
    versions = {network.version for network in networks}
    behind = [ip for ip in _behind(snapshot, node, bare) if ip.version in versions]
    return all(any(ip in network for network in networks) for ip in behind)


def _behind(snapshot: Snapshot, node: Node, link: Link) -> Iterator[IPv4Address | IPv6Address]:
    """The addresses at the other ends of the cables of an interface, or of the ports of a bridge."""
    ports = [port for port in node.links.values() if port.master == link.name] if link.kind == "bridge" else [link]
    for port in ports:
        far = snapshot.node(port.peer.node) if port.peer else None
        dev = port.peer.link if port.peer else ""
        yield from (interface(a).ip for a in (far.addresses if far else ()) if a.dev == dev and is_usable(a))
