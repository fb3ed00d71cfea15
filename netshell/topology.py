"""What an author wants to be there: the nodes, links, addresses and routes of a lesson's lab.

It knows nothing of how they are built, nor of the file they were written in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface, ip_network
from typing import Literal, TypeAlias

from netshell.errors import UserError

NodeKind: TypeAlias = Literal["host", "router", "switch"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,14}")
"""A node or interface name: 15 bytes at most is the kernel's limit for interfaces (IFNAMSIZ)."""


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """A node to be built. A router forwards; a switch holds a bridge `br0` whose ports are all its links."""

    name: str
    kind: NodeKind = "host"
    place: tuple[int, int] | None = None
    """Column and row on the map, counted from 0; None leaves it to netshell."""


@dataclass(frozen=True, slots=True)
class EndSpec:
    """One end of a cable, with the addresses to set on it."""

    node: str
    link: str
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkSpec:
    """A cable between two ends, both switched on."""

    a: EndSpec
    b: EndSpec


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """A route to be set on a node: `default via 192.0.2.254`."""

    node: str
    dst: str
    via: str | None = None
    dev: str | None = None


@dataclass(frozen=True, slots=True)
class Topology:
    """A lab. The PC (`pc`) is always there and need not be among the nodes."""

    nodes: tuple[NodeSpec, ...] = ()
    links: tuple[LinkSpec, ...] = ()
    routes: tuple[RouteSpec, ...] = ()
    pc_interface: EndSpec | None = None
    """An `eth0` for the PC with no visible other end, as a laptop at home has one."""
    pc_default: str | None = None
    """The PC's default gateway, an address in the network of `pc_interface`."""

    def places(self) -> Mapping[str, tuple[int, int]]:
        """Where the author wants nodes to stand on the map: name to (column, row)."""
        return {node.name: node.place for node in self.nodes if node.place is not None}


def parse_link(text: str) -> LinkSpec:
    """`ns1:eth0 192.0.2.1/24 -- r1:eth0 192.0.2.254/24` as a cable. Raises UserError naming the part that is wrong."""
    sides = text.split("--")
    if len(sides) != 2:
        raise UserError(f"A link has two ends with `--` between them; found `{text}`.", _LINK_EXAMPLE)
    return LinkSpec(parse_end(sides[0]), parse_end(sides[1]))


_LINK_EXAMPLE = "Write it as: ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24"


def parse_end(text: str) -> EndSpec:
    """`ns1:eth0 192.0.2.1/24` as one end of a cable."""
    words = text.split()
    node, colon, link = words[0].partition(":") if words else ("", "", "")
    if not colon or not NAME.fullmatch(node) or not NAME.fullmatch(link):
        raise UserError(f"An end of a link is NODE:INTERFACE; found `{text.strip()}`.", _LINK_EXAMPLE)
    return EndSpec(node, link, tuple(parse_address(word) for word in words[1:]))


def parse_address(text: str) -> str:
    """An address with its prefix length, as it was written; a bare address is refused, it says no network."""
    try:
        interface = ip_interface(text)
    except ValueError:
        raise UserError(f"`{text}` is no IP address with a prefix length.", "Write it as: 192.0.2.1/24") from None
    if "/" not in text:
        raise UserError(f"The address `{text}` has no prefix length.", f"Write it as: {text}/24")
    return str(interface)


def parse_route(node: str, text: str) -> RouteSpec:
    """`default via 192.0.2.254` or `198.51.100.0/24 via 192.0.2.2 dev eth0` as a route on a node."""
    words = text.split()
    options = dict(zip(words[1::2], words[2::2], strict=False))
    try:
        if not words or len(words) % 2 == 0 or not options or options.keys() - {"via", "dev"}:
            raise ValueError(text)
        dst = "default" if words[0] == "default" else str(ip_network(words[0]))
        via = str(ip_address(options["via"])) if "via" in options else None
    except ValueError:
        raise UserError(
            f"`{text}` is no route.", "Write it as: default via 192.0.2.254, or 198.51.100.0/24 via 192.0.2.2"
        ) from None
    return RouteSpec(node, dst, via, options.get("dev"))
