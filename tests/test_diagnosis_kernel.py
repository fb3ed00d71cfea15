"""Every fault of the catalogue in real namespaces: made, told, mended by its own command, told well; and held against
what ping and nc find.
"""

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import NamedTuple

import pytest
from inside import Inside, play

from netshell import lab
from netshell.diagnosis import Finding, Target, parse_target, why
from netshell.diagnosis.faults import FAULTS, Example, Fault
from netshell.diagnosis.labs import LABS
from netshell.facts import Crossing, Frame, Snapshot
from netshell.packets.trace import Observer, Seen
from netshell.packets.wiring import Wiring
from netshell.session.inquiry import ask_server, inquire

_MOST_MENDS = 8
_WORKS_IN_A_WAY = {
    "duplicate-address",
    "address-on-lo",
    "duplicate-mac",
    "mtu-black-hole",
    "hosts-shadow",
    "rules-unclear",
}
"""One of two answers; the asker answers itself; only large packets are lost; another answers."""


class Trial(NamedTuple):
    """One example of a fault, and all that was told of it until nothing was left."""

    fault: str
    example: Example
    told: tuple[Finding, ...]
    reached_before: bool
    reached_after: bool


def trials(layers: range, *, packets: bool = False) -> list[tuple[Fault, Example]]:
    return [
        (fault, example)
        for fault in FAULTS.values()
        if fault.layer in layers and fault.needs_packets is packets
        for example in fault.examples
    ]


def asked(example: Example) -> tuple[str, Target]:
    source, target = example.ask.split()
    return source, parse_target(target)


def address_of(snapshot: Snapshot, target: Target) -> str:
    """The address that a learner would type: of the same network, where there is one."""
    node = snapshot.node(target.host)
    if target.is_address or node is None:
        return target.host if target.is_address or "." in target.host else "192.0.2.250"
    ips = [a.cidr.partition("/")[0] for a in node.addresses if ":" not in a.cidr and not a.cidr.startswith("127.")]
    near = [ip for ip in ips if ip.startswith("192.0.2.")]
    others = [a.cidr.partition("/")[0] for a in node.addresses if a.cidr.startswith("2001:")]
    return (near or ips or others or ["192.0.2.250"])[0]


async def reaches(inside: Inside, source: str, target: Target, *, is_patient: bool = False) -> bool:
    """Whether the real programs get there; `is_patient`: a kernel may tell a carrier that came back a second late."""
    snapshot = await inside.snapshot()
    if source not in snapshot.nodes:
        return False
    ip = address_of(snapshot, target)
    probe = f"ping -n -c 1 {'-i 0.5 -w 10' if is_patient else '-W 0.1'} {ip}"
    if target.port and target.protocol == "tcp":
        probe = f"nc -nz -w 1 {ip} {target.port}"
    elif target.port:
        probe = f"echo | nc -nu -w 1 {ip} {target.port} && ip netns exec {source} nc -nuzv -w 1 {ip} {target.port}"
    inner = probe.replace("'", "")
    finished = await inside.machine.run(["sh", "-c", f"ip netns exec {source} {inner} >/dev/null 2>&1"])
    return finished.status == 0


async def told_of(inside: Inside, source: str, target: Target) -> Finding:
    """What `:why` says, name servers asked where that is needed."""
    snapshot = await inside.kernel.look_closely()
    return await inquire(
        lambda answers: why(snapshot, source, target, answers=answers),
        lambda question: ask_server(inside.kernel, question, 61000),
    )


async def told_of_each(inside: Inside, examples: Sequence[Example]) -> list[Finding]:
    """What is told of each where it is made, one after the other."""
    found = []
    for example in examples:
        await inside.machine.reset()
        await lab.build(inside.machine, inside.kernel, LABS[example.lab])
        await inside.sh("rm -rf /etc/netns", *example.make)
        found.append(await told_of(inside, *asked(example)))
    return found


def in_background(fault: str, mend: str) -> str:
    """A command that serves goes on until the end; all others are waited for."""
    return f"({mend} >/dev/null 2>&1 </dev/null & sleep 0.2)" if FAULTS[fault].layer in range(80, 90) else mend


