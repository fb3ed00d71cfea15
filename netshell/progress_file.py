"""The SQLite file of the learner's record: made, opened, checked, moved aside where it is damaged.

It knows nothing of what the rows mean.
"""

import contextlib
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

VERSION = 3
"""The form of the file, kept in its `user_version`."""

_TABLES: Mapping[str, str] = {
    "visit": "id TEXT PRIMARY KEY, lesson TEXT NOT NULL, seed TEXT NOT NULL, slug TEXT NOT NULL DEFAULT '', "
    "place INTEGER NOT NULL DEFAULT 0, started_at REAL NOT NULL, seen_at REAL NOT NULL, done_at REAL",
    "step": "visit TEXT NOT NULL, slug TEXT NOT NULL, hints INTEGER NOT NULL DEFAULT 0, "
    "solution INTEGER NOT NULL DEFAULT 0, skipped INTEGER NOT NULL DEFAULT 0, seconds REAL NOT NULL DEFAULT 0, "
    "done_at REAL, PRIMARY KEY (visit, slug)",
    "attempt": "visit TEXT NOT NULL, slug TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL",
    "answer": "visit TEXT NOT NULL, slug TEXT NOT NULL, place INTEGER NOT NULL, said TEXT NOT NULL, "
    "is_right INTEGER, at REAL NOT NULL, PRIMARY KEY (visit, slug, place)",
    "practice": "visit TEXT NOT NULL, slug TEXT NOT NULL, skill TEXT NOT NULL, unaided INTEGER NOT NULL, "
    "at REAL NOT NULL, PRIMARY KEY (visit, slug, skill)",
}
"""A visit is one way through a lesson, from its first step to done or to a restart. Rows are never deleted."""

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "visit": ("id", "lesson", "seed", "slug", "place", "started_at", "seen_at", "done_at"),
    "step": ("visit", "slug", "hints", "solution", "skipped", "seconds", "done_at"),
    "attempt": ("visit", "slug", "reason", "at"),
    "answer": ("visit", "slug", "place", "said", "is_right", "at"),
    "practice": ("visit", "slug", "skill", "unaided", "at"),
}
_DAMAGE = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_LOCK_WAIT_S = 0.25

Value: TypeAlias = str | int | float | None
Statement: TypeAlias = tuple[str, Mapping[str, Value]]


class DamageError(Exception):
    """The file at hand cannot be used as a record."""


class _Connection(sqlite3.Connection):
    """One whose complaints about a damaged file are always sqlite3's own.

    A message quotes names from the file, and sqlite3 fails to decode it where the bytes of a name are no text.
    """

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:  # noqa: ANN401 - as sqlite3 has it
        try:
            return super().execute(sql, parameters)
        except UnicodeDecodeError as error:
            damage = sqlite3.DatabaseError("database disk image is malformed")
            damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise damage from error


def connect(where: str, *, is_uri: bool = False) -> sqlite3.Connection:
    """A connection that commits each statement by itself, and reads any bytes as text. Raises sqlite3.Error."""
    connection = sqlite3.connect(where, timeout=_LOCK_WAIT_S, isolation_level=None, uri=is_uri, factory=_Connection)
    connection.text_factory = lambda text: text.decode(errors="replace")
    return connection


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to a sound record, made where there is none. Raises OSError, sqlite3.Error, DamageError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = connect(str(path))
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > VERSION:
            raise DamageError(f"was written by a newer netshell (form {version}; this one knows {VERSION})")
        _set_journal(connection)
        if version < VERSION:
            create(connection)
        _check_tables(connection)
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise DamageError("is damaged")
    except BaseException:
        connection.close()
        raise
    return connection


def _check_tables(connection: sqlite3.Connection) -> None:
    try:
        for table, columns in _COLUMNS.items():
            connection.execute(f"SELECT {', '.join(columns)} FROM {table} LIMIT 0")  # noqa: S608 - names of our own
    except sqlite3.OperationalError as error:
        if _code(error) == sqlite3.SQLITE_ERROR:
            raise DamageError("holds other tables than netshell's") from error
        raise


