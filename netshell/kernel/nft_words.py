"""Rules of nftables in words, nearly as nft(8) writes them: nft gives them as data only where it is asked for JSON."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from netshell.filters import Action, Family, Field, FilterRule, Match

_MOST_WORDS = 80
_NAMES: Mapping[Field, str] = {
    "source": "saddr", "destination": "daddr", "source-port": "sport", "destination-port": "dport", "in": "iifname",
    "out": "oifname", "state": "ct state", "direction": "ct direction", "protocol": "meta l4proto",
    "family": "meta nfproto", "icmp-type": "icmp type", "tcp-flags": "tcp flags", "destination-type": "fib daddr type",
}  # fmt: skip


def words_of(match: Match, protocol: str = "") -> str:
    """A condition nearly as nft writes it: `ip saddr 192.0.2.0/24`, `tcp dport { 80, 443 }`."""
    if match.field == "unknown":
        return match.values[0]
    values = match.values[0] if len(match.values) == 1 else f"{{ {', '.join(match.values)} }}"
    quoted = f'"{values}"' if match.field in {"in", "out"} and len(match.values) == 1 else values
    name = _NAMES[match.field]
    if match.field == "icmp-type":
        name = f"{protocol or 'icmp'} type"
    if match.field in {"source", "destination"}:
        name = f"{'ip6' if ':' in match.values[0] else 'ip'} {name}"
    return f"{name}{' !=' if match.is_negated else ''} {quoted}"


def sentence_of(matches: Iterable[Match]) -> list[str]:
    """Conditions nearly as nft writes them, each without what it takes for granted: `tcp dport 80`."""
    words: list[str] = []
    granted: Match | None = None
    for match in matches:
        protocol = ""
        if granted is not None and match.field in _SAYING[granted.field]:
            protocol = granted.values[0] if granted.field == "protocol" else ""
        elif granted is not None:
            words.append(words_of(granted))
        is_plain = len(match.values) == 1 and not match.is_negated
        granted = match if is_plain and match.field in _SAYING else None
        words += [protocol] if protocol and match.field.endswith("port") else []
        words += [] if granted else [words_of(match, protocol)]
    return words if granted is None else [*words, words_of(granted)]


_SAYING: Mapping[str, frozenset[str]] = {
    "family": frozenset({"source", "destination", "protocol"}),
    "protocol": frozenset({"source-port", "destination-port", "icmp-type", "tcp-flags"}),
}
"""Conditions that go without saying where another one follows."""


def words_for(expression: Mapping[str, Any]) -> str:
    """An expression in few words, where nothing better is known."""
    ((name, value),) = expression.items()
    match name:
        case "log":
            prefix = value.get("prefix") if isinstance(value, Mapping) else None
            return f'log prefix "{prefix}"' if prefix else "log"
        case "limit":
            return f"limit rate {value.get('rate', '?')}/{value.get('per', '?')}"
        case "xt":
            return f"{(value or {}).get('name', 'an extension')} of iptables"
        case "match":
            op = "" if value["op"] in {"==", "in"} else f" {value['op']}"
            return f"{_operand(value['left'])}{op} {_operand(value['right'])}"
        case _:
            return f"{name} {_operand(value)}".rstrip() if value is not None else name


def _operand(value: object) -> str:
    """What is looked at, or compared with."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, held),) = value.items()
        if name in _OPERANDS:
            return _OPERANDS[name](held)
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return "".join(character for character in text if character not in '"{}')[:_MOST_WORDS]


def _listed(values: object, between: str) -> str:
    return between.join(map(_operand, values if isinstance(values, list) else [values]))


_OPERANDS: Mapping[str, Callable[[Any], str]] = {
    "payload": lambda held: f"{held.get('protocol', 'payload')} {held.get('field', '')}".strip(),
    "meta": lambda held: f"meta {held['key']}",
    "ct": lambda held: f"ct {held['key']}",
    "numgen": lambda held: f"numgen {held['mode']} mod {held['mod']}",
    "concat": lambda held: _listed(held, " . "),
    "set": lambda held: f"{{ {_listed(held, ', ')} }}",
    "prefix": lambda held: f"{held['addr']}/{held['len']}",
    "range": lambda held: _listed(held, "-"),
}


def ending_words(action: Action, target: str, port: str, family: Family) -> str:
    """What a rule does, as nft writes it: `dnat to 10.0.0.2:80`, `reject with tcp reset`."""
    if action in {"snat", "dnat", "masquerade", "redirect"}:
        of = ("ip6 " if ":" in target else "ip ") if family == "inet" and target else ""
        place = f"[{target}]" if ":" in target and port else target
        where = f"{place}:{port}" if port else place
        return f"{action} {of}to {where}" if where else action
    if action == "reject":
        return (
            "reject with tcp reset"
            if target == "tcp-reset"
            else f"reject with {_ICMP.get(family, 'icmpx')} type {target}"
        )
    return " ".join(filter(None, ("" if action == "unknown" else action, target)))


_ICMP: Mapping[Family, str] = {"ip": "icmp", "ip6": "icmpv6"}
"""How the errors of a reject are named; of the families that hold both, in common (`icmpx`)."""


def map_words(made: Sequence[FilterRule]) -> str:
    """A verdict map nearly as nft writes it: `ct state vmap { established : accept, new : drop }`."""
    keys = [sentence_of(rule.matches[-2:])[-1].rsplit(" ", 1) for rule in made]
    elements = [
        f"{key[-1]} : {rule.action}{f' {rule.target}' if rule.target else ''}"
        for key, rule in zip(keys, made, strict=True)
    ]
    return f"{keys[0][0] if keys else ''} vmap {{ {', '.join(elements)} }}"
