"""The proof that a lesson works: its solutions pass, nothing passes without them, and each mistake is told as such.

It plays the same session as a learner's, line by line, and knows nothing of files or screens.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from netshell.checks import Check, Verdict
from netshell.errors import MachineError, UserError
from netshell.host import find_program, remedy_for
from netshell.lesson.model import Block, CodeBlock, Lesson, Line, Listing, Mistake, Note, Paragraph, Prose, Script, Step
from netshell.progress import Progress
from netshell.session import Bench, PlayError, Session, play
from netshell.terminal.shell import Terminal

_TOLD_WITHIN_S = 0.5
_SETTLE_S = 0.05
"""How long a wrong state is given to come right by itself, beyond twice what the solution needed."""
_SILENT_S = 1.2
"""So long an answer is waited for in a wrong state; `ping` prints a line a second while it is answered."""
_SILENT_LEAST_S = 0.3
_ASKING = frozenset({"ping", "traceroute", "tracepath", "arping", "dig", "host", "nslookup", "curl", "wget"})
"""Programs that wait for an answer. Where something is wrong on purpose there may be none, and Ctrl-C ends the wait."""

_SHELL = re.compile(
    r"(?:exit|logout)(?:\s+\d+)?|(?:sudo\s+)?(?:su|unshare)\b.*"
    r"|(?:sudo\s+)?(?:ip\s+netns\s+exec\s+\S+\s+|nsenter\s.*\s)?(?:ba|da|z)?sh(?:\s+-[\w-]+)*"
)
"""A line that enters or leaves a shell: without it the lines that follow would run elsewhere."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a lesson that is not as the format promises."""

    line: int
    """In the lesson's file, counted from 1."""
    says: str


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one step."""

    number: int
    """The step's place, counted from 1."""
    step: Step
    faults: tuple[Fault, ...]
    proved: int
    """How many things were tried and held."""
    seconds: float


def require_tools(lesson: Lesson) -> None:
    """Raise MachineError, with the remedy, where a program is not installed that the lesson needs."""
    missing = [tool for tool in lesson.tools if find_program(tool) is None]
    if missing:
        names = " and ".join(f"`{tool}`" for tool in missing)
        problem = f"The lesson {lesson.id} needs {names}, which this computer does not have."
        raise MachineError(problem, "\n".join(remedy_for(tool) for tool in missing))


@dataclass(frozen=True, slots=True)
class _Played:
    """How a solution went."""

    fault: Fault | None
    slowest_s: float = 0.0
    """The longest time that one of its commands took."""
    effect_s: float = 0.0
    """How long after the last of them its checks held."""


