"""Lines of output, found in the table of the program that printed them, and cut into the parts that it names."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from netshell.explain.command.grammar import Context, Entry, find, grammar, known_words
from netshell.explain.command.kinds import fits, judge
from netshell.explain.command.line import explain_words_only
from netshell.explain.command.part import Part
from netshell.explain.command.values import Place
from netshell.explain.command.word import Word
from netshell.explain.messages.command import Run, read
from netshell.explain.messages.pattern import Pattern
from netshell.facts import Snapshot

_LINES_MOST = 300
_LINE_MOST = 2000
"""Characters of a line that are read."""
_DEEPEST = 3
"""Lines inside lines: tcpdump's IP packet inside a frame."""
_WORD = re.compile(r"[^\s,\[\]()]+")
_UNIT = re.compile(r" [a-z]+(?: (?!from|to|by|of|in|on)[a-z]+)?")
_BRIEF = ("-br", "-brief")
_RULES = ("-S", "--list-rules")
_UNTOLD = "-"
"""In the place of a sentence: this part needs none."""
_SHAPES: Mapping[str, str] = {"iptables": "list", "ip6tables": "list"}
"""Programs whose output has more than one shape, with the usual one."""


@dataclass(frozen=True, slots=True)
class OutputLine:
    """One line that a program printed."""

    text: str
    says: str = ""
    """What the line is; empty for one that is not known. Each sentence here and in the parts has a line of its own."""
    parts: tuple[Part, ...] = ()
    """What stands in it, by place."""


def explain_output(command: str, output: str, snapshot: Snapshot | None, node: str) -> tuple[OutputLine, ...]:
    """The lines that a command printed, each with its parts; empty where no table has the program.

    `command` was typed at a terminal on `node`. Of a long output the beginning is read. Never raises.
    """
    for stages in read(command, node):
        run = stages[-1]
        teller = _teller(run, Place(run.node, snapshot))
        if teller is not None:
            return tuple(teller.tell(text[:_LINE_MOST]) for text in output.splitlines()[:_LINES_MOST])
    return ()


class _Teller:
    """Tells lines by the patterns of a context."""

    def __init__(self, context: Context, scene: Place) -> None:
        self._context = context
        self._scene = scene
        self._text = ""
        """The line that is told now."""
        self._entries = {entry.name: entry for entry in known_words(context)}

    def tell(self, text: str) -> OutputLine:
        """One line with its parts."""
        self._text = text
        says, parts = self._told(_collapsed(text), _DEEPEST)
        return OutputLine(text, says, tuple(sorted(parts, key=lambda part: part.at)))

    def _told(self, line: Word, depth: int) -> tuple[str, list[Part]]:
        """What a line is, and its parts; nothing where it is not known."""
        for pattern, says in self._context.patterns:
            spans = pattern.spans(line.value)
            if spans is not None and all(
                self._fits(self._entries[name], line.value[at:end]) for name, (at, end) in spans.items()
            ):
                return self._parts(line, pattern, says, spans, depth)
        return "", []

    def _fits(self, entry: Entry, text: str) -> bool:
        """Whether a text can stand in that place; what holds several words is looked at later."""
        kind = entry.slots[0].kind
        if not kind.startswith("{"):
            return kind == "again" or fits(kind, text)
        if kind.endswith("?") or " " in text:
            return True
        context = grammar()[kind.strip("{}")]
        return bool(context.operands) or any(find(known_words(context), word) for word in text.split(","))

    def _parts(
        self, line: Word, pattern: Pattern, says: str, spans: Mapping[str, tuple[int, int]], depth: int
    ) -> tuple[str, list[Part]]:
        parts: list[Part] = []
        for number, (name, _) in enumerate(pattern.parts):
            at, end = spans[name]
            entry, piece = self._entries[name], line.cut(at, end)
            if entry.says == _UNTOLD:
                continue
            kind = entry.slots[0].kind
            before, after = _beside(pattern.fixed[number], pattern.fixed[number + 1])
            whole = line.cut(at - before, end + after)
            if kind == "again" and depth:
                more, inner = self._told(piece, depth - 1)
                says = f"{says}\n{more}".strip()
                parts += inner or [self._part(piece, entry.says, "")]
            elif kind.startswith("{"):
                parts += self._words(piece, whole, entry)
            else:
                here = "" if kind == "again" else judge(kind, self._scene, piece.value).here
                parts.append(self._part(whole, entry.says, here))
        return says, parts

    def _words(self, piece: Word, whole: Word, entry: Entry) -> list[Part]:
        """One of some words, several of them, or words with values of their own; `whole` has what stands beside."""
        name = entry.slots[0].kind.strip("{}?")
        context = grammar()[name]
        words = known_words(context)
        only = find(words, piece.value)
        if only is not None and not only.slots:
            return [self._part(whole, only.says, "")]
        pieces = [piece.cut(match.start(), match.end()) for match in _WORD.finditer(piece.value)]
        if context.operands or any(each.slots for each in words):
            return _joined(explain_words_only(pieces, name, self._scene), self._text)
        known = [(each, found) for each in pieces if (found := find(words, each.value)) is not None]
        told = [self._part(each, found.says, "") for each, found in known]
        return told or [self._part(whole, context.says or entry.says, "")]

    def _part(self, word: Word, says: str, here: str) -> Part:
        return Part(word.at, word.end, word.value, "value", says, here, page=self._context.page)


