"""The programs that netshell uses, and which package has them on each distribution.

The one table of its kind: the set-up, `netshell doctor` and lessons all read it. It runs on a bare Python, and
changes nothing itself.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

Family: TypeAlias = Literal["debian", "fedora", "arch", "suse", "alpine"]
"""Distributions that share a package manager and package names."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What /etc/os-release says: `debian`, `Debian GNU/Linux 12 (bookworm)`, `12`."""

    id: str
    name: str
    version: str = ""
    family: Family | None = None
    """None where no package manager is known for it."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something that has to be installed."""

    program: str
    """The command's name; for the things that are no command, a name that stands for them."""
    purpose: str
    """Why it is needed, to be read after its name."""
    packages: Mapping[Family, str]
    """`{python}` in a package's name stands for the running Python's version, such as 3.11."""
    is_essential: bool = False
    """Nothing starts without it; all others are for some lessons only."""
    file: str = ""
    """A path that shows that it is there, where it is no command."""
    module: str = ""
    """A module of the running Python that shows that it is there."""
    service: str = ""
    """The systemd unit that Debian's package would start: netshell needs the program, never the machine's daemon."""

    def package(self, family: Family | None) -> str:
        """The package that has it; the program's own name where the distribution is not known."""
        name = self.packages.get(family, self.program) if family else self.program
        return name.format(python=_PYTHON)

    def is_present(self) -> bool:
        """Whether this machine has it."""
        if self.module:
            return find_spec(self.module) is not None
        return Path(self.file).exists() if self.file else find_program(self.program) is not None


_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
_SYSTEM_PATH = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin", "/bin")


def _everywhere(package: str) -> dict[Family, str]:
    return {"debian": package, "fedora": package, "arch": package, "suse": package, "alpine": package}


REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        "python3-venv",
        "to keep netshell's Python packages in a directory of their own",
        {**_everywhere("python3"), "arch": "python", "debian": "python{python}-venv"},
        is_essential=True,
        module="ensurepip",
    ),
    Requirement("bash", "the shell that you work in", _everywhere("bash"), is_essential=True),
    Requirement(
        "ip",
        "shows and changes namespaces, links, addresses and routes",
        {**_everywhere("iproute2"), "fedora": "iproute"},
        is_essential=True,
    ),
    Requirement(
        "ping",
        "asks another host for an answer",
        {**_everywhere("iputils"), "debian": "iputils-ping", "alpine": "iputils-ping"},
    ),
    Requirement(
        "nc",
        "the client and server of the lessons on ports and TCP",
        {**_everywhere("netcat-openbsd"), "fedora": "netcat", "arch": "openbsd-netcat"},
    ),
    Requirement("tcpdump", "prints the packets on a link", _everywhere("tcpdump")),
    Requirement(
        "iptables", "address translation and packet filters", {**_everywhere("iptables"), "fedora": "iptables-nft"}
    ),
    Requirement("nft", "address translation and packet filters", _everywhere("nftables")),
    Requirement(
        "conntrack",
        "lists the connections that a node tracks",
        {**_everywhere("conntrack-tools"), "debian": "conntrack"},
    ),
    Requirement("curl", "the web client of the lesson on HTTP", _everywhere("curl")),
    Requirement(
        "dig",
        "asks a name server and prints its whole answer",
        {**_everywhere("bind-utils"), "debian": "bind9-dnsutils", "arch": "bind", "alpine": "bind-tools"},
    ),
    Requirement(
        "dnsmasq",
        "the name server and DHCP server of the lessons",
        {**_everywhere("dnsmasq"), "debian": "dnsmasq-base"},
    ),
    Requirement(
        "dhclient",
        "the DHCP client",
        {**_everywhere("dhcp-client"), "debian": "isc-dhcp-client", "arch": "dhclient", "alpine": "dhclient"},
    ),
    Requirement("traceroute", "lists the routers on a way", _everywhere("traceroute")),
    Requirement(
        "bird",
        "a routing daemon: OSPF and BGP",
        {**_everywhere("bird"), "debian": "bird2"},
        service="bird.service",
    ),
    Requirement(
        "bash-completion",
        "lets Tab complete the words of ip, nc and tcpdump",
        _everywhere("bash-completion"),
        file="/usr/share/bash-completion/bash_completion",
    ),
    Requirement(
        "ps",
        "shows processes; sysctl comes with it",
        {**_everywhere("procps-ng"), "debian": "procps", "suse": "procps"},
    ),
    Requirement("less", "reads long output page by page", _everywhere("less")),
    Requirement("nano", "a small editor for the files of some lessons", _everywhere("nano")),
)

DEVELOPERS_REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        "tshark",
        "reads the packets of the tests a second time",
        {**_everywhere("tshark"), "fedora": "wireshark-cli", "arch": "wireshark-cli", "suse": "wireshark"},
    ),
    Requirement(
        "arping",
        "one of the tools whose messages are explained",
        {**_everywhere("iputils"), "debian": "iputils-arping", "alpine": "iputils-arping"},
    ),
)
"""What only the test suite uses. Debian's asks whether ordinary accounts may capture; unattended, the answer is no."""


