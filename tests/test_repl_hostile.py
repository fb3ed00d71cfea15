"""Keys that nobody means: whatever comes, one Ctrl-C and the next line work."""

import os
import signal
from collections.abc import Iterator

import pexpect
import pytest
from accounts import Account
from hostile_keys import KINDS, doings
from hostile_learner import play
from typist import CTRL_BRACKET, CTRL_C, F3, Typist, sit_down

pytestmark = pytest.mark.terminal

CTRL_R, CTRL_Q, ENTER = "\x12", "\x11", "\r"
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
SEED, SEQUENCES = 5, 30


@pytest.fixture
def learner(ordinary_account: Account) -> Iterator[Typist]:
    with sit_down(ordinary_account, "play") as learner:
        learner.until_prompt("pc")
        yield learner


def test_sequences_of_keys_that_nobody_means_stop_nobody(ordinary_account: Account) -> None:
    numbers = [number for number in range(SEQUENCES) if not doings(SEED, number).may_hold]
    tally = play(numbers, SEED, ordinary_account)
    assert not tally.faults, tally.report()
    assert tally.sequences == len(numbers) > SEQUENCES * 2 // 3
    assert len(tally.kinds) > len(KINDS) // 2


def test_a_report_of_the_mouse_or_of_a_cursor_that_is_nowhere_is_no_key(learner: Typist) -> None:
    os.write(learner.child.child_fd, b"\x1b[M\xff\xff\xff\x1b[M !!\x1b[<0;10;10M\x1b[32;5;5M")
    learner.press(f"\x1b[{'9' * 5000};1R")
    assert "still here" in learner.run("echo still here")


def test_ctrl_c_ends_a_paste_whose_end_was_lost(learner: Typist) -> None:
    learner.type(f"{PASTE_BEGINS}echo lost")
    learner.press(f" and more{CTRL_C}")
    learner.until_prompt("pc")
    assert "found" in learner.run("echo found")
    assert "lost" not in "\n".join(learner.lines())


def test_a_paste_that_a_prompt_began_to_read_goes_on_in_the_program(learner: Typist) -> None:
    learner.type(f"cat > /tmp/pasted\r{PASTE_BEGINS}")
    learner.press(f"one\rtwo{PASTE_ENDS}\r")
    learner.press(CTRL_C)
    learner.until_prompt("pc")
    learner.enter("echo $((40 + 2)) still here")
    learner.see("42 still here")


def test_a_function_key_in_the_middle_of_a_search_leaves_a_prompt_that_takes_lines(learner: Typist) -> None:
    learner.run("echo something")
    learner.type(f"{CTRL_R}some")
    learner.press(F3)
    learner.see("lo")
    learner.until_prompt("pc", line=None)
    learner.press(CTRL_C)
    learner.until_prompt("pc")
    learner.enter("echo $((40 + 2)) still here")
    learner.see("42 still here")


@pytest.mark.parametrize("keys", [f"{CTRL_R}some", f"echo half{CTRL_Q}"])
def test_one_ctrl_c_leaves_a_search_or_a_key_to_be_quoted(learner: Typist, keys: str) -> None:
    learner.run("echo something")
    learner.type(f"{keys}{CTRL_C}")
    learner.until_prompt("pc")
    learner.enter("echo $((40 + 2)) still here")
    learner.see("42 still here")


def test_tab_typed_ahead_with_the_end_of_its_line_says_nothing_of_its_own(learner: Typist) -> None:
    for _ in range(5):
        learner.type(f"true{ENTER}ec\t{CTRL_C}")
        learner.until_prompt("pc")
        assert "fine" in learner.run("echo fine")
    assert "never awaited" not in "\n".join(learner.lines())


STOPPING = """
import asyncio, os, signal, sys
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.key_binding.key_processor import KeyPress
from netshell.render.line import line
from netshell.repl.keyboard import Keyboard
from netshell.repl.screen import Screen
from netshell.repl.stopping import until_stopped

async def busy_to_its_end():
    os.kill(os.getpid(), signal.SIGINT)
    return "done"

def busy_lines():
    os.kill(os.getpid(), signal.SIGINT)
    yield line("a line")

async def main():
    keyboard, asked, screen = Keyboard(), [], Screen({}, lambda: None)
    with keyboard.raw():
        store_typeahead(keyboard, [KeyPress("x")])
        done = await until_stopped(busy_to_its_end(), keyboard, screen)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, asked.append, "the next one")
        await asyncio.sleep(0.05)
        screen.page(busy_lines(), keyboard)
        await asyncio.sleep(0.05)
    sys.stdout.write(f"{done} {asked} {keyboard.take_unread()}\\n")

asyncio.run(main())
"""


def test_a_ctrl_c_at_the_end_of_work_or_while_lines_are_made_does_not_end_netshell(ordinary_account: Account) -> None:
    who = ordinary_account
    argv = who.argv(who.python, "-c", STOPPING)
    child = pexpect.spawn(argv[0], argv[1:], env=dict(who.environ), cwd=str(who.home), encoding="utf-8")
    assert child.read().split("\r\n")[-3:] == ["a line", "done [] b''", ""]


def test_a_quit_that_comes_while_the_keyboard_is_not_raw_ends_nothing(learner: Typist) -> None:
    os.kill(learner.pid, signal.SIGQUIT)
    assert "still here" in learner.run("echo still here")


def test_a_byte_that_stops_a_terminals_output_is_no_part_of_a_line(learner: Typist) -> None:
    learner.type(f"{PASTE_BEGINS}echo $((40 + 2)) still\x13 here\n{PASTE_ENDS}\r")
    learner.see("42 still here")
    learner.until_prompt("pc")


def test_another_terminal_opens_where_bash_wants_more_and_does_not_answer(learner: Typist) -> None:
    learner.run("(sleep 3; kill -STOP $$; echo bash has stopped) &")
    learner.enter('echo "one')
    learner.see("bash has stopped")
    learner.enter("two")
    learner.insist(CTRL_BRACKET, lambda: "netshell>" in learner.screen(), "netshell's own prompt")
    learner.enter(":term")
    learner.until_prompt("pc.2")
