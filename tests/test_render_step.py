"""The screens of a lesson, as a learner sees them."""

from pathlib import Path

from rich.console import RenderableType

from netshell.lesson.model import (
    Block,
    CodeBlock,
    Lesson,
    Line,
    Listing,
    Note,
    Paragraph,
    Prose,
    Span,
    Step,
    Table,
)
from netshell.render.commands import blank
from netshell.render.console import as_text
from netshell.render.prose import prose
from netshell.render.step import (
    LessonRow,
    command_help,
    done_line,
    hint,
    lesson_list,
    lesson_title,
    progress_dots,
    solution,
    step_page,
    try_lines,
    verdict,
)


def screen(renderable: RenderableType | None, width: int = 80) -> list[str]:
    assert renderable is not None
    return [line.rstrip() for line in as_text(renderable, width=width, colour="none").splitlines()]


def paragraph(text: str) -> Paragraph:
    return Paragraph((Span(text),))


CABLE = Step(
    "Lay the cable",
    "lay-the-cable",
    prose=(
        Paragraph(
            (
                Span("A veth pair is a virtual cable: what goes in at one end comes out at the other. "),
                Span("Make one with the ends "),
                Span("ns1-veth0", "code"),
                Span(" and "),
                Span("ns2-veth0", "code"),
                Span("."),
            )
        ),
    ),
    do=(
        Line("pc", "run", "ip link add ns1-veth0 type veth peer name ns2-veth0"),
        Line("ns1", "run", "nc -l 7"),
        Line("pc", "wait", "Listening"),
        Line("ns1", "type", "hello"),
        Line("ns1.2", "press", "C"),
    ),
)
VETH = Lesson(
    "veth",
    "Two hosts, one cable",
    "Lay a virtual cable.",
    Path("veth.md"),
    10,
    intro=(paragraph("A cable joins two hosts."),),
    steps=(CABLE,) * 5,
)


def test_a_step_stands_in_a_frame_that_says_where_it_is() -> None:
    assert screen(step_page(VETH, 2)) == [
        "╭─ veth · step 2 of 5 ─────────────────────────────────────────────────────────╮",
        "│ Lay the cable                                                                │",
        "│ A veth pair is a virtual cable: what goes in at one end comes out at the     │",
        "│ other. Make one with the ends ns1-veth0 and ns2-veth0.                       │",
        "╰──────────────────────────────────────────────────────────────────────────────╯",
    ]


def test_a_wide_terminal_does_not_make_wide_paragraphs() -> None:
    assert max(map(len, screen(step_page(VETH, 2), width=200))) == 100


def test_a_terminal_of_twenty_columns_is_enough() -> None:
    for renderable in (
        lesson_title(VETH),
        step_page(VETH, 1),
        try_lines(CABLE),
        done_line("Done."),
        solution(CABLE.do),
    ):
        assert max(map(len, screen(renderable, width=20))) <= 20


def test_the_title_page_says_what_how_long_and_why() -> None:
    assert screen(lesson_title(VETH), width=40) == [
        "╭─ veth ───────────────────────────────╮",
        "│ Two hosts, one cable                 │",
        "│ Lay a virtual cable.                 │",
        "│ 5 steps · about 10 minutes           │",
        "╰──────────────────────────────────────╯",
        "  A cable joins two hosts.",
    ]


def test_commands_to_try_name_their_terminal_where_it_is_not_the_pc() -> None:
    assert screen(try_lines(CABLE)) == [
        "  try:  ip link add ns1-veth0 type veth peer name ns2-veth0",
        "        ns1$ nc -l 7",
        "        ns1> hello",
        "        ns1.2: press Ctrl-C",
    ]


def test_a_command_too_long_for_the_screen_can_be_copied_as_it_stands() -> None:
    """Each line but the last ends in a backslash, except where bash would take that for a character."""
    rule = Line("ns1", "run", "iptables -t nat -A POSTROUTING -s 192.0.2.0/24 -o eth1 -j MASQUERADE")
    shown = screen(solution((rule,)), width=44)
    assert shown[1:] == [
        "    ns1$ iptables -t nat -A POSTROUTING -s \\",
        "    192.0.2.0/24 -o eth1 -j MASQUERADE",
    ]
    for width in range(36, 90):
        *rows, last = [row.strip() for row in screen(solution((rule,)), width=width)[1:]]
        assert all(row.endswith(" \\") for row in rows), width
        assert " ".join([*(row.removesuffix(" \\") for row in rows), last]) == f"ns1$ {rule.text}"
    quoted = screen(solution((Line("pc", "run", "echo 'one two three four five six'"),)), width=26)
    assert quoted[1:] == ["    echo 'one two three", "    four five six'"]


