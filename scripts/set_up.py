"""Makes a checkout ready to work in: system packages, `.venv` from the lock file, netshell itself.

Started by `scripts/setup` with a bare Python; run again it changes nothing and says nothing. It owns `.venv` and
knows nothing of what netshell does. It ends with 3 where the machine lacks something that nothing starts without.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from netshell.errors import ExitCode, MachineError  # noqa: E402 - found by the line above
from netshell.host import (  # noqa: E402
    Requirement,
    install_command,
    mask_command,
    missing_requirements,
    refresh_command,
    this_distribution,
    typed_command,
)

LOCK, DEVELOPERS_LOCK = "requirements.lock", "requirements-dev.lock"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a finished set-up leaves behind, so that the next one sees that nothing is to be done."""

    fingerprint: str
    """Of everything that went into `.venv`, its place and its Python included."""
    is_dev: bool
    """What the tests need is in it too."""
    declined: tuple[str, ...] = ()
    """Programs that could not be installed and are not asked for again."""

    @classmethod
    def read(cls, path: Path) -> "Stamp | None":
        """The stamp of a `.venv`; None where there is none, or none that makes sense."""
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            return cls(str(values["fingerprint"]), values["is_dev"] is True, tuple(map(str, values["declined"])))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Put it there whole or not at all."""
        fresh = path.with_suffix(".new")
        values = {"fingerprint": self.fingerprint, "is_dev": self.is_dev, "declined": self.declined}
        fresh.write_text(json.dumps(values), encoding="utf-8")
        fresh.replace(path)


@dataclass(frozen=True, slots=True)
class Checkout:
    """The directory that is set up."""

    root: Path

    @property
    def venv(self) -> Path:
        """Its virtual environment; tests with another Python have one beside it."""
        return self.root / (os.environ.get("NETSHELL_VENV") or ".venv")

    @property
    def python(self) -> Path:
        """The virtual environment's Python."""
        return self.venv / "bin" / "python"

    @property
    def stamp_path(self) -> Path:
        """Where the stamp is."""
        return self.venv / "set-up.json"

    def fingerprint(self) -> str:
        """A digest of the lock files, the project's description, the place and the Python behind `.venv`.

        A moved checkout and a Python that was replaced by another version both give another one.
        """
        digest = hashlib.sha256(f"{self.root}\0{self.python.resolve()}\0".encode())
        for name in (LOCK, DEVELOPERS_LOCK, "pyproject.toml"):
            digest.update((self.root / name).read_bytes())
        return digest.hexdigest()

    def stamp(self) -> Stamp | None:
        """The stamp, where it still describes what is there and its Python is there to be run."""
        stamp = Stamp.read(self.stamp_path)
        is_true = stamp is not None and os.access(self.python, os.X_OK) and stamp.fingerprint == self.fingerprint()
        return stamp if is_true else None


def main(arguments: Sequence[str]) -> int:
    """Set up; `--dev` adds what the tests need."""
    if set(arguments) - {"--dev"}:
        say("usage: scripts/setup [--dev]")
        return ExitCode.USAGE
    try:
        set_up(Checkout(ROOT), is_dev="--dev" in arguments)
    except MachineError as error:
        say(str(error))
        return error.code
    except KeyboardInterrupt:
        say("\nInterrupted. The next start takes up the set-up again.")
        return ExitCode.INTERRUPTED
    return ExitCode.DONE


def set_up(checkout: Checkout, *, is_dev: bool) -> None:
    """Do what is still to be done. Raises MachineError where that is not possible."""
    if is_sufficient(checkout.stamp(), missing_requirements(is_dev=is_dev), is_dev=is_dev):
        return
    with alone(checkout.root):
        stamp = checkout.stamp()
        declined = install_packages(stamp.declined if stamp else (), is_dev=is_dev)
        is_dev = is_dev or was_dev(checkout)
        if not is_sufficient(stamp, (), is_dev=is_dev):
            fill(checkout, is_dev=is_dev)
        elif stamp and declined == stamp.declined:
            return
        if os.access(checkout.venv, os.W_OK):
            Stamp(checkout.fingerprint(), is_dev, declined).write(checkout.stamp_path)


def is_sufficient(stamp: Stamp | None, missing: Sequence[Requirement], *, is_dev: bool) -> bool:
    """Whether there is nothing to do: `.venv` is complete, and nothing is missing that was not declined before."""
    if stamp is None or (is_dev and not stamp.is_dev):
        return False
    return all(item.program in stamp.declined and not item.is_essential for item in missing)


def was_dev(checkout: Checkout) -> bool:
    """Whether the tests' packages are to be kept, also where the stamp is out of date."""
    stamp = Stamp.read(checkout.stamp_path)
    return stamp is not None and stamp.is_dev


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """One set-up at a time: a lock on the checkout's directory itself, which needs no file."""
    directory = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this directory; waiting for it.")
            fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def install_packages(declined: Sequence[str], *, is_dev: bool) -> tuple[str, ...]:
    """Install what is missing, or say how. The names of what is still missing and not needed to start.

    Raises MachineError where something essential is still missing.
    """
    missing = missing_requirements(is_dev=is_dev)
    wanted = [item for item in missing if item.is_essential or item.program not in declined]
    if wanted:
        announce(wanted)
        prefix = privilege()
        if prefix is not None and install_command(wanted):
            run_package_manager(prefix, wanted)
    left = missing_requirements(is_dev=is_dev)
    essential = [item for item in left if item.is_essential]
    if essential:
        names = ", ".join(item.program for item in essential)
        raise MachineError(f"netshell cannot start without {names}.", f"Install what is missing: {by_hand(left)}")
    if wanted and left:
        names = ", ".join(item.program for item in left)
        who = "some lessons or tests" if is_dev else "some lessons"
        say(f"Going on without {names}: {who} will ask for it. To install it: {by_hand(left)}")
    return tuple(item.program for item in left)


