import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netshell.config import Config, parse, path_of, read
from netshell.errors import ExitCode, UserError


def problem_of(text: str | bytes) -> str:
    with pytest.raises(UserError) as caught:
        parse(text.encode() if isinstance(text, str) else text, "config.toml")
    assert caught.value.remedy
    assert caught.value.code is ExitCode.USAGE
    return caught.value.problem


def test_without_a_file_everything_has_its_own_value(tmp_path: Path) -> None:
    assert read({"HOME": str(tmp_path)}) == Config()
    assert Config().capture_bytes == 32 << 20


def test_the_file_lies_in_the_xdg_directory(tmp_path: Path) -> None:
    assert path_of({"HOME": "/home/ann"}) == Path("/home/ann/.config/netshell/config.toml")
    assert path_of({"HOME": "/home/ann", "XDG_CONFIG_HOME": "relative"}).is_relative_to("/home/ann/.config")
    environ = {"HOME": "/home/ann", "XDG_CONFIG_HOME": str(tmp_path)}
    path_of(environ).parent.mkdir()
    path_of(environ).write_text("capture_megabytes = 64\n", encoding="utf-8")
    assert read(environ) == Config(capture_bytes=64 << 20)


@pytest.mark.parametrize("megabytes", [1, 4096])
def test_every_size_up_to_the_bounds_is_taken(megabytes: int) -> None:
    assert parse(f"# mine\ncapture_megabytes = {megabytes}".encode(), "").capture_bytes == megabytes << 20


def test_an_empty_file_sets_nothing() -> None:
    assert parse(b"", "") == parse(b"# nothing\n", "") == Config()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("capture_megabytes = 0", "config.toml:1: `capture_megabytes` is 0; it has to be from 1 to 4096."),
        ("\ncapture_megabytes = 5000", "config.toml:2: `capture_megabytes` is 5000; it has to be from 1 to 4096."),
        (
            'capture_megabytes = "64"',
            "config.toml:1: `capture_megabytes` is '64'; it has to be a whole number from 1 to 4096.",
        ),
        (
            "capture_megabytes = true",
            "config.toml:1: `capture_megabytes` is True; it has to be a whole number from 1 to 4096.",
        ),
        (
            "# a\ncapture_megabyte = 3",
            "config.toml:2: there is no setting `capture_megabyte`; did you mean `capture_megabytes`?",
        ),
        ("colour = 1", "config.toml:1: there is no setting `colour`; there is only: capture_megabytes."),
        ("[capture]\nx = 1", "config.toml:1: there is no setting `capture`; there is only: capture_megabytes."),
        ('"a\\u001b[2J" = 1', "config.toml: there is no setting `a?[2J`; there is only: capture_megabytes."),
    ],
)
def test_a_wrong_setting_is_named_with_its_line_and_what_was_expected(text: str, said: str) -> None:
    assert problem_of(text) == said


def test_all_faults_are_told_at_once() -> None:
    assert problem_of("capture_megabytes = 0\nx = 1").count("\n") == 1


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("a\n= 1", "config.toml:1:2: this is not TOML: "),
        ("capture_megabytes =", "config.toml:1:20: this is not TOML: "),
        ("x = [\n", "config.toml:2:1: this is not TOML: "),
        (b"x = 1\ny = '\xff'", "config.toml:2: this is not UTF-8 text: byte 0xff."),
        ("x = " + "[" * 100_000, "config.toml: its values are nested too deeply."),
        ("x = " + "9" * 10_000, "config.toml:1:10005: this is not TOML: "),
    ],
)
def test_what_is_no_toml_is_told_with_its_place(text: str | bytes, begins: str) -> None:
    assert problem_of(text).startswith(begins)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    path_of(environ).mkdir(parents=True)
    with pytest.raises(UserError, match=r"config\.toml cannot be read: Is a directory\."):
        read(environ)


@given(st.one_of(st.binary(max_size=80), st.text(max_size=80).map(str.encode)))
def test_any_bytes_are_settings_or_a_fault_without_control_characters(data: bytes) -> None:
    problem = ""
    try:
        parse(data, "config.toml")
    except UserError as error:
        problem = error.problem
    assert all(letter.isprintable() or letter == "\n" for letter in problem)


def test_without_a_file_nothing_is_imported_for_it(tmp_path: Path) -> None:
    code = f"import sys, netshell.config as c; c.read({{'HOME': {str(tmp_path)!r}}}); print('tomllib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
