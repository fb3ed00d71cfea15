"""The wire as a learner sees it: the line below a command, the views behind F4, and lines that come several at once."""

from collections.abc import Iterator

import pytest
from accounts import Account
from typist import CTRL_BRACKET, CTRL_C, F4, F7, Typist, sit_down

pytestmark = pytest.mark.terminal


@pytest.fixture
def learner(ordinary_account: Account) -> Iterator[Typist]:
    """Somebody at the machine alone, whose lo is UP."""
    with sit_down(ordinary_account, "play") as learner:
        learner.until_prompt("pc")
        learner.run("ip link set lo up")
        yield learner


def test_what_crossed_stands_below_the_command_and_f4_shows_it(learner: Typist) -> None:
    assert "wire: 2 ICMP (F4)" in learner.run("ping -c 1 127.0.0.1")
    learner.press(F4)
    learner.see(":packets last", "echo request 1", "echo reply 1")
    learner.until_prompt("pc")
    assert "wire:" not in learner.run("true")
    assert "echo request 1" in learner.run(":ladder icmp")
    learner.enter(":packet 1")
    learner.see("pc pings pc", "IPv4", "q: done")
    learner.press("q")
    learner.until_prompt("pc")


def test_what_did_not_happen_is_told(learner: Typist) -> None:
    assert "refused with RST" in learner.run("nc -z 127.0.0.1 81")


def test_a_long_list_is_paged_and_the_prompt_comes_back(learner: Typist) -> None:
    learner.run("ping -q -c 40 -i 0.002 127.0.0.1")
    learner.enter(":packets")
    learner.see("echo request 1", "q: done")
    learner.press("q")
    learner.until_prompt("pc")
    assert "after" in learner.run("echo after")


def test_ctrl_c_leaves_a_list_and_not_netshell(learner: Typist) -> None:
    learner.run("ping -q -c 40 -i 0.002 127.0.0.1")
    learner.enter(":packets")
    learner.see("q: done")
    learner.press(CTRL_C)
    learner.until_prompt("pc")
    assert "after" in learner.run("echo after")


def test_lines_that_are_pasted_are_run_one_after_the_other(learner: Typist) -> None:
    learner.paste("ip netns add ns1\nip netns exec ns1 bash\nip netns add mars\nexit\nip netns list")
    learner.enter()
    learner.see("namespace ns1", "ns1:~# ip netns add mars", "pc:~# ip netns list")
    learner.until_prompt("pc")
    assert "closed" not in learner.seen()


def test_a_loop_that_is_pasted_stays_one_command(learner: Typist) -> None:
    learner.paste("for n in 1 2\ndo\necho turn $n\ndone")
    learner.enter()
    learner.see("turn 1", "turn 2")
    learner.until_prompt("pc")


def test_ctrl_c_drops_the_lines_that_would_follow(learner: Typist) -> None:
    learner.paste("sleep 60\necho follows")
    learner.press("\r")
    learner.see("sleep 60")
    learner.insist(CTRL_C, lambda: learner.prompt() is not None, "prompt")
    learner.until_prompt("pc")
    assert "pc:~# echo follows" not in learner.seen()


def test_lines_typed_ahead_leave_no_trace_of_how_they_were_found(learner: Typist) -> None:
    learner.enter("sleep 1")
    learner.type("echo one\recho two\r")
    learner.see("one", "two")
    learner.until_prompt("pc")
    assert "9977" not in learner.seen()


def test_a_program_that_draws_keeps_off_the_prompt_when_it_is_left(learner: Typist) -> None:
    learner.enter("while sleep 0.1; do printf '\\033[H\\033[2Jdrawn'; done")
    learner.see("drawn")
    learner.press(CTRL_BRACKET)
    learner.see("netshell>")
    learner.enter(":terms")
    learner.see(":term NODE")
    learner.look(0.5)
    assert ":term pc" in learner.screen()


def test_the_task_can_be_read_again(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "learn", "netns", "--step", "3") as pupil:
        pupil.until_prompt("pc")
        pupil.enter("clear")
        pupil.until(lambda: "step 3 of" not in pupil.screen() and bool(pupil.prompt()), "a clear screen")
        pupil.press(F7)
        pupil.until(lambda: "step 3 of" in pupil.screen(), "the page again")
        pupil.enter("clear")
        pupil.until(lambda: "step 3 of" not in pupil.screen() and bool(pupil.prompt()), "a clear screen")
        pupil.enter(":page")
        pupil.until(lambda: "step 3 of" in pupil.screen(), "the page, by another name")
