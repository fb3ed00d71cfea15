"""The labs that are measured on."""

from itertools import pairwise

from netshell.topology import NodeSpec, RouteSpec, Topology, parse_link


def pairs(nodes: int) -> Topology:
    """An even number of hosts, cabled two by two; each has an address and a default route."""
    names = [f"n{number}" for number in range(nodes)]
    links, routes = [], []
    for number in range(0, nodes, 2):
        net = f"10.0.{number // 2}"
        left, right = names[number], names[number + 1]
        links.append(parse_link(f"{left}:eth0 {net}.1/24 -- {right}:eth0 {net}.2/24"))
        routes += [RouteSpec(left, "default", f"{net}.2"), RouteSpec(right, "default", f"{net}.1")]
    return Topology(tuple(NodeSpec(name) for name in names), tuple(links), tuple(routes))


def star(hosts: int) -> Topology:
    """Hosts round a switch, each with an address and a default route to nobody: 10.0.0.1 is nobody's."""
    names = [f"h{number}" for number in range(1, hosts + 1)]
    links = [
        parse_link(f"{name}:eth0 10.0.{number // 256}.{number % 256}/16 -- sw:p{number - 1}")
        for number, name in enumerate(names, 2)
    ]
    nodes = (NodeSpec("sw", "switch"), *map(NodeSpec, names))
    return Topology(nodes, tuple(links), tuple(RouteSpec(name, "default", "10.0.0.1") for name in names))


def chain(routers: int) -> Topology:
    """Two hosts with so many routers in a row between them, and every route that they need."""
    names = ["h1", *(f"r{number}" for number in range(1, routers + 1)), "h2"]
    links, routes = [], [RouteSpec("h1", "default", "10.0.0.2"), RouteSpec("h2", "default", f"10.0.{routers}.1")]
    for number, (left, right) in enumerate(pairwise(names)):
        near, far = ("eth0" if left == "h1" else "eth2"), ("eth0" if right == "h2" else "eth1")
        links.append(parse_link(f"{left}:{near} 10.0.{number}.1/24 -- {right}:{far} 10.0.{number}.2/24"))
    for number in range(1, routers + 1):
        ahead, behind = range(number + 1, routers + 1), range(number - 1)
        routes += [RouteSpec(f"r{number}", f"10.0.{net}.0/24", f"10.0.{number}.2") for net in ahead]
        routes += [RouteSpec(f"r{number}", f"10.0.{net}.0/24", f"10.0.{number - 1}.1") for net in behind]
    nodes = [NodeSpec(name, "router" if name.startswith("r") else "host") for name in names]
    return Topology(tuple(nodes), tuple(links), tuple(routes))
