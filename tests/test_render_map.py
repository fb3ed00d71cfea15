"""The map: the shapes that lessons build, drawn as they are, and no cable ever drawn to the wrong end."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from netshell.facts import PC, Address, End, Link, Node, Snapshot
from netshell.render.map import draw, told

LO = Link("lo", 1, "loopback", is_up=False, has_carrier=False, state="DOWN")


def network(*cables: str, alone: str = "", routers: str = "", bridge: str = "", down: str = "") -> Snapshot:
    """Nodes joined by cables such as `ns1:eth0 192.0.2.1/24 -- ns2:eth0`.

    `bridge` is `NODE PORT PORT …` and makes a br0; `down` names ends that are switched off.
    """
    nodes: dict[str, Node] = {name: Node(name, {"lo": LO}) for name in alone.split()}
    for cable in cables:
        a, b = (side.split() for side in cable.split("--"))
        states = {end: end not in down.split() for end in (a[0], b[0])}
        for (here, *addresses), there in ((a, b[0]), (b, a[0])):
            name, dev = here.split(":")
            node = nodes.get(name, Node(name, {"lo": LO}))
            link = Link(dev, 2, "veth", states[here], all(states.values()), "", peer=End(*there.split(":")))
            cidrs = tuple(Address(cidr, dev) for cidr in addresses)
            nodes[name] = replace(node, links={**node.links, dev: link}, addresses=(*node.addresses, *cidrs))
    for name in routers.split():
        nodes[name] = replace(nodes[name], sysctls={"net.ipv4.ip_forward": "1"})
    if bridge:
        name, *ports = bridge.split()
        joined = {port: replace(nodes[name].links[port], master="br0") for port in ports}
        br0 = Link("br0", 9, "bridge", is_up=True, has_carrier=True, state="UP")
        nodes[name] = replace(nodes[name], links={**nodes[name].links, **joined, "br0": br0})
    return Snapshot(nodes)


Places = dict[str, tuple[int, int]]


def assert_draws(snapshot: Snapshot, picture: str, width: int = 80, places: Places | None = None) -> None:
    assert draw(snapshot, places, width).plain.split("\n") == picture.strip("\n").split("\n")


HRH = network(
    "h1:eth0 192.0.2.1/24 -- r1:eth0 192.0.2.254/24",
    "r1:eth1 198.51.100.254/24 -- h2:eth0 198.51.100.1/24",
    routers="r1",
)
RING = network(
    "r1:eth0 10.0.12.1/24 -- r2:eth0 10.0.12.2/24",
    "r2:eth1 10.0.23.2/24 -- r3:eth0 10.0.23.3/24",
    "r3:eth1 10.0.13.3/24 -- r1:eth1 10.0.13.1/24",
    routers="r1 r2 r3",
)
SWITCH = network(
    "h1:eth0 192.0.2.1/24 -- sw:p1",
    "h2:eth0 192.0.2.2/24 -- sw:p2",
    "h3:eth0 192.0.2.3/24 -- sw:p3",
    bridge="sw p1 p2 p3",
)


def test_two_namespaces_that_nothing_joins() -> None:
    assert_draws(
        network(alone="pc ns1 ns2"),
        """
  ╭ ns1 ─────╮   ╭ ns2 ─────╮   ╭ pc ──────╮
  │ lo  DOWN │   │ lo  DOWN │   │ lo  DOWN │
  ╰──────────╯   ╰──────────╯   ╰──────────╯
""",
    )


def test_a_cable_whose_ends_are_not_plugged_in_yet() -> None:
    assert_draws(
        network("pc:v1 -- pc:v2", alone="ns1", down="pc:v1 pc:v2"),
        """
  ╭ pc ──────╮
  │ DOWN  v1 ├╌╌╮
  │ DOWN  v2 ├╌╌╯
  ╰──────────╯
  ╭ ns1 ─────╮
  │ lo  DOWN │
  ╰──────────╯
