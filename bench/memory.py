"""How much memory an idle session takes, in all its processes."""

import time
from pathlib import Path

from bench.figures import SUBJECT, Figure, Results, Stage, Target, tree
from bench.window import window

_PYTHON = "an idle python"
_SESSION = "idle `netshell learn veth`, PSS of all processes"

FIGURES = (Figure(_SESSION, "MB", (_PYTHON,), Target(80)),)


def measure(stage: Stage) -> Results:
    """In turns: a session after one command, left alone for a second; and a Python that waits for input."""
    results = Results()
    _session_parts(stage)  # the first compiles modules and the lesson, and keeps what it needed for that
    for _ in range(stage.rounds(5, 2)):
        parts = _session_parts(stage)
        results.add(_SESSION, SUBJECT, sum(mb for _, mb, _ in parts))
        with window([*stage.prefix, str(stage.python), "-c", "input('> ')"], stage.environ, stage.home) as python:
            python.wait_for(rb"> ")
            results.add(_SESSION, _PYTHON, memory_mb(python.pid)[0])
    results.notes.append("the last: " + ", ".join(f"{name} {mb:.1f} MB" for name, mb, _ in parts))
    if hidden := [name for name, _, is_pss in parts if not is_pss]:
        results.notes.append(f"RSS instead of PSS, which only root may read, of: {', '.join(hidden)}")
    results.notes.append("pages that other Pythons on this computer share count in part: with none running it is more")
    return results


def _session_parts(stage: Stage) -> list[tuple[str, float, bool]]:
    """Each process: its name, its memory in MB, and whether that is PSS."""
    with window(stage.netshell("learn", "veth"), stage.environ, stage.home) as program:
        program.wait_for(rb"pc:~#")
        program.send(b"ip link; echo $((40+2))seen\r")
        program.wait_for(rb"42seen.*pc:~#")
        time.sleep(1)
        pids = list(tree(program.pid))
        return [(_name(pid), *memory_mb(pid)) for pid in pids]


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8", errors="replace").strip()


def memory_mb(pid: int) -> tuple[float, bool]:
    """The proportional set size; where that may not be read, the resident set size. Both as proc(5) has them."""
    try:
        return proc_mb(f"/proc/{pid}/smaps_rollup", "Pss:"), True
    except PermissionError:
        return proc_mb(f"/proc/{pid}/status", "VmRSS:"), False


def proc_mb(path: str, key: str) -> float:
    """What a file of proc(5) says of a key, in MB."""
    lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024 / 1e6
