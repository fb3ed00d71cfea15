"""The private machine's files: what is its own, what is a copy, and what is only to be read.

All of it is mounted in a mount namespace that the machine's own root does not own, so none of it can be undone inside.
"""

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from netshell import linux

WORK = "/root/work"
"""Where the shared directory stands inside."""
SHIMS = "/run/netshell/bin"
"""Comes first in PATH inside."""
_STAGE = "/run/.stage"
_VIEW = ".host"
"""In /etc: the real one, to be read."""

_TMPFS_FLAGS = linux.MS_NOSUID | linux.MS_NODEV
_OWN = {"/tmp": "256m", "/root": "64m", "/var": "128m"}  # noqa: S108 - a mount point, not a file
_HIDDEN = ("/home", "/mnt", "/media", "/srv")
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/etc", "/dev", "/proc", "/sys", "/nonexistent")
"""Where a home in the list of accounts is no person's."""
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
    "shadow": "root:*::0:99999:7:::\n",  # the real one is not readable, and without one `su` refuses
}
SUDO = r"""#!/bin/sh
# You are root already on this machine: sudo only runs the command.
fail() { printf 'sudo: %s\n' "$1" >&2; exit 1; }
shell=
while [ $# -gt 0 ]; do
  word=$1
  case $word in
    --) shift; break ;;
    --version) word=-V ;;
    --help) word=-h ;;
    --list) word=-l ;;
    --login|--shell) word=-i ;;
    --validate|--reset-timestamp|--remove-timestamp) word=-v ;;
    --user|--group|--prompt|--close-from|--chdir|--chroot|--host|--role|--type|--other-user) word=-u ;;
    --*=*|--background|--preserve-env|--set-home|--non-interactive|--stdin|--preserve-groups) word=-E ;;
    --*) fail "this machine's sudo does not know the option $word" ;;
  esac
  case $word in
    -?*) shift ;;
    [A-Za-z_]*=*) export "$word"; shift; continue ;;
    *) break ;;
  esac
  letters=${word#-}
  while [ -n "$letters" ]; do
    rest=${letters#?}
    case ${letters%"$rest"} in
      V) echo 'sudo of the private machine: it only runs the command, you are root already'; exit ;;
      h) [ $# -gt 1 ] || { echo 'usage: sudo [VAR=value] COMMAND'; exit; }; [ -n "$rest" ] || shift; break ;;
      l) [ $# -gt 0 ] || { echo 'root may run everything here'; exit; } ;;
      v|k|K) [ $# -gt 0 ] || exit 0 ;;
      i|s) shell=yes ;;
      [ugpCTRDUrt]) [ -n "$rest" ] || [ $# -gt 0 ] || fail "the option $word needs a value"
        [ -n "$rest" ] || shift
        break ;;
      [ABbEeHNnPS]) ;;
      *) fail "this machine's sudo does not know the option $word" ;;
    esac
    letters=$rest
  done
done
if [ $# -eq 0 ]; then
  [ -n "$shell" ] || { echo 'usage: sudo COMMAND (you are root already)' >&2; exit 1; }
  exec bash
fi
command -v "$1" >/dev/null || fail "$1: command not found"
exec "$@"
"""


def is_inside() -> bool:
    """Whether this process runs in a private machine."""
    return Path("/etc", _VIEW).is_dir()


