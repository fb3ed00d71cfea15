"""The accounts that netshell is started under in tests: root, and an ordinary one with a home of its own.

Ordinary accounts must be able to read what they run; where the checkout or its Python lies in a closed directory
they get a copy that they can.
"""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_NEEDED = "import click, markdown_it, platformdirs, prompt_toolkit, pydantic, pyroute2, rich, yaml, netshell"
_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_LEFT_OUT = ("mypy*", "ruff*", "pip*", "setuptools*", "hypothesis*", "__pycache__", "*.pyc")
"""What only developers use; a copy for a learner does without."""


@dataclass(frozen=True)
class Account:
    """Somebody who starts netshell."""

    name: str
    """`root` or `ordinary`."""
    uid: int
    gid: int
    home: Path
    """Private, empty at first, gone after the test."""
    python: Path
    """A Python that this account can run."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """The whole environment: a terminal, UTF-8, HOME and the XDG directories below it."""

    def argv(self, *command: str | Path) -> list[str]:
        """A command as this account runs it, for anything that starts programs; its pid is the command's own."""
        words = [str(word) for word in command]
        if self.uid == os.geteuid():
            return words
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups", *words]

    def netshell(self, *arguments: str | Path) -> list[str]:
        """The argv that starts netshell under this account."""
        return self.argv(self.python, "-m", "netshell", *arguments)

    def run(
        self,
        argv: Sequence[str],
        *,
        input: str | None = None,  # noqa: A002 - as subprocess.run names it
        timeout_s: float = 30,
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run what `argv` or `netshell` gave, in the account's home, with no terminal; `environ` adds to its own."""
        return subprocess.run(
            argv,
            input=input,
            stdin=subprocess.DEVNULL if input is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            cwd=self.home,
            env={**self.environ, **(environ or {})},
        )


@dataclass(frozen=True)
class Program:
    """Where netshell and a Python to run it are, readable for an account."""

    python: Path
    path: tuple[Path, ...] = (ROOT,)
    """Directories for PYTHONPATH."""


@contextmanager
def account(name: str, program: Program) -> Iterator[Account]:
    """An account with a fresh home, which goes at the end with all that was written there."""
    uid, gid = (os.geteuid(), os.getegid()) if name == "root" or os.geteuid() else ordinary_ids()
    home = Path(tempfile.mkdtemp(prefix=f"netshell-{name}-"))
    try:
        os.chown(home, uid, gid)
        yield Account(name, uid, gid, home, program.python, _environ(home, program))
    finally:
        shutil.rmtree(home)


def _environ(home: Path, program: Program) -> dict[str, str]:
    path = {f"{sysconfig.get_path('scripts')}": None, "/usr/local/sbin": None, "/usr/local/bin": None}
    path |= dict.fromkeys(("/usr/sbin", "/usr/bin", "/sbin", "/bin"))
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PATH": os.pathsep.join(path),
        "PYTHONPATH": os.pathsep.join(map(str, program.path)),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
    }


def ordinary_ids() -> tuple[int, int]:
    """An ordinary account of this machine, or ids that nobody has, as containers often use."""
    people = (entry for entry in pwd.getpwall() if 1000 <= entry.pw_uid < 60000)
    return next(((entry.pw_uid, entry.pw_gid) for entry in people), (12345, 12345))


@contextmanager
def program_for(uid: int, gid: int) -> Iterator[Program]:
    """This checkout and this Python where the account can read both, else copies that last as long as the block."""
    here = Program(Path(sys.executable))
    if uid == os.geteuid() or can_run(here, uid, gid):
        yield here
        return
    with tempfile.TemporaryDirectory(prefix="netshell-readable-") as directory:
        Path(directory).chmod(0o755)
        python = readable_python(uid, gid)
        yield readable_copy(Path(directory), python)


def can_run(program: Program, uid: int, gid: int) -> bool:
    """Whether an account can start netshell with it: tried, for no rule of permissions is as sure."""
    environ = {"PYTHONPATH": os.pathsep.join(map(str, program.path)), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(program.python), "-c", _NEEDED]
    try:
        done = subprocess.run(
            command, user=uid, group=gid, extra_groups=[], cwd="/", env=environ, capture_output=True, check=False
        )
    except OSError:
        return False
    return done.returncode == 0


def readable_python(uid: int, gid: int) -> Path:
    """A Python of the running one's version that an account can run. Fails the test run where there is none."""
    base = Path(sys.base_prefix) / "bin" / f"python{_VERSION}"
    for candidate in (base, Path(f"/usr/bin/python{_VERSION}"), Path(f"/usr/local/bin/python{_VERSION}")):
        try:
            subprocess.run([candidate, "-c", ""], user=uid, group=gid, extra_groups=[], cwd="/", env={}, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return candidate
    raise RuntimeError(
        f"No Python {_VERSION} here can be run by an ordinary account (uid {uid}). "
        f"Install one for everybody, such as /usr/bin/python{_VERSION}, and run `make test` again."
    )


def readable_copy(directory: Path, python: Path) -> Program:
    """netshell, its lessons and the packages that it needs, copied to where everybody can read them."""
    packages = directory / "packages"
    shutil.copytree(sysconfig.get_path("purelib"), packages, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    for name in ("netshell", "lessons"):
        shutil.copytree(ROOT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [directory, *directory.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    return Program(python, (directory, packages))
