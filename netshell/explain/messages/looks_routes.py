"""What a message has to do with the addresses and routes that are there. A look gives what `looks_links` says."""

from ipaddress import IPv4Address, IPv4Interface, IPv6Address, IPv6Interface

from netshell.explain.messages.scene import (
    Scene,
    did_you_mean,
    has_ip,
    holders,
    interface_of,
    ip_of,
    listing,
    own_addresses,
    place,
    subject,
    target,
)
from netshell.facts import Neighbour, Node, Route, route_to


def gateway(scene: Scene) -> str | None:
    """Why a gateway cannot be one: it is in none of the node's networks, or not behind this interface."""
    via, node = scene.run.after("via"), scene.node
    wanted = ip_of(via)
    if node is None or wanted is None:
        return None
    if wanted.is_link_local and wanted.version == 6:
        return ""
    if has_ip(node, via):
        return f"{via} is {target(node.name)}'s own address."
    return _far_gateway(scene, node, via, wanted)


def _far_gateway(scene: Scene, node: Node, via: str, wanted: IPv4Address | IPv6Address) -> str | None:
    near = [(each, interface) for each, interface in _interfaces(node) if wanted in interface.network]
    for dev, interface in near:
        network = interface.network
        if not node.links[dev].is_up:
            return f"{interface} is set on {dev}, but {dev} is DOWN, so there is no route to {network} yet."
        if (
            network.version == 4
            and network.prefixlen < 31
            and wanted in {network.network_address, network.broadcast_address}
        ):
            which = "the network itself" if wanted == network.network_address else "every host of it (broadcast)"
            return f"In {network}, {via} stands for {which}, not for one machine."
    out = scene.run.after("dev")
    if near:
        dev = near[0][0]
        return f"{via} is behind {dev}, not behind {out}." if out and out not in {each for each, _ in near} else None
    reached = route_to(node, via)
    return None if reached and not reached.via and not out else _no_network(scene, node, via)


def _no_network(scene: Scene, node: Node, via: str) -> str:
    version = 6 if ":" in via else 4
    has = own_addresses(node, version)
    if not has:
        return f"{scene.who} has no IPv{version} address yet, so nobody is a neighbour of it."
    return f"{via} is in no network that {target(node.name)} has an address in: it has {has}."


def _interfaces(node: Node) -> list[tuple[str, IPv4Interface | IPv6Interface]]:
    """The node's addresses with their networks, by interface."""
    pairs = ((each.dev, interface_of(each.cidr)) for each in node.addresses)
    return [(dev, interface) for dev, interface in pairs if interface and dev in node.links]


def no_route(scene: Scene) -> str | None:
    """Why a node has no way to where the run wanted to go: no link, no address, nothing UP, or no route that fits."""
    to, node = scene.target, scene.node
    wanted = ip_of(to)
    if node is None:
        return None
    if wanted is None:
        return ""
    if wanted.is_loopback:
        lo = node.links.get("lo")
        return f"{to} is behind lo, and lo {scene.place} is DOWN." if lo and not lo.is_up else None
    return None if route_to(node, to) else _missing_way(scene, node, to)


def no_way_to(scene: Scene) -> str | None:
    """The same, also where a router further on is the one that has no route."""
    route = route_to(scene.node, scene.target) if scene.node and ip_of(scene.target) else None
    return _router_without(scene, route.via, scene.target) if route and route.via else no_route(scene)


def special_route(scene: Scene) -> str | None:
    """Only for a route that sends nothing on: unreachable, prohibit, blackhole."""
    route = route_to(scene.node, scene.target) if scene.node and ip_of(scene.target) else None
    return (
        f"{scene.who} has the route `{in_words(route)}`." if route and route.kind not in {"unicast", "local"} else None
    )


def _missing_way(scene: Scene, node: Node, to: str) -> str:
    links = [link for link in node.links.values() if link.name != "lo"]
    if not links:
        return f"{scene.who} has no interface but lo."
    wanted = ip_of(to)
    for dev, interface in _interfaces(node):
        if not node.links[dev].is_up and wanted in interface.network:
            return f"{dev} has {interface}, but it is DOWN, and its route comes when it is UP."
    if not own_addresses(node, wanted.version if wanted else 4):
        return f"{scene.who} has no address on {listing(link.name for link in links)} yet."
    known = [route.dst for route in _table(node) if route.family == (wanted.version if wanted else 4)]
    routes = f"its routes lead to {listing(known)} only" if known else "it has no route at all"
    return f"{scene.who} has no route to {to}: {routes}."


