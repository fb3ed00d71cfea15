"""The ways of the cables between boxes that have their places: each on its own track, crossing but never touching.

Every cable leaves a box sideways into the channel beside its column, goes up or down there on a track, and enters a
box sideways; where it has columns to pass it does so in a row that is free.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from netshell.render.cards import Cable


@dataclass(frozen=True, slots=True)
class Socket:
    """Where an end is plugged in: its column, whether at the column's right side, and the row of the sheet."""

    column: int
    is_right: bool
    row: int

    @property
    def channel(self) -> int:
        """Channel n lies at the right of column n; channel -1 is the left margin."""
        return self.column if self.is_right else self.column - 1


@dataclass(frozen=True, slots=True)
class Piece:
    """A cable's part in one channel: the rows that it has at the channel's left and right side."""

    cable: Cable
    lefts: tuple[int, ...] = ()
    rights: tuple[int, ...] = ()

    @property
    def rows(self) -> tuple[int, int]:
        """The highest and the lowest row that it touches."""
        return min(self.lefts + self.rights), max(self.lefts + self.rights)

    @property
    def is_straight(self) -> bool:
        """It goes from side to side and needs no track."""
        return self.lefts == self.rights


@dataclass(frozen=True, slots=True)
class Wiring:
    """For each channel the pieces in it and the track (from the left, counted from 0) of each that turns."""

    pieces: Mapping[int, tuple[Piece, ...]]
    tracks: Mapping[int, Mapping[Cable, int]]

    @property
    def cables(self) -> tuple[Cable, ...]:
        """Every cable that has a way."""
        return tuple(dict.fromkeys(piece.cable for held in self.pieces.values() for piece in held))

    def track_count(self, channel: int) -> int:
        """How many tracks a channel holds."""
        return max(self.tracks.get(channel, {}).values(), default=-1) + 1


def wire(ends: Mapping[Cable, tuple[Socket, Socket]], taken: Sequence[Iterable[int]], height: int) -> Wiring | None:
    """The way of each cable; None where two of them would have to lie upon each other.

    `taken` holds the rows that boxes cover, column by column; `height` is the sheet's. Cables that pass a column may
    use rows below it.
    """
    covered = [set(rows) for rows in taken]
    pieces: dict[int, list[Piece]] = {}
    used: dict[int, set[int]] = {}
    for socket in (socket for pair in ends.values() for socket in pair):
        used.setdefault(socket.channel, set()).add(socket.row)
    for cable, pair in sorted(ends.items(), key=lambda item: abs(item[1][0].column - item[1][1].column)):
        a, b = sorted(pair, key=lambda socket: (socket.channel, socket.column))
        if a.channel == b.channel:
            pieces.setdefault(a.channel, []).append(_within_channel(cable, a, b))
            continue
        row = _free_row(a, b, covered, used, height)
        for channel in range(a.channel, b.channel + 1):
            used.setdefault(channel, set()).add(row)
            lefts = (a.row,) if channel == a.channel else (row,)
            rights = (b.row,) if channel == b.channel else (row,)
            pieces.setdefault(channel, []).append(Piece(cable, lefts, rights))
    tracks = {channel: _assign_tracks(held) for channel, held in pieces.items()}
    if any(found is None for found in tracks.values()):
        return None
    return Wiring(
        {c: tuple(p) for c, p in pieces.items()}, {c: found for c, found in tracks.items() if found is not None}
    )


def _within_channel(cable: Cable, a: Socket, b: Socket) -> Piece:
    """A cable between neighbouring columns, or between two boxes of one column."""
    lefts = tuple(socket.row for socket in (a, b) if socket.is_right)
    rights = tuple(socket.row for socket in (a, b) if not socket.is_right)
    return Piece(cable, lefts, rights)


def _free_row(a: Socket, b: Socket, covered: list[set[int]], used: dict[int, set[int]], height: int) -> int:
    """The row with the least detour in which nothing stands in the columns between, nor another cable lies."""
    blocked = set().union(*(covered[column] for column in range(a.channel + 1, b.channel + 1)))
    others = set().union(*(used.get(channel, set()) for channel in range(a.channel, b.channel + 1)))
    between = set().union(*(used.get(channel, set()) for channel in range(a.channel + 1, b.channel)))
    own = {a.row} if a.row == b.row else ({a.row} - used[b.channel]) | ({b.row} - used[a.channel])
    free = [
        row for row in range(height + len(others) + 2) if row not in blocked and row not in (others - own) | between
    ]
    return min(free, key=lambda row: (abs(row - a.row) + abs(row - b.row), row))


def _assign_tracks(pieces: list[Piece]) -> dict[Cable, int] | None:
    """A track for each piece that turns; None where they go round in a circle.

    Where one piece has a row at the left that another has at the right, the first must turn before the second does.
    """
    turning = [piece for piece in pieces if not piece.is_straight]
    before = {
        later.cable: [p.cable for p in turning if p is not later and set(p.lefts) & set(later.rights)]
        for later in turning
    }
    tracks: dict[Cable, int] = {}
    waiting = sorted(turning, key=_turning_order)
    while waiting:
        ready = next((p for p in waiting if all(cable in tracks for cable in before[p.cable])), None)
        if ready is None:
            return None
        waiting.remove(ready)
        first = max((tracks[cable] + 1 for cable in before[ready.cable]), default=0)
        busy = {tracks[p.cable] for p in turning if p.cable in tracks and _overlap(p, ready)}
        tracks[ready.cable] = next(track for track in range(first, first + len(turning) + 1) if track not in busy)
    return tracks


def _turning_order(piece: Piece) -> tuple[int, int]:
    """Short ones of a column first, so that they lie inside the long ones; the others so that few of them cross."""
    top, bottom = piece.rows
    if not piece.rights or not piece.lefts:
        return bottom - top, top
    goes_down = piece.rights[0] > piece.lefts[0]
    return (1000, -top) if goes_down else (1000, bottom)


def _overlap(one: Piece, other: Piece) -> bool:
    return one.rows[0] <= other.rows[1] and other.rows[0] <= one.rows[1]
