"""Many proofs one after the other, and their report: lines for people, or JSON for programs."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from netshell.author.proof import Proof, Result, require_tools
from netshell.errors import Diagnostic, LessonError
from netshell.lesson import library
from netshell.lesson.model import Lesson
from netshell.session import Bench
from netshell.topology import Topology

_TITLE_WIDTH = 44


class Report:
    """Writes what a proof finds as soon as it is found, and counts it."""

    def __init__(self, write: Callable[[str], None], *, is_json: bool) -> None:
        self._write = write
        self._is_json = is_json
        self._began = time.monotonic()
        self._runs = 0
        self._proved = 0
        self._faults: set[Diagnostic] = set()
        """Each once, though several seeds have it."""

    @property
    def is_proved(self) -> bool:
        """Nothing was found wrong."""
        return not self._faults

    def unreadable(self, faults: Iterable[Diagnostic]) -> None:
        """A file that is no lesson."""
        for fault in sorted(faults):
            if not fault.is_warning:
                self._faults.add(fault)
            if self._is_json:
                self._object({"file": fault.file, "faults": [_as_json(fault)]})
            else:
                self._write(f"{fault}\n")

    def begin(self, lesson: Lesson, seed: int) -> None:
        """One lesson with one seed is tried from here on."""
        self._runs += 1
        if not self._is_json:
            self._write(f"{lesson.id} · seed {seed}\n")

    def step(self, lesson: Lesson, seed: int, result: Result) -> None:
        """What was found of one step."""
        faults = [Diagnostic(str(lesson.path), fault.line, 1, fault.says) for fault in result.faults]
        self._faults.update(faults)
        self._proved += result.proved
        if self._is_json:
            self._object(
                {
                    "lesson": lesson.id,
                    "file": str(lesson.path),
                    "seed": seed,
                    "step": result.number,
                    "title": result.step.title,
                    "line": result.step.line,
                    "proved": result.proved,
                    "faults": [_as_json(fault) for fault in faults],
                    "seconds": round(result.seconds, 3),
                }
            )
        else:
            self._write(_step_line(result) + "".join(f"      {fault}\n" for fault in faults))

    def end(self) -> None:
        """The sum of it, for people."""
        if self._is_json:
            return
        took = f"{_count(self._runs, 'run')} in {time.monotonic() - self._began:.0f} s"
        if self._faults:
            self._write(f"\n{_count(len(self._faults), 'fault')}; {_count(self._proved, 'proof')} held. {took}.\n")
        else:
            self._write(f"\nAll of it holds: {_count(self._proved, 'proof')}, {took}.\n")

    def _object(self, value: dict[str, object]) -> None:
        self._write(json.dumps(value, ensure_ascii=False) + "\n")


async def prove(
    bench: Bench, paths: Sequence[Path], seeds: Sequence[int], report: Report, *, timeout_s: float = 15.0
) -> None:
    """Prove every lesson with every seed, on one machine that is made fresh for each; `timeout_s` as for `Proof`.

    Raises MachineError where a program is missing that a lesson needs, or the machine has ended.
    """
    bench.attach(environ={"LANG": "C.UTF-8"})
    try:
        is_fresh = True
        for path in paths:
            for seed in seeds:
                try:
                    lesson = library.load(path, seed)
                except LessonError as error:
                    report.unreadable(error.diagnostics)
                    break
                require_tools(lesson)
                if not is_fresh:
                    await bench.reset(Topology())
                is_fresh = False
                report.begin(lesson, seed)
                async for result in Proof(bench, lesson, timeout_s=timeout_s).steps():
                    report.step(lesson, seed, result)
    finally:
        bench.close()
    report.end()


def _step_line(result: Result) -> str:
    """`  ✓  3  Lay the cable            9 proofs   0.4 s`."""
    title = result.step.title
    name = title if len(title) <= _TITLE_WIDTH else title[: _TITLE_WIDTH - 1] + "…"
    head = f"  {'✗' if result.faults else '✓' if result.proved else '·'} {result.number:>2}  {name:<{_TITLE_WIDTH}}"
    what = _count(result.proved, "proof") if result.proved or result.faults else "to read"
    return f"{head} {what:>10} {result.seconds:7.1f} s\n"


def _as_json(fault: Diagnostic) -> dict[str, object]:
    return {"line": fault.line, "column": fault.column, "message": fault.message}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
