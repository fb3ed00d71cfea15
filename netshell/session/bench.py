"""The workbench: one private machine with its terminals, and what is seen of it from outside.

It knows nothing of lessons.
"""

import asyncio
import contextlib
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, cycle
from typing import TYPE_CHECKING

from netshell import lab
from netshell.checks import Evidence
from netshell.checks.base import Command
from netshell.checks.needs import Need, ProbeNeed
from netshell.errors import UserError
from netshell.explain.changes import Said, say
from netshell.facts import PC, Node, Outcome, Probe, Snapshot, difference
from netshell.launch import Launched
from netshell.sandbox.machine import Machine
from netshell.session import gather
from netshell.session.inquiry import ask_server
from netshell.session.ran import Ran
from netshell.session.tutor import Scene, Tutor, may_fail_well
from netshell.session.wire import Wire
from netshell.terminal.shell import Terminal
from netshell.topology import Topology

if TYPE_CHECKING:
    from netshell.diagnosis import NameAnswer, NameQuestion
    from netshell.packets.dissect import Dissector
    from netshell.packets.trace import Seen


_PASSING = frozenset({"neighbour", "fdb", "socket"})
"""Kinds of changes that traffic brings about."""
_MAY_CHANGE_UNSEEN = re.compile(
    r"\b(?:sysctl|(?:ip6?|eb|arp)tables(?:-\w+)?|nft|bridge|tc|ethtool|rule|arp|sed|tee|rm|mv|cp|kill\w*|pkill|dnsmasq)\b"
    r"|>\s*/(?:proc|sys|etc)/"
)
"""Commands that may change what only a snapshot with details shows: a setting, a rule, a port of a bridge, a file."""
_ONLY_LOOKS = re.compile(
    r"[^;&|<>$`()]*\b(?:bridge|nft|tc|rule|(?:ip6?|eb|arp)tables(?:-\w+)?)(?:\s[^;&|<>$`()]*)?"
    r"\s(?:show|list|ls|-\w*[LS]\w*)(?:\s[^;&|<>$`()]*)?"
)
"""Those of them that only show what there is, alone on their line."""
_OWN_PORTS = cycle(range(61000, 65000))
"""Ports that netshell asks from, above those that Linux gives to programs (net.ipv4.ip_local_port_range)."""
_UNSEEN = 'exec >/dev/null 2>&1 </dev/null; eval "$1"'
"""What is left running in the background holds nothing of this netshell's."""
_PROBE_AGAIN_S = 1.0
"""A probe that fails makes neighbours come and go; that must not be the reason for the next one."""
_CARRIERS_WITHIN_S, _LOOK_AGAIN_S = 1.5, 0.02
_TO_BEGIN_S = 0.03
"""In which a program that was just started, such as `nc -l 80 &`, opens its port."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a command changed, and what crossed the wire."""

    snapshot: Snapshot
    said: tuple[Said, ...] = ()
    own: "tuple[Seen, ...]" = ()
    """What crossed with the command."""
    meanwhile: "tuple[Seen, ...]" = ()
    """What crossed before it, since the last one: somebody else's, such as a program's that goes on."""
    before: Snapshot = field(default_factory=Snapshot)
    """How it was before."""
    since_ns: int = 0
    """From when on, in nanoseconds since the epoch, what crossed had not been told."""
    may_change_unseen: bool = False
    """The command may have changed what only a snapshot with details shows."""

    @property
    def is_change(self) -> bool:
        """More has changed than traffic and time leave behind.

        What the kernel does by itself a moment after a change, such as a bridge that becomes UP, is noticed with
        whatever is typed then, and is none of its doing.
        """
        changes = (said.change for said in self.said if not said.is_background)
        return self.may_change_unseen or any(change.kind not in _PASSING for change in changes)

    @property
    def crossed(self) -> "tuple[Seen, ...]":
        """All of it, by its numbers."""
        return tuple(sorted((*self.meanwhile, *self.own), key=lambda seen: seen.number))

    @property
    def is_effective(self) -> bool:
        """The command did something: it changed the machine, or made something cross."""
        has_changed = any(not said.is_background for said in self.said)
        return has_changed or any(not seen.noise for seen in self.own)


