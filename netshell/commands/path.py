"""The way through the lessons: what is done, what comes next, and how long the rest may take."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from netshell.lesson.library import Entry
from netshell.progress import Progress


@dataclass(frozen=True, slots=True)
class Standing:
    """One lesson, and how far a learner is in it."""

    entry: Entry
    step: int | None = None
    """The step of the present visit, counted from 1; None where the lesson was never begun, or came to its end."""
    is_done: bool = False
    """It was done once, also where a later visit stands somewhere in the middle."""
    is_next: bool = False
    """It is what `netshell` alone goes on with."""

    @property
    def where(self) -> str:
        """How far the learner is: empty where the lesson was never begun."""
        if self.step is None:
            return "done" if self.is_done else ""
        return f"at step {self.step} of {self.entry.steps}" if self.entry.steps else f"at step {self.step}"

    @property
    def minutes_left(self) -> float:
        """What remains of the author's estimate; nothing of a lesson that was done."""
        if self.is_done:
            return 0.0
        done = (self.step or 1) - 1
        return self.entry.minutes * max(0.0, 1 - done / self.entry.steps) if self.entry.steps else self.entry.minutes


def following(names: Collection[str], progress: Progress) -> str:
    """Of the lessons in their order: the one that was left last, else the first never done; empty if all are done."""
    records = {record.id: record for record in progress.all()}
    last = progress.last_lesson()
    if last in names and last in records and records[last].done_at is None:
        return last
    return next((name for name in names if name not in records or not records[name].times_done), "")


def standings(entries: Iterable[Entry], progress: Progress) -> tuple[Standing, ...]:
    """Each lesson in its order."""
    entries = tuple(entries)
    records = {record.id: record for record in progress.all()}
    coming = following([entry.id for entry in entries], progress)

    def standing(entry: Entry) -> Standing:
        record = records.get(entry.id)
        if record is None:
            return Standing(entry, is_next=entry.id == coming)
        step = record.index + 1 if record.done_at is None else None
        return Standing(entry, step, is_done=record.times_done > 0, is_next=entry.id == coming)

    return tuple(standing(entry) for entry in entries)


def missing_needs(needs: Collection[str], names: Collection[str], progress: Progress) -> tuple[str, ...]:
    """Of the lessons that one builds on: those that were never done, in the order of the path."""
    done = {record.id for record in progress.all() if record.times_done}
    return tuple(name for name in names if name in needs and name not in done)


def summary(all_of_them: Sequence[Standing]) -> str:
    """How much is done, and about how long the rest takes: one sentence."""
    done = sum(one.is_done for one in all_of_them)
    left = sum(one.minutes_left for one in all_of_them)
    count = f"{done} of {len(all_of_them)} lessons done"
    return f"{count}; about {_duration(left)} to go." if left else f"{count}."


def _duration(minutes: float) -> str:
    """To five minutes; hours from a hundred on."""
    rounded = max(5, 5 * round(minutes / 5))
    if rounded < 100:
        return f"{rounded} minutes"
    hours = round(rounded / 30) / 2
    return f"{hours:g} hours"
