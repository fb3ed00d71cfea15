"""The report of a bug: where it goes, and what is in it."""

from pathlib import Path

import pytest

from netshell import __version__
from netshell.bug import summary, write_report


@pytest.fixture
def error() -> Exception:
    try:
        raise ValueError("first line\nlast line")
    except ValueError as caught:
        return caught


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_the_screen_gets_one_line(error: Exception) -> None:
    assert summary(error) == "ValueError: last line"
    assert summary(KeyError()) == "KeyError"


def test_the_report_has_the_versions_the_command_and_the_traceback(state: Path, error: Exception) -> None:
    path = write_report(error)
    assert path is not None
    assert path.parent == state / "netshell"
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"netshell {__version__}, Python 3.")
    assert "command: netshell" in text
    assert "Traceback (most recent call last)" in text


def test_only_its_owner_may_read_it(state: Path, error: Exception) -> None:
    path = write_report(error)
    assert path is not None
    assert state in path.parents
    assert path.stat().st_mode & 0o777 == 0o600


def test_where_the_state_directory_takes_nothing_it_goes_to_the_temporary_one(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("HOME", "relative")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = write_report(error)
    assert path is not None
    assert path.parent == tmp_path


def test_a_name_that_somebody_has_laid_out_is_not_written_through(state: Path, error: Exception) -> None:
    first = write_report(error)
    assert first is not None
    target = state / "target"
    first.unlink()
    first.symlink_to(target)
    write_report(error)
    assert not target.exists()


def test_where_nothing_takes_it_there_is_no_path(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for name in ("XDG_STATE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file"))
    assert write_report(error) is None
