"""One terminal: a bash on a pty, and where in its work it is.

It knows nothing of who reads its output, nor of the real terminal.
"""

import asyncio
import contextlib
import fcntl
import os
import re
import struct
import termios
import time
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Protocol

from netshell.facts import PC
from netshell.terminal.startup import TYPED_AHEAD_KEY
from netshell.terminal.stream import Mark, Stream, plain

_READ_SIZE, _READ_MOST = 1 << 13, 1 << 17
"""A pty gives at most 4 KiB at a time; so many bytes are taken before others have their turn."""
_ECHO_MOST = 1 << 18
_SPLIT_MOST = 500
"""Bytes of a line up to which its echo is looked for in two parts."""
_PRINTED_MOST = 1 << 14
"""Bytes of a command's output, from its end, that are kept for whoever explains it."""
_KEY_ECHO = TYPED_AHEAD_KEY.replace(b"\x1b", b"^[")
"""What the terminal shows of the key (termios(3), ECHOCTL) where a program runs already, whose line was typed ahead."""
_INTERRUPT, _AGAIN_S = b"\x03", 0.2
_ANSWER_S = 1.5
"""Bash answers within some milliseconds, or never."""
_TIOCGPTPEER = 0x5441
"""Opens the programs' end of a pty, wherever its device may lie (asm-generic/ioctls.h, Linux 4.13)."""
_NO_TEXT = b"\x1b\x03\x1a\x1c\x11\x13"
"""Not part of a line: ESC would end the paste; of the others the terminal itself makes signals, or stops all output
(termios(3): INTR, SUSP, QUIT, START, STOP)."""
_PASTE_ON, _PASTE_OFF = b"\x1b[?2004h", b"\x1b[?2004l"
_ANY_CSI = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]")


class State(Enum):
    """What a terminal is doing."""

    PROMPT = "bash waits for a command"
    FED = "bash reads the line that it was given"
    RUNNING = "a program is in front"
    DEAD = "bash has ended"


class Opener(Protocol):
    """What a terminal needs of the private machine."""

    async def open_terminal(self, argv: list[str], environ: dict[str, str]) -> tuple[int, int]:
        """Start a program on a new pty; gives our end of it and its pid."""


