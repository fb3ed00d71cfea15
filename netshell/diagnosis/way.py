"""A packet's way from one node to an address, hop by hop as the kernels on it decide, until it is there or stopped."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from netshell.diagnosis import lookup, routes
from netshell.diagnosis.addresses import duplicate, on_port
from netshell.diagnosis.advice import next_hop, route_mend
from netshell.diagnosis.arp import asking, misled, proxy_for
from netshell.diagnosis.cables import cable_breaks, interfaces, leads_on
from netshell.diagnosis.faults import FAULTS
from netshell.diagnosis.finding import Break
from netshell.diagnosis.gaps import unanswered
from netshell.diagnosis.lookup import is_local, version_of
from netshell.diagnosis.passing import Journey, Translation
from netshell.diagnosis.refusal import is_router, refusal
from netshell.diagnosis.segment import find_link, link_at, ports_of, segment
from netshell.diagnosis.words import (
    in_table,
    ip_on,
    link_line,
    named,
    neighbour_line,
    place,
    route_line,
)
from netshell.facts import Address, End, Link, Neighbour, Node, Route, Snapshot
from netshell.netfilter import Packet

_TTL = 64
"""How many routers a packet passes at most: Linux sends it with this (net.ipv4.ip_default_ttl)."""
_LO = Route("local", "lo")
"""By which a node reaches itself."""
_UNUSABLE = frozenset({"FAILED", "INCOMPLETE"})


class Hop(NamedTuple):
    """One link of the way."""

    node: str
    route: Route
    to: End
    """Where it came in."""
    ip: str
    """Whom the packet was for on this link: NAT may have changed that."""


@dataclass(frozen=True, slots=True)
class Errand:
    """What goes which way."""

    start: str
    ip: str
    source: str | None
    """The source address of the packets; None where the start has none to give."""
    holder: tuple[str, Address] | None
    """The node that is meant, and its address; None where no node has it."""
    goods: str
    """What is on its way: `packets for 192.0.2.2`, `answers to 192.0.2.1`."""
    is_answer: bool = False
    packet: Packet | None = None
    """As filters and NAT see it; None where they are not asked."""
    known: tuple[Translation, ...] = ()
    """What NAT has changed in the packets that these are the answers to."""
    passed: frozenset[str] = frozenset()
    """The nodes that have seen those packets."""


@dataclass(frozen=True, slots=True)
class Way:
    """As far as the packet got."""

    ip: str
    """Whom it was for."""
    hops: tuple[Hop, ...]
    end: str
    """The node where it ended."""
    broken: Break | None = None
    out_of_sight: str = ""
    """Why it cannot be told how it goes on: it left what the snapshot shows."""
    packet: Packet | None = None
    """As it arrived."""
    translations: tuple[Translation, ...] = ()
    """What NAT made of it on the way."""
    doubts: tuple[str, ...] = ()
    """Rules that it met and that nobody can judge from outside."""
    nat_doubt: str = ""
    """The first of them that may have sent it another way."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The look-ups that it was led by."""
        return tuple(route_line(hop.node, hop.ip, hop.route) for hop in self.hops)

    @property
    def routers(self) -> tuple[str, ...]:
        """The nodes that passed it on."""
        return tuple(hop.node for hop in self.hops[1:])


class _Handed(NamedTuple):
    """A frame arrived at an interface."""

    to: End


class _Hidden(NamedTuple):
    """A frame left what the snapshot shows."""

    why: str


_Outcome: TypeAlias = _Handed | _Hidden | Break


def walk(snapshot: Snapshot, errand: Errand) -> Way:
    """Follow a packet until it arrives, is stopped, or leaves what the snapshot shows.

    A filter that stops it is told where nothing below a filter is broken on the whole way.
    """
    hops: list[Hop] = []
    journey = Journey(snapshot, errand)
    node: Node = snapshot.nodes[errand.start]
    outcome: Hop | _Hidden | Break | None = None
    while len(hops) <= _TTL:
        if hops:
            journey.arrive(node, hops[-1].to.link)
        outcome = _step(snapshot, node, hops, journey)
        if not isinstance(outcome, Hop):
            break
        hops.append(outcome)
        asker, node = node, snapshot.nodes[outcome.to.node]
        if not _known(asker, outcome.route.dev or "", outcome.route.via or outcome.ip):
            journey.resolve(asker, outcome.route.dev or "", node, outcome.to.link)
    if isinstance(outcome, Hop):
        outcome = _Hidden(f"more than {_TTL} routers would have to pass it on")
    stopped = journey.stopped
    broken = outcome if isinstance(outcome, Break) else stopped
    if stopped is not None and broken is not None and broken is not stopped:
        broken = stopped if FAULTS[broken.fault].layer > FAULTS[stopped.fault].layer else broken
    hidden = outcome.why if isinstance(outcome, _Hidden) and broken is None else ""
    ip = journey.errand.ip
    changed, doubts = tuple(journey.translations), tuple(journey.doubts)
    return Way(ip, tuple(hops), node.name, broken, hidden, journey.packet, changed, doubts, journey.nat_doubt)


