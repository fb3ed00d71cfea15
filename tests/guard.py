"""Keeps tests that do not say so from touching the machine: namespaces, links, packets, other processes' worlds.

Two nets: `netshell.linux`, the one module with the system calls, is cut off from the C library; and Python's own audit
events (PEP 578) tell of raw sockets and of programs that are started. Children that a test forks keep the first net.
"""

import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from unittest.mock import patch

from netshell import linux

_TOOLS = {"unshare", "nsenter", "ip", "bridge", "tc", "nft", "iptables", "sysctl", "mount", "umount", "tcpdump"}
_CALLS = {"unshare", "setns", "mount", "umount2", "syscall", "sethostname", "capset"}
_FAMILIES = {socket.AF_NETLINK, socket.AF_PACKET}
_ADVICE = "Mark the test `kernel` or `terminal`."


class Untouchable(Exception):  # noqa: N818 - named as the message reads
    """A test without a mark tried to touch the machine."""


class _SafeLibrary:
    """In the place of the C library: refuses, by name, the calls that leave this process's own world."""

    def __init__(self, library: object) -> None:
        self._library = library

    def __getattr__(self, name: str) -> object:
        if name in _CALLS:
            raise Untouchable(f"This test calls {name}(2). {_ADVICE}")
        return getattr(self._library, name)


class Guard:
    """Off until a test without a mark runs."""

    def __init__(self) -> None:
        self._is_on = False
        self._library = getattr(linux, "_libc")  # noqa: B009 - private there, and the one place to cut
        sys.addaudithook(self._hear)

    @contextmanager
    def on(self) -> Iterator[None]:
        """Refuse for as long as the block runs."""
        with patch.object(linux, "_libc", _SafeLibrary(self._library)):
            self._is_on = True
            try:
                yield
            finally:
                self._is_on = False

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._is_on and (deed := forbidden(event, arguments)):
            raise Untouchable(f"This test {deed}. {_ADVICE}")


def forbidden(event: str, arguments: tuple[object, ...]) -> str:
    """What an audit event says that a test does and may not; empty for all the rest."""
    match event, arguments:
        case (("os.fork" | "os.forkpty"), _):
            return "forks"
        case "socket.__new__", (_, family, *_) if family in _FAMILIES:
            return "opens a netlink or packet socket"
        case (("subprocess.Popen" | "os.posix_spawn" | "os.exec"), (_, [*argv], *_)) if argv:
            return _starts([os.fsdecode(word) for word in argv if isinstance(word, str | bytes | os.PathLike)])
    return ""


def _starts(argv: Sequence[str]) -> str:
    program = PurePath(argv[0]).name if argv else ""
    is_module = "-m" in argv and argv[argv.index("-m") + 1 :][:1] == ["netshell"]
    return f"starts {program}" if program in _TOOLS or program == "netshell" or is_module else ""
