"""The questions of a lesson: which one waits for an answer, what was answered, and what came of a prediction.

It knows nothing of machines; it is given the evidence.
"""

from dataclasses import dataclass
from typing import NamedTuple

from netshell.checks import Evidence
from netshell.errors import UserError
from netshell.lesson.asks import Ask, Compared, fits, how, names_choice, take
from netshell.lesson.model import Lesson
from netshell.lesson.truths import Truth, read
from netshell.progress import Progress


class Asked(NamedTuple):
    """A question of the step, or a prediction from before it, as a learner's page shows it."""

    ask: Ask
    said: str
    """What was answered; empty for nothing yet."""
    is_earlier: bool = False
    """A prediction that was made in a step before this one, and is not decided yet."""
    found: str = ""
    """What is so, where it has been told in this visit; else empty."""


@dataclass(slots=True)
class _Due:
    """A question that may be answered or decided in the step that the learner stands in."""

    ask: Ask
    slug: str
    place: int
    is_earlier: bool
    is_last: bool
    """It is decided in this step at the latest."""
    has_task: bool
    """There is something to do in this step."""
    said: str = ""
    is_over: bool = False
    """It has been told what is so."""
    found: str = ""
    """What was told."""
    was_reminded: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """The step's name, and the question's place in it."""
        return self.slug, self.place

    @property
    def is_open(self) -> bool:
        """It waits for an answer."""
        return not (self.is_earlier or self.is_over or self.said)


class Asking:
    """Everything that is asked in one lesson, at the step that the learner stands in."""

    def __init__(self, lesson: Lesson, progress: Progress) -> None:
        self._lesson = lesson
        self._progress = progress
        self._due: list[_Due] = []

    def enter(self, index: int) -> None:
        """The learner stands in a step now. What was answered in this visit is known still."""
        before = {due.key: due for due in self._due}
        steps = self._lesson.steps
        asks = [(i, n, ask) for i, step in enumerate(steps[: index + 1]) for n, ask in enumerate(step.asks)]
        self._due = [
            _Due(
                ask,
                steps[i].slug,
                n,
                is_earlier=i < index,
                is_last=not ask.is_prediction or self._decides(i) == index,
                has_task=bool(steps[index].do),
            )
            for i, n, ask in asks
            if i == index or (ask.is_prediction and self._decides(i) >= index)
        ]
        answers = self._progress.answers(self._lesson.id) if self._due else {}
        for due in self._due:
            if (record := answers.get(due.key)) is not None:
                due.said, due.is_over = record.said, record.is_right is not None
            elif due.is_earlier and due.key in before:
                due.is_over = before[due.key].is_over
            if due.is_over and due.key in before:
                due.found = before[due.key].found

    def _decides(self, index: int) -> int:
        """The step in which a prediction is decided at the latest: the next one in which something is done."""
        later = range(index, len(self._lesson.steps))
        return next((i for i in later if self._lesson.steps[i].do), index)

    def shown(self) -> tuple[Asked, ...]:
        """What a page shows: earlier predictions that still stand, the step's answered questions, and the next."""
        waiting = self.waiting
        return tuple(
            Asked(due.ask, due.said, due.is_earlier, due.found)
            for due in self._due
            if ((due.said or due.found) and not (due.is_earlier and due.is_over)) or due.ask is waiting
        )

    @property
    def waiting(self) -> Ask | None:
        """The question that waits for an answer."""
        due = self._first_open()
        return due.ask if due else None

    def _first_open(self) -> _Due | None:
        return next((due for due in self._due if due.is_open), None)

    def is_answer(self, line: str) -> bool:
        """Whether a line at a prompt is nothing but the name of one of the choices that stand, or stood last."""
        due = self._first_open() or self._last()
        return due is not None and names_choice(due.ask, line)

    def _last(self) -> _Due | None:
        """Of the step's own questions that are answered, or decided, the last."""
        return next((due for due in reversed(self._due) if not due.is_earlier and not due.is_open), None)

    def reminder(self, *, is_done: bool, has_acted: bool) -> str:
        """What still waits for an answer, said once; empty where nothing.

        A question about what is done comes after it; a prediction comes too late once it was tried.
        """
        due = self._first_open()
        if due is None or due.was_reminded or not (is_done or due.ask.is_prediction):
            return ""
        if due.ask.is_prediction and due.is_last and due.has_task and has_acted:
            return ""
        due.was_reminded = True
        return f"What do you think? A guess is fine. {how(due.ask)} Enter once more goes on without."

    def answer(self, typed: str, evidence: Evidence, *, is_settled: bool) -> Compared:
        """Take an answer. Raises UserError where there is no question, or it is no answer to it."""
        kept = [due for due in self._due if due.said and not (due.is_over or due.is_earlier)]
        due = self._first_open() or next(reversed(kept), None)
        if due is None:
            raise self._nothing_to_answer()
        due.said = take(due.ask, typed)
        self._progress.answer(self._lesson.id, due.slug, due.place, due.said)
        if due.ask.is_prediction:
            return Compared(due.ask, due.said)
        truth = self._truth(due, evidence, is_settled=is_settled)
        return Compared(due.ask, due.said) if truth is None else self._tell(due, truth)

    def _nothing_to_answer(self) -> UserError:
        if last := self._last():
            says = f"You have answered this already: {last.said}" if last.said else "This is decided already."
            return UserError(says, "`:task` shows the question, and what is so.")
        return UserError("Nothing is asked here.", "`:task` shows what this step is about.")

    def look(self, evidence: Evidence, *, is_settled: bool) -> tuple[Compared, ...]:
        """What has been decided by now, and was not told yet. `is_settled`: the step has had what was to happen."""
        found = []
        for due in self._due:
            if due.is_over or not (due.said or due.ask.is_prediction):
                continue
            truth = self._truth(due, evidence, is_settled=is_settled)
            if truth is not None:
                found.append(self._tell(due, truth))
        return tuple(found)

    def _truth(self, due: _Due, evidence: Evidence, *, is_settled: bool) -> Truth | None:
        """What is so; None while a prediction's step is not done: what has crossed so far may have been a slip."""
        is_settled = due.is_last and (is_settled or not (due.has_task or due.ask.is_prediction))
        if due.ask.is_prediction and not is_settled:
            return None
        return read(due.ask, evidence, is_settled=is_settled)

    def _tell(self, due: _Due, truth: Truth) -> Compared:
        due.is_over = True
        is_right = fits(due.ask, due.said, truth.accepted) if due.said and truth.accepted else None
        if is_right is not None:
            self._progress.answer(self._lesson.id, due.slug, due.place, due.said, is_right=is_right)
        due.found = _in_words(truth, is_right=is_right)
        return Compared(due.ask, due.said, due.found, is_right)

    def unread(self, evidence: Evidence) -> tuple[Ask, ...]:
        """The questions to be decided in this step for which neither the wire nor the machine has an answer."""
        due = [due for due in self._due if due.is_last]
        truths = [(one.ask, read(one.ask, evidence, is_settled=True)) for one in due]
        return tuple(ask for ask, truth in truths if truth is None or not truth.accepted)


def _in_words(truth: Truth, *, is_right: bool | None) -> str:
    """What was observed; before it what is right, where the observation does not say so in its words."""
    right = next(iter(truth.accepted), "")
    if is_right or not right or (right in truth.says and not right.isdecimal()):
        return truth.says or "So it is."
    return f"It is: {right}. {truth.says}".rstrip()
