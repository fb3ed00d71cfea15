"""The check `ping`: did an echo reply come back to the node, for an echo request of the learner's own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_interface
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node, unreachable
from netshell.checks.needs import ProbeNeed
from netshell.checks.words import count_of, target
from netshell.facts import Echo, Snapshot

_USUAL_SIZE = 56
"""As `ping` has it."""
_TOKEN = 8
"""Bytes by which netshell knows a ping of its own (`facts.Probe`)."""


@dataclass(frozen=True, kw_only=True)
class PingCheck(Check):
    """An echo reply came back (RFC 792, RFC 4443). Nothing is sent to find out, but with `probe`."""

    kind: ClassVar[str] = "ping"
    layer: ClassVar[int] = 9
    ping: str
    size: int | None = None
    """Bytes of payload, as `ping -s` sets them."""
    count: int = 1
    """How many replies must have come."""
    probe: bool = False
    """netshell pings itself where the learner has not since the last change; nothing is left of it."""

    def look(self, evidence: Evidence) -> Verdict:
        """The replies first; without one, the requests, and what the snapshot shows of the way."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        wanted = ip_address(self.ping)
        replies = [
            e
            for e in evidence.echoes
            if e.is_reply and not e.is_outgoing and e.node == self.at and ip_address(e.src) == wanted
            if not _passes_through(evidence.snapshot, e, e.dst)
            if not self.probe or e.time_ns >= evidence.changed_ns
        ]
        sized = {(e.ident, e.sequence) for e in replies if self.size in {None, e.size}}
        if len(sized) >= self.count:
            return self._holds(f"{self.ping} answered {target(self.at)}.")
        if self.probe:
            return self._probed(evidence)
        if sized:
            says = f"{count_of(len(sized), 'echo reply', 'echo replies')} came back from {self.ping}"
            return self._fails("too-few", f"{says}, expected {self.count}.", 1)
        if replies:
            says = f"The echo replies from {self.ping} carry {replies[-1].size} bytes, expected {self.size}."
            return self._fails("wrong-size", says, 2)
        return self._no_reply(evidence)

    def _probed(self, evidence: Evidence) -> Verdict:
        """What became of netshell's own echo request, or that one is wanted."""
        need = ProbeNeed(self.at, "icmp", self.ping, size=_USUAL_SIZE if self.size is None else self.size)
        outcome = evidence.outcome(need)
        if outcome == "answered":
            return self._holds(f"{self.ping} answers {target(self.at)}.")
        cause = unreachable(evidence, self.at, self.ping, tried=False)
        if outcome is None:
            waits = self._fails("not-tried", f"Whether {self.ping} answers {target(self.at)} is tried last.", 9)
            return replace(cause or waits, wants=(need,))
        says = f"netshell has pinged {self.ping} {_from(self.at)}, and no reply came back."
        return cause or self._fails("no-reply", says, 3)

    @property
    def is_last(self) -> bool:
        """A probe has to be sent."""
        return self.probe

    def _no_reply(self, evidence: Evidence) -> Verdict:
        """Which part of the way there and back is missing."""
        wanted = ip_address(self.ping)
        requests = [
            e
            for e in evidence.echoes
            if not e.is_reply
            and e.is_outgoing
            and ip_address(e.dst) == wanted
            and not _passes_through(evidence.snapshot, e, e.src)
        ]
        left = {(e.ident, e.sequence) for e in requests if e.node == self.at}
        cause = unreachable(evidence, self.at, self.ping, tried=bool(left))
        if left:
            sent = count_of(len(left), "echo request", "echo requests")
            says = f"{sent} left {target(self.at)} for {self.ping}, but no reply came back"
            if cause:
                return replace(cause, says=f"{says}. {cause.says}")
            return self._fails("no-reply", f"{says}.", 3)
        if cause:
            return cause
        if requests:
            last = requests[-1]
            first = next(e for e in requests if (e.ident, e.sequence) == (last.ident, last.sequence))  # before any NAT
            says = f"The ping to {self.ping} was sent {_from(first.node)}, expected {_from(self.at)}."
            return self._fails("wrong-node", says, 4)
        return self._fails("no-request", f"{self.ping} has not been pinged {_from(self.at)} {evidence.so_far}.", 5)

    def faults(self) -> Iterable[Fault]:
        """What is no address, and numbers that `ping` refuses."""
        try:
            ip_address(self.ping)
        except ValueError:
            yield Fault("ping", f"`{self.ping}` is no IP address.", "Write it without a prefix length: 192.0.2.1")
        if self.size is not None and not 0 <= self.size <= 65507:
            yield Fault("size", f"{self.size} is no payload size.", "Write bytes from 0 to 65507.")
        if self.probe and self.count > 1:
            yield Fault("count", "netshell itself pings once.", "Take `count` out, or `probe`.")
        if self.probe and self.size is not None and self.size < _TOKEN:
            yield Fault("size", f"netshell's own ping carries {_TOKEN} bytes or more.", f"Write {_TOKEN} or more.")
        if not 1 <= self.count <= 1000:
            yield Fault("count", f"{self.count} is no count of replies.", "Write a number from 1 to 1000.")


def _from(node: str) -> str:
    """`from the PC`, or `from ns1`."""
    return f"from {target(node)}"


def _passes_through(snapshot: Snapshot, echo: Echo, own: str) -> bool:
    """Whether a node only forwards it: `own`, the address that would be its own, is another node's."""
    holders = [
        node.name
        for node in snapshot.nodes.values()
        if any(ip_interface(a.cidr).ip == ip_address(own) for a in node.addresses)
    ]
    return bool(holders) and echo.node not in holders
