"""Helper processes: forked early, they do one kind of work on request and end when the engine ends.

A helper serves requests in the order they come and may tell of events in between. Both ends are this program, so
messages are pickles, each behind its length in four bytes. It knows nothing of what the requests mean.
"""

import errno
import gc
import os
import pickle
import select
import signal
import socket
import struct
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from netshell import linux
from netshell.errors import UserError

if TYPE_CHECKING:
    import asyncio

_LENGTH = struct.Struct("=I")
_CHUNK = 1 << 18
_OF_THE_TERMINAL = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGHUP)


class _Frames:
    """A stream of bytes cut into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """Every message that is whole now."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._buffer)[0]
            if len(self._buffer) < end:
                break
            messages.append(pickle.loads(memoryview(self._buffer)[_LENGTH.size : end]))  # noqa: S301 - our own
            del self._buffer[:end]
        return messages


def _traceback() -> str:
    import traceback  # noqa: PLC0415 - where there is a bug to tell of, and not at every start

    return traceback.format_exc()


def _packed(message: object) -> bytes:
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return _LENGTH.pack(len(body)) + body


class Worker:
    """The helper's own side: a loop over requests, descriptors that are watched, and events that are told soon.

    `serve` functions fill `handlers` (request name to function), call `watch` as they need, and then `run`.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.handlers: dict[str, Callable[..., object]] = {}
        self._connection = connection
        self._frames = _Frames()
        self._poll = select.poll()
        self._poll.register(connection, select.POLLIN)
        self._watched: dict[int, Callable[[], object]] = {}
        self._due: dict[str, float] = {}
        self._failure: tuple[str, object] | None = None

    def watch(self, fd: int, callback: Callable[[], object], events: int = select.POLLIN) -> None:
        """Call `callback` whenever the descriptor is ready."""
        self._watched[fd] = callback
        self._poll.register(fd, events)

    def unwatch(self, fd: int) -> None:
        """Stop watching; to be called before the descriptor is closed."""
        del self._watched[fd]
        self._poll.unregister(fd)

    def tell(self, event: str, *, within_s: float) -> None:
        """Tell the engine of an event; further ones of the same name within that time are one with it."""
        self._due.setdefault(event, time.monotonic() + within_s)

    def run(self) -> NoReturn:
        """Serve until the engine is gone."""
        while True:
            for fd, _ in self._poll.poll(self._wait_ms()):
                if fd == self._connection.fileno():
                    self._serve()
                elif (callback := self._watched.get(fd)) is not None:
                    callback()
            self._tell_what_is_due()

    def run_failed(self, failure: tuple[str, object]) -> NoReturn:
        """Answer every request with the reason why this helper could not begin its work."""
        self._failure = failure
        for fd in list(self._watched):
            self.unwatch(fd)
        self.run()

    def _wait_ms(self) -> float | None:
        if not self._due:
            return None
        return max(0.0, (min(self._due.values()) - time.monotonic()) * 1e3)

    def _tell_what_is_due(self) -> None:
        now = time.monotonic()
        for event in [event for event, due in self._due.items() if due <= now]:
            del self._due[event]
            self._connection.sendall(_packed(("event", event)))

    def _serve(self) -> None:
        data = self._connection.recv(_CHUNK)
        if not data:
            os._exit(0)
        for name, arguments in self._frames.feed(data):
            self._connection.sendall(_packed(self._answer(name, arguments)))

    def _answer(self, name: str, arguments: tuple[object, ...]) -> tuple[str, object]:
        if self._failure is not None:
            return self._failure
        try:
            return "value", self.handlers[name](*arguments)
        except UserError as error:
            return "refusal", error
        except Exception:  # noqa: BLE001 - a bug must reach the engine's log, not end the helper in silence
            return "bug", _traceback()


class HelperBugError(RuntimeError):
    """A helper's own fault; its traceback is the text."""


class Ticket:
    """An answer that is still to come; awaiting gives it, or raises what the helper raised."""

    def __init__(self, helper: "Helper") -> None:
        self._helper = helper
        self._outcome: tuple[str, Any] | None = None
        self._future: asyncio.Future[None] | None = None

    def settle(self, kind: str, value: object) -> None:
        """The answer has come."""
        self._outcome = (kind, value)
        if self._future is not None and not self._future.done():
            self._future.set_result(None)

    def __await__(self) -> Generator[Any, None, Any]:
        if self._outcome is None:
            self._future = self._helper.make_future()
            yield from self._future.__await__()
        kind, value = self._outcome or ("bug", "the future was settled without an answer")
        if kind == "value":
            return value
        if isinstance(value, UserError):
            raise value
        raise HelperBugError(value)


