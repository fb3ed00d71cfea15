"""The proof that a lesson works: its solutions pass, nothing passes without them, and each mistake is told as such.

It plays the same session as a learner's, line by line, and knows nothing of files or screens.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from netshell.author.patience import Patience, in_front, interrupt
from netshell.author.scripts import can_be_left_out, chunks, command, read
from netshell.author.swaps import Swap, nodes_until, swaps
from netshell.author.trial import Fault, Kind, Played, Result, Task, Trial, Way
from netshell.checks import Check, Verdict
from netshell.errors import MachineError, UserError
from netshell.lesson.model import Lesson, Mistake, Script, Step
from netshell.progress import Progress
from netshell.session import Bench, Outcome, PlayError, Session, play, ran_in
from netshell.terminal.shell import Terminal

_TOLD_WITHIN_S = 2.0
"""So long what a mistake starts may need until it shows, such as a server on a busy machine."""
_SETTLE_S = 0.05
"""How long a wrong state is given to come right by itself, beyond twice what the solution needed."""
_SILENT_S = 1.2
"""So long an answer is waited for in a wrong state; `ping` prints a line a second while it is answered."""
_SILENT_LEAST_S = 0.3
_LATE_S = 2.0
"""What is waited for in a changed solution may come so much later than twice what the right one took, and no later."""
_MENDED_S = 6.0
"""How much longer the solution is given where it is expected to pass, after a mistake."""
_LOOK_AGAIN_S, _LONGEST_S, _SLOWER = 0.02, 0.15, 1.2
"""How long before the next look, at first and at last, and how much longer each time: most things take no time."""


async def prove(bench: Bench, chain: Sequence[Task]) -> list[Result]:
    """What is found, task by task. Each begins where the one before it has ended, if its step was solved there.

    What is not as it should be then is tried again on a machine made anew. Raises MachineError where the machine ends.
    """
    results: list[Result] = []
    before: Proof | None = None
    with Progress.open(None) as progress:
        for number, task in enumerate(chain, 1):
            goes_on = number < len(chain)
            proof = Proof(bench, task, progress, before, goes_on=goes_on)
            result = await proof.result()
            if before is not None and not all(trial.holds for trial in result.trials):
                proof = Proof(bench, task, progress, goes_on=goes_on)
                result = await proof.result()
            results.append(result)
            before = proof if goes_on and await proof.is_solved() else None
    return results


class Proof:
    """Proves one step of one lesson, with one seed, on a machine that is attached to the running loop.

    The steps before it are only played, or were proved in the same session. What is tried is its solution, or one of
    the ways that the solution's result names: they need nothing of one another, so several machines can share them.
    """

    def __init__(
        self, bench: Bench, task: Task, progress: Progress, before: "Proof | None" = None, *, goes_on: bool = False
    ) -> None:
        self._bench = bench
        self._task = task
        self._index = task.index
        self._lesson = _with_ticket(task)
        self._step = self._lesson.steps[task.index]
        self._goes_on = goes_on
        """Something begins where the step is solved."""
        self._is_new = before is None
        self.session: Session = before.session if before else Session(bench, self._lesson, progress, keeps_home=False)
        steps = self._lesson.steps[: task.index]
        self._promised = (*self._lesson.keep, *(check for step in steps for check in step.keep))
        """What must be true as the step begins, and stay so."""
        self._played = task.played
        self._typed: dict[str, str] = {}
        """The last command of each terminal."""
        self._heard: dict[str, str] = {}
        """What it had printed when the session was told of it."""

    async def result(self) -> Result:
        """What is found. Raises MachineError where the machine ends."""
        began = since = time.monotonic()
        trials: list[Trial] = []
        is_stuck = False
        try:
            async for trial in self._each():
                now = time.monotonic()
                trials.append(replace(trial, seconds=now - since))
                since = now
        except MachineError:
            raise
        except UserError as error:
            is_stuck = True
            fault = _stuck(error, self._step, is_last=self._index + 1 == len(self._lesson.steps))
            trials.append(Trial("played", fault.line, fault, time.monotonic() - since))
        ways = tuple(self._ways()) if self._task.way is None and not is_stuck else ()
        took = time.monotonic() - began
        played = replace(self._played, seconds=took)
        return Result(self._index + 1, self._step.title, self._step.line, tuple(trials), took, is_stuck, played, ways)

    async def _each(self) -> AsyncIterator[Trial]:
        """Every trial as it is made. Raises PlayError where a script cannot be played to its end."""
        if self._task.way is None:
            for trial in read(self._step):
                yield trial
        await self._stand()
        match self._task.way:
            case None:
                async for trial in self._prove():
                    yield trial
            case Way("also", number):
                script = self._step.also[number]
                yield Trial("also", script[0].line, await self._solves_too(script))
            case Way("mistake", number):
                async for trial in self._errs(self._step.wrong[number]):
                    yield trial
            case Way("needed", number):
                yield await self._is_needed(number)
            case Way("swap", number):
                yield await self._swapped(self._swaps()[number])

    async def _stand(self) -> None:
        """Have the session stand at the beginning of the step."""
        between = self._lesson.steps[self.session.index + 1 : self._index]
        if self._is_new or any(step.checks or any(line.action != "look" for line in step.do) for step in between):
            await self.session.go_to(self._index)
        while self.session.index < self._index:
            await self.session.advance()

    async def is_solved(self) -> bool:
        """Whether the machine is as the step's solution leaves it, so that the next step can begin there."""
        if self._task.way is not None and self._task.way.kind == "also" and in_front(self._bench):
            return False  # perhaps where the next step types
        try:
            await self.session.after_event()
            return self.session.is_done and await self.session.judge((*self._promised, *self._step.keep)) is None
        except MachineError:
            raise
        except UserError:
            return False

    async def _prove(self) -> AsyncIterator[Trial]:
        """The step as it begins, its solution, and what is asked in it."""
        step = self._step
        if self._promised:
            broken = await self.session.judge(self._promised)
            says = f"As the step begins, `keep` does not hold: {broken.says}" if broken else ""
            yield _trial("keep", step.line, says)
        if step.do and step.checks:
            early = await self.session.judge(step.checks) is None
            says = "The checks hold before anything is done."
            if step.fault:
                says = "This fault breaks nothing that the checks look at: they hold as the step begins."
            yield _trial("before", step.fault[0].line if step.fault else step.line, says if early else "")
        if step.do:
            fault, self._played = await self._solves(step.do)
            yield Trial("solution", step.do[0].line, fault)
        for trial in await self._asked():
            yield trial

    def _ways(self) -> Iterator[Way]:
        """What else a learner may do in the step than the solution."""
        step = self._step
        yield from (Way("also", number) for number in range(len(step.also)))
        yield from (Way("mistake", number) for number in range(len(step.wrong)))
        if step.checks and self._played.is_right and self._task.is_thorough:
            for number, line in enumerate(step.do):
                if can_be_left_out(line, step.do[number + 1 :]):
                    yield Way("needed", number)
        if step.checks and self._played.is_right:
            yield from (Way("swap", number) for number in range(len(self._swaps()) if self._task.is_mutated else 0))

    def _swaps(self) -> list[Swap]:
        return list(swaps(self._step, nodes_until(self._lesson, self._index)))

    async def _solves(self, script: Script) -> tuple[Fault | None, Played]:
        """Play a solution as a learner types it."""
        slowest_s = 0.0
        for chunk in chunks(script):
            began = time.monotonic()
            await self._play(chunk)
            slowest_s = max(slowest_s, time.monotonic() - began)
            fault = await self._is_blamed(chunk)
            if fault:
                return fault, Played()
        began = time.monotonic()
        verdict = await self._until_holds((*self._step.checks, *self._step.keep), self._task.timeout_s)
        if verdict:
            return Fault(script[0].line, f"After this solution the checks do not hold: {verdict.says}"), Played()
        return None, Played(is_right=True, slowest_s=slowest_s, effect_s=time.monotonic() - began)

    async def _is_blamed(self, chunk: Script) -> Fault | None:
        """Whether a learner would be told, in the middle of a solution, that something is wrong."""
        outcome = await self._looked(chunk)
        told = next((mistake for mistake in self._step.wrong if mistake.say in outcome.messages), None)
        if told:
            return Fault(chunk[-1].line, f"This line of the solution is told as the mistake of line {told.line}.")
        broken = await self.session.judge(self._promised) if self._promised else None
        if broken:
            return Fault(chunk[-1].line, f"With this line of the solution `keep` is broken: {broken.says}")
        return None

    async def _looked(self, chunk: Script) -> Outcome:
        """What a learner is told who has typed a piece: of what was typed last, and what it has printed so far."""
        last = command(chunk)
        self._note(chunk, last)
        return await self.session.after_command(ran_in(self._bench.terminals[chunk[-1].terminal], last, 0))

    async def _asked(self) -> list[Trial]:
        """Whether the wire and the machine have an answer to all that is to be decided in the step."""
        unread = await self.session.unread()
        if not unread:
            return [_trial("asked", self._step.asks[0].line, "")] if self._step.asks else []
        says = "Neither the wire nor the machine has an answer to this once the step is done: "
        return [_trial("asked", ask.line, f"{says}{ask.text}") for ask in unread]

    async def _solves_too(self, script: Script) -> Fault | None:
        """The same for another solution, whose failure does not keep the steps after it from being tried."""
        try:
            return (await self._solves(script))[0]
        except PlayError as error:
            return Fault(error.line.line, error.problem)

    async def _until_holds(self, checks: tuple[Check, ...], timeout_s: float) -> Verdict | None:
        """None once the checks hold; the verdict where they do not in time."""
        verdict = None
        async for _ in _looks(timeout_s):
            self._listen()
            verdict = await self.session.judge(checks)
            if verdict is None:
                break
        return verdict

    async def _errs(self, mistake: Mistake) -> AsyncIterator[Trial]:
        """A mistake made: told as such, and still the way to the solution is open."""
        spared = in_front(self._bench)
        async with Patience(self._bench, _SILENT_S):
            fault = await self._is_told(mistake)
        yield Trial("mistake", mistake.line, fault)
        if fault is None and self._played.is_right and (self._task.is_thorough or self._goes_on):
            async with Patience(self._bench, _MENDED_S):  # what comes right after seconds is answered after seconds
                after = Trial("after", mistake.line, await self._can_go_on(mistake, spared))
            if self._task.is_thorough:
                yield after

    async def _is_told(self, mistake: Mistake) -> Fault | None:
        """Whether a mistake, typed as a learner types it, gives its own message, no other, and does not pass."""
        told: list[str] = []
        try:
            for chunk in chunks(mistake.do):
                await self._play(chunk)
                told += (await self._looked(chunk)).messages
        except PlayError as error:
            return Fault(error.line.line, error.problem)
        async for _ in _looks(_TOLD_WITHIN_S):
            if told or self.session.is_done:
                break
            told += (await self.session.after_event()).messages
        if self.session.is_done:
            return Fault(mistake.line, "This mistake passes as a solution.")
        if told != [mistake.say]:
            said = " | ".join(told) or "nothing"
            return Fault(mistake.line, f"This mistake should be told with its own words alone. Told is: {said}")
        return None

    async def _can_go_on(self, mistake: Mistake, spared: AbstractSet[tuple[Terminal, int]]) -> Fault | None:
        """Whether the solution passes where the mistake was made, once its `mend` has been typed."""
        step = self._step
        if in_front(self._bench) - spared:
            await interrupt(self._bench, spared)
        is_spoken_to = any(line.action in {"press", "type"} for line in step.do)  # at moments that its looks may give
        solution = step.do if is_spoken_to else tuple(line for line in step.do if line.action != "look")
        try:
            await self._type((*mistake.mend, *solution))
        except PlayError as error:
            lacks = error.problem
        else:
            checks = (*self._promised, *step.checks, *step.keep)
            verdict = await self._until_holds(checks, _MENDED_S + self._settle_s)
            if verdict is None:
                return None
            lacks = verdict.says
        if mistake.mend:
            return Fault(mistake.line, f"After this mistake and its `mend` the solution does not pass: {lacks}")
        says = f"After this mistake the solution does not pass: {lacks} Write what undoes it under `mend`."
        return Fault(mistake.line, says, is_warning=True)

    async def _is_needed(self, number: int) -> Trial:
        """Whether the checks notice that a line of the solution is left out."""
        line, rest = self._step.do[number], self._step.do[number + 1 :]
        is_noticed = await self._is_noticed((*self._step.do[:number], *rest))
        says = f"Unchecked: the checks hold without this line of the solution, `{line.text}`."
        return _trial("needed", line.line, "" if is_noticed else says)

    async def _swapped(self, swap: Swap) -> Trial:
        """Whether they notice another address or node in it."""
        is_noticed = await self._is_noticed(swap.script(self._step.do))
        says = f"Not noticed: the checks hold with {swap.says} in this line, `{swap.line.text}`."
        return Trial("swap", swap.line.line, None if is_noticed else Fault(swap.line.line, says, is_warning=True))

    async def _is_noticed(self, script: Script) -> bool:
        """Whether a changed solution fails some check, or cannot even be played in the time that the right one took."""
        slowest_s = self._played.slowest_s
        try:
            async with Patience(self._bench, min(_SILENT_S, _SILENT_LEAST_S + 2 * slowest_s)):
                await self._type(script, min(self._task.timeout_s, _LATE_S + 2 * slowest_s))
                await asyncio.sleep(self._settle_s)
            return await self.session.judge(self._step.checks) is not None
        except MachineError:
            raise
        except UserError:
            return True

    @property
    def _settle_s(self) -> float:
        """How long checks are given that may not hold."""
        return _SETTLE_S + 2 * self._played.effect_s

    async def _type(self, script: Script, timeout_s: float | None = None) -> None:
        """Play a script to its end, and look only then."""
        for chunk in chunks(script):
            await self._play(chunk, timeout_s)
            self._note(chunk)

    def _note(self, chunk: Script, told: str = "") -> None:
        """Have the session know of the commands of a piece, but for one that it is told of."""
        for line in chunk:
            if line.action in {"run", "look"}:
                self._typed[line.terminal] = line.text
            if line.terminal in self._typed and self._typed[line.terminal] != told:
                self._note_at(line.terminal)

    def _note_at(self, name: str) -> None:
        """The last command of a terminal, with what it has printed by now."""
        terminal = self._bench.terminals[name]
        self._heard[name] = terminal.printed
        self.session.note(ran_in(terminal, self._typed[name], 0))

    def _listen(self) -> None:
        """What programs that are left running have printed since, as a learner sees who goes back to them."""
        for name in self._typed:
            terminal = self._bench.terminals.get(name)
            if terminal is not None and terminal.is_busy and terminal.printed != self._heard.get(name):
                self._note_at(name)

    async def _play(self, script: Script, timeout_s: float | None = None) -> None:
        await play(self._bench, script, timeout_s=timeout_s or self._task.timeout_s)
        waiting = next((name for name, terminal in self._bench.terminals.items() if terminal.is_continued), None)
        if waiting and script:
            raise PlayError(script[-1], f"Terminal {waiting} waits for more: a quote or a loop has no end.")


