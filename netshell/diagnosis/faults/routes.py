"""Faults of routes, routers and the way back."""

from netshell.diagnosis.faults.fault import Example, Fault

_UNREACHABLE = "connect: Network is unreachable"
_SILENT = "ping gets no answer at all"

ROUTE_FAULTS = (
    Fault(
        "no-route",
        40,
        "no route",
        "{node} has no route to {target}: no entry of its table takes {goods}, so they stop there.{hint}",
        "{mend}",
        "routing",
        f"at a host: {_UNREACHABLE}; at a router: it answers with Destination Net Unreachable",
        (
            Example("router", ("ip -n ns1 route del default",), "ns1 ns2", "ns1"),
            Example("routers", ("ip -n r1 route del 198.51.100.0/24",), "ns1 ns2", "r1"),
            Example(
                "routers",
                ("ip -n r1 route del 198.51.100.0/24", "ip -n r1 route add 198.51.100.0 via 203.0.113.2"),
                "ns1 ns2",
                "r1",
            ),
            Example("cable", ("ip -n ns1 route del 192.0.2.0/24",), "ns1 ns2", "ns1"),
            Example(
                "cable",
                (
                    "for n in ns1 ns2; do ip -n $n addr flush dev eth0; done",
                    "ip -n ns1 addr add 192.0.2.1 peer 192.0.2.3 dev eth0",
                    "ip -n ns2 addr add 192.0.2.2 peer 192.0.2.1 dev eth0",
                ),
                "ns1 ns2",
                "ns1",
            ),
        ),
    ),
    Fault(
        "dead-route",
        41,
        "a route that throws away",
        "The route {dst} of {node} is of type {kind}: {goods} are thrown away there.",
        "{mend}",
        "routing",
        "blackhole: silence or Invalid argument; unreachable: No route to host; prohibit: Packet filtered",
        (
            Example("router", ("ip -n r1 route add blackhole 198.51.100.2/32",), "ns1 ns2", "r1"),
            Example("router", ("ip -n ns2 route add unreachable 192.0.2.0/24",), "ns1 ns2", "ns2"),
        ),
    ),
    Fault(
        "redirected",
        41,
        "an ICMP redirect",
        "{node} sends {goods} to the gateway {gateway}, {why}: not by its table, but because a router told it so by an"
        " ICMP redirect, and it keeps to that for some minutes.",
        "{run} route flush cache",
        "routing",
        "the table is right; `ip route get` shows another gateway, `cache <redirected>`",
        (),
        "{run} route show cache",
    ),
    Fault(
        "lo-route",
        41,
        "a route that leads to lo",
        "The route {dst} of {node} leads to {link}, which leads nowhere else: {goods} do not leave {node}.",
        "{mend}",
        "routing",
        f"`ip route` shows `dev lo`; {_SILENT}",
        (
            Example("router", ("ip -n r1 route add 198.51.100.2/32 dev lo",), "ns1 ns2", "r1"),
            Example("router", ("ip -n ns1 route replace default dev lo",), "ns1 ns2", "ns1"),
        ),
    ),
    Fault(
        "wrong-gateway",
        42,
        "wrong gateway",
        "{node} sends {goods} to the gateway {gateway}, {why}.",
        "{mend}",
        "routing",
        f"ARP for the gateway that nobody answers, or {_SILENT}",
        (
            Example("router", ("ip -n ns1 route replace default via 192.0.2.99",), "ns1 ns2", "ns1"),
            Example("routers", ("ip -n r1 route replace 198.51.100.0/24 via 192.0.2.1",), "ns1 ns2", "r1"),
            Example("routers", ("ip -n r2 route replace 192.0.2.0/24 via 203.0.113.9",), "ns1 ns2", "r2"),
        ),
    ),
    Fault(
        "gateway-off-link",
        43,
        "the gateway is not on the link",
        "{node} sends {goods} to the gateway {gateway}, {why}. A gateway has to be on a link of {node}; the network of"
        " {link} is {networks}.",
        "{mend}",
        "routing",
        "Error: Nexthop has invalid gateway, when the route is set; else ARP that nobody answers",
        (
            Example("router", ("ip -n ns1 route replace default via 203.0.113.9 dev eth0 onlink",), "ns1 ns2", "ns1"),
            Example("router", ("ip -n ns2 route replace default via 203.0.113.9 dev eth0 onlink",), "ns1 ns2", "ns2"),
        ),
    ),
    Fault(
        "no-gateway",
        44,
        "a route without a gateway",
        "The route {dst} of {node} names {link} but no gateway, so {node} asks for the MAC of {target} on that link,"
        " where nobody has it: a router lies between.",
        "{mend}",
        "routing",
        "ARP questions for an address of another network",
        (
            Example("router", ("ip -n ns1 route replace default dev eth0",), "ns1 ns2", "ns1"),
            Example("router", ("ip -n ns2 route replace default dev eth0",), "ns1 ns2", "ns2"),
        ),
    ),
    Fault(
        "own-gateway",
        44,
        "a gateway that is oneself",
        "The route {dst} of {node} has {gateway} for its gateway, and that is an address of {node} itself: so {node}"
        " looks for {target} on {link} at once, where nobody has it. The gateway is the router at the other end.",
        "{mend}",
        "routing",
        "ARP questions for an address of another network",
        (
            Example("routers", ("ip -n r1 route replace 198.51.100.0/24 via 203.0.113.1",), "ns1 ns2", "r1"),
            Example("router", ("ip -n ns1 route replace default via 192.0.2.1",), "ns1 ns2", "ns1"),
        ),
    ),
    Fault(
        "wrong-interface",
        45,
        "the network lies on another interface",
        "{node} has {cidr} on {link}, so it takes {target} for an address on that link; but the cable to {other}"
        " is at {other_link}.",
        "",
        "routing",
        "ARP that nobody answers",
    ),
    Fault(
        "loop",
        46,
        "a routing loop",
        "{node} sends {goods} back to {back} by its route {dst}: they go round in a circle until their"
        " TTL has run out.",
        "{mend}",
        "static-routes",
        "ping: Time to live exceeded; traceroute shows the same two routers again and again",
        (
            Example("routers", ("ip -n r2 route add 198.51.100.2/32 via 203.0.113.1",), "ns1 ns2", "r2"),
            Example("routers", ("ip -n r1 route add 192.0.2.1/32 via 203.0.113.2",), "ns1 ns2", "r1"),
        ),
    ),
    Fault(
        "forwarding-off",
        50,
        "forwarding is off",
        "{goods} come to {node} by {link}, and {node} does not pass them on: {key} is 0 there, so it is no router.",
        "{run}",
        "routing",
        _SILENT,
        (
            Example("router", ("ip netns exec r1 sysctl -qw net.ipv4.ip_forward=0",), "ns1 ns2", "r1"),
            Example("routers", ("ip netns exec r2 sysctl -qw net.ipv4.ip_forward=0",), "ns1 ns2", "r2"),
        ),
    ),
    Fault(
        "rp-filter",
        55,
        "the reverse path filter",
        "{node} drops what comes from {source} by {link}: {key} {is} on, and an answer would leave {back}.",
        "{run}",
        "static-routes",
        f"{_SILENT}, while the packets arrive",
        (
            Example(
                "routers",
                (
                    "ip link add eth3 netns r1 type veth peer name eth3 netns r2",
                    "ip -n r1 addr add 10.0.0.1/24 dev eth3 && ip -n r1 link set eth3 up",
                    "ip -n r2 addr add 10.0.0.2/24 dev eth3 && ip -n r2 link set eth3 up",
                    "ip -n r1 route replace 198.51.100.0/24 via 10.0.0.2",
                    "ip netns exec r2 sysctl -qw net.ipv4.conf.all.rp_filter=1",
                ),
                "ns1 ns2",
                "r2",
            ),
            Example(
                "router",
                (
                    "ip -n r1 route replace 192.0.2.1/32 dev eth2",
                    "ip netns exec r1 sysctl -qw net.ipv4.conf.eth1.rp_filter=1",
                ),
                "ns1 ns2",
                "r1",
            ),
        ),
    ),
    Fault(
        "no-way-back",
        70,
        "no way back",
        "{node} has no route to {target}: the packets get to {end}, but the answers stop at {node}.{hint}",
        "{mend}",
        "static-routes",
        _SILENT,
        (
            Example("router", ("ip -n ns2 route del default",), "ns1 ns2", "ns2"),
            Example("routers", ("ip -n r2 route del 192.0.2.0/24",), "ns1 ns2", "r2"),
        ),
    ),
)
