"""A line of bash taken apart: its commands, and what bash itself does with them."""

import re
from collections.abc import Sequence
from dataclasses import replace

from netshell.explain.command.grammar import Context, Entry, grammar
from netshell.explain.command.part import Explanation, Part
from netshell.explain.command.summary import lower
from netshell.explain.command.values import Place
from netshell.explain.command.walk import DEEPEST, Told, explain_rest, explain_words
from netshell.explain.command.word import Word
from netshell.explain.shell import Expansion, Token, read_line
from netshell.facts import PC, Snapshot

_PAGE = "bash(1)"
_NOWHERE = "/dev/null"
_STREAM = re.compile(r"^(?:\d+|\{\w+\})", re.ASCII)
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=", re.ASCII)
_PARTS_MOST = 400
_NOT_SUMMED = frozenset({"if", "while", "until", "case", "{", "!", "("})
"""Where bash decides for itself what is run, one sentence would say too much."""


def explain_command(line: str, snapshot: Snapshot | None = None, node: str = PC) -> Explanation:
    """What each part of a command line means, and in a sentence what the whole of it does.

    `line` is typed at a terminal on `node`, in the network that `snapshot` shows; without one nothing is said of the
    network. A line of any text is explained, as far as it can be read; nothing is run.
    """
    reader = _Line(Place(node, snapshot), 0)
    told = reader.explain(line, 0)
    return Explanation(line, told.summary, tuple(told.parts[:_PARTS_MOST]), reader.is_open)


def explain_words_only(words: Sequence[Word], context: str, scene: Place) -> list[Part]:
    """The parts of words that are no command line of their own, read in a context of the tables."""
    return explain_rest(words, context, scene, _script)


