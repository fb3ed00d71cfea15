"""A program on a pty of its own, driven as a terminal window drives it."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

_CURSOR_QUESTION, _CURSOR_ANSWER = b"\x1b[6n", b"\x1b[20;1R"
_ESCAPE = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>()][0B]?")
_KEPT = 1 << 13


class Window:
    """What it shows is kept only as far as the next `wait_for` needs it."""

    def __init__(self, argv: Sequence[str], environ: Mapping[str, str], cwd: str | os.PathLike[str] = "/") -> None:
        self.begun = time.perf_counter()
        """When it was started, on the clock of `time.perf_counter`."""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            _become(argv, environ, cwd)
        self._tail = b""
        self.received = 0
        """Bytes that it has shown."""

    def send(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self.fd, keys)

    def wait_for(self, pattern: bytes, timeout_s: float = 60) -> float:
        """Wait until the pattern is seen; gives the moment. A question for the cursor's place is answered at once.

        Raises RuntimeError, with what is seen instead, when the time is over or the program has ended.
        """
        wanted = re.compile(pattern, re.DOTALL)
        end = time.perf_counter() + timeout_s
        while not wanted.search(_ESCAPE.sub(b"", self._tail)):
            left = end - time.perf_counter()
            if left <= 0 or not select.select([self.fd], [], [], left)[0] or not self._read():
                raise RuntimeError(f"{pattern!r} was not seen in {timeout_s} s; seen: {self._tail[-300:]!r}")
        self._tail = b""
        return time.perf_counter()

    def _read(self) -> bool:
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:  # EIO: everything on the pty has ended
            return False
        questions = (self._tail[1 - len(_CURSOR_QUESTION) :] + data).count(_CURSOR_QUESTION)
        if questions:
            os.write(self.fd, _CURSOR_ANSWER * questions)
        self._tail = (self._tail + data)[-_KEPT:]
        self.received += len(data)
        return bool(data)

    def wait_for_end(self) -> float:
        """Read until it has ended; gives the moment. Raises RuntimeError where it failed."""
        while self._read():
            pass
        _, status = os.waitpid(self.pid, 0)
        ended = time.perf_counter()
        self.pid = 0
        if status:
            raise RuntimeError(f"ended with {os.waitstatus_to_exitcode(status)}; seen: {self._tail[-300:]!r}")
        return ended

    def close(self) -> None:
        """End the program, if it has not ended yet."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0
        os.close(self.fd)


@contextmanager
def window(argv: Sequence[str], environ: Mapping[str, str], cwd: str | os.PathLike[str] = "/") -> Iterator[Window]:
    """A window that is closed at the end of the block."""
    opened = Window(argv, environ, cwd)
    try:
        yield opened
    finally:
        opened.close()


def _become(argv: Sequence[str], environ: Mapping[str, str], cwd: str | os.PathLike[str]) -> None:
    try:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.chdir(cwd)
        os.execvpe(argv[0], list(argv), environ)
    finally:
        os._exit(127)


PLAIN_PROMPT = b"ready> "


def plain_bash() -> tuple[list[str], dict[str, str]]:
    """The argv of a bash as it comes, with a prompt to wait for, and what its environment needs for that."""
    return ["bash", "--norc", "-i"], {"PS1": PLAIN_PROMPT.decode(), "TERM": "xterm-256color"}
