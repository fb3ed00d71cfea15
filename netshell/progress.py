"""The learner's record: which lessons were begun, how far, with how much help, in one SQLite file.

It knows nothing of lessons' contents; a lesson and a step are names to it.
"""

import contextlib
import secrets
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from netshell.progress_file import (
    DamageError,
    Statement,
    Value,
    connect,
    copy_rows,
    create,
    is_damage,
    locked,
    move_aside,
    open_file,
    run,
    salvage,
    words,
)

_REASON_LIMIT = 2000
_DAY_S = 86400


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What a learner did at one step."""

    slug: str
    attempts: tuple[str, ...] = ()
    """The reason of each verdict that did not hold, in order."""
    hints: int = 0
    has_seen_solution: bool = False
    is_skipped: bool = False
    """Left without having been done."""
    seconds: float = 0.0
    """Time spent on it, summed over all tries."""
    done_at: float | None = None
    """Seconds since the epoch, of the first time."""


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """What a learner answered to a question of a step."""

    said: str
    is_right: bool | None = None
    """None while nothing has decided it."""


@dataclass(frozen=True, slots=True)
class SkillRecord:
    """How often a learner has practised something, in any lesson."""

    times: int
    is_known: bool
    """Done twice without help, with other values and on another day."""


@dataclass(frozen=True, slots=True)
class LessonRecord:
    """A learner's latest visit to one lesson. Times are seconds since the epoch."""

    id: str
    seed: int
    """The same until the lesson is done or restarted."""
    slug: str
    """The step to go on at; empty before the first."""
    index: int
    """That step's place, counted from 0: a help where the lesson has changed and the slug is gone."""
    started_at: float
    seen_at: float
    done_at: float | None
    times_done: int
    """How many visits, this one included, came to the end."""
    steps: Mapping[str, StepRecord] = field(default_factory=dict)


def default_path(environ: Mapping[str, str]) -> Path | None:
    """Where the record lives by the XDG base directory specification; None where the account has no home.

    A relative `XDG_STATE_HOME` counts as not set, as the specification says.
    """
    for root in (Path(environ.get("XDG_STATE_HOME", "")), Path(environ.get("HOME", ""), ".local/state")):
        if root.is_absolute():
            return root / "netshell" / "progress.db"
    return None


