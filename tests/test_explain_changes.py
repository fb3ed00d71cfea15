"""The words for changes, on the states that the kernel really goes through."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from netshell.explain.changes import Said, as_json, say
from netshell.facts import PC, Address, End, FdbEntry, Link, Neighbour, Node, Route, Snapshot, difference

LO = Link("lo", 1, "loopback", is_up=False, has_carrier=False, state="DOWN", mac="00:00:00:00:00:00")
LO_UP = replace(LO, is_up=True, has_carrier=True, state="UNKNOWN")
EMPTY = Snapshot({PC: Node(PC, {"lo": LO}), "ns1": Node("ns1", {"lo": LO}), "ns2": Node("ns2", {"lo": LO})})
MAC1, MAC2 = "ce:e2:87:95:d4:49", "56:8e:df:7f:70:8c"


def veth(name: str, mac: str, peer: End, state: str = "DOWN") -> Link:
    return Link(name, 3, "veth", state != "DOWN", state == "UP", state, mac, peer=peer)


def cabled(state1: str = "DOWN", state2: str = "DOWN", *, with_addresses: bool = False) -> Snapshot:
    """Both ends plugged in, each in the state given."""
    one, two = veth("v1", MAC1, End("ns2", "v2"), state1), veth("v2", MAC2, End("ns1", "v1"), state2)
    return Snapshot(
        {
            PC: Node(PC, {"lo": LO}),
            "ns1": host("ns1", one, "192.0.2.1", with_addresses=with_addresses),
            "ns2": host("ns2", two, "192.0.2.2", with_addresses=with_addresses),
        }
    )


def host(name: str, link: Link, ip: str, *, with_addresses: bool) -> Node:
    if not with_addresses:
        return Node(name, {"lo": LO, link.name: link})
    addresses = [Address(f"{ip}/24", link.name)]
    routes = [Route(ip, link.name, proto="kernel", table="local", kind="local", scope="host", src=ip)]
    if link.is_up:
        routes += [
            Route("192.0.2.0/24", link.name, proto="kernel", scope="link", src=ip),
            Route("192.0.2.255", link.name, proto="kernel", table="local", kind="broadcast", scope="link", src=ip),
        ]
    if link.has_carrier:
        addresses.append(Address("fe80::1/64", link.name, "link"))
        routes += [
            Route("fe80::/64", link.name, proto="kernel", metric=256, family=6),
            Route("ff00::/8", link.name, proto="kernel", metric=256, table="local", kind="multicast", family=6),
        ]
    return Node(name, {"lo": LO, link.name: link}, tuple(addresses), tuple(routes))


def with_node(snapshot: Snapshot, node: Node) -> Snapshot:
    return Snapshot({**snapshot.nodes, node.name: node})


def told(before: Snapshot, after: Snapshot) -> list[str]:
    """What a learner sees, without the background, each detail below its headline."""
    lines = []
    for item in said(before, after):
        lines += [] if item.is_background else [f"{item.mark} {item.headline}", f"  {item.detail}"]
    return [line for line in lines if line.strip()]


def said(before: Snapshot, after: Snapshot) -> tuple[Said, ...]:
    return say(difference(before, after), before, after)


def changed(before: Node, after: Node) -> list[str]:
    return told(with_node(EMPTY, before), with_node(EMPTY, after))


def test_a_new_namespace_has_only_a_loopback_that_is_down() -> None:
    before = Snapshot({PC: EMPTY.nodes[PC]})
    after = with_node(before, Node("helloworld", {"lo": LO}))
    assert told(before, after) == ["+ namespace helloworld", "  it has only lo, and lo is DOWN"]


def test_a_name_made_inside_another_namespace_is_explained() -> None:
    before = Snapshot({PC: EMPTY.nodes[PC]})
    headline, detail = told(before, with_node(before, Node("inner", is_enterable=False)))
    assert headline == "+ namespace inner"
    assert "added inside another namespace's shell" in detail


def test_lo_that_goes_up_gets_its_address_and_the_rest_is_housekeeping() -> None:
    before = Node("ns1", {"lo": LO})
    after = Node(
        "ns1",
        {"lo": LO_UP},
        (Address("127.0.0.1/8", "lo", "host"), Address("::1/128", "lo", "host")),
        (Route("127.0.0.0/8", "lo", proto="kernel", table="local", kind="local"),),
    )
    assert changed(before, after) == [
        "~ ns1: link lo  UP",
        "  the host can talk to itself now",
        "+ ns1: address 127.0.0.1/8 on lo",
        "  the kernel sets it by itself when lo goes UP",
    ]


def test_a_new_cable_is_two_links_that_are_down() -> None:
    one, two = veth("v1", MAC1, End(PC, "v2")), veth("v2", MAC2, End(PC, "v1"))
    after = with_node(EMPTY, Node(PC, {"lo": LO, "v2": two, "v1": one}))
    assert told(EMPTY, after) == [
        "+ link v1  DOWN  other end: v2",
        "  a new interface is DOWN, switched off, until somebody switches it on",
        "+ link v2  DOWN  other end: v1",
        "  a new interface is DOWN, switched off, until somebody switches it on",
    ]


def test_a_link_that_is_moved_is_told_once() -> None:
    one, two = veth("v1", MAC1, End(PC, "v2")), veth("v2", MAC2, End(PC, "v1"))
    before = with_node(EMPTY, Node(PC, {"lo": LO, "v1": one, "v2": two}))
    after = with_node(before, Node(PC, {"lo": LO, "v2": replace(two, peer=End("ns1", "v1"))}))
    after = with_node(after, Node("ns1", {"lo": LO, "v1": one}))
    assert told(before, after) == ["~ link v1 moved from pc to ns1", "  it is DOWN, as every link is after a move"]


def test_a_move_takes_the_addresses_and_their_routes_and_that_is_told_once() -> None:
    up = veth("v1", MAC1, End("ns2", "v2"), "UP")
    before = with_node(EMPTY, host("ns1", up, "192.0.2.1", with_addresses=True))
    after = with_node(EMPTY, Node(PC, {"lo": LO, "v1": replace(up, is_up=False, has_carrier=False, state="DOWN")}))
    assert told(before, after) == [
        "~ link v1 moved from ns1 to pc",
        "  it is DOWN, as every link is after a move, and its address 192.0.2.1/24 is gone",
    ]


def test_a_link_with_a_new_name_is_told_once_and_its_addresses_not_at_all() -> None:
    up = veth("v1", MAC1, End("ns2", "v2"), "UP")
    before = host("ns1", up, "192.0.2.1", with_addresses=True)
    after = host("ns1", replace(up, name="eth0"), "192.0.2.1", with_addresses=True)
    assert changed(before, after) == ["~ ns1: link v1 is called eth0 now"]


def test_a_link_that_goes_up_before_its_other_end_has_no_carrier() -> None:
    assert told(cabled(with_addresses=True), cabled("LOWERLAYERDOWN", with_addresses=True)) == [
        "~ ns1: link v1  UP, no carrier",
        "  its other end, ns2:v2, is still DOWN (`ip link` calls that LOWERLAYERDOWN)",
        "+ ns1: route 192.0.2.0/24 dev v1",
        "  the kernel adds this route by itself where a link is UP and has an address",
    ]


def test_the_end_that_is_switched_on_last_brings_carrier_to_both() -> None:
    before, after = cabled("LOWERLAYERDOWN", with_addresses=True), cabled("UP", "UP", with_addresses=True)
    assert told(before, after) == [
        "~ ns2: link v2  UP",
        "  both ends are UP: the cable carries frames",
        "~ ns1: link v1  UP, has carrier",
        "  its other end, ns2:v2, is UP now",
        "+ ns2: route 192.0.2.0/24 dev v2",
        "  the kernel adds this route by itself where a link is UP and has an address",
    ]


def test_an_end_that_is_switched_off_takes_carrier_and_route() -> None:
    before, after = cabled("UP", "UP", with_addresses=True), cabled("LOWERLAYERDOWN", with_addresses=True)
    assert told(before, after) == [
        "~ ns2: link v2  DOWN",
        "  its addresses stay, its routes go",
        "~ ns1: link v1  UP, no carrier",
        "  its other end, ns2:v2, is DOWN: nothing gets through",
        "- ns2: route 192.0.2.0/24 dev v2",
        "  it went when the link was switched off, and comes back when the link is UP",
    ]


def test_an_address_on_a_link_that_is_down_waits_for_its_route() -> None:
    assert told(cabled(), cabled(with_addresses=True))[:2] == [
        "+ ns1: address 192.0.2.1/24 on v1",
        "  v1 is DOWN: the route to 192.0.2.0/24 comes when it goes UP",
    ]


def test_an_address_without_its_prefix_is_a_network_of_one() -> None:
    before = cabled("UP", "UP").nodes["ns1"]
    after = replace(before, addresses=(Address("192.0.2.1/32", "v1"),))
    assert changed(before, after) == [
        "+ ns1: address 192.0.2.1/32 on v1",
        "  /32 is a network of one address: no other host is on this link for ns1",
    ]


def test_an_address_takes_its_connected_route_with_it() -> None:
    before = cabled("UP", "UP", with_addresses=True).nodes["ns1"]
    after = replace(before, addresses=before.addresses[1:], routes=())
    assert changed(before, after) == ["- ns1: address 192.0.2.1/24 on v1", "  its route 192.0.2.0/24 goes with it"]


def test_addresses_of_one_network_go_with_the_first_of_them() -> None:
    up = cabled("UP", "UP", with_addresses=True).nodes["ns1"]
    first, *others = up.addresses
    before = replace(up, addresses=(first, Address("192.0.2.7/24", "v1"), *others))
    assert changed(before, replace(before, addresses=tuple(others), routes=())) == [
        "- ns1: address 192.0.2.1/24 on v1",
        "  its route 192.0.2.0/24 goes with it",
        "- ns1: address 192.0.2.7/24 on v1",
        "  it goes with 192.0.2.1/24, the first one of their network",
    ]


def test_a_route_that_went_with_its_address_is_told_once_though_the_address_stands_with_another_prefix() -> None:
    up = cabled("UP", "UP", with_addresses=True).nodes["ns1"]
    again = Address("192.0.2.1/30", "v1")
    before = replace(up, addresses=(*up.addresses, again))
    assert changed(before, replace(before, addresses=(*up.addresses[1:], again), routes=())) == [
        "- ns1: address 192.0.2.1/24 on v1",
        "  its route 192.0.2.0/24 goes with it",
    ]


def test_routes_say_what_they_are_for() -> None:
    before = cabled("UP", "UP", with_addresses=True).nodes["ns1"]
    new = (Route("default", "v1", "192.0.2.2"), Route("198.51.100.0/24", "v1", "192.0.2.9", metric=100))
    special = (Route("203.0.113.0/24", kind="blackhole"), Route("203.0.113.0/24", "v1", table="100", proto="bird"))
    assert changed(before, replace(before, routes=(*before.routes, *new, *special))) == [
        "+ ns1: route default via 192.0.2.2 dev v1",
        "  it is used where no other route fits",
        "+ ns1: route 198.51.100.0/24 via 192.0.2.9 dev v1 metric 100",
        "  packets for 198.51.100.0/24 go to 192.0.2.9 first",
        "+ ns1: route blackhole 203.0.113.0/24",
        "  packets for it are thrown away without a word",
        "+ ns1: route 203.0.113.0/24 dev v1 proto bird table 100",
    ]


def test_a_typed_route_does_not_come_back_with_its_link() -> None:
    up = cabled("UP", "UP", with_addresses=True).nodes["ns1"]
    before = replace(up, routes=(*up.routes, Route("default", "v1", "192.0.2.2")))
    lines = changed(before, cabled("DOWN", "UP", with_addresses=True).nodes["ns1"])
    place = lines.index("- ns1: route default via 192.0.2.2 dev v1")
    assert lines[place + 1] == "  it went when the link was switched off, and does not come back by itself"


def test_a_learnt_route_that_goes_with_its_link_is_left_to_who_had_learnt_it() -> None:
    up = cabled("UP", "UP", with_addresses=True).nodes["ns1"]
    before = replace(up, routes=(*up.routes, Route("198.51.100.0/24", "v1", "192.0.2.2", proto="bird")))
    lines = changed(before, cabled("DOWN", "UP", with_addresses=True).nodes["ns1"])
    place = lines.index("- ns1: route 198.51.100.0/24 via 192.0.2.2 dev v1 proto bird")
    assert lines[place + 1] == "  it went when the link was switched off, and is left to bird, which had written it"


def test_a_deleted_cable_goes_as_a_whole_with_all_it_had() -> None:
    assert told(cabled("UP", "UP", with_addresses=True), EMPTY) == [
        "- ns1: link v1  other end: ns2:v2",
        "  a cable has two ends or none: when one is deleted, so is the other",
        "- ns2: link v2  other end: ns1:v1",
        "  a cable has two ends or none: when one is deleted, so is the other",
    ]


def test_a_deleted_namespace_takes_its_links_and_their_other_ends() -> None:
    after = Snapshot({PC: EMPTY.nodes[PC], "ns2": EMPTY.nodes["ns2"]})
    assert told(cabled("UP", "UP"), after) == [
        "- namespace ns1",
        "  what was in it went with it: v1",
        "- ns2: link v2  other end: ns1:v1",
        "  its other end, v1, went with the namespace ns1: a cable has two ends or none",
    ]


def test_a_neighbour_is_told_when_it_is_found_and_not_when_its_state_flickers() -> None:
    bare = cabled("UP", "UP").nodes["ns1"]
    found = replace(bare, neighbours=(Neighbour("192.0.2.2", "v1", MAC2, "REACHABLE"),))
    stale = replace(bare, neighbours=(Neighbour("192.0.2.2", "v1", MAC2, "STALE"),))
    failed = replace(bare, neighbours=(Neighbour("192.0.2.9", "v1", None, "FAILED"),))
    expected = [f"+ ns1: neighbour 192.0.2.2 is at {MAC2} (REACHABLE)", "  ARP found the MAC behind the IP"]
    assert changed(bare, found) == expected
    assert changed(found, stale) == []
    assert changed(bare, failed) == [
        "+ ns1: neighbour 192.0.2.9 does not answer (FAILED)",
        "  ns1 asked for its MAC by ARP, and nobody answered",
    ]


def test_forwarding_makes_a_router() -> None:
    before, after = Node("ns1", sysctls={"net.ipv4.ip_forward": "0"}), Node("ns1", sysctls={"net.ipv4.ip_forward": "1"})
    assert changed(before, after) == [
        "~ ns1: net.ipv4.ip_forward 0 → 1",
        "  ns1 now passes packets on: it is a router",
    ]


def test_a_port_joins_a_bridge_and_the_bridges_own_echo_is_folded_away() -> None:
    port = veth("p1", MAC1, End("ns1", "eth0"), "UP")
    bridge = Link("br0", 4, "bridge", True, True, "UNKNOWN", "1e:1d:92:20:77:69")
    before = Node(PC, {"lo": LO, "br0": bridge, "p1": port})
    joined = {"br0": replace(bridge, mac=MAC1, state="UP"), "p1": replace(port, master="br0")}
    assert changed(before, replace(before, links={"lo": LO, **joined})) == [
        "~ link p1  port of br0",
        "  what comes in at p1 goes on to br0's other ports",
    ]


def test_what_a_bridge_learns_is_told_with_its_owner() -> None:
    before = with_node(cabled("UP", "UP"), Node(PC, {"lo": LO}))
    learned = (
        FdbEntry(MAC1, "p1", "br0", is_learned=True),
        FdbEntry("1a:2e:b8:66:aa:2a", "p1", "br0", is_learned=False),
    )
    assert told(before, with_node(before, Node(PC, {"lo": LO}, fdb=learned))) == [
        f"+ bridge br0 learned {MAC1} (ns1:v1) behind p1",
        "  a frame from that MAC came in at p1",
    ]


def test_json_has_the_keys_of_the_command_line_and_plain_values() -> None:
    before = cabled("UP", "UP").nodes["ns1"]
    after = replace(before, addresses=(Address("192.0.2.1/24", "v1"),))
    (item,) = said(with_node(EMPTY, before), with_node(EMPTY, after))
    assert as_json(item) == {
        "on": "ns1",
        "kind": "address",
        "op": "added",
        "name": "192.0.2.1/24",
        "before": None,
        "after": {"cidr": "192.0.2.1/24", "dev": "v1", "scope": "global"},
        "says": "ns1: address 192.0.2.1/24 on v1",
    }


NODE_NAMES = st.sampled_from([PC, "ns1", "ns2", "x\x1b"])
LINK_NAMES = st.sampled_from(["lo", "eth0", "v1", "br0"])
LINKS = st.builds(
    Link,
    LINK_NAMES,
    st.integers(1, 5),
    st.sampled_from(["", "veth", "bridge", "loopback", "vxlan"]),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["UP", "DOWN", "LOWERLAYERDOWN"]),
    st.sampled_from(["", "00:00:00:00:00:00", MAC1, MAC2]),
    master=st.none() | LINK_NAMES,
    peer=st.none() | st.builds(End, NODE_NAMES, LINK_NAMES),
)
CIDRS = st.sampled_from(["192.0.2.1/24", "192.0.2.1/32", "127.0.0.1/8", "::1/128", "fe80::1/64", "2001:db8::1/64"])
ROUTES = st.builds(
    Route,
    st.sampled_from(["default", "192.0.2.0/24", "fe80::/64"]),
    st.none() | LINK_NAMES,
    st.none() | st.just("192.0.2.254"),
    st.sampled_from(["kernel", "boot", "bird"]),
    table=st.sampled_from(["main", "local", "100"]),
    kind=st.sampled_from(["unicast", "blackhole", "local", "broadcast"]),
)
NEIGHBOURS = st.builds(
    Neighbour,
    st.just("192.0.2.2"),
    LINK_NAMES,
    st.none() | st.just(MAC2),
    st.sampled_from(["FAILED", "STALE", "NOARP"]),
)
NODES = st.builds(
    Node,
    NODE_NAMES,
    st.lists(LINKS, max_size=4).map(lambda links: {link.name: link for link in links}),
    st.lists(st.builds(Address, CIDRS, LINK_NAMES), max_size=3).map(tuple),
    st.lists(ROUTES, max_size=3).map(tuple),
    st.lists(NEIGHBOURS, max_size=2).map(tuple),
    st.lists(st.builds(FdbEntry, st.just(MAC1), LINK_NAMES, LINK_NAMES, st.booleans()), max_size=2).map(tuple),
    st.dictionaries(st.just("net.ipv4.ip_forward"), st.sampled_from("01")),
    st.booleans(),
)
SNAPSHOTS = st.lists(NODES, max_size=3).map(lambda nodes: Snapshot({node.name: node for node in nodes}))


@given(SNAPSHOTS, SNAPSHOTS)
def test_every_change_has_words_and_none_is_lost(before: Snapshot, after: Snapshot) -> None:
    changes = difference(before, after)
    items = say(changes, before, after)
    merged = sum(1 for item in items if item.change not in changes)
    assert len(items) == len(changes) - merged
    assert all(item.headline for item in items)
    json.dumps([as_json(item) for item in items])