async def tried(inside: Inside, fault: Fault, example: Example) -> Trial:
    await inside.machine.reset()
    await lab.build(inside.machine, inside.kernel, LABS[example.lab])
    source, target = asked(example)
    await inside.sh("rm -rf /etc/netns", *example.make, ":")
    before = await reaches(inside, source, target)
    told: list[Finding] = []
    while len(told) <= _MOST_MENDS:
        told.append(await told_of(inside, source, target))
        if told[-1].holds or not told[-1].mend:
            break
        await inside.sh(in_background(told[-1].fault, told[-1].mend), "sleep 0.02")
    return Trial(fault.name, example, tuple(told), before, await reaches(inside, source, target, is_patient=True))


def play_trials(chosen: list[tuple[Fault, Example]]) -> list[Trial]:
    async def scenario(inside: Inside) -> list[Trial]:
        return [await tried(inside, fault, example) for fault, example in chosen]

    return play(scenario)


def complaints(trial: Trial) -> Iterator[str]:
    """What is not as it should be, in a line."""
    first, last = trial.told[0], trial.told[-1]
    if (first.fault, first.at) != (trial.fault, trial.example.at):
        yield f"told {first.fault} at {first.at}: {first.says}"
    if FAULTS[trial.fault].mend and not last.holds:
        yield f"not mended: {[(f.fault, f.at, f.mend) for f in trial.told]}"
    if FAULTS[trial.fault].mend and not trial.reached_after and last.holds and "udp" not in trial.example.ask:
        yield "told well, and it is not"
    if trial.reached_before and trial.fault not in _WORKS_IN_A_WAY:
        yield "made, and it works all the same"
    if not (first.says.endswith(".") and first.evidence):
        yield f"no evidence: {first}"


LAYERS = [range(18), range(18, 24), range(24, 40), range(40, 80), range(80, 90)]


@pytest.mark.kernel
@pytest.mark.parametrize("layers", LAYERS, ids=lambda layers: f"from-{layers.start}")
def test_a_fault_is_made_told_mended_and_told_well(layers: range) -> None:
    done = play_trials(trials(layers))
    assert done
    assert [(t.fault, t.example.ask, t.example.make, c) for t in done for c in complaints(t)] == []


def test_every_fault_that_has_an_example_is_tried() -> None:
    tried_ones = [pair for layers in LAYERS for pair in trials(layers)]
    with_packets = trials(range(100), packets=True)
    assert len(tried_ones) + len(with_packets) == sum(len(fault.examples) for fault in FAULTS.values())


class Watched:
    """A machine whose frames are read as the engine reads them."""

    def __init__(self, inside: Inside) -> None:
        self.inside = inside
        self._wiring, self._observer = Wiring(), Observer()
        self._number = 0

    async def seen(self) -> tuple[Seen, ...]:
        """What crossed since it was asked last."""
        self._wiring.learn(await self.inside.snapshot())
        found = []
        for frame in await self._taken():
            ends = self._wiring.ends(frame)
            if ends is not None:
                self._number += 1
                crossing = Crossing(self._number, frame.time_ns, *ends, frame.data, frame.wire_length)
                found.append(self._observer.see(crossing))
        return tuple(found)

    async def _taken(self) -> list[Frame]:
        frames: list[Frame] = []
        while True:
            answer = await self.inside.capture.take(10_000)
            frames += answer.frames
            if not answer.has_more:
                return frames

    async def told(self, example: Example) -> Finding:
        """An example made, tried, and asked about."""
        await self.inside.machine.reset()
        await lab.build(self.inside.machine, self.inside.kernel, LABS[example.lab])
        await self.inside.sh(*example.make, "sleep 0.15")  # until the capture has followed into the new namespaces
        await self.seen()
        await self.inside.sh(*(f"{line} >/dev/null 2>&1 || true" for line in example.tries), "sleep 0.05")
        source, target = asked(example)
        return why(await self.inside.kernel.look_closely(), source, target, await self.seen())


def play_watched(examples: list[Example]) -> list[Finding]:
    async def scenario(inside: Inside) -> list[Finding]:
        watched = Watched(inside)
        return [await watched.told(example) for example in examples]

    return play(scenario)