class Proof:
    """Proves one lesson, with one seed, on a machine that is attached to the running loop and fresh."""

    def __init__(self, bench: Bench, lesson: Lesson, *, timeout_s: float = 15.0) -> None:
        self._bench = bench
        self._timeout_s = timeout_s
        """So long a line may take, and the checks to hold after the last."""
        self._lesson = lesson
        self._session = Session(bench, lesson, Progress.open(None))
        self._has_begun = False

    async def steps(self) -> AsyncIterator[Result]:
        """The result of each step, in their order; ends after one whose solution cannot be played to its end."""
        for index, step in enumerate(self._lesson.steps):
            began = time.monotonic()
            faults: list[Fault] = []
            proved = 0
            is_stuck = False
            try:
                async for fault in self._prove(index, step):
                    faults += [fault] if fault else []
                    proved += fault is None
            except MachineError:
                raise
            except UserError as error:
                is_stuck = True
                faults.append(_stuck(error, step, is_last=index + 1 == len(self._lesson.steps)))
            yield Result(index + 1, step, tuple(faults), proved, time.monotonic() - began)
            if is_stuck:
                return

    async def _prove(self, index: int, step: Step) -> AsyncIterator[Fault | None]:
        """None for each thing that is as it should be, otherwise what is not."""
        await self._stand_at(index)
        for fault in self._read(step):
            yield fault
        promised = self._promised(index)
        if promised:
            broken = await self._session.judge(promised)
            yield Fault(step.line, f"As the step begins, `keep` does not hold: {broken.says}") if broken else None
        if not step.do:
            return
        if step.checks:
            early = await self._session.judge(step.checks) is None
            yield Fault(step.line, "The checks hold before anything is done.") if early else None
        played = await self._solves(step.do, step, promised)
        yield played.fault
        for script in step.also:
            await self._stand_at(index)
            yield await self._solves_too(script, step, promised)
        async with _Patience(self._bench, _SILENT_S):
            for mistake in step.wrong:
                await self._stand_at(index)
                yield await self._is_told(mistake)
        if step.checks and played.fault is None:
            async with _Patience(self._bench, min(_SILENT_S, _SILENT_LEAST_S + 2 * played.slowest_s)):
                async for fault in self._leave_out(index, step, settle_s=_SETTLE_S + 2 * played.effect_s):
                    yield fault

    async def _stand_at(self, index: int) -> None:
        if self._has_begun:
            await self._session.go_to(index)
        else:
            self._has_begun = True
            await self._session.begin(index)

    def _promised(self, index: int) -> tuple[Check, ...]:
        steps = self._lesson.steps[: index + 1]
        return (*self._lesson.keep, *(check for step in steps for check in step.keep))

    def _read(self, step: Step) -> Iterator[Fault | None]:
        """What needs no machine: a solution that nothing judges, a hint that gives it away."""
        lines = [line for script in (step.do, *step.also) for line in script if _is_worth_finding(line)]
        first = next((line for line in step.do if line.action == "run"), None)
        if first and not step.checks:
            yield Fault(first.line, "Nothing judges this solution: the step has no `yaml check`.")
        for number, hint in enumerate(step.hints, 1):
            text = _words(" ".join(_texts(hint)))
            told = next((line for line in lines if _words(line.text) in text), None)
            says = f"Hint {number} of the step gives this line of the solution away: `{told.text}`." if told else ""
            yield Fault(told.line, says) if told else None

    async def _solves(self, script: Script, step: Step, promised: tuple[Check, ...]) -> _Played:
        """Play a solution as a learner types it."""
        slowest_s = 0.0
        for chunk in _chunks(script):
            began = time.monotonic()
            await self._play(chunk)
            slowest_s = max(slowest_s, time.monotonic() - began)
            fault = await self._is_blamed(chunk, step, promised)
            if fault:
                return _Played(fault)
        began = time.monotonic()
        verdict = await self._until_holds(step)
        if verdict:
            line = script[0].line if script else step.line
            return _Played(Fault(line, f"After this solution the checks do not hold: {verdict.says}"))
        return _Played(None, slowest_s, time.monotonic() - began)

    async def _is_blamed(self, chunk: Script, step: Step, promised: tuple[Check, ...]) -> Fault | None:
        """Whether a learner would be told, in the middle of a solution, that something is wrong."""
        outcome = await self._session.after_command(_command(chunk))
        told = next((mistake for mistake in step.wrong if mistake.say in outcome.messages), None)
        if told:
            return Fault(chunk[-1].line, f"This line of the solution is told as the mistake of line {told.line}.")
        broken = await self._session.judge(promised) if promised else None
        if broken:
            return Fault(chunk[-1].line, f"With this line of the solution `keep` is broken: {broken.says}")
        return None

    async def _solves_too(self, script: Script, step: Step, promised: tuple[Check, ...]) -> Fault | None:
        """The same for another solution, whose failure does not keep the rest from being tried."""
        try:
            return (await self._solves(script, step, promised)).fault
        except PlayError as error:
            return Fault(error.line.line, error.problem)

    async def _until_holds(self, step: Step) -> Verdict | None:
        """None once the checks hold; the verdict where they do not in time."""
        end = time.monotonic() + self._timeout_s
        while True:
            verdict = await self._session.judge(step.checks)
            if verdict is None or time.monotonic() > end:
                return verdict
            await asyncio.sleep(0.02)

    async def _is_told(self, mistake: Mistake) -> Fault | None:
        """Whether a mistake, typed as a learner types it, gives its own message, no other, and does not pass."""
        told: list[str] = []
        try:
            for chunk in _chunks(mistake.do):
                await self._play(chunk)
                told += (await self._session.after_command(_command(chunk))).messages
        except PlayError as error:
            return Fault(error.line.line, error.problem)
        end = time.monotonic() + _TOLD_WITHIN_S
        while not told and not self._session.is_done and time.monotonic() < end:
            await asyncio.sleep(0.02)
            told += (await self._session.after_event()).messages
        if self._session.is_done:
            return Fault(mistake.line, "This mistake passes as a solution.")
        if told != [mistake.say]:
            said = " | ".join(told) or "nothing"
            return Fault(mistake.line, f"This mistake should be told with its own words alone. Told is: {said}")
        return None

    async def _leave_out(self, index: int, step: Step, settle_s: float) -> AsyncIterator[Fault | None]:
        """Whether each line of the solution is needed: without it some check must fail, or it cannot be played."""
        for number, line in enumerate(step.do):
            rest = step.do[number + 1 :]
            if not _can_be_left_out(line, rest):
                continue
            await self._stand_at(index)
            try:
                await self._play((*step.do[:number], *rest))
                await asyncio.sleep(settle_s)
                is_needed = await self._session.judge(step.checks) is not None
            except MachineError:
                raise
            except UserError:
                is_needed = True
            says = f"Unchecked: the checks hold without this line of the solution, `{line.text}`."
            yield None if is_needed else Fault(line.line, says)

    async def _play(self, script: Script) -> None:
        await play(self._bench, script, timeout_s=self._timeout_s)
        waiting = next((name for name, terminal in self._bench.terminals.items() if terminal.is_continued), None)
        if waiting and script:
            raise PlayError(script[-1], f"Terminal {waiting} waits for more: a quote or a loop has no end.")


