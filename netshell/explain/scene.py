"""What happened around a change: which links went, moved, rose or fell in the same moment.

It finds causes and consequences; the sentences stand in the modules beside it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from netshell.explain.connections import Connections
from netshell.facts import PC, Change, End, Link, Snapshot


@dataclass(frozen=True, slots=True)
class Words:
    """How one change is told."""

    headline: str
    detail: str = ""
    is_background: bool = False
    """The kernel's own housekeeping, or a consequence that another change already tells."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Two snapshots and what is known of the links between them."""

    before: Snapshot
    after: Snapshot
    moved: Mapping[End, End] = field(default_factory=dict)
    """Where a link stands now, to where it stood: another node, or another name on the same one."""
    gone: frozenset[End] = frozenset()
    """Links that are no longer where they were."""
    switched: Mapping[End, bool] = field(default_factory=dict)
    """Links that were there all the time and were switched on (True) or off."""
    ports: frozenset[End] = frozenset()
    """The bridges that a port joined, left, or whose port got or lost its carrier."""

    connections: Connections = field(default_factory=lambda: Connections(Snapshot(), Snapshot()))

    def link(self, end: End | None) -> Link | None:
        """The link at that place now."""
        return _link_in(self.after, end)

    def former_link(self, end: End | None) -> Link | None:
        """The link that was at that place."""
        return _link_in(self.before, end)

    def has_former_namespace(self, name: str) -> bool:
        """Whether a namespace of that name was there and is not any more."""
        return name in self.before.nodes and name not in self.after.nodes


def where(node: str) -> str:
    """What stands before the words for anything that is not on the PC: `ns1: `."""
    return "" if node == PC else f"{node}: "


def seen_from(node: str, end: End) -> str:
    """An interface's name as somebody on `node` gives it: with its node only where that is another one."""
    return end.link if end.node == node else str(end)


def set_scene(changes: tuple[Change, ...], before: Snapshot, after: Snapshot) -> tuple[Scene, tuple[Change, ...]]:
    """The scene, and the changes with each link that vanished here and appeared there made into one change."""
    moves = dict(_moves(changes))
    merged: list[Change] = []
    for change in changes:
        if change.kind != "link" or (change not in moves and change not in moves.values()):
            merged.append(change)
        elif change in moves:
            origin = moves[change]
            merged.append(Change(change.on, "link", "changed", change.name, origin.before, change.after))
    links = [change for change in merged if change.kind == "link"]
    scene = Scene(
        before,
        after,
        moved={End(new.on, new.name): End(old.on, old.name) for new, old in moves.items()},
        gone=frozenset(End(c.on, c.name) for c in changes if c.kind == "link" and c.op == "removed"),
        switched={End(c.on, c.name): c.after.is_up for c in links if _is_switch(c) and isinstance(c.after, Link)},
        ports=frozenset(End(c.on, bridge) for c in links for bridge in _bridges_touched(c)),
        connections=Connections(before, after),
    )
    return scene, tuple(merged)


def _moves(changes: tuple[Change, ...]) -> Iterator[tuple[Change, Change]]:
    """Pairs (appeared, vanished) that are one and the same link: kind and MAC agree, then name, then index."""
    vanished = [c for c in changes if c.kind == "link" and c.op == "removed" and isinstance(c.before, Link)]
    for new in changes:
        if new.kind != "link" or new.op != "added" or not isinstance(new.after, Link):
            continue
        same = [old for old in vanished if isinstance(old.before, Link) and _is_same(old.before, new.after)]
        if same:
            best = max(same, key=lambda old: _likeness(old, new))
            vanished.remove(best)
            yield new, best


def _is_same(old: Link, new: Link) -> bool:
    return bool(old.mac.strip("0:")) and old.mac == new.mac and old.kind == new.kind


def _likeness(old: Change, new: Change) -> tuple[bool, bool]:
    indexes = [link.index for link in (old.before, new.after) if isinstance(link, Link)]
    return old.name == new.name, len(set(indexes)) == 1


def _is_switch(change: Change) -> bool:
    return change.op == "changed" and "is_up" in change.changed_fields()


def _bridges_touched(change: Change) -> set[str]:
    """The bridges that feel what happened to a link."""
    masters = {link.master for link in (change.before, change.after) if isinstance(link, Link) and link.master}
    is_felt = change.op != "changed" or {"master", "has_carrier", "is_up"} & set(change.changed_fields())
    return masters if is_felt else set()


def _link_in(snapshot: Snapshot, end: End | None) -> Link | None:
    node = snapshot.node(end.node) if end else None
    return node.links.get(end.link) if node and end else None
