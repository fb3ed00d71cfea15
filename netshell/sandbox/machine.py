"""The private machine seen from outside: what may be asked of it.

It knows nothing of what is run inside.
"""

import asyncio
import json
import os
import signal
import socket
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netshell.errors import MachineError, UserError
from netshell.sandbox import filesystem, init
from netshell.sandbox.build import Made

HOME = "/root"
ENVIRONMENT = {
    "HOME": HOME,
    "USER": "root",
    "LOGNAME": "root",
    "SHELL": "/bin/bash",
    "PATH": f"{filesystem.SHIMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
}
"""What every program inside starts with; nothing is taken over from outside but what a caller adds."""

_OUTPUT_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program that was run without a terminal ended."""

    status: int
    output: bytes
    """Standard output and error, the first MiB."""
    has_timed_out: bool = False


class Machine:
    """A running private machine, made by `build.make`. Call `attach` once an event loop runs."""

    def __init__(self, made: Made) -> None:
        self.pid = made.pid
        """PID 1 of the machine, as this process sees it."""
        self.notices = made.notices
        self.on_end: Callable[[], None] | None = None
        self._control = made.control
        self._network = made.network
        self._loop: asyncio.AbstractEventLoop | None = None
        self._replies: dict[int, asyncio.Future[tuple[dict[str, Any], list[int]]]] = {}
        self._exits: dict[int, asyncio.Future[int]] = {}
        self._early_exits: dict[int, int] = {}
        self._last_id = 0
        self._unsent: deque[bytes] = deque()
        self._has_ended = False

    def attach(self) -> None:
        """Take part in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._control.setblocking(False)
        self._loop.add_reader(self._control.fileno(), self._receive)

    async def open_terminal(self, argv: list[str], environ: Mapping[str, str], *, cwd: str = HOME) -> tuple[int, int]:
        """Start a program on a new terminal; gives the terminal's controlling end, and the program's pid inside."""
        reply, (fd,) = await self._ask("spawn", argv=argv, env={**ENVIRONMENT, **environ}, cwd=cwd, tty=True)
        return fd, reply["pid"]

    async def run(
        self,
        argv: list[str],
        *,
        node: str | None = None,
        cwd: str = HOME,
        environ: Mapping[str, str] | None = None,
        input_: bytes = b"",
        timeout_s: float = 10,
    ) -> Finished:
        """Run a program to its end without a terminal, on a node or the PC."""
        words = ["ip", "netns", "exec", node, *argv] if node else argv
        env = {**ENVIRONMENT, "LANG": "C.UTF-8", **(environ or {})}
        reply, (stdin, stdout) = await self._ask("spawn", argv=words, env=env, cwd=cwd, tty=False)
        pid = reply["pid"]
        ended = self._exit_of(pid)
        output = bytearray()
        has_timed_out = False
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.gather(_feed(stdin, input_), _collect(stdout, output))
                await asyncio.shield(ended)
        except TimeoutError:
            has_timed_out = True
            await self.kill(pid, signal.SIGKILL)
        finally:
            os.close(stdout)
        status = ended.result() if ended.done() else -signal.SIGKILL
        return Finished(status, bytes(output), has_timed_out)

    async def make_namespaces(self, names: list[str]) -> None:
        """Make named network namespaces, as `ip netns add` would."""
        if names:
            await self._ask("namespaces", names=names)

    async def exit_status(self, pid: int) -> int:
        """Wait for the end of a program that was started here; negative: the signal that ended it. Once for each."""
        return await self._exit_of(pid)

    async def kill(self, pid: int, number: int) -> None:
        """Send a signal to a program that was started here, and to its process group."""
        await self._ask("kill", pid=pid, signal=int(number))

    async def reset(self, *, has_home: bool = False) -> None:
        """End every program inside and begin with a new network: no namespaces, no links.

        Files of the system (`/etc`, `/var`, `/tmp`) are as they were; those at home stay, but with `has_home`.
        """
        _, (network,) = await self._ask("reset", home=has_home)
        os.dup2(network, self._network, inheritable=False)
        os.close(network)

    def close(self) -> None:
        """End the machine; the kernel takes everything away by itself."""
        self._stop_listening()
        self._control.close()

    async def _ask(self, op: str, **arguments: Any) -> tuple[dict[str, Any], list[int]]:  # noqa: ANN401 - JSON values
        if self._loop is None:
            raise RuntimeError("attach the machine to an event loop first")
        if self._has_ended:
            raise _ended()
        self._last_id += 1
        future: asyncio.Future[tuple[dict[str, Any], list[int]]] = self._loop.create_future()
        message = json.dumps({"id": self._last_id, "op": op, **arguments}).encode()
        if len(message) > init.MAX_MESSAGE:
            raise UserError("That command line is longer than the private machine takes (64 KiB).")
        self._replies[self._last_id] = future
        self._unsent.append(message)
        if len(self._unsent) == 1:
            self._send()
        reply, fds = await future
        if "errno" in reply:
            raise _refusal(op, reply)
        return reply, fds

    def _send(self) -> None:
        """Send what waits; PID 1 takes one request at a time, and the socket holds only so many."""
        if self._loop is None:
            return
        try:
            while self._unsent:
                self._control.send(self._unsent[0])
                self._unsent.popleft()
        except BlockingIOError:
            self._loop.add_writer(self._control.fileno(), self._send)
            return
        except OSError:
            self._unsent.clear()
            self._end()
            return
        self._loop.remove_writer(self._control.fileno())

    def _receive(self) -> None:
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self._control, init.MAX_MESSAGE, 4)
            except BlockingIOError:
                return
            except OSError:
                data, fds = b"", []
            if not data:
                self._end()
                return
            self._take(json.loads(data), list(fds))

    def _take(self, message: dict[str, Any], fds: list[int]) -> None:
        if "exited" in message:
            future = self._exits.pop(message["exited"], None)
            if future is None:
                self._early_exits[message["exited"]] = message["status"]
            elif not future.done():
                future.set_result(message["status"])
        elif (reply := self._replies.pop(message.get("id", 0), None)) is not None and not reply.done():
            self._early_exits.pop(message.get("pid", 0), None)  # an older program with the same number
            reply.set_result((message, fds))
        else:
            for fd in fds:
                os.close(fd)

    def _exit_of(self, pid: int) -> asyncio.Future[int]:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if pid in self._early_exits:
            future.set_result(self._early_exits.pop(pid))
        else:
            self._exits[pid] = future
        return future

    def _stop_listening(self) -> None:
        self._has_ended = True
        if self._loop is not None and not self._loop.is_closed() and self._control.fileno() >= 0:
            self._loop.remove_reader(self._control.fileno())
            self._loop.remove_writer(self._control.fileno())

    def _end(self) -> None:
        """Nothing more comes: whoever still waits for an answer is told so."""
        self._stop_listening()
        futures: list[asyncio.Future[Any]] = [*self._replies.values(), *self._exits.values()]
        for future in futures:
            if not future.done():
                future.set_exception(_ended())
                future.exception()  # not everybody waits for the end of what was started
        self._replies.clear()
        self._exits.clear()
        if self.on_end is not None:
            self.on_end()


