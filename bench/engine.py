"""netshell's side of a captured flood, in a process of its own: the capture helper, read as the engine reads it.

python -m bench.engine PID1 ROOT NETWORK LIMIT: says `ready` when it watches, and its figures when a line comes.
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from netshell.capture import Capture
from netshell.capture.client import LIMIT_BYTES
from netshell.kernel import Kernel
from netshell.namespaces import Doors


class _Timed:
    """Stands in the capture's place and measures how long every answer takes."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self.slowest_ms = 0.0

    async def take(self, limit: int) -> object:
        """As the capture's."""
        begun = time.perf_counter()
        taken = await self._capture.take(limit)
        self.slowest_ms = max(self.slowest_ms, (time.perf_counter() - begun) * 1e3)
        return taken


async def _serve(capture: Capture, kernel: Kernel) -> None:
    """Take whatever comes until a line is typed; then tell of it."""
    loop, arrived, over = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    capture.attach(loop, arrived.set)
    kernel.attach(loop)
    await capture.ready()
    snapshot = await kernel.snapshot()
    timed = _Timed(capture)
    taking = asyncio.ensure_future(_take(timed, snapshot, arrived))
    before, processor_s = await capture.tally(), processor_seconds(capture.pid)
    loop.add_reader(0, over.set)
    print("ready", flush=True)
    await over.wait()
    after = await capture.tally()
    figures = {
        "seen": after.seen - before.seen,
        "dropped": after.dropped_by_kernel,
        "let_go": after.dropped_from_store,
        "processor_s": processor_seconds(capture.pid) - processor_s,
        "memory_mb": most_memory_mb(capture.pid),
        "slowest_ms": timed.slowest_ms,
    }
    print(json.dumps(figures), flush=True)
    taking.cancel()


async def _take(timed: _Timed, snapshot: object, arrived: asyncio.Event) -> None:
    from netshell.session.wire import Wire  # noqa: PLC0415 - heavy; the helpers are forked before

    wire = Wire(timed, LIMIT_BYTES)  # type: ignore[arg-type]  # it takes, and nothing else is asked of it
    while True:
        await arrived.wait()
        arrived.clear()
        await wire.refresh(snapshot)  # type: ignore[arg-type]


def processor_seconds(pid: int) -> float:
    """What a process has used so far, proc_pid_stat(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def most_memory_mb(pid: int) -> float:
    """The most resident memory that a process ever had, proc_pid_status(5)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) * 1024 / 1e6


if __name__ == "__main__":
    pid1, doors = int(sys.argv[1]), Doors(sys.argv[2], sys.argv[3])
    helpers = Capture.start(pid1, doors, int(sys.argv[4]) or LIMIT_BYTES), Kernel.start(pid1, doors)
    asyncio.run(_serve(*helpers))
