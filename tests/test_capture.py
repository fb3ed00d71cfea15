import asyncio
import fcntl
import os
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import pytest
from inside import Inside, play

from netshell import lab
from netshell.capture.taken import Tally
from netshell.facts import PC, Frame
from netshell.topology import NodeSpec, Topology, parse_link

CABLE = Topology((NodeSpec("ns1"), NodeSpec("ns2")), (parse_link("ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24"),))
PLENTY = 100_000


async def cable(inside: Inside) -> None:
    """Two nodes on a cable, and what crossed while it was laid is taken away."""
    await lab.build(inside.machine, inside.kernel, CABLE)
    await inside.capture.ready()
    await inside.sh("sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
    for node in ("ns1", "ns2"):
        await inside.sh(f"ip netns exec {node} sysctl -qw net.ipv6.conf.all.disable_ipv6=1")
    await inside.capture.take(PLENTY)


async def taken(inside: Inside) -> list[Frame]:
    found: list[Frame] = []
    while True:
        answer = await inside.capture.take(PLENTY)
        found += answer.frames
        if not answer.has_more:
            return found


def icmp(frames: list[Frame]) -> list[Frame]:
    return [frame for frame in frames if frame.data[12:14] == b"\x08\x00" and frame.data[23] == 1]


@pytest.mark.kernel
def test_a_ping_is_taken_once_at_each_end_in_the_order_of_time() -> None:
    async def scenario(inside: Inside) -> list[Frame]:
        await cable(inside)
        await inside.sh("ip netns exec ns1 ping -c 1 192.0.2.2")
        return await taken(inside)

    begun = time.time_ns()
    frames = play(scenario)
    assert [(f.node, f.is_outgoing) for f in icmp(frames)] == [
        ("ns1", True),
        ("ns2", False),
        ("ns2", True),
        ("ns1", False),
    ]
    assert {frame.link for frame in frames} == {"eth0"}
    assert [frame.time_ns for frame in frames] == sorted(frame.time_ns for frame in frames)
    assert begun < frames[0].time_ns <= frames[-1].time_ns < time.time_ns()
    assert {len(frame.data) == frame.wire_length for frame in frames} == {True}


@pytest.mark.kernel
def test_frames_are_handed_out_once_the_oldest_first() -> None:
    async def scenario(inside: Inside) -> tuple[list[Frame], list[bool], Tally]:
        await cable(inside)
        before = await inside.capture.tally()
        await inside.sh("ip netns exec ns1 ping -q -c 50 -i 0.002 192.0.2.2")
        frames, more = [], []
        for _ in range(8):
            answer = await inside.capture.take(30)
            frames += icmp(list(answer.frames))
            more.append(answer.has_more)
            assert len(answer.frames) <= 30
        after = answer.tally
        return frames, more, Tally(after.seen - before.seen, after.dropped_by_kernel, after.dropped_from_store)

    frames, more, tally = play(scenario)
    assert len(frames) == len(set(frames)) == 200
    assert [frame.time_ns for frame in frames] == sorted(frame.time_ns for frame in frames)
    assert more[:6] == [True] * 6
    assert not more[-1]
    assert tally.seen >= 200
    assert (tally.dropped_by_kernel, tally.dropped_from_store) == (0, 0)


@pytest.mark.kernel
def test_arriving_frames_are_told_of_soon() -> None:
    async def scenario(inside: Inside) -> list[Frame]:
        await inside.sh("ip link set lo up")
        inside.arrived.clear()
        await inside.sh("ping -c 1 127.0.0.1")
        async with asyncio.timeout(1):
            await inside.arrived.wait()
        return await taken(inside)

    frames = play(scenario)
    assert [(f.node, f.link, f.is_outgoing) for f in frames] == [(PC, "lo", True), (PC, "lo", False)] * 2


@pytest.mark.kernel
def test_a_new_namespace_is_watched_and_a_reset_begins_anew() -> None:
    async def scenario(inside: Inside) -> list[str]:
        await inside.sh(
            "ip netns add late", "ip -n late link set lo up", "ip netns exec late ping -c 1 127.0.0.1", "ip netns"
        )
        await inside.machine.reset()
        await inside.capture.ready()
        await inside.sh("ip link set lo up", "ping -c 1 127.0.0.1")
        return [frame.node for frame in await taken(inside)]

    assert play(scenario) == ["late"] * 4 + [PC] * 4


@pytest.mark.kernel
def test_what_crossed_before_a_namespace_was_watched_is_counted() -> None:
    async def scenario(inside: Inside) -> Tally:
        os.kill(inside.capture.pid, signal.SIGSTOP)
        await inside.sh("ip netns add late", "ip -n late link set lo up", "ip netns exec late ping -c 1 127.0.0.1")
        os.kill(inside.capture.pid, signal.SIGCONT)
        await inside.capture.ready()
        return await inside.capture.tally()

    tally = play(scenario)
    assert (tally.seen, tally.before_watched) == (0, 4)


@pytest.mark.kernel
def test_what_is_still_unread_when_a_namespace_goes_is_kept() -> None:
    async def scenario(inside: Inside) -> list[tuple[str, str]]:
        await inside.sh("ip netns add gone", "ip -n gone link set lo up", "ip netns list")
        await inside.capture.ready()
        os.kill(inside.capture.pid, signal.SIGSTOP)
        await inside.sh("ip netns exec gone ping -c 1 127.0.0.1", "ip netns del gone")
        os.kill(inside.capture.pid, signal.SIGCONT)
        return [(frame.node, frame.link) for frame in await taken(inside)]

    assert play(scenario) == [("gone", "lo")] * 4


@pytest.mark.kernel
def test_a_flood_is_seen_whole_and_the_store_is_bounded() -> None:
    async def scenario(inside: Inside) -> tuple[int, Tally]:
        await inside.sh("ip link set lo up", "ping -q -f -c 3000 127.0.0.1")
        await inside.capture.tally()
        frames = await taken(inside)
        return len(frames), await inside.capture.tally()

    kept, tally = play(scenario, limit_bytes=1 << 20)
    assert tally.seen == 12_000
    assert tally.dropped_by_kernel == 0
    assert 2_000 < kept == 12_000 - tally.dropped_from_store < 8_000


@pytest.mark.kernel
def test_what_comes_faster_than_it_can_be_read_is_counted() -> None:
    async def scenario(inside: Inside) -> Tally:
        await inside.sh("ip link set lo up")
        before = await inside.capture.tally()
        os.kill(inside.capture.pid, signal.SIGSTOP)
        await inside.sh("ping -q -f -s 60000 -c 1000 127.0.0.1")
        os.kill(inside.capture.pid, signal.SIGCONT)
        assert before.seen == 0
        await taken(inside)
        return await inside.capture.tally()

    tally = play(scenario)
    assert tally.dropped_by_kernel > 0
    assert tally.seen > 0
    assert tally.seen + tally.dropped_by_kernel == 4_000


@pytest.mark.kernel
def test_an_interface_has_the_name_that_it_had_when_its_frames_crossed() -> None:
    async def scenario(inside: Inside) -> list[str]:
        await cable(inside)
        await inside.sh("ip netns exec ns1 ping -c 1 192.0.2.2")
        await inside.capture.tally()
        await inside.sh("ip -n ns1 link set eth0 down", "ip -n ns1 link set eth0 name wan0")
        await inside.sh("ip -n ns1 link set wan0 up", "ip netns exec ns1 ping -c 1 -w 5 192.0.2.2")
        await inside.capture.tally()
        os.kill(inside.capture.pid, signal.SIGSTOP)
        await inside.sh("ip netns exec ns1 ping -c 1 192.0.2.2", "ip -n ns1 link del wan0")
        os.kill(inside.capture.pid, signal.SIGCONT)
        return [frame.link for frame in icmp(await taken(inside)) if frame.node == "ns1"]

    assert play(scenario) == ["eth0", "eth0", "wan0", "wan0", "wan0", "wan0"]


@pytest.mark.kernel
def test_an_interface_that_came_and_went_unseen_goes_by_its_number() -> None:
    async def scenario(inside: Inside) -> set[str]:
        await cable(inside)
        await inside.sh("ip -n ns1 link add name br0 index 77 type bridge")
        os.kill(inside.capture.pid, signal.SIGSTOP)
        await inside.sh("ip -n ns1 address add 198.51.100.1/24 dev br0", "ip -n ns1 link set br0 up")
        await inside.sh("ip netns exec ns1 ping -c 1 -W 0.1 198.51.100.2 || true", "ip -n ns1 link del br0")
        os.kill(inside.capture.pid, signal.SIGCONT)
        return {frame.link for frame in await taken(inside)}

    assert play(scenario) == {"if77"}


@pytest.mark.kernel
def test_a_long_frame_of_loopback_is_whole() -> None:
    async def scenario(inside: Inside) -> list[Frame]:
        await inside.sh("ip link set lo up", "ping -c 1 -s 65000 127.0.0.1")
        return await taken(inside)

    frames = play(scenario)
    assert [(len(frame.data), frame.wire_length) for frame in frames] == [(65_042, 65_042)] * 4
    assert frames[0].data == frames[1].data


@pytest.mark.kernel
def test_a_checksum_that_nobody_fills_in_is_told() -> None:
    async def scenario(inside: Inside) -> list[Frame]:
        await inside.sh("ip link set lo up", "bash -c 'echo hello > /dev/udp/127.0.0.1/9'")
        return await taken(inside)

    frames = play(scenario)
    assert [(frame.data[23], frame.has_checksum) for frame in frames] == [(17, False)] * 2 + [(1, True)] * 2


@pytest.mark.kernel
def test_a_tag_is_there_at_both_ends() -> None:
    frame = bytes.fromhex("ffffffffffff 020000000001 8100 2064 88b5") + b"tagged".ljust(46, b"\0")

    def send() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind(("eth0", 0))
            sender.send(frame)

    async def scenario(inside: Inside) -> list[Frame]:
        await cable(inside)
        inside.within("ns1", send)
        return await taken(inside)

    assert [(f.node, f.data, f.wire_length) for f in play(scenario)] == [("ns1", frame, 64), ("ns2", frame, 64)]


def _ping_through_a_tunnel() -> None:
    with Path("/dev/net/tun").open("r+b", buffering=0) as tunnel:
        fcntl.ioctl(tunnel, 0x400454CA, struct.pack("16sH22x", b"tun0", 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
        for line in ("ip link set tun0 up", "ip address add 198.51.100.1/24 dev tun0"):
            subprocess.run(line.split(), check=True)
        subprocess.run(["ping", "-c", "1", "-W", "0.1", "198.51.100.2"], check=False, stdout=subprocess.DEVNULL)


@pytest.mark.kernel
@pytest.mark.skipif(not os.access("/dev/net/tun", os.R_OK | os.W_OK), reason="this account may not make tunnels")
def test_a_packet_without_an_ethernet_header_gets_one() -> None:
    async def scenario(inside: Inside) -> list[Frame]:
        inside.within(PC, _ping_through_a_tunnel)
        return icmp(await taken(inside))

    frames = play(scenario)
    assert [(f.link, f.is_outgoing, len(f.data), f.wire_length) for f in frames] == [("tun0", True, 98, 98)]
    assert frames[0].data[:15] == bytes(12) + b"\x08\x00\x45"
