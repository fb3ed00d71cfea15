"""The right answer to what a learner was asked, read off the wire or the machine: facts in, and what they show."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, assert_never

from netshell.checks import Check, Evidence
from netshell.checks.words import place, subject, target
from netshell.facts import Node, Route, route_to
from netshell.lesson.asks import (
    Ask,
    Decided,
    PacketCount,
    PacketField,
    State,
    StateKind,
    Written,
    in_order,
)

if TYPE_CHECKING:
    from netshell.checks.looks import Trace
    from netshell.packets.trace import Seen

_TOLD_MOST = 6
"""Packets that are named by their numbers."""
_FIELD_WORDS = {
    "src": "the source",
    "dst": "the destination",
    "src_mac": "the source MAC",
    "dst_mac": "the destination MAC",
    "sport": "the source port",
    "dport": "the destination port",
    "ttl": "the TTL",
    "length": "the length",
}
_STATE_WORDS = {
    "address": "address on {}",
    "mac": "MAC address of {}",
    "mtu": "MTU of {}",
    "gateway": "gateway to {}",
    "interface": "interface to {}",
    "neighbour": "MAC address for {}",
    "sysctl": "{}",
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is so."""

    accepted: tuple[str, ...]
    """The answers that are right; none where nothing decides."""
    says: str
    """What was observed, in a sentence; empty where the author's answer is all there is."""


def read(ask: Ask, evidence: Evidence, *, is_settled: bool) -> Truth | None:
    """What is so, as far as it can be told yet; None for not yet.

    `is_settled`: all that was to happen has happened, so that what has not come will not come.
    """
    truth = _read(ask, evidence, is_settled=is_settled)
    if evidence.earlier and (truth is None or not truth.accepted):
        truth = _read(ask, replace(evidence, wire=evidence.earlier, earlier=()), is_settled=is_settled)
    return truth


def _read(ask: Ask, evidence: Evidence, *, is_settled: bool) -> Truth | None:
    match ask.answer:
        case Written(accepted):
            return Truth(accepted, "") if is_settled or not ask.is_prediction else None
        case State():
            return _of_state(ask.answer, evidence, is_settled=is_settled or not ask.is_prediction)
        case Decided() if ask.form == "order":
            return _of_order(ask, ask.answer, evidence, is_settled=is_settled)
        case Decided():
            return _of_choices(ask, ask.answer, evidence, is_settled=is_settled)
        case PacketField():
            return _of_field(ask, ask.answer, evidence, is_settled=is_settled)
        case PacketCount():
            return _of_count(ask, ask.answer, evidence) if is_settled else None
    assert_never(ask.answer)


def _of_choices(ask: Ask, answer: Decided, evidence: Evidence, *, is_settled: bool) -> Truth | None:
    """The first packet that fits one of the patterns; later a check that holds; at last `nothing`."""
    from netshell.checks.pattern import Pattern  # noqa: PLC0415 - with the first ask about packets
    from netshell.checks.pattern_words import in_words  # noqa: PLC0415 - as above

    patterns = [(choice, by) for choice, by in zip(ask.choices, answer.by, strict=True) if isinstance(by, Pattern)]
    trace = _trace(evidence)
    for seen in _leaving(ask, trace) if patterns else ():
        for choice, pattern in patterns:
            if pattern.matches(trace, seen):
                first = f"First to leave {ask.at} was" if ask.at else "First came"
                return Truth((choice,), f"{first} {in_words(pattern)} (packet {seen.number}).")
    if not is_settled:
        return None
    for choice, by in zip(ask.choices, answer.by, strict=True):
        if isinstance(by, Check) and (verdict := by.judge(evidence)).holds:
            return Truth((choice,), verdict.says)
    left = tuple(choice for choice, by in zip(ask.choices, answer.by, strict=True) if by == "nothing")
    says = ""
    if patterns:
        what = "None of these" if any(not seen.noise for seen in _leaving(ask, trace)) else "Nothing"
        says = f"{what} left {ask.at}." if ask.at else f"{what} came."
    return Truth(left, says or f"It is: {left[0]}." if left else "None of these holds.")


def _of_order(ask: Ask, answer: Decided, evidence: Evidence, *, is_settled: bool) -> Truth | None:
    """The first packet of each kind, in the order in which they came."""
    from netshell.checks.pattern import Pattern  # noqa: PLC0415 - as above
    from netshell.checks.pattern_words import in_words  # noqa: PLC0415 - as above

    left = {item: by for item, by in zip(ask.choices, answer.by, strict=True) if isinstance(by, Pattern)}
    trace = _trace(evidence)
    came: list[tuple[str, str]] = []
    for seen in _leaving(ask, trace):
        item = next((item for item, pattern in left.items() if pattern.matches(trace, seen)), None)
        if item is not None:
            came.append((item, f"{in_words(left.pop(item))} (packet {seen.number})"))
        if not left:
            break
    if left:
        missing = in_words(next(iter(left.values())))
        return Truth((), f"Not all of them came: {missing} is missing.") if is_settled else None
    told = ", then ".join(words for _, words in came)
    return Truth((in_order(item for item, _ in came),), f"They came in this order: {told}.")