def announce(wanted: Sequence[Requirement]) -> None:
    """Say what is about to be installed, and why, before it is."""
    family = this_distribution().family
    say("Missing on this machine:")
    for item in wanted:
        say(f"  {item.package(family):<18} {item.purpose}")


def by_hand(missing: Sequence[Requirement]) -> str:
    """The command that a person types."""
    return typed_command(missing) or "with your distribution's package manager"


def privilege() -> list[str] | None:
    """What to put in front of a command that must run as root; None where there is no way to become root here."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo is None:
        return None
    if subprocess.run([sudo, "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return [sudo] if has_terminal() else None


def has_terminal() -> bool:
    """Whether somebody can be asked for a password: sudo asks at /dev/tty."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return sys.stderr is not None and sys.stderr.isatty()


def run_package_manager(prefix: Sequence[str], wanted: Sequence[Requirement]) -> None:
    """Install, fetching the list of packages only where that did not do; one by one where one of them is refused."""
    refresh = refresh_command()
    command = typed_command(wanted)
    say(f"Installing with: {command if prefix else command.replace('sudo ', '')}")
    mask = mask_command(wanted)
    if mask and not succeeds([*prefix, *mask], is_quiet=True):
        wanted = [item for item in wanted if not item.service]
    if succeeds([*prefix, *install_command(wanted)], is_quiet=bool(refresh)):
        return
    if refresh:
        say("The list of packages is missing or old: fetching it first.")
        if succeeds([*prefix, *refresh]) and succeeds([*prefix, *install_command(wanted)]):
            return
    say("Not all at once: trying one after the other.")
    for item in wanted:
        succeeds([*prefix, *install_command([item])], is_quiet=True)


def succeeds(command: Sequence[str], *, is_quiet: bool = False) -> bool:
    """Run a command that gets no input; quiet: what it prints is not shown. A person's `pip install --user` is off."""
    sink = subprocess.DEVNULL if is_quiet else sys.stderr
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            check=False,
            env={**os.environ, "PIP_USER": "0"},
        )
    except OSError:
        return False
    return done.returncode == 0


def fill(checkout: Checkout, *, is_dev: bool) -> None:
    """Bring `.venv` to what the lock file says, and put netshell into it. Raises MachineError where that fails."""
    require_writable(checkout)
    is_kept = is_usable(checkout)
    checkout.stamp_path.unlink(missing_ok=True)
    lock = DEVELOPERS_LOCK if is_dev else LOCK
    if not is_kept:
        say(f"Making .venv with {sys.executable}.")
        make_venv(checkout)
    say(f"Installing the Python packages of {lock} into .venv; this takes half a minute the first time.")
    pip = [str(checkout.python), "-I", "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-input", "install"]
    run_or_fail(
        [*pip, "--no-deps", "--require-hashes", "--requirement", str(checkout.root / lock)],
        "The Python packages could not be installed.",
        "Look at the lines above; without a network, connect and start again.",
    )
    run_or_fail(
        [*pip, "--no-deps", "--no-index", "--no-build-isolation", "--editable", str(checkout.root)],
        "netshell itself could not be put into .venv.",
        "Look at the lines above: the checkout may be incomplete; `git status` shows what is missing.",
    )


def require_writable(checkout: Checkout) -> None:
    """Raises MachineError where this account cannot write what the set-up has to."""
    blocked = next((path for path in (checkout.root, checkout.venv) if path.exists() and not can_write(path)), None)
    if blocked is None:
        return
    if blocked == checkout.venv and can_write(checkout.root):
        raise MachineError(
            f"{blocked} is out of date and belongs to {blocked.owner()}, so your account cannot renew it.",
            f"Remove it and start again: sudo rm -r '{blocked}'",
        )
    raise MachineError(
        f"{checkout.root} is not ready yet, and your account cannot write there.",
        "Let its owner run `make setup` once, or work in a copy of your own: "
        f"cp -r '{checkout.root}' ~/netshell && cd ~/netshell && make learn",
    )


def can_write(path: Path) -> bool:
    """Whether this account may make and remove what is in a directory, on a file system that is not read-only."""
    return os.access(path, os.W_OK | os.X_OK)


def is_usable(checkout: Checkout) -> bool:
    """Whether `.venv` was finished by this set-up, in this place, and still runs: then it is brought up to date."""
    is_ours = Stamp.read(checkout.stamp_path) is not None
    script = checkout.venv / "bin" / "pip"
    is_here = script.exists() and str(checkout.venv) in script.read_text(encoding="utf-8", errors="replace")
    question = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return is_ours and is_here and succeeds([str(checkout.python), "-I", "-c", question], is_quiet=True)


def make_venv(checkout: Checkout) -> None:
    """A new virtual environment; whatever stands in its place goes first."""
    if checkout.venv.is_symlink() or checkout.venv.is_file():
        checkout.venv.unlink()
    elif checkout.venv.exists():
        shutil.rmtree(checkout.venv)
    run_or_fail(
        [sys.executable, "-I", "-m", "venv", str(checkout.venv)],
        ".venv could not be made.",
        "Look at the lines above; a full disk and a Python without its venv module are the usual causes.",
    )


def run_or_fail(command: Sequence[str], problem: str, remedy: str) -> None:
    """Run a command whose output is shown. Raises MachineError where it fails."""
    if not succeeds(command):
        fail(problem, remedy)


def fail(problem: str, remedy: str) -> NoReturn:
    """Raise the error that ends the set-up."""
    raise MachineError(problem, remedy)


def say(text: str) -> None:
    """Tell the person who started it; the standard output is left to what runs afterwards."""
    if sys.stderr is not None:
        sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
