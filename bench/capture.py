"""Live capture of a flood between two namespaces, beside the tools that are known for it, each at both ends.

All take turns on the same two namespaces. netshell's helper is read as the engine reads it, by its `Wire`.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.engine import most_memory_mb
from bench.figures import SUBJECT, Figure, Results, Stage, Target
from bench.sender import DESTINATION

if TYPE_CHECKING:
    from netshell.namespaces import Doors
    from netshell.sandbox.build import Made

_RATES = (10_000, 50_000, 200_000)
_ENDS = ("n0", "n1")
_TOOLS = {
    "`tcpdump -w`": ("tcpdump", ("tcpdump", "-Z", "root", "-n", "-i", "eth0", "-w", "FILE")),
    "`dumpcap -w`": ("dumpcap", ("dumpcap", "-q", "-i", "eth0", "-w", "FILE")),
    "scapy's AsyncSniffer": ("", (sys.executable, "-m", "bench.sniffer", "eth0", "FILE")),
}
_ANSWER_MS = 50
_SETTLE_S = 1.0
_OLD_PCAP = 0xA1B2C3D4
_PACKET_BLOCK = 6


def _name(figure: str, rate: int) -> str:
    return f"{rate // 1000}k packets/s, {figure}"


_LOST, _LET_GO = "frames lost", "frames that the store let go"
_ROOM_MIB = 512
_NOT_KEPT = f"frames not kept with `capture_megabytes = {_ROOM_MIB}`"
_CPU, _MEMORY, _WORST = "processor", "memory at most", "slowest `take`"

FIGURES = tuple(
    Figure(_name(what, rate), unit, references, target)
    for rate in _RATES
    for what, unit, references, target in (
        (_LOST, "%", tuple(_TOOLS), Target(0)),
        (_LET_GO, "%", (), None),
        (_NOT_KEPT, "%", tuple(_TOOLS), Target(0)),
        (_CPU, "s", tuple(_TOOLS), None),
        (_MEMORY, "MB", tuple(_TOOLS), None),
        (_WORST, "ms", (), Target(_ANSWER_MS)),
    )
)


@dataclass(frozen=True, slots=True)
class _Place:
    """The two namespaces, and how to start programs in them."""

    made: "Made"
    doors: "Doors"
    directory: Path

    def start(self, node: str, argv: list[str]) -> tuple[int, int]:
        """Start a program in a namespace: its process, and where its output can be read."""
        from netshell.namespaces.names import Namespaces  # noqa: PLC0415 - as all of netshell here
        from netshell.sandbox import identity  # noqa: PLC0415

        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                null = os.open(os.devnull, os.O_RDWR)
                for fd, old in enumerate((null, writer, null)):
                    os.dup2(old, fd)
                with Namespaces(self.made.pid, self.doors).enter(node):
                    identity.pretend_id_changes()  # tcpdump wants to be somebody else
                    os.execvp(argv[0], argv)
            finally:
                os._exit(127)
        os.close(writer)
        return pid, reader


def measure(stage: Stage) -> Results:
    """Every rate, once for netshell and once for each tool, in turns."""
    results = Results()
    asyncio.run(_measure(stage, results))
    return results


async def _measure(stage: Stage, results: Results) -> None:
    from bench.labs import pairs  # noqa: PLC0415
    from netshell import lab  # noqa: PLC0415
    from netshell.kernel import Kernel  # noqa: PLC0415
    from netshell.namespaces import Doors  # noqa: PLC0415
    from netshell.sandbox import build  # noqa: PLC0415
    from netshell.sandbox.machine import Machine  # noqa: PLC0415

    made = build.make(None, {})
    doors = Doors.of_descriptors(made.root, made.network)
    kernel, machine = Kernel.start(made.pid, doors), Machine(made)
    machine.attach()
    kernel.attach(asyncio.get_running_loop())
    await lab.build(machine, kernel, pairs(2))
    seconds = 1.0 if stage.is_quick else 3.0
    with tempfile.TemporaryDirectory() as directory:
        place = _Place(made, doors, Path(directory))
        for _ in range(stage.rounds(2, 1)):
            for rate in _RATES:
                await _measure_netshell(place, rate, seconds, results)
                for tool, (program, _) in _TOOLS.items():
                    if not program or shutil.which(program):
                        await _measure_tool(place, tool, rate, seconds, results)
    missing = [program for program, _ in _TOOLS.values() if program and not shutil.which(program)]
    results.notes += [f"{program} is not there, or this account may not run it" for program in missing]
    results.notes += [
        f"{seconds:g} s of 64-byte frames; a frame counts at each of its two ends; a tool runs once at each end",
        "the store lets the oldest go when the engine takes more slowly than they come; lost means never read",
    ]
    kernel.close()
    machine.close()


async def _send(place: _Place, rate: int, seconds: float) -> dict[str, Any]:
    """One flood; what the sender says of it."""
    sender = [sys.executable, "-m", "bench.sender", "eth0", str(rate), str(seconds)]
    pid, output = place.start(_ENDS[0], sender)
    loop, pidfd, ended = asyncio.get_running_loop(), os.pidfd_open(pid), asyncio.Event()
    loop.add_reader(pidfd, ended.set)
    await ended.wait()
    loop.remove_reader(pidfd)
    os.close(pidfd)
    return _report(pid, output)


def _report(pid: int, output: int) -> dict[str, Any]:
    """What a sender that has ended printed."""
    os.waitpid(pid, 0)
    with os.fdopen(output, "rb") as stream:
        report: dict[str, Any] = json.load(stream)
    return report


def _note(results: Results, name: str, rate: int, report: dict[str, Any]) -> None:
    reached = report["sent"] / report["seconds"]
    if reached < rate * 0.98:
        results.notes.append(f"beside {name} the sender managed {reached:.0f} packets/s instead of {rate}")


async def _measure_netshell(place: _Place, rate: int, seconds: float, results: Results) -> None:
    found = await _captured(place, rate, seconds, 0, results)
    results.add(_name(_LOST, rate), SUBJECT, found["lost"])
    results.add(_name(_LET_GO, rate), SUBJECT, found["let_go"])
    results.add(_name(_CPU, rate), SUBJECT, found["processor_s"])
    results.add(_name(_MEMORY, rate), SUBJECT, found["memory_mb"])
    results.add(_name(_WORST, rate), SUBJECT, found["slowest_ms"])
    roomy = await _captured(place, rate, seconds, _ROOM_MIB << 20, results)
    results.add(_name(_NOT_KEPT, rate), SUBJECT, roomy["lost"] + roomy["let_go"])


async def _captured(place: _Place, rate: int, seconds: float, limit_bytes: int, results: Results) -> dict[str, float]:
    """One flood seen by netshell; frames in per cent of those that crossed. A limit of 0 is the usual one."""
    addresses = [str(place.made.pid), place.doors.root, place.doors.network, str(limit_bytes)]
    pipe = subprocess.PIPE
    engine = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.engine", *addresses, stdin=pipe, stdout=pipe
    )
    if engine.stdin is None or engine.stdout is None or not await engine.stdout.readline():
        raise RuntimeError("netshell's capture could not begin.")
    report = await _send(place, rate, seconds)
    await asyncio.sleep(_SETTLE_S)
    engine.stdin.write(b"\n")
    found: dict[str, float] = json.loads(await engine.stdout.readline())
    await engine.wait()
    _note(results, SUBJECT, rate, report)
    crossed = report["sent"] * 2
    lost = max(found["dropped"], crossed - found["seen"], 0)
    return found | {"lost": 100 * lost / crossed, "let_go": 100 * found["let_go"] / crossed}


async def _measure_tool(place: _Place, tool: str, rate: int, seconds: float, results: Results) -> None:
    files = [place.directory / node for node in _ENDS]
    with _running(place, files, _TOOLS[tool][1]) as stop:
        await asyncio.sleep(_SETTLE_S * 2)  # until scapy is there
        report = await _send(place, rate, seconds)
        await asyncio.sleep(_SETTLE_S)
        processor_s, memory_mb = stop()
    _note(results, tool, rate, report)
    kept = sum(_count(file.read_bytes()) for file in files)
    for file in files:
        file.unlink(missing_ok=True)
    for what in (_LOST, _NOT_KEPT):
        results.add(_name(what, rate), tool, max(0.0, 100 - 100 * kept / (report["sent"] * 2)))
    results.add(_name(_CPU, rate), tool, processor_s)
    results.add(_name(_MEMORY, rate), tool, memory_mb)


@contextlib.contextmanager
def _running(place: _Place, files: list[Path], argv: tuple[str, ...]) -> Iterator[Callable[[], tuple[float, float]]]:
    """A tool at each end; gives a function that stops both and tells seconds of processor and megabytes of memory."""
    started = [
        place.start(node, [str(file) if word == "FILE" else word for word in argv])
        for node, file in zip(_ENDS, files, strict=True)
    ]

    def stop() -> tuple[float, float]:
        processor_s = memory_mb = 0.0
        for pid, _ in started:
            memory_mb += most_memory_mb(pid)
            os.kill(pid, signal.SIGTERM)
        while started:
            pid, output = started.pop()
            _, status, usage = os.wait4(pid, 0)
            os.close(output)
            if os.waitstatus_to_exitcode(status) == 127:
                raise RuntimeError(f"{argv[0]} could not be started.")
            processor_s += usage.ru_utime + usage.ru_stime
        return processor_s, memory_mb

    try:
        yield stop
    finally:
        if started:
            stop()


def _count(data: bytes) -> int:
    """The flood's frames in a pcap or pcapng file of this computer's byte order."""
    found, at = 0, 0
    if struct.unpack_from("=I", data)[0] == _OLD_PCAP:
        at = 24
        while at + 16 <= len(data):
            found += data.startswith(DESTINATION, at + 16)
            at += 16 + struct.unpack_from("=I", data, at + 8)[0]
        return found
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("=II", data, at)
        found += kind == _PACKET_BLOCK and data.startswith(DESTINATION, at + 28)
        at += length
    return found
