"""A private machine with its kernel and capture helpers, for tests that enter namespaces."""

import asyncio
import os
import pickle
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

import pytest

from netshell.capture import Capture
from netshell.capture.client import LIMIT_BYTES
from netshell.facts import Snapshot
from netshell.kernel import Kernel
from netshell.namespaces import Doors
from netshell.namespaces.names import Namespaces
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
    pid: int
    """PID 1 of the machine, as seen from here."""
    doors: Doors

    def within(self, node: str, deed: Callable[[], object]) -> None:
        """Do something in a process of its own that stands in a namespace; a failure there fails the test."""
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with Namespaces(self.pid, self.doors).enter(node):
                    deed()
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0

    async def sh(self, *lines: str) -> str:
        """Run shell lines on the PC; the first that fails fails the test. Their output."""
        finished = await self.machine.run(["sh", "-ec", "\n".join(lines)])
        output = finished.output.decode(errors="replace")
        assert finished.status == 0, output
        return output

    async def snapshot(self) -> Snapshot:
        return await self.kernel.snapshot()


def apart(function: Callable[[], Result]) -> Result:
    """Run something in a process of its own, and give back what it returns, which must be fit for pickle.

    Making a machine takes an ordinary account's process into a user namespace for good, so each gets one.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _tell(writer, function)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        data = stream.read()
    os.waitpid(child, 0)
    outcome: tuple[Any, str] = pickle.loads(data) if data else (None, "The test's own process ended without a word.")
    if outcome[1]:
        pytest.fail(outcome[1], pytrace=False)
    result: Result = outcome[0]
    return result


def _tell(writer: int, function: Callable[[], object]) -> NoReturn:
    try:
        try:
            outcome = pickle.dumps((function(), ""))
        except BaseException:  # noqa: BLE001 - whatever it is, pytest is to show it
            outcome = pickle.dumps((None, traceback.format_exc()))
        with os.fdopen(writer, "wb") as stream:
            stream.write(outcome)
    finally:
        os._exit(0)


def play(scenario: Callable[[Inside], Awaitable[Result]], *, limit_bytes: int = LIMIT_BYTES) -> Result:
    """Make a machine, play a scenario on it, end it. The capture keeps so many bytes."""
    return apart(lambda: asyncio.run(_play(scenario, limit_bytes)))


async def _play(scenario: Callable[[Inside], Awaitable[Result]], limit_bytes: int) -> Result:
    made = build.make(None, {})
    doors = Doors.of_descriptors(made.root, made.network)
    machine = Machine(made)
    kernel, capture = Kernel.start(made.pid, doors), Capture.start(made.pid, doors, limit_bytes)
    inside = Inside(machine, kernel, capture, asyncio.Event(), asyncio.Event(), made.pid, doors)
    loop = asyncio.get_running_loop()
    machine.attach()
    inside.kernel.attach(loop, inside.moved.set)
    inside.capture.attach(loop, inside.arrived.set)
    try:
        await inside.capture.ready()
        return await scenario(inside)
    finally:
        inside.kernel.close()
        inside.capture.close()
        machine.close()
