"""An end to waiting: Ctrl-C for programs that wait for an answer which, where something is wrong, does not come."""

import asyncio
import contextlib
import time
from collections.abc import Set as AbstractSet

from netshell.session import Bench
from netshell.terminal.shell import Terminal

_ASKING = frozenset({"ping", "traceroute", "tracepath", "arping", "dig", "host", "nslookup", "curl", "wget"})
"""Programs that wait for an answer. Where something is wrong on purpose there may be none, and Ctrl-C ends the wait."""
_MOMENT_S = 0.05
_INTERRUPTED_WITHIN_S = 1.0


def in_front(bench: Bench) -> frozenset[tuple[Terminal, int]]:
    """The terminals in which a program is in front, each with the number of commands that ended there before it."""
    return frozenset((terminal, terminal.commands_run) for terminal in bench.terminals.values() if terminal.is_busy)


async def interrupt(bench: Bench, spared: AbstractSet[tuple[Terminal, int]]) -> None:
    """End what is in front at each terminal with Ctrl-C, one after the other, as a learner gets the prompt back.

    What was in front before, `spared`, stays: a learner does not stop their server for a slip elsewhere.
    """
    for terminal in tuple(bench.terminals.values()):
        await asyncio.sleep(_MOMENT_S)  # the end of one program may be that of its peer
        if terminal.is_busy and (terminal, terminal.commands_run) not in spared:
            terminal.forward(b"\x03")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_INTERRUPTED_WITHIN_S):
                    await terminal.until_prompt()


class Patience:
    """Presses Ctrl-C where a program has waited in silence for `silent_s`, for as long as the block runs."""

    def __init__(self, bench: Bench, silent_s: float) -> None:
        self._bench = bench
        self._silent_s = silent_s
        self._heard: dict[Terminal, float] = {}
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        self._bench.on_terminal = self._adopt
        for terminal in self._bench.terminals.values():
            self._adopt(terminal)
        self._watch = asyncio.create_task(self._look())

    async def __aexit__(self, *_error: object) -> None:
        self._bench.on_terminal = lambda _: None
        if self._watch:
            self._watch.cancel()

    def _adopt(self, terminal: Terminal) -> None:
        terminal.on_output = lambda _: self._hear(terminal)
        terminal.on_state = lambda: self._hear(terminal)
        self._hear(terminal)

    def _hear(self, terminal: Terminal) -> None:
        self._heard[terminal] = time.monotonic()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(_MOMENT_S)
            long_ago = time.monotonic() - self._silent_s
            for terminal in self._bench.terminals.values():
                if terminal.is_busy and self._heard.get(terminal, 0) < long_ago and terminal.program() in _ASKING:
                    terminal.forward(b"\x03")
