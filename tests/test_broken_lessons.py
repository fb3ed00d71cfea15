"""Faults of the catalogue in the networks that bundled lessons build, the same ones each time: `:why` is never wrong.

`BROKEN_LESSONS=all` tries every fault in every lesson, `BROKEN_LESSONS=nat,dns` in those.
"""

import os

import pytest
from broken_deeds import MAKERS, NOT_TRIED
from broken_lessons import Share, Trial, lessons, play_lesson, report
from inside import apart

from netshell.diagnosis.faults import FAULTS

_SHARE = (("ports", 4), ("static-routes", 3))
"""Lessons, with how many faults are tried in each."""


def test_every_fault_of_the_catalogue_is_made_somewhere_or_it_is_said_why_not() -> None:
    made = {maker.__name__.replace("_", "-") for maker in MAKERS}
    assert made | NOT_TRIED.keys() == FAULTS.keys()
    assert not made & NOT_TRIED.keys()


@pytest.mark.kernel
@pytest.mark.terminal
def test_what_is_broken_in_a_lessons_network_is_told_as_it_is() -> None:
    asked = os.environ.get("BROKEN_LESSONS", "")
    names = [] if asked == "all" else asked.split(",")
    wanted = [(lesson.id, 0) for lesson in lessons(names)] if asked else _SHARE
    done: list[Trial] = []
    for name, faults in wanted:
        share = Share(faults=faults)
        lesson = lessons([name])[0]
        done += apart(lambda lesson=lesson, share=share: play_lesson(lesson, share))  # type: ignore[misc]
    assert [trial.deed for trial in done if trial.outcome in {"wrong", "unmade"}] == [], report(done)
    assert sum(trial.outcome == "right" for trial in done) > len(done) / 2, report(done)
