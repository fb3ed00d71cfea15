"""The pieces that bash cuts a line into, as values."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["word", "operator", "redirection", "comment", "body"]
"""`body` is the text of a here-document, its last line included."""
ExpansionKind: TypeAlias = Literal["variable", "command", "arithmetic", "process"]


@dataclass(frozen=True, slots=True)
class Expansion:
    """A piece of a word that bash replaces before the command sees it."""

    kind: ExpansionKind
    at: int
    """Offset in the line of its first character; that of the text inside is `inner`."""
    end: int
    inner: int
    text: str
    """What stands inside: a command line, an expression, or the variable's name."""


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of a line."""

    kind: Kind
    at: int
    """Offset of its first character."""
    end: int
    text: str
    """As it was typed."""
    value: str = ""
    """A word as the command gets it: without quotes; expansions stand in it as they were typed."""
    places: tuple[int, ...] = ()
    """For each character of the value where it stands in the line."""
    expansions: tuple[Expansion, ...] = ()
    is_open: bool = False
    """A quote, a bracket or a here-document in it has no end: bash waits for more."""
