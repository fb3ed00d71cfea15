"""What a computer offers and lacks, as lines."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from netshell.render.console import safe
from netshell.render.layout import Lead, Narrow


def fact_table(facts: Sequence[tuple[str, str, bool, bool, str, str]]) -> RenderableType:
    """One line a fact: name, what was found, is it well, is it needed, by whom; the remedy below what is not well."""
    width = max((len(name) for name, *_ in facts), default=0)
    lines: list[RenderableType] = []
    for name, found, is_ok, is_needed, needed_by, remedy in facts:
        mark = Text("  ✓ ", "green") if is_ok else Text("  ✗ ", "bold red") if is_needed else Text("  · ", "bold")
        words = safe(found) if is_ok else f"{safe(found)} (for {safe(needed_by)})"
        lines.append(Lead(Text.assemble(mark, (f"{safe(name):<{width}}  ", "bold")), Text(words)))
        if not is_ok and remedy:
            lines.append(Lead(Text(" " * (width + 6)), Text(safe(remedy), "cyan")))
    return Narrow(Group(*lines))
