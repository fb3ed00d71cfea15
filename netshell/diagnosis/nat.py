"""Address translation that is missing, meant for other packets, leads nowhere, or is gone round by the answers."""

from dataclasses import replace
from difflib import get_close_matches
from ipaddress import IPv4Address, ip_address, ip_network

from netshell.diagnosis import ports
from netshell.diagnosis.finding import Break, Protocol
from netshell.diagnosis.lookup import addresses_on, holds, version_of
from netshell.diagnosis.passing import Translation, rule_line
from netshell.diagnosis.way import Hop, Way
from netshell.diagnosis.words import named, run_on, socket_line
from netshell.facts import Node, Snapshot, end_of
from netshell.filters import Chain, FilterRule
from netshell.netfilter import Packet, rule_named
from netshell.netfilter.near import every_rule, misfits, scope
from netshell.netfilter.words import deletion, program

_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
"""RFC 1918."""
_SOURCE_NATS = frozenset({"masquerade", "snat"})
_DESTINATION_NATS = frozenset({"dnat", "redirect"})


def missing(snapshot: Snapshot, there: Way) -> Break | None:
    """Why packets come to where no way leads back, where that is a matter of NAT on a router they passed."""
    packet, end = there.packet, there.end
    if packet is None or packet.source is None or any(_changes_source(one) for one in there.translations):
        return None
    passed = list(zip(there.hops, there.hops[1:], strict=False))
    for before, hop in passed:
        node = snapshot.nodes[hop.node]
        leaving = replace(packet, incoming=before.to.link, outgoing=hop.route.dev or "")
        for chain, rule in every_rule(node):
            off = misfits(rule, leaving) if rule.action in _SOURCE_NATS else []
            if off:
                words = {
                    **_words(hop, packet, end),
                    "rule": rule_named(rule),
                    "scope": scope(off[0]),
                    "mend": f"{run_on(hop.node, deletion(rule))} && {_masquerade(hop, chain)}",
                }
                return Break("nat-wrong", hop.node, words, (rule_line(node, rule),))
    if not _is_private(packet.source) or _is_private(packet.destination or ""):
        return None
    for _, hop in passed:
        node = snapshot.nodes[hop.node]
        own = addresses_on(node, hop.route.dev or "", version_of(packet.source))
        if own and not _is_private(own[0].cidr.partition("/")[0]):
            words = {**_words(hop, packet, end), "mend": _masquerade(hop, None)}
            return Break(
                "nat-missing", hop.node, words, (f"{node.name}: no rule translates what leaves by {hop.route.dev}",)
            )
    return None


def homeless(snapshot: Snapshot, there: Way, found: Break) -> Break | None:
    """A source that NAT has given the packets and that no node has: where that is why the answers do not come home."""
    one = next((each for each in there.translations if _changes_source(each)), None)
    hop = next((hop for hop in there.hops if one and hop.node == one.node), None)
    source = one.after.source if one else None
    if found.fault not in {"nobody", "no-way-back"} or one is None or hop is None or source is None:
        return None
    if any(holds(node, source) for node in snapshot.nodes.values()):
        return None
    rule = next((rule for rule in one.rules if rule.action in _SOURCE_NATS), one.rules[0])
    node = snapshot.nodes[one.node]
    chain = next((chain for chain, each in every_rule(node) if each is rule), None)
    words = {
        "node": named(one.node),
        "source": source,
        "end": named(there.end),
        "rule": rule_named(rule),
        "mend": f"{run_on(one.node, deletion(rule))} && {_masquerade(hop, chain)}",
    }
    return Break("nat-homeless", one.node, words, (rule_line(node, rule), *found.evidence))


def _words(hop: Hop, packet: Packet, end: str) -> dict[str, str]:
    return {"node": named(hop.node), "source": packet.source or "", "end": named(end)}


def _changes_source(one: Translation) -> bool:
    return one.before.source != one.after.source


def hides(there: Way, node: str) -> bool:
    """Whether a packet is not to be known again behind a node: NAT there changes both of its ends."""
    changed = [one for one in there.translations if one.node == node and _changes_source(one)]
    return any(one.before.destination != one.after.destination for one in changed)


def _is_private(ip: str) -> bool:
    address = ip_address(ip) if ip else None
    return isinstance(address, IPv4Address) and any(address in network for network in _PRIVATE)