def _router_without(scene: Scene, ip: str, to: str) -> str | None:
    """The router that has no route to an address."""
    for router, _ in holders(scene.snapshot, ip):
        if route_to(router, to) is None and not has_ip(router, to):
            return (
                f"{scene.who} sends it to {target(router.name)} ({ip}), and {target(router.name)} has no route to {to}."
            )
    return None if holders(scene.snapshot, ip) else ""


def router(scene: Scene) -> str | None:
    """Whose address a complaint came from, and what that node lacks."""
    origin, to = scene.part("from"), scene.target
    for node, _ in holders(scene.snapshot, origin):
        if not ip_of(to) or route_to(node, to) is not None:
            return f"{origin} is {target(node.name)}." if node.name != scene.run.node else ""
        return f"{origin} is {target(node.name)}, and {target(node.name)} has no route to {to}."
    return ""


def nobody(scene: Scene) -> str | None:
    """Who asked for a MAC address and got no answer, and whose the address is."""
    origin, to = scene.part("from"), scene.target
    if not ip_of(to):
        return ""
    asking = next((node for node, _ in holders(scene.snapshot, origin)), None) if origin else scene.node
    if asking is None:
        return ""
    failed = _failed(asking, to)
    if failed is None:
        return ""
    asked = f"{subject(asking.name)} asked on {failed.dev} who has {failed.ip}, and nobody answered"
    return f"{asked}; {_holder(scene, failed)}."


def _failed(node: Node, to: str) -> Neighbour | None:
    """The neighbour without an answer that the way to an address leads over."""
    route = route_to(node, to)
    hop = route.via if route and route.via else to
    states = {"FAILED", "INCOMPLETE"}
    return next((each for each in node.neighbours if each.ip == hop and each.state in states), None)


def _holder(scene: Scene, failed: Neighbour) -> str:
    found = holders(scene.snapshot, failed.ip)
    if not found:
        return "no node has that address"
    node, address = found[0]
    link = node.links.get(address.dev)
    if link and not link.is_up:
        return f"{target(node.name)} has it on {address.dev}, which is DOWN"
    return f"{target(node.name)} has it on {address.dev}"


def unanswered(scene: Scene) -> str | None:
    """Why no answer can have come: a router without a route, a neighbour that is silent, or the link right here."""
    route = route_to(scene.node, scene.target) if scene.node and ip_of(scene.target) else None
    lost = _router_without(scene, route.via, scene.target) if route and route.via else ""
    return lost or nobody(scene) or silent(scene)


def silent(scene: Scene) -> str | None:
    """What is certain to swallow a packet right here: `lo` DOWN, or a link without a carrier."""
    to, node = scene.target, scene.node
    wanted = ip_of(to)
    if node is None or wanted is None:
        return ""
    lo = node.links.get("lo")
    if wanted.is_loopback or has_ip(node, to):
        return (
            f"{to} is {target(node.name)} itself, and the way to itself leads over lo, which is DOWN."
            if lo and not lo.is_up
            else ""
        )
    route = route_to(node, to)
    link = node.links.get(route.dev or "") if route else None
    if link and link.is_up and not link.has_carrier:
        return f"The way leads out of {link.name}, which has no carrier: look at its other end."
    return ""


def route_there(scene: Scene) -> str | None:
    """The entry that stands in the way of a new one."""
    typed = set(scene.run.words[3:])
    wanted = {"default" if word in {"0.0.0.0/0", "::/0"} else word for word in typed}
    wanted |= {f"{word}/32" for word in typed if ip_of(word)}
    found = [route for route in (_table(scene.node) if scene.node else ()) if route.dst in wanted]
    return f"There is `{in_words(found[0])}`." if found else None


def routes(scene: Scene) -> str | None:
    """The routes that are there, in place of one that is not."""
    if scene.node is None:
        return None
    table = [route for route in _table(scene.node) if route.family == 4]
    for route in table:
        network, _, length = route.dst.partition("/")
        if length not in {"", "32"} and network in scene.run.words:
            return f"{network} alone is that one address; there is `{in_words(route)}`."
    known = [in_words(route) for route in table]
    return f"There is {listing(f'`{route}`' for route in known)}." if known else f"{scene.who} has no route at all."


def _table(node: Node) -> list[Route]:
    """The main table, without what the kernel keeps there for itself."""
    return [
        route for route in node.routes if route.table == "main" and not route.dst.lower().startswith(("fe80:", "ff00:"))
    ]


def in_words(route: Route) -> str:
    """A route as `ip route` writes it: `default via 192.0.2.254 dev eth0`."""
    kind = "" if route.kind == "unicast" else f"{route.kind} "
    via = f" via {route.via}" if route.via else ""
    dev = f" dev {route.dev}" if route.dev else ""
    return f"{kind}{route.dst}{via}{dev}"


