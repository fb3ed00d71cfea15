"""Why nobody on a link answers for the next hop: a break on the way to it, a route that means another link, or an
address that nobody has.
"""

from collections.abc import Mapping

from netshell.diagnosis import addresses, lookup
from netshell.diagnosis.advice import neighbours_of, route_mend
from netshell.diagnosis.cables import Path, path, way_between
from netshell.diagnosis.finding import Break
from netshell.diagnosis.lookup import as_address, host, interface, version_of
from netshell.diagnosis.refusal import is_router
from netshell.diagnosis.routes import own_gateway
from netshell.diagnosis.segment import segment
from netshell.diagnosis.words import address_line, ip_on, named, neighbour_line, place, route_line
from netshell.facts import PC, Address, End, Node, Route, Snapshot
from netshell.netfilter import rule_named
from netshell.netfilter.near import every_rule


def unanswered(
    snapshot: Snapshot, node: Node, taken: Route, ip: str, *, holder: tuple[str, Address] | None, goods: str
) -> Break:
    """The reason why nobody answers when a node asks on the link of a route for its gateway, or for the address."""
    end, hop = End(node.name, taken.dev or ""), lookup.next_hop_of(node, taken, ip)
    meant = holder if hop == ip else _holder(snapshot, hop, node.name)
    if meant is not None and meant[0] != node.name:
        joined = path(snapshot, [end], _ends(snapshot, *meant), is_routed=False)
        if joined is not None and joined.breaks:
            return joined.breaks[0]
    lines = (route_line(node.name, ip, taken), *_asked(node, end.link, hop))
    words = {
        "node": named(node.name),
        "target": ip,
        "goods": goods,
        "gateway": hop,
        "link": end.link,
        "place": place(node.name),
        "dst": taken.dst,
        "mend": route_mend(snapshot, node, ip, holder, taken),
    }
    if taken.via is not None and lookup.holds(node, taken.via):
        return own_gateway(snapshot, node, taken, ip, holder)
    if hop != ip:
        return _lost_gateway(snapshot, node, taken, meant, words=words, lines=lines)
    if holder is None:
        return _nobody(snapshot, node, end, words, lines)
    way = way_between(snapshot, node.name, holder[0])
    own = [a for a in lookup.addresses_on(node, end.link, version_of(ip)) if addresses.in_network(ip, a)]
    if not own or taken.proto != "kernel":
        return Break("no-gateway", node.name, words, lines)
    return _elsewhere(snapshot, (end, own[0]), holder, way, words=words, lines=lines)


def _elsewhere(
    snapshot: Snapshot,
    near: tuple[End, Address],
    holder: tuple[str, Address],
    way: Path | None,
    *,
    words: Mapping[str, str],
    lines: tuple[str, ...],
) -> Break:
    """An address that its own prefix puts on this link, while its node is not there."""
    end, own = near
    name, held = holder
    stages = [] if way is None else list(way.stages)
    if len(stages) > 1 and stages[0][0] == end:
        first, last = stages[0][1], stages[-1][0]
        if bare := addresses.missing_bridge(snapshot, first, stages[1][0]):
            return bare
        version = interface(own).version
        for theirs in lookup.addresses_on(snapshot.nodes[first.node], first.link, version):
            if interface(own).ip in interface(theirs).network and (
                interface(theirs).network.prefixlen > interface(own).network.prefixlen
            ):
                because = f"so {words['node']} takes {host(held)} for an address on this link, where nobody has it"
                length = interface(theirs).network.prefixlen
                return addresses.wrong_prefix(snapshot, near, (first, theirs), length, because)
        behind = lookup.addresses_on(snapshot.nodes[last.node], last.link, version)
        if behind and not any(addresses.in_network(host(held), a) for a in behind):
            return addresses.wrong_network(snapshot, (stages[-1][1], held), (last, behind[0]))
        if behind and interface(behind[0]).network == interface(own).network:
            both = (address_line(snapshot.nodes[end.node], end.link), address_line(snapshot.nodes[name], held.dev))
            twice = {**words, "other": named(name), "network": lookup.network(own), "router": named(first.node)}
            return Break("same-network", end.node, twice, (*lines, *both))
    if stages and stages[0][0] != end:
        far = snapshot.nodes[name]
        both = (address_line(snapshot.nodes[end.node], end.link), address_line(far, held.dev))
        wrong = {**words, "other_link": stages[0][0].link, "other": named(name), "cidr": own.cidr}
        return Break("wrong-interface", end.node, wrong, (*lines, *both))
    return Break("unanswered", end.node, words, lines)


