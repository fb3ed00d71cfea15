"""Hostile frames over a real cable of a private machine, taken from it as netshell takes them, shown by `:commands`."""

import asyncio
import os
import random
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from deadline import within
from hostile_frames import trace_of
from hostile_wire import EACH, WIDTHS, Tally, attempt, examine, ladder_width, memory_kb, note_growth, sendable
from inside import apart

from netshell import commands
from netshell.commands import Context
from netshell.config import Config
from netshell.errors import UserError
from netshell.launch import launch
from netshell.namespaces import Doors
from netshell.namespaces.names import Namespaces
from netshell.packet_views import packet_view_lines
from netshell.packets.files import CaptureFile
from netshell.progress import Progress
from netshell.session import Bench, Ran
from netshell.topology import NodeSpec, Topology, parse_link

KEPT_BYTES = 1 << 20
"""So much of what crossed is kept: about a thousand frames."""
_CABLE = Topology((NodeSpec("ns1"), NodeSpec("ns2")), (parse_link("ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24"),))
_LATER_S = 30
_FILTERS = ("icmp", "tcp port 80", "udp and not port 53", "problem", "host ns2", "greater 500", "arp or ip6")


def send_through(numbers: Sequence[int], seed: int, each: int = EACH) -> Tally:
    """What comes of sending the traces of these numbers from ns1 to ns2, and looking at them as they come."""

    async def main() -> Tally:
        with TemporaryDirectory() as directory, Progress.open(None) as progress:
            launched = replace(launch(has_shared_directory=False), settings=Config(capture_bytes=KEPT_BYTES))
            doors = Doors.of_descriptors(launched.made.root, launched.made.network)
            bench = Bench(launched)
            bench.shared = Path(directory)
            bench.attach(environ={"LANG": "C.UTF-8"})
            try:
                await bench.build(_CABLE)
                sender = _Sender(launched.made.pid, doors)
                return await _Cable(Context(bench, progress), sender, seed).send(numbers, each)
            finally:
                bench.close()

    return apart(lambda: asyncio.run(main()))


class _Sender:
    """Puts frames on ns1's cable, from a process of its own that stands there."""

    def __init__(self, pid1: int, doors: Doors) -> None:
        self._pid1, self._doors = pid1, doors

    def send(self, frames: Sequence[bytes]) -> None:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with Namespaces(self._pid1, self._doors).enter("ns1"):
                    self._send(frames)
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0, "the frames could not be sent"

    @staticmethod
    def _send(frames: Sequence[bytes]) -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
            wire.bind(("eth0", 0))
            for frame in frames:
                with suppress(OSError):  # the kernel has its own opinion of some of them
                    wire.send(frame)


class _Cable:
    """The learner's side: takes what came over the cable, and looks at it with the commands."""

    def __init__(self, context: Context, sender: _Sender, seed: int) -> None:
        self._context, self._bench, self._sender, self._seed = context, context.bench, sender, seed
        self._tally = Tally()

    async def send(self, numbers: Sequence[int], each: int) -> Tally:
        tally, began = self._tally, time.perf_counter()
        tenth = max(len(numbers) // 10, 1)
        for count, number in enumerate(numbers, 1):
            frames = sendable(trace_of(self._seed, number, each))
            last = self._bench.wire.all()[-1].number if self._bench.wire.all() else 0
            self._sender.send(frames)
            with within(_LATER_S):
                await self._take()
            tally.frames += each
            tally.captured += (self._bench.wire.all()[-1].number if self._bench.wire.all() else 0) - last
            await self._look(number)
            if count % tenth == 0:
                tally.memory_kb.append(memory_kb())
        note_growth(tally, "session")
        if self._bench.wire.missed:
            tally.fault("the capture missed frames", f"{self._bench.wire.missed}")
        tally.took_s = time.perf_counter() - began
        return tally

    async def _take(self) -> None:
        """What a command does at its end: all that crossed is read, within a bound."""
        await self._bench.observe(Ran("send"))
        while self._bench.wire.is_behind:  # noqa: ASYNC110 - it is read in the background
            await asyncio.sleep(0.01)
        kept = sum(len(seen.crossing.data) for seen in self._bench.wire.all())
        if kept > KEPT_BYTES:
            self._tally.fault("the wire keeps more than it may", f"{kept} bytes")

    async def _look(self, number: int) -> None:
        chance = random.Random(number)
        width = chance.choice(WIDTHS)
        kept = [seen.number for seen in self._bench.wire.all()]
        some = [str(chance.choice(kept)) for _ in range(6)] if kept else []
        lines = [":packets all", ":ladder all", ":packets last", ":packet", ":follow", ":save x.pcapng"]
        lines += [f":packet {one}" for one in some] + [f":follow {one}" for one in some]
        lines += [f":{chance.choice(['packets', 'ladder'])} all {chance.choice(_FILTERS)}"]
        for line in lines:
            await self._command(line, f"{line.split()[0]} {line} at trace {number} (seed {self._seed})", width)
        await self._read_back(number)

    async def _command(self, line: str, where: str, width: int) -> None:
        views: list[commands.View] = []
        try:
            with within(_LATER_S):
                views.append(await commands.run(self._context, line))
        except UserError:
            return
        except Exception as error:  # noqa: BLE001 - it is what is looked for
            self._tally.fault(f"{line.split(maxsplit=1)[0]}: {type(error).__name__}: {error}", where)
            return
        wide = ladder_width(self._bench.wire.all(), width) if line.startswith(":ladder") else width
        attempt(
            self._tally,
            where,
            lambda: examine(self._tally, where, packet_view_lines(views[0], width) or (), wide),
        )

    async def _read_back(self, number: int) -> None:
        """What was saved holds the packets that were there."""
        path = (self._bench.shared or Path()) / "x.pcapng"
        if not path.exists():
            return
        with CaptureFile.open(path) as capture:
            saved = [record.data for record in capture]
            problem = capture.problem
        path.unlink()
        kept = [seen.crossing.data for seen in self._bench.wire.all()]
        if problem or not saved or saved[-1] not in kept:
            self._tally.fault("a saved file is read back otherwise", f"trace {number}: {problem}")
