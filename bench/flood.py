"""What a flood of output costs: seconds, and memory while it lasts."""

import asyncio
import os
import time
from pathlib import Path

from bench.figures import SUBJECT, Figure, Results, Stage, Target
from bench.window import PLAIN_PROMPT, plain_bash, window

_BASH = "plain bash, read by a bare loop"
_IN_TERMINAL = "`yes | head -c 100M` in a terminal"
_IN_PROGRAM = "`yes | head -c 100M` in `netshell play`"
_GROWTH = "; most memory above before"
_MOST_GROWTH_MB = 10

FIGURES = tuple(
    figure
    for name in (_IN_TERMINAL, _IN_PROGRAM)
    for figure in (
        Figure(name, "s", (_BASH,)),
        Figure(name + _GROWTH, "MB", (_BASH,), Target(_MOST_GROWTH_MB)),
    )
)


def measure(stage: Stage) -> Results:
    """In turns: plain bash, the whole program, a terminal alone."""
    results = Results()
    size = "10M" if stage.is_quick else "100M"
    rounds = stage.rounds(3, 1)
    for _ in range(rounds):
        _measure_bash(size, results)
        _measure_program(stage, size, results)
    asyncio.run(_measure_terminal(size, rounds, results))
    if stage.is_quick:
        results.notes.append("--quick: with 10M instead of 100M")
    return results


class _Memory:
    """The most resident memory of a process, counted from when this is made (proc(5), `clear_refs`)."""

    def __init__(self, pid: int | str) -> None:
        self._status = Path(f"/proc/{pid}/status")
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
        self._before = self._mb("VmRSS")

    def growth_mb(self) -> float:
        """How much more than before it has been."""
        return self._mb("VmHWM") - self._before

    def _mb(self, key: str) -> float:
        lines = self._status.read_text(encoding="utf-8").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024 / 1e6


def _measure_bash(size: str, results: Results) -> None:
    argv, environ = plain_bash()
    with window(argv, {**os.environ, **environ}) as bash:
        bash.wait_for(PLAIN_PROMPT)
        memory = _Memory("self")
        tail = b""
        begun = time.perf_counter()
        bash.send(f"yes | head -c {size}\r".encode())
        while PLAIN_PROMPT not in tail:
            tail = (tail + os.read(bash.fd, 1 << 16))[-64:]
        taken, growth = time.perf_counter() - begun, memory.growth_mb()
    for name in (_IN_TERMINAL, _IN_PROGRAM):
        results.add(name, _BASH, taken)
        results.add(name + _GROWTH, _BASH, growth)


def _measure_program(stage: Stage, size: str, results: Results) -> None:
    """Through the whole program, the screen being drained by a bare loop too."""
    with window(stage.netshell("play"), stage.environ, stage.home) as program:
        program.wait_for(rb"pc:~#")
        program.send(b"true\r")
        program.wait_for(rb"true.*pc:~#.*pc:~#")
        memory = _Memory(program.pid)
        program.send(f"yes | head -c {size}; echo $((40+2))seen".encode())
        program.wait_for(rb"seen")
        begun = time.perf_counter()
        program.send(b"\r")
        ended = program.wait_for(rb"42seen.*pc:~#", timeout_s=300)
        results.add(_IN_PROGRAM, SUBJECT, ended - begun)
        results.add(_IN_PROGRAM + _GROWTH, SUBJECT, memory.growth_mb())


async def _measure_terminal(size: str, rounds: int, results: Results) -> None:
    from netshell.launch import launch  # noqa: PLC0415 - forks before it is part of anything
    from netshell.session.bench import Bench  # noqa: PLC0415
    from netshell.topology import Topology  # noqa: PLC0415

    bench = Bench(launch())
    bench.attach()
    await bench.build(Topology())
    terminal = await bench.terminal()
    received = 0

    def count(data: bytes) -> None:
        nonlocal received
        received += len(data)

    terminal.on_output = count
    for _ in range(rounds):
        memory = _Memory("self")
        begun = time.perf_counter()
        terminal.feed(f"yes | head -c {size}")
        await terminal.until_prompt()
        results.add(_IN_TERMINAL, SUBJECT, time.perf_counter() - begun)
        results.add(_IN_TERMINAL + _GROWTH, SUBJECT, memory.growth_mb())
    expected = int(size[:-1]) * (1 << 20) * 3 // 2 * rounds  # each newline leaves a pty with a carriage return
    if received != expected:
        raise RuntimeError(f"{received} bytes came out of the terminal instead of {expected}.")
    bench.close()
