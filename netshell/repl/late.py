"""Output that comes while nobody looks at its terminal: kept in bounds, and announced above the prompt."""

import asyncio
import time
from collections.abc import Callable, Iterable

from prompt_toolkit.application import run_in_terminal

from netshell.render.console import TAB, safe
from netshell.terminal.shell import Terminal
from netshell.terminal.stream import plain

_WAITING_MOST = 1 << 16
"""Bytes; a terminal with more to tell is not read until some of it is told: its programs wait."""
_GATHER_S = 0.05
_BURST_LINES, _LINES_A_SECOND = 12, 4.0
"""What a prompt is moved down by at most; a program that tells more waits until the learner looks at it."""


class Announcer:
    """Gathers what terminals say out of turn, and prints it when the prompt can be moved down."""

    def __init__(self, write: Callable[[bytes], None], is_in_front: Callable[[Terminal], bool]) -> None:
        self._write = write
        self._is_in_front = is_in_front
        self._waiting: dict[Terminal, bytearray] = {}
        self._held: set[Terminal] = set()
        self._task: asyncio.Task[None] | None = None
        self._lines = Allowance(_BURST_LINES, _LINES_A_SECOND)
        self._is_at_prompt = False

    @property
    def is_at_prompt(self) -> bool:
        """A prompt stands, and may be moved down."""
        return self._is_at_prompt

    def begin_prompt(self) -> None:
        """A prompt is put up: what waits is shown above it, soon."""
        self._is_at_prompt = True
        self._held.clear()
        self._lines = Allowance(_BURST_LINES, _LINES_A_SECOND)
        self._wake()

    async def end_prompt(self) -> None:
        """The prompt is answered. Waits until nothing is being printed above it."""
        self._is_at_prompt = False
        if self._task is not None:
            await asyncio.wait([self._task])

    def take(self, terminal: Terminal, data: bytes) -> None:
        """Keep output for the next moment that it can be shown."""
        if terminal.stream.is_full_screen():
            return  # it draws itself anew when it is looked at
        waiting = self._waiting.setdefault(terminal, bytearray())
        waiting += data
        if len(waiting) > _WAITING_MOST:
            terminal.pause()
        self._wake()

    def show_now(self, terminal: Terminal) -> None:
        """Print what waits of one terminal, because it is to be in front."""
        self._held.discard(terminal)
        data = self._waiting.pop(terminal, None)
        if data:
            self._write(bytes(data))
        terminal.resume()

    def keep_only(self, terminals: Iterable[Terminal]) -> None:
        """Drop what waits of terminals that were taken away."""
        for terminal in self._waiting.keys() - set(terminals):
            self._held.discard(terminal)
            del self._waiting[terminal]

    def _wake(self) -> None:
        if self._is_at_prompt and self._due() and (self._task is None or self._task.done()):
            self._task = asyncio.ensure_future(self._announce())

    def _due(self) -> list[Terminal]:
        return [terminal for terminal in self._waiting if terminal not in self._held]

    async def _announce(self) -> None:
        while self._is_at_prompt and self._due():
            await asyncio.sleep(_GATHER_S)
            if self._is_at_prompt:
                await run_in_terminal(self._print_due)

    def _print_due(self) -> None:
        for terminal in self._due():
            data = self._waiting[terminal]
            told = first_lines(data, self._lines.take(data.count(b"\n") + 1))
            if told:
                self._write(self._labelled(terminal, bytes(data[:told])))
                del data[:told]
            if data:
                self._held.add(terminal)
                self._write(self._hold_notice(terminal))
            else:
                del self._waiting[terminal]
                terminal.resume()

    def _hold_notice(self, terminal: Terminal) -> bytes:
        if not self._is_in_front(terminal):
            how = f":term {terminal.name} shows it"
        else:
            how = "Ctrl-] shows it" if terminal.is_busy else "it comes with your next command"
        return f"{self._label(terminal)} … and more: {how}\r\n".encode()

    def _labelled(self, terminal: Terminal, data: bytes) -> bytes:
        """As it came where its terminal is in front; otherwise each line with where it comes from."""
        if self._is_in_front(terminal):
            return data if data.endswith(b"\n") else data + b"\r\n"
        label = self._label(terminal)
        lines = plain(data).strip("\n").split("\n")
        return "".join(f"{label} {safe(line.expandtabs(TAB))}\r\n" for line in lines).encode("utf-8", "replace")

    @staticmethod
    def _label(terminal: Terminal) -> str:
        program = terminal.program() if terminal.is_busy else ""
        return safe(f"[{terminal.name} · {program}]" if program else f"[{terminal.name}]")


class Allowance:
    """So many at once, and so many a second after that."""

    def __init__(self, burst: int, a_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = float(burst)
        self._left = float(burst)
        self._a_second = a_second
        self._clock = clock
        self._seen_s = clock()

    def take(self, wanted: int) -> int:
        """As many as may be had now of those that are wanted; they count as taken."""
        now = self._clock()
        self._left = min(self._most, self._left + (now - self._seen_s) * self._a_second)
        self._seen_s = now
        given = min(wanted, int(self._left))
        self._left -= given
        return given


def first_lines(data: bytes | bytearray, count: int) -> int:
    """How many bytes the first lines take; all, where there are no more lines than that."""
    end = 0
    for _ in range(count):
        end = data.find(b"\n", end) + 1
        if not end:
            return len(data)
    return end
