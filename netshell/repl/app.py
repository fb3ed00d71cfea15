"""The program that a learner sits at: prompt, terminals and lesson, in turn."""

import asyncio
import contextlib
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import RenderableType

from netshell import commands
from netshell.commands import Context
from netshell.errors import ExitCode, MachineError, UserError
from netshell.facts import PC
from netshell.host import REQUIREMENTS, remedy_for
from netshell.lesson import library
from netshell.lesson.model import Lesson
from netshell.progress import Progress
from netshell.render import step as steps
from netshell.render.changes import changes
from netshell.repl.late import Announcer
from netshell.repl.prompt import LinePrompt, Pressed
from netshell.repl.screen import Screen
from netshell.session import Bench, Outcome, Session
from netshell.terminal.shell import Terminal
from netshell.topology import Topology
from netshell.views import render, render_error

_SETTLE_S = 0.05
_NO_SECCOMP = (
    "This computer refuses a seccomp filter: programs that give up root (tcpdump, dnsmasq) will fail here. "
    "`netshell doctor` says more."
)


class Repl:
    """One learner at one machine."""

    def __init__(
        self, bench: Bench, progress: Progress, directories: Sequence[Path], environ: Mapping[str, str]
    ) -> None:
        self._bench = bench
        self._progress = progress
        self._directories = tuple(directories)
        self._environ = environ
        self._context = Context(bench, progress, ())
        self._screen = Screen(environ)
        self._late = Announcer(self._screen.write, self._is_in_front)
        self._command = ""
        self._is_left_running = False
        self._has_quit = False
        self._has_warned = False
        self._is_at_title = False
        self._ready: asyncio.Task[None] | None = None
        self._recheck: asyncio.TimerHandle | None = None

    async def learn(self, lesson: Lesson, step: int | None, state: Path | None) -> ExitCode:
        """Play a lesson, from a step (counted from 0) or from where the learner left it."""
        return await self._run(state, lesson, step)

    async def play(self, topology: Topology, state: Path | None) -> ExitCode:
        """Give the machine alone, with a lab."""
        return await self._run(state, topology)

    async def _run(self, state: Path | None, what: Lesson | Topology, step: int | None = None) -> ExitCode:
        self._attach()
        prompt = LinePrompt(self._context, state)
        self._prompt = prompt
        try:
            if isinstance(what, Lesson):
                await self._begin_lesson(what, step)
            else:
                self._ready = asyncio.ensure_future(self._bench.build(what))
                self._screen.show(
                    steps.notice("A private machine of your own. `:help` tells what netshell adds to it.")
                )
            self._tell_notices()
            while not self._has_quit:
                await self._turn()
        finally:
            self._bench.close()
        return ExitCode.DONE

    def _attach(self) -> None:
        loop = asyncio.get_running_loop()
        lang = self._environ.get("LC_ALL") or self._environ.get("LC_CTYPE") or self._environ.get("LANG", "")
        is_utf8 = lang.upper().replace("-", "").endswith("UTF8")
        self._bench.attach(moved=self._on_moved, environ={"LANG": lang if is_utf8 else "C.UTF-8"})
        self._bench.size = self._screen.size
        self._bench.on_terminal = self._adopt
        self._bench.machine.on_end = self._on_machine_end
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop, number)

    def _stop(self, number: int) -> None:
        """Leave at once, with the terminal as it was: netshell is told to end, or its terminal is gone."""
        self._has_quit = True
        for task in asyncio.all_tasks():
            task.cancel(f"signal {number}")

    def _on_machine_end(self) -> None:
        self._has_quit = True
        self._prompt.interrupt()

    def _adopt(self, terminal: Terminal) -> None:
        terminal.on_output = lambda data: self._on_output(terminal, data)
        terminal.on_state = lambda: self._on_state(terminal)

    def _is_in_front(self, terminal: Terminal) -> bool:
        return terminal.name == self._context.terminal

    def _on_output(self, terminal: Terminal, data: bytes) -> None:
        if self._is_in_front(terminal) and not self._prompt.is_open and not self._late.is_at_prompt:
            self._screen.write(data)
        else:
            self._late.take(terminal, data)

    def _on_state(self, terminal: Terminal) -> None:
        """A terminal begins or ends something while its prompt stands."""
        if self._is_in_front(terminal) and self._late.is_at_prompt:
            self._prompt.interrupt()

    def _on_moved(self) -> None:
        if self._recheck is None and self._late.is_at_prompt:
            self._recheck = asyncio.get_running_loop().call_later(_SETTLE_S, self._check_again)

    def _check_again(self) -> None:
        self._recheck = None
        session = self._context.session
        if session is not None and not session.is_done and self._late.is_at_prompt:
            asyncio.ensure_future(self._judge_in_background(session))  # noqa: RUF006 - it ends by itself, soon

    async def _judge_in_background(self, session: Session) -> None:
        from prompt_toolkit.application import run_in_terminal  # noqa: PLC0415 - loaded long since

        with contextlib.suppress(UserError):
            outcome = await session.after_event()
            if self._late.is_at_prompt and (outcome.messages or outcome.is_done_now):
                await run_in_terminal(lambda: self._show_outcome(outcome))

    async def _begin_lesson(self, lesson: Lesson, step: int | None) -> None:
        record = self._progress.lesson(lesson.id)
        index = step if step is not None else record.index if record is not None and record.done_at is None else 0
        index = min(index, len(lesson.steps) - 1)
        session = Session(self._bench, lesson, self._progress)
        self._context.session = session
        if index:
            self._screen.show(steps.notice(f"Back in {lesson.title}. The machine is brought to step {index + 1} …"))
        self._ready = asyncio.ensure_future(session.begin(index))
        if index or lesson.steps[0].setup:
            await self._ready
        session.index = index
        self._is_at_title = index == 0
        if self._is_at_title:
            self._screen.show(steps.lesson_title(lesson), steps.notice("Enter begins."))
        else:
            self._show_step(session)

    def _show_step(self, session: Session) -> None:
        self._screen.show(render(commands.StandsIn(session.lesson, session.index), self._screen.size[1]))
        if session.is_done and not session.is_last:
            self._screen.show(steps.notice("Enter goes on."))

    def _tell_notices(self) -> None:
        if notice := self._progress.take_notice():
            self._screen.show(steps.notice(notice))
        if "seccomp" in self._bench.machine.notices:
            self._screen.show(steps.notice(_NO_SECCOMP))

    async def _turn(self) -> None:
        """One turn of the loop: a program in front, or a line from the learner."""
        try:
            terminal = await self._front()
            if terminal.is_busy and not self._is_left_running:
                await self._let_run(terminal)
            else:
                await self._ask(terminal)
        except MachineError:
            raise
        except UserError as error:
            self._screen.show(render_error(error))
            self._tell_notices()

    async def _front(self) -> Terminal:
        """The terminal in front, with a bash in it."""
        name = self._context.terminal
        terminal = self._bench.terminals.get(name)
        if terminal is not None and terminal.is_dead:
            self._bench.forget(terminal)
            if name == PC:
                says = "This terminal's own shell has ended; here is a new one. `:quit` leaves netshell."
            else:
                says = f"The terminal {name} is closed."
                self._context.terminal = PC
            self._screen.show(steps.notice(says))
            self._command, self._is_left_running = "", False
        try:
            return await self._bench.terminal(self._context.terminal)
        except MachineError:
            raise
        except UserError:
            if self._context.terminal == PC:
                raise
            self._context.terminal = PC
            raise

    async def _let_run(self, terminal: Terminal) -> None:
        self._late.show_now(terminal)
        if await self._screen.pass_through(terminal):
            self._is_left_running = True
            self._screen.start_line()
            self._screen.show(
                steps.notice(f"{terminal.program() or 'The program'} goes on running in {terminal.name}.")
            )
        elif not terminal.is_continued and not terminal.is_dead:
            await self._look(terminal)

    async def _look(self, terminal: Terminal) -> None:
        """After a command: what it changed, and what that means for the step."""
        session = self._context.session
        command, self._command = self._command, ""
        if session is not None:
            outcome = await session.after_command(command)
        else:
            outcome = Outcome((await self._bench.observe()).said)
        self._show_outcome(outcome)
        if terminal.status == 127 and (remedy := _remedy(command)):
            self._screen.show(steps.notice(remedy))
        self._tell_notices()

    def _show_outcome(self, outcome: Outcome) -> None:
        shown: list[RenderableType | None] = [changes(outcome.said)]
        shown += [steps.verdict(message) for message in outcome.messages]
        session = self._context.session
        if outcome.is_done_now and session is not None:
            shown.append(
                steps.done_line("Done.", "Enter: end of the lesson" if session.is_last else "Enter: next step")
            )
            if "map" in session.step.show:
                shown.append(render(commands.Map(self._bench.snapshot, self._bench.topology.places()), self._width))
        self._screen.show(*shown)

    @property
    def _width(self) -> int:
        return min(self._screen.size[1], 120)

    async def _ask(self, terminal: Terminal) -> None:
        self._late.is_at_prompt = True
        self._late.wake()
        try:
            self._screen.start_line()
            line = await self._prompt.ask(self._take_typed_ahead(terminal))
        except EOFError:
            await self._leave_shell(terminal)
            return
        except KeyboardInterrupt:
            if terminal.is_continued:
                terminal.press(b"\x03")
            return
        finally:
            self._late.is_at_prompt = False
            await self._late.settle()
        if not (isinstance(line, Pressed) and not line):
            await self._obey(terminal, line)

    @staticmethod
    def _take_typed_ahead(terminal: Terminal) -> str:
        text, terminal.typed_ahead = terminal.typed_ahead, ""
        return text

    async def _obey(self, terminal: Terminal, line: str) -> None:
        self._has_warned = False
        if line.startswith(":") and not terminal.is_continued:
            await self._do(line)
        elif terminal.is_busy:
            name = terminal.program() or "A program"
            self._screen.show(
                steps.notice(f"{name} is in front here. Ctrl-] goes back to it; `:term` opens another terminal.")
            )
        elif not line.strip() and not terminal.is_continued:
            await self._go_on()
        else:
            await self._await_ready()
            terminal.resize(*self._screen.size)
            self._command = line if not terminal.is_continued else f"{self._command}\n{line}"
            self._is_left_running = False
            self._late.show_now(terminal)
            terminal.feed(line)

    async def _go_on(self) -> None:
        """Enter on an empty line: turn the page."""
        session = self._context.session
        if session is not None and self._is_at_title:
            self._is_at_title = False
            self._show_step(session)
        elif session is not None:
            await self._do(":next")

    async def _await_ready(self) -> None:
        if self._ready is not None:
            ready, self._ready = self._ready, None
            await ready

    async def _leave_shell(self, terminal: Terminal) -> None:
        """Ctrl-D: out of a nested shell, out of a further terminal; at last out of netshell, if it is meant."""
        is_inner = terminal.is_continued or terminal.level > 1 or terminal.name != PC
        if is_inner and not terminal.is_busy:
            self._command = ""
            terminal.press(b"\x04")
        elif self._has_warned:
            self._has_quit = True
        else:
            self._has_warned = True
            self._screen.show(steps.notice("Ctrl-D once more leaves netshell. Your progress is saved."))

    async def _do(self, line: str) -> None:
        """One of netshell's own commands."""
        await self._await_ready()
        if not self._context.lessons:
            self._context.lessons = library.catalogue(self._directories)
        view = await commands.run(self._context, line)
        match view:
            case commands.Quit():
                self._has_quit = True
            case commands.GoTo(name):
                self._go_to(name)
            case commands.Learn(name, is_anew):
                await self._learn(name, is_anew=is_anew)
            case commands.StandsIn() if self._context.session is not None:
                self._context.terminal = self._context.terminal if self._front_lives() else PC
                self._show_step(self._context.session)
            case _:
                self._screen.show(render(view, self._width))

    def _front_lives(self) -> bool:
        return self._context.terminal in self._bench.terminals

    def _go_to(self, name: str) -> None:
        terminal = self._bench.terminals.get(name)
        is_same = name == self._context.terminal
        self._context.terminal = name
        self._is_left_running = False
        if terminal is not None and terminal.is_busy:
            self._screen.show(steps.notice(f"{terminal.program()} in {name}; Ctrl-] comes back here."))
            self._screen.write(terminal.stream.enter())
            if terminal.stream.is_full_screen():
                terminal.redraw(*self._screen.size)
        elif is_same and terminal is not None:
            self._screen.show(steps.notice("No program is in front in this terminal."))

    async def _learn(self, name: str, *, is_anew: bool) -> None:
        path = library.find(name, self._directories)
        lesson = open_lesson(path, self._progress, is_anew=is_anew)
        await self._bench.reset(Topology())
        self._context.terminal = PC
        await self._begin_lesson(lesson, None)


def _remedy(command: str) -> str:
    """How to get the program that a command line begins with, if it is one that lessons use; otherwise empty."""
    words = command.split()
    known = {requirement.program for requirement in REQUIREMENTS}
    program = next((word for word in words if word in known), "")
    return f"{program} is not installed on this computer. {remedy_for(program)}" if program else ""


def open_lesson(path: Path, progress: Progress, *, is_anew: bool = False, seed: int | None = None) -> Lesson:
    """Read a lesson with the seed that the learner has it with, or a new one; and note that it was begun."""
    import random  # noqa: PLC0415 - only where a lesson begins

    fresh = seed if seed is not None else random.SystemRandom().randrange(1 << 31)
    lesson = library.load(path, fresh)
    begin = progress.restart if is_anew or seed is not None else progress.begin
    record = begin(lesson.id, fresh)
    return lesson if record.seed == fresh else library.load(path, record.seed)
