"""Small arrangements that several views share: hanging indents, bars, a line with something at its right end."""

from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.text import Text

MEASURE = 100
"""The widest a paragraph gets, in characters: longer lines are hard to follow to the next."""


@dataclass(frozen=True, slots=True)
class Lead:
    """A body with something before its first line; the lines below stand under it, or have `rest` before them."""

    lead: Text
    body: RenderableType
    rest: Text | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        indent = self.lead.cell_len
        if options.max_width - indent < 1:
            yield self.lead
            yield self.body
            return
        lines = console.render_lines(self.body, options.update(width=options.max_width - indent), pad=False)
        rest = self.rest or Text(" " * indent)
        for number, line in enumerate(lines):
            yield from (rest if number else self.lead).render(console, end="")
            yield from line
            yield Segment.line()


@dataclass(frozen=True, slots=True)
class Ends:
    """Something at the left end of a line and a word at its right end; without room for both, one below the other."""

    left: RenderableType
    right: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self.left, options, pad=False)
        used = sum(cell_len(segment.text) for segment in lines[-1]) if lines else 0
        for line in lines[:-1]:
            yield from line
            yield Segment.line()
        yield from lines[-1] if lines else ()
        gap = options.max_width - used - self.right.cell_len
        if gap < 2:
            yield Segment.line()
            gap = max(0, options.max_width - self.right.cell_len)
        yield Segment(" " * gap)
        yield self.right


@dataclass(frozen=True, slots=True)
class Narrow:
    """A body that gets no wider than the measure, however wide the terminal is."""

    body: RenderableType
    most: int = MEASURE

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = console.render_lines(self.body, options.update(width=min(options.max_width, self.most)), pad=False)
        for line in lines:
            yield from line
            yield Segment.line()
