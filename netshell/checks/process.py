"""The check `process`: does a program run."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node
from netshell.checks.needs import Need, ProcessesNeed
from netshell.checks.words import near, place

_NAME_MOST = 64
_SHELLS = frozenset({"bash", "sh", "init", "ps"})


@dataclass(frozen=True, kw_only=True)
class ProcessCheck(Check):
    """A program of that name runs on the node."""

    kind: ClassVar[str] = "process"
    layer: ClassVar[int] = 9
    process: str
    """Its name without a directory: `dnsmasq`; of a script, the script's own too: `server.py`."""

    def look(self, evidence: Evidence) -> Verdict:
        """Whoever has the name; else what runs there instead."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        running = evidence.processes(self.at)
        if any(self.process in process.names for process in running):
            return self._holds(f"{self.process} runs {place(self.at)}.")
        names = [name for process in running for name in process.names]
        close = near(self.process, names)
        others = ", ".join(dict.fromkeys(p.names[-1] for p in running if p.name not in _SHELLS))
        hint = f" {close} does." if close else f" There runs: {others}." if others else ""
        return self._fails("missing", f"No {self.process} runs {place(self.at)}.{hint}", 2)

    def needs(self) -> Iterable[Need]:
        """What runs there."""
        yield ProcessesNeed(self.at)

    def faults(self) -> Iterable[Fault]:
        """What is no program's name."""
        if "/" in self.process or not self.process.isprintable() or not 0 < len(self.process.strip()) <= _NAME_MOST:
            yield Fault("process", f"`{self.process[:_NAME_MOST]}` is no program's name.", "Write it alone: dnsmasq")