def _step(snapshot: Snapshot, node: Node, hops: list[Hop], journey: Journey) -> Hop | _Hidden | Break | None:
    """What becomes of a packet at a node: it goes on, out of sight or nowhere; None where it has arrived."""
    came = hops[-1].to if hops else None
    broken = refusal(snapshot, node, came, journey.errand)
    if broken:
        return _blame(snapshot, hops, broken, journey.errand)
    if came is not None and is_local(node, journey.errand.ip):
        journey.take(node, came.link)
        return None
    if node.name in {hop.node for hop in hops}:
        return _loop(snapshot, hops, journey.errand)
    taken = _way_out(snapshot, node, came, journey)
    if not isinstance(taken, Route):
        return _blame(snapshot, hops, taken, journey.errand) if isinstance(taken, Break) else taken
    outcome = _deliver(snapshot, node, taken, journey.errand)
    return Hop(node.name, taken, outcome.to, journey.errand.ip) if isinstance(outcome, _Handed) else outcome


def _way_out(snapshot: Snapshot, node: Node, came: End | None, journey: Journey) -> Route | Break | _Hidden | None:
    """The route that a node takes, asked again where its own NAT has changed the destination; None where it stays."""
    taken = _route_or_own(snapshot, node, came, journey)
    if came is None and not isinstance(taken, Break | _Hidden) and journey.start(node, (taken or _LO).dev or ""):
        taken = _route_or_own(snapshot, node, came, journey)
    if taken is None:
        journey.come_home(node)
        return _own(node, journey.errand)
    if isinstance(taken, Route):
        journey.go_on(node, taken, is_passing=came is not None)
    return taken


def _route_or_own(snapshot: Snapshot, node: Node, came: End | None, journey: Journey) -> Route | Break | _Hidden | None:
    """The route that a node takes; None where it is meant itself."""
    if came is None and is_local(node, journey.errand.ip):
        return None
    return _route(snapshot, node, journey.errand, came.link if came else "lo")


def _own(node: Node, errand: Errand) -> Break | None:
    """A node that talks to itself does so over lo."""
    lo = node.links.get("lo")
    if lo is None or lo.is_up:
        return None
    return routes.lo_down(node, lo, errand.ip)


def _route(snapshot: Snapshot, node: Node, errand: Errand, came: str) -> Route | Break | _Hidden:
    """The route that a node takes, or why there is none."""
    ip = errand.ip
    found = lookup.route(node, ip, source=errand.source, came=came)
    if found is not None and found.kind == "goto":
        return _Hidden(f"the {found.table} of {named(node.name)} asks for more than addresses")
    if (whose := lookup.broadcast_of(node, ip)) and (found is None or found.dev == whose.dev):
        return routes.broadcast(snapshot, node, whose, errand.holder, ip)
    if found is None:
        return routes.none(snapshot, node, ip, errand.holder, goods=errand.goods, is_answer=errand.is_answer)
    return routes.dead(node, found, ip, errand.goods) if found.kind in lookup.STOPPING else found


def _deliver(snapshot: Snapshot, node: Node, taken: Route, errand: Errand) -> _Outcome:
    """Hand a packet to the next hop over the interface that the route names."""
    end = End(node.name, taken.dev or "")
    link = find_link(snapshot, end)
    if link is not None and link.kind == "loopback":
        mend = f"{ip_on(node.name)} route del {taken.dst} dev {taken.dev}{in_table(taken)}"
        words = {"node": named(node.name), "dst": taken.dst, "link": link.name, "goods": errand.goods, "mend": mend}
        return Break("lo-route", node.name, words, (route_line(node.name, errand.ip, taken),))
    if link is None:
        return _Hidden(f"the route {taken.dst} of {named(node.name)} leads to no interface that can be followed")
    if link.master:
        held = lookup.addresses_on(node, link.name, version_of(errand.ip))
        if held:
            return on_port(node, held[0], link.master)
    if not link.is_up or not link.has_carrier:
        return _dark(snapshot, end, link)
    return _handed(snapshot, node, taken, errand)


