"""Which of the captured frames is a crossing of a link: every frame on a cable is seen at both of its ends.

A veth's frame leaves one interface and arrives at another, one on `lo` does both on the same, and what a bridge's or a
tunnel's own interface carries goes over a cable below it as well.
"""

from netshell.facts import End, Frame, Link, Snapshot

_UPPER = frozenset(
    {"bridge", "vlan", "macvlan", "macvtap", "ipvlan", "vxlan", "bond", "team", "vrf", "gre", "sit", "ipip"}
)
"""Kinds of interfaces whose frames go through another interface of the same node."""
_LOOPBACK = "loopback"


class Wiring:
    """The cables as snapshots have shown them; those that are gone are remembered, since their frames may not be."""

    def __init__(self) -> None:
        self._links: dict[tuple[str, str], Link] = {}

    def learn(self, snapshot: Snapshot) -> None:
        """Take in where the cables are now."""
        for node in snapshot.nodes.values():
            for link in node.links.values():
                self._links[node.name, link.name] = link

    def ends(self, frame: Frame) -> tuple[End | None, End | None] | None:
        """Where a frame's crossing begins and ends; None for a frame that is told at another interface."""
        here = End(frame.node, frame.link)
        link = self._links.get((frame.node, frame.link))
        if link is None:
            return (here, None) if frame.is_outgoing else None
        if link.kind in _UPPER:
            return None
        if link.kind == _LOOPBACK:
            return (here, here) if frame.is_outgoing else None
        if frame.is_outgoing:
            return here, link.peer
        return None if link.peer is not None else (None, here)
