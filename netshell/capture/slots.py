"""Where the kernel writes frames: many with one recvmmsg(2), at whatever length they have.

A slot has room for the longest frame, but it is only address space: memory is what frames have really touched.
"""

import ctypes
import mmap
import socket
from contextlib import suppress

from netshell import linux
from netshell.capture.columns import ADDRESS_BYTES, CONTROL_BYTES, RECORD_BYTES

COUNT = 256
"""Frames of one call at most."""
_COUNT_OF_LONG, _LONG = 32, 8192
"""Fewer, where the last ones had so many bytes on average: they cost time, and others wait for an answer."""
MOST_BYTES = 1 << 17
"""What is kept of a frame at most: those of 64 KiB that an interface would still cut up have room."""
_APART = MOST_BYTES + 4096 + 64
"""From one slot to the next: not a power of two, or all of them would share few lines of the processor's cache."""
_NO_RESERVE = 0x4000
"""MAP_NORESERVE, mmap(2)."""
_TOUCHED_BYTES = 1 << 20
"""Memory that may stay with the slots when long frames have gone."""


class _Vector(ctypes.Structure):
    """`struct iovec`."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """`struct msghdr`, recvmsg(2)."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.POINTER(_Vector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Header(ctypes.Structure):
    """`struct mmsghdr`, recvmmsg(2)."""

    _fields_ = (("message", _Message), ("received", ctypes.c_uint))


class Slots:
    """Room for `COUNT` frames and what the kernel says of each; used for one socket after the other."""

    def __init__(self) -> None:
        self._room = mmap.mmap(-1, COUNT * _APART, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE)
        with suppress(OSError):  # a kernel without huge pages does not know the word
            self._room.madvise(mmap.MADV_NOHUGEPAGE)
        self._starts = [number * _APART for number in range(COUNT)]
        self._records = bytearray(COUNT * RECORD_BYTES)
        size = ctypes.sizeof(_Header)
        self._headers_memory = bytearray(COUNT * size)
        self._headers = (_Header * COUNT).from_buffer(self._headers_memory)
        self._vectors = (_Vector * COUNT)()
        self._fill_in()
        self._blank = bytes(self._headers_memory)
        self._received = memoryview(self._headers_memory).cast("I")[_Header.received.offset // 4 :: size // 4]
        self._most = COUNT
        self._touched = 0

    def _fill_in(self) -> None:
        room = ctypes.addressof(ctypes.c_char.from_buffer(self._room))
        records = ctypes.addressof(ctypes.c_char.from_buffer(self._records))
        for number in range(COUNT):
            self._vectors[number] = _Vector(room + self._starts[number], MOST_BYTES)
            record = records + number * RECORD_BYTES
            self._headers[number].message = _Message(
                record,
                ADDRESS_BYTES,
                ctypes.pointer(self._vectors[number]),
                1,
                record + ADDRESS_BYTES,
                CONTROL_BYTES,
                0,
            )

    def receive(self, fd: int) -> tuple[list[bytes], bytes, bool]:
        """What waits at a packet socket: the frames, a record of each (`columns`), and whether there may be more.

        Raises BlockingIOError where nothing waits, OSError where the socket has an error to tell of.
        """
        count = linux.receive_many(fd, self._headers, self._most, socket.MSG_DONTWAIT)
        room = self._room
        sizes = self._received[:count].tolist()
        frames = [room[start : start + size] for start, size in zip(self._starts, sizes, strict=False)]
        records = bytes(memoryview(self._records)[: count * RECORD_BYTES])
        used = count * ctypes.sizeof(_Header)
        self._headers_memory[:used] = self._blank[:used]  # the kernel wrote the lengths that it used into them
        has_more = count == self._most
        received = sum(sizes)
        self._touched += received
        self._most = COUNT if received < _LONG * count else _COUNT_OF_LONG
        return frames, records, has_more

    def shrink(self) -> None:
        """Give the memory back that long frames have touched."""
        if self._touched > _TOUCHED_BYTES:
            self._room.madvise(mmap.MADV_DONTNEED)
        self._touched = 0
