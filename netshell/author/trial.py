"""What a proof finds: one trial for each thing that was tried, and the result of a step."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

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
class Result:
    """What was found of one step."""

    number: int
    """The step's place, counted from 1."""
    title: str
    line: int
    """Of its heading."""
    trials: tuple[Trial, ...]
    seconds: float
    is_stuck: bool = False
    """The step could not be played to its end, so the steps after it were not tried."""

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
