"""Terminals, homes and disks as they should not be: each has an outcome that is said in a clear sentence."""

import os

import pytest
from accounts import Account
from typist import CTRL_BRACKET, CTRL_D, sit_down

pytestmark = pytest.mark.terminal


def test_a_window_of_twenty_columns_shows_everything(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "learn", "netns", rows=12, columns=20) as learner:
        learner.see("Enter begins.", "netns 1/13")
        learner.until_prompt("pc")
        learner.enter()
        learner.see("netns · step 1", "Enter goes on")
        learner.until_prompt("pc")
        learner.enter("ip netns add a-rather-long-name")
        learner.see("+ namespace")
        learner.until_prompt("pc")
        learner.enter(":map")
        learner.see("eth0")
        learner.until_prompt("pc")
        learner.enter(":help")
        learner.see(":quit", "Tab")
        learner.until_prompt("pc")
        learner.enter(":quit")
        assert learner.until_end() == 0


def test_a_dumb_terminal_gets_lines_without_sequences(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "learn", "netns", environ={"TERM": "dumb"}) as learner:
        learner.see("Enter begins.")
        learner.until_prompt("pc")
        learner.enter()
        learner.see("step 1 of 13")
        learner.until_prompt("pc")
        learner.enter("ip netns add x1")
        learner.see("+ namespace x1")
        learner.until_prompt("pc")
        learner.type(CTRL_D)
        learner.see("Ctrl-D once more")
        learner.until_prompt("pc")
        learner.type(CTRL_D)
        assert learner.until_end() == 0
        assert b"\x1b" not in learner.heard


def test_a_screen_reader_gets_the_machine_and_its_packets_in_lines(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "--plain", "learn", "netns") as learner:
        learner.see("netns One PC, many networks", "Enter begins.")
        learner.until_prompt("pc")
        learner.enter("ping -c 1 127.0.0.1; ip netns add red")
        learner.see("+ namespace red")
        learner.until_prompt("pc")
        for command, shown in ((":map", "red lo DOWN pc eth0"), (":ladder all", "Time"), (":packets all", "Time")):
            learner.enter(command)
            learner.see(shown)
            learner.until_prompt("pc")
        learner.enter("echo $TERM")
        learner.see("xterm")  # a program may still be told of a real terminal
        learner.until_prompt("pc")
        learner.enter(":quit")
        assert learner.until_end() == 0
        drawn = set(learner.heard.decode()) & set("─│╭╮╰╯━▶◀┤├\x1b")
        assert drawn == set()


def test_a_terminal_that_does_not_say_where_its_cursor_is_needs_no_patience(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "play") as learner:
        learner.answers_questions = False
        learner.until_prompt("pc")
        for number in range(3):
            learner.enter(f"echo n$(({number} + 40))")
            learner.see(f"n{number + 40}")
            learner.until_prompt("pc")
        assert "WARNING" not in "\n".join(learner.lines())


def test_without_a_home_the_lesson_is_played_and_the_learner_told(ordinary_account: Account) -> None:
    names = ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME")
    with sit_down(ordinary_account, "learn", "netns", without=names) as learner:
        learner.see("Your progress cannot be saved: there is no home directory")
        learner.until_prompt("pc")
        learner.enter()
        learner.see("step 1 of 13")
        learner.until_prompt("pc")
        learner.enter(":quit")
        assert learner.until_end() == 0


def test_in_a_home_that_cannot_be_written_the_lesson_is_played_and_the_learner_told(ordinary_account: Account) -> None:
    nowhere = dict.fromkeys(("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), "/sys")
    with sit_down(ordinary_account, "learn", "netns", environ=nowhere) as learner:
        learner.see("Your progress cannot be saved: /sys/netshell")
        learner.until_prompt("pc")
        assert "kept" in learner.run("echo kept")
        learner.type("\x1b[A")
        learner.until_prompt(line="echo kept")
        learner.press("\x15:quit\r")
        assert learner.until_end() == 0


def test_a_disk_that_fills_up_is_told_once_and_stops_nobody(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "learn", "netns") as learner:
        learner.until_prompt("pc")
        set_limit = ["prlimit", f"--pid={learner.pid}"]
        assert ordinary_account.run(ordinary_account.argv(*set_limit, "--fsize=0:unlimited")).returncode == 0
        learner.enter()
        learner.see("step 1 of 13")
        learner.until_prompt("pc")
        learner.enter(":skip")
        learner.see("step 2 of 13", "Your progress cannot be saved: the disk that holds")
        learner.until_prompt("pc")
        ordinary_account.run(ordinary_account.argv(*set_limit, "--fsize=unlimited:unlimited"))
        learner.enter(":skip")
        learner.see("step 3 of 13", "Your progress is saved again.")
        learner.until_prompt("pc")
        learner.enter(":quit")
        assert learner.until_end() == 0


def test_a_damaged_record_is_set_aside_and_a_new_one_begun(ordinary_account: Account) -> None:
    record = ordinary_account.home / "state" / "netshell" / "progress.db"
    record.parent.mkdir(parents=True)
    record.write_bytes(b"this is no database" * 100)
    for path in (record, record.parent, record.parent.parent):
        os.chown(path, ordinary_account.uid, ordinary_account.gid)
    with sit_down(ordinary_account, "learn", "netns") as learner:
        learner.see("Your progress file is damaged. It is set aside as", "a new one is begun")
        learner.until_prompt("pc")
        learner.enter(":quit")
        assert learner.until_end() == 0
    assert record.read_bytes().startswith(b"SQLite format 3")


def test_control_d_at_every_prompt_ends_what_it_stands_in(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "play") as learner:
        learner.until_prompt("pc")
        learner.enter("bash")
        learner.until_prompt("pc")
        learner.enter(":term")
        learner.until_prompt("pc.2")
        learner.enter("echo begins; sleep 1000")
        learner.see("\nbegins")
        learner.press(CTRL_BRACKET)
        learner.see("[sleep runs in pc.2] netshell>")
        learner.press(CTRL_D)
        learner.see("Ctrl-D once more leaves netshell.")
        learner.press(":term pc\r")
        learner.until_prompt("pc")
        learner.type(CTRL_D)
        learner.until_prompt("pc")
        assert "1" in learner.run("echo $SHLVL")
        learner.type(CTRL_D)
        learner.see("Ctrl-D once more leaves netshell.")
        learner.until_prompt("pc")
        learner.type(CTRL_D)
        assert learner.until_end() == 0
