"""Words for namespaces, addresses, routes, neighbours, learned MACs and settings that changed."""

from ipaddress import ip_interface

from netshell.explain.link_words import state_words
from netshell.explain.scene import Scene, Words, seen_from, where
from netshell.facts import Address, Change, End, FdbEntry, Neighbour, Node, Route, Snapshot

_HOUSEKEEPING_KINDS = frozenset({"local", "broadcast", "multicast", "anycast"})
_ANSWERING = frozenset({"REACHABLE", "STALE", "DELAY", "PROBE"})
"""States in which the MAC is known; the kernel goes from one to the next by its own clock (RFC 4861, 7.3.2)."""
_SPECIAL_ROUTES = {
    "blackhole": "packets for it are thrown away without a word",
    "unreachable": "packets for it are refused: host unreachable",
    "prohibit": "packets for it are refused: administratively prohibited",
}
_SETTINGS: dict[tuple[str, str], str] = {
    ("net.ipv4.ip_forward", "1"): "{node} now passes packets on: it is a router",
    ("net.ipv4.ip_forward", "0"): "{node} no longer passes packets on: it is a host",
    ("net.ipv6.conf.all.forwarding", "1"): "{node} now passes IPv6 packets on: it is a router",
    ("net.ipv6.conf.all.forwarding", "0"): "{node} no longer passes IPv6 packets on: it is a host",
    ("net.ipv4.icmp_echo_ignore_all", "1"): "{node} no longer answers a ping",
    ("net.ipv4.icmp_echo_ignore_all", "0"): "{node} answers a ping again",
}
_TYPED = frozenset({"boot", "static"})
"""Who wrote a route that nobody but a person puts back (rtnetlink(7), rtm_protocol)."""
_SLIP = "a name only: it was added inside another namespace's shell, and from the PC it cannot be entered"


def namespace_words(change: Change) -> Words:
    """A namespace that came or went."""
    headline = f"namespace {change.name}"
    if isinstance(change.after, Node):
        if not change.after.is_enterable:
            return Words(headline, _SLIP)
        return Words(headline, _contents(change.after))
    links = [name for name in change.before.links if name != "lo"] if isinstance(change.before, Node) else []
    return Words(headline, f"what was in it went with it: {', '.join(links)}" if links else "")


def _contents(node: Node) -> str:
    if not node.links:
        return ""
    if set(node.links) == {"lo"}:
        return f"it has only lo, and lo is {state_words(node.links['lo'])}"
    return "it has " + ", ".join(f"{link.name} ({state_words(link)})" for link in node.links.values())


def address_words(change: Change, scene: Scene) -> Words:
    """An address that was set or taken away."""
    address = change.after or change.before
    if not isinstance(address, Address):
        return Words(change.name, is_background=True)
    here = End(change.on, address.dev)
    headline = f"{where(change.on)}address {address.cidr} on {address.dev}"
    if change.op == "added":
        return Words(headline, _address_detail(here, address, scene), _is_own_address(here, address, scene))
    if change.op == "removed":
        route, first = _went_with(change.on, address, scene), _first_of(change.on, address, scene)
        detail = f"its route {route.dst} goes with it" if route else ""
        detail = f"it goes with {first}, the first one of their network" if first else detail
        return Words(headline, detail, here in scene.gone or _is_own_address(here, address, scene))
    return Words(headline, is_background=True)


def _is_own_address(here: End, address: Address, scene: Scene) -> bool:
    """Set by the kernel: link-local ones (RFC 4862), those of a renamed link, and lo's second one."""
    is_twin = address.cidr == "::1/128" and here in scene.switched
    is_renamed = here in scene.moved and _has(scene.before, scene.moved[here], address.cidr)
    return address.cidr.lower().startswith("fe80:") or is_twin or is_renamed


def _has(snapshot: Snapshot, end: End, cidr: str) -> bool:
    node = snapshot.node(end.node)
    return node is not None and any(a.cidr == cidr and a.dev == end.link for a in node.addresses)


def _address_detail(here: End, address: Address, scene: Scene) -> str:
    link = scene.link(here)
    if link and link.kind == "loopback":
        return "the kernel sets it by itself when lo goes UP" if address.cidr == "127.0.0.1/8" else ""
    interface = ip_interface(address.cidr)
    if interface.network.prefixlen == interface.max_prefixlen:
        return f"/{interface.max_prefixlen} is a network of one address: no other host is on this link for {here.node}"
    if link and not link.is_up:
        return f"{address.dev} is DOWN: the route to {interface.network} comes when it goes UP"
    return ""


