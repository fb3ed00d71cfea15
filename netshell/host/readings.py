"""What this machine says of itself, read from files and the environment, as plain values; it judges nothing."""

import locale
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from netshell.host.requirements import Distribution, missing_requirements, this_distribution

CLONE_SYSCTL = "kernel.unprivileged_userns_clone"
"""0: only root makes user namespaces (a patch of Debian, Arch and others; elsewhere it does not exist)."""
LIMIT_SYSCTL = "user.max_user_namespaces"
"""How many user namespaces one account may have: namespaces(7)."""
LIMITED = {
    LIMIT_SYSCTL: "user",
    "user.max_mnt_namespaces": "mount",
    "user.max_net_namespaces": "network",
    "user.max_pid_namespaces": "pid",
    "user.max_ipc_namespaces": "ipc",
    "user.max_uts_namespaces": "uts",
    "user.max_cgroup_namespaces": "cgroup",
}
"""The limit of each kind of namespace: namespaces(7)."""
APPARMOR_SYSCTL = "kernel.apparmor_restrict_unprivileged_userns"
"""1: programs without an AppArmor profile get no rights in their user namespaces (Ubuntu 23.10 and later)."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides whether a private machine may be made here, and how a refusal is mended."""

    distribution: Distribution = field(default_factory=lambda: Distribution("linux", "this Linux"))
    kernel: str = ""
    """As `uname -r` shows it."""
    is_root: bool = False
    sysctls: Mapping[str, str] = field(default_factory=dict)
    """Those that exist of the two switches and the limits."""
    container: str = ""
    """`docker`, `podman`, `lxc` …; empty on a machine of one's own."""
    has_filter: bool = False
    """A seccomp filter was put on this process from outside: `Seccomp: 2` in proc_pid_status(5)."""
    as_root: str = "sudo netshell"
    """The command that starts netshell as root here."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else matters to a learner's start."""

    python: tuple[int, int, int] = (3, 11, 0)
    missing: frozenset[str] = frozenset()
    """The names of the requirements that are not here."""
    tun: Literal["usable", "forbidden", "missing"] = "missing"
    """What this account may do with /dev/net/tun."""
    term: str = ""
    encoding: str = ""
    """What the locale says text is written in, such as `UTF-8`."""
    unwritable: tuple[str, ...] = ()
    """The directories for settings, progress and hand-ins that this account could not make or write."""


def read_circumstances() -> Circumstances:
    """The circumstances of this process on this machine."""
    status = _text("/proc/self/status")
    return Circumstances(
        distribution=this_distribution(),
        kernel=os.uname().release,
        is_root=os.geteuid() == 0,
        sysctls=_sysctls(),
        container=_container(),
        has_filter="Seccomp:\t2" in status,
        as_root=_command_as_root(),
    )


def read_surroundings() -> Surroundings:
    """The surroundings of this process on this machine."""
    version = sys.version_info
    return Surroundings(
        python=(version.major, version.minor, version.micro),
        missing=frozenset(requirement.program for requirement in missing_requirements()),
        tun=_tun(),
        term=os.environ.get("TERM", ""),
        encoding=locale.getencoding(),
        unwritable=tuple(str(path) for path in _own_directories(os.environ) if not _is_writable(path)),
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _tun() -> Literal["usable", "forbidden", "missing"]:
    if not Path("/dev/net/tun").exists():
        return "missing"
    return "usable" if os.access("/dev/net/tun", os.R_OK | os.W_OK) else "forbidden"


def _sysctls() -> dict[str, str]:
    names = (CLONE_SYSCTL, APPARMOR_SYSCTL, *LIMITED)
    values = {name: _text(f"/proc/sys/{name.replace('.', '/')}").strip() for name in names}
    return {name: value for name, value in values.items() if value}


def _container() -> str:
    """The kind of container that this is, by the marks that container engines leave."""
    if Path("/.dockerenv").exists():
        return "docker"
    if Path("/run/.containerenv").exists():
        return "podman"
    return _text("/run/systemd/container").strip() or os.environ.get("container", "")  # noqa: SIM112 - spelt so by systemd


def _command_as_root() -> str:
    """`sudo netshell` where sudo's own search path has it, else the Python that runs now."""
    if shutil.which("netshell", path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"):
        return "sudo netshell"
    return f"sudo {sys.executable} -m netshell"


def _own_directories(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Where settings, progress and hand-ins are kept: the XDG base directories, and `netshell-work`."""
    home = Path(environment.get("HOME") or "/")
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    state = Path(environment.get("XDG_STATE_HOME") or home / ".local" / "state")
    return config / "netshell", state / "netshell", home / "netshell-work"


def _is_writable(path: Path) -> bool:
    """Whether it is, or could be made, a directory that this account writes to."""
    nearest = next(parent for parent in (path, *path.parents) if parent.exists() or parent == parent.parent)
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
