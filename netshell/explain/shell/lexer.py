r"""Cuts a line into the pieces that bash(1) sees (Shell Grammar, Quoting, Redirection), each with its place.

It goes through the text once and never fails: what has no end is marked as open. A reader made elsewhere
(tree-sitter-bash) would bring C code that reads strangers' lessons outside the private machine; shlex has no places.
"""

import re
from dataclasses import replace

from netshell.explain.shell.token import Expansion, ExpansionKind, Kind, Token

LONGEST = 4096
"""Characters of a line that are read."""
_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|[;|&()\n]")
_REDIRECTION = re.compile(
    r"(?:\d+|\{[A-Za-z_]\w*\})?"
    r"(?:[<>]&(?:\d+-?(?=[\s;|&()<>]|$)|-)?|<<<|<<-|<<|<>|<(?!\()|>>|>\||>(?!\())|&>>|&>",
    re.ASCII,
)
_VARIABLE = re.compile(r"\$(?:[A-Za-z_]\w*|[0-9@*#?$!-])", re.ASCII)
_BLANK = " \t"
_ENDS_WORD = " \t\n;|&()<>"
_CLOSES = {"$(": ")", "$((": ")", "(": ")", "${": "}", '"': '"', "`": "`", "'": "'"}


def read_line(text: str) -> tuple[Token, ...]:
    """The pieces of a command line, of one or more lines; of a very long one the beginning."""
    return tuple(_Reader(text[:LONGEST]).read())


