"""Faults in an author's file, collected with their places, and the near-miss suggestions that go with them."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from netshell.errors import Diagnostic

_MISTAKEN = {"on": "at", "node": "at", "is": "say", "message": "say", "cmd": "do", "solution": "do"}
"""Keys that people write for another word of the format, which no likeness of letters would find."""


@dataclass
class Faults:
    """The faults of one file. Lines and columns count from 1."""

    file: str

    def __post_init__(self) -> None:
        self._found: set[Diagnostic] = set()

    def error(self, line: int, column: int, message: str, remedy: str = "") -> None:
        """Something that must be mended before the lesson can be used."""
        self._found.add(Diagnostic(self.file, line, column, _harmless(message), _harmless(remedy)))

    def warn(self, line: int, column: int, message: str, remedy: str = "") -> None:
        """Something that is likely to be a mistake."""
        self._found.add(Diagnostic(self.file, line, column, _harmless(message), _harmless(remedy), is_warning=True))

    def in_order(self) -> tuple[Diagnostic, ...]:
        """Every fault, by place."""
        return tuple(sorted(self._found))

    @property
    def has_errors(self) -> bool:
        """Whether the lesson cannot be used."""
        return any(not fault.is_warning for fault in self._found)


def _harmless(text: str) -> str:
    """With a mark in the place of what a terminal obeys or hides: a message quotes what the author wrote."""
    return text if text.isprintable() else "".join(char if char.isprintable() else "�" for char in text)


def suggestion(word: str, known: Iterable[str]) -> str:
    """What to write instead of an unknown word: the nearest known one, else all of them."""
    names = sorted(known)
    mistaken = _MISTAKEN.get(word)
    close = [mistaken] if mistaken in names else get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"Known here: {', '.join(f'`{name}`' for name in names)}." if names else ""
