"""The wire: every frame that crosses an interface of a namespace, taken down by a helper process of its own.

One AF_PACKET socket a namespace, bound to no interface: it sees all of them, also those made later (packet(7)). Frames
lie in a store with a bound in bytes, the oldest go first, and what was lost is counted. It knows nothing of checks.
"""

import select
import socket
import struct
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netshell.facts import Echo, Frame
from netshell.helper import Helper, Worker
from netshell.namespaces import Doors, Namespace, Namespaces
from netshell.packets.echo import EchoReader

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

STORE_BYTES = 32 << 20
ECHOES = 20_000
"""How many echoes are remembered: they outlive their frames, so that a flood cannot wipe out a ping's evidence."""

_ARRIVED_WITHIN_S = 0.015
_ALL_PROTOCOLS = 0x0003
_OUTGOING = 4
_HAS_ETHERNET = frozenset({1, 772})
"""ARPHRD_ETHER and ARPHRD_LOOPBACK: the frame begins with an Ethernet header. On others (tun) it is made up."""
_TIMESTAMP_NS = 35
_SOL_PACKET, _STATISTICS = 263, 6
_RECEIVE_BUFFER = 8 << 20
_LONGEST = 1 << 17
_FRAME_COST = 200
"""Bytes that a stored frame takes beside its data, roughly."""
_DRAIN_AT_ONCE = 2000
_DRAINS_FOR_AN_ANSWER = 20


@dataclass(frozen=True, slots=True)
class Tally:
    """How much was seen, and how much of it is not there any more."""

    kept: int
    dropped_by_kernel: int
    """Came faster than they could be read."""
    dropped_from_store: int
    """The oldest, to make room."""


