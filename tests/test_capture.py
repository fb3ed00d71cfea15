import asyncio
import time

import pytest
from inside import Inside, play

from netshell import lab
from netshell.capture.store import Store
from netshell.facts import PC, Echo, Frame
from netshell.topology import NodeSpec, Topology, parse_link

CABLE = Topology((NodeSpec("ns1"), NodeSpec("ns2")), (parse_link("ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24"),))


@pytest.mark.kernel
def test_each_crossing_of_a_ping_is_seen_on_both_sides() -> None:
    async def scenario(inside: Inside) -> tuple[Echo, ...]:
        await lab.build(inside.machine, inside.kernel, CABLE)
        await asyncio.sleep(0.05)
        start = time.time_ns()
        await inside.sh("ip netns exec ns1 ping -c 1 -s 40 192.0.2.2")
        return await inside.capture.echoes(start)

    echoes = play(scenario)
    assert [(e.node, e.is_outgoing, e.is_reply, e.src, e.size) for e in echoes] == [
        ("ns1", True, False, "192.0.2.1", 40),
        ("ns2", False, False, "192.0.2.1", 40),
        ("ns2", True, True, "192.0.2.2", 40),
        ("ns1", False, True, "192.0.2.2", 40),
    ]
    assert {e.link for e in echoes} == {"eth0"}
    assert [e.time_ns for e in echoes] == sorted(e.time_ns for e in echoes)


@pytest.mark.kernel
def test_loopback_shows_going_out_and_coming_in() -> None:
    async def scenario(inside: Inside) -> tuple[Echo, ...]:
        await inside.sh("ip link set lo up", "ping -c 1 127.0.0.1")
        return await inside.capture.echoes()

    echoes = play(scenario)
    assert [(e.node, e.link, e.is_outgoing, e.is_reply) for e in echoes] == [
        (PC, "lo", is_outgoing, is_reply) for is_reply in (False, True) for is_outgoing in (True, False)
    ]


@pytest.mark.kernel
def test_a_ping_that_fragments_is_one_echo() -> None:
    async def scenario(inside: Inside) -> tuple[Echo, ...]:
        await lab.build(inside.machine, inside.kernel, CABLE)
        await asyncio.sleep(0.05)
        await inside.sh("ip netns exec ns1 ping -c 1 -s 4000 192.0.2.2")
        return await inside.capture.echoes()

    assert [(e.node, e.size) for e in play(scenario)] == [("ns1", 4000), ("ns2", 4000), ("ns2", 4000), ("ns1", 4000)]


@pytest.mark.kernel
def test_arriving_frames_are_told_of_soon() -> None:
    async def scenario(inside: Inside) -> tuple[Frame, ...]:
        await inside.sh("ip link set lo up")
        inside.arrived.clear()
        await inside.sh("ping -c 1 127.0.0.1")
        async with asyncio.timeout(1):
            await inside.arrived.wait()
        return await inside.capture.frames()

    frames = play(scenario)
    assert len(frames) == 4
    assert all(frame.wire_length == len(frame.data) == 98 for frame in frames)


@pytest.mark.kernel
def test_a_new_namespace_is_watched_and_a_reset_begins_anew() -> None:
    async def scenario(inside: Inside) -> list[str]:
        await inside.sh("ip netns add late")
        await asyncio.sleep(0.05)
        await inside.sh("ip -n late link set lo up", "ip netns exec late ping -c 1 127.0.0.1")
        await inside.machine.reset()
        await asyncio.sleep(0.05)
        await inside.sh("ip link set lo up", "ping -c 1 127.0.0.1")
        return [echo.node for echo in await inside.capture.echoes()]

    assert play(scenario) == ["late"] * 4 + [PC] * 4


@pytest.mark.kernel
def test_a_flood_is_kept_or_counted() -> None:
    async def scenario(inside: Inside) -> tuple[int, int]:
        await inside.sh("ip link set lo up", "ping -q -f -c 3000 127.0.0.1")
        tally = await inside.capture.tally()
        return tally.kept, tally.kept + tally.dropped_by_kernel + tally.dropped_from_store

    kept, seen = play(scenario)
    assert seen >= 12_000
    assert kept > 0


def test_the_store_lets_the_oldest_go_and_counts_them() -> None:
    store = Store(limit_bytes=10_000)
    store.add(Frame(number, PC, "lo", True, bytes(800), 800) for number in range(100))
    assert len(store) == 10
    assert store.dropped == 90
    assert [frame.time_ns for frame in store.frames(95)] == [95, 96, 97, 98, 99]
