"""Why a node does not reach another: every part of the chain in its order, the first that is broken told."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from ipaddress import ip_address
from typing import TYPE_CHECKING

from netshell.diagnosis import lookup
from netshell.diagnosis.addresses import first_misfit
from netshell.diagnosis.cables import interfaces, way_between
from netshell.diagnosis.case import Case
from netshell.diagnosis.finding import Break, Finding, Target
from netshell.diagnosis.leases import WORD, lacks_lease, lease
from netshell.diagnosis.lookup import host, is_usable, version_of
from netshell.diagnosis.lost import unjoined
from netshell.diagnosis.names import Answers, NameCase, is_name
from netshell.diagnosis.routes import lo_down
from netshell.diagnosis.seen import last_tried
from netshell.diagnosis.telling import finding
from netshell.diagnosis.words import sentences
from netshell.facts import PC, Address, End, Node, Snapshot

if TYPE_CHECKING:
    from netshell.packets.trace import Seen

_MOST_ADDRESSES = 8
_NO_ANSWERS: Answers = {}


def why(
    snapshot: Snapshot,
    source: str,
    target: Target,
    wire: "Sequence[Seen]" = (),
    *,
    now_ns: int | None = None,
    answers: Answers = _NO_ANSWERS,
) -> Finding:
    """The first broken link between a node and whom it wants to reach, or that all is well and how that is known.

    `wire` is what crossed since the state last changed: what crossed before tells nothing about how it is now. `now_ns`
    is the time (nanoseconds since the epoch) where answers may still come; None where nothing more will. `answers` has
    what name servers have said; a finding with a `question` has to be asked for again with the answer to it.
    """
    here = snapshot.node(source)
    if here is not None and here.is_enterable and not target.is_address and is_name(snapshot, here, target.host):
        return _by_name(snapshot, here, target, wire, answers)
    if here is not None and here.is_enterable and target.host == WORD and WORD not in snapshot.nodes:
        return lease(snapshot, here, wire)
    found = _reach(snapshot, source, target, wire, now_ns=now_ns)
    if found.fault == "no-address" and lacks_lease(snapshot.nodes[found.at], wire):
        return lease(snapshot, snapshot.nodes[found.at], wire)
    return found


def _reach(snapshot: Snapshot, source: str, target: Target, wire: "Sequence[Seen]", *, now_ns: int | None) -> Finding:
    """The way to an address, or to a node by whichever of its addresses it is reached."""
    if broken := _absent(snapshot, source, target):
        return finding(broken)
    here = snapshot.nodes[source]
    ips = _addresses_of(snapshot, here, target)
    if not target.is_address and _version(here) == 6:
        ips = [ip for ip in ips if version_of(ip) == 6]  # it has no address to ask the others from
    if not ips:
        return finding(_unaddressed(snapshot, here, snapshot.nodes[target.host]))
    lo = here.links.get("lo")
    if lo is not None and not lo.is_up and ip_address(ips[0]).is_loopback:
        return finding(lo_down(here, lo, ips[0]))
    told: list[tuple[str, Finding]] = []
    tried = last_tried(wire, here.name, ips, target)
    for ip in sorted(ips[:_MOST_ADDRESSES], key=lambda ip: ip != tried):
        found = Case(snapshot, here, ip, target, wire=wire, now_ns=now_ns).judge()
        if found.holds:
            return _beside(found, here, [one for one, _ in told])
        told.append((ip, found))
        if ip == tried:
            break  # that another address of the same node is reached answers nothing
    return told[0][1]


def _beside(found: Finding, here: Node, others: Sequence[str]) -> Finding:
    """That a node is reached, and not by all of its addresses."""
    if not others:
        return found
    says = f"{found.says} Its address {others[0]} is not reached: `:why {here.name} {others[0]}` tells why."
    return replace(found, says=says)


def _by_name(snapshot: Snapshot, here: Node, target: Target, wire: "Sequence[Seen]", answers: Answers) -> Finding:
    """The resolver first, then the way to the address that it gives."""
    found = _resolved(snapshot, here, target.host, wire, answers)
    if isinstance(found, Finding):
        return found
    ip, whose = found
    way = why(snapshot, here.name, Target(ip, target.port, target.protocol), wire)
    line = f"{here.name}: {target.host} is {ip}"
    says = sentences(f"{whose} says that {target.host} is {ip}. {way.says}")
    return replace(way, says=says, evidence=(line, *way.evidence))


def _resolved(
    snapshot: Snapshot, here: Node, name: str, wire: "Sequence[Seen]", answers: Answers
) -> Finding | tuple[str, str]:
    """What is wrong with a name; or the address that it has, and who says so."""

    def reach(other: Target) -> Finding:
        return why(snapshot, here.name, other, wire)

    return NameCase(snapshot, here, name, wire=wire, answers=answers, reach=reach).judge()


def why_unresolved(snapshot: Snapshot, source: str, name: str, wire: "Sequence[Seen]" = ()) -> Finding | None:
    """Why a node finds no address for a name; None where it finds one, or where that cannot be told without asking."""
    here = snapshot.node(source)
    if here is None or here.details is None:
        return None
    found = _resolved(snapshot, here, name, wire, _NO_ANSWERS)
    return found if isinstance(found, Finding) and found.fault != "out-of-sight" else None


def _absent(snapshot: Snapshot, source: str, target: Target) -> Break | None:
    """A namespace that is not there."""
    for name in [source] if target.is_address else [source, target.host]:
        node = snapshot.node(name)
        names = ", ".join(n for n in snapshot.nodes if n != PC) or "none"
        if node is None:
            near = get_close_matches(name, [n for n in snapshot.nodes if n != PC], n=1, cutoff=0.7)
            words = {"node": name, "hint": f" There is one named {near[0]}." if near else ""}
            return Break("namespace-missing", name, words, (f"ip netns list: {names}",))
        if not node.is_enterable:
            return Break("namespace-unenterable", name, {"node": name}, (f"ip netns list: {names}",))
    return None


def _addresses_of(snapshot: Snapshot, here: Node, target: Target) -> list[str]:
    """The addresses that may be meant, the likeliest first: those of a link of the asker's, of IPv4."""
    if target.is_address:
        return [str(ip_address(target.host))]
    there = snapshot.nodes[target.host]
    way = None if there.name == here.name else way_between(snapshot, here.name, there.name)
    facing = way.steps[-1].end.link if way else ""
    near = [lookup.interface(a).network for a in here.addresses if is_usable(a)]

    def rank(address: Address) -> tuple[bool, bool, bool]:
        ip = lookup.interface(address).ip
        is_near = any(ip.version == n.version and ip in n for n in near)
        return version_of(host(address)) == 6, not is_near, address.dev != facing

    usable = [a for a in there.addresses if is_usable(a)]
    return list(dict.fromkeys(host(a) for a in sorted(usable, key=rank)))


def _unaddressed(snapshot: Snapshot, here: Node, there: Node) -> Break:
    """A target without any address: what is wrong below that first, and with the others on the way."""
    if here.name == there.name:
        lo = here.links.get("lo")
        if lo is not None and not lo.is_up:
            return lo_down(here, lo, "127.0.0.1")
    else:
        way = way_between(snapshot, here.name, there.name)
        if way is None:
            return unjoined(snapshot, here, there)
        if way.breaks:
            return way.breaks[0]
        if broken := first_misfit(snapshot, way.stages, _version(here, way.stages[0][0].link)):
            return broken
    ends = interfaces(snapshot, there.name) or [End(there.name, "lo")]
    return first_misfit(snapshot, [(ends[0], ends[0])], _version(here)) or unjoined(snapshot, here, there)


def _version(here: Node, dev: str = "") -> int:
    """Of the IP that a node speaks, on an interface where it has addresses there: 6 where it has none of the other."""
    own = [a for a in here.addresses if is_usable(a)]
    versions = {version_of(a.cidr) for a in [a for a in own if a.dev == dev] or own}
    return 6 if versions == {6} else 4
