"""Why the private machine cannot be made here, and the one command that mends it: circumstances in, sentence out."""

import errno as codes
import os

from netshell.errors import MachineError
from netshell.host.readings import (
    APPARMOR_SYSCTL,
    CLONE_SYSCTL,
    LIMIT_SYSCTL,
    LIMITED,
    Circumstances,
    read_circumstances,
)

_LOOK = "`netshell doctor` lists all that this machine offers."
_FORBIDDEN = (codes.EPERM, codes.EACCES)
_UNKNOWN = (
    codes.EINVAL,
    codes.ENOSYS,
    codes.ENODEV,
    codes.EOPNOTSUPP,
    codes.EPROTONOSUPPORT,
    codes.EAFNOSUPPORT,
)
"""What a kernel answers that was built without the thing."""


def explain_refusal(errno: int, what: str, circumstances: Circumstances | None = None) -> MachineError:
    """The error to raise where a system call that makes the private machine was refused.

    `errno` is the call's, `what` names what was asked for with its article, such as `a user namespace`,
    `the id map` or `a bridge`. Circumstances are read from this machine unless they are given.
    """
    known = circumstances or read_circumstances()
    cause, remedy = _cause(errno, what, known)
    name = codes.errorcode.get(errno, str(errno))
    return MachineError(
        f"The private machine cannot be made: the kernel refuses {what} ({name}, {os.strerror(errno)}). {cause}", remedy
    )


def _cause(errno: int, what: str, known: Circumstances) -> tuple[str, str]:
    """The likeliest cause and its remedy; the surest sign is looked at first."""
    if errno in {codes.ENOSPC, codes.EUSERS} or (known.sysctls.get(LIMIT_SYSCTL) == "0" and errno in _FORBIDDEN):
        return _limit(known)
    if errno in _FORBIDDEN:
        return _forbidden(known)
    if errno in _UNKNOWN:
        return (
            f"This kernel ({known.kernel or 'its version is not known'}) is built without it.",
            f"Start {known.distribution.name} with its standard kernel, or use another machine. {_LOOK}",
        )
    if errno in {codes.EAGAIN, codes.ENOMEM, codes.EMFILE, codes.ENFILE}:
        return "A limit on processes, memory or open files is reached.", "Close some programs and start netshell again."
    return f"Nothing known explains why {what} fails here.", _LOOK


def _limit(known: Circumstances) -> tuple[str, str]:
    limits = {name: int(known.sysctls[name]) for name in LIMITED if known.sysctls.get(name, "").isdigit()}
    name = min(limits, key=lambda name: limits[name], default=LIMIT_SYSCTL)
    value = known.sysctls.get(name, "not set")
    if known.container:
        return (
            f"{name} is {value}, and a container cannot raise it.",
            f"On the machine outside the container: sudo sysctl -w {name}=15000",
        )
    return (
        f"{name} is {value}: no further {LIMITED[name]} namespace may be made.",
        f"Raise it: sudo sysctl -w {name}=15000",
    )


def _forbidden(known: Circumstances) -> tuple[str, str]:
    if known.container:
        return (
            f"This is a {known.container} container, and the container's rules forbid it.",
            f"Start the container so: {_container_command(known.container)}",
        )
    if known.sysctls.get(CLONE_SYSCTL) == "0" and not known.is_root:
        return (
            f"{CLONE_SYSCTL} is 0: ordinary accounts may not make user namespaces.",
            f"Allow it: sudo sysctl -w {CLONE_SYSCTL}=1",
        )
    if known.sysctls.get(APPARMOR_SYSCTL, "0") != "0" and not known.is_root:
        return (
            f"{APPARMOR_SYSCTL} is on: here only programs with an AppArmor profile, and root, may use user namespaces.",
            (
                f"Start it as root, it becomes your own account again: {known.as_root}\n"
                "Or load an AppArmor profile that gives a launcher at a fixed path the right to `userns`."
            ),
        )
    if known.has_filter:
        return (
            "A seccomp filter lies on this process, put there by the program that started it.",
            "Start netshell from an ordinary terminal, outside snap, flatpak and restricted services.",
        )
    if not known.is_root:
        return "No switch that netshell knows of is off.", f"Try it as root: {known.as_root}"
    return "Even root is refused, by a security module or in a chroot.", _LOOK


def _container_command(kind: str) -> str:
    if kind == "podman":
        return (
            "podman run -it --security-opt seccomp=unconfined --security-opt unmask=ALL --security-opt label=disable …"
        )
    if kind == "docker":
        return (
            "docker run -it --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--security-opt systempaths=unconfined …"
        )
    if kind.startswith("lxc"):
        return "lxc config set NAME security.nesting true, then lxc restart NAME"
    return "with nested user namespaces allowed"
