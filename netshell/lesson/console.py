"""The lines of a console block: which terminal, what is done there, and the text."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from netshell.facts import PC
from netshell.topology import NAME

Action: TypeAlias = Literal["run", "look", "type", "press", "wait"]

ACTIONS: Mapping[str, Action] = MappingProxyType(
    {"$": "run", "$?": "look", ">": "type", "^": "press", "~": "wait"},
)
"""What each mark between terminal and text means."""

_LINE = re.compile(r"(?P<terminal>[A-Za-z0-9][A-Za-z0-9_.-]*)?(?P<mark>\$\?|[$>^~])(?P<text>.*)")
_KEY = re.compile(r"[A-Z@\[\\\]^_?]")
_REMEDY = "Write `$ command`, `ns1$ command`, `$? command`, `ns1> text`, `ns1^C` or `ns1~ text`."


class LineError(Exception):
    """A line that is none, with the character (from 0) where it goes wrong."""

    def __init__(self, offset: int, message: str, remedy: str = _REMEDY) -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.remedy = remedy


def parse_line(line: str) -> tuple[str, Action, str]:
    """A line as (terminal, action, text). Raises LineError."""
    match = _LINE.fullmatch(line.rstrip())
    if match is None:
        raise LineError(0, "The line has no mark that says what is done at which terminal.")
    terminal, mark, text = _terminal(match["terminal"]), match["mark"], match["text"]
    if mark == "^":
        if not _KEY.fullmatch(text):
            raise LineError(match.start("text"), f"`^{text}` is no key.", "Write one capital letter: `^C`, `^D`, `^Z`.")
        return terminal, "press", text
    if text and not text.startswith(" "):
        raise LineError(match.start("text"), f"A space is missing behind `{mark}`.")
    if not text.strip() and mark != ">":
        raise LineError(match.start("text"), f"Nothing stands behind `{mark}`.")
    return terminal, ACTIONS[mark], text[1:]


def _terminal(written: str | None) -> str:
    """The terminal as `Line.terminal` names it; a node's `.1` is its first."""
    if written is None:
        return PC
    node, dot, number = written.rpartition(".")
    is_numbered = bool(dot and node and number.isdigit())
    name = node if is_numbered else written
    if not NAME.fullmatch(name):
        raise LineError(0, f"`{name}` cannot be the name of a node.")
    if is_numbered and not 1 <= int(number[:4]) <= 99:
        raise LineError(0, f"`{written}` is no terminal: they are counted from 1 to 99.")
    return f"{name}.{int(number)}" if is_numbered and int(number) > 1 else name
