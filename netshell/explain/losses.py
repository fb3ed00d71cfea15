"""What a command has destroyed that the learner was given: a namespace, a cable, every address of an interface; or
every process there was.

Whether the loss was wanted is for others to know. What exactly went is told as a change; here is what it means.
"""

from typing import NamedTuple

from netshell.explain.messages.command import Run, read
from netshell.explain.messages.scene import listing, place, target
from netshell.facts import End, Link, Node, Snapshot

_FLUSH = frozenset({"flush", "f", "fl", "flu", "flus"})
_EVERY_PROCESS = (
    "To `kill`, -1 means every process there is: it has ended what ran here, servers and captures in other terminals"
    " too. Links, addresses and routes are as they were."
)


class Loss(NamedTuple):
    """One thing that is gone."""

    says: str
    was: tuple[str, ...] = ()
    """How it was, in lines."""


def killing(command: str) -> Loss | None:
    """That a command has ended every process; None where it has not."""
    is_meant = any(run.tool == "kill" and "-1" in run.words[2:] for run in _runs(command))
    return Loss(_EVERY_PROCESS) if is_meant else None


def loss(command: str, began: Snapshot, before: Snapshot, after: Snapshot) -> Loss | None:
    """The worst thing of the network that a command has destroyed.

    `began` is the network as it was given to the learner: what they have made since is theirs to destroy.
    """
    found = _namespaces(began, before, after) or _links(began, before, after)
    if found or not any(_FLUSH & set(run.words) for run in _runs(command)):
        return found
    return _addresses(began, before, after) or _routes(began, before, after)


def _runs(command: str) -> list[Run]:
    return [stages[-1] for stages in read(command, "") if stages]


def _namespaces(began: Snapshot, before: Snapshot, after: Snapshot) -> Loss | None:
    gone = [name for name in before.nodes if name in began.nodes and name not in after.nodes]
    if not gone:
        return None
    what = f"The namespace {gone[0]} belongs" if len(gone) == 1 else f"The namespaces {listing(gone)} belong"
    lines = [f"{name}: {a.dev} {a.cidr}" for name in gone for a in before.nodes[name].addresses if a.dev != "lo"]
    return Loss(f"{what} to this step, and went with every interface, address and route in it.", tuple(lines))


def _links(began: Snapshot, before: Snapshot, after: Snapshot) -> Loss | None:
    """Interfaces that were there from the beginning and are nowhere any more."""
    elsewhere = {
        link.mac
        for name, node in after.nodes.items()
        for link in node.links.values()
        if not _has_link(before, name, link.name)
    }
    gone = {
        End(name, link.name): link
        for name, node in before.nodes.items()
        for link in node.links.values()
        if _has_link(began, name, link.name) and not _has_link(after, name, link.name) and link.mac not in elsewhere
    }
    if not gone:
        return None
    end, link = next(((end, link) for end, link in gone.items() if link.kind == "bridge"), next(iter(gone.items())))
    lines = tuple(_cable(one, each) for one, each in gone.items())
    if link.peer in gone and link.peer is not None:
        ends = f"{target(end.node)} and {target(link.peer.node)}"
        return Loss(f"The cable between {ends} belongs to this step; nothing joins the two now.", lines)
    what = "bridge " if link.kind == "bridge" else "interface "
    return Loss(f"The {what}{end.link} {place(end.node)} belongs to this step; its addresses went with it.", lines)


def _cable(end: End, link: Link) -> str:
    return f"was: {end}{f' -- {link.peer}' if link.peer else ''}"


def _has_link(snapshot: Snapshot, node: str, link: str) -> bool:
    found = snapshot.node(node)
    return found is not None and link in found.links


def _addresses(began: Snapshot, before: Snapshot, after: Snapshot) -> Loss | None:
    """An interface that had addresses from the beginning, and has none any more."""
    for node in before.nodes.values():
        now, then = after.node(node.name), began.node(node.name)
        for dev in now.links if now and then else ():
            had = _own(node, dev)
            if set(had) & set(_own(then, dev)) and not _own(now, dev):
                says = f"{dev} {place(node.name)} has no address any more, and one that belongs to this step was there."
                return Loss(says, tuple(f"was: {node.name}: {dev} {cidr}" for cidr in had))
    return None


def _own(node: Node | None, dev: str) -> list[str]:
    return [a.cidr for a in node.addresses if a.dev == dev and a.scope != "link"] if node else []


def _routes(began: Snapshot, before: Snapshot, after: Snapshot) -> Loss | None:
    """A node whose table held the routes to its own networks, which come with addresses and not by hand."""
    for name, node in before.nodes.items():
        now = after.node(name)
        if now is None or name not in began.nodes:
            continue
        kept = {route.dst for route in now.routes}
        lost = [
            route
            for route in node.routes
            if route.proto == "kernel" and route.family == 4 and route.table == "main" and route.dst not in kept
        ]
        if lost and any(route.dev in now.links for route in lost):
            says = (
                f"The routes of {target(name)} to its own networks are gone, too: the kernel makes them when an address"
                " is set, and not again while it stands."
            )
            return Loss(says, tuple(f"was: {name}: route {route.dst} dev {route.dev}" for route in lost))
    return None
