"""One simple command, word by word: each word is looked up in the context that the words before it led to.

It knows nothing of pipes and loops: `line` does.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from netshell.explain.command.filters import explain_filter
from netshell.explain.command.grammar import (
    Context,
    Entry,
    Slot,
    find,
    grammar,
    is_program,
    known_words,
    programs,
    with_likes,
)
from netshell.explain.command.kinds import fits, judge
from netshell.explain.command.part import Part, Role
from netshell.explain.command.summary import filled_summary
from netshell.explain.command.values import Place
from netshell.explain.command.word import Word
from netshell.explain.messages.scene import did_you_mean

_PIECE = re.compile(r'"[^"]*"?|[{}();,!]|[^\s{}();,!"]+')
_ALIKE = 0.6
"""A mistyped `vai` is `via`: words of a language are further apart than the names of a lab."""
_ADDRESS_LIKE = re.compile(r"[0-9A-Fa-f]*[.:/][0-9A-Fa-f.:/]+")
_ADDRESSES = frozenset({"address", "cidr", "network", "host"})
_WORDS_MOST = 300
"""Words of one command that are read: a screen holds no more."""
OUTER = frozenset({"into", "onto", "lines"})
"""What bash does around a command: the file that its output goes into, and that lines follow for it to read."""
DEEPEST = 8
"""Commands inside commands that are followed."""


@dataclass
class Told:
    """What came of one command."""

    parts: list[Part] = field(default_factory=list)
    summary: str = ""


Script = Callable[[str, int, Place, int], Told]
"""Explains a text that is a line of bash again: the text, its offset, where it runs, and its depth."""


def explain_words(
    words: Sequence[Word], scene: Place, depth: int, script: Script, slots: Mapping[str, str] | None = None
) -> Told:
    """A simple command: its program, and what stands behind it.

    `slots` is what the summary may use beside the command's own words: where its output goes.
    """
    name = words[0].value.rpartition("/")[2]
    if not is_program(name):
        return _unknown_program(words, name, depth)
    context = grammar()[name]
    walk = _Walk(context, scene, depth, script, slots)
    first = words[0]
    walk.add(first, "program", context.says)
    rest = [piece for word in words[1:] for piece in (_pieces(word) if "split" in context.flags else [word])]
    return walk.through(rest)


def explain_rest(words: Sequence[Word], context: str, scene: Place, script: Script) -> list[Part]:
    """Words that are read in a context from their first on; those that it does not know are left out."""
    known = grammar()[context]
    pieces = [piece for word in words for piece in (_pieces(word) if "split" in known.flags else [word])]
    told = _Walk(known, scene, 0, script).through(pieces)
    return [replace(part, trouble="") for part in told.parts if part.role != "unknown"]


def _unknown_program(words: Sequence[Word], name: str, depth: int) -> Told:
    says = "A variable: bash puts the program's name in." if "$" in name else ""
    trouble = (
        "" if says else f"netshell has no words for this program. {did_you_mean(name, programs(), _ALIKE)}".strip()
    )
    first = Part(words[0].at, words[0].end, words[0].text, "unknown", says, trouble=trouble, depth=depth)
    return Told([first, *(Part(word.at, word.end, word.text, "unknown", "", depth=depth) for word in words[1:])])


def _pieces(word: Word) -> list[Word]:
    """The pieces of a word of a language of its own, such as nft's, which is often quoted as a whole."""
    return [word.cut(match.start(), match.end()) for match in _PIECE.finditer(word.value)]