def _ended() -> MachineError:
    return MachineError("The private machine has ended.", "Start netshell again: your progress is saved.")


def _refusal(op: str, reply: dict[str, Any]) -> UserError:
    reason = os.strerror(reply["errno"])
    if op == "spawn" and reply["errno"] == 11:  # EAGAIN: the limit on processes
        return UserError(
            "The private machine is full: it runs as many processes as it may.", "`:reset` ends all of them."
        )
    return UserError(f"The private machine could not do that: {reply['call']}: {reason}.", "`:reset` begins anew.")


async def _feed(fd: int, data: bytes) -> None:
    """Write all of `data` to a pipe and close it; a reader that is gone is no error."""
    os.set_blocking(fd, False)
    loop = asyncio.get_running_loop()
    try:
        while data:
            try:
                data = data[os.write(fd, data) :]
            except BlockingIOError:
                writable: asyncio.Future[None] = loop.create_future()
                loop.add_writer(fd, _settle, writable)
                try:
                    await writable
                finally:
                    loop.remove_writer(fd)
    except BrokenPipeError:
        pass
    finally:
        os.close(fd)


async def _collect(fd: int, output: bytearray) -> None:
    """Read a pipe to its end, keeping the first MiB."""
    os.set_blocking(fd, False)
    loop = asyncio.get_running_loop()
    while True:
        readable: asyncio.Future[None] = loop.create_future()
        loop.add_reader(fd, _settle, readable)
        try:
            await readable
        finally:
            loop.remove_reader(fd)
        data = os.read(fd, 1 << 16)
        if not data:
            return
        output += data[: _OUTPUT_LIMIT - len(output)]


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
