"""What was done, told to a learner, and to who looks after a class: from the records of one or of many."""

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pwd import getpwuid

from rich.console import Group, RenderableType
from rich.text import Text

from netshell.errors import ExitCode, UserError
from netshell.progress import AnswerRecord, LessonRecord, Progress, StepRecord, default_path
from netshell.render.step import notice
from netshell.render.table import Column, table

_MANY_ATTEMPTS = 3
"""So many verdicts that did not hold, in one step, are a stumble."""
_STUMBLES_SHOWN = 10
_DAY_S = 86400.0

Titles = Mapping[str, str]
"""What a step is called, by its slug."""


@dataclass(frozen=True, slots=True)
class LessonDone:
    """A learner's visit to one lesson."""

    record: LessonRecord
    steps: tuple[StepRecord, ...] = ()
    """As they were done; those that were not come last."""
    answers: Mapping[tuple[str, int], AnswerRecord] = field(default_factory=dict)
    """By the step's slug and the question's place in it."""

    @property
    def seconds(self) -> float:
        """Time spent on steps that were done."""
        return sum(step.seconds for step in self.steps)

    @property
    def right(self) -> tuple[int, int]:
        """How many answers were right, of how many that were decided."""
        decided = [answer.is_right for answer in self.answers.values() if answer.is_right is not None]
        return sum(decided), len(decided)


@dataclass(frozen=True, slots=True)
class Learner:
    """One learner's record."""

    name: str
    lessons: tuple[LessonDone, ...] = ()
    problem: str = ""
    """Why nothing is known of them; empty where something is."""

    @property
    def done(self) -> int:
        """Lessons that came to their end, once or more often."""
        return sum(lesson.record.times_done > 0 for lesson in self.lessons)

    @property
    def latest(self) -> LessonDone | None:
        """What was worked on last."""
        return max(self.lessons, key=lambda lesson: lesson.record.seen_at, default=None)

    @property
    def seconds(self) -> float:
        """Time spent on all of it."""
        return sum(lesson.seconds for lesson in self.lessons)


@dataclass(frozen=True, slots=True)
class Stumble:
    """A step at which learners needed help."""

    lesson: str
    slug: str
    learners: int
    """Who needed the solution, left it undone, or failed again and again."""
    tried: int
    """Who worked on it."""
    reason: str
    """Of the verdicts that did not hold the most frequent, as a check names it; or empty."""


def learner_of(progress: Progress, name: str = "") -> Learner:
    """What a record holds."""
    return Learner(
        name,
        tuple(
            LessonDone(record, _in_order(record.steps.values()), progress.answers(record.id))
            for record in progress.all()
        ),
    )


def _in_order(steps: Iterable[StepRecord]) -> tuple[StepRecord, ...]:
    return tuple(sorted(steps, key=lambda step: step.done_at if step.done_at is not None else math.inf))


def learner_at(place: Path) -> Learner:
    """The learner whose home directory, or whose file of progress, that is. The file stays as it is."""
    home = {"HOME": str(place.absolute())} if place.is_dir() else {}
    path = default_path(home) or place
    name = place.name if home else _owner(path)
    try:
        progress = Progress.read(path)
    except OSError as error:
        says = "has not begun" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
        return Learner(name, problem=says)
    with progress:
        return learner_of(progress, name)


def _owner(path: Path) -> str:
    try:
        return getpwuid(path.stat().st_uid).pw_name
    except (OSError, KeyError):
        return path.stem


def stumbles(learners: Iterable[Learner]) -> tuple[Stumble, ...]:
    """The steps at which learners needed help, those with the most first."""
    tried: Counter[tuple[str, str]] = Counter()
    helped: Counter[tuple[str, str]] = Counter()
    reasons: dict[tuple[str, str], Counter[str]] = {}
    for learner in learners:
        for lesson in learner.lessons:
            for step in lesson.steps:
                key = lesson.record.id, step.slug
                tried[key] += 1
                helped[key] += step.has_seen_solution or step.is_skipped or len(step.attempts) >= _MANY_ATTEMPTS
                reasons.setdefault(key, Counter()).update(filter(None, step.attempts))
    found = [
        Stumble(*key, count, tried[key], next((reason for reason, _ in reasons[key].most_common(1)), ""))
        for key, count in helped.items()
        if count
    ]
    return tuple(sorted(found, key=lambda one: (-one.learners, -one.learners / one.tried, one.lesson, one.slug)))


def as_json(learners: Sequence[Learner]) -> str:
    """All of it for programs: a JSON list with an object for each learner. Times are seconds since the epoch."""
    return json.dumps([_learner_data(learner) for learner in learners], ensure_ascii=False, indent=2) + "\n"


def _learner_data(learner: Learner) -> dict[str, object]:
    return {
        "learner": learner.name,
        "problem": learner.problem,
        "done": learner.done,
        "seconds": round(learner.seconds),
        "lessons": [
            {
                "id": lesson.record.id,
                "times_done": lesson.record.times_done,
                "step": lesson.record.slug,
                "started_at": lesson.record.started_at,
                "seen_at": lesson.record.seen_at,
                "done_at": lesson.record.done_at,
                "seconds": round(lesson.seconds),
                "steps": [
                    {
                        "step": step.slug,
                        "done_at": step.done_at,
                        "seconds": round(step.seconds),
                        "hints": step.hints,
                        "solution": step.has_seen_solution,
                        "skipped": step.is_skipped,
                        "attempts": list(step.attempts),
                    }
                    for step in lesson.steps
                ],
                "answers": [
                    {"step": slug, "question": place + 1, "said": answer.said, "right": answer.is_right}
                    for (slug, place), answer in lesson.answers.items()
                ],
            }
            for lesson in learner.lessons
        ],
    }


