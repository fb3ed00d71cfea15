"""The private machine's files: what is its own, what is a copy, and what is only to be read.

All of it is mounted in a mount namespace that the machine's own root does not own, so none of it can be undone inside.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from netshell import linux

WORK = "/root/work"
"""Where the shared directory stands inside."""
SHIMS = "/run/netshell/bin"
"""Comes first in PATH inside."""
_STAGE = "/run/.stage"

_TMPFS_FLAGS = linux.MS_NOSUID | linux.MS_NODEV
_OWN = {"/tmp": "256m", "/root": "64m", "/var": "128m"}  # noqa: S108 - a mount point, not a file
_HIDDEN = ("/home", "/mnt", "/media", "/srv")
_VAR_DIRECTORIES = (
    "cache/man",
    "lib/bird",
    "lib/dhcp",
    "lib/dhcpcd",
    "lib/frr",
    "lib/misc",
    "lib/NetworkManager",
    "log",
    "mail",
    "spool",
    "tmp",
)
_COPIED = frozenset(
    {
        "bird",
        "default",
        "dhcp",
        "dnsmasq.d",
        "frr",
        "iproute2",
        "network",
        "nftables.d",
        "pam.d",
        "ssh",
        "sysctl.d",
    }
)
"""Directories of /etc that networking programs and lessons write in; the others are links to a read-only view."""
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "net/tun")
_DEVICE_LINKS = {
    "ptmx": "pts/ptmx",
    "fd": "/proc/self/fd",
    "stdin": "fd/0",
    "stdout": "fd/1",
    "stderr": "fd/2",
}
_OWN_ETC = {
    "hostname": "pc\n",
    "hosts": "127.0.0.1\tlocalhost\n127.0.1.1\tpc\n::1\tlocalhost ip6-localhost ip6-loopback\n",
    "resolv.conf": "# No name server yet.\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\n"
    "protocols: files\nservices: files\nethers: files\n",
    "machine-id": "",
}
SUDO = """#!/bin/sh
# You are root already on this machine: sudo only runs the command.
while [ $# -gt 0 ]; do
  case $1 in
    -[ugphCTR]) shift 2 2>/dev/null || shift ;;
    -i|-s) shift; [ $# -gt 0 ] || exec bash ;;
    --) shift; break ;;
    -*) shift ;;
    *=*) export "$1"; shift ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || { echo 'usage: sudo COMMAND (you are root already)' >&2; exit 1; }
