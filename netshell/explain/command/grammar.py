"""What commands are made of: contexts with their words and values, as the tables in `data/` declare them.

A table is text, read when the first line is explained. `data/README` tells how it is written.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from netshell.explain.messages.pattern import Pattern, compile_pattern

_DATA = Path(__file__).parent / "data"
_HEAD = re.compile(r"\[(?P<names>[^\]]+)\](?P<flags>(?: \w[\w-]*(?:=\S+)?)*)(?: : (?P<says>.*))?")
_SLOT = re.compile(r"<(?P<name>[A-Za-z_]+):(?P<kind>\{[^}]+\}\??|[a-z-]+)>(?P<mark>[?.]?)")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value."""

    name: str
    kind: str
    """The kind of value (`values.KINDS`), or in braces the context that has the words allowed; `?`: others too."""
    is_optional: bool = False
    is_repeated: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A word that a context knows, with the values behind it; an operand has no word."""

    keys: tuple[str, ...]
    """How it is written. `~` before it: any beginning of it will do, as ip(8) reads words."""
    slots: tuple[Slot, ...]
    says: str
    leads: str = ""
    """The context that the words behind it are read in."""

    def matched(self, text: str) -> bool:
        """Whether a word is one of the ways to write it."""
        return any(key.lstrip("~") == text for key in self.keys if not self._is_joined(key))

    def joined_key(self, text: str) -> str:
        """The part of a word up to its value, where both are written as one: `+time=` of `+time=2`; or empty."""
        return next((key for key in self.keys if self._is_joined(key) and text.startswith(key)), "")

    def _is_joined(self, key: str) -> bool:
        """Whether the value follows without a blank: `+time=2`, `@192.0.2.1`, `--net=FILE`."""
        return bool(self.slots) and (key == "@" or (len(key) > 1 and key[-1] == "="))

    def begun(self, text: str) -> bool:
        """Whether a word is the beginning of one that may be shortened."""
        return bool(text) and any(key[0] == "~" and key[1:].startswith(text) for key in self.keys)

    @property
    def name(self) -> str:
        """The word in full, without dashes: what a summary calls it by."""
        return self.keys[0].lstrip("~-+").rstrip("=@")


@dataclass(frozen=True, slots=True)
class Summary:
    """A sentence for a whole command, and what must stand in the command for it to be the one."""

    needs: tuple[tuple[str, str], ...]
    words: str


@dataclass(slots=True)
class Context:
    """What may stand at one place of a command."""

    name: str
    page: str = ""
    """The man page that it comes from, with its section: `ip-route(8)`."""
    says: str = ""
    flags: frozenset[str] = frozenset()
    likes: tuple[str, ...] = ()
    """Contexts whose words are known here too."""
    words: list[Entry] = field(default_factory=list)
    operands: list[Entry] = field(default_factory=list)
    summaries: list[Summary] = field(default_factory=list)
    musts: list[tuple[tuple[str, ...], str]] = field(default_factory=list)
    """Values one of which must stand in the command, and what is said where none does."""
    patterns: list[tuple[Pattern, str]] = field(default_factory=list)
    """Lines of a program's output, each with what it is; their parts are told by the words of the context."""


def programs() -> list[str]:
    """The programs that there are tables for."""
    return [context.name for context in grammar().values() if "program" in context.flags]


def is_program(name: str) -> bool:
    """Whether there is a table for a program."""
    context = grammar().get(name)
    return context is not None and "program" in context.flags


def find(entries: Sequence[Entry], text: str) -> Entry | None:
    """The entry for a word: the one that is written so, else the first that begins so where that is allowed."""
    exact = next((entry for entry in entries if entry.matched(text) or entry.joined_key(text)), None)
    return exact or next((entry for entry in entries if entry.begun(text)), None)


def known_words(context: Context) -> list[Entry]:
    """The words of a context, then those of the contexts that it is like."""
    return [entry for each in with_likes(context) for entry in each.words]


def with_likes(context: Context) -> list[Context]:
    """A context and those that it is like."""
    found = [context]
    for each in found:
        found += [grammar()[name] for name in each.likes if grammar()[name] not in found]
    return found


class GrammarError(ValueError):
    """A table that is not written as `data/README` tells."""


@cache
def grammar() -> Mapping[str, Context]:
    """Every context by name; a program's own has the program's name."""
    contexts: dict[str, Context] = {}
    for path in sorted(_DATA.glob("*.txt")):
        contexts |= parse(path.read_text(encoding="utf-8"), path.name)
    return contexts


def parse(text: str, file: str) -> dict[str, Context]:
    """The contexts of one table. Raises GrammarError that names the line."""
    contexts: dict[str, Context] = {}
    here: list[Context] = []
    for number, line in _logical(text):
        try:
            if line.startswith("["):
                here = _head(line)
                contexts |= {context.name: context for context in here}
            else:
                for context in here:
                    _add(context, line)
        except ValueError as error:
            raise GrammarError(f"{file}:{number}: {error}: {line[:60]}") from None
    return contexts


def _add(context: Context, line: str) -> None:
    """Put a line into its context: a sentence for the whole, what must stand there, a line of output, or a word."""
    mark, rest = line[:2], line[2:]
    if mark == "= ":
        context.summaries.append(_summary(rest))
    elif mark == "! " and not rest.startswith(": "):
        names, _, says = rest.partition(" : ")
        context.musts.append((tuple(names.split("|")), says))
    elif mark == "> " and context.name.startswith("output "):
        text, _, says = rest.partition(" : ")
        context.patterns.append((compile_pattern(text), says))
    else:
        entry = _entry(line)
        (context.words if entry.keys else context.operands).append(entry)


def _logical(text: str) -> Iterator[tuple[int, str]]:
    """Lines without comments; what is indented goes on with the line before."""
    whole, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        if line.startswith("    "):
            whole = f"{whole} {line.strip()}"
            continue
        if whole:
            yield first, whole
        whole, first = line.rstrip(), number
    if whole:
        yield first, whole


def _head(line: str) -> list[Context]:
    match = _HEAD.fullmatch(line)
    if match is None:
        raise ValueError("no head of a context")
    pairs = [flag.partition("=") for flag in match["flags"].split()]
    page = next((value for name, _, value in pairs if name == "page"), "")
    likes = tuple(value.replace("_", " ") for name, _, value in pairs if name == "like")
    flags = frozenset(name for name, sign, _ in pairs if not sign)
    return [Context(name, page, match["says"] or "", flags, likes) for name in match["names"].split("|")]


def _summary(text: str) -> Summary:
    needs = []
    while text.startswith("?"):
        need, _, text = text.partition(" ")
        name, _, value = need[1:].partition("=")
        needs.append((name, value))
    return Summary(tuple(needs), text)


def _entry(line: str) -> Entry:
    syntax, colon, says = line.partition(" : ")
    if not colon or not says:
        raise ValueError("a word without a sentence")
    syntax, _, leads = syntax.partition(" -> ")
    slots = tuple(
        Slot(match["name"], match["kind"], match["mark"] == "?", match["mark"] == ".")
        for match in _SLOT.finditer(syntax)
    )
    words = _SLOT.sub(" ", syntax).split()
    if len(words) > 1:
        raise ValueError("more than one word")
    return Entry(_keys(words[0]) if words else (), slots, says.strip(), leads.strip())


def _keys(text: str) -> tuple[str, ...]:
    """`a|b` is two ways to write a word; what stands in back-quotes is taken as it is, as `|` itself has to be."""
    return tuple(text.split("`")[1::2]) if text.startswith("`") else tuple(text.split("|"))
