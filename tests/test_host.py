import errno
import os
import socket
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from accounts import ROOT, Account
from hypothesis import given
from hypothesis import strategies as st

from netshell.errors import ExitCode, MachineError
from netshell.host import (
    DEVELOPERS_REQUIREMENTS,
    REQUIREMENTS,
    Requirement,
    explain_refusal,
    find_program,
    missing_requirements,
    netlink,
)
from netshell.host.findings import Fact, judge
from netshell.host.probe import FEATURES, STAGES, USER, Modules
from netshell.host.readings import APPARMOR_SYSCTL, CLONE_SYSCTL, LIMIT_SYSCTL, Circumstances, Surroundings
from netshell.host.requirements import (
    Distribution,
    install_command,
    mask_command,
    parse_os_release,
    refresh_command,
    remedy_for,
    typed_command,
)

DEBIAN = parse_os_release('PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n')
UBUNTU = parse_os_release(
    'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nNAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'
)
FEDORA = parse_os_release("NAME='Fedora Linux'\nID=fedora\nVERSION_ID=41\n")
ROCKY = parse_os_release('NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n')
ARCH = parse_os_release('# comment\nNAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n')
LEAP = parse_os_release('NAME="openSUSE Leap"\nID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n')
ALPINE = parse_os_release('NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n')
MINT = parse_os_release('NAME="Unheard-of Mint"\nID=mintish\nID_LIKE="ubuntu debian"\n')
UNKNOWN = parse_os_release("ID=plan9\nNAME=Plan\n")

NC = next(item for item in REQUIREMENTS if item.program == "nc")
VENV = next(item for item in REQUIREMENTS if item.program == "python3-venv")
ALL_WORK = dict.fromkeys([*STAGES, *(feature.name for feature in FEATURES)], 0)
FINE = Circumstances(DEBIAN, "6.1.0", sysctls={LIMIT_SYSCTL: "15000"})
READY = Surroundings(tun="usable", term="xterm", encoding="UTF-8")


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (DEBIAN, ("debian", "Debian GNU/Linux 12 (bookworm)", "12", "debian")),
        (UBUNTU, ("ubuntu", "Ubuntu 24.04.1 LTS", "24.04", "debian")),
        (FEDORA, ("fedora", "Fedora Linux", "41", "fedora")),
        (ROCKY, ("rocky", "Rocky Linux", "9.4", "fedora")),
        (ARCH, ("arch", "Arch Linux", "", "arch")),
        (LEAP, ("opensuse-leap", "openSUSE Leap", "15.6", "suse")),
        (ALPINE, ("alpine", "Alpine Linux v3.20", "3.20.3", "alpine")),
        (MINT, ("mintish", "Unheard-of Mint", "", "debian")),
        (UNKNOWN, ("plan9", "Plan", "", None)),
        (parse_os_release(""), ("linux", "this Linux", "", None)),
    ],
)
def test_a_distribution_is_read_from_os_release(
    distribution: Distribution, expected: tuple[str, str, str, str | None]
) -> None:
    assert (distribution.id, distribution.name, distribution.version, distribution.family) == expected


@given(st.text())
def test_any_text_is_some_distribution(text: str) -> None:
    assert parse_os_release(text).name


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (DEBIAN, "sudo apt-get install netcat-openbsd"),
        (FEDORA, "sudo dnf install netcat"),
        (ARCH, "sudo pacman -S openbsd-netcat"),
        (LEAP, "sudo zypper install netcat-openbsd"),
        (ALPINE, "sudo apk add netcat-openbsd"),
        (UNKNOWN, ""),
    ],
)
def test_a_program_has_its_own_command_on_each_distribution(distribution: Distribution, expected: str) -> None:
    assert typed_command([NC], distribution) == expected
    assert remedy_for("nc", distribution).endswith(expected or "Plan's package manager.")


