"""Reads an unfinished command line as bash would: which command is being typed, its words, and the word at the cursor.

It knows no command and runs nothing.
"""

import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeAlias

Place: TypeAlias = Literal["command", "argument", "file", "variable", "user", "nothing"]

_OUTSIDE = re.compile(
    r"""(?P<escape>\\(?:.|\n|$))
    |(?P<ansi>\$'(?:[^'\\]|\\.)*'?)
    |(?P<single>'[^']*'?)
    |(?P<double>")
    |(?P<push>\$\(|[<>]\(|\()
    |(?P<pop>\))
    |(?P<backtick>`)
    |(?P<plain>\$\{[^}]*\}?)
    |(?P<redirect><<<|<<-?|<>|<&|>>|>&|>\||&>>|&>|<|>)
    |(?P<blank>[ \t]+)
    |(?P<separator>[\n;&|]+)
    |(?P<text>[^ \t\n\\'"$`<>()&;|]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_INSIDE = re.compile(
    r"""(?P<escape>\\["\\$`\n])
    |(?P<double>")
    |(?P<push>\$\()
    |(?P<backtick>`)
    |(?P<plain>\$\{[^}]*\}?|[^"\\$`]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_BREAK = re.compile(r"[@=:]+")
"""What bash breaks words at for completion, beyond blanks and operators (COMP_WORDBREAKS)."""
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^]]*\])?\+?=")
_VARIABLE = re.compile(r"(?<!\\)\$(?:[A-Za-z_]\w*)?\Z|(?<!\\)\$\{(?:[A-Za-z_]\w*)?\Z")
_RESERVED = frozenset({"if", "then", "else", "elif", "while", "until", "do", "!", "{", "time", "coproc"})
_ACTIVE = frozenset("$`;|&<>()\n\r\0")
_UNSAFE = re.compile(r"[^\w%+,./:=@^-]", re.ASCII)
UNSHOWN = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff"
"""Characters that a terminal obeys instead of showing, and bytes that are no text: the inside of a `[…]`."""
_UNSHOWN = re.compile(f"[{UNSHOWN}]")
_NO_BYTES = re.compile(r"[\0\ud800-\udc7f\udd00-\udfff]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a command line. Offsets count characters from the start of the line."""

    raw: str
    """As it is typed, quotes and all."""
    value: str
    """As the command will see it; substitutions stand in it untouched."""
    start: int
    quote: str = ""
    """The quotation mark that is still open at its end."""
    breaks: tuple[tuple[int, int, int], ...] = ()
    """The runs of `@`, `=` and `:` outside quotes: start and end in `raw`, end in `value`."""

    @property
    def is_tame(self) -> bool:
        """Nothing in it, quoted or not, could ever make a shell run, redirect or expand something."""
        return not _ACTIVE & set(self.raw)

    @property
    def pieces(self) -> tuple[str, ...]:
        """The word as bash splits it for completion functions: `--to=x` is three (`--to`, `=`, `x`)."""
        edges = [0, *(edge for start, end, _ in self.breaks for edge in (start, end)), len(self.raw)]
        return tuple(self.raw[a:b] for a, b in pairwise(edges) if b > a) or ("",)

    def last_piece(self) -> "Word":
        """What stands behind the last break: the part that a completed file name replaces."""
        if not self.breaks:
            return self
        _, raw_end, value_end = self.breaks[-1]
        return Word(self.raw[raw_end:], self.value[value_end:], self.start + raw_end, self.quote)


@dataclass(frozen=True, slots=True)
class Typed:
    """The command at the cursor; the last word is the one that the cursor stands in, and may be empty."""

    words: tuple[Word, ...]
    place: Place

    @property
    def current(self) -> Word:
        """The word at the cursor."""
        return self.words[-1]


@dataclass(slots=True)
class _Level:
    """One command list: the line itself, or the inside of a substitution."""

    opened_at: int
    closer: str
    words: list[Word] = field(default_factory=list)
    start: int | None = None
    value: str = ""
    quote: str = ""
    breaks: list[tuple[int, int, int]] = field(default_factory=list)
    is_target: bool = False


def read(before: str) -> Typed:
    """The command that is being typed at the end of `before`, which may be any text."""
    reader = _Reader(before)
    reader.read()
    return reader.result()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.levels = [_Level(0, "")]
        self.is_comment = False

    @property
    def level(self) -> _Level:
        return self.levels[-1]

    def read(self) -> None:
        while self.at < len(self.text):
            pattern = _INSIDE if self.level.quote else _OUTSIDE
            match = pattern.match(self.text, self.at)
            if match is None or match.lastgroup is None:
                return
            text = match[0]
            if text[0] == "#" and self.level.start is None and not self.level.quote:
                end = self.text.find("\n", self.at)
                self.is_comment = end < 0
                self.at = len(self.text) if end < 0 else end
                continue
            getattr(self, f"_{match.lastgroup}")(text)
            self.at += len(text)

    def result(self) -> Typed:
        level = self.level
        at = len(self.text) if level.start is None else level.start
        current = Word(self.text[at:], level.value, at, level.quote, tuple(level.breaks))
        words = [*level.words, current]
        while len(words) > 1 and (words[0].raw in _RESERVED or _ASSIGNMENT.match(words[0].raw)):
            del words[0]
        return Typed(tuple(words), self._place(current, len(words), is_target=level.is_target))

    def _place(self, current: Word, count: int, *, is_target: bool) -> Place:
        if self.is_comment or current.quote == "$'" or current.raw.endswith("\\"):
            return "nothing"
        if current.quote != "'" and _VARIABLE.search(current.raw):
            return "variable"
        piece = current.last_piece()
        if piece.raw.startswith("~") and "/" not in piece.raw:
            return "user"
        if is_target or (count == 1 and _ASSIGNMENT.match(current.raw)):
            return "file"
        return "command" if count == 1 else "argument"

    def _add(self, value: str) -> None:
        if self.level.start is None:
            self.level.start = self.at
        self.level.value += value

    def _end_word(self) -> None:
        level = self.level
        if level.start is None:
            return
        word = Word(self.text[level.start : self.at], level.value, level.start, "", tuple(level.breaks))
        if not level.is_target:
            level.words.append(word)
        level.start, level.value, level.breaks, level.is_target = None, "", [], False

    def _escape(self, text: str) -> None:
        if text == "\\\n" and self.level.start is None:
            return
        self._add(text[1:].replace("\n", ""))

    def _ansi(self, text: str) -> None:
        self._add(text)
        if len(text) < 3 or not text.endswith("'"):
            self.level.quote = "$'"

    def _single(self, text: str) -> None:
        is_open = len(text) == 1 or not text.endswith("'")
        self._add(text[1:] if is_open else text[1:-1])
        if is_open:
            self.level.quote = "'"

    def _double(self, _token: str) -> None:
        self._add("")
        self.level.quote = "" if self.level.quote else '"'

    def _push(self, text: str) -> None:
        if text == "(":
            self._end_word()
            self.level.words.clear()
        else:
            self._add("")
        self.levels.append(_Level(self.at, ")"))

    def _pop(self, _token: str) -> None:
        if self.level.closer == ")":
            self._leave()
        else:
            self._end_word()
            self.level.words.clear()

    def _backtick(self, _token: str) -> None:
        if self.level.closer == "`" and not self.level.quote:
            self._leave()
        else:
            self._add("")
            self.levels.append(_Level(self.at, "`"))

    def _leave(self) -> None:
        inner = self.levels.pop()
        if self.level.start is not None:
            self._add(self.text[inner.opened_at : self.at + 1])

    def _redirect(self, _token: str) -> None:
        if self.level.value.isdecimal():
            self.level.start, self.level.value = None, ""
        self._end_word()
        self.level.is_target = True

    def _blank(self, _token: str) -> None:
        self._end_word()

    def _separator(self, _token: str) -> None:
        self._end_word()
        self.level.words.clear()
        self.level.is_target = False

    def _plain(self, text: str) -> None:
        self._add(text)

    def _text(self, text: str) -> None:
        self._add("")
        start = self.at - (self.level.start or 0)
        for match in _BREAK.finditer(text):
            edges = (start + match.start(), start + match.end(), len(self.level.value) + match.end())
            self.level.breaks.append(edges)
        self._add(text)


def quoted(value: str, quote: str = "", *, root: str = "", is_whole: bool = True) -> str | None:
    """A value as it is typed, within the quotation mark that was opened (`"`, `'` or none); None where it cannot be.

    `root` goes in front as it is (`~`, `$HOME`); `is_whole` closes the quotation. Bytes that are no text, and control
    characters, take bash's `$'…'` form.
    """
    is_shown = _UNSHOWN.search(value) is None
    if quote not in {"", "'", '"'} or (quote and not is_shown) or _NO_BYTES.search(value):
        return None
    if not is_shown:
        inside = "".join(_ansi_character(character) for character in value)
        return f"{root}$'{inside}'"
    if not quote:
        return root + _UNSAFE.sub(lambda match: match[0] if ord(match[0]) > 127 else "\\" + match[0], value)
    inner = value.replace("'", "'\\''") if quote == "'" else re.sub(r'(["\\$`])', r"\\\1", value)
    return quote + root + inner + quote * is_whole


def _ansi_character(character: str) -> str:
    if character in "\\'":
        return "\\" + character
    if not _UNSHOWN.match(character):
        return character
    names = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    octal = "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))
    return names.get(character, octal)
