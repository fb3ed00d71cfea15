"""One picture of the map: boxes in columns with their cables, fitted to a width, or None where they do not fit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rich.text import Text

from netshell.facts import End
from netshell.render.boxes import Box, Form, make_box, make_rail_boxes
from netshell.render.canvas import Canvas, Point
from netshell.render.cards import Cable, Card, natural
from netshell.render.columns import Group
from netshell.render.wiring import Socket, Wiring, wire

_LEAST_GAP = 2
_USUAL_GAP = 3
_MOST_GAP = 10
"""Columns of the sheet between two columns of boxes; a wide terminal gets no wider gaps than this."""
_MARGIN = 2


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Boxes with their places, and the ways of the cables between them."""

    columns: tuple[tuple[Box, ...], ...]
    tops: Mapping[str, int]
    wiring: Wiring
    gaps: tuple[int, ...]
    """The channel at the right of each column; the last one is the right margin."""

    @property
    def widths(self) -> list[int]:
        """The width of each column of boxes."""
        return [max(box.width for box in column) for column in self.columns]

    @property
    def width(self) -> int:
        """Cells that the picture takes."""
        return sum(self.widths) + sum(self.gaps)

    @property
    def lefts(self) -> list[int]:
        """The first cell of each column of boxes."""
        return [sum(self.widths[:n]) + sum(self.gaps[:n]) for n in range(len(self.columns))]


def draw_columns(group: Group, cards: Mapping[str, Card], cables: Sequence[Cable], width: int) -> Text | None:
    """The group's nodes side by side, addresses beside the names as long as there is room, else below them."""
    ends = _sides(group, cables)
    forms: list[Form] = ["inline"] * len(group.columns)
    while True:
        columns = [
            [make_box(cards[name], *ends[name], form) for name in names]
            for names, form in zip(group.columns, forms, strict=True)
        ]
        sheet = _lay_out(columns, group.rows, cables)
        if sheet is not None and sheet.width <= width:
            return _paint(_widened(sheet, width), width)
        inline = [n for n, form in enumerate(forms) if form == "inline"]
        if not inline:
            return None
        forms[max(inline, key=lambda n: max(box.width for box in columns[n]))] = "stacked"


def draw_rails(group: Group, cards: Mapping[str, Card], cables: Sequence[Cable], width: int) -> Text | None:
    """The group's nodes one below the other, their cables at the right side."""
    names = group.names
    ends = {name: [end for side in sides for end in side] for name, sides in _sides(Group((names,)), cables).items()}
    boxes = make_rail_boxes([cards[name] for name in names], ends)
    sheet = _lay_out([boxes], None, cables)
    return _paint(sheet, width) if sheet is not None and sheet.width <= width else None


def draw_boxes(cards: Sequence[Card], width: int) -> Text | None:
    """Nodes that no cable is plugged into, as many beside each other as fit."""
    boxes = [make_box(card, (), (), "inline") for card in cards]
    if any(box.width > width for box in boxes):
        return None
    lines: list[list[Box]] = [[]]
    for box in boxes:
        if lines[-1] and sum(b.width + _USUAL_GAP for b in lines[-1]) + box.width + _MARGIN > width:
            lines.append([])
        lines[-1].append(box)
    return Text("\n").join(_paint(_row_of(line), width) for line in lines)


def _row_of(boxes: list[Box]) -> _Sheet:
    gaps = (_USUAL_GAP,) * (len(boxes) - 1) + (0,)
    return _Sheet(tuple((box,) for box in boxes), {box.name: 0 for box in boxes}, Wiring({}, {}), gaps)


def _sides(group: Group, cables: Sequence[Cable]) -> dict[str, tuple[list[End], list[End]]]:
    """For each node the ends that leave it at the left and at the right, each from the top down."""
    column = {name: number for number, names in enumerate(group.columns) for name in names}
    order = {name: number for names in group.columns for number, name in enumerate(names)}
    sides: dict[str, tuple[list[tuple[object, End]], list[tuple[object, End]]]] = {n: ([], []) for n in group.names}
    for number, cable in enumerate(cables):
        for here, there in ((cable.a, cable.b), (cable.b, cable.a)):
            if here.node not in sides:
                continue
            is_right = column[here.node] <= column[there.node]
            turn = order[there.node] - order[here.node] if column[here.node] == column[there.node] else 0
            key = ((turn > 0) - (turn < 0), order[there.node], number if turn == 0 else natural(here.link))
            sides[here.node][is_right].append((key, here))
    return {
        name: ([end for _, end in sorted(left, key=_key)], [end for _, end in sorted(right, key=_key)])
        for name, (left, right) in sides.items()
    }


def _key(item: tuple[object, End]) -> str:
    return str(item[0])