def _set_journal(connection: sqlite3.Connection) -> None:
    """Write ahead where the file system can; a plain journal on those without shared memory (some network ones)."""
    try:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    except sqlite3.OperationalError:
        mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    if mode == "wal":
        connection.execute("PRAGMA synchronous = NORMAL")


def create(connection: sqlite3.Connection) -> None:
    """Lay the tables in an empty file. Raises sqlite3.Error."""
    tables: list[Statement] = [(f"CREATE TABLE IF NOT EXISTS {name} ({form})", {}) for name, form in _TABLES.items()]
    run(connection, [*tables, (f"PRAGMA user_version = {VERSION}", {})])


def run(connection: sqlite3.Connection, statements: Sequence[Statement]) -> None:
    """Apply statements in one transaction: all of them, or none. Raises sqlite3.Error."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        for sql, parameters in statements:
            connection.execute(sql, parameters)
        connection.execute("COMMIT")
    except sqlite3.Error:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def copy_rows(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Every row that can be read, up to the first in each table that cannot."""
    for table, columns in _COLUMNS.items():
        names = ", ".join(columns)
        insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES (:{', :'.join(columns)})"  # noqa: S608 - names of our own
        statements: list[Statement] = []
        with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
            for row in source.execute(f"SELECT {names} FROM {table}"):  # noqa: S608 - as above
                statements.append((insert, dict(zip(columns, row, strict=True))))  # noqa: PERF401 - keeps rows before an error
        run(target, statements)


def salvage(path: Path, target: sqlite3.Connection) -> None:
    """Copy what a file that cannot be written, or is damaged, still tells; nothing where it tells nothing.

    `immutable` reads without a lock and without the write-ahead file, and makes no file: where there is no such file it
    is first, else the last resort.
    """
    ways = ["mode=ro&immutable=1", "mode=ro"]
    for options in reversed(ways) if path.with_name(f"{path.name}-wal").exists() else ways:
        with contextlib.suppress(sqlite3.Error):
            source = connect(f"{path.absolute().as_uri()}?{options}", is_uri=True)
            with contextlib.closing(source):
                source.execute("SELECT count(*) FROM sqlite_master")
                copy_rows(source, target)
                return


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """One netshell at a time; the kernel lets go of the lock however the process ends."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def move_aside(path: Path, now: time.struct_time) -> Path:
    """Rename the file, its write-ahead files first: left beside a new one, they would be taken for its own."""
    stem = f"{path.name}.damaged-{time.strftime('%Y-%m-%d', now)}"
    names = (stem if number == 1 else f"{stem}-{number}" for number in range(1, 1_000_000))
    aside = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    for suffix in ("-wal", "-shm", "-journal", ""):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + suffix).rename(aside.with_name(aside.name + suffix))
    return aside


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file's contents are wrong, as against a disk that refuses."""
    return isinstance(error, DamageError) or _code(error) in _DAMAGE


def _code(error: Exception) -> int:
    """SQLite's primary result code; 0 for errors that are not the library's."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def words(error: Exception, path: Path | None) -> str:
    """Why the file cannot be written, as the end of a sentence."""
    if isinstance(error, OSError):
        return f"{error.filename or path}: {error.strerror}."
    by_code = {
        sqlite3.SQLITE_FULL: f"the disk that holds {path} is full.",
        sqlite3.SQLITE_READONLY: f"{path} is read-only.",
        sqlite3.SQLITE_PERM: f"you may not write {path}.",
        sqlite3.SQLITE_CANTOPEN: f"{path} cannot be opened for writing.",
        sqlite3.SQLITE_BUSY: f"another program keeps {path} locked.",
        sqlite3.SQLITE_IOERR: f"the disk that holds {path} is full or failing.",
    }
    return by_code.get(_code(error), f"{path}: {error}.")
