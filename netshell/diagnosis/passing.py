"""A packet's passage through the filters and NAT of the nodes on its way, and what those remember for its answers."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from netshell.diagnosis import lookup
from netshell.diagnosis.finding import Break, Target
from netshell.diagnosis.lookup import version_of
from netshell.diagnosis.words import named, place, run_on, setting
from netshell.facts import Address, Node, Route, Snapshot
from netshell.filters import Chain, FilterRule, Hook
from netshell.netfilter import Packet, Passage, chain_named, pass_through, rule_named
from netshell.netfilter.words import deletion, opening

if TYPE_CHECKING:
    from netshell.diagnosis.way import Errand

_WHERE: dict[Hook, str] = {
    "prerouting": "as soon as they come in",
    "input": "as they come in",
    "forward": "in place of passing them on",
    "output": "before they leave",
    "postrouting": "as they leave",
}
_OTHER_FAMILIES = frozenset({"bridge", "netdev", "arp"})
_OTHER_HOOKS = frozenset({"ingress", "egress"})
"""Those of the family `inet`, too, are asked before a frame is a packet, or after."""
_BRIDGED_KEY = "net.bridge.bridge-nf-call-iptables"
_BRIDGED_HOOKS = frozenset({"prerouting", "forward", "postrouting"})
_HARMLESS = frozenset({"accept", "continue", "return"})


class Translation(NamedTuple):
    """What a node made of a packet, and will undo in its answers."""

    node: str
    before: Packet
    after: Packet
    rules: tuple[FilterRule, ...]


def packet_for(target: Target, source: str | None, ip: str) -> Packet:
    """The first packet of what is to reach a target: an echo request where no port is named."""
    if target.port is not None:
        return Packet(source, ip, target.protocol, destination_port=target.port)
    protocol = "icmpv6" if version_of(ip) == 6 else "icmp"
    return Packet(source, ip, protocol, icmp_type="echo-request")


class Journey:
    """One packet under way. It goes on where a filter stops it: what lies below a filter is told first."""

    def __init__(self, snapshot: Snapshot, errand: "Errand") -> None:
        self._snapshot = snapshot
        self.errand = errand
        self.packet = errand.packet
        self.stopped: Break | None = None
        """The first filter that stops it."""
        self.doubts: list[str] = []
        """Rules on the way that nobody can judge from outside."""
        self.nat_doubt = ""
        """The first of them that may change addresses, and with them the way."""
        self.translations: list[Translation] = []
        self._before: Packet | None = None
        self._rules: tuple[FilterRule, ...] = ()
        self._restored: str | None = None
        """The source that its answer gets back when it leaves this node."""

    def arrive(self, node: Node, came: str) -> None:
        """It comes in by an interface."""
        if self.packet is None:
            return
        is_own = lookup.is_local(node, self.errand.ip)
        self.packet = replace(self.packet, incoming=came, outgoing=None, is_for_node=is_own)
        self.packet = replace(self.packet, state=self._state_at(node))
        self._begin()
        self._pass(node, "prerouting")
        if memory := self._remembered(node):
            self._restored = memory.before.destination
            self._aim(memory.before.source, memory.before.source_port)

    def _state_at(self, node: Node) -> Literal["new", "established", "invalid"]:
        """What it is to a node that keeps track: an answer to what that has not seen belongs to nothing."""
        if not self.errand.is_answer:
            return "new"
        if node.name in self.errand.passed:
            return "established"
        return "new" if self.packet is not None and self.packet.protocol == "udp" else "invalid"

    def take(self, node: Node, came: str) -> None:
        """It stays: the node itself is meant."""
        if self.packet is None:
            return
        self.packet = replace(self.packet, incoming=came, outgoing="")
        self._pass(node, "input")
        self._end(node)

    def start(self, node: Node, dev: str) -> bool:
        """It leaves the node that sends it; whether its destination was changed there, and with it the way."""
        if self.packet is None:
            return False
        self._begin()
        self.packet = replace(self.packet, incoming="", outgoing=dev)
        self.packet = replace(self.packet, is_for_node=lookup.is_local(node, self.errand.ip))
        if memory := self._remembered(node):
            self._restored = memory.before.destination
        old = self.packet.destination
        self._pass(node, "output")
        return self.packet.destination != old

    def go_on(self, node: Node, taken: Route, *, is_passing: bool) -> None:
        """It leaves by an interface, passed on or sent by the node itself."""
        if self.packet is None:
            return
        self.packet = replace(self.packet, outgoing=taken.dev or "")
        if is_passing:
            self._pass(node, "forward")
        self._pass(node, "postrouting")
        self._end(node)

    def resolve(self, asker: Node, out: str, owner: Node, came: str) -> None:
        """The MAC of its next hop is asked for. IPv6 asks with ICMP, which filters stop as they stop all else."""
        if self.packet is None or self.packet.version != 6 or self.stopped is not None or self.errand.is_answer:
            return  # who was asked has learned the asker's MAC by that
        solicit = Packet(None, None, "icmpv6", state="untracked", icmp_type="nd-neighbor-solicit")
        advert = replace(solicit, icmp_type="nd-neighbor-advert")
        for node, hook, message, dev in (
            (asker, "output", solicit, out),
            (owner, "input", solicit, came),
            (owner, "output", advert, came),
            (asker, "input", advert, out),
        ):
            self._ask_of(node, "input" if hook == "input" else "output", message, dev)

    def _ask_of(self, node: Node, hook: Hook, message: Packet, dev: str) -> None:
        is_in = hook == "input"
        # Whichever addresses they have, they are of IPv6; those of the link's own scope, or a multicast group.
        packet = replace(message, source="fe80::1", destination="fe80::2", incoming=dev if is_in else "")
        passage = pass_through(node, (hook,), replace(packet, outgoing="" if is_in else dev))
        if passage.ruling.fate in {"dropped", "rejected"} and self.stopped is None:
            what = "solicitations" if message.icmp_type == "nd-neighbor-solicit" else "advertisements"
            self.stopped = stopped_by(node, hook, passage, f"neighbour {what}, without which no MAC is found,")

    def come_home(self, node: Node) -> None:
        """It has left the node for the node itself, over lo; NAT was done on its way out, and is not asked again."""
        if self.packet is None:
            return
        self.packet = replace(self.packet, outgoing="lo", is_for_node=True)
        self._pass(node, "postrouting")
        untouched = replace(node, chains=tuple(chain for chain in node.chains if chain.kind != "nat"))
        self.packet = replace(self.packet, incoming="lo")
        self._pass(untouched, "prerouting")
        self.take(untouched, "lo")

    def _begin(self) -> None:
        self._before, self._rules, self._restored = self.packet, (), None

    def _end(self, node: Node) -> None:
        """What it is like when it has left, or has been taken; a translation is remembered."""
        if self.packet is None or self._before is None:
            return
        if self._restored is not None:
            self.packet = replace(self.packet, source=self._restored)
            self.errand = replace(self.errand, source=self._restored)
        elif self._rules:
            self.translations.append(Translation(node.name, self._before, self.packet, self._rules))
            self.errand = replace(self.errand, source=self.packet.source)
        self._rules, self._restored = (), None

    def _pass(self, node: Node, hook: Hook) -> None:
        if self.packet is None or not (node.chains or node.has_unread_rules):
            return
        passage = pass_through(node, (hook,), self.packet)
        if passage.ruling.fate == "unknown":
            doubt = _doubt(node, passage.ruling.rule)
            self.doubts.append(doubt)
            is_of_nat = passage.ruling.chain is None or passage.ruling.chain.kind == "nat"
            self.nat_doubt = self.nat_doubt or (doubt if is_of_nat else "")
        elif passage.ruling.fate != "accepted" and self.stopped is None:
            self.stopped = stopped_by(node, hook, passage, self.errand.goods)
        self._rules = (*self._rules, *passage.nats)
        self.packet = replace(self.packet, state=passage.packet.state)
        if passage.nats:
            old, self.packet = self.packet, replace(passage.packet, outgoing=self.packet.outgoing)
            if self.packet.destination != old.destination:
                self._aim(self.packet.destination, self.packet.destination_port)

    def _aim(self, ip: str | None, port: int | None) -> None:
        """Its destination is another one from here on."""
        if self.packet is None or ip is None:
            return
        self.packet = replace(self.packet, destination=ip, destination_port=port)
        what = "answers to" if self.errand.is_answer else "packets for"
        holder = self._whose(ip)
        self.errand = replace(self.errand, ip=ip, holder=holder, goods=f"{what} {ip}")

    def _whose(self, ip: str) -> tuple[str, Address] | None:
        for node in self._snapshot.nodes.values():
            if node.is_enterable and (held := lookup.holds(node, ip)):
                return node.name, held
        return None

    def _remembered(self, node: Node) -> Translation | None:
        """What a node has changed in the packets that this one answers."""
        if self.packet is None:
            return None
        for one in self.errand.known:
            ends = (one.after.source, one.after.destination)
            if one.node == node.name and ends == (self.packet.destination, self.packet.source):
                return one
        return None


def other_rules(node: Node) -> str:
    """Rules about frames, not packets, which are not judged; empty where a node has none that could stop any."""
    for chain in node.chains:
        stops = [rule for rule in chain.rules if rule.action not in _HARMLESS]
        is_other = chain.family in _OTHER_FAMILIES or chain.hook in _OTHER_HOOKS
        if is_other and (stops or chain.policy == "drop"):
            return f"the rules of {chain_named(chain)} {place(node.name)} are about frames, and I do not judge those"
        is_asked = chain.family in {"ip", "inet"} and chain.hook in _BRIDGED_HOOKS and chain.kind == "filter"
        if is_asked and (stops or chain.policy == "drop") and _has_bridge(node) and setting(node, _BRIDGED_KEY) == "1":
            return (
                f"{chain_named(chain)} {place(node.name)} is asked about what its bridge passes on, too"
                f" ({_BRIDGED_KEY} is 1), and I do not judge that"
            )
    return ""


def _has_bridge(node: Node) -> bool:
    return any(link.kind == "bridge" for link in node.links.values())


def _doubt(node: Node, rule: FilterRule | None) -> str:
    if rule is None:
        return f"{named(node.name)} has rules of a packet filter that no program here can show"
    return f"{rule_named(rule)} of {named(node.name)} asks for more than I can judge"


def stopped_by(node: Node, hook: Hook, passage: Passage, goods: str) -> Break:
    """A filter throws a packet away, or refuses it."""
    rule, chain = passage.ruling.rule, passage.ruling.chain
    is_refused = passage.ruling.fate == "rejected"
    words = {
        "node": named(node.name),
        "goods": goods,
        "where": _WHERE[hook],
        "answer": _answer(rule),
        "by": f"by {rule_named(rule)}" if rule else _by_policy(chain),
    }
    if rule is not None:
        words["mend"] = run_on(node.name, deletion(rule))
    elif chain is not None:
        words["mend"] = run_on(node.name, opening(chain))
    return Break("filter-reject" if is_refused else "filter-drop", node.name, words, _lines(node, rule, chain))


def _by_policy(chain: Chain | None) -> str:
    if chain is None:
        return "by its rules"
    return f"by the policy of {chain_named(chain)}, which is drop: none of its rules accepts them"


def _answer(rule: FilterRule | None) -> str:
    if rule is None or rule.action != "reject":
        return ""
    return "an RST" if rule.target == "tcp-reset" else f"an ICMP error ({rule.target.replace('-', ' ')})"


def _lines(node: Node, rule: FilterRule | None, chain: Chain | None) -> tuple[str, ...]:
    if rule is not None:
        return (rule_line(node, rule),)
    return (f"{node.name}: {chain_named(chain)} policy {chain.policy}",) if chain is not None else ()


def rule_line(node: Node, rule: FilterRule) -> str:
    """`r1: iptables -A FORWARD -j DROP (has met 3 packets)`."""
    met = f" (has met {rule.packets} packet{'s' * (rule.packets != 1)})" if rule.packets else ""
    return f"{node.name}: {rule_named(rule).removeprefix('the rule ').replace('`', '')}{met}"
