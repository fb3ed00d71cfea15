"""How long a lab takes to build, and to build again after a reset: a star of N hosts, beside other tools' stars."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import SUBJECT, Figure, Results, Stage, Target
from bench.star_reference import MININET, address

if TYPE_CHECKING:
    from netshell.session.bench import Bench

_ROUNDS = {2: (15, 2), 10: (15, 2), 100: (5, 1), 500: (3, 1)}
"""Hosts to how often they are measured: thoroughly, and for a first look."""
_RESET_HOSTS, _RESET_BESIDE = 9, 10
"""With the switch, ten nodes; and the size in whose rounds that is measured."""
_SETTLE_S, _SETTLE_EACH_S = 0.1, 0.004
"""So long the kernel is left to take away what was dropped: it holds up whoever builds meanwhile."""
_SYSTEM_PYTHON = "/usr/bin/python3"
_C, _PYROUTE2, _IP = "C, raw netlink", "pyroute2, IPBatch on plain sockets", "`ip -batch`"
_MININET = "Mininet, Linux bridge"
_MININET_FOUND = "Mininet is not installed; on a quiet computer with 2 processors it took 58, 202, 1,839 and 10,163 ms"
_RESET = f"a star of {_RESET_HOSTS} hosts dropped and built again"
_RESET_PROCESSOR = f"{_RESET}, processor time of all processes"
_UNSHARE = ("unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child")
_PRIVATE_RUN = 'mount -t tmpfs none /run && mkdir /run/netns && exec "$@"'


def _built(hosts: int) -> str:
    return f"a star of {hosts} hosts built"


def _tenfold(hosts: int) -> str:
    return f"ten times that of {hosts} hosts"


def _processor(hosts: int) -> str:
    return f"a star of {hosts} hosts, processor time of all processes"


def _ping(hosts: int) -> str:
    return f"the first ping across a star of {hosts} hosts"


FIGURES = (
    *(
        figure
        for hosts in _ROUNDS
        for figure in (
            Figure(_built(hosts), "ms", (_C, _PYROUTE2, _IP, _MININET), Target(3, _C, is_factor=True)),
            Figure(_tenfold(hosts), "ms", (_MININET,), Target(1, _MININET, is_factor=True)),
            Figure(_processor(hosts), "ms", (_C, _PYROUTE2, _IP)),
            Figure(_ping(hosts), "ms", (), Target(5)),
        )
    ),
    Figure(_RESET, "ms", (_C,), Target(15, _C)),
    Figure(_RESET_PROCESSOR, "ms", (_C,)),
)


def measure(stage: Stage) -> Results:
    """Each size in turns: netshell on a machine begun anew, then each tool in namespaces of its own."""
    results = Results()
    with tempfile.TemporaryDirectory() as directory:
        tools = _tools(Path(directory), results.notes)
        asyncio.run(_measure(stage, tools, results))
    results.notes += [
        "built: until every port forwards; netshell's capture and observer watch meanwhile, and offloads are set",
        "a reference's time is that of its work alone, without its start; netshell's processes run already",
    ]
    return results


def _tools(directory: Path, notes: list[str]) -> Mapping[str, Sequence[str]]:
    """What each is started with, behind which the number of hosts stands; only those that are there."""
    own = [sys.executable, "-m", "bench.star_reference"]
    tools = {_PYROUTE2: [*own, "pyroute2"], _IP: [*own, "ip"]}
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler:
        binary = directory / "star"
        subprocess.run([compiler, "-O2", "-o", str(binary), str(Path(__file__).with_name("star.c"))], check=True)
        tools = {_C: [str(binary)], **tools}
    else:
        notes.append("there is no C compiler here, and so nothing to hold the figures against")
    if _has_mininet():
        tools[_MININET] = [_SYSTEM_PYTHON, "-c", MININET]
    else:
        notes.append(_MININET_FOUND)
    return tools


def _has_mininet() -> bool:
    if not shutil.which("mnexec") or not shutil.which("brctl"):
        return False
    return subprocess.run([_SYSTEM_PYTHON, "-c", "import mininet"], capture_output=True, check=False).returncode == 0


async def _measure(stage: Stage, tools: Mapping[str, Sequence[str]], results: Results) -> None:
    from netshell.launch import launch  # noqa: PLC0415 - forks before it is part of anything
    from netshell.session.bench import Bench  # noqa: PLC0415

    bench = Bench(launch())
    bench.attach()
    for hosts, (most, quick) in _ROUNDS.items():
        for number in range(stage.rounds(most, quick) + 1):
            found = Results()
            await _round(bench, hosts, tools, found)
            if hosts == _RESET_BESIDE:
                await _reset(bench, tools, found)
            if number:
                for figure, samples in found.samples.items():
                    for name, values in samples.items():
                        results.add(figure, name, values[0])
    bench.close()


async def _round(bench: "Bench", hosts: int, tools: Mapping[str, Sequence[str]], results: Results) -> None:
    from bench.labs import star  # noqa: PLC0415
    from netshell import lab  # noqa: PLC0415

    topology = star(hosts)
    await bench.machine.reset()
    await bench.kernel.snapshot()
    await _settle(hosts)
    used, begun = _processor_ms(bench), time.perf_counter()
    await lab.build(bench.machine, bench.kernel, topology)
    taken = (time.perf_counter() - begun) * 1e3
    results.add(_built(hosts), SUBJECT, taken)
    results.add(_tenfold(hosts), SUBJECT, 10 * taken)
    results.add(_processor(hosts), SUBJECT, _processor_ms(bench) - used)
    results.add(_ping(hosts), SUBJECT, await _first_ping_ms(bench, hosts))
    await bench.machine.reset()
    await bench.kernel.snapshot()
    for name, argv in tools.items():
        await _settle(hosts)
        taken, used = _reference_ms([*argv, str(hosts)])
        results.add(_built(hosts), name, taken)
        if name == _MININET:
            results.add(_tenfold(hosts), name, taken)
        else:
            results.add(_processor(hosts), name, used)


async def _reset(bench: "Bench", tools: Mapping[str, Sequence[str]], results: Results) -> None:
    """A lab that stands, begun anew: what `:reset` does with it, without the terminals and the first snapshot.

    What the kernel takes for the new lab alone is the reference's; netshell's own is what lies above it.
    """
    from bench.labs import star  # noqa: PLC0415
    from netshell import lab  # noqa: PLC0415

    topology = star(_RESET_HOSTS)
    await bench.reset(topology)
    await _settle(_RESET_HOSTS)
    used, begun = _processor_ms(bench), time.perf_counter()
    await bench.machine.reset()
    await lab.build(bench.machine, bench.kernel, topology)
    results.add(_RESET, SUBJECT, (time.perf_counter() - begun) * 1e3)
    results.add(_RESET_PROCESSOR, SUBJECT, _processor_ms(bench) - used)
    if _C in tools:
        await _settle(_RESET_HOSTS)
        taken, used = _reference_ms([*tools[_C], str(_RESET_HOSTS)])
        results.add(_RESET, _C, taken)
        results.add(_RESET_PROCESSOR, _C, used)


async def _settle(hosts: int) -> None:
    await asyncio.sleep(_SETTLE_S + _SETTLE_EACH_S * hosts)


async def _first_ping_ms(bench: "Bench", hosts: int) -> float:
    """From the first host to the last, whose hardware address nobody knows yet; its own word for how long it took."""
    argv = ["ping", "-c", "1", "-W", "2", address(hosts)]
    finished = await bench.machine.run(argv, node="h1", timeout_s=10)
    found = re.search(rb"time=([\d.]+) ms", finished.output)
    if found is None:
        raise RuntimeError(f"The first ping was not answered: {finished.output.decode(errors='replace')}")
    return float(found[1])


def _processor_ms(bench: "Bench") -> float:
    """What the engine, both helpers and PID 1 have used so far (the kernel's document `sched-stats`)."""
    pids = (os.getpid(), bench.kernel.pid, bench.capture.pid, bench.machine.pid)
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) for pid in pids) / 1e6


def _reference_ms(argv: Sequence[str]) -> tuple[float, float]:
    done = subprocess.run(
        [*_UNSHARE, "sh", "-c", _PRIVATE_RUN, "sh", *argv], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv[:3])} failed: {done.stderr.strip()[-300:]}")
    taken, used = map(float, done.stdout.split())
    return taken, used
