"""Faults of sockets, and what only packets show."""

from netshell.diagnosis.faults.fault import Example, Fault

_REFUSED = "nc: connect to 192.0.2.2 port 80 (tcp) failed: Connection refused"


def _serve(node: str, arguments: str) -> str:
    return f"(ip netns exec {node} timeout 60 nc {arguments} >/dev/null 2>&1 </dev/null &) && sleep 0.2"


PORT_FAULTS = (
    Fault(
        "nobody-listens",
        80,
        "nobody listens",
        "Packets get to {node} and back, but no program there {waits} {port}: {answer}.{hint}",
        "{serve}",
        "ports",
        f"TCP: {_REFUSED}; UDP: ICMP port unreachable",
        (
            Example("cable", (), "ns1 ns2:80", "ns2"),
            Example("router", (), "ns1 ns2:53/udp", "ns2"),
            Example("cable", (_serve("ns2", "-lkn 192.0.2.2 8080"),), "ns1 ns2:80", "ns2"),
        ),
    ),
    Fault(
        "loopback-only",
        81,
        "listening on loopback only",
        "{program} on {node} {listens} {bound} only: that address can be reached from {node} itself and from nowhere"
        " else.",
        "{serve}",
        "ports",
        f"{_REFUSED}, while it works on the server itself",
        (
            Example("cable", (_serve("ns2", "-lkn 127.0.0.1 80"),), "ns1 ns2:80", "ns2"),
            Example("cable", (_serve("ns2", "-uln 127.0.0.1 53"),), "ns1 ns2:53/udp", "ns2"),
        ),
    ),
    Fault(
        "other-address",
        82,
        "listening on another address",
        "{program} on {node} {listens} {bound} only, so it does not take what is sent to {target}.",
        "{serve}",
        "ports",
        _REFUSED,
        (Example("router", (_serve("r1", "-lkn 198.51.100.254 80"),), "ns1 192.0.2.254:80", "r1"),),
    ),
    Fault(
        "other-version",
        82,
        "listening for the other IP",
        "{program} on {node} {listens} {bound}, for {has} only, so it does not take what comes by {lacks}.",
        "{serve}",
        "ports",
        _REFUSED,
        (
            Example(
                "cable",
                ("ip netns exec ns2 sysctl -qw net.ipv6.bindv6only=1", _serve("ns2", "-6 -lkn 80")),
                "ns1 ns2:80",
                "ns2",
            ),
            Example(
                "cable",
                (
                    "for n in 1 2; do ip -n ns$n addr add 2001:db8::$n/64 dev eth0 nodad; done",
                    _serve("ns2", "-4 -lkn 80"),
                ),
                "ns1 [2001:db8::2]:80",
                "ns2",
            ),
        ),
    ),
    Fault(
        "other-interface",
        82,
        "listening at another interface",
        "{program} on {node} {listens} {bound} at {dev} only, so it does not take what comes in by {came}.",
        "",
        "ports",
        _REFUSED,
    ),
    Fault(
        "wrong-protocol",
        83,
        "the other protocol",
        "{program} on {node} {listens} {found}, not {port}: TCP and UDP have ports of their own.",
        "{serve}",
        "ports",
        _REFUSED,
        (
            Example("cable", (_serve("ns2", "-uln 80"),), "ns1 ns2:80", "ns2"),
            Example("cable", (_serve("ns2", "-lkn 53"),), "ns1 ns2:53/udp", "ns2"),
        ),
    ),
    Fault(
        "taken",
        84,
        "the socket talks to somebody else",
        "{program} on {node} has {port}, but takes datagrams from {remote} only since it was connected to it.",
        "",
        "ports",
        "ICMP port unreachable, though a program has the port",
    ),
)

SEEN_FAULTS = (
    Fault(
        "other-source",
        85,
        "answered from another address",
        "{source} asked {asked}, and {node} answered from {other}: for {source} that is no answer. A server of"
        " datagrams that listens on every address answers from the one that its route names; bound to {asked}, it"
        " answers from there.",
        "",
        "ports",
        "no answer, and ICMP port unreachable from the client itself",
    ),
    Fault(
        "ttl",
        90,
        "the TTL ran out",
        "{node} got the packet with TTL 1 and did not pass it on: it left {source} with TTL {ttl}, which is enough for"
        " {routers}.",
        "",
        "routing",
        "Time to live exceeded",
        (Example("router", (), "ns1 ns2", "r1", ("ip netns exec ns1 ping -t 1 -c 1 -W 1 198.51.100.2",)),),
        needs_packets=True,
    ),
    Fault(
        "unexplained",
        91,
        "stopped, and the state does not show why",
        "I cannot tell why, but here is what I saw: {saw}. Links, addresses, routes, filters and sockets look right on"
        " the whole way. If you have changed something since, try again first.",
        "",
        "firewall",
        _REFUSED,
        (
            Example(
                "router",
                ("tc -n r1 qdisc add dev eth2 root tbf rate 1mbit burst 60 limit 100",),
                "ns1 ns2",
                "r1",
                ("ip netns exec ns1 ping -c 1 -W 1 198.51.100.2",),
            ),
        ),
        needs_packets=True,
    ),
    Fault(
        "out-of-sight",
        92,
        "the way leads out of sight",
        "I cannot tell: {why}. As far as I see it, the way is right.",
        "",
        "routing",
        "the way leads out of the lab",
    ),
)
