import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from inside import Inside, play

from netshell.facts import PC, End, FdbEntry, Route, Snapshot, difference
from netshell.helper import Helper, Worker
from netshell.kernel.lean import skip_init

VETH = "ip link add va type veth peer name vb"


async def told(inside: Inside) -> None:
    async with asyncio.timeout(2):
        await inside.moved.wait()


@pytest.mark.kernel
def test_a_snapshot_shows_what_a_learner_built() -> None:
    async def scenario(inside: Inside) -> Snapshot:
        await inside.sh(
            "ip netns add ns1",
            "ip link add va type veth peer name vb netns ns1",
            "ip address add 192.0.2.1/24 dev va",
            "ip link set va up",
            "ip -n ns1 link set vb up",
            "ip route add default via 192.0.2.254 metric 7",
            "ip route add blackhole 198.51.100.0/24 proto static",
            "ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev va",
            "sysctl -w net.ipv4.ip_forward=1",
        )
        return await inside.snapshot()

    snapshot = play(scenario)
    assert list(snapshot.nodes) == [PC, "ns1"]
    pc = snapshot.nodes[PC]
    assert pc.links["va"].peer == End("ns1", "vb")
    assert snapshot.nodes["ns1"].links["vb"].peer == End(PC, "va")
    assert (pc.links["va"].kind, pc.links["va"].is_up, pc.links["va"].has_carrier) == ("veth", True, True)
    assert (pc.links["lo"].kind, pc.links["lo"].mac, pc.links["lo"].mtu) == ("loopback", "00:00:00:00:00:00", 65536)
    assert [(a.cidr, a.dev, a.scope) for a in pc.addresses if ":" not in a.cidr] == [("192.0.2.1/24", "va", "global")]
    assert {(r.dst, r.via, r.dev, r.proto, r.metric, r.kind, r.src) for r in pc.routes if r.family == 4} == {
        ("default", "192.0.2.254", "va", "boot", 7, "unicast", None),
        ("192.0.2.0/24", None, "va", "kernel", 0, "unicast", "192.0.2.1"),
        ("198.51.100.0/24", None, None, "static", 0, "blackhole", None),
    }
    assert [(n.ip, n.mac, n.state) for n in pc.neighbours] == [("192.0.2.9", "02:00:00:00:00:09", "PERMANENT")]
    assert pc.sysctls["net.ipv4.ip_forward"] == "1"
    assert snapshot.nodes["ns1"].sysctls["net.ipv4.ip_forward"] == "0"


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("before", "command", "changes"),
    [
        ("true", "ip link set lo up", {("link", "lo"), ("address", "127.0.0.1/8"), ("address", "::1/128")}),
        ("ip link set lo up", "ip link set lo mtu 1400", {("link", "lo")}),
        (VETH, "ip link set va name vc", {("link", "va"), ("link", "vc"), ("link", "vb")}),
        (f"ip netns add x; {VETH}", "ip link set vb netns x", {("link", "va"), ("link", "vb")}),
        (f"ip netns add x; {VETH} netns x", "ip netns del x; sleep 0.3", {("namespace", "x"), ("link", "va")}),
        (f"{VETH}; ip link add br0 type bridge", "ip link set va master br0", {("link", "va"), ("link", "br0")}),
        ("true", "sysctl -qw net.ipv4.conf.all.rp_filter=2", {("sysctl", "net.ipv4.conf.all.rp_filter")}),
        ("true", "true", set()),
    ],
)  # fmt: skip
def test_a_later_snapshot_shows_each_change(before: str, command: str, changes: set[tuple[str, str]]) -> None:
    async def scenario(inside: Inside) -> tuple[Snapshot, Snapshot]:
        await inside.sh(before)
        await inside.snapshot()
        old = await inside.snapshot()
        await inside.sh(command)
        return old, await inside.snapshot()

    found = {(change.kind, change.name) for change in difference(*play(scenario)) if change.kind != "fdb"}
    assert {item for item in found if item[0] != "route"} == changes