def _went_with(node_name: str, address: Address, scene: Scene) -> Route | None:
    """The connected route that was there as long as the address was."""
    former, now = scene.before.node(node_name), scene.after.node(node_name)
    source, left = address.cidr.partition("/")[0], now.routes if now else ()
    routes = former.routes if former else ()
    return next((r for r in routes if _is_connected(r) and _is_from(r, address.dev, source) and r not in left), None)


def _first_of(node_name: str, address: Address, scene: Scene) -> str:
    """The address that was set before it, in the same network of the same link, and is gone too; empty without one.

    The kernel takes away with it those that came later (`promote_secondaries` of its document ip-sysctl is 0).
    """
    former, now = scene.before.node(node_name), scene.after.node(node_name)
    network = ip_interface(address.cidr).network
    there = [a for a in (former.addresses if former else ()) if a.dev == address.dev]
    first = next((a for a in there if ip_interface(a.cidr).network == network), address)
    is_gone = now is not None and address.dev in now.links and first not in now.addresses
    return first.cidr if is_gone and first != address and ":" not in first.cidr else ""


def _is_connected(route: Route) -> bool:
    is_unicast = route.kind == "unicast" and route.table in {"main", "254"}
    return is_unicast and route.proto == "kernel" and route.via is None


def _is_from(route: Route, dev: str, source: str) -> bool:
    return route.dev == dev and route.src == source


def route_words(change: Change, scene: Scene) -> Words:
    """An entry of a routing table that came, went or changed."""
    route = change.after or change.before
    if not isinstance(route, Route):
        return Words(change.name, is_background=True)
    old = change.before
    headline = f"{where(change.on)}{_route_text(route)}"
    if change.op == "changed" and isinstance(old, Route):
        if old.via == route.via:
            return Words(headline, is_background=_is_housekeeping(route))
        headline = f"{where(change.on)}route {route.dst}  via {old.via or 'the link'} → {route.via or 'the link'}"
    if change.op == "removed":
        return _removed_route(headline, change, route, scene)
    here = End(change.on, route.dev or "")
    is_renamed = here in scene.moved and scene.moved[here].node == change.on and route.proto == "kernel"
    return Words(headline, _route_detail(route), _is_housekeeping(route) or is_renamed)


def _route_text(route: Route) -> str:
    """A route in the order of `ip route`, with only what differs from the usual."""
    kind = "" if route.kind == "unicast" else f"{route.kind} "
    via = f" via {route.via}" if route.via else ""
    dev = f" dev {route.dev}" if route.dev else ""
    proto = "" if route.proto in {"kernel", "boot", "static"} else f" proto {route.proto}"
    metric = f" metric {route.metric}" if route.metric and route.family == 4 else ""
    table = "" if route.table in {"main", "254"} else f" table {route.table}"
    return f"route {kind}{route.dst}{via}{dev}{proto}{metric}{table}"


def _is_housekeeping(route: Route) -> bool:
    is_own = route.table in {"local", "255"} or route.kind in _HOUSEKEEPING_KINDS
    return is_own or (route.proto == "kernel" and route.dst.lower().startswith(("fe80:", "ff00:", "::1")))


def _route_detail(route: Route) -> str:
    if route.kind in _SPECIAL_ROUTES:
        return _SPECIAL_ROUTES[route.kind]
    if _is_connected(route):
        return "the kernel adds this route by itself where a link is UP and has an address"
    if route.dst == "default":
        return "it is used where no other route fits"
    return f"packets for {route.dst} go to {route.via} first" if route.via else ""


def _removed_route(headline: str, change: Change, route: Route, scene: Scene) -> Words:
    here = End(change.on, route.dev or "")
    if _is_housekeeping(route):
        return Words(headline, is_background=True)
    if here in scene.gone:
        return Words(headline, f"it went with the link {route.dev}", is_background=route.proto == "kernel")
    if scene.switched.get(here) is False:
        return Words(headline, f"it went when the link was switched off, and {_comes_back(route)}")
    node = scene.after.node(change.on)
    is_told = _is_connected(route) and not (
        node and _has_source(node, route) and not _has_lost(change.on, route, scene)
    )
    if node and not is_told and not any(a.dev == route.dev for a in node.addresses) and route.dev:
        return Words(headline, f"it went with the last address of {route.dev}")
    return Words(headline, is_background=is_told)