def own_report(learner: Learner, now: float | None = None) -> RenderableType:
    """A learner's lessons, one a line."""
    if not learner.lessons:
        return notice("Nothing was done yet. `netshell` begins the first lesson.")
    columns = (
        Column("lesson"), Column("when"), Column("steps", is_number=True), Column("time", is_number=True),
        Column("hints", is_number=True), Column("solutions", is_number=True), Column("skipped", is_number=True),
        Column("answers right", is_number=True),
    )  # fmt: skip
    return table(columns, [_lesson_row(lesson, now or time.time()) for lesson in learner.lessons])


def _lesson_row(lesson: LessonDone, now: float) -> tuple[str, ...]:
    record = lesson.record
    when = f"done {_ago(record.done_at, now)}" if record.done_at is not None else f"seen {_ago(record.seen_at, now)}"
    right, decided = lesson.right
    return (
        record.id,
        when,
        str(sum(step.done_at is not None for step in lesson.steps)),
        _spent(lesson.seconds),
        _count(sum(step.hints for step in lesson.steps)),
        _count(sum(step.has_seen_solution for step in lesson.steps)),
        _count(sum(step.is_skipped for step in lesson.steps)),
        f"{right} of {decided}" if decided else "",
    )


def lesson_report(lesson: LessonDone, titles: Titles) -> RenderableType:
    """The steps of one lesson, one a line."""
    columns = (
        Column("step"), Column("time", is_number=True), Column("hints", is_number=True), Column("solution"),
        Column("answers right", is_number=True), Column("what did not hold"),
    )  # fmt: skip
    return table(columns, [_step_row(step, lesson, titles) for step in lesson.steps])


def _step_row(step: StepRecord, lesson: LessonDone, titles: Titles) -> tuple[str, ...]:
    own = [answer.is_right for (slug, _), answer in lesson.answers.items() if slug == step.slug]
    decided = [is_right for is_right in own if is_right is not None]
    reasons = Counter(filter(None, step.attempts))
    return (
        titles.get(step.slug, step.slug),
        "skipped" if step.is_skipped else _spent(step.seconds) if step.done_at is not None else "",
        _count(step.hints),
        "seen" if step.has_seen_solution else "",
        f"{sum(decided)} of {len(decided)}" if decided else "",
        ", ".join(f"{reason} ({count})" if count > 1 else reason for reason, count in reasons.most_common()),
    )


def class_report(
    learners: Sequence[Learner], titles_of: Callable[[str], Titles], now: float | None = None
) -> RenderableType:
    """How far everybody is, and at which steps they needed help; `titles_of` a lesson names its steps."""
    columns = (
        Column("learner"), Column("done", is_number=True), Column("now at"), Column("time", is_number=True),
        Column("seen"),
    )  # fmt: skip
    parts: list[RenderableType] = [
        table(columns, [_learner_row(one, titles_of, now or time.time()) for one in learners])
    ]
    if found := stumbles(learners)[:_STUMBLES_SHOWN]:
        heads = (Column("lesson"), Column("step"), Column("learners", is_number=True), Column("what did not hold"))
        rows = [
            (one.lesson, titles_of(one.lesson).get(one.slug, one.slug), f"{one.learners} of {one.tried}", one.reason)
            for one in found
        ]
        parts += [Text(), notice("Where the solution was read, the step left, or failed three times:"), Text()]
        parts.append(table(heads, rows))
    return Group(*parts)


def _learner_row(learner: Learner, titles_of: Callable[[str], Titles], now: float) -> tuple[str, ...]:
    latest = learner.latest
    if latest is None:
        return learner.name, "", learner.problem or "has not begun", "", ""
    record = latest.record
    step = titles_of(record.id).get(record.slug, record.slug)
    where = f"{record.id}, done" if record.done_at is not None else f"{record.id}, {step}" if step else record.id
    return learner.name, str(learner.done), where, _spent(learner.seconds), _ago(record.seen_at, now)


def _count(number: int) -> str:
    return str(number) if number else ""


def _spent(seconds: float) -> str:
    """To the minute; hours from two on; empty for nothing."""
    minutes = max(1, round(seconds / 60)) if seconds else 0
    if not minutes:
        return ""
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:.1f} h"


def _ago(then: float | None, now: float) -> str:
    """To the day, as a person would say it."""
    if then is None:
        return ""
    days = int(now // _DAY_S - then // _DAY_S)
    if days <= 0:
        return "today"
    return "yesterday" if days == 1 else f"{days} days ago"


def not_begun(lesson: str) -> UserError:
    """For a report on a lesson that was never begun."""
    return UserError(f"The lesson {lesson} was not begun yet.", f"`netshell learn {lesson}` begins it.", ExitCode.USAGE)
