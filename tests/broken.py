"""Networks broken at random, one or two faults at once, and `:why` held against what ping and nc really find.

As a script: `python tests/broken.py [COUNT] [SEED]` prints each that is told wrongly or not at all, and the sums.
"""

import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from inside import Inside, play

from netshell import lab
from netshell.diagnosis import Finding, Target, why
from netshell.diagnosis.labs import LABS
from netshell.lesson import library
from netshell.session.inquiry import ask_server, inquire
from netshell.topology import NodeSpec, Topology, parse_link, parse_route

_MENDS_MOST = 12
_UNTOLD = {"out-of-sight", "unexplained", "unanswered", "arp-unanswered", "nobody"}
_BESIDE = {"duplicate-address", "address-on-lo", "duplicate-mac", "mtu-black-hole", "broadcast-address"}
"""Faults that leave a small ping through, now or always."""

OFFICE = Topology(
    (
        NodeSpec("a"),
        NodeSpec("b"),
        NodeSpec("sw", "switch"),
        NodeSpec("r1", "router"),
        NodeSpec("r2", "router"),
        NodeSpec("c"),
        NodeSpec("web"),
    ),
    (
        parse_link("a:eth0 10.1.0.10/24 -- sw:p1"),
        parse_link("b:eth0 10.1.0.11/24 -- sw:p2"),
        parse_link("r1:eth0 10.1.0.1/24 -- sw:p3"),
        parse_link("r1:eth1 10.9.0.1/30 -- r2:eth1 10.9.0.2/30"),
        parse_link("r2:eth0 10.2.0.1/24 -- c:eth0 10.2.0.10/24"),
        parse_link("r2:eth2 10.3.0.1/24 -- web:eth0 10.3.0.80/24"),
    ),
    (
        parse_route("a", "default via 10.1.0.1"),
        parse_route("b", "default via 10.1.0.1"),
        parse_route("c", "default via 10.2.0.1"),
        parse_route("web", "default via 10.3.0.1"),
        parse_route("r1", "10.2.0.0/24 via 10.9.0.2"),
        parse_route("r1", "10.3.0.0/24 via 10.9.0.2"),
        parse_route("r2", "10.1.0.0/24 via 10.9.0.1"),
    ),
)


def lessons() -> dict[str, Topology]:
    """The networks of the bundled lessons in which one host can have another for a target."""
    paths = library.lessons_in(library.bundled_directory())
    found = {path.stem: library.load(path, seed=1).topology for path in paths}
    return {name: topology for name, topology in found.items() if len(addressed(topology)) > 1}


def addressed(topology: Topology) -> set[str]:
    """The nodes of the kind host that have an address."""
    hosts = {node.name for node in topology.nodes if node.kind == "host"}
    ends = [end for link in topology.links for end in (link.a, link.b)]
    return {end.node for end in ends if end.addresses} & hosts


NETWORKS = {**LABS, "office": OFFICE, **lessons()}


@dataclass
class Broken:
    """One network, what was done to it, and what came of it."""

    network: str
    done: tuple[str, ...]
    ask: tuple[str, str]
    server: str = ""
    """How nc was started at the target, whose port 80 is asked for then."""
    reached: bool = False
    told: list[Finding] = field(default_factory=list)
    reached_after: bool = False

    @property
    def outcome(self) -> str:
        """`right`, `wrong`, `silent`, and `beside` for what is wrong and lets a ping through."""
        first, last = self.told[0], self.told[-1]
        if self.reached:
            return "right" if first.holds else "beside" if first.fault in _BESIDE else "wrong"
        if first.holds:
            return "wrong"
        if first.fault in _UNTOLD:
            return "silent"
        if last.holds:
            return "right" if self.reached_after else "wrong"
        return "silent" if last.fault in _UNTOLD else "right" if not last.mend else "wrong"


