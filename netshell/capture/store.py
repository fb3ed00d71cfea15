"""The frames that were taken down, within a bound: the oldest make room for new ones, and what was lost is counted."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from netshell.facts import Echo, Frame
from netshell.packets.echo import EchoReader

STORE_BYTES = 32 << 20
ECHOES = 20_000
"""How many echoes are remembered: they outlive their frames, so that a flood cannot wipe out a ping's evidence."""

_FRAME_COST = 200
"""Bytes that a stored frame takes beside its data, roughly."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How much was seen, and how much of it is not there any more."""

    kept: int
    dropped_by_kernel: int
    """Came faster than they could be read."""
    dropped_from_store: int
    """The oldest, to make room."""


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
