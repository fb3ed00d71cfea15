"""How the private machine is made: the order of system calls, from an ordinary account and from real root.

Light on purpose: it runs before anything heavy is imported, and its processes stay as small as they begin.
"""

import contextlib
import json
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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
    if filesystem.is_inside():
        raise MachineError(
            "This is a private machine of netshell's already, and none fits into it.",
            "`:learn NAME` begins a lesson at its prompt; `:quit` there, or Ctrl-D, leaves it.",
        )
    is_root = identity.is_real_root()
    homes = identity.homes()
    shared = _make_shared(shared, is_root=is_root)
    try:
        if not is_root and not identity.is_root_of_namespace():
            identity.enter_as_single_id(linux.NEWCGROUP)
    except OSError as error:
        raise _explained(error.errno or 0, "user namespace") from error
    linux.adopt_orphans()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    lifeline = os.pidfd_open(os.getpid())
    child = os.fork()
    if child == 0:
        _build(_Plan(lifeline, theirs, shared, homes, files, is_root=is_root))
    theirs.close()
    os.close(lifeline)
    try:
        return _wait_until_ready(ours, child)
    except BaseException:
        ours.close()
        raise


def _wait_until_ready(control: socket.socket, builder: int) -> Made:
    """Take the builder's word for PID 1's number and PID 1's that it is ready, in whichever order they come."""
    pid = 0
    ready: tuple[list[int], tuple[str, ...]] | None = None
    while pid == 0 or ready is None:
        if ready is not None:
            os.waitpid(builder, 0)  # it has said the number by now, or never will
            control.setblocking(False)
        message, fds = _receive(control)
        if "errno" in message:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(builder, 0)
            raise _explained(message["errno"], message["call"])
        pid = message.get("pid", pid)
        if "ready" in message:
            ready = fds, tuple(message["notices"])
    control.setblocking(True)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(builder, 0)
    (root, network), notices = ready
    return Made(pid, control, root, network, notices)


def _receive(control: socket.socket) -> tuple[dict[str, Any], list[int]]:
    try:
        data, fds, _, _ = socket.recv_fds(control, init.MAX_MESSAGE, 2)
    except BlockingIOError:
        data, fds = b"", []
    if not data:
        raise MachineError(
            "The private machine ended while it was being made: something killed its first process.",
            "Start netshell again. If it happens each time, `netshell doctor` tells what this machine refuses.",
        )
    return json.loads(data), list(fds)


_ASKED_FOR = {"user namespace": "a user namespace", "unshare": "new namespaces"}
"""What a system call that was refused was to bring."""


def _explained(number: int, call: str) -> MachineError:
    from netshell.host.refusal import explain_refusal  # noqa: PLC0415 - only where this computer refuses

    return explain_refusal(number, _ASKED_FOR.get(call, f"`{call}`"))


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the building processes have to know."""

    lifeline: int
    control: socket.socket
    shared: Path | None
    homes: tuple[str, ...]
    files: Mapping[str, str]
    is_root: bool = field(kw_only=True)


def _build(plan: _Plan) -> None:
    """In a child: make the outer half, then fork PID 1, which makes the inner. Never returns."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.umask(0o022)
        linux.leave_session_keyring()
        _close_others({plan.lifeline, plan.control.fileno()})
        if plan.is_root:
            identity.enter_with_map(linux.NEWNS | linux.NEWCGROUP, identity.SHIFTED_IDS)
            shared = _open_shared(plan.shared)
            identity.become_root_inside()
        else:
            linux.unshare(linux.NEWNS)
            shared = _open_shared(plan.shared)
        filesystem.furnish(plan.homes, shared, plan.files)
        linux.unshare(linux.NEWPID | linux.NEWNET)
        identity.limit_namespaces()
        pid = os.fork()
        if pid:
            plan.control.send(json.dumps({"pid": pid}).encode())
        else:
            _be_first(plan)
    except OSError as error:
        plan.control.send(json.dumps({"errno": error.errno, "call": str(error.filename)}).encode())
    finally:
        os._exit(0)


def _be_first(plan: _Plan) -> None:
    """As PID 1: mount what the outer level must own, so that nothing inside can take it off, and enter the inner."""
    os.setsid()
    filesystem.mount_kernel_views()
    inner = linux.NEWNS | linux.NEWNET | linux.NEWIPC | linux.NEWUTS
    if plan.is_root:
        identity.enter_with_map(inner, identity.NESTED_IDS)
        identity.become_root_inside()
    else:
        identity.enter_as_single_id(inner)
    linux.set_hostname("pc")
    init.main(plan.lifeline, plan.control, plan.files, has_single_id=not plan.is_root)


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
