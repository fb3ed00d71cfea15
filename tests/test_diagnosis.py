"""The walk from namespace to socket over literal snapshots, and over random ones, where it must not raise or hang."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from itertools import permutations

import pytest
import traces
import wire
from hypothesis import given, settings
from hypothesis import strategies as st

from netshell.diagnosis import Finding, Target, parse_target, why
from netshell.diagnosis.faults import FAULTS
from netshell.diagnosis.labs import LABS
from netshell.errors import UserError
from netshell.facts import PC, Address, Details, End, Link, Neighbour, Node, Route, Snapshot, Socket
from netshell.packets.trace import Seen

LO = Link("lo", 1, "loopback", is_up=True, has_carrier=True, state="UNKNOWN", mac="00:00:00:00:00:00")
LOCAL = Address("127.0.0.1/8", "lo", "host")


def veth(name: str, peer: str, *, up: bool = True, carrier: bool = True, mac: int = 1) -> Link:
    node, _, link = peer.partition(":")
    end = End(node, link) if node else None
    return Link(name, 2, "veth", up, carrier, "UP" if carrier else "DOWN", f"02:00:00:00:00:{mac:02x}", peer=end)


def connected(cidr: str, dev: str) -> Route:
    ip = cidr.partition("/")[0]
    return Route(str(ip_network(cidr, strict=False)), dev, proto="kernel", src=ip, scope="link")


def node(name: str, cables: dict[str, tuple[str, str]], *routes: Route, forwards: bool = False) -> Node:
    """`cables` has for each interface its other end and its address."""
    links = {dev: veth(dev, peer, mac=hash_of(name, dev)) for dev, (peer, _) in cables.items()}
    own = {dev: cidr for dev, (_, cidr) in cables.items()}
    return Node(
        name,
        {"lo": LO, **links},
        (LOCAL, *(Address(cidr, dev) for dev, cidr in own.items())),
        (*(connected(cidr, dev) for dev, cidr in own.items()), *routes),
        sysctls={"net.ipv4.ip_forward": str(int(forwards)), "net.ipv4.conf.all.rp_filter": "0"},
    )


def hash_of(name: str, dev: str) -> int:
    return sum(map(ord, name + dev)) % 200 + 1


def network(*nodes: Node) -> Snapshot:
    return Snapshot({PC: Node(PC, {"lo": LO}, (LOCAL,)), **{one.name: one for one in nodes}})


NS1 = node("ns1", {"eth0": ("r1:eth1", "192.0.2.1/24")}, Route("default", "eth0", "192.0.2.254"))
R1 = node("r1", {"eth1": ("ns1:eth0", "192.0.2.254/24"), "eth2": ("ns2:eth0", "198.51.100.254/24")}, forwards=True)
NS2 = node("ns2", {"eth0": ("r1:eth2", "198.51.100.2/24")}, Route("default", "eth0", "198.51.100.254"))
ROUTED = network(NS1, R1, NS2)
CABLE = network(
    node("ns1", {"eth0": ("ns2:eth0", "192.0.2.1/24")}), node("ns2", {"eth0": ("ns1:eth0", "192.0.2.2/24")})
)


def with_node(snapshot: Snapshot, name: str, change: Callable[[Node], Node]) -> Snapshot:
    return Snapshot({**snapshot.nodes, name: change(snapshot.nodes[name])})


def ask(snapshot: Snapshot, question: str, seen: tuple[Seen, ...] = (), now_ns: int | None = None) -> Finding:
    source, target = question.split()
    return why(snapshot, source, parse_target(target), seen, now_ns=now_ns)


def test_all_is_well_and_it_is_told_how_that_is_known() -> None:
    found = ask(ROUTED, "ns1 ns2")
    assert found == Finding(
        holds=True,
        fault="",
        at="ns2",
        says="All is well from ns1 to ns2 (198.51.100.2): the way leads through r1, and so does the way back.",
        evidence=(
            "ns1: 198.51.100.2 by the route default via 192.0.2.254 dev eth0",
            "r1: 198.51.100.2 by the route 198.51.100.0/24 dev eth2",
            "ns2: 192.0.2.1 by the route default via 198.51.100.254 dev eth0",
            "r1: 192.0.2.1 by the route 192.0.2.0/24 dev eth1",
        ),
    )
    assert ask(CABLE, "ns1 ns2").says == (
        "All is well from ns1 to ns2 (192.0.2.2): they are on one link, and each has the other's address in its own"
        " network."
    )
    assert ask(CABLE, "ns1 ns1").says == "All is well: ns1 reaches itself (192.0.2.1) over lo, which is UP."


@pytest.mark.parametrize(("source", "target"), list(permutations(["ns1", "r1", "ns2"], 2)))
def test_all_pairs_of_a_healthy_network_are_well(source: str, target: str) -> None:
    assert ask(ROUTED, f"{source} {target}").holds


def server(**values: object) -> Callable[[Node], Node]:
    socket = Socket("tcp", 4, "0.0.0.0", 80, state="LISTEN", program="nc")
    return lambda there: replace(there, sockets=(replace(socket, **values),))  # type: ignore[arg-type]


def test_a_server_that_listens_is_named() -> None:
    found = ask(with_node(CABLE, "ns2", server()), "ns1 ns2:80")
    assert found.holds
    assert found.says.endswith("in its own network, and nc there listens on tcp/80.")
    assert found.evidence[-1] == "ns2: tcp LISTEN 0.0.0.0:80 nc"


def test_a_connection_that_stands_is_no_fault_though_nobody_listens_any_more() -> None:
    taken = server(state="ESTAB", local="192.0.2.2", remote="192.0.2.1", remote_port=40000)
    assert ask(with_node(CABLE, "ns2", taken), "ns1 ns2:80").holds
    other = server(state="ESTAB", local="192.0.2.2", remote="192.0.2.7", remote_port=40000)
    found = ask(with_node(CABLE, "ns2", other), "ns1 ns2:80")
    assert found.fault == "nobody-listens"
    assert found.says.endswith("nc has a connection with 192.0.2.7:40000 on that port, and takes no other one.")


def test_a_datagram_server_that_is_connected_to_somebody_else_is_told() -> None:
    busy = server(protocol="udp", state="ESTAB", local="192.0.2.2", local_port=53, remote="192.0.2.9", remote_port=4000)
    found = ask(with_node(CABLE, "ns2", busy), "ns1 ns2:53/udp")
    assert (found.fault, found.at) == ("taken", "ns2")


def test_a_server_for_the_other_ip_or_at_another_interface_is_named_and_not_said_to_be_missing() -> None:
    six = server(family=6, local="::", is_v6only=True)
    found = ask(with_node(CABLE, "ns2", six), "ns1 ns2:80")
    assert (found.fault, found.at, found.evidence[0]) == ("other-version", "ns2", "ns2: tcp LISTEN [::]:80 nc")
    found = ask(with_node(CABLE, "ns2", server(dev="eth1")), "ns1 ns2:80")
    assert (found.fault, found.at) == ("other-interface", "ns2")
    assert found.says == ("nc on ns2 listens on 0.0.0.0:80 at eth1 only, so it does not take what comes in by eth0.")
    assert found.evidence[0] == "ns2: tcp LISTEN 0.0.0.0%eth1:80 nc"


def silent_about_arp(there: Node, ip: str, mac: int) -> Node:
    pinned = Neighbour(ip, "eth0", f"02:00:00:00:00:{mac:02x}", "PERMANENT")
    return replace(there, neighbours=(pinned,), details=Details(without_arp=frozenset({"eth0"})))


def test_who_is_told_a_mac_by_hand_needs_no_arp() -> None:
    ns1 = silent_about_arp(CABLE.nodes["ns1"], "192.0.2.2", hash_of("ns2", "eth0"))
    ns2 = silent_about_arp(CABLE.nodes["ns2"], "192.0.2.1", hash_of("ns1", "eth0"))
    assert ask(network(ns1, ns2), "ns1 ns2").holds
    assert ask(network(replace(ns1, neighbours=()), ns2), "ns1 ns2").fault == "arp-off"
    assert ask(network(ns1, replace(ns2, neighbours=())), "ns1 ns2").fault == "arp-off"


def unplug(there: Node) -> Node:
    return replace(there, links={"lo": LO}, addresses=(LOCAL,), routes=())


BROKEN: list[tuple[Snapshot, str, str, str, str]] = [
    (ROUTED, "ns1 ns3", "namespace-missing", "ns3", "There is no namespace ns3."),
    (
        with_node(ROUTED, "r1", lambda n: replace(n, sysctls={"net.ipv4.ip_forward": "0"})),
        "ns1 ns2",
        "forwarding-off",
        "r1",
        (
            "Packets for 198.51.100.2 come to r1 by eth1, and r1 does not pass them on: net.ipv4.ip_forward is 0 there,"
            " so it is no router."
        ),
    ),
    (
        with_node(ROUTED, "ns2", lambda n: replace(n, routes=n.routes[:1])),
        "ns1 ns2",
        "no-way-back",
        "ns2",
        "ns2 has no route to 192.0.2.1: the packets get to ns2, but the answers stop at ns2.",
    ),
    (
        with_node(
            ROUTED,
            "ns1",
            lambda n: replace(n, neighbours=(Neighbour("192.0.2.254", "eth0", "02:00:00:00:00:ff", "PERMANENT"),)),
        ),
        "ns1 ns2",
        "wrong-mac",
        "ns1",
        (
            "ns1 has a permanent neighbour entry for 192.0.2.254 with the MAC 02:00:00:00:00:ff, which nobody there"
            f" has; eth1 in r1 has {R1.links['eth1'].mac}. The frames reach the wrong interface or none."
        ),
    ),
    (
        with_node(CABLE, "ns2", server(local="127.0.0.1")),
        "ns1 ns2:80",
        "loopback-only",
        "ns2",
        "nc on ns2 listens on 127.0.0.1:80 only: that address can be reached from ns2 itself and from nowhere else.",
    ),
    (
        CABLE,
        "ns1 ns2:53/udp",
        "nobody-listens",
        "ns2",
        (
            "Packets get to ns2 and back, but no program there takes datagrams on udp/53: it answers with ICMP port"
            " unreachable."
        ),
    ),
    (
        network(unplug(CABLE.nodes["ns1"]), unplug(CABLE.nodes["ns2"])),
        "ns1 ns2",
        "link-missing",
        "ns1",
        "ns1 has no interface but lo: no cable leads from it to ns2, and no packet can leave it.",
    ),
    (
        with_node(ROUTED, "ns1", lambda n: replace(n, routes=n.routes[:1])),
        "ns1 203.0.113.7",
        "no-route",
        "ns1",
        "ns1 has no route to 203.0.113.7: no entry of its table takes packets for 203.0.113.7, so they stop there.",
    ),
]


@pytest.mark.parametrize(("snapshot", "question", "fault", "at", "says"), BROKEN, ids=[row[2] for row in BROKEN])
def test_the_first_broken_link_is_told(snapshot: Snapshot, question: str, fault: str, at: str, says: str) -> None:
    found = ask(snapshot, question)
    assert (found.holds, found.fault, found.at, found.says) == (False, fault, at, says)
    assert found.evidence
    assert found.concept == FAULTS[fault].concept
    assert found.layer == FAULTS[fault].layer


def test_a_failed_neighbour_entry_that_would_be_answered_now_is_no_fault() -> None:
    failed = replace(CABLE.nodes["ns1"], neighbours=(Neighbour("192.0.2.2", "eth0", None, "FAILED"),))
    assert ask(with_node(CABLE, "ns1", lambda _: failed), "ns1 ns2").holds


def test_another_way_back_is_no_fault_unless_the_reverse_path_filter_is_on() -> None:
    ring = network(
        node("ns1", {"eth0": ("r1:eth1", "192.0.2.1/24")}, Route("default", "eth0", "192.0.2.254")),
        node(
            "r1",
            {
                "eth1": ("ns1:eth0", "192.0.2.254/24"),
                "eth2": ("r2:eth1", "10.0.1.1/24"),
                "eth3": ("r2:eth3", "10.0.2.1/24"),
            },
            Route("198.51.100.0/24", "eth2", "10.0.1.2"),
            forwards=True,
        ),
        node(
            "r2",
            {
                "eth1": ("r1:eth2", "10.0.1.2/24"),
                "eth3": ("r1:eth3", "10.0.2.2/24"),
                "eth2": ("ns2:eth0", "198.51.100.254/24"),
            },
            Route("192.0.2.0/24", "eth3", "10.0.2.1"),
            forwards=True,
        ),
        node("ns2", {"eth0": ("r2:eth2", "198.51.100.2/24")}, Route("default", "eth0", "198.51.100.254")),
    )
    assert ask(ring, "ns1 ns2").holds
    filtering = {"net.ipv4.ip_forward": "1", "net.ipv4.conf.all.rp_filter": "1"}
    found = ask(with_node(ring, "r2", lambda n: replace(n, sysctls=filtering)), "ns1 ns2")
    assert (found.fault, found.at) == ("rp-filter", "r2")
    loose = {**filtering, "net.ipv4.conf.all.rp_filter": "2"}
    assert ask(with_node(ring, "r2", lambda n: replace(n, sysctls=loose)), "ns1 ns2").holds


def test_what_lies_outside_of_the_lab_is_not_judged() -> None:
    pc = node(PC, {"eth0": ("", "192.168.1.10/24")}, Route("default", "eth0", "192.168.1.1"))
    found = ask(Snapshot({PC: pc}), "pc 203.0.113.7")
    assert (found.holds, found.fault) == (False, "out-of-sight")
    assert found.says.startswith("I cannot tell: 192.168.1.1 lies behind eth0 on the PC")


def test_ipv6_goes_by_its_own_routes_and_its_own_forwarding() -> None:
    snapshot = network(
        node("ns1", {"eth0": ("r1:eth1", "2001:db8:1::1/64")}),
        node("r1", {"eth1": ("ns1:eth0", "2001:db8:1::fe/64"), "eth2": ("ns2:eth0", "2001:db8:2::fe/64")}),
        node("ns2", {"eth0": ("r1:eth2", "2001:db8:2::2/64")}, Route("default", "eth0", "2001:db8:2::fe", family=6)),
    )
    six = Snapshot(
        {n.name: replace(n, routes=tuple(replace(r, family=6) for r in n.routes)) for n in snapshot.nodes.values()}
    )
    found = ask(six, "ns1 ns2")
    assert (found.fault, found.mend) == ("no-route", "ip -n ns1 route add default via 2001:db8:1::fe")
    assert ask(six, "ns1 r1").holds


def pinged(*sent: traces.Sent) -> tuple[Seen, ...]:
    return traces.trace(sent)


GOING = traces.Sent("ns1 ns2", traces.ping(1))
COMING = traces.Sent("ns2 ns1", traces.ping(1, is_reply=True, src=wire.IP_2, dst=wire.IP_1))


def test_an_answer_on_the_wire_is_evidence() -> None:
    found = ask(CABLE, "ns1 ns2", pinged(GOING, COMING))
    assert found.holds
    assert found.evidence[-1] == "packet 1 left ns1 for 192.0.2.2, and was answered (packet 2)"


def test_silence_that_the_state_does_not_explain_is_told_as_it_was_seen() -> None:
    found = ask(CABLE, "ns1 ns2", pinged(GOING))
    assert (found.holds, found.fault, found.at, found.mend) == (False, "unexplained", "ns2", "")
    assert found.says.startswith(
        "I cannot tell why, but here is what I saw: packet 1 left ns1 for 192.0.2.2 and came to ns2, and nothing left"
        " there."
    )


def test_an_answer_may_still_be_on_its_way() -> None:
    seen = pinged(GOING)
    assert ask(CABLE, "ns1 ns2", seen, seen[0].crossing.time_ns + 1000).holds


def test_what_was_refused_at_once_is_no_longer_on_its_way() -> None:
    syn = traces.Sent("ns1 ns2", traces.segment("S", seq=1))
    reset = traces.Sent("ns2 ns1", traces.segment("RA", seq=0, ack=2, is_answer=True))
    seen = pinged(syn, reset)
    found = ask(with_node(CABLE, "ns2", server()), "ns1 ns2:80", seen, seen[-1].crossing.time_ns + 1000)
    assert found.fault == "unexplained"


def test_a_question_for_a_mac_that_gets_lost_on_its_way_is_told_as_it_was_seen() -> None:
    found = ask(CABLE, "ns1 ns2", pinged(traces.Sent("ns1 sw", traces.arp_request())))
    assert (found.fault, found.at) == ("unexplained", "sw")
    assert "the question did not come to ns2, which would have answered." in found.says
    assert ask(CABLE, "ns1 ns2", pinged(traces.Sent("ns1 ns2", traces.arp_request()))).fault == "arp-unanswered"


def test_an_answer_from_another_address_than_was_asked_is_told() -> None:
    def datagram(src: str, dst: str, ports: tuple[int, int]) -> bytes:
        return traces.over_ip(17, wire.udp(b"x", ports=ports), src, dst)

    there = replace(CABLE.nodes["ns2"], addresses=(*CABLE.nodes["ns2"].addresses, Address("192.0.2.9/24", "eth0")))
    serving = with_node(CABLE, "ns2", lambda _: server(protocol="udp", state="UNCONN", local_port=53)(there))
    asked = traces.Sent("ns1 ns2", datagram("192.0.2.1", "192.0.2.9", (40000, 53)))
    right = traces.Sent("ns2 ns1", datagram("192.0.2.9", "192.0.2.1", (53, 40000)))
    wrong = traces.Sent("ns2 ns1", datagram("192.0.2.2", "192.0.2.1", (53, 40000)))
    assert ask(serving, "ns1 192.0.2.9:53/udp", pinged(asked)).holds
    assert ask(serving, "ns1 192.0.2.9:53/udp", pinged(asked, right)).holds
    found = ask(serving, "ns1 192.0.2.9:53/udp", pinged(asked, wrong))
    assert (found.fault, found.at) == ("other-source", "ns2")
    assert found.says.startswith("ns1 asked 192.0.2.9, and ns2 answered from 192.0.2.2: ")


def test_an_rst_of_somebody_on_the_way_is_not_taken_for_that_of_the_target() -> None:
    asked = traces.segment("S", seq=1)
    syn = traces.Sent("ns1 r1:eth1", asked.replace(bytes([192, 0, 2, 2]), bytes([198, 51, 100, 2])))
    answer = traces.segment("RA", seq=0, ack=2, is_answer=True)
    reset = traces.Sent("r1:eth1 ns1", answer.replace(bytes([192, 0, 2, 2]), bytes([198, 51, 100, 2])))
    found = ask(ROUTED, "ns1 ns2:80", pinged(syn, reset))
    assert (found.fault, found.at) == ("unexplained", "r1"), found
    assert "it came no farther than to r1" in found.says


def test_a_connection_that_is_refused_though_somebody_listens_is_not_explained_away() -> None:
    syn = traces.Sent("ns1 ns2", traces.segment("S", seq=1))
    reset = traces.Sent("ns2 ns1", traces.segment("RA", seq=0, ack=2, is_answer=True))
    found = ask(with_node(CABLE, "ns2", server()), "ns1 ns2:80", pinged(syn, reset))
    assert (found.fault, found.at) == ("unexplained", "ns2")
    assert "RST came back (packet 2)" in found.says


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("ns2", Target("ns2")),
        ("ns2:80", Target("ns2", 80)),
        ("ns2:53/udp", Target("ns2", 53, "udp")),
        ("192.0.2.2:80/tcp", Target("192.0.2.2", 80)),
        ("2001:db8::2", Target("2001:db8::2")),
        ("[2001:db8::2]:80", Target("2001:db8::2", 80)),
        (" [2001:DB8::2] ", Target("2001:db8::2")),
    ],
)
def test_a_target_is_read_as_people_write_it(text: str, target: Target) -> None:
    assert parse_target(text) == target
    assert parse_target(str(target)) == target


@pytest.mark.parametrize(
    "text", ["", "ns2:", "ns2:0", "ns2:65536", "ns2:http", "ns2:80/sctp", ":80", "a b", "ns2:80:90", "[]:80"]
)
def test_what_is_no_target_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_target(text)
    assert "ns2:53/udp" in caught.value.remedy


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        target = parse_target(text)
    except UserError:
        return
    assert parse_target(str(target)) == target


def test_each_row_of_the_catalogue_is_whole() -> None:
    layers = [fault.layer for fault in FAULTS.values()]
    assert layers == sorted(layers)
    for name, fault in FAULTS.items():
        assert name == fault.name
        assert fault.title
        assert fault.says.endswith((".", "{hint}"))
        assert fault.concept
        assert fault.shows
        for example in fault.examples:
            assert example.lab in LABS
            assert bool(example.tries) is fault.needs_packets
            parse_target(example.ask.split()[1])


NAMES = ["pc", "ns1", "ns2", "r1"]
DEVS = ["eth0", "eth1", "br0"]
IPS = ["192.0.2.1", "192.0.2.2", "192.0.2.254", "198.51.100.2", "10.0.0.1", "2001:db8::1", "fe80::1", "127.0.0.1"]
MACS = ["02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03", ""]


def cidrs() -> st.SearchStrategy[str]:
    return st.builds(
        lambda ip, v4, v6: f"{ip}/{v6 if ':' in ip else v4}",
        st.sampled_from(IPS),
        st.integers(0, 32),
        st.integers(0, 128),
    )


def links() -> st.SearchStrategy[Link]:
    return st.builds(
        Link,
        st.sampled_from([*DEVS, "lo"]),
        st.integers(1, 9),
        st.sampled_from(["veth", "bridge", "loopback", "", "vxlan"]),
        st.booleans(),
        st.booleans(),
        st.sampled_from(["UP", "DOWN", "UNKNOWN"]),
        st.sampled_from(MACS),
        master=st.none() | st.sampled_from([*DEVS, "gone"]),
        peer=st.none() | st.builds(End, st.sampled_from([*NAMES, "gone"]), st.sampled_from([*DEVS, "gone"])),
    )


def routes() -> st.SearchStrategy[Route]:
    dst = st.just("default") | cidrs().map(lambda cidr: str(ip_network(cidr, strict=False)))
    return st.builds(
        lambda dst, dev, via, kind, family: Route(
            dst, dev, via, kind=kind, family=family if dst == "default" else 6 if ":" in dst else 4
        ),
        dst,
        st.none() | st.sampled_from([*DEVS, "lo", "gone"]),
        st.none() | st.sampled_from(IPS),
        st.sampled_from(["unicast", "unicast", "unicast", "blackhole", "throw", "local"]),
        st.sampled_from([4, 6]),
    )


def nodes(name: str) -> st.SearchStrategy[Node]:
    return st.builds(
        lambda found, addresses, table, neighbours, settings, enterable, sockets: Node(
            name,
            {link.name: link for link in found},
            tuple(addresses),
            tuple(table),
            tuple(neighbours),
            (),
            settings,
            enterable,
            tuple(sockets),
        ),
        st.lists(links(), max_size=4),
        st.lists(st.builds(Address, cidrs(), st.sampled_from([*DEVS, "lo"])), max_size=4),
        st.lists(routes(), max_size=5),
        st.lists(
            st.builds(
                Neighbour,
                st.sampled_from(IPS),
                st.sampled_from(DEVS),
                st.none() | st.sampled_from(MACS),
                st.sampled_from(["REACHABLE", "PERMANENT", "FAILED"]),
            ),
            max_size=3,
        ),
        st.fixed_dictionaries(
            {},
            optional={
                "net.ipv4.ip_forward": st.sampled_from("01"),
                "net.ipv6.conf.all.forwarding": st.sampled_from("01"),
                "net.ipv4.conf.all.rp_filter": st.sampled_from("012"),
            },
        ),
        st.sampled_from([True, True, True, False]),
        st.lists(
            st.builds(
                Socket,
                st.sampled_from(["tcp", "udp"]),
                st.sampled_from([4, 6]),
                st.sampled_from([*IPS, "0.0.0.0", "::", "fe80::1%eth0"]),
                st.sampled_from([80, 81]),
                st.sampled_from(["", "", *IPS]),
            ),
            max_size=2,
        ),
    )


def snapshots() -> st.SearchStrategy[Snapshot]:
    return st.builds(lambda *found: Snapshot({one.name: one for one in found}), *(nodes(name) for name in NAMES))


@settings(deadline=None)
@given(
    snapshots(),
    st.sampled_from([*NAMES, "gone"]),
    st.builds(
        Target,
        st.sampled_from([*NAMES, *IPS, "203.0.113.9", "224.0.0.1", "255.255.255.255", "gone"]),
        st.none() | st.just(80),
        st.sampled_from(["tcp", "udp"]),
    ),
    st.sampled_from([(), pinged(GOING, COMING, traces.Sent("ns2 ns1", traces.arp_request()))]),
)
def test_no_state_of_a_machine_makes_it_raise_or_go_round(
    snapshot: Snapshot, source: str, target: Target, seen: tuple[Seen, ...]
) -> None:
    found = why(snapshot, source, target, seen)
    assert found.says.endswith(".")
    assert "{" not in found.says + found.mend
    assert found.holds is (found.fault == "")
    assert found.at
