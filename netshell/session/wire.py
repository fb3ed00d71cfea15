"""The wire of one private machine: every crossing of a link in the order they were taken, within a bound.

It takes frames from the capture at its own pace and keeps what views and checks look at. It shows nothing.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING

from netshell.capture import Capture
from netshell.errors import MachineError
from netshell.explain.owners import Owners, owners_in
from netshell.facts import Crossing, Echo, Frame, Snapshot
from netshell.packets.echo import EchoReader
from netshell.packets.wiring import Wiring

if TYPE_CHECKING:
    from netshell.checks.looks import Look
    from netshell.packets.trace import Observer, Seen
    from netshell.session.unseen import Unseen

_SEEN_COST = 700
"""Bytes that a crossing takes beside its data, roughly."""
_ECHOES = 20_000
"""How many echoes are remembered: they outlive their frames, so that a flood cannot wipe out a ping's evidence."""
_AT_ONCE = 500
"""Frames that are read before others have their turn: some milliseconds."""
_PATIENCE_S = 0.025
"""So long an answer waits for frames to be read: what a flood leaves over is read by and by."""
_PROBES = 20
"""So many of the latest probes are remembered."""
_REST_S = 0.01
"""Between two looks at what a flood has left: half of the time is for the learner."""


class Wire:
    """What has crossed since the machine was made, or begun anew."""

    def __init__(self, capture: Capture, limit_bytes: int) -> None:
        self._capture = capture
        self._limit = limit_bytes
        self._bytes = 0
        self._next = 1
        self._seen: deque[Seen] = deque()
        self._echoes: deque[Echo] = deque(maxlen=_ECHOES)
        self._wiring = Wiring()
        self._observer: Observer | None = None
        self._echo_reader = EchoReader()
        self._owners: dict[str, str] = {}
        self._addresses: dict[str, tuple[str, ...]] = {}
        self._hidden: set[tuple[str, int]] = set()
        """Nodes, with the ports that netshell itself asked from there."""
        self._unseen: deque[Unseen] = deque(maxlen=_PROBES)
        """netshell's own packets on links."""
        self.looks: dict[int, Look] = {}
        """What checks have read of the crossings, by their numbers; kept as long as these are."""
        self._taking = asyncio.Lock()
        self._catching_up: asyncio.Task[None] | None = None
        self.dropped = 0
        """Crossings that are not there any more: the oldest, to make room."""
        self.missed = 0
        """Frames that came faster than they could be taken."""
        self.is_behind = False
        """More has crossed than has been read yet."""

    def forget(self) -> None:
        """Begin anew with the first number: the machine that these crossed is gone."""
        self._seen.clear()
        self._echoes.clear()
        self._owners.clear()
        self._addresses.clear()
        self._unseen.clear()
        self.looks = {}
        self._wiring, self._observer, self._echo_reader = Wiring(), None, EchoReader()
        self._bytes, self._next, self.dropped = 0, 1, 0

    async def refresh(self, snapshot: Snapshot) -> None:
        """Take what has crossed until now; of a flood a part, and the rest in the background."""
        self._learn(snapshot)
        end = time.monotonic() + _PATIENCE_S
        while await self._take() and time.monotonic() < end:  # noqa: ASYNC110 - others have their turn
            await asyncio.sleep(0)
        if self.is_behind and (self._catching_up is None or self._catching_up.done()):
            self._catching_up = asyncio.ensure_future(self._catch_up())

    async def _catch_up(self) -> None:
        with contextlib.suppress(MachineError):  # it has ended: whoever asks next is told
            while await self._take():  # noqa: ASYNC110 - it reads on by itself
                await asyncio.sleep(_REST_S)

    async def _take(self) -> bool:
        """Read some of what waits; whether more does."""
        async with self._taking:
            taken = await self._capture.take(_AT_ONCE)
            for frame in taken.frames:
                self._add(frame)
            self.missed = taken.tally.dropped_by_kernel + taken.tally.dropped_from_store
            self.is_behind = taken.has_more
        return self.is_behind

    def close(self) -> None:
        """Read no more."""
        if self._catching_up is not None:
            self._catching_up.cancel()

    def all(self) -> "tuple[Seen, ...]":
        """Everything that is kept."""
        return tuple(self._seen)

    def since(self, time_ns: int) -> "tuple[Seen, ...]":
        """What crossed since then (nanoseconds since the epoch), noise included."""
        found: list[Seen] = []
        for seen in reversed(self._seen):
            if seen.crossing.time_ns < time_ns:
                break
            found.append(seen)
        return tuple(reversed(found))

    def echoes_since(self, time_ns: int) -> tuple[Echo, ...]:
        """Every echo request and reply since then, each at each interface that it crossed."""
        return tuple(echo for echo in self._echoes if echo.time_ns >= time_ns)

    @property
    def until_ns(self) -> int:
        """When the last of them crossed; 0 before the first."""
        return self._seen[-1].crossing.time_ns if self._seen else 0

    @property
    def owners(self) -> Owners:
        """Whose the addresses are, those that were taken away since included."""
        return Owners(self._owners)

    @property
    def nodes(self) -> Mapping[str, tuple[str, ...]]:
        """The IP addresses of each node, for filters that name one."""
        return self._addresses

    def hide(self, node: str, port: int) -> None:
        """Leave out what netshell itself asks there, over lo, from a port of its own."""
        self._hidden.add((node, port))

    @contextlib.asynccontextmanager
    async def paused(self) -> "AsyncIterator[None]":
        """Read nothing meanwhile: what crosses is not known yet to be netshell's own."""
        async with self._taking:
            yield

    def leave_out(self, own: "Unseen") -> None:
        """Show to nobody what crossed because of a probe."""
        self._unseen.append(own)

    def _is_own(self, frame: Frame) -> bool:
        if any(own.has(frame) for own in self._unseen):
            return True
        if not self._hidden or frame.link != "lo":
            return False
        from netshell.packets.reader import read  # noqa: PLC0415 - only for what crosses lo after a question of its own
        from netshell.session.unseen import ports_in  # noqa: PLC0415 - as above

        return any((frame.node, port) in self._hidden for port in ports_in(read(frame.data)))

    def _learn(self, snapshot: Snapshot) -> None:
        self._wiring.learn(snapshot)
        self._owners |= owners_in(snapshot).nodes
        for node in snapshot.nodes.values():
            mine = (address.cidr.partition("/")[0] for address in node.addresses)
            self._addresses[node.name] = tuple(dict.fromkeys([*self._addresses.get(node.name, ()), *mine]))

    def _add(self, frame: Frame) -> None:
        if (self._unseen or self._hidden) and self._is_own(frame):
            return
        echo = self._echo_reader.read(frame)
        if echo is not None:
            self._echoes.append(echo)
        ends = self._wiring.ends(frame)
        if ends is None:
            return
        if self._observer is None:
            from netshell.packets.trace import Observer  # noqa: PLC0415 - much code, and not before the first frame

            self._observer = Observer()
        crossing = Crossing(self._next, frame.time_ns, *ends, frame.data, frame.wire_length)
        self._next += 1
        self._seen.append(self._observer.see(crossing))
        self._bytes += len(frame.data) + _SEEN_COST
        while self._bytes > self._limit:
            gone = self._seen.popleft().crossing
            self.looks.pop(gone.number, None)
            self._bytes -= len(gone.data) + _SEEN_COST
            self.dropped += 1
