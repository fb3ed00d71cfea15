"""The labs that are measured on."""

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
