"""A node's box: its rows of text, and in which row each cable is plugged in; it knows nothing of other boxes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal, TypeAlias

from rich.cells import cell_len

from netshell.facts import End
from netshell.render.canvas import Canvas, Point
from netshell.render.cards import Card, Entry

Side: TypeAlias = Literal["left", "right"]
Form: TypeAlias = Literal["inline", "stacked"]
"""Addresses beside the interface's name, or below it."""
Run: TypeAlias = tuple[str, str]
"""A piece of text and its style."""
Row: TypeAlias = tuple[Run, ...]

_GAP: Run = ("  ", "")
_BETWEEN = 3
"""Columns between what belongs to the left side and what belongs to the right."""
_STATE_STYLE = "bold red"
_LEAST = 8


@dataclass(frozen=True, slots=True)
class Box:
    """A box of `width` by `height` cells, its frame included."""

    name: str
    title: str
    rows: tuple[tuple[Row, Row], ...]
    """What stands at the left of each row, and what at the right."""
    width: int
    sockets: dict[End, tuple[Side, int]]
    """Where each cable is plugged in: the side, and the row counted from the top of the frame."""

    @property
    def height(self) -> int:
        """Rows of text and the two of the frame."""
        return len(self.rows) + 2

    def draw(self, canvas: Canvas, at: Point) -> None:
        """Draw the box with its top left corner in the cell `at`."""
        x, y = at
        inner = self.width - 2
        rule = "─" * (inner - cell_len(self.title) - 2)
        canvas.write((x, y), "╭ " + " " * cell_len(self.title) + f" {rule}╮", "dim")
        name = len(self.title.split(" · ", maxsplit=1)[0])
        canvas.write((x + 2, y), self.title[:name], "bold")
        canvas.write((x + 2 + cell_len(self.title[:name]), y), self.title[name:], "magenta")
        for number, (left, right) in enumerate(self.rows, 1):
            canvas.write((x, y + number), "│", "dim")
            canvas.write((x + self.width - 1, y + number), "│", "dim")
            _write_row(canvas, (x + 2, y + number), left)
            _write_row(canvas, (x + self.width - 2 - row_width(right), y + number), right)
        canvas.write((x, y + self.height - 1), f"╰{'─' * inner}╯", "dim")
        for side, row in self.sockets.values():
            canvas.write((x if side == "left" else x + self.width - 1, y + row), "┤" if side == "left" else "├", "dim")


def _write_row(canvas: Canvas, at: Point, row: Row) -> None:
    x, y = at
    for text, style in row:
        canvas.write((x, y), text, style)
        x += cell_len(text)


def row_width(row: Row) -> int:
    """Cells that a row takes."""
    return sum(cell_len(text) for text, _ in row)


def make_box(card: Card, left: Sequence[End], right: Sequence[End], form: Form) -> Box:
    """The box of a node whose cables leave it at these sides, from the top down."""
    pairs = [
        (_port_rows(card, a, form, "left"), _port_rows(card, b, form, "right")) for a, b in zip_longest(left, right)
    ]
    others = [row for entry in card.others for row in _other_rows(entry, form)]
    inner = max(_LEAST, cell_len(card.title) + 1, *map(row_width, others), *(_pair_width(*p, form) for p in pairs), 0)
    rows: list[tuple[Row, Row]] = []
    sockets: dict[End, tuple[Side, int]] = {}
    for (a_rows, b_rows), (a, b) in zip(pairs, zip_longest(left, right), strict=True):
        sockets.update({a: ("left", len(rows) + 1)} if a else {})
        joined = _joined(a_rows, b_rows, inner)
        first_right = next((number for number, (_, row) in enumerate(joined) if row), 0)
        sockets.update({b: ("right", len(rows) + first_right + 1)} if b else {})
        rows += joined
    rows += [(row, ()) for row in others]
    return Box(card.name, card.title, tuple(rows), inner + 4, sockets)