def _lost_gateway(
    snapshot: Snapshot,
    node: Node,
    taken: Route,
    meant: tuple[str, Address] | None,
    *,
    words: Mapping[str, str],
    lines: tuple[str, ...],
) -> Break:
    """A gateway that nobody on the link has."""
    gateway = taken.via or ""
    if meant is None and (lone := _lone(snapshot, node, End(node.name, taken.dev or ""), gateway, lines)):
        return lone
    if meant is not None:
        why = f"which is {meant[1].dev} {place(meant[0])}, on another link than {words['link']}"
    else:
        why = f"which nobody on the link of {words['link']} has"
    own = lookup.addresses_on(node, taken.dev or "", version_of(gateway))
    is_near = lookup.is_on_link(node, taken.dev or "", gateway) or as_address(gateway).is_link_local
    if not is_near and not any(addresses.in_network(gateway, a) for a in own):
        networks = ", ".join(lookup.network(a) for a in own) or "none"
        return Break("gateway-off-link", node.name, {**words, "networks": networks, "why": why}, lines)
    fault = "redirected" if taken.proto == "redirect" else "wrong-gateway"
    return Break(fault, node.name, {**words, "why": why, "run": ip_on(node.name)}, lines)


def _nobody(snapshot: Snapshot, node: Node, end: End, words: Mapping[str, str], lines: tuple[str, ...]) -> Break:
    """An address that no node has; the others on the link are named, and one without an address is taken for it."""
    ip = words["target"]
    if lone := _lone(snapshot, node, end, ip, lines):
        return lone
    version = version_of(ip)
    there = [f"{named(other.node)} with {a.cidr}" for other, a in neighbours_of(snapshot, end, version)]
    there += [f"{named(other.node)} without an address" for other in _bare(snapshot, node, end, version)]
    hint = f" On that link there is {', '.join(there)}." if there else ""
    hint += _translated_by(snapshot, end, ip)
    return Break("nobody", node.name, {**words, "hint": hint}, lines)


def _translated_by(snapshot: Snapshot, end: End, ip: str) -> str:
    """Who on a link has a rule of NAT for an address, without having that address."""
    for other in segment(snapshot, end).ends:
        for _, rule in every_rule(snapshot.nodes[other.node]):
            goals = {
                value.removesuffix("/32")
                for match in rule.matches
                if match.field == "destination"
                for value in match.values
            }
            if rule.action == "dnat" and ip in goals:
                who = named(other.node)
                return f" {who} has {rule_named(rule)} for it, but answers only for addresses that it has itself."
    return ""


def _bare(snapshot: Snapshot, node: Node, end: End, version: int) -> list[End]:
    """The others on a link that have no address there, switches left out."""
    around = {other for other, _ in neighbours_of(snapshot, end, version)}
    others = [other for other in segment(snapshot, end).ends if other.node != node.name]
    return [other for other in others if other not in around and not _is_switch(snapshot, other)]


def _lone(snapshot: Snapshot, node: Node, end: End, ip: str, lines: tuple[str, ...]) -> Break | None:
    """The only other one on a link, which has no address: it is the one that is meant.

    That is no more than a guess where another node is not joined at all: that one may have had the address.
    """
    version = version_of(ip)
    bare = _bare(snapshot, node, end, version)
    if len(bare) != 1 or neighbours_of(snapshot, end, version):
        return None
    lone = bare[0]
    if not is_router(snapshot.nodes[lone.node]) and not _are_joined(snapshot, node.name):
        return None
    own = next((a for a in lookup.addresses_on(node, end.link, version) if addresses.in_network(ip, a)), None)
    new = f"{ip}/{interface(own).network.prefixlen if own else 24}"
    found = addresses.without_address(snapshot.nodes[lone.node], lone.link, version, new)
    return Break(found.fault, found.at, found.words, (*found.evidence, *lines))


def _are_joined(snapshot: Snapshot, start: str) -> bool:
    """Whether cables join all nodes that have any with one of them; the PC is left out."""
    found = [start]
    for name in found:
        for link in snapshot.nodes[name].links.values():
            if link.peer and link.peer.node not in found and link.peer.node in snapshot.nodes:
                found.append(link.peer.node)
    return all(node.name in found or node.name == PC or not node.is_enterable for node in snapshot.nodes.values())


def _is_switch(snapshot: Snapshot, end: End) -> bool:
    return snapshot.nodes[end.node].links[end.link].kind == "bridge"


def _holder(snapshot: Snapshot, ip: str, asker: str) -> tuple[str, Address] | None:
    for node in snapshot.nodes.values():
        if node.name != asker and (held := lookup.holds(node, ip)):
            return node.name, held
    return None


def _ends(snapshot: Snapshot, name: str, held: Address) -> list[End]:
    """The interface that an address is on, or the bridge that this is a port of."""
    link = snapshot.nodes[name].links.get(held.dev)
    return [End(name, held.dev)] if link is None or not link.master else [End(name, link.master)]


def _asked(node: Node, dev: str, ip: str) -> tuple[str, ...]:
    return tuple(neighbour_line(node.name, n) for n in node.neighbours if n.dev == dev and n.ip == ip)