""",
    )


def test_two_hosts_and_their_cable() -> None:
    assert_draws(
        network("ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0 192.0.2.2/24"),
        """
  ╭ ns1 ────────────────────╮          ╭ ns2 ────────────────────╮
  │ 192.0.2.1/24  ns1-veth0 ├──────────┤ ns2-veth0  192.0.2.2/24 │
  ╰─────────────────────────╯          ╰─────────────────────────╯
""",
    )


def test_an_end_that_is_down_leaves_the_other_without_carrier() -> None:
    assert_draws(
        network("ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0", down="ns2:ns2-veth0"),
        """
  ╭ ns1 ────────────────────────────────╮          ╭ ns2 ────────────╮
  │ no carrier  192.0.2.1/24  ns1-veth0 ├╌╌╌╌╌╌╌╌╌╌┤ ns2-veth0  DOWN │
  ╰─────────────────────────────────────╯          ╰─────────────────╯
""",
    )


def test_three_hosts_on_a_bridge() -> None:
    assert_draws(
        SWITCH,
        """
  ╭ h1 ────────────────╮      ╭ sw · bridge ────────╮     ╭ h3 ────────────────╮
  │ 192.0.2.1/24  eth0 ├──────┤ p1               p3 ├─────┤ eth0  192.0.2.3/24 │
  ╰────────────────────╯  ╭───┤ p2                  │     ╰────────────────────╯
  ╭ h2 ────────────────╮  │   │ br0  joins p1 p2 p3 │
  │ 192.0.2.2/24  eth0 ├──╯   ╰─────────────────────╯
  ╰────────────────────╯
""",
    )


def test_a_bridge_on_the_pc_names_only_the_ports_that_it_joins() -> None:
    assert_draws(
        network("h1:eth0 192.0.2.1/24 -- pc:p1", "h2:eth0 192.0.2.2/24 -- pc:p2", bridge="pc p1"),
        """
  ╭ h1 ────────────────╮        ╭ pc · bridge ──╮        ╭ h2 ────────────────╮
  │ 192.0.2.1/24  eth0 ├────────┤ p1         p2 ├────────┤ eth0  192.0.2.2/24 │
  ╰────────────────────╯        │ br0  joins p1 │        ╰────────────────────╯
                                ╰───────────────╯
""",
    )


def test_a_router_between_two_hosts_keeps_each_address_under_its_name() -> None:
    assert_draws(
        HRH,
        """
  ╭ h1 ────────────────╮     ╭ r1 · router ──────╮
  │ 192.0.2.1/24  eth0 ├─────┤ eth0              │
  ╰────────────────────╯     │ 192.0.2.254/24    │     ╭ h2 ───────────────────╮
                             │              eth1 ├─────┤ eth0  198.51.100.1/24 │
                             │ 198.51.100.254/24 │     ╰───────────────────────╯
                             ╰───────────────────╯
""",
    )


def test_a_wide_terminal_has_room_for_addresses_beside_the_names() -> None:
    assert_draws(
        HRH,
        """
  ╭ h1 ────────────────╮          ╭ r1 · router ───────────────────────────────────╮          ╭ h2 ───────────────────╮
  │ 192.0.2.1/24  eth0 ├──────────┤ eth0  192.0.2.254/24   198.51.100.254/24  eth1 ├──────────┤ eth0  198.51.100.1/24 │
  ╰────────────────────╯          ╰────────────────────────────────────────────────╯          ╰───────────────────────╯
""",
        width=120,
    )


def test_two_routers_between_two_hosts_fit_eighty_columns() -> None:
    assert_draws(
        network(
            "h1:eth0 192.0.2.1/24 -- r1:eth0 192.0.2.254/24",
            "r1:eth1 203.0.113.1/24 -- r2:eth0 203.0.113.2/24",
            "r2:eth1 198.51.100.254/24 -- h2:eth0 198.51.100.1/24",
            routers="r1 r2",
            down="r2:eth0",
        ),
        """
