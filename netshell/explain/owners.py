"""Whose an address is: the names of nodes for the addresses that packets carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from netshell.facts import Snapshot


@dataclass(frozen=True, slots=True)
class Owners:
    """The lab's addresses with the nodes that they are set on; empty for a capture file, where nobody knows."""

    nodes: Mapping[str, str] = field(default_factory=dict)
    """By IP or hardware address as packets write it. One that several nodes have (`127.0.0.1`) is left out."""

    def of(self, address: str) -> str:
        """The node's name, or an empty string."""
        return self.nodes.get(address, "")

    def who(self, address: str) -> str:
        """The node's name, or the address where nobody is known to have it."""
        return self.nodes.get(address) or address


def owners_in(snapshot: Snapshot) -> Owners:
    """Everybody's addresses, as they are set now."""
    found: dict[str, str] = {}
    for node in snapshot.nodes.values():
        mine = {address.cidr.partition("/")[0] for address in node.addresses}
        mine |= {link.mac for link in node.links.values() if link.mac.strip("0:")}
        for address in mine:
            found[address] = "" if address in found else node.name
    return Owners({address: name for address, name in found.items() if name})
