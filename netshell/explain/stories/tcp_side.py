"""What one side of a TCP connection sent: its bytes counted once, what it sent again, its SYN, FIN and RST."""

from netshell.explain.stories.trips import Trip
from netshell.packets.headers import Tcp

_MODULUS = 1 << 32
_HALF = 1 << 31
_MOST_HOLES = 64


class Side:
    """One direction of a connection. Numbers count from its first byte of data, whatever wraps round."""

    def __init__(self) -> None:
        self.count = 0
        self.syn: Trip | None = None
        self.last_syn: Trip | None = None
        self.syns = 0
        self.initial: int | None = None
        """The SYN's sequence number."""
        self.fin: Trip | None = None
        self.reset: Trip | None = None
        self.data_bytes = 0
        self.resent = 0
        self.last_resent: Trip | None = None
        self._base: int | None = None
        self._next = 0
        self._acknowledged = 0
        self._holes: list[tuple[int, int]] = []
        """Stretches that were skipped: what comes later for one of them is late, or was lost before it was seen."""

    @property
    def unacknowledged(self) -> int:
        """Bytes that the other side did not confirm."""
        return max(self._next - self._acknowledged, 0)

    def send(self, trip: Trip, segment: Tcp) -> None:
        """The next segment of this side."""
        self.count += 1
        if segment.is_syn:
            self.syn = self.syn or trip
            self.last_syn = trip
            self.syns += 1
            self.initial = segment.seq
            self._base = (segment.seq + 1) % _MODULUS
        if segment.is_rst:
            self.reset = self.reset or trip
            return
        if self._base is None:
            self._base = segment.seq
        if segment.length and not segment.is_syn:
            self._carry(trip, _distance(segment.seq, self._base), segment.length)
        if segment.is_fin:
            self.fin = self.fin or trip

    def acknowledge(self, number: int) -> None:
        """The other side's acknowledgement."""
        if self._base is not None:
            self._acknowledged = max(self._acknowledged, _distance(number, self._base))

    def _carry(self, trip: Trip, start: int, length: int) -> None:
        end = start + length
        if start >= self._next:
            if start > self._next and len(self._holes) < _MOST_HOLES:
                self._holes.append((self._next, start))
            self.data_bytes += length
            self._next = end
        elif (hole := next((one for one in self._holes if one[0] <= start < one[1]), None)) is not None:
            self._fill(hole, start, end)
        elif end > self._next:
            self.data_bytes += end - self._next
            self._next = end
        elif length > 1 or start != self._next - 1:  # one old byte is a keep-alive (RFC 9293, 3.8.4)
            self.resent += 1
            self.last_resent = trip

    def _fill(self, hole: tuple[int, int], start: int, end: int) -> None:
        self._holes.remove(hole)
        end = min(end, hole[1])
        self.data_bytes += end - start
        self._holes += [(low, high) for low, high in ((hole[0], start), (end, hole[1])) if low < high]


def _distance(number: int, base: int) -> int:
    """How far a sequence number lies behind another one; negative before it."""
    return (number - base + _HALF) % _MODULUS - _HALF
