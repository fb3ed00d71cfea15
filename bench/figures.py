"""What is measured and what comes of it: figures with their targets, and the samples of subject and references.

It knows nothing of netshell.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Protocol

SUBJECT = "netshell"
"""The name of the subject's samples; every other name is a reference's."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the median has to reach: at most `limit`; with `over`, at most so much above that reference's median."""

    limit: float
    over: str = ""
    is_factor: bool = field(default=False, kw_only=True)
    """The limit multiplies the reference instead of being added to it."""

    def bound(self, references: Mapping[str, Sequence[float]]) -> float:
        """The most that the subject's median may be."""
        if not self.over:
            return self.limit
        base = median(references[self.over])
        return base * self.limit if self.is_factor else base + self.limit

    def words(self, unit: str) -> str:
        """For the table: `≤ 300 ms`, `≤ 1 ms over plain bash`."""
        if self.is_factor:
            return f"≤ {self.limit:g} of {self.over}"
        limit = f"≤ {self.limit:g}" + (f" {unit}" if unit else "")
        return f"{limit} over {self.over}" if self.over else limit


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing to measure."""

    name: str
    unit: str
    """`ms`, `s`, `MB` (a million bytes), or empty for a count."""
    references: tuple[str, ...] = ()
    target: Target | None = None


@dataclass(slots=True)
class Results:
    """What a group measured: figure to the samples of the subject and of each reference."""

    samples: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What a reader should know beside the numbers."""

    def add(self, figure: str, name: str, value: float) -> None:
        """One more sample."""
        self.samples.setdefault(figure, {}).setdefault(name, []).append(value)


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its samples, as it is reported."""

    group: str
    figure: Figure
    samples: Mapping[str, Sequence[float]]

    @property
    def is_met(self) -> bool | None:
        """Whether the median reaches the target; None where there is none, or nothing to hold it against."""
        target = self.figure.target
        if target is None or (target.over and target.over not in self.samples):
            return None
        return median(self.samples[SUBJECT]) <= target.bound(self.samples)


@dataclass(frozen=True, slots=True)
class Stage:
    """Under whom and how thoroughly things are measured."""

    home: Path
    python: Path
    environ: Mapping[str, str]
    is_quick: bool
    kill_rounds: int
    prefix: tuple[str, ...] = ()
    """What stands before a command so that it runs under the account; empty for one's own."""

    def netshell(self, *arguments: str) -> list[str]:
        """The argv that starts netshell under the account."""
        return [*self.prefix, str(self.python), "-m", "netshell", *arguments]

    def rounds(self, most: int, quick: int) -> int:
        """How often to measure."""
        return quick if self.is_quick else most


class Group(Protocol):
    """A module that measures some figures."""

    FIGURES: tuple[Figure, ...]

    @staticmethod
    def measure(stage: Stage) -> Results:
        """Measure all of them."""


def take_turns(rounds: int, samplers: Mapping[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Samples of each, taken in turns (A B C A B C …), so that a busy moment hits all alike; one round to warm up."""
    found: dict[str, list[float]] = {name: [] for name in samplers}
    for number in range(rounds + 1):
        for name, sample in samplers.items():
            value = sample()
            if number:
                found[name].append(value)
    return found


def spawned_ms(argv: Sequence[str], stage: Stage) -> float:
    """A program from exec to exit, without a terminal; milliseconds. Raises RuntimeError where it fails."""
    null = os.open(os.devnull, os.O_RDWR)
    begun = time.perf_counter()
    actions = [(os.POSIX_SPAWN_DUP2, null, fd) for fd in range(2)]
    pid = os.posix_spawnp(argv[0], list(argv), stage.environ, file_actions=actions)
    _, status = os.waitpid(pid, 0)
    taken = time.perf_counter() - begun
    os.close(null)
    if status:
        raise RuntimeError(f"{' '.join(argv)} ended with {os.waitstatus_to_exitcode(status)}.")
    return taken * 1e3


def tree(pid: int) -> Iterator[int]:
    """A process and all below it."""
    yield pid
    with contextlib.suppress(OSError):  # it has ended meanwhile
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split():
            yield from tree(int(child))