def _comes_back(route: Route) -> str:
    if route.proto == "kernel":
        return "comes back when the link is UP"
    return (
        "does not come back by itself" if route.proto in _TYPED else f"is left to {route.proto}, which had written it"
    )


def _has_lost(node_name: str, route: Route, scene: Scene) -> bool:
    """Whether the address has gone that the route was for: that one is told, with its route."""
    former, now = scene.before.node(node_name), scene.after.node(node_name)
    gone = set(former.addresses if former else ()) - set(now.addresses if now else ())
    return any(a.dev == route.dev and str(ip_interface(a.cidr).network) == route.dst for a in gone)


def _has_source(node: Node, route: Route) -> bool:
    return any(a.dev == route.dev and a.cidr.partition("/")[0] == route.src for a in node.addresses)


def neighbour_words(change: Change, scene: Scene) -> Words:
    """What a node learned or forgot about a machine on its link."""
    old, new = change.before, change.after
    entry = new or old
    if not isinstance(entry, Neighbour):
        return Words(change.name, is_background=True)
    is_own = entry.state == "NOARP" or entry.ip.lower().startswith(("fe80:", "ff", "::1"))
    if not isinstance(new, Neighbour):
        link = scene.link(End(change.on, entry.dev))
        is_clear = link is None or not link.has_carrier or End(change.on, entry.dev) in scene.switched
        words = f"{where(change.on)}neighbour {entry.ip} forgotten"
        return Words(words, is_background=is_own or is_clear or entry.mac is None)
    headline = f"{where(change.on)}neighbour {entry.ip} {_neighbour_text(new)}"
    asks = "ARP" if ":" not in entry.ip else "neighbour discovery"
    if new.mac is None or new.state in {"FAILED", "INCOMPLETE"}:
        return Words(headline, f"{change.on} asked for its MAC by {asks}, and nobody answered", is_own)
    if isinstance(old, Neighbour) and old.mac == new.mac and {old.state, new.state} <= _ANSWERING:
        return Words(headline, is_background=True)
    if isinstance(old, Neighbour) and old.mac and old.mac != new.mac:
        return Words(headline, f"it was at {old.mac}", is_own)
    detail = "set by hand: it is never asked for" if new.state == "PERMANENT" else f"{asks} found the MAC behind the IP"
    return Words(headline, detail, is_own)


def _neighbour_text(entry: Neighbour) -> str:
    if entry.mac is not None and entry.state not in {"FAILED", "INCOMPLETE"}:
        return f"is at {entry.mac} ({entry.state})"
    return f"does not answer ({entry.state})" if entry.state == "FAILED" else f"has not answered yet ({entry.state})"


def fdb_words(change: Change, scene: Scene) -> Words:
    """A MAC address that a bridge learned or forgot."""
    entry = change.after or change.before
    if not isinstance(entry, FdbEntry):
        return Words(change.name, is_background=True)
    owner = _owner_of(entry.mac, scene.after)
    mac = f"{entry.mac} ({seen_from(change.on, owner)})" if owner else entry.mac
    bridge = f"{where(change.on)}bridge {entry.bridge}"
    if change.op == "removed":
        port = scene.link(End(change.on, entry.dev))
        is_told = port is None or port.master != entry.bridge or not port.has_carrier
        return Words(f"{bridge} forgot {mac}", is_background=not entry.is_learned or is_told)
    detail = f"a frame from that MAC came in at {entry.dev}"
    return Words(f"{bridge} learned {mac} behind {entry.dev}", detail, is_background=not entry.is_learned)


def _owner_of(mac: str, snapshot: Snapshot) -> End | None:
    ends = (End(n.name, link.name) for n in snapshot.nodes.values() for link in n.links.values() if link.mac == mac)
    return next(ends, None)


def sysctl_words(change: Change) -> Words:
    """A kernel setting; one that came or went with its interface is no news."""
    if not isinstance(change.before, str) or not isinstance(change.after, str):
        return Words(f"{where(change.on)}{change.name}", is_background=True)
    value = " ".join(change.after.split())
    sentence = _SETTINGS.get((change.name, value), "").format(node=change.on)
    headline = f"{where(change.on)}{change.name} {' '.join(change.before.split())} → {value}"
    return Words(headline, sentence)
