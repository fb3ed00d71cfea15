"""Which programs run, and which of them has a socket: found in what proc(5) shows of the private machine's processes.

The processes are those that descend from its PID 1. Of PID 1 itself nothing can be read, and it has no such sockets.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from netshell.facts import Process

_MOST_PROCESSES = 1000
_SERVERS = frozenset({"dnsmasq", "udhcpd", "dhcpd"})
_COMMAND_MOST = 1 << 13
_MOST_FILES = 4096
"""Of one process. More than that are not looked through: an observation must stay quick whatever runs inside."""


class Programs:
    """Names of the processes behind sockets. A socket is looked for once: its name is kept as long as it is asked for.

    Needs a kernel with /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN); without it no name is known.
    """

    def __init__(self, pid1: int) -> None:
        self._pid1 = pid1
        self._names: dict[int, str] = {}

    def of(self, inodes: Collection[int]) -> Mapping[int, str]:
        """The program that has each of the sockets, by their inodes; an empty text where none was found."""
        self._names = {inode: name for inode, name in self._names.items() if inode in inodes}
        missing = {inode for inode in inodes if inode and inode not in self._names}
        if missing:
            self._names |= dict.fromkeys(missing, "") | _find(self._pid1, missing)
        return self._names

    def running(self, namespaces: Collection[int]) -> dict[int, tuple[Process, ...]]:
        """The programs that run in each of the network namespaces, which are given by their inodes."""
        found: dict[int, list[Process]] = {inode: [] for inode in namespaces}
        for pid in _descendants(self._pid1):
            with suppress(OSError):
                inode = Path(f"/proc/{pid}/ns/net").stat().st_ino
                if inode in found and (argv := _command_of(pid)):  # what has ended has no command line any more
                    found[inode].append(Process(_name_of(pid), argv))
        return {inode: tuple(programs) for inode, programs in found.items()}

    def commands(self, namespace: int) -> tuple[tuple[str, ...], ...]:
        """The command lines of those that serve names or addresses in a namespace, given by its inode."""
        pids = [pid for pid in _descendants(self._pid1) if _name_of(pid) in _SERVERS]
        return tuple(line for pid in pids if _stands_in(pid, namespace) and (line := _command_of(pid)))


def _stands_in(pid: int, namespace: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/ns/net").stat().st_ino == namespace
    return False


def _command_of(pid: int) -> tuple[str, ...]:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes()[:_COMMAND_MOST].split(b"\0")
        return tuple(word.decode(errors="replace") for word in words if word)
    return ()


def _find(pid1: int, wanted: Collection[int]) -> dict[int, str]:
    links = {f"socket:[{inode}]": inode for inode in wanted}
    found: dict[int, str] = {}
    for pid in _descendants(pid1):
        held = _sockets_of(pid, links)
        if held:
            name = _name_of(pid)
            found |= {inode: name for inode in held if inode not in found}
        if len(found) == len(links):
            break
    return found


def _descendants(pid: int) -> Iterator[int]:
    """Every process below one, the youngest branches last to be looked into; none is asked for twice."""
    waiting = [pid]
    count = 0
    while waiting and count < _MOST_PROCESSES:
        children = _children(waiting.pop())
        count += len(children)
        yield from children
        waiting += children


def _children(pid: int) -> list[int]:
    children: list[int] = []
    with suppress(OSError):  # it may end while it is looked at
        for thread in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208 - thousands of Paths would be slow
            text = Path(f"/proc/{pid}/task/{thread}/children").read_bytes()
            children += map(int, text.split())
    return children


def _sockets_of(pid: int, links: Mapping[str, int]) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        directory = f"/proc/{pid}/fd"
        for name in os.listdir(directory)[:_MOST_FILES]:  # noqa: PTH208 - as above
            with suppress(OSError):
                inode = links.get(os.readlink(f"{directory}/{name}"))  # noqa: PTH115 - as above
                if inode is not None:
                    found.append(inode)
    return found


def _name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").rstrip("\n")
    except OSError:
        return ""