async def _looks(timeout_s: float) -> AsyncIterator[None]:
    """Now, and again and again for a while; the last time when it is over."""
    end = time.monotonic() + timeout_s
    pause_s = _LOOK_AGAIN_S
    while (now := time.monotonic()) < end:
        yield
        await asyncio.sleep(min(pause_s, end - now))
        pause_s = min(_SLOWER * pause_s, _LONGEST_S)
    yield


def _with_ticket(task: Task) -> Lesson:
    """The lesson; where the step is a ticket, with the fault that the task is about."""
    step = task.lesson.steps[task.index]
    if not step.tickets:
        return task.lesson
    ticket = step.tickets[task.ticket]
    step = replace(step, fault=ticket.fault, do=ticket.do)
    steps = (*task.lesson.steps[: task.index], step, *task.lesson.steps[task.index + 1 :])
    return replace(task.lesson, steps=steps)


def _trial(kind: Kind, line: int, says: str) -> Trial:
    return Trial(kind, line, Fault(line, says) if says else None)


def _stuck(error: UserError, step: Step, *, is_last: bool) -> Fault:
    """The fault that ended a lesson's proof."""
    after = "" if is_last else " The steps after it were not tried."
    if isinstance(error, PlayError):
        return Fault(error.line.line, f"{error.problem} {error.remedy}{after}")
    return Fault(step.line, f"{error.problem}{after}")
