"""The commands that move a learner through lessons."""

from collections.abc import Iterable

from netshell.commands.context import Context
from netshell.commands.path import standings
from netshell.commands.views import (
    Answers,
    Catalogue,
    Hint,
    Learn,
    Solution,
    StandsIn,
    TypeSolution,
    Verdict,
    Verdicts,
    View,
    Words,
)
from netshell.errors import UserError
from netshell.lesson import library
from netshell.lesson.model import Script
from netshell.session import Session


def stands_in(session: Session, *, is_rebuilt: bool = False) -> StandsIn:
    """The step that a learner stands in, with what it asks."""
    return StandsIn(session.lesson, session.index, session.asking.shown(), session.fade, is_rebuilt)


async def go_on(context: Context, _argument: str) -> View:
    """Go to the next step, where this one lacks nothing."""
    session = context.lesson
    if question := session.question():
        return Words(question)
    if not session.is_done and (failure := await session.verdict()) is not None:
        return _lacks(session, failure.says)
    if reminder := session.reminder():
        return Words(reminder)
    if compared := await session.settle():
        return Answers(compared, goes_on=True)
    if session.ends_here:
        return _finish(context, session)
    await session.advance()
    return stands_in(session)


def _lacks(session: Session, says: str) -> View:
    """Why the learner cannot go on yet; at a ticket only that: the cause is what they are to find, or to ask for."""
    if session.step.is_ticket:
        return Words("It is not mended yet. (`:hint` helps, `:check` and `:why` look, `:skip` goes on without.)")
    return Verdict(f"{says} (`:hint` helps, `:skip` goes on without.)")


def _finish(context: Context, session: Session) -> View:
    following = _following(context, session)
    if session.is_finished and following:
        return Learn(following)
    session.finish()
    what = f"Enter or `:learn {following}` begins the next one." if following else "That was the last lesson."
    return Words(f"You have finished the lesson “{session.lesson.title}”. {what} `:quit` leaves.")


def _following(context: Context, session: Session) -> str:
    """The next lesson in the list that was never finished; empty where there is none."""
    done = {record.id for record in context.progress.all() if record.times_done}
    names = context.lessons
    later = names[names.index(session.lesson.id) + 1 :] if session.lesson.id in names else []
    return next((name for name in later if name not in done), "")


async def go_back(context: Context, argument: str) -> View:
    """Stand in the step before, or the one of that number, on a machine that is as it would be there."""
    session, number = context.lesson, argument.strip()
    if session.index == 0:
        raise UserError("This is the first step.", "`:reset` begins it anew.")
    if number and not (number.isascii() and number.isdigit() and 0 < int(number) <= session.index):
        raise UserError(f"`{number}` is no step before this one.", f"The steps before it are 1 to {session.index}.")
    await session.go_to(int(number) - 1 if number else session.index - 1)
    return stands_in(session, is_rebuilt=True)


async def skip(context: Context, _argument: str) -> View:
    """Leave the step undone."""
    session = context.lesson
    if session.is_last:
        return _finish(context, session)
    await session.advance()
    return stands_in(session)


async def reset(context: Context, _argument: str) -> View:
    """Begin the step anew on a fresh machine; without a lesson, the machine."""
    if context.session is None:
        await context.bench.reset(context.bench.topology)
        return Words("The machine is as it was at the start. Files under /root are still there.")
    await context.session.go_to(context.session.index)
    return stands_in(context.session, is_rebuilt=True)


async def hint(context: Context, _argument: str) -> View:
    """The next rung of help."""
    match context.lesson.help():
        case ("hint", prose):
            return Hint(prose)
        case ("solution", script):
            return await _explained(context, script)
        case (_, says):
            return Words(str(says))


async def solution(context: Context, argument: str) -> View:
    """The worked solution, or with `type` the same typed in the learner's place."""
    if argument not in {"", "type"}:
        raise UserError(f"`:solution` knows no word `{argument[:40]}`.", "`:solution type` types it for you.")
    match context.lesson.solution():
        case ("solution", script) if argument:
            return TypeSolution(script)
        case ("solution", script):
            return await _explained(context, script)
        case (_, says):
            return Words(str(says))


def solution_words(_context: Context) -> Iterable[str]:
    """What Tab offers."""
    return ["type"]


async def _explained(context: Context, script: Script) -> Solution:
    """The solution, with what each of its lines does in this network."""
    from netshell.explain.command import explain_command  # noqa: PLC0415 - its tables are read when somebody asks

    snapshot = await context.bench.look()
    said: list[str] = []
    for line in script:
        is_command = line.action in {"run", "look"}
        says = explain_command(line.text, snapshot, line.node).summary if is_command else ""
        said.append("" if says in said else says)
    return Solution(script, tuple(said))


async def check(context: Context, _argument: str) -> View:
    """What the step still lacks."""
    if not context.lesson.step.checks:
        return Words("There is nothing to do in this step but to read and to look: Enter goes on.")
    return Verdicts(tuple((verdict.holds, verdict.says) for verdict in await context.lesson.verdicts()))


async def answer(context: Context, argument: str) -> View:
    """An answer to what the step asks."""
    session = context.lesson
    compared = await session.answer(argument)
    following = next((asked for asked in session.asking.shown() if not (asked.said or asked.found)), None)
    return Answers((compared,), following, goes_on=session.has_had_all)


def answer_words(context: Context) -> Iterable[str]:
    """What Tab offers for an answer: the numbers of the choices."""
    waiting = context.session.asking.waiting if context.session is not None else None
    return [str(number) for number, _ in enumerate(waiting.choices, 1)] if waiting else []


async def show_task(context: Context, _argument: str) -> View:
    """The step's page once more."""
    return stands_in(context.lesson)


async def list_lessons(context: Context, _argument: str) -> View:
    """Every lesson, and how far the learner is."""
    return Catalogue(standings(library.catalogue(context.directories), context.progress))


async def learn(_context: Context, argument: str) -> View:
    """Begin a lesson, go on with it, or show by its free task that it is known."""
    name, _, option = argument.partition(" ")
    if not name:
        raise UserError("`:learn` needs the name of a lesson.", "`:lessons` lists them.")
    if option.strip() not in {"", "anew", "test"}:
        problem = f"`:learn` knows no word `{option.strip()[:40]}`."
        raise UserError(problem, f"`:learn {name} anew` begins it anew, `:learn {name} test` is its free task alone.")
    return Learn(name, is_anew=option.strip() == "anew", is_test=option.strip() == "test")


def lesson_names(context: Context) -> Iterable[str]:
    """What Tab offers for a lesson."""
    return context.lessons
