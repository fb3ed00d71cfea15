"""netshell's own commands, the ones that begin with a colon: one table of name, help and what each gives.

A command gives values; showing them is somebody else's.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeAlias

from netshell.errors import UserError
from netshell.explain.changes import Said
from netshell.facts import PC, Snapshot
from netshell.lesson.library import Entry
from netshell.lesson.model import Lesson, Prose, Script
from netshell.progress import Progress
from netshell.session import Bench, Session


@dataclass(frozen=True, slots=True)
class Words:
    """Something to say."""

    says: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the step still lacks."""

    says: str


@dataclass(frozen=True, slots=True)
class Done:
    """The step is done."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One rung of help."""

    prose: Prose


@dataclass(frozen=True, slots=True)
class Solution:
    """The last rung."""

    script: Script


@dataclass(frozen=True, slots=True)
class Map:
    """The machine as it is now, and where the author wants the nodes to stand."""

    snapshot: Snapshot
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since the step began."""

    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Manual:
    """Names and what they do."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The lessons, and how far the learner is in each."""

    rows: tuple[tuple[Entry, str, bool], ...]
    """Each with how far the learner is in it (empty where it was never begun), and whether it was done once."""


@dataclass(frozen=True, slots=True)
class StandsIn:
    """The learner stands in a step: show it."""

    lesson: Lesson
    index: int


@dataclass(frozen=True, slots=True)
class GoTo:
    """Choose a terminal; opened where it is not there."""

    terminal: str


@dataclass(frozen=True, slots=True)
class Learn:
    """Begin, or go on with, a lesson."""

    lesson: str
    is_anew: bool = False


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave netshell."""


View: TypeAlias = (
    Words | Verdict | Done | Hint | Solution | Map | Changes | Manual | Catalogue | StandsIn | GoTo | Learn | Quit
)


@dataclass(slots=True)
class Context:
    """What commands work on."""

    bench: Bench
    progress: Progress
    lessons: tuple[Entry, ...]
    session: Session | None = None
    """None where the machine is used without a lesson."""
    terminal: str = PC
    """The one in front."""

    @property
    def lesson(self) -> Session:
        """The session, for commands that need one."""
        if self.session is None:
            raise UserError(
                "There is no lesson here: this is the machine alone.",
                "`:learn LESSON` begins one; `:lessons` lists them.",
            )
        return self.session


Handler: TypeAlias = Callable[[Context, str], Awaitable[View]]


@dataclass(frozen=True, slots=True)
class Command:
    """One of netshell's own commands."""

    name: str
    says: str
    handler: Handler
    argument: str = ""
    """How its argument is called in the help; empty where it takes none."""
    words: Callable[[Context], Iterable[str]] = lambda _: ()
    """What Tab offers for the argument."""


async def _help(context: Context, _argument: str) -> View:
    shown = [c for c in COMMANDS.values() if context.session is not None or c.name not in _LESSON_COMMANDS]
    pairs = [(f":{c.name} {c.argument}".rstrip(), c.says) for c in shown]
    return Manual((*pairs, *KEYS))


async def _next(context: Context, _argument: str) -> View:
    session = context.lesson
    if not session.is_done and (failure := await session.verdict()) is not None:
        return Verdict(f"{failure.says} (`:hint` helps, `:skip` goes on without.)")
    if session.is_last:
        return _finish(context, session)
    await session.advance()
    return StandsIn(session.lesson, session.index)


def _finish(context: Context, session: Session) -> View:
    session.finish()
    done = {record.id for record in context.progress.all() if record.times_done}
    names = [entry.id for entry in context.lessons]
    later = names[names.index(session.lesson.id) + 1 :] if session.lesson.id in names else []
    following = next((name for name in later if name not in done), "")
    what = f"`:learn {following}` begins the next one, {following}." if following else "That was the last lesson."
    return Words(f"You have finished the lesson “{session.lesson.title}”. {what} `:quit` leaves.")


async def _back(context: Context, _argument: str) -> View:
    session = context.lesson
    if session.index == 0:
        raise UserError("This is the first step.", "`:reset` begins it anew.")
    await session.go_to(session.index - 1)
    return StandsIn(session.lesson, session.index)


async def _skip(context: Context, _argument: str) -> View:
    session = context.lesson
    if session.is_last:
        return _finish(context, session)
    await session.advance()
    return StandsIn(session.lesson, session.index)


async def _reset(context: Context, _argument: str) -> View:
    if context.session is None:
        await context.bench.reset(context.bench.topology)
        return Words("The machine is as it was at the start. Files under /root are still there.")
    await context.session.go_to(context.session.index)
    return StandsIn(context.session.lesson, context.session.index)


async def _hint(context: Context, _argument: str) -> View:
    match context.lesson.help():
        case ("hint", prose):
            return Hint(prose)
        case ("solution", script):
            return Solution(script)
        case (_, says):
            return Words(str(says))


