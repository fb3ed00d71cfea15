"""The real terminal's screen: netshell's own words on it, and programs in front that have it to themselves."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping

from rich.console import RenderableType

from netshell.commands import View
from netshell.packet_views import packet_view_lines
from netshell.render.console import as_text, colour_for, is_plain
from netshell.render.line import Line
from netshell.repl.keyboard import Keyboard, without_positions
from netshell.terminal.shell import Terminal
from netshell.views import render

DETACH = b"\x1d"
"""Ctrl-], as telnet's."""
WIDEST = 120
"""Columns that netshell's own views take at most."""

_GRACE_S = 0.05
"""So long a program may run before it gets the keys: those pressed with a quick command belong to the next prompt."""
_TIDY_S = 0.6
"""So long bash has to give up a line: keys pressed meanwhile would go with it."""
_UNSEEN = re.compile(rb"[\x00-\x09\x0e-\x1a]|\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\-~])")
_FROM_ALTERNATE_SCREEN = b"\x1b[?1049l"
"""Puts the cursor back to where it was before a full-screen program: at the beginning of a line."""
_PLAIN = b"\x0f\x1b(B\x1b[0m"
"""Letters, not the line drawing that stray bytes may have switched to, in no colour."""
_TAIL = 512
_NEW_LINE = b"\r\n"


class Screen:
    """Standard output, a terminal in raw mode."""

    def __init__(self, environ: Mapping[str, str], hang_up: Callable[[], None]) -> None:
        self._environ = environ
        self._colour = colour_for(environ, is_terminal=True)
        self.is_plain = is_plain(environ)
        """Nothing is drawn on it: what a screen reader reads is lines."""
        self._hang_up = hang_up
        self._ending = _NEW_LINE

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns, now."""
        columns, rows = shutil.get_terminal_size((80, 24))
        return rows, columns

    @property
    def width(self) -> int:
        """Columns for netshell's own views."""
        return min(self.size[1], WIDEST)

    def show(self, *renderables: RenderableType | None) -> None:
        """Print netshell's own words, below whatever a program has printed."""
        text = "".join(as_text(part, width=self.width, colour=self._colour) for part in renderables if part is not None)
        if text:
            self.start_line()
            self.write(text.replace("\n", "\r\n").encode())

    def drawn(self, view: View) -> RenderableType | None:
        """What a command gave, as this screen can show it; None for a view that only does something."""
        return render(view, self.width, is_plain=self.is_plain)

    def listed(self, view: View, width: int = 0) -> Iterator[Line] | None:
        """The lines of a view that may be long, at most `width` columns wide, or netshell's own; None for others."""
        return packet_view_lines(view, width or self.width, is_plain=self.is_plain)

    def page(self, lines: Iterator[Line], keyboard: Keyboard) -> None:
        """Print lines of netshell's own; more than a screen of them go through the pager, and all else waits."""
        from netshell.render.pager import page  # noqa: PLC0415 - not before the first list of packets

        self.start_line()
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's, also where it is not there yet
        try:
            with keyboard.lent():
                page(lines, environ=self._environ)
        finally:
            signal.signal(signal.SIGINT, before)

    def start_line(self) -> None:
        """Go to the beginning of a line, if a program has not ended its last one."""
        if self._ending != _NEW_LINE:
            self.write(b"\r" if self._ending.endswith(b"\n") else _NEW_LINE)
            self._ending = _NEW_LINE

    def write(self, data: bytes) -> None:
        """Bytes, as they are; waits where the terminal is slower than the program."""
        _, returned, tail = data.rpartition(_FROM_ALTERNATE_SCREEN)
        ending = (_NEW_LINE if returned else self._ending) + _UNSEEN.sub(b"", tail[-_TAIL:])
        self._ending = ending[-len(_NEW_LINE) :]
        while data:
            try:
                data = data[os.write(1, data) :]
            except BlockingIOError:
                os.set_blocking(1, True)
            except OSError:  # the real terminal is gone
                self._hang_up()
                return

    async def pass_through(self, terminal: Terminal, keyboard: Keyboard) -> bool:
        """Let the program in front have the screen and the keys, until bash prompts or the learner presses Ctrl-].

        True where it was left running.
        """
        try:
            if await _is_soon_done(terminal):
                return False
            return await self._hand_over(terminal, keyboard)
        finally:
            self.leave(terminal)

    def leave(self, terminal: Terminal) -> None:
        """Bring the real terminal to rest, whatever the program in front had switched on."""
        if not terminal.stream.is_left:
            self.write(terminal.stream.leave() + (_PLAIN if self._colour != "none" else b""))
            terminal.stream.is_left = True

    async def _hand_over(self, terminal: Terminal, keyboard: Keyboard) -> bool:
        """The keys and the window's size are the program's. True where it was left running."""
        loop = asyncio.get_running_loop()
        is_detached = loop.create_future()

        def pass_on(keys: bytes) -> None:
            before, detach, _ = keys.partition(DETACH)
            if before:
                terminal.forward(without_positions(before))
            if detach and not is_detached.done():
                is_detached.set_result(None)

        with contextlib.ExitStack() as undo:
            loop.add_reader(keyboard.fileno(), self._read_keys, keyboard.fileno(), pass_on)
            undo.callback(loop.remove_reader, keyboard.fileno())
            loop.add_signal_handler(signal.SIGWINCH, lambda: terminal.resize(*self.size))
            undo.callback(loop.remove_signal_handler, signal.SIGWINCH)
            terminal.resize(*self.size)
            pass_on(keyboard.take_unread())
            prompts = asyncio.ensure_future(terminal.until_prompt())
            undo.callback(prompts.cancel)
            await asyncio.wait([prompts, is_detached], return_when=asyncio.FIRST_COMPLETED)
        return is_detached.done()

    def _read_keys(self, fd: int, pass_on: Callable[[bytes], None]) -> None:
        try:
            keys = os.read(fd, 4096)
        except BlockingIOError:
            return
        except OSError:
            keys = b""
        if keys:
            pass_on(keys)
        else:
            self._hang_up()


async def _is_soon_done(terminal: Terminal) -> bool:
    """Whether bash prompts again before it is worth handing the keyboard over."""
    try:
        async with asyncio.timeout(_TIDY_S if terminal.is_tidying else _GRACE_S):
            await terminal.until_prompt()
    except TimeoutError:
        return False
    return True