def test_the_package_for_virtual_environments_is_the_running_pythons_on_debian() -> None:
    assert VENV.package("debian") == f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert VENV.package("arch") == "python"
    assert VENV.package(None) == "python3-venv"


def test_packages_are_installed_without_questions_and_each_once() -> None:
    assert install_command([NC, NC], DEBIAN)[-4:] == ["install", "-y", "--no-install-recommends", "netcat-openbsd"]
    assert install_command([NC], ARCH) == ["pacman", "-S", "--needed", "--noconfirm", "openbsd-netcat"]
    assert install_command([], DEBIAN) == []
    assert install_command([NC], UNKNOWN) == []
    assert refresh_command(UBUNTU)[-1] == "update"
    assert refresh_command(FEDORA) == refresh_command(UNKNOWN) == []


def test_no_package_starts_a_daemon_on_the_learners_machine() -> None:
    bird = next(item for item in REQUIREMENTS if item.program == "bird")
    has_systemd = find_program("systemctl") is not None
    assert mask_command([NC, bird], DEBIAN) == (["systemctl", "mask", "bird.service"] if has_systemd else [])
    assert mask_command([NC, bird], FEDORA) == mask_command([NC], DEBIAN) == []
    assert typed_command([bird], DEBIAN).endswith("sudo apt-get install bird2")
    assert typed_command([bird], DEBIAN).startswith("sudo systemctl mask bird.service && ") == has_systemd


def test_a_program_that_is_not_in_the_table_gets_the_way_to_find_it() -> None:
    assert remedy_for("frobnicate", FEDORA) == (
        "Install the package that has `frobnicate`; to find it: dnf provides frobnicate"
    )


def test_every_requirement_has_a_package_for_every_family() -> None:
    everything = REQUIREMENTS + DEVELOPERS_REQUIREMENTS
    assert {len(item.packages) for item in everything} == {5}
    assert len({item.program for item in everything}) == len(everything)


def test_what_only_the_tests_use_is_asked_of_developers_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Requirement, "is_present", lambda _self: False)
    assert missing_requirements() == REQUIREMENTS
    assert missing_requirements(is_dev=True) == REQUIREMENTS + DEVELOPERS_REQUIREMENTS
    assert remedy_for("tshark", DEBIAN) == "Install it: sudo apt-get install tshark"
    assert remedy_for("tshark", FEDORA) == "Install it: sudo dnf install wireshark-cli"


def test_system_commands_are_found_where_an_ordinary_path_does_not_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert find_program("sh") is not None
    assert find_program("no-such-program") is None


@pytest.mark.parametrize(
    ("number", "known", "cause", "remedy"),
    [
        (errno.ENOSPC, replace(FINE, sysctls={LIMIT_SYSCTL: "0"}), f"{LIMIT_SYSCTL} is 0", "sudo sysctl -w user.max"),
        (errno.EPERM, replace(FINE, sysctls={LIMIT_SYSCTL: "0"}), f"{LIMIT_SYSCTL} is 0", "sudo sysctl -w user.max"),
        (
            errno.ENOSPC,
            replace(FINE, sysctls={LIMIT_SYSCTL: "9000", "user.max_net_namespaces": "0"}),
            "user.max_net_namespaces is 0: no further network namespace may be made",
            "sudo sysctl -w user.max_net_namespaces=15000",
        ),
        (
            errno.EPERM,
            replace(FINE, sysctls={CLONE_SYSCTL: "0", LIMIT_SYSCTL: "9"}),
            f"{CLONE_SYSCTL} is 0",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1",
        ),
        (
            errno.EACCES,
            replace(FINE, distribution=UBUNTU, sysctls={APPARMOR_SYSCTL: "1"}, as_root="sudo netshell"),
            f"{APPARMOR_SYSCTL} is on",
            "sudo netshell",
        ),
        (errno.EPERM, replace(FINE, container="docker", is_root=True), "docker container", "seccomp=unconfined"),
        (errno.EPERM, replace(FINE, container="podman"), "podman container", "unmask=ALL"),
        (errno.EPERM, replace(FINE, container="lxc"), "lxc container", "security.nesting true"),
        (errno.EPERM, replace(FINE, container="systemd-nspawn"), "systemd-nspawn", "nested user namespaces"),
        (errno.ENOSPC, replace(FINE, container="docker"), "a container cannot raise it", "outside the container"),
        (errno.EPERM, replace(FINE, has_filter=True), "seccomp filter", "ordinary terminal"),
        (errno.EPERM, FINE, "No switch", "sudo netshell"),
        (errno.EPERM, replace(FINE, is_root=True), "Even root", "netshell doctor"),
        (errno.EINVAL, FINE, "This kernel (6.1.0) is built without it", "Debian GNU/Linux 12 (bookworm)"),
        (errno.EAGAIN, FINE, "limit", "Close some programs"),
        (errno.EIO, FINE, "Nothing known", "netshell doctor"),
    ],
)
def test_a_refusal_is_explained_with_the_one_thing_that_mends_it(
    number: int, known: Circumstances, cause: str, remedy: str
) -> None:
    error = explain_refusal(number, USER, known)
    assert isinstance(error, MachineError)
    assert error.code is ExitCode.MACHINE
    assert f"refuses a user namespace ({errno.errorcode[number]}, {os.strerror(number)})" in error.problem
    assert cause in error.problem
    assert remedy in error.remedy


