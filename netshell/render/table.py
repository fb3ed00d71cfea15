"""A table of short texts: a head, rows, no lines. It knows nothing of what they say."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from netshell.render.console import safe
from netshell.render.layout import Narrow


class Column(NamedTuple):
    """What stands over a column, and on which side its texts stand."""

    name: str
    is_number: bool = False


def table(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> RenderableType:
    """The rows below their head, each text as wide as it needs to be; a column in which nothing stands is left out."""
    used = [place for place in range(len(columns)) if not rows or any(row[place] for row in rows)]
    grid = Table(box=None, pad_edge=False, header_style="dim")
    for place in used:
        name, is_number = columns[place]
        head = f"  {name}" if place == used[0] else name
        grid.add_column(head, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(Text(f"  {safe(row[place])}" if place == used[0] else safe(row[place])) for place in used))
    return Narrow(grid)
