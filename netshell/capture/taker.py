"""What the capture helper does: one AF_PACKET socket a namespace, all of them into one store. It runs in the helper.

Bound to no interface, a socket sees all of them, also those made later (packet(7)). What crosses in the first moment of
a namespace's life, before its socket is there, is neither seen nor counted.
"""

import select
import socket
import struct

from netshell.capture.store import Store, Tally
from netshell.facts import Echo, Frame
from netshell.helper import Worker
from netshell.namespaces import Doors
from netshell.namespaces.names import Namespace, Namespaces

_ARRIVED_WITHIN_S = 0.015
_ALL_PROTOCOLS = 0x0003
_OUTGOING = 4
_HAS_ETHERNET = frozenset({1, 772})
"""ARPHRD_ETHER and ARPHRD_LOOPBACK: the frame begins with an Ethernet header. On others (tun) it is made up."""
_TIMESTAMP_NS = 35
_SOL_PACKET, _STATISTICS = 263, 6
_RECEIVE_BUFFER = 8 << 20
_LONGEST = 1 << 17
_DRAIN_AT_ONCE = 2000
_DRAINS_FOR_AN_ANSWER = 20


def serve_capture(worker: Worker, pid1: int, doors: Doors) -> None:
    """Serve until the engine ends. Raises MachineError where this process may not look into the private machine."""
    _Taker(worker, Namespaces(pid1, doors))
    worker.run()


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
    """A tap in every namespace, all of them into one store."""

    def __init__(self, worker: Worker, namespaces: Namespaces) -> None:
        self._worker = worker
        self._namespaces = namespaces
        self._store = Store()
        self._taps: dict[int, _Tap] = {}
        self._dropped_by_gone = 0
        self._buffer = bytearray(_LONGEST)
        worker.handlers.update(frames=self._frames, echoes=self._echoes, tally=self._tally, ready=self._follow)
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
