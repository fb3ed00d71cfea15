"""Tab: what fits at the end of a line, how far it can be completed, and how the candidates are listed.

It knows nothing of keys, nor of the prompt.
"""

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len

from netshell.commands import COMMANDS, Context
from netshell.render.console import safe
from netshell.terminal.completion import Candidate, complete

_GAP = 2
_FEWEST_LINES = 4
_EXPLAIN = ":explain "
"""Behind it stands a term, or a command line as at bash's prompt."""


async def candidates(context: Context, before: str) -> list[Candidate]:
    """What fits at the end of `before`: netshell's own commands, or words for the terminal in front."""
    if before.startswith(":"):
        found = own_candidates(context, before)
        if found or not before.startswith(_EXPLAIN):
            return found
        inner = await candidates(context, before.removeprefix(_EXPLAIN))
        return [replace(each, start_offset=each.start_offset + len(_EXPLAIN)) for each in inner]
    terminal = context.bench.terminals.get(context.terminal)
    if terminal is None or terminal.is_busy:
        return []
    bench = context.bench
    return await complete(before, machine=bench.machine, snapshot=bench.snapshot, node=terminal.where, cwd=terminal.cwd)


def own_candidates(context: Context, before: str) -> list[Candidate]:
    """The `:commands`, each with what it does, or what the one that was typed may be given."""
    name, has_argument, argument = before[1:].partition(" ")
    if not has_argument:
        fitting = [command for command in COMMANDS.values() if command.name.startswith(name)]
        return [Candidate(f":{c.name}", 0, description=c.says, ends_word=bool(c.argument)) for c in fitting]
    words = COMMANDS[name].words(context) if name in COMMANDS else ()
    start = len(before) - len(argument)
    return [Candidate(word, start, ends_word=False) for word in words if word.lower().startswith(argument.lower())]


def completed(before: str, found: Sequence[Candidate]) -> str:
    """The line as far as all candidates agree on it; `before` itself where they do not."""
    lines = [before[: candidate.start_offset] + candidate.text for candidate in found]
    if len(lines) == 1:
        return lines[0] + " " * found[0].ends_word
    common = common_start(lines)
    return common if len(common) > len(before) else before


def common_start(texts: Sequence[str]) -> str:
    """The characters that all of them begin with."""
    first, last = min(texts), max(texts)
    return next((first[:end] for end in range(len(first)) if first[end] != last[end : end + 1]), first)


def listing(found: Sequence[Candidate], rows: int, columns: int) -> list[str]:
    """The candidates as lines for a screen of that size: with what they are where that is known, else in columns."""
    found = [*(c for c in found if c.description), *sorted((c for c in found if not c.description), key=_shown)]
    names = [safe(_shown(candidate)) for candidate in found]
    about = [safe(candidate.description) for candidate in found]
    if any(about) and len(found) <= max(_FEWEST_LINES, rows - 2):
        width = max(map(cell_len, names))
        lines = [f"{_padded(name, width)}  {what}".rstrip() for name, what in zip(names, about, strict=True)]
        return [line[: columns - 1] for line in lines]
    told = ["`:help` tells what each of them does"] if all(about) else []
    return [*_in_columns(names, columns, max(_FEWEST_LINES, rows // 2)), *told]


def _shown(candidate: Candidate) -> str:
    return candidate.shown or candidate.text


def _in_columns(names: Sequence[str], columns: int, most_lines: int) -> list[str]:
    """Downwards, as `ls` does; what has no room is counted."""
    width = min(max(map(cell_len, names), default=0) + _GAP, columns)
    across = max(1, columns // width)
    rest = len(names) - across * most_lines
    shown = names[: across * (most_lines - 1)] if rest > 0 else names
    height = -(-len(shown) // across)
    lines = ["".join(_padded(name, width) for name in shown[row::height]).rstrip() for row in range(height)]
    left = len(names) - len(shown)
    return [*lines, f"… and {left} more: a letter or two narrows them down"] if left else lines


def _padded(name: str, width: int) -> str:
    return name + " " * (width - cell_len(name))
