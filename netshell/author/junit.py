"""The results of proofs as JUnit XML, which most systems that run tests for a repository can read.

A testsuite for each lesson, a testcase for each proof.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from netshell.author.jobs import Run
from netshell.author.trial import KINDS, Result
from netshell.errors import Diagnostic, UserError

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What an XML 1.0 document cannot hold, not even as a reference (section 2.2, Char)."""


@dataclass(slots=True)
class _Suite:
    """One lesson's proofs, with all seeds."""

    name: str
    file: str
    cases: list[Element] = field(default_factory=list)
    seconds: float = 0.0


class JUnit:
    """Gathers results, and gives them as one document."""

    def __init__(self) -> None:
        self._suites: dict[str, _Suite] = {}

    def unreadable(self, path: Path, faults: Sequence[Diagnostic]) -> None:
        """A file that is no lesson: one testcase that failed."""
        case = _element("testcase", name="the lesson can be read", classname=path.stem, file=str(path))
        errors = sorted(fault for fault in faults if not fault.is_warning)
        case.append(_failure("fault", errors[0].message, "\n".join(map(str, errors))))
        self._suite(path.stem, str(path)).cases.append(case)

    def step(self, run: Run, result: Result) -> None:
        """What was found of one step."""
        file = str(run.lesson.path)
        suite = self._suite(run.lesson.id, file)
        suite.seconds += result.seconds
        for trial in result.trials:
            line = trial.fault.line if trial.fault else trial.line
            case = _element(
                "testcase",
                name=f"seed {run.seed}, line {line}: {KINDS[trial.kind]}",
                classname=f"{run.lesson.id}.{result.number} {result.title}",
                file=file,
                line=str(line),
                time=f"{trial.seconds:.3f}",
            )
            if trial.fault and trial.fault.is_warning:
                SubElement(case, "system-out").text = _clean(f"{file}:{line}: warning: {trial.fault.says}")
            elif trial.fault:
                case.append(_failure(trial.kind, trial.fault.says, f"{file}:{line}: {trial.fault.says}"))
            suite.cases.append(case)

    def document(self) -> bytes:
        """The XML."""
        root = _counted("testsuites", [case for suite in self._suites.values() for case in suite.cases])
        root.set("time", f"{sum(suite.seconds for suite in self._suites.values()):.3f}")
        for suite in self._suites.values():
            element = _counted("testsuite", suite.cases, name=suite.name, file=suite.file, time=f"{suite.seconds:.3f}")
            element.extend(suite.cases)
            root.append(element)
        indent(root)
        data: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
        return data + b"\n"

    def write(self, path: Path) -> None:
        """Write the document. Raises UserError where that cannot be done."""
        try:
            path.write_bytes(self.document())
        except OSError as error:
            problem = f"{path} cannot be written: {error.strerror}."
            raise UserError(problem, "Name another file behind `--junit`.") from None

    def _suite(self, name: str, file: str) -> _Suite:
        return self._suites.setdefault(file, _Suite(name, file))


def _counted(tag: str, cases: Iterable[Element], **attributes: str) -> Element:
    cases = list(cases)
    failures = sum(case.find("failure") is not None for case in cases)
    return _element(tag, **attributes, tests=str(len(cases)), failures=str(failures), errors="0")


def _failure(kind: str, message: str, text: str) -> Element:
    element = _element("failure", type=kind, message=message)
    element.text = _clean(text)
    return element


def _element(tag: str, **attributes: str) -> Element:
    return Element(tag, {key: _clean(value) for key, value in attributes.items()})


def _clean(text: str) -> str:
    return _NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text)
