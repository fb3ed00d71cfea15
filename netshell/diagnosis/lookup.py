"""What a node's kernel would do with a packet for an address, by its own tables: keep it, or which route takes it."""

from functools import lru_cache
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface, ip_network

from netshell.facts import Address, Node, Route, Rule, route_to

FORWARDING = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}
"""The setting that makes a router, by IP version."""

STOPPING = frozenset({"blackhole", "unreachable", "prohibit"})
"""Kinds of routes, and of rules, that throw packets away."""
as_interface = lru_cache(maxsize=4096)(ip_interface)
"""An address with its prefix length, read once."""
as_address = lru_cache(maxsize=4096)(ip_address)


def version_of(ip: str) -> int:
    """4 or 6."""
    return 6 if ":" in ip else 4


def interface(address: Address) -> IPv4Interface | IPv6Interface:
    """An address as something to reckon with."""
    return as_interface(address.cidr)


def host(address: Address) -> str:
    """The address without its prefix length."""
    return str(interface(address).ip)


def network(address: Address) -> str:
    """The network that an address puts its interface in."""
    return str(interface(address).network)


def is_usable(address: Address) -> bool:
    """Whether others can be expected to use it: neither loopback nor of one link only."""
    ip = interface(address).ip
    return not ip.is_loopback and not ip.is_link_local


def addresses_on(node: Node, dev: str, version: int) -> list[Address]:
    """The addresses of an IP version on an interface that others can use, in their order."""
    return [a for a in node.addresses if a.dev == dev and version_of(a.cidr) == version and is_usable(a)]


def holds(node: Node, ip: str) -> Address | None:
    """The address of a node that an IP is, on whichever interface."""
    wanted = as_address(ip)
    return next((a for a in node.addresses if interface(a).ip == wanted), None)


def is_local(node: Node, ip: str) -> bool:
    """Whether the kernel takes a packet for itself: for each of its addresses, and for the whole network of one on lo.

    An IPv4 address counts on an interface that is DOWN, too (the table `local` keeps it); an IPv6 one does not.
    """
    target = as_address(ip)
    found = holds(node, ip)
    if found is None:
        return swallowing(node, ip) is not None
    link = node.links.get(found.dev)
    return target.version == 4 or link is None or link.is_up


def swallowing(node: Node, ip: str) -> Address | None:
    """The address on a loopback interface that makes all others of its network the node's own, too (IPv4)."""
    target = as_address(ip)
    for address in node.addresses:
        link = node.links.get(address.dev)
        is_loopback = link is not None and link.kind == "loopback"
        if is_loopback and target.version == interface(address).version == 4 and target in interface(address).network:
            return address
    return None


def broadcast_of(node: Node, ip: str) -> Address | None:
    """The address whose network an IPv4 address is the broadcast address of, from where a node stands."""
    target = as_address(ip)
    if target.version == 6:
        return None
    for address in node.addresses:
        mine = interface(address)
        link = node.links.get(address.dev)
        if mine.version == 4 and mine.network.prefixlen < 31 and target == mine.network.broadcast_address:
            return address if link is None or link.is_up else None
    return None


def next_hop_of(node: Node, taken: Route, ip: str) -> str:
    """Whose MAC is asked for; a gateway that is the node's own address means that the target is on the link itself."""
    return ip if taken.via is None or holds(node, taken.via) else taken.via


def route(node: Node, ip: str, *, source: str | None = None, came: str = "lo") -> Route | None:
    """The route that takes a packet; None where none does.

    `source` is the packet's, None while it has none yet; `came` is the interface that it came in by, lo for a node's
    own. Where the node's rules are not known, the main table decides. A rule that decides itself is given as a route
    of its kind, whose table is `rule` and the rule's priority; one that asks for more than addresses as a `goto`.
    """
    for rule in _rules(node, version_of(ip)):
        if not _is_for(rule, ip, source, came):
            continue
        if rule.is_partial or rule.kind not in {"unicast", *STOPPING}:
            return Route(rule.dst or "default", kind="goto", table=f"rule {rule.priority}")
        if rule.kind in STOPPING:
            return Route(rule.dst or "default", kind=rule.kind, table=f"rule {rule.priority}")
        found = route_to(node, ip, rule.table)
        if found is not None and found.kind != "throw":
            return _redirected(node, ip, found)
    return None


def _redirected(node: Node, ip: str, found: Route) -> Route:
    """A route, with the gateway that a router has named for this address since (RFC 792, redirect)."""
    noted = node.details.redirects if node.details and found.via else ()
    other = next((each for each in noted if each.dst == f"{ip}/32" and each.dev == found.dev), None)
    return found if other is None or other.via == found.via else other


_MAIN = (Rule(32766),)


def _rules(node: Node, version: int) -> tuple[Rule, ...]:
    """The rules beside the one that keeps what is the node's own, in their order."""
    own = node.details.rules if node.details else ()
    found = [rule for rule in own if rule.family == version and rule.table != "local"]
    return tuple(sorted(found, key=lambda rule: rule.priority)) or _MAIN


def _is_for(rule: Rule, ip: str, source: str | None, came: str) -> bool:
    if rule.iif is not None and rule.iif != came:
        return False
    if rule.src is not None and (source is None or as_address(source) not in ip_network(rule.src, strict=False)):
        return False
    return rule.dst is None or as_address(ip) in ip_network(rule.dst, strict=False)


def is_on_link(node: Node, dev: str, ip: str) -> bool:
    """Whether a node sends packets for an address straight to it, over an interface."""
    found = route(node, ip)
    return found is not None and found.kind == "unicast" and found.via is None and found.dev == dev


def source_for(node: Node, ip: str) -> str | None:
    """The address that a node puts into packets for a destination (RFC 1122, 3.3.4.3; RFC 6724 in its outlines)."""
    if is_local(node, ip):
        return ip
    taken = route(node, ip)
    if taken is None:
        return None
    if taken.src:
        return taken.src
    hop = as_address(taken.via or ip)
    version = version_of(ip)
    own = addresses_on(node, taken.dev or "", version)
    fitting = [a for a in own if hop in as_interface(a.cidr).network]
    others = [a for a in node.addresses if version_of(a.cidr) == version and is_usable(a)]
    best = (fitting or own or others)[:1]
    return host(best[0]) if best else None


def width(dst: str) -> int:
    """The prefix length of a route's destination."""
    return 0 if dst == "default" else ip_network(dst).prefixlen
