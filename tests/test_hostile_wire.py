"""A share of the hostile wire, the same one each time: `python tests/hostile_wire.py` sends as much as one likes."""

import pytest
from hostile_cable import send_through
from hostile_frames import ESCAPES, trace_of
from hostile_wire import EACH, Tally, examine, look_at
from rich.cells import cell_len

from netshell.explain.stories import Story
from netshell.packet_views import story_lines
from netshell.render.line import line

SEED = 7


def test_frames_that_no_honest_network_carries_are_shown_harmless() -> None:
    tally = look_at(range(12), SEED)
    assert not tally.faults, tally.report()
    assert tally.frames == 12 * EACH
    assert tally.lines > tally.frames * 20


@pytest.mark.kernel
def test_frames_over_a_real_cable_are_taken_and_shown_harmless() -> None:
    tally = send_through(range(6), SEED)
    assert not tally.faults, tally.report()
    assert tally.captured > 6 * EACH // 2


def test_a_seed_gives_the_same_frames_again_and_some_speak_to_the_terminal() -> None:
    assert trace_of(SEED, 3, 50) == trace_of(SEED, 3, 50)
    data = b"".join(one.data for number in range(12) for one in trace_of(SEED, number, EACH))
    assert [escape for escape in ESCAPES if escape not in data] == []


@pytest.mark.parametrize("text", [escape.decode("utf-8", "surrogateescape") for escape in ESCAPES])
def test_what_a_terminal_obeys_would_be_found(text: str) -> None:
    tally = Tally()
    examine(tally, "table", [line(text), line("x" * 21)], 20)
    wanted = {"table: a line that is too wide"}
    if not text.isprintable():
        wanted.add("table: characters that a terminal obeys")
    assert wanted <= tally.faults.keys()


def test_stories_without_end_are_counted_within_the_width() -> None:
    stories = [Story("other", "Somebody said something that is long enough to be folded.", (1,))] * 40
    lines = [each.plain for each in story_lines(stories, 20)]
    assert max(map(cell_len, lines)) <= 20
    assert any(text.startswith("    … and 10 more") for text in lines)
