"""The deeper causes that a snapshot shows: a namespace that is missing, a link that is DOWN, a way that ends.

Each function gives the deepest cause as a verdict that does not hold, or None where it finds nothing wrong.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_interface, ip_network

from netshell.checks.base import Verdict
from netshell.checks.words import near, place, subject, target
from netshell.facts import PC, End, Link, Node, Route, Snapshot, holder_of, route_to

_NAMESPACE, _LINK, _ADDRESS, _ROUTE, _FORWARDING = 0, 10, 20, 40, 50
"""Depths: ten times the layer (`Check.layer`)."""

_HOPS = 32
"""More routers than any lesson has; a way that is longer goes round in a circle."""


def _cause(reason: str, says: str, at: str, depth: int) -> Verdict:
    return Verdict(holds=False, says=says, reason=reason, at=at, depth=depth)


def absent_node(snapshot: Snapshot, name: str) -> Verdict | None:
    """Why there is nothing to look at on a node."""
    node = snapshot.node(name)
    if node is None:
        close = near(name, (n for n in snapshot.nodes if n != PC))
        hint = f" There is one named {close}." if close else ""
        return _cause("no-namespace", f"There is no namespace {name}.{hint}", name, _NAMESPACE)
    if not node.is_enterable:
        says = (
            f"The name {name} is listed, but no namespace stands behind it here: it was added inside another"
            " namespace's shell, and what it made is seen only in there."
        )
        return _cause("unenterable", says, name, _NAMESPACE)
    return None


def absent_link(snapshot: Snapshot, name: str, at: str) -> Verdict | None:
    """Why a link is not on its node: the node, or the link itself, is missing or elsewhere."""
    if cause := absent_node(snapshot, at):
        return cause
    links = snapshot.nodes[at].links
    if name in links:
        return None
    elsewhere = [node.name for node in snapshot.nodes.values() if name in node.links]
    if PC in elsewhere:
        return _cause("elsewhere", f"{name} is still on the PC: move it to {target(at)}.", at, _LINK)
    if elsewhere:
        return _cause("elsewhere", f"{name} is {place(elsewhere[0])}, expected {place(at)}.", at, _LINK)
    close = near(name, links)
    hint = f" There is one named {close}." if close else ""
    return _cause("missing", f"There is no link {name} {place(at)}.{hint}", at, _LINK)


def link_down(link: Link, at: str) -> Verdict | None:
    """Why a link is switched off."""
    if link.is_up:
        return None
    says = f"{link.name} {place(at)} is DOWN: a link carries nothing until it is set up."
    return _cause("down", says, at, _LINK + 5)


def no_carrier(snapshot: Snapshot, link: Link, at: str) -> Verdict | None:
    """Why a link has no carrier: it is DOWN itself, or what it is plugged into is."""
    if cause := link_down(link, at):
        return cause
    if link.has_carrier:
        return None
    return _cause("no-carrier", f"{link.name} is UP but has no carrier: {_behind(snapshot, link)}.", at, _LINK + 6)


def _behind(snapshot: Snapshot, link: Link) -> str:
    if link.kind == "bridge":
        return "none of its ports is UP with a carrier"
    if link.peer is None:
        return "netshell finds no other end in a namespace that has a name"
    state = "is DOWN" if not _is_up(snapshot, link.peer) else "does not answer yet"
    return f"its other end, {link.peer.link} {place(link.peer.node)}, {state}"


def _is_up(snapshot: Snapshot, end: End) -> bool:
    node = snapshot.node(end.node)
    return node is not None and end.link in node.links and node.links[end.link].is_up


def unreachable(snapshot: Snapshot, source: str, ip: str) -> Verdict | None:
    """Why packets from a node do not get to an IP address, or their answers not back."""
    if cause := absent_node(snapshot, source):
        return cause
    cause, end = _one_way(snapshot, snapshot.nodes[source], ip)
    if cause or end is None:
        return cause
    own = _source_address(snapshot.nodes[source], ip)
    if own is None or end.name == source:
        return None
    back, _ = _one_way(snapshot, end, own)
    return back


def _one_way(snapshot: Snapshot, start: Node, ip: str) -> tuple[Verdict | None, Node | None]:
    """What stops a packet on its way, and the node that it ends at (None where that is outside the lab)."""
    node = start
    for _ in range(_HOPS):
        if _is_local(node, ip):
            lo = node.links.get("lo")
            return (link_down(lo, node.name) if lo and node is start else None), node
        if node is not start and (cause := _not_forwarding(node, ip)):
            return cause, None
        step = _next_hop(snapshot, node, ip)
        if not isinstance(step, Node):
            return step, None
        node = step
    says = f"The way from {target(start.name)} to {ip} goes round in a circle."
    return _cause("loop", says, start.name, _ROUTE), None


def _next_hop(snapshot: Snapshot, node: Node, ip: str) -> Node | Verdict | None:
    """The node that a packet gets to next, or what stops it here; None where the next hop lies outside the lab."""
    route = _usable_route(node, ip)
    if isinstance(route, Verdict):
        return route
    link = node.links.get(route.dev or "")
    if link and (cause := no_carrier(snapshot, link, node.name)):
        return cause
    hop = holder_of(snapshot, route.via or ip)
    if hop is None:
        return _nobody(node, route, ip)
    return _deaf(hop[0], hop[1].dev) or hop[0]


def _is_local(node: Node, ip: str) -> bool:
    return ip_address(ip).is_loopback or any(_host(a.cidr) == ip_address(ip) for a in node.addresses)


def _host(cidr: str) -> IPv4Address | IPv6Address:
    return ip_interface(cidr).ip


def _usable_route(node: Node, ip: str) -> Route | Verdict:
    """The route that a node takes, or the deepest cause for its having none."""
    route = route_to(node, ip)
    if route and route.kind not in {"unicast", "local"}:
        says = f"{subject(node.name)} has a route to {route.dst} of type {route.kind}: packets for {ip} stop there."
        return _cause("refused-by-route", says, node.name, _ROUTE)
    if route:
        return route
    links = [link for link in node.links.values() if link.name != "lo"]
    addressed = {a.dev for a in node.addresses}
    if not links:
        says = f"{subject(node.name)} has no link but lo, so no packet can leave it."
        return _cause("no-link", says, node.name, _LINK)
    for link in links:
        if link.name in addressed and (cause := link_down(link, node.name)):
            return cause
    if not addressed - {"lo"}:
        says = f"{subject(node.name)} has no address on {' or '.join(link.name for link in links)} yet."
        return _cause("no-address", says, node.name, _ADDRESS)
    return _cause("no-route", f"{subject(node.name)} has no route to {ip}.", node.name, _ROUTE)


def _nobody(node: Node, route: Route, ip: str) -> Verdict | None:
    """The next hop is on no node: a gap in the lab, unless the packet leaves it for somebody outside."""
    link = node.links.get(route.dev or "")
    leads_outside = link is not None and link.kind == "veth" and link.has_carrier and link.peer is None
    if route.via or leads_outside:
        return None
    on = (
        f"{ip} belongs to the network {route.dst} on {route.dev}"
        if route.dst != "default"
        else f"{ip} is on {route.dev}"
    )
    says = f"No node has the address {ip}. For {target(node.name)} {on}, and nobody there answers to it."
    return _cause("nobody", says, node.name, _ADDRESS)


def _deaf(node: Node, dev: str) -> Verdict | None:
    link = node.links.get(dev)
    return link_down(link, node.name) if link else None


def _not_forwarding(node: Node, ip: str) -> Verdict | None:
    key = "net.ipv4.ip_forward" if ip_address(ip).version == 4 else "net.ipv6.conf.all.forwarding"
    if node.sysctls.get(key, "1") != "0":
        return None
    says = f"{subject(node.name)} gets packets for {ip} but does not forward: {key} is 0 there."
    return _cause("not-forwarding", says, node.name, _FORWARDING)


def _source_address(node: Node, ip: str) -> str | None:
    """The address that a node puts into packets for a destination (RFC 1122, 3.3.4.3), where the snapshot tells it."""
    route = route_to(node, ip)
    if route is None or route.src:
        return route.src if route else None
    hop = ip_address(route.via or ip)
    own = [a.cidr for a in node.addresses if a.dev == route.dev and ip_interface(a.cidr).version == hop.version]
    fitting = [cidr for cidr in own if hop in ip_network(cidr, strict=False)]
    return str(_host((fitting or own)[0])) if own else None