exec "$@"
"""


def furnish(home: str, shared: int | None, files: Mapping[str, str]) -> None:
    """Mount everything, in a mount namespace of the caller's own.

    `home` is the real home, hidden wherever it lies; `shared` a descriptor (O_PATH) of the directory that the learner
    keeps; `files` more files for the inside, path to content. Raises OSError naming the call that was refused.
    """
    linux.mount(None, "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    linux.set_mount_attributes("/", add=linux.MOUNT_ATTR_RDONLY, is_recursive=True)
    for pseudo in ("/proc", "/sys"):
        linux.set_mount_attributes(pseudo, remove=linux.MOUNT_ATTR_RDONLY)
    _tmpfs("/run", "64m")
    for path, size in _OWN.items():
        _tmpfs(path, size, mode="1777" if path == "/tmp" else "755")  # noqa: S108 - as above
    for path in _hidden(home):
        _tmpfs(path, "1m")
    _fill_var()
    _make_etc()
    _make_dev()
    _install(SHIMS + "/sudo", SUDO, mode=0o755)
    for path, text in files.items():
        _install(path, text)
    if shared is not None:
        Path(WORK).mkdir()
        linux.mount(f"/proc/self/fd/{shared}", WORK, flags=linux.MS_BIND)
        linux.set_mount_attributes(
            WORK, add=linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV, remove=linux.MOUNT_ATTR_RDONLY
        )
        os.close(shared)


def _hidden(home: str) -> list[str]:
    covered = [path for path in _HIDDEN if Path(path).is_dir()]
    real = os.path.realpath(home)
    inside = any(real == path or real.startswith(path + "/") for path in [*covered, *_OWN, "/run"])
    return covered if inside or real == "/" or not Path(real).is_dir() else [*covered, real]


def _tmpfs(path: str, size: str, mode: str = "755", flags: int = _TMPFS_FLAGS) -> None:
    linux.mount("tmpfs", path, "tmpfs", flags, f"size={size},nr_inodes=20k,mode={mode}")


def _install(path: str, text: str, mode: int = 0o644) -> None:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)


def _fill_var() -> None:
    for name in _VAR_DIRECTORIES:
        Path("/var", name).mkdir(parents=True, exist_ok=True)
    Path("/var/tmp").chmod(0o1777)  # noqa: S108 - a mount of our own
    Path("/var/run").symlink_to("/run")
    Path("/var/lock").symlink_to("/run/lock")
    Path("/run/lock").mkdir()


def _make_etc() -> None:
    """A copy of /etc on a tmpfs: what is edited there stays there."""
    Path(_STAGE).mkdir()
    _tmpfs(_STAGE, "32m")
    view = f"{_STAGE}/.host"
    copy_directory("/etc", _STAGE, top=True)
    Path(view).mkdir()
    linux.mount("/etc", view, flags=linux.MS_BIND)
    for name, text in _OWN_ETC.items():
        _install(f"{_STAGE}/{name}", text)
    Path(_STAGE, "netns").mkdir(exist_ok=True)
    linux.mount(_STAGE, "/etc", flags=linux.MS_MOVE)


def copy_directory(source: str, target: str, *, top: bool = False) -> None:
    """Copy what everybody may read. At the top only some directories are copied, the rest become links to `.host`."""
    for entry in os.scandir(source):
        copy = f"{target}/{entry.name}"
        try:
            if entry.is_symlink():
                os.symlink(os.readlink(entry.path), copy)
                continue
            mode = entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISDIR(mode):
                if top and entry.name not in _COPIED:
                    os.symlink(f".host/{entry.name}", copy)
                elif mode & 0o005 == 0o005:
                    os.mkdir(copy)
                    copy_directory(entry.path, copy)
            elif stat.S_ISREG(mode) and mode & 0o004:
                _copy_file(entry.path, copy, mode & 0o777)
        except OSError:  # a file that goes or is refused while we copy is simply not there
            continue


def _copy_file(source: str, target: str, mode: int) -> None:
    with open(source, "rb") as old, open(target, "wb") as new:
        new.write(old.read())
        os.fchmod(new.fileno(), mode | 0o200)


def _make_dev() -> None:
    """A /dev of its own: never the real one, with its disks and terminals."""
    _tmpfs(_STAGE, "64m", flags=linux.MS_NOSUID)
    for name in _DEVICES:
        if os.path.exists(f"/dev/{name}"):
            node = Path(_STAGE, name)
            node.parent.mkdir(exist_ok=True)
            node.touch()
            linux.mount(f"/dev/{name}", str(node), flags=linux.MS_BIND)
    Path(_STAGE, "pts").mkdir()
    Path(_STAGE, "shm").mkdir(mode=0o1777)
    linux.mount(
        "devpts",
        f"{_STAGE}/pts",
        "devpts",
        linux.MS_NOSUID | linux.MS_NOEXEC,
        "newinstance,ptmxmode=0666,mode=620",
    )
    for name, target in _DEVICE_LINKS.items():
        Path(_STAGE, name).symlink_to(target)
    linux.mount(_STAGE, "/dev", flags=linux.MS_MOVE)
    Path(_STAGE).rmdir()


def mount_kernel_views() -> None:
    """`/proc` and `/sys` of the machine's own namespaces; of `/proc/sys` only the network's part may be written."""
    flags = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC
    linux.mount("proc", "/proc", "proc", flags)
    linux.mount("sysfs", "/sys", "sysfs", flags)
    linux.mount("/proc/sys", "/proc/sys", flags=linux.MS_BIND)
    linux.mount("/proc/sys/net", "/proc/sys/net", flags=linux.MS_BIND)
    linux.mount(None, "/proc/sys", flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | flags)


def refresh_sys() -> None:
    """Mount `/sys` again, after this process has moved to another network namespace."""
    linux.unmount("/sys")
    linux.mount("sysfs", "/sys", "sysfs", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
