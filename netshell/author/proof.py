"""The proof that a lesson works: its solutions pass, nothing passes without them, and each mistake is told as such.

It plays the same session as a learner's, line by line, and knows nothing of files or screens.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from netshell.author.patience import Patience, in_front, interrupt
from netshell.author.scripts import can_be_left_out, chunks, command, read
from netshell.author.swaps import nodes_until, swaps
from netshell.author.trial import Fault, Kind, Result, Trial
from netshell.checks import Check, Verdict
from netshell.errors import MachineError, UserError
from netshell.lesson.model import Lesson, Mistake, Script, Step
from netshell.progress import Progress
from netshell.session import Bench, PlayError, Ran, Session, play, ran_in
from netshell.terminal.shell import Terminal

_TOLD_WITHIN_S = 0.5
_SETTLE_S = 0.05
"""How long a wrong state is given to come right by itself, beyond twice what the solution needed."""
_SILENT_S = 1.2
"""So long an answer is waited for in a wrong state; `ping` prints a line a second while it is answered."""
_SILENT_LEAST_S = 0.3
_LATE_S = 2.0
"""What is waited for in a changed solution may come so much later than twice what the right one took, and no later."""
_MENDED_S = 0.3
"""How much longer the solution is given where it is expected to pass, after a mistake."""
_LOOK_AGAIN_S = 0.02


@dataclass(frozen=True, slots=True)
class _Played:
    """How a solution went."""

    fault: Fault | None
    slowest_s: float = 0.0
    """The longest time that one of its commands took."""
    effect_s: float = 0.0
    """How long after the last of them its checks held."""

    @property
    def silent_s(self) -> float:
        """How long an answer is worth waiting for where something may be wrong."""
        return min(_SILENT_S, _SILENT_LEAST_S + 2 * self.slowest_s)

    @property
    def settle_s(self) -> float:
        """How long checks are given that may not hold."""
        return _SETTLE_S + 2 * self.effect_s


class Proof:
    """Proves the steps of one lesson, with one seed, on a machine that is attached to the running loop."""

    def __init__(
        self, bench: Bench, lesson: Lesson, *, timeout_s: float = 15.0, is_mutated: bool = False, goes_on: bool = True
    ) -> None:
        self._bench = bench
        self._timeout_s = timeout_s
        """So long a line may take, and the checks to hold after the last."""
        self._is_mutated = is_mutated
        """Whether solutions are also tried with another address, and another node."""
        self._goes_on = goes_on
        """Whether the solution is also played after each mistake."""
        self._lesson = lesson
        self._session = Session(bench, lesson, Progress.open(None), keeps_home=False)

    async def step(self, index: int) -> Result:
        """The result of one step, counted from 0, proved by itself: the steps before it are only played."""
        step = self._lesson.steps[index]
        began = time.monotonic()
        trials: list[Trial] = []
        is_stuck = False
        since = began
        try:
            async for trial in self._each_fault(index, step):
                now = time.monotonic()
                trials.append(replace(trial, seconds=now - since))
                since = now
        except MachineError:
            raise
        except UserError as error:
            is_stuck = True
            fault = _stuck(error, step, is_last=index + 1 == len(self._lesson.steps))
            trials.append(Trial("played", fault.line, fault, time.monotonic() - since))
        return Result(index + 1, step.title, step.line, tuple(trials), time.monotonic() - began, is_stuck)

    async def _each_fault(self, index: int, step: Step) -> AsyncIterator[Trial]:
        """Every trial of a step; of a ticket for each of its faults, whichever the seed has drawn."""
        for ticket in step.tickets or (None,):
            if ticket is not None:
                step = replace(step, fault=ticket.fault, do=ticket.do)
                steps = (*self._lesson.steps[:index], step, *self._lesson.steps[index + 1 :])
                self._lesson = replace(self._lesson, steps=steps)
                self._session = Session(self._bench, self._lesson, Progress.open(None), keeps_home=False)
            async for trial in self._prove(index, step):
                yield trial

    async def _prove(self, index: int, step: Step) -> AsyncIterator[Trial]:
        """Every trial of a step as it is made. Raises PlayError where the solution cannot be played to its end."""
        await self._session.go_to(index)
        for trial in read(step):
            yield trial
        promised = self._promised(index)
        if promised:
            broken = await self._session.judge(promised)
            says = f"As the step begins, `keep` does not hold: {broken.says}" if broken else ""
            yield _trial("keep", step.line, says)
        if step.do and step.checks:
            early = await self._session.judge(step.checks) is None
            says = "The checks hold before anything is done."
            if step.fault:
                says = "This fault breaks nothing that the checks look at: they hold as the step begins."
            yield _trial("before", step.fault[0].line if step.fault else step.line, says if early else "")
        played = _Played(None)
        if step.do:
            played = await self._solves(step.do, step, promised)
            yield Trial("solution", step.do[0].line, played.fault)
        for trial in await self._asked(step):
            yield trial
        async for trial in self._vary(index, step, promised, played):
            yield trial

    async def _vary(self, index: int, step: Step, promised: tuple[Check, ...], played: _Played) -> AsyncIterator[Trial]:
        """What else a learner may do in the step than the solution, each tried from its beginning."""
        for script in step.also:
            await self._session.go_to(index)
            yield Trial("also", script[0].line, await self._solves_too(script, step, promised))
        for mistake in step.wrong:
            await self._session.go_to(index)
            async for trial in self._errs(mistake, step, promised, played):
                yield trial
        if step.do and step.checks and played.fault is None:
            async with Patience(self._bench, played.silent_s):
                async for trial in self._mutate(index, step, played):
                    yield trial

    def _promised(self, index: int) -> tuple[Check, ...]:
        """What must be true as a step begins, and stay so."""
        steps = self._lesson.steps[:index]
        return (*self._lesson.keep, *(check for step in steps for check in step.keep))

    async def _solves(self, script: Script, step: Step, promised: tuple[Check, ...]) -> _Played:
        """Play a solution as a learner types it."""
        slowest_s = 0.0
        for chunk in chunks(script):
            began = time.monotonic()
            await self._play(chunk)
            slowest_s = max(slowest_s, time.monotonic() - began)
            fault = await self._is_blamed(chunk, step, promised)
            if fault:
                return _Played(fault)
        began = time.monotonic()
        verdict = await self._until_holds((*step.checks, *step.keep), self._timeout_s)
        if verdict:
            line = script[0].line if script else step.line
            return _Played(Fault(line, f"After this solution the checks do not hold: {verdict.says}"))
        return _Played(None, slowest_s, time.monotonic() - began)

    async def _is_blamed(self, chunk: Script, step: Step, promised: tuple[Check, ...]) -> Fault | None:
        """Whether a learner would be told, in the middle of a solution, that something is wrong."""
        outcome = await self._session.after_command(self._ran(chunk))
        told = next((mistake for mistake in step.wrong if mistake.say in outcome.messages), None)
        if told:
            return Fault(chunk[-1].line, f"This line of the solution is told as the mistake of line {told.line}.")
        broken = await self._session.judge(promised) if promised else None
        if broken:
            return Fault(chunk[-1].line, f"With this line of the solution `keep` is broken: {broken.says}")
        return None

    def _ran(self, chunk: Script) -> Ran:
        """What was typed last, and what it has printed so far."""
        terminal = self._bench.terminals[chunk[-1].terminal]
        return ran_in(terminal, command(chunk), 0)

    async def _asked(self, step: Step) -> list[Trial]:
        """Whether the wire and the machine have an answer to all that is to be decided in the step."""
        unread = await self._session.unread()
        if not unread:
            return [_trial("asked", step.asks[0].line, "")] if step.asks else []
        says = "Neither the wire nor the machine has an answer to this once the step is done: "
        return [_trial("asked", ask.line, f"{says}{ask.text}") for ask in unread]

    async def _solves_too(self, script: Script, step: Step, promised: tuple[Check, ...]) -> Fault | None:
        """The same for another solution, whose failure does not keep the rest from being tried."""
        try:
            return (await self._solves(script, step, promised)).fault
        except PlayError as error:
            return Fault(error.line.line, error.problem)

    async def _until_holds(self, checks: tuple[Check, ...], timeout_s: float) -> Verdict | None:
        """None once the checks hold; the verdict where they do not in time."""
        end = time.monotonic() + timeout_s
        while True:
            verdict = await self._session.judge(checks)
            if verdict is None or time.monotonic() > end:
                return verdict
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _errs(
        self, mistake: Mistake, step: Step, promised: tuple[Check, ...], played: _Played
    ) -> AsyncIterator[Trial]:
        """A mistake made: told as such, and still the way to the solution is open."""
        spared = in_front(self._bench)
        async with Patience(self._bench, _SILENT_S):
            fault = await self._is_told(mistake)
            yield Trial("mistake", mistake.line, fault)
            if fault is None and played.fault is None and self._goes_on:
                yield Trial("after", mistake.line, await self._can_go_on(mistake, step, promised, played, spared))

    async def _is_told(self, mistake: Mistake) -> Fault | None:
        """Whether a mistake, typed as a learner types it, gives its own message, no other, and does not pass."""
        told: list[str] = []
        try:
            for chunk in chunks(mistake.do):
                await self._play(chunk)
                told += (await self._session.after_command(self._ran(chunk))).messages
        except PlayError as error:
            return Fault(error.line.line, error.problem)
        end = time.monotonic() + _TOLD_WITHIN_S
        while not told and not self._session.is_done and time.monotonic() < end:
            await asyncio.sleep(_LOOK_AGAIN_S)
            told += (await self._session.after_event()).messages
        if self._session.is_done:
            return Fault(mistake.line, "This mistake passes as a solution.")
        if told != [mistake.say]:
            said = " | ".join(told) or "nothing"
            return Fault(mistake.line, f"This mistake should be told with its own words alone. Told is: {said}")
        return None

    async def _can_go_on(
        self,
        mistake: Mistake,
        step: Step,
        promised: tuple[Check, ...],
        played: _Played,
        spared: AbstractSet[tuple[Terminal, int]],
    ) -> Fault | None:
        """Whether the solution passes where the mistake was made, once its `mend` has been typed."""
        if in_front(self._bench) - spared:
            await interrupt(self._bench, spared)
        try:
            await self._play((*mistake.mend, *(line for line in step.do if line.action != "look")))
        except PlayError as error:
            lacks = error.problem
        else:
            verdict = await self._until_holds((*promised, *step.checks, *step.keep), _MENDED_S + played.settle_s)
            if verdict is None:
                return None
            lacks = verdict.says
        if mistake.mend:
            return Fault(mistake.line, f"After this mistake and its `mend` the solution does not pass: {lacks}")
        says = f"After this mistake the solution does not pass: {lacks} Write what undoes it under `mend`."
        return Fault(mistake.line, says, is_warning=True)

    async def _mutate(self, index: int, step: Step, played: _Played) -> AsyncIterator[Trial]:
        """Whether the checks notice each change of the solution: without it, or with another address or node."""
        for number, line in enumerate(step.do):
            rest = step.do[number + 1 :]
            if can_be_left_out(line, rest):
                is_noticed = await self._is_noticed(index, (*step.do[:number], *rest), played)
                says = f"Unchecked: the checks hold without this line of the solution, `{line.text}`."
                yield _trial("needed", line.line, "" if is_noticed else says)
        for swap in swaps(step, nodes_until(self._lesson, index)) if self._is_mutated else ():
            is_noticed = await self._is_noticed(index, swap.script(step.do), played)
            says = f"Not noticed: the checks hold with {swap.says} in this line, `{swap.line.text}`."
            yield Trial("swap", swap.line.line, None if is_noticed else Fault(swap.line.line, says, is_warning=True))

    async def _is_noticed(self, index: int, script: Script, played: _Played) -> bool:
        """Whether a changed solution fails some check, or cannot even be played in the time that the right one took."""
        await self._session.go_to(index)
        try:
            await self._play(script, min(self._timeout_s, _LATE_S + 2 * played.slowest_s))
            await asyncio.sleep(played.settle_s)
            return await self._session.judge(self._lesson.steps[index].checks) is not None
        except MachineError:
            raise
        except UserError:
            return True

    async def _play(self, script: Script, timeout_s: float | None = None) -> None:
        await play(self._bench, script, timeout_s=timeout_s or self._timeout_s)
        waiting = next((name for name, terminal in self._bench.terminals.items() if terminal.is_continued), None)
        if waiting and script:
            raise PlayError(script[-1], f"Terminal {waiting} waits for more: a quote or a loop has no end.")


def _trial(kind: Kind, line: int, says: str) -> Trial:
    return Trial(kind, line, Fault(line, says) if says else None)


def _stuck(error: UserError, step: Step, *, is_last: bool) -> Fault:
    """The fault that ended a lesson's proof."""
    after = "" if is_last else " The steps after it were not tried."
    if isinstance(error, PlayError):
        return Fault(error.line.line, f"{error.problem} {error.remedy}{after}")
    return Fault(step.line, f"{error.problem}{after}")
