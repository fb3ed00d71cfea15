"""A private machine with its kernel and capture helpers, for tests that enter namespaces."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from netshell.capture import Capture
from netshell.facts import Snapshot
from netshell.kernel import Kernel
from netshell.namespaces import Doors
from netshell.sandbox import build
from netshell.sandbox.machine import Machine

Result = TypeVar("Result")


@dataclass
class Inside:
    machine: Machine
    kernel: Kernel
    capture: Capture
    moved: asyncio.Event
    arrived: asyncio.Event

    async def sh(self, *lines: str) -> str:
        """Run shell lines on the PC; the first that fails fails the test. Their output."""
        finished = await self.machine.run(["sh", "-ec", "\n".join(lines)])
        output = finished.output.decode(errors="replace")
        assert finished.status == 0, output
        return output

    async def snapshot(self) -> Snapshot:
        return await self.kernel.snapshot()


def play(scenario: Callable[[Inside], Awaitable[Result]]) -> Result:
    """Make a machine, play a scenario on it, end it."""
    made = build.make(None, {})
    doors = Doors.of_descriptors(made.root, made.network)
    machine = Machine(made)
    kernel = Kernel.start(made.pid, doors)
    capture = Capture.start(made.pid, doors)

    async def main() -> Result:
        loop = asyncio.get_running_loop()
        inside = Inside(machine, kernel, capture, asyncio.Event(), asyncio.Event())
        machine.attach()
        kernel.attach(loop, inside.moved.set)
        capture.attach(loop, inside.arrived.set)
        try:
            return await scenario(inside)
        finally:
            kernel.close()
            capture.close()
            machine.close()

    return asyncio.run(main())
