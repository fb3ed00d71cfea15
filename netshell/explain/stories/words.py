"""Numbers, times and lists as a sentence has them; it knows nothing of packets."""

from collections.abc import Sequence

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TIMES = {1: "once", 2: "twice"}
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))
_FOREVER_S = 0xFFFFFFFF
_FEW_UNITS = 2


def count(number: int, one: str, many: str = "") -> str:
    """`1 reply`, `3 replies`; the plural is made with an s where it is not given."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def times(number: int) -> str:
    """`once`, `twice`, `three times`, `12 times`."""
    return _TIMES.get(number) or f"{small(number)} times"


def small(number: int) -> str:
    """`three`; in digits from 10 on."""
    return _SMALL[number] if number < len(_SMALL) else f"{number:,}"


def listing(items: Sequence[str], last: str = "and") -> str:
    """`r1`, `r1 and r2`, `r1, r2 and ns2`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {last} {items[-1]}"


def milliseconds(nanoseconds: int) -> str:
    """`0.06 ms`, `1.2 ms`, `35 ms`, `2.1 s`: two figures, enough to compare by."""
    value = max(nanoseconds, 0) / 1_000_000
    if value >= 1000:
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.1f} ms" if value >= 1 else f"{value:.2f} ms"


def duration(seconds: int) -> str:
    """`1 hour`, `30 minutes`, `90 seconds`, `ever`: in the largest unit that fits without a rest."""
    if seconds >= _FOREVER_S:
        return "ever"
    for size, unit in _UNITS:
        if seconds >= size and seconds % size == 0:
            return count(seconds // size, unit)
    for size, unit in _UNITS:
        if seconds >= size * _FEW_UNITS:
            return f"about {count(round(seconds / size), unit)}"
    return count(seconds, "second")


def sentences(*parts: str) -> str:
    """Clauses as sentences: the empty ones left out, a full stop behind each, a capital where a word begins it.

    A name such as `ns1` or `a` is not touched: only words that sentences of ours begin with are written large.
    """
    return " ".join(_sentence(part) for part in parts if part)


_WORDS_OF_OURS = frozenset({"the", "nobody", "it", "its", "no", "all", "both", "each", "about"})


def _sentence(part: str) -> str:
    first = part.partition(" ")[0].rstrip(",:")
    if first in _WORDS_OF_OURS:
        part = part[0].upper() + part[1:]
    return part if part.endswith((".", "?", "!", "…")) else f"{part}."
