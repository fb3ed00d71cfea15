"""Long views in a real terminal: printed where they fit on the screen, else through `less`.

The one module of `render` that writes. Lines are made as the reader gets to them.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import termios
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from types import FrameType
from typing import IO

from netshell.render.console import Colour, colour_for, is_plain
from netshell.render.line import Line, line

_ROWS_KEPT = 2
"""Rows of the screen that stay free for the prompt that follows."""
_OPTIONS = ("-R", "-F", "-X", "-S", "-K")
"""Colours pass, a short text is printed and left, the screen is not cleared, long lines are cut and scrolled sideways,
Ctrl-C ends it (less(1))."""
_PROMPT = r"-Ps?e(end) :?pB(%pB\%) ..arrows\: move  space\: on  /\: search  q\: done"
_ORDINARY = "\x1b[0m\x1b[?1l\x1b>\r"
"""Colours off, and the keys of cursor and keypad as they are outside full-screen programs (DECCKM, DECKPNM)."""
_UNTRUSTED = (
    "LESS",
    "LESSOPEN",
    "LESSCLOSE",
    "LESSEDIT",
    "LESSKEY",
    "LESSKEYIN",
    "LESSGLOBALTAGS",
    "LESSUTFCHARDEF",
    "LINES",
    "COLUMNS",
)
_SET = {"LESSSECURE": "1", "LESSHISTFILE": "-", "LESSCHARSET": "utf-8"}
_NO_LESS = "{count:,} lines more above these. Install `less` to page through them, or name fewer packets with a filter."
_NO_PAGES = "{count:,} lines more above these. A filter names fewer packets."
_PLAIN_ROWS = 200
"""Lines that are printed one after the other where no pager can draw."""


def page(lines: Iterable[Line], out: IO[str] | None = None, environ: Mapping[str, str] | None = None) -> None:
    """Show lines on `out` (standard output), and come back when the reader has had enough.

    Where `out` is no terminal all lines are written. A reader who goes away (`| head`, `q`, Ctrl-C) ends it without
    an error; lines that nobody came to are never made. The terminal is left as it was found.
    """
    stream = sys.stdout if out is None else out
    environment = os.environ if environ is None else environ
    is_terminal = stream.isatty()
    colour = colour_for(environment, is_terminal=is_terminal)
    with contextlib.suppress(BrokenPipeError):
        if is_terminal and is_plain(environment):
            _show_end(iter(lines), stream, colour, _PLAIN_ROWS, _NO_PAGES)
        elif is_terminal:
            _show(iter(lines), stream, colour, environment)
        else:
            for each in lines:
                stream.write(each.painted(colour) + "\n")
        stream.flush()
        return
    _forget(stream)


def _show(lines: Iterator[Line], out: IO[str], colour: Colour, environ: Mapping[str, str]) -> None:
    size = os.get_terminal_size(out.fileno())
    height, width = max(size.lines - _ROWS_KEPT, 1), max(size.columns, 1)
    first, fits = _first_screen(lines, height, width)
    if fits:
        out.write("".join(f"{each.painted(colour)}\n" for each in first))
        return
    out.flush()
    program = shutil.which("less", path=environ.get("PATH"))
    painted = (each.painted(colour) for each in chain(first, lines))
    if program is None or not _through([program, *_OPTIONS, _PROMPT], painted, out, environ, colour):
        _show_end(chain(first, lines), out, colour, height, _NO_LESS)


def _first_screen(lines: Iterator[Line], height: int, width: int) -> tuple[list[Line], bool]:
    """The first lines, and whether they are all there are and all can be seen whole."""
    first: list[Line] = []
    for each in lines:
        first.append(each)
        if len(first) > height or each.cells > width:
            return first, False
    return first, True


def _through(
    command: list[str], lines: Iterator[str], out: IO[str], environ: Mapping[str, str], colour: Colour
) -> bool:
    """Whether the lines could be handed to a pager. They are made as it asks for them: its pipe holds some screens."""
    kept = {key: value for key, value in environ.items() if key not in _UNTRUSTED}
    with _terminal_kept(out), _interrupts_left_to_pager():
        try:
            pager = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=out, env=kept | _SET, encoding="utf-8", errors="replace"
            )
        except OSError:
            return False
        with pager, contextlib.suppress(BrokenPipeError):
            if pager.stdin is not None:
                _feed(lines, pager.stdin)
        if pager.returncode < 0 and colour != "none":  # a signal ended it before it could tidy up
            out.write(_ORDINARY)
    return True


def _feed(lines: Iterator[str], pipe: IO[str]) -> None:
    """Write line by line: the first screen is not to wait until a buffer is full of others."""
    try:
        for text in lines:
            pipe.write(text + "\n")
            pipe.flush()
    finally:
        with contextlib.suppress(BrokenPipeError):
            pipe.close()


def _show_end(lines: Iterator[Line], out: IO[str], colour: Colour, height: int, before: str) -> None:
    """Without a pager, the last screen; `before` says how to see the `{count}` lines above it."""
    last: deque[Line] = deque(maxlen=max(height - 1, 1))
    count = 0
    for each in lines:
        last.append(each)
        count += 1
    if count > len(last):
        out.write(line(before.format(count=count - len(last)), "dim").painted(colour) + "\n")
    out.write("".join(f"{each.painted(colour)}\n" for each in last))


@contextlib.contextmanager
def _terminal_kept(out: IO[str]) -> Iterator[None]:
    """What a pager that was killed may have left switched (echo, line editing) is put back."""
    descriptor = out.fileno()
    modes = termios.tcgetattr(descriptor)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSADRAIN, modes)


@contextlib.contextmanager
def _interrupts_left_to_pager() -> Iterator[None]:
    """Ctrl-C goes to both processes, and is meant for the pager: this one does not see it.

    Ignored, and not handled: an event loop would be woken even by a handler that does nothing. `less` sets its own.
    Signals can be arranged by the main thread alone (signal(2)); in another one their arrangement stays as it is.
    """
    before: Callable[[int, FrameType | None], object] | int | None
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _forget(out: IO[str]) -> None:
    """Nobody reads any more: what is still in the buffer goes nowhere, and the interpreter's end says nothing of it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, out.fileno())
    finally:
        os.close(nowhere)
