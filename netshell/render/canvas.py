"""A sheet of character cells to draw boxes and cables on; it knows nothing of networks."""

from collections.abc import Sequence
from itertools import groupby, pairwise

from rich.cells import cell_len
from rich.text import Text

_NORTH, _EAST, _SOUTH, _WEST = 1, 2, 4, 8
_GLYPHS = {
    _EAST | _WEST: "─╌",
    _NORTH | _SOUTH: "│╎",
    _SOUTH | _EAST: "╭╭",
    _SOUTH | _WEST: "╮╮",
    _NORTH | _EAST: "╰╰",
    _NORTH | _WEST: "╯╯",
}
"""A cable has two ends and no branches: where two of them cross, the upright one passes over the other."""

Point = tuple[int, int]
"""Column and row, counted from 0 at the top left."""


class Canvas:
    """Cells of one character and one style each; a wide character takes two."""

    def __init__(self, width: int, height: int) -> None:
        self._cells = [[" "] * width for _ in range(height)]
        self._styles = [[""] * width for _ in range(height)]

    def write(self, at: Point, text: str, style: str = "") -> None:
        """Put a text on one row, starting in the cell `at`."""
        x, y = at
        for character in text:
            size = cell_len(character)
            if size == 0:
                self._cells[y][x - 1] += character
                continue
            self._cells[y][x : x + size] = [character, *[""] * (size - 1)]
            self._styles[y][x : x + size] = [style] * size
            x += size

    def wire(self, path: Sequence[Point], style: str = "", *, is_broken: bool = False) -> None:
        """Draw a cable along the corners of `path`, its first and last point included; a broken one is dashed."""
        directions: dict[Point, int] = {}
        for (x0, y0), (x1, y1) in pairwise(path):
            dx, dy = (x1 > x0) - (x1 < x0), (y1 > y0) - (y1 < y0)
            out, back = {(1, 0): (_EAST, _WEST), (-1, 0): (_WEST, _EAST), (0, 1): (_SOUTH, _NORTH)}.get(
                (dx, dy), (_NORTH, _SOUTH)
            )
            for step in range(abs(x1 - x0) + abs(y1 - y0)):
                here, there = (x0 + dx * step, y0 + dy * step), (x0 + dx * (step + 1), y0 + dy * (step + 1))
                directions[here] = directions.get(here, 0) | out
                directions[there] = directions.get(there, 0) | back
        for end in (path[0], path[-1]):
            directions[end] = _EAST | _WEST
        for (x, y), way in directions.items():
            if self._cells[y][x] in {" ", "─", "╌"}:
                self._cells[y][x] = _GLYPHS[way][is_broken]
                self._styles[y][x] = style

    def text(self) -> Text:
        """The sheet as text, without the blanks at the ends of its lines."""
        text = Text(no_wrap=True, overflow="crop", end="")
        for y, (cells, styles) in enumerate(zip(self._cells, self._styles, strict=True)):
            text.append("\n" if y else "")
            used = max((x + 1 for x, cell in enumerate(cells) if cell not in {" ", ""}), default=0)
            for style, run in groupby(range(used), key=styles.__getitem__):
                text.append("".join(cells[x] for x in run), style or None)
        return text
