"""Many steps proved at once, each by a process with a machine of its own; results come back in the lessons' order.

It knows nothing of how a step is proved, nor of how results are shown.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add
from typing import TypeAlias

from netshell.author.trial import Fault, Result, Task, Trial
from netshell.author.worker import BrokenMachineError, start_worker
from netshell.errors import MachineError, UserError
from netshell.helper import Helper
from netshell.lesson.model import Lesson, Step


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, and how much is tried."""

    timeout_s: float = 15.0
    """A line, and the checks after the last one."""
    step_timeout_s: float = 120.0
    """Each way to play a step, with all that comes before it."""
    is_mutated: bool = False
    """Whether solutions are also tried with another address or node."""


@dataclass(eq=False)
class Run:
    """One lesson with one seed."""

    lesson: Lesson
    seed: int
    is_first: bool = True
    """Whether it is the lesson's first seed: what does not hang on addresses is tried with it alone."""
    results: dict[int, Result] = field(default_factory=dict)
    """By the step's place, counted from 0."""
    stuck_at: int | None = None
    """The first step that could not be played to its end: those after it are not tried."""

    def is_wanted(self, index: int) -> bool:
        """Whether a step's result can still be told."""
        return self.stuck_at is None or index <= self.stuck_at

    def take(self, index: int, result: Result) -> None:
        """A step has been proved."""
        self.results[index] = result
        if result.is_stuck and self.is_wanted(index):
            self.stuck_at = index


Progress: TypeAlias = Callable[[int, int, Sequence[str]], None]
"""Called when a step begins or ends: how many are done, of how many, and the names of those that are tried now."""


class Workers:
    """Processes that wait for steps to prove; to be made before anything heavy is imported."""

    def __init__(self, count: int) -> None:
        self._all: list[Helper] = []
        try:
            for _ in range(count):
                self._all.append(start_worker())
        except BaseException:
            self.close()
            raise
        self._idle = list(self._all)
        self._free = asyncio.Semaphore(count)

    def __len__(self) -> int:
        return len(self._all)

    async def prove(self, lesson: Lesson, index: int, limits: Limits, *, is_thorough: bool = True) -> Result:
        """The result of one step, by as many processes as are free. One that takes too long is ended, and another
        takes its place. What does not hang on addresses is left out unless `is_thorough`.

        Raises MachineError where this computer refuses to make a machine.
        """
        task = Task(lesson, index, timeout_s=limits.timeout_s, is_mutated=limits.is_mutated, is_thorough=is_thorough)
        tickets = range(len(lesson.steps[index].tickets) or 1)
        found = await asyncio.gather(*(self._prove(replace(task, ticket=ticket), limits) for ticket in tickets))
        return reduce(add, found)

    async def _prove(self, task: Task, limits: Limits) -> Result:
        """The result of one step, of a ticket with one of its faults."""
        result = await self._try(task, limits)
        ways = (replace(task, way=way, played=result.played) for way in result.ways)
        return reduce(add, await asyncio.gather(*(self._try(way, limits) for way in ways)), result)

    async def _try(self, task: Task, limits: Limits) -> Result:
        """What one process finds."""
        async with self._free:
            helper = self._idle.pop()
            try:
                helper.attach(asyncio.get_running_loop())
                async with asyncio.timeout(limits.step_timeout_s):
                    result: Result = await helper.ask("prove", task)
            except TimeoutError:
                helper = self._replace(helper)
                return _ended(task, f"was not over after {limits.step_timeout_s:g} s, and was ended.")
            except MachineError:
                raise
            except BrokenMachineError as error:
                helper = self._replace(helper)
                return _ended(task, f"broke off. {error.problem}")
            except UserError:
                helper = self._replace(helper)
                return _ended(task, "broke off. Its process was ended by somebody else.")
            finally:
                self._idle.append(helper)
            return result

    def _replace(self, helper: Helper) -> Helper:
        self._all.remove(helper)
        helper.close()
        self._all.append(start_worker())
        return self._all[-1]

    def close(self) -> None:
        """End every process with its machine."""
        for helper in self._all:
            with suppress(OSError):
                helper.close()


def _ended(task: Task, how: str) -> Result:
    step = task.lesson.steps[task.index]
    says = f"The proof of step {task.index + 1} {how} The steps after it were not tried."
    trial = Trial("played", step.line, Fault(step.line, says))
    return Result(task.index + 1, step.title, step.line, (trial,), 0.0, is_stuck=True)


class Dealer:
    """Gives the steps of many runs to workers, and their results back in order."""

    def __init__(self, workers: Workers, runs: Sequence[Run], limits: Limits, progress: Progress) -> None:
        self._workers = workers
        self._runs = runs
        self._limits = limits
        self._progress = progress
        self._tried: list[str] = []
        self._done = 0
        self._of = sum(len(run.lesson.steps) for run in runs)
        self._news: asyncio.Queue[None] = asyncio.Queue()
        """One entry for each step that is over, and each worker that has no more to do."""

    async def results(self) -> AsyncGenerator[tuple[Run, Result]]:
        """Each step's result, in the order of the runs and their steps, as soon as those before it are there.

        Raises MachineError where no machine can be made here.
        """
        queue = self._queue()
        tasks = [asyncio.create_task(self._work(queue)) for _ in range(min(len(self._workers), self._of))]
        for task in tasks:
            task.add_done_callback(lambda _: self._news.put_nowait(None))
        try:
            for run in self._runs:
                for index in range(len(run.lesson.steps)):
                    while index not in run.results and run.is_wanted(index):
                        await self._news.get()
                        for task in tasks:
                            if task.done():
                                task.result()
                    if not run.is_wanted(index):
                        break
                    yield run, run.results[index]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _queue(self) -> Iterator[tuple[Run, int]]:
        """Every step; with several workers the longest of a run first, so that none is left to the end alone."""
        for run in self._runs:
            indices = list(range(len(run.lesson.steps)))
            if len(self._workers) > 1:
                indices.sort(key=lambda index: _weight(run.lesson.steps[index]), reverse=True)
            yield from ((run, index) for index in indices)

    async def _work(self, queue: Iterator[tuple[Run, int]]) -> None:
        for run, index in queue:
            if run.is_wanted(index):
                name = f"{run.lesson.id} · seed {run.seed} · step {index + 1}"
                self._tried.append(name)
                self._progress(self._done, self._of, self._tried)
                result = await self._workers.prove(run.lesson, index, self._limits, is_thorough=run.is_first)
                self._tried.remove(name)
                run.take(index, result)
            self._done += 1
            self._progress(self._done, self._of, self._tried)
            self._news.put_nowait(None)


def _weight(step: Step) -> int:
    """How long a step's proof is likely to take: the lines that are typed in all."""
    lines = len(step.do)
    return lines * (1 + lines) + sum(map(len, step.also)) + sum(lines + len(mistake.do) for mistake in step.wrong)
