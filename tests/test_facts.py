"""The difference of two snapshots."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from netshell.facts import Address, Change, Link, Node, Route, Snapshot, difference, holder_of, route_to

LO = Link("lo", 1, "loopback", is_up=False, has_carrier=False, state="DOWN")
ETH0 = Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP")
HOST = Node("ns1", {"lo": LO, "eth0": ETH0}, (Address("192.0.2.1/24", "eth0"),), (Route("192.0.2.0/24", "eth0"),))


def snapshot(*nodes: Node) -> Snapshot:
    return Snapshot({node.name: node for node in nodes})


def told(changes: tuple[Change, ...]) -> list[tuple[str, str, str, str]]:
    return [(change.on, change.kind, change.op, change.name) for change in changes]


def test_two_equal_snapshots_have_no_difference() -> None:
    assert difference(snapshot(HOST), snapshot(HOST)) == ()


def test_a_new_namespaces_lo_and_settings_are_no_news() -> None:
    new = Node("ns1", {"lo": LO}, sysctls={"net.ipv4.ip_forward": "0"})
    assert told(difference(snapshot(), snapshot(new))) == [("ns1", "namespace", "added", "ns1")]


def test_what_was_in_a_removed_namespace_is_not_listed() -> None:
    assert told(difference(snapshot(HOST), snapshot())) == [("ns1", "namespace", "removed", "ns1")]


def test_things_that_appear_are_told_in_the_order_the_kernel_gave_them() -> None:
    names = [f"eth{number}" for number in range(20)]
    after = replace(
        HOST, links={"lo": LO} | {name: replace(ETH0, name=name) for name in names}, addresses=(), routes=()
    )
    before = replace(HOST, links={"lo": LO}, addresses=(), routes=())
    assert [change.name for change in difference(snapshot(before), snapshot(after))] == names


def test_a_route_with_another_gateway_is_a_changed_route() -> None:
    old = replace(HOST, routes=(Route("default", "eth0", "192.0.2.2"),))
    new = replace(HOST, routes=(Route("default", "eth0", "192.0.2.254"),))
    assert told(difference(snapshot(old), snapshot(new))) == [("ns1", "route", "changed", "default")]


def test_two_routes_that_differ_only_in_their_gateway_are_two() -> None:
    one, two = Route("default", "eth0", "192.0.2.2"), Route("default", "eth0", "192.0.2.254")
    changes = difference(snapshot(replace(HOST, routes=(one,))), snapshot(replace(HOST, routes=(one, two))))
    assert [(change.op, change.after) for change in changes] == [("added", two)]


def test_a_name_that_becomes_a_namespace_is_a_change() -> None:
    changes = difference(snapshot(Node("ns1", is_enterable=False)), snapshot(Node("ns1")))
    assert told(changes) == [("ns1", "namespace", "changed", "ns1")]


def test_changed_fields_names_what_differs() -> None:
    changed = replace(HOST, links={"lo": LO, "eth0": replace(ETH0, is_up=False, state="DOWN")})
    (change,) = difference(snapshot(HOST), snapshot(changed))
    assert change.changed_fields() == ("is_up", "state")


def test_the_longest_prefix_wins() -> None:
    node = replace(HOST, routes=(Route("default", "eth0", "192.0.2.254"), *HOST.routes))
    assert route_to(node, "192.0.2.9") == HOST.routes[0]
    found = route_to(node, "198.51.100.1")
    assert found is not None
    assert found.dst == "default"
    assert route_to(HOST, "198.51.100.1") is None


def test_the_holder_of_an_address_is_found() -> None:
    assert holder_of(snapshot(HOST), "192.0.2.1") == (HOST, HOST.addresses[0])
    assert holder_of(snapshot(HOST), "192.0.2.2") is None


NAMES = st.text(min_size=1, max_size=4)
NODES = st.builds(
    Node,
    NAMES,
    links=st.dictionaries(NAMES, st.just(ETH0), max_size=3),
    addresses=st.lists(st.builds(Address, st.just("192.0.2.1/24"), NAMES), max_size=3).map(tuple),
    routes=st.lists(st.builds(Route, st.just("default"), NAMES, st.none() | NAMES), max_size=4).map(tuple),
    sysctls=st.dictionaries(NAMES, NAMES, max_size=2),
)
SNAPSHOTS = st.lists(NODES, max_size=3).map(lambda nodes: snapshot(*nodes))


@given(SNAPSHOTS, SNAPSHOTS)
def test_every_difference_has_its_opposite(before: Snapshot, after: Snapshot) -> None:
    forth, back = difference(before, after), difference(after, before)
    assert difference(before, before) == ()
    removed = {(c.on, c.kind, c.name) for c in back if c.kind == "namespace" and c.op == "removed"}
    assert removed == {(c.on, c.kind, c.name) for c in forth if c.kind == "namespace" and c.op == "added"}