def _handed(snapshot: Snapshot, node: Node, taken: Route, errand: Errand) -> _Outcome:
    """Who takes a frame for the next hop, by the neighbour table and by who would answer ARP."""
    end = End(node.name, taken.dev or "")
    around = segment(snapshot, end)
    hop = lookup.next_hop_of(node, taken, errand.ip)
    if taken.via and hop != taken.via and around.holders(snapshot, taken.via, node.name):
        hop = taken.via  # the route was there before the node had that address itself
    holders = around.holders(snapshot, hop, node.name)
    entry = _known(node, end.link, hop)
    receiver = around.by_mac(snapshot, entry.mac) if entry and entry.mac else None
    is_pinned = entry is not None and entry.mac is not None and entry.state == "PERMANENT"
    if len(holders) > 1 and not (is_pinned and receiver in holders):
        return _twice(snapshot, holders, hop, errand)
    known = receiver if receiver is not None and _is_fair(snapshot, receiver, holders, node) else None
    if known is None and around.is_open and not holders:
        return _Hidden(f"{hop} lies behind {end.link} {place(node.name)}, outside of what netshell sees")
    if known is None and entry and entry.mac and (is_pinned or (holders and not errand.is_answer)):
        return _wrong_mac(snapshot, node, entry, holders, receiver)
    taker = known or (holders[0] if holders else proxy_for(snapshot, around, node.name, hop))
    has_been_asked = errand.is_answer  # who asks for a MAC tells its own (RFC 826), and so the way back knows it
    is_told = is_pinned and receiver in holders  # then nobody is asked, and an interface without ARP is as good
    if not is_told and (broken := asking(snapshot, node, end, hop, is_known=known is not None or has_been_asked)):
        return broken
    if taker is None:
        return unanswered(snapshot, node, taken, errand.ip, holder=errand.holder, goods=errand.goods)
    return misled(snapshot, end, taker) or _Handed(taker)


def _on_port_too(node: Node, bridge: str, entry: Neighbour) -> Break | None:
    """The address of a bridge on one of its ports as well, which has answered for it with a MAC of its own."""
    for held in node.addresses:
        link = node.links.get(held.dev)
        if link is not None and lookup.host(held) == entry.ip and (link.mac, link.master) == (entry.mac, bridge):
            return on_port(node, held, bridge)
    return None


def _is_fair(snapshot: Snapshot, receiver: End, holders: tuple[End, ...], node: Node) -> bool:
    """Whether the owner of a MAC is the next hop, or at least a router that may pass the packet on."""
    if any(holder.node == receiver.node for holder in holders):
        return True
    return not holders and is_router(snapshot.nodes[receiver.node]) and receiver.node != node.name


def _known(node: Node, dev: str, ip: str) -> Neighbour | None:
    """What a node knows of the MAC behind an address, where it uses that."""
    wanted = lookup.as_address(ip)
    for entry in node.neighbours:
        if entry.dev == dev and lookup.as_address(entry.ip) == wanted and entry.state not in _UNUSABLE:
            return entry
    return None


def _wrong_mac(
    snapshot: Snapshot, node: Node, entry: Neighbour, holders: tuple[End, ...], receiver: End | None
) -> Break:
    twins = (_on_port_too(snapshot.nodes[each.node], each.link, entry) for each in holders)
    if twin := next(filter(None, twins), None):
        return twin
    right = link_at(snapshot, holders[0]).mac if holders else ""
    run = ip_on(node.name)
    is_set = entry.state == "PERMANENT"
    mac = (
        f"{holders[0].link} {place(holders[0].node)} has {right}" if holders else "nobody on the link has that address"
    )
    if not is_set:
        mac += ", and the kernel asks anew only after some seconds without an answer"
    words = {
        "node": named(node.name),
        "target": entry.ip,
        "mac": entry.mac or "",
        "right": mac,
        "whose": f", which is that of {receiver.link} {place(receiver.node)}"
        if receiver
        else ", which nobody there has",
        "set": "a permanent neighbour entry" if is_set else f"a neighbour entry ({entry.state})",
        "run": f"{run} neigh del {entry.ip} dev {entry.dev}",
    }
    lines = [neighbour_line(node.name, entry)]
    lines += [f"{end.node}: {end.link} link/ether {link_at(snapshot, end).mac}" for end in holders]
    return Break("wrong-mac", node.name, words, tuple(lines))


