"""Tab completion: the lab's own names first, then what bash itself offers, asked inside the private machine.

It knows nothing of the screen that shows them.
"""

import asyncio
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Protocol

from netshell.facts import PC, Snapshot
from netshell.terminal.lab_words import Candidate, lab_words, unwrapped
from netshell.terminal.typed import UNSHOWN, Typed, Word, quoted, read

__all__ = ["Candidate", "Runner", "bash_words", "complete", "lab_words"]

TIME_LIMIT_S = 1.0
LONGEST_LINE = 1 << 14
"""Characters; a longer line is a paste, and nobody waits for its completion."""
_MOST_OUTPUT = 1 << 20
_ROOT = re.compile(r"(?P<tilde>~)(?=/)|\"?(?P<variable>\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\})(?=/)")
_COMMAND_NAME = re.compile(r"[\w.+/-]+", re.ASCII)
_NOT_A_WORD = re.compile(f"[{UNSHOWN}$`;|&<>()]")


class Finished(Protocol):
    """A program that ran to its end."""

    @property
    def output(self) -> bytes:
        """What it printed."""


class Runner(Protocol):
    """What completion needs of the private machine."""

    async def run(self, argv: list[str], *, node: str | None, cwd: str, timeout_s: float) -> Finished:
        """Run a program there to its end, on a node (None: the PC); after `timeout_s` it is killed."""


async def complete(before: str, *, machine: Runner, snapshot: Snapshot, node: str, cwd: str) -> list[Candidate]:
    """Everything that fits at the end of `before`, typed at a terminal on `node` in directory `cwd`."""
    if len(before) > LONGEST_LINE:
        return []
    _, runs_on = unwrapped(read(before), node)
    known = snapshot.node(runs_on)
    there = runs_on if known is not None and known.is_enterable else node
    found = lab_words(before, snapshot, node) + await bash_words(before, machine=machine, node=there, cwd=cwd)
    unique: dict[str, Candidate] = {}
    for candidate in found:
        unique.setdefault(before[: candidate.start_offset] + candidate.text, candidate)
    return list(unique.values())


async def bash_words(before: str, *, machine: Runner, node: str, cwd: str) -> list[Candidate]:
    """What bash offers, with bash-completion where that is installed; nothing where it takes longer than a second."""
    typed, _ = unwrapped(read(before), node)
    if typed.place == "nothing" or (typed.place == "command" and not before.strip()):
        return []
    argv = ["bash", "--norc", "--noprofile", "-c", _script(), "complete", *_question(typed)]
    try:
        async with asyncio.timeout(TIME_LIMIT_S):
            done = await machine.run(argv, node=None if node == PC else node, cwd=cwd, timeout_s=TIME_LIMIT_S * 0.9)
    except (OSError, TimeoutError):
        return []
    return answers(typed, done.output)


@cache
def _script() -> str:
    """The bash side. It goes in as an argument: the private machine may not see the directory it lies in."""
    return Path(__file__).with_name("complete.bash").read_text(encoding="utf-8")


def _question(typed: Typed) -> list[str]:
    """The script's arguments: MODE ROOT REST [LINE CWORD WORD...]."""
    word = typed.current
    if typed.place == "variable":
        return ["variable", "", word.raw[_variable_start(word) :].lstrip("${")]
    piece = word.last_piece()
    if typed.place == "user":
        return ["user", "", piece.raw[1:]]
    if typed.place == "command":
        piece = word
    root = _root(piece)
    where = [root, piece.value[len(root) :]]
    if typed.place != "argument":
        return [typed.place, *where]
    if not is_programmable(typed):
        return ["file", *where]
    words = (*typed.words[:-1], _with_plain_quotes(word, piece))
    pieces = [words[0].raw, *(part for one in words[1:] for part in one.pieces)]
    line = " ".join(one.raw for one in words)
    return ["words", *where, line, str(len(pieces) - 1), *pieces]


def _with_plain_quotes(word: Word, piece: Word) -> Word:
    """The word with its last piece behind one single quote, if it has any quoting.

    Outside of readline bash-completion takes that form right, and `"` and backslashes wrong.
    """
    if piece.raw == piece.value or "'" in piece.value:
        return word
    return replace(word, raw=f"{word.raw[: len(word.raw) - len(piece.raw)]}'{piece.value}", quote="'")


def is_programmable(typed: Typed) -> bool:
    """Whether completion functions may see the words.

    Some of them evaluate what they are given (bash-completion 2.11: `cat '$(rm x)` and Tab would run it); so they
    never get a word that a shell could act on, quoted or not.
    """
    return _COMMAND_NAME.fullmatch(typed.words[0].raw) is not None and all(word.is_tame for word in typed.words)


def answers(typed: Typed, output: bytes) -> list[Candidate]:
    """The script's output as candidates. Whatever the bytes are, none of them holds a control character."""
    if len(output) > _MOST_OUTPUT:
        output = output[: output.rfind(b"\0", 0, _MOST_OUTPUT) + 1]
    kind, *records = output.decode("utf-8", "surrogateescape").split("\0")[:-1] or [""]
    word = typed.current
    if typed.place == "variable":
        start = word.start + _variable_start(word)
        form = "${%s}" if word.raw[start - word.start :].startswith("${") else "$%s"
        return [Candidate(form % name, start, ends_word=False) for name in records if name.isidentifier()]
    piece = word if typed.place == "command" else word.last_piece()
    if typed.place == "user":
        names = (name for name in records if not _NOT_A_WORD.search(name))
        return [Candidate(f"~{name}/", piece.start, ends_word=False) for name in names]
    make = _file if kind.startswith("files") else _word
    found = (make(piece, record, ends_word="nospace" not in kind) for record in records)
    return list(dict.fromkeys(candidate for candidate in found if candidate is not None))


def _variable_start(word: Word) -> int:
    return word.raw.rindex("$")


def _root(piece: Word) -> str:
    """The `~` or `$NAME` that a path begins with, which the shell expands and which stays as it was typed."""
    match = _ROOT.match(piece.raw)
    return (match["tilde"] or match["variable"]) if match else ""


def _file(piece: Word, name: str, *, ends_word: bool) -> Candidate | None:
    root = _root(piece)
    rest = name.removeprefix(root) if name.startswith(f"{root}/") else name
    is_directory = name.endswith("/")
    text = quoted(rest, piece.quote, root=root, is_whole=not is_directory)
    if text is None:
        return None
    own_name = name.rstrip("/").rpartition("/")[2] + "/" * is_directory
    shown = quoted(own_name) if _NOT_A_WORD.search(own_name) else own_name
    return Candidate(text, piece.start, shown=shown or "", ends_word=ends_word and not is_directory)


def _word(piece: Word, record: str, *, ends_word: bool) -> Candidate | None:
    """A word as the completion gave it: it is inserted as it is, so one that a shell would act on is left out."""
    text = record.rstrip(" ")
    if not text or _NOT_A_WORD.search(text) or (piece.quote and piece.quote in text):
        return None
    return Candidate(piece.quote + text + piece.quote, piece.start, ends_word=ends_word and not text.endswith("="))
