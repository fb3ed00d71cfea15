"""What all tests share: the guard over tests without a mark, and the accounts that netshell is started under."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from accounts import Account, Program, account, ordinary_ids, program_for
from guard import Guard

from netshell.host import explain_refusal

ACCOUNTS = ("root", "ordinary") if os.geteuid() == 0 else ("ordinary",)
_GUARD = Guard()


def pytest_configure() -> None:
    """Programs under test are to be stopped by Ctrl-C, also where the suite runs in a shell's background."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """How many tests run at once: they wait for programs and terminals more than they compute."""
    return (os.cpu_count() or 1) + 1


class RunNetshell(Protocol):
    """The type of the `run_netshell` fixture."""

    def __call__(
        self,
        who: Account,
        /,
        *arguments: str,
        input: str | None = None,  # noqa: A002 - as subprocess.run names it
        timeout_s: float = 30,
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture(autouse=True)
def _untouched(request: pytest.FixtureRequest) -> Iterator[None]:
    """Only tests marked `kernel` or `terminal` may touch the machine."""
    if any(request.node.get_closest_marker(mark) for mark in ("kernel", "terminal")):
        _require_namespaces(request)
        before = Path("/proc/self/ns/user").readlink()
        yield
        assert Path("/proc/self/ns/user").readlink() == before, "the test took the suite itself into a user namespace"
    else:
        with _GUARD.on():
            yield


def _require_namespaces(request: pytest.FixtureRequest) -> None:
    """Without namespaces the marked tests prove nothing: they fail, and say why, rather than being passed over."""
    answers: dict[str, int] = request.getfixturevalue("kernel_answers")
    refused = next(((name, number) for name, number in answers.items() if number), None)
    if refused is not None:
        pytest.fail(str(explain_refusal(refused[1], refused[0])), pytrace=False)


@pytest.fixture(scope="session")
def kernel_answers() -> dict[str, int]:
    """What this machine's kernel says to each part of a private machine: an errno, or 0."""
    from netshell.host.probe import STAGES, probe  # noqa: PLC0415 - only where marked tests run

    answers = probe()
    return {name: answers[name] for name in STAGES if name in answers}


@pytest.fixture(scope="session")
def readable_program() -> Iterator[Program]:
    """netshell as the ordinary account can read it."""
    ids = ordinary_ids() if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    with program_for(*ids) as program:
        yield program


@pytest.fixture(params=ACCOUNTS, ids=[f"as-{name}" for name in ACCOUNTS])
def accounts(request: pytest.FixtureRequest) -> Iterator[Account]:
    """One account at a time: a test that takes it runs once as root and once as an ordinary account.

    Where the suite itself is run by an ordinary account, once, as that one.
    """
    is_root = request.param == "root"
    program = Program(Path(sys.executable)) if is_root else request.getfixturevalue("readable_program")
    with account(request.param, program) as who:
        yield who


@pytest.fixture
def ordinary_account(readable_program: Program) -> Iterator[Account]:
    """The ordinary account alone, for tests whose second run would prove nothing new."""
    with account("ordinary", readable_program) as who:
        yield who


@pytest.fixture
def run_netshell() -> RunNetshell:
    """Starts netshell under an account, without a terminal, and waits for its end."""

    def run(
        who: Account,
        /,
        *arguments: str,
        input: str | None = None,  # noqa: A002 - as above
        timeout_s: float = 30,
    ) -> subprocess.CompletedProcess[str]:
        return who.run(who.netshell(*arguments), input=input, timeout_s=timeout_s)

    return run