@pytest.mark.kernel
def test_routes_that_go_in_silence_are_missed_as_well() -> None:
    async def scenario(inside: Inside) -> tuple[Snapshot, Snapshot]:
        await inside.sh(
            VETH,
            "ip address add 192.0.2.1/24 dev va",
            "ip link set va up",
            "ip link set vb up",
            "ip route add default via 192.0.2.2",
        )
        up = await inside.snapshot()
        await inside.sh("ip link set va down")
        return up, await inside.snapshot()

    up, down = play(scenario)
    assert {route.dst for route in up.nodes[PC].routes if route.family == 4} == {"default", "192.0.2.0/24"}
    assert [route for route in down.nodes[PC].routes if route.family == 4] == []


@pytest.mark.kernel
def test_a_bridge_tells_which_port_it_learned_a_mac_on() -> None:
    async def scenario(inside: Inside) -> Snapshot:
        await inside.sh(
            "ip netns add h",
            "ip link add br0 type bridge",
            "ip link add p type veth peer name eth0 address 02:00:00:00:00:01 netns h",
            "ip link set p master br0",
            "ip address add 192.0.2.1/24 dev br0",
            "ip link set br0 up",
            "ip link set p up",
            "ip -n h address add 192.0.2.2/24 dev eth0",
            "ip -n h link set eth0 up",
            "sleep 0.1",
            "ip netns exec h ping -c 1 -W 3 192.0.2.1",
        )
        return await inside.snapshot()

    pc = play(scenario).nodes[PC]
    assert FdbEntry("02:00:00:00:00:01", "p", "br0", is_learned=True) in pc.fdb
    assert pc.links["p"].master == "br0"
    assert "02:00:00:00:00:01" in {neighbour.mac for neighbour in pc.neighbours}


@pytest.mark.kernel
@pytest.mark.parametrize(
    "command",
    ["ip netns add x", "ip link set lo up", "ip address add 192.0.2.1/24 dev lo", "sysctl -qw net.ipv4.ip_forward=1"],
)
def test_the_engine_is_told_that_something_moved(command: str) -> None:
    async def scenario(inside: Inside) -> None:
        await inside.snapshot()
        await asyncio.sleep(0.05)
        inside.moved.clear()
        await inside.sh(command)
        await told(inside)

    play(scenario)


OFFLOADS = (
    "python3 - <<'E'\nimport array, fcntl, socket, struct\ns = socket.socket()\n"
    "for get in (0x16, 0x1E, 0x23, 0x2B):\n"
    "    v = array.array('I', [get, 9])\n"
    "    fcntl.ioctl(s, 0x8946, struct.pack('16sP16x', b'va', v.buffer_info()[0]))\n"
    "    print(v[1], end='')\nE"
)


@pytest.mark.kernel
@pytest.mark.parametrize("look", [Inside.snapshot, told])
def test_a_learners_cable_carries_no_offloaded_frames(look: Callable[[Inside], Awaitable[object]]) -> None:
    """Whether somebody looks, or the kernel tells of it."""

    async def scenario(inside: Inside) -> str:
        await inside.snapshot()
        await inside.sh("ip netns add x", f"{VETH} netns x")
        await look(inside)
        return await inside.sh(OFFLOADS)

    assert play(scenario) == "0000"


@pytest.mark.kernel
def test_a_name_that_comes_after_a_hundred_at_once_is_told() -> None:
    async def scenario(inside: Inside) -> None:
        await inside.machine.make_namespaces([f"n{number}" for number in range(100)])
        await inside.snapshot()
        while inside.moved.is_set():
            inside.moved.clear()
            await asyncio.sleep(0.3)
        await inside.sh("ip netns add late")
        await told(inside)

    play(scenario)


