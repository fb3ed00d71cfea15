"""Who shares a link: every interface that a frame gets to over cables and bridges as they are now."""

from typing import NamedTuple

from netshell.diagnosis.lookup import holds, is_local, version_of
from netshell.facts import End, Link, Node, Snapshot


class Segment(NamedTuple):
    """One broadcast domain, as seen from an interface that is not in it itself."""

    ends: tuple[End, ...]
    """Where a frame is handed to a node's IP: interfaces that are no ports, and bridges, the nearest first."""
    is_open: bool
    """Part of it lies where the snapshot does not reach: behind the PC's own interface, or another kind of link."""

    def holders(self, snapshot: Snapshot, ip: str, asker: str) -> tuple[End, ...]:
        """The interfaces at which somebody else answers to an address, the nearest first, one for each node.

        For IPv4 a node answers to all of its addresses on each interface (`arp_ignore` is 0), for IPv6 to those of
        that interface.
        """
        found: dict[str, End] = {}
        for end in self.ends:
            node = snapshot.nodes[end.node]
            if end.node != asker and is_local(node, ip) and (version_of(ip) == 4 or _is_on(node, end.link, ip)):
                found.setdefault(end.node, end)
        return tuple(found.values())

    def by_mac(self, snapshot: Snapshot, mac: str) -> End | None:
        """The interface that takes frames for a hardware address."""
        return next((end for end in self.ends if link_at(snapshot, end).mac == mac), None)


def link_at(snapshot: Snapshot, end: End) -> Link:
    """The interface at an end of which it is known that it is there."""
    return snapshot.nodes[end.node].links[end.link]


def find_link(snapshot: Snapshot, end: End | None) -> Link | None:
    """The interface at an end, where the snapshot has it."""
    node = snapshot.node(end.node) if end else None
    return node.links.get(end.link) if node and end else None


def segment(snapshot: Snapshot, start: End) -> Segment:
    """Whom frames get to that leave by an interface."""
    ends: dict[End, None] = {}
    is_open = False
    link = find_link(snapshot, start)
    leaving = [] if link is None else _ways_out(snapshot, start, link)
    seen = set(leaving)
    while leaving:
        out = leaving.pop(0)
        link = find_link(snapshot, out)
        if link is None or not link.is_up or not link.has_carrier:
            continue
        far = find_link(snapshot, link.peer)
        if link.peer is None or far is None:
            is_open = True
            continue
        if not far.is_up:
            continue
        bridge = find_link(snapshot, End(link.peer.node, far.master)) if far.master else None
        if far.master is None:
            ends[link.peer] = None
        elif bridge is not None and bridge.is_up and passes(snapshot, link.peer):
            entry = End(link.peer.node, bridge.name)
            ends[entry] = None
            onward = [
                port
                for port in ports_of(snapshot, entry)
                if port != link.peer and port not in seen and joins(snapshot, link.peer, port)
            ]
            seen.update(onward)
            leaving += onward
    return Segment(tuple(end for end in ends if end != start), is_open)


def _ways_out(snapshot: Snapshot, start: End, link: Link) -> list[End]:
    if link.kind != "bridge":
        return [start]
    return [port for port in ports_of(snapshot, start) if passes(snapshot, port)]


def passes(snapshot: Snapshot, port: End) -> bool:
    """Whether a port passes frames on at all: it is neither disabled nor blocking, as far as is known."""
    return stop_of(snapshot, port) in {"", "isolated"}


def joins(snapshot: Snapshot, port: End, other: End) -> bool:
    """Whether a bridge passes frames from one of its ports to another one: not between two that are isolated."""
    is_apart = stop_of(snapshot, port) == stop_of(snapshot, other) == "isolated"
    return passes(snapshot, other) and not is_apart


def stop_of(snapshot: Snapshot, port: End) -> str:
    """Why a port of a bridge passes not everything on; empty where it does, or where that is not known.

    One without a carrier is disabled by that alone, and so are all ports of a bridge that is DOWN.
    """
    node = snapshot.nodes[port.node]
    link = node.links[port.link]
    bridge = node.links.get(link.master or "")
    if node.details is None or not link.has_carrier or bridge is None or not bridge.is_up:
        return ""
    return node.details.stopped_ports.get(port.link, "")


def ports_of(snapshot: Snapshot, bridge: End) -> list[End]:
    """The ports of a bridge."""
    links = snapshot.nodes[bridge.node].links.values()
    return [End(bridge.node, link.name) for link in links if link.master == bridge.link and link.name != bridge.link]


def _is_on(node: Node, dev: str, ip: str) -> bool:
    found = holds(node, ip)
    return found is not None and found.dev == dev
