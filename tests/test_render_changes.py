"""Changes on the screen."""

from netshell.explain.changes import Mark, Said
from netshell.facts import Change
from netshell.render.changes import changes
from netshell.render.console import as_text

CHANGE = Change("pc", "link", "added", "x")


def said(mark: Mark, headline: str, detail: str = "", *, is_background: bool = False) -> Said:
    return Said(CHANGE, mark, headline, detail, is_background)


def screen(*items: Said, width: int = 80, cap: int | None = 12, with_background: bool = False) -> list[str]:
    shown = changes(items, cap=cap, with_background=with_background)
    return [] if shown is None else as_text(shown, width=width, colour="none").splitlines()


def test_a_reason_that_two_changes_share_is_given_once() -> None:
    reason = "a new interface is switched off until it is set up"
    assert screen(said("+", "link a  DOWN  other end: b", reason), said("+", "link b  DOWN  other end: a", reason)) == [
        "  + link a  DOWN  other end: b",
        "  + link b  DOWN  other end: a",
        "    a new interface is switched off until it is set up",
    ]


def test_the_background_is_shown_only_when_asked_for() -> None:
    item = said("+", "route ff00::/8", is_background=True)
    assert screen(item) == []
    assert screen(item, with_background=True) == ["  + route ff00::/8"]


def test_many_changes_are_capped_and_the_rest_is_counted() -> None:
    many = [said("+", f"link v{number}") for number in range(20)]
    assert screen(*many) == [*(f"  + link v{n}" for n in range(11)), "    … and 9 more (:changes shows all)"]
    assert len(screen(*many, cap=None)) == 20
    assert len(screen(*many[:12])) == 12


def test_a_detail_counts_as_a_line() -> None:
    items = [said("~", f"link v{number}  UP", f"reason {number}") for number in range(4)]
    assert screen(*items, cap=6)[-1] == "    … and 2 more (:changes shows all)"
    assert len(screen(*items, cap=8)) == 8


def test_long_lines_hang() -> None:
    assert screen(said("-", "namespace one two three"), width=20) == ["  - namespace one ", "    two three"]


def test_a_strangers_name_cannot_command_the_terminal() -> None:
    assert screen(said("+", "namespace \x1b[2J")) == ["  + namespace ␛[2J"]
