"""What is left of netshell when it is killed at random moments, most of them while it starts."""

import json
import os
import random
import subprocess
import time
from pathlib import Path
from typing import Any

from bench.figures import SUBJECT, Figure, Results, Stage, Target, tree
from netshell import linux

_UNSHARE = "`unshare --kill-child`"
_KINDS = ("process", "namespace", "mount", "file", "link")
_PATIENCE_S = 10


def _left(kind: str) -> str:
    return f"{kind}{'e' * kind.endswith('s')}s left after SIGKILL"


FIGURES = tuple(Figure(_left(kind), "", (_UNSHARE,) if kind == "process" else (), Target(0)) for kind in _KINDS)

_LIFELINE = Path(__file__).parent.parent / "tests" / "lifeline.py"


def measure(stage: Stage) -> Results:
    """The rounds of the tests, more of them; and the same done to the tool that promises as much."""
    seed = random.randrange(1 << 31)
    linux.adopt_orphans()  # what the rounds might leave when all is over comes to this process
    report = _said(stage, "-c", _LIFELINE.read_text(encoding="utf-8"), str(stage.kill_rounds), str(seed))
    left = [line.split()[0] for line in report["left"]]
    counts = {kind: left.count(kind) for kind in _KINDS} | {"namespace": _namespaces_below(os.getpid())}
    reference = _said(stage, "-m", "bench.orphans", str(stage.kill_rounds), str(seed))
    results = Results({_left(kind): {SUBJECT: [float(counts[kind])]} for kind in _KINDS})
    results.add(_left("process"), _UNSHARE, reference["processes"])
    killed = ", ".join(f"{name} {count}" for name, count in report["killed"].items())
    results.notes += [
        f"{report['rounds']} rounds (seed {seed}), {report['ready']} with the machine ready; killed: {killed}",
        f"the slowest was gone after {report['slowest_s'] * 1e3:.0f} ms",
        *report["left"][:10],
    ]
    return results


def _said(stage: Stage, *arguments: str) -> dict[str, Any]:
    """What a Python of the account's own prints as JSON. Raises CalledProcessError where it fails."""
    argv = [*stage.prefix, str(stage.python), *arguments]
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=True, env=dict(stage.environ), cwd=stage.home
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _namespaces_below(pid: int) -> int:
    """How many namespaces the processes below one hold, other than its own; once they had the time to go."""
    end = time.monotonic() + _PATIENCE_S
    while (found := _foreign(pid)) and time.monotonic() < end:
        time.sleep(0.1)
    return len(found)


def _foreign(pid: int) -> set[str]:
    """Those that lsns lists under a process of ours: other programs here make namespaces too."""
    done = subprocess.run(["lsns", "--noheadings", "--output", "NS,PID"], capture_output=True, text=True, check=True)
    listed = [line.split() for line in done.stdout.splitlines()]
    below = {str(child) for child in tree(pid)} - {str(pid)}
    return {namespace for namespace, holder in listed if holder in below}
