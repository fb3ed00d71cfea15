"""The ladder: one column for each node, time downwards, an arrow for each crossing of a link.

Made line by line as they are wanted. `ladder_columns` decides where the columns stand, `ladder_arrows` what is on the
arrows, `ladder_fold` what is repetition.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple

from netshell.packets.trace import Seen
from netshell.render.label import ends_of, style_of
from netshell.render.ladder_arrows import Arrow, Kind, Trail, is_in_lab, key_pair
from netshell.render.ladder_columns import OTHERS, Pair, heading, lay_out, most_frequent, order
from netshell.render.ladder_fold import More, fold
from netshell.render.line import Line, Piece, clock, fit, fit_middle, line, name, width_of
from netshell.render.packets import Left

_LOOK_AHEAD = 2_000
"""Crossings whose ends decide on the columns."""
_READ_AHEAD = 200
"""Crossings that are read for it: a reading takes some microseconds."""
_TITLES_EVERY = 20
_MARKER_ROOM = 24
"""Columns that an arrow to an end without a column of its own is content with, right of the last one."""
_SHAFTS: Mapping[Kind, str] = {"one": "─", "group": "╌", "all": "═"}
_STARTS: Mapping[Kind, str] = {"one": "├┤", "group": "├┤", "all": "╞╡"}
_LEGEND = "═▶ broadcast (to all)   ╌▶ multicast (to a group)"


def ladder_lines(
    seen: Iterable[Seen],
    *,
    nodes: Sequence[str] = (),
    places: Mapping[str, tuple[int, int]] | None = None,
    width: int,
    begin_ns: int,
    with_noise: bool = False,
    show_all: bool = False,
    command: str = ":ladder",
) -> Iterator[Line]:
    """The ladder, the titles of its columns first and again every twenty arrows.

    `nodes` are the nodes there are; those that no packet came to have no column. `places` holds the author's column
    and row of nodes. Where the crossings have no ends (a capture file), each column is an address. Repetition is
    counted unless `show_all`. No line is wider than `width` as long as each column has 15 characters; with more
    columns than that the lines are wider than the screen, and their reader scrolls sideways.
    """
    left = Left(Counter())
    shown = iter(seen) if with_noise else left.keep(seen)
    first = list(islice(shown, _LOOK_AHEAD))
    if first:
        last = seen[-1] if isinstance(seen, Sequence) else first[-1]
        ladder = _Ladder(first, last, nodes=nodes, places=places or {}, width=width, begin_ns=begin_ns)
        yield from ladder.lines(chain(first, shown), show_all=show_all, command=command)
    elif not left.kinds:
        yield line(fit("No packets.", width), "dim")
    yield from left.lines(width, command)


class _Margin(NamedTuple):
    """What stands left of the columns: number and time."""

    number: int
    time: int
    begin_ns: int

    @property
    def cells(self) -> int:
        return self.number + self.time + 4

    def text(self, seen: Seen) -> str:
        time = clock(seen.crossing.time_ns - self.begin_ns)
        return f"{seen.number:>{self.number}}  {time:>{self.time}}  "


class _Ladder:
    """One ladder while it is drawn."""

    def __init__(
        self,
        first: Sequence[Seen],
        last: Seen,
        *,
        nodes: Sequence[str],
        places: Mapping[str, tuple[int, int]],
        width: int,
        begin_ns: int,
    ) -> None:
        elapsed_ns = max(last.crossing.time_ns, first[-1].crossing.time_ns) - begin_ns
        self._margin = _Margin(max(3, len(str(last.number))), max(8, len(clock(elapsed_ns))), begin_ns)
        is_lab = is_in_lab(first)
        read = first[:_READ_AHEAD]
        self._trail = Trail(is_lab=is_lab, with_ttl=Trail.has_router(read))
        arrows = [self._trail.arrow(one) for one in read]
        pairs = _pairs(first if is_lab else read, is_lab=is_lab)
        titles = _titles(nodes, places, pairs, is_lab=is_lab)
        self._columns = lay_out(titles, start=self._margin.cells, width=width)
        self._has_legend = is_lab and any(arrow.kind != "one" for arrow in arrows)
        self._trail = Trail(is_lab=is_lab, with_ttl=self._trail.with_ttl)

    def lines(self, seen: Iterable[Seen], *, show_all: bool, command: str) -> Iterator[Line]:
        """Titles, arrows, and what was folded."""
        if self._has_legend:
            yield line(fit(" " * self._margin.cells + _LEGEND, self._columns.width), "dim")
        arrows = (self._trail.arrow(one) for one in seen)
        rows: Iterable[Arrow | More] = arrows if show_all else fold((_sameness(arrow), arrow) for arrow in arrows)
        hint = f" (`{command} all` shows each)" if command else ""
        for count, row in enumerate(rows):
            if not count % _TITLES_EVERY:
                yield self._titles()
            if isinstance(row, More):
                yield self._note("", f"… {row.items:,} more like these{hint}", "dim")
                hint = ""
            else:
                yield from self._rows(row)

    def _titles(self) -> Line:
        left = f"{'No':>{self._margin.number}}  {'Time':>{self._margin.time}}"
        titles = heading(self._columns, left)
        return Line(((left, "dim"), (titles[len(left) :], "bold")))

    def _rows(self, arrow: Arrow) -> Iterator[Line]:
        """The lines of one crossing: what its hop changed, what it says, and the arrow."""
        left = self._margin.text(arrow.seen)
        src, dst = self._place(arrow.src), self._place(arrow.dst)
        if src is not None and src == dst:
            yield from self._loop(left, arrow, self._columns.columns[src].at)
            return
        span = self._span(src, dst, arrow)
        if span is None:
            yield self._note(left, " ".join(filter(None, ["?", arrow.labels[0]])), "")
            return
        room = span.inner - 5
        text = next((label for label in arrow.labels if width_of(label) <= room), "")
        for note in arrow.notes:
            yield self._above(note, span, "bold")
        if not text:
            fitting = (label for label in arrow.labels if width_of(label) <= self._columns.gap - 2)
            yield self._above(next(fitting, arrow.labels[-1]), span, "")
        yield self._arrow(left, arrow, span, text)

    def _place(self, key: str | None) -> int | None:
        return None if key is None else self._columns.place(key)

    def _span(self, src: int | None, dst: int | None, arrow: Arrow) -> "_Span | None":
        """Where an arrow begins and ends; from or to an end without a column it is one gap long."""
        columns, gap = self._columns.columns, self._columns.gap
        if src is not None and dst is not None:
            a, b = columns[src].at, columns[dst].at
            return _Span(min(a, b), max(a, b), is_rightward=a < b)
        known = src if src is not None else dst
        if known is None:
            return None
        at, is_rightward = columns[known].at, src is not None
        marker = arrow.marker if src is not None else "?"
        right = gap if known + 1 < len(columns) else self._columns.width - at
        if right >= min(gap, _MARKER_ROOM) or not known:
            size = min(right, gap)
            return _Span(at, at + size - 1, is_rightward=is_rightward, right=fit_middle(marker, max(size - 6, 1)))
        begin = columns[known - 1].at + 1
        return _Span(begin, at, is_rightward=not is_rightward, left=fit_middle(marker, max(at - begin - 6, 1)))

    def _arrow(self, left: str, arrow: Arrow, span: "_Span", text: str) -> Line:
        style, bar, start = style_of(arrow.packet), _SHAFTS[arrow.kind], _STARTS[arrow.kind]
        words = f" {text} " if text else ""
        dashes = max(span.inner - 1 - width_of(words), 0)
        before, after = bar * (dashes // 2), bar * (dashes - dashes // 2)
        begin: Piece = (f"{span.left} ", "") if span.left else (start[0], style) if span.is_rightward else ("│", "dim")
        end: Piece = (f" {span.right}", "") if span.right else ("│", "dim") if span.is_rightward else (start[1], style)
        shaft = (before, f"{after}▶") if span.is_rightward else (f"◀{before}", after)
        return self._compose(left, span.begin, [begin, (shaft[0], style), (words, ""), (shaft[1], style), end])

    def _loop(self, left: str, arrow: Arrow, at: int) -> Iterator[Line]:
        """A packet that a node sent to itself."""
        style, room = style_of(arrow.packet), self._columns.width - at - 6
        text = next((label for label in arrow.labels if width_of(label) <= max(room, 0)), None)
        if text is None and room < self._columns.gap // 2:
            label = fit(arrow.labels[-1], max(at - self._margin.cells - 6, 1))
            begin = at - 4 - width_of(label)
            yield self._compose(left, begin, [(f"{label} ", ""), ("╭──┤", style)])
            yield self._compose("", at - 3, [("╰─▶", style), ("│", "dim")])
            return
        label = text if text is not None else fit(arrow.labels[-1], room)
        yield self._compose(left, at, [("├──╮", style), (f" {label}", "")])
        yield self._compose("", at, [("│", "dim"), ("◀─╯", style)])

    def _above(self, text: str, span: "_Span", style: str) -> Line:
        """Words over an arrow; they may stand over other columns, since nothing happens there at this moment."""
        words = fit(text, self._columns.width - self._margin.cells - 2)
        begin = max(min(span.begin + 2, self._columns.width - width_of(words) - 1), self._margin.cells)
        return self._compose("", begin - 1, [(f" {words} ".rstrip(), style)])

    def _note(self, left: str, text: str, style: str) -> Line:
        """Words that belong to no arrow."""
        begin = self._columns.columns[0].at + 2 if self._columns.columns else self._margin.cells + 1
        return self._compose(left, begin - 1, [(f" {fit(text, self._columns.width - begin)} ".rstrip(), style)])

    def _compose(self, left: str, at: int, pieces: Sequence[Piece]) -> Line:
        """One row: the pieces from a column of the screen on, and the bars where they leave them free."""
        bars, margin = self._columns.bars, left or " " * self._margin.cells
        end = at + sum(width_of(text) for text, _ in pieces)
        after = bars[end:] if end < len(bars) else ""
        return Line(((margin, "dim"), (bars[len(margin) : at], "dim"), *pieces, (after.rstrip(), "dim")))


class _Span(NamedTuple):
    """From one column of the screen to another, both included: two bars, or a bar and what stands for another."""

    begin: int
    end: int
    is_rightward: bool
    left: str = ""
    """What stands at the left end in the place of a bar."""
    right: str = ""

    @property
    def inner(self) -> int:
        """Columns between the two."""
        ends = sum(width_of(marker) + 1 if marker else 1 for marker in (self.left, self.right))
        return self.end - self.begin + 1 - ends


def _sameness(arrow: Arrow) -> Hashable:
    """What two crossings have in common that look like the same again."""
    return (arrow.src, arrow.dst, arrow.kind, arrow.repeats, *ends_of(arrow.packet))


def _pairs(seen: Sequence[Seen], *, is_lab: bool) -> Counter[Pair]:
    """How often each two ends spoke to each other."""
    pairs: Counter[Pair] = Counter()
    for one in seen:
        src, dst = key_pair(one, is_lab=is_lab)
        if src is not None or dst is not None:
            pairs[src or dst or "", dst or src or ""] += 1
    return pairs


def _titles(
    nodes: Sequence[str], places: Mapping[str, tuple[int, int]], pairs: Mapping[Pair, int], *, is_lab: bool
) -> dict[str, str]:
    """The keys of the columns from left to right, each with its title."""
    speaking = list(dict.fromkeys(key for pair in pairs for key in pair))
    keys = most_frequent(speaking, pairs)
    if is_lab and places and all(key in places for key in keys):
        keys.sort(key=lambda key: places[key])
    else:
        keys = order([*(node for node in nodes if node in keys), *keys], pairs)
    titles = {key: name(key) for key in keys}
    if len(keys) < len(speaking):
        titles[OTHERS] = OTHERS
    return titles
