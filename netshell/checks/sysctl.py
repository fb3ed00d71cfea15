"""The check `sysctl`: has a kernel setting of a node its value."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node
from netshell.checks.words import near, place, subject


@dataclass(frozen=True, kw_only=True)
class SysctlCheck(Check):
    """The setting has the value."""

    kind: ClassVar[str] = "sysctl"
    layer: ClassVar[int] = 5
    sysctl: str
    """The key as `sysctl` writes it: `net.ipv4.ip_forward`."""
    value: int | str = field(metadata={"key": "is"})

    def look(self, evidence: Evidence) -> Verdict:
        """The value as the kernel has it; spaces and tabs in it are alike."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        settings = evidence.snapshot.nodes[self.at].sysctls
        found = settings.get(self.sysctl)
        if found is None:
            close = near(self.sysctl, settings)
            hint = f" There is {close}." if close else ""
            return self._fails("missing", f"{subject(self.at)} has no setting {self.sysctl}.{hint}", 1)
        if found.split() == str(self.value).split():
            return self._holds(f"{self.sysctl} is {self.value} {place(self.at)}.")
        return self._fails("wrong-value", f"{self.sysctl} is {found} {place(self.at)}, expected {self.value}.")

    def faults(self) -> Iterable[Fault]:
        """A key that `sysctl` would not know."""
        if not re.fullmatch(r"[A-Za-z0-9_-]+(?:[./][A-Za-z0-9_:-]+)+", self.sysctl):
            yield Fault("sysctl", f"`{self.sysctl}` is no sysctl key.", "Write it as: net.ipv4.ip_forward")
