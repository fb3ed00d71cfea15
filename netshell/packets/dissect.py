"""Fields of protocols that netshell's own reader only names: scapy reads them, in a process of its own.

The process is started when the first packet view is asked for and ends by itself when nobody asks for a minute. Time
and memory are bounded: one that takes too long over a packet is killed, and the next packet gets a new one. scapy is
never imported here. Requests and answers are JSON behind a length in four bytes.
"""

import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netshell.packets.dissected import DissectedField, DissectedLayer

if TYPE_CHECKING:
    import asyncio

ANSWER_WITHIN_S = 0.5
"""For one packet, once the process is ready: usual ones take a few milliseconds."""
READY_WITHIN_S = 10.0
"""For scapy's loading: 0.2 s on an idle machine."""
IDLE_S = 60.0
"""After which the process ends by itself, without having been asked anything."""
MOST_BYTES = 1 << 16
"""Of a packet: what follows is not looked at. In hexadecimal it fits a socket, so a request never has to wait."""
LENGTH = struct.Struct("!I")
"""Stands before each message, in both directions. The first one, from the process, says that it is ready."""

_CHUNK = 1 << 16
_MOST_ANSWER = 1 << 20
_PACKAGES = Path(__file__).resolve().parents[2]
_TRIES = 2
"""A process may end, idle for long enough, in the very moment that it is asked."""


class _Child:
    """One process that dissects, and the socket to it; it lives for as long as it answers in time."""

    def __init__(self, idle_s: float) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            command = [sys.executable, "-P", "-m", "netshell.packets.dissect_child", str(theirs.fileno()), str(idle_s)]
            self._process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in the terminal is not meant for it
                env={**os.environ, "PYTHONPATH": str(_PACKAGES)},
            )
        self.socket = ours
        ours.setblocking(False)
        self._received = bytearray()
        self.is_ready = False
        self.is_asked = False
        """A request is under way."""

    @property
    def pid(self) -> int:
        """By which it is known."""
        return self._process.pid

    def feed(self) -> bytes | None:
        """Take in what has come; the message if it is whole. Raises EOFError where the process has ended."""
        with suppress(BlockingIOError):
            try:
                data = self.socket.recv(_CHUNK)
            except ConnectionError:
                data = b""
            if not data:
                raise EOFError
            self._received += data
        if len(self._received) < LENGTH.size:
            return None
        end = LENGTH.size + LENGTH.unpack_from(self._received)[0]
        if end > _MOST_ANSWER:
            raise EOFError
        if len(self._received) < end:
            return None
        message = bytes(self._received[LENGTH.size : end])
        del self._received[:end]
        self.is_ready = True
        self.is_asked = False
        return message

    def send(self, message: bytes) -> None:
        """Send one request; with one under way at a time it always fits the socket. Raises EOFError as `feed`."""
        self.is_asked = True
        try:
            self.socket.sendall(LENGTH.pack(len(message)) + message)
        except OSError:
            raise EOFError from None

    def end(self) -> None:
        """Kill it, if it still lives, and wait for it: at most an instant."""
        self.socket.close()
        self._process.send_signal(signal.SIGKILL)  # its number is its own until it is waited for
        self._process.wait()


class Dissector:
    """Reads single packets with scapy, one after the other. Close it when no more will be asked."""

    def __init__(self, *, idle_s: float = IDLE_S, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._idle_s = idle_s
        self._answer_within_s = answer_within_s
        self._child: _Child | None = None
        self._turn: asyncio.Lock | None = None

    def start(self) -> None:
        """Begin to load scapy in the background, so that the first packet does not wait for it."""
        if self._child is None:
            self._child = _Child(self._idle_s)

    @property
    def pid(self) -> int | None:
        """Of the process that dissects, while there is one."""
        return None if self._child is None else self._child.pid

    async def open(self, data: bytes, link_type: int = 1, at: int = 0) -> tuple[DissectedLayer, ...]:
        """The layers of a packet that begin at `at` or behind it; the event loop goes on meanwhile.

        Empty where scapy has no more to tell than bytes, fails, or takes too long.
        """
        import asyncio  # noqa: PLC0415 - the command line does without

        self._turn = self._turn or asyncio.Lock()
        async with self._turn:
            for _ in range(_TRIES):
                try:
                    child = self._running()
                    if not child.is_ready:
                        await _receive_soon(child, READY_WITHIN_S)
                    child.send(_request(data, link_type, at))
                    return _layers(await _receive_soon(child, self._answer_within_s))
                except EOFError:
                    self.close()
                except TimeoutError:
                    break
                finally:
                    self._forget_unfinished()
        return ()

    def open_now(self, data: bytes, link_type: int = 1, at: int = 0) -> tuple[DissectedLayer, ...]:
        """The same without an event loop, for the command line."""
        for _ in range(_TRIES):
            try:
                child = self._running()
                if not child.is_ready:
                    _receive(child, READY_WITHIN_S)
                child.send(_request(data, link_type, at))
                return _layers(_receive(child, self._answer_within_s))
            except EOFError:
                self.close()
            except TimeoutError:
                break
            finally:
                self._forget_unfinished()
        return ()

    def close(self) -> None:
        """End the process, if there is one."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _running(self) -> _Child:
        self.start()
        if self._child is None:
            raise EOFError
        return self._child

    def _forget_unfinished(self) -> None:
        """An answer that was not waited for (too slow, or nobody wants it any more) must not be the next packet's."""
        if self._child is not None and self._child.is_asked:
            self.close()


async def _receive_soon(child: _Child, within_s: float) -> bytes:
    """The next message. Raises TimeoutError, or EOFError where the process has ended."""
    import asyncio  # noqa: PLC0415 - as above

    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[bytes] = loop.create_future()

    def take() -> None:
        if arrived.done():
            return
        try:
            message = child.feed()
        except EOFError as end:
            arrived.set_exception(end)
        else:
            if message is not None:
                arrived.set_result(message)

    loop.add_reader(child.socket.fileno(), take)
    try:
        return await asyncio.wait_for(arrived, within_s)
    finally:
        loop.remove_reader(child.socket.fileno())


def _receive(child: _Child, within_s: float) -> bytes:
    """The next message, waited for. Raises as `_receive_soon`."""
    poll = select.poll()
    poll.register(child.socket, select.POLLIN)
    until = time.monotonic() + within_s
    while (left := until - time.monotonic()) > 0:
        if poll.poll(left * 1e3):
            message = child.feed()
            if message is not None:
                return message
    raise TimeoutError


def _request(data: bytes, link_type: int, at: int) -> bytes:
    return json.dumps([link_type, at, data[:MOST_BYTES].hex()]).encode()


def _layers(answer: bytes) -> tuple[DissectedLayer, ...]:
    found: list[Any] = json.loads(answer)
    return tuple(
        DissectedLayer(name, at, size, tuple(DissectedField(*field) for field in fields))
        for name, at, size, fields in found
    )