class Capture:
    """The wire inside one private machine. Start it before threads and heavy imports: it forks."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    @classmethod
    def start(cls, pid1: int, doors: Doors | None = None) -> "Capture":
        """Fork the helper for the private machine whose PID 1 is `pid1`; `doors` as for `Namespaces`."""

        def serve(worker: Worker) -> None:
            _Taker(worker, Namespaces(pid1, doors))
            worker.run()

        return cls(Helper.start("capture", serve))

    def attach(self, loop: "asyncio.AbstractEventLoop", arrived: "Callable[[], None] | None" = None) -> None:
        """Take part in an event loop; `arrived` is called at most 20 ms after a frame crossed."""
        self._helper.attach(loop, None if arrived is None else lambda _event: arrived())

    async def frames(self, since_ns: int = 0) -> tuple[Frame, ...]:
        """Every frame since then that is still kept, in the order they crossed; all that crossed before the call."""
        found: tuple[Frame, ...] = await self._helper.ask("frames", since_ns)
        return found

    async def echoes(self, since_ns: int = 0) -> tuple[Echo, ...]:
        """Every ICMP echo request and reply since then, each at each interface it crossed."""
        found: tuple[Echo, ...] = await self._helper.ask("echoes", since_ns)
        return found

    async def tally(self) -> Tally:
        """What was kept and what was lost since the capture began."""
        found: Tally = await self._helper.ask("tally")
        return found

    def close(self) -> None:
        """End the helper, and with it the store."""
        self._helper.close()


class Store:
    """Frames up to a bound in bytes, and the echoes among them."""

    def __init__(self, limit_bytes: int = STORE_BYTES) -> None:
        self._limit = limit_bytes
        self._bytes = 0
        self._frames: deque[Frame] = deque()
        self._echoes: deque[Echo] = deque(maxlen=ECHOES)
        self._reader = EchoReader()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._frames)

    def add(self, frames: Iterable[Frame]) -> None:
        """Take frames in; the oldest make room for them."""
        for frame in frames:
            self._frames.append(frame)
            self._bytes += len(frame.data) + _FRAME_COST
            echo = self._reader.read(frame)
            if echo is not None:
                self._echoes.append(echo)
        while self._bytes > self._limit:
            self._bytes -= len(self._frames.popleft().data) + _FRAME_COST
            self.dropped += 1

    def frames(self, since_ns: int) -> tuple[Frame, ...]:
        """Those since then, by time."""
        return tuple(sorted((f for f in self._frames if f.time_ns >= since_ns), key=lambda f: f.time_ns))

    def echoes(self, since_ns: int) -> tuple[Echo, ...]:
        """Those since then, by time."""
        return tuple(sorted((e for e in self._echoes if e.time_ns >= since_ns), key=lambda e: e.time_ns))


class _Tap:
    """The socket in one namespace. To be made while the process stands in it.

    A plain socket and not a ring: what has crossed can be read at once, where a ring's block is handed over only
    when it is full or its time is up.
    """

    def __init__(self, namespace: Namespace) -> None:
        self.node = namespace.name
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        self._socket = socket.socket(socket.AF_PACKET, kind, socket.htons(_ALL_PROTOCOLS))
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMP_NS, 1)
        self._dropped = 0

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def drain(self, buffer: bytearray) -> list[Frame]:
        """What waits to be read, at most some thousands at once, so that a flood does not silence the helper."""
        found: list[Frame] = []
        for _ in range(_DRAIN_AT_ONCE):
            try:
                length, ancillary, _, address = self._socket.recvmsg_into([buffer], 64)
            except BlockingIOError:
                break
            except OSError:
                continue  # ENETDOWN: an interface went down; the next call reads on
            link, protocol, direction, hardware = address[:4]
            data = bytes(memoryview(buffer)[:length])
            if hardware not in _HAS_ETHERNET:
                data = struct.pack("!12xH", protocol) + data
            found.append(Frame(_time_ns(ancillary), self.node, link, direction == _OUTGOING, data, len(data)))
        return found

    def dropped(self) -> int:
        """Frames that the kernel had no room for (PACKET_STATISTICS, which a look at sets back to 0)."""
        statistics = self._socket.getsockopt(_SOL_PACKET, _STATISTICS, 8)
        self._dropped += struct.unpack("=II", statistics)[1]
        return self._dropped


class _Taker:
    """What the helper does: a tap in every namespace, all of them into one store."""

    def __init__(self, worker: Worker, namespaces: Namespaces) -> None:
        self._worker = worker
        self._namespaces = namespaces
        self._store = Store()
        self._taps: dict[int, _Tap] = {}
        self._dropped_by_gone = 0
        self._buffer = bytearray(_LONGEST)
        worker.handlers.update(frames=self._frames, echoes=self._echoes, tally=self._tally)
        worker.watch(namespaces.fileno(), self._follow, select.POLLPRI)
        self._follow()

    def _follow(self) -> None:
        self._namespaces.refresh()
        distinct = self._namespaces.distinct()
        for inode in self._taps.keys() - distinct.keys():
            tap = self._taps.pop(inode)
            self._store.add(tap.drain(self._buffer))
            self._dropped_by_gone += tap.dropped()
            self._worker.unwatch(tap.fileno())
            tap.close()
        for inode in distinct.keys() - self._taps.keys():
            with self._namespaces.visit(distinct[inode].fd):
                self._taps[inode] = tap = _Tap(distinct[inode])
            self._worker.watch(tap.fileno(), self._take)
        for inode, namespace in distinct.items():
            self._taps[inode].node = namespace.name

    def _take(self) -> bool:
        """Read every tap: frames of one moment get into the store in one order. Whether more may be waiting."""
        taken = [tap.drain(self._buffer) for tap in self._taps.values()]
        found = sorted((frame for frames in taken for frame in frames), key=lambda frame: frame.time_ns)
        if found:
            self._store.add(found)
            self._worker.tell("arrived", within_s=_ARRIVED_WITHIN_S)
        return any(len(frames) == _DRAIN_AT_ONCE for frames in taken)

    def _take_all(self) -> None:
        """Everything that has crossed by now; of a flood that does not end, a good part."""
        for _ in range(_DRAINS_FOR_AN_ANSWER):
            if not self._take():
                return

    def _frames(self, since_ns: int) -> tuple[Frame, ...]:
        self._take_all()
        return self._store.frames(since_ns)

    def _echoes(self, since_ns: int) -> tuple[Echo, ...]:
        self._take_all()
        return self._store.echoes(since_ns)

    def _tally(self) -> Tally:
        self._take_all()
        dropped = sum(tap.dropped() for tap in self._taps.values()) + self._dropped_by_gone
        return Tally(len(self._store), dropped, self._store.dropped)


def _time_ns(ancillary: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == _TIMESTAMP_NS:
            seconds, nanoseconds = struct.unpack("@ll", data)
            return int(seconds * 1_000_000_000 + nanoseconds)
    return 0