def _masquerade(hop: Hop, chain: Chain | None) -> str:
    """The command by which what leaves takes the router's own address."""
    if chain is not None and program(chain.family, chain.tool) == "nft":
        place = f"{chain.family} {chain.table} {chain.name}"
        return run_on(hop.node, f"nft add rule {place} oifname {hop.route.dev} masquerade")
    name = "iptables" if chain is None else program(chain.family, chain.tool)
    return run_on(hop.node, f"{name} -t nat -A POSTROUTING -o {hop.route.dev} -j MASQUERADE")


def astray(snapshot: Snapshot, there: Way, found: Break | None = None) -> Break | None:
    """A destination that NAT has given a packet, where nobody is or nobody listens."""
    one = next((t for t in there.translations if t.before.destination != t.after.destination), None)
    if one is None or one.after.destination is None:
        one = next((t for t in there.translations if t.before.destination_port != t.after.destination_port), None)
    if one is None or one.after.destination is None:
        return None
    if found is not None and any(holds(node, one.after.destination) for node in snapshot.nodes.values()):
        return None
    rule = next((rule for rule in one.rules if rule.action in _DESTINATION_NATS), one.rules[0])
    target = _end(one.after)
    why = "nobody has that address" if found is not None else f"nobody {_there(snapshot, there)}"
    words = {
        "node": named(one.node),
        "asked": _end(one.before),
        "target": target,
        "rule": rule_named(rule),
        "why": why,
        "mend": _corrected(snapshot, one, rule),
    }
    lines = [rule_line(snapshot.nodes[one.node], rule)]
    lines += _listening(snapshot.nodes[there.end], one.after) if found is None else [*found.evidence]
    return Break("nat-astray", one.node, words, tuple(lines))


def _there(snapshot: Snapshot, there: Way) -> str:
    packet = there.packet
    protocol: Protocol = "udp" if packet and packet.protocol == "udp" else "tcp"
    port = packet.destination_port if packet else 0
    return f"on {snapshot.nodes[there.end].name} {ports.verb(protocol)} {protocol}/{port}"


def _listening(node: Node, packet: Packet) -> list[str]:
    found = [s for s in node.sockets if s.is_waiting and s.protocol == packet.protocol]
    return [socket_line(node.name, s) for s in found[:3]] or [f"{node.name}: no socket waits"]


def _corrected(snapshot: Snapshot, one: Translation, rule: FilterRule) -> str:
    """The rule with the only server that may be meant; empty where there are several, or none."""
    servers = _servers(snapshot, one)
    if len(servers) != 1 or servers[0] == _end(one.before):
        return run_on(one.node, deletion(rule)) if _is_served(snapshot, one.before) else ""
    wrong, right = end_of(rule.target, int(rule.port)) if rule.port.isdigit() else rule.target, servers[0]
    if wrong not in rule.text:
        return ""
    if program(rule.family, rule.tool) == "nft":
        place = f"{rule.family} {rule.table} {rule.chain}"
        return run_on(one.node, f"nft replace rule {place} handle {rule.handle} {rule.text.replace(wrong, right)}")
    name = program(rule.family, rule.tool)
    made = f"{name} -t {rule.table} {rule.text.replace(wrong, right)}"
    return f"{run_on(one.node, deletion(rule))} && {run_on(one.node, made)}"


def _is_served(snapshot: Snapshot, packet: Packet) -> bool:
    """Whether somebody waits where a packet was for."""
    ip, port = packet.destination or "", packet.destination_port
    there = [node for node in snapshot.nodes.values() if ip and holds(node, ip)]
    sockets = [s for node in there for s in node.sockets if s.protocol == packet.protocol and s.local_port == port]
    return any(s.is_waiting and s.accepts(ip) for s in sockets)


def _servers(snapshot: Snapshot, one: Translation) -> list[str]:
    """Who listens, beyond the router, at an address that others reach."""
    found = []
    for node in snapshot.nodes.values():
        for socket in node.sockets if node.name != one.node else ():
            is_alike = socket.is_waiting and socket.protocol == one.after.protocol
            ips = [a.cidr.partition("/")[0] for a in node.addresses if a.scope == "global" and ":" not in a.cidr]
            usable = [ip for ip in ips if is_alike and socket.accepts(ip) and not ip.startswith("127.")]
            found += [end_of(usable[0], socket.local_port)] if usable else []
    return list(dict.fromkeys(found))


