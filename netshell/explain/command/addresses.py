"""What an IP address is: well written or not, whose it is, and how a node reaches it."""

import re
from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface, ip_address

from netshell.explain.messages.scene import has_ip, holders, interface_of, ip_of, listing
from netshell.facts import PC, Node, Snapshot, route_to

IPV4_LIKE = re.compile(r"\d+(?:\.\d+){1,4}", re.ASCII)
"""What is meant as an IPv4 address, perhaps with a slip."""
_EVERYBODY = ip_address("255.255.255.255")
_ONLY_HOSTS = 31
"""From this prefix length on an IPv4 network has no broadcast address (RFC 3021)."""


def no_address(text: str) -> str:
    """Why a text is no IP address."""
    shown = text[:45]
    if IPV4_LIKE.fullmatch(text):
        numbers = text.split(".")
        if len(numbers) != 4:
            return f"{shown} is no IPv4 address: that has four numbers, and this has {len(numbers)}."
        if any(len(number) > 3 or int(number) > 255 for number in numbers):
            return f"{shown} is no IPv4 address: each part is at most 255."
        return f"{shown} is no IPv4 address: a part does not begin with 0."
    if ":" in text:
        return f"{shown} is no IPv6 address: eight groups of up to four hexadecimal digits, `::` once for zeros."
    return f"{shown} is no IP address."


def whose(node: str) -> str:
    """A node in front of what it has: `the PC's`, `ns1's`."""
    return "the PC's" if node == PC else f"{node}'s"


def about_prefix(own: IPv4Interface | IPv6Interface, *, has_prefix: bool) -> str:
    """What the length of its network part makes of an address."""
    network = own.network
    if network.prefixlen == network.max_prefixlen:
        how = f"With /{network.prefixlen}" if has_prefix else f"Without a `/`, that is with /{network.prefixlen}"
        return f"{how}, it is a network of this address alone."
    size = f"The network is {network}: the first {network.prefixlen} bits are its own, the rest tells hosts apart."
    if own.version == 4 and network.prefixlen < _ONLY_HOSTS and own.ip in {network[0], network[-1]}:
        what = "the network itself" if own.ip == network[0] else "everybody in it (broadcast)"
        return f"{size} {own.ip} stands for {what}: no host should have it."
    return size


def whose_address(snapshot: Snapshot | None, on: str, text: str) -> str:
    """Whose an address is in a network, and how the node that is meant reaches it; empty where no network is known."""
    ip = ip_of(text)
    if ip is None or snapshot is None:
        return ""
    node = snapshot.node(on)
    if special := _special(snapshot, on, ip):
        return f"{text} {special}"
    found = holders(snapshot, text)
    is_mine = node is not None and has_ip(node, text)
    names = [f"{whose(each.name)} {address.dev}" for each, address in found]
    if is_mine and node is not None:
        dev = next(address.dev for each, address in found if each.name == node.name)
        return f"{text} is set here, on {dev}."
    if names:
        return f"{text} is {listing(names)}{_how_reached(node, text)}."
    return f"{_stranger(snapshot, node, text)}{_how_reached(node, text)}."


def _stranger(snapshot: Snapshot, node: Node | None, text: str) -> str:
    """An address that no node has: that of a machine that is not seen, where something tells of one."""
    known = next((one for one in (node.neighbours if node else ()) if one.ip == text and one.mac), None)
    if known is not None:
        return f"{text} is a machine outside of what is seen here, with the MAC {known.mac}"
    users = [each.name for each in snapshot.nodes.values() if any(route.via == text for route in each.routes)]
    if users:
        return f"{text} is the gateway of {listing('the PC' if name == PC else name for name in users)}"
    return f"Nobody in this network has {text}"


def _how_reached(node: Node | None, text: str) -> str:
    """Which way packets would go to an address that is not the node's own."""
    if node is None:
        return ""
    route = route_to(node, text)
    who = "the PC" if node.name == PC else node.name
    if route is None:
        return f"; {who} has no route to it"
    if route.kind in {"blackhole", "unreachable", "prohibit"}:
        return f"; a route of kind {route.kind} keeps {who} from it"
    out = f" out of {route.dev}" if route.dev else ""
    return f"; {who} sends to it by way of {route.via}{out}" if route.via else f"; {who} sends to it straight{out}"


def _special(snapshot: Snapshot, on: str, ip: IPv4Address | IPv6Address) -> str:
    """What an address stands for by its form, or in this network as a whole; empty for a host's ordinary one."""
    if ip.is_loopback:
        return f"is {whose(on)} own loopback address."
    if ip.is_unspecified:
        return "stands for every address of this host, or for none yet."
    if ip == _EVERYBODY:
        return "is everybody on this link."
    if ip.is_multicast:
        return "is a group: whoever joined it gets the packet."
    networks = (
        own.network
        for node in snapshot.nodes.values()
        for each in node.addresses
        if (own := interface_of(each.cidr)) and own.version == 4 and own.network.prefixlen < _ONLY_HOSTS
    )
    network = next((each for each in networks if ip in {each[0], each[-1]}), None)
    if network is None:
        return ""
    return f"is the network {network} itself." if ip == network[0] else f"is everybody in {network} (broadcast)."
