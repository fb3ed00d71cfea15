"""A lesson's network as its solutions leave it, to be broken and put right again, as often as it is wanted."""

import time
from collections.abc import Iterator, Sequence

from broken_places import Place

from netshell.diagnosis import Finding, lookup, parse_target, why
from netshell.diagnosis.words import ip_on, run_on
from netshell.facts import PC, Link, Node, Route, Snapshot
from netshell.launch import Launched
from netshell.lesson.model import Lesson
from netshell.session import Bench, play
from netshell.session.inquiry import inquire
from netshell.session.scripts import lasting

_SAVE = "rm -rf /tmp/kept; mkdir /tmp/kept; cp -a /etc/netns /etc/hosts /etc/resolv.conf /etc/nsswitch.conf /tmp/kept/"
_FILES = (
    "for pid in $(cat /tmp/broken.pids); do kill -- $pid; done; rm -f /tmp/broken.*; rm -rf /etc/netns/*;"
    " cp -a /tmp/kept/* /etc/; true"
)
_TRIES = 3


class Bed:
    """One lesson's network on a private machine."""

    def __init__(self, launched: Launched, lesson: Lesson) -> None:
        self.bench = Bench(launched)
        self.bench.attach(environ={"LANG": "C.UTF-8"})
        self.lesson = lesson
        self.steps = 0
        """How many steps have been played."""
        self.base = Snapshot()
        """How it is when nothing is broken."""
        self.built = 0
        """How often it had to be built anew."""

    async def stand(self, steps: int) -> None:
        """Build the network as it is after so many steps of the lesson."""
        self.steps = steps
        self.built += 1
        await self.bench.reset(self.lesson.topology, has_home=True)
        with self.bench.quiet():
            for step in self.lesson.steps[:steps]:
                await play(self.bench, lasting(step.setup))
                await self.bench.run_unseen((line.node, line.text) for line in step.fault)
                await play(self.bench, lasting(step.do))
        await self.bench.until_carriers_are_known()
        await self.run(_SAVE)
        for name in (await self.bench.kernel.snapshot()).nodes:
            await self.run(run_on(name, f"iptables-save >/tmp/rules.{name}"))
        self.base = await self.bench.look_closely()

    async def run(self, *lines: str) -> int:
        """Shell lines on the PC; what they print is nobody's."""
        script = "\n".join(
            ["failed=0", *(f"{{ {line}; }} >/dev/null 2>&1 || failed=1" for line in lines), "exit $failed"]
        )
        return (await self.bench.machine.run(["bash", "-c", script])).status

    async def make(self, *lines: str) -> bool:
        """Change the network, as a learner or somebody else would; whether no line has failed."""
        status = await self.run(*lines)
        await self.bench.until_carriers_are_known()
        self.bench.changed_ns = time.time_ns()
        return status == 0

    async def ask(self, source: str, target: str, *, has_wire: bool) -> Finding:
        """What `:why` says."""
        snapshot = await self.bench.look_closely()
        wire = self.bench.wire.since(self.bench.changed_ns) if has_wire else ()
        meant = parse_target(target)
        return await inquire(
            lambda answers: why(snapshot, source, meant, wire, answers=answers),
            self.bench.ask_name,
        )

    async def reaches(self, place: Place, target: str, wait_s: float = 0.3) -> bool | None:
        """What the real programs find; None where none can tell. ARP is asked once a second."""
        meant, source = parse_target(target), place.source
        if target == "dhcp" or meant.protocol == "udp" or source not in self.base.nodes:
            return None
        now = await self.bench.kernel.snapshot()
        if (meant.host in self.base.nodes and meant.host != place.target) or source not in now.nodes:
            return None
        hosts = [meant.host]
        if meant.host in now.nodes:
            held = [lookup.host(a) for a in now.nodes[meant.host].addresses if lookup.is_usable(a)]
            hosts = held or [place.ip]
        elif meant.host == place.target:
            hosts = [place.ip]
        for host in hosts:
            probe = f"nc -nz -w 1 {host} {meant.port}" if meant.port else f"ping -c 1 -W {wait_s} {host}"
            line = run_on(source, probe)
            if await self.run(f"for i in $(seq {_TRIES}); do {line} && exit 0; done; exit 1") == 0:
                return True
        return False

    async def forget_neighbours(self) -> None:
        """Nobody knows whose MAC is whose, nor how large packets may be, as after some minutes of silence."""
        await self.run(*(f"{ip_on(name)} neigh flush all; {ip_on(name)} route flush cache" for name in self.base.nodes))

    async def put_right(self, undo: Sequence[str], *, is_ruined: bool) -> None:
        """Undo what was done; where that does not succeed, build it anew."""
        await self.run(*undo)
        if not is_ruined:
            await self.run(_FILES)
            for _ in range(2):
                now = await self.bench.look_closely()
                lines = list(undoing(self.base, now))
                if not lines:
                    break
                await self.run(*lines)
                await self.bench.until_carriers_are_known()
            if traits(await self.bench.look_closely()) == traits(self.base):
                return
        await self.stand(self.steps)

    def close(self) -> None:
        self.bench.close()


def traits(snapshot: Snapshot) -> dict[str, object]:
    """What a network is, without what traffic leaves behind."""
    return {name: _traits(node) for name, node in snapshot.nodes.items()}


