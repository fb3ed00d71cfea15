"""The learner's record: what it keeps, and what it says where a disk or a file is bad."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netshell.progress import Progress, default_path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "netshell" / "progress.db"


def filled(path: Path) -> None:
    with Progress.open(path) as progress:
        progress.begin("netns", 7)
        progress.reach("netns", "look-inside", 2)
        progress.record_attempt("netns", "look-inside", "missing")
        progress.take_hint("netns", "look-inside")


def test_the_path_follows_xdg_then_home() -> None:
    assert default_path({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == Path("/s/netshell/progress.db")
    assert default_path({"HOME": "/h"}) == Path("/h/.local/state/netshell/progress.db")
    assert default_path({"XDG_STATE_HOME": "relative", "HOME": "/h"}) == Path("/h/.local/state/netshell/progress.db")
    assert default_path({"XDG_STATE_HOME": "", "HOME": ""}) is None
    assert default_path({}) is None


def test_a_new_record_is_empty_and_says_nothing(path: Path) -> None:
    with Progress.open(path) as progress:
        assert progress.take_notice() == ""
        assert progress.all() == ()
        assert progress.last_lesson() is None
        assert progress.lesson("veth") is None
    assert path.exists()
    assert path.parent.stat().st_mode & 0o77 == 0


def test_a_step_keeps_everything_that_happened(path: Path) -> None:
    with Progress.open(path, clock=lambda: 100.0) as progress:
        progress.begin("veth", 3)
        progress.reach("veth", "lay-the-cable", 1)
        progress.record_attempt("veth", "lay-the-cable", "missing")
        progress.record_attempt("veth", "lay-the-cable", "down")
        progress.take_hint("veth", "lay-the-cable")
        progress.take_hint("veth", "lay-the-cable")
        progress.see_solution("veth", "lay-the-cable")
        progress.finish_step("veth", "lay-the-cable", 12.5)
        progress.finish_step("veth", "lay-the-cable", 2.5)
    with Progress.open(path) as progress:
        record = progress.lesson("veth")
    assert record is not None
    assert (record.slug, record.index, record.seed, record.started_at) == ("lay-the-cable", 1, 3, 100.0)
    step = record.steps["lay-the-cable"]
    assert step.attempts == ("missing", "down")
    assert (step.hints, step.has_seen_solution, step.is_skipped) == (2, True, False)
    assert (step.seconds, step.done_at) == (15.0, 100.0)


def test_a_skip_is_forgotten_once_the_step_is_done_and_does_not_undo_it(path: Path) -> None:
    with Progress.open(path) as progress:
        progress.begin("veth", 3)
        progress.skip_step("veth", "ping")
        assert progress.lesson("veth").steps["ping"].is_skipped  # type: ignore[union-attr]
        progress.finish_step("veth", "ping")
        progress.skip_step("veth", "ping")
        step = progress.lesson("veth").steps["ping"]  # type: ignore[union-attr]
        assert not step.is_skipped
        assert step.done_at is not None


def test_the_seed_stays_until_the_lesson_is_done(path: Path) -> None:
    with Progress.open(path) as progress:
        assert progress.begin("veth", 3).seed == 3
    with Progress.open(path) as progress:
        assert progress.begin("veth", 4).seed == 3
        progress.finish_lesson("veth")
        again = progress.begin("veth", 5)
    assert (again.seed, again.times_done, again.done_at, dict(again.steps)) == (5, 1, None, {})


def test_a_restart_begins_at_the_first_step_with_the_seed_asked_for(path: Path) -> None:
    filled(path)
    with Progress.open(path) as progress:
        assert progress.restart("netns", 10**40).seed == 10**40
        record = progress.lesson("netns")
    assert record is not None
    assert (record.slug, record.index, dict(record.steps)) == ("", 0, {})
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM attempt").fetchone() == (1,), "what was done before stays in the file"


def test_the_last_lesson_is_the_one_worked_on_last(path: Path) -> None:
    now = iter(range(100))
    with Progress.open(path, clock=lambda: float(next(now))) as progress:
        progress.begin("netns", 1)
        progress.begin("veth", 1)
        assert progress.last_lesson() == "veth"
        progress.take_hint("netns", "make-one")
        assert progress.last_lesson() == "netns"
        assert [record.id for record in progress.all()] == ["netns", "veth"]


@given(st.text(st.characters()), st.text(st.characters()), st.integers())
@settings(max_examples=40, deadline=None)
def test_any_name_reason_and_seed_is_kept(name: str, reason: str, seed: int) -> None:
    with Progress.open(None) as progress:
        assert progress.begin(name, seed).seed == seed
        progress.record_attempt(name, name, reason)
        progress.finish_step(name, name)
        record = progress.lesson(name)
        assert record is not None
        assert len(record.steps) == 1
        assert len(progress.all()) == 1


def test_two_netshells_write_at_once(path: Path) -> None:
    with Progress.open(path) as one, Progress.open(path) as two:
        one.begin("veth", 1)
        two.begin("netns", 2)
        for _ in range(20):
            one.take_hint("veth", "ping")
            two.take_hint("netns", "ping")
        assert {record.id for record in one.all()} == {"veth", "netns"}
        assert one.lesson("netns").steps["ping"].hints == 20  # type: ignore[union-attr]
        assert (one.take_notice(), two.take_notice()) == ("", "")


def test_kill_9_loses_nothing_that_was_recorded(path: Path) -> None:
    code = """if True:
        import sys
        from pathlib import Path
        from netshell.progress import Progress
        progress = Progress.open(Path(sys.argv[1]))
        progress.begin("veth", 5)
        for number in range(100000):
            progress.take_hint("veth", "ping")
            print(number + 1, flush=True)
    """
    with subprocess.Popen([sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(50)]
        process.send_signal(signal.SIGKILL)
        said += [int(line) for line in process.stdout.read().split()]
    with Progress.open(path) as progress:
        assert progress.take_notice() == ""
        record = progress.lesson("veth")
    assert record is not None
    assert record.steps["ping"].hints >= said[-1]


def test_without_a_home_progress_lives_in_memory_and_says_so_once() -> None:
    with Progress.open(None) as progress:
        assert progress.take_notice().startswith("Your progress cannot be saved: there is no home directory")
        progress.begin("veth", 1)
        progress.take_hint("veth", "ping")
        assert progress.take_notice() == ""
        assert progress.lesson("veth").steps["ping"].hints == 1  # type: ignore[union-attr]


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Progress.open(tmp_path / "file" / "netshell" / "progress.db") as progress:
        notice = progress.take_notice()
        assert notice.startswith("Your progress cannot be saved: ")
        assert str(tmp_path / "file") in notice
        progress.begin("veth", 1)
        progress.finish_step("veth", "ping")
        assert progress.lesson("veth").steps["ping"].done_at is not None  # type: ignore[union-attr]
        assert progress.take_notice() == ""


def test_progress_is_saved_as_soon_as_that_is_possible_again(tmp_path: Path) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("")
    path = blocked / "progress.db"
    with Progress.open(path) as progress:
        progress.begin("veth", 1)
        progress.take_hint("veth", "ping")
        progress.take_notice()
        blocked.unlink()
        progress.take_hint("veth", "ping")
        assert progress.take_notice() == "Your progress is saved again."
    with Progress.open(path) as progress:
        assert progress.lesson("veth").steps["ping"].hints == 2  # type: ignore[union-attr]


def test_what_could_not_be_saved_is_tried_once_more_at_the_end(tmp_path: Path) -> None:
    blocked = tmp_path / "state"
    blocked.write_text("")
    with Progress.open(blocked / "progress.db") as progress:
        progress.begin("veth", 1)
        blocked.unlink()
    with Progress.open(blocked / "progress.db") as progress:
        assert progress.lesson("veth") is not None


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "no database at all": lambda data: b"x" * len(data),
    "its head overwritten": lambda data: b"\xff" * 100 + data[100:],
    "cut in the middle": lambda data: data[: len(data) // 2],
    "cut to a few bytes": lambda data: data[:7],
    "a page overwritten": lambda data: data[:4096] + b"\xa5" * 4096 + data[8192:],
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(path: Path, how: str) -> None:
    filled(path)
    damaged = DAMAGE[how](path.read_bytes())
    path.write_bytes(damaged)
    clock = time.mktime((2031, 2, 3, 12, 0, 0, 0, 0, -1))
    with Progress.open(path, clock=lambda: clock) as progress:
        aside = path.with_name("progress.db.damaged-2031-02-03")
        assert progress.take_notice().startswith(
            f"Your progress file is damaged. It is set aside as {aside}, and a new"
        )
        assert aside.read_bytes() == damaged
        progress.begin("veth", 4)
    with Progress.open(path) as progress:
        assert progress.take_notice() == ""
        assert progress.lesson("veth") is not None


def test_rows_of_a_damaged_file_that_can_be_read_are_kept(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as db:
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'attempt'").fetchone()[0]
    db.close()
    data = bytearray(path.read_bytes())
    data[(root - 1) * 4096 : root * 4096] = b"\xa5" * 4096
    path.write_bytes(data)
    with Progress.open(path) as progress:
        assert progress.take_notice().endswith("Lessons in it that could be read, and are kept: 1.")
        record = progress.lesson("netns")
    assert record is not None
    assert (record.slug, record.steps["look-inside"].hints) == ("look-inside", 1)


def test_a_second_damage_on_one_day_gets_a_name_of_its_own(path: Path) -> None:
    path.parent.mkdir(parents=True)
    for _ in range(2):
        path.write_bytes(b"x" * 5000)
        Progress.open(path, clock=lambda: 0.0).close()
    assert len(list(path.parent.glob("progress.db.damaged-*-2"))) == 1


def test_a_file_from_a_newer_netshell_is_kept_aside_with_its_reason(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with Progress.open(path) as progress:
        assert "was written by a newer netshell (form 99; this one knows 3)" in progress.take_notice()
        assert progress.lesson("netns") is not None
    aside = next(path.parent.glob("progress.db.damaged-????-??-??"))
    with contextlib.closing(sqlite3.connect(aside)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (99,)


def test_another_programs_database_is_kept_aside(path: Path) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE visit (song TEXT)")
    db.close()
    with Progress.open(path) as progress:
        assert "holds other tables than netshell's" in progress.take_notice()
        progress.begin("veth", 1)
        assert progress.lesson("veth") is not None


def test_an_empty_file_is_a_new_record(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.touch()
    with Progress.open(path) as progress:
        assert progress.take_notice() == ""
        progress.begin("veth", 1)
    with Progress.open(path) as progress:
        assert progress.lesson("veth") is not None


def test_damage_in_the_middle_of_a_session_is_said_and_the_session_goes_on(path: Path) -> None:
    filled(path)
    with Progress.open(path) as progress:
        progress.begin("netns", 1)
        with Progress.open(path) as other:
            other.begin("veth", 1)
            other._query("PRAGMA wal_checkpoint(TRUNCATE)")
        path.write_bytes(b"\xa5" * path.stat().st_size)
        for _ in range(3):
            progress.take_hint("netns", "look-inside")
        assert "is set aside as" in progress.take_notice()
        record = progress.lesson("netns")
    assert record is not None
    assert (record.seed, record.steps["look-inside"].hints) == (7, 3)
    with Progress.open(path) as progress:
        assert progress.lesson("netns") == record
        assert progress.take_notice() == ""


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_damage_ends_in_a_traceback(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "progress.db")
        filled(path)
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 20))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        with Progress.open(path) as progress:
            progress.all()
            progress.last_lesson()
            assert progress.begin("netns", 1) is not None
            progress.finish_step("netns", "look-inside", 1)
            assert "look-inside" in progress.lesson("netns").steps  # type: ignore[union-attr]


LIMITED = """if True:
    import json, os, resource, signal, sys
    from pathlib import Path
    from netshell.progress import Progress
    what, path = sys.argv[1], Path(sys.argv[2])
    if what == "full":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
    elif os.geteuid() == 0:
        os.setresuid(65534, 65534, 65534)
    progress = Progress.open(path)
    progress.begin("veth", 2)
    notices = []
    for number in range(300):
        progress.record_attempt("veth", "ping", "no-reply" * 30)
        notices.append(progress.take_notice())
    before = progress.lesson("netns")
    kept = len(progress.lesson("veth").steps["ping"].attempts)
    if what == "full":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    progress.close()
    print(json.dumps({"notices": [n for n in notices if n], "kept": kept, "seed": before and before.seed}))
