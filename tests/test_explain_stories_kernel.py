"""The stories of real programs' packets: each lab is built, something is typed, and what is told is read."""

import asyncio
import re
from collections.abc import Sequence

import pytest
from inside import Inside, play

from netshell import lab
from netshell.explain.owners import owners_in
from netshell.explain.stories import Story, tell
from netshell.facts import Crossing, Frame
from netshell.packets.trace import Observer, Seen
from netshell.packets.wiring import Wiring
from netshell.topology import NodeSpec, Topology, parse_link, parse_route

CABLE = Topology((NodeSpec("ns1"), NodeSpec("ns2")), (parse_link("ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24"),))
ROUTED = Topology(
    (NodeSpec("ns1"), NodeSpec("r1", "router"), NodeSpec("ns2")),
    (
        parse_link("ns1:eth0 192.0.2.1/24 -- r1:eth1 192.0.2.254/24"),
        parse_link("r1:eth2 198.51.100.254/24 -- ns2:eth0 198.51.100.2/24"),
    ),
    (parse_route("ns1", "default via 192.0.2.254"), parse_route("ns2", "default via 198.51.100.254")),
)


def on(node: str, command: str) -> str:
    return f"ip netns exec {node} {command}"


def play_out(topology: Topology, *lines: str, before: Sequence[str] = ()) -> tuple[Story, ...]:
    """Build a lab, run some lines on the PC that are not told of, and then some that are."""

    async def scenario(inside: Inside) -> tuple[Story, ...]:
        await lab.build(inside.machine, inside.kernel, topology)
        await inside.sh(*(on(node.name, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1") for node in topology.nodes))
        await inside.sh(*before, ":")
        await taken(inside)
        await inside.sh(*(f"{line} || true" for line in lines))
        await asyncio.sleep(0.05)
        snapshot = await inside.snapshot()
        wiring, observer, trace = Wiring(), Observer(), list[Seen]()
        wiring.learn(snapshot)
        for frame in await taken(inside):
            ends = wiring.ends(frame)
            if ends is not None:
                crossing = Crossing(len(trace) + 1, frame.time_ns, *ends, frame.data, frame.wire_length)
                trace.append(observer.see(crossing))
        return tell(trace, owners_in(snapshot), snapshot)

    return play(scenario)


async def taken(inside: Inside) -> list[Frame]:
    """The frames that nobody has taken yet."""
    found: list[Frame] = []
    while True:
        answer = await inside.capture.take(10_000)
        found += answer.frames
        if not answer.has_more:
            return found


def troubles(told: Sequence[Story]) -> list[tuple[str, str, str]]:
    return [(story.kind, story.at, story.says) for story in told if story.is_trouble]


def first(told: Sequence[Story], kind: str) -> Story:
    return next(story for story in told if story.kind == kind)


@pytest.mark.kernel
def test_a_ping_that_is_answered() -> None:
    told = play_out(CABLE, on("ns1", "ping -c 3 -i 0.1 192.0.2.2"))
    assert troubles(told) == []
    says = first(told, "arp").says
    assert re.fullmatch(r"ns1 asked who has 192\.0\.2\.2; ns2 answered: it is at [0-9a-f:]{17}\.", says)
    ping = first(told, "ping")
    assert re.fullmatch(
        r"ns1 sent 3 pings to ns2 \(192\.0\.2\.2\); all 3 were answered, in [0-9.]+ ms on average\."
        r" The replies came with TTL 64: no router is on the way\.",
        ping.says,
    )
    assert len(ping.numbers) == 6
    assert ping.at == "ns1"


@pytest.mark.kernel
def test_nobody_has_the_address() -> None:
    told = play_out(CABLE, on("ns1", "ping -c 1 192.0.2.9"))
    says = (
        "ns1 asked three times who has 192.0.2.9; nobody answered, so the ping never left."
        " No node has the address 192.0.2.9."
    )
    assert troubles(told) == [("arp", "ns1", says)]


@pytest.mark.kernel
def test_a_port_that_nobody_listens_on() -> None:
    told = play_out(
        CABLE, on("ns1", "nc -w 1 192.0.2.2 80"), "echo hi | " + on("ns1", "nc -u -p 4000 -w 1 192.0.2.2 9")
    )
    tcp = "ns1 sent a SYN to port 80 of ns2 (192.0.2.2). ns2 refused with RST: no program listens on port 80 there."
    udp = (
        "ns1 sent 1 UDP datagram (3 bytes) from port 4000 to port 9 of ns2 (192.0.2.2)."
        " ns2 answered that no program has port 9 there open (port unreachable)."
    )
    assert troubles(told) == [("tcp", "ns2", tcp), ("udp", "ns2", udp)]


@pytest.mark.kernel
def test_a_firewall_that_is_silent() -> None:
    chain = "add table ip f; add chain ip f i { type filter hook input priority 0; }"
    rule = on("ns2", f"nft '{chain}; add rule ip f i tcp dport 80 drop'")
    told = play_out(CABLE, on("ns1", "nc -w 3 192.0.2.2 80"), before=[rule])
    [(kind, at, says)] = troubles(told)
    assert (kind, at) == ("tcp", "ns2")
    assert re.fullmatch(
        r"ns1 sent a SYN (twice|three times) to port 80 of ns2 \(192\.0\.2\.2\)\."
        r" The last one reached ns2, but no answer left there: a firewall there may keep silent\.",
        says,
    )


@pytest.mark.kernel
def test_an_answer_without_a_route_back() -> None:
    told = play_out(ROUTED, on("ns1", "ping -c 1 -W 1 198.51.100.2"), before=["ip -n ns2 route del default"])
    says = (
        "ns1 sent a ping to ns2 (198.51.100.2)."
        " The request reached ns2, but no answer left there: ns2 has no route back to 192.0.2.1."
    )
    assert troubles(told) == [("ping", "ns2", says)]


@pytest.mark.kernel
def test_a_router_that_does_not_forward() -> None:
    told = play_out(
        ROUTED,
        on("ns1", "ping -c 1 -W 1 198.51.100.2"),
        before=[on("r1", "sysctl -qw net.ipv4.ip_forward=0")],
    )
    says = (
        "ns1 sent a ping to ns2 (198.51.100.2)."
        " The request reached r1, which did not pass it on: forwarding is off there (net.ipv4.ip_forward is 0)."
    )
    assert troubles(told) == [("ping", "r1", says)]


@pytest.mark.kernel
def test_a_nat_that_gives_packets_its_own_address() -> None:
    chain = "add table ip n; add chain ip n p { type nat hook postrouting priority 100; }"
    rule = on("r1", f"nft '{chain}; add rule ip n p oifname eth2 masquerade'")
    serve = "(" + on("ns2", "timeout 6 nc -l 8000 >/dev/null 2>&1 &") + "); sleep 0.3"
    told = play_out(
        ROUTED,
        "echo hi | " + on("ns1", "nc -N -p 4000 -w 2 198.51.100.2 8000"),
        before=[rule, "ip -n ns2 route del default", serve],
    )
    assert troubles(told) == []
    assert first(told, "tcp").says == (
        "ns1 opened a TCP connection to port 8000 of ns2 (198.51.100.2) (SYN, SYN-ACK, ACK)."
        " r1 gave it its own address 198.51.100.254:4000. ns1 sent 3 bytes, ns2 none; ns1 closed first (FIN), then ns2."
    )
