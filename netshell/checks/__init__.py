"""The checks of the lesson format: a class for each kind, and the one failure that is told when several do not hold."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from netshell.checks.address import AddressCheck
from netshell.checks.base import Check, Evidence, Fault, Verdict, author_keys
from netshell.checks.connect import ConnectCheck
from netshell.checks.either import AnyCheck
from netshell.checks.link import LinkCheck, NetnsCheck
from netshell.checks.listen import ConnectionCheck, ListenCheck
from netshell.checks.neighbour import NeighbourCheck
from netshell.checks.packets import PacketsCheck
from netshell.checks.pattern import Pattern, pattern_from
from netshell.checks.ping import PingCheck
from netshell.checks.route import RouteCheck
from netshell.checks.sysctl import SysctlCheck

__all__ = [
    "KINDS",
    "Check",
    "Evidence",
    "Fault",
    "Pattern",
    "Verdict",
    "author_keys",
    "check_from",
    "first_failure",
    "pattern_from",
]

KINDS: Mapping[str, type[Check]] = MappingProxyType(
    {
        check.kind: check
        for check in (
            NetnsCheck,
            LinkCheck,
            AddressCheck,
            NeighbourCheck,
            RouteCheck,
            SysctlCheck,
            PingCheck,
            ListenCheck,
            ConnectionCheck,
            ConnectCheck,
            PacketsCheck,
            AnyCheck,
        )
    }
)
"""Every kind of check by the key that names it in a lesson."""


def check_from(kind: str, values: Mapping[str, Any], line: int = 0) -> Check:
    """A check from an author's mapping, whose keys and types have been validated."""
    keys = author_keys(KINDS[kind])
    arguments: dict[str, Any] = {}
    for key, value in values.items():
        match keys[key].metadata.get("holds"):
            case "checks":
                shared = {"at": values["at"]} if "at" in values else {}
                arguments[keys[key].name] = tuple(
                    check_from(next(iter(inner)), {**inner, **(shared if "at" not in inner else {})}, line)
                    for inner in value
                )
            case "patterns":
                arguments[keys[key].name] = tuple(map(pattern_from, value))
            case _:
                arguments[keys[key].name] = value
    return KINDS[kind](line=line, **arguments)


def first_failure(checks: Iterable[Check], evidence: Evidence) -> Verdict | None:
    """The failure to be told: the deepest cause, the author's order deciding between equals. None when all hold."""
    failures = [verdict for check in checks if not (verdict := check.judge(evidence)).holds]
    return min(failures, key=lambda verdict: verdict.depth) if failures else None
