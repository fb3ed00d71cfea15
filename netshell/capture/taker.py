"""What the capture helper does: read the taps of all namespaces into one store, and hand its frames out.

A first frame wakes it; while more follow it reads every few milliseconds, and sleeps again when nothing comes. What
crosses in the first moment of a namespace's life, before its tap is open, cannot be seen; it is counted, by what the
interfaces there have counted themselves. A namespace without a name in `/run/netns` is never seen.
"""

import os
import resource
import select
import time
from pathlib import Path

from netshell import linux
from netshell.capture.slots import Slots
from netshell.capture.store import Store
from netshell.capture.taken import Parcel, Tally
from netshell.capture.tap import Tap
from netshell.helper import Worker
from netshell.namespaces import Doors
from netshell.namespaces.names import Namespace, Namespaces

_ARRIVED_WITHIN_S = 0.015
_PAUSE_S = 0.004
"""Between two looks while frames come: few wake-ups, and what comes meanwhile at any speed has room at the taps."""
_LOOK_S, _ANSWER_S = 0.005, 0.02
"""How long one look, and that for an answer, may take when a flood does not end."""


def serve_capture(worker: Worker, pid1: int, doors: Doors, limit_bytes: int) -> None:
    """Serve until the engine ends. Raises MachineError where this process may not look into the private machine."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    _Taker(worker, Namespaces(pid1, doors), Store(limit_bytes))
    worker.run()


class _Taker:
    """A tap in every namespace, all of them into one store."""

    def __init__(self, worker: Worker, namespaces: Namespaces, store: Store) -> None:
        self._worker = worker
        self._namespaces = namespaces
        self._store = store
        self._slots = Slots()
        self._taps: dict[int, Tap] = {}
        """By the namespace's inode."""
        self._homes: dict[int, tuple[int, Tap]] = {}
        """By a socket's descriptor: the namespace's inode, and the tap."""
        self._ready = select.epoll()
        self._timer: int | None = None
        self._stirred: set[Tap] = set()
        """Those that were read since their drops were last asked for."""
        self._dropped: dict[Tap, int] = {}
        self._seen = self._dropped_by_gone = self._before_watched = 0
        worker.handlers.update(take=self._take, tally=self._tally_now, ready=self._follow)
        worker.watch(namespaces.fileno(), self._follow, select.POLLPRI)
        worker.watch(self._ready.fileno(), self._wake)
        self._follow()

    def _follow(self) -> None:
        """Open taps in new namespaces, close those of gone ones."""
        self._namespaces.refresh()
        distinct = self._namespaces.distinct()
        for inode in self._taps.keys() - distinct.keys():
            self._close(self._taps.pop(inode))
        for inode in distinct.keys() - self._taps.keys():
            self._open(distinct[inode])
        for inode, namespace in distinct.items():
            self._taps[inode].node = namespace.name

    def _open(self, namespace: Namespace) -> None:
        with self._namespaces.visit(namespace.fd):
            tap = Tap(namespace.name)
            crossed = _crossed_already()
        self._before_watched += crossed
        self._taps[namespace.inode] = tap
        self._watch(namespace.inode, tap, list(tap.sockets))

    def _watch(self, inode: int, tap: Tap, sockets: list[int]) -> None:
        for fd in sockets:
            self._homes[fd] = inode, tap
            self._ready.register(fd, select.EPOLLIN)

    def _close(self, tap: Tap) -> None:
        """Take what is left at a tap of a namespace that is gone."""
        for fd in tap.sockets:
            while self._read_one(fd)[1]:
                pass
            self._ready.unregister(fd)
            del self._homes[fd]
        self._dropped_by_gone += tap.dropped()
        self._dropped.pop(tap, None)
        self._stirred.discard(tap)
        tap.close()

    def _wake(self) -> None:
        """The first frame after a silence: read it at once, and from now on every few milliseconds."""
        self._read(time.time_ns(), _LOOK_S)
        self._worker.unwatch(self._ready.fileno())
        self._timer = linux.open_timer(_PAUSE_S)
        self._worker.watch(self._timer, self._look)

    def _look(self) -> None:
        """Read what has come; where nothing has, sleep until something does."""
        if self._timer is None:
            return
        os.read(self._timer, 8)
        before = self._seen
        self._read(time.time_ns(), _LOOK_S)
        if self._seen == before:
            self._worker.unwatch(self._timer)
            os.close(self._timer)
            self._timer = None
            self._slots.shrink()
            self._worker.watch(self._ready.fileno(), self._wake)

    def _read(self, until_ns: int, most_s: float) -> int:
        """Read what crossed until then, for some time at most. The moment up to which everything has been read."""
        deadline = time.monotonic() + most_s
        before = self._seen
        last_ns: dict[int, int] = {}
        while ready := [fd for fd, _ in self._ready.poll(0) if last_ns.get(fd, 0) <= until_ns]:
            for fd in ready:
                last_ns[fd] = self._read_one(fd)[0] or last_ns.get(fd, 0)
            if time.monotonic() >= deadline:
                until_ns = min(until_ns, *(last_ns[fd] for fd in ready))
                break
        self._store.make_room()
        if self._seen > before:
            self._worker.tell("arrived", within_s=_ARRIVED_WITHIN_S)
        return until_ns

    def _read_one(self, fd: int) -> tuple[int, bool]:
        """Read some frames at one socket: when the last of them crossed, or 0; and whether there may be more."""
        inode, tap = self._homes[fd]
        chunks, has_more = tap.receive(fd, self._slots)
        for chunk in chunks:
            self._store.add(chunk)
            self._seen += chunk.frame_count
            self._stirred.add(tap)
        if has_more and not tap.is_wide and inode in self._taps:
            with self._namespaces.visit(self._namespaces.distinct()[inode].fd):
                added = tap.widen()
            self._watch(inode, tap, added)
        return chunks[-1].last_ns if chunks else 0, has_more

    def _take(self, limit: int) -> Parcel:
        now_ns = time.time_ns()
        read_ns = self._read(now_ns, _ANSWER_S)
        chunks, has_more = self._store.take(limit, read_ns)
        return Parcel(tuple(chunks), has_more or read_ns < now_ns, self._tally())

    def _tally_now(self) -> Tally:
        self._read(time.time_ns(), _ANSWER_S)
        return self._tally()

    def _tally(self) -> Tally:
        for tap in self._stirred:
            self._dropped[tap] = tap.dropped()
        self._stirred.clear()
        dropped = sum(self._dropped.values()) + self._dropped_by_gone
        return Tally(self._seen, dropped, self._store.dropped, self._before_watched)


def _crossed_already() -> int:
    """What the interfaces of the namespace that the process stands in have received and sent, proc_pid_net(5)."""
    lines = Path("/proc/thread-self/net/dev").read_text(encoding="utf-8", errors="replace").splitlines()[2:]
    columns = [line.rpartition(":")[2].split() for line in lines]
    return sum(int(column[1]) + int(column[9]) for column in columns)
