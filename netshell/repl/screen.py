"""The real terminal: netshell's own words on it, and programs in front that have it to themselves."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Coroutine, Mapping

from rich.console import RenderableType

from netshell.render.console import as_text, colour_for
from netshell.terminal.shell import Terminal

DETACH = b"\x1d"
"""Ctrl-], as telnet's."""


class Screen:
    """Standard input and output, which are a terminal."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._colour = colour_for(environ, is_terminal=True)
        self._is_column_zero = True

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns, now."""
        columns, rows = shutil.get_terminal_size((80, 24))
        return rows, columns

    def show(self, *renderables: RenderableType | None) -> None:
        """Print netshell's own words, below whatever a program has printed."""
        width = min(self.size[1], 120)
        text = "".join(as_text(part, width=width, colour=self._colour) for part in renderables if part is not None)
        if text:
            self.start_line()
            self.write(text.replace("\n", "\r\n").encode())

    def start_line(self) -> None:
        """Go to the beginning of a line, if a program has not ended its last one."""
        if not self._is_column_zero:
            self.write(b"\r\n")

    def write(self, data: bytes) -> None:
        """Bytes, as they are; waits where the terminal is slower than the program."""
        if data:
            self._is_column_zero = data.endswith(b"\n")
        while data:
            try:
                data = data[os.write(1, data) :]
            except BlockingIOError:
                os.set_blocking(1, True)

    async def pass_through(self, terminal: Terminal) -> bool:
        """Let the program in front have the screen and the keys, until bash prompts or the learner presses Ctrl-].

        True where it was left running.
        """
        sys.stdout.flush()
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as undo:
            is_detached = asyncio.Event()
            settings = termios.tcgetattr(0)
            undo.callback(termios.tcsetattr, 0, termios.TCSADRAIN, settings)
            tty.setraw(0, termios.TCSANOW)
            flags = fcntl.fcntl(0, fcntl.F_GETFL)
            undo.callback(fcntl.fcntl, 0, fcntl.F_SETFL, flags)
            loop.add_reader(0, self._forward, terminal, is_detached)
            undo.callback(loop.remove_reader, 0)
            loop.add_signal_handler(signal.SIGWINCH, lambda: terminal.resize(*self.size))
            undo.callback(loop.remove_signal_handler, signal.SIGWINCH)
            terminal.resize(*self.size)
            await _first(terminal.until_prompt(), is_detached.wait())
            self.write(terminal.stream.leave())
        return is_detached.is_set()

    @staticmethod
    def _forward(terminal: Terminal, is_detached: asyncio.Event) -> None:
        try:
            keys = os.read(0, 4096)
        except BlockingIOError:
            return
        except OSError:
            keys = b""
        if not keys:  # the real terminal is gone
            os.kill(os.getpid(), signal.SIGHUP)
            return
        before, detach, _ = keys.partition(DETACH)
        if before:
            terminal.forward(before)
        if detach:
            is_detached.set()


async def _first(*waits: Coroutine[object, object, object]) -> None:
    """Wait for the first of several, and give the others up."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
