"""The errors a person is told about, and the exit codes they end with; it knows nothing of networks or terminals."""

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to the shell that started it."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    MACHINE = 3
    BUG = 70
    INTERRUPTED = 130


class UserError(Exception):
    """Something a person can mend: the problem in one sentence, and what to do next.

    Raised where the fault is found, caught once, in the command line or the REPL.
    """

    def __init__(self, problem: str, remedy: str = "", code: ExitCode = ExitCode.FAILED) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.code = code

    def __str__(self) -> str:
        return f"{self.problem}\n{self.remedy}" if self.remedy else self.problem


class MachineError(UserError):
    """This computer lacks something that netshell needs: a program, a kernel feature, a permission."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(problem, remedy, ExitCode.MACHINE)


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One fault in an author's file. `line` and `column` count from 1."""

    file: str
    line: int
    column: int
    message: str
    remedy: str = ""
    is_warning: bool = False

    def __str__(self) -> str:
        kind = "warning: " if self.is_warning else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{self.file}:{self.line}:{self.column}: {kind}{self.message}{remedy}"


class LessonError(UserError):
    """A lesson file that cannot be used, with every fault found in it, sorted by place."""

    def __init__(self, problem: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(problem, "\n".join(map(str, diagnostics)))
        self.diagnostics = diagnostics
