"""What `nft --json list ruleset` prints as the values of `netshell.filters`; pure.

The format: libnftables-json(5). What is not understood stays as a condition, or an action, that is `unknown`.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, get_args

from netshell.filters import Action, Chain, Family, Field, FilterRule, Hook, Match
from netshell.kernel.nft_words import ending_words, map_words, sentence_of, words_for
from netshell.kernel.rule_words import TCP_FLAGS, address, icmp_type, port_range, protocol

_Expression: TypeAlias = Mapping[str, Any]

_FAMILIES: Mapping[str, Family] = {name: name for name in get_args(Family)}
_HOOKS: Mapping[str, Hook] = {name: name for name in get_args(Hook)}
_ENDINGS: Mapping[str, Action] = {
    "accept": "accept", "drop": "drop", "return": "return", "continue": "continue", "reject": "reject",
    "jump": "jump", "goto": "goto", "masquerade": "masquerade", "snat": "snat", "dnat": "dnat", "redirect": "redirect",
    "notrack": "notrack",
}  # fmt: skip
_LOOKING = frozenset({"counter", "log", "mangle", "quota", "ct helper", "ct timeout", "set", "map", "meter"})
"""Statements that decide nothing."""
_PAYLOAD: Mapping[tuple[str, str], Field] = {
    ("ip", "saddr"): "source", ("ip6", "saddr"): "source", ("ip", "daddr"): "destination",
    ("ip6", "daddr"): "destination", ("ip", "protocol"): "protocol", ("ip6", "nexthdr"): "protocol",
    ("icmp", "type"): "icmp-type", ("icmpv6", "type"): "icmp-type", ("tcp", "flags"): "tcp-flags",
}  # fmt: skip
_PORTS: Mapping[str, Field] = {"sport": "source-port", "dport": "destination-port"}
_KEYS: Mapping[tuple[str, str], Field] = {
    ("meta", "iif"): "in", ("meta", "iifname"): "in", ("meta", "oif"): "out", ("meta", "oifname"): "out",
    ("meta", "l4proto"): "protocol", ("meta", "nfproto"): "family", ("meta", "protocol"): "family",
    ("ct", "state"): "state", ("ct", "direction"): "direction",
}  # fmt: skip
_FAMILY_WORDS = {"ipv4": "ip", "ipv6": "ip6", "ip": "ip", "ip6": "ip6"}
_MOST_PORT = 65535


class _UnclearError(ValueError):
    """An expression that this module does not read."""


def chains_of(text: str) -> list[Chain]:
    """Every chain of a ruleset. Raises ValueError for what is no JSON of nft's."""
    items = json.loads(text)["nftables"]
    sets: dict[tuple[str, str, str], Any] = {}
    for item in items:
        for kind in ("set", "map"):
            if kind in item:
                held = item[kind]
                is_fixed = not {"dynamic", "timeout"} & {*held.get("flags", ()), *held}
                sets[held["family"], held["table"], held["name"]] = held.get("elem", []) if is_fixed else None
    rules: dict[tuple[str, str, str], list[FilterRule]] = {}
    for item in items:
        if "rule" in item:
            rule = item["rule"]
            rules.setdefault((rule["family"], rule["table"], rule["chain"]), []).extend(_Reader(rule, sets).rules())
    return [_chain(item["chain"], rules) for item in items if "chain" in item]


def _chain(chain: _Expression, rules: Mapping[tuple[str, str, str], list[FilterRule]]) -> Chain:
    family, table, name = chain["family"], chain["table"], chain["name"]
    return Chain(
        family=_FAMILIES.get(family, "inet"),
        table=table,
        name=name,
        rules=tuple(rules.get((family, table, name), ())),
        hook=_HOOKS.get(chain.get("hook", "")),
        priority=int(chain.get("prio", 0)),
        policy="drop" if chain.get("policy") == "drop" else "accept",
        kind=chain.get("type", "filter"),
    )