class _Walk:
    """One command while it is read, from left to right."""

    def __init__(
        self, context: Context, scene: Place, depth: int, script: Script, slots: Mapping[str, str] | None = None
    ) -> None:
        self._context = context
        self._scene = scene
        self._depth = depth
        self._script = script
        self._page = context.page
        self._operand = 0
        self._words: list[Word] = []
        self._at = 0
        self._has_options = True
        self._filter: list[Word] = []
        self._slots: dict[str, str] = dict(slots or {})
        self._deepest: list[Context] = [context]
        self._told = Told()

    def add(self, word: Word, role: Role, says: str, *, here: str = "", trouble: str = "") -> None:
        """Note what a word means."""
        self._told.parts.append(Part(word.at, word.end, word.text, role, says, here, trouble, self._page, self._depth))

    def through(self, words: list[Word]) -> Told:
        """Read all words behind the program's name."""
        self._words = words = words[:_WORDS_MOST]
        while self._at < len(words):
            word = words[self._at]
            self._at += 1
            self._word(word)
        if self._filter:
            parts, summary = explain_filter(self._filter, self._scene, self._depth)
            self._told.parts += parts
            self._slots["filter"] = summary
        self._notice_missing()
        self._told.parts.sort(key=lambda part: (part.at, part.depth))
        is_whole = not any(part.role == "unknown" or part.trouble for part in self._told.parts)
        if is_whole:
            self._told.summary = filled_summary(self._deepest, self._slots)
        return self._told

    def _notice_missing(self) -> None:
        """A value that must stand here, and does not. What options ask for is not looked at: `--help` needs nothing."""
        if any(part.trouble for part in self._told.parts):
            return
        for names, says in self._context.musts:
            if not any(name in self._slots for name in names):
                self._told.parts[-1] = replace(self._told.parts[-1], trouble=says)
                return
        if "getopt" in self._context.flags:
            return
        operands = [entry for context in with_likes(self._context) for entry in context.operands]
        slots = (operand.slots[0] for operand in operands[self._operand :])
        missing = next((slot for slot in slots if not (slot.is_optional or slot.is_repeated)), None)
        if missing is not None:
            self._lacking(missing)

    def _word(self, word: Word) -> None:
        is_option = self._has_options and word.value.startswith("-") and len(word.value) > 1
        is_getopt = "getopt" in self._context.flags
        if is_getopt and word.value == "--" and self._has_options:
            self._has_options = False
            self.add(word, "option", "Here the options end: what follows is taken as it stands.")
        elif (entry := self._known(word.value)) is not None and (self._has_options or not is_option):
            self._take(entry, word)
        elif is_getopt and is_option and self._options(word):
            pass
        elif (operand := self._next_operand(word)) is not None:
            self._value(operand.slots[0], word, operand.says)
            if operand.leads:
                self._enter(operand.leads)
        else:
            self._unknown(word)

    def _known(self, text: str) -> Entry | None:
        return find(known_words(self._context), text)

    def _take(self, entry: Entry, word: Word) -> None:
        """A word of the context, with its values."""
        if key := entry.joined_key(word.value):
            self.add(word.cut(0, len(key)), "option", entry.says)
            rest = word.cut(len(key), len(word.value))
            self._slots.setdefault(entry.name, "")
            if rest.value:
                self._value(entry.slots[0], rest, "")
            return
        self.add(word, "option" if word.value.startswith(("-", "+")) else "word", self._in_full(entry, word))
        self._slots.setdefault(entry.name, "")
        self._values(entry)
        if entry.leads:
            self._enter(entry.leads)

    def _in_full(self, entry: Entry, word: Word) -> str:
        """The sentence, with the whole word in front where only its beginning was typed."""
        return entry.says if entry.matched(word.value) else f"Short for `{entry.keys[0].lstrip('~')}`. {entry.says}"

    def _enter(self, name: str) -> None:
        self._context = grammar()[name]
        self._page = self._context.page or self._page
        self._operand = 0
        if "split" in self._context.flags:
            self._words[self._at :] = [piece for word in self._words[self._at :] for piece in _pieces(word)]
        self._deepest.append(self._context)

    def _values(self, entry: Entry) -> None:
        """The values behind a word."""
        for slot in entry.slots:
            if slot.is_optional and not self._is_wanted(slot):
                continue
            if self._at >= len(self._words):
                self._lacking(slot)
                return
            word = self._words[self._at]
            self._at += 1
            self._value(slot, word, "")

    def _is_wanted(self, slot: Slot) -> bool:
        """Whether the next word is the value that may stand here."""
        if self._at >= len(self._words):
            return False
        text = self._words[self._at].value
        if slot.kind.startswith("{"):
            return _choice(slot, text) is not None
        return self._known(text) is None and not text.startswith("-") and fits(slot.kind, text)

    def _lacking(self, slot: Slot) -> None:
        last = self._told.parts[-1]
        if not last.trouble:
            self._told.parts[-1] = replace(last, trouble=f"Something should follow: {slot.name.upper()}.")

    def _next_operand(self, word: Word) -> Entry | None:
        """What stands at this place without a word before it."""
        operands = [entry for context in with_likes(self._context) for entry in context.operands]
        for number in range(self._operand, len(operands)):
            slot = operands[number].slots[0]
            if slot.is_optional and not (
                _choice(slot, word.value) if slot.kind.startswith("{") else _fits_operand(slot, word.value)
            ):
                continue
            self._operand = number if slot.is_repeated else number + 1
            return operands[number]
        return None

    def _value(self, slot: Slot, word: Word, says: str) -> None:
        """A value, in the place that asks for it."""
        if slot.kind == "command":
            self._command(word)
        elif slot.kind == "script":
            self._inner_line(word)
        elif slot.kind == "filter":
            self._filter.append(word)
        elif slot.kind.startswith("{"):
            self._choose(slot, word)
        else:
            judged = judge(slot.kind, self._scene, word.value)
            self.add(word, "value", says, here=judged.here, trouble=judged.trouble)
            self._keep(slot, word.value)

    def _keep(self, slot: Slot, value: str) -> None:
        known = self._slots.get(slot.name)
        self._slots[slot.name] = f"{known} {value}" if slot.is_repeated and known else value
        if slot.name == "at":
            self._scene = replace(self._scene, node=value)

    def _choose(self, slot: Slot, word: Word) -> None:
        """A value that is one of some words."""
        entry = _choice(slot, word.value)
        self._keep(slot, word.value)
        if entry is not None:
            self.add(word, "value", self._in_full(entry, word))
            self._values(entry)
            if entry.leads:
                self._enter(entry.leads)
        elif slot.kind.endswith("?"):
            self.add(word, "value", grammar()[slot.kind.strip("{}?")].says)
        else:
            self._unknown(word, grammar()[slot.kind.strip("{}?")])

    def _command(self, word: Word) -> None:
        """All that follows is a command of its own."""
        rest = [word, *self._words[self._at :]]
        self._at = len(self._words)
        if self._depth >= DEEPEST:
            self._told.parts += [Part(w.at, w.end, w.text, "unknown", "", depth=self._depth) for w in rest]
            return
        outer = {name: value for name, value in self._slots.items() if name in OUTER}
        inner = explain_words(rest, self._scene, self._depth + 1, self._script, outer)
        self._told.parts += inner.parts
        self._slots["command"] = inner.summary

    def _inner_line(self, word: Word) -> None:
        """The text is a command line for a shell."""
        places = word.places
        is_straight = bool(places) and places == tuple(range(places[0], places[0] + len(places)))
        self.add(word, "value", "The command line that is to be run.")
        if is_straight and self._depth < DEEPEST:
            inner = self._script(word.value, places[0], self._scene, self._depth + 1)
            self._told.parts += inner.parts
            self._slots["command"] = inner.summary

    def _options(self, word: Word) -> bool:
        """Options as getopt(3) reads them: `-lnv` is three, `-c1` has its value at once, `--port=80` too."""
        if word.value.startswith("--"):
            return self._long_option(word)
        entries = known_words(self._context)
        place = 1
        taken: list[tuple[Entry, int]] = []
        while place < len(word.value):
            key = f"-{word.value[place]}"
            entry = next((each for each in entries if key in each.keys), None)
            if entry is None:
                if not taken:
                    return False
                self._cluster(word, taken)
                self._unknown(word.cut(place, len(word.value)))
                return True
            taken.append((entry, place))
            place += 1
            if entry.slots:
                break
        self._cluster(word, taken)
        last = taken[-1][0]
        if last.slots and place < len(word.value):
            self._value(last.slots[0], word.cut(place, len(word.value)), "")
        else:
            self._values(last)
        if last.leads:
            self._enter(last.leads)
        return True

    def _cluster(self, word: Word, taken: list[tuple[Entry, int]]) -> None:
        for number, (entry, place) in enumerate(taken):
            letter = word.cut(place - (number == 0), place + 1)
            self.add(letter._replace(text=f"-{word.value[place]}"), "option", entry.says)
            self._slots.setdefault(entry.name, "")

    def _long_option(self, word: Word) -> bool:
        name, sign, _ = word.value.partition("=")
        entries = known_words(self._context)
        fitting = [each for each in entries if any(key.startswith(name) for key in each.keys)]
        exact = next((each for each in entries if name in each.keys), None)
        entry = exact or (fitting[0] if len(fitting) == 1 and len(name) > 2 else None)
        if entry is None:
            return False
        self.add(word.cut(0, len(name) + len(sign)), "option", entry.says)
        self._slots.setdefault(entry.name, "")
        if sign and entry.slots:
            self._value(entry.slots[0], word.cut(len(name) + 1, len(word.value)), "")
        elif not sign:
            self._values(entry)
        return True

    def _unknown(self, word: Word, context: Context | None = None) -> None:
        if "$" in word.value or "`" in word.value:
            self.add(word, "value", "bash puts something in here first; what it is, only bash knows.")
            return
        entries = known_words(self._context) if context is None else context.words
        keys = [key.lstrip("~").rstrip("=@") for entry in entries for key in entry.keys]
        trouble = f"netshell does not know this word here. {did_you_mean(word.value, keys, _ALIKE)}".strip()
        self.add(word, "unknown", "", trouble=trouble)


def _fits_operand(slot: Slot, text: str) -> bool:
    """Whether a word belongs to an operand that may be missing: an address with a slip in it is meant as one."""
    is_meant = slot.kind in _ADDRESSES and _ADDRESS_LIKE.fullmatch(text) is not None
    return is_meant or slot.kind in {"command", "filter", "script"} or fits(slot.kind, text)


def _choice(slot: Slot, text: str) -> Entry | None:
    return find(known_words(grammar()[slot.kind.strip("{}?")]), text)