def _twice(snapshot: Snapshot, holders: tuple[End, ...], ip: str, errand: Errand) -> Break:
    """Two nodes of a link with one address: the one that is not meant is wrong."""
    meant = errand.holder[0] if errand.holder and ip == errand.ip else ""
    right = next((end for end in holders if end.node == meant), None)
    if right is None:
        routers = [end for end in holders if is_router(snapshot.nodes[end.node])]
        right = (routers or list(holders))[0]
    wrong = next(end for end in holders if end != right)
    return duplicate(snapshot, wrong, right, ip)


def _dark(snapshot: Snapshot, end: End, link: Link) -> Break | _Hidden:
    """Why an interface that is to be used has no carrier."""
    words = {"link": end.link, "place": place(end.node), "node": named(end.node), "run": ip_on(end.node)}
    if link.kind != "bridge" or not link.is_up:
        for found in cable_breaks(snapshot, end):
            return found
        if not link.is_up:
            return Break("link-down", end.node, words, (link_line(end.node, link),))
        return _Hidden(f"{end.link} {place(end.node)} has no carrier, and its other end is not to be seen")
    for port in ports_of(snapshot, end):
        for found in cable_breaks(snapshot, port):
            return found
    loose = [
        other for other in interfaces(snapshot, end.node) if other != end and link_at(snapshot, other).kind == "veth"
    ]
    words |= {"bridge": end.link, "link": loose[0].link if loose else "", "behind": "what comes in there"}
    if loose and not ports_of(snapshot, end):
        lines = (link_line(end.node, link_at(snapshot, loose[0])), f"{end.node}: ports of {end.link}: none")
        return Break("not-in-bridge", end.node, words, lines)
    return _Hidden(f"the bridge {end.link} {place(end.node)} has no port with a carrier")


def _loop(snapshot: Snapshot, hops: list[Hop], errand: Errand) -> Break:
    """Routers that send a packet round: the one that would have been nearest to its goal is wrong."""
    first = next(i for i, hop in enumerate(hops) if hop.node == hops[-1].to.node)
    ring = hops[first:]
    wrong = ring[-1]
    if errand.holder is not None:
        for hop in reversed(ring):
            right = next_hop(snapshot, hop.node, errand.holder[0], version_of(errand.ip))
            if right is not None and right[1] != hop.route.via:
                wrong = hop
                break
    node = snapshot.nodes[wrong.node]
    words = {
        "node": named(wrong.node),
        "goods": errand.goods,
        "back": named(wrong.to.node),
        "dst": wrong.route.dst,
        "ring": " → ".join([*(hop.node for hop in ring), ring[0].node]),
        "mend": route_mend(snapshot, node, errand.ip, errand.holder, wrong.route),
    }
    return Break("loop", wrong.node, words, tuple(route_line(hop.node, errand.ip, hop.route) for hop in ring))


def _blame(snapshot: Snapshot, hops: list[Hop], broken: Break, errand: Errand) -> Break:
    """A node that cannot pass a packet on and has no cable that leads there was the wrong gateway."""
    if not hops or errand.holder is None or broken.fault not in {"forwarding-off", "no-route", "no-way-back"}:
        return broken
    last = hops[-1]
    if last.route.via is None:
        return broken  # it was for that node itself, which has given it another destination
    if last.to.node == errand.holder[0] or leads_on(snapshot, last.to.node, last.to.link, errand.holder[0]):
        return broken
    return wrong_gateway(snapshot, last, errand, f"which is {named(last.to.node)}, and no way leads on from there")


def wrong_gateway(snapshot: Snapshot, hop: Hop, errand: Errand, why: str) -> Break:
    """A route through a node that is not on the way."""
    node = snapshot.nodes[hop.node]
    words = {
        "node": named(hop.node),
        "goods": errand.goods,
        "gateway": hop.route.via or errand.ip,
        "why": why,
        "mend": route_mend(snapshot, node, errand.ip, errand.holder, hop.route),
    }
    is_told = hop.route.proto == "redirect"
    words["run"] = ip_on(hop.node)
    fault = "redirected" if is_told else "wrong-gateway"
    return Break(fault, hop.node, words, (route_line(hop.node, errand.ip, hop.route),))
