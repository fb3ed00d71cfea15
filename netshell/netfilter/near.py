"""How near a rule comes to a packet that it does not fit: which of its conditions are in the way."""

from collections.abc import Iterator, Mapping

from netshell.facts import Node
from netshell.filters import Chain, FilterRule, Match
from netshell.netfilter.packet import Packet, match_fits
from netshell.netfilter.words import rule_named


def every_rule(node: Node) -> Iterator[tuple[Chain, FilterRule]]:
    """All rules of a node, in the order of their chains."""
    for chain in node.chains:
        for rule in chain.rules:
            yield chain, rule


def the_rule(rule: FilterRule) -> str:
    """A rule at the beginning of a sentence."""
    return f"T{rule_named(rule)[1:]}"


def misfits(rule: FilterRule, packet: Packet) -> list[Match]:
    """The conditions of a rule that a packet does not meet."""
    return [match for match in rule.matches if match_fits(match, packet) is False]


_FIELDS: Mapping[str, str] = {
    "source": "what comes from {}",
    "destination": "what goes to {}",
    "source-port": "what comes from port {}",
    "destination-port": "port {}",
    "in": "what comes in by {}",
    "out": "what leaves by {}",
    "protocol": "{}",
    "state": "connections in state {}",
    "direction": "the {} direction",
    "icmp-type": "ICMP {}",
    "tcp-flags": "TCP with the flags {}",
    "destination-type": "{} addresses",
    "family": "{}",
}


def scope(match: Match) -> str:
    """What a condition restricts a rule to: `what leaves by eth0`, `port 8080`."""
    text = _FIELDS.get(match.field, "{}").format(" or ".join(match.values))
    return f"all but {text}" if match.is_negated else text
