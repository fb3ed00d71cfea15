"""Where a TCP segment stands in its connection, as far as the packets around it tell (RFC 9293)."""

from collections.abc import Iterable
from functools import cached_property

from netshell.explain.packet.context import Context
from netshell.explain.packet.neighbourhood import Look
from netshell.packets.headers import ACK, FIN, SYN, Tcp

_MODULUS = 1 << 32
_HALF = 1 << 31
_SCALE = 3
_MOST_SHIFT = 14
"""RFC 7323, 2.3."""


def weight(segment: Tcp) -> int:
    """Sequence numbers that a segment uses up: one for each byte, one for SYN, one for FIN."""
    return segment.length + bool(segment.flags & SYN) + bool(segment.flags & FIN)


def is_at_or_behind(number: int, other: int) -> bool:
    """Whether a sequence number has reached another one, on a circle of 2^32 (RFC 9293, 3.4)."""
    return (number - other) % _MODULUS < _HALF


class Stream:
    """One segment among the others of its connection on the same link."""

    def __init__(self, segment: Tcp, context: Context) -> None:
        self.segment = segment
        self.seq, self.ack = context.seen.numbers or (segment.seq, segment.ack)
        """Counted from the start of the connection."""
        self._src = context.packet.src, segment.src_port
        self._after = context.after
        self._ours = self._of(context.before, ours=True)
        self._theirs = self._of(context.before, ours=False)

    def _of(self, looks: Iterable[Look], *, ours: bool) -> list[tuple[Look, Tcp]]:
        """The segments of this side, or of the other."""
        return [
            (look, look.packet.transport)
            for look in looks
            if isinstance(look.packet.transport, Tcp)
            and ((look.packet.src, look.packet.transport.src_port) == self._src) is ours
        ]

    @cached_property
    def end(self) -> int:
        """The sequence number behind this segment, as sent."""
        return (self.segment.seq + weight(self.segment)) % _MODULUS

    @cached_property
    def our_syn(self) -> Tcp | None:
        """The SYN of this side; the segment itself, if it is one."""
        if self.segment.is_syn:
            return self.segment
        return next((segment for _, segment in reversed(self._ours) if segment.is_syn), None)

    @cached_property
    def their_syn(self) -> Tcp | None:
        """The SYN of the other side."""
        return next((segment for _, segment in reversed(self._theirs) if segment.is_syn), None)

    @property
    def shift(self) -> int | None:
        """By how many bits the window is scaled; None where that is not known (RFC 7323, 2.2)."""
        if self.segment.is_syn:
            return 0
        if self.our_syn is None or self.their_syn is None:
            return None
        mine, theirs = self.our_syn.option(_SCALE), self.their_syn.option(_SCALE)
        return min(mine.values[0], _MOST_SHIFT) if mine and theirs and mine.values and theirs.values else 0

    @cached_property
    def acknowledges(self) -> tuple[Look, Tcp] | None:
        """The latest segment of the other side that ends where this one's acknowledgement points."""
        if not self.segment.is_ack:
            return None
        return next(
            (
                (look, segment)
                for look, segment in reversed(self._theirs)
                if weight(segment) and (segment.seq + weight(segment)) % _MODULUS == self.segment.ack
            ),
            None,
        )

    @cached_property
    def news(self) -> int | None:
        """Bytes that this side acknowledges for the first time; None where it is not known what it said before."""
        mine = [segment.ack for _, segment in self._ours if segment.is_ack]
        if not self.segment.is_ack or not mine:
            return None
        fresh = (self.segment.ack - mine[-1]) % _MODULUS
        return fresh if fresh < _HALF else 0

    @cached_property
    def acknowledged_by(self) -> Look | None:
        """The first segment of the other side that says that all of this one has come."""
        if not weight(self.segment):
            return None
        return next(
            (
                look
                for look, segment in self._of(self._after, ours=False)
                if segment.is_ack and is_at_or_behind(segment.ack, self.end)
            ),
            None,
        )

    def _is_same(self, other: Tcp) -> bool:
        kinds = SYN | FIN
        mine = self.segment
        return weight(mine) > 0 and (mine.seq, mine.length, mine.flags & kinds) == (
            other.seq,
            other.length,
            other.flags & kinds,
        )

    @cached_property
    def sent_before(self) -> Look | None:
        """The first time that the same bytes were sent."""
        return next((look for look, segment in self._ours if self._is_same(segment)), None)

    @cached_property
    def sent_again(self) -> Look | None:
        """The next time that the same bytes are sent."""
        return next((look for look, segment in self._of(self._after, ours=True) if self._is_same(segment)), None)

    @cached_property
    def cause(self) -> tuple[Look, Tcp] | None:
        """The last segment of the other side before this one: what a RST answers."""
        theirs = self._theirs
        return theirs[-1] if theirs else None

    @property
    def is_last_of_handshake(self) -> bool:
        """The third segment: an acknowledgement of the SYN-ACK, with nothing in it."""
        found = self.acknowledges
        is_first = not any(segment.is_ack for _, segment in self._ours)
        is_bare = self.segment.flags & (SYN | FIN | ACK) == ACK and not self.segment.is_rst
        return is_bare and is_first and found is not None and found[1].is_syn

    @property
    def is_refusal(self) -> bool:
        """A RST in answer to a SYN: nobody listens at that port."""
        return self.segment.is_rst and self.cause is not None and self.cause[1].is_syn and not self.cause[1].is_ack

    @property
    def is_second_fin(self) -> bool:
        """The other side has ended its direction before."""
        return self.segment.is_fin and any(segment.is_fin for _, segment in self._theirs)