def test_what_to_try_fades() -> None:
    assert screen(try_lines(CABLE, "blank"))[:2] == [
        "  try:  ip link add … type veth peer name …",
        "        ns1$ nc -l …",
    ]
    assert try_lines(CABLE, "goal") is None


def test_blanks_leave_the_words_of_the_command_language() -> None:
    shown = blank("sudo ip netns exec ns1 ping -c 1 192.0.2.2 | grep 'a b' && ip -n ns1 addr add 1.2.3.4/24 dev eth0")
    assert shown == "sudo ip netns exec … ping -c … … | grep … && ip -n … addr add … dev …"


def test_done_is_said_with_the_way_on_at_the_right() -> None:
    assert screen(done_line("The cable is laid.")) == [f"{'  ✓ The cable is laid.':<64}Enter: next step"]
    assert screen(done_line("The cable is laid."), width=30) == ["  ✓ The cable is laid.", f"{'Enter: next step':>30}"]


def test_a_slip_and_a_state_not_reached_yet_have_marks_of_their_own() -> None:
    assert screen(verdict("A bridge has no other end."), width=20) == ["  ✗ A bridge has no", "    other end."]
    assert screen(verdict("ns1-veth0 is DOWN.", is_wrong=False)) == ["  · ns1-veth0 is DOWN."]


def test_a_hint_and_the_worked_solution() -> None:
    assert screen(hint((paragraph("Look at ip link help."),))) == ["  ? Look at ip link help."]
    assert screen(solution(CABLE.do[:2])) == [
        "  The worked solution:",
        "    ip link add ns1-veth0 type veth peer name ns2-veth0",
        "    ns1$ nc -l 7",
    ]


def test_the_list_of_lessons_tells_progress_in_marks_and_words() -> None:
    rows = [
        LessonRow("netns", "Several networks in one PC", 10, "done"),
        LessonRow("veth", "Two hosts, one cable", 10, "started", "step 2 of 5"),
        LessonRow("routing", "Networks of networks", 20),
    ]
    assert screen(lesson_list(rows), width=60) == [
        "  ✓ netns    Several networks in one PC        done   10 min",
        "  ▸ veth     Two hosts, one cable       step 2 of 5   10 min",
        "  · routing  Networks of networks                     20 min",
    ]


def test_the_commands_of_netshell_are_listed_with_what_they_do() -> None:
    assert screen(command_help([(":map", "the network as it is"), (":term NODE", "a terminal on a node")])) == [
        "  :map        the network as it is",
        "  :term NODE  a terminal on a node",
    ]


def test_progress_in_the_toolbar() -> None:
    assert progress_dots(2, 5) == "●●○○○"
    assert progress_dots(2, 40) == "2 of 40"


def lines(*blocks: Block) -> list[str]:
    shown: Prose = blocks
    return screen(prose(shown), width=30)


def test_lists_hang_and_stay_tight() -> None:
    inner = Listing(((paragraph("an inner one"),),))
    assert lines(
        Listing(((paragraph("a first item that is long enough"),), (paragraph("b"), inner)), is_ordered=True)
    ) == [
        "1. a first item that is long",
        "   enough",
        "2. b",
        "   • an inner one",
    ]


def test_code_stands_as_it_is_and_notes_have_a_bar() -> None:
    note = Note(is_warning=True, blocks=(paragraph("This goes on over the end of a line."),))
    assert lines(CodeBlock("$ ip link\n1: lo:  <UP>\n", "console"), note) == [
        "    $ ip link",
        "    1: lo:  <UP>",
        "",
        "▌ Careful",
        "▌ This goes on over the end of",
        "▌ a line.",
    ]


def test_a_table_has_a_head() -> None:
    rows = (("state", "means"), ("UP", "frames pass"))
    assert lines(Table(tuple(tuple((Span(cell),) for cell in row) for row in rows))) == [
        "state   means",
        "───────────────────",
        "UP      frames pass",
    ]


def test_a_lessons_text_cannot_command_the_terminal() -> None:
    text = "\x1b]0;gone\x07"
    blocks = (paragraph(text), CodeBlock(text), Listing(((paragraph(text),),)), Table((((Span(text),),),)))
    shown = as_text(prose(blocks), width=80, colour="none") + as_text(verdict(text), width=80, colour="none")
    assert "\x1b" not in shown
    assert shown.count("␛]0;gone␇") == 5
