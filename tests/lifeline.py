"""Kills netshell at random moments and looks for what is left: a function for the tests, the bench and the shell.

It stands alone, so that any account can be given its text: `python -c "$(cat lifeline.py)" ROUNDS [SEED]` prints a
`Report` as JSON. Nothing is searched for by name: this process takes in every orphan below it (PR_SET_CHILD_SUBREAPER),
so that what is left after a round are exactly its own children.
"""

import asyncio
import json
import os
import random
import select
import signal
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

EARLY_S, LATE_S = 0.04, 0.9
PATIENCE_S = 2.0
"""So long the kernel may take to end a process that has been killed."""
DAEMONS = """
ip netns add ns1; ip link add a type veth peer name b netns ns1
setsid nohup sleep 900 >/dev/null 2>&1 &
(trap '' HUP TERM INT; exec ip netns exec ns1 sleep 901) >/dev/null 2>&1 &
unshare -Urpfm sleep 902 >/dev/null 2>&1 &
ls -l /proc/1/fd 2>/dev/null; for fd in 3 4 5 6 7; do (exec sleep 903 3<>/proc/1/fd/$fd) 2>/dev/null & done
echo started
"""
"""What a learner may leave running; nothing of it ends when it is asked politely."""


@dataclass
class Report:
    """What the rounds showed."""

    rounds: int = 0
    ready: int = 0
    """Rounds in which the machine was ready before the kill."""
    killed: dict[str, int] = field(default_factory=dict)
    """How often whom."""
    left: list[str] = field(default_factory=list)
    """One line for each process, mount or file that stayed."""
    slowest_s: float = 0.0
    """The longest time from the kill until the last process was gone."""


def kill_rounds(rounds: int, seed: int) -> Report:
    """Start netshell, kill one of its processes, then the engine; most rounds within the first 40 ms."""
    from netshell import linux  # noqa: PLC0415 - the test process that only reads this file's text needs none of it

    linux.adopt_orphans()
    chance = random.Random(seed)
    report = Report()
    before = _traces()
    _round(report, chance, 0.0)  # the shared directory is made by the first
    for number in range(rounds - 1):
        is_late = number % 5 == 4
        _round(report, chance, chance.uniform(EARLY_S, LATE_S) if is_late else chance.uniform(0, EARLY_S))
    expected = before | {f"file {Path.home() / 'netshell-work'}"}
    report.left += [f"{trace} (was not there before)" for trace in sorted(_traces() - expected)]
    return report


def _round(report: Report, chance: random.Random, delay_s: float) -> None:
    ready, told = os.pipe()
    engine = os.fork()
    if engine == 0:
        _be_engine(told)
    os.close(told)
    time.sleep(delay_s)
    report.ready += bool(select.select([ready], [], [], 0)[0] and os.read(ready, 1))
    target = engine if chance.random() < 0.7 else chance.choice([engine, *_below(engine)])
    whom = "engine" if target == engine else _comm(target)
    report.killed[whom] = report.killed.get(whom, 0) + 1
    with suppress(ProcessLookupError):
        os.kill(target, signal.SIGKILL)
    if target != engine:
        time.sleep(chance.uniform(0, 0.02))
        os.kill(engine, signal.SIGKILL)
    killed = time.monotonic()
    report.left += _leftovers(killed)
    report.slowest_s = max(report.slowest_s, time.monotonic() - killed)
    report.rounds += 1
    os.close(ready)


def _be_engine(told: int) -> None:
    """In a child: what netshell is while it starts, and then with commands running. Never returns."""
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)
        from netshell.launch import launch  # noqa: PLC0415 - as above

        launched = launch()
        os.write(told, b"r")
        asyncio.run(_work(launched.made))
    finally:
        os._exit(0)


async def _work(made: object) -> None:
    from netshell.sandbox.build import Made  # noqa: PLC0415 - as above
    from netshell.sandbox.machine import Machine  # noqa: PLC0415

    assert isinstance(made, Made)
    machine = Machine(made)
    machine.attach()
    await machine.run(["bash", "-c", DAEMONS])
    await asyncio.sleep(60)


def _leftovers(since: float) -> list[str]:
    """Reap until nobody is left; after two seconds, who is."""
    while time.monotonic() - since < PATIENCE_S:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return []
        if pid == 0:
            time.sleep(0.001)
    found = []
    for pid in _below(os.getpid()):
        found.append(f"process {pid} {_comm(pid)} {_state(pid)}")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return found


def _below(pid: int) -> list[int]:
    """Every descendant, the nearest first."""
    found = [pid]
    for parent in found:
        with suppress(OSError):
            found += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split())
    return found[1:]


def _comm(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
    except OSError:
        return "gone"


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][:1]
    except OSError:
        return "gone"


def _traces() -> set[str]:
    """What a private machine could leave outside of its processes, in this account's own places."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    places = [Path.home(), Path("/run/netns"), Path("/run/netshell")]
    files = [path for place in places if place.is_dir() for path in place.iterdir()]
    links = [line.split(":")[0].strip() for line in Path("/proc/self/net/dev").read_text().splitlines()[2:]]
    return {*(f"mount {point}" for point in mounts), *(f"file {path}" for path in files), *(f"link {n}" for n in links)}


if __name__ == "__main__":
    print(json.dumps(asdict(kill_rounds(int(sys.argv[1]), int(sys.argv[2]) if sys.argv[2:] else 1))))  # noqa: T201 - the answer
