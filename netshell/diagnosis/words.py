"""Nodes in sentences, and lines of state as the tools would show them, in short."""

from netshell.facts import PC, Link, Neighbour, Node, Route, Socket, end_of

_WORDS = ("the ", "a program", "packets ", "answers ")
_NO_STATE = frozenset({"", "UNKNOWN"})


def named(node: str) -> str:
    """`ns1`, or `the PC`."""
    return "the PC" if node == PC else node


def place(node: str) -> str:
    """`in ns1`, or `on the PC`."""
    return "on the PC" if node == PC else f"in {node}"


def sentences(text: str) -> str:
    """With a capital where a word of ours begins a sentence; the names of nodes are not touched."""
    text = text.strip().replace(". the PC", ". The PC").replace(". a program", ". A program")
    return text[0].upper() + text[1:] if text.startswith(_WORDS) else text


def ip_on(node: str) -> str:
    """How a command line for `ip` begins on a node: `ip -n ns1`, on the PC `ip`."""
    return "ip" if node == PC else f"ip -n {node}"


def run_on(node: str, command: str) -> str:
    """How another command is given on a node."""
    return command if node == PC else f"ip netns exec {node} {command}"


def link_line(node: str, link: Link) -> str:
    """`ns1: eth0: <NO-CARRIER,UP> state LOWERLAYERDOWN`."""
    flags = ["NO-CARRIER"] * (link.is_up and not link.has_carrier) + ["UP"] * link.is_up
    flags += ["LOWER_UP"] * (link.is_up and link.has_carrier)
    state = "" if link.state in _NO_STATE else f" state {link.state}"
    master = f" master {link.master}" if link.master else ""
    shown = f" <{','.join(flags)}>" if flags else ""
    return f"{node}: {link.name}:{shown}{master}{state or ' state DOWN' * (not link.is_up)}"


def address_line(node: Node, dev: str) -> str:
    """`ns1: eth0 inet 192.0.2.1/24`, or that there is none; those that IPv6 makes for each link are left out."""
    own = [a.cidr for a in node.addresses if a.dev == dev and a.scope != "link"]
    found = [f"{'inet6' if ':' in cidr else 'inet'} {cidr}" for cidr in own]
    return f"{node.name}: {dev} {' '.join(found) or 'has no address'}"


def route_line(node: str, ip: str, route: Route | None) -> str:
    """What the kernel's look-up gives for an address: the entry of the table that decides."""
    if route is None:
        return f"{node}: no route to {ip}"
    kind = "" if route.kind == "unicast" else f"{route.kind} "
    via = f" via {route.via}" if route.via else ""
    dev = f" dev {route.dev}" if route.dev else ""
    return f"{node}: {ip} by the route {kind}{route.dst}{via}{dev}{in_table(route)}"


def in_table(route: Route) -> str:
    """` table 15`, for a route that stands not in the main one."""
    return "" if route.table in {"main", "default"} or " " in route.table else f" table {route.table}"


def table_lines(node: Node) -> list[str]:
    """The main table's entries that lead anywhere, one a line."""
    shown = [r for r in node.routes if r.table == "main" and not r.dst.startswith(("fe80", "ff00"))]
    return [
        f"{node.name}: route {r.dst}{f' via {r.via}' if r.via else ''}{f' dev {r.dev}' if r.dev else ''}" for r in shown
    ]


def neighbour_line(node: str, entry: Neighbour) -> str:
    """`ns1: 192.0.2.2 dev eth0 lladdr 02:00:00:00:00:01 PERMANENT`."""
    mac = f" lladdr {entry.mac}" if entry.mac else ""
    return f"{node}: {entry.ip} dev {entry.dev}{mac} {entry.state}"


def setting(node: Node, key: str) -> str:
    """A kernel setting, from a snapshot or its details; empty where neither has it."""
    return node.sysctls.get(key) or (node.details.sysctls.get(key, "") if node.details else "")


def sysctl_line(node: Node, key: str) -> str:
    """`r1: net.ipv4.ip_forward = 0`."""
    return f"{node.name}: {key} = {setting(node, key) or '?'}"


def socket_line(node: str, socket: Socket) -> str:
    """`ns2: tcp LISTEN 127.0.0.1:80 nc`."""
    remote = f" {end_of(socket.remote, socket.remote_port)}" if socket.remote else ""
    local = end_of(f"{socket.local}%{socket.dev}" if socket.dev else socket.local, socket.local_port)
    return f"{node}: {socket.protocol} {socket.state} {local}{remote} {socket.program}".rstrip()