class Terminal:
    """A bash on a pty. Made by `open`; output goes to `on_output`, and `on_state` is called when the state changes."""

    def __init__(self, name: str, node: str, fd: int, nonce: str) -> None:
        self.name = name
        """`pc`, `ns1`, `ns1.2`."""
        self.node = node
        """The node it was opened on."""
        self.where = node
        """The node that its bash stands on now: `ip netns exec ns1 bash` moves it."""
        self.pid = 0
        """Its bash, as the private machine numbers it."""
        self.cwd = "/root"
        self.level = 1
        """How many bashes deep: 1 is the terminal's own."""
        self.status = 0
        """The exit status of the last command."""
        self.state = State.RUNNING
        self.is_continued = False
        """Bash wants more: an open quote, a loop without its `done`."""
        self.typed_ahead = ""
        """What was typed while a program ran and no program read."""
        self.commands_run = 0
        self.ran_on = node
        """The node that its bash stood on when it was given the last line."""
        self.stream = Stream(nonce)
        self.on_output: Callable[[bytes], None] = lambda _: None
        self.on_state: Callable[[], None] = lambda: None
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._unsent = bytearray()
        self._echo = bytearray()
        self._fed = b""
        self.fed_ns = 0
        """When bash was given its last command, in nanoseconds since the epoch."""
        self._printed = bytearray()
        self._has_drawn = False
        """The last command had the whole screen: what it drew there is no text."""
        self._has_forwarded = False
        self._is_asking = False
        self._may_echo_key = False
        self._has_paste_on = False
        self._prompt = ""
        """Which prompt was seen last; readline prints it again when the window's size changes."""
        self._is_paused = True
        os.set_blocking(fd, False)
        self.resume()

    @classmethod
    async def open(cls, machine: Opener, name: str, node: str, nonce: str, environ: dict[str, str]) -> "Terminal":
        """Open a terminal on a node, or on the PC."""
        shell = ["bash"]
        argv = shell if node == PC else ["ip", "netns", "exec", node, *shell]
        fd, pid = await machine.open_terminal(argv, {"TERM": "xterm-256color", **environ})
        terminal = cls(name, node, fd, nonce)
        terminal.pid = pid
        return terminal

    @property
    def is_busy(self) -> bool:
        """Something other than a bash prompt is in front."""
        return self.state in {State.RUNNING, State.FED}

    @property
    def is_tidying(self) -> bool:
        """Bash gives up what it was asking for, after Ctrl-C or Ctrl-D."""
        return self.state is State.FED and not self._fed

    @property
    def is_dead(self) -> bool:
        """Its bash has ended."""
        return self.state is State.DEAD

    @property
    def printed(self) -> str:
        """The end of what came since the last line was given, as text; empty for a full-screen program's."""
        return "" if self._has_drawn else plain(bytes(self._printed))

    def feed(self, line: str) -> None:
        """Give bash a command, of one or more lines, at its prompt; a dead one takes none."""
        if self.is_dead:
            return
        self._forget_printed()
        self._echo.clear()
        self.fed_ns = time.time_ns()
        self._fed = line.encode("utf-8", "surrogateescape")
        self._set_state(State.FED)
        self._write(b"\x1b[200~" + self._fed.translate(None, _NO_TEXT) + b"\x1b[201~\r")

    def _forget_printed(self) -> None:
        self._printed.clear()
        self._has_drawn, self.ran_on = False, self.where

    def press(self, keys: bytes) -> None:
        """Send keys to bash at its prompt: Ctrl-C, Ctrl-D."""
        if self.is_dead:
            return
        self._echo.clear()
        self._fed = b""
        self._set_state(State.FED)
        self._write(keys)
        if keys == _INTERRUPT:
            self._loop.call_later(_AGAIN_S, self._interrupt_again)

    def _interrupt_again(self) -> None:
        """Readline overlooks a Ctrl-C that comes between its look for signals and its read."""
        if self.is_tidying:
            self.press(_INTERRUPT)

    def _ask_no_more(self, commands_run: int) -> None:
        """The key that asks means nothing to bash any more (`bind -r`): what was typed ahead is given up."""
        if self._is_asking and self.commands_run == commands_run:
            self._is_asking = self._has_forwarded = False
            self.press(_INTERRUPT)

    def forward(self, keys: bytes) -> None:
        """Pass what a learner types to the program in front."""
        self._has_forwarded = True
        self._write(keys)

    def resize(self, rows: int, columns: int) -> None:
        """Tell the programs in it how large the window is."""
        if self.is_dead:
            return
        with contextlib.suppress(OSError):
            fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def program(self) -> str:
        """The name of the program in front, or an empty string."""
        if self.is_dead:
            return ""
        try:
            group = os.tcgetpgrp(self._fd)
            return Path(f"/proc/{group}/comm").read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    def has_unread(self) -> bool:
        """Whether something was typed that the program in front has not read yet; ioctl_tty(2)."""
        with contextlib.suppress(OSError):
            peer = fcntl.ioctl(self._fd, _TIOCGPTPEER, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                return fcntl.ioctl(peer, termios.FIONREAD, bytes(4)) != bytes(4)
            finally:
                os.close(peer)
        return False

    def pause(self) -> None:
        """Stop reading: the programs in it wait when the pty is full."""
        if not self._is_paused:
            self._is_paused = True
            self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        """Read again."""
        if self._is_paused and self.state is not State.DEAD:
            self._is_paused = False
            self._loop.add_reader(self._fd, self._read)

    async def until_prompt(self) -> None:
        """Wait until bash prompts, or has ended."""
        while self.is_busy:
            await self.until_change()

    async def until_change(self) -> None:
        """Wait until the state changes."""
        self._changed.clear()
        await self._changed.wait()

    def close(self) -> None:
        """Hang up: the programs in it get SIGHUP."""
        if self.state is not State.DEAD:
            self._end()

    def _write(self, data: bytes) -> None:
        """Write to the pty; what it does not take at once is written when it can."""
        if self.state is State.DEAD:
            return
        if not self._unsent:
            self._loop.add_writer(self._fd, self._flush)
        self._unsent += data
        self._flush()

    def _flush(self) -> None:
        try:
            del self._unsent[: os.write(self._fd, self._unsent)]
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()
        if not self._unsent:
            self._loop.remove_writer(self._fd)

    def _read(self) -> None:
        data = bytearray()
        has_ended = False
        try:
            while len(data) < _READ_MOST and not has_ended:
                chunk = os.read(self._fd, _READ_SIZE)
                data += chunk
                has_ended = not chunk
        except BlockingIOError:
            pass
        except OSError:  # EIO: bash and everything that held the terminal is gone
            has_ended = True
        self._take(bytes(data))
        if has_ended:
            self._end()

    def _take(self, data: bytes) -> None:
        for part in self.stream.feed(data):
            if isinstance(part, Mark):
                self._has_paste_on = False  # it was bash's own, for the line that it is about to edit
                self._take_mark(part)
            else:
                text = _PASTE_ON * self._has_paste_on + part
                self._has_paste_on = text.endswith(_PASTE_ON)
                self._take_text(text.removesuffix(_PASTE_ON))

    def _end(self) -> None:
        self.pause()
        if self.state is not State.DEAD:
            self._loop.remove_writer(self._fd)
            os.close(self._fd)
            self._set_state(State.DEAD)

    def _set_state(self, state: State) -> None:
        self.state = state
        self._changed.set()
        self.on_state()

    def _take_text(self, data: bytes) -> None:
        if self._is_asking:
            return
        if self._may_echo_key and _KEY_ECHO in data:
            self._may_echo_key = False
            data = data.replace(_KEY_ECHO, b"", 1)
        if self.state is State.FED:
            self._echo += data[: _ECHO_MOST - len(self._echo)]
            return
        if self.state is State.PROMPT and not _ANY_CSI.sub(b"", data).strip(b"\r\n"):
            return  # readline tidies its line
        if data:
            self._give(data)

    def _give(self, data: bytes) -> None:
        """Pass output on, and keep the end of it."""
        self._has_drawn |= self.stream.is_full_screen()
        self._printed += data[-_PRINTED_MOST:]
        del self._printed[:-_PRINTED_MOST]
        self.on_output(data)

    def _take_mark(self, mark: Mark) -> None:
        match mark.kind:
            case "C":
                self._give_strays()
                self._forget_printed()  # what a line that was typed ahead prints is its own, too
                self._is_asking = False  # a whole line was typed ahead, and bash runs it
                self.commands_run += 1
                self.is_continued = False
                self._set_state(State.RUNNING)
            case "T":
                self.typed_ahead += ";".join(mark.fields)
                self._is_asking = self._has_forwarded = False
            case "A":
                self._take_prompt(mark.fields)

    def _take_prompt(self, fields: tuple[str, ...]) -> None:
        is_again, self._prompt = fields[:1] == (self._prompt,), "".join(fields[:1])
        fields = fields[1:]
        if self.state is State.FED:
            if is_again and self._fed:
                return  # it was drawn anew before bash saw the line; after Ctrl-D in a question bash asks it once more
            self._give_strays()
        if back := self.stream.forget_modes():
            self.on_output(back)
        self.is_continued = fields == ("+",)
        if len(fields) == 4:
            status, level, self.where, self.cwd = fields
            self.status = int(status) if status.isdigit() else 0
            self.level = int(level) if level.isdigit() else 1
        if self._has_forwarded and not self.is_continued:
            if not self._is_asking:
                self._is_asking = self._may_echo_key = True
                self._write(TYPED_AHEAD_KEY)
                self._loop.call_later(_ANSWER_S, self._ask_no_more, self.commands_run)
            return
        self._set_state(State.PROMPT)

    def _give_strays(self) -> None:
        """Of what came while bash read the line: drop its echo, give what else there was."""
        echo, _, rest = bytes(self._echo).partition(_PASTE_OFF)
        self._echo.clear()
        shown = _ANY_CSI.sub(b"", echo).strip(b"\r\n")
        stray = _around(shown, self._fed).strip(b"\r\n")
        out = (stray + b"\r\n" if stray else b"") + rest.lstrip(b"\r\n")
        if _ANY_CSI.sub(b"", out).strip(b"\r\n"):
            self._give(out)


def _around(shown: bytes, fed: bytes) -> bytes:
    """What stands before, behind and in the middle of an echo; nothing where the line cannot be found.

    Readline draws a line in several writes, and the output of a background job may come between two of them.
    """
    least = 0 if len(fed) <= _SPLIT_MOST else len(fed) - 1
    for size in range(len(fed), least, -1):
        begin = shown.find(fed[:size])
        end = shown.find(fed[size:], begin + size)
        if begin >= 0 and end >= 0:
            return shown[:begin] + shown[begin + size : end] + shown[end + len(fed) - size :]
    return b""
