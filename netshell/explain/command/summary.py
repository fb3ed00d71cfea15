"""One sentence for a whole command: the template of its table that what was typed fills."""

import re
from collections.abc import Mapping, Sequence

from netshell.explain.command.grammar import Context, Summary

_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_HOLE = re.compile(r"\{(\w+)\}")


def filled_summary(contexts: Sequence[Context], slots: Mapping[str, str]) -> str:
    """The first sentence of the innermost context that all its holes can be filled for; empty where there is none."""
    for context in reversed(contexts):
        for summary in context.summaries:
            words = _filled(summary, slots)
            if words:
                node = slots.get("at", "")
                return f"In {node}: {lower(words)}" if node else words
        if context.summaries:
            return ""
    return ""


def lower(sentence: str) -> str:
    """A sentence as it goes on behind a colon."""
    return sentence[:1].lower() + sentence[1:]


def _filled(summary: Summary, slots: Mapping[str, str]) -> str:
    if not all(name in slots and value in {"", slots[name]} for name, value in summary.needs):
        return ""
    words = _OPTIONAL.sub(lambda match: _piece(match[1], slots), summary.words)
    if any(not slots.get(name) for name in _HOLE.findall(words)):
        return ""
    return _put(words, slots)


def _piece(words: str, slots: Mapping[str, str]) -> str:
    """What stands in brackets: there only where all its holes can be filled. `[?name words]` asks for a bare word."""
    while words.startswith("?"):
        need, _, words = words.partition(" ")
        name, _, value = need[1:].partition("=")
        if name not in slots or value not in {"", slots[name]}:
            return ""
        words = f" {words}" if not words.startswith((",", " ")) else words
    return words if all(slots.get(name) for name in _HOLE.findall(words)) else ""


def _put(words: str, slots: Mapping[str, str]) -> str:
    first, *pieces = words.split("{")
    parted = [piece.partition("}") for piece in pieces]
    values = {**slots, "command": lower(slots.get("command", ""))} if words.endswith(": {command}") else slots
    return first + "".join(values.get(name, "") + rest for name, _, rest in parted)
