"""The frames that nobody has taken yet, within a bound: the oldest make room for new ones, and are counted."""

from itertools import count
from typing import TypeAlias

from netshell.capture.columns import Chunk

_CHUNK_COST = 400
"""Bytes that a chunk takes beside its frames, roughly."""
_CLOCK_WAS_SET_NS = 10_000_000_000
"""A frame that is so much later than now was stamped before somebody set the clock back."""

_Entry: TypeAlias = tuple[int, int, Chunk]
"""When the first frame of a chunk crossed, a number of its own, and the chunk."""


class Store:
    """Chunks up to a bound in bytes, from every namespace; frames leave it in the order of time."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._bytes = 0
        self._entries: list[_Entry] = []
        self._numbers = count()
        self.dropped = 0
        """Frames that were let go to make room."""

    def add(self, chunk: Chunk) -> None:
        """Take frames in."""
        self._entries.append((chunk.first_ns, next(self._numbers), chunk))
        self._bytes += _cost(chunk)

    def make_room(self) -> None:
        """Let the oldest frames go until the rest is within the bound."""
        if self._bytes <= self._limit:
            return
        self._entries.sort()
        gone = 0
        while self._bytes > self._limit:
            chunk = self._entries[gone][2]
            self._bytes -= _cost(chunk)
            self.dropped += chunk.frame_count
            gone += 1
        del self._entries[:gone]

    def take(self, limit: int, until_ns: int) -> tuple[list[Chunk], bool]:
        """The oldest frames, at most `limit` and none later than `until_ns`; and whether more of those are there.

        Chunks of several namespaces overlap in time: the frames of what is given make up the oldest ones together,
        each chunk in the order of time.
        """
        self._entries.sort()
        if self._entries and self._entries[-1][0] > until_ns + _CLOCK_WAS_SET_NS:
            until_ns = max(chunk.last_ns for _, _, chunk in self._entries)
        counts: dict[int, int] = {}
        for _, number in self._oldest(limit, until_ns)[:limit]:
            counts[number] = counts.get(number, 0) + 1
        given: list[Chunk] = []
        left: list[_Entry] = []
        reach = max(counts, default=-1) + 1
        for number, entry in enumerate(self._entries[:reach]):
            if number not in counts:
                left.append(entry)
                continue
            head, rest = entry[2].split(counts[number])
            given.append(head)
            self._bytes -= _cost(entry[2])
            if rest.frame_count:
                left.append((rest.first_ns, entry[1], rest))
                self._bytes += _cost(rest)
        self._entries[:reach] = left
        return given, any(first_ns <= until_ns for first_ns, _, _ in self._entries)

    def _oldest(self, limit: int, until_ns: int) -> list[tuple[int, int]]:
        """The oldest frames as (time, place of the chunk), in order: `limit` of them and maybe more."""
        times: list[tuple[int, int]] = []
        for place, (first_ns, number, chunk) in enumerate(self._entries):
            if first_ns > until_ns or (len(times) >= limit and first_ns > times[limit - 1][0]):
                break
            ordered = chunk.by_time()
            self._entries[place] = first_ns, number, ordered
            times += [(time_ns, place) for time_ns in ordered.times() if time_ns <= until_ns]
            times.sort()
        return times


def _cost(chunk: Chunk) -> int:
    return len(chunk.data) + len(chunk.records) + _CHUNK_COST
