"""The deeper causes that a snapshot shows: a namespace that is missing, a link that is DOWN, a way that ends.

Each function gives the deepest cause as a verdict that does not hold, or None where it finds nothing wrong.
"""

from typing import TYPE_CHECKING

from netshell.checks.base import Evidence, Verdict
from netshell.checks.ports import Port
from netshell.checks.words import near, place, target
from netshell.facts import PC, End, Link, Snapshot

if TYPE_CHECKING:
    from netshell.diagnosis import Finding

_NAMESPACE, _LINK = 0, 10
"""Depths: ten times the layer (`Check.layer`)."""
_NO_MATTER = frozenset({"out-of-sight", "mtu-black-hole"})
"""What keeps nobody from trying: the way leads out of the lab, or only large packets vanish."""


def _cause(reason: str, says: str, at: str, depth: int) -> Verdict:
    return Verdict(holds=False, says=says, reason=reason, at=at, depth=depth)


def absent_node(snapshot: Snapshot, name: str) -> Verdict | None:
    """Why there is nothing to look at on a node."""
    node = snapshot.node(name)
    if node is None:
        close = near(name, (n for n in snapshot.nodes if n != PC))
        hint = f" There is one named {close}." if close else ""
        return _cause("no-namespace", f"There is no namespace {name}.{hint}", name, _NAMESPACE)
    if not node.is_enterable:
        says = (
            f"The name {name} is listed, but no namespace stands behind it here: it was added inside another"
            " namespace's shell, and what it made is seen only in there."
        )
        return _cause("unenterable", says, name, _NAMESPACE)
    return None


def absent_link(snapshot: Snapshot, name: str, at: str) -> Verdict | None:
    """Why a link is not on its node: the node, or the link itself, is missing or elsewhere."""
    if cause := absent_node(snapshot, at):
        return cause
    links = snapshot.nodes[at].links
    if name in links:
        return None
    elsewhere = [node.name for node in snapshot.nodes.values() if name in node.links]
    if PC in elsewhere:
        return _cause("elsewhere", f"{name} is still on the PC: move it to {target(at)}.", at, _LINK)
    if elsewhere:
        return _cause("elsewhere", f"{name} is {place(elsewhere[0])}, expected {place(at)}.", at, _LINK)
    close = near(name, links)
    hint = f" There is one named {close}." if close else ""
    return _cause("missing", f"There is no link {name} {place(at)}.{hint}", at, _LINK)


def link_down(link: Link, at: str) -> Verdict | None:
    """Why a link is switched off."""
    if link.is_up:
        return None
    says = f"{link.name} {place(at)} is DOWN: a link carries nothing until it is set up."
    return _cause("down", says, at, _LINK + 5)


def no_carrier(snapshot: Snapshot, link: Link, at: str) -> Verdict | None:
    """Why a link has no carrier: it is DOWN itself, or what it is plugged into is."""
    if cause := link_down(link, at):
        return cause
    if link.has_carrier:
        return None
    return _cause("no-carrier", f"{link.name} is UP but has no carrier: {_behind(snapshot, link)}.", at, _LINK + 6)


def _behind(snapshot: Snapshot, link: Link) -> str:
    if link.kind == "bridge":
        return "none of its ports is UP with a carrier"
    if link.peer is None:
        return "netshell finds no other end in a namespace that has a name"
    state = "is DOWN" if not _is_up(snapshot, link.peer) else "does not answer yet"
    return f"its other end, {link.peer.link} {place(link.peer.node)}, {state}"


def _is_up(snapshot: Snapshot, end: End) -> bool:
    node = snapshot.node(end.node)
    return node is not None and end.link in node.links and node.links[end.link].is_up


def unreachable(evidence: Evidence, source: str, ip: str, port: Port | None = None, *, tried: bool) -> Verdict | None:
    """Why packets from a node do not get to an address, or to a port there, or their answers not back.

    It is what `:why` says of the two. `tried`: what became of the learner's own packets since the last change is
    looked at, too.
    """
    from netshell.diagnosis import Target, why  # noqa: PLC0415 - not before a check fails

    if cause := absent_node(evidence.snapshot, source):
        return cause
    target = Target(ip) if port is None else Target(ip, port.number, port.protocol)
    wire = [seen for seen in evidence.wire if seen.crossing.time_ns >= evidence.changed_ns] if tried else []
    found = why(evidence.snapshot, source, target, wire, now_ns=evidence.now_ns)
    if found.holds or (found.fault in _NO_MATTER and not (tried and found.fault != "out-of-sight")):
        return None
    return _verdict(found)


def unresolved(evidence: Evidence, source: str, name: str) -> Verdict | None:
    """Why a node finds no address for a name, as `:why` says it; None where it finds one."""
    from netshell.diagnosis import why_unresolved  # noqa: PLC0415 - as above

    found = why_unresolved(evidence.snapshot, source, name, evidence.wire)
    return None if found is None else _verdict(found)


def _verdict(found: "Finding") -> Verdict:
    return Verdict(
        holds=False,
        says=found.says,
        reason=found.fault,
        at=found.at,
        depth=found.layer,
        evidence=found.evidence,
        mend=found.mend,
        concept=found.concept,
    )