@pytest.mark.kernel
def test_a_name_that_is_no_namespace_is_shown_as_such() -> None:
    async def scenario(inside: Inside) -> Snapshot:
        await inside.sh(
            "ip netns add outer", "ip netns exec outer ip netns add inner", "ln -s /proc/1/ns/net /run/netns/link"
        )
        return await inside.snapshot()

    nodes = play(scenario).nodes
    assert {name: node.is_enterable for name, node in nodes.items()} == {
        PC: True,
        "inner": False,
        "link": False,
        "outer": True,
    }


@pytest.mark.kernel
def test_links_that_come_and_go_do_not_disturb_a_snapshot() -> None:
    async def scenario(inside: Inside) -> int:
        lines = f"ip netns add n$i; {VETH} netns n$i; ip netns del n$i; ip link del va 2>/dev/null || true"
        churn = asyncio.create_task(inside.sh(f"for i in $(seq 100); do {lines}; done"))
        count = 0
        while not churn.done():
            snapshot = await inside.snapshot()
            assert PC in snapshot.nodes
            count += 1
            await asyncio.sleep(0.001)
        await churn
        return count

    assert play(scenario) > 20


@pytest.mark.kernel
def test_a_snapshot_says_what_ip_says() -> None:
    async def scenario(inside: Inside) -> tuple[Snapshot, dict[str, list[dict[str, Any]]]]:
        await inside.sh(
            "ip link set lo up",
            "ip link add br0 type bridge",
            VETH,
            "ip link set va mtu 1400 master br0",
            "ip link set br0 up",
            "ip link set vb up",
            "ip address add 192.0.2.1/24 dev br0",
            "ip address add 198.51.100.1 peer 198.51.100.2 dev br0",
            "ip address add 2001:db8::1/64 dev br0 nodad",
            "ip route add 203.0.113.0/25 proto bgp nexthop via 192.0.2.7 dev br0 nexthop via 192.0.2.8 dev br0",
            "ip route add 203.0.113.128/25 via inet6 2001:db8::7 dev br0 table 7",
            "ip route add default via 192.0.2.254 src 192.0.2.1 metric 9",
            "ip route add prohibit 2001:db8:1::/48",
            "ip route add 2001:db8:2::/48 via 2001:db8::2 proto static",
            "ip neighbour add 192.0.2.9 lladdr 02:00:00:00:00:09 dev br0",
            "ip neighbour add 2001:db8::9 lladdr 02:00:00:00:00:09 nud stale dev br0",
            "bridge fdb add 02:00:00:00:00:08 dev va master static",
        )
        snapshot = await inside.snapshot()
        questions = {
            "links": "ip -j link",
            "addresses": "ip -j address",
            "routes": "ip -j -4 -d route show table all",
            "routes6": "ip -j -6 -d route show table all",
            "neighbours": "ip -j neighbour",
            "fdb": "bridge -j fdb",
        }
        return snapshot, {key: json.loads(await inside.sh(command)) for key, command in questions.items()}

    snapshot, told = play(scenario)
    pc = snapshot.nodes[PC]
    assert [(k.name, k.index, k.mtu, k.state, k.mac, k.master, k.is_up) for k in pc.links.values()] == [
        (k["ifname"], k["ifindex"], k["mtu"], k["operstate"], k["address"], k.get("master"), "UP" in k["flags"])
        for k in told["links"]
    ]
    assert {(a.cidr, a.dev, a.scope) for a in pc.addresses} == {
        (f"{a['local']}/{a['prefixlen']}", link["ifname"], a["scope"])
        for link in told["addresses"]
        for a in link["addr_info"]
    }
    assert {_route_facts(route) for route in pc.routes} == {
        _route_of_ip(route, family) for family, key in ((4, "routes"), (6, "routes6")) for route in told[key]
    } - {None}
    assert {(n.ip, n.dev, n.mac, n.state) for n in pc.neighbours} == {
        (n["dst"], n["dev"], n.get("lladdr"), n["state"][0]) for n in told["neighbours"] if n["state"] != ["NOARP"]
    }
    assert {(e.mac, e.dev) for e in pc.fdb} == {(e["mac"], e["ifname"]) for e in told["fdb"] if "master" in e}
    assert FdbEntry("02:00:00:00:00:08", "va", "br0", is_learned=False) in pc.fdb


