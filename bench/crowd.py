"""A class on one computer: how many learners it carries, each on a terminal of their own with a lab of four nodes."""

import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import NamedTuple

from bench.figures import SUBJECT, Figure, Results, Stage, Target, tree
from bench.memory import memory_mb, proc_mb
from bench.window import PLAIN_PROMPT, Window, plain_bash, window

_SIZES = (10, 25, 50, 100)
_EVERY_S = 5.0
_SECONDS = 40.0
_LAB = "bridge"
_BASH = "a plain bash each"
_LOOKS = ("ip addr", "ip route show", "ip netns list", "ls /etc")
_COMMANDS = (
    *_LOOKS,
    "ip netns exec ns1 ip addr",
    "ip -n ns1 link set lo up",
    "ip -n ns1 link set lo down",
    "ping -c 1 -W 1 127.0.0.1",
)
"""What learners type: looks, changes, a packet. On the computer's own bash only the looks."""
_MARK = "; echo $((40+2))seen"


def _answer(size: int) -> str:
    return f"{size} learners, a command every {_EVERY_S:g} s: Enter to next prompt, 95th percentile"


def _busy(size: int) -> str:
    return f"{size} learners: processors busy"


def _memory(size: int) -> str:
    return f"{size} learners: memory each, PSS"


def _all_memory(size: int) -> str:
    return f"{size} learners: memory each, with the kernel's"


FIGURES = tuple(
    figure
    for size in _SIZES
    for figure in (
        Figure(_answer(size), "ms", (_BASH,), Target(300) if size <= 50 else None),
        Figure(_busy(size), "%", (_BASH,)),
        Figure(_memory(size), "MB"),
        Figure(_all_memory(size), "MB", (_BASH,)),
    )
)


class _Seat(NamedTuple):
    """What a learner has before them, and what they type there."""

    name: str
    argv: Sequence[str]
    environ: Mapping[str, str]
    prompt: bytes
    commands: Sequence[str]


def measure(stage: Stage) -> Results:
    """Each size of class in turn: the same looks in plain bashes, then netshell."""
    results = Results()
    argv, environ = plain_bash()
    plain = _Seat(_BASH, argv, {**stage.environ, **environ}, PLAIN_PROMPT, _LOOKS)
    seat = _Seat(SUBJECT, stage.netshell("play", _LAB), stage.environ, rb"pc:~#", _COMMANDS)
    with window(seat.argv, seat.environ, stage.home) as first:
        first.wait_for(seat.prompt)  # compiles what was not yet
    for size in _SIZES:
        for each in (plain, seat):
            _measure(size, each, stage, results)
    return results


def _measure(size: int, seat: _Seat, stage: Stage, results: Results) -> None:
    free_mb = _available_mb()
    with ExitStack() as room:
        learners = [room.enter_context(window(seat.argv, seat.environ, stage.home)) for _ in range(size)]
        for learner in learners:
            learner.wait_for(seat.prompt, timeout_s=180)
        taken: list[float] = []
        end = time.perf_counter() + stage.rounds(int(_SECONDS), 10)
        threads = [
            threading.Thread(target=_learn, args=(learner, seat, Random(number), end, taken.append))
            for number, learner in enumerate(learners)
        ]
        busy_s, begun = _busy_s(), time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        share = (_busy_s() - busy_s) / (time.perf_counter() - begun) / (os.cpu_count() or 1)
        results.add(_answer(size), seat.name, quantiles(taken, n=20)[-1] * 1e3)
        results.add(_busy(size), seat.name, share * 100)
        results.add(_all_memory(size), seat.name, (free_mb - _available_mb()) / size)
        if seat.name == SUBJECT:
            processes = [pid for learner in learners for pid in tree(learner.pid)]
            results.add(_memory(size), seat.name, sum(memory_mb(pid)[0] for pid in processes) / size)
            results.notes.append(f"{size} learners: {len(taken)} commands, {len(processes) / size:.1f} processes each")


def _learn(learner: Window, seat: _Seat, chance: Random, end: float, took: Callable[[float], None]) -> None:
    """Type a command every some seconds, at moments of one's own, until the lesson is over."""
    time.sleep(chance.uniform(0, _EVERY_S))
    while time.perf_counter() < end:
        learner.send(chance.choice(seat.commands).encode() + _MARK.encode())
        learner.wait_for(rb"seen")
        begun = time.perf_counter()
        learner.send(b"\r")
        seconds = learner.wait_for(rb"42seen.*" + seat.prompt) - begun
        took(seconds)
        time.sleep(max(0.0, chance.uniform(0.5, 1.5) * _EVERY_S - seconds))


def _busy_s() -> float:
    """Seconds of all processors in which they did something, since the computer was started (proc_stat(5))."""
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return (sum(fields) - idle) / os.sysconf("SC_CLK_TCK")


def _available_mb() -> float:
    return proc_mb("/proc/meminfo", "MemAvailable:")
