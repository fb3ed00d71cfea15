"""Where a capture comes from: a file, a pipe, standard input; opened once, read again where one must look twice.

What cannot be wound back is kept in a nameless temporary file, if it is to be read again.
"""

import errno
import os
import select
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from netshell.errors import ExitCode, UserError
from netshell.packets.files import CaptureFile
from netshell.packets.summary import harmless

STANDARD_INPUT = "-"
_BUFFER = 1 << 18
_MOMENT_S = 0.05
_WHAT_IT_TAKES = "It takes a capture file, such as `tcpdump -w FILE` writes; a command line stands behind `--`."


class CaptureSource:
    """An open source of packets, closed at the end of a `with` block.

    Raises UserError where it cannot be opened or read, or is no capture.
    """

    def __init__(self, name: str) -> None:
        """`name` is a path, or `-` for standard input."""
        self.name = "standard input" if name == STANDARD_INPUT else harmless(name, 4096)
        self._stream = _standard_input() if name == STANDARD_INPUT else self._open(name)
        self._is_file = stat.S_ISREG(os.fstat(self._stream.fileno()).st_mode)
        self._begin = self._stream.tell() if self._is_file else 0
        self._is_read = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _value: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._stream.close()

    @property
    def is_live(self) -> bool:
        """Packets may come at any time from now on: it is a pipe or a device, and no file."""
        return not self._is_file

    @property
    def size(self) -> int:
        """Bytes; 0 where nobody knows."""
        return os.fstat(self._stream.fileno()).st_size if self._is_file else 0

    def is_waiting(self) -> bool:
        """Nothing has come for a moment: who reads on may have to wait for the next packet."""
        return self.is_live and not select.select([self._stream], [], [], _MOMENT_S)[0]

    def keep(self) -> None:
        """See to it that it can be read again and again: before the first `packets`, and it waits for a pipe's end."""
        if self._is_file:
            return
        with ExitStack() as undo:
            try:
                kept = undo.enter_context(tempfile.TemporaryFile())
                shutil.copyfileobj(self._stream, kept, _BUFFER)
                kept.seek(0)
            except OSError as error:
                raise self._unreadable(error) from error
            undo.pop_all()
        self._stream.close()
        self._stream, self._is_file, self._begin = kept, True, 0

    def packets(self) -> CaptureFile:
        """The packets from the first one on; again from the first one where it is a file or was kept."""
        try:
            if self._is_read:
                self._stream.seek(self._begin)
            self._is_read = True
            return CaptureFile(self._stream, self.name)
        except OSError as error:
            raise self._unreadable(error) from error

    @contextmanager
    def twin(self) -> Iterator[Callable[[], None] | None]:
        """What a forked child calls before it reads on from here, so as to leave its parent's place in the file alone.

        None where the file may not be opened again.
        """
        mine = self._stream.fileno()
        try:
            own = os.open(f"/proc/self/fd/{mine}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            yield None
            return

        def part() -> None:
            os.dup2(own, mine, inheritable=False)

        try:
            os.lseek(own, os.lseek(mine, 0, os.SEEK_CUR), os.SEEK_SET)
            yield part
        finally:
            os.close(own)

    def _open(self, name: str) -> BinaryIO:
        try:
            return Path(name).open("rb", buffering=_BUFFER)
        except OSError as error:
            if error.errno == errno.ENOENT:
                raise UserError(f"There is no file {self.name}.", _nearest(name), ExitCode.USAGE) from error
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> UserError:
        remedy = {
            errno.EACCES: "`ls -l` shows who may read it: captures often belong to root.",
            errno.EISDIR: "Name a file in it.",
        }.get(error.errno or 0, _WHAT_IT_TAKES)
        return UserError(f"{self.name} cannot be read: {error.strerror}.", remedy, ExitCode.USAGE)


def _standard_input() -> BinaryIO:
    if sys.stdin.isatty():
        problem = "Standard input is a terminal, and nobody can type packets."
        raise UserError(problem, "`tcpdump -w - | netshell explain -` reads them from a pipe.", ExitCode.USAGE)
    try:
        return os.fdopen(sys.stdin.fileno(), "rb", buffering=_BUFFER, closefd=False)
    except OSError as error:  # it was open for writing only
        problem = f"Standard input cannot be read: {error.strerror}."
        raise UserError(problem, _WHAT_IT_TAKES, ExitCode.USAGE) from error


def _nearest(name: str) -> str:
    """The files beside it that are called nearly so, or what could be given instead."""
    path = Path(name)
    try:
        close = get_close_matches(path.name, [file.name for file in path.parent.iterdir()], n=1, cutoff=0.7)
    except OSError:
        return f"There is no directory {harmless(str(path.parent))}."
    return f"Did you mean {harmless(str(path.with_name(close[0])))}?" if close else _WHAT_IT_TAKES
