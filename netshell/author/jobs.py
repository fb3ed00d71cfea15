"""Many steps proved at once; results come back in the lessons' order.

It knows nothing of how a step is proved, nor of how results are shown.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

from netshell.author.chains import rows
from netshell.author.trial import Result
from netshell.author.workers import Limits, Workers
from netshell.lesson.model import Lesson, Step


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
        tasks = [asyncio.create_task(self._work(queue)) for _ in range(len(self._workers))]
        for task in tasks:
            task.add_done_callback(lambda _: self._news.put_nowait(None))
        tasks.append(asyncio.create_task(self._workers.grow()))
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

    def _queue(self) -> Iterator[tuple[Run, Sequence[int]]]:
        """Every step; with several workers the longest of a run first, so that none is left to the end alone."""
        for run in self._runs:
            of_run = rows(run.lesson)
            if len(self._workers) > 1:
                of_run.sort(key=partial(_weight, run.lesson), reverse=True)
            yield from ((run, row) for row in of_run)

    async def _work(self, queue: Iterator[tuple[Run, Sequence[int]]]) -> None:
        for run, row in queue:
            if run.is_wanted(row[0]):
                names = [f"{run.lesson.id} · seed {run.seed} · step {index + 1}" for index in row]
                self._tried += names
                self._progress(self._done, self._of, self._tried)
                results = await self._workers.prove_row(run.lesson, row, self._limits, is_thorough=run.is_first)
                for index, name, result in zip(row, names, results, strict=True):
                    self._tried.remove(name)
                    run.take(index, result)
            self._done += len(row)
            self._progress(self._done, self._of, self._tried)
            self._news.put_nowait(None)


def _weight(lesson: Lesson, row: Sequence[int]) -> int:
    """How long the proofs of some steps are likely to take: the lines that are typed in all."""
    return sum(_lines(lesson.steps[index]) for index in row)


def _lines(step: Step) -> int:
    lines = len(step.do)
    return lines * (1 + lines) + sum(map(len, step.also)) + sum(lines + len(mistake.do) for mistake in step.wrong)