DEEDS = (
    "{at} link set {dev} down",
    "{at} link delete {dev}",
    "{at} link set {dev} netns 1",
    "{at} link set {dev} name lan0; {at} link set lan0 up",
    "{at} link set {dev} arp off",
    "{at} link set {dev} mtu {mtu}",
    "{at} link set {dev} address 02:00:00:00:00:55; ip -n {other} link set {other_dev} address 02:00:00:00:00:55",
    "{at} link set lo down",
    "ip netns delete {node}",
    "ip -n {near} link set {port} down",
    "ip -n {near} link set {port} nomaster",
    "{at} addr flush dev {dev}",
    "{at} addr del {cidr} dev {dev}; {at} addr add {ip}/{length} dev {dev}",
    "{at} addr del {cidr} dev {dev}; {at} addr add {net}.{number}/24 dev {dev}",
    "{at} addr del {cidr} dev {dev}; {at} addr add 172.16.5.{number}/24 dev {dev}",
    "{at} addr add {there}/24 dev {dev}",
    "{at} addr add {there}/32 dev lo",
    "{at} neigh replace {there} lladdr 02:00:00:00:00:99 dev {dev} nud permanent",
    "{at} route del default",
    "{at} route replace default via {net}.{number}",
    "{at} route replace default dev {dev}",
    "{at} route add {far}.0/24 dev {dev}",
    "{at} route add {there}/32 via {net}.1 onlink dev {dev}",
    "{at} route add {kind} {there}/32",
    "{at} rule add to {there} {kind}",
    "{at} rule add from all lookup 15 priority 100; {at} route add {kind} default table 15",
    "ip -n {router} route flush table main scope global",
    "ip -n {router} route add {kind} {there}/32",
    "ip -n {router} route replace {far}.0/24 via {ip}",
    "ip netns exec {router} sysctl -qw net.ipv4.ip_forward=0",
    "ip netns exec {router} sysctl -qw net.ipv4.conf.eth1.forwarding=0",
    "ip netns exec {node} sysctl -qw net.ipv4.icmp_echo_ignore_all=1",
    "ip netns exec {node} sysctl -qw net.ipv4.ip_default_ttl={ttl}",
    "ip netns exec {node} sysctl -qw net.ipv4.conf.all.arp_ignore={ttl}",
    "ip netns exec {node} sysctl -qw net.ipv4.conf.all.arp_ignore=8",
    "ip netns exec {node} iptables -A INPUT -j DROP",
    "ip netns exec {node} iptables -P OUTPUT DROP",
    "ip netns exec {router} iptables -A FORWARD -d {there} -j REJECT",
    "ip netns exec {router} iptables -P FORWARD DROP; ip netns exec {router} iptables -A FORWARD -p tcp -j ACCEPT",
    "ip netns exec {router} iptables -t nat -A POSTROUTING -s {far}.0/24 -j MASQUERADE",
    "ip netns exec {node} sysctl -qw net.ipv4.conf.all.rp_filter=1",
    "ip -n {near} link set br0 down",
    "ip -n {near} link delete br0",
    "ip netns exec {near} bridge link set dev {port} state 0",
    "for p in p1 p2 p3 port1 port2; do ip netns exec {near} bridge link set dev $p isolated on; done",
)


SERVERS = ("-lkn 80", "-lkn 80", "-lkn 80", "-lkn 127.0.0.1 80", "-uln 80", "-lkn 8080", "-6 -lkn 80")
"""How a program may wait at the port that is asked for, or nearly so."""


def deed(topology: Topology, chance: random.Random) -> str:
    """One thing that is done to a network, with names of its own."""
    ends = [end for link in topology.links for end in (link.a, link.b)]
    switches = [node.name for node in topology.nodes if node.kind == "switch"]
    routers = [node.name for node in topology.nodes if node.kind == "router"]
    end = chance.choice([one for one in ends if one.addresses])
    other = chance.choice([one for one in ends if one.addresses and one.node != end.node])
    port = chance.choice([one for one in ends if one.node in switches] or ends)
    cidr, there = end.addresses[0], other.addresses[0].partition("/")[0]
    words = {
        "node": end.node,
        "at": f"ip -n {end.node}",
        "dev": end.link,
        "cidr": cidr,
        "ip": cidr.partition("/")[0],
        "net": cidr.rpartition(".")[0],
        "other": other.node,
        "other_dev": other.link,
        "there": there,
        "far": there.rpartition(".")[0],
        "near": port.node,
        "port": port.link,
        "router": chance.choice(routers or [end.node]),
        "number": chance.randrange(100, 250),
        "length": chance.choice([8, 16, 25, 28, 30, 32]),
        "mtu": chance.choice([600, 1000, 1400]),
        "ttl": chance.randrange(1, 4),
        "kind": chance.choice(["blackhole", "prohibit", "unreachable"]),
    }
    return chance.choice(DEEDS).format(**words)