class _Reader:
    """One rule's expressions, read from left to right."""

    def __init__(self, rule: _Expression, sets: Mapping[tuple[str, str, str], Any]) -> None:
        self._rule, self._sets = rule, sets
        self._matches: list[Match] = []
        self._packets: int | None = None
        self._words: list[str] = []

    def rules(self) -> list[FilterRule]:
        """The rule; several for a verdict map."""
        for expression in self._rule.get("expr", ()):
            ((name, value),) = expression.items()
            match name:
                case "match":
                    self._matches += self._conditions(value)
                case "counter":
                    self._packets = value.get("packets") if isinstance(value, Mapping) else None
                case "vmap":
                    return self._map(value)
                case "mangle" if _rewrites(value):
                    return [self._made("unknown", words_for(expression))]
                case _ if name in _ENDINGS:
                    return [self._ending(_ENDINGS[name], value)]
                case _ if name in _LOOKING:
                    self._words.append(words_for(expression))
                case _ if name == "xt" and (value or {}).get("type") == "target":
                    return [self._made("unknown", str(value.get("name", "xt")))]
                case _ if name in {"limit", "connlimit", "xt", "ct count"}:
                    self._matches.append(Match("unknown", (words_for(expression),)))
                case _:
                    return [self._made("unknown", name)]
        return [self._made("continue", "")]

    def _made(
        self, action: Action, target: str, *, port: str = "", more: Iterable[Match] = (), part: int = 0
    ) -> FilterRule:
        family = _FAMILIES.get(self._rule["family"], "inet")
        ending = "" if action == "continue" else ending_words(action, target, port, family)
        words = [*sentence_of(self._matches), *self._words, *filter(None, [ending])]
        return FilterRule(
            family=family,
            table=self._rule["table"],
            chain=self._rule["chain"],
            text=" ".join(words),
            matches=(*self._matches, *more),
            action=action,
            target=target,
            port=port,
            part=part,
            handle=int(self._rule.get("handle", 0)),
            packets=self._packets,
        )

    def _ending(self, action: Action, value: object, *, more: Iterable[Match] = (), part: int = 0) -> FilterRule:
        held = value if isinstance(value, Mapping) else {}
        match action:
            case "jump" | "goto":
                return self._made(action, str(held.get("target", "")), more=more, part=part)
            case "reject":
                answer = "tcp-reset" if held.get("type") == "tcp reset" else str(held.get("expr", "port-unreachable"))
                return self._made(action, answer, more=more, part=part)
            case "masquerade" | "snat" | "dnat" | "redirect":
                try:
                    where = ",".join(self._values("destination", held["addr"])) if "addr" in held else ""
                    port = ",".join(self._values("destination-port", held["port"])) if "port" in held else ""
                except _UnclearError:
                    return self._made("unknown", action, more=more, part=part)
                return self._made(action, where, port=port, more=more, part=part)
            case _:
                return self._made(action, "", more=more, part=part)

    def _map(self, value: _Expression) -> list[FilterRule]:
        """A verdict map: what each of its elements does."""
        try:
            pairs = self._elements(value["data"])
            made = []
            for part, (key, verdict) in enumerate(pairs):
                more = self._conditions({"op": "==", "left": value["key"], "right": key})
                ((name, inner),) = verdict.items()
                made.append(self._ending(_ENDINGS[name], inner, more=more, part=part))
        except (_UnclearError, KeyError, TypeError, ValueError):
            return [self._made("unknown", "vmap")]
        return [
            replace(rule, text=" ".join([*sentence_of(self._matches), *self._words, map_words(made)])) for rule in made
        ]

    def _elements(self, data: object) -> Iterable[Any]:
        if isinstance(data, str) and data.startswith("@"):
            data = self._sets.get((self._rule["family"], self._rule["table"], data[1:]))
        elif isinstance(data, Mapping) and "set" in data:
            data = data["set"]
        if not isinstance(data, list):
            raise _UnclearError
        return data

    def _conditions(self, value: _Expression) -> list[Match]:
        """What a `match` demands, with what it takes for granted (`tcp dport` is asked of TCP alone)."""
        try:
            return list(self._clear_conditions(value))
        except (_UnclearError, KeyError, TypeError, ValueError):
            return [Match("unknown", (words_for({"match": value}),))]

    def _clear_conditions(self, value: _Expression) -> Iterator[Match]:
        left, op, right = value["left"], value["op"], value["right"]
        if "&" in left:
            inner, mask = left["&"]
            if inner != {"payload": {"protocol": "tcp", "field": "flags"}} or op not in {"==", "!="}:
                raise _UnclearError
            yield Match("protocol", ("tcp",))
            yield Match("tcp-flags", (f"{_flags(mask)}/{_flags(right)}",), is_negated=op == "!=")
            return
        name = _field_of(left)
        if op not in {"==", "!=", "in", "<", ">", "<=", ">="}:
            raise _UnclearError
        if "payload" in left:
            yield from _taken_for_granted(left["payload"]["protocol"], self._rule["family"])
        if op in {"<", ">", "<=", ">="}:
            yield Match(name, (_beyond(name, op, right),))
        else:
            yield Match(name, tuple(self._values(name, right)), is_negated=op == "!=")

    def _values(self, name: Field, right: object) -> Iterator[str]:
        match right:
            case {"set": inner}:
                yield from self._values(name, inner)
            case str() if right.startswith("@"):
                yield from self._values(name, list(self._elements(right)))
            case list():
                for one in right:
                    yield from self._values(name, one)
            case {"elem": {"val": inner}}:
                yield from self._values(name, inner)
            case {"prefix": {"addr": net, "len": length}}:
                yield address(f"{net}/{length}")
            case {"range": [low, high]}:
                yield f"{low}-{high}"
            case str() | int():
                yield _READERS.get(name, str)(str(right))
            case _:
                raise _UnclearError


