"""Several proofs at once: their order, what hangs, what is interrupted, and the reports that programs read."""

import json
import os
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from accounts import Account
from conftest import RunNetshell

pytestmark = pytest.mark.kernel

HEAD = "---\nformat: 1\ntitle: A lesson\nsummary: For a test.\n---\n\n# A lesson\n\nWords.\n"


def step(title: str, do: str, check: str) -> str:
    return f"\n## {title}\n\n```console do\n{do}\n```\n\n```yaml check\n- {check}\n```\n"


def lesson(who: Account, name: str, *steps: str) -> str:
    path = who.home / f"{name}.md"
    path.write_text(HEAD + "".join(steps), encoding="utf-8")
    return str(path)


GOOD = [step(f"Step {name}", f"$ ip netns add {name}", f"{{netns: {name}}}") for name in "abcd"]


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_results_come_in_the_order_of_the_lessons_however_many_are_tried_at_once(
    ordinary_account: Account, run_netshell: RunNetshell, jobs: str
) -> None:
    paths = [lesson(ordinary_account, name, *GOOD) for name in ("one", "two")]
    done = run_netshell(ordinary_account, "lesson", "test", "--json", "--jobs", jobs, *paths)
    assert (done.returncode, done.stderr) == (0, "")
    proofs = [json.loads(line) for line in done.stdout.splitlines()]
    places = [(proof["lesson"], proof["seed"], proof["step"]) for proof in proofs]
    assert places == sorted(places)
    assert len(set(places)) == 16
    assert {proof["kind"] for proof in proofs} == {"before", "solution", "needed"}
    assert all(proof["holds"] for proof in proofs)


def test_a_step_that_hangs_is_ended_and_named_and_the_other_lesson_is_proved(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    hangs = lesson(ordinary_account, "hangs", GOOD[0], step("Hangs", "$ sleep 50", "{netns: z}"), GOOD[1])
    good = lesson(ordinary_account, "good", GOOD[0])
    arguments = ("--seeds", "1", "--step-timeout", "2", "--timeout", "60", hangs, good)
    done = run_netshell(ordinary_account, "lesson", "test", *arguments)
    assert done.returncode == 1
    assert f"{hangs}:21:1: The proof of step 2 was not over after 2 s, and was ended." in done.stdout
    assert "Step b" not in done.stdout
    assert "good · seed 1\n  ✓  1  Step a" in done.stdout


def test_junit_has_a_suite_for_each_lesson_and_a_case_for_each_proof(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    wrong = lesson(ordinary_account, "wrong", step("Escapes & more", "$ ip netns add a", "{netns: b}"))
    bad = lesson(ordinary_account, "bad", "\n## A\n\n```yaml check\n- {nets: a}\n```\n")
    arguments = ("--seeds", "1", "--timeout", "0.5", "--junit", "out.xml")
    done = run_netshell(
        ordinary_account, "lesson", "test", *arguments, lesson(ordinary_account, "good", GOOD[0]), wrong, bad
    )
    assert done.returncode == 1
    root = ET.fromstring((ordinary_account.home / "out.xml").read_bytes())
    suites = {suite.attrib["name"]: suite for suite in root}
    assert {name: (s.attrib["tests"], s.attrib["failures"]) for name, s in suites.items()} == {
        "good": ("3", "0"),
        "wrong": ("2", "1"),
        "bad": ("1", "1"),
    }
    case = next(case for case in suites["wrong"] if case.find("failure") is not None)
    assert case.attrib["classname"] == "wrong.1 Escapes & more"
    assert case.attrib["line"] == "14"
    failure = case.find("failure")
    assert failure is not None
    assert str(failure.text).startswith(f"{wrong}:14: After this solution the checks do not hold: ")


def test_a_junit_file_that_cannot_be_written_is_told_before_the_work(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    good = lesson(ordinary_account, "good", GOOD[0])
    done = run_netshell(ordinary_account, "lesson", "test", "--junit", "nowhere/out.xml", good)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("netshell: nowhere/out.xml cannot be written: No such file or directory.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_is_interrupted_leaves_nothing_running(ordinary_account: Account, number: signal.Signals) -> None:
    marker = f"{ordinary_account.home.name}-sleeper"
    hangs = lesson(ordinary_account, "hangs", step("Hangs", f"$ bash -c 'exec -a {marker} sleep 50'", "{netns: z}"))
    argv = ordinary_account.netshell("lesson", "test", "--timeout", "60", hangs)
    started = subprocess.Popen(
        argv, cwd=ordinary_account.home, env=ordinary_account.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    until(lambda: running(marker))
    os.kill(started.pid, number)
    _, errors = started.communicate(timeout=20)
    assert started.returncode == (130 if number == signal.SIGINT else -number)
    assert b"Traceback" not in errors
    until(lambda: not running(marker))


def running(marker: str) -> bool:
    """Whether a process of that name is there, in whatever namespace."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if path.read_bytes().startswith(marker.encode()):
                return True
        except OSError:
            continue
    return False


def until(holds: object, timeout_s: float = 15) -> None:
    end = time.monotonic() + timeout_s
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_share_of_changed_solutions_that_are_noticed_is_told(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    do = "$ ip netns add a\n$ ip -n a address add 192.0.2.1/24 dev lo"
    strict = lesson(ordinary_account, "strict", step("Strict", do, "{address: 192.0.2.1/24, at: a}"))
    done = run_netshell(ordinary_account, "lesson", "test", "--seeds", "1", "--mutate", strict)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("Changed solutions noticed: 3 of 3 (100 %).\n")
    lax = lesson(ordinary_account, "lax", step("Lax", do, "{address: 192.0.2.9/24, at: a, within: 192.0.2.0/24}"))
    done = run_netshell(ordinary_account, "lesson", "test", "--seeds", "1", "--mutate", lax)
    assert done.returncode == 0
    assert "warning: Not noticed: the checks hold with 192.0.2.2/24 for 192.0.2.1/24 in this line" in done.stdout
    assert done.stdout.endswith("Changed solutions noticed: 2 of 3 (67 %).\n")


def test_what_a_mistake_leaves_behind_is_no_fault_of_the_next_step(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    wrong = "\n```yaml wrong\n- do: $ ip netns add {0}\n  when: [{{netns: {0}}}]\n  say: Not {0}.\n```\n"
    first = step("A", "$ ip netns add a", "{netns: a}") + wrong.format("X")
    second = step("B", "$ ip netns add b", "{netns: b}\n- {netns: X, not: true}") + wrong.format("B")
    path = lesson(ordinary_account, "behind", first, second)
    done = run_netshell(ordinary_account, "lesson", "test", "--json", "--seeds", "1", path)
    assert (done.returncode, done.stderr) == (0, "")
    kinds = [json.loads(line)["kind"] for line in done.stdout.splitlines()]
    assert kinds == ["before", "solution", "mistake", "after", "needed"] * 2
