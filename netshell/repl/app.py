"""The program that a learner sits at: prompt, terminals and lesson, in turn."""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from netshell import commands
from netshell.commands import Context
from netshell.errors import ExitCode, MachineError, UserError
from netshell.facts import PC
from netshell.lesson.model import Lesson, Line, Script
from netshell.progress import Progress
from netshell.render import step as steps
from netshell.render.console import safe
from netshell.repl.guide import Guide, free_task_of, open_lesson
from netshell.repl.keyboard import Keyboard
from netshell.repl.late import Announcer
from netshell.repl.prompt import LinePrompt, Pressed
from netshell.repl.screen import Screen
from netshell.repl.stopping import until_stopped
from netshell.session import Bench, Ran, play, ran_in
from netshell.terminal.shell import State, Terminal
from netshell.topology import Topology

__all__ = ["Repl", "free_task_of", "open_lesson"]

_INTERRUPTED = 130
"""The exit status of what Ctrl-C ended (bash(1), 128 and the signal's number)."""
_PASTED_MOST = 40
"""Lines that come at once up to which each is run by itself; more are bash's to take in one go."""
_SETTLE_S = 0.05
_UNREADY = "The machine stands somewhere in between: `:reset` begins the step anew."
_Done = TypeVar("_Done")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Repl:
    """One learner at one machine."""

    def __init__(
        self, bench: Bench, progress: Progress, directories: Sequence[Path], environ: Mapping[str, str]
    ) -> None:
        self._bench = bench
        self._environ = environ
        self._context = Context(bench, progress, tuple(directories))
        self._screen = Screen(environ, lambda: self._stop(signal.SIGHUP))
        self._guide = Guide(self._context, self._screen)
        self._late = Announcer(self._screen.write, self._is_in_front)
        self._commands: dict[str, str] = {}
        """By the name of a terminal: what was typed there last, until it is told of."""
        self._pasted: list[str] = []
        """Lines that came with the last one: each is a command of its own, run when the one before is done."""
        self._left_running: Terminal | None = None
        self._has_quit = False
        self._has_warned = False
        self._has_ended_input = False
        self._has_moved = False
        self._has_machine_ended = False
        self._recheck: asyncio.TimerHandle | None = None
        self._signal: int | None = None

    async def learn(self, lesson: Lesson, step: int | None, state: Path | None, *, is_test: bool = False) -> int:
        """Play a lesson, from a step (counted from 0) or from where the learner left it. Gives the exit status."""
        return await self._run(state, lesson, step, is_test=is_test)

    async def play(self, topology: Topology, state: Path | None) -> int:
        """Give the machine alone, with a lab. Gives the exit status."""
        return await self._run(state, topology)

    async def _run(
        self, state: Path | None, what: Lesson | Topology, step: int | None = None, *, is_test: bool = False
    ) -> int:
        self._main = asyncio.current_task()
        self._keyboard = Keyboard()
        self._prompt = LinePrompt(self._context, state, self._keyboard, self._screen.write)
        try:
            with self._keyboard.raw():
                self._attach()
                await self._serve(what, step, is_test=is_test)
        except asyncio.CancelledError:
            if self._signal is None:
                raise
            return 128 + self._signal
        finally:
            front = self._bench.terminals.get(self._context.terminal)
            if front is not None:
                self._screen.leave(front)  # a program may have drawn before it was given the screen
            self._bench.close()
        if self._has_machine_ended:
            raise MachineError("The private machine has ended.", "Start netshell again: your progress is saved.")
        return ExitCode.DONE

    async def _serve(self, what: Lesson | Topology, step: int | None, *, is_test: bool) -> None:
        if isinstance(what, Lesson):
            await self._guide.begin(what, step, is_test=is_test)
        else:
            self._guide.play(what)
        self._guide.tell_notices()
        self._guide.tell_machine()
        while not self._has_quit:
            await self._turn()

    def _attach(self) -> None:
        loop = asyncio.get_running_loop()
        lang = self._environ.get("LC_ALL") or self._environ.get("LC_CTYPE") or self._environ.get("LANG", "")
        is_utf8 = lang.upper().replace("-", "").endswith("UTF8")
        self._bench.attach(moved=self._on_moved, environ={"LANG": lang if is_utf8 else "C.UTF-8"})
        self._bench.on_terminal = self._adopt
        self._bench.machine.on_end = self._on_machine_end
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._stop, number)
        signal.signal(signal.SIGQUIT, signal.SIG_IGN)  # Ctrl-\ is a program's: where the keyboard is not raw, nobody's

    def _stop(self, number: int) -> None:
        """Leave at once, with the terminal as it was: netshell is told to end, or its terminal is gone."""
        self._signal = number
        self._has_quit = True
        self._prompt.abandon()
        if self._main is not None:
            self._main.cancel()

    def _on_machine_end(self) -> None:
        self._has_quit = self._has_machine_ended = True
        self._prompt.interrupt()

    def _adopt(self, terminal: Terminal) -> None:
        terminal.on_output = lambda data: self._on_output(terminal, data)
        terminal.on_state = lambda: self._on_state(terminal)

    def _is_in_front(self, terminal: Terminal) -> bool:
        return terminal.name == self._context.terminal

    def _on_output(self, terminal: Terminal, data: bytes) -> None:
        if self._bench.is_quiet:
            return
        is_on_screen = self._is_in_front(terminal) and terminal is not self._left_running
        if is_on_screen and not self._prompt.is_open and not self._late.is_at_prompt:
            self._screen.write(data)
        else:
            self._late.take(terminal, data)

    def _on_state(self, terminal: Terminal) -> None:
        """A terminal begins or ends something, perhaps while a prompt stands."""
        if terminal.is_dead and not self._is_in_front(terminal):
            self._bench.forget(terminal)
            self._late.take(terminal, b"This terminal is closed.\r\n")
        if self._is_in_front(terminal) and self._late.is_at_prompt:
            self._prompt.refresh()

    def _on_moved(self) -> None:
        """Something changed, or crossed a wire."""
        self._has_moved = True
        if self._recheck is None and self._late.is_at_prompt:
            self._recheck = asyncio.get_running_loop().call_later(_SETTLE_S, self._judge_again)

    def _judge_again(self) -> None:
        self._recheck = None
        if self._late.is_at_prompt:
            self._has_moved = False
            task = asyncio.ensure_future(self._judge_in_background())
            task.add_done_callback(lambda done: None if done.cancelled() else done.result())  # a bug is the loop's

    async def _judge_in_background(self) -> None:
        """The step may be done by what happened while the prompt stood."""
        from prompt_toolkit.application import run_in_terminal  # noqa: PLC0415 - loaded long since

        session = self._context.session
        if session is None:
            return
        try:
            outcome = await session.after_event()
        except UserError:
            return  # the next command will tell it
        if not (outcome.messages or outcome.compared or outcome.is_done_now):
            return
        if self._late.is_at_prompt:
            await run_in_terminal(lambda: self._guide.tell(outcome))
        else:
            self._guide.tell(outcome)

    async def _turn(self) -> None:
        """One turn of the loop: a program in front, or a line from the learner."""
        try:
            terminal = await self._front()
            if terminal.is_busy and terminal is not self._left_running:
                await self._let_run(terminal)
            elif not terminal.is_busy and terminal is self._left_running:
                self._left_running = None
                self._late.show_now(terminal)
                await self._look(terminal)
            elif self._pasted:
                await self._go_on_with_pasted(terminal)
            else:
                await self._ask(terminal)
        except MachineError:
            raise
        except UserError as error:
            self._pasted.clear()
            self._guide.tell_error(error)

    async def _go_on_with_pasted(self, terminal: Terminal) -> None:
        """Run the next of several lines that came at once, as if it had been typed now."""
        line = self._pasted.pop(0)
        self._screen.start_line()
        self._screen.write(f"{self._prompt.plain_message()}{safe(line)}\r\n".encode("utf-8", "replace"))
        if line.strip() or terminal.is_continued:
            await self._obey(terminal, line)

    async def _front(self) -> Terminal:
        """The terminal in front, with a bash in it."""
        self._bench.size = self._screen.size
        name = self._context.terminal
        terminal = self._bench.terminals.get(name)
        if terminal is not None and terminal.is_dead:
            self._late.show_now(terminal)
            self._bench.forget(terminal)
            if name == PC:
                says = "This terminal's own shell has ended; here is a new one. `:quit` leaves netshell."
            else:
                says = f"The terminal {name} is closed."
                self._context.terminal = PC
                self._left_running = self._bench.terminals.get(PC)
            self._screen.show(steps.notice(says))
            await self._look(terminal)
        try:
            return await self._bench.terminal(self._context.terminal)
        except MachineError:
            raise
        except UserError:
            if self._context.terminal != PC:
                self._context.terminal = PC
                self._left_running = self._bench.terminals.get(PC)
            raise

    async def _let_run(self, terminal: Terminal) -> None:
        self._late.show_now(terminal)
        if await self._screen.pass_through(terminal, self._keyboard):
            self._left_running = terminal
            name = terminal.program() or "The program"
            says = f"{name} goes on running. Ctrl-] goes back to it; `:term` opens another terminal."
            self._screen.show(steps.notice(says))
            await self._tell_so_far(terminal)
        elif not terminal.is_continued and not terminal.is_dead:
            await self._look(terminal)

    async def _tell_so_far(self, terminal: Terminal) -> None:
        """What a program has done that is left running is its own, not the next command's; it waits meanwhile."""
        terminal.pause()
        try:
            await self._guide.tell_command(ran_in(terminal, self._commands.get(terminal.name, ""), 0))
        finally:
            terminal.resume()

    async def _look(self, terminal: Terminal) -> None:
        """After a command: what it changed, and what that means for the step."""
        command = self._commands.pop(terminal.name, "")
        self._has_moved = False
        if terminal.status == _INTERRUPTED:
            self._pasted.clear()
        await self._guide.tell_command(ran_in(terminal, command))

    async def _ask(self, terminal: Terminal) -> None:
        self._screen.start_line()
        self._late.begin_prompt()
        if self._has_moved:
            self._on_moved()
        try:
            line = await self._prompt.ask(self._take_typed_ahead(terminal))
        except EOFError:
            if self._keyboard.closed:
                self._stop(signal.SIGHUP)
            await self._leave_shell(terminal)
            return
        except KeyboardInterrupt:
            if terminal.is_continued:
                self._commands.pop(terminal.name, None)
                terminal.press(b"\x03")
            elif terminal.is_busy:
                name = terminal.program() or "A program"
                self._screen.show(steps.notice(f"{name} goes on: Ctrl-] goes back to it, and there Ctrl-C ends it."))
            return
        finally:
            await self._late.end_prompt()
        if line or not isinstance(line, Pressed):
            first, *self._pasted = line.split("\n") if 0 < line.count("\n") < _PASTED_MOST else [line]
            await self._obey(terminal, first)

    @staticmethod
    def _take_typed_ahead(terminal: Terminal) -> str:
        text, terminal.typed_ahead = terminal.typed_ahead, ""
        return text

    async def _obey(self, terminal: Terminal, line: str) -> None:
        self._has_warned = self._has_ended_input = False
        wants_more = terminal.is_continued and not terminal.is_busy
        if isinstance(line, Pressed) or (commands.is_own(line) and not wants_more):
            await self._do(line)
        elif not wants_more and self._guide.is_answer(line):
            await self._do(f":answer {line.strip()}")
        elif self._is_page_turned(terminal, line):
            await self._go_on()
        elif terminal.is_busy:
            name = terminal.program() or "A program"
            free = next((f" {one.name}" for one in self._bench.terminals.values() if one.state is State.PROMPT), "")
            elsewhere = f"`:term{free}` {'goes to one that is free' if free else 'opens another terminal'}."
            self._screen.show(steps.notice(f"{name} is in front here: Ctrl-] goes back to it, {elsewhere}"))
        else:
            if not await self._is_ready():
                return
            terminal.resize(*self._screen.size)
            before = f"{self._commands.get(terminal.name, '')}\n" if terminal.is_continued else ""
            self._commands[terminal.name] = f"{before}{line}"
            self._late.show_now(terminal)
            terminal.feed(line)

    def _is_page_turned(self, terminal: Terminal, line: str) -> bool:
        """Enter on an empty line, at bash's prompt or, in a lesson, while a program is left running."""
        is_empty = not line.strip() and not terminal.is_continued
        return is_empty and (self._context.session is not None or not terminal.is_busy)

    async def _go_on(self) -> None:
        """Enter on an empty line: turn the page."""
        if self._context.session is not None and not self._guide.turn_title():
            await self._do(":next")

    async def _leave_shell(self, terminal: Terminal) -> None:
        """Ctrl-D: out of a nested shell, out of a further terminal; at last out of netshell, if it is meant."""
        is_inner = terminal.is_continued or terminal.level > 1 or terminal.name != PC
        if is_inner and not terminal.is_busy:
            self._commands.pop(terminal.name, None)
            is_again = terminal.is_continued and self._has_ended_input  # bash would end of a second one
            self._has_ended_input = terminal.is_continued and not is_again
            terminal.press(b"\x03" if is_again else b"\x04")
        elif self._has_warned:
            self._quit()
        else:
            self._has_warned = True
            self._screen.show(steps.notice("Ctrl-D once more leaves netshell. Your progress is saved."))

    def _quit(self) -> None:
        self._has_quit = True
        self._guide.tell_farewell()

    async def _do(self, line: str) -> None:
        """One of netshell's own commands."""
        if not await self._is_ready():
            return
        before = set(self._bench.terminals)
        view = await self._interruptibly(commands.run(self._context, line), _UNREADY)
        if view is None:
            return
        if self._context.terminal in before - self._bench.terminals.keys():
            self._context.terminal = PC  # the machine was begun anew
        await self._show(view)
        self._guide.tell_notices()
        self._let_go_of_closed_terminals()
        if isinstance(view, commands.StandsIn):
            self._stay_in_front()

    async def _show(self, view: commands.View) -> None:
        """A view on the screen, or what it wants done."""
        match view:
            case commands.Quit():
                self._quit()
            case commands.GoTo(name):
                self._go_to(name)
            case commands.Learn(name, is_anew, is_test):
                await self._guide.learn(name, is_anew=is_anew, is_test=is_test)
            case commands.StandsIn(is_rebuilt=is_rebuilt):
                self._guide.show_step(is_rebuilt=is_rebuilt)
            case commands.TypeSolution(script):
                await self._type(script)
            case _ if (lines := self._screen.listed(view, self._screen.size[1])) is not None:
                self._screen.page(lines, self._keyboard)
            case _:
                self._screen.show(self._screen.drawn(view))

    async def _type(self, script: Script) -> None:
        """Type the lines of a solution at their terminals, in view, and judge what has come of them."""

        def show(line: Line) -> None:
            if line.action != "wait":
                self._screen.show(steps.typed(line))

        done = await self._interruptibly(self._typed(script, show), "What was typed so far stays.")
        for terminal in self._bench.terminals.values():
            self._late.show_now(terminal)
        if done:
            await self._guide.tell_command(Ran())

    async def _typed(self, script: Script, show: Callable[[Line], None]) -> bool:
        await play(self._bench, script, on_line=show)
        return True

    async def _is_ready(self) -> bool:
        """Wait for the lab, and for what brings it to the step; False where the learner did not."""

        async def ready() -> bool:
            await self._guide.until_ready()
            return True

        return await self._interruptibly(ready(), _UNREADY) is not None

    async def _interruptibly(self, work: Coroutine[Any, Any, _Done], then: str) -> _Done | None:
        """Wait for something of netshell's own; None where Ctrl-C has stopped it. `then` tells how things stand."""
        try:
            done = await until_stopped(work, self._keyboard, self._screen)
        finally:
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, self._stop, signal.SIGINT)
        if done is None and self._signal is None:
            self._screen.show(steps.notice(f"Stopped. {then}"))
        return done

    def _let_go_of_closed_terminals(self) -> None:
        """After `:reset` and the like, which end every terminal and what runs in it."""
        self._late.keep_only(self._bench.terminals.values())
        self._commands = {name: line for name, line in self._commands.items() if name in self._bench.terminals}
        if self._left_running is not None and self._left_running.name not in self._bench.terminals:
            self._left_running = None

    def _stay_in_front(self) -> None:
        """Where a step begins with a program in the terminal in front, the page is to be read first."""
        front = self._bench.terminals.get(self._context.terminal)
        if front is not None and front.is_busy and front is not self._left_running:
            self._left_running = front
            self._screen.show(steps.notice(f"{front.program()} runs in {front.name} already: Ctrl-] goes to it."))

    def _go_to(self, name: str) -> None:
        """Put a terminal in front; a program that runs there gets the screen and the keys."""
        terminal = self._bench.terminals.get(name)
        is_same = name == self._context.terminal
        self._context.terminal = name
        self._left_running = None
        if terminal is not None and terminal.is_busy:
            self._screen.show(steps.notice(f"{terminal.program()} in {name}; Ctrl-] comes back here."))
            self._screen.write(terminal.stream.enter())
            rows, columns = self._screen.size
            terminal.resize(max(1, rows - 1), columns)  # and soon its true size: what can redraw itself does
        elif is_same and terminal is not None:
            self._screen.show(steps.notice(f"You are at the prompt of {name} already: no program is in front."))
