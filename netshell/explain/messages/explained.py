"""Finds the line of a command's output that a row knows, and says what it means here."""

from collections.abc import Iterator
from dataclasses import dataclass

from netshell.explain.messages.command import BASH, Run, read
from netshell.explain.messages.looks import LOOKS
from netshell.explain.messages.row import ANYWHERE, Row, filled
from netshell.explain.messages.rows import ROWS
from netshell.explain.messages.scene import Scene, target
from netshell.facts import Snapshot

_OUTPUT_MOST = 1 << 16
"""Characters of output that are looked at, from its end."""
_LINES_MOST = 200
_LINE_MOST = 600
"""A longer line is no message of a tool."""
_PART_MOST = 80
_SAYS_MOST = 600


@dataclass(frozen=True, slots=True)
class Explained:
    """What a tool's message means here. Nothing in it is a control character."""

    says: str
    """One to three sentences: the meaning, and what the network's state has to do with it."""
    quote: str
    """The line that was recognised; empty where the tool failed without a word."""
    concept: str
    """The idea that it hangs on: a lesson's id, or `shell`."""
    mend: str
    """Where to look, or what to think of next."""
    is_answer: bool = False
    """What the network answered, or that it did not; false for a slip of whoever typed."""
    node: str = ""
    """Where the program ran that printed it."""
    target: str = ""
    """The address that it was for, where it tried to reach one."""


def explain_output(command: str, status: int, output: str, node: str, snapshot: Snapshot) -> Explained | None:
    """What the message of a failed command means; None where no row knows it, or the state does not bear it out.

    `command` was typed at a terminal on `node`, ended with `status` and printed `output`; `snapshot` is the network
    afterwards. The first line that is known counts: those after it mostly follow from it. Never raises.
    """
    commands = [*read(command, node), (BASH,)]
    tools = {run.tool for stages in commands for run in stages}
    rows = [row for row in ROWS if not tools.isdisjoint(row.tools.split()) and _comes_with(row, status, output)]
    if not output.strip():
        if len(commands) > 2:  # one command and bash: of several, any may have been the one
            return None
        silent = (_explained(row, {}, "", commands, snapshot) for row in rows if not row.patterns)
        return next(filter(None, silent), None)
    for line in _lines(output):
        for row in rows:
            if (parts := _parts(row, line)) is None:
                continue
            if explained := _explained(row, parts, line, commands, snapshot):
                return explained
    return None


def _comes_with(row: Row, status: int, output: str) -> bool:
    is_status = status != 0 if row.status is None else status == row.status
    return is_status and not (row.unless and row.unless in output)


def _lines(output: str) -> Iterator[str]:
    for line in output[-_OUTPUT_MOST:].splitlines()[-_LINES_MOST:]:
        if len(line) <= _LINE_MOST and (stripped := line.strip()):
            yield stripped


def _parts(row: Row, line: str) -> dict[str, str] | None:
    found = (pattern.match(line) for pattern in row.patterns)
    return next((parts for parts in found if parts is not None), None)


def _explained(
    row: Row, parts: dict[str, str], line: str, commands: list[tuple[Run, ...]], snapshot: Snapshot
) -> Explained | None:
    """The row's words, filled; None where it is about another command, or its look finds the state otherwise."""
    run = _run_for(row, parts, commands)
    if run is None or parts.get("tool", run.tool) != run.tool:
        return None
    scene = Scene({name: _shown(value, _PART_MOST) for name, value in parts.items()}, run, snapshot)
    if scene.node is None and row.has_node:
        return None
    seen = LOOKS[row.look](scene) if row.look else ""
    if seen is None:
        return None
    values = {**scene.parts, "Who": scene.who, "who": target(run.node), "place": scene.place, "tool": run.tool}
    says = f"{filled(row.says, values)} {seen}".strip()
    return Explained(
        _shown(says, _SAYS_MOST),
        _shown(line, _LINE_MOST),
        row.concept,
        filled(row.mend, values),
        row.is_answer,
        run.node,
        scene.target if row.is_answer else "",
    )


def _run_for(row: Row, parts: dict[str, str], commands: list[tuple[Run, ...]]) -> Run | None:
    """The run that printed the line: the one that names most of its parts; None where several may have."""
    tools = row.tools.split()
    fitting: list[Run] = []
    for stages in commands:
        deepest = [run for run in stages if run.tool in tools and (not row.when or any(map(run.does, row.when)))]
        fitting += deepest[-1:]
    if ANYWHERE in tools:
        return fitting[-1]
    scores = [sum(any(value in word for word in run.words) for value in parts.values()) for run in fitting]
    best = {run for run, score in zip(fitting, scores, strict=True) if score == max(scores)}
    return best.pop() if len(best) == 1 else None


def _shown(text: str, longest: int) -> str:
    """A text with a mark in the place of each character that a terminal obeys or hides, cut to a bearable length."""
    if len(text) > longest:
        text = f"{text[: longest - 1]}…"
    return text if text.isprintable() else "".join(char if char.isprintable() else "�" for char in text)
