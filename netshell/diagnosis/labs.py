"""The standard labs in which the catalogue's faults are made."""

from collections.abc import Mapping

from netshell.topology import NodeSpec, Topology, parse_link, parse_route

LABS: Mapping[str, Topology] = {
    "cable": Topology(
        (NodeSpec("ns1"), NodeSpec("ns2")),
        (parse_link("ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24"),),
    ),
    "bridge": Topology(
        (NodeSpec("ns1"), NodeSpec("ns2"), NodeSpec("ns3"), NodeSpec("sw", "switch")),
        (
            parse_link("ns1:eth0 192.0.2.1/24 -- sw:port1"),
            parse_link("ns2:eth0 192.0.2.2/24 -- sw:port2"),
            parse_link("ns3:eth0 192.0.2.3/24 -- sw:port3"),
        ),
    ),
    "router": Topology(
        (NodeSpec("ns1"), NodeSpec("r1", "router"), NodeSpec("ns2")),
        (
            parse_link("ns1:eth0 192.0.2.1/24 -- r1:eth1 192.0.2.254/24"),
            parse_link("r1:eth2 198.51.100.254/24 -- ns2:eth0 198.51.100.2/24"),
        ),
        (parse_route("ns1", "default via 192.0.2.254"), parse_route("ns2", "default via 198.51.100.254")),
    ),
    "routers": Topology(
        (NodeSpec("ns1"), NodeSpec("r1", "router"), NodeSpec("r2", "router"), NodeSpec("ns2")),
        (
            parse_link("ns1:eth0 192.0.2.1/24 -- r1:eth1 192.0.2.254/24"),
            parse_link("r1:eth2 203.0.113.1/24 -- r2:eth1 203.0.113.2/24"),
            parse_link("r2:eth2 198.51.100.254/24 -- ns2:eth0 198.51.100.2/24"),
        ),
        (
            parse_route("ns1", "default via 192.0.2.254"),
            parse_route("r1", "198.51.100.0/24 via 203.0.113.2"),
            parse_route("r2", "192.0.2.0/24 via 203.0.113.1"),
            parse_route("ns2", "default via 198.51.100.254"),
        ),
    ),
    "home": Topology(
        (NodeSpec("ns1"), NodeSpec("r1", "router"), NodeSpec("ns2")),
        (
            parse_link("ns1:eth0 192.168.1.10/24 -- r1:eth1 192.168.1.1/24"),
            parse_link("r1:eth2 203.0.113.1/24 -- ns2:eth0 203.0.113.2/24"),
        ),
        (parse_route("ns1", "default via 192.168.1.1"), parse_route("ns2", "default via 203.0.113.1")),
    ),
}
"""Two hosts on a cable, three on a bridge, two with a router between them, two with two routers; a home with a private
network, which the world has a way to.
"""
