"""The check `script`, the last resort: an author's own commands, run inside the private machine, end with status 0."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node
from netshell.checks.needs import ScriptNeed

_LONGEST = 2000


@dataclass(frozen=True, kw_only=True)
class ScriptCheck(Check):
    """The commands end with status 0. They are run only when every other check of the step holds."""

    kind: ClassVar[str] = "script"
    layer: ClassVar[int] = 9
    script: str
    """Lines for bash, inside the private machine."""

    def look(self, evidence: Evidence) -> Verdict:
        """The status; what it means is told by the author, in `say`."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        status = evidence.status(self.at, self.script)
        if status == 0:
            return self._holds("It is as it should be.")
        if status is None:
            return replace(self._fails("not-run", "", 9), wants=(ScriptNeed(self.at, self.script),))
        return self._fails("status", "", 8)

    @property
    def is_last(self) -> bool:
        """It has to be run."""
        return True

    def faults(self) -> Iterable[Fault]:
        """Nothing to run, and no words for when it fails."""
        if not 0 < len(self.script.strip()) <= _LONGEST:
            yield Fault("script", "Expected shell commands here.", "Write a line or a few that end with status 0.")
        if not self.say.strip():
            problem = "A check `script` says nothing by itself when it fails."
            yield Fault("script", problem, "Add `say` with a sentence for the learner.")