def _lay_out(
    columns: Sequence[Sequence[Box]], rows: Mapping[str, int] | None, cables: Sequence[Cable]
) -> _Sheet | None:
    """Places for the boxes, and the cables between them; None where the cables find no way."""
    wide = tuple(_same_width(column) for column in columns)
    tops = _tops_in_bands(wide, rows) if rows is not None else _tops(wide, cables)
    sockets = {
        end: Socket(number, side == "right", tops[box.name] + row)
        for number, column in enumerate(wide)
        for box in column
        for end, (side, row) in box.sockets.items()
    }
    ends = {cable: (sockets[cable.a], sockets[cable.b]) for cable in cables if cable.a in sockets}
    taken = [[row for box in column for row in range(tops[box.name], tops[box.name] + box.height)] for column in wide]
    wiring = wire(ends, taken, max(row for held in taken for row in held) + 1)
    if wiring is None:
        return None
    counts = [wiring.track_count(number) for number in range(len(wide))]
    gaps = [2 * count + 1 if count else _LEAST_GAP for count in counts[:-1]]
    return _Sheet(wide, tops, wiring, (*gaps, 2 * counts[-1] + 1 if counts[-1] else 0))


def _same_width(column: Sequence[Box]) -> tuple[Box, ...]:
    width = max(box.width for box in column)
    return tuple(replace(box, width=width) for box in column)


def _tops(columns: Sequence[Sequence[Box]], cables: Sequence[Cable]) -> dict[str, int]:
    """The first row of each box: stacked without gaps, each column as high or low as keeps its cables straight."""
    tops: dict[str, int] = {}
    sockets: dict[End, int] = {}
    for column in columns:
        row, offsets = 0, {}
        for box in column:
            offsets[box.name] = row
            row += box.height
        here = {end: offsets[box.name] + at for box in column for end, (_, at) in box.sockets.items()}
        pulls = [
            sockets[cable.other(end)] - at
            for end, at in here.items()
            for cable in cables
            if end in (cable.a, cable.b) and cable.other(end) in sockets
        ]
        shift = sorted(pulls)[(len(pulls) - 1) // 2] if pulls else 0
        tops.update({name: offset + shift for name, offset in offsets.items()})
        sockets.update({end: at + shift for end, at in here.items()})
    highest = min(tops.values())
    return {name: top - highest for name, top in tops.items()}


def _tops_in_bands(columns: Sequence[Sequence[Box]], rows: Mapping[str, int]) -> dict[str, int]:
    """The first row of each box where the author gave its row: boxes of one row begin at the same height."""
    heights: dict[int, int] = {}
    for column in columns:
        for row in {rows[box.name] for box in column}:
            need = sum(box.height for box in column if rows[box.name] == row)
            heights[row] = max(heights.get(row, 0), need)
    tops: dict[str, int] = {}
    for column in columns:
        end = 0
        for box in column:
            end = max(end, sum(height + 1 for row, height in heights.items() if row < rows[box.name]))
            tops[box.name] = end
            end += box.height
    return tops


def _widened(sheet: _Sheet, width: int) -> _Sheet:
    """The same picture with the room that is left given to the gaps."""
    count = len(sheet.gaps) - 1
    spare = (width - _MARGIN - sheet.width) // count if count else 0
    if spare <= 0:
        return sheet
    gaps = tuple(gap + min(spare, max(0, _MOST_GAP - gap)) for gap in sheet.gaps[:-1])
    return replace(sheet, gaps=(*gaps, sheet.gaps[-1]))


def _paint(sheet: _Sheet, width: int) -> Text:
    margin = min(_MARGIN, width - sheet.width)
    lefts = [margin + left for left in sheet.lefts]
    paths = {cable: _path(cable, sheet, lefts) for cable in sheet.wiring.cables}
    lowest = [sheet.tops[box.name] + box.height for column in sheet.columns for box in column]
    height = max([*lowest, *(row + 1 for path in paths.values() for _, row in path)])
    canvas = Canvas(width, height)
    for number, column in enumerate(sheet.columns):
        for box in column:
            box.draw(canvas, (lefts[number], sheet.tops[box.name]))
    for cable, path in paths.items():
        canvas.wire(path, "green" if cable.is_live else "red", is_broken=not cable.is_live)
    return canvas.text()


def _path(cable: Cable, sheet: _Sheet, lefts: Sequence[int]) -> list[Point]:
    """The corners of a cable's way, from socket to socket."""
    points: list[Point] = []
    for channel, pieces in sorted(sheet.wiring.pieces.items()):
        piece = next((piece for piece in pieces if piece.cable == cable), None)
        if piece is None:
            continue
        first = lefts[channel] + sheet.widths[channel]
        last = first + sheet.gaps[channel] - 1
        rows = (*piece.lefts, *piece.rights)
        begin, end = (first, rows[0]), (last if piece.rights else first, rows[1])
        if piece.is_straight:
            points += [begin, end]
            continue
        x = first + _track_offset(sheet, channel, sheet.wiring.tracks[channel][cable])
        points += [begin, (x, rows[0]), (x, rows[1]), end]
    return points


def _track_offset(sheet: _Sheet, channel: int, track: int) -> int:
    """How far a track lies from the left side of its channel: in the middle, two cells from one to the next."""
    count = sheet.wiring.track_count(channel)
    if channel == len(sheet.columns) - 1:
        return 2 + 2 * track
    return (sheet.gaps[channel] - (2 * count - 1)) // 2 + 2 * track
