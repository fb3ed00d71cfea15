"""What a computer offers and lacks, as lines."""

from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias

from rich.console import Group, RenderableType
from rich.text import Text

from netshell.render.console import safe
from netshell.render.layout import Lead, Narrow

Row: TypeAlias = tuple[str, str, bool, bool, str, str]
"""Name, what was found, is it well, is it needed, by whom, what mends it."""

_NAME_MOST = 28
"""A longer name takes what stands beside it along, instead of pushing every other line to the right."""


def fact_table(facts: Sequence[Row]) -> RenderableType:
    """One line a fact: what is well first, then what is not, with what it is for; the remedy below those it mends."""
    width = max((len(name) for name, *_ in facts if len(name) <= _NAME_MOST), default=0)
    lines: list[RenderableType] = [
        Lead(Text("  ✓ ", "green"), Text.assemble((f"{safe(name):<{width}}  ", "bold"), safe(found)))
        for name, found, is_ok, *_ in facts
        if is_ok
    ]
    for remedy, rows in groupby((row for row in facts if not row[2]), key=lambda row: row[5]):
        lines += [_lacking(row, width) for row in rows]
        lines += [Lead(Text("      "), Text(safe(line), "cyan")) for line in remedy.splitlines()]
    return Narrow(Group(*lines))


def _lacking(row: Row, width: int) -> RenderableType:
    name, found, _, is_needed, needed_by, _ = row
    mark = Text("  ✗ ", "bold red") if is_needed else Text("  · ", "bold")
    purpose = f" (for {safe(needed_by)})" if needed_by else ""
    return Lead(mark, Text.assemble((f"{safe(name):<{width}}  ", "bold"), f"{safe(found)}{purpose}"))
