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
from prompt_toolkit.keys import Keys

_POSITION = re.compile(rb"\x1b\[(?!1;\dR)\d{1,4};\d{1,4}R")
"""Where the cursor is (ECMA-48 CPR), answered too late for the prompt that asked; `CSI 1 ; 2 R` is Shift-F3."""
_NO_KEY = b"\0"
"""_POSIX_VDISABLE, termios(3)."""
_PASTE = "\x1b[200~{}\x1b[201~"


class Keyboard(Vt100Input):
    """Standard input. Enter `raw` once, around all else."""

    def __init__(self) -> None:
        super().__init__(sys.stdin)

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
        text = "".join(_PASTE.format(p.data) if p.key is Keys.BracketedPaste else p.data for p in presses)
        return text.encode("utf-8", "surrogateescape")


def without_positions(keys: bytes) -> bytes:
    """Keys for a program in front, without late answers to what a prompt had asked the terminal."""
    return _POSITION.sub(b"", keys)
