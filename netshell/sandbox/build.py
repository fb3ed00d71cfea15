"""How the private machine is made: the order of system calls, from an ordinary account and from real root.

Light on purpose: it runs before anything heavy is imported, and its processes stay as small as they begin.
"""

import json
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netshell import linux
from netshell.errors import MachineError
from netshell.sandbox import filesystem, identity, init


@dataclass(frozen=True, slots=True)
class Made:
    """A private machine that runs. It ends with the process that made it, however that ends."""

    pid: int
    """PID 1 of the machine, as the process that made it sees it."""
    control: socket.socket
    root: int
    """A descriptor (O_PATH) of its root directory."""
    network: int
    """A descriptor of the PC's network namespace; `Machine.reset` puts the new one in its place."""
    notices: tuple[str, ...]
    """What this computer refused that can be done without: `seccomp`."""


def make(shared: Path | None, files: Mapping[str, str]) -> Made:
    """Make the machine. `shared` is the directory that the learner keeps, `files` more files for the inside.

    Raises MachineError, with the remedy, where this computer refuses.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    lifeline = os.pidfd_open(os.getpid())
    is_root = identity.is_real_root()
    try:
        if not is_root:
            identity.enter_as_single_id(0)
    except OSError as error:
        raise _explained(error.errno or 0, "user namespace") from error
    linux.adopt_orphans()
    shared = _make_shared(shared, is_root=is_root)
    child = os.fork()
    if child == 0:
        _build(lifeline, theirs, shared, files, is_root=is_root)
    theirs.close()
    os.close(lifeline)
    return _wait_until_ready(ours, child)


def _wait_until_ready(control: socket.socket, child: int) -> Made:
    pid = 0
    while True:
        data, fds, _, _ = socket.recv_fds(control, init.MAX_MESSAGE, 2)
        message = json.loads(data or b'{"errno": 0, "call": "its first process"}')
        if "errno" in message:
            os.waitpid(child, 0)
            raise _explained(message["errno"], message["call"])
        if "pid" in message:
            pid = message["pid"]
        if "ready" in message:
            os.waitpid(child, 0)
            root, network = fds
            return Made(pid, control, root, network, tuple(message["notices"]))


def _explained(number: int, call: str) -> MachineError:
    from netshell.host.refusal import explain_refusal  # noqa: PLC0415 - only where this computer refuses

    return explain_refusal(number, call)


def _build(
    lifeline: int,
    control: socket.socket,
    shared: Path | None,
    files: Mapping[str, str],
    *,
    is_root: bool,
) -> None:
    """In a child: make the machine and its PID 1. Never returns."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _close_others({lifeline, control.fileno()})
        if is_root:
            identity.enter_with_map(linux.NEWNS, identity.SHIFTED_IDS)
            shared_fd = _open_shared(shared)
            identity.become_root_inside()
        else:
            linux.unshare(linux.NEWNS)
            shared_fd = _open_shared(shared)
        filesystem.furnish(os.environ.get("HOME", "/"), shared_fd, files)
        inner = linux.NEWNS | linux.NEWNET | linux.NEWPID | linux.NEWIPC | linux.NEWUTS | linux.NEWCGROUP
        if is_root:
            identity.enter_with_map(inner, identity.NESTED_IDS)
            identity.become_root_inside()
        else:
            identity.enter_as_single_id(inner)
        linux.set_hostname("pc")
        pid = os.fork()
        if pid:
            control.send(json.dumps({"pid": pid}).encode())
        else:
            init.main(lifeline, control, has_single_id=not is_root)
    except OSError as error:
        control.send(json.dumps({"errno": error.errno, "call": str(error.filename)}).encode())
    finally:
        os._exit(0)


def _make_shared(shared: Path | None, *, is_root: bool) -> Path | None:
    """The shared directory, made if it is not there, for the ids that are root's inside; None where that cannot be."""
    if shared is None:
        return None
    try:
        shared.mkdir(exist_ok=True)
        if is_root:
            shifted = int(identity.SHIFTED_IDS.split()[1])
            os.chown(shared, shifted, shifted)
    except OSError:
        return None
    return shared


def _open_shared(shared: Path | None) -> int | None:
    """A descriptor to mount the directory from: it has to be opened in the mount namespace that it is mounted in."""
    try:
        return None if shared is None else os.open(shared, os.O_PATH | os.O_DIRECTORY)
    except OSError:
        return None


def _close_others(keep: set[int | None]) -> None:
    """Close every descriptor of the caller's but the standard three and those to keep."""
    last = 3
    for fd in sorted(fd for fd in keep if fd is not None):
        os.closerange(last, fd)
        last = fd + 1
    os.closerange(last, 1 << 16)