class Helper:
    """The engine's side of a helper process.

    `start` forks, so call it before threads and heavy imports; requests may be posted at once, and are awaited
    after `attach`. Close it, or end: the helper sees its socket close and ends too, however the engine died.
    """

    def __init__(self, name: str, connection: socket.socket, pid: int) -> None:
        self.name = name
        self.pid = pid
        self._pidfd = os.pidfd_open(pid)
        self._connection = connection
        self._connection.setblocking(False)
        self._frames = _Frames()
        self._unsent = bytearray()
        self._tickets: deque[Ticket] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._on_event: Callable[[str], None] | None = None
        self._is_alive = True

    @classmethod
    def start(cls, name: str, serve: Callable[[Worker], None]) -> "Helper":
        """Fork a helper that runs `serve`; `name` is what `ps` shows (15 bytes) and what errors call it."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        usual = signal.pthread_sigmask(signal.SIG_BLOCK, _OF_THE_TERMINAL)  # until the child ignores them
        pid = os.fork()
        if pid == 0:
            _be_helper(name, theirs, serve, usual)
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
        theirs.close()
        return cls(name, ours, pid)

    def fileno(self) -> int:
        """The engine's end of the socket."""
        return self._connection.fileno()

    def attach(self, loop: "asyncio.AbstractEventLoop", on_event: Callable[[str], None] | None = None) -> None:
        """Take part in an event loop; `on_event` is called there with the name of each event the helper tells of."""
        self._loop = loop
        self._on_event = on_event
        if self._is_alive:
            loop.add_reader(self._connection.fileno(), self._receive)
            self._send()

    def make_future(self) -> "asyncio.Future[None]":
        """Something to wait on in the loop that was attached."""
        if self._loop is None:
            raise RuntimeError("attach the helper to an event loop before awaiting its answers")
        return self._loop.create_future()

    def post(self, name: str, *arguments: object) -> Ticket:
        """Send a request now; its answer may be awaited later. Answers come in the order of the requests."""
        ticket = Ticket(self)
        if not self._is_alive:
            ticket.settle("refusal", self._death())
            return ticket
        self._tickets.append(ticket)
        self._unsent += _packed((name, arguments))
        self._send()
        return ticket

    async def ask(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - each request has its own answer
        """Send a request and wait for its answer. Raises the UserError that the helper raised."""
        return await self.post(name, *arguments)

    def _send(self) -> None:
        with suppress(BlockingIOError):
            try:
                while self._unsent:
                    del self._unsent[: self._connection.send(self._unsent)]
            except OSError as error:
                if error.errno == errno.EAGAIN:
                    raise
                self._unsent.clear()  # the reader's end of file tells of the death
        if self._loop is not None:
            if self._unsent:
                self._loop.add_writer(self._connection.fileno(), self._send)
            else:
                self._loop.remove_writer(self._connection.fileno())

    def _receive(self) -> None:
        try:
            data = self._connection.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end()
            return
        for kind, value in self._frames.feed(data):
            if kind != "event":
                self._tickets.popleft().settle(kind, value)
            elif self._on_event is not None:
                self._on_event(value)

    def _death(self) -> UserError:
        return UserError(
            f"The part of netshell that watches the {self.name} has ended.",
            "Leave with `:quit` and start netshell again; your progress is kept.",
        )

    def _end(self) -> None:
        if not self._is_alive:
            return
        self._is_alive = False
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._connection.fileno())
            self._loop.remove_writer(self._connection.fileno())
        self._connection.close()
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)
        os.close(self._pidfd)
        while self._tickets:
            self._tickets.popleft().settle("refusal", self._death())

    def close(self) -> None:
        """End the helper and wait for it; requests that are still open are refused."""
        self._end()


def _be_helper(
    name: str, connection: socket.socket, serve: Callable[[Worker], None], mask: Iterable[signal.Signals | int]
) -> NoReturn:
    """The child's whole life. A terminal's signals do not reach it, and none of the caller's descriptors stays open."""
    status = 70
    try:
        os.setsid()
        for number in _OF_THE_TERMINAL:
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGWINCH):
            signal.signal(number, signal.SIG_DFL)
        signal.set_wakeup_fd(-1)
        null = os.open("/dev/null", os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
        os.closerange(3, connection.fileno())
        os.closerange(connection.fileno() + 1, os.sysconf("SC_OPEN_MAX"))
        linux.set_process_name(f"netshell-{name}")
        gc.freeze()  # what was imported before the fork stays shared memory
        worker = Worker(connection)
        try:
            serve(worker)
        except UserError as error:
            worker.run_failed(("refusal", error))
        except BrokenPipeError:
            raise
        except Exception:  # noqa: BLE001 - as for a request: the engine's log is where it belongs
            worker.run_failed(("bug", _traceback()))
    except BrokenPipeError:
        status = 0  # the engine has gone
    finally:
        os._exit(status)
