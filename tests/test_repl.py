"""The seat of the learner: prompts, programs in front, terminals, signals; each as it is seen on a real terminal."""

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from accounts import Account
from typist import CTRL_BRACKET, CTRL_C, CTRL_D, CTRL_Z, F1, F2, F3, TAB, UP, Typist, sit_down

pytestmark = pytest.mark.terminal


@pytest.fixture
def learner(ordinary_account: Account) -> Iterator[Typist]:
    """Somebody at the machine alone."""
    with sit_down(ordinary_account, "play") as learner:
        learner.until_prompt("pc")
        yield learner


@pytest.fixture
def pupil(ordinary_account: Account) -> Iterator[Typist]:
    """Somebody in the lesson netns, at the step that asks for the namespace helloworld."""
    with sit_down(ordinary_account, "learn", "netns", "--step", "3") as learner:
        learner.until_prompt("pc")
        yield learner


def parents_of_all() -> dict[int, int]:
    """Every process with its parent, by what /proc tells."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    return parents


def descendants(pid: int) -> set[int]:
    """A process and all that it started."""
    parents = parents_of_all()
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return family


def living(pids: set[int]) -> set[int]:
    """Those that still run; a zombie that waits for its parent does not."""
    found = set()
    for pid in pids:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if state != "Z":
            found.add(pid)
    return found


def until_gone(pids: set[int]) -> None:
    deadline = time.monotonic() + 20
    while left := living(pids):
        assert time.monotonic() < deadline, f"still there: {left}"
        os.sched_yield()


def test_control_keys_at_the_prompt_do_what_they_do_in_a_shell(learner: Typist) -> None:
    learner.type("echo nev")
    learner.press(f"er{CTRL_Z}{CTRL_C}")
    learner.until_prompt("pc")
    assert "never" not in learner.run("echo after")
    learner.type(UP)
    learner.until_prompt(line="echo after")
    learner.press(CTRL_C)
    learner.until_prompt()
    learner.enter("ip netns add ns1 && ip netns exec ns1 bash")
    learner.until_prompt("ns1")
    learner.type(CTRL_D)
    learner.until_prompt("pc")
    learner.type(CTRL_D)
    learner.see("Ctrl-D once more leaves netshell.")
    learner.until_prompt()
    learner.run("echo stays")
    learner.type(CTRL_D)
    learner.see("Ctrl-D once more leaves netshell.")
    learner.until_prompt()
    learner.press(CTRL_D)
    assert learner.until_end() == 0


def test_control_c_and_control_z_reach_the_program_in_front(learner: Typist) -> None:
    learner.enter("sleep 1000")
    learner.press(CTRL_C)
    learner.until_prompt("pc")
    learner.enter("echo begins; sleep 1000")
    learner.see("\nbegins")
    learner.press(CTRL_Z)
    learner.see("Stopped")
    learner.until_prompt("pc")
    assert "sleep 1000" in learner.run("jobs")
    learner.enter("fg")
    learner.see("\nsleep 1000")
    learner.press(CTRL_C)
    learner.until_prompt("pc")


def test_a_full_screen_program_is_left_running_and_taken_up_again(learner: Typist) -> None:
    learner.run("seq 1000 > /tmp/numbers; echo before")
    for command, shown, leave in (
        ("less /tmp/numbers", "\n20\n", "q"),
        ("vim -u NONE /tmp/numbers", "\n20\n", "\x1b:q!\r"),
        ("nano /tmp/numbers", "Exit", "\x18"),
    ):
        name = command.split(maxsplit=1)[0]
        learner.enter(command)
        learner.until(lambda shown=shown: learner.glass.is_alternate and shown in learner.screen(), command)  # type: ignore[misc]
        learner.press(CTRL_BRACKET)
        learner.until(lambda: not learner.glass.is_alternate, "the screen is back")
        learner.see(f"[{name} runs in pc] netshell>", f"{name} goes on running.")
        assert learner.lines().count("before") == 1
        learner.enter("ls")
        learner.see(f"{name} is in front here:", "netshell>")
        learner.press(CTRL_BRACKET)
        learner.until(lambda shown=shown: learner.glass.is_alternate and shown in learner.screen(), "redrawn")  # type: ignore[misc]
        learner.type("")
        # a program that is told of a new size may leave its screen for a moment
        learner.insist(leave, lambda: not learner.glass.is_alternate and bool(learner.prompt()), "the prompt is back")
        learner.until_prompt("pc")


def test_an_interpreter_is_left_running_and_taken_up_again(learner: Typist) -> None:
    learner.enter("python3 -q")
    learner.see(">>>")
    learner.press(f"x = 20{CTRL_BRACKET}")
    learner.see("[python3 runs in pc] netshell>")
    learner.type(CTRL_BRACKET)
    learner.see("python3 in pc")
    learner.press("22\rprint(x + 1)\r")
    learner.see("\n2023")
    learner.type(CTRL_D)
    learner.until_prompt("pc")


def test_a_program_that_ends_while_it_is_left_running_brings_the_prompt_back(learner: Typist) -> None:
    learner.enter("echo begins; sleep 0.5; ip netns add late; echo ends")
    learner.see("\nbegins")
    learner.press(CTRL_BRACKET)
    learner.see("ends", "+ namespace late")
    learner.until_prompt("pc")


def test_output_that_comes_late_stands_above_the_line_that_is_being_typed(learner: Typist) -> None:
    learner.run("(sleep 0.3; echo one; ip netns add two; printf half) &")
    learner.type("echo in the mid")
    learner.see("one", "half")
    learner.until_prompt(line="echo in the mid")
    learner.press("dle\r")
    learner.see("\nin the middle")
    learner.until_prompt("pc")


def test_another_terminal_says_where_its_output_comes_from(learner: Typist) -> None:
    learner.run("ip netns add ns1; mkfifo /tmp/gate")
    learner.enter(":term ns1")
    learner.until_prompt("ns1")
    learner.enter(r"read < /tmp/gate; printf 'hello\033]0;title\007 \033[31mthere\n'; sleep 1000")
    learner.press(CTRL_BRACKET)
    learner.see("[bash runs in ns1] netshell>")
    learner.enter(":term pc")
    learner.until_prompt("pc")
    learner.enter("echo > /tmp/gate")
    learner.see("[ns1 · sleep] hello there")
    learner.until_prompt("pc")
    assert ":term ns1 sleep is running" in re.sub(" +", " ", learner.run(":terms"))
    learner.run(f"kill -9 {learner_shell(learner)}")
    learner.see("[ns1] This terminal is closed.")


def learner_shell(learner: Typist) -> str:
    """The pid of the newest bash inside, which is that of the terminal opened last."""
    return learner.run("pgrep -n -x bash -P 1 || pgrep -n -x bash").split()[-1]


def test_a_flood_from_the_background_leaves_a_prompt_to_stop_it_at(learner: Typist) -> None:
    learner.skims = True
    learner.run("yes $(seq -s- 400) &")
    learner.see("… and more: it comes with your next command", timeout_s=90)
    learner.until_prompt("pc")
    learner.enter("kill %1; wait; echo qui''et")
    learner.see("quiet")
    learner.until_prompt("pc")
    learner.enter("yes $(seq -s- 400)")
    learner.see("-400\n1-2")
    learner.type(CTRL_BRACKET)
    learner.see("[yes runs in pc] netshell>", "… and more: Ctrl-] shows it", timeout_s=90)
    learner.type(CTRL_BRACKET)
    learner.press(CTRL_C)
    # so much was printed that lines cannot be counted any more: the prompt that stands is the one
    learner.until(lambda: learner.prompt() is not None, "a prompt", timeout_s=90)


def test_much_output_neither_hangs_nor_is_cut(learner: Typist) -> None:
    learner.enter("seq 6000; echo sum $((1 + 1))")
    learner.see("5999\n6000\nsum 2")
    learner.until_prompt("pc")


def test_what_is_typed_ahead_is_run_in_order_and_the_rest_stands_at_the_prompt(learner: Typist) -> None:
    learner.enter("echo begins; read -r; sleep 0.3")
    learner.see("\nbegins")
    learner.press("\recho 1$((1))\recho 2$((2))\recho rest")
    learner.until_prompt(line="echo rest")
    assert "11" in learner.seen()
    assert "22" in learner.seen()
    learner.press(CTRL_C)
    learner.until_prompt()
    learner.type("echo a$((1))\r:map\recho b$((2))\r")  # as a paste without brackets comes
    learner.see("a1", "╭ pc", "b2")
    learner.until_prompt("pc")


def test_keys_that_stand_for_commands_keep_the_line(pupil: Typist) -> None:
    pupil.type("ip netns a")
    for key, shown in ((F1, ":help this list"), (F2, "? ip netns help"), (F3, "╭ pc")):
        pupil.press(key)
        pupil.see(shown)
        pupil.until_prompt(line="ip netns a")
    pupil.press("dd x\r")
    pupil.see("+ namespace x")
    pupil.until_prompt("pc")
    pupil.enter('echo "open')
    pupil.see("\n>")
    pupil.press(f"half{F3}")
    pupil.see("╭ x", "> half")
    pupil.press(' closed"\r')
    pupil.see("\nhalf closed")
    pupil.until_prompt("pc")


def test_an_open_quote_is_a_question(learner: Typist) -> None:
    learner.enter('echo "one')
    learner.see("\n>")
    learner.press('two"\r')
    learner.see("one\ntwo")
    learner.until_prompt("pc")
    learner.enter("echo 'never")
    learner.see("\n>")
    learner.press(CTRL_C)
    assert learner.until_prompt("pc").strip() == ">", "and no line more"
    assert "" not in learner.lines()[: learner.glass.absolute_line()]
    learner.enter("echo 'never")
    learner.see("\n>")
    learner.press(CTRL_D)
    learner.see("unexpected EOF", "\n>")
    learner.press(CTRL_D)
    learner.until_prompt("pc")
    assert "one" in learner.run("echo one"), "the shell has survived it"
    learner.enter("cat << E")
    learner.see("\n>")
    learner.press("text $((6 * 7))\rE\r")
    learner.see("text 42")
    learner.until_prompt("pc")


def test_pastes_are_one_command_however_long(learner: Typist) -> None:
    learner.paste("for i in 1 2\ndo\n\techo p$i$i\ndone")
    learner.press("\r")
    learner.see("p11\np22")
    learner.until_prompt("pc")
    learner.paste("\n".join(f"x={number}" for number in range(10_000)))
    learner.see("x=9999")
    learner.press("\r")
    learner.until_prompt("pc")
    assert "9999" in learner.run("echo $x")


def test_tab_completes_and_lists(pupil: Typist) -> None:
    pupil.type(f":ma{TAB}")
    pupil.until_prompt(line=":map")
    pupil.press(f"\x15:{TAB}")
    pupil.see(":help", ":quit", "`:help` tells what each of them does")
    pupil.until_prompt(line=":")
    pupil.press(f"\x15:te{TAB}{TAB}")
    pupil.see(":term a terminal on NODE", ":terms the terminals there are")
    pupil.until_prompt(line=":term")
    pupil.press(f"\x15ip netn{TAB}")
    pupil.until_prompt(line="ip netns")
    pupil.press(f"\x15ls /etc/pass{TAB}")
    pupil.until(lambda: "ls /etc/passwd" in pupil.screen(), "the file is completed")
    pupil.type(f"\x15ls /usr/bin/{TAB}")
    pupil.see("more: a letter or two narrows them down")
    pupil.until_prompt(line="ls /usr/bin/")
    pupil.press(f"\x15zzzz{TAB}zz")
    pupil.until_prompt(line="zzzzzz")


def test_terminals_are_opened_left_and_closed(learner: Typist) -> None:
    learner.run("ip netns add ns1")
    for line, where in ((":term ns1", "ns1"), ("exit", "pc"), (":term", "pc.2"), ("exit", "pc"), (":term ns1", "ns1")):
        learner.enter(line)
        learner.until_prompt(where)
    learner.enter(":term nowhere")
    learner.see("✗ There is no node `nowhere`.", "The namespaces here: ns1.")
    learner.until_prompt("pc")
    learner.enter("exit")
    learner.see("This terminal's own shell has ended; here is a new one.")
    learner.until_prompt("pc")
    learner.run("kill -9 -1")
    learner.enter("kill -9 $$")
    learner.see("This terminal's own shell has ended; here is a new one.")
    learner.until_prompt("pc")
    assert "alive" in learner.run("echo alive")


def test_the_prompt_is_sane_after_programs_that_leave_the_terminal_in_disorder(learner: Typist) -> None:
    learner.enter("vim -u NONE")
    learner.until(lambda: learner.glass.is_alternate, "vim")
    learner.press(CTRL_BRACKET)
    learner.see("netshell>")
    learner.enter(":term")
    learner.until_prompt("pc.2")
    learner.run("pkill -9 -x vim")
    learner.enter(":term pc")
    learner.until_prompt("pc")
    assert not learner.glass.is_alternate
    learner.enter(r"printf '\033[?1049h\033[?25l\033[?1h\033=\033[31m'; stty -echo raw; echo gone")
    learner.until_prompt("pc")
    assert not learner.glass.is_alternate
    learner.enter("echo 4$((2)); stty sane")
    learner.see("\n42")
    learner.until_prompt("pc")
    learner.enter("head -c 100000 /dev/urandom")
    learner.until_prompt("pc")
    learner.enter("reset")
    learner.until(lambda: learner.prompt() is not None and learner.glass.cursor.y < 3, "a clean screen")
    learner.enter("echo 4$((3))")
    learner.see("43")


def test_the_window_may_change_its_size(learner: Typist) -> None:
    learner.resize(30, 100)
    assert "30 100" in learner.run("stty size")
    learner.enter("echo begins; read; stty size")
    learner.see("\nbegins")
    learner.resize(20, 60)
    learner.press("\r")
    learner.see("20 60")
    learner.until_prompt("pc")


def test_a_step_that_is_done_while_the_prompt_stands_is_said_above_it(pupil: Typist) -> None:
    pupil.run("mkfifo /tmp/gate; (read < /tmp/gate; ip netns add helloworld) & sleep 0")
    pupil.run("(sleep 0.2; echo > /tmp/gate) &")
    pupil.type("echo abc")
    pupil.see("✓ The namespace helloworld is there.", "╭ helloworld")
    pupil.until_prompt(line="echo abc")
    pupil.press(CTRL_C)
    pupil.until_prompt()
    pupil.enter()
    pupil.see("step 4 of 13")


def test_a_learner_moves_about_in_a_lesson_and_comes_back_to_it(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "learn", "netns") as learner:
        learner.until_prompt("pc")
        for line, shown in (
            ("", "step 1 of 13"),
            ("", "You have not looked yet"),
            ("", "step 2 of 13"),
            ("", "`:hint` helps"),
            (":skip", "step 3 of 13"),
            (":back", "step 2 of 13"),
            (":reset", "The machine is as this step begins"),
            (":skip", "step 3 of 13"),
            ("ip netns add helloworld", "✓"),
            ("", "step 4 of 13"),
            (":learn nosuch", "`:lessons` lists them."),
            (":learn veth", "Two machines, one cable"),
            ("", "step 1 of 15"),
            (":learn netns", "step 4 of 13"),
        ):
            learner.enter(line)
            learner.see(shown)
            learner.until_prompt("pc")
        assert "helloworld" in learner.run("ip netns list")
        os.kill(learner.pid, signal.SIGKILL)
    with sit_down(ordinary_account, "learn", "netns") as learner:
        learner.see("The machine is brought to step 4", "step 4 of 13")
        learner.until_prompt("pc")
        assert "helloworld" in learner.run("ip netns list")
        learner.enter(":quit")
        learner.see("netshell` goes on at step 4 of netns")
        assert learner.until_end() == 0


def test_two_netshells_at_once_have_a_machine_each_and_one_record(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "learn", "netns") as one, sit_down(ordinary_account, "learn", "veth") as two:
        for learner in (one, two):
            learner.until_prompt("pc")
            learner.enter()
            learner.see("step 1 of")
            learner.until_prompt("pc")
        one.run("ip netns add mine")
        assert "mine" not in two.run("ip netns list")
        two.enter("ip netns add ns1; ip netns add ns2")
        two.see("✓")
        assert "at step 1" in one.run(":lessons")
        for learner in (one, two):
            learner.until_prompt()
            learner.enter(":quit")
            assert learner.until_end() == 0


@pytest.mark.parametrize("in_front", ["prompt", "vim"])
def test_told_to_end_it_ends_at_once_and_leaves_the_terminal_as_it_was(
    ordinary_account: Account, in_front: str
) -> None:
    inner = ordinary_account.netshell("play")
    script = 'stty -g; "$@"; echo "status $?"; stty -g; read -r _'
    with Typist(["sh", "-c", script, "sh", *inner], ordinary_account.environ, ordinary_account.home) as learner:
        learner.until_prompt("pc")
        if in_front == "vim":
            learner.enter("vim -u NONE")
            learner.until(lambda: learner.glass.is_alternate, "vim")
        family = descendants(learner.pid) - {learner.pid}
        netshell = next(child for child, parent in parents_of_all().items() if parent == learner.pid)
        os.kill(netshell, signal.SIGTERM)
        learner.see("status 143")
        settings = re.findall(r"(?m)^[0-9a-f]+(?::[0-9a-f]+)+", "\n".join(learner.lines()))
        learner.until(lambda: learner.glass.cursor.x == 0, "all is printed")
        assert not learner.glass.is_alternate
        until_gone(family)
        assert len(set(settings)) == 1


def test_a_terminal_that_closes_ends_everything(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "play") as learner:
        learner.until_prompt("pc")
        learner.enter("nohup sleep 1000 & sleep 2000")
        learner.see("[1]")
        family = descendants(learner.pid)
        assert len(family) > 4
        learner.hang_up()
        until_gone(family)
