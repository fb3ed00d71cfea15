"""What the machine offers and lacks, each with its remedy: readings in, facts out."""

import errno
import os
from collections.abc import Mapping
from dataclasses import dataclass

from netshell.host import probe
from netshell.host.readings import APPARMOR_SYSCTL, CLONE_SYSCTL, LIMIT_SYSCTL, LIMITED, Circumstances, Surroundings
from netshell.host.refusal import explain_refusal
from netshell.host.requirements import REQUIREMENTS, remedy_for


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that netshell looked for."""

    name: str
    found: str
    """What is there, in a few words."""
    is_ok: bool
    is_needed: bool
    """Without it nothing starts."""
    needed_by: str
    """Who needs it: `everything`, or which lessons."""
    remedy: str = ""
    """What mends it here, with the exact command; empty where nothing needs mending."""


_EVERYTHING = "everything"

_FEATURES: Mapping[str, tuple[bool, str]] = {
    "seccomp": (False, "tcpdump and servers that change their account"),
    "AF_PACKET": (True, "seeing packets"),
    "veth": (True, "the cables between nodes"),
    "bridge": (False, "lessons on switches"),
    "nftables": (False, "lessons on NAT and firewalls"),
    "dummy": (False, "some labs of your own"),
    "802.1q": (False, "lessons on VLANs"),
    "netem": (False, "lessons on delay and loss"),
    "vrf": (False, "lessons on separate routing tables"),
    "wireguard": (False, "lessons on tunnels"),
}
"""The kernel's features: whether nothing starts without it, and who needs it."""


def judge(known: Circumstances, around: Surroundings, answers: Mapping[str, int]) -> tuple[Fact, ...]:
    """Every fact, in the order in which `netshell doctor` shows them. `answers` are a probe's, errno by name."""
    return (
        _python(around),
        *_programs(known, around),
        *_switches(known, answers),
        *_stages(known, answers),
        *_features(known, answers),
        *_around(known, around),
    )


def _python(around: Surroundings) -> Fact:
    is_ok = around.python >= (3, 11, 0)
    remedy = "" if is_ok else "Install Python 3.11 or later, then: make setup"
    return Fact(
        "Python", ".".join(map(str, around.python)), is_ok, is_needed=True, needed_by=_EVERYTHING, remedy=remedy
    )


def _programs(known: Circumstances, around: Surroundings) -> list[Fact]:
    return [
        Fact(
            requirement.program,
            "not installed" if requirement.program in around.missing else "installed",
            requirement.program not in around.missing,
            requirement.is_essential,
            requirement.purpose,
            remedy_for(requirement.program, known.distribution) if requirement.program in around.missing else "",
        )
        for requirement in REQUIREMENTS
    ]


def _switches(known: Circumstances, answers: Mapping[str, int]) -> list[Fact]:
    """The settings that restrict user namespaces, where the kernel has them; at fault only where the probe failed."""
    refused = next(((name, number) for name, number in answers.items() if name in probe.STAGES and number), None)
    refusing = {CLONE_SYSCTL: "0", APPARMOR_SYSCTL: "1", **dict.fromkeys(LIMITED, "0")}
    facts = []
    for name, value in known.sysctls.items():
        if name in LIMITED and name != LIMIT_SYSCTL and value != "0":
            continue  # six more limits that nobody lowered
        remedy = explain_refusal(refused[1], refused[0], known).remedy if refused and value == refusing[name] else ""
        facts.append(Fact(name, value, not remedy, is_needed=False, needed_by="the private machine", remedy=remedy))
    return facts


def _stages(known: Circumstances, answers: Mapping[str, int]) -> list[Fact]:
    """What the private machine is made of; what comes after a refusal was not tried and is not told."""
    facts = []
    for name in probe.STAGES:
        if name in answers:
            number = answers[name]
            error = explain_refusal(number, name, known) if number else None
            facts.append(
                Fact(
                    name,
                    error.problem if error else "works",
                    is_ok=error is None,
                    is_needed=True,
                    needed_by="the private machine",
                    remedy=error.remedy if error else "",
                )
            )
    return facts


def _features(known: Circumstances, answers: Mapping[str, int]) -> list[Fact]:
    facts = []
    for name, (is_needed, needed_by) in _FEATURES.items():
        if name in answers:
            number = answers[name]
            found = f"missing ({os.strerror(number)})" if number else "works"
            remedy = _feature_remedy(known, name, number) if number else ""
            facts.append(Fact(name, found, not number, is_needed, needed_by, remedy))
    return facts


def _feature_remedy(known: Circumstances, name: str, number: int) -> str:
    """Some distributions keep the rarer kernel modules in a package of their own."""
    if number in {errno.EPERM, errno.EACCES}:
        return explain_refusal(number, name, known).remedy
    if known.distribution.id == "ubuntu" and not known.container:
        return f"Install the rarer kernel modules: sudo apt-get install linux-modules-extra-{known.kernel}"
    if known.distribution.family == "fedora" and not known.container:
        return "Install the rarer kernel modules: sudo dnf install kernel-modules-extra"
    return f"This kernel ({known.kernel}) is built without it; {known.distribution.name}'s standard kernel may have it."


def _around(known: Circumstances, around: Surroundings) -> list[Fact]:
    """What makes work pleasant; nothing here keeps netshell from starting."""
    is_utf8 = around.encoding.replace("-", "").lower() == "utf8"
    is_terminal = around.term not in {"", "dumb", "unknown"}
    return [
        Fact("container", known.container or "none", is_ok=True, is_needed=False, needed_by="nothing"),
        _tun(around),
        _optional("locale", "the map's lines", around.encoding, "export LANG=C.UTF-8", is_ok=is_utf8),
        _optional("TERM", "colours and keys", around.term, "export TERM=xterm-256color", is_ok=is_terminal),
        _optional(
            "directories",
            "progress, settings and hand-ins",
            f"not writable: {', '.join(around.unwritable)}" if around.unwritable else "writable",
            "Make them writable for your account, or set HOME to a directory of yours.",
            is_ok=not around.unwritable,
        ),
    ]


def _tun(around: Surroundings) -> Fact:
    remedy = "sudo modprobe tun" if around.tun == "missing" else "sudo chmod 666 /dev/net/tun"
    return _optional("/dev/net/tun", "lessons on tunnels", around.tun, remedy, is_ok=around.tun == "usable")


def _optional(name: str, needed_by: str, found: str, remedy: str, *, is_ok: bool) -> Fact:
    return Fact(name, found or "not set", is_ok, is_needed=False, needed_by=needed_by, remedy="" if is_ok else remedy)
