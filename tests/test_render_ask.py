"""Questions, and answers beside what is so, as a learner sees them."""

from pathlib import Path
from typing import Any

from rich.console import RenderableType

from netshell import commands
from netshell.lesson.asks import Compared, ask_from
from netshell.lesson.model import Lesson, Step
from netshell.render.ask import compared, question
from netshell.render.console import as_text
from netshell.session.asking import Asked
from netshell.views import render


def screen(renderable: RenderableType | None, width: int = 80) -> list[str]:
    assert renderable is not None
    return [line.rstrip() for line in as_text(renderable, width=width, colour="none").splitlines()]


VALUES: dict[str, Any] = {
    "predict": "Which packet leaves `ns1` first?",
    "choices": ["an ARP request", "an echo request"],
    "answer": [{"arp": "request"}, {"icmp": "echo-request"}],
    "why": "It has to ask first.",
}
ASK = ask_from(VALUES)


def test_a_question_has_numbered_choices_and_says_how_to_answer() -> None:
    assert screen(question(ASK)) == [
        "? Which packet leaves ns1 first?",
        "  1  an ARP request",
        "  2  an echo request",
        "  Your answer is its number: 1 or 2.",
    ]
    assert screen(question(ASK, "an ARP request"))[-1] == "  You said: an ARP request."
    assert len(screen(question(ASK, "an ARP request", is_brief=True))) == 2


def test_right_and_not_are_told_alike() -> None:
    found = "First came an ARP request (packet 4)."
    right, other, none = (Compared(ASK, *rest) for rest in (("A", found, True), ("B", found, False), ("", found, None)))
    assert screen(compared(right)) == ["  ✓ You said: A. First came an ARP request (packet 4). It has to ask first."]
    assert screen(compared(other)) == ["  → You said: B. First came an ARP request (packet 4). It has to ask first."]
    assert screen(compared(none)) == ["  → First came an ARP request (packet 4). It has to ask first."]
    assert screen(compared(Compared(ASK, "A"))) == ["  · You said: A. What happens next will tell."]


def test_no_escape_sequence_of_an_author_or_a_learner_reaches_the_screen() -> None:
    evil = "a \x1b]52;c;x\x07 `b` \x1b[31m"
    ask = ask_from({**VALUES, "predict": evil, "choices": [evil, "y"], "why": evil})
    for shown in (question(ask, evil), compared(Compared(ask, evil, evil, False))):
        assert "\x1b" not in as_text(shown, width=80, colour="none")
        assert "\x07" not in as_text(shown, width=80, colour="none")


def test_a_page_shows_its_question_and_what_was_predicted_before() -> None:
    lesson = Lesson("l", "L", "S.", Path("l.md"), steps=(Step("Ping", "ping"),))
    asked = (Asked(ASK, "an ARP request", is_earlier=True), Asked(ASK, ""))
    assert screen(render(commands.StandsIn(lesson, 0, asked), 40), 40) == [
        "╭─ l · step 1 of 1 ────────────────────╮",
        "│ Ping                                 │",
        "│                                      │",
        "│ ? Which packet leaves ns1 first?     │",
        "│   You said: an ARP request.          │",
        "│                                      │",
        "│ ? Which packet leaves ns1 first?     │",
        "│   1  an ARP request                  │",
        "│   2  an echo request                 │",
        "│   Your answer is its number: 1 or 2. │",
        "╰──────────────────────────────────────╯",
    ]


def test_twenty_columns_are_enough() -> None:
    for shown in (question(ASK), compared(Compared(ASK, "A", "F.", False))):
        assert max(map(len, screen(shown, width=20))) <= 20