class _RuleTeller:
    """Tells lines that are written as the tool's own command line is."""

    def __init__(self, tool: str, scene: Place) -> None:
        self._tool = tool
        self._scene = scene

    def tell(self, text: str) -> OutputLine:
        """One line with its parts."""
        line = _collapsed(text)
        if line.value.startswith("#") or not line.value:
            return OutputLine(text, "A comment." if line.value else "")
        words = [line.cut(match.start(), match.end()) for match in re.finditer(r"\S+", line.value)]
        is_inside = self._tool == "nft" and not line.value.startswith("table ")
        parts = _joined(explain_words_only(words, "nft block" if is_inside else self._tool, self._scene), text)
        return OutputLine(text, "A rule, as it would be typed." if parts else "", tuple(parts))


def _teller(run: Run, scene: Place) -> "_Teller | _RuleTeller | None":
    """Who tells the output of a run; None where no table has it."""
    tool = run.tool
    is_rules = (tool == "nft" and "list" in run.words) or (tool in _SHAPES and any(w in _RULES for w in run.words))
    if is_rules:
        return _RuleTeller(tool, scene)
    first = run.path.split(" ", maxsplit=1)[0]
    names = [f"output {tool} {_SHAPES.get(tool, first)}", f"output {tool}"]
    if tool == "ip" and any(word in _BRIEF for word in run.words):
        names = ["output ip brief"]
    name = next((name for name in names if name in grammar()), "")
    return _Teller(grammar()[name], scene) if name else None


def _collapsed(text: str) -> Word:
    """A line with one blank for several, and none at its ends; each character knows where it stood."""
    value = ""
    places: list[int] = []
    for match in re.finditer(r"\S+", text):
        if value:
            value += " "
            places.append(match.start() - 1)
        value += match[0]
        places += range(match.start(), match.end())
    return Word(value, places[0] if places else 0, places[-1] + 1 if places else 0, value, tuple(places))


def _beside(before: str, after: str) -> tuple[int, int]:
    """How many characters before a part, and behind it, say what it is: `ttl=63`, `id 76`, `2 received`."""
    words = before.rstrip(" ").rpartition(" ")[2].lstrip("([{<")
    is_name = any(char.isalnum() for char in words) and not set(")]}>") & set(words)
    if is_name and (words[-1].isalnum() or words[-1] in ":=/"):
        return len(words) + len(before) - len(before.rstrip(" ")), 0
    unit = _UNIT.match(after)
    is_its_own = unit is not None and after[unit.end() :][:2] not in {" ", "=", ":"}  # else it belongs to what follows
    return 0, unit.end() if unit and is_its_own else 0


def _joined(parts: list[Part], text: str) -> list[Part]:
    """A word with its value as one part: `state UP`; a value that says nothing belongs to what stands before it."""
    joined: list[Part] = []
    is_word_last = False
    for part in parts:
        if joined and part.role == "value" and (is_word_last or not part.says):
            first = joined[-1]
            whole = " ".join(text[first.at : part.end].split())
            says = "\n".join(filter(None, [first.says, part.says]))
            here = "\n".join(filter(None, [first.here, part.here]))
            joined[-1] = replace(first, end=part.end, text=whole, says=says, here=here)
        else:
            joined.append(part)
        is_word_last = part.role in {"word", "option"}
    return joined