def _route_facts(route: Route) -> tuple[object, ...]:
    return (
        route.family,
        route.dst,
        route.dev,
        route.via,
        route.proto,
        route.table,
        route.src,
        route.kind,
        route.metric,
    )


def _route_of_ip(route: dict[str, Any], family: int) -> tuple[object, ...] | None:
    """The same of what `ip -j -d route` says; None for the local table."""
    if route.get("table") == "local":
        return None
    hop = route.get("nexthops", [route])[0]
    dst = route["dst"]
    if dst != "default" and "/" not in dst:
        dst += "/32" if family == 4 else "/128"
    via = hop.get("gateway") or hop.get("via", {}).get("host")
    dev = hop.get("dev")
    table = route.get("table", "main")
    return (
        family, dst, dev, via, route["protocol"], table, route.get("prefsrc"), route["type"], route.get("metric", 0)
    )  # fmt: skip


@pytest.mark.kernel
def test_a_name_that_is_no_text_is_shown_all_the_same() -> None:
    async def scenario(inside: Inside) -> Snapshot:
        await inside.sh("ip link add $(printf 'v\\377') type veth peer name vb")
        return await inside.snapshot()

    assert list(play(scenario).nodes[PC].links) == ["lo", "vb", "v\N{REPLACEMENT CHARACTER}"]


@pytest.mark.kernel
def test_the_helper_carries_no_more_of_pyroute2_than_it_needs() -> None:
    def serve(worker: Worker) -> None:
        skip_init("pyroute2")
        from netshell.kernel import server  # noqa: F401, PLC0415 - what the helper imports

        worker.handlers["imported"] = lambda: set(sys.modules)
        worker.run()

    async def imported() -> set[str]:
        helper.attach(asyncio.get_running_loop())
        found: set[str] = await helper.ask("imported")
        return found

    before = set(sys.modules)
    helper = Helper.start("test", serve)
    try:
        modules = asyncio.run(imported())
    finally:
        helper.close()
    assert "pyroute2.netlink.rtnl.ifinfmsg" in modules
    assert (modules - before) & {"pyroute2.iproute", "pyroute2.ndb", "pyroute2.netlink.nlsocket", "sqlite3"} == set()


@pytest.mark.kernel
def test_each_end_of_a_cable_knows_the_other_wherever_both_are_moved() -> None:
    async def scenario(inside: Inside) -> None:
        await inside.sh("ip netns add ns1", "ip netns add ns2", VETH)
        await inside.snapshot()
        await inside.sh("ip link set va netns ns1")
        await inside.snapshot()
        await inside.sh("ip link set vb netns ns2")
        nodes = (await inside.snapshot()).nodes
        assert nodes["ns1"].links["va"].peer == End("ns2", "vb")
        assert nodes["ns2"].links["vb"].peer == End("ns1", "va")

    play(scenario)


@pytest.mark.kernel
def test_settings_that_a_lesson_looks_at_are_read_anew_each_time() -> None:
    key = "net.ipv4.ip_local_port_range"

    async def scenario(inside: Inside) -> list[str | None]:
        found = [(await inside.snapshot()).nodes["pc"].sysctls.get(key)]
        await inside.kernel.watch_sysctls((key,))
        found.append((await inside.snapshot()).nodes["pc"].sysctls.get(key))
        await inside.sh(f"sysctl -q -w {key}='50000 50010'")
        found.append((await inside.snapshot()).nodes["pc"].sysctls.get(key))
        return found

    assert play(scenario) == [None, "32768\t60999", "50000\t50010"]
