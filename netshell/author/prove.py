"""Lessons proved with several seeds by several processes, from their files to the report."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from netshell.author.jobs import Dealer, Run
from netshell.author.junit import JUnit
from netshell.author.report import ProgressLine, Report
from netshell.author.workers import Limits, Workers
from netshell.errors import LessonError, MachineError
from netshell.host import find_program, remedy_for
from netshell.lesson import library
from netshell.lesson.model import Lesson


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be proved, and how it is told."""

    paths: Sequence[Path]
    seeds: Sequence[int]
    limits: Limits
    is_json: bool = False
    junit: Path | None = None
    """Where JUnit XML is written at the end."""


async def prove(
    workers: Workers, request: Request, write: Callable[[str], None], write_progress: Callable[[str], None] | None
) -> bool:
    """Prove every lesson with every seed; gives whether all of it holds.

    `write` takes the report, `write_progress` what comes and goes on a terminal. Raises MachineError where a program
    is missing that a lesson needs, or no private machine can be made; UserError where the XML cannot be written.
    """
    line = ProgressLine(write_progress or (lambda _: None))

    def write_line(text: str) -> None:
        line.wipe()
        write(text)

    report = Report(write_line, is_json=request.is_json, is_mutated=request.limits.is_mutated)
    junit = JUnit()
    if request.junit is not None:
        junit.write(request.junit)  # now, since a name that cannot be written is better told before the work
    try:
        runs = _runs(request, report, junit)
        async with aclosing(Dealer(workers, runs, request.limits, line.show).results()) as results:
            async for run, result in results:
                report.step(run, result)
                junit.step(run, result)
    finally:
        line.wipe()
    report.end()
    if request.junit is not None:
        junit.write(request.junit)
    return report.is_proved


def _runs(request: Request, report: Report, junit: JUnit) -> list[Run]:
    """Every lesson with every seed; a file that is no lesson is told, and left out."""
    runs: list[Run] = []
    for path in dict.fromkeys(request.paths):
        try:
            lessons = [library.load(path, seed) for seed in request.seeds]
        except LessonError as error:
            report.unreadable(error.diagnostics)
            junit.unreadable(path, error.diagnostics)
            continue
        require_tools(lessons[0])
        runs += [
            Run(lesson, seed, seed == request.seeds[0]) for lesson, seed in zip(lessons, request.seeds, strict=True)
        ]
    return runs


def require_tools(lesson: Lesson) -> None:
    """Raise MachineError, with the remedy, where a program is not installed that the lesson needs."""
    missing = [tool for tool in lesson.tools if find_program(tool) is None]
    if missing:
        names = " and ".join(f"`{tool}`" for tool in missing)
        problem = f"The lesson {lesson.id} needs {names}, which this computer does not have."
        raise MachineError(problem, "\n".join(remedy_for(tool) for tool in missing))
