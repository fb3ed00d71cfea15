"""The check `address`: is an IP address, with its prefix length, set where it should be."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_interface, ip_network
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_link, absent_node
from netshell.checks.link import name_fault
from netshell.checks.words import place, subject
from netshell.facts import Address, Node, Snapshot


@dataclass(frozen=True, kw_only=True)
class AddressCheck(Check):
    """The address is set, on the interface `dev` where that is given."""

    kind: ClassVar[str] = "address"
    layer: ClassVar[int] = 2
    address: str
    dev: str | None = None
    within: str | None = None
    """A network: any host address of it will do, with its prefix length; `address` is then one example."""

    def look(self, evidence: Evidence) -> Verdict:
        """The address itself first, then the nearest miss."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        node = evidence.snapshot.nodes[self.at]
        fitting = [a for a in node.addresses if self._fits(ip_interface(a.cidr))]
        here = [a for a in fitting if self.dev in {None, a.dev}]
        if here:
            return self._holds(f"{here[0].cidr} is set on {here[0].dev} {place(self.at)}.")
        if self.dev is not None and (cause := absent_link(evidence.snapshot, self.dev, self.at)):
            return cause
        if fitting:
            says = f"{fitting[0].cidr} is on {fitting[0].dev}, expected on {self.dev}."
            return self._fails("wrong-dev", says, 1)
        return (
            self._wrong_prefix(node)
            or self._unusable(node)
            or self._elsewhere(evidence.snapshot)
            or self._missing(node)
        )

    def _fits(self, found: IPv4Interface | IPv6Interface) -> bool:
        if self.within is None:
            return found == ip_interface(self.address)
        return found.network == ip_network(self.within, strict=False) and _is_host(found)

    def _expected(self) -> str:
        return f"an address of {self.within}, such as {self.address}" if self.within else self.address

    def _wrong_prefix(self, node: Node) -> Verdict | None:
        for address in node.addresses:
            found, expected = ip_interface(address.cidr), ip_interface(self.address)
            length = self._network().prefixlen
            is_same = found.ip in self._network() if self.within else found.ip == expected.ip
            if not is_same or found.network.prefixlen == length or not self._is_candidate(address):
                continue
            bare = found.network.prefixlen == found.max_prefixlen
            why = f" (without /{length}, `ip address add` takes /{found.max_prefixlen})" if bare else ""
            says = (
                f"{subject(self.at)} has {address.cidr}: the prefix length is {found.network.prefixlen},"
                f" expected {length}{why}."
            )
            return self._fails("wrong-prefix", says, 2)
        return None

    def _network(self) -> IPv4Network | IPv6Network:
        return ip_network(self.within or self.address, strict=False)

    def _is_candidate(self, address: Address) -> bool:
        return self.dev in {None, address.dev} and not ip_interface(address.cidr).ip.is_loopback

    def _unusable(self, node: Node) -> Verdict | None:
        """The network's own address or its broadcast address, where any host address would do."""
        for address in node.addresses:
            found = ip_interface(address.cidr)
            if self.within and found.network == self._network() and self._is_candidate(address):
                name = (
                    "the network's own address"
                    if found.ip == found.network.network_address
                    else "its broadcast address"
                )
                says = f"{subject(self.at)} has {address.cidr}: that is {name}, no host can have it."
                return self._fails("no-host-address", says, 3)
        return None

    def _elsewhere(self, snapshot: Snapshot) -> Verdict | None:
        for node in snapshot.nodes.values():
            for address in node.addresses:
                if (
                    node.name != self.at
                    and not self.within
                    and ip_interface(address.cidr).ip == ip_interface(self.address).ip
                ):
                    there = f"{place(node.name)}, on {address.dev}"
                    it = "it" if address.cidr == self.address else address.cidr
                    says = f"{self.address} is not set {place(self.at)}; {it} is set {there}."
                    return self._fails("elsewhere", says, 4)
        return None

    def _missing(self, node: Node) -> Verdict:
        version = ip_interface(self.address).version
        found = [
            a
            for a in node.addresses
            if self._is_candidate(a) and a.scope != "link" and ip_interface(a.cidr).version == version
        ]
        if found:
            has = f"{found[0].cidr} is set there, on {found[0].dev}"
            says = f"{_capital(self._expected())} is not set {place(self.at)} yet; {has}."
            return self._fails("wrong-address", says, 5)
        on = f" on {self.dev}" if self.dev else ""
        return self._fails("missing", f"{subject(self.at)} has no address{on} yet, expected {self._expected()}.", 6)

    def faults(self) -> Iterable[Fault]:
        """What is no address with a prefix length, no network, or not in it."""
        try:
            address = ip_interface(self.address)
            if "/" not in self.address:
                raise ValueError
        except ValueError:
            yield Fault("address", f"`{self.address}` is no address with a prefix length.", "Write it as: 192.0.2.1/24")
            return
        if self.dev is not None:
            yield from name_fault("dev", self.dev)
        if self.within is None:
            return
        try:
            network = ip_network(self.within)
        except ValueError:
            yield Fault("within", f"`{self.within}` is no network.", "Write it as: 192.0.2.0/24")
            return
        if address.network != network:
            yield Fault(
                "within", f"{self.address} is no address of {network}.", "Give an example that lies in `within`."
            )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_host(found: IPv4Interface | IPv6Interface) -> bool:
    """Neither the network's own nor its broadcast address; a /31 has neither (RFC 3021), nor has IPv6 a broadcast."""
    if found.version == 6 or found.network.prefixlen >= 31:
        return True
    return found.ip not in {found.network.network_address, found.network.broadcast_address}