def test_the_apparmor_rule_is_never_switched_off_for_everybody() -> None:
    known = replace(FINE, distribution=UBUNTU, sysctls={APPARMOR_SYSCTL: "1"})
    assert "sysctl" not in explain_refusal(errno.EPERM, USER, known).remedy


def test_a_refusal_here_and_now_is_explained_too() -> None:
    assert "The private machine cannot be made" in explain_refusal(errno.EPERM, USER).problem


def by_name(facts: tuple[Fact, ...]) -> dict[str, Fact]:
    names = [fact.name for fact in facts]
    assert len(set(names)) == len(names)
    return {fact.name: fact for fact in facts}


def test_a_machine_that_has_everything_needs_no_remedy() -> None:
    facts = judge(FINE, READY, ALL_WORK)
    assert [fact for fact in facts if not fact.is_ok or fact.remedy] == []
    assert {fact.name for fact in facts} >= {"Python", "ip", "nano", USER, "veth", "802.1q", "container", "locale"}


def test_a_missing_program_is_told_with_its_command() -> None:
    fact = by_name(judge(FINE, replace(READY, missing=frozenset({"tcpdump"})), ALL_WORK))["tcpdump"]
    assert (fact.is_ok, fact.is_needed, fact.found) == (False, False, "not installed")
    assert fact.remedy == "Install it: sudo apt-get install tcpdump"


def test_a_refused_stage_is_told_and_what_follows_is_left_out() -> None:
    known = replace(FINE, sysctls={CLONE_SYSCTL: "0"})
    facts = by_name(judge(known, READY, {USER: errno.EPERM}))
    assert not facts[USER].is_ok
    assert facts[USER].is_needed
    assert (
        facts[USER].remedy
        == facts[CLONE_SYSCTL].remedy
        == "Allow it: sudo sysctl -w kernel.unprivileged_userns_clone=1"
    )
    assert not facts.keys() & {*STAGES[1:], "veth"}


def test_a_restriction_that_does_not_bind_this_account_is_no_fault() -> None:
    known = replace(FINE, is_root=True, sysctls={APPARMOR_SYSCTL: "1"})
    assert by_name(judge(known, READY, ALL_WORK))[APPARMOR_SYSCTL].is_ok


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (UBUNTU, "sudo apt-get install linux-modules-extra-6.1.0"),
        (FEDORA, "sudo dnf install kernel-modules-extra"),
        (DEBIAN, "Debian GNU/Linux 12 (bookworm)'s standard kernel may have it"),
    ],
)
def test_a_kernel_without_a_feature_is_told_where_it_may_come_from(distribution: Distribution, expected: str) -> None:
    known = replace(FINE, distribution=distribution)
    fact = by_name(judge(known, READY, {**ALL_WORK, "wireguard": errno.EOPNOTSUPP}))["wireguard"]
    assert (fact.is_ok, fact.is_needed) == (False, False)
    assert expected in fact.remedy


