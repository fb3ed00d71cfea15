"""One line of a long view: pieces of text with a style each, laid out by hand, and how it becomes what is printed.

rich lays out a thousand rows in half a second; a view that somebody pages through makes its lines as they are wanted.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len, chop_cells

from netshell.render.console import Colour, safe

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

Piece = tuple[str, str]
"""Harmless text and its style, one of the names below or empty."""

_RESET = "\x1b[0m"
_SGR: Mapping[str, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
"""The styles that there are, by rich's names; several are joined with a blank. ECMA-48, 8.3.117."""
_WITHOUT_COLOUR = frozenset({"bold", "dim"})


class Line(NamedTuple):
    """One line, without its end."""

    pieces: tuple[Piece, ...] = ()

    @property
    def plain(self) -> str:
        """Its text alone."""
        return "".join([text for text, _ in self.pieces])

    @property
    def cells(self) -> int:
        """How many columns of the screen it takes."""
        return width_of(self.plain)

    def painted(self, colour: Colour) -> str:
        """The line as it goes to a terminal, its styles as ANSI sequences."""
        if colour == "none":
            return self.plain
        return "".join(
            [
                f"{begin}{text}{_RESET}" if style and (begin := _begin(style, colour)) else text
                for text, style in self.pieces
            ]
        )

    def __rich_console__(self, _console: "Console", _options: "ConsoleOptions") -> "RenderResult":
        from rich.segment import Segment  # noqa: PLC0415 - a list of packets is shown without rich's console
        from rich.style import Style  # noqa: PLC0415 - as above

        for text, style in self.pieces:
            yield Segment(text, Style.parse(style) if style else None)
        yield Segment.line()


@lru_cache(maxsize=256)
def _begin(style: str, colour: Colour) -> str:
    """The sequence that begins a style; empty where it has none."""
    codes = [_SGR[word] for word in style.split() if colour == "colour" or word in _WITHOUT_COLOUR]
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def line(text: str, style: str = "") -> Line:
    """A line of one piece."""
    return Line(((text, style),))


def clipped(pieces: Iterable[Piece], cells: int) -> Line:
    """A line of these pieces, cut where the screen ends."""
    kept: list[Piece] = []
    for text, style in pieces:
        part = fit(text, cells)
        cells -= width_of(part)
        kept.append((part, style))
    return Line(tuple(kept))


def fit(text: str, cells: int) -> str:
    """A text cut to so many columns, with `…` at its end where something is missing."""
    if width_of(text) <= cells:
        return text
    if cells < 1:
        return ""
    return f"{_cut(text, cells - 1)}…"


def fit_middle(text: str, cells: int) -> str:
    """The same with the middle left out: both ends of an address or of a name tell more."""
    if width_of(text) <= cells or cells < 5 or not text.isascii():
        return fit(text, cells)
    tail = (cells - 1) // 2
    return f"{text[: cells - 1 - tail]}…{text[-tail:]}"


def pad(text: str, cells: int) -> str:
    """A text made exactly so many columns wide."""
    fitted = fit(text, cells)
    return fitted + " " * (cells - width_of(fitted))


def width_of(text: str) -> int:
    """How many columns of the screen a text takes."""
    return len(text) if _is_narrow(text) else cell_len(text)


def _is_narrow(text: str) -> bool:
    """Each character surely takes one column: nearly always, and to look at them one by one takes long."""
    return text.isascii() or (rest := text.replace("→", "-")).isascii() or rest.replace("·", "-").isascii()


def _cut(text: str, cells: int) -> str:
    """As much of the beginning as fits; a wide character is not halved."""
    if cells < 1:
        return ""
    return text[:cells] if _is_narrow(text) else chop_cells(text[: cells * 4], cells)[0]


def folded(text: str, cells: int, *, hang: int = 0) -> Iterator[str]:
    """A text in lines of at most so many columns, broken between words; all but the first begin `hang` blanks in.

    A word that is longer than a line is broken where the line ends.
    """
    room, start = max(cells, 1), ""
    indent = " " * (hang if hang < room - 1 else 0)
    for word in _words(text, max(room - len(indent), 1)):
        longer = f"{start} {word}" if start.strip() else f"{start}{word}"
        if width_of(longer) <= room:
            start = longer
            continue
        yield start
        start = f"{indent}{word}"
    yield start


def _words(text: str, cells: int) -> Iterator[str]:
    for word in text.split(" "):
        if width_of(word) <= cells:
            yield word
        else:
            yield from chop_cells(word, cells)


def clock(elapsed_ns: int, places: int = 6) -> str:
    """A time since the beginning in seconds, with that many decimal places: `0.000120`."""
    digits = str(abs(elapsed_ns) // 10 ** (9 - places)).zfill(places + 1)
    return f"{'-' if elapsed_ns < 0 else ''}{digits[:-places]}.{digits[-places:]}"


@lru_cache(maxsize=4096)
def name(text: str) -> str:
    """The name of a node or an interface, made harmless: a learner may put anything into one."""
    return safe(text)
