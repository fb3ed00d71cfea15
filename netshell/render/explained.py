"""A command line taken apart, as lines: at the left what is typed, at the right what it means, and what it is here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from netshell.explain.command import Explanation, Part
from netshell.explain.output import OutputLine, news
from netshell.render.console import safe
from netshell.render.layout import MEASURE
from netshell.render.line import Line, Piece, clipped, folded, line, width_of

_MARGIN = 2
_INDENT = 2
"""Columns that a command inside another stands further in."""
_DEEPEST = 4
_LABEL_MOST = 26
"""Columns of what is typed; what is longer has a line of its own."""
_STYLES = {
    "program": "bold cyan",
    "word": "bold",
    "option": "bold",
    "value": "green",
    "shell": "magenta",
    "unknown": "bold red",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """Parts that are told in one breath: an option with its value."""

    text: str
    style: str
    depth: int
    says: str
    here: tuple[str, ...]
    trouble: tuple[str, ...]


def explained_lines(explanation: Explanation, *, width: int) -> Iterator[Line]:
    """The command line, one sentence for the whole, then its parts; at most `width` columns wide."""
    measure = max(min(width, MEASURE) - _MARGIN, 20)
    for typed in explanation.line.split("\n"):
        for text in folded(safe(typed), measure):
            yield line(" " * _MARGIN + text, "bold cyan")
    if explanation.summary:
        for text in folded(safe(explanation.summary), measure):
            yield line(" " * _MARGIN + text)
    yield Line()
    yield from part_lines(explanation.parts, width=width)
    if explanation.is_open:
        yield from _note("A quote, a bracket or a here-document has no end here: bash would wait for more.", measure)
    if explanation.pages:
        yield Line()
        for text in folded(f"Manual pages: {', '.join(explanation.pages)}", measure):
            yield line(" " * _MARGIN + text, "dim")


def message_lines(says: str, *, width: int) -> Iterator[Line]:
    """What the message of a command that failed means here."""
    if says:
        yield Line()
        for number, text in enumerate(folded(safe(says), max(min(width, MEASURE) - 4, 20))):
            yield Line(((" " * _MARGIN, ""), ("✗ " if number == 0 else "  ", "bold red"), (text, "")))


def output_lines(lines: Sequence[OutputLine], *, width: int) -> Iterator[Line]:
    """What a command printed: each line that says something new, and below it its parts."""
    if not any(told.says for told in lines):
        return
    for new in news(lines):
        if new.skipped:
            yield line(f"  … {new.skipped} more {'line' if new.skipped == 1 else 'lines'}", "dim")
        if not new.text:
            continue
        yield Line()
        shown, room = safe(new.text.expandtabs()).strip(), max(width - _MARGIN, 20)
        for text in folded(shown if width_of(shown) <= room else " ".join(shown.split()), room, hang=2):
            yield line(" " * _MARGIN + text, "bold")
        for text in folded(safe(new.says), max(min(width, MEASURE) - 4, 20)) if new.says else ():
            yield line(f"    {text}")
        yield from _table([_row([replace(part, depth=1)]) for part in new.parts], width)


def part_lines(parts: Sequence[Part], *, width: int) -> Iterator[Line]:
    """The parts of a line, each with its meaning; what has been told once is not told again."""
    yield from _table(list(_untold(_rows(parts))), width)


def _table(rows: Sequence[_Row], width: int) -> Iterator[Line]:
    label = max((min(_room(row), _LABEL_MOST) for row in rows), default=0)
    for row in rows:
        yield from _row_lines(row, label, max(min(width, MEASURE + label), 20))


def _rows(parts: Sequence[Part]) -> Iterator[_Row]:
    """A value that says nothing by itself stands beside what asked for it."""
    number = 0
    while number < len(parts):
        group = [parts[number]]
        number += 1
        while (
            number < len(parts)
            and parts[number].role == "value"
            and not parts[number].says
            and group[0].role in {"word", "option", "value"}
            and parts[number].depth == group[0].depth
        ):
            group.append(parts[number])
            number += 1
        yield _row(group)


def _row(group: Sequence[Part]) -> _Row:
    text = group[0].text
    for before, part in pairwise(group):
        text += (" " if part.at > before.end else "") + part.text
    first = group[0]
    trouble = tuple(part.trouble for part in group if part.trouble)
    if first.role == "unknown" and not trouble and not first.says:
        trouble = ("not known to netshell",)
    here = tuple(part.here for part in group if part.here)
    return _Row(safe(text), _STYLES[first.role], min(first.depth, _DEEPEST), first.says, here, trouble)


def _untold(rows: Iterator[_Row]) -> Iterator[_Row]:
    told: set[tuple[str, str]] = set()
    for row in rows:
        key = (row.text, row.says)
        if key in told and not row.here and not row.trouble:
            continue
        told.add(key)
        yield row


def _room(row: _Row) -> int:
    return row.depth * _INDENT + width_of(row.text)


def _row_lines(row: _Row, label: int, width: int) -> Iterator[Line]:
    """The text at the left; meaning, place in this network and trouble at the right, one below the other."""
    begin = _MARGIN + row.depth * _INDENT
    at = _MARGIN + label + 2
    said = [("", row.says, "")] if row.says else []
    said += [("→ ", text, "") for text in row.here] + [("✗ ", text, "bold red") for text in row.trouble]
    cells: list[Piece] = []
    for mark, words, style in said:
        texts = folded(safe(words), max(width - at - len(mark), 12))
        cells += [(f"{' ' * len(mark) if number else mark}{text}", style) for number, text in enumerate(texts)]
    gap = at - begin - width_of(row.text)
    first = [(" " * begin, ""), (row.text, row.style)]
    if cells and gap >= 2:
        first += [(" " * gap, ""), cells.pop(0)]
    yield clipped(first, width)
    for cell in cells:
        yield clipped([(" " * at, ""), cell], width)


def _note(text: str, measure: int) -> Iterator[Line]:
    yield Line()
    for piece in folded(text, measure):
        yield line(" " * _MARGIN + piece, "yellow")
