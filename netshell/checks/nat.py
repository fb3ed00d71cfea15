"""The check `nat`: do certain packets leave a node with other addresses, by the rules of whatever tool."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_interface
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_link, absent_node
from netshell.checks.link import name_fault
from netshell.checks.ports import is_address, word_faults
from netshell.checks.traffic import (
    dev_towards,
    end_faults,
    first_address,
    holds,
    ip_at,
    traffic_faults,
    traffic_of,
    unclear,
)
from netshell.checks.words import place, subject
from netshell.facts import Node, Snapshot, end_of
from netshell.filters import NATS, Chain, FilterRule
from netshell.netfilter import Packet, pass_through
from netshell.netfilter.chains import own_address
from netshell.netfilter.near import every_rule, misfits, scope, the_rule

KINDS = ("masquerade", "snat", "dnat")
_TRIED = ("icmp", "tcp/80", "udp/53")
"""What a rule without a port must hold for."""
_DESTINATION_NATS = frozenset({"dnat", "redirect"})
_OUTSIDE = {4: "198.18.0.77", 6: "2001:2:0:77::1"}
"""Nobody's address (RFC 2544, RFC 5180): where nothing tells whom packets are for."""


@dataclass(frozen=True, kw_only=True)
class NatCheck(Check):
    """Packets take another source as they leave, or another destination as they come in: judged by the effect."""

    kind: ClassVar[str] = "nat"
    layer: ClassVar[int] = 6
    nat: str
    """`masquerade`: the source becomes the address of `out`; `snat`: it becomes `to`; `dnat`: the destination does."""
    source: str | None = None
    """Whose packets: a network, an address or a node."""
    out: str | None = None
    """The interface that they leave by (masquerade, snat)."""
    incoming: str | None = field(default=None, metadata={"key": "in"})
    """The interface that they come in by (dnat)."""
    port: str | None = None
    """`tcp/8080`: what they are; all protocols where it is missing."""
    to: str | None = None
    """The address that they get: `203.0.113.1`; of dnat with a port, if that changes, too: `10.0.0.2:80`."""

    def look(self, evidence: Evidence) -> Verdict:
        """Each sort of packet in turn; the first that is not translated as expected is told."""
        snapshot = evidence.snapshot
        if cause := self._absent(snapshot):
            return cause
        node = snapshot.nodes[self.at]
        for traffic in [self.port] if self.port else _TRIED:
            described = traffic_of(traffic) or Packet()
            verdict = (
                self._incoming(snapshot, node, described) if self._is_dnat else self._leaving(node, described, snapshot)
            )
            if verdict is not None:
                return verdict
        return self._holds(f"{subject(self.at)} {self._in_words()}.")

    @property
    def _is_dnat(self) -> bool:
        return self.nat == "dnat"

    def _absent(self, snapshot: Snapshot) -> Verdict | None:
        if cause := absent_node(snapshot, self.at):
            return cause
        is_node = self.source is not None and not is_address(self.source) and "/" not in self.source
        if self.source is not None and is_node and (cause := absent_node(snapshot, self.source)):
            return cause
        links = [link for link in (self.out, self.incoming) if link is not None]
        return next((cause for link in links if (cause := absent_link(snapshot, link, self.at))), None)

    def _leaving(self, node: Node, described: Packet, snapshot: Snapshot) -> Verdict | None:
        """Why a packet does not get the source that is expected; None where it does."""
        version = 6 if ":" in f"{self.source}{self.to}" else 4
        source = ip_at(snapshot, self.source, version=version) or _behind(node, self.out, version)
        goal = _goal(snapshot, node, self.out, version)
        out = self.out or dev_towards(node, goal)
        packet = replace(_of(described, version), source=source, destination=goal, outgoing=out, incoming=None)
        packet = replace(packet, incoming=dev_towards(node, source))
        passage = pass_through(node, ("postrouting",), packet)
        if passage.ruling.fate == "unknown":
            return self._fails("unclear", f"{unclear(passage.ruling.rule, self.at)}.", 3)
        wanted = own_address(node, out, version) if self.nat == "masquerade" else self.to
        got = passage.packet.source
        if passage.nats and got == wanted:
            return None
        if passage.nats and (self.nat == "snat" and self.to is None):
            return None
        if passage.nats:
            says = f"{the_rule(passage.nats[0])} gives {self._what(described)} the source {got}, expected {wanted}."
            return self._fails("wrong-address", says, 1)
        return self._untranslated(node, packet, described)

    def _incoming(self, snapshot: Snapshot, node: Node, described: Packet) -> Verdict | None:
        """Why a packet does not get the destination that is expected; None where it does."""
        version = 6 if (self.to or "").count(":") > 1 or ":" in (self.source or "") else 4
        own = own_address(node, self.incoming, version) or first_address(node, version)
        source = ip_at(snapshot, self.source, own, version) or _beside(snapshot, node, self.incoming, version)
        incoming = self.incoming or dev_towards(node, source)
        packet = replace(
            _of(described, version), source=source, destination=own, incoming=incoming, is_for_node=holds(node, own)
        )
        passage = pass_through(node, ("prerouting",), packet)
        if passage.ruling.fate == "unknown":
            return self._fails("unclear", f"{unclear(passage.ruling.rule, self.at)}.", 3)
        if not passage.nats:
            return self._untranslated(node, packet, described)
        got = passage.packet
        ip, port = _place(self.to)
        is_right = ip in {None, got.destination} and (
            got.destination_port == (port or described.destination_port) or described.destination_port is None
        )
        if is_right:
            return None
        found = _end(got.destination or "", got.destination_port)
        rule, wanted = the_rule(passage.nats[0]), self._wanted(described)
        says = f"{rule} sends {self._what(described)} to {found}, expected {wanted}."
        return self._fails("wrong-address", says, 1)

    def _wanted(self, described: Packet) -> str:
        ip, port = _place(self.to)
        return _end(ip or "another address", port or described.destination_port)

    def _untranslated(self, node: Node, packet: Packet, described: Packet) -> Verdict:
        """No rule translates it: the one that comes nearest."""
        what = self._what(described)
        wanted = _DESTINATION_NATS if self._is_dnat else NATS - _DESTINATION_NATS
        near = [(chain, rule) for chain, rule in every_rule(node) if rule.action in NATS]
        alike = sorted(
            ((len(misfits(rule, packet)), chain, rule) for chain, rule in near if rule.action in wanted),
            key=lambda one: one[0],
        )
        if alike:
            _, chain, rule = alike[0]
            return self._fails("wrong-rule", f"{the_rule(rule)} {self._apart(chain, rule, packet)}.", 2)
        if near:
            _, rule = near[0]
            other = "source" if self._is_dnat else "destination"
            mine = "destination" if self._is_dnat else "source"
            says = f"{the_rule(rule)} changes the {other} of packets, expected their {mine}."
            return self._fails("wrong-kind", says, 2)
        end = "destination" if self._is_dnat else "source"
        return self._fails("missing", f"No rule {place(self.at)} gives {what} another {end} yet.", 4)

    def _apart(self, chain: Chain, rule: FilterRule, packet: Packet) -> str:
        """Why a rule does not translate the packet."""
        off = misfits(rule, packet)
        if not off:
            return f"stands in the chain {chain.name}, where such packets do not come to it"
        wanted = {
            "out": packet.outgoing, "in": packet.incoming, "source": self.source or packet.source,
            "destination": packet.destination, "protocol": packet.protocol,
            "destination-port": str(packet.destination_port or ""),
        }.get(off[0].field)  # fmt: skip
        return f"is for {scope(off[0])}{f'; expected {wanted}' if wanted else ''}"

    def _what(self, described: Packet) -> str:
        port = self.port or described.protocol or "packets"
        source = f" from {self.source}" if self.source else ""
        leaving = f" that leaves by {self.out}" if self.out else ""
        coming = f" that comes in by {self.incoming}" if self.incoming else ""
        return f"{port}{source}{leaving}{coming}"

    def _in_words(self) -> str:
        what = self._what(Packet(protocol="everything"))
        if self._is_dnat:
            return f"sends {what} to {self.to or 'another address'}"
        return f"gives {what} {self.to or 'an address of its own'} as its source"

    def faults(self) -> Iterable[Fault]:
        """What is no kind of NAT, no node, address, interface or port, and keys that do not belong to the kind."""
        yield from word_faults("nat", self.nat, KINDS)
        yield from end_faults("source", self.source)
        for key, name in (("out", self.out), ("in", self.incoming)):
            if name is not None:
                yield from name_fault(key, name)
        if self.port is not None:
            yield from traffic_faults("port", self.port)
        if self.to is not None and not is_address(_place(self.to)[0] or ""):
            yield Fault("to", f"`{self.to}` is no address.", "Write it as: 192.0.2.1, or 192.0.2.1:80 with a port")
        yield from self._strangers()

    def _strangers(self) -> Iterator[Fault]:
        if self._is_dnat and self.out is not None:
            yield Fault("out", "What dnat changes has not left yet.", "Name the interface it comes in by with `in`.")
        if not self._is_dnat and self.incoming is not None:
            yield Fault(
                "in", f"What {self.nat} changes is about to leave.", "Name the interface it leaves by with `out`."
            )
        if self.nat == "masquerade" and self.to is not None:
            yield Fault(
                "to", "The address of masquerade is that of `out`.", "Write `snat` for an address that you name."
            )


