"""A lesson's file watched while it is written: at each save its faults, or the step being edited and its proof.

The file is looked at every 0.3 s: that costs nothing, and sees every way in which editors save.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from netshell.author.report import step_lines
from netshell.author.workers import Limits, Workers
from netshell.errors import LessonError, UserError
from netshell.lesson import library
from netshell.render.console import safe
from netshell.render.step import step_page, try_lines

if TYPE_CHECKING:
    from rich.console import RenderableType

    from netshell.lesson.model import Lesson

_LOOK_EVERY_S = 0.3
_SEED = 1


@dataclass
class Watched:
    """A lesson's file, and the step that its author is at."""

    path: Path
    index: int = 0
    """The step's place, counted from 0."""

    def __post_init__(self) -> None:
        self._seen: object = None
        self._lines: list[str] = []

    def has_changed(self) -> bool:
        """Whether the file was saved since it was last read; one that is not there right now has not been."""
        now = _signature(self.path)
        return now is not None and now != self._seen

    def read(self) -> "Lesson":
        """The lesson as it stands now; `index` follows what has been edited. Raises LessonError with every fault."""
        self._seen = _signature(self.path)
        before, self._lines = self._lines, _lines(self.path)
        lesson = library.load(self.path, _SEED)
        if before:
            edited = step_edited(before, self._lines, [step.line for step in lesson.steps])
            self.index = self.index if edited is None else edited
        self.index = min(self.index, len(lesson.steps) - 1)
        return lesson


def step_edited(before: Sequence[str], after: Sequence[str], steps: Sequence[int]) -> int | None:
    """The place (from 0) of the step in which a file was changed first; None where that was before all of them.

    `steps` has the line of each step's heading, counted from 1.
    """
    same = next((n for n, (old, new) in enumerate(zip(before, after, strict=False)) if old != new), None)
    if same is None:
        same = min(len(before), len(after))
        if len(before) == len(after):
            return None
    begun = sum(line <= same + 1 for line in steps)
    return begun - 1 if begun else None


async def watch(
    workers: Workers, watched: Watched, write: Callable[[str], None], show: Callable[["RenderableType"], None]
) -> None:
    """At each save tell the faults, or show the step being edited and prove it. Goes on until it is cancelled.

    Raises UserError where the file cannot be read, and MachineError where no private machine can be made.
    """
    limits = Limits(timeout_s=5.0, step_timeout_s=60.0)
    while True:
        if watched.has_changed():
            write(f"\n{time.strftime('%H:%M:%S')} {safe(str(watched.path))}\n")
            lesson = _told(watched, write)
            if lesson is not None:
                _show_step(lesson, watched.index, show)
                result = await workers.prove(lesson, watched.index, limits)
                write(step_lines(lesson, result))
        await asyncio.sleep(_LOOK_EVERY_S)


def play_on(watched: Watched, learn: Callable[[int], int], write: Callable[[str], None]) -> int:
    """Open a session at the step being edited, and after each that is left, if the file was saved meanwhile, another.

    `learn` plays a step, counted from 1, and gives the exit code. While the file has faults they are told, and the
    next save is waited for.
    """
    while True:
        lesson = _told(watched, write)
        if lesson is not None:
            code = learn(watched.index + 1)
            if code or not watched.has_changed():
                return code
        while not watched.has_changed():
            time.sleep(_LOOK_EVERY_S)


def _told(watched: Watched, write: Callable[[str], None]) -> "Lesson | None":
    """The lesson, with its warnings told; None, with its faults told, where it has some."""
    try:
        lesson = watched.read()
    except LessonError as error:
        write("".join(f"{safe(str(fault))}\n" for fault in error.diagnostics))
        return None
    write("".join(f"{safe(str(fault))}\n" for fault in library.check_file(watched.path)))
    return lesson


def _show_step(lesson: "Lesson", index: int, show: Callable[["RenderableType"], None]) -> None:
    show(step_page(lesson, index + 1))
    if (tries := try_lines(lesson.steps[index], lesson.steps[index].fade or "full")) is not None:
        show(tries)


def _signature(path: Path) -> object:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