class Progress:
    """The store. What a call changes is with the kernel when it returns, so a killed netshell loses nothing.

    Where the file cannot be written the record lives in memory, `take_notice` says so once, and every later call tries
    to save again. No call raises for what a disk does. Not for several threads, nor across a fork.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._notice = ""
        self._file: sqlite3.Connection | None = None
        self._memory: sqlite3.Connection | None = None
        self._pending: list[Statement] = []
        self._begun: dict[str, Statement] = {}

    @classmethod
    def open(cls, path: Path | None, clock: Callable[[], float] = time.time) -> Self:
        """The record at `path`, made where there is none; a damaged one is moved aside. None keeps it in memory."""
        progress = cls(path, clock)
        try:
            if path is None:
                progress._fall_back("there is no home directory (HOME is not set).")
            else:
                progress._file = open_file(path)
        except (OSError, sqlite3.Error, DamageError) as error:
            progress._recover(error)
        return progress

    @classmethod
    def read(cls, path: Path, clock: Callable[[], float] = time.time) -> Self:
        """A copy in memory of somebody's record, whose file stays as it is. Raises OSError where it cannot be read."""
        with path.open("rb"):
            pass  # a database library says less of what is in the way
        progress = cls(None, clock)
        memory = connect(":memory:")
        create(memory)
        salvage(path, memory)
        progress._memory = memory
        return progress

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file, after a last try to write what could not be written before."""
        if self._pending:
            with contextlib.suppress(OSError, sqlite3.Error, DamageError):
                self._flush()
        for connection in (self._file, self._memory):
            if connection is not None:
                with contextlib.suppress(sqlite3.Error):
                    connection.close()
        self._file = self._memory = None

    def take_notice(self) -> str:
        """What a learner should be told about the store, each thing once; empty where there is nothing."""
        notice, self._notice = self._notice, ""
        return notice

    def lesson(self, lesson: str) -> LessonRecord | None:
        """The learner's visit to a lesson: the one begun here, else the latest; None where it was never begun."""
        visit = self._visit(lesson)
        rows = self._query(
            "SELECT lesson, seed, slug, place, started_at, seen_at, done_at, "
            "(SELECT count(*) FROM visit v WHERE v.lesson = visit.lesson AND v.done_at IS NOT NULL) "
            "FROM visit WHERE id = :visit",
            visit=visit,
        )
        if not rows:
            return None
        _, seed, slug, place, started, seen, done, times = rows[0]
        return LessonRecord(
            lesson, _seed(seed), str(slug), int(_number(place)), _number(started), _number(seen),
            None if done is None else _number(done), int(_number(times)), self._steps(visit),
        )  # fmt: skip

    def all(self) -> tuple[LessonRecord, ...]:
        """The visit to each lesson, in the order in which they were first begun."""
        rows = self._query("SELECT lesson FROM visit GROUP BY lesson ORDER BY min(rowid)")
        return tuple(record for row in rows if (record := self.lesson(str(row[0]))) is not None)

    def last_lesson(self) -> str | None:
        """The lesson that was worked on last; None on a first start."""
        rows = self._query("SELECT lesson FROM visit ORDER BY seen_at DESC, rowid DESC LIMIT 1")
        return str(rows[0][0]) if rows else None

    def begin(self, lesson: str, seed: int) -> LessonRecord:
        """Go on with the visit that is not done yet, with *its* seed; else a new visit with this seed."""
        record = self.lesson(lesson)
        if record is None or record.done_at is not None:
            return self.restart(lesson, seed)
        self._begun[lesson] = _visit_statement(self._visit(lesson), lesson, record.seed, record.started_at)
        self._write(lesson)
        return self.lesson(lesson) or record

    def restart(self, lesson: str, seed: int) -> LessonRecord:
        """A new visit from the first step; what was done before stays in the file."""
        now = self._clock()
        self._begun[lesson] = _visit_statement(secrets.token_hex(8), lesson, seed, now)
        self._write(lesson, self._begun[lesson])
        return self.lesson(lesson) or LessonRecord(lesson, seed, "", 0, now, now, None, 0)

    def reach(self, lesson: str, slug: str, index: int) -> None:
        """The learner stands at this step now; `index` counts from 0."""
        where: Mapping[str, Value] = {"slug": _clean(slug), "place": index}
        self._write(lesson, ("UPDATE visit SET slug = :slug, place = :place WHERE id = :visit", where))

    def record_attempt(self, lesson: str, slug: str, reason: str) -> None:
        """A verdict that did not hold, by its reason."""
        row: Mapping[str, Value] = {"slug": _clean(slug), "reason": _clean(reason)[:_REASON_LIMIT], "at": self._clock()}
        self._write(lesson, ("INSERT INTO attempt (visit, slug, reason, at) VALUES (:visit, :slug, :reason, :at)", row))

    def take_hint(self, lesson: str, slug: str) -> None:
        """One more hint was read."""
        self._write_step(lesson, slug, "hints = hints + 1")

    def see_solution(self, lesson: str, slug: str) -> None:
        """The worked solution was read."""
        self._write_step(lesson, slug, "solution = 1")

    def skip_step(self, lesson: str, slug: str) -> None:
        """The step was left undone. One that is done already stays done."""
        self._write_step(lesson, slug, "skipped = done_at IS NULL")

    def finish_step(self, lesson: str, slug: str, seconds: float = 0.0) -> None:
        """The step's checks hold; `seconds` of work are added to those before. A skip before is forgotten."""
        change = "done_at = coalesce(done_at, :now), skipped = 0, seconds = seconds + :seconds"
        self._write_step(lesson, slug, change, seconds=max(seconds, 0.0))

    def practise(self, lesson: str, slug: str, skills: Iterable[str], *, is_unaided: bool) -> None:
        """A step that practises these skills was done. What counts is the first time in a visit."""
        columns, values = "visit, slug, skill, unaided, at", ":visit, :slug, :skill, :unaided, :at"
        for skill in skills:
            row: Mapping[str, Value] = {
                "slug": _clean(slug), "skill": _clean(skill), "unaided": int(is_unaided), "at": self._clock(),
            }  # fmt: skip
            self._write(lesson, (f"INSERT OR IGNORE INTO practice ({columns}) VALUES ({values})", row))  # noqa: S608 - names of our own

    def skills(self) -> Mapping[str, SkillRecord]:
        """Every skill that was practised."""
        rows = self._query("SELECT skill, unaided, practice.at, seed FROM practice JOIN visit ON visit.id = visit")
        times: Counter[str] = Counter()
        unaided: dict[str, set[tuple[str, int]]] = {}
        for skill, is_unaided, at, seed in rows:
            times[str(skill)] += 1
            if is_unaided:
                unaided.setdefault(str(skill), set()).add((str(seed), int(_number(at) // _DAY_S)))
        return {
            skill: SkillRecord(count, is_known=_are_apart(unaided.get(skill, set()))) for skill, count in times.items()
        }

    def answer(self, lesson: str, slug: str, place: int, said: str, *, is_right: bool | None = None) -> None:
        """An answer to the question at that place (from 0) in a step; it takes the place of one given before."""
        row: Mapping[str, Value] = {
            "slug": _clean(slug), "place": place, "said": _clean(said)[:_REASON_LIMIT],
            "is_right": None if is_right is None else int(is_right), "at": self._clock(),
        }  # fmt: skip
        columns = "visit, slug, place, said, is_right, at"
        values = ":visit, :slug, :place, :said, :is_right, :at"
        self._write(lesson, (f"INSERT OR REPLACE INTO answer ({columns}) VALUES ({values})", row))  # noqa: S608 - names of our own

    def answers(self, lesson: str) -> Mapping[tuple[str, int], AnswerRecord]:
        """What was answered in this visit, by the step and the question's place in it."""
        rows = self._query(
            "SELECT slug, place, said, is_right FROM answer WHERE visit = :visit", visit=self._visit(lesson)
        )
        return {
            (str(slug), int(_number(place))): AnswerRecord(str(said), None if right is None else bool(right))
            for slug, place, said, right in rows
        }

    def finish_lesson(self, lesson: str) -> None:
        """The last step is done; the next `begin` takes a new seed."""
        now = {"now": self._clock()}
        self._write(lesson, ("UPDATE visit SET done_at = coalesce(done_at, :now) WHERE id = :visit", now))

    def _visit(self, lesson: str) -> str:
        """The key of the visit that calls are about; empty where there is none."""
        if lesson in self._begun:
            return str(self._begun[lesson][1]["visit"])
        rows = self._query(
            "SELECT id FROM visit WHERE lesson = :lesson ORDER BY rowid DESC LIMIT 1", lesson=_clean(lesson)
        )
        return str(rows[0][0]) if rows else ""

    def _steps(self, visit: str) -> dict[str, StepRecord]:
        tried = self._query("SELECT slug, reason FROM attempt WHERE visit = :visit ORDER BY rowid", visit=visit)
        attempts: dict[str, list[str]] = {}
        for slug, reason in tried:
            attempts.setdefault(str(slug), []).append(str(reason))
        steps = {slug: StepRecord(slug, tuple(reasons)) for slug, reasons in attempts.items()}
        rows = self._query(
            "SELECT slug, hints, solution, skipped, seconds, done_at FROM step WHERE visit = :visit ORDER BY rowid",
            visit=visit,
        )
        for slug, hints, solution, skipped, seconds, done in rows:
            steps[str(slug)] = StepRecord(
                str(slug), tuple(attempts.get(str(slug), ())), int(_number(hints)), bool(solution), bool(skipped),
                _number(seconds), None if done is None else _number(done),
            )  # fmt: skip
        return steps

    def _query(self, sql: str, **parameters: Value) -> list[tuple[Any, ...]]:
        """The rows, from the connection that knows everything; what was saved, where the file became unreadable."""
        for _ in range(2):
            connection = self._memory or self._file
            if connection is None:
                raise ValueError("the record is closed")
            try:
                return connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                self._recover(error)
        return []

    def _write_step(self, lesson: str, slug: str, change: str, **values: Value) -> None:
        parameters = {"slug": _clean(slug), "now": self._clock(), **values}
        self._write(
            lesson,
            ("INSERT OR IGNORE INTO step (visit, slug) VALUES (:visit, :slug)", parameters),
            (f"UPDATE step SET {change} WHERE visit = :visit AND slug = :slug", parameters),  # noqa: S608 - `change` is a constant above
        )

    def _write(self, lesson: str, *statements: Statement) -> None:
        """Apply statements to the visit that calls are about, which also counts as seen now."""
        seen: Statement = ("UPDATE visit SET seen_at = :now WHERE id = :visit", {"now": self._clock()})
        key = {"visit": self._visit(lesson)}
        todo = [(sql, {**parameters, **key}) for sql, parameters in (*statements, seen)]
        if self._path is not None:
            self._pending += todo
            try:
                self._flush()
            except (OSError, sqlite3.Error, DamageError) as error:
                if self._memory is None:
                    self._recover(error)
            else:
                if self._memory is not None:
                    self._memory.close()
                    self._memory = None
                    self._notice = "Your progress is saved again."
                return
        if self._memory is not None:
            run(self._memory, todo)

    def _flush(self) -> None:
        """Write everything that waits, in one transaction."""
        if self._path is None:
            return
        if self._file is None:
            self._file = open_file(self._path)
        run(self._file, self._pending)
        self._pending.clear()

    def _recover(self, error: Exception) -> None:
        """Go on after a failure: a damaged file is replaced, for every other reason the record moves to memory."""
        if self._path is None or not is_damage(error):
            self._fall_back(words(error, self._path))
            return
        if self._file is not None:
            self._file.close()
            self._file = None
        try:
            with locked(self._path.parent):
                self._replace(self._path)
            self._flush()
        except (OSError, sqlite3.Error, DamageError) as failure:
            self._fall_back(f"{self._path} is damaged, and cannot be replaced: {failure}.")

    def _replace(self, path: Path) -> None:
        """Move the file aside and begin a new one, with every row that can still be read.

        To be called under the lock: it looks once more, since another netshell may have replaced the file meanwhile.
        """
        try:
            self._file = open_file(path)
        except (sqlite3.Error, DamageError) as error:
            if not is_damage(error):
                raise
            what = str(error) if isinstance(error, DamageError) else "is damaged"
        else:
            return
        aside = move_aside(path, time.localtime(self._clock()))
        self._file = open_file(path)
        salvage(aside, self._file)
        run(self._file, list(self._begun.values()))
        kept = self._file.execute("SELECT count(DISTINCT lesson) FROM visit").fetchone()[0]
        rest = f"Lessons in it that could be read, and are kept: {kept}." if kept else ""
        self._notice = f"Your progress file {what}. It is set aside as {aside}, and a new one is begun. {rest}".rstrip()

    def _fall_back(self, why: str) -> None:
        """Go on in memory, with everything that the file still tells."""
        memory = connect(":memory:")
        create(memory)
        if self._file is not None:
            copy_rows(self._file, memory)
        elif self._path is not None:
            salvage(self._path, memory)
        run(memory, list(self._begun.values()))
        self._memory = memory
        self._notice = (
            f"Your progress cannot be saved: {why} "
            "You can go on; what you do now is forgotten when netshell ends, unless saving works again before."
        )


def _visit_statement(visit: str, lesson: str, seed: int, now: float) -> Statement:
    columns = "id, lesson, seed, started_at, seen_at"
    return (
        f"INSERT OR IGNORE INTO visit ({columns}) VALUES (:visit, :lesson, :seed, :now, :now)",  # noqa: S608 - names of our own
        {"visit": visit, "lesson": _clean(lesson), "seed": str(seed), "now": now},
    )


def _clean(text: str) -> str:
    """Text that SQLite takes: bytes of a terminal that are no UTF-8 (lone surrogates here) become question marks."""
    return text.encode(errors="replace").decode()


def _number(value: object) -> float:
    """A number of the file; 0 where a damaged one holds something else."""
    return float(value) if isinstance(value, int | float) else 0.0


def _seed(value: object) -> int:
    """A seed of the file, kept as text so that no size is too large; 0 where a damaged file holds something else."""
    text = str(value)
    return int(text) if text.removeprefix("-").isdecimal() and len(text) < 1000 else 0


def _are_apart(done: Iterable[tuple[str, int]]) -> bool:
    """Whether two of the successes differ both in their seed and in their day."""
    pairs = list(done)
    return any(one[0] != other[0] and one[1] != other[1] for one in pairs for other in pairs)