╭ h1 ──────────╮  ╭ r1 · router ───╮
│         eth0 ├──┤ eth0           │
│ 192.0.2.1/24 │  │ 192.0.2.254/24 │  ╭ r2 · router ──────╮
╰──────────────╯  │           eth1 ├╌╌┤ eth0              │
                  │     no carrier │  │ DOWN              │
                  │ 203.0.113.1/24 │  │ 203.0.113.2/24    │  ╭ h2 ─────────────╮
                  ╰────────────────╯  │              eth1 ├──┤ eth0            │
                                      │ 198.51.100.254/24 │  │ 198.51.100.1/24 │
                                      ╰───────────────────╯  ╰─────────────────╯
""",
    )


def test_a_ring_of_routers_is_unambiguous() -> None:
    assert_draws(
        RING,
        """
                                  ╭ r2 · router ────────────────────────────╮
                            ╭─────┤ eth0  10.0.12.2/24   10.0.23.2/24  eth1 ├──╮
  ╭ r1 · router ───────╮    │     ╰─────────────────────────────────────────╯  │
  │ 10.0.12.1/24  eth0 ├────╯     ╭ r3 · router ────────────────────────────╮  │
  │ 10.0.13.1/24  eth1 ├──────────┤ eth1  10.0.13.3/24   10.0.23.3/24  eth0 ├──╯
  ╰────────────────────╯          ╰─────────────────────────────────────────╯
""",
    )


def test_the_authors_places_are_kept() -> None:
    assert_draws(
        RING,
        """
  ╭ r1 · router ───────╮                                  ╭ r2 · router ───────╮
  │ 10.0.12.1/24  eth0 ├──────────────────────────────────┤ eth0  10.0.12.2/24 │
  │ 10.0.13.1/24  eth1 ├────╮                        ╭────┤ eth1  10.0.23.2/24 │
  ╰────────────────────╯    │                        │    ╰────────────────────╯
                            │                        │
                            │    ╭ r3 · router ─╮    │
                            ╰────┤ eth1         │    │
                                 │ 10.0.13.3/24 │    │
                                 │         eth0 ├────╯
                                 │ 10.0.23.3/24 │
                                 ╰──────────────╯
""",
        places={"r1": (0, 0), "r2": (2, 0), "r3": (1, 1)},
    )


def test_nodes_keep_their_places_before_and_after_they_are_joined() -> None:
    places = {"ns1": (0, 0), "ns2": (1, 0)}
    apart = draw(network(alone="ns1 ns2"), places).plain.split("\n")
    joined = draw(network("ns1:v1 -- ns2:v2"), places).plain.split("\n")
    for line in (apart[0], joined[0]):
        assert line.index("ns1") < line.index("ns2")


def test_a_star_of_seven_has_hosts_at_both_sides() -> None:
    cables = [f"h{number}:eth0 192.0.2.{number}/24 -- sw:p{number}" for number in range(1, 8)]
    assert_draws(
        network(*cables, bridge="sw p1 p2 p3 p4 p5 p6 p7"),
        """
  ╭ h1 ────────────────╮                                 ╭ h5 ────────────────╮
  │ 192.0.2.1/24  eth0 ├─╮                            ╭──┤ eth0  192.0.2.5/24 │
  ╰────────────────────╯ │    ╭ sw · bridge ────────╮ │  ╰────────────────────╯
  ╭ h2 ────────────────╮ ╰────┤ p1               p5 ├─╯  ╭ h6 ────────────────╮
  │ 192.0.2.2/24  eth0 ├──────┤ p2               p6 ├────┤ eth0  192.0.2.6/24 │
  ╰────────────────────╯ ╭────┤ p3               p7 ├─╮  ╰────────────────────╯
  ╭ h3 ────────────────╮ │ ╭──┤ p4                  │ │  ╭ h7 ────────────────╮
  │ 192.0.2.3/24  eth0 ├─╯ │  │ br0  joins p1 p2 p3 │ ╰──┤ eth0  192.0.2.7/24 │
  ╰────────────────────╯   │  │      p4 p5 p6 p7    │    ╰────────────────────╯
  ╭ h4 ────────────────╮   │  ╰─────────────────────╯
  │ 192.0.2.4/24  eth0 ├───╯
  ╰────────────────────╯
