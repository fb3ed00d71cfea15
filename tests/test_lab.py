import asyncio

import pytest
from inside import Inside, play

from netshell import lab
from netshell.errors import UserError
from netshell.facts import PC, End, Node, Snapshot, route_to
from netshell.topology import EndSpec, LinkSpec, NodeSpec, RouteSpec, Topology, parse_link, parse_route

TWO_HOSTS = Topology(
    nodes=(NodeSpec("h1"), NodeSpec("h2"), NodeSpec("sw", "switch")),
    links=(parse_link("h1:eth0 192.0.2.1/24 -- sw:p1"), parse_link("h2:eth0 192.0.2.2/24 -- sw:p2")),
)
ROUTED = Topology(
    nodes=(NodeSpec("h1"), NodeSpec("h2"), NodeSpec("r1", "router")),
    links=(
        parse_link("h1:eth0 192.0.2.1/24 2001:db8:1::1/64 -- r1:eth0 192.0.2.254/24 2001:db8:1::fe/64"),
        parse_link("h2:eth0 198.51.100.1/24 -- r1:eth1 198.51.100.254/24"),
    ),
    routes=(
        parse_route("h1", "default via 192.0.2.254"),
        parse_route("h2", "192.0.2.0/24 via 198.51.100.254 dev eth0"),
    ),
)


def built(topology: Topology, *, then: str = "true") -> Snapshot:
    async def scenario(inside: Inside) -> Snapshot:
        await lab.build(inside.machine, inside.kernel, topology)
        snapshot = await inside.snapshot()
        await inside.sh(then)
        return snapshot

    return play(scenario)


def node(snapshot: Snapshot, name: str) -> Node:
    found = snapshot.node(name)
    assert found is not None
    return found


@pytest.mark.kernel
def test_the_first_ping_across_a_switch_is_answered() -> None:
    snapshot = built(TWO_HOSTS, then="ip netns exec h1 ping -c 1 -W 1 192.0.2.2")
    link = node(snapshot, "h1").links["eth0"]
    assert (link.is_up, link.has_carrier, link.state, link.peer) == (True, True, "UP", End("sw", "p1"))
    switch = node(snapshot, "sw")
    assert switch.links["br0"].kind == "bridge"
    assert {name for name, link in switch.links.items() if link.master == "br0"} == {"p1", "p2"}


@pytest.mark.kernel
def test_a_switch_has_more_ports_than_one_call_lays() -> None:
    numbers = range(1, 121)
    links = tuple(
        parse_link(f"h{n}:eth0 192.0.2.{n}/24 -- sw:p{n}" if n % 2 else f"sw:p{n} -- h{n}:eth0 192.0.2.{n}/24")
        for n in numbers
    )
    nodes = (NodeSpec("sw", "switch"), *(NodeSpec(f"h{n}") for n in numbers))
    snapshot = built(Topology(nodes, links), then="ip netns exec h1 ping -c 1 -W 1 192.0.2.120")
    ports = node(snapshot, "sw").links
    assert {name for name, link in ports.items() if link.master == "br0"} == {f"p{n}" for n in numbers}
    assert {n: ports[f"p{n}"].peer for n in numbers} == {n: End(f"h{n}", "eth0") for n in numbers}
    assert {node(snapshot, f"h{n}").links["eth0"].state for n in numbers} == {"UP"}


@pytest.mark.kernel
def test_a_router_forwards_and_hosts_do_not() -> None:
    snapshot = built(ROUTED, then="ip netns exec h1 ping -c 1 -W 1 198.51.100.1")
    assert node(snapshot, "r1").sysctls["net.ipv4.ip_forward"] == "1"
    assert node(snapshot, "r1").sysctls["net.ipv6.conf.all.forwarding"] == "1"
    assert node(snapshot, "h1").sysctls["net.ipv4.ip_forward"] == "0"
    assert node(snapshot, PC).sysctls["net.ipv4.ip_forward"] == "0"
    route = route_to(node(snapshot, "h2"), "192.0.2.1")
    assert route is not None
    assert (route.via, route.dev, route.proto) == ("198.51.100.254", "eth0", "boot")
    assert "2001:db8:1::1/64" in {address.cidr for address in node(snapshot, "h1").addresses}


@pytest.mark.kernel
def test_a_node_without_links_is_as_ip_netns_add_makes_it() -> None:
    snapshot = built(Topology(nodes=(NodeSpec("bare"), *TWO_HOSTS.nodes), links=TWO_HOSTS.links))
    assert not node(snapshot, "bare").links["lo"].is_up
    assert node(snapshot, "h1").links["lo"].is_up


