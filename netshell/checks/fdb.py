"""The check `fdb`: has a bridge learned behind which port a MAC address is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_link, absent_node
from netshell.checks.link import name_fault
from netshell.checks.words import place
from netshell.facts import FdbEntry, Snapshot

_MAC = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")


@dataclass(frozen=True, kw_only=True)
class FdbCheck(Check):
    """The bridge's table has the address, from a frame that came in, behind the port that is given."""

    kind: ClassVar[str] = "fdb"
    layer: ClassVar[int] = 3
    fdb: str
    """A MAC address, or `NODE:LINK` for that of an interface, whatever it is."""
    dev: str | None = None
    """The port that it must be behind."""
    bridge: str | None = None
    """The bridge that must know it; any of the node's where it is missing."""

    def look(self, evidence: Evidence) -> Verdict:
        """The entry that was learned; else one that is there otherwise, or behind another port."""
        if cause := self._absent(evidence.snapshot):
            return cause
        mac, whose = self._mac(evidence.snapshot)
        here = [e for e in evidence.snapshot.nodes[self.at].fdb if e.mac == mac and self.bridge in {None, e.bridge}]
        learned = [entry for entry in here if entry.is_learned]
        if any(self.dev in {None, entry.dev} for entry in learned):
            return self._holds(f"The bridge {place(self.at)} has learned where {whose} is.")
        if learned:
            return self._fails("wrong-port", f"{_known(whose, learned[0], self.at)}, expected behind {self.dev}.", 1)
        if here:
            return self._fails("not-learned", f"{_known(whose, here[0], self.at)}, but from no frame.", 2)
        says = f"The bridge {place(self.at)} does not know where {whose} is: no frame from there came in lately."
        return self._fails("unknown", says, 3)

    def _absent(self, snapshot: Snapshot) -> Verdict | None:
        """A node, a bridge or an interface that is not there."""
        if cause := absent_node(snapshot, self.at):
            return cause
        if self.bridge is not None and (cause := absent_link(snapshot, self.bridge, self.at)):
            return cause
        node, _, link = self.fdb.rpartition(":")
        return None if _MAC.fullmatch(self.fdb) else absent_link(snapshot, link, node)

    def _mac(self, snapshot: Snapshot) -> tuple[str, str]:
        """The address that is looked for, and what it is called."""
        if _MAC.fullmatch(self.fdb):
            return self.fdb.lower(), self.fdb.lower()
        node, _, link = self.fdb.rpartition(":")
        mac = snapshot.nodes[node].links[link].mac
        return mac, f"{mac} ({node}'s {link})"

    def faults(self) -> Iterable[Fault]:
        """What is neither a MAC address nor an interface of a node."""
        if _MAC.fullmatch(self.fdb):
            return
        node, colon, link = self.fdb.partition(":")
        if not (colon and node and link) or ":" in link:
            remedy = 'Write a MAC address, or `NODE:LINK`: {fdb: "ns1:eth0"}'
            yield Fault("fdb", f"`{self.fdb}` is neither a MAC address nor an interface of a node.", remedy)
            return
        for name in (node, link):
            yield from name_fault("fdb", name)


def _known(whose: str, entry: FdbEntry, at: str) -> str:
    return f"The bridge {entry.bridge} {place(at)} has {whose} behind {entry.dev}"
