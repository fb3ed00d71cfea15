"""The checks `netns` and `link`: is the namespace there, is the interface there and as it should be."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_link, absent_node, link_down, no_carrier
from netshell.checks.words import kind_of, place
from netshell.facts import End, Link
from netshell.topology import NAME


def name_fault(key: str, name: str) -> Iterator[Fault]:
    """A name that the kernel would not take for a node or an interface."""
    if not NAME.fullmatch(name):
        remedy = "A name has letters, digits, `-`, `_` or `.`, and 15 characters at most."
        yield Fault(key, f"`{name}` cannot be a name here.", remedy)


def mac_fault(key: str, mac: str) -> Iterator[Fault]:
    """A text that is no MAC address."""
    if not re.fullmatch(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", mac):
        yield Fault(key, f"`{mac}` is no MAC address.", "Write it as: 02:00:00:00:00:01")


@dataclass(frozen=True, kw_only=True)
class NetnsCheck(Check):
    """The namespace exists."""

    kind: ClassVar[str] = "netns"
    layer: ClassVar[int] = 0
    netns: str
    enterable: bool = True
    """False asks for a name that is listed with no namespace behind it."""

    def look(self, evidence: Evidence) -> Verdict:
        """Whether `ip netns` knows the name and a namespace stands behind it."""
        node = evidence.snapshot.node(self.netns)
        if not self.enterable and node is not None:
            if not node.is_enterable:
                return self._holds(f"The name {self.netns} is listed, and no namespace stands behind it.")
            says = f"The namespace {self.netns} can be entered, expected a name without a namespace behind it."
            return self._fails("enterable", says, 1)
        return absent_node(evidence.snapshot, self.netns) or self._holds(f"The namespace {self.netns} is there.")

    def faults(self) -> Iterable[Fault]:
        """A name that no namespace can have."""
        return name_fault("netns", self.netns)


@dataclass(frozen=True, kw_only=True)
class LinkCheck(Check):
    """The interface exists on its node, with the properties that are given."""

    kind: ClassVar[str] = "link"
    layer: ClassVar[int] = 1
    link: str
    link_kind: str | None = field(default=None, metadata={"key": "kind"})
    """`veth`, `bridge` … as `ip -d link` names it."""
    up: bool | None = None
    carrier: bool | None = None
    peer: str | None = None
    """The other end of a veth: `NAME`, or `NODE:NAME`."""
    master: str | None = None
    mac: str | None = None
    mtu: int | None = None

    def look(self, evidence: Evidence) -> Verdict:
        """Existence first, then what it is, where it is plugged in, whether it is on, and the rest."""
        if cause := absent_link(evidence.snapshot, self.link, self.at):
            return cause
        link = evidence.snapshot.nodes[self.at].links[self.link]
        return (
            self._wrong_kind(link)
            or self._wrong_peer(link)
            or self._wrong_master(link)
            or self._wrong_state(link)
            or self._wrong_carrier(evidence, link)
            or self._wrong_numbers(link)
            or self._holds(self._what_holds())
        )

    def _what_holds(self) -> str:
        """The most telling of what was asked for."""
        here = f"{self.link} {place(self.at)}"
        if self.carrier is not None:
            return f"{here} has {'a' if self.carrier else 'no'} carrier."
        if self.up is not None:
            return f"{here} is {'UP' if self.up else 'DOWN'}."
        if self.master is not None:
            return f"{here} is a port of {self.master}."
        if self.peer is not None:
            return f"{here} is one end, the other is {_end_in_words(self.peer)}."
        return f"{self.link} is {place(self.at)}."

    def _wrong_kind(self, link: Link) -> Verdict | None:
        if self.link_kind in {None, link.kind}:
            return None
        return self._fails("wrong-kind", f"{link.name} is {kind_of(link)}, expected a {self.link_kind} link.", 1)

    def _wrong_peer(self, link: Link) -> Verdict | None:
        if self.peer is None or (link.peer and self.peer in {link.peer.link, str(link.peer)}):
            return None
        expected = _end_in_words(self.peer)
        if link.peer:
            found = f"The other end of {link.name} is {_end_in_words(str(link.peer))}, expected {expected}."
            is_elsewhere = self.peer.rpartition(":")[2] == link.peer.link
            return self._fails("peer-elsewhere" if is_elsewhere else "wrong-peer", found, 2)
        if link.kind != "veth":
            return self._fails("wrong-kind", f"{link.name} is {kind_of(link)}: it has no other end.", 1)
        return self._fails("no-peer", f"netshell finds no other end of {link.name}, expected {expected}.", 2)

    def _wrong_master(self, link: Link) -> Verdict | None:
        if self.master in {None, link.master}:
            return None
        found = (
            f"a port of {link.master}, expected of {self.master}" if link.master else f"no port of {self.master} yet"
        )
        return self._fails("wrong-master", f"{link.name} {place(self.at)} is {found}.", 3)

    def _wrong_state(self, link: Link) -> Verdict | None:
        if self.up is None or self.up == link.is_up:
            return None
        says = f"{link.name} {place(self.at)} is UP, expected DOWN."
        return link_down(link, self.at) or self._fails("up", says, 5)

    def _wrong_carrier(self, evidence: Evidence, link: Link) -> Verdict | None:
        if self.carrier is None or self.carrier == (link.is_up and link.has_carrier):
            return None
        says = f"{link.name} {place(self.at)} has a carrier, expected none."
        return no_carrier(evidence.snapshot, link, self.at) or self._fails("carrier", says, 6)

    def _wrong_numbers(self, link: Link) -> Verdict | None:
        if self.mac is not None and self.mac.lower() != link.mac.lower():
            return self._fails(
                "wrong-mac", f"{link.name} has the MAC address {link.mac}, expected {self.mac.lower()}.", 7
            )
        if self.mtu not in {None, link.mtu}:
            return self._fails("wrong-mtu", f"{link.name} has an MTU of {link.mtu} bytes, expected {self.mtu}.", 8)
        return None

    def faults(self) -> Iterable[Fault]:
        """Names that the kernel would refuse, a MAC address or an MTU that is none."""
        yield from name_fault("link", self.link)
        if self.peer is not None:
            for part in self.peer.split(":", 1):
                yield from name_fault("peer", part)
        if self.master is not None:
            yield from name_fault("master", self.master)
        if self.mac is not None:
            yield from mac_fault("mac", self.mac)
        if self.mtu is not None and not 68 <= self.mtu <= 65535:
            yield Fault("mtu", f"{self.mtu} is no MTU.", "Write bytes from 68 to 65535.")


def _end_in_words(end: str) -> str:
    """`ns2:eth0` as `eth0 in ns2`; a bare name as it is."""
    node, colon, link = end.partition(":")
    return f"{End(node, link).link} {place(node)}" if colon else end
