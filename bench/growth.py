"""How what netshell does grows with what it is given: packets of a file, lessons of a directory, terminals."""

import asyncio
import shutil
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.figures import SUBJECT, Figure, Results, Stage, Target, spawned_ms, tree
from bench.files import metered
from bench.memory import memory_mb
from bench.traffic import write_capture
from bench.window import PLAIN_PROMPT, plain_bash, window

if TYPE_CHECKING:
    from netshell.session.bench import Bench

_PACKETS = {1_000: 3, 10_000: 3, 100_000: 3, 1_000_000: 1}
"""Packets of a file to how often that is read."""
_VIEWS = {"all lines into a file": (), "`tcp port 80 --count`": ("tcp port 80", "--count")}
_MANY, _FEW = 1_000_000, 100_000
_MEMORY = "; most memory"
_LESSONS = (1, 10, 100, 500)
_SOURCE, _COMPILED = "from source", "compiled"
_TERMINALS = 20
_LINEAR = 1.2
"""How much dearer each may be among many than among few: less than that is noise."""
_BASH = "a plain bash"
_LAST, _FIRST = f"the last five of {_TERMINALS} terminals, start of each", "the first five"
_OPENED = "a terminal, from asking to its first prompt"
_EACH_MB = f"a terminal's memory, of {_TERMINALS}"


def _file(packets: int, view: str) -> str:
    return f"`netshell explain` of {packets:,} packets, {view}"


def _packet(packets: int) -> str:
    return f"each of {packets:,}"


def _packet_of_many(view: str) -> str:
    return f"a packet of {_MANY:,}, {view}: processor time"


def _list(lessons: int, form: str) -> str:
    return f"`netshell lessons` with {lessons} more, {form}"


def _lesson(lessons: int) -> str:
    return f"each of {lessons} more"


def _lesson_of_many(form: str) -> str:
    return f"a lesson of {_LESSONS[-1]} more, {form}: processor time"


def _linear(name: str, unit: str, few: str) -> Figure:
    return Figure(name, unit, (few,), Target(_LINEAR, few, is_factor=True))


FIGURES = (
    *(
        figure
        for view in _VIEWS
        for packets in _PACKETS
        for figure in (
            Figure(_file(packets, view), "ms"),
            Figure(_file(packets, view) + _MEMORY, "MB", (), Target(150)),
        )
    ),
    *(_linear(_packet_of_many(view), "µs", _packet(_FEW)) for view in _VIEWS),
    *(Figure(_list(lessons, form), "ms") for form in (_SOURCE, _COMPILED) for lessons in _LESSONS),
    *(_linear(_lesson_of_many(form), "ms", _lesson(_LESSONS[-2])) for form in (_SOURCE, _COMPILED)),
    Figure(_OPENED, "ms", (_BASH,)),
    _linear(_LAST, "ms", _FIRST),
    Figure(_EACH_MB, "MB", (_BASH,)),
)


def measure(stage: Stage) -> Results:
    """One after the other, each by itself."""
    results = Results()
    _measure_packets(stage, results)
    _measure_lessons(stage, results)
    asyncio.run(_measure_terminals(stage, results))
    return results


def _measure_packets(stage: Stage, results: Results) -> None:
    start_ms = median(metered(stage, stage.netshell("--version")).processor_ms for _ in range(5))
    path = stage.home / "growth.pcap"
    for packets, rounds in _PACKETS.items():
        write_capture(path, packets, 7)
        for _ in range(stage.rounds(rounds, 1)):
            for view, words in _VIEWS.items():
                found = metered(stage, stage.netshell("explain", str(path), *words))
                results.add(_file(packets, view), SUBJECT, found.taken_ms)
                results.add(_file(packets, view) + _MEMORY, SUBJECT, found.most_mb)
                if packets in {_MANY, _FEW}:
                    name = SUBJECT if packets == _MANY else _packet(_FEW)
                    results.add(_packet_of_many(view), name, (found.processor_ms - start_ms) * 1e3 / packets)
    path.unlink()


_TEXT = """---
format: 1
title: Lesson {number}
summary: One of many, the {round}th time.
---

# Lesson {number}

Words.

## Make `ns{number}`

```console do
$ ip netns add ns{number}
```

```yaml check
- {{netns: ns{number}}}
```
"""


def _measure_lessons(stage: Stage, results: Results) -> None:
    """Other texts each time: of one that is as it was the compiled form is kept."""
    spawned_ms(stage.netshell("lessons"), stage)  # compiles the bundled ones
    directory = stage.home / "many-lessons"
    for turn in range(stage.rounds(5, 1)):
        one_ms: dict[str, float] = {}
        for lessons in _LESSONS:
            directory.mkdir()
            for number in range(lessons):
                text = _TEXT.format(number=number, round=f"{turn}.{lessons}")
                (directory / f"many-{number}.md").write_text(text, encoding="utf-8")
            for form in (_SOURCE, _COMPILED):
                found = metered(stage, stage.netshell("--lessons", str(directory), "lessons"))
                results.add(_list(lessons, form), SUBJECT, found.taken_ms)
                one_ms.setdefault(form, found.processor_ms)
                if lessons in _LESSONS[-2:]:
                    name = SUBJECT if lessons == _LESSONS[-1] else _lesson(lessons)
                    results.add(_lesson_of_many(form), name, (found.processor_ms - one_ms[form]) / (lessons - 1))
            shutil.rmtree(directory)


async def _measure_terminals(stage: Stage, results: Results) -> None:
    from netshell.launch import launch  # noqa: PLC0415 - forks before it is part of anything
    from netshell.session.bench import Bench  # noqa: PLC0415
    from netshell.topology import Topology  # noqa: PLC0415

    bench = Bench(launch())
    bench.attach()
    for number in range(stage.rounds(5, 1) + 1):
        await bench.reset(Topology())
        found = await _twenty(bench)
        plain_ms, plain_mb = _plain_bash(stage)
        if number:
            results.add(_LAST, SUBJECT, median(found[-5:]))
            results.add(_LAST, _FIRST, median(found[:5]))
            results.add(_OPENED, SUBJECT, median(found))
            results.add(_OPENED, _BASH, plain_ms)
            results.add(_EACH_MB, SUBJECT, _memory_below(bench.machine.pid) / _TERMINALS)
            results.add(_EACH_MB, _BASH, plain_mb)
    bench.close()


async def _twenty(bench: "Bench") -> list[float]:
    """Milliseconds for each."""
    taken = []
    for number in range(1, _TERMINALS + 1):
        begun = time.perf_counter()
        await bench.terminal("pc" if number == 1 else f"pc.{number}")
        taken.append((time.perf_counter() - begun) * 1e3)
    return taken


def _memory_below(pid1: int) -> float:
    """Of everything that runs in the private machine, but for its PID 1."""
    return sum(memory_mb(pid)[0] for pid in tree(pid1) if pid != pid1)


def _plain_bash(stage: Stage) -> tuple[float, float]:
    argv, environ = plain_bash()
    with window(argv, {**stage.environ, **environ}, Path(stage.home)) as program:
        seen = program.wait_for(PLAIN_PROMPT)
        return (seen - program.begun) * 1e3, memory_mb(program.pid)[0]
