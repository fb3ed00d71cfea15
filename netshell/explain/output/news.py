"""Of many lines that are alike, what each says that those before it did not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from netshell.explain.command.part import Part
from netshell.explain.output.lines import OutputLine


@dataclass(frozen=True, slots=True)
class News:
    """A line with what is new about it."""

    text: str
    says: str
    parts: tuple[Part, ...]
    skipped: int = 0
    """So many lines before it said nothing new."""


def news(lines: Iterable[OutputLine]) -> Iterator[News]:
    """The lines that say something new; the last one is empty, and counts what was passed over at the end."""
    told: set[str] = set()
    skipped = 0
    for line in lines:
        if not line.text.strip():
            continue
        says = _new(line.says, told)
        parts = tuple(_new_parts(line, told))
        if says or parts:
            yield News(line.text, says, parts, skipped)
            skipped = 0
        else:
            skipped += 1
    yield News("", "", (), skipped)


def _new_parts(line: OutputLine, told: set[str]) -> Iterator[Part]:
    for part in line.parts:
        says, here = _new(part.says, told), _new(part.here, told)
        if says or here:
            yield replace(part, says=says, here=here)


def _new(says: str, told: set[str]) -> str:
    """Of sentences, a line each, those that were not told; they are from now on."""
    new = [sentence for sentence in says.split("\n") if sentence and sentence not in told]
    told.update(new)
    return " ".join(new)