def missed(node: Node, there: Way) -> Break | None:
    """A packet that a router has taken for itself, because the rule that was to send it on is for others."""
    packet = there.packet
    if packet is None or not there.hops:
        return _for_others(node, packet) if packet else None
    came = replace(packet, incoming=there.hops[-1].to.link, outgoing=None)
    for chain, rule in every_rule(node):
        off = misfits(rule, came) if rule.action in _DESTINATION_NATS and chain.hook == "prerouting" else []
        if len(off) == 1 and (off[0].field in {"in", "destination"} or _is_slip(off[0].values, rule, came)):
            wanted = {"in": came.incoming, "destination-port": str(came.destination_port)}.get(off[0].field)
            words = {
                "node": named(node.name),
                "goods": f"packets for {_end(packet)}",
                "rule": rule_named(rule),
                "scope": scope(off[0]),
                "mend": _widened(node, rule, off[0].values, wanted),
            }
            return Break("nat-missed", node.name, words, (rule_line(node, rule),))
    return None


def _for_others(node: Node, packet: Packet) -> Break | None:
    """A rule for what comes in, which a node's own packets do not meet: theirs belongs into the chain for output."""
    own = replace(packet, incoming=None, outgoing=None)
    for chain, rule in every_rule(node):
        is_meant = rule.action in _DESTINATION_NATS and chain.hook == "prerouting" and not misfits(rule, own)
        if not is_meant or not any(match.field == "destination-port" for match in rule.matches):
            continue
        made = rule.text.replace("-A PREROUTING", "-A OUTPUT")
        can_be_made = made != rule.text and not any(match.field == "in" for match in rule.matches)
        tool = program(rule.family, rule.tool)
        words = {
            "node": named(node.name),
            "goods": f"its own packets for {_end(packet)}",
            "rule": rule_named(rule),
            "scope": "what comes in from others",
            "mend": run_on(node.name, f"{tool} -t {rule.table} {made}") if can_be_made else "",
        }
        return Break("nat-missed", node.name, words, (rule_line(node, rule),))
    return None


def _is_slip(values: tuple[str, ...], rule: FilterRule, packet: Packet) -> bool:
    """Whether a rule's port may be meant for another one: that of the server itself, or one that is written alike."""
    asked = str(packet.destination_port)
    return asked == rule.port or any(get_close_matches(asked, [value], n=1, cutoff=0.7) for value in values)


def _widened(node: Node, rule: FilterRule, values: tuple[str, ...], wanted: str | None) -> str:
    """The rule with the condition that fits, for iptables, where it stands in its text once."""
    old = values[0]
    if (
        wanted is None
        or len(values) != 1
        or rule.text.split().count(old) != 1
        or program(rule.family, rule.tool) == "nft"
    ):
        return ""
    text = " ".join(wanted if word == old else word for word in rule.text.split())
    name = program(rule.family, rule.tool)
    return f"{run_on(node.name, deletion(rule))} && {run_on(node.name, f'{name} -t {rule.table} {text}')}"


def bypassed(there: Way, back: Way, source: str) -> Break | None:
    """An answer from the server's own address, because the node that changed the destination did not see it."""
    one = next((t for t in there.translations if t.before.destination != t.after.destination), None)
    if one is None or back.packet is None or back.packet.source in {None, one.before.destination}:
        return None
    masquerade = f"iptables -t nat -A POSTROUTING -d {one.after.destination} -j MASQUERADE"
    words = {
        "node": named(one.node),
        "asked": one.before.destination or "",
        "real": one.after.destination or "",
        "end": named(there.end),
        "source": named(source),
        "mend": run_on(one.node, masquerade),
    }
    return Break("nat-bypassed", one.node, words, (*there.lines, *back.lines))


def told(there: Way) -> str:
    """What NAT made of the packets that arrived, in a clause."""
    words = ""
    for one in there.translations:
        if _end(one.before) != _end(one.after):
            words += f"; {named(one.node)} sends them on to {named(there.end)} ({_end(one.after)})"
        if _changes_source(one):
            words += f"; {named(one.node)} gives them the source {one.after.source}"
    return words


def _end(packet: Packet) -> str:
    ip, port = packet.destination or "", packet.destination_port
    return end_of(ip, port) if port else ip
