"""How long a snapshot takes, and how that grows with the number of namespaces."""

import asyncio
import time
from typing import TYPE_CHECKING

from bench.figures import SUBJECT, Figure, Results, Stage, Target

if TYPE_CHECKING:
    from netshell.session.bench import Bench

_SIZES = (2, 10, 100, 500)
_LARGE, _LARGE_ROUNDS = 500, 3
"""The size that takes seconds, and how often it is measured."""
_IP = "`ip -j`, 4 runs for each"
_MOVED, _NEW = "one has moved", "all are new"
_GROWTH = ((100, 10), (500, 100))
"""The share of a namespace in the first number of them is held against that in the second."""


def _name(nodes: int, case: str) -> str:
    return f"snapshot of {nodes} namespaces, {case}"


def _growth(nodes: int, case: str) -> str:
    return f"a namespace's share of it with {nodes}, {case}"


def _each(nodes: int) -> str:
    return f"each of {nodes}"


FIGURES = (
    *(Figure(_name(nodes, case), "ms", (_IP,)) for case in (_MOVED, _NEW) for nodes in _SIZES),
    *(
        Figure(_growth(many, case), "ms", (_each(few),), Target(1.2, _each(few), is_factor=True))
        for many, few in _GROWTH
        for case in (_MOVED, _NEW)
    ),
)

_READ_ALL = """
for name in /run/netns/*; do
  for kind in link address route neighbour; do ip -j -n "${name##*/}" "$kind" || exit; done
done >/dev/null
"""


def measure(stage: Stage) -> Results:
    """Each size on a fresh lab for each round."""
    return asyncio.run(_measure(stage))


async def _measure(stage: Stage) -> Results:
    from netshell.launch import launch  # noqa: PLC0415 - forks before it is part of anything
    from netshell.session.bench import Bench  # noqa: PLC0415

    results = Results()
    bench = Bench(launch())
    bench.attach()
    for number in range(stage.rounds(9, 2) + 1):
        for nodes in _SIZES:
            if nodes == _LARGE and number > stage.rounds(_LARGE_ROUNDS, 1):
                continue
            new, moved, by_ip = await _round(bench, nodes)
            if number:
                for case, taken in ((_NEW, new), (_MOVED, moved)):
                    results.add(_name(nodes, case), SUBJECT, taken)
                    results.add(_name(nodes, case), _IP, by_ip)
    for case in (_NEW, _MOVED):
        for many, few in _GROWTH:
            shares = [[ms / nodes for ms in results.samples[_name(nodes, case)][SUBJECT]] for nodes in (many, few)]
            results.samples[_growth(many, case)] = {SUBJECT: shares[0], _each(few): shares[1]}
    bench.close()
    return results


async def _round(bench: "Bench", nodes: int) -> tuple[float, float, float]:
    """Milliseconds: the first snapshot of a fresh lab, one after a change on one node, and the reference's."""
    from bench.labs import pairs  # noqa: PLC0415
    from netshell import lab  # noqa: PLC0415

    await bench.machine.reset()
    await lab.build(bench.machine, bench.kernel, pairs(nodes))
    new = await _snapshot_ms(bench)
    await _snapshot_ms(bench)
    await _run(bench, "ip", "-n", "n1", "address", "add", "198.51.100.1/32", "dev", "eth0")
    moved = await _snapshot_ms(bench)
    begun = time.perf_counter()
    await _run(bench, "sh", "-c", _READ_ALL)
    return new, moved, (time.perf_counter() - begun) * 1e3


async def _snapshot_ms(bench: "Bench") -> float:
    begun = time.perf_counter()
    await bench.kernel.snapshot()
    return (time.perf_counter() - begun) * 1e3


async def _run(bench: "Bench", *argv: str) -> None:
    finished = await bench.machine.run(list(argv), timeout_s=60)
    if finished.status:
        raise RuntimeError(f"{' '.join(argv)} failed: {finished.output.decode(errors='replace')}")
