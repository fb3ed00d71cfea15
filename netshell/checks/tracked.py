"""The check `tracked`: does a node keep track of a connection, and with which addresses on its two sides."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node
from netshell.checks.ports import address_faults, addresses_of, is_address, port_of
from netshell.checks.traffic import end_faults
from netshell.checks.words import subject
from netshell.facts import Snapshot, end_of
from netshell.filters import Ends, Flow

_PROTOCOLS = ("icmp", "tcp", "udp")


@dataclass(frozen=True, kw_only=True)
class TrackedCheck(Check):
    """The node has an entry for such a connection (conntrack)."""

    kind: ClassVar[str] = "tracked"
    layer: ClassVar[int] = 6
    tracked: str
    """`icmp`, `tcp`, `udp`, or `tcp/80` for the port that it was opened to."""
    source: str | None = field(default=None, metadata={"key": "from"})
    """Who opened it: a node or an address."""
    target: str | None = field(default=None, metadata={"key": "to"})
    """Whom it was opened to, as the opener wrote it: a node or an address."""
    known_as: str | None = field(default=None, metadata={"key": "as"})
    """The address that the other end knows the opener by."""
    served_by: str | None = None
    """Who really answers: a node or an address."""
    state: str | None = None
    """As conntrack writes it: `ESTABLISHED`."""

    def look(self, evidence: Evidence) -> Verdict:
        """The entry itself, then the one that comes nearest."""
        snapshot = evidence.snapshot
        if cause := absent_node(snapshot, self.at):
            return cause
        flows = [flow for flow in snapshot.nodes[self.at].flows if self._is_kind(flow)]
        misses = sorted(((self._misses(snapshot, flow), flow) for flow in flows), key=lambda one: len(one[0]))
        if misses and not misses[0][0]:
            return self._holds(f"{subject(self.at)} keeps track of {in_words(misses[0][1])}.")
        if misses:
            missed, flow = misses[0]
            found = f"{subject(self.at)} keeps track of {in_words(flow)}"
            return self._fails("other", f"{found}; expected {missed[0]}.", len(missed))
        return self._fails("missing", f"{subject(self.at)} keeps track of no {self.tracked} connection.", 9)

    def _is_kind(self, flow: Flow) -> bool:
        port = port_of(self.tracked)
        protocol = port.protocol if port else self.tracked
        is_same = flow.protocol == protocol or (protocol, flow.protocol) == ("icmp", "icmpv6")
        return is_same and (port is None or flow.original.destination_port == port.number)

    def _misses(self, snapshot: Snapshot, flow: Flow) -> list[str]:
        """What an entry should have been."""
        ends = (
            (self.source, flow.original.source, "it was opened by"),
            (self.target, flow.original.destination, "it was opened to"),
            (self.known_as, flow.reply.destination, "the other end knows the opener as"),
            (self.served_by, flow.reply.source, "who answers is"),
        )
        missed = [
            f"that {words} {wanted}"
            for wanted, found, words in ends
            if wanted is not None and found not in addresses_of(snapshot, wanted)
        ]
        if self.state is not None and flow.state != self.state.upper():
            missed.append(f"the state {self.state.upper()}")
        return missed

    def faults(self) -> Iterable[Fault]:
        """What is no protocol, no node and no address."""
        if self.tracked not in _PROTOCOLS and port_of(self.tracked) is None:
            yield Fault("tracked", f"`{self.tracked}` is nothing to keep track of.", "Write icmp, tcp, udp or tcp/80")
        for key, end in (("from", self.source), ("to", self.target), ("served_by", self.served_by)):
            yield from end_faults(key, end)
        if self.known_as is not None and not is_address(self.known_as):
            yield from address_faults("as", self.known_as)


def in_words(flow: Flow) -> str:
    """`icmp 192.168.1.10 → 203.0.113.2, answered to 203.0.113.1`."""
    words = f"{flow.protocol} {_way(flow.original, flow.protocol)}"
    if flow.reply.source != flow.original.destination:
        words += f", answered by {flow.reply.source}"
    if flow.reply.destination != flow.original.source:
        words += f", answered to {flow.reply.destination}"
    return f"{words} ({flow.state})" if flow.state else words


def _way(ends: Ends, protocol: str) -> str:
    if protocol in {"tcp", "udp"}:
        return f"{end_of(ends.source, ends.source_port)} → {end_of(ends.destination, ends.destination_port)}"
    return f"{ends.source} → {ends.destination}"
