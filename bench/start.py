"""How long netshell takes to start: to the first prompt, for one command, and the private machine alone."""

import itertools
import shutil
import subprocess
from pathlib import Path

from bench.figures import SUBJECT, Figure, Results, Stage, Target, spawned_ms, take_turns
from bench.window import window

_PYTHON, _BASH, _UNSHARE = "python -c pass", "bash -ic true on a pty", "unshare -Urnmpf --mount-proc true"
_FIRST_PROMPT = "Enter to first prompt of `netshell learn veth`"
_RUN = "`netshell run -c true`, exec to exit"
_MACHINE = "the private machine, make to ready"
_FROM_PYTHON = "the same from Python's start, imports included"

FIGURES = (
    Figure(_FIRST_PROMPT, "ms", (_PYTHON, _BASH, _UNSHARE), Target(300)),
    Figure(_RUN, "ms", (_PYTHON, _BASH, _UNSHARE)),
    Figure(_MACHINE, "ms", (_UNSHARE,), Target(15)),
    Figure(_FROM_PYTHON, "ms", (_UNSHARE,)),
)

_MACHINE_ALONE = """
import time
begun = time.perf_counter()
import os
from pathlib import Path
from netshell.sandbox import build
from netshell.terminal import startup
files = startup.files("0" * 16)
shared = Path(os.environ["HOME"], "netshell-work")
imported = time.perf_counter()
build.make(shared, files)
ready = time.perf_counter()
print((ready - imported) * 1e3, (ready - begun) * 1e3, flush=True)
os._exit(0)
"""


def measure(stage: Stage) -> Results:
    """Each in turn with its references."""
    machine: list[tuple[float, float]] = []
    states = (stage.home / f"state-{number}" for number in itertools.count())

    def make_machine() -> float:
        machine.append(_machine_ms(stage))
        return machine[-1][0]

    found = take_turns(
        stage.rounds(21, 3),
        {
            _FIRST_PROMPT: lambda: _first_prompt_ms(stage, next(states)),
            _PYTHON: lambda: spawned_ms([str(stage.python), "-c", "pass"], stage),
            _RUN: lambda: spawned_ms(stage.netshell("run", "-c", "true"), stage),
            _BASH: lambda: _bash_ms(stage),
            _MACHINE: make_machine,
            _UNSHARE: lambda: spawned_ms(_UNSHARE.split(), stage),
        },
    )
    found[_FROM_PYTHON] = [ms for _, ms in machine[1:]]
    results = Results()
    for figure in FIGURES:
        results.samples[figure.name] = {SUBJECT: found[figure.name]}
        results.samples[figure.name] |= {name: found[name] for name in figure.references}
    return results


def _first_prompt_ms(stage: Stage, state: Path) -> float:
    """A learner who was never here, with the lesson in its compiled form (kept in the cache by the first round)."""
    environ = {**stage.environ, "XDG_STATE_HOME": str(state)}
    with window(stage.netshell("learn", "veth"), environ, stage.home) as program:
        seen = program.wait_for(rb"pc:~#")
        taken = seen - program.begun
    shutil.rmtree(state, ignore_errors=True)
    return taken * 1e3


def _bash_ms(stage: Stage) -> float:
    with window(["bash", "-ic", "true"], stage.environ, stage.home) as program:
        return (program.wait_for_end() - program.begun) * 1e3


def _machine_ms(stage: Stage) -> tuple[float, float]:
    argv = [str(stage.python), "-c", _MACHINE_ALONE]
    done = subprocess.run(argv, env=dict(stage.environ), capture_output=True, text=True, check=True, cwd=stage.home)
    from_make, from_start = map(float, done.stdout.split())
    return from_make, from_start