class Bench:
    """A running private machine, as an event loop works with it."""

    def __init__(self, launched: Launched) -> None:
        self.machine = Machine(launched.made)
        self.kernel = launched.kernel
        self.capture = launched.capture
        self.wire = Wire(launched.capture, launched.settings.capture_bytes)
        self.terminals: dict[str, Terminal] = {}
        self.topology = Topology()
        """The lab that was built."""
        self.snapshot = Snapshot()
        """The last one taken."""
        self._marked = Snapshot()
        self.shared = launched.shared
        """The learner's own directory, which the machine shares; None where there is none."""
        self.crossed: tuple[Seen, ...] = ()
        """What crossed with the last command that made something cross."""
        self.crossed_with = ""
        """That command, where it is known."""
        self.has_crossed = True
        """It was the last one of all."""
        self.last = Ran()
        """The last command of all."""
        self.last_typed = Ran()
        """The last of which it is known what was typed."""
        self.changed_ns = 0
        """When a command last changed more than traffic leaves behind: what crossed before tells of another lab."""
        self._told_ns = 0
        """What crossed before then, in nanoseconds since the epoch, has been told."""
        self._probed: dict[ProbeNeed, tuple[object, float, Outcome]] = {}
        """What was found out by probes: in which network, when, what."""
        self.tutor = Tutor()
        """What failed, and what there is to say of it."""
        self.environ: dict[str, str] = {}
        """What terminals are started with: LANG, TERM."""
        self.size = (24, 80)
        """Rows and columns of a new terminal."""
        self.on_terminal: Callable[[Terminal], None] = lambda _: None
        """Called with every terminal that is opened, before it has said anything."""
        self._dissector: Dissector | None = None
        self.is_quiet = False
        """What terminals say now is nobody's doing: the machine is brought to where the learner will stand."""
        self._nonce = launched.nonce
        self._opening = asyncio.Lock()

    def attach(self, *, moved: Callable[[], None] | None = None, environ: Mapping[str, str] | None = None) -> None:
        """Take part in the running event loop; `moved` is called soon after anything changed or crossed inside."""
        loop = asyncio.get_running_loop()
        self.machine.attach()
        self.kernel.attach(loop, moved)
        self.capture.attach(loop, moved)
        self.environ = dict(environ or {})

    async def build(self, topology: Topology) -> None:
        """Build a lab on the fresh machine, and take the first snapshot."""
        self.topology = topology
        await lab.build(self.machine, self.kernel, topology)
        await self.capture.ready()
        await self.mark()
        self.wire.forget()
        self.crossed = ()

    async def mark(self) -> None:
        """Take what there is now for the beginning: changes and packets are told from here on."""
        self.snapshot = self._marked = await self.look()
        self._told_ns = time.time_ns()
        self.tutor.begin()

    async def until_carriers_are_known(self) -> None:
        """Wait until each cable's end knows of the other one. The kernel may take a second to tell it (linkwatch)."""
        end = time.monotonic() + _CARRIERS_WITHIN_S
        while time.monotonic() < end:
            if not _has_stale_carrier(await self.kernel.snapshot()):
                return
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def look(self) -> Snapshot:
        """A new snapshot, and the wire read up to now; nothing of it counts as told."""
        snapshot = await self.kernel.snapshot()
        await self.wire.refresh(snapshot)
        return snapshot

    async def look_closely(self) -> Snapshot:
        """As `look`, with the details of every node, for who asks why."""
        snapshot = await self.kernel.look_closely()
        await self.wire.refresh(snapshot)
        return snapshot

    async def ask_name(self, question: "NameQuestion") -> "NameAnswer":
        """Ask a name server, on its own node; the wire does not show it."""
        port = next(_OWN_PORTS)
        self.wire.hide(question.node, port)
        return await ask_server(self.kernel, question, port)

    async def probe(self, need: ProbeNeed) -> Outcome:
        """What becomes of a packet that netshell sends itself, unseen: the wire shows nothing of it, tables forget it.

        A learner's own tcpdump sees it, and counters of interfaces and rules have moved. One that was sent a moment
        ago, in the same network, is not sent again.
        """
        now = settled(self.snapshot), self.last
        known = self._probed.get(need)
        if known and known[0] == now and time.monotonic() - known[1] < _PROBE_AGAIN_S:
            return known[2]
        from netshell.session.unseen import Unseen  # noqa: PLC0415 - few lessons probe

        wanted = Probe(need.node, need.protocol, need.to, need.port, need.size, next(_OWN_PORTS), os.urandom(8))
        async with self.wire.paused():
            probed = await self.kernel.probe(wanted)
            self.wire.leave_out(Unseen(wanted, probed))
        self._probed[need] = now, time.monotonic(), probed.outcome
        return probed.outcome

    async def changes_since_mark(self) -> tuple[Said, ...]:
        """Everything that is different from the last mark, in words."""
        now = await self.look()
        return say(difference(self._marked, now), self._marked, now)

    def new_terminal_name(self, node: str) -> str:
        """A name for one more terminal on a node: `ns1`, then `ns1.2`, `ns1.3`."""
        names = (node if number == 1 else f"{node}.{number}" for number in count(1))
        return next(name for name in names if name not in self.terminals)

    async def reset(self, topology: Topology, *, has_home: bool = False) -> None:
        """End everything inside and build the lab anew. Every terminal ends with it.

        Files are as they were at the start; those at home stay a learner's, but with `has_home`.
        """
        for terminal in self.terminals.values():
            terminal.on_state = lambda: None
            terminal.close()
        self.terminals.clear()
        await self.machine.reset(has_home=has_home)
        await self.build(topology)

    async def terminal(self, name: str = PC) -> Terminal:
        """The terminal of that name, opened where it is not there: `pc`, `ns1`, `ns1.2`; ready for a command."""
        async with self._opening:
            terminal = self.terminals.get(name)
            if terminal is None:
                terminal = await self._open(name)
        return terminal

    async def _open(self, name: str) -> Terminal:
        node = node_of(name)
        if node != PC:
            await self._require(node)
        terminal = await Terminal.open(self.machine, name, node, self._nonce, self.environ)
        terminal.resize(*self.size)
        self.terminals[name] = terminal
        self.on_terminal(terminal)
        await terminal.until_prompt()
        if terminal.is_dead:
            del self.terminals[name]
            raise UserError(f"No shell could be started on {node}.", "`ip netns list` shows the namespaces there are.")
        return terminal

    async def _require(self, node: str) -> None:
        self.snapshot = await self.kernel.snapshot()
        found = self.snapshot.node(node)
        names = ", ".join(sorted(self.snapshot.nodes.keys() - {PC})) or "none yet"
        if found is None:
            raise UserError(f"There is no node `{node}`.", f"The namespaces here: {names}.")
        if not found.is_enterable:
            raise UserError(
                f"`{node}` is a name without a namespace behind it.",
                f"`ip netns delete {node}` takes the name away; then make it again on the PC.",
            )

    @contextlib.contextmanager
    def quiet(self) -> Iterator[None]:
        """Nothing that terminals say in here is for the learner."""
        self.is_quiet = True
        try:
            yield
        finally:
            self.is_quiet = False

    def forget(self, terminal: Terminal) -> None:
        """Take a terminal that has ended off the list."""
        if self.terminals.get(terminal.name) is terminal:
            del self.terminals[terminal.name]

    async def observe(self, ran: Ran) -> Observation:
        """A new snapshot, what has changed since the last, in words, and what has crossed since then.

        A command that goes on in the background gets a moment to begin.
        """
        self.last, command = ran, ran.command
        self.last_typed = ran if command else self.last_typed
        if command.rstrip().endswith("&"):
            await asyncio.sleep(_TO_BEGIN_S)
        before = self.snapshot
        now_ns = time.time_ns()
        self.snapshot = after = await self.look()
        since_ns = self._told_ns
        crossed = self.wire.since(since_ns)
        self._told_ns = max(now_ns, self.wire.until_ns + 1)  # what a flood left unread belongs to this command
        said = say(difference(before, after), before, after)
        may_change_unseen = bool(_MAY_CHANGE_UNSEEN.search(command) and not _ONLY_LOOKS.fullmatch(command))
        if may_change_unseen or any(item.change.kind not in _PASSING for item in said):
            self.changed_ns = now_ns
        own = tuple(seen for seen in crossed if seen.crossing.time_ns >= ran.began_ns)
        meanwhile = tuple(seen for seen in crossed if seen.crossing.time_ns < ran.began_ns)
        observation = Observation(after, said, own, meanwhile, before, since_ns, may_change_unseen)
        self._note_crossed(observation, command)
        return observation

    def _note_crossed(self, observation: Observation, command: str) -> None:
        """For who asks what crossed last."""
        is_news = any(not seen.noise for seen in observation.own)
        is_meanwhile = not is_news and any(not seen.noise for seen in observation.meanwhile)
        if is_news or is_meanwhile:
            self.crossed = observation.own if is_news else observation.meanwhile
        if command:
            self.crossed_with = command if is_news else "" if is_meanwhile else self.crossed_with
            self.has_crossed = is_news

    async def run_unseen(self, commands: Iterable[tuple[str, str]]) -> None:
        """Run commands, each on its node, behind the learner's back: no terminal and no history knows of them."""
        for node, command in commands:
            argv = ["bash", "-c", _UNSEEN, "bash", command]
            await self.machine.run(argv, node=None if node == PC else node)

    async def scene(self, observation: Observation, **how: bool) -> Scene:
        """The network round the last command, for the tutor; `how` is what only a lesson knows of it."""
        is_worth_it = self.last.status != 0 or may_fail_well(self.last.command)
        after = await self.kernel.look_closely() if is_worth_it else observation.snapshot
        changes = [item.change for item in observation.said]
        is_less = any(change.op == "removed" and change.kind not in _PASSING for change in changes)
        wire = self.wire.since(self.changed_ns)
        return Scene(self._marked, observation.before, after, wire, is_less=is_less, **how)

    async def evidence(
        self, snapshot: Snapshot, since_ns: int, needs: frozenset[Need] = frozenset(), commands: Sequence[Command] = ()
    ) -> Evidence:
        """What checks may look at: a snapshot, and what crossed the wire since then (nanoseconds since the epoch).

        `needs` is what has to be read for them, `commands` what was typed since then.
        """
        found = await gather.look(self.kernel, needs) if needs else {}
        echoes, wire = self.wire.echoes_since(since_ns), self.wire.since(since_ns)
        return Evidence(snapshot, echoes, wire, self.wire.looks, self.changed_ns, time.time_ns(), commands, found)

    async def ran_for(self, evidence: Evidence, needs: frozenset[Need]) -> Evidence:
        """The same evidence, once the commands of checks have been run, and their probes sent."""
        found = {**evidence.found, **await gather.run(self.machine, needs)}
        for need in needs:
            if isinstance(need, ProbeNeed):
                found[need] = await self._outcome(need)
        return replace(evidence, found=found)

    async def _outcome(self, need: ProbeNeed) -> Outcome:
        try:
            return await self.probe(need)
        except UserError:  # the node has gone meanwhile
            return "unsent"

    def dissector(self) -> "Dissector":
        """Who reads the protocols that the fast reader only names; it loads in the background."""
        from netshell.packets.dissect import Dissector  # noqa: PLC0415 - most sessions never meet such a packet

        if self._dissector is None:
            self._dissector = Dissector()
            self._dissector.start()
        return self._dissector

    def close(self) -> None:
        """End the machine and its helpers; nothing is waited for."""
        self.wire.close()
        if self._dissector is not None:
            self._dissector.close()
        for terminal in self.terminals.values():
            terminal.on_state = lambda: None
        with contextlib.suppress(OSError):
            self.machine.close()
        self.kernel.close()
        self.capture.close()


def _has_stale_carrier(snapshot: Snapshot) -> bool:
    """Whether some end of a cable is still said to carry, or not to, as it was before the other end changed."""
    links = {(node.name, link.name): link for node in snapshot.nodes.values() for link in node.links.values()}
    for link in links.values():
        peer = links.get((link.peer.node, link.peer.link)) if link.peer else None
        if peer is not None and link.is_up and link.has_carrier != peer.is_up:
            return True
    return False


def settled(snapshot: Snapshot) -> Mapping[str, Node]:
    """The network without what traffic leaves behind in it."""
    return {
        name: replace(node, neighbours=(), fdb=(), flows=(), chains=(), details=None)
        for name, node in snapshot.nodes.items()
    }


def node_of(terminal: str) -> str:
    """The node that a terminal's name stands for: `ns1.2` is the second one on ns1."""
    name, _, number = terminal.rpartition(".")
    return name if name and number.isdigit() else terminal
