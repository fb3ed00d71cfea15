"""The checks of the lesson format: a class for each kind, and the one failure that is told when several do not hold."""

from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from netshell.checks.base import Check, Evidence, Fault, Verdict, author_keys

if TYPE_CHECKING:
    from netshell.checks.pattern import Pattern

__all__ = [
    "KINDS",
    "Check",
    "Evidence",
    "Fault",
    "Verdict",
    "author_keys",
    "check_from",
    "first_failure",
    "pattern_from",
]


class _Kinds(Mapping[str, type[Check]]):
    """Every kind of check by the key that names it in a lesson; a class is imported when a lesson has such a check."""

    _CLASSES: Mapping[str, str] = {
        "netns": "link.NetnsCheck",
        "link": "link.LinkCheck",
        "address": "address.AddressCheck",
        "neighbour": "neighbour.NeighbourCheck",
        "route": "route.RouteCheck",
        "sysctl": "sysctl.SysctlCheck",
        "ping": "ping.PingCheck",
        "listen": "listen.ListenCheck",
        "connection": "listen.ConnectionCheck",
        "connect": "connect.ConnectCheck",
        "firewall": "firewall.FirewallCheck",
        "nat": "nat.NatCheck",
        "tracked": "tracked.TrackedCheck",
        "packets": "packets.PacketsCheck",
        "http": "http.HttpCheck",
        "resolve": "resolve.ResolveCheck",
        "fdb": "fdb.FdbCheck",
        "file": "file.FileCheck",
        "process": "process.ProcessCheck",
        "output": "printed.OutputCheck",
        "typed": "printed.TypedCheck",
        "script": "script.ScriptCheck",
        "any": "either.AnyCheck",
    }

    def __getitem__(self, kind: str) -> type[Check]:
        module, _, name = self._CLASSES[kind].partition(".")
        check: type[Check] = getattr(import_module(f"{__name__}.{module}"), name)
        return check

    def __iter__(self) -> Iterator[str]:
        return iter(self._CLASSES)

    def __len__(self) -> int:
        return len(self._CLASSES)


KINDS = _Kinds()


def pattern_from(values: Mapping[str, Any]) -> "Pattern":
    """What a packet must be, from an author's mapping that has been validated."""
    from netshell.checks import pattern  # noqa: PLC0415 - with the first check that has one

    return pattern.pattern_from(values)


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
