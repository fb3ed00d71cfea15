"""Who the private machine's processes are: user namespaces, their id maps, and programs that change ids."""

import contextlib
import os
import platform
import pwd
import struct
from collections.abc import MutableMapping
from pathlib import Path

from netshell import linux

SHIFTED_IDS = "0 1000000000 65536"
"""The map for a machine that real root starts: root inside is an account that nobody has outside."""
NESTED_IDS = "0 0 65536"
SINGLE_ID = "0 0 1"
_WHOLE_RANGE = 4294967295
_CAP_SYS_ADMIN = 21
_FIRST_PERSON, _NOBODY = 1000, 65534
_MOST_NAMESPACES = {"cgroup": 0, "net": 1500, "mnt": 1500, "user": 100}
"""A network namespace costs about 300 kB of kernel memory that no limit on processes sees."""

_FAKED_CALLS = {
    "x86_64": (0xC000003E, (116, 105, 106, 113, 114, 117, 119, 122, 123, 92, 94, 93, 260)),
    "aarch64": (0xC00000B7, (159, 146, 144, 145, 143, 147, 149, 151, 152, 55, 54)),
}
"""By processor: the audit architecture, and the numbers of setgroups, set*id and *chown."""


def is_real_root() -> bool:
    """Root of the whole computer, as against root of a user namespace (a container without privileges)."""
    if os.geteuid() != 0:
        return False
    inside, outside, count = map(int, Path("/proc/self/uid_map").read_text(encoding="ascii").split()[:3])
    return (inside, outside, count) == (0, 0, _WHOLE_RANGE)


def is_root_of_namespace() -> bool:
    """Root of a user namespace with the right to make others in it: this process has entered one before."""
    if os.geteuid() != 0 or is_real_root():
        return False
    lines = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace").splitlines()
    effective = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
    return bool(effective >> _CAP_SYS_ADMIN & 1)


def homes() -> tuple[str, ...]:
    """The home directories of people, this account's first: what must not be seen inside.

    To be called before a user namespace is entered, where this account has no name any more.
    """
    found = [os.environ.get("HOME", "")]
    with contextlib.suppress(KeyError):
        found.append(pwd.getpwuid(os.getuid()).pw_dir)
    with contextlib.suppress(OSError, ValueError):
        lines = Path("/etc/passwd").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        accounts = [line.split(":") for line in lines if line.count(":") == 6]
        found += [fields[5] for fields in accounts if _FIRST_PERSON <= int(fields[2]) < _NOBODY]
    return tuple(dict.fromkeys(path for path in found if path.startswith("/")))


def limit_namespaces() -> None:
    """Bound what this user namespace and all below it may make: namespaces(7), `/proc/sys/user`.

    No further cgroup namespace at all: whoever owns one may mount cgroup2 and, where the account's own processes are
    delegated to it (systemd's user sessions), stop or kill those. Where the files may not be written nothing is bound.
    """
    for kind, most in _MOST_NAMESPACES.items():
        path = Path(f"/proc/sys/user/max_{kind}_namespaces")
        with contextlib.suppress(OSError):
            if int(path.read_text(encoding="ascii")) > most:
                _write(str(path), str(most))


def become_invoking_user(environ: MutableMapping[str, str]) -> bool:
    """Under `sudo`, turn back into the account that typed it, keeping only the right to make namespaces.

    Returns whether it did. `environ` gets that account's HOME. Ubuntu's rule against user namespaces of ordinary
    accounts does not hold for a process with that right, so `sudo netshell` starts where `netshell` may not.
    """
    try:
        account = pwd.getpwuid(int(environ.get("SUDO_UID", "")))
    except (ValueError, KeyError):
        return False
    if account.pw_uid == 0 or not is_real_root():
        return False
    linux.keep_capabilities()
    os.initgroups(account.pw_name, account.pw_gid)
    os.setresgid(account.pw_gid, account.pw_gid, account.pw_gid)
    os.setresuid(account.pw_uid, account.pw_uid, account.pw_uid)
    linux.raise_capabilities()
    linux.set_dumpable(is_dumpable=True)
    environ.update(HOME=account.pw_dir, USER=account.pw_name, LOGNAME=account.pw_name)
    for name in [name for name in environ if name.startswith(("SUDO_", "XDG_"))]:
        del environ[name]
    return True


def enter_as_single_id(flags: int) -> None:
    """Make a user namespace whose root is this account and nobody else; the map is written from inside.

    The others (`flags`) are made behind it: files in /proc/net belong to whoever is root when their namespace is made.
    """
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(linux.NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"0 {uid} 1")
    _write("/proc/self/gid_map", f"0 {gid} 1")
    linux.unshare(flags)


def enter_with_map(flags: int, id_map: str) -> None:
    """Make a user namespace with a map of many ids, written by a child that stays in the namespace above.

    The process keeps its id, which may not be one of the map's, until `become_root_inside`.
    """
    read_end, write_end = os.pipe()
    target = os.getpid()
    child = os.fork()
    if child == 0:
        os.close(write_end)
        status = 1
        try:
            if os.read(read_end, 1):
                _write(f"/proc/{target}/uid_map", id_map)
                _write(f"/proc/{target}/gid_map", id_map)
                status = 0
        finally:
            os._exit(status)
    os.close(read_end)
    try:
        linux.unshare(linux.NEWUSER | flags)
        os.write(write_end, b"x")
    finally:
        os.close(write_end)
        _, status = os.waitpid(child, 0)
    if status:
        raise PermissionError(1, "the id map was refused", "the id map")


def become_root_inside() -> None:
    """Turn into id 0 of the namespace that was just made with a map of many ids."""
    os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    linux.set_dumpable(is_dumpable=True)  # cleared by the change of ids; without it /proc/self is not ours


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def pretend_id_changes() -> bool:
    """Answer `success` to every change of ids from now on, here and in all children; false where that is refused.

    In a namespace with a single id, programs that give up root (tcpdump, dnsmasq, FRR) would otherwise stop:
    there is nobody else to become. The filter is a seccomp(2) program, kernel document `seccomp_filter`.
    """
    if platform.machine() not in _FAKED_CALLS:
        return False
    architecture, numbers = _FAKED_CALLS[platform.machine()]
    load, jump_if_equal, give_back = 0x20, 0x15, 0x06
    allow, errno_zero = 0x7FFF0000, 0x00050000
    program = [
        (load, 0, 0, 4),
        (jump_if_equal, 1, 0, architecture),
        (give_back, 0, 0, allow),
        (load, 0, 0, 0),
    ]
    for number in numbers:
        program += [(jump_if_equal, 0, 1, number), (give_back, 0, 0, errno_zero)]
    program.append((give_back, 0, 0, allow))
    try:
        linux.install_seccomp(b"".join(struct.pack("=HBBI", *instruction) for instruction in program))
    except OSError:
        return False
    return True