def test_poor_surroundings_are_told_and_keep_nobody_from_starting() -> None:
    around = Surroundings(
        tun="forbidden", term="dumb", encoding="ANSI_X3.4-1968", unwritable=("/home/x/.config/netshell",)
    )
    poor = [fact for fact in judge(FINE, around, ALL_WORK) if not fact.is_ok]
    assert [fact.name for fact in poor] == ["/dev/net/tun", "locale", "TERM", "directories"]
    assert all(fact.remedy and not fact.is_needed for fact in poor)


@pytest.mark.parametrize(
    ("modules", "module", "expected"),
    [
        (Modules("", "", is_modular=False, has_list=False), "8021q", "here"),
        (Modules("kernel/net/8021q/8021q.ko\n", ""), "8021q", "here"),
        (Modules("", "kernel/net/8021q/8021q.ko.xz: kernel/net/llc/llc.ko.xz\n"), "8021q", "module"),
        (Modules("", "", loaded=frozenset({"8021q"})), "8021q", "here"),
        (Modules("", "kernel/x/vrf2.ko:\n"), "vrf", "absent"),
        (Modules("", "", has_list=False), "vrf", "unknown"),
        (Modules("", ""), "", "here"),
    ],
)
def test_a_feature_is_tried_only_where_that_loads_no_module(modules: Modules, module: str, expected: str) -> None:
    assert modules.find(module) == expected


def test_a_netlink_attribute_is_padded_to_four_bytes() -> None:
    assert netlink.attribute(3, b"veth-") == struct.pack("=HH", 9, 3) + b"veth-\0\0\0"
    assert netlink.attribute(1, b"") == struct.pack("=HH", 4, 1)


@pytest.mark.kernel
def test_a_refused_netlink_request_raises_the_kernels_error() -> None:
    with pytest.raises(OSError, match="No such device") as refusal:
        netlink.request(socket.NETLINK_ROUTE, 18, struct.pack("=BxHiII", 0, 0, 0x7FFFFFF0, 0, 0))
    assert refusal.value.errno == errno.ENODEV


@pytest.mark.kernel
def test_the_survey_finds_a_private_machine_possible_and_leaves_nothing(accounts: Account) -> None:
    before = Path("/proc/self/net/dev").read_text(encoding="ascii").count("\n")
    code = (
        "import os; from netshell.host import survey; facts = survey();"
        "print(*(f'{f.name}={f.is_ok}' for f in facts), sep='\\n');"
        "print(open(f'/proc/self/task/{os.getpid()}/children').read(), 'children')"
    )
    done = accounts.run(accounts.argv(accounts.python, "-c", code))
    assert done.stderr == ""
    *facts, children = done.stdout.splitlines()
    assert {f"{name}=True" for name in (*STAGES, "veth", "AF_PACKET")} <= set(facts)
    assert children.strip() == "children"
    assert Path("/proc/self/net/dev").read_text(encoding="ascii").count("\n") == before


def test_the_survey_runs_on_a_bare_python() -> None:
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import netshell.host"]
    assert subprocess.run(command, check=False).returncode == 0


def test_what_is_missing_is_listed_one_a_line_with_package_and_purpose() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "netshell.host", "--missing"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode in {ExitCode.DONE, ExitCode.MACHINE}
    assert all(len(line.split("\t")) == 3 for line in done.stdout.splitlines())
    wrong = subprocess.run([sys.executable, "-m", "netshell.host", "--huh"], cwd=ROOT, capture_output=True, check=False)
    assert wrong.returncode == ExitCode.USAGE