@pytest.mark.kernel
def test_what_only_packets_show_is_told_by_them() -> None:
    chosen = trials(range(100), packets=True)
    told = play_watched([example for _, example in chosen])
    for (fault, example), found in zip(chosen, told, strict=True):
        assert (found.fault, found.at) == (fault.name, example.at), found
        assert any("packet" in line for line in found.evidence), found


NAT = "add table ip n; add chain ip n {0} {{ type nat hook {0} priority 0; }}; add rule ip n {0} {1}"
MASQUERADE = NAT.format("postrouting", "oifname eth2 masquerade")
FORWARD = NAT.format("prerouting", "tcp dport 8080 dnat to 198.51.100.2:80")
ROUTED_PING = ("ip netns exec ns1 ping -c 1 -W 1 198.51.100.2",)
SERVE_80 = "(ip netns exec ns2 timeout 20 nc -lkn 80 >/dev/null 2>&1 </dev/null &) && sleep 0.2"


@pytest.mark.kernel
def test_an_answer_is_believed_where_rules_that_are_not_read_make_it_right() -> None:
    no_way_back = "ip -n ns2 route del default"
    masked, forwarded, plain, unanswered = play_watched(
        [
            Example("router", (f"ip netns exec r1 nft '{MASQUERADE}'", no_way_back), "ns1 ns2", "ns2", ROUTED_PING),
            Example(
                "router",
                (f"ip netns exec r1 nft '{FORWARD}'", SERVE_80),
                "ns1 192.0.2.254:8080",
                "ns2",
                ("ip netns exec ns1 nc -nz -w 1 192.0.2.254 8080",),
            ),
            Example("router", (), "ns1 ns2", "ns2", ROUTED_PING),
            Example("router", (no_way_back,), "ns1 ns2", "ns2", ROUTED_PING),
        ]
    )
    assert masked.holds
    assert forwarded.holds
    assert plain.holds
    assert "and was answered (packet" in plain.evidence[-1]
    assert (unanswered.fault, unanswered.at) == ("no-way-back", "ns2")
    assert unanswered.evidence[-1].endswith("and nothing left there")


def in_order(findings: list[Finding]) -> bool:
    layers = [found.layer for found in findings if not found.holds]
    return layers == sorted(layers)


@pytest.mark.kernel
def test_of_several_faults_the_lower_one_is_told_first_and_the_next_when_it_is_mended() -> None:
    def one(lab_name: str, *make: str, ask: str = "ns1 ns2") -> tuple[Fault, Example]:
        return FAULTS["no-route"], Example(lab_name, make, ask, "")

    down_and_no_route = one("router", "ip -n ns2 link set eth0 down", "ip -n ns1 route del default")
    off_and_nobody = one("router", "ip netns exec r1 sysctl -qw net.ipv4.ip_forward=0", ask="ns1 ns2:80")
    bridge_and_prefix = one(
        "bridge",
        "ip -n sw link set br0 down",
        "ip -n ns2 addr flush dev eth0",
        "ip -n ns2 addr add 192.0.2.2/32 dev eth0",
    )
    everything = one(
        "routers",
        "ip -n r1 route flush table main",
        "ip netns exec r2 sysctl -qw net.ipv4.ip_forward=0",
        "ip -n ns2 link set eth0 down",
        "ip -n r2 addr flush dev eth2",
    )
    done = play_trials([down_and_no_route, off_and_nobody, bridge_and_prefix, everything])
    told = [[found.fault for found in trial.told] for trial in done]
    assert told[0][:2] == ["peer-down", "no-route"]
    assert told[1] == ["forwarding-off", "nobody-listens", ""]
    assert told[2] == ["bridge-down", "wrong-prefix", ""]
    assert told[3][:2] == ["peer-down", "no-address"]
    assert [trial.told[-1].holds for trial in done] == [True] * 4, told
    assert in_order(list(done[1].told))