@dataclass(frozen=True, slots=True)
class _Manager:
    """How one family's packages are installed."""

    typed: str
    """What a person types, in front of the packages' names."""
    unattended: tuple[str, ...]
    """The same without questions."""
    refresh: tuple[str, ...] = ()
    """Fetches the list of packages, where that is a step of its own."""
    search: str = ""
    """What a person types, in front of a program's name, to find its package."""


_APT = ("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-o", "DPkg::Lock::Timeout=120")
_MANAGERS: Mapping[Family, _Manager] = {
    "debian": _Manager(
        "apt-get install", (*_APT, "install", "-y", "--no-install-recommends"), (*_APT, "update"), "apt-cache search"
    ),
    "fedora": _Manager("dnf install", ("dnf", "install", "-y"), search="dnf provides"),
    "arch": _Manager("pacman -S", ("pacman", "-S", "--needed", "--noconfirm"), search="pacman -F"),
    "suse": _Manager("zypper install", ("zypper", "--non-interactive", "install"), search="zypper what-provides"),
    "alpine": _Manager("apk add", ("apk", "add", "--no-cache"), search="apk search"),
}

_FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("debian", "ubuntu", "linuxmint", "raspbian", "pop"), "debian"),
    **dict.fromkeys(("fedora", "rhel", "centos", "rocky", "almalinux", "amzn"), "fedora"),
    **dict.fromkeys(("arch", "manjaro", "endeavouros"), "arch"),
    **dict.fromkeys(("suse", "opensuse", "sles", "opensuse-leap", "opensuse-tumbleweed"), "suse"),
    "alpine": "alpine",
}


def parse_os_release(text: str) -> Distribution:
    """The distribution that an os-release(5) file names; lines that are no assignment are passed over."""
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        try:
            words = shlex.split(value)
        except ValueError:
            continue
        if equals and not name.lstrip().startswith("#"):
            values[name.strip()] = words[0] if words else ""
    ident = values.get("ID", "linux")
    related = (ident, *values.get("ID_LIKE", "").split())
    family = next((_FAMILIES[name] for name in related if name in _FAMILIES), None)
    name = values.get("PRETTY_NAME") or values.get("NAME") or "this Linux"
    return Distribution(ident, name, values.get("VERSION_ID", ""), family)


def this_distribution() -> Distribution:
    """The distribution of this machine, from /etc/os-release or /usr/lib/os-release."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        try:
            return parse_os_release(Path(path).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            continue
    return parse_os_release("")


def find_program(name: str) -> str | None:
    """Where a command is, the directories of system commands included, which an ordinary account's PATH may lack."""
    path = os.environ.get("PATH", os.defpath)
    return shutil.which(name, path=os.pathsep.join((path, *_SYSTEM_PATH)))


def missing_requirements(*, is_dev: bool = False) -> tuple[Requirement, ...]:
    """What this machine lacks, in the table's order; with `is_dev` also what the tests use."""
    wanted = REQUIREMENTS + DEVELOPERS_REQUIREMENTS if is_dev else REQUIREMENTS
    return tuple(requirement for requirement in wanted if not requirement.is_present())


def install_command(missing: Iterable[Requirement], distribution: Distribution | None = None) -> list[str]:
    """The argv that installs them without a question, to be run as root; empty where no package manager is known."""
    family = (distribution or this_distribution()).family
    packages = list(dict.fromkeys(requirement.package(family) for requirement in missing))
    return [*_MANAGERS[family].unattended, *packages] if family and packages else []


def mask_command(missing: Iterable[Requirement], distribution: Distribution | None = None) -> list[str]:
    """The argv, to be run as root before all others, that keeps the packages from starting daemons on this machine.

    Empty where none would: only Debian's start what they install, and only where there is systemd.
    """
    family = (distribution or this_distribution()).family
    services = [requirement.service for requirement in missing if requirement.service]
    needs_mask = services and family == "debian" and find_program("systemctl")
    return ["systemctl", "mask", *services] if needs_mask else []


def refresh_command(distribution: Distribution | None = None) -> list[str]:
    """The argv that fetches the list of packages, to be run as root; empty where that is no step of its own."""
    family = (distribution or this_distribution()).family
    return list(_MANAGERS[family].refresh) if family else []


def typed_command(missing: Iterable[Requirement], distribution: Distribution | None = None) -> str:
    """All of it as a person types it: `sudo apt-get install tcpdump`; empty where no package manager is known."""
    family = (distribution or this_distribution()).family
    missing = tuple(missing)
    packages = dict.fromkeys(requirement.package(family) for requirement in missing)
    if not family or not packages:
        return ""
    mask = mask_command(missing, distribution)
    install = f"sudo {_MANAGERS[family].typed} {' '.join(packages)}"
    return f"sudo {shlex.join(mask)} && {install}" if mask else install


def remedy_for(program: str, distribution: Distribution | None = None) -> str:
    """One sentence that says how to get a program here, with the exact command."""
    distribution = distribution or this_distribution()
    everything = REQUIREMENTS + DEVELOPERS_REQUIREMENTS
    requirement = next((known for known in everything if known.program == program), None)
    if distribution.family is None:
        return f"Install {program} with {distribution.name}'s package manager."
    if requirement is None:
        search = _MANAGERS[distribution.family].search
        return f"Install the package that has `{program}`; to find it: {search} {program}"
    return f"Install it: {typed_command([requirement], distribution)}"
