"""A private machine under any account, for tests: an engine in a process of its own, asked line by line."""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accounts import Account

_HOST = Path(__file__).with_name("engine_host.py").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Ran:
    """How a command inside ended."""

    status: int
    output: str
    has_timed_out: bool = False


class Refused(Exception):  # noqa: N818 - what the machine said, as its text
    """The machine raised a UserError."""


class Engine:
    """The engine's process, and what may be asked of it."""

    def __init__(self, process: subprocess.Popen[bytes], who: Account) -> None:
        self.process = process
        self.who = who
        greeting = self._hear()
        self.pid: int = greeting["engine"]
        self.init_pid: int = greeting["init"]
        self.notices: list[str] = greeting["notices"]

    def ask(self, op: str, **arguments: object) -> dict[str, Any]:
        """Send one request and wait for its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"op": op, **arguments}).encode() + b"\n")
        self.process.stdin.flush()
        answer = self._hear()
        if "problem" in answer:
            raise Refused(f"{answer['problem']}\n{answer['remedy']}")
        return answer

    def _hear(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the engine has ended: {self.process.wait(5)}"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, argv: Sequence[str], *, node: str | None = None, input_: str = "", timeout_s: float = 20) -> Ran:
        """Run a program inside."""
        return Ran(**self.ask("run", argv=list(argv), node=node, input=input_, timeout_s=timeout_s))

    def bash(self, script: str, *, timeout_s: float = 20) -> Ran:
        """Run a script inside, which may fail."""
        return self.run(["bash", "-c", script], timeout_s=timeout_s)

    def sh(self, script: str) -> str:
        """Run a script inside that must not fail; its output, without the last newline."""
        ran = self.run(["bash", "-ec", script])
        assert ran.status == 0, ran
        return ran.output.rstrip("\n")

    def reset(self) -> None:
        self.ask("reset")


def start(
    who: Account, *, shared: Path | None = None, environ: Mapping[str, str] | None = None, wrapped: Sequence[str] = ()
) -> subprocess.Popen[bytes]:
    """Start an engine, as an argument of `wrapped` where that is given."""
    return subprocess.Popen(
        who.argv(*wrapped, who.python, "-c", _HOST, *([shared] if shared else [])),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=who.home,
        env={**who.environ, **(environ or {})},
    )


@contextmanager
def engine(who: Account, *, shared: Path | None = None, environ: Mapping[str, str] | None = None) -> Iterator[Engine]:
    """A running engine, ended with the block."""
    with start(who, shared=shared, environ=environ) as process:
        try:
            yield Engine(process, who)
        finally:
            process.kill()
