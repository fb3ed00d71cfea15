"""A lesson's console lines, typed into real terminals as a learner would type them."""

import asyncio
from collections.abc import Mapping

from netshell.errors import UserError
from netshell.lesson.model import Line, Script
from netshell.session.bench import Bench
from netshell.terminal.shell import Terminal
from netshell.terminal.stream import plain

_KEYS: Mapping[str, bytes] = {"\\": b"\x1c", "[": b"\x1b", "]": b"\x1d", "?": b"\x7f"}
_SEEN_MOST = 1 << 18


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


async def play(bench: Bench, script: Script, *, timeout_s: float = 20) -> None:
    """Type every line, each when its terminal prompts again, or at once where it goes to another one.

    Gives back when the terminals prompt, or the last line stands in a program in front that was not left. Raises
    PlayError naming the line where a terminal does not prompt, or the text it waits for is not seen, in `timeout_s`.
    """
    ears: dict[str, _Ear] = {}
    try:
        for number, line in enumerate(script):
            if line.terminal not in ears:
                ears[line.terminal] = _Ear(await bench.terminal(line.terminal))
            try:
                async with asyncio.timeout(timeout_s):
                    await _play_line(ears[line.terminal], line, script[number + 1 :])
            except TimeoutError:
                raise PlayError(line, _stuck(ears[line.terminal].terminal, line, timeout_s)) from None
    finally:
        for ear in ears.values():
            ear.close()


async def _play_line(ear: _Ear, line: Line, rest: Script) -> None:
    terminal = ear.terminal
    match line.action:
        case "run" | "look":
            await terminal.until_prompt()
            ear.forget()
            terminal.feed(line.text)
            if _is_left_running(line, rest):
                return
            await terminal.until_prompt()
        case "type":
            terminal.forward(line.text.encode() + b"\r")
        case "press":
            terminal.forward(key(line.text))
            if not any(later.terminal == line.terminal for later in rest):
                await terminal.until_prompt()
        case "wait":
            await ear.wait_for(line.text)


def _is_left_running(line: Line, rest: Script) -> bool:
    """Whether a script goes on while this command runs: the next line speaks to the program, or to elsewhere first."""
    for later in rest:
        if later.terminal == line.terminal:
            return later.action not in {"run", "look"}
    return bool(rest)


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