def furnish(homes: Sequence[str], shared: int | None, files: Mapping[str, str]) -> None:
    """Mount everything, in a mount namespace of the caller's own.

    `homes` are the real homes, hidden wherever they lie; `shared` a descriptor (O_PATH) of the directory that the
    learner keeps; `files` more files for the inside, path to content. Raises OSError naming the call that was refused.
    """
    linux.mount(None, "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    linux.set_mount_attributes("/", add=linux.MOUNT_ATTR_RDONLY, is_recursive=True)
    for pseudo in ("/proc", "/sys"):
        linux.set_mount_attributes(pseudo, remove=linux.MOUNT_ATTR_RDONLY)
    _tmpfs("/run", "64m")
    for path, size in _OWN.items():
        _tmpfs(path, size, mode="1777" if path == "/tmp" else "755")  # noqa: S108 - as above
    for path in _hidden(homes):
        _tmpfs(path, "1m")
    _fill_var()
    _make_etc()
    _make_dev()
    _install(SHIMS + "/sudo", SUDO, mode=0o755)
    _install_all(files)
    if shared is not None:
        Path(WORK).mkdir()
        linux.mount(f"/proc/self/fd/{shared}", WORK, flags=linux.MS_BIND)
        linux.set_mount_attributes(
            WORK, add=linux.MOUNT_ATTR_NOSUID | linux.MOUNT_ATTR_NODEV, remove=linux.MOUNT_ATTR_RDONLY
        )
        os.close(shared)


Marks: TypeAlias = frozenset[tuple[str, int, int]]
"""Each file of a directory and below, with its number and when it was last changed: nobody can set that (stat(2))."""


def marks_of_etc() -> Marks:
    """By what it is seen later whether anything in `/etc` was touched.

    Only what is written through a mapping of memory leaves no mark on a tmpfs.
    """
    return frozenset(_marks("/etc", os.lstat("/etc").st_dev))


def _marks(directory: str, device: int) -> Iterator[tuple[str, int, int]]:
    with contextlib.suppress(OSError):
        for entry in os.scandir(directory):
            found = entry.stat(follow_symlinks=False)
            yield entry.path, found.st_ino, found.st_ctime_ns
            if stat.S_ISDIR(found.st_mode) and found.st_dev == device:
                yield from _marks(entry.path, device)


def restore(files: Mapping[str, str], etc: Marks, *, has_home: bool) -> Marks:
    """Have the machine's own files as `furnish` made them; with `has_home` those that a learner wrote at home, too.

    `etc` are the marks of `/etc` as it was made, which takes most of the time to make again and is seldom touched; the
    new ones are given back. The shared directory, and whatever else is mounted, is not touched. What the learner has
    made impossible (a mount over `/etc`) stays as it is.
    """
    is_touched = marks_of_etc() != etc
    for own in ("/tmp", "/var", *(["/root"] if has_home else [])):  # noqa: S108 - as above
        clear(own)
    if is_touched:
        clear("/etc", keep=(_VIEW,))
        copy_directory(f"/etc/{_VIEW}", "/etc", top=True)
        with contextlib.suppress(OSError):
            _own_etc("/etc")
    with contextlib.suppress(OSError):
        _fill_var()
    with contextlib.suppress(OSError):
        _install_all({path: text for path, text in files.items() if is_touched or not path.startswith("/etc/")})
    return marks_of_etc() if is_touched else etc


def clear(directory: str, keep: Sequence[str] = ()) -> None:
    """Take away what lies in a directory and below, on its own file system; no link and no mount is followed."""
    with contextlib.suppress(OSError):
        device = os.lstat(directory).st_dev
        for entry in list(os.scandir(directory)):
            if entry.name in keep:
                continue
            found = entry.stat(follow_symlinks=False)
            if not stat.S_ISDIR(found.st_mode):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)
            elif found.st_dev == device:
                clear(entry.path)
                with contextlib.suppress(OSError):
                    os.rmdir(entry.path)


def _install_all(files: Mapping[str, str]) -> None:
    for path, text in files.items():
        _install(path, text)


def _hidden(homes: Sequence[str]) -> list[str]:
    """The directories to cover, each of them once, none of the system's own."""
    covered = [path for path in _HIDDEN if os.path.isdir(path)]
    for home in sorted(map(os.path.realpath, homes)):
        is_covered = any(home == path or home.startswith(path + "/") for path in (*covered, *_OWN, "/run"))
        if not is_covered and home != "/" and not home.startswith(_SYSTEM) and os.path.isdir(home):
            covered.append(home)
    return covered


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
    Path("/run/lock").mkdir(exist_ok=True)


def _make_etc() -> None:
    """A copy of /etc on a tmpfs: what is edited there stays there."""
    Path(_STAGE).mkdir()
    _tmpfs(_STAGE, "32m")
    view = f"{_STAGE}/{_VIEW}"
    copy_directory("/etc", _STAGE, top=True)
    Path(view).mkdir()
    linux.mount("/etc", view, flags=linux.MS_BIND)
    _own_etc(_STAGE)
    linux.mount(_STAGE, "/etc", flags=linux.MS_MOVE)


def _own_etc(directory: str) -> None:
    """What is not the real machine's."""
    for name, text in _OWN_ETC.items():
        _install(f"{directory}/{name}", text)
    Path(directory, "netns").mkdir(exist_ok=True)


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
                    os.symlink(f"{_VIEW}/{entry.name}", copy)
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
    Path(_STAGE, "shm").mkdir()
    Path(_STAGE, "shm").chmod(0o1777)
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


_KERNEL_FLAGS = linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC


def mount_kernel_views() -> None:
    """`/proc` of the machine's own processes, and a `/sys` without a network, over the real machine's.

    To be mounted by the level above the machine's root: taken off inside, the real machine's would lie bare.
    """
    linux.mount("proc", "/proc", "proc", _KERNEL_FLAGS)
    linux.mount("sysfs", "/sys", "sysfs", _KERNEL_FLAGS)


def mount_network_views() -> None:
    """`/sys` with the PC's own network; of `/proc/sys` only the network's part may be written."""
    linux.mount("sysfs", "/sys", "sysfs", _KERNEL_FLAGS)
    linux.mount("/proc/sys", "/proc/sys", flags=linux.MS_BIND)
    linux.mount("/proc/sys/net", "/proc/sys/net", flags=linux.MS_BIND)
    linux.mount(None, "/proc/sys", flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _KERNEL_FLAGS)


def refresh_sys() -> None:
    """Mount `/sys` again, after this process has moved to another network namespace."""
    with contextlib.suppress(OSError):  # the learner has taken it off
        linux.unmount("/sys")
    linux.mount("sysfs", "/sys", "sysfs", _KERNEL_FLAGS)
