"""The terms of the field: each in a few sentences, with the lesson that teaches it and what to read on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("glossary.txt")


@dataclass(frozen=True, slots=True)
class Term:
    """One entry."""

    names: tuple[str, ...]
    """The first as headings write it; the others mean the same, or are told with it."""
    says: str
    lesson: str
    """The id of the lesson that teaches it; it need not be there yet."""
    read: str
    """An RFC with its section, or a manual page."""


@cache
def glossary() -> tuple[Term, ...]:
    """Every entry, in the order of the curriculum."""
    text = _FILE.read_text(encoding="utf-8")
    return tuple(_term(section) for section in text.split("\n## ")[1:])


def _term(section: str) -> Term:
    head, *lines = section.strip().splitlines()
    fields = dict(line.split(": ", 1) for line in lines if line.startswith(("lesson: ", "read: ")))
    says = " ".join(line for line in lines if not line.startswith(("lesson: ", "read: ")))
    return Term(tuple(name.strip() for name in head.split(", ")), says, fields["lesson"], fields["read"])


@cache
def _by_name() -> Mapping[str, Term]:
    return {_folded(name): term for term in glossary() for name in term.names}


def look_up(text: str) -> Term | None:
    """The entry for a term in any of its names: capitals, a plural's `s` and an article make no difference."""
    names = _by_name()
    word = _folded(text)
    plain = word.removeprefix("a ").removeprefix("an ").removeprefix("the ")
    forms = (word, plain, plain.removesuffix("s"), plain.removesuffix("es"), f"{plain.removesuffix('ies')}y")
    return next((names[form] for form in forms if form in names), None)


def nearest(text: str) -> str:
    """The name that a mistyped term most likely stands for; empty where none is like it."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistyped term costs it

    found = get_close_matches(_folded(text)[:60], _by_name(), n=1, cutoff=0.7)
    return next((name for name in _by_name()[found[0]].names if _folded(name) == found[0]), "") if found else ""


def _folded(text: str) -> str:
    return " ".join(text.lower().replace("neighbor", "neighbour").split())