def no_way(scene: Scene) -> str | None:
    """Only for a route that names neither a gateway nor an interface."""
    return None if {"via", "dev", "nexthop"} & set(scene.run.words) else ""


def host_bits(scene: Scene) -> str | None:
    """The network that a destination with bits behind its prefix lies in."""
    for word in (scene.part("network"), *scene.run.words[1:]):
        interface = interface_of(word) if "/" in word else None
        if interface and interface.ip != interface.network.network_address:
            return f"The network that {word} lies in is written {interface.network}."
    return None


def address_there(scene: Scene) -> str | None:
    """Where the address is set that was to be added."""
    for word in scene.run.words[1:]:
        for each in scene.node.addresses if scene.node else ():
            if ip_of(word.partition("/")[0]) == ip_of(each.cidr.partition("/")[0]) is not None:
                return f"{each.dev} has {each.cidr}."
    return None


def addresses(scene: Scene) -> str | None:
    """Whose the address is that this node does not have, and which it has."""
    node = scene.node
    if node is None:
        return None
    chosen = scene.part("host") or scene.run.after("-I", "-s", "--bind", "-b")
    typed = [word for word in ([chosen] if chosen else scene.run.words[1:]) if ip_of(word.partition("/")[0])]
    bare = [word.partition("/")[0] for word in typed]
    wanted = next((word for word in bare if not has_ip(node, word)), "")
    if typed and not wanted:
        return _set_otherwise(node, typed[0]) if scene.run.tool == "ip" else None
    version = 6 if ":" in wanted else 4
    has = own_addresses(node, version)
    own = f"{scene.who} has {has or f'no IPv{version} address yet'}."
    others = [other.name for other, _ in holders(scene.snapshot, wanted) if other.name != node.name]
    return f"{wanted} is {place(others[0])}. {own}" if others else own


def _set_otherwise(node: Node, typed: str) -> str | None:
    """The address is there, with another prefix length or on another interface."""
    alike = [each for each in node.addresses if ip_of(each.cidr.partition("/")[0]) == ip_of(typed.partition("/")[0])]
    return f"{alike[0].dev} has {alike[0].cidr}: prefix length and interface are part of it." if alike else None


def typed_address(scene: Scene) -> str | None:
    """What is wrong with a text that should have been an address."""
    text = scene.part("text") or scene.part("name")
    return _fault(text) or did_you_mean(text, ("default",))


def _fault(text: str) -> str:
    """What keeps a text of digits and dots from being an IPv4 address; empty where it is no such text."""
    address, _, length = text.partition("/")
    groups = address.split(".")
    if len(groups) < 3 or not all(group.isascii() and group.isdecimal() and len(group) < 6 for group in groups):
        return ""
    if len(groups) != 4:
        return f"An IPv4 address has four numbers, and {address} has {len(groups)}."
    big = next((group for group in groups if int(group) > 255), "")
    if big:
        return f"In {address} the number {big} is more than 255."
    return (
        f"A prefix length is 32 at most, and {length} is more."
        if length.isdecimal() and len(length) < 6 and int(length) > 32
        else ""
    )


def typed_name(scene: Scene) -> str | None:
    """What a name was meant for that no resolver knows: an address with a slip, or a namespace."""
    name = scene.part("name") or scene.part("host")
    if fault := _fault(name):
        return fault
    if ip_of(name.partition("/")[0]) and "/" in name:
        return "A host is named without a prefix length."
    node = scene.snapshot.node(name)
    if node is None:
        return ""
    own = [each.cidr.partition("/")[0] for each in node.addresses if each.dev != "lo" and each.scope != "link"]
    has = f"it has {listing(own)}" if own else "it has no address yet"
    return f"{name} is a namespace, and {scene.run.tool} knows nothing of those: {has}."


def broadcast(scene: Scene) -> str | None:
    """The network whose broadcast address was typed, or the route that forbids."""
    to, node = scene.target, scene.node
    wanted = ip_of(to)
    if node is None or wanted is None:
        return ""
    for dev, interface in _interfaces(node):
        network = interface.network
        if network.version == 4 and network.prefixlen < 31 and wanted == network.broadcast_address:
            return f"{to} is the broadcast address of {network}, the network of {dev}."
    route = route_to(node, to)
    return f"{scene.who} has the route {in_words(route)}." if route and route.kind == "prohibit" else ""


def dhcp_range(scene: Scene) -> str | None:
    """What is wrong with the addresses of a range."""
    ranges = [word.partition("=")[2] for word in scene.run.words if word.startswith("--dhcp-range=")]
    ranges.append(scene.run.after("--dhcp-range", "-F"))
    return next(filter(None, (_fault(piece) for each in ranges for piece in each.split(","))), "")
