"""The checks: facts in, verdict out."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from netshell.checks import KINDS, Evidence, Verdict, author_keys, check_from, first_failure
from netshell.checks.causes import unreachable
from netshell.facts import PC, Address, Echo, End, Link, Node, Route, Snapshot


def link(name: str, kind: str = "veth", *, up: bool = True, carrier: bool = True, peer: End | None = None) -> Link:
    state = "UP" if carrier else "DOWN"
    return Link(name, 2, kind, is_up=up, has_carrier=carrier, state=state, mac="02:00:00:00:00:01", peer=peer)


def host(
    name: str, number: int, *, peer: str, up: bool = True, carrier: bool = True, prefix: int = 24, routes: bool = True
) -> Node:
    end = f"{name}-veth0"
    net = f"192.0.2.{number}"
    return Node(
        name,
        {"lo": link("lo", "loopback"), end: link(end, up=up, carrier=carrier, peer=End(peer, f"{peer}-veth0"))},
        (Address(f"{net}/{prefix}", end),),
        (Route("192.0.2.0/24", end, proto="kernel", src=net),) if routes else (),
        sysctls={"net.ipv4.ip_forward": "0"},
    )


def network(*nodes: Node) -> Snapshot:
    return Snapshot({PC: Node(PC, {"lo": link("lo", "loopback")}), **{node.name: node for node in nodes}})


TWO_HOSTS = network(host("ns1", 1, peer="ns2"), host("ns2", 2, peer="ns1"))


def echo(src: str, dst: str, *, out: bool, reply: bool) -> Echo:
    return Echo(0, "ns1", "ns1-veth0", out, reply, src, dst, 7, 1, 56)


REQUEST = echo("192.0.2.1", "192.0.2.2", out=True, reply=False)
REPLY = echo("192.0.2.2", "192.0.2.1", out=False, reply=True)


def judge(snapshot: Snapshot = TWO_HOSTS, echoes: Sequence[Echo] = (), **values: Any) -> Verdict:
    kind = next(iter(values))
    return check_from(kind, values).judge(Evidence(snapshot, echoes))


def says(snapshot: Snapshot = TWO_HOSTS, echoes: Sequence[Echo] = (), **values: Any) -> str:
    verdict = judge(snapshot, echoes, **values)
    assert not verdict.holds
    return verdict.says


HOLDING: list[dict[str, Any]] = [
    {"netns": "ns1"},
    {"netns": "ns3", "not": True},
    {"link": "ns1-veth0", "at": "ns1", "kind": "veth", "up": True, "carrier": True, "mtu": 1500},
    {"link": "ns1-veth0", "at": "ns1", "peer": "ns2-veth0"},
    {"link": "ns1-veth0", "at": "ns1", "peer": "ns2:ns2-veth0", "mac": "02:00:00:00:00:01"},
    {"link": "ns1-veth0", "not": True},
    {"address": "192.0.2.1/24", "at": "ns1"},
    {"address": "192.0.2.1/24", "at": "ns1", "dev": "ns1-veth0"},
    {"address": "192.0.2.9/24", "at": "ns1", "within": "192.0.2.0/24"},
    {"route": "192.0.2.0/24", "at": "ns1", "dev": "ns1-veth0", "proto": "kernel"},
    {"route": "192.0.2.128/25", "at": "ns1", "dev": "ns1-veth0"},
    {"route": "192.0.2.128/25", "at": "ns1", "in_table": True, "not": True},
    {"route": "default", "at": "ns1", "not": True},
    {"sysctl": "net.ipv4.ip_forward", "at": "ns1", "is": 0},
]


@pytest.mark.parametrize("values", HOLDING, ids=str)
def test_what_is_there_holds(values: dict[str, Any]) -> None:
    assert judge(**values).holds


@pytest.mark.parametrize("values", HOLDING, ids=str)
def test_not_turns_every_verdict_round(values: dict[str, Any]) -> None:
    verdict = judge(**{**values, "not": not values.get("not", False)})
    assert not verdict.holds
    assert verdict.says


def test_a_missing_namespace_is_told_with_the_name_that_comes_close() -> None:
    assert says(netns="ns11") == "There is no namespace ns11. There is one named ns1."


def test_a_name_without_a_namespace_behind_it_is_explained() -> None:
    snapshot = network(Node("ns1", is_enterable=False))
    assert "added inside another namespace's shell" in says(snapshot, netns="ns1")


def test_a_link_that_is_still_on_the_pc_is_to_be_moved() -> None:
    pc = Node(PC, {"ns1-veth0": link("ns1-veth0")})
    snapshot = Snapshot({PC: pc, "ns1": Node("ns1")})
    assert says(snapshot, link="ns1-veth0", at="ns1") == "ns1-veth0 is still on the PC: move it to ns1."


def test_a_link_in_another_namespace_is_found() -> None:
    assert says(link="ns1-veth0", at="ns2") == "ns1-veth0 is in ns1, expected in ns2."


def test_a_link_on_a_missing_namespace_tells_the_namespace() -> None:
    verdict = judge(link="eth0", at="ns3")
    assert verdict.reason == "no-namespace"
    assert verdict.depth == 0


def test_a_bridge_is_no_veth() -> None:
    snapshot = network(Node("ns1", {"a": link("a", "bridge")}))
    assert says(snapshot, link="a", at="ns1", kind="veth") == "a is a bridge link, expected a veth link."
    assert says(snapshot, link="a", at="ns1", peer="b") == "a is a bridge link: it has no other end."


def test_the_wrong_other_end_is_named() -> None:
    found = says(link="ns1-veth0", at="ns1", peer="pc:ns2-veth0")
    assert found == "The other end of ns1-veth0 is ns2-veth0 in ns2, expected ns2-veth0 on the PC."


def test_no_carrier_names_the_other_end_that_is_down() -> None:
    snapshot = network(host("ns1", 1, peer="ns2", carrier=False), host("ns2", 2, peer="ns1", up=False, carrier=False))
    expected = "ns1-veth0 is UP but has no carrier: its other end, ns2-veth0 in ns2, is DOWN."
    assert says(snapshot, link="ns1-veth0", at="ns1", carrier=True) == expected


def test_a_link_that_is_down_is_told_before_its_carrier() -> None:
    snapshot = network(host("ns1", 1, peer="ns2", up=False, carrier=False))
    assert judge(snapshot, link="ns1-veth0", at="ns1", carrier=True).reason == "down"


def test_a_port_of_no_bridge_is_told() -> None:
    assert says(link="ns1-veth0", at="ns1", master="br0") == "ns1-veth0 in ns1 is no port of br0 yet."


def test_an_address_on_the_wrong_interface_names_both() -> None:
    node = Node("ns1", {"ns1-veth0": link("ns1-veth0")}, (Address("192.0.2.1/24", "ns1-veth1"),))
    expected = "192.0.2.1/24 is on ns1-veth1, expected on ns1-veth0."
    assert says(network(node), address="192.0.2.1/24", at="ns1", dev="ns1-veth0") == expected


def test_a_forgotten_prefix_length_is_explained() -> None:
    node = host("ns1", 1, peer="ns2", prefix=32)
    expected = "ns1 has 192.0.2.1/32: the prefix length is 32, expected 24 (without /24, `ip address add` takes /32)."
    assert says(network(node), address="192.0.2.1/24", at="ns1") == expected


@pytest.mark.parametrize(("found", "reason"), [("192.0.2.0/24", "no-host-address"), ("192.0.2.9/25", "wrong-prefix")])
def test_any_host_address_is_still_a_host_address_of_that_network(found: str, reason: str) -> None:
    node = Node("ns1", {}, (Address(found, "eth0"),))
    assert judge(network(node), address="192.0.2.1/24", at="ns1", within="192.0.2.0/24").reason == reason


def test_an_address_on_another_node_is_found_there() -> None:
    assert "is not set in ns2; it is set in ns1, on ns1-veth0" in says(address="192.0.2.1/24", at="ns2")


def test_the_loopback_address_is_no_near_miss() -> None:
    node = Node("ns1", {}, (Address("127.0.0.1/8", "lo", "host"),))
    assert says(network(node), address="192.0.2.1/24", at="ns1") == "ns1 has no address yet, expected 192.0.2.1/24."


def test_a_look_up_takes_the_longest_prefix() -> None:
    node = replace(
        TWO_HOSTS.nodes["ns1"],
        routes=(Route("default", "ns1-veth0", "192.0.2.254"), Route("198.51.100.0/24", "ns1-veth0", "192.0.2.2")),
    )
    assert judge(network(node), route="198.51.100.0/25", at="ns1", via="192.0.2.2").holds
    expected = "ns1 sends packets for 198.51.100.0/24 via 192.0.2.2, expected via 192.0.2.254."
    assert says(network(node), route="198.51.100.0/24", at="ns1", via="192.0.2.254") == expected
    assert judge(network(node), route="default", at="ns1", via="192.0.2.254").holds


def test_no_route_because_the_link_is_down_tells_the_link() -> None:
    node = host("ns1", 1, peer="ns2", up=False, carrier=False, routes=False)
    assert judge(network(node), route="192.0.2.0/24", at="ns1").reason == "down"
    assert judge(network(node), route="192.0.2.0/24", at="ns1", dev="ns1-veth0").reason == "down"


def test_a_setting_tells_what_it_is() -> None:
    assert (
        says(TWO_HOSTS, (), **{"sysctl": "net.ipv4.ip_forward", "at": "ns1", "is": 1})
        == "net.ipv4.ip_forward is 0 in ns1, expected 1."
    )


def test_a_reply_that_came_in_is_a_ping() -> None:
    assert judge(TWO_HOSTS, [REQUEST, REPLY], ping="192.0.2.2", at="ns1").holds


def test_replies_are_counted_once_each() -> None:
    replies = [replace(REPLY, sequence=n) for n in (1, 1, 2)]
    assert judge(TWO_HOSTS, replies, ping="192.0.2.2", at="ns1", count=2).holds
    assert "2 echo replies came back" in says(TWO_HOSTS, replies, ping="192.0.2.2", at="ns1", count=3)


def test_a_ping_of_another_size_is_told() -> None:
    assert "carry 56 bytes, expected 1000" in says(TWO_HOSTS, [REPLY], ping="192.0.2.2", at="ns1", size=1000)


def test_a_reply_that_is_only_forwarded_is_not_the_nodes_own() -> None:
    passing = [replace(e, node="r1") for e in (REQUEST, REPLY)]
    snapshot = network(*TWO_HOSTS.nodes.values(), replace(host("r1", 254, peer="ns1"), name="r1"))
    assert not judge(snapshot, passing, ping="192.0.2.2", at="r1").holds


def test_no_request_yet_is_told() -> None:
    assert says(ping="192.0.2.2", at="ns1") == "192.0.2.2 has not been pinged from ns1 in this step yet."


def test_requests_without_a_reply_are_told() -> None:
    expected = "1 echo request left ns1 for 192.0.2.2, but no reply came back."
    assert says(TWO_HOSTS, [REQUEST], ping="192.0.2.2", at="ns1") == expected


def test_a_ping_from_another_node_is_told() -> None:
    sent = [replace(REQUEST, node="ns2", src="192.0.2.2", dst="192.0.2.1")]
    expected = "The ping to 192.0.2.1 was sent from ns2, expected from the PC."
    pc = Node(PC, {"eth0": link("eth0")}, (Address("192.0.2.9/24", "eth0"),), (Route("192.0.2.0/24", "eth0"),))
    assert says(Snapshot({**TWO_HOSTS.nodes, PC: pc}), sent, ping="192.0.2.1") == expected


def test_a_silent_ping_tells_the_deepest_cause() -> None:
    down = network(host("ns1", 1, peer="ns2", carrier=False), host("ns2", 2, peer="ns1", up=False, carrier=False))
    assert judge(down, ping="192.0.2.2", at="ns1").reason == "peer-down"
    gone = network(host("ns1", 1, peer="ns2"), host("ns2", 7, peer="ns1"))
    assert says(gone, ping="192.0.2.2", at="ns1").startswith("No node has the address 192.0.2.2:")
    deaf = network(host("ns1", 1, peer="ns2"), host("ns2", 2, peer="ns1", prefix=32, routes=False))
    verdict = judge(deaf, [REQUEST], ping="192.0.2.2", at="ns1")
    assert "no reply came back. ns2-veth0 in ns2 has 192.0.2.2/32" in verdict.says
    assert (verdict.at, verdict.evidence[0]) == ("ns2", "ns2: ns2-veth0 inet 192.0.2.2/32")


def test_a_router_that_does_not_forward_is_the_cause() -> None:
    via = (Route("198.51.100.0/24", "ns1-veth0", "192.0.2.2"), *TWO_HOSTS.nodes["ns1"].routes)
    eth0 = link("eth0", peer=End("far", "eth0"))
    middle = TWO_HOSTS.nodes["ns2"]
    middle = replace(middle, links={**middle.links, "eth0": eth0})
    far = Node("far", {"eth0": link("eth0", peer=End("ns2", "eth0"))}, (Address("198.51.100.1/24", "eth0"),))
    snapshot = network(replace(TWO_HOSTS.nodes["ns1"], routes=via), middle, far)
    assert judge(snapshot, ping="198.51.100.1", at="ns1").reason == "no-address"
    routed = replace(middle, addresses=(*middle.addresses, Address("198.51.100.254/24", "eth0")))
    routed = replace(routed, routes=(*middle.routes, Route("198.51.100.0/24", "eth0", proto="kernel")))
    verdict = judge(replace(snapshot, nodes={**snapshot.nodes, "ns2": routed}), ping="198.51.100.1", at="ns1")
    assert (verdict.reason, verdict.at, verdict.depth) == ("forwarding-off", "ns2", 50)
    assert verdict.mend == "ip netns exec ns2 sysctl -w net.ipv4.ip_forward=1"


def test_routers_that_send_to_each_other_are_a_circle() -> None:
    def router(name: str, number: int, other: int) -> Node:
        routes = (Route("default", f"{name}-veth0", f"192.0.2.{other}"), Route("192.0.2.0/24", f"{name}-veth0"))
        peer = "ns2" if name == "ns1" else "ns1"
        return replace(host(name, number, peer=peer), routes=routes, sysctls={"net.ipv4.ip_forward": "1"})

    snapshot = network(router("ns1", 1, 2), router("ns2", 2, 1))
    assert judge(snapshot, ping="203.0.113.1", at="ns1").reason == "loop"


def test_only_the_deepest_failure_is_told() -> None:
    checks = [
        check_from("ping", {"ping": "192.0.2.2", "at": "ns1"}),
        check_from("address", {"address": "192.0.2.7/24", "at": "ns1"}),
        check_from("netns", {"netns": "ns1"}),
    ]
    failure = first_failure(checks, Evidence(TWO_HOSTS))
    assert failure is not None
    assert failure.reason == "wrong-address"
    assert first_failure(checks[2:], Evidence(TWO_HOSTS)) is None


def test_the_authors_words_are_added_where_a_check_does_not_hold() -> None:
    assert says(netns="ns7", say="Add it on the PC.").endswith(" Add it on the PC.")
    assert "Add it" not in judge(netns="ns1", say="Add it on the PC.").says


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_names_itself_by_its_own_key(kind: str) -> None:
    assert {kind, "at", "not", "say"} <= author_keys(KINDS[kind]).keys()
    assert "line" not in author_keys(KINDS[kind])


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"netns": "a/b"}, "netns"),
        ({"link": "a-name-that-is-too-long"}, "link"),
        ({"link": "a", "mac": "02:00"}, "mac"),
        ({"link": "a", "mtu": 1}, "mtu"),
        ({"address": "192.0.2.1"}, "address"),
        ({"address": "192.0.2.1/24", "within": "192.0.2.1/24"}, "within"),
        ({"address": "192.0.2.1/24", "within": "198.51.100.0/24"}, "within"),
        ({"route": "192.0.2.1/24"}, "route"),
        ({"route": "default", "via": "r1"}, "via"),
        ({"sysctl": "ip_forward", "is": 1}, "sysctl"),
        ({"ping": "192.0.2.1/24"}, "ping"),
        ({"ping": "192.0.2.1", "count": 0}, "count"),
    ],
)
def test_values_that_make_no_sense_are_faults_of_their_key(values: dict[str, Any], key: str) -> None:
    assert [fault.key for fault in check_from(next(iter(values)), values).faults()] == [key]


def test_nothing_is_said_about_who_is_missing_behind_a_cable_that_leads_out_of_the_lab() -> None:
    eth0 = Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP")
    route = Route("192.0.2.0/24", "eth0", src="192.0.2.10")
    pc = Node(PC, {"eth0": eth0}, (Address("192.0.2.10/24", "eth0"),), (route,))
    assert unreachable(Evidence(Snapshot({PC: pc})), PC, "192.0.2.1", tried=False) is None
