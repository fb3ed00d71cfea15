"""`netshell doctor`: what it says of this machine, and how it installs what is missing."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest
from accounts import Account
from conftest import RunNetshell

from netshell.render.console import as_text
from netshell.render.facts import fact_table

WELL = ("bash", "installed", True, True, "the shell", "")
LACKING = ("tcpdump", "not installed", False, False, "prints packets", "Install it: sudo apt-get install tcpdump")


def lines(rows: Sequence[tuple[str, str, bool, bool, str, str]], width: int = 80) -> list[str]:
    return as_text(fact_table(rows), width=width, colour="none").splitlines()


def test_what_is_well_takes_a_line_and_what_is_not_says_for_whom_and_what_mends_it() -> None:
    assert lines([LACKING, WELL]) == [
        "  ✓ bash     installed",
        "  · tcpdump  not installed (for prints packets)",
        "      Install it: sudo apt-get install tcpdump",
    ]


def test_what_nothing_starts_without_is_marked() -> None:
    assert lines([(*LACKING[:3], True, *LACKING[4:])])[0].startswith("  ✗ tcpdump")


def test_a_remedy_that_mends_several_stands_once() -> None:
    assert sum("sudo" in line for line in lines([LACKING, LACKING])) == 1


def test_a_long_name_does_not_push_the_others_to_the_right() -> None:
    long = ("a name that is much longer than all the others here", "works", True, True, "everything", "")
    assert lines([WELL, long])[0] == "  ✓ bash  installed"


def test_nothing_reaches_the_terminal_as_a_control_sequence() -> None:
    assert "\x1b" not in "".join(lines([("a\x1b[2J", "b\x1b]0;x\x07", False, True, "c\x1b", "d\x1be")]))


@pytest.mark.kernel
def test_this_machine_can_start_netshell(accounts: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(accounts, "doctor")
    assert (done.returncode, done.stderr) == (0, "")
    assert "✓ a user namespace" in done.stdout
    assert done.stdout.endswith("netshell can start here.\n")


@pytest.mark.kernel
def test_a_machine_that_refuses_says_what_mends_it(ordinary_account: Account) -> None:
    refuse = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    command: list[str | Path] = [ordinary_account.python, "-m", "netshell", "doctor"]
    done = ordinary_account.run(ordinary_account.argv("unshare", "-r", "sh", "-c", refuse, "sh", *command))
    assert done.returncode == 3
    assert "✗ a user namespace" in done.stdout
    assert "sysctl -w user.max_user_namespaces=" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stderr


TOOLS = ("sudo", "env", "apt-get", "dnf", "pacman", "zypper", "apk")


def recording_tools(who: Account, status: int) -> dict[str, str]:
    """A PATH on which sudo and the package managers only write down how they were called."""
    tools, called = who.home / "tools", who.home / "called"
    tools.mkdir()
    for name in TOOLS:
        path = tools / name
        path.write_text(f'#!/bin/sh\necho {name} "$@" >> {shlex.quote(str(called))}\nexit {status}\n', encoding="utf-8")
        path.chmod(0o755)
    called.touch()
    os.chown(called, who.uid, who.gid)
    return {"PATH": f"{tools}:{who.environ['PATH']}"}


def install(who: Account, *options: str, status: int = 0) -> tuple[int, str, str, list[str]]:
    """Run `doctor --install` where nano is hidden; exit code, both outputs, and what was called."""
    hide = 'for file in /usr/bin/nano /bin/nano; do [ -e $file ] && mount --bind /dev/null $file; done; exec "$@"'
    enter = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    argv = [*enter, "sh", "-c", hide, "sh", *who.netshell("doctor", "--install", *options)]
    done = who.run(argv, environ=recording_tools(who, status))
    called = (who.home / "called").read_text(encoding="utf-8").splitlines()
    return done.returncode, done.stdout, done.stderr, called


@pytest.mark.kernel
def test_a_report_tells_of_the_machine_and_not_of_its_owner(ordinary_account: Account) -> None:
    argv = ordinary_account.netshell("doctor", "--report")
    done = ordinary_account.run(argv, environ={"TOKEN": "hidden", "TERM": "xterm"})
    assert (done.returncode, done.stderr) == (0, "")
    path = next(ordinary_account.home.rglob("doctor-*.txt"))
    assert path.name in "".join(done.stdout.split())
    assert path.stat().st_mode & 0o77 == 0
    text = path.read_text(encoding="utf-8")
    assert "netshell " in text
    assert "a user namespace: works" in text
    assert "hidden" not in text
    assert ordinary_account.home.name not in text


@pytest.mark.kernel
def test_installing_asks_and_where_nobody_answers_does_nothing(accounts: Account) -> None:
    status, shown, _, called = install(accounts)
    assert (status, called) == (1, [])
    assert "This will be run: " in shown
    assert "nano" in shown
    assert "Nothing was installed." in shown


@pytest.mark.kernel
def test_installing_goes_through_sudo_for_an_ordinary_account_only(accounts: Account) -> None:
    status, shown, _, called = install(accounts, "--yes")
    assert status == 0
    assert called[-1].endswith(" nano")
    assert called[-1].startswith("sudo ") == (accounts.uid != 0 and os.geteuid() == 0)
    assert shown.endswith("`netshell doctor` tells what this computer offers now.\n")


@pytest.mark.kernel
def test_a_package_manager_that_fails_is_told(accounts: Account) -> None:
    status, _, complaint, called = install(accounts, "--yes", status=4)
    assert (status, len(called)) == (3, 1)
    assert "has failed.\nWhat it printed says why." in complaint
