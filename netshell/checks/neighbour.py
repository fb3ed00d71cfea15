"""The check `neighbour`: does a node know the MAC address behind an IP address on its link."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node
from netshell.checks.link import mac_fault
from netshell.checks.ports import address_faults, word_faults
from netshell.checks.words import place, subject, target
from netshell.facts import End, Neighbour, Snapshot

STATES = ("REACHABLE", "STALE", "DELAY", "PROBE", "PERMANENT", "NOARP", "INCOMPLETE", "FAILED")
"""As `ip neigh` writes them (RFC 4861, 7.3.2; ip-neighbour(8)). The kernel's clock moves an entry through the first."""

_UNANSWERED = frozenset({"INCOMPLETE", "FAILED"})


@dataclass(frozen=True, kw_only=True)
class NeighbourCheck(Check):
    """The neighbour table has an entry with a MAC, or one in the state that is asked for."""

    kind: ClassVar[str] = "neighbour"
    layer: ClassVar[int] = 3
    neighbour: str
    """An IP address."""
    mac: str | None = None
    state: str | None = None

    def look(self, evidence: Evidence) -> Verdict:
        """Whether there is an entry, then whether anybody answered, then its MAC and its state."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        wanted = ip_address(self.neighbour)
        misses = []
        for entry in evidence.snapshot.nodes[self.at].neighbours:
            if ip_address(entry.ip) != wanted:
                continue
            miss = self._miss(evidence.snapshot, entry)
            if miss is None:
                return self._holds(f"For {target(self.at)}, {_told(entry)}.")
            misses.append(miss)
        if misses:
            return misses[0]
        return self._fails("missing", f"{subject(self.at)} has no neighbour entry for {self.neighbour} yet.", 4)

    def _miss(self, snapshot: Snapshot, entry: Neighbour) -> Verdict | None:
        """What an entry has otherwise than expected."""
        state = self.state.upper() if self.state is not None else None
        if state != entry.state and (entry.mac is None or entry.state in _UNANSWERED):
            says = f"{subject(self.at)} asked for the MAC of {entry.ip}, and nobody has answered ({entry.state})."
            return self._fails("unanswered", says, 1)
        if self.mac is not None and self.mac.lower() != (entry.mac or "").lower():
            owner = _owner_of(snapshot, entry.mac)
            whose = f" ({owner.link} {place(owner.node)})" if owner else ", which no interface here has"
            says = f"For {target(self.at)}, {entry.ip} is at {entry.mac}{whose}, expected at {self.mac.lower()}."
            return self._fails("wrong-mac", says, 2)
        if state not in {None, entry.state}:
            return self._fails("wrong-state", f"For {target(self.at)}, {_told(entry)}, expected {state}.", 3)
        return None

    def faults(self) -> Iterable[Fault]:
        """What is no IP address, no MAC address and no state."""
        yield from address_faults("neighbour", self.neighbour)
        if self.mac is not None:
            yield from mac_fault("mac", self.mac)
        if self.state is not None:
            yield from word_faults("state", self.state.upper(), STATES)


def _told(entry: Neighbour) -> str:
    if entry.mac is None or entry.state in _UNANSWERED:
        return f"{entry.ip} does not answer ({entry.state})"
    return f"{entry.ip} is at {entry.mac} ({entry.state})"


def _owner_of(snapshot: Snapshot, mac: str | None) -> End | None:
    """The first interface that has the MAC address."""
    ends = (End(n.name, link.name) for n in snapshot.nodes.values() for link in n.links.values() if link.mac == mac)
    return next(ends, None)