class _Patience:
    """Presses Ctrl-C where a program waits for an answer that does not come, for as long as the block runs."""

    def __init__(self, bench: Bench, silent_s: float) -> None:
        self._bench = bench
        self._silent_s = silent_s
        self._heard: dict[Terminal, float] = {}
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._bench.on_terminal = self._adopt
        self._watch = asyncio.create_task(self._look())

    async def __aexit__(self, *_error: object) -> None:
        self._bench.on_terminal = lambda _: None
        if self._watch:
            self._watch.cancel()

    def _adopt(self, terminal: Terminal) -> None:
        terminal.on_output = lambda _: self._hear(terminal)
        terminal.on_state = lambda: self._hear(terminal)

    def _hear(self, terminal: Terminal) -> None:
        self._heard[terminal] = time.monotonic()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            long_ago = time.monotonic() - self._silent_s
            for terminal in self._bench.terminals.values():
                if terminal.is_busy and self._heard.get(terminal, 0) < long_ago and terminal.program() in _ASKING:
                    terminal.forward(b"\x03")


def _chunks(script: Script) -> Iterator[Script]:
    """A script in pieces after which a learner would look: where the next command goes to the same terminal."""
    start = 0
    for number, line in enumerate(script):
        following = script[number + 1] if number + 1 < len(script) else None
        if following is None or (following.terminal == line.terminal and following.action in {"run", "look"}):
            yield script[start : number + 1]
            start = number + 1


def _command(chunk: Script) -> str:
    """What was typed at the prompt last; empty where the last line spoke to a program."""
    return chunk[-1].text if chunk[-1].action in {"run", "look"} else ""


def _can_be_left_out(line: Line, rest: Script) -> bool:
    """False for a line that others depend on for where they go: one that enters a shell, or a program spoken to."""
    following = next((later for later in rest if later.terminal == line.terminal), None)
    is_spoken_to = following is not None and following.action not in {"run", "look"}
    return line.action == "run" and not is_spoken_to and _SHELL.fullmatch(line.text.strip()) is None


def _is_worth_finding(line: Line) -> bool:
    return line.action == "run" and _SHELL.fullmatch(line.text.strip()) is None


def _words(text: str) -> str:
    """With a blank at each end, so that a command is not found inside a longer word."""
    return f" {' '.join(text.split())} "


def _texts(blocks: Prose) -> Iterator[str]:
    for block in blocks:
        yield from _texts_of(block)


def _texts_of(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(spans):
            # Code is set off by blanks here, whatever mark stands beside it on the page.
            yield "".join(f" {span.text} " if span.style == "code" else span.text for span in spans)
        case CodeBlock(text, _):
            yield text
        case Listing(items, _):
            for item in items:
                yield from _texts(item)
        case Note(_, blocks):
            yield from _texts(blocks)
        case _:
            for row in block.rows:
                yield " ".join(span.text for cell in row for span in cell)


def _stuck(error: UserError, step: Step, *, is_last: bool) -> Fault:
    """The fault that ended a lesson's proof."""
    after = "" if is_last else " The steps after it were not tried."
    if isinstance(error, PlayError):
        return Fault(error.line.line, f"{error.problem} {error.remedy}{after}")
    return Fault(step.line, f"{error.problem}{after}")
