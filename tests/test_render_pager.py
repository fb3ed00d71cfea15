"""Long views in a real terminal: the first screen at once, `q` and Ctrl-C come back, and the terminal is as it was."""

import os
import sys
import termios
import time
from io import StringIO
from itertools import count
from pathlib import Path

import pexpect
import pytest

from netshell.render.line import Line, line
from netshell.render.pager import page

PROGRAM = """
import sys
from itertools import count
from netshell.render.line import line
from netshell.render.pager import page

made = 0
def lines(most):
    global made
    for number in range(most):
        made += 1
        yield line(f"line {number} " + "x" * WIDTH, "cyan")

WIDTH = int(sys.argv[2])
page(lines(int(sys.argv[1])))
print(f"made {made}")
input("again? ")
print("done")
"""


def start(most: int, width: int = 5, **environ: str) -> "pexpect.spawn[str]":
    environment = {**os.environ, "TERM": "xterm", "PYTHONPATH": str(Path(__file__).parents[1]), **environ}
    command = [sys.executable, "-c", PROGRAM, str(most), str(width)]
    return pexpect.spawn(
        command[0],
        command[1:],
        env={key: value for key, value in environment.items() if value},
        dimensions=(10, 40),
        encoding="utf-8",
        timeout=20,
    )


def finish(child: "pexpect.spawn[str]") -> None:
    """The program goes on, and its terminal takes lines with echo as before."""
    child.expect_exact("again? ")
    modes = termios.tcgetattr(child.child_fd)
    assert modes[3] & termios.ICANON
    assert modes[3] & termios.ECHO
    child.sendline("yes")
    child.expect_exact("done")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.terminal
def test_what_fits_is_printed() -> None:
    child = start(8)
    child.expect_exact("line 7")
    child.expect_exact("made 8")
    finish(child)


@pytest.mark.terminal
def test_a_long_view_can_be_left_and_what_nobody_came_to_is_never_made() -> None:
    child = start(1_000_000)
    child.expect_exact("line 8")
    child.expect_exact("q: done")
    child.send("q")
    child.expect(r"made (\d+)")
    assert child.match is not None
    assert not isinstance(child.match, type)
    assert int(str(child.match.group(1))) < 100_000  # type: ignore[union-attr]  # a match of a pattern that is text
    finish(child)


@pytest.mark.terminal
def test_a_plain_terminal_gets_the_last_lines_and_how_many_are_not_shown() -> None:
    child = start(1000, TERM="dumb")
    child.expect_exact("801 lines more above these. A filter names fewer packets.")
    child.expect_exact("line 801")
    child.expect_exact("line 999")
    child.expect_exact("made 1000")
    finish(child)


@pytest.mark.terminal
def test_ctrl_c_ends_the_pager_and_not_the_program() -> None:
    child = start(1_000_000)
    child.expect_exact("q: done")
    child.sendintr()
    if child.expect_exact(["made ", pexpect.TIMEOUT], timeout=5):  # `less` takes one for its read of the pipe alone
        child.sendintr()
        child.expect_exact("made ")
    finish(child)


@pytest.mark.terminal
def test_lines_wider_than_the_screen_are_cut_and_scrolled_sideways() -> None:
    child = start(3, 60)
    child.expect_exact("line 2 " + "x" * 32)
    child.expect_exact("q: done")
    child.send("\x1bOC")  # right
    child.expect_exact("x" * 39)
    child.send("q")
    child.expect_exact("made 3")
    finish(child)


@pytest.mark.terminal
def test_a_pager_s_settings_from_outside_do_not_count(tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt"
    child = start(100, LESS="+G", LESSOPEN=f"|touch {spoilt}; cat %s", PAGER="false")
    child.expect_exact("line 0")
    child.expect_exact("q: done")
    child.send("!")  # a shell, in a less that allows it
    child.expect_exact("not available")
    child.send("\r")
    child.send("q")
    child.expect_exact("made ")
    finish(child)
    assert not spoilt.exists()


@pytest.mark.terminal
def test_a_pager_that_is_killed_leaves_a_terminal_that_works() -> None:
    child = start(1_000_000)
    child.expect_exact("q: done")
    for _ in range(100):
        children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        if children:
            break
        time.sleep(0.01)
    os.kill(int(children[0]), 9)
    child.expect_exact("made ")
    finish(child)


@pytest.mark.terminal
def test_without_less_the_end_is_shown_and_how_to_see_the_rest() -> None:
    child = start(100, PATH="/nowhere")
    child.expect_exact("lines more above these")
    child.expect_exact("line 99")
    finish(child)


def test_what_is_no_terminal_gets_all_lines_without_colour() -> None:
    out = StringIO()
    page([line("one", "bold red"), Line((("two", ""), (" three", "cyan")))], out)
    assert out.getvalue() == "one\ntwo three\n"


def test_a_reader_who_goes_away_ends_it() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as out:
        page((line(f"line {number}") for number in count()), out)