def _of_field(ask: Ask, answer: PacketField, evidence: Evidence, *, is_settled: bool) -> Truth | None:
    from netshell.checks.pattern_words import in_words  # noqa: PLC0415 - as above

    trace = _trace(evidence)
    for seen in _leaving(ask, trace):
        if answer.packet.matches(trace, seen) and (value := _field(trace, seen, answer.field)):
            return Truth((value,), f"Packet {seen.number} has {_FIELD_WORDS[answer.field]} {value}.")
    return Truth((), f"Looked for was {in_words(answer.packet)}: none came.") if is_settled else None


def _field(trace: "Trace", seen: "Seen", field: str) -> str:
    """A value of a packet's headers as text; empty where it has none."""
    from netshell.checks.looks import TCP, UDP  # noqa: PLC0415 - as above
    from netshell.packets.headers import Arp, Ethernet, Ipv4, Ipv6  # noqa: PLC0415 - as above

    packet, look = seen.packet, trace.look(seen)
    network = packet.network
    frame = next((layer for layer in packet.layers if isinstance(layer, Ethernet)), None)
    ips = (network.sender_ip, network.target_ip) if isinstance(network, Arp) else (packet.src, packet.dst)
    ports = (str(look.first), str(look.second)) if look.protocol in {TCP, UDP} else ("", "")
    ttl = network.ttl if isinstance(network, Ipv4) else network.hop_limit if isinstance(network, Ipv6) else ""
    found = {
        "src": ips[0],
        "dst": ips[1],
        "src_mac": frame.src if frame else "",
        "dst_mac": frame.dst if frame else "",
        "sport": ports[0],
        "dport": ports[1],
        "ttl": str(ttl),
        "length": str(look.length) if look.length >= 0 else "",
    }
    return found[field]


def _of_count(ask: Ask, answer: PacketCount, evidence: Evidence) -> Truth:
    from netshell.checks.pattern_words import in_words  # noqa: PLC0415 - as above

    trace = _trace(evidence)
    numbers = [str(seen.number) for seen in _leaving(ask, trace) if answer.packet.matches(trace, seen)]
    if not numbers:
        return Truth(("0",), f"Looked for was {in_words(answer.packet)}: none came.")
    named = ", ".join(numbers[:_TOLD_MOST]) + (" …" if len(numbers) > _TOLD_MOST else "")
    which = f"packet {named}" if len(numbers) == 1 else f"packets {named}"
    return Truth((str(len(numbers)),), f"Looked for was {in_words(answer.packet)}: {len(numbers)} came ({which}).")


def _trace(evidence: Evidence) -> "Trace":
    from netshell.checks.looks import Trace  # noqa: PLC0415 - as above

    return Trace(evidence.wire, evidence.looks)


def _leaving(ask: Ask, trace: "Trace") -> Iterator["Seen"]:
    """The crossings that count: those that leave the ask's node, passed on by it or its own.

    What a node sends to itself does not leave it. An ARP request to one machine only is the kernel asking whether what
    it knows still holds; it comes by itself, seconds after other packets, and answers no question.
    """
    for seen in trace.crossings:
        sender = seen.crossing.sender
        if _is_refresh(seen):
            continue
        if not ask.at:
            yield seen
        elif sender is not None and sender.node == ask.at and sender != seen.crossing.receiver and sender.link != "lo":
            yield seen._replace(follows=0)


def _is_refresh(seen: "Seen") -> bool:
    data = seen.crossing.data
    return seen.protocol == "ARP" and data[20:22] == b"\0\1" and data[12:14] == b"\x08\x06" and not data[0] & 1


def _of_state(answer: State, evidence: Evidence, *, is_settled: bool) -> Truth | None:
    if not is_settled:
        return None
    where = target(answer.at)
    node = evidence.snapshot.node(answer.at)
    if node is None:
        return Truth((), f"There is no node {where}.")
    found, what = _value(answer, node), _STATE_WORDS[answer.kind].format(answer.name)
    if not found:
        return Truth((), f"{subject(answer.at)} has no {what}.")
    said = what if answer.kind == "sysctl" else f"{what[:1].upper()}{what[1:]}"
    return Truth(found, f"{said} {place(answer.at)}: {found[0]}.")


def _value(answer: State, node: Node) -> tuple[str, ...]:
    """The answers that are right, the one that is told first; none where the node has no such thing."""
    if answer.kind == "address":
        here = [address.cidr for address in node.addresses if address.dev == answer.name]
        worth = [cidr for cidr in here if not ip_interface(cidr).ip.is_link_local] or here
        return tuple(form for cidr in worth for form in (cidr, str(ip_interface(cidr).ip)))
    found = _single_value(answer.kind, answer.name, node)
    return (found,) if found else ()


def _single_value(kind: StateKind, name: str, node: Node) -> str | None:
    link = node.links.get(name)
    match kind:
        case "mac":
            return link.mac if link else None
        case "mtu":
            return str(link.mtu) if link else None
        case "gateway":
            route = _route(node, name)
            return route.via if route else None
        case "interface":
            route = _route(node, name)
            return route.dev if route else None
        case "neighbour":
            return next((n.mac for n in node.neighbours if ip_address(n.ip) == ip_address(name)), None)
    return node.sysctls.get(name)


def _route(node: Node, destination: str) -> Route | None:
    """The route that a packet for a destination takes: `default`, an address, or a network's first host address."""
    if destination == "default":
        entries = [route for route in node.routes if route.dst == "default" and route.table == "main"]
        return min(entries, key=lambda route: route.metric, default=None)
    network = ip_network(destination, strict=False)
    first = network.network_address + (1 if network.num_addresses > 2 else 0)
    return route_to(node, str(first))