@pytest.mark.kernel
def test_nothing_is_blamed_where_all_is_well() -> None:
    async def scenario(inside: Inside) -> list[tuple[str, str, Finding]]:
        found = []
        for name, topology in LABS.items():
            await inside.machine.reset()
            await lab.build(inside.machine, inside.kernel, topology)
            at_once = await inside.kernel.look_closely()
            for source, target in permutations([node.name for node in topology.nodes if node.kind != "switch"], 2):
                found.append((name, source, why(at_once, source, Target(target))))
            serve = "(ip netns exec ns2 timeout 20 nc {} >/dev/null 2>&1 </dev/null &)"
            await inside.sh(serve.format("-lkn 80"), serve.format("-uln 53"), "sleep 0.2")
            serving = await inside.kernel.look_closely()
            found += [(name, "tcp", why(serving, "ns1", Target("ns2", 80)))]
            found += [(name, "udp", why(serving, "ns1", Target("ns2", 53, "udp")))]
        return found

    found = play(scenario)
    assert len(found) == 2 + 6 + 6 + 12 + 6 + 10
    assert [one for one in found if not one[2].holds or not one[2].evidence] == []


_NAMES = FAULTS["nxdomain"].examples[0].make


@pytest.mark.kernel
def test_what_another_address_a_dead_lo_or_a_changed_destination_hide_is_told_as_it_is() -> None:
    deeds = [
        Example("cable", (*_NAMES, "ip -n ns2 link set lo down"), "ns1 wwww.example", "ns2"),
        Example(
            "cable",
            (
                "ip -n ns1 addr add 10.0.0.1/24 dev eth0; ip -n ns2 addr add 10.0.0.2/24 dev eth0",
                "ip -n ns1 route add blackhole 192.0.2.2/32",
            ),
            "ns1 ns2",
            "ns2",
        ),
        Example(
            "router",
            (
                f"ip netns exec r1 nft '{NAT.format('prerouting', 'ip daddr 192.0.2.254 dnat to 198.51.100.2')}'",
                "ip -n r1 route del 198.51.100.0/24",
            ),
            "ns1 192.0.2.254",
            "r1",
        ),
    ]

    by_name, by_other, changed = play(lambda inside: told_of_each(inside, deeds))
    assert (by_name.fault, by_name.at) == ("out-of-sight", "ns2")
    assert "lo, and that is DOWN" in by_name.says
    assert by_other.holds
    assert "Its address 192.0.2.2 is not reached: `:why ns1 192.0.2.2` tells why." in by_other.says
    assert (changed.fault, changed.at) == ("no-route", "r1")


@pytest.mark.kernel
def test_a_dhcp_servers_own_filter_and_a_rule_that_leaves_routes_out_are_told() -> None:
    bare, _, *serve = FAULTS["dhcp-no-lease"].examples[0].make
    closed = "ip netns exec ns2 iptables -A INPUT -p udp -j DROP"
    deeds = [
        Example("cable", (bare, *serve, closed), "ns1 dhcp", "ns2"),
        Example(
            "router",
            ("ip -n ns1 rule add lookup main suppress_prefixlength 0; ip -n ns1 rule add pref 32765 unreachable",),
            "ns1 ns2",
            "ns1",
        ),
    ]

    filtered, suppressed = play(lambda inside: told_of_each(inside, deeds))
    assert (filtered.fault, filtered.at) == ("filter-drop", "ns2"), filtered
    assert filtered.mend == "ip netns exec ns2 iptables -D INPUT -p udp -j DROP"
    assert (suppressed.fault, suppressed.at) == ("out-of-sight", "ns1")


@pytest.mark.kernel
def test_of_two_addresses_the_one_that_was_tried_is_judged() -> None:
    two = "ip -n ns1 addr add 10.0.0.1/24 dev eth0; ip -n ns2 addr add 10.0.0.2/24 dev eth0"
    dead = "ip -n ns1 route add blackhole 10.0.0.2/32"
    ping = "ip netns exec ns1 ping -c 1 -W 1 {}"
    wrong = "ip -n ns1 neigh replace 10.0.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"
    answered, silent = play_watched(
        [
            Example("cable", (two, dead), "ns1 ns2", "", (ping.format("192.0.2.2"),)),
            Example("cable", (two, wrong), "ns1 ns2", "", (ping.format("10.0.0.2"),)),
        ]
    )
    assert answered.holds
    assert "10.0.0.2" not in answered.says
    assert (silent.fault, silent.at) == ("wrong-mac", "ns1")
