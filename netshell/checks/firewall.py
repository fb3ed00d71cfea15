"""The check `firewall`: what becomes of certain packets at a node, by the rules of whatever tool."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_link, absent_node
from netshell.checks.ports import is_address, word_faults
from netshell.checks.traffic import (
    dev_towards,
    end_faults,
    first_address,
    holds,
    ip_at,
    traffic_faults,
    traffic_of,
    unclear,
)
from netshell.checks.words import subject, target
from netshell.facts import Node, Snapshot
from netshell.filters import Chain, FilterRule, Hook
from netshell.netfilter import Packet, Passage, chain_named, pass_through, rule_named
from netshell.netfilter.chains import own_address
from netshell.netfilter.course import HOOKS, Direction
from netshell.netfilter.near import every_rule, misfits, scope, the_rule

_ACTIONS = {"accepted": "accept", "dropped": "drop", "rejected": "reject"}
_VERBS = {"accepted": "accepts", "dropped": "drops", "rejected": "rejects"}
_WAYS: dict[Direction, str] = {
    "in": "for itself",
    "out": "that it sends itself",
    "forward": "that it passes on",
}


@dataclass(frozen=True, kw_only=True)
class FirewallCheck(Check):
    """The rules of the node let such packets pass, drop or reject them: judged by their effect, in iptables and nft."""

    kind: ClassVar[str] = "firewall"
    layer: ClassVar[int] = 6
    firewall: str
    """`tcp/80`, `udp/53`, or `icmp` for an echo request."""
    fate: str = field(metadata={"key": "is"})
    """`accepted`, `dropped` or `rejected`."""
    source: str | None = field(default=None, metadata={"key": "from"})
    """Whose packets: a node, an address or a network."""
    target: str | None = field(default=None, metadata={"key": "to"})
    """Whom they are for: a node, an address or a network; the node itself where it is missing."""
    direction: str | None = None
    """`in` (for the node itself), `out` (its own), `forward` (passed on); found from `from` and `to` where missing."""
    incoming: str | None = field(default=None, metadata={"key": "in"})
    """The interface that they come in by, where `from` does not tell."""
    outgoing: str | None = field(default=None, metadata={"key": "out"})
    """The interface that they leave by, where `to` does not tell."""
    state: str = "new"
    """`new` for a connection's first packet, `established` for those behind it."""

    def look(self, evidence: Evidence) -> Verdict:
        """What becomes of the packets first; where that is not as expected, the rule that comes nearest."""
        snapshot = evidence.snapshot
        if cause := self._absent(snapshot):
            return cause
        node, way = snapshot.nodes[self.at], self._way(snapshot)
        packet = self._packet(snapshot, node, way)
        passage = pass_through(node, HOOKS[way], packet, between=lambda p, hook: _by_route(node, p, hook, way))
        found = passage.ruling.fate
        if found == "unknown":
            return self._fails("unclear", f"{unclear(passage.ruling.rule, self.at)}.", 3)
        says = f"{subject(self.at)} {_VERBS[found]} {self._in_words(way)}{_because(passage)}"
        if found == self.fate:
            return self._holds(f"{says}.")
        miss = self._nearest(node, packet, passage, way)
        return self._fails(f"is-{found}", f"{says}; expected {self.fate}.{f' {miss}' if miss else ''}")

    def _absent(self, snapshot: Snapshot) -> Verdict | None:
        for end in (self.at, self.source, self.target):
            is_node = end is not None and not is_address(end) and "/" not in end
            if end is not None and is_node and (cause := absent_node(snapshot, end)):
                return cause
        links = [link for link in (self.incoming, self.outgoing) if link is not None]
        return next((cause for link in links if (cause := absent_link(snapshot, link, self.at))), None)

    def _way(self, snapshot: Snapshot) -> Direction:
        if self.direction in {"in", "out", "forward"}:
            return "in" if self.direction == "in" else "out" if self.direction == "out" else "forward"
        node = snapshot.nodes[self.at]
        if self.source == self.at or (self.source is not None and holds(node, self.source)):
            return "out"
        is_own = self.target is None or self.target == self.at or holds(node, self.target)
        return "in" if is_own and self.outgoing is None else "forward"

    def _packet(self, snapshot: Snapshot, node: Node, way: Direction) -> Packet:
        """The packet as it comes to the node's first hook."""
        described = traffic_of(self.firewall) or Packet()
        version = 6 if ":" in f"{self.source}{self.target}" else 4
        if version == 6 and described.protocol == "icmp":
            described = replace(described, protocol="icmpv6")
        goal = ip_at(snapshot, self.target, version=version)
        source = ip_at(snapshot, self.source, goal or first_address(node, version), version)
        incoming = self.incoming or dev_towards(node, source)
        if way == "in" and (goal is None or self.target == self.at):
            goal = own_address(node, incoming, version) or first_address(node, version)
        return replace(
            described,
            source=source,
            destination=goal,
            incoming="" if way == "out" else incoming,
            outgoing="" if way == "in" else self.outgoing or dev_towards(node, goal),
            state="established" if self.state == "established" else "new",
        )

    def _in_words(self, way: Direction) -> str:
        state = " of an established connection" if self.state == "established" else ""
        source = f" from {target(self.source)}" if self.source and way != "out" else ""
        goal = f" to {target(self.target)}" if self.target and way != "in" else ""
        return f"{self.firewall}{state}{source}{goal} {_WAYS[way] if not (source and goal) else ''}".rstrip()

    def _nearest(self, node: Node, packet: Packet, passage: Passage, way: Direction) -> str:
        """The rule that would do what is expected, and why it does not."""
        packet = replace(packet, outgoing=passage.packet.outgoing or packet.outgoing)
        wanted = [(c, r) for c, r in every_rule(node) if r.action == _ACTIONS[self.fate]]
        apart: list[tuple[int, str]] = []
        for chain, rule in wanted:
            off = misfits(rule, packet)
            if not off and chain.hook is not None and chain.hook not in HOOKS[way]:
                words = f"{the_rule(rule)} stands in the chain {chain.name}: packets {_WAYS[way]} do not come there."
                apart.append((0, words))
            elif not off and passage.ruling.rule is not None and _is_behind(chain, rule, passage.ruling.rule):
                words = f"{the_rule(rule)} comes too late: the first rule that fits decides."
                apart.append((1, words))
            elif len(off) == 1:
                apart.append((2, f"{the_rule(rule)} is for {scope(off[0])}."))
        return min(apart)[1] if apart else ""

    def faults(self) -> Iterable[Fault]:
        """What is no traffic, no fate, no direction, no node and no address."""
        yield from traffic_faults("firewall", self.firewall)
        yield from word_faults("is", self.fate, _ACTIONS)
        yield from end_faults("from", self.source)
        yield from end_faults("to", self.target)
        if self.direction is not None:
            yield from word_faults("direction", self.direction, _WAYS)
        yield from word_faults("state", self.state, ("new", "established"))


def _is_behind(chain: Chain, rule: FilterRule, decided: FilterRule) -> bool:
    return decided in chain.rules and chain.rules.index(decided) < chain.rules.index(rule)


def _by_route(node: Node, packet: Packet, hook: Hook, way: Direction) -> Packet:
    """What a node knows of a packet at a hook: whether it is its own, and where its way leads after a translation."""
    if hook == "prerouting":
        return replace(packet, is_for_node=holds(node, packet.destination), outgoing=None)
    if way == "in":
        return replace(packet, outgoing="")
    return replace(packet, outgoing=packet.outgoing or dev_towards(node, packet.destination))


def _because(passage: Passage) -> str:
    """The rule or the policy that decided, in a clause."""
    ruling = passage.ruling
    if ruling.rule is not None:
        return f", by {rule_named(ruling.rule)}"
    if ruling.chain is not None and ruling.fate == "dropped":
        return f": no rule of {chain_named(ruling.chain)} accepts it, and its policy is drop"
    return ": no rule stops it" if ruling.fate == "accepted" else ""