class _Reader:
    """One line while it is read, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._found: list[Token] = []
        self._awaited: list[tuple[str, bool]] = []
        """Here-documents that begin at the next line: what ends each, and whether tabs before it are left out."""

    def read(self) -> list[Token]:
        while self._at < len(self._text):
            here = self._text[self._at]
            if here in _BLANK:
                self._at += 1
            elif self._text.startswith("\\\n", self._at):
                self._at += 2
            elif here == "#":
                end = self._text.find("\n", self._at)
                self._add("comment", len(self._text) if end < 0 else end)
            elif (match := _REDIRECTION.match(self._text, self._at)) is not None:
                self._redirection(match.end())
            elif (match := _OPERATOR.match(self._text, self._at)) is not None and not self._is_process():
                self._add("operator", match.end())
                if match[0] == "\n":
                    self._bodies()
            else:
                self._found.append(self._word())
        if self._awaited and self._found:
            self._found[-1] = replace(self._found[-1], is_open=True)
        return self._found

    def _add(self, kind: Kind, end: int) -> None:
        self._found.append(Token(kind, self._at, end, self._text[self._at : end]))
        self._at = end

    def _is_process(self) -> bool:
        return self._text.startswith(("<(", ">("), self._at)

    def _redirection(self, end: int) -> None:
        sign = self._text[self._at : end].lstrip("0123456789")
        self._add("redirection", end)
        if sign not in {"<<", "<<-"}:
            return
        while self._at < len(self._text) and self._text[self._at] in _BLANK:
            self._at += 1
        if self._begins_word():
            word = self._word()
            self._found.append(word)
            self._awaited.append((word.value, sign.endswith("-")))

    def _begins_word(self) -> bool:
        return self._at < len(self._text) and self._text[self._at] not in _ENDS_WORD

    def _bodies(self) -> None:
        """The here-documents that stand between this line and the next."""
        waiting, self._awaited = self._awaited, []
        for number, (delimiter, has_tabs) in enumerate(waiting):
            start = at = self._at
            is_ended = False
            while at < len(self._text) and not is_ended:
                end = self._text.find("\n", at)
                end = len(self._text) if end < 0 else end
                line = self._text[at:end]
                is_ended = (line.lstrip("\t") if has_tabs else line) == delimiter
                at = min(end + (not is_ended), len(self._text)) if not is_ended else end
            if at > start:
                self._add("body", at)
            if not is_ended:
                self._awaited = waiting[number:]
                return
            if self._at < len(self._text) and number + 1 < len(waiting):
                self._at += 1  # the line end between two documents

    def _word(self) -> Token:
        word = _Word(self._text, self._at)
        self._at = word.read()
        return word.token()


class _Word:
    """One word while it is read."""

    def __init__(self, text: str, at: int) -> None:
        self._text = text
        self._start = self._at = at
        self._value: list[str] = []
        self._places: list[int] = []
        self._expansions: list[Expansion] = []
        self._is_open = False

    def token(self) -> Token:
        typed = self._text[self._start : self._at]
        parts = tuple(self._places), tuple(self._expansions), self._is_open
        return Token("word", self._start, self._at, typed, "".join(self._value), *parts)

    def read(self) -> int:
        """Read to the word's end; gives where that is."""
        while self._at < len(self._text):
            here = self._text[self._at]
            if self._text.startswith(("<(", ">("), self._at):
                self._bracket("process", 2, ")")
            elif here in _ENDS_WORD:
                break
            elif here == "'" or self._text.startswith("$'", self._at):
                self._single()
            elif here == '"':
                self._double()
            else:
                self._plain()
        return self._at

    def _take(self, end: int) -> None:
        """Characters up to a place belong to the value as they stand."""
        end = min(end, len(self._text))
        self._value += self._text[self._at : end]
        self._places += range(self._at, end)
        self._at = end

    def _single(self) -> None:
        """`'…'`, or `$'…'`, in which a backslash keeps a quote from being its end; escapes stay as they are typed."""
        is_escaping = self._text[self._at] == "$"
        self._at += 1 + is_escaping
        end = self._at
        while end < len(self._text) and self._text[end] != "'":
            end += 2 if is_escaping and self._text[end] == "\\" else 1
        self._is_open |= end >= len(self._text)
        self._take(end)
        self._at = min(self._at + 1, len(self._text))

    def _double(self) -> None:
        self._at += 1
        while self._at < len(self._text) and self._text[self._at] != '"':
            if self._text[self._at] == "\\" and self._text[self._at + 1 : self._at + 2] in {'"', "\\", "$", "`", "\n"}:
                self._at += 1
                self._take(self._at + 1)
            elif not self._expansion():
                self._take(self._at + 1)
        self._is_open |= self._at >= len(self._text)
        self._at = min(self._at + 1, len(self._text))

    def _plain(self) -> None:
        if self._text[self._at] == "\\":
            self._is_open |= self._at + 1 >= len(self._text)
            self._at += 1
            if self._text[self._at : self._at + 1] == "\n":
                self._at += 1
            else:
                self._take(self._at + 1)
        elif not self._expansion():
            self._take(self._at + 1)

    def _expansion(self) -> bool:
        """Take `$x`, `${x}`, `$(…)`, `$((…))` or a back-quoted command, if one begins here."""
        text, at = self._text, self._at
        if text.startswith("$((", at):
            self._bracket("arithmetic", 3, "))")
        elif text.startswith("$(", at):
            self._bracket("command", 2, ")")
        elif text.startswith("${", at):
            self._bracket("variable", 2, "}")
        elif text[at] == "`":
            self._bracket("command", 1, "`")
        elif (match := _VARIABLE.match(text, at)) is not None:
            self._expansions.append(Expansion("variable", at, match.end(), at + 1, match[0][1:]))
            self._take(match.end())
        else:
            return False
        return True

    def _bracket(self, kind: ExpansionKind, opening: int, closing: str) -> None:
        inner = min(self._at + opening, len(self._text))
        end = _closing(self._text, inner, closing[0])
        self._is_open |= end < 0
        stop = len(self._text) if end < 0 else min(end + len(closing), len(self._text))
        body = self._text[inner : len(self._text) if end < 0 else end]
        self._expansions.append(Expansion(kind, self._at, stop, inner, body))
        self._take(stop)


def _closing(text: str, at: int, sign: str) -> int:
    """Where what is open at a place is closed by `sign`, past quotes and brackets inside; -1 where it never is."""
    waiting = [sign]
    while at < len(text):
        here, quote = text[at], waiting[-1]
        if here == "\\" and quote != "'":
            at += 1
        elif here == quote:
            waiting.pop()
            if not waiting:
                return at
        elif quote in {"'", "`"}:
            pass  # nothing but its own end counts inside
        elif opening := next((each for each in ("$(", "${") if text.startswith(each, at)), ""):
            waiting.append(_CLOSES[opening])
            at += 1
        elif here in {'"', "`"} or (here in {"(", "'"} and quote != '"'):
            waiting.append(_CLOSES[here])
        at += 1
    return -1
