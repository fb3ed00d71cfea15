"""The few system calls that Python 3.11 does not have, by ctypes; it knows nothing of what they are used for.

Each raises OSError with the call's name as `filename`, so that a refusal says what was refused.
"""

import ctypes
import os
import platform
import signal
import struct
from pathlib import Path
from typing import Any

NEWNS, NEWCGROUP, NEWUTS, NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
NEWUSER, NEWPID, NEWNET = 0x10000000, 0x20000000, 0x40000000
"""Kinds of namespaces: the CLONE_* flags of namespaces(7)."""

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_BIND, MS_MOVE, MS_REC, MS_PRIVATE, MS_SHARED = 4096, 8192, 16384, 1 << 18, 1 << 20
MNT_DETACH = 2
"""Flags of mount(2) and umount2(2)."""

MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV = 1, 2, 4
_CLOCK_MONOTONIC = 1
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_SYS_MOUNT_SETATTR = 442
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_SET_NAME, _PR_SET_SECCOMP = 1, 4, 8, 15, 22
_PR_SET_CHILD_SUBREAPER = 36
_SECCOMP_MODE_FILTER = 2
_SYS_KEYCTL = {"x86_64": 250, "aarch64": 219}
_KEYCTL_JOIN_SESSION_KEYRING = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, call: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), call)


def unshare(flags: int) -> None:
    """Move this process into new namespaces, unshare(2)."""
    _check(_libc.unshare(flags), "unshare")


def setns(fd: int, flags: int) -> None:
    """Move this thread into the namespace that a descriptor stands for, setns(2)."""
    _check(_libc.setns(fd, flags), "setns")


def mount(source: str | None, target: str, fstype: str | None = None, flags: int = 0, data: str | None = None) -> None:
    """mount(2)."""
    texts = [None if text is None else text.encode() for text in (source, target, fstype, data)]
    call = f"mount {fstype or 'bind'} on {target}"
    _check(_libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]), call)


def unmount(target: str) -> None:
    """Take the topmost mount off a path, lazily: umount2(2) with MNT_DETACH."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def set_mount_attributes(path: str, *, add: int = 0, remove: int = 0, is_recursive: bool = False) -> None:
    """mount_setattr(2), Linux 5.12; one system call for a whole tree of mounts."""
    attributes = struct.pack("=QQQQ", add, remove, 0, 0)
    flags = _AT_RECURSIVE if is_recursive else 0
    call = _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        path.encode(),
        ctypes.c_uint(flags),
        attributes,
        ctypes.c_size_t(len(attributes)),
    )
    _check(call, f"mount_setattr {path}")


def open_timer(interval_s: float) -> int:
    """A descriptor that is readable once every so many seconds, 8 bytes each time: timerfd_create(2)."""
    fd: int = _libc.timerfd_create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC)
    _check(fd, "timerfd_create")
    seconds, rest = divmod(round(interval_s * 1e9), 1_000_000_000)
    setting = struct.pack("@4l", seconds, rest, seconds, rest)
    _check(_libc.timerfd_settime(fd, 0, setting, None), "timerfd_settime")
    return fd


def set_hostname(name: str) -> None:
    """sethostname(2)."""
    _check(_libc.sethostname(name.encode(), len(name)), "sethostname")


def set_dumpable(*, is_dumpable: bool) -> None:
    """Let others of the same account look into this process through /proc and ptrace, or not: prctl(2)."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, int(is_dumpable), 0, 0, 0), "prctl PR_SET_DUMPABLE")


def keep_capabilities() -> None:
    """Keep the permitted capabilities over the next change of user id: prctl(2)."""
    _check(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl PR_SET_KEEPCAPS")


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose own parent ends: prctl(2)."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl PR_SET_CHILD_SUBREAPER")


def end_with_parent() -> None:
    """Be killed by the kernel when the thread that is this process's parent now ends: prctl(2)."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "prctl PR_SET_PDEATHSIG")


def leave_session_keyring() -> None:
    """Begin with an empty session keyring instead of the account's own, keyctl(2); nothing where there are no keys."""
    number = _SYS_KEYCTL.get(platform.machine())
    if number is not None:
        _libc.syscall(ctypes.c_long(number), ctypes.c_int(_KEYCTL_JOIN_SESSION_KEYRING), None)


def set_process_name(name: str) -> None:
    """The name that `ps` shows, 15 bytes: prctl(2)."""
    _check(_libc.prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0), "prctl PR_SET_NAME")


def set_command_line(text: str) -> None:
    """What `ps` shows of this process's arguments: written over the memory they stand in, proc_pid_stat(5)."""
    fields = Path("/proc/self/stat").read_bytes().rpartition(b") ")[2].split()
    start, end = int(fields[45]), int(fields[46])
    if 0 < start < end:
        data = text.encode()[: end - start - 1]
        ctypes.memmove(start, data.ljust(end - start, b"\0"), end - start)


def raise_capabilities() -> None:
    """Make every permitted capability effective again: capset(2), version 3."""
    header = struct.pack("=Ii", 0x20080522, 0)
    data = ctypes.create_string_buffer(24)
    _check(_libc.capget(header, data), "capget")
    effective = struct.unpack("=6I", data.raw)
    permitted_low, permitted_high = effective[1], effective[4]
    wanted = struct.pack("=6I", permitted_low, permitted_low, 0, permitted_high, permitted_high, 0)
    _check(_libc.capset(header, wanted), "capset")


def install_seccomp(program: bytes) -> None:
    """Install a classic BPF program (8 bytes an instruction) as a system call filter: seccomp(2)."""
    buffer = ctypes.create_string_buffer(program, len(program))
    fprog = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, fprog, 0, 0), "seccomp")


def receive_many(fd: int, headers: ctypes.Array[Any], most: int, flags: int) -> int:
    """recvmmsg(2) into an array of `struct mmsghdr`: how many messages came. Raises BlockingIOError for none."""
    count: int = _libc.recvmmsg(fd, headers, most, flags, None)
    _check(count, "recvmmsg")
    return count


def bind(fd: int, address: bytes) -> None:
    """bind(2), to an address in the kernel's own layout."""
    _check(_libc.bind(fd, address, len(address)), "bind")
