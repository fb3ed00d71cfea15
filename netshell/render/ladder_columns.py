"""Which columns a ladder has, in what order, and where on the screen; it knows nothing of what is on the arrows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from netshell.render.line import fit_middle, width_of

OTHERS = "others"
"""The column of all ends that have none of their own."""
MOST = 16
"""Columns; more than that cannot be followed."""
_LEAST_GAP, _MOST_GAP = 15, 60
_MOST_SWAPS = 8

Pair = tuple[str, str]


class Column(NamedTuple):
    """One end of arrows."""

    key: str
    title: str
    """Harmless, and as short as its column asks for."""
    at: int
    """The screen's column that its bar stands in, counted from 0."""


class Columns(NamedTuple):
    """All columns, from left to right."""

    columns: tuple[Column, ...]
    gap: int
    """From one bar to the next."""
    width: int
    """Of the whole ladder; more than the screen's where the columns need it."""
    bars: str
    """A row on which nothing happens."""
    places: Mapping[str, int]
    """The position of each key among the columns."""

    def place(self, key: str) -> int | None:
        """The position of an end's column, that of the others for one without; None where there is neither."""
        return self.places.get(key, self.places.get(OTHERS))


def order(keys: Iterable[str], pairs: Mapping[Pair, int]) -> list[str]:
    """Keys so that those with the most to say to each other stand next to each other.

    Begins with the order given and swaps or moves as long as the arrows become shorter; of orders that are as good,
    the one nearest to that given, and of an order and its mirror image the one with the first given left of the last.
    """
    given = list(dict.fromkeys(keys))
    found = given
    weights = {pair: count for pair, count in pairs.items() if pair[0] != pair[1]}

    def cost(keys: Sequence[str]) -> tuple[int, int]:
        return _length(keys, weights), sum(abs(given.index(key) - i) for i, key in enumerate(keys))

    for _ in range(_MOST_SWAPS):
        shorter = min(_neighbours(found), key=cost, default=found)
        if cost(shorter) >= cost(found):
            break
        found = shorter
    if given and found.index(given[0]) > found.index(given[-1]):
        found.reverse()
    return found


def _neighbours(keys: Sequence[str]) -> Iterable[list[str]]:
    """Every order that one key moved elsewhere, or two swapped, give."""
    for i in range(len(keys)):
        rest = [*keys[:i], *keys[i + 1 :]]
        for j in range(len(keys)):
            if j != i:
                yield [*rest[:j], keys[i], *rest[j:]]
            if j > i:
                swapped = list(keys)
                swapped[i], swapped[j] = swapped[j], swapped[i]
                yield swapped


def _length(keys: Sequence[str], weights: Mapping[Pair, int]) -> int:
    place = {key: i for i, key in enumerate(keys)}
    return sum(count * abs(place[a] - place[b]) for (a, b), count in weights.items() if a in place and b in place)


def most_frequent(keys: Sequence[str], pairs: Mapping[Pair, int]) -> list[str]:
    """The keys that get a column of their own, in the order given; the others share one where there are too many."""
    if len(keys) <= MOST:
        return list(keys)
    count: Counter[str] = Counter()
    for (a, b), number in pairs.items():
        count[a] += number
        count[b] += number
    kept = {key for key, _ in count.most_common(MOST - 1)}
    return [key for key in keys if key in kept]


def lay_out(titles: Mapping[str, str], *, start: int, width: int) -> Columns:
    """Put the columns on a screen of which `start` columns are taken on the left.

    As wide as the screen allows, not wider than reads well, and never so narrow that no word fits between two.
    """
    keys = list(titles)
    count = len(keys)
    half = min(width_of(titles[keys[0]]) // 2, _LEAST_GAP // 2) if keys else 0
    last_half = min(width_of(titles[keys[-1]]) // 2, _LEAST_GAP // 2) if keys else 0
    room = width - start - half - last_half - 1
    gap = max(_LEAST_GAP, min(_MOST_GAP, room // max(count - 1, 1)))
    columns = tuple(Column(key, fit_middle(titles[key], gap - 1), start + half + i * gap) for i, key in enumerate(keys))
    end = columns[-1].at + 1 + last_half if columns else start
    if count == 1:
        end += _LEAST_GAP  # for arrows to ends that have no column
    bars = [" "] * end
    for column in columns:
        bars[column.at] = "│"
    return Columns(columns, gap, max(end, width), "".join(bars), {column.key: i for i, column in enumerate(columns)})


def heading(columns: Columns, left: str) -> str:
    """The titles, each over its bar, or as near as the edge lets it; `left` heads what stands before the columns."""
    text = left
    for column in columns.columns:
        begin = min(column.at - width_of(column.title) // 2, columns.width - width_of(column.title))
        text += " " * max(1 if text else 0, begin - width_of(text)) + column.title
    return text
