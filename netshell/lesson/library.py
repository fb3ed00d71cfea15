"""The lessons that are there: finding one, listing all, and loading one from its compiled form where that is fresh.

It knows neither Markdown nor YAML; what reads them is imported only when a lesson has to be compiled.
"""

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netshell import __version__
from netshell.errors import Diagnostic, ExitCode, LessonError, UserError
from netshell.lesson.compiled import VERSION, lesson_from
from netshell.lesson.model import Lesson
from netshell.lesson.source import decode, read_bytes

if TYPE_CHECKING:
    from netshell.lesson.faults import Faults

_PACKAGE = Path(__file__).resolve().parent.parent
_INSTALLED = _PACKAGE / "_lessons"
"""In a wheel: the lessons with their compiled forms beside them."""
_CHECKOUT = _PACKAGE.parent / "lessons"
_ORDER = "order.txt"


@dataclass(frozen=True, slots=True)
class Entry:
    """A lesson as the list shows it."""

    id: str
    title: str
    summary: str
    minutes: int
    needs: tuple[str, ...]
    tools: tuple[str, ...]
    path: Path
    steps: int = 0
    is_usable: bool = True
    """False for a file with faults; its summary then says so."""


def bundled_directory() -> Path:
    """Where the lessons lie that come with netshell."""
    return _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT


def find(name: str, directories: Sequence[Path] = (), *, listed_by: str = "netshell lessons") -> Path:
    """The file of a lesson, named by its id or by a path.

    An id is looked for in `directories`, from the last to the first, then among the bundled lessons.
    Raises UserError (USAGE), with the ids that come close or the command that lists all, where there is none.
    """
    known = _known(directories)
    if name in known:
        return known[name]
    path = Path(name)
    is_path = "/" in name or name.endswith(".md")
    try:
        if path.exists() if is_path else path.is_file():
            return path
    except (OSError, ValueError):
        pass  # too long for a path, or no path at all
    if is_path:
        raise UserError(f"There is no file {name}.", "Check the path.", ExitCode.USAGE)
    from difflib import get_close_matches  # noqa: PLC0415 - 6 ms that only a mistyped name costs

    close = get_close_matches(name, known, n=3, cutoff=0.5)
    names = " or ".join(f"`{near}`" for near in close)
    remedy = f"Did you mean {names}?" if close else f"`{listed_by}` lists them."
    raise UserError(f"There is no lesson `{name}`.", remedy, ExitCode.USAGE)


def names(directories: Sequence[Path] = ()) -> tuple[str, ...]:
    """The ids of all lessons in the catalogue's order, without a look into the files."""
    return tuple(_known(directories))


def entry(name: str, directories: Sequence[Path] = ()) -> Entry:
    """One lesson as the list shows it. Raises UserError (USAGE) where there is none of that name."""
    path = find(name, directories)
    _prepare([path])
    return _entry(path)


def catalogue(directories: Sequence[Path] = ()) -> tuple[Entry, ...]:
    """Every lesson: the bundled ones first; each directory by its `order.txt`, then by name."""
    paths = _known(directories).values()
    _prepare(paths)
    return tuple(_entry(path) for path in paths)


def _known(directories: Sequence[Path]) -> dict[str, Path]:
    """The files of all lessons by id; a later directory's takes the place of an earlier one of the same id.

    Raises UserError (USAGE) for a given directory that cannot be read.
    """
    known: dict[str, Path] = {}
    for directory in (bundled_directory(), *directories):
        try:
            known |= {path.stem: path for path in lessons_in(directory)}
        except OSError as error:
            if directory in directories:
                problem = f"The directory of lessons {directory} cannot be read: {error.strerror}."
                raise UserError(problem, "Check `--lessons`.", ExitCode.USAGE) from None
    return known


def _entry(path: Path) -> Entry:
    try:
        compiled = _compiled(path)
    except UserError:
        summary = f"This lesson has faults: `netshell lesson check {path}` lists them."
        return Entry(path.stem, path.stem, summary, 0, (), (), path, is_usable=False)
    return Entry(
        path.stem,
        compiled["title"],
        compiled["summary"],
        compiled.get("minutes", 15),
        tuple(compiled.get("needs") or ()),
        tuple(compiled.get("tools") or ()),
        path,
        len(compiled["steps"]),
    )


