"""The check `any`: does at least one of several checks hold."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.needs import Need

_OTHER_WAYS = " That is not the only way: another one will do, too."


@dataclass(frozen=True, kw_only=True)
class AnyCheck(Check):
    """One of the checks holds; `at` is the node of those that name none themselves."""

    kind: ClassVar[str] = "any"
    layer: ClassVar[int] = 9
    checks: tuple[Check, ...] = field(metadata={"key": "any", "holds": "checks"})

    def look(self, evidence: Evidence) -> Verdict:
        """The first that holds; else what the one lacks that has come furthest."""
        verdicts = []
        for check in self.checks:
            verdict = check.judge(evidence)
            if verdict.holds:
                return verdict
            verdicts.append(verdict)
        nearest = max(verdicts, key=lambda verdict: verdict.depth)
        others = {verdict.says for verdict in verdicts} - {nearest.says}
        wants = tuple(dict.fromkeys(need for verdict in verdicts for need in verdict.wants))
        return replace(nearest, says=f"{nearest.says}{_OTHER_WAYS if others else ''}", wants=wants)

    def needs(self) -> Iterable[Need]:
        """What any of them needs."""
        return (need for check in self.checks for need in check.needs())

    @property
    def is_last(self) -> bool:
        """Any of them may be."""
        return any(check.is_last for check in self.checks)

    def faults(self) -> Iterable[Fault]:
        """Those of the checks are told where they stand."""
        return ()
