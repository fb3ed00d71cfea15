"""What would be right: the address that an interface lacks, the next hop that leads to a node, and their commands."""

from collections import Counter
from ipaddress import ip_network

from netshell.diagnosis.cables import way_between
from netshell.diagnosis.lookup import (
    FORWARDING,
    addresses_on,
    as_address,
    host,
    interface,
    is_on_link,
    network,
    version_of,
)
from netshell.diagnosis.segment import segment
from netshell.diagnosis.words import in_table, ip_on
from netshell.facts import Address, End, Node, Route, Snapshot

_EXAMPLES = {
    4: ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", *(f"10.0.{n}.0/24" for n in range(256))),
    6: tuple(f"2001:db8:{n:x}::/64" for n in range(256)),
}
"""Networks for where nothing tells which one is meant: documentation's first (RFC 5737, RFC 3849)."""
_MOST_TRIED = 256


def fitting_address(snapshot: Snapshot, end: End, version: int) -> str:
    """An address with its prefix length that an interface could have beside those on its link.

    The one that others there take for their gateway and nobody has, where there is one; else the first free one.
    """
    around = _around(snapshot, end, version)
    networks = Counter(network(address) for _, address in around)
    taken, gateways = _held(snapshot), _gateways(snapshot)
    chosen = ip_network(networks.most_common(1)[0][0] if networks else _unused_network(taken, version))
    missing = [ip for ip in gateways if version_of(ip) == version and ip not in taken]
    for ip in missing:
        if as_address(ip) in chosen:
            return f"{ip}/{chosen.prefixlen}"
    for number in range(1, min(_MOST_TRIED, chosen.num_addresses)):
        ip = str(chosen[number])
        if ip not in taken and ip not in gateways and (version == 6 or chosen[number] != chosen.broadcast_address):
            return f"{ip}/{chosen.prefixlen}"
    return f"{chosen[0]}/{chosen.prefixlen}"


def neighbours_of(snapshot: Snapshot, end: End, version: int) -> list[tuple[End, Address]]:
    """The others on the link of an interface, each with its addresses."""
    return _around(snapshot, end, version)


def peers(snapshot: Snapshot, end: End, address: Address) -> int:
    """How many others on its link have an address of the very network that an address stands for."""
    return sum(network(other) == network(address) for _, other in _around(snapshot, end, interface(address).version))


def support(snapshot: Snapshot, end: End, address: Address, but: End) -> int:
    """How much around it speaks for an address: neighbours of its network, routes that name it, its own gateway."""
    mine = interface(address)
    around = [a for other, a in _around(snapshot, end, mine.version) if other != but]
    points = sum(2 * (mine.ip in interface(a).network) + (interface(a).network == mine.network) for a in around)
    points += 2 * (str(mine.ip) in _gateways(snapshot))
    own = snapshot.nodes[end.node].routes
    return points + any(r.via and r.dev == end.link and as_address(r.via) in mine.network for r in own)


def next_hop(snapshot: Snapshot, node: str, target: str, version: int) -> tuple[str, str | None] | None:
    """By which interface and gateway (None on the same link) a node gets to another; None where no way is seen."""
    way = way_between(snapshot, node, target)
    if way is None or node == target:
        return None
    near, far = way.stages[0]
    if far.node == target:
        return near.link, None
    here = snapshot.nodes[node]
    there = [host(a) for a in addresses_on(snapshot.nodes[far.node], far.link, version)]
    reachable = [ip for ip in there if _is_near(here, near.link, ip)]
    return (near.link, (reachable or there)[0]) if there else None


def route_mend(snapshot: Snapshot, node: Node, ip: str, holder: tuple[str, Address] | None, old: Route | None) -> str:
    """The command that gives a node the right route to an address, in place of `old`; empty where none is known."""
    begin, version = ip_on(node.name), version_of(ip)
    if holder is None:
        gateway = _some_router(snapshot, node, version)
        verb = "replace" if old else "add"
        return f"{begin} route {verb} {old.dst if old else 'default'} via {gateway}" if gateway else ""
    hop = next_hop(snapshot, node.name, holder[0], version)
    if hop is None:
        return ""
    dev, via = hop
    if via is None:
        return _direct_mend(node, ip, dev, network(holder[1]), old)
    near = next((network(a) for a in addresses_on(node, dev, version) if _holds_ip(a, via)), "")
    if near and not is_on_link(node, dev, via):
        return f"{begin} route replace {near} dev {dev}"
    if old is not None and (old.dst != "default" or not _is_router(node, version)):
        return f"{begin} route replace {old.dst} via {via}{in_table(old)}"
    has_default = any(r.dst == "default" and r.family == version for r in node.routes)
    spec = network(holder[1]) if has_default or _is_router(node, version) else "default"
    return f"{begin} route add {spec} via {via}"


def _direct_mend(node: Node, ip: str, dev: str, goal: str, old: Route | None) -> str:
    """The route to an address on the same link: what hides it goes, or the one of the network comes back."""
    begin = ip_on(node.name)
    if old is not None and old.dst != "default" and _has_connected(node, dev, ip, old):
        gateway = f" via {old.via}" if old.via else ""
        return f"{begin} route del {old.dst}{gateway}{in_table(old)}"
    own = next((network(a) for a in addresses_on(node, dev, version_of(ip)) if _holds_ip(a, ip)), goal)
    return f"{begin} route replace {own} dev {dev}"


def _has_connected(node: Node, dev: str, ip: str, old: Route) -> bool:
    others = Node(node.name, routes=tuple(r for r in node.routes if r != old))
    return is_on_link(others, dev, ip)


def _holds_ip(address: Address, ip: str) -> bool:
    return as_address(ip) in interface(address).network


def _is_near(node: Node, dev: str, ip: str) -> bool:
    return is_on_link(node, dev, ip) or any(
        as_address(ip) in interface(a).network for a in addresses_on(node, dev, version_of(ip))
    )


def _is_router(node: Node, version: int) -> bool:
    return node.sysctls.get(FORWARDING[version], "0") != "0"


def _some_router(snapshot: Snapshot, node: Node, version: int) -> str:
    """The address of a router on one of a node's links, in one of its networks."""
    for link in node.links.values():
        if link.kind == "loopback" or link.master:
            continue
        for end, address in _around(snapshot, End(node.name, link.name), version):
            if _is_router(snapshot.nodes[end.node], version) and _is_near(node, link.name, host(address)):
                return host(address)
    return ""


def _around(snapshot: Snapshot, end: End, version: int) -> list[tuple[End, Address]]:
    ends = [other for other in segment(snapshot, end).ends if other.node != end.node]
    return [(other, a) for other in ends for a in addresses_on(snapshot.nodes[other.node], other.link, version)]


def _unused_network(taken: set[str], version: int) -> str:
    held = [as_address(ip) for ip in taken]
    for text in _EXAMPLES[version]:
        if not any(ip in ip_network(text) for ip in held):
            return text
    return _EXAMPLES[version][0]


def _held(snapshot: Snapshot) -> set[str]:
    return {host(address) for node in snapshot.nodes.values() for address in node.addresses}


def _gateways(snapshot: Snapshot) -> list[str]:
    return [route.via for node in snapshot.nodes.values() for route in node.routes if route.via]
