"""A lesson's console lines, typed into real terminals as a learner would type them."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping

from netshell.errors import UserError
from netshell.lesson.model import Line, Script
from netshell.session.bench import Bench
from netshell.terminal.shell import State, Terminal
from netshell.terminal.stream import plain

_KEYS: Mapping[str, bytes] = {"\\": b"\x1c", "[": b"\x1b", "]": b"\x1d", "?": b"\x7f"}
_ANSWERED_BY_BASH = ("C", "D")
"""Keys that bash at its prompt answers with another prompt, or its end."""
_SEEN_MOST = 1 << 18
_GRACE_S = 0.4
"""So long a command may take before a line for another terminal is sent while it goes on."""
_REACH_S = 0.2
"""So long bash may take to start a program that keys are meant for, and that to read them; some never do."""
_MOMENT_S = 0.005


class PlayError(UserError):
    """A line of a script that could not be played to its end."""

    def __init__(self, line: Line, problem: str) -> None:
        super().__init__(problem, f"The line is `{line.text}` on terminal {line.terminal}.")
        self.line = line


class _Ear:
    """Listens to a terminal while a script is played."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self._seen = bytearray()
        self._heard = asyncio.Event()
        self._listener = terminal.on_output
        terminal.on_output = self._hear

    def _hear(self, data: bytes) -> None:
        self._seen += data
        del self._seen[:-_SEEN_MOST]
        self._heard.set()
        self._listener(data)

    def forget(self) -> None:
        self._seen.clear()

    async def wait_for(self, text: str) -> None:
        while text not in plain(bytes(self._seen)):
            self._heard.clear()
            await self._heard.wait()

    def close(self) -> None:
        self.terminal.on_output = self._listener


async def play(
    bench: Bench, script: Script, *, timeout_s: float = 20, on_line: Callable[[Line], None] = lambda _: None
) -> None:
    """Type every line, each when its terminal prompts again, or soon where it goes to another one.

    Most commands end within a moment, and the next line may need what they did; one that has not by then is left
    running, as a server is, until a line for its own terminal comes. Gives back when the terminals prompt, or the last
    line stands in a program in front that was not left. `on_line` is called as each line is about to be typed. Raises
    PlayError naming the line where a terminal does not prompt, or the text it waits for is not seen, in `timeout_s`.
    """
    there = {line.terminal: bench.terminals[line.terminal] for line in script if line.terminal in bench.terminals}
    ears = {name: _Ear(terminal) for name, terminal in there.items() if not terminal.is_dead}
    try:
        for number, line in enumerate(script):
            if line.terminal not in ears:
                ears[line.terminal] = _Ear(await _living(bench, line.terminal))
            if ears[line.terminal].terminal.is_dead:
                raise PlayError(line, _stuck(ears[line.terminal].terminal, line, timeout_s))
            on_line(line)
            try:
                async with asyncio.timeout(timeout_s):
                    await _play_line(ears[line.terminal], line, script[number + 1 :])
            except TimeoutError:
                raise PlayError(line, _stuck(ears[line.terminal].terminal, line, timeout_s)) from None
            except asyncio.CancelledError:
                if ears[line.terminal].terminal.is_busy:
                    ears[line.terminal].terminal.forward(key("C"))
                raise
    finally:
        for ear in ears.values():
            ear.close()


async def _living(bench: Bench, name: str) -> Terminal:
    """The terminal of that name; where its bash ended before the script began, a new one."""
    terminal = await bench.terminal(name)
    if terminal.is_dead:
        bench.forget(terminal)
        terminal = await bench.terminal(name)
    return terminal


async def _play_line(ear: _Ear, line: Line, rest: Script) -> None:
    terminal = ear.terminal
    match line.action:
        case "run" | "look":
            await terminal.until_prompt()
            ear.forget()
            terminal.feed(line.text)
            await _let_run(terminal, line, rest)
        case "type":
            ear.forget()  # what is waited for next comes after this line, such as the program's own prompt
            if terminal.state is State.PROMPT:
                terminal.feed(line.text)
                await _until_read(terminal)
            else:
                terminal.forward(line.text.encode() + b"\r")
                await _until_taken(terminal)
        case "press":
            if terminal.state is State.PROMPT and line.text in _ANSWERED_BY_BASH:
                terminal.press(key(line.text))
            else:
                terminal.forward(key(line.text))
            if not any(later.terminal == line.terminal for later in rest):
                await terminal.until_prompt()
        case "wait":
            await ear.wait_for(line.text)


async def _let_run(terminal: Terminal, line: Line, rest: Script) -> None:
    """Wait as long as the line after this one wants it."""
    following = next((later for later in rest if later.terminal == line.terminal), None)
    if following is not None and following.action not in {"run", "look"}:
        await _until_reached(terminal)
    elif rest and rest[0].terminal != line.terminal:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                await terminal.until_prompt()
    else:
        await terminal.until_prompt()


async def _until_read(terminal: Terminal) -> None:
    """Wait until bash has read the last line: it runs it, or wants more of it."""
    while terminal.state is State.FED:
        await terminal.until_change()


async def _until_taken(terminal: Terminal) -> None:
    """Wait until the program has read the line: what another terminal does next may concern it."""
    end = time.monotonic() + _REACH_S
    while time.monotonic() < end:
        await asyncio.sleep(_MOMENT_S)
        if not terminal.has_unread():
            return


async def _until_reached(terminal: Terminal) -> None:
    """Wait until a program has the terminal: keys that come before are bash's own, and are lost on it."""
    await _until_read(terminal)
    end = time.monotonic() + _REACH_S
    while terminal.state is State.RUNNING and terminal.program() == "bash" and time.monotonic() < end:  # noqa: ASYNC110 - no event tells of it
        await asyncio.sleep(0.002)


def key(name: str) -> bytes:
    """The byte that Ctrl and a key send: `C` is 0x03."""
    return _KEYS.get(name) or bytes([ord(name.upper()) & 0x1F])


def _stuck(terminal: Terminal, line: Line, timeout_s: float) -> str:
    if terminal.is_dead:
        return f"The shell of terminal {line.terminal} has ended."
    if line.action == "wait":
        return f"`{line.text}` was not seen on terminal {line.terminal} in {timeout_s:g} s."
    program = terminal.program() or "a program"
    return f"Terminal {line.terminal} did not prompt again in {timeout_s:g} s: `{program}` is still in front."
