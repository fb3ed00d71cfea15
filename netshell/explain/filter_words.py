"""Words for rules of packet filters and address translation that came or went, and for policies that changed."""

from netshell.explain.scene import Words, where
from netshell.facts import Change
from netshell.filters import Chain, FilterRule, Match

_PROGRAMS = {"ip": "iptables", "ip6": "ip6tables"}
_HOOKS = {
    "prerouting": "packets as they come in, before it is decided where they go",
    "input": "packets for this node itself",
    "forward": "packets that are passed on",
    "output": "packets that this node sends itself",
    "postrouting": "packets as they leave",
    "ingress": "frames as they come in",
    "egress": "frames as they leave",
}


def rule_words(change: Change) -> Words:
    """What is told of one rule or chain."""
    shown = change.after or change.before
    if isinstance(shown, FilterRule):
        return _rule_words(change, shown)
    if isinstance(shown, Chain):
        return _chain_words(change, shown)
    return Words(change.name, is_background=True)


def _tool(item: FilterRule | Chain) -> str:
    if item.tool == "nft" or item.family not in _PROGRAMS:
        return "nft"
    return _PROGRAMS[item.family] + ("-legacy" if item.tool == "iptables-legacy" else "")


def _place(item: FilterRule | Chain) -> str:
    return f"{item.family} {item.table}" if _tool(item) == "nft" else item.table


def _rule_words(change: Change, rule: FilterRule) -> Words:
    where_it_is = (
        f"{_place(rule)} {rule.chain}: "
        if _tool(rule) == "nft"
        else ""
        if rule.table == "filter"
        else f"-t {rule.table} "
    )
    headline = f"{where(change.on)}rule {_tool(rule)} {where_it_is}{rule.text}"
    if change.op == "removed":
        return Words(headline, "", is_background=rule.part > 0)
    return Words(headline, _effect(rule), is_background=rule.part > 0 or change.op != "added")


def _chain_words(change: Change, chain: Chain) -> Words:
    name = f"{where(change.on)}chain {_tool(chain)} {_place(chain)} {chain.name}"
    if chain.hook is None:
        return Words(
            name, "" if change.op == "removed" else "it is asked where a rule jumps to it", chain.tool != "nft"
        )
    old = change.before
    if change.op == "changed" and isinstance(old, Chain):
        if old.policy == chain.policy:
            return Words(f"{name}  priority {old.priority} → {chain.priority}")
        return Words(f"{name}  policy {old.policy} → {chain.policy}", _policy(chain))
    is_own = chain.tool != "nft" and chain.policy == "accept"  # iptables makes them with the first rule
    if change.op == "removed":
        return Words(name, is_background=is_own)
    detail = f"it is asked about {_HOOKS[chain.hook]}; {_policy(chain)}"
    return Words(f"{name}  policy {chain.policy}", detail, is_background=is_own)


def _policy(chain: Chain) -> str:
    return "what no rule accepts is dropped" if chain.policy == "drop" else "what no rule stops goes on"


_EFFECTS = {
    "accept": "{what} may pass",
    "drop": "{what} is thrown away without a word",
    "reject": "{what} is refused: {answer}",
    "masquerade": "{what} takes {whose} as its source; answers find their way back by that",
    "snat": "{what} takes {target} as its source; answers find their way back by that",
    "dnat": "{what} goes to {where} instead",
    "redirect": "{what} is taken by this node itself{port}",
}


def _effect(rule: FilterRule) -> str:
    """What a rule does, where its conditions are understood."""
    if " vmap " in rule.text or rule.action not in _EFFECTS or any(m.field == "unknown" for m in rule.matches):
        return ""
    dev = next((m.values[0] for m in rule.matches if m.field == "out" and not m.is_negated), "")
    is_reset = rule.target == "tcp-reset"
    port = f"port {rule.port}" if rule.port else ""
    return _EFFECTS[rule.action].format(
        what=_what(rule.matches),
        answer="its sender gets an RST" if is_reset else f"its sender gets an ICMP error ({rule.target})",
        whose=f"{dev}'s address" if dev else "the address of the interface that it leaves by",
        target=rule.target,
        where=" ".join(filter(None, (rule.target, port))),
        port=f", at {port}" if port else "",
    )


_PROTOCOLS = {"tcp": "TCP", "udp": "UDP", "icmp": "ICMP", "icmpv6": "ICMPv6"}
_CONDITIONS = {
    "source": "from {}",
    "source-port": "from port {}",
    "destination": "to {}",
    "destination-port": "to port {}",
    "destination-type": "to a {} address",
    "icmp-type": "({})",
    "tcp-flags": "with flags {}",
    "in": "that comes in by {}",
    "out": "that leaves by {}",
    "state": "in state {}",
    "direction": "in {} direction",
}
"""In the order in which they are told."""


def _what(matches: tuple[Match, ...]) -> str:
    """Which packets, in words: `TCP to port 80 that leaves by eth1`."""
    protocol = next((m for m in matches if m.field == "protocol"), None)
    words = ["everything"]
    if protocol is not None:
        words = [" or ".join(_PROTOCOLS.get(value, value) for value in protocol.values)]
        words = [f"everything but {words[0]}"] if protocol.is_negated else words
    for field, text in _CONDITIONS.items():
        for match in matches:
            if match.field == field:
                said = text.format(" or ".join(match.values))
                words.append(_negated(said) if match.is_negated else said)
    return " ".join(words)


def _negated(said: str) -> str:
    """`not from 192.0.2.1`, `that does not leave by eth0`."""
    verbs = {"that comes in by": "that does not come in by", "that leaves by": "that does not leave by"}
    for positive, negative in verbs.items():
        if said.startswith(positive):
            return said.replace(positive, negative, 1)
    return f"not {said}"
