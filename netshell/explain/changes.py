"""What changed, in the learner's words: each change of two snapshots as a headline and the reason behind it.

It knows nothing of screens: `render.changes` draws what this says, `netshell run --json` prints it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Literal, TypeAlias

from netshell.explain import item_words
from netshell.explain.filter_words import rule_words
from netshell.explain.link_words import link_words
from netshell.explain.scene import Scene, Words, set_scene
from netshell.explain.socket_words import socket_words
from netshell.facts import Change, Link, Snapshot

Mark: TypeAlias = Literal["+", "-", "~"]

_MARKS: Mapping[str, Mark] = {"added": "+", "removed": "-", "changed": "~"}
_ORDER = ("namespace", "link", "carrier", "sysctl", "address", "route", "neighbour", "fdb", "rule", "socket")
"""Causes first: a cable end is switched on before the other end has carrier, and before its route appears."""


@dataclass(frozen=True, slots=True)
class Said:
    """One change and the words for it."""

    change: Change
    mark: Mark
    headline: str
    """What happened, on one line: `link ns1-veth0  DOWN  other end: ns2-veth0`. Not on the PC: `ns1: link …`."""
    detail: str = ""
    """Why, or what it means; no capital, no full stop. Empty where the headline says all."""
    is_background: bool = False
    """The kernel's own housekeeping, or told by another change: shown only when asked for."""


def say(changes: tuple[Change, ...], before: Snapshot, after: Snapshot) -> tuple[Said, ...]:
    """The words for every change, causes before consequences.

    A link that vanished on one node and appeared on another, or under another name, is one change. Nothing is left
    out: what a learner need not see has `is_background` set.
    """
    scene, merged = set_scene(changes, before, after)
    nodes = list(dict.fromkeys(change.on for change in merged))
    said = [_said(change, _words(change, scene)) for change in merged]
    return tuple(sorted(said, key=lambda item: _place(item.change, nodes)))


def as_json(said: Said) -> dict[str, object]:
    """The change as plain JSON values, with the keys `on, kind, op, name, before, after, says`."""
    change = said.change
    return {
        "on": change.on,
        "kind": change.kind,
        "op": change.op,
        "name": change.name,
        "before": _plain(change.before),
        "after": _plain(change.after),
        "says": f"{said.headline}: {said.detail}" if said.detail else said.headline,
    }


def _said(change: Change, words: Words) -> Said:
    return Said(change, _MARKS[change.op], words.headline, words.detail, words.is_background)


def _words(change: Change, scene: Scene) -> Words:
    return _WORDS[change.kind](change, scene)


_WORDS: Mapping[str, Callable[[Change, Scene], Words]] = {
    "namespace": lambda change, _scene: item_words.namespace_words(change),
    "link": link_words,
    "address": item_words.address_words,
    "route": item_words.route_words,
    "neighbour": item_words.neighbour_words,
    "fdb": item_words.fdb_words,
    "sysctl": lambda change, _scene: item_words.sysctl_words(change),
    "socket": socket_words,
    "rule": lambda change, _scene: rule_words(change),
}


def _place(change: Change, nodes: list[str]) -> tuple[int, int, str]:
    """Where a change is told: by kind, then by node; the two ends of one cable by name, not by the kernel's index."""
    return _ORDER.index(_rank(change)), nodes.index(change.on), change.name if change.kind == "link" else ""


def _rank(change: Change) -> str:
    is_echo = isinstance(change.after, Link) and change.op == "changed" and "is_up" not in change.changed_fields()
    return "carrier" if change.kind == "link" and is_echo and "has_carrier" in change.changed_fields() else change.kind


def _plain(value: object) -> object:
    """A fact as JSON holds it: mappings, lists, strings, numbers, booleans, null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
