"""Output that comes while nobody looks at its terminal: kept in bounds, and announced above the prompt."""

import asyncio
from collections.abc import Callable

from prompt_toolkit.application import run_in_terminal

from netshell.render.console import safe
from netshell.terminal.shell import Terminal
from netshell.terminal.stream import plain

_WAITING_MOST = 1 << 16
"""Bytes; a terminal with more to tell is not read until some of it is told: its programs wait."""
_GATHER_S = 0.05


class Announcer:
    """Gathers what terminals say out of turn, and prints it when the prompt can be moved down."""

    def __init__(self, write: Callable[[bytes], None], is_in_front: Callable[[Terminal], bool]) -> None:
        self._write = write
        self._is_in_front = is_in_front
        self._waiting: dict[Terminal, bytearray] = {}
        self._task: asyncio.Task[None] | None = None
        self.is_at_prompt = False

    def take(self, terminal: Terminal, data: bytes) -> None:
        """Keep output for the next moment that it can be shown."""
        if terminal.stream.is_full_screen():
            return  # it draws itself anew when it is looked at
        waiting = self._waiting.setdefault(terminal, bytearray())
        waiting += data
        if len(waiting) > _WAITING_MOST:
            terminal.pause()
        self.wake()

    def wake(self) -> None:
        """See to it that what waits is shown soon, if a prompt stands."""
        if self.is_at_prompt and self._waiting and (self._task is None or self._task.done()):
            self._task = asyncio.ensure_future(self._announce())

    async def settle(self) -> None:
        """Wait until nothing is being printed above the prompt."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def show_now(self, terminal: Terminal) -> None:
        """Print what waits of one terminal, because it is to be in front."""
        data = self._waiting.pop(terminal, None)
        if data:
            self._write(bytes(data))
        terminal.resume()

    async def _announce(self) -> None:
        while self._waiting and self.is_at_prompt:
            await asyncio.sleep(_GATHER_S)
            if self.is_at_prompt:
                await run_in_terminal(self._print_waiting)

    def _print_waiting(self) -> None:
        for terminal, data in list(self._waiting.items()):
            del self._waiting[terminal]
            self._write(self._labelled(terminal, bytes(data)))
            terminal.resume()

    def _labelled(self, terminal: Terminal, data: bytes) -> bytes:
        """As it came where its terminal is in front; otherwise each line with where it comes from."""
        if self._is_in_front(terminal):
            return data if data.endswith(b"\n") else data + b"\r\n"
        program = terminal.program() if terminal.is_busy else ""
        label = f"[{terminal.name} · {program}]" if program else f"[{terminal.name}]"
        lines = plain(data).strip("\n").split("\n")
        return "".join(f"{label} {safe(line)}\r\n" for line in lines).encode("utf-8", "replace")