class _Line:
    """One line while it is explained."""

    def __init__(self, scene: Place, depth: int) -> None:
        self._scene = scene
        self._depth = depth
        self._parts: list[Part] = []
        self._said: list[tuple[str, str]] = []
        """For each command what stood before it (`|`, `&&` …), and its sentence."""
        self._joint = ""
        self._around: dict[str, str] = {}
        """Where the output of the command that is read now goes (`walk.OUTER`)."""
        self._prefix = ""
        """What a loop puts before the sentence of its command."""
        self._can_sum = True
        self.is_open = False

    def explain(self, text: str, offset: int) -> Told:
        """The parts, in the order of the line; `offset` is where the text begins in the whole line."""
        words: list[Token] = []
        found = read_line(text)
        number = 0
        while number < len(found) and len(self._parts) < _PARTS_MOST:
            token = found[number]
            self.is_open |= token.is_open
            if token.kind == "word":
                words.append(token)
            elif token.kind == "redirection":
                number = self._redirection(found, number)
            else:
                if token.kind == "operator":
                    self._command(words)
                    words = []
                self._sign(token)
            number += 1
        self._command(words)
        moved = [replace(part, at=part.at + offset, end=part.end + offset) for part in self._parts]
        return Told(sorted(moved, key=lambda part: (part.at, part.depth)), self._summary())

    def _add(self, token: Token, says: str, text: str = "", end: int = 0, *, here: str = "") -> None:
        shown = text or token.text
        self._parts.append(Part(token.at, end or token.end, shown, "shell", says, here, "", _PAGE, self._depth))

    def _sign(self, token: Token) -> None:
        """An operator, a comment, or a here-document's text."""
        if token.kind == "comment":
            self._add(token, "A comment: bash passes over it.")
        elif token.kind == "body":
            self._add(token, "The text of the here-document: the command reads it as if it were typed to it.")
        elif token.text == "\n":
            self._joint = ";"
        else:
            entry = _word(grammar()["bash operators"], token.text)
            self._add(token, entry.says if entry else "")
            self._joint = token.text
            self._can_sum &= token.text not in _NOT_SUMMED
            if token.text == "&" and self._said:
                joint, says = self._said[-1]
                self._said[-1] = (joint, f"In the background: {lower(says)}" if says else "")

    def _redirection(self, found: Sequence[Token], number: int) -> int:
        """`2>/dev/null`, as one part; gives the place of its last token."""
        token = found[number]
        sign = _STREAM.sub("", token.text)
        stream = token.text.removesuffix(sign)
        context = grammar()["bash redirections"]
        spellings = (token.text, sign, sign.rstrip("0123456789-"))
        entry = next(filter(None, (_word(context, each) for each in spellings)), None)
        has_target = number + 1 < len(found) and found[number + 1].kind == "word" and not re.search(r"&[\d-]", sign)
        target = found[number + 1] if has_target else None
        says = entry.says if entry else "A redirection."
        if stream and entry and token.text not in entry.keys:
            says = f"For stream {stream} (0 is input, 1 output, 2 errors): {lower(says)}"
        text = f"{token.text}{' ' if target and target.at > token.end else ''}{target.text if target else ''}"
        here = _special_file(target.value) if target else ""
        self._add(token, says, text, target.end if target else token.end, here=here)
        if sign in {"<<", "<<-"}:
            self._around["lines"] = ""
        elif target and sign in {">", ">>", ">|", "&>", "&>>"} and stream in {"", "1"} and target.value != _NOWHERE:
            self._around["onto" if sign.endswith(">>") else "into"] = target.text
        if target:
            self.is_open |= target.is_open
            self._expansions(target.expansions)
        return number + has_target

    def _command(self, words: list[Token]) -> None:
        """A simple command, behind the words of bash's own that stand before it."""
        at = 0
        while at < len(words):
            token = words[at]
            if token.text in {"for", "select"}:
                at = self._loop(words, at)
            elif (entry := _word(grammar()["bash reserved"], token.text)) is not None:
                self._add(token, entry.says)
                self._can_sum &= token.text not in _NOT_SUMMED
                at += 1
            elif (match := _ASSIGNMENT.match(token.text)) is not None:
                self._assignment(token, match, is_alone=at + 1 == len(words))
                at += 1
            else:
                break
        if at < len(words):
            rest = words[at:]
            told = explain_words([_as_word(token) for token in rest], self._scene, self._depth, _script, self._around)
            self._parts += told.parts
            self._say(f"{told.summary}{self._elsewhere(told.summary)}")
            for token in rest:
                self._expansions(token.expansions)
        self._around = {}

    def _elsewhere(self, summary: str) -> str:
        """Where the output goes, in a sentence behind the summary, unless that says it."""
        for key, where in (("into", "into"), ("onto", "to the end of")):
            file = self._around.get(key, "")
            if summary and file and file not in summary:
                return f" Its output goes {where} {file}."
        return ""

    def _say(self, sentence: str) -> None:
        self._said.append((self._joint, f"{self._prefix}{lower(sentence)}" if self._prefix and sentence else sentence))
        self._joint = ""

    def _loop(self, words: list[Token], at: int) -> int:
        """`for NAME in WORDS`; gives the place behind it."""
        entry = _word(grammar()["bash reserved"], "for")
        self._add(words[at], entry.says if entry else "")
        names = words[at + 1 :]
        values = [token.text for token in names[2:]]
        if names:
            self._add(names[0], "The variable: each time round it holds the next of the words behind `in`.")
        if names[1:]:
            self._add(names[1], "Before the words that the variable gets, one after the other.")
        for token in names[2:]:
            self._add(token, "One of the values.")
            self._expansions(token.expansions)
        self._prefix = f"For each of {', '.join(values)}: " if values else ""
        self._can_sum &= bool(values)
        return len(words)

    def _assignment(self, token: Token, match: re.Match[str], *, is_alone: bool) -> None:
        name, scope = match[1], "from here on" if is_alone else "for this one command"
        self._add(token, f"Sets the variable `{name}`, {scope}; `${name}` gives it back.")
        self._expansions(token.expansions)
        if is_alone:
            self._say(f"Keeps a value in the variable {name}.")

    def _expansions(self, expansions: Sequence[Expansion]) -> None:
        for each in expansions:
            if each.kind == "variable" and any(part.text == f"${each.text}" for part in self._parts):
                continue
            entry = _word(grammar()["bash expansions"], each.kind)
            shown = f"${each.text}" if each.kind == "variable" else f"$({each.text})"
            says = entry.says if entry else ""
            if each.kind == "variable" and (special := _word(grammar()["bash variables"], each.text)) is not None:
                says = special.says
            part = Part(each.at, each.end, shown[:60], "shell", says, page=_PAGE, depth=self._depth + 1)
            self._parts.append(part)
            if each.kind in {"command", "process"} and self._depth < DEEPEST:
                self._parts += _script(each.text, each.inner, self._scene, self._depth + 1).parts

    def _summary(self) -> str:
        """The sentences of all commands, joined as bash joins the commands; empty where one of them is not known."""
        if not self._said or not self._can_sum or not all(says for _, says in self._said):
            return ""
        whole = ""
        for joint, says in self._said:
            if not whole:
                whole = says
            elif joint in {"|", "|&"}:
                whole += f" What it prints goes to the next command: {lower(says)}"
            else:
                lead = {"&&": "If that worked: ", "||": "If that failed: "}.get(joint, "Then: ")
                whole += f" {lead}{lower(says)}"
        return whole


def _script(text: str, at: int, scene: Place, depth: int) -> Told:
    """A line inside a line."""
    return _Line(scene, depth).explain(text, at)


def _as_word(token: Token) -> Word:
    return Word(token.value, token.at, token.end, token.text, token.places)


def _word(context: Context, text: str) -> Entry | None:
    return next((entry for entry in context.words if text in entry.keys), None)


def _special_file(name: str) -> str:
    if name == _NOWHERE:
        return "/dev/null swallows all that is written to it, and is empty for who reads."
    if name.startswith(("/dev/tcp/", "/dev/udp/")):
        _, _, protocol, host, port = [*name.split("/"), "", ""][:5]
        return f"bash opens a {protocol.upper()} socket to {host}, port {port}, in place of a file."
    return ""