""",
    )


def test_what_is_too_wide_stands_one_below_the_other() -> None:
    assert_draws(
        RING,
        """
  ╭ r1 · router ───────╮
  │ eth0  10.0.12.1/24 ├──╮
  │ eth1  10.0.13.1/24 ├──│─╮
  ╰────────────────────╯  │ │
  ╭ r2 · router ───────╮  │ │
  │ eth0  10.0.12.2/24 ├──╯ │
  │ eth1  10.0.23.2/24 ├──╮ │
  ╰────────────────────╯  │ │
  ╭ r3 · router ───────╮  │ │
  │ eth1  10.0.13.3/24 ├──│─╯
  │ eth0  10.0.23.3/24 ├──╯
  ╰────────────────────╯
""",
        width=36,
    )


def test_what_is_wider_still_is_a_list() -> None:
    assert_draws(
        network("ns1:ns1-veth0 192.0.2.1/24 -- ns2:ns2-veth0 192.0.2.2/24"),
        """
ns1
  ns1-veth0  192.0.2
    .1/24  -- ns2:ns
    2-veth0
ns2
  ns2-veth0  192.0.2
    .2/24  -- ns1:ns
    1-veth0
""",
        width=20,
    )


def test_oddities_have_words() -> None:
    wan = Link("wan", 2, "vxlan", is_up=True, has_carrier=True, state="UP")
    addresses = (Address("192.0.2.1/24", "wan"), Address("fe80::1/64", "wan"))
    odd = Snapshot(
        {
            "slip": Node("slip", is_enterable=False),
            "bare": Node("bare"),
            "esc\x1b": Node("esc\x1b", {"lo": LO, "wan": wan}, addresses),
        }
    )
    assert_draws(
        odd,
        """
  ╭ bare ─────────╮   ╭ esc␛ ────────╮   ╭ slip ────────────────╮
  │ nothing in it │   │ wan  (vxlan) │   │ a name, no namespace │
  ╰───────────────╯   │ 192.0.2.1/24 │   ╰──────────────────────╯
                      ╰──────────────╯
