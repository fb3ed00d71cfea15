"""What a proof is asked and finds: a task, one trial for each thing that was tried, and the result of a step."""

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from netshell.lesson.model import Lesson

Kind: TypeAlias = Literal[
    "keep", "before", "solution", "also", "mistake", "after", "needed", "swap", "judged", "hint", "asked", "played"
]
"""What is tried; `KINDS` says it in a sentence."""

KINDS: dict[Kind, str] = {
    "keep": "what must stay true holds as the step begins",
    "before": "the checks fail before the solution",
    "solution": "the solution passes",
    "also": "another solution passes",
    "mistake": "a mistake is told in its own words",
    "after": "after a mistake the solution passes",
    "needed": "without this line some check fails",
    "swap": "with another address or node some check fails",
    "judged": "something judges the solution",
    "hint": "a hint does not give the solution away",
    "asked": "what is asked has an answer",
    "played": "the step is played to its end",
}

MUTATIONS: frozenset[Kind] = frozenset({"needed", "swap"})
"""A solution changed in one place, which the lesson's checks should notice."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something about a lesson that is not as the format promises."""

    line: int
    """In the lesson's file, counted from 1."""
    says: str
    is_warning: bool = False
    """The lesson can be used as it is, but its author should know."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One thing that was tried."""

    kind: Kind
    line: int
    """What it is about, in the lesson's file."""
    fault: Fault | None = None
    seconds: float = 0.0

    @property
    def holds(self) -> bool:
        """It is as it should be."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class Played:
    """How a step's solution went, which tells how long to wait where something may be wrong."""

    is_right: bool = False
    seconds: float = 0.0
    """What it took in all."""
    slowest_s: float = 0.0
    """The longest time that one of its commands took."""
    effect_s: float = 0.0
    """How long after the last of them its checks held."""


@dataclass(frozen=True, slots=True)
class Way:
    """Something else than its solution that is played in a step."""

    kind: Literal["also", "mistake", "needed", "swap"]
    number: int
    """Its place among those of its kind, counted from 0; of `needed`, the place of the line that is left out."""

    @property
    def is_changed(self) -> bool:
        """It is the solution with something wrong in it."""
        return self.kind in MUTATIONS


@dataclass(frozen=True, slots=True)
class Task:
    """One step of one lesson, whose values are filled in: its solution to be played, or another way."""

    lesson: Lesson
    index: int
    """The step's place, counted from 0."""
    ticket: int = 0
    """Of a ticket: the place of the fault that is tried, whichever the seed has drawn."""
    timeout_s: float = 15.0
    """So long a line may take, and the checks to hold after the last."""
    is_mutated: bool = False
    """Whether solutions are also tried with another address or node."""
    is_thorough: bool = True
    """Whether that is tried too which does not hang on addresses: to go on after a mistake, to leave out a line."""
    way: Way | None = None
    """None: the solution."""
    played: Played = Played()
    """For a way: how the solution went."""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found of one step, or of one way to play it."""

    number: int
    """The step's place, counted from 1."""
    title: str
    line: int
    """Of its heading."""
    trials: tuple[Trial, ...]
    seconds: float
    """What it took, on however many machines."""
    is_stuck: bool = False
    """The step could not be played to its end, so the steps after it were not tried."""
    played: Played = Played()
    """Where it was the solution that was tried: how it went."""
    ways: tuple[Way, ...] = ()
    """What is to be tried besides, now that this is known."""

    def __add__(self, more: "Result") -> "Result":
        """With what was found by trying something else in the same step."""
        is_stuck = self.is_stuck or more.is_stuck
        trials, seconds = (*self.trials, *more.trials), self.seconds + more.seconds
        return replace(self, trials=trials, seconds=seconds, is_stuck=is_stuck)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What makes the proof fail."""
        return tuple(trial.fault for trial in self.trials if trial.fault and not trial.fault.is_warning)

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """What does not."""
        return tuple(trial.fault for trial in self.trials if trial.fault and trial.fault.is_warning)

    @property
    def proved(self) -> int:
        """How many things were tried and held."""
        return sum(trial.holds for trial in self.trials)
