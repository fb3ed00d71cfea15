"""Faults of addresses, prefixes and neighbour entries."""

from netshell.diagnosis.faults.fault import Example, Fault

_SILENT_ARP = "ARP is asked and nobody answers; ping: Destination Host Unreachable"
_CHANGE = "{run} addr add {new} dev {link} && {run} addr del {cidr} dev {link}"

ADDRESS_FAULTS = (
    Fault(
        "no-address",
        20,
        "no address",
        "{link} {place} has no {family} address: without one {node} can neither send over that link nor be reached.",
        "{run} addr add {new} dev {link}",
        "addresses",
        "`ip addr` shows no inet line; connect: Network is unreachable",
        (
            Example("cable", ("ip -n ns1 addr flush dev eth0",), "ns1 ns2", "ns1"),
            Example("cable", ("ip -n ns2 addr flush dev eth0",), "ns1 ns2", "ns2"),
            Example("cable", ("ip -n ns2 addr flush dev eth0",), "ns1 192.0.2.2", "ns2"),
            Example("router", ("ip -n r1 addr flush dev eth1",), "ns1 ns2", "r1"),
        ),
    ),
    Fault(
        "address-on-port",
        21,
        "the address is on a port of the bridge",
        "{cidr} is set on {link} {place}, a port of the bridge {bridge}: what comes in at a port goes to the bridge,"
        " so the address belongs on {bridge}.",
        "{mend}",
        "bridge",
        "ARP is answered now and then, ping never",
        (
            Example("bridge", ("ip -n sw addr add 192.0.2.9/24 dev port1",), "ns1 sw", "sw"),
            Example(
                "bridge",
                (
                    "ip -n sw addr add 192.0.2.9/24 dev port1",
                    "ip netns exec ns1 ping -c 1 -W 0.2 192.0.2.9 || true",
                    "ip -n sw addr add 192.0.2.9/24 dev br0",
                ),
                "ns1 192.0.2.9",
                "sw",
            ),
        ),
    ),
    Fault(
        "address-on-lo",
        21,
        "the address is on lo",
        "{cidr} is set on {link} {place}, and of a network on lo every address is {node}'s own: it keeps packets for"
        " {target} to itself.",
        "{run} addr del {cidr} dev {link}",
        "loopback",
        "ping is answered, even with the cable pulled out: by the node itself",
        (
            Example(
                "cable",
                ("ip -n ns1 addr add 192.0.2.1/24 dev lo", "ip -n ns1 addr del 192.0.2.1/24 dev eth0"),
                "ns1 ns2",
                "ns1",
            ),
        ),
    ),
    Fault(
        "address-elsewhere",
        22,
        "the address is on another interface",
        "{cidr} is set on {old} {place}, but the cable from {other} comes in at {link}.",
        "{run} addr del {cidr} dev {old} && {run} addr add {cidr} dev {link}",
        "addresses",
        "the address is there, but its interface leads nowhere",
        (
            Example(
                "cable",
                (
                    "ip -n ns2 link add eth1 type veth peer name eth2",
                    "ip -n ns2 link set eth1 up",
                    "ip -n ns2 addr del 192.0.2.2/24 dev eth0",
                    "ip -n ns2 addr add 192.0.2.2/24 dev eth1",
                ),
                "ns1 ns2",
                "ns2",
            ),
        ),
    ),
    Fault(
        "wrong-prefix",
        23,
        "wrong prefix length",
        "{link} {place} has {cidr}: its network is {wrong_network}, {because}."
        " {other} has {other_cidr}, and on one link the prefix length is the same for all.",
        _CHANGE,
        "addresses",
        "one side takes the other for a neighbour, but not the other way round",
        (
            Example(
                "cable",
                ("ip -n ns1 addr flush dev eth0", "ip -n ns1 addr add 192.0.2.1/32 dev eth0"),
                "ns1 ns2",
                "ns1",
            ),
            Example(
                "cable",
                (
                    "ip -n ns2 addr flush dev eth0",
                    "ip -n ns2 addr add 192.0.2.200/30 dev eth0",
                ),
                "ns1 ns2",
                "ns2",
            ),
            Example(
                "router",
                ("ip -n ns1 addr add 192.0.2.1/1 dev eth0", "ip -n ns1 addr del 192.0.2.1/24 dev eth0"),
                "ns1 ns2",
                "ns1",
            ),
            Example(
                "router",
                ("ip -n ns2 addr add 198.51.100.2/1 dev eth0", "ip -n ns2 addr del 198.51.100.2/24 dev eth0"),
                "ns1 ns2",
                "ns2",
            ),
        ),
    ),
    Fault(
        "wrong-network",
        24,
        "wrong network",
        "{link} {place} has {cidr}, an address of the network {wrong_network}, but its link is that of {network}:"
        " {other} has {other_cidr} there.",
        _CHANGE,
        "addresses",
        "connect: Network is unreachable, or ARP that nobody answers",
        (
            Example(
                "cable",
                ("ip -n ns2 addr flush dev eth0", "ip -n ns2 addr add 203.0.113.2/24 dev eth0"),
                "ns1 ns2",
                "ns2",
            ),
            Example(
                "bridge",
                ("ip -n ns1 addr flush dev eth0", "ip -n ns1 addr add 203.0.113.1/24 dev eth0"),
                "ns1 ns2",
                "ns1",
            ),
            Example(
                "router",
                ("ip -n ns2 addr add 192.0.2.2/24 dev eth0", "ip -n ns2 addr del 198.51.100.2/24 dev eth0"),
                "ns1 ns2",
                "ns2",
            ),
        ),
    ),
    Fault(
        "broadcast-address",
        25,
        "the broadcast address of a network",
        "{target} is the broadcast address of {network}: for {node}, with {cidr} on {link}, it means everybody there"
        " and no single node.",
        "{mend}",
        "addresses",
        "ping: Do you want to ping broadcast? Then -b",
        (
            Example(
                "cable",
                ("ip -n ns2 addr flush dev eth0", "ip -n ns2 addr add 192.0.2.255/24 dev eth0"),
                "ns1 ns2",
                "ns2",
            ),
            Example(
                "cable",
                (
                    "ip -n ns1 addr flush dev eth0",
                    "ip -n ns1 addr add 192.0.2.1/30 dev eth0",
                    "ip -n ns2 addr flush dev eth0",
                    "ip -n ns2 addr add 192.0.2.3/24 dev eth0",
                ),
                "ns1 ns2",
                "ns1",
            ),
        ),
    ),
    Fault(
        "duplicate-address",
        26,
        "the same address twice",
        "{ip} is set twice: on {other} and on {link} {place}. {whose}.",
        "{mend}",
        "addresses",
        "now this node answers, now that one; connections break off; or the node answers itself",
        (
            Example(
                "cable", ("ip -n ns2 addr flush dev eth0", "ip -n ns2 addr add 192.0.2.1/24 dev eth0"), "ns1 ns2", "ns2"
            ),
            Example("bridge", ("ip -n ns3 addr add 192.0.2.2/24 dev eth0",), "ns1 ns2", "ns3"),
            Example("bridge", ("ip -n ns3 addr add 192.0.2.1/24 dev eth0",), "ns1 ns2", "ns3"),
            Example(
                "bridge",
                (
                    "for n in ns1 ns2 ns3; do ip -n $n addr flush dev eth0 scope global; done",
                    "ip -n ns1 addr add 2001:db8::1/64 dev eth0 nodad",
                    "ip -n ns3 addr add 2001:db8::2/64 dev eth0 nodad",
                    "ip -n ns2 addr add 2001:db8::2/64 dev eth0; sleep 1.5",
                ),
                "ns1 ns2",
                "ns3",
            ),
        ),
    ),
    Fault(
        "nobody",
        28,
        "an address that nobody has",
        "No node has the address {target}: {node} asks for its MAC on the link of {link}, and nobody answers.{hint}",
        "",
        "ethernet",
        _SILENT_ARP,
        (Example("cable", (), "ns1 192.0.2.9", "ns1"), Example("router", (), "ns1 198.51.100.9", "r1")),
    ),
    Fault(
        "same-network",
        29,
        "one network on two links",
        "{node} takes {target} for an address on the link of {link}, where nobody has it: {other} has it, on another"
        " link, behind {router}. Both links have the network {network}, and a router needs a network of its own for"
        " each.",
        "",
        "addresses",
        _SILENT_ARP,
        (
            Example(
                "router",
                (
                    "ip -n ns2 addr add 192.0.2.200/24 dev eth0; ip -n ns2 addr del 198.51.100.2/24 dev eth0",
                    "ip -n r1 addr add 192.0.2.253/24 dev eth2; ip -n r1 addr del 198.51.100.254/24 dev eth2",
                    "ip -n ns2 route replace default via 192.0.2.253",
                ),
                "ns1 ns2",
                "ns1",
            ),
        ),
    ),
    Fault(
        "wrong-mac",
        30,
        "a wrong MAC in the neighbour table",
        "{node} has {set} for {target} with the MAC {mac}{whose}; {right}."
        " The frames reach the wrong interface or none.",
        "{run}",
        "ethernet",
        "`ip neigh` shows PERMANENT; no ARP question is asked, and nothing comes back",
        (
            Example(
                "cable",
                ("ip -n ns1 neigh replace 192.0.2.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",),
                "ns1 ns2",
                "ns1",
            ),
            Example(
                "router",
                ("ip -n r1 neigh replace 198.51.100.2 lladdr 02:00:00:00:00:99 dev eth2 nud permanent",),
                "ns1 ns2",
                "r1",
            ),
            Example(
                "router",
                ("ip -n ns2 neigh replace 198.51.100.254 lladdr 02:00:00:00:00:99 dev eth0 nud permanent",),
                "ns1 ns2",
                "ns2",
            ),
        ),
    ),
    Fault(
        "unanswered",
        31,
        "ARP is not answered",
        "{node} asks on the link of {link} who has {target}, and nobody there answers.",
        "",
        "ethernet",
        _SILENT_ARP,
    ),
    Fault(
        "arp-unanswered",
        32,
        "ARP arrives and is not answered",
        "{node} asked who has {target}. The question came to {other}, which has that address, and no answer left there."
        " What netshell reads of {other} does not show why.",
        "",
        "ethernet",
        _SILENT_ARP,
        (
            Example(
                "cable",
                (
                    "ip -n ns1 neigh flush all",
                    (
                        "ip netns exec ns2 nft"
                        " 'add table arp f; add chain arp f c { type filter hook input priority 0; policy drop; }'"
                    ),
                ),
                "ns1 ns2",
                "ns2",
                ("ip netns exec ns1 ping -c 1 -W 1 192.0.2.2",),
            ),
        ),
        needs_packets=True,
    ),
)
