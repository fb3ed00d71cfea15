"""The proof that a lesson works: its solutions pass, nothing passes without them, and each mistake is told as such.

It plays the same session as a learner's.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from netshell.errors import UserError
from netshell.lesson.model import Lesson, Mistake, Script, Step
from netshell.progress import Progress
from netshell.session import Bench, PlayError, Session, play

_HOLDS_WITHIN_S = 10.0
_PLAY_WITHIN_S = 30.0
_MISTAKE_TIME_S = 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one step."""

    step: str
    line: int
    """Where it stands in the file."""
    faults: tuple[str, ...] = ()
    """Each with the line it is about, `line: message`; none where all is proved."""
    proved: int = 0
    """How many things were tried and held."""


class Proof:
    """Proves one lesson, with one seed, on one machine."""

    def __init__(self, bench: Bench, lesson: Lesson) -> None:
        self._bench = bench
        self._lesson = lesson
        self._session = Session(bench, lesson, Progress.open(None))
        self._has_begun = False

    async def steps(self) -> AsyncIterator[Result]:
        """The result of each step, in their order."""
        for index, step in enumerate(self._lesson.steps):
            faults: list[str] = []
            proved = 0
            try:
                async for fault in self._prove(index, step):
                    faults += [fault] if fault else []
                    proved += not fault
            except PlayError as error:
                faults.append(f"{error.line.line}: {error.problem} {error.remedy}")
            except UserError as error:
                faults.append(f"{step.line}: {error.problem}")
            yield Result(step.title, step.line, tuple(faults), proved)

    async def _stand_at(self, index: int) -> None:
        if self._has_begun:
            await self._session.go_to(index)
        else:
            self._has_begun = True
            await self._session.begin(index)

    async def _prove(self, index: int, step: Step) -> AsyncIterator[str]:
        """Empty for each thing that is as it should be, otherwise what is wrong."""
        await self._stand_at(index)
        if step.checks:
            verdict = await self._session.judge(step.checks)
            yield f"{step.line}: the checks hold before anything is done" if verdict is None else ""
        yield await self._solves(step.do, step, step.line) if step.do else ""
        for script in step.also:
            await self._stand_at(index)
            yield await self._solves(script, step, script[0].line if script else step.line)
        for mistake in step.wrong:
            await self._stand_at(index)
            yield await self._is_told(mistake)

    async def _solves(self, script: Script, step: Step, line: int) -> str:
        await play(self._bench, script, timeout_s=_PLAY_WITHIN_S)
        verdict = await self._until_holds(step)
        if verdict:
            return f"{line}: after the solution the checks do not hold: {verdict}"
        promised = [*self._lesson.keep, *step.keep]
        broken = await self._session.judge(promised) if promised else None
        return f"{line}: the solution breaks what must stay true: {broken.says}" if broken else ""

    async def _until_holds(self, step: Step) -> str:
        """Empty once the checks hold; the verdict where they do not in time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _HOLDS_WITHIN_S
        while True:
            verdict = await self._session.judge(step.checks)
            if verdict is None:
                return ""
            if loop.time() > end:
                return verdict.says
            await asyncio.sleep(0.02)

    async def _is_told(self, mistake: Mistake) -> str:
        await play(self._bench, mistake.do, timeout_s=_PLAY_WITHIN_S)
        typed = next((line.text for line in reversed(mistake.do) if line.action == "run"), "")
        loop = asyncio.get_running_loop()
        end = loop.time() + _MISTAKE_TIME_S
        outcome = await self._session.after_command(typed)
        while not outcome.messages and not outcome.is_done_now and loop.time() < end:
            await asyncio.sleep(0.02)
            outcome = await self._session.after_event()
        if outcome.is_done_now:
            return f"{mistake.line}: the mistake passes as a solution"
        if outcome.messages != (mistake.say,):
            told = " | ".join(outcome.messages) or "nothing"
            return f"{mistake.line}: the mistake should be told as “{mistake.say}”; told is: {told}"
        return ""
