"""Which proofs follow each other on one machine: where a step was solved, the next begins, and nothing is made anew."""

from collections import defaultdict
from collections.abc import Iterable

from netshell.author.trial import Task
from netshell.lesson.model import Lesson

_IN_A_ROW = 3
"""So many steps at most: what is shared out among machines must not become too long."""


def rows(lesson: Lesson) -> list[tuple[int, ...]]:
    """The places of a lesson's steps, those together whose proofs may follow each other."""
    places = range(len(lesson.steps))
    return [tuple(places[start : start + _IN_A_ROW]) for start in range(0, len(places), _IN_A_ROW)]


def chains(ways: Iterable[Task]) -> list[list[Task]]:
    """Ways to play the steps of a row: the first of each step one after the other, then the second ones, and so on.

    Those that end elsewhere than at the next step's beginning are chains of their own.
    """
    following: defaultdict[int, list[Task]] = defaultdict(list)
    alone: list[list[Task]] = []
    counts: defaultdict[int, int] = defaultdict(int)
    for task in ways:
        if _ends_elsewhere(task):
            alone.append([task])
        else:
            following[counts[task.index]].append(task)
            counts[task.index] += 1
    return [*following.values(), *alone]


def _ends_elsewhere(task: Task) -> bool:
    """A solution that was changed, or one of the faults of a ticket."""
    return (task.way is not None and task.way.is_changed) or bool(task.lesson.steps[task.index].tickets)
