"""The checks of the lesson format: a class for each kind, and the one failure that is told when several do not hold."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from netshell.checks.address import AddressCheck
from netshell.checks.base import Check, Evidence, Fault, Verdict, author_keys
from netshell.checks.link import LinkCheck, NetnsCheck
from netshell.checks.ping import PingCheck
from netshell.checks.route import RouteCheck
from netshell.checks.sysctl import SysctlCheck

__all__ = ["KINDS", "Check", "Evidence", "Fault", "Verdict", "author_keys", "check_from", "first_failure"]

KINDS: Mapping[str, type[Check]] = MappingProxyType(
    {check.kind: check for check in (NetnsCheck, LinkCheck, AddressCheck, RouteCheck, SysctlCheck, PingCheck)}
)
"""Every kind of check by the key that names it in a lesson."""


def check_from(kind: str, values: Mapping[str, object], line: int = 0) -> Check:
    """A check from an author's mapping, whose keys and types have been validated."""
    keys = author_keys(KINDS[kind])
    arguments = {keys[key].name: value for key, value in values.items()}
    return KINDS[kind](line=line, **arguments)  # type: ignore[arg-type]


def first_failure(checks: Iterable[Check], evidence: Evidence) -> Verdict | None:
    """The failure to be told: the deepest cause, the author's order deciding between equals. None when all hold."""
    failures = [verdict for check in checks if not (verdict := check.judge(evidence)).holds]
    return min(failures, key=lambda verdict: verdict.depth) if failures else None
