"""Cuts a filter into words, numbers, addresses and signs, each with its place; and the error that names a place."""

import re
from difflib import get_close_matches
from typing import Literal, NamedTuple, NoReturn, TypeAlias

from netshell.errors import ExitCode, UserError

Kind: TypeAlias = Literal["mac", "ipv6", "ipv4", "number", "word", "sign", "end"]

LONGEST = 4000
"""Characters of a filter."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<mac>(?:[0-9A-Fa-f]{1,2}[:-]){5}[0-9A-Fa-f]{1,2}(?![0-9A-Za-z:]))
  | (?P<ipv6>(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:)[0-9A-Fa-f:]+(?:\d*(?:\.\d+){3})?(?![0-9A-Za-z:.]))
  | (?P<ipv4>\d+(?:\.\d+){1,3}(?![0-9A-Za-z_.]))
  | (?P<number>(?:0[xX][0-9A-Fa-f]+|\d+)(?![A-Za-z_.]))
  | (?P<word>\\?[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)
  | (?P<sign><<|>>|<=|>=|==|!=|&&|\|\||[][()<>=!&|^+*/%:-])
  | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)
_SAME: dict[str, str] = {"&&": "and", "||": "or", "!": "not"}


_BLANKS = " \t\n\r\f\v"
"""What may stand between tokens; a blank of another alphabet is a character like any other."""


class Token(NamedTuple):
    """One word, number, address or sign."""

    kind: Kind
    text: str
    """Words in lower case; `and`, `or`, `not` for their signs."""
    at: int
    """Offset of its first character in the filter."""
    written: str = ""
    """As it was typed."""


def tokens(text: str) -> list[Token]:
    """The tokens of a filter, the last of kind `end`. Raises UserError for a character that no token begins with."""
    if len(text) > LONGEST:
        raise fault(text[:40], 0, "", f"The filter has {len(text):,} characters; at most {LONGEST:,} are read.", "")
    found: list[Token] = []
    at = 0
    while True:
        match = _TOKEN.match(text, at)
        if match is None:
            at += len(text[at:]) - len(text[at:].lstrip(_BLANKS))
            raise fault(text, at, text[at], "Such a character has no meaning in a filter.", "")
        kind, written = match.lastgroup or "end", match.group(match.lastgroup or "end")
        begin = match.end() - len(written)
        found.append(_token(kind, written, begin))
        if kind == "end":
            return found
        at = match.end()


def _token(kind: str, written: str, at: int) -> Token:
    lower = written.lower()
    if kind == "sign" and written in _SAME:
        return Token("word", _SAME[written], at, written)
    for name in ("mac", "ipv6", "ipv4", "number", "sign", "end"):
        if name == kind:
            return Token(name, lower, at, written)
    return Token("word", lower.removeprefix("\\"), at, written)


def fault(text: str, at: int, found: str, problem: str, remedy: str) -> UserError:
    """The error for a place in a filter; `at` counts from 0, people count from 1."""
    where = f"at character {at + 1}, `{found}`" if found else "at its end"
    shown = text if len(text) <= 80 else f"{text[:79]}…"
    return UserError(f"The filter `{shown}` makes no sense {where}: {problem}", remedy, ExitCode.USAGE)


def nearest(word: str, words: "frozenset[str] | set[str]") -> str:
    """A remedy that names the words most like one: `Did you mean `port`?`, or nothing."""
    close = get_close_matches(word, sorted(words), 2, 0.6)
    return f"Did you mean {' or '.join(f'`{each}`' for each in close)}?" if close else ""


def integer(token: Token) -> int:
    """The value of a number, decimal or with `0x`."""
    return int(token.text, 16) if token.text.startswith("0x") else int(token.text)


class Cursor:
    """Goes through the tokens of a filter."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._tokens = tokens(text)
        self._after = _after_brackets(self._tokens)
        self._place = 0

    @property
    def now(self) -> Token:
        """The token that is to be read."""
        return self._tokens[self._place]

    @property
    def next(self) -> Token:
        """The one behind it."""
        return self._tokens[min(self._place + 1, len(self._tokens) - 1)]

    def has_more(self) -> bool:
        """Something is left to read."""
        return self.now.kind != "end"

    def rest(self) -> list[Token]:
        """The tokens from here on; at most five, more no condition has."""
        return self._tokens[self._place : self._place + 5]

    def after_bracket(self) -> Token | None:
        """The token behind the bracket that closes the one here; None where none does."""
        return self._after.get(self._place)

    def advance(self) -> Token:
        """Pass over a token; the end stays."""
        token = self._tokens[self._place]
        if token.kind != "end":
            self._place += 1
        return token

    def take(self, text: str) -> bool:
        """Pass over a word or a sign if it is this one."""
        is_there = self.now.kind in {"word", "sign"} and self.now.text == text
        if is_there:
            self._place += 1
        return is_there

    def fail(self, problem: str, remedy: str = "", token: Token | None = None) -> NoReturn:
        """Raise the error for a token, or for the one here."""
        token = token or self.now
        raise fault(self.text, token.at, token.written, problem, remedy)


def _after_brackets(found: list[Token]) -> dict[int, Token]:
    """For each opening bracket the token behind the one that closes it."""
    after: dict[int, Token] = {}
    waiting: list[int] = []
    for place, token in enumerate(found):
        if token.text == "(":
            waiting.append(place)
        elif token.text == ")" and waiting:
            after[waiting.pop()] = found[place + 1]
    return after
