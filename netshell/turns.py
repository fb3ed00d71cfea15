"""One long work shared by two processes: each does every other turn of it, and the text comes out in order.

It knows nothing of the work, of which each process has its own copy from the moment they part.
"""

import fcntl
import os
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from heapq import merge
from traceback import format_exc
from typing import BinaryIO

Turn = tuple[int, str]
"""Its number, and the text that it makes."""

_HEAD = struct.Struct("=qq")
"""Before each text in the pipe: the turn's number, and how many bytes follow."""
_FAILED = -1
"""In the place of a number: what follows is a traceback."""
_PIPE_BYTES = 1 << 20
"""The most that the kernel gives to everybody (pipe(7)): the other process may be some turns ahead."""


def shared(work: Callable[[int | None], Iterable[Turn]]) -> Iterator[str]:
    """The texts of `work(0)`, done here, and of `work(1)`, done beside, in the order of their turns' numbers.

    The numbers of each must grow. Where no second process is to be had, or no processor for it, `work(None)` does all.
    Raises RuntimeError where the other process fails.
    """
    with _beside(work) as others:
        for _, text in work(None) if others is None else merge(work(0), others):
            yield text


@contextmanager
def _beside(work: Callable[[int], Iterable[Turn]]) -> Iterator[Iterator[Turn] | None]:
    """The turns of `work(1)`, which a child does; it ends when nobody reads them any more. None where there is none."""
    if len(os.sched_getaffinity(0)) < 2:
        yield None
        return
    reading, writing = os.pipe()
    with suppress(OSError):  # it goes without: the child waits more often
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    try:
        child = os.fork()
    except OSError:  # so many processes as this account may have are there (fork(2))
        os.close(reading)
        child = -1
    if child == 0:
        os.close(reading)
        _tell(work, writing)
    os.close(writing)
    if child < 0:
        yield None
        return
    try:
        with os.fdopen(reading, "rb") as pipe:
            yield _told(pipe)
    finally:
        os.waitpid(child, 0)


def _tell(work: Callable[[int], Iterable[Turn]], writing: int) -> None:
    """Do the work and write what comes of it; the process ends here, and nothing of its parent's is undone in it."""
    try:
        with os.fdopen(writing, "wb") as pipe:
            try:
                for number, text in work(1):
                    _write(pipe, number, text)
            except Exception:  # noqa: BLE001 - the parent raises it
                _write(pipe, _FAILED, format_exc())
            _write(pipe, _FAILED, "")
    finally:
        os._exit(0)


def _write(pipe: BinaryIO, number: int, text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    pipe.write(_HEAD.pack(number, len(data)) + data)
    pipe.flush()


def _told(pipe: BinaryIO) -> Iterator[Turn]:
    """What the child writes, up to the empty text that says it is done."""
    while head := pipe.read(_HEAD.size):
        number, size = _HEAD.unpack(head)
        text = pipe.read(size).decode("utf-8", "surrogatepass")
        if number != _FAILED:
            yield number, text
        elif text:
            raise RuntimeError(f"the process beside failed: {text}")
        else:
            return
    raise RuntimeError("the process beside ended before its work did")
