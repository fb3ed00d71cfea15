"""Processes that prove steps, each with a machine of its own: as many at work as the processors have time for.

It knows nothing of how a step is proved.
"""

import asyncio
import math
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path

from netshell.author.chains import chains
from netshell.author.slots import Slots
from netshell.author.trial import Fault, Result, Task, Trial
from netshell.author.worker import BrokenMachineError, start_worker
from netshell.errors import MachineError, UserError
from netshell.helper import Helper
from netshell.lesson.model import Lesson

_AT_FIRST, _AT_MOST = 4, 16
"""Processes at work for each processor, at first and where they leave it idle."""
_MOST = 64
_LOOK_S = 0.25
_RESTED = 0.35
"""For each such share of the time in which the processors had nothing to do, another process is put to work."""
_IN_VAIN = 3
"""A changed solution may take so many times as long as the right one: what it waits for does not come."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things may take, and how much is tried."""

    timeout_s: float = 15.0
    """A line, and the checks after the last one."""
    step_timeout_s: float = 120.0
    """Each way to play a step, with all that comes before it."""
    is_mutated: bool = False
    """Whether solutions are also tried with another address or node."""


class Workers:
    """Processes that wait for steps to prove; to be made before anything heavy is imported.

    Without a `count` some of them are at work for each processor, and more as long as that leaves it idle: proofs wait
    most of the time, and some programs take seconds for what they do.
    """

    def __init__(self, count: int | None = None) -> None:
        processors = len(os.sched_getaffinity(0))
        at_work = _AT_FIRST * processors if count is None else count
        most = max(at_work, min(_AT_MOST * processors, _MOST)) if count is None else count
        self._all: list[Helper] = []
        try:
            for _ in range(most):
                self._all.append(start_worker())
        except BaseException:
            self.close()
            raise
        self._idle = list(self._all)
        self._slots = Slots(at_work)
        self._in_reserve = most - at_work

    def __len__(self) -> int:
        return len(self._all)

    async def grow(self) -> None:
        """Put more processes to work while the processors rest and proofs wait for a process."""
        before = _clocks()
        while self._in_reserve:
            await asyncio.sleep(_LOOK_S)
            now = _clocks()
            total, idle = (after - earlier for after, earlier in zip(now, before, strict=True))
            for _ in range(int(idle / (_RESTED * max(total, 1)))):
                if self._in_reserve and self._slots.are_awaited:
                    self._in_reserve -= 1
                    self._slots.add()
            before = now

    async def prove(self, lesson: Lesson, index: int, limits: Limits) -> Result:
        """The result of one step, by as many processes as are free.

        Raises MachineError where this computer refuses to make a machine.
        """
        (result,) = await self.prove_row(lesson, (index,), limits)
        return result

    async def prove_row(
        self, lesson: Lesson, row: Sequence[int], limits: Limits, *, is_thorough: bool = True
    ) -> list[Result]:
        """The results of some steps that follow each other, by as many processes as are free.

        What does not hang on addresses is left out unless `is_thorough`. Raises MachineError as `prove` does.
        """
        task = Task(lesson, 0, timeout_s=limits.timeout_s, is_mutated=limits.is_mutated, is_thorough=is_thorough)
        tasks = [
            replace(task, index=index, ticket=ticket)
            for index in row
            for ticket in range(len(lesson.steps[index].tickets) or 1)
        ]
        solved = await self._try_all([[task] for task in tasks], limits)
        ways = [
            replace(task, way=way, played=result.played)
            for task, result in zip(tasks, solved, strict=True)
            for way in result.ways
        ]
        found = [*solved, *await self._try_all(chains(ways), limits)]
        return [reduce(add, (result for result in found if result.number == index + 1)) for index in row]

    async def _try_all(self, tried: Iterable[Sequence[Task]], limits: Limits) -> list[Result]:
        """What is found in all chains, in their order."""
        found = await asyncio.gather(*(self._try(chain, limits) for chain in tried))
        return [result for of_chain in found for result in of_chain]

    async def _try(self, chain: Sequence[Task], limits: Limits) -> list[Result]:
        """What one process finds, task by task. One that takes too long is ended, and another takes its place."""
        async with self._slots.taken(_expected_s(chain)):
            helper = self._idle.pop()
            try:
                helper.attach(asyncio.get_running_loop())
                async with asyncio.timeout(limits.step_timeout_s * len(chain)):
                    results: list[Result] = await helper.ask("prove", chain)
            except TimeoutError:
                helper = self._replace(helper)
                how = f"was not over after {limits.step_timeout_s:g} s, and was ended."
            except MachineError:
                raise
            except BrokenMachineError as error:
                helper = self._replace(helper)
                how = f"broke off. {error.problem}"
            except UserError:
                helper = self._replace(helper)
                how = "broke off. Its process was ended by somebody else."
            else:
                return results
            finally:
                self._idle.append(helper)
        if len(chain) == 1:
            return [_ended(chain[0], how)]
        return await self._try_all([[task] for task in chain], limits)

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


def _clocks() -> tuple[int, int]:
    """What all processors have passed, in ticks since the start, and what of it in rest (proc_stat(5))."""
    times = [int(word) for word in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    return sum(times), times[3] + times[4]


def _expected_s(chain: Sequence[Task]) -> float:
    """How long the proofs may take; those of solutions go first, since others need to know how they went."""
    if chain[0].way is None:
        return math.inf
    return sum((_IN_VAIN if task.way and task.way.is_changed else 1) * task.played.seconds for task in chain)


def _ended(task: Task, how: str) -> Result:
    step = task.lesson.steps[task.index]
    says = f"The proof of step {task.index + 1} {how} The steps after it were not tried."
    trial = Trial("played", step.line, Fault(step.line, says))
    return Result(task.index + 1, step.title, step.line, (trial,), 0.0, is_stuck=True)
