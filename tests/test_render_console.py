"""The console, and what keeps strangers' text from commanding the terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.text import Text

from netshell.render.console import Colour, as_text, colour_for, safe


@pytest.mark.parametrize(
    ("environ", "is_terminal", "expected"),
    [
        ({"TERM": "xterm"}, True, "colour"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, "plain"),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, "colour"),
        ({"TERM": "dumb"}, True, "none"),
        ({}, True, "none"),
        ({"TERM": "xterm"}, False, "none"),
    ],
)
def test_colour_follows_the_terminal_and_the_wish(environ: dict[str, str], is_terminal: bool, expected: Colour) -> None:  # noqa: FBT001 -- pytest's parameters
    assert colour_for(environ, is_terminal=is_terminal) == expected


def test_the_three_settings_differ_in_sequences_only() -> None:
    text = Text("DOWN", "bold red")
    assert as_text(text, width=80, colour="colour") == "\x1b[1;31mDOWN\x1b[0m\n"
    assert as_text(text, width=80, colour="plain") == "\x1b[1mDOWN\x1b[0m\n"
    assert as_text(text, width=80, colour="none") == "DOWN\n"


def test_the_width_is_kept_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "7")
    assert as_text(Text("one two three"), width=9, colour="none") == "one two \nthree\n"


@pytest.mark.parametrize(
    ("stranger", "harmless"),
    [
        ("ns1-veth0 é 網 ─", "ns1-veth0 é 網 ─"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("a\tb\nc\rd\x00\x7f", "a␉b␊c␍d␀␡"),
        ("\x9b31m\x85", "\\x9b31m\\x85"),
        ("abc\u202ecba\u2066", "abc\\u202ecba\\u2066"),
        ("a\u200bb\ufeff\u2028", "a\\u200bb\\ufeff\\u2028"),
        ("a\u00a0b", "a b"),
        ("\udc80\U000e0041", "\\udc80\\U000e0041"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_shown(stranger: str, harmless: str) -> None:
    assert safe(stranger) == harmless


def test_lines_and_columns_are_kept_where_that_is_asked_for() -> None:
    assert safe("a\tb\r\nc\x1b\rd", keep_lines=True) == "a       b\nc␛␍d"


@given(st.text())
def test_safe_text_can_be_printed_and_stays_as_it_is(text: str) -> None:
    assert safe(text).isprintable()
    assert safe(safe(text)) == safe(text)
    assert safe(text, keep_lines=True).replace("\n", "").isprintable()
