"""What proofs find, told as it comes: lines for people, or JSON for programs."""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from netshell.author.jobs import Run
from netshell.author.trial import KINDS, MUTATIONS, Result
from netshell.errors import Diagnostic
from netshell.lesson.model import Lesson
from netshell.render.console import safe

_TITLE_WIDTH = 44
_PROGRESS_WIDTH = 78


class Report:
    """Writes what a proof finds as soon as it is found, and counts it."""

    def __init__(self, write: Callable[[str], None], *, is_json: bool, is_mutated: bool = False) -> None:
        self._write = write
        self._is_json = is_json
        self._is_mutated = is_mutated
        self._began = time.monotonic()
        self._runs: set[Run] = set()
        self._proved = 0
        self._mutations: Counter[bool] = Counter()
        self._found: set[Diagnostic] = set()
        """Each once, though several seeds have it."""

    @property
    def is_proved(self) -> bool:
        """Nothing was found wrong; warnings do no harm."""
        return all(found.is_warning for found in self._found)

    def unreadable(self, faults: Iterable[Diagnostic]) -> None:
        """A file that is no lesson, with what is wrong in it; its warnings do not matter yet."""
        for fault in sorted(faults):
            self._found |= set() if fault.is_warning else {fault}
            if self._is_json:
                known = {"file": fault.file, "proof": "it can be read", "holds": False}
                place = {"line": fault.line, "column": fault.column}
                self._object(known | place | {"message": fault.message, "remedy": fault.remedy})
            else:
                self._write(f"{safe(str(fault))}\n")

    def step(self, run: Run, result: Result) -> None:
        """What was found of one step."""
        found = _found(run.lesson, result)
        found = [each for each in found if not (each.is_warning and each in self._found)]
        self._found.update(found)
        self._proved += result.proved
        self._mutations.update(trial.holds for trial in result.trials if trial.kind in MUTATIONS)
        if self._is_json:
            for known in _objects(run, result):
                self._object(known)
            return
        if run not in self._runs:
            self._write(f"{safe(run.lesson.id)} · seed {run.seed}\n")
        self._runs.add(run)
        self._write(_step_line(result) + _below(found))

    def end(self) -> None:
        """The sum of it, for people."""
        if self._is_json:
            return
        took = f"{_count(len(self._runs), 'run')} in {time.monotonic() - self._began:.0f} s"
        faults = sum(not found.is_warning for found in self._found)
        warnings = len(self._found) - faults
        warned = f", {_count(warnings, 'warning')}" if warnings else ""
        if faults:
            self._write(f"\n{_count(faults, 'fault')}{warned}; {_count(self._proved, 'proof')} held. {took}.\n")
        else:
            self._write(f"\nAll of it holds: {_count(self._proved, 'proof')}{warned}, {took}.\n")
        tried = self._mutations.total()
        if self._is_mutated and tried:
            share = 100 * self._mutations[True] / tried
            self._write(f"Changed solutions noticed: {self._mutations[True]} of {tried} ({share:.0f} %).\n")

    def _object(self, value: dict[str, object]) -> None:
        self._write(json.dumps(value, ensure_ascii=False) + "\n")


class ProgressLine:
    """One line at the foot of the terminal: how far the proofs are. It is wiped before anything else is written."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._is_there = False

    def show(self, done: int, of: int, tried: Sequence[str]) -> None:
        """Put the line there, in place of the one before."""
        text = f"{done} of {_count(of, 'step')} · {', '.join(map(safe, tried))}"
        text = text if len(text) <= _PROGRESS_WIDTH else text[: _PROGRESS_WIDTH - 1] + "…"
        self._write(f"\r\x1b[K{text}")
        self._is_there = True

    def wipe(self) -> None:
        """Take the line away."""
        if self._is_there:
            self._write("\r\x1b[K")
            self._is_there = False


def step_lines(lesson: Lesson, result: Result) -> str:
    """What was found of one step, for people."""
    return _step_line(result) + _below(_found(lesson, result))


def _below(found: Iterable[Diagnostic]) -> str:
    return "".join(f"      {safe(str(each))}\n" for each in found)


def _found(lesson: Lesson, result: Result) -> list[Diagnostic]:
    faults = (trial.fault for trial in result.trials if trial.fault)
    return [Diagnostic(str(lesson.path), fault.line, 1, fault.says, is_warning=fault.is_warning) for fault in faults]


def _objects(run: Run, result: Result) -> Iterator[dict[str, object]]:
    """One JSON object for each proof; one for a step without any, too, so that each step is heard of."""
    known: dict[str, object] = {
        "lesson": run.lesson.id,
        "file": str(run.lesson.path),
        "seed": run.seed,
        "step": result.number,
        "title": result.title,
    }
    if not result.trials:
        yield known | {"line": result.line, "proof": None, "holds": True, "seconds": round(result.seconds, 3)}
    for trial in result.trials:
        fault = trial.fault
        line = fault.line if fault else trial.line
        found: dict[str, object] = {"line": line, "kind": trial.kind, "proof": KINDS[trial.kind], "holds": trial.holds}
        if fault:
            found |= {"warning": fault.is_warning, "message": fault.says}
        yield known | found | {"seconds": round(trial.seconds, 3)}


def _step_line(result: Result) -> str:
    """`  ✓  3  Lay the cable            9 proofs   0.4 s`."""
    title = safe(result.title)
    name = title if len(title) <= _TITLE_WIDTH else title[: _TITLE_WIDTH - 1] + "…"
    head = f"  {'✗' if result.faults else '✓' if result.proved else '·'} {result.number:>2}  {name:<{_TITLE_WIDTH}}"
    what = _count(result.proved, "proof") if result.proved or result.faults else "to read"
    return f"{head} {what:>10} {result.seconds:7.1f} s\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