@pytest.mark.kernel
def test_a_node_of_the_lab_can_be_deleted_after_another_namespace_was_added() -> None:
    built(TWO_HOSTS, then="ip netns add x && ip netns delete h1 && ip netns add h1 && ! ip -n h1 link show eth0")


@pytest.mark.kernel
def test_the_pc_gets_an_interface_and_a_gateway_that_answers() -> None:
    topology = Topology(pc_interface=EndSpec(PC, "eth0", ("192.168.1.10/24",)), pc_default="192.168.1.1")
    snapshot = built(topology, then="ping -c 1 -W 1 192.168.1.1")
    assert list(snapshot.nodes) == [PC]
    link = node(snapshot, PC).links["eth0"]
    assert (link.is_up, link.has_carrier, link.state, link.peer) == (True, True, "UP", None)
    route = route_to(node(snapshot, PC), "203.0.113.1")
    assert route is not None
    assert route.via == "192.168.1.1"


@pytest.mark.kernel
def test_a_lab_is_built_again_after_a_reset() -> None:
    async def scenario(inside: Inside) -> tuple[Snapshot, Snapshot, Snapshot]:
        topology = Topology(
            TWO_HOSTS.nodes,
            TWO_HOSTS.links,
            pc_interface=EndSpec(PC, "eth0", ("192.168.1.10/24",)),
            pc_default="192.168.1.1",
        )
        await lab.build(inside.machine, inside.kernel, topology)
        first = await inside.snapshot()
        await inside.machine.reset()
        empty = await inside.snapshot()
        await lab.build(inside.machine, inside.kernel, topology)
        await inside.sh("ip netns exec h1 ping -c 1 -W 1 192.0.2.2", "ping -c 1 -W 1 192.168.1.1")
        return first, empty, await inside.snapshot()

    first, empty, second = play(scenario)
    assert list(empty.nodes) == [PC]
    assert list(empty.nodes[PC].links) == ["lo"]
    assert first.nodes.keys() == second.nodes.keys()
    assert first.nodes["h1"].routes == second.nodes["h1"].routes


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("topology", "told"),
    [
        (
            Topology(nodes=(NodeSpec("h1"),), links=(LinkSpec(EndSpec("h1", "a"), EndSpec("h2", "b")),)),
            "no namespace `h2`",
        ),
        (
            Topology(nodes=(NodeSpec("h1"),), routes=(RouteSpec("h1", "default", "192.0.2.1"),)),
            "default on h1 via 192.0.2.1",
        ),
        (Topology(nodes=(NodeSpec("h1"),), routes=(RouteSpec("h1", "default", None, "eth7"),)), "no link eth7"),
        (
            Topology(nodes=(NodeSpec("h1"),), links=(parse_link("h1:a -- h1:a"),)),
            "the cable h1:a -- h1:a",
        ),
        (
            Topology(pc_interface=EndSpec(PC, "eth0", ("192.168.1.10/24",)), pc_default="192.168.2.1"),
            "none of its networks",
        ),
    ],
)
def test_what_cannot_be_built_is_named(topology: Topology, told: str) -> None:
    async def scenario(inside: Inside) -> None:
        with pytest.raises(UserError, match=told):
            await lab.build(inside.machine, inside.kernel, topology)
        assert (await inside.snapshot()).node(PC) is not None

    play(scenario)


@pytest.mark.kernel
def test_cables_between_equal_ends_are_up_at_once() -> None:
    links = tuple(parse_link(f"a:e{i} 10.0.{i}.1/24 -- b:e{i} 10.0.{i}.2/24") for i in range(3))

    async def scenario(inside: Inside) -> tuple[Snapshot, Snapshot]:
        await lab.build(inside.machine, inside.kernel, Topology((NodeSpec("a"), NodeSpec("b")), links))
        first = await inside.snapshot()
        await asyncio.sleep(1.2)
        return first, await inside.snapshot()

    first, later = play(scenario)
    assert first.nodes["a"].links == later.nodes["a"].links
    assert first.nodes["b"].links == later.nodes["b"].links


@pytest.mark.kernel
def test_a_lab_is_built_again_after_a_reset_though_names_were_added_by_hand() -> None:
    async def scenario(inside: Inside) -> list[str]:
        topology = Topology(nodes=(NodeSpec("a"), NodeSpec("b")))
        await lab.build(inside.machine, inside.kernel, topology)
        for _ in range(2):
            await inside.sh("ip netns add c", "ip netns exec a ip netns add d")
            await inside.machine.reset()
            await lab.build(inside.machine, inside.kernel, topology)
        return list((await inside.snapshot()).nodes)

    assert play(scenario) == [PC, "a", "b"]