"""


def limited(*arguments: object) -> dict[str, object]:
    done = subprocess.run([sys.executable, "-c", LIMITED, *map(str, arguments)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    result: dict[str, object] = json.loads(done.stdout)
    return result


@pytest.mark.parametrize("limit", [0, 5000, 60000])
def test_a_full_disk_is_said_once_and_loses_nothing_once_there_is_room(path: Path, limit: int) -> None:
    filled(path)
    result = limited("full", path, limit)
    assert result["kept"] == 300
    assert result["seed"] == 7
    notices = result["notices"]
    assert isinstance(notices, list)
    assert len(notices) == 1
    assert "Your progress cannot be saved" in notices[0]
    with Progress.open(path) as progress:
        assert progress.take_notice() == ""
        assert len(progress.lesson("veth").steps["ping"].attempts) == 300  # type: ignore[union-attr]


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that another account may reach: pytest's own is closed to others."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.parametrize("is_closed", [True, False])
def test_in_a_read_only_home_the_old_record_is_read_and_the_new_one_kept_in_memory(
    open_directory: Path, *, is_closed: bool
) -> None:
    path = open_directory / "progress.db"
    filled(path)
    path.chmod(0o444)
    open_directory.chmod(0o555 if is_closed else 0o755)
    result = limited("read-only", path)
    open_directory.chmod(0o755)
    notices = result["notices"]
    assert isinstance(notices, list)
    assert len(notices) == 1
    assert str(path) in notices[0]
    if is_closed or os.geteuid() == 0:
        assert (result["kept"], result["seed"]) == (300, 7)


def test_a_stuck_lock_delays_but_neither_fails_nor_loses(path: Path) -> None:
    filled(path)
    with Progress.open(path) as progress:
        progress.begin("netns", 1)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        progress.take_hint("netns", "look-inside")
        assert "another program keeps" in progress.take_notice()
        other.execute("ROLLBACK")
        other.close()
        progress.take_hint("netns", "look-inside")
        assert progress.take_notice() == "Your progress is saved again."
        assert progress.lesson("netns").steps["look-inside"].hints == 3  # type: ignore[union-attr]
