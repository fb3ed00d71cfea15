"""A lesson in a session on a private machine of its own, for tests of what a session takes as done, and says."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from inside import apart

from netshell.launch import launch
from netshell.lesson.compiled import lesson_from
from netshell.lesson.model import Lesson
from netshell.lesson.reader import read_lesson
from netshell.progress import Progress
from netshell.session import Bench, Outcome, Session, ran_in


def lesson_of(text: str) -> Lesson:
    """The lesson of a text in which nothing is wrong, as the seed 0 draws it."""
    path = Path("lesson.md")
    compiled, faults = read_lesson(text, path.name)
    assert faults.in_order() == ()
    return lesson_from(compiled, path, 0)


def in_lesson(
    text: str, scenario: Callable[[Session], Awaitable[None]], *, step: int = 0, store: Path | None = None
) -> None:
    """Play a scenario at a step, counted from 0; the record is kept in `store`, or nowhere."""
    lesson = lesson_of(text)

    async def main() -> None:
        bench = Bench(launch(has_shared_directory=False))
        bench.attach()
        with Progress.open(store) as progress:
            progress.begin(lesson.id, 0)
            session = Session(bench, lesson, progress)
            try:
                await session.begin(step)
                await scenario(session)
            finally:
                bench.close()

    apart(lambda: asyncio.run(main()))


async def typed(session: Session, line: str, terminal: str = "pc") -> Outcome:
    """Type a line there, and hear what the session has to say once bash prompts again."""
    there = await session.bench.terminal(terminal)
    there.feed(line)
    await there.until_prompt()
    return await session.after_command(ran_in(there, line))