""",
    )


def test_who_cannot_see_a_drawing_is_told_the_same_in_lines() -> None:
    assert told(SWITCH).plain.splitlines()[:3] == ["h1", "  eth0  192.0.2.1/24  -- sw:p1", "h2"]


def test_nothing_at_all_is_said() -> None:
    assert draw(Snapshot()).plain == "There is no node to draw."


LETTERS = "abcdefgh"


@st.composite
def graphs(draw_value: st.DrawFn) -> tuple[Snapshot, set[frozenset[str]]]:
    """Up to eight nodes with up to ten cables; each interface has a name of its own, so that ends can be told apart."""
    nodes = LETTERS[: draw_value(st.integers(1, 8))]
    pairs = draw_value(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)), max_size=10))
    address = draw_value(st.sampled_from(["", " 192.0.2.1/24", " 2001:db8:1234:5678::1/64"]))
    cables = [f"{a}:{a}{number}x{address} -- {b}:{b}{number}y" for number, (a, b) in enumerate(pairs)]
    ends = {frozenset((f"{a}{number}x", f"{b}{number}y")) for number, (a, b) in enumerate(pairs)}
    return network(*cables, alone=" ".join(nodes)), ends


PLACES = st.dictionaries(st.sampled_from(LETTERS), st.tuples(st.integers(0, 3), st.integers(0, 3)))


@settings(max_examples=300, deadline=None)
@given(graphs(), PLACES, st.sampled_from([40, 60, 80, 120, 200]))
def test_every_cable_leads_from_its_one_end_to_its_other(
    graph: tuple[Snapshot, set[frozenset[str]]], places: dict[str, tuple[int, int]], width: int
) -> None:
    snapshot, ends = graph
    lines = draw(snapshot, places, width).plain.split("\n")
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    if "--" in text:
        assert all(name in text for pair in ends for name in pair)
        return
    assert all(text.count(f"╭ {name} ") == 1 for name in snapshot.nodes)
    assert set(traced(lines)) == ends
    assert len(list(traced(lines))) == 2 * len(ends)


MOVES = {"─": "EW", "╌": "EW", "│": "NS", "╎": "NS", "╭": "SE", "╮": "SW", "╰": "NE", "╯": "NW"}
STEPS = {"E": (1, 0), "W": (-1, 0), "N": (0, -1), "S": (0, 1)}
OPPOSITE = {"E": "W", "W": "E", "N": "S", "S": "N"}


def traced(lines: list[str]) -> Iterator[frozenset[str]]:
    """Follow each cable from each of its sockets to the other one, straight on where an upright line is in the way."""
    width = max(map(len, lines))
    sheet = [line.ljust(width) for line in lines]
    for y, line in enumerate(sheet):
        for x, character in enumerate(line):
            if character in "├┤":
                yield frozenset((name_at(sheet, x, y), name_at(sheet, *followed(sheet, x, y))))


def followed(sheet: list[str], x: int, y: int) -> tuple[int, int]:
    heading = "E" if sheet[y][x] == "├" else "W"
    while True:
        x, y = x + STEPS[heading][0], y + STEPS[heading][1]
        glyph = sheet[y][x]
        if glyph in "├┤":
            return x, y
        ways = MOVES[glyph]
        if ways == "NS" and heading in "EW":
            continue
        assert OPPOSITE[heading] in ways, (sheet, x, y)
        heading = ways.replace(OPPOSITE[heading], "")


def name_at(sheet: list[str], x: int, y: int) -> str:
    """The interface whose name stands in the row of a socket, nearest to it or, in a table, first in the row."""
    if sheet[y][x] == "├":
        words = sheet[y][:x].rsplit("│", 1)[-1].rsplit("┤", 1)[-1].split()
        return next(word for word in reversed(words) if word[0] in LETTERS and word[-1] in "xy")
    words = sheet[y][x + 1 :].split()
    return words[0]


STRANGE = st.text(min_size=1, max_size=12)
LINKS = st.builds(
    Link,
    STRANGE,
    st.just(2),
    st.sampled_from(["veth", "bridge", "", "tun"]),
    st.booleans(),
    st.booleans(),
    st.just("UP"),
    master=st.none() | STRANGE,
    peer=st.none() | st.builds(End, STRANGE, STRANGE),
)
NODES = st.builds(
    Node,
    STRANGE,
    st.lists(LINKS, max_size=4).map(lambda links: {link.name: link for link in links}),
    st.lists(st.builds(Address, STRANGE, STRANGE), max_size=3).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(NODES, max_size=5), st.integers(10, 130))
def test_whatever_the_kernel_holds_is_drawn_within_the_width(nodes: list[Node], width: int) -> None:
    text = draw(Snapshot({node.name: node for node in nodes}), {}, width).plain
    assert all(cell_len(line) <= width for line in text.split("\n"))
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("name", ["網路", "e\u0301tage"])
def test_wide_and_combining_characters_keep_the_frame_straight(name: str) -> None:
    lines = draw(Snapshot({name: Node(name, {"lo": LO}), PC: Node(PC, {"lo": LO})})).plain.split("\n")
    assert len({cell_len(line) for line in lines}) == 1