def make_rail_boxes(cards: Sequence[Card], ends: Mapping[str, Sequence[End]]) -> list[Box]:
    """Boxes of one width, to stand one below the other, their cables all at the right: it needs least room."""
    entries = [entry for card in cards for entry in (*card.plugged.values(), *card.others)]
    names = max((cell_len(entry.name) for entry in entries if not entry.remark), default=0)
    rows = {card.name: _rail_rows(card, ends.get(card.name, ()), names) for card in cards}
    inner = max(_LEAST, *(row_width(row) for held, _ in rows.values() for row in held))
    inner = max(inner, *(cell_len(card.title) + 1 for card in cards))
    return [
        Box(card.name, card.title, tuple((row, ()) for row in rows[card.name][0]), inner + 4, rows[card.name][1])
        for card in cards
    ]


def _rail_rows(card: Card, ends: Sequence[End], names: int) -> tuple[list[Row], dict[End, tuple[Side, int]]]:
    rows: list[Row] = []
    sockets: dict[End, tuple[Side, int]] = {}
    for end in ends:
        sockets[end] = ("right", len(rows) + 1)
        rows += _table_rows(card.plugged[end], names)
    for entry in card.others:
        rows += _other_rows(entry, "inline") if entry.remark else _table_rows(entry, names)
    return rows, sockets


def _table_rows(entry: Entry, names: int) -> list[Row]:
    """An interface as a row of a table, its further addresses below the first."""
    name, state, addresses = _runs(entry)
    padded: Run = (entry.name + " " * (names - cell_len(entry.name)), name[1])
    indent: Run = (" " * names, "")
    return [_spaced([padded, *addresses[:1], *state]), *(_spaced([indent, address]) for address in addresses[1:])]


def _port_rows(card: Card, end: End | None, form: Form, side: Side) -> list[Row]:
    """The rows of one plugged interface; its name stands nearest to the cable."""
    if end is None:
        return []
    entry = card.plugged[end]
    name, state, addresses = _runs(entry)
    if form == "stacked":
        return [(run,) for run in (name, *state, *addresses)]
    indent: Run = (" " * cell_len(entry.name), "")
    rows: list[list[Run]] = [[name, *addresses[:1], *state], *([indent, address] for address in addresses[1:])]
    return [_spaced(row if side == "left" else row[::-1]) for row in rows]


def _runs(entry: Entry) -> tuple[Run, list[Run], list[Run]]:
    state = [(entry.state, _STATE_STYLE)] if entry.state else []
    return (entry.name, "cyan"), state, [(address, "") for address in entry.addresses]


def _spaced(runs: Iterable[Run]) -> Row:
    return tuple(piece for run in runs for piece in (_GAP, run))[1:]


def _other_rows(entry: Entry, form: Form) -> list[Row]:
    """The rows of an interface without a cable, or of a bridge with the names of its ports, a few to a row."""
    name, state, addresses = _runs(entry)
    words = entry.remark.split()
    indent: Run = (" " * cell_len(entry.name), "")
    if not words and form == "inline":
        return [_spaced([name, *addresses[:1], *state]), *((indent, _GAP, address) for address in addresses[1:])]
    most = 4 if form == "stacked" else 8
    told = [" ".join(words[i : i + most]) for i in range(0, len(words), most)]
    rows = [_spaced([name, *([(told[0], "")] if told else []), *state])]
    rows += [(indent, _GAP, (line, "")) for line in told[1:]]
    return [*rows, *((address,) for address in addresses)]


def _pair_width(left: list[Row], right: list[Row], form: Form) -> int:
    """The least inner width for two interfaces in a pair: of those that share their rows, or of the wider one."""
    alone = max(_widest(left), _widest(right))
    is_shared = form == "inline" or max(len(left), len(right)) == 1
    return max(alone, _shared_width(left, right)) if is_shared else alone


def _widest(rows: list[Row]) -> int:
    return max(map(row_width, rows), default=0)


def _shared_width(left: list[Row], right: list[Row]) -> int:
    return _widest(left) + _BETWEEN + _widest(right) if left and right else 0


def _joined(left: list[Row], right: list[Row], inner: int) -> list[tuple[Row, Row]]:
    """Two interfaces beside each other, or the right one below the left one, so that each address is under its name."""
    if _shared_width(left, right) <= inner:
        return list(zip_longest(left, right, fillvalue=()))
    return [*((row, ()) for row in left), *(((), row) for row in right)]