def _traits(node: Node) -> object:
    details = node.details
    links = {_plain(link) for link in node.links.values()}
    sockets = {(s.protocol, s.local, s.local_port) for s in node.sockets if s.is_waiting and s.program != "dhclient"}
    rules = {(chain.family, chain.table, chain.hook, rule.text) for chain in node.chains for rule in chain.rules}
    told = (
        (details.sysctls, details.rules, details.stopped_ports, details.without_arp, details.files) if details else ()
    )
    pinned = {entry.mac for entry in details.pinned} if details else set()
    return links, set(node.addresses), _routes(node), sockets, rules, node.sysctls, told, pinned


def _plain(link: Link) -> tuple[object, ...]:
    return link.name, link.kind, link.is_up, link.has_carrier, link.mac, link.mtu, link.master, link.peer


def _routes(node: Node) -> set[tuple[object, ...]]:
    return {(r.dst, r.dev, r.via, r.metric, r.kind, r.src) for r in node.routes if r.table == "main" and r.family == 4}


def undoing(base: Snapshot, now: Snapshot) -> Iterator[str]:
    """The commands that make a network again what it was, as far as its interfaces are still there."""
    for name, was in base.nodes.items():
        node = now.nodes.get(name)
        if node is not None and node.is_enterable:
            yield from _links(was, node)
            yield from _addresses(was, node)
            yield from _rest(was, node)


def _links(was: Node, node: Node) -> Iterator[str]:
    begin = ip_on(was.name)
    gone = node.details.without_arp - was.details.without_arp if node.details and was.details else ()
    yield from (f"{begin} link set {name} arp on" for name in gone)
    for name, link in was.links.items():
        new = node.links.get(name)
        if new is None or _plain(new) == _plain(link):
            continue
        if new.master != link.master:
            yield f"{begin} link set {name} {f'master {link.master}' if link.master else 'nomaster'}"
        if new.mac != link.mac and link.kind != "bridge":
            yield f"{begin} link set {name} address {link.mac}"
        if new.mtu != link.mtu:
            yield f"{begin} link set {name} mtu {link.mtu}"
        if new.is_up != link.is_up:
            yield f"{begin} link set {name} {'up' if link.is_up else 'down'}"


def _addresses(was: Node, node: Node) -> Iterator[str]:
    begin = ip_on(was.name)
    devs = {a.dev for a in {*was.addresses} ^ {*node.addresses}}
    devs = {dev for dev in devs if dev in was.links and dev in node.links}
    for dev in devs:
        yield run_on(was.name, f"sysctl -qw net.ipv6.conf.{dev}.disable_ipv6=0")
        yield f"{begin} -4 addr flush dev {dev}"
        yield f"{begin} -6 addr flush dev {dev} scope global"
        yield from (f"{begin} addr add {a.cidr} dev {dev}" for a in was.addresses if a.dev == dev and _is_set(a.cidr))
    if devs or _routes(was) != _routes(node):
        yield from (f"{begin} route del {_route(r)}" for r in node.routes if _is_odd(r, was.routes))
        ordered = sorted(was.routes, key=lambda r: r.via is not None)
        yield from (f"{begin} route replace {_route(r)}" for r in ordered if r.table == "main" and r.family == 4)


def _is_set(cidr: str) -> bool:
    return not cidr.startswith("fe80")


def _is_odd(route: Route, others: Sequence[Route]) -> bool:
    return route.table == "main" and route.family == 4 and route not in others


def _route(route: Route) -> str:
    words = [route.kind * (route.kind != "unicast"), route.dst]
    words += [f"via {route.via}"] * bool(route.via) + [f"dev {route.dev}"] * bool(route.dev)
    words += [f"src {route.src}"] * bool(route.src) + [f"metric {route.metric}"] * bool(route.metric)
    words += [f"proto {route.proto}"] + ["scope link"] * (route.via is None and route.kind == "unicast")
    return " ".join(filter(None, words))


def _rest(was: Node, node: Node) -> Iterator[str]:
    """Settings, rules, entries that were set by hand, queues, filters."""
    begin, name = ip_on(was.name), was.name
    tool = "bridge" if name == PC else f"bridge -n {name}"
    yield from (f"{begin} neigh del {n.ip} dev {n.dev}" for n in node.neighbours if n.state == "PERMANENT")
    yield from (
        f"{begin} neigh replace {n.ip} lladdr {n.mac} dev {n.dev} nud permanent"
        for n in was.neighbours
        if n.state == "PERMANENT" and n not in node.neighbours
    )
    yield from (
        run_on(name, f"sysctl -qw {key}={value}")
        for key, value in was.sysctls.items()
        if node.sysctls.get(key) != value
    )
    if {c.name: c for c in was.chains} != {c.name: c for c in node.chains}:
        yield run_on(name, "nft flush ruleset")
        yield run_on(name, f"iptables-restore /tmp/rules.{name}")
    if was.details is None or node.details is None:
        return
    mine, now = was.details, node.details
    yield from (
        run_on(name, f"sysctl -qw {key}={value}")
        for key, value in mine.sysctls.items()
        if now.sysctls.get(key) != value
    )
    yield from (f"{begin} rule del priority {rule.priority}" for rule in now.rules if rule not in mine.rules)
    yield from (
        f"{tool} link set dev {port} {'isolated off' if why == 'isolated' else 'state 3'}"
        for port, why in now.stopped_ports.items()
        if port not in mine.stopped_ports
    )
    yield from (f"{tool} fdb del {e.mac} dev {e.dev} master" for e in now.pinned if e not in mine.pinned)
