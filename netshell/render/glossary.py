"""A term of the glossary, as lines."""

from collections.abc import Iterator

from netshell.explain.glossary import Term
from netshell.render.console import safe
from netshell.render.layout import MEASURE
from netshell.render.line import Line, folded, line

_MARGIN = "  "


def term_lines(term: Term, lesson: str, *, width: int) -> Iterator[Line]:
    """What it is called, what it means, where it is taught and what to read; `lesson` is a title or empty."""
    measure = max(min(width, MEASURE) - len(_MARGIN), 20)
    name, *others = term.names
    for text in folded(safe(f"{name} ({', '.join(others)})" if others else name), measure):
        yield line(_MARGIN + text, "bold")
    for text in folded(safe(term.says), measure):
        yield line(_MARGIN + text)
    taught = f"Taught in: {lesson} (:learn {term.lesson}). " if lesson else ""
    for text in folded(safe(f"{taught}Read on: {term.read}"), measure):
        yield line(_MARGIN + text, "dim")
