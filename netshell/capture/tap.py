"""The packet sockets in one network namespace: they see every interface, also those made later (packet(7)).

Plain sockets and not a ring: what has crossed can be read at once, where a ring of version 3 hands a block over when
it is full or its time is up, and a ring takes its memory also where nothing ever crosses. How much may wait at one
socket is for the administrator to say (net.core.rmem_max, on many machines 208 KiB, which is 500 short frames); so
several share the work, each taking over where the one before it is full (PACKET_FANOUT_ROLLOVER).
"""

import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress

from netshell import linux
from netshell.capture.columns import RECORD_BYTES, Chunk, indexes
from netshell.capture.slots import MOST_BYTES, Slots

_ANY_INTERFACE = struct.pack("@H2si12x", socket.AF_PACKET, b"\x00\x03", 0)
"""A `struct sockaddr_ll`: every protocol (ETH_P_ALL) on every interface."""
_SOL_PACKET = 263
_STATISTICS, _AUXILIARY, _FANOUT = 6, 8, 18
_ROLLOVER, _UNIQUE_ID = 3, 0x2000
_TIMESTAMP_NS, _BUFFER_FORCE = 35, 33
_ATTACH_FILTER, _DETACH_FILTER = 26, 27
_NOTHING = ctypes.create_string_buffer(struct.pack("@HBBI", 0x06, 0, 0, 0), 8)
"""A program for the kernel's packet filter: return 0, take nothing (BPF_RET | BPF_K)."""
_SIOCGIFNAME = 0x8910

_ROOM_AT_FIRST, _ROOM = 2 << 20, 64 << 20
"""Bytes, as the kernel counts them, that may wait in one namespace: before there was much to read, and after."""
_MOST_SOCKETS = 64
_PART_BYTES = 1 << 18
"""No chunk has much more than this, so that the oldest can make room in small steps."""


class Tap:
    """All that crosses one namespace. To be made, and to be given more room, while the process stands in it."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.sockets: dict[int, socket.socket] = {}
        """By descriptor."""
        self._group: int | None = None
        self._room = 0
        self._dropped = 0
        self._links: Mapping[int, str] = {}
        self.widen(_ROOM_AT_FIRST)

    def widen(self, room: int = _ROOM) -> list[int]:
        """Open sockets until so many bytes have room; the new descriptors. Raises OSError for want of the first."""
        added: list[int] = []
        while self._room < room and not self.is_wide:
            try:
                one = self._open()
            except OSError:
                if not self.sockets:
                    raise
                break  # no more descriptors: those there are have to do
            self.sockets[one.fileno()] = one
            added.append(one.fileno())
            self._room += one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        return added

    def _open(self) -> socket.socket:
        one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        try:
            one.setblocking(False)
            try:
                one.setsockopt(socket.SOL_SOCKET, _BUFFER_FORCE, _ROOM // 2)  # the kernel doubles it
            except PermissionError:  # only root of the real machine may go beyond the administrator's limit
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM // 2)
            one.setsockopt(socket.SOL_SOCKET, _TIMESTAMP_NS, 1)
            one.setsockopt(_SOL_PACKET, _AUXILIARY, 1)
            self._join(one)
        except OSError:
            one.close()
            raise
        return one

    def _join(self, one: socket.socket) -> None:
        """Begin to share the work. A socket must be bound for that, and would see what another one sees as well."""
        if self._group is None:
            linux.bind(one.fileno(), _ANY_INTERFACE)
            with suppress(OSError):  # a kernel without groups: one socket has to do
                one.setsockopt(_SOL_PACKET, _FANOUT, (_ROLLOVER | _UNIQUE_ID) << 16)
                self._group = one.getsockopt(_SOL_PACKET, _FANOUT) & 0xFFFF
            return
        nothing = struct.pack("@HP", 1, ctypes.addressof(_NOTHING))
        one.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, nothing)
        linux.bind(one.fileno(), _ANY_INTERFACE)
        one.setsockopt(_SOL_PACKET, _FANOUT, self._group | _ROLLOVER << 16)
        one.setsockopt(socket.SOL_SOCKET, _DETACH_FILTER, 0)

    @property
    def is_wide(self) -> bool:
        """Whether it has all the room it may have."""
        is_alone = bool(self.sockets) and self._group is None
        return self._room >= _ROOM or len(self.sockets) >= _MOST_SOCKETS or is_alone

    def receive(self, fd: int, slots: Slots) -> tuple[list[Chunk], bool]:
        """What waits at one of the sockets, a bounded part of it, and whether there may be more."""
        try:
            frames, records, has_more = slots.receive(fd)
        except BlockingIOError:
            return [], False
        except OSError:
            return [], True  # an error that is told once, as ENETDOWN; the next call reads on
        self._learn(indexes(records), fd)
        return [Chunk(self.node, self._links, MOST_BYTES, *part) for part in _parts(frames, records)], has_more

    def _learn(self, found: set[int], fd: int) -> None:
        """Ask for the names of interfaces; one that is gone keeps the name it had, or goes by its number as in `ip`."""
        names = {}
        for index in found:
            with suppress(OSError):
                reply = fcntl.ioctl(fd, _SIOCGIFNAME, struct.pack("@16si20x", b"", index))
                names[index] = reply[:16].partition(b"\0")[0].decode(errors="replace")
            if index not in names and index not in self._links:
                names[index] = f"if{index}"
        if not names.items() <= self._links.items():
            self._links = {**self._links, **names}  # chunks keep the names that were true when they were read

    def dropped(self) -> int:
        """Frames for which there was no room, since it was made (PACKET_STATISTICS, which a look at sets to 0)."""
        for one in self.sockets.values():
            self._dropped += struct.unpack("=II", one.getsockopt(_SOL_PACKET, _STATISTICS, 8))[1]
        return self._dropped

    def close(self) -> None:
        """Look no longer."""
        for one in self.sockets.values():
            one.close()


def _parts(frames: list[bytes], records: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Frames joined to pieces of a bounded size, each with its records."""
    begin = size = 0
    for number, frame in enumerate(frames):
        size += len(frame)
        if size >= _PART_BYTES:
            yield b"".join(frames[begin : number + 1]), records[begin * RECORD_BYTES : (number + 1) * RECORD_BYTES]
            begin, size = number + 1, 0
    if begin < len(frames):
        yield b"".join(frames[begin:]), records[begin * RECORD_BYTES :]