def scenes(count: int, seed: int) -> list[Broken]:
    """So many broken networks."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        name = chance.choice(list(NETWORKS))
        topology = NETWORKS[name]
        done = tuple(deed(topology, chance) for _ in range(chance.choice([1, 1, 2, 3])))
        source, target = chance.sample(sorted(addressed(topology)), 2)
        found.append(Broken(name, done, (source, target), chance.choice(["", chance.choice(SERVERS)])))
    return found


async def ip_meant(inside: Inside, source: str, target: str) -> str:
    """The address that a learner would type: on a link of the source's where there is one, else the lab's own."""
    snapshot = await inside.snapshot()
    node = snapshot.node(target)
    if node is None or source not in snapshot.nodes:
        return ""
    own = {a.cidr.partition("/")[0] for a in snapshot.nodes[source].addresses}
    ips = [a.cidr.partition("/")[0] for a in node.addresses if ":" not in a.cidr and not a.cidr.startswith("127.")]
    return " ".join(ip for ip in ips if ip not in own)


async def reaches(inside: Inside, broken: Broken) -> bool:
    """Whether any address of the target answers a ping of the source, or takes its connection."""
    source, target = broken.ask
    for ip in (await ip_meant(inside, source, target)).split():
        program = f"nc -nz -w 1 {ip} 80" if broken.server else f"ping -n -c 1 -W 0.3 {ip}"
        once = f"ip netns exec {source} {program} >/dev/null 2>&1"
        line = f"for i in 1 2 3 4; do {once} && exit 0; done; exit 1"  # a carrier that returns is told within a second
        if (await inside.machine.run(["sh", "-c", line])).status == 0:
            return True
    return False


async def asked(inside: Inside, broken: Broken) -> Finding:
    source, host = broken.ask
    target = Target(host, 80 if broken.server else None)
    snapshot = await inside.kernel.look_closely()
    return await inquire(
        lambda answers: why(snapshot, source, target, answers=answers),
        lambda question: ask_server(inside.kernel, question, 61000),
    )


async def try_out(inside: Inside, broken: Broken) -> None:
    await inside.machine.reset()
    await lab.build(inside.machine, inside.kernel, NETWORKS[broken.network])
    if broken.server:
        serve = f"ip netns exec {broken.ask[1]} timeout 60 nc {broken.server}"
        await inside.machine.run(["sh", "-c", f"({serve} >/dev/null 2>&1 </dev/null &); sleep 0.1"])
    for line in broken.done:
        await inside.machine.run(["sh", "-c", f"({line}) 2>/dev/null"])
    await inside.machine.run(["sleep", "0.15"])  # a namespace that was deleted goes a moment later
    broken.told.append(await asked(inside, broken))
    broken.reached = await reaches(inside, broken)
    while not broken.told[-1].holds and broken.told[-1].mend and len(broken.told) <= _MENDS_MOST:
        mend = broken.told[-1].mend
        line = f"({mend} >/dev/null 2>&1 </dev/null &)" if "nc -" in mend else f"{mend} 2>&1"
        await inside.machine.run(["sh", "-c", f"{line}; sleep 0.05"])
        broken.told.append(await asked(inside, broken))
    broken.reached_after = broken.told[-1].holds and await reaches(inside, broken)


def try_all(chosen: Sequence[Broken]) -> list[Broken]:
    async def scenario(inside: Inside) -> list[Broken]:
        for broken in chosen:
            await try_out(inside, broken)
        return list(chosen)

    return play(scenario)


def report(done: Sequence[Broken]) -> str:
    """Those that are told wrongly, or not at all, and the sums."""
    lines = []
    for broken in done:
        if broken.outcome in {"wrong", "silent"}:
            asked = f"{broken.network} {broken.ask} {broken.server}"
            lines.append(f"{broken.outcome}: {asked} reached {broken.reached}: {broken.done}")
            lines += [f"    {one.fault or 'well'} at {one.at}: {one.says} | {one.mend}" for one in broken.told]
    return "\n".join([*lines, str(Counter(broken.outcome for broken in done))])


if __name__ == "__main__":
    count, seed = (int(word) for word in (*sys.argv[1:], "40", "1")[:2])
    sys.stdout.write(report(try_all(scenes(count, seed))) + "\n")
