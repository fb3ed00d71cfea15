"""Lines laid out by hand: cut, folded and painted by the columns of the screen that they take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netshell.render.console import as_text
from netshell.render.line import Line, clipped, clock, fit, fit_middle, folded, pad, width_of

TEXTS = st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=60)


@given(TEXTS, st.integers(0, 70))
def test_no_cut_is_wider_than_its_room(text: str, cells: int) -> None:
    assert width_of(fit(text, cells)) <= cells
    assert width_of(fit_middle(text, cells)) <= cells
    assert width_of(pad(text, cells)) == cells
    assert clipped([(text, ""), (text, "bold")], cells).cells <= cells


@given(TEXTS, st.integers(2, 70), st.integers(0, 8))
def test_a_folded_text_fits_and_loses_nothing_but_blanks(text: str, cells: int, hang: int) -> None:
    lines = list(folded(text, cells, hang=hang))
    assert all(width_of(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_both_ends_of_a_long_address_stay() -> None:
    assert fit_middle("2001:db8:1234:5678::1", 15) == "2001:db…5678::1"
    assert fit("example.com", 8) == "example…"


@pytest.mark.parametrize(
    ("elapsed_ns", "places", "told"),
    [(0, 6, "0.000000"), (1_500_000_999, 6, "1.500000"), (1_500_000_999, 3, "1.500"), (-10_000, 6, "-0.000010")],
)
def test_times_are_seconds_with_as_many_places_as_asked(elapsed_ns: int, places: int, told: str) -> None:
    assert clock(elapsed_ns, places) == told


def test_a_line_is_painted_as_the_terminal_allows_and_rich_prints_the_same() -> None:
    both = Line((("a", "bold red"), ("b", ""), ("c", "dim")))
    assert both.painted("colour") == "\x1b[1;31ma\x1b[0mb\x1b[2mc\x1b[0m"
    assert both.painted("plain") == "\x1b[1ma\x1b[0mb\x1b[2mc\x1b[0m"
    assert both.painted("none") == "abc"
    assert as_text(both, width=80, colour="colour") == both.painted("colour") + "\n"
