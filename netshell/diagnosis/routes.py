"""What a table of routes does not hold, and what it should not hold: no route, a dead one, a broadcast address."""

from netshell.diagnosis import lookup
from netshell.diagnosis.advice import fitting_address, route_mend
from netshell.diagnosis.finding import Break
from netshell.diagnosis.lookup import interface, network, version_of
from netshell.diagnosis.words import in_table, ip_on, link_line, named, place, route_line
from netshell.facts import Address, End, Link, Node, Route, Snapshot


def none(
    snapshot: Snapshot, node: Node, ip: str, holder: tuple[str, Address] | None, *, goods: str, is_answer: bool
) -> Break:
    """No entry of the table takes packets for an address; `holder` is who has it."""
    version = version_of(ip)
    has = _listed(node, version)
    words = {
        "node": named(node.name),
        "target": ip,
        "goods": goods,
        "routes": has,
        "hint": _too_narrow(node, holder),
        "mend": route_mend(snapshot, node, ip, holder, None),
    }
    lines = (route_line(node.name, ip, None), f"{node.name}: routes: {has}")
    return Break("no-way-back" if is_answer else "no-route", node.name, words, lines)


def _listed(node: Node, version: int) -> str:
    own = [r for r in node.routes if r.family == version and r.table == "main" and not r.dst.startswith("fe80")]
    return ", ".join(f"{r.dst} via {r.via}" if r.via else f"{r.dst} dev {r.dev}" for r in own) or "none"


def _too_narrow(node: Node, holder: tuple[str, Address] | None) -> str:
    """That a route is for one address, the first of the network that it was meant for; empty where none is."""
    if holder is None:
        return ""
    meant = interface(holder[1]).network
    alone = f"{meant.network_address}/{meant.max_prefixlen}"
    is_there = meant.prefixlen < meant.max_prefixlen and any(r.dst == alone for r in node.routes)
    return f" {alone} is there, for that one address alone: /{meant.prefixlen} takes the whole network." * is_there


def dead(node: Node, found: Route, ip: str, goods: str) -> Break:
    """A route, or a rule, that throws packets away."""
    words = {"node": named(node.name), "target": ip, "goods": goods, "kind": found.kind}
    if found.table.startswith("rule "):
        mend = f"{ip_on(node.name)} rule del priority {found.table.removeprefix('rule ')}"
        words |= {"rule": found.table, "run": ip_on(node.name), "mend": mend}
        return Break("dead-rule", node.name, words, (f"{node.name}: {found.table}: {found.kind} for {found.dst}",))
    mend = f"{ip_on(node.name)} route del {found.kind} {found.dst}{in_table(found)}"
    words |= {"dst": found.dst, "mend": mend}
    return Break("dead-route", node.name, words, (route_line(node.name, ip, found),))


def broadcast(snapshot: Snapshot, node: Node, whose: Address, holder: tuple[str, Address] | None, ip: str) -> Break:
    """The target is the last address of the sender's own network, which means everybody there."""
    words = {
        "node": named(node.name),
        "target": ip,
        "cidr": whose.cidr,
        "link": whose.dev,
        "network": network(whose),
        "mend": "",
    }
    lines = [f"{node.name}: {whose.dev} inet {whose.cidr}"]
    at = node.name
    if holder is not None:
        name, held = holder
        lines.append(f"{name}: {held.dev} inet {held.cidr}")
        mine, theirs = interface(whose), interface(held)
        if theirs.network == mine.network:
            at, run, new = name, ip_on(name), fitting_address(snapshot, End(name, held.dev), 4)
            words["mend"] = f"{run} addr add {new} dev {held.dev} && {run} addr del {held.cidr} dev {held.dev}"
        elif theirs.network.prefixlen < mine.network.prefixlen:
            new = f"{mine.ip}/{theirs.network.prefixlen}"
            run = ip_on(node.name)
            words["mend"] = f"{run} addr add {new} dev {whose.dev} && {run} addr del {whose.cidr} dev {whose.dev}"
    return Break("broadcast-address", at, words, tuple(lines))


def own_gateway(snapshot: Snapshot, node: Node, taken: Route, ip: str, holder: tuple[str, Address] | None) -> Break:
    """The gateway of a route is an address of the node itself: it asks for the target on the link, as without one."""
    words = {
        "node": named(node.name),
        "target": ip,
        "dst": taken.dst,
        "gateway": taken.via or "",
        "link": taken.dev or "",
        "mend": route_mend(snapshot, node, ip, holder, taken),
    }
    held = next((f"{node.name}: {a.dev} inet {a.cidr}" for a in node.addresses if lookup.host(a) == taken.via), "")
    return Break("own-gateway", node.name, words, (route_line(node.name, ip, taken), held))


def lo_down(node: Node, lo: Link, ip: str) -> Break:
    """The loopback interface is switched off."""
    words = {"node": named(node.name), "place": place(node.name), "target": ip, "run": ip_on(node.name)}
    return Break("lo-down", node.name, words, (link_line(node.name, lo),))