def lessons_in(directory: Path) -> list[Path]:
    """The files of a directory's lessons, in their order. A `README.md` is no lesson."""
    names = {path.stem for path in directory.iterdir() if path.suffix == ".md" and path.stem.upper() != "README"}
    try:
        order = [line.strip() for line in (directory / _ORDER).read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        order = []
    listed = [name for name in dict.fromkeys(order) if name in names]
    return [directory / f"{name}.md" for name in [*listed, *sorted(names.difference(listed))]]


def load(path: Path, seed: int) -> Lesson:
    """A lesson for one seed. Raises LessonError with every fault, or UserError for a file that cannot be read."""
    _prepare([path])
    return lesson_from(_compiled(path), path, seed)


def check_file(path: Path) -> tuple[Diagnostic, ...]:
    """Every fault and warning of a lesson, by place. Raises UserError where the file cannot be read at all.

    What was found in a lesson that can be used is kept with its compiled form: it is read once.
    """
    data = read_bytes(path)
    if (kept := _read_record(_kept_at(data), data, _local_stamp())) is not None:
        return tuple(
            Diagnostic(str(path), line, column, message, remedy, is_warning=True)
            for line, column, message, remedy in kept["warnings"]
        )
    try:
        text = decode(data, str(path))
    except LessonError as error:
        return error.diagnostics
    compiled, faults = _read(text, str(path))
    if not faults.has_errors:
        _keep(_kept_at(data), _record(data, compiled, _local_stamp(), faults.in_order()))
    return faults.in_order()


def compile_source(data: bytes, file: str) -> dict[str, Any]:
    """The compiled form of a lesson's bytes. Raises LessonError with every fault."""
    return _compile(data, file)[0]


def _compile(data: bytes, file: str) -> tuple[dict[str, Any], tuple[Diagnostic, ...]]:
    """The compiled form, and the warnings. Raises LessonError with every fault."""
    compiled, faults = _read(decode(data, file), file)
    if faults.has_errors:
        found = faults.in_order()
        count = sum(not fault.is_warning for fault in found)
        problem = f"The lesson {file} cannot be used: it has {'one fault' if count == 1 else f'{count} faults'}."
        raise LessonError(problem, found)
    return compiled, faults.in_order()


def _read(text: str, file: str) -> "tuple[dict[str, Any], Faults]":
    from netshell.lesson.reader import read_lesson  # noqa: PLC0415 - parsers are for authors only

    return read_lesson(text, file)


def compile_bundled(source_dir: Path, target_dir: Path) -> tuple[Path, ...]:
    """Copies every lesson of a directory with its compiled form beside it, for the wheel; gives the files written.

    Raises LessonError at the first lesson that has faults.
    """
    target_dir.mkdir(parents=True, exist_ok=True)
    written = []
    for path in lessons_in(source_dir):
        data = read_bytes(path)
        record = _record(data, compile_source(data, str(path)), _release_stamp())
        for name, content in ((path.name, data), (f"{path.stem}.json", record)):
            (target_dir / name).write_bytes(content)
            written.append(target_dir / name)
    order = source_dir / _ORDER
    if order.is_file():
        (target_dir / _ORDER).write_bytes(order.read_bytes())
        written.append(target_dir / _ORDER)
    return tuple(written)


def _prepare(paths: Iterable[Path]) -> None:
    """Have lessons without a fresh compiled form compiled and kept by a process of its own.

    The parsers take as much memory as all the rest of a session; a lesson that this fails for is compiled here.
    """
    stale = []
    for path in paths:
        with contextlib.suppress(UserError):
            if _fresh(path, read_bytes(path)) is None:
                stale.append(str(path))
    if stale:
        from subprocess import DEVNULL, run  # noqa: PLC0415 - only when a lesson is new or was edited

        # -P: whatever lies in the learner's present directory is not netshell
        argv = [sys.executable, "-P", "-m", "netshell.lesson", *stale]
        run(argv, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, check=False)


def keep_compiled(paths: Iterable[Path]) -> None:
    """Compile lessons and keep their forms for this user; those with faults are passed over."""
    for path in paths:
        with contextlib.suppress(UserError):
            data = read_bytes(path)
            compiled, warnings = _compile(data, str(path))
            _keep(_kept_at(data), _record(data, compiled, _local_stamp(), warnings))


def _compiled(path: Path) -> dict[str, Any]:
    """The compiled form: shipped, kept, or made now."""
    data = read_bytes(path)
    return _fresh(path, data) or compile_source(data, str(path))


def _fresh(path: Path, data: bytes) -> dict[str, Any] | None:
    """The compiled form that was shipped or kept, where it belongs to this source and this netshell."""
    # Only what lies in the package is trusted: a stranger's directory could hold a form that no reader has judged.
    if path.parent == _INSTALLED and (known := _read_record(path.with_suffix(".json"), data, _release_stamp())):
        return dict(known["lesson"])
    kept = _read_record(_kept_at(data), data, _local_stamp())
    return dict(kept["lesson"]) if kept else None


def _release_stamp() -> str:
    return f"{VERSION} {__version__}"


def _local_stamp() -> str:
    """Changes with every edit of the reader and the checks too, so that their authors meet no stale form."""
    directories = (_PACKAGE / "lesson", _PACKAGE / "checks")
    times = [entry.stat().st_mtime_ns for d in directories for entry in os.scandir(d) if entry.name.endswith(".py")]
    return f"{_release_stamp()} {max(times, default=0)}"


def _record(data: bytes, compiled: dict[str, Any], stamp: str, warnings: Iterable[Diagnostic] = ()) -> bytes:
    found = [(each.line, each.column, each.message, each.remedy) for each in warnings]
    record = {"stamp": stamp, "source": sha256(data).hexdigest(), "lesson": compiled, "warnings": found}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def _read_record(path: Path, data: bytes, stamp: str) -> dict[str, Any] | None:
    """What was kept of a lesson, where it is whole and belongs to this source and this netshell."""
    try:
        record = json.loads(path.read_bytes())
        is_fresh = record["stamp"] == stamp and record["source"] == sha256(data).hexdigest()
        is_whole = isinstance(record["lesson"], dict) and isinstance(record["warnings"], list)
        return dict(record) if is_fresh and is_whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _kept_at(data: bytes) -> Path:
    """Where the compiled form of a source is kept for this user."""
    import platformdirs  # noqa: PLC0415 - not needed for a shipped form

    return (
        Path(platformdirs.user_cache_dir("netshell", appauthor=False)) / "lessons" / f"{sha256(data).hexdigest()}.json"
    )


def _keep(path: Path, record: bytes) -> None:
    """Keeps a compiled form for next time; where there is no room or no right, next time takes longer."""
    import tempfile  # noqa: PLC0415 - only when a lesson was compiled

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(record)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
    except OSError:
        return