def _rewrites(value: _Expression) -> bool:
    """Whether a statement changes the addresses or ports in a packet, which NAT does otherwise."""
    payload = value.get("key", {}).get("payload", {})
    return bool(payload) and payload.get("field") not in {"ttl", "hoplimit", "dscp", "ecn"}


_READERS: Mapping[Field, Callable[[str], str]] = {
    "source": address,
    "destination": address,
    "protocol": protocol,
    "icmp-type": icmp_type,
    "family": _FAMILY_WORDS.__getitem__,
    "source-port": port_range,
    "destination-port": port_range,
    "tcp-flags": lambda flag: f"{flag}/{flag}",
}
"""How the values of a field come to one spelling."""


def _field_of(left: _Expression) -> Field:
    """What a condition asks about. Raises _UnclearError for what is not among the fields that are read."""
    ((kind, about),) = left.items()
    name: Field | None = None
    if kind == "payload":
        name = _PAYLOAD.get((about["protocol"], about["field"]))
        if name is None and about["protocol"] in {"tcp", "udp", "th"}:
            name = _PORTS.get(about["field"])
    elif kind == "fib" and (about.get("result"), about.get("flags")) == ("type", ["daddr"]):
        name = "destination-type"
    elif kind in {"meta", "ct"}:
        name = _KEYS.get((kind, about["key"]))
    if name is None:
        raise _UnclearError
    return name


def _beyond(name: Field, op: str, right: object) -> str:
    """A comparison of ports as a range."""
    if name not in {"source-port", "destination-port"} or not isinstance(right, int):
        raise _UnclearError
    low = {">": right + 1, ">=": right}.get(op, 0)
    high = {"<": right - 1, "<=": right}.get(op, _MOST_PORT)
    return f"{low}-{high}"


def _flags(held: object) -> str:
    names = [str(name) for name in held] if isinstance(held, list) else [str(held)]
    if not all(name in TCP_FLAGS for name in names):
        raise _UnclearError
    return ",".join(names)


def _taken_for_granted(header: str, family: str) -> Iterator[Match]:
    if header in {"tcp", "udp", "icmp", "icmpv6"}:
        yield Match("protocol", (header,))
    elif header in {"ip", "ip6"} and family == "inet":
        yield Match("family", (header,))
