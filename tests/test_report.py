"""What was done, as a learner and as an instructor see it."""

import json
from pathlib import Path

import pytest
from accounts import Account

from netshell.progress import Progress
from netshell.render.console import as_text
from netshell.report import Learner, as_json, class_report, learner_at, learner_of, lesson_report, own_report, stumbles

DAY = 86400.0
NOW = 100 * DAY + 3600


def record_of(path: Path | None, *, is_stuck: bool = False, now: float = NOW) -> Progress:
    progress = Progress.open(path, clock=lambda: now)
    progress.begin("veth", 1)
    progress.reach("veth", "lay", 0)
    progress.finish_step("veth", "lay", 130)
    progress.answer("veth", "lay", 0, "an ARP request", is_right=True)
    progress.answer("veth", "lay", 1, "2", is_right=False)
    progress.answer("veth", "lay", 2, "later")
    progress.reach("veth", "plug", 1)
    for reason in ("down", "wrong-prefix", "wrong-prefix") if is_stuck else ("down",):
        progress.record_attempt("veth", "plug", reason)
    progress.take_hint("veth", "plug")
    return progress


def screen(learner: Learner) -> str:
    return as_text(own_report(learner, NOW + DAY), width=100, colour="none")


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_learners_lessons_are_told_one_a_line() -> None:
    with record_of(None) as progress:
        learner = learner_of(progress)
    assert lines(screen(learner)) == [
        "lesson when steps time hints answers right",
        "veth seen yesterday 1 2 min 1 1 of 2",
    ]
    assert "Nothing was done yet" in screen(Learner(""))


def test_the_steps_of_a_lesson_are_told_with_what_did_not_hold() -> None:
    with record_of(None, is_stuck=True) as progress:
        (lesson,) = learner_of(progress).lessons
    shown = as_text(lesson_report(lesson, {"lay": "Lay the cable"}), width=100, colour="none")
    assert lines(shown) == [
        "step time hints answers right what did not hold",
        "Lay the cable 2 min 1 of 2",
        "plug 1 wrong-prefix (2), down",
    ]


def test_a_class_is_told_with_the_steps_at_which_it_stumbles(tmp_path: Path) -> None:
    for name, is_stuck in (("ada", True), ("bob", False), ("cyd", True)):
        record_of(tmp_path / name / ".local/state/netshell/progress.db", is_stuck=is_stuck).close()
    (tmp_path / "eve").mkdir()
    (tmp_path / "fay" / ".local/state/netshell").mkdir(parents=True)
    (tmp_path / "fay" / ".local/state/netshell/progress.db").write_bytes(b"no database at all")
    learners = [learner_at(path) for path in sorted(tmp_path.iterdir())]
    shown = lines(as_text(class_report(learners, lambda _: {"plug": "Plug it in"}, NOW), width=100, colour="none"))
    assert shown[:6] == [
        "learner done now at time seen",
        "ada 0 veth, Plug it in 2 min today",
        "bob 0 veth, Plug it in 2 min today",
        "cyd 0 veth, Plug it in 2 min today",
        "eve has not begun",
        "fay has not begun",
    ]
    assert shown[-1] == "veth Plug it in 2 of 3 wrong-prefix"
    (stumble,) = stumbles(learners)
    assert (stumble.slug, stumble.learners, stumble.tried, stumble.reason) == ("plug", 2, 3, "wrong-prefix")


def test_a_record_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ada" / ".local/state/netshell/progress.db"
    record_of(path).close()
    before = path.read_bytes(), sorted(path.parent.iterdir())
    assert learner_at(tmp_path / "ada").lessons
    assert learner_at(path).lessons
    assert (path.read_bytes(), sorted(path.parent.iterdir())) == before


def test_programs_get_all_of_it() -> None:
    with record_of(None) as progress:
        (data,) = json.loads(as_json([learner_of(progress, "ada")]))
    (lesson,) = data["lessons"]
    assert (data["learner"], data["done"], lesson["id"], lesson["done_at"]) == ("ada", 0, "veth", None)
    assert lesson["steps"][1] == {
        "step": "plug", "done_at": None, "seconds": 0, "hints": 1, "solution": False, "skipped": False,
        "attempts": ["down"],
    }  # fmt: skip
    assert lesson["answers"][1] == {"step": "lay", "question": 2, "said": "2", "right": False}


@pytest.mark.kernel
def test_the_command_tells_what_it_takes(ordinary_account: Account) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = ordinary_account.run(ordinary_account.netshell("report", *arguments))
        return done.returncode, done.stdout + done.stderr

    assert run() == (0, "  · Nothing was done yet. `netshell` begins the first lesson.\n")
    assert run("veth")[0] == 2
    assert "`netshell learn veth` begins it" in run("veth")[1]
    assert "takes one lesson, or the home directories" in run("veth", "netns")[1]
    assert "There is no lesson `veht`" in run("veht")[1]
    status, shown = run(str(ordinary_account.home))
    assert (status, shown.splitlines()[-1].split()[1:]) == (0, ["has", "not", "begun"])
    assert json.loads(run("--json")[1]) == [{"learner": "", "problem": "", "done": 0, "seconds": 0, "lessons": []}]
