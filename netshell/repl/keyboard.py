"""The real keyboard: what was pressed, for the prompt, or for a program when one is in front.

The terminal's own line editing stays off for as long as netshell runs, so no key is echoed, lost or turned into a
signal while neither of them reads.
"""

import contextlib
import re
import sys
import termios
import tty
from collections.abc import Iterator

from prompt_toolkit.input.typeahead import get_typeahead
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.input.vt100_parser import Vt100Parser
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys

_POSITION = re.compile(rb"\x1b\[(?!1;\dR)\d{1,4};\d{1,4}R")
"""Where the cursor is (ECMA-48 CPR), answered too late for the prompt that asked; `CSI 1 ; 2 R` is Shift-F3."""
_PLAUSIBLE = re.compile(r"\x1b\[\d{1,4};\d{1,4}R")
_INTERRUPT = "\x03"
_NO_KEY = b"\0"
"""_POSIX_VDISABLE, termios(3)."""
_PASTE_BEGIN, _PASTE_END = "\x1b[200~", "\x1b[201~"


class _Parser(Vt100Parser):
    """Bytes to keys."""

    def feed(self, data: str) -> None:
        """The next keys. Ctrl-C ends a paste whose end was lost: it would swallow all keys to come."""
        if self._in_bracketed_paste and data.endswith(_INTERRUPT):
            self.reset()
            data = _INTERRUPT
        super().feed(data)

    def take_paste(self) -> str:
        """What has come of a paste that goes on, as it came; its rest is read by somebody else."""
        if not self._in_bracketed_paste:
            return ""
        begun = f"{_PASTE_BEGIN}{self._paste_buffer}"
        self.reset()
        return begun


class Keyboard(Vt100Input):
    """Standard input. Enter `raw` once, around all else."""

    def __init__(self) -> None:
        super().__init__(sys.stdin)
        self.vt100_parser = self._parser = _Parser(self._take)

    def _take(self, press: KeyPress) -> None:
        """A key for the prompt. netshell asks for no reports of the mouse: those that come are stray, or made up."""
        is_report = press.key is Keys.Vt100MouseEvent
        is_made_up = press.key is Keys.CPRResponse and not _PLAUSIBLE.fullmatch(press.data)
        if not is_report and not is_made_up:
            self._buffer.append(press)

    @contextlib.contextmanager
    def raw(self) -> Iterator[None]:
        """Every key as it is pressed; afterwards the terminal is set as it was."""
        fd = self.fileno()
        self._settings = termios.tcgetattr(fd)
        tty.setraw(fd, termios.TCSADRAIN)
        try:
            yield
        finally:
            self._restore()

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """The terminal as it was before, for another program that reads it."""
        self._restore()
        try:
            yield
        finally:
            with contextlib.suppress(termios.error):
                tty.setraw(self.fileno(), termios.TCSADRAIN)

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Ctrl-C alone becomes a signal, and what else is pressed waits to be read."""
        fd = self.fileno()
        raw = termios.tcgetattr(fd)
        changed = [*raw[:3], raw[3] | termios.ISIG, *raw[4:6], list(raw[6])]
        for key in (termios.VQUIT, termios.VSUSP):
            changed[6][key] = _NO_KEY
        with contextlib.suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSANOW, changed)
        try:
            yield
        finally:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(fd, termios.TCSANOW, raw)

    def _restore(self) -> None:
        with contextlib.suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(self.fileno(), termios.TCSADRAIN, self._settings)

    def raw_mode(self) -> contextlib.AbstractContextManager[None]:
        """It is on already."""
        return contextlib.nullcontext()

    def cooked_mode(self) -> contextlib.AbstractContextManager[None]:
        """Not for what is printed above a prompt: keys that are pressed meanwhile would be echoed there."""
        return contextlib.nullcontext()

    def take_unread(self) -> bytes:
        """What was pressed in one go with the line that the last prompt gave, and is still to be acted upon."""
        presses = get_typeahead(self)
        parts = [f"{_PASTE_BEGIN}{p.data}{_PASTE_END}" if p.key is Keys.BracketedPaste else p.data for p in presses]
        text = "".join([*parts, self._parser.take_paste()])
        return text.encode("utf-8", "surrogateescape")


def without_positions(keys: bytes) -> bytes:
    """Keys for a program in front, without late answers to what a prompt had asked the terminal."""
    return _POSITION.sub(b"", keys)
