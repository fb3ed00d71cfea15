"""The workbench: one private machine with its terminals, and what is seen of it from outside.

It knows nothing of lessons.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count

from netshell import lab
from netshell.checks import Evidence
from netshell.errors import UserError
from netshell.explain.changes import Said, say
from netshell.facts import PC, Snapshot, difference
from netshell.launch import Launched
from netshell.sandbox.machine import Machine
from netshell.terminal.shell import Terminal
from netshell.topology import Topology


@dataclass(frozen=True, slots=True)
class Observation:
    """What a command changed."""

    snapshot: Snapshot
    said: tuple[Said, ...]


class Bench:
    """A running private machine, as an event loop works with it."""

    def __init__(self, launched: Launched) -> None:
        self.machine = Machine(launched.made)
        self.kernel = launched.kernel
        self.capture = launched.capture
        self.terminals: dict[str, Terminal] = {}
        self.topology = Topology()
        """The lab that was built."""
        self.snapshot = Snapshot()
        """The last one taken."""
        self._marked = Snapshot()
        self.environ: dict[str, str] = {}
        """What terminals are started with: LANG, TERM."""
        self.size = (24, 80)
        """Rows and columns of a new terminal."""
        self.on_terminal: Callable[[Terminal], None] = lambda _: None
        """Called with every terminal that is opened, before it has said anything."""
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

    async def mark(self) -> None:
        """Take what there is now for the beginning: changes are told from here on."""
        self.snapshot = self._marked = await self.kernel.snapshot()

    async def changes_since_mark(self) -> tuple[Said, ...]:
        """Everything that is different from the last mark, in words."""
        now = await self.kernel.snapshot()
        return say(difference(self._marked, now), self._marked, now)

    def new_terminal_name(self, node: str) -> str:
        """A name for one more terminal on a node: `ns1`, then `ns1.2`, `ns1.3`."""
        names = (node if number == 1 else f"{node}.{number}" for number in count(1))
        return next(name for name in names if name not in self.terminals)

    async def reset(self, topology: Topology) -> None:
        """End everything inside and build the lab anew. Every terminal ends with it."""
        for terminal in self.terminals.values():
            terminal.on_state = lambda: None
            terminal.close()
        self.terminals.clear()
        await self.machine.reset()
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

    def forget(self, terminal: Terminal) -> None:
        """Take a terminal that has ended off the list."""
        if self.terminals.get(terminal.name) is terminal:
            del self.terminals[terminal.name]

    async def observe(self) -> Observation:
        """A new snapshot, and what has changed since the last, in words."""
        before = self.snapshot
        after = await self.kernel.snapshot()
        self.snapshot = after
        return Observation(after, say(difference(before, after), before, after))

    async def evidence(self, snapshot: Snapshot, since_ns: int) -> Evidence:
        """What checks may look at: a snapshot, and what crossed the wire since then (nanoseconds since the epoch)."""
        return Evidence(snapshot, await self.capture.echoes(since_ns))

    def close(self) -> None:
        """End the machine and its helpers; nothing is waited for."""
        for terminal in self.terminals.values():
            terminal.on_state = lambda: None
        with contextlib.suppress(OSError):
            self.machine.close()
        self.kernel.close()
        self.capture.close()


def node_of(terminal: str) -> str:
    """The node that a terminal's name stands for: `ns1.2` is the second one on ns1."""
    name, _, number = terminal.rpartition(".")
    return name if name and number.isdigit() else terminal
