"""Faults of settings that seldom matter: ports of bridges, ARP, rules of policy routing, TTL, MTU, echoes."""

from netshell.diagnosis.faults.fault import Example, Fault

_SILENT = "ping gets no answer at all"
_SILENT_ARP = "ARP is asked and nobody answers; ping: Destination Host Unreachable"
_MAC = "02:00:00:00:00:77"

SETTING_FAULTS = (
    Fault(
        "port-stopped",
        16,
        "a port of the bridge is shut",
        "{link} {place} is a port of the bridge {bridge}, and it is {why}{others}.",
        "{run}",
        "bridge",
        "`bridge -d link` shows the state; ARP is asked, and nobody answers",
        (
            Example("bridge", ("ip netns exec sw bridge link set dev port1 state 0",), "ns1 ns2", "sw"),
            Example("bridge", ("ip netns exec sw bridge link set dev port2 state 0",), "ns1 ns2", "sw"),
            Example(
                "bridge",
                ("for p in port1 port2; do ip netns exec sw bridge link set dev $p isolated on; done",),
                "ns1 ns2",
                "sw",
            ),
        ),
    ),
    Fault(
        "two-bridges",
        16,
        "in another bridge",
        "{link} {place} is a port of the bridge {bridge}, and the others are ports of {other}: two bridges on one node"
        " pass nothing to each other.",
        "{run} link set {link} master {other}",
        "bridge",
        "`bridge link` shows another master; ARP is asked, and nobody answers",
        (
            Example(
                "bridge",
                (
                    "ip -n sw link add br1 type bridge; ip -n sw link set br1 up",
                    "ip -n sw link set port2 master br1",
                ),
                "ns1 ns2",
                "sw",
            ),
            Example(
                "bridge",
                (
                    "ip -n sw addr add 192.0.2.9/24 dev br0",
                    "ip -n sw link add br1 type bridge; ip -n sw link set br1 up",
                    "ip -n sw link set port2 master br1",
                ),
                "ns1 ns2",
                "sw",
            ),
        ),
    ),
    Fault(
        "ipv6-off",
        19,
        "IPv6 is switched off",
        "{link} {place} has no IPv6 address, and can have none: {key} is 1 there.",
        "{switch} && {run} addr add {new} dev {link}",
        "ipv6",
        "`ip -6 addr` shows nothing; RTNETLINK answers: Permission denied",
        (
            Example(
                "cable",
                (
                    "for n in ns1 ns2; do ip -n $n addr flush dev eth0; done",
                    "ip -n ns1 addr add 2001:db8::1/64 dev eth0 nodad",
                    "ip netns exec ns2 sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1",
                ),
                "ns1 ns2",
                "ns2",
            ),
            Example(
                "cable",
                (
                    "ip -n ns1 addr add 2001:db8::1/64 dev eth0 nodad",
                    "ip netns exec ns2 sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1",
                ),
                "ns1 2001:db8::2",
                "ns2",
            ),
        ),
    ),
    Fault(
        "wrong-fdb",
        29,
        "a wrong entry in a bridge's table",
        "The bridge {bridge} {place} has an entry, set by hand, that sends frames for {mac} out of {link}: but that is"
        " the MAC of {other}, which lies elsewhere.",
        "{run}",
        "bridge",
        "`bridge fdb` shows the MAC with `permanent` or `sticky`; frames leave by the wrong port",
        (
            Example(
                "bridge",
                (
                    f"ip -n ns2 link set eth0 address {_MAC}",
                    f"ip netns exec sw bridge fdb replace {_MAC} dev port3 master static sticky",
                ),
                "ns1 ns2",
                "sw",
            ),
        ),
    ),
    Fault(
        "duplicate-mac",
        29,
        "the same MAC twice",
        "{link} {place} and {other} have the same MAC, {mac}: the bridge between them cannot tell where its frames"
        " belong.",
        "{run} link set {link} address {new}",
        "bridge",
        "now frames reach the one, now the other; the bridge's entry moves to and fro",
        (
            Example(
                "bridge",
                (f"ip -n ns1 link set eth0 address {_MAC}", f"ip -n ns2 link set eth0 address {_MAC}"),
                "ns1 ns2",
                "ns2",
            ),
            Example(
                "bridge",
                (f"ip -n ns2 link set eth0 address {_MAC}", f"ip -n ns3 link set eth0 address {_MAC}"),
                "ns1 ns2",
                "ns3",
            ),
        ),
    ),
    Fault(
        "arp-off",
        30,
        "ARP is switched off",
        "{link} {place} has ARP switched off (NOARP): {node} neither asks nor answers there, and no frame finds its"
        " goal.",
        "{run} link set {link} arp on",
        "ethernet",
        _SILENT_ARP,
        (
            Example("cable", ("ip -n ns1 link set eth0 arp off",), "ns1 ns2", "ns1"),
            Example("cable", ("ip -n ns2 link set eth0 arp off",), "ns1 ns2", "ns2"),
            Example("router", ("ip -n r1 link set eth2 arp off",), "ns1 ns2", "r1"),
        ),
    ),
    Fault(
        "arp-ignored",
        31,
        "ARP is ignored",
        "{node} does not answer when {asker} asks for the MAC behind {target}: {key} is {value} there.",
        "{run}",
        "ethernet",
        _SILENT_ARP,
        (
            Example("cable", ("ip netns exec ns2 sysctl -qw net.ipv4.conf.all.arp_ignore=8",), "ns1 ns2", "ns2"),
            Example("router", ("ip netns exec r1 sysctl -qw net.ipv4.conf.eth1.arp_ignore=8",), "ns1 ns2", "r1"),
            Example(
                "cable",
                (
                    "ip link add eth1 netns ns1 type veth peer name eth1 netns ns2",
                    "for n in ns1 ns2; do ip -n $n link set eth1 up; done",
                    "ip -n ns2 route add 192.0.2.1/32 dev eth1",
                    "ip netns exec ns2 sysctl -qw net.ipv4.conf.all.arp_filter=1",
                ),
                "ns1 ns2",
                "ns2",
            ),
        ),
    ),
    Fault(
        "dead-rule",
        41,
        "a rule that throws away",
        "Before {node} looks in its table, a rule of type {kind} ({rule} of `ip rule`) throws {goods} away.",
        "{mend}",
        "routing",
        "`ip route` is right, and yet: Network is unreachable, No route to host, or Invalid argument",
        (
            Example("router", ("ip -n ns1 rule add to 198.51.100.0/24 prohibit",), "ns1 ns2", "ns1"),
            Example("router", ("ip -n r1 rule add from 192.0.2.1 blackhole",), "ns1 ns2", "r1"),
            Example("router", ("ip -n ns2 rule add to 192.0.2.1 unreachable",), "ns1 ns2", "ns2"),
        ),
    ),
    Fault(
        "ttl-small",
        48,
        "the TTL is too small",
        "What {source} sends starts with TTL {ttl} ({key}), and {count} lie on the way: at {node} it is used up.",
        "{run}",
        "routing",
        "ping: Time to live exceeded, though the routes are right",
        (
            Example("router", ("ip netns exec ns1 sysctl -qw net.ipv4.ip_default_ttl=1",), "ns1 ns2", "ns1"),
            Example("routers", ("ip netns exec ns2 sysctl -qw net.ipv4.ip_default_ttl=2",), "ns1 ns2", "ns2"),
        ),
    ),
    Fault(
        "ttl-rewritten",
        49,
        "a rule sets the TTL",
        "The TTL of the packets ran out on the way. They left {source} with TTL {ttl}, which is enough, but {node}"
        " gives them another one by {rule}.",
        "{mend}",
        "routing",
        "ping: Time to live exceeded, though the routes are right",
        (
            Example(
                "router",
                ("ip netns exec r1 iptables -t mangle -A PREROUTING -i eth1 -j TTL --ttl-set 1",),
                "ns1 ns2",
                "r1",
                ("ip netns exec ns1 ping -c 1 -W 1 198.51.100.2",),
            ),
        ),
        needs_packets=True,
    ),
    Fault(
        "localnet-off",
        52,
        "the loopback's addresses from outside",
        "{node} drops {goods} that come in by {link}: only lo leads to 127.0.0.0/8 while {key} is 0 there. That {goods}"
        " come in at all is the work of a rule of NAT; a program that listens on an address of {link} needs no such"
        " setting.",
        "{run}",
        "nat",
        "a server on 127.0.0.1 works on its own node; behind DNAT it is never reached",
        (
            Example(
                "cable",
                (
                    "(ip netns exec ns2 timeout 60 nc -lkn 127.0.0.1 80 >/dev/null 2>&1 </dev/null &) && sleep 0.2",
                    "ip netns exec ns2 iptables -t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 127.0.0.1:80",
                ),
                "ns1 ns2:8080",
                "ns2",
            ),
        ),
    ),
    Fault(
        "echo-ignored",
        76,
        "pings are ignored",
        "Packets get to {node} and back, but it does not answer pings: {key} is 1 there. TCP and UDP are not touched.",
        "{run}",
        "routing",
        f"{_SILENT}, while connections work",
        (
            Example("cable", ("ip netns exec ns2 sysctl -qw net.ipv4.icmp_echo_ignore_all=1",), "ns1 ns2", "ns2"),
            Example("router", ("ip netns exec ns2 sysctl -qw net.ipv4.icmp_echo_ignore_all=1",), "ns1 ns2", "ns2"),
        ),
    ),
    Fault(
        "mtu-black-hole",
        86,
        "large packets vanish",
        "Small packets come through, large ones vanish without a word: {wide} sends up to {large} bytes, but {link}"
        " {place} takes {mtu} (its MTU). The ends of a link must have the same.",
        "{run} link set {link} mtu {large}",
        "mtu",
        "ping works, `ping -s 1400 -M do` gets no answer; connections open and then hang",
        (
            Example("cable", ("ip -n ns2 link set eth0 mtu 900",), "ns1 ns2", "ns2"),
            Example("bridge", ("ip -n sw link set port2 mtu 900",), "ns1 ns2", "sw"),
        ),
    ),
    Fault(
        "mtu-small",
        87,
        "too large for the way",
        "{node} gave the packet up: it is larger than the {mtu} bytes that {link} takes, and must not be cut (DF)."
        " `ping -s {payload}` fits.",
        "{mend}",
        "mtu",
        "Frag needed and DF set",
        (
            Example(
                "router",
                ("ip -n r1 link set eth2 mtu 900", "ip -n ns2 link set eth0 mtu 900"),
                "ns1 ns2",
                "r1",
                ("ip netns exec ns1 ping -c 1 -W 1 -s 1200 -M do 198.51.100.2",),
            ),
        ),
        needs_packets=True,
    ),
    Fault(
        "mtu-silent",
        88,
        "too large for the way, and nobody is told",
        "{node} did not pass a packet of {length} bytes on: {link} takes {mtu} (its MTU). It says so with an ICMP error"
        " (fragmentation needed), and that did not come back to {source}, which goes on sending too much.",
        "{mend}",
        "mtu",
        "ping works, `ping -s 1400 -M do` gets no answer; connections open and then hang",
        (
            Example(
                "router",
                (
                    "ip -n r1 link set eth2 mtu 900",
                    "ip -n ns2 link set eth0 mtu 900",
                    "ip netns exec r1 iptables -A OUTPUT -p icmp --icmp-type fragmentation-needed -j DROP",
                ),
                "ns1 ns2",
                "r1",
                ("ip netns exec ns1 ping -c 1 -W 1 -s 1200 -M do 198.51.100.2",),
            ),
        ),
        needs_packets=True,
    ),
)
