"""What the map says of each node and each cable, read from a snapshot; it knows nothing of where they are drawn."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from netshell.facts import PC, End, Link, Node, Snapshot
from netshell.render.console import safe

_EVERYDAY = frozenset({"127.0.0.1/8", "::1/128"})
_PLAIN_KINDS = frozenset({"", "veth", "loopback", "dummy", "bridge"})
_FORWARDING = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding")


@dataclass(frozen=True, slots=True)
class Entry:
    """One interface as it stands in its node's box."""

    name: str
    state: str
    """`DOWN`, `no carrier`, or nothing where all is well."""
    addresses: tuple[str, ...] = ()
    remark: str = ""
    """What else must be said, such as a bridge's ports."""


@dataclass(frozen=True, slots=True)
class Card:
    """One node: its heading, the interfaces that a cable is plugged into, and all others."""

    name: str
    title: str
    plugged: Mapping[End, Entry]
    others: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Cable:
    """A cable between two interfaces, and whether frames can pass."""

    a: End
    b: End
    is_live: bool

    def other(self, end: End) -> End:
        """The end that is not this one."""
        return self.b if end == self.a else self.a


def natural(name: str) -> tuple[bool, list[tuple[int, str]]]:
    """A sort key that puts h2 before h10, and the PC last."""
    return name == PC, [(int(digits or -1), word) for digits, word in re.findall(r"([0-9]+)|([^0-9]+)", name)]


def read_cables(snapshot: Snapshot) -> tuple[Cable, ...]:
    """Every cable whose two ends are both on a node that has a name."""
    cables = []
    for node in sorted(snapshot.nodes.values(), key=lambda n: natural(n.name)):
        for link in node.links.values():
            here, there = End(node.name, link.name), link.peer
            other = _link_at(snapshot, there)
            if there is None or other is None or other.peer != here or _order(there) <= _order(here):
                continue
            is_live = link.is_up and other.is_up and link.has_carrier and other.has_carrier
            cables.append(Cable(here, there, is_live))
    return tuple(sorted(cables, key=lambda c: (_order(c.a), _order(c.b))))


def _order(end: End) -> tuple[object, ...]:
    return natural(end.node), natural(end.link)


def _link_at(snapshot: Snapshot, end: End | None) -> Link | None:
    node = snapshot.node(end.node) if end else None
    return node.links.get(end.link) if node and end else None


def read_card(node: Node, cables: tuple[Cable, ...]) -> Card:
    """What is told of one node."""
    ends = {end for cable in cables for end in (cable.a, cable.b) if end.node == node.name}
    links = sorted(node.links.values(), key=lambda link: (link.kind != "bridge", natural(link.name)))
    plugged = {End(node.name, link.name): _entry(node, link) for link in links if End(node.name, link.name) in ends}
    others = [_entry(node, x) for x in links if End(node.name, x.name) not in plugged and _is_worth_telling(node, x)]
    if not node.is_enterable:
        others = [Entry("a name, no namespace", "")]
    elif not node.links:
        others = [Entry("nothing in it", "")]
    return Card(node.name, _title(node), plugged, tuple(others))


def _title(node: Node) -> str:
    kinds = ["router"] if any(node.sysctls.get(key) == "1" for key in _FORWARDING) else []
    kinds += ["bridge"] if any(link.kind == "bridge" for link in node.links.values()) else []
    return " · ".join([safe(node.name), *kinds])


def _is_worth_telling(node: Node, link: Link) -> bool:
    """`lo` is, where there is nothing else, or where it has an address of its own."""
    return link.name != "lo" or len(node.links) == 1 or any(a for a in _addresses(node, link) if a not in _EVERYDAY)


def _addresses(node: Node, link: Link) -> tuple[str, ...]:
    """Without the link-local ones, which every interface has."""
    return tuple(a.cidr for a in node.addresses if a.dev == link.name and not a.cidr.lower().startswith("fe80:"))


def _entry(node: Node, link: Link) -> Entry:
    state = "DOWN" if not link.is_up else "" if link.has_carrier else "no carrier"
    addresses = tuple(safe(cidr) for cidr in _addresses(node, link) if cidr != "::1/128")
    return Entry(safe(link.name), state, addresses, safe(_remark(node, link)))


def _remark(node: Node, link: Link) -> str:
    if link.kind == "bridge":
        ports = sorted((port.name for port in node.links.values() if port.master == link.name), key=natural)
        return f"joins {' '.join(ports)}" if ports else "joins no port"
    remarks = [] if link.kind in _PLAIN_KINDS else [f"({link.kind})"]
    return " ".join(remarks)
