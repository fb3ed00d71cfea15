"""The check `resolve`: which address does a node's own resolver give for a name.

Nothing is asked to find out: `/etc/hosts` is read as the resolver reads it, and else the answers count that came to the
node in this step.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node, unresolved
from netshell.checks.looks import Trace
from netshell.checks.needs import FileNeed, Need
from netshell.checks.words import place, subject, target
from netshell.packets.messages import Dns
from netshell.packets.summary import harmless

_HOSTS, _RESOLV = "/etc/hosts", "/etc/resolv.conf"
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})")
_NXDOMAIN = 3
"""RFC 1035, 4.1.1: the name does not exist."""
NOWHERE = "nxdomain"


@dataclass(frozen=True, kw_only=True)
class ResolveCheck(Check):
    """The name stands for the address there."""

    kind: ClassVar[str] = "resolve"
    layer: ClassVar[int] = 9
    resolve: str
    """The name, such as `www.example`."""
    address: str | None = field(default=None, metadata={"key": "is"})
    """An address, or `nxdomain`: there is no such name. Where it is missing, any address will do."""
    by: str | None = None
    """Who must have answered: `hosts` for the file, or the address of a name server."""

    def look(self, evidence: Evidence) -> Verdict:
        """The file first, as the resolver does; then what name servers have answered to this node."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        found = dict.fromkeys(_in_hosts(evidence.file(self.at, _HOSTS) or "", self.resolve), "hosts")
        if not found:
            found = dict(self._answers(Trace(evidence.wire, evidence.looks)))
        told = [(ip, by) for ip, by in found.items() if self.by in {None, by}]
        wanted = self.address and (self.address.lower() if self.address.lower() == NOWHERE else _plain(self.address))
        for ip, by in told:
            if wanted == ip or (wanted is None and ip != NOWHERE):
                return self._holds(f"{self.resolve} is {_called(ip)} for {target(self.at)}, {_said_by(by)}.")
        if found:
            ip, by = told[-1] if told else next(reversed(found.items()))
            says = f"{self.resolve} is {_called(ip)} for {target(self.at)}, {_said_by(by)}"
            expected = _said_by(self.by) if self.by and not told else _called(wanted or "an address")
            return self._fails("wrong-answer", f"{says}, expected {expected}.", 1)
        return self._unanswered(evidence)

    def _answers(self, trace: Trace) -> Iterator[tuple[str, str]]:
        """Each address, or that there is none, with the server that said so; later answers last."""
        for seen in trace.crossings:
            message = seen.packet.application if seen.protocol == "DNS" else None
            if not isinstance(message, Dns) or not message.is_response or seen.follows:
                continue
            if not any(_same(q.name, self.resolve) for q in message.questions) or self.at not in trace.reached(seen):
                continue
            if message.flags & 15 == _NXDOMAIN:
                yield NOWHERE, seen.packet.src
            for record in message.answers:
                if record.type in {"A", "AAAA"}:
                    yield _plain(record.value), seen.packet.src

    def _unanswered(self, evidence: Evidence) -> Verdict:
        if self.by == "hosts":
            lines = (evidence.file(self.at, _HOSTS) or "").splitlines()
            is_reversed = any(words[0] == self.resolve for line in lines if (words := line.split()))
            how = "One begins with it, but the address comes first." if is_reversed else ""
            says = f"{_HOSTS} {place(self.at)} has no line for {self.resolve}. {how}".rstrip()
            return self._fails("no-note", says, 3)
        if cause := unresolved(evidence, self.at, self.resolve):
            return cause
        servers = re.findall(r"(?m)^\s*nameserver\s+(\S+)", evidence.file(self.at, _RESOLV) or "")
        whom = f" Its resolver would ask {harmless(servers[0], 60)}." if servers else " Its resolver has nobody to ask."
        says = f"{subject(self.at)} has had no answer for {self.resolve} {evidence.so_far}."
        return self._fails("no-answer", f"{says}{whom}", 3)

    def needs(self) -> Iterable[Need]:
        """The resolver's files."""
        yield FileNeed(self.at, _HOSTS)
        yield FileNeed(self.at, _RESOLV)

    def faults(self) -> Iterable[Fault]:
        """What is no name, and no address."""
        if not _NAME.fullmatch(self.resolve):
            yield Fault("resolve", f"`{self.resolve[:80]}` is no name of a host.", "Write it as: www.example")
        if self.address is not None and self.address.lower() != NOWHERE and not _plain(self.address):
            remedy = f"Write an IP address, or `{NOWHERE}` for a name that is to be unknown."
            yield Fault("is", f"`{self.address}` is no IP address.", remedy)
        if self.by is not None and self.by != "hosts" and not _plain(self.by):
            yield Fault("by", f"`{self.by}` is no name server.", "Write `hosts`, or the server's IP address.")


def _in_hosts(text: str, name: str) -> Iterator[str]:
    """The addresses that a hosts(5) file has for a name."""
    for line in text.splitlines():
        ip, *names = line.partition("#")[0].split() or [""]
        if any(_same(each, name) for each in names) and (found := _plain(ip)):
            yield found


def _same(one: str, other: str) -> bool:
    """Names are the same whatever their capitals and last dot (RFC 4343)."""
    return one.rstrip(".").lower() == other.rstrip(".").lower()


def _plain(text: str) -> str:
    """An IP address in its one plain form; empty for what is none."""
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _called(ip: str) -> str:
    return "a name that does not exist" if ip == NOWHERE else ip


def _said_by(by: str) -> str:
    return f"by {_HOSTS}" if by == "hosts" else f"as {by} has answered"
