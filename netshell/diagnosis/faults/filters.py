"""Faults of packet filters and of address translation."""

from netshell.diagnosis.faults.fault import Example, Fault

_SILENT = "ping gets no answer at all; a connection is tried again and again"
_SERVE = "(ip netns exec {} timeout 60 nc {} >/dev/null 2>&1 </dev/null &) && sleep 0.2"


def _nft(node: str, chain: str, rule: str = "") -> str:
    made = f"add table ip f; add chain ip f c {{ {chain}; }}"
    return f"ip netns exec {node} nft '{made}{f'; add rule ip f c {rule}' if rule else ''}'"


def _iptables(node: str, rule: str, program: str = "iptables-nft") -> str:
    return f"ip netns exec {node} {program} {rule}"


_NO_WAY = "ip -n ns2 route del default"
_WEB = _SERVE.format("ns2", "-lkn 80")

FILTER_FAULTS = (
    Fault(
        "filter-drop",
        60,
        "a filter drops it",
        "{node} drops {goods} {where}, {by}.",
        "{mend}",
        "firewall",
        _SILENT,
        (
            Example("cable", (_iptables("ns2", "-A INPUT -p icmp -j DROP"),), "ns1 ns2", "ns2"),
            Example("cable", (_iptables("ns1", "-A OUTPUT -d 192.0.2.2 -j DROP"),), "ns1 ns2", "ns1"),
            Example("router", (_iptables("r1", "-P FORWARD DROP"),), "ns1 ns2", "r1"),
            Example("router", (_nft("r1", "type filter hook forward priority 0", "drop"),), "ns1 ns2", "r1"),
            Example(
                "router", (_nft("r1", "type filter hook prerouting priority -300", "iif eth1 drop"),), "ns1 ns2", "r1"
            ),
            Example("router", (_nft("r1", "type filter hook postrouting priority 0; policy drop"),), "ns1 ns2", "r1"),
            Example("router", (_iptables("r1", "-A FORWARD -o eth1 -j DROP"),), "ns1 ns2", "r1"),
            Example("router", (_iptables("ns2", "-A OUTPUT -j DROP", "iptables-legacy"),), "ns1 ns2", "ns2"),
            Example(
                "cable",
                (_WEB, _nft("ns2", "type filter hook input priority 0; policy drop", "tcp dport 22 accept")),
                "ns1 ns2:80",
                "ns2",
            ),
            Example(
                "cable",
                (
                    "for n in 1 2; do ip -n ns$n addr add 2001:db8::$n/64 dev eth0 nodad; done",
                    _iptables("ns2", "-A INPUT -p icmpv6 --icmpv6-type echo-request -j ACCEPT", "ip6tables-nft"),
                    _iptables("ns2", "-P INPUT DROP", "ip6tables-nft"),
                ),
                "ns1 [2001:db8::2]",
                "ns2",
            ),
            Example(
                "router",
                (
                    _iptables("ns1", "-N web"),
                    _iptables("ns1", "-A INPUT -p icmp -j web"),
                    _iptables("ns1", "-A web -m conntrack --ctstate ESTABLISHED -j DROP"),
                ),
                "ns1 ns2",
                "ns1",
            ),
        ),
    ),
    Fault(
        "filter-reject",
        61,
        "a filter refuses it",
        "{node} refuses {goods} {where}, {by}: it answers with {answer}.",
        "{mend}",
        "firewall",
        "Connection refused, or Destination Port Unreachable, though a program listens",
        (
            Example(
                "cable",
                (_WEB, _iptables("ns2", "-A INPUT -p tcp --dport 80 -j REJECT --reject-with tcp-reset")),
                "ns1 ns2:80",
                "ns2",
            ),
            Example("router", (_nft("r1", "type filter hook forward priority 0", "reject"),), "ns1 ns2", "r1"),
            Example("cable", (_iptables("ns1", "-A OUTPUT -p icmp -j REJECT", "iptables-legacy"),), "ns1 ns2", "ns1"),
        ),
    ),
    Fault(
        "nat-astray",
        62,
        "NAT sends it to nobody",
        "{node} sends what is for {asked} on to {target}, by {rule}; {why}.",
        "{mend}",
        "nat",
        "No route to host, or silence, though the server works",
        (
            Example(
                "router",
                (_WEB, _iptables("r1", "-t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 198.51.100.9:80")),
                "ns1 192.0.2.254:8080",
                "r1",
            ),
            Example(
                "router",
                (
                    _WEB,
                    _nft("r1", "type nat hook prerouting priority dstnat", "tcp dport 8080 dnat to 198.51.100.2:81"),
                ),
                "ns1 192.0.2.254:8080",
                "r1",
            ),
            Example(
                "cable",
                (_WEB, _iptables("ns2", "-t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 8080")),
                "ns1 ns2:80",
                "ns2",
            ),
            Example(
                "cable",
                (_WEB, _iptables("ns1", "-t nat -A OUTPUT -p tcp --dport 80 -j REDIRECT --to-ports 3128")),
                "ns1 ns2:80",
                "ns1",
            ),
            Example(
                "cable",
                (_WEB, _iptables("ns1", "-t nat -A OUTPUT -d 192.0.2.2 -j DNAT --to-destination 192.0.2.9")),
                "ns1 ns2:80",
                "ns1",
            ),
        ),
    ),
    Fault(
        "nat-missed",
        63,
        "NAT is for other packets",
        "{node} takes {goods} for itself: {rule} is for {scope}, so it does not send them on.",
        "{mend}",
        "nat",
        "Connection refused by the router",
        (
            Example(
                "router",
                (
                    _WEB,
                    _iptables("r1", "-t nat -A PREROUTING -i eth2 -p tcp --dport 8080 -j DNAT --to 198.51.100.2:80"),
                ),
                "ns1 192.0.2.254:8080",
                "r1",
            ),
            Example(
                "router",
                (_WEB, _iptables("r1", "-t nat -A PREROUTING -p tcp --dport 8080 -j DNAT --to 198.51.100.2:80")),
                "r1 192.0.2.254:8080",
                "r1",
            ),
        ),
    ),
    Fault(
        "nat-wrong",
        71,
        "NAT translates something else",
        "{node} passes the packets on with their source {source}, to which {end} has no way back: {rule} is for"
        " {scope}.",
        "{mend}",
        "nat",
        _SILENT,
        (
            Example(
                "home",
                (_NO_WAY, _iptables("r1", "-t nat -A POSTROUTING -o eth1 -j MASQUERADE")),
                "ns1 ns2",
                "r1",
            ),
            Example(
                "home",
                (
                    _NO_WAY,
                    _nft("r1", "type nat hook postrouting priority srcnat", "ip saddr 192.168.2.0/24 masquerade"),
                ),
                "ns1 ns2",
                "r1",
            ),
        ),
    ),
    Fault(
        "nat-homeless",
        71,
        "NAT gives a source that nobody has",
        "{node} gives the packets the source {source}, by {rule}, and no node has that address: the answers of {end}"
        " come to nobody.",
        "{mend}",
        "nat",
        _SILENT,
        (
            Example(
                "home",
                (_NO_WAY, _iptables("r1", "-t nat -A POSTROUTING -o eth2 -j SNAT --to-source 203.0.113.99")),
                "ns1 ns2",
                "r1",
            ),
            Example(
                "home",
                (_NO_WAY, _nft("r1", "type nat hook postrouting priority srcnat", "snat to 10.9.9.9")),
                "ns1 ns2",
                "r1",
            ),
        ),
    ),
    Fault(
        "nat-missing",
        72,
        "no NAT",
        "{node} passes the packets on with their private source {source}, and {end} has no way back to that:"
        " no rule of {node} gives them an address that others know.",
        "{mend}",
        "nat",
        _SILENT,
        (Example("home", (_NO_WAY,), "ns1 ns2", "r1"),),
    ),
    Fault(
        "nat-bypassed",
        73,
        "the answer goes round NAT",
        "{node} turned {asked} into {real} on the way there, but the answers of {end} do not come back through {node}:"
        " they reach {source} from {real}, whom it has never asked.",
        "{mend}",
        "nat",
        "silence, or RST from the client itself, though the server answers",
        (
            Example(
                "bridge",
                (
                    "ip -n ns3 addr add 192.0.2.100/24 dev eth0",
                    "ip netns exec ns3 sysctl -qw net.ipv4.ip_forward=1",
                    _SERVE.format("ns2", "-lkn 80"),
                    _iptables("ns3", "-t nat -A PREROUTING -d 192.0.2.100 -p tcp -j DNAT --to 192.0.2.2"),
                ),
                "ns1 192.0.2.100:80",
                "ns3",
            ),
        ),
    ),
    Fault(
        "rules-unclear",
        89,
        "rules that cannot be judged",
        "I cannot tell: {why}. I see nothing else that is wrong up to there{saw}.",
        "",
        "firewall",
        _SILENT,
        (
            Example(
                "router",
                (_nft("r1", "type filter hook forward priority 0", "numgen random mod 2 0 drop"),),
                "ns1 ns2",
                "r1",
            ),
        ),
    ),
)
