"""What a learner begins with: which lesson, at which step, on which machine.

It knows nothing of options, nor of what is shown.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from netshell.errors import ExitCode, UserError
from netshell.launch import launch
from netshell.progress import Progress, default_path
from netshell.topology import Topology

if TYPE_CHECKING:
    from netshell.lesson.model import Lesson


def learn(
    name: str | None, directories: Sequence[Path], step: int | None, seed: int | None, *, is_test: bool = False
) -> int:
    """Play a lesson, the one to go on with where none is named; `step` counts from 1.

    A test is its free task alone. Raises UserError where it has none, or no such step.
    """
    _require_terminal()
    launched = launch()
    from netshell import loop  # noqa: PLC0415 - nothing heavy before the fork
    from netshell.lesson import library  # noqa: PLC0415
    from netshell.repl.app import Repl, free_task_of, open_lesson  # noqa: PLC0415
    from netshell.session import Bench  # noqa: PLC0415

    with Progress.open(default_path(os.environ)) as progress:
        path = library.find(name or next_lesson(progress, directories), directories)
        lesson = open_lesson(path, progress, seed=seed)
        repl = Repl(Bench(launched), progress, directories, os.environ)
        place = free_task_of(lesson) if is_test else _place(lesson, step)
        return loop.run(repl.learn(lesson, place, _state(), is_test=is_test))


def play(name: str | None, directories: Sequence[Path]) -> int:
    """Give the machine alone, with the lab of a lesson where one is named."""
    _require_terminal()
    launched = launch()
    from netshell import loop  # noqa: PLC0415 - as above
    from netshell.repl.app import Repl  # noqa: PLC0415
    from netshell.session import Bench  # noqa: PLC0415

    topology = lab_of(name, directories)
    with Progress.open(default_path(os.environ)) as progress:
        repl = Repl(Bench(launched), progress, directories, os.environ)
        return loop.run(repl.play(topology, _state()))


def lab_of(name: str | None, directories: Sequence[Path]) -> Topology:
    """The lab of a lesson, with the values of its first seed; an empty one where none is named."""
    if name is None:
        return Topology()
    from netshell.lesson import library  # noqa: PLC0415 - not needed without a name

    return library.load(library.find(name, directories), seed=1).topology


def next_lesson(progress: Progress, directories: Sequence[Path]) -> str:
    """The lesson that was left unfinished last, else the first that was never finished, else the first.

    Raises UserError where there is no lesson at all.
    """
    from netshell.commands.path import following  # noqa: PLC0415 - late, with the rest
    from netshell.lesson import library  # noqa: PLC0415

    names = library.names(directories)
    if not names:
        raise UserError("There is no lesson here.", "`--lessons DIRECTORY` says where some are.")
    return following(names, progress) or names[0]


def _place(lesson: "Lesson", step: int | None) -> int | None:
    if step is not None and step > len(lesson.steps):
        problem = f"The lesson {lesson.id} has {len(lesson.steps)} steps; there is no step {step}."
        raise UserError(problem, f"Choose one from 1 to {len(lesson.steps)}.", ExitCode.USAGE)
    return None if step is None else step - 1


def _state() -> Path | None:
    """The directory that keeps what outlives a session; None where there is none."""
    path = default_path(os.environ)
    return path.parent if path is not None and path.parent.is_dir() else None


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(
            "Lessons need a terminal to talk to you on, and standard input or output is none.",
            "For scripts there is `netshell run -c COMMAND`, with `--json` if you like.",
            ExitCode.USAGE,
        )