def _of(described: Packet, version: int) -> Packet:
    is_echo = described.protocol == "icmp" and version == 6
    return replace(described, protocol="icmpv6") if is_echo else described


def _behind(node: Node, out: str | None, version: int) -> str | None:
    """A host in a network that the node has on another interface than `out`."""
    for address in node.addresses:
        interface = ip_interface(address.cidr)
        if address.dev not in {out, "lo"} and interface.version == version and not interface.ip.is_link_local:
            return _other_host(address.cidr)
    return None


def _other_host(cidr: str) -> str | None:
    interface = ip_interface(cidr)
    hosts = (host for _, host in zip(range(3), interface.network.hosts(), strict=False))
    return next((str(host) for host in hosts if host != interface.ip), None)


def _goal(snapshot: Snapshot, node: Node, out: str | None, version: int) -> str:
    """Whom a packet that leaves by an interface may be for: another node, or nobody in particular."""
    for other in snapshot.nodes.values():
        ip = first_address(other, version)
        if ip is not None and other.name != node.name and (out is None or dev_towards(node, ip) == out):
            return ip
    return _OUTSIDE[version]


def _beside(snapshot: Snapshot, node: Node, incoming: str | None, version: int) -> str | None:
    """Whose packet may come in by an interface: another node's, or that of a host in its network."""
    for other in snapshot.nodes.values():
        ip = first_address(other, version)
        if ip is not None and other.name != node.name and dev_towards(node, ip) == incoming:
            return ip
    own = next((a.cidr for a in node.addresses if a.dev == incoming), None)
    return _other_host(own) if own else None


def _place(text: str | None) -> tuple[str | None, int | None]:
    """`10.0.0.2:80`, `[2001:db8::1]:80`, or an address alone."""
    if text is None:
        return None, None
    if is_address(text):
        return text, None
    ip, _, port = text.rpartition(":")
    return ip.strip("[]"), int(port) if port.isdigit() else None


def _end(ip: str, port: int | None) -> str:
    return end_of(ip, port) if port else ip
