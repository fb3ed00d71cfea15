"""A small network in which tools are made to fail: how it is built, what a snapshot of it holds, and a case."""

from typing import NamedTuple

from netshell.explain.messages import explain_output
from netshell.facts import Address, End, Link, Neighbour, Node, Route, Snapshot, Socket

BUILD = (
    "ip link add br0 type bridge",
    "for n in ns1 r1 ns2 helloworld; do ip netns add $n; done",
    "ip link add eth0 netns ns1 type veth peer name eth0 netns r1",
    "ip link add eth1 netns r1 type veth peer name eth0 netns ns2",
    "ip link add pc-veth0 type veth peer name spare netns ns2",
    "for n in ns1 r1 ns2; do ip -n $n link set lo up; ip -n $n link set eth0 up; done; ip -n r1 link set eth1 up",
    "ip -n ns1 addr add 192.0.2.1/24 dev eth0",
    "ip -n r1 addr add 192.0.2.254/24 dev eth0",
    "ip -n r1 addr add 198.51.100.254/24 dev eth1",
    "ip -n ns2 addr add 198.51.100.1/24 dev eth0",
    "ip -n ns2 addr add 10.7.7.1/24 dev spare",
    "ip -n ns1 route add 198.51.100.0/24 via 192.0.2.254",
    "ip -n ns1 route add 203.0.113.0/24 via 192.0.2.254",
    "ip -n ns1 route add unreachable 10.1.2.0/24",
    "ip -n ns1 route add blackhole 10.1.1.0/24",
    "ip -n ns2 route add default via 198.51.100.254",
    "ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1",
    "ip -n r1 link set eth1 mtu 1000; ip -n ns2 link set eth0 mtu 1000",
    "ip netns exec ns1 ip netns add inner",
    "ip netns exec ns2 setsid python3 -m http.server 80 --directory /tmp >/dev/null 2>&1 &",
    "ip netns exec ns2 setsid python3 -m http.server 90 --bind 127.0.0.1 >/dev/null 2>&1 &",
    "zone='--address=/web.example/198.51.100.1 --local=/example/ --dhcp-range=198.51.100.50,198.51.100.60'",
    "ip netns exec ns2 setsid dnsmasq -k -p 53 --no-resolv --no-hosts $zone >/dev/null 2>&1 &",
    "opened() { ip netns exec ns2 ss -tuln | grep -q :$1; }",
    "for i in $(seq 100); do opened 80 && opened 90 && opened 67 && break; sleep 0.05; done",
    "ip netns exec ns1 ping -c 1 -W 4 192.0.2.77 > /dev/null || true",
)
"""Shell lines for the PC of a fresh machine."""


def _link(name: str, index: int, kind: str = "veth", peer: End | None = None, *, is_up: bool = True) -> Link:
    state = "UP" if is_up else "DOWN"
    return Link(
        name, index, kind, is_up=is_up, has_carrier=is_up, state=state, mac=f"02:00:00:00:00:0{index}", peer=peer
    )


def _lo(*, is_up: bool = True) -> Link:
    return _link("lo", 1, "loopback", is_up=is_up)


_HOST = Address("127.0.0.1/8", "lo", "host")
_PC = Node(
    "pc",
    {
        "lo": _lo(is_up=False),
        "br0": _link("br0", 2, "bridge", is_up=False),
        "pc-veth0": _link("pc-veth0", 3, peer=End("ns2", "spare"), is_up=False),
    },
    sysctls={"net.ipv4.ip_forward": "0", "net.ipv4.conf.all.rp_filter": "0"},
)
_NS1 = Node(
    "ns1",
    {"lo": _lo(), "eth0": _link("eth0", 2, peer=End("r1", "eth0"))},
    (_HOST, Address("192.0.2.1/24", "eth0")),
    (
        Route("10.1.1.0/24", kind="blackhole"),
        Route("10.1.2.0/24", kind="unreachable"),
        Route("192.0.2.0/24", "eth0", proto="kernel", src="192.0.2.1", scope="link"),
        Route("198.51.100.0/24", "eth0", "192.0.2.254"),
        Route("203.0.113.0/24", "eth0", "192.0.2.254"),
    ),
    tuple(Neighbour(f"192.0.2.{host}", "eth0", None, "FAILED") for host in (77, 78, 79, 80)),
)
_R1 = Node(
    "r1",
    {"lo": _lo(), "eth0": _link("eth0", 2, peer=End("ns1", "eth0")), "eth1": _link("eth1", 3, peer=End("ns2", "eth0"))},
    (_HOST, Address("192.0.2.254/24", "eth0"), Address("198.51.100.254/24", "eth1")),
    (
        Route("192.0.2.0/24", "eth0", proto="kernel", src="192.0.2.254", scope="link"),
        Route("198.51.100.0/24", "eth1", proto="kernel", src="198.51.100.254", scope="link"),
    ),
    (Neighbour("198.51.100.77", "eth1", None, "FAILED"),),
    sysctls={"net.ipv4.ip_forward": "1"},
)
_NS2 = Node(
    "ns2",
    {
        "lo": _lo(),
        "spare": _link("spare", 2, peer=End("pc", "pc-veth0"), is_up=False),
        "eth0": _link("eth0", 3, peer=End("r1", "eth1")),
    },
    (_HOST, Address("198.51.100.1/24", "eth0"), Address("10.7.7.1/24", "spare")),
    (
        Route("default", "eth0", "198.51.100.254"),
        Route("198.51.100.0/24", "eth0", proto="kernel", src="198.51.100.1", scope="link"),
    ),
    sockets=(
        Socket("tcp", 4, "0.0.0.0", 80, state="LISTEN", program="python3"),
        Socket("tcp", 4, "127.0.0.1", 90, state="LISTEN", program="python3"),
        Socket("tcp", 4, "0.0.0.0", 53, state="LISTEN", program="dnsmasq"),
        Socket("udp", 4, "0.0.0.0", 53, program="dnsmasq"),
        Socket("udp", 4, "0.0.0.0", 67, program="dnsmasq"),
    ),
)
LAB = Snapshot(
    {
        "pc": _PC,
        "helloworld": Node("helloworld", {"lo": _lo(is_up=False)}),
        "inner": Node("inner", is_enterable=False),
        "ns1": _NS1,
        "ns2": _NS2,
        "r1": _R1,
    }
)
"""What netshell sees of it, as far as messages have to do with it."""


class Case(NamedTuple):
    """A command that failed, the line by which it is known, and what is said."""

    node: str
    """The terminal that it was typed at."""
    command: str
    status: int
    line: str
    """As it was printed, by a real run."""
    says: str
    is_repeated: bool = False
    """Quick and safe to run again, in the network as it is built."""


def said(case: Case, snapshot: Snapshot = LAB, output: str | None = None) -> str:
    """What is said of a case; empty where nothing is."""
    explained = explain_output(case.command, case.status, case.line if output is None else output, case.node, snapshot)
    return explained.says if explained else ""