async def _solution(context: Context, _argument: str) -> View:
    match context.lesson.solution():
        case ("solution", script):
            return Solution(script)
        case (_, says):
            return Words(str(says))


async def _check(context: Context, _argument: str) -> View:
    if not context.lesson.step.checks:
        return Words("There is nothing to do in this step but to read and to look: Enter goes on.")
    failure = await context.lesson.verdict()
    return Done() if failure is None else Verdict(failure.says)


async def _map(context: Context, _argument: str) -> View:
    snapshot = await context.bench.kernel.snapshot()
    return Map(snapshot, context.bench.topology.places())


async def _changes(context: Context, _argument: str) -> View:
    return Changes(await context.bench.changes_since_mark())


async def _term(context: Context, argument: str) -> View:
    return GoTo(argument or context.bench.new_terminal_name(PC))


async def _terms(context: Context, _argument: str) -> View:
    def row(name: str) -> tuple[str, str]:
        terminal = context.bench.terminals[name]
        what = f"{terminal.program()} is running" if terminal.is_busy else f"at its prompt on {terminal.where}"
        return f":term {name}", f"{what}{' · in front' if name == context.terminal else ''}"

    return Manual(tuple(row(name) for name in context.bench.terminals))


async def _lessons(context: Context, _argument: str) -> View:
    return Catalogue(progress_rows(context.lessons, context.progress))


def progress_rows(entries: Iterable[Entry], progress: Progress) -> tuple[tuple[Entry, str, bool], ...]:
    """Each lesson, how far the learner is in it, and whether it was done once."""
    records = {record.id: record for record in progress.all()}

    def row(entry: Entry) -> tuple[Entry, str, bool]:
        record = records.get(entry.id)
        if record is None:
            return entry, "", False
        where = "done" if record.done_at is not None else f"at step {record.index + 1}"
        return entry, where, record.times_done > 0

    return tuple(row(entry) for entry in entries)


async def _learn(_context: Context, argument: str) -> View:
    name, _, option = argument.partition(" ")
    if not name:
        raise UserError("`:learn` needs the name of a lesson.", "`:lessons` lists them.")
    return Learn(name, is_anew=option.strip() == "anew")


async def _quit(_context: Context, _argument: str) -> View:
    return Quit()


def _node_names(context: Context) -> Iterable[str]:
    return sorted({*context.bench.snapshot.nodes, *context.bench.terminals})


def _lesson_names(context: Context) -> Iterable[str]:
    return [entry.id for entry in context.lessons]


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command("help", "this list", _help),
        Command("next", "go on (Enter on an empty line does the same)", _next),
        Command("hint", "the next hint for this step", _hint),
        Command("solution", "the worked solution of this step", _solution),
        Command("check", "what this step still lacks", _check),
        Command("map", "draw the machine as it is now", _map),
        Command("changes", "all that has changed since the step began", _changes),
        Command("term", "a terminal on NODE, or a further one on the PC", _term, "[NODE]", _node_names),
        Command("terms", "the terminals there are", _terms),
        Command("back", "the step before, with its machine", _back),
        Command("skip", "leave this step undone and go on", _skip),
        Command("reset", "begin this step anew, on a fresh machine", _reset),
        Command("lessons", "the lessons, and how far you are", _lessons),
        Command("learn", "begin LESSON, or go on with it (`anew`: from its start)", _learn, "LESSON", _lesson_names),
        Command("quit", "leave; your progress is kept", _quit),
    )
}
_LESSON_COMMANDS = frozenset({"next", "hint", "solution", "check", "back", "skip"})
KEYS = (
    ("Ctrl-]", "leave a running program where it is, and come back here"),
    ("Tab", "complete a command, a file, or one of the lab's own names"),
)


def is_own(line: str) -> bool:
    """Whether a line is netshell's: a colon and a letter. Bash has a `:` of its own, as in `: > file`."""
    return re.match(r"\s*:(?:[A-Za-z?]|\s*$)", line) is not None


async def run(context: Context, line: str) -> View:
    """Carry out a line that begins with a colon. Raises UserError where there is no such command."""
    name, _, argument = line.strip().removeprefix(":").partition(" ")
    command = COMMANDS.get(name) or (COMMANDS["help"] if name in {"", "?"} else _abbreviated(name))
    return await command.handler(context, argument.strip())


def _abbreviated(name: str) -> Command:
    fitting = [command for command in COMMANDS.values() if name and command.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    close = [command.name for command in fitting] or get_close_matches(name, COMMANDS, n=2, cutoff=0.5)
    remedy = f"Did you mean {' or '.join(f'`:{near}`' for near in close)}?" if close else "`:help` lists them."
    raise UserError(f"There is no command `:{name}`.", remedy)
