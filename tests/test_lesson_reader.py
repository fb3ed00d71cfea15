"""An author's Markdown becomes a lesson, or faults with their places."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netshell.checks import KINDS
from netshell.errors import Diagnostic, LessonError
from netshell.lesson.compiled import lesson_from
from netshell.lesson.library import compile_source
from netshell.lesson.model import CodeBlock, Lesson, Line, Listing, Note, Paragraph, Span, Table
from netshell.lesson.reader import read_lesson

REFERENCE = (Path(__file__).parent.parent / "lessons" / "README.md").read_text(encoding="utf-8")
EXAMPLE = re.findall(r"^````markdown\n(.*?)^````$", REFERENCE, re.DOTALL | re.MULTILINE)[0]

FRONT = "---\nformat: 1\ntitle: T\nsummary: S.\n---\n# T\n"
STEP = FRONT + "## One\n"
DO = "```console do\n$ ip netns add ns1\n```\n"


def faults(text: str) -> tuple[Diagnostic, ...]:
    return read_lesson(text, "l.md")[1].in_order()


def only(text: str) -> Diagnostic:
    (fault,) = faults(text)
    return fault


def lesson(text: str, seed: int = 0) -> Lesson:
    compiled, found = read_lesson(text, "l.md")
    assert not found.has_errors, found.in_order()
    return lesson_from(compiled, Path("l.md"), seed)


def check(yaml: str) -> str:
    return STEP + DO + f"```yaml check\n{yaml}\n```\n"


def test_the_example_of_the_reference_has_no_fault() -> None:
    assert faults(EXAMPLE) == ()


def test_every_lab_and_mistake_of_the_reference_can_be_read() -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```$", REFERENCE, re.DOTALL | re.MULTILINE)
    labs = [b for b in blocks if b.startswith("lab:")]
    mistakes = [b for b in blocks if b.startswith("- do:")]
    assert len(labs) == len(mistakes) == 1
    assert faults(STEP.replace("summary: S.\n", f"summary: S.\n{labs[0]}")) == ()
    text = check("- {netns: ns1}") + f"```yaml wrong\n{mistakes[0]}```\n"
    assert faults(text) == ()


def test_every_check_of_the_reference_can_be_read() -> None:
    table = REFERENCE[REFERENCE.index("| kind | example |") :]
    checks = re.findall(r"^\| `\w+` \| `(\{.*?\})` \|", table, re.MULTILINE)
    assert len(checks) == len(KINDS)
    assert [f for f in faults(check("\n".join(f"- {c}" for c in checks))) if not f.is_warning] == []


def test_console_lines_of_the_reference_can_be_read() -> None:
    lines = re.findall(r"^```text\n(.*?)^```$", REFERENCE, re.DOTALL | re.MULTILINE)[0].replace("`", "")
    block = "\n".join(line[:25].rstrip() for line in lines.splitlines())
    do = lesson(STEP + f"```console do\n$ ip netns add ns1\n{block}\n```\n").steps[0].do[1:]
    assert [(line.terminal, line.action, line.text) for line in do] == [
        ("pc", "run", "ip netns add ns1"),
        ("pc.2", "run", "ip netns list"),
        ("ns1", "run", "ip address show"),
        ("ns1.2", "run", "nc -l 5000"),
        ("pc", "look", "ip route show"),
        ("ns1", "type", "hello"),
        ("ns1", "press", "C"),
        ("ns1", "wait", "listening"),
    ]


def test_prose_keeps_its_structure() -> None:
    prose = lesson(
        STEP + "A *b* **c** `d`\ne [f](http://g.example).\n\n- x\n- y\n\n1. z\n\n```python\np = 1\n```\n\n"
        "> [!WARNING]\n> Hot.\n\n| h | i |\n|---|---|\n| 1 | `2` |\n\n<!-- not shown -->\n"
    )
    text, bullets, numbers, code, note, table = prose.steps[0].prose
    assert text == Paragraph(
        (
            Span("A "),
            Span("b", "emphasis"),
            Span(" "),
            Span("c", "strong"),
            Span(" "),
            Span("d", "code"),
            Span(" e "),
            Span("f (http://g.example)."),
        )
    )
    assert bullets == Listing(((Paragraph((Span("x"),)),), (Paragraph((Span("y"),)),)))
    assert isinstance(numbers, Listing)
    assert numbers.is_ordered
    assert code == CodeBlock("p = 1", "python")
    assert note == Note(is_warning=True, blocks=(Paragraph((Span("Hot."),)),))
    assert isinstance(table, Table)
    assert table.rows[1] == ((Span("1"),), (Span("2", "code"),))


def test_hints_are_taken_out_of_the_prose() -> None:
    step = lesson(STEP + "Read.\n\n> [!TIP]\n> Look *there*.\n\n> [!TIP] Second.\n").steps[0]
    assert len(step.prose) == 1
    assert step.hints[1] == (Paragraph((Span("Second."),)),)


def test_attributes_of_a_step_are_read() -> None:
    step = lesson(FRONT + "## Lay the `cable` {skills: veth-create link-up; fade: goal}\n").steps[0]
    assert (step.title, step.slug) == ("Lay the cable", "lay-the-cable")
    assert (step.skills, step.fade) == (("veth-create", "link-up"), "goal")


def test_steps_that_are_taken_back_do_not_lie_on_the_way_to_later_ones() -> None:
    headings = ("a", "b", "c {undoes: 1}", "d", "e {undoes: 4}", "f")
    read = lesson(FRONT + "".join(f"## {heading}\n" for heading in headings))
    ways = ["".join(step.title for step in read.way_to(index)) for index in range(7)]
    assert ways == ["", "a", "ab", "a", "ad", "", "f"]


def test_values_are_drawn_from_the_seed_and_stand_everywhere() -> None:
    drawn = {lesson(EXAMPLE, seed).steps[1].do[0].text.split()[5] for seed in range(30)}
    assert drawn == {"192.0.2.1/24", "198.51.100.1/24", "203.0.113.1/24"}
    assert lesson(EXAMPLE, 5) == lesson(EXAMPLE, 5)
    assert "${" not in repr(lesson(EXAMPLE))


def test_a_value_that_stands_alone_keeps_its_type() -> None:
    front = FRONT.replace("---\n# T", "vars: {size: {pick: [1400]}}\n---\n# T")
    step = front + "## One\n" + DO + '```yaml check\n- {link: a, mtu: "${size}"}\n```\n'
    assert vars(lesson(step).steps[0].checks[0])["mtu"] == 1400


def test_bash_variables_are_written_with_two_dollars() -> None:
    do = lesson(STEP + "```console do\n$ echo $${HOME} $HOME ${HOME:-x}\n```\n").steps[0].do
    assert do == (Line("pc", "run", "echo ${HOME} $HOME ${HOME:-x}", 9),)


def test_every_fault_is_told_at_its_place_and_none_stops_the_reading() -> None:
    text = (
        "---\nformat: 1\ntitle: 7\nsumary: S\nminutes: soon\nlab:\n  nodes: {ns1: hosst}\n"
        "  links: [ns1 -- ns2]\n---\n# T\n## One {skils: a}\n"
        "```console do\nip netns add\n```\n```yaml check\n- {adress: 192.0.2.1/24}\n- {address: 192.0.2.1}\n"
        "- {link: a, at: ns1, carrier: yes, pear: b}\n```\n## One\n"
    )
    assert [f"{f.line}:{f.column}: {f.message}" for f in faults(text)] == [
        "2:1: The key `summary` is missing.",
        "3:8: Expected text, found `7`.",
        "4:1: Unknown key `sumary`.",
        "5:10: Expected a whole number, found `soon`.",
        "7:16: Unknown word `hosst`.",
        "8:11: An end of a link is NODE:INTERFACE; found `ns1`.",
        "11:9: Unknown attribute `skils`.",
        "13:1: The line has no mark that says what is done at which terminal.",
        "16:4: Unknown kind of check `adress`.",
        "17:13: `192.0.2.1` is no address with a prefix length.",
        "18:31: Expected `true` or `false`, found `yes`.",
        "18:36: Unknown key `pear`.",
        "20:1: The heading is that of line 11 again.",
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("# T\n", 1, 1, "no front matter"),
        ("---\nformat: 1\n", 1, 1, "no end"),
        (FRONT, 7, 1, "no step"),
        (FRONT + "## One {undoes: 1}\n", 7, 9, "`1` is no number of steps before this one"),
        (STEP + "## Two {undoes: 2}\n", 8, 9, "`2` is no number of steps before this one"),
        (STEP + "## Two {undoes: one}\n", 8, 9, "`one` is no number of steps before this one"),
        (STEP.replace("format: 1", "format: 2"), 2, 9, "written in format 2; this netshell reads format 1"),
        (STEP.replace("# T\n", ""), 6, 1, "before the lesson's `# Title`"),
        (STEP + "# U\n", 8, 1, "second `# Title`"),
        (STEP + "```yaml asks\n```\n", 8, 1, "Unknown role `asks`"),
        (STEP + "- a\n\n  ```console do\n  $ x\n  ```\n", 10, 3, "inside a list"),
        (FRONT + "```console do\n$ x\n```\n## One\n", 7, 1, "belongs to a step"),
        (STEP + "<b>x</b>\n", 8, 1, "HTML"),
        (STEP + "> [!HINT]\n> x\n", 8, 1, "Unknown kind of box"),
        (STEP + "```yaml check\n- {netns: ns1}\n```\n", 8, 1, "checks but no solution"),
        (check("- {netns: ns1, at: [a}"), 12, 22, "no YAML"),
        (check("- {netns: ns1}\n- {netns: ns1, netns: ns2}"), 13, 16, "second time"),
        (check("- &a {netns: ns1}"), 12, 3, "Anchors"),
        (check("- !!python/name:os.system x"), 12, 3, "tag"),
        (check('- {netns: "\\e[31m"}'), 12, 11, "control character U+001B"),
        (check("- {at: ns1, netns: ns1}"), 12, 4, "first key names the kind"),
        (check("- netns"), 12, 3, "A check is a mapping"),
        (check("[]"), 12, 1, "at least one is needed"),
        (check("- {ping: 192.0.2.1, on: ns1}"), 12, 21, "Unknown key `on`"),
        (check('- {ping: "${nett}.1"}'), 12, 11, "`${nett}` is not among the lesson's `vars`"),
        (STEP + "é `x` ${a}\n", 8, 7, "`${a}` is not among"),
        (STEP + "  ```console do\n  $x\n  ```\n", 9, 4, "space is missing"),
        (STEP + "```console do\nns1^c\n```\n", 9, 5, "`^c` is no key"),
        (check("{netns: ns1}") + "```yaml wrong\n- do: ip a\n  say: x\n```\n", 15, 7, "no mark"),
        (check("{netns: ns1}") + "```yaml wrong\n- do: $ ip a\n  say: x\n  when: []\n```\n", 17, 9, "at least one"),
        (STEP + "```yaml show\nladders\n```\n", 9, 1, "Unknown view `ladders`"),
        (STEP + "```yaml show\nladder: 7\n```\n", 9, 9, "Expected a filter, found `7`"),
        (STEP + "```yaml show\nladder: tcp prot 80\n```\n", 9, 9, "prot"),
        (STEP + "```yaml show\nmap: arp\n```\n", 9, 6, "The view `map` takes no filter"),
    ],
)
def test_a_fault_is_told_where_it_is(text: str, line: int, column: int, message: str) -> None:
    found = [f for f in faults(text) if message in f.message]
    assert [(f.line, f.column) for f in found] == [(line, column)], faults(text)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (check("- {adress: 192.0.2.1/24}"), "Did you mean `address`?"),
        (check("- {netns: ns1, on: ns1}"), "Did you mean `at`?"),
        (check("- {link: a, crrier: true}"), "Did you mean `carrier`?"),
        (STEP + "```console doo\n```\n", "Did you mean `do`?"),
        (STEP + "```yaml packets\n```\n", "Known here: `ask`, `check`, `keep`, `show`, `wrong`."),
        (STEP.replace("format: 1", "format: 1\nneed: [a]"), "Did you mean `needs`?"),
        (check("- {address: ${net}.1/24}"), "Put text with `${…}` in quotes"),
    ],
)
def test_a_fault_tells_what_to_write_instead(text: str, remedy: str) -> None:
    assert [f for f in faults(text) if remedy in f.remedy], faults(text)


def test_a_check_is_proved_with_every_value() -> None:
    front = FRONT.replace("---\n# T", "vars: {net: {pick: [192.0.2, 192.0.256]}}\n---\n# T")
    fault = only(front + "## One\n" + DO + '```yaml check\n- {address: "${net}.1/24"}\n```\n')
    assert (fault.line, fault.column) == (13, 13)
    assert "192.0.256.1/24" in fault.message
    assert "with net = 192.0.256" in fault.message


@pytest.mark.parametrize(
    ("lab", "place", "message"),
    [
        ("links: [a:e0 192.0.2.1 -- b:e0]", (6, 11), "no prefix length"),
        ("links: [a:e0 -- c:e0]", (6, 11), "no node `c`"),
        ("links: [a:e0 -- b:e0, a:e0 -- b:e1]", (6, 25), "a link e0 already"),
        ("routes: {a: default via 192.0.2.9}", (6, 15), "in no network of a"),
        ("pc: {eth0: 192.168.1.10/24, default: 10.0.0.1}", (6, 40), "in no network of the PC"),
        ("pc: {eth0: 192.168.1.10/24, eth1: 10.0.0.1/8}", (6, 37), "one interface"),
        ("node: {}", (6, 3), "Unknown key `node`"),
    ],
)
def test_a_lab_that_cannot_be_built_is_a_fault(lab: str, place: tuple[int, int], message: str) -> None:
    front = FRONT.replace(
        "---\n# T", f"lab:\n  {lab}\n  nodes: {{a: host, b: {{kind: host, place: [0, 1]}}}}\n---\n# T"
    )
    fault = only(front + "## One\n")
    assert (fault.line, fault.column) == place
    assert message in fault.message


def test_a_node_that_nobody_makes_is_a_warning_only() -> None:
    text = STEP + DO + "```console do\nns1$ ip a\nns3$ ip a\n```\n"
    fault = only(text)
    assert fault.is_warning
    assert (fault.line, fault.column) == (13, 1)
    assert "`ns3`" in fault.message


def test_a_lesson_with_faults_is_an_error_that_holds_them_all() -> None:
    with pytest.raises(LessonError) as caught:
        compile_source(check("- {}\n- {a: 1}").encode(), "l.md")
    assert len(caught.value.diagnostics) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "empty"), (b" \n\n", "empty"), (b"ab\n\xff", "2:1: The byte 0xff"), (b"a\x1b[2J", "1:2:")],
)
def test_bytes_that_are_no_text_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(LessonError, match=re.escape(message)):
        compile_source(data, "l.md")


def survives(data: bytes) -> None:
    """Whatever the bytes are, a lesson comes out that can be built, or a LessonError."""
    try:
        compiled = compile_source(data, "l.md")
    except LessonError as error:
        found = error.diagnostics
    else:
        for seed in range(3):
            lesson_from(compiled, Path("l.md"), seed)
        return
    assert found
    assert all(1 <= d.line <= data.count(b"\n") + 1 and d.column >= 1 for d in found)


PATIENT = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@PATIENT
@given(st.text())
def test_any_text_is_a_lesson_or_a_lesson_error(text: str) -> None:
    survives(text.encode("utf-8", "surrogatepass"))


@PATIENT
@given(st.text(alphabet=st.sampled_from("abc:-{}[]\"'|>#&*!%@,? \n\t1$")))
def test_any_yaml_is_checks_or_a_lesson_error(text: str) -> None:
    survives(check(text).encode())
    survives(STEP.replace("summary: S.\n", f"summary: S.\n{text}\n").encode())


@PATIENT
@given(st.data())
def test_a_mutated_lesson_is_a_lesson_or_a_lesson_error(data: Any) -> None:
    text = EXAMPLE
    pieces = [
        "",
        "\n",
        "---\n",
        "```",
        "${",
        "}",
        "{",
        "[",
        "*",
        "- ",
        "at: ",
        "true",
        "> [!TIP]\n",
        "## ",
        "~",
        "é",
        "0",
    ]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        text = text[:start] + data.draw(st.sampled_from(pieces)) + text[end:]
    survives(text.encode())


@pytest.mark.parametrize("piece", ["[", "*a ", "> ", "- ", "`", "![", "|a", "a\n", "<", "{", "- [", "${a}"])
def test_long_repetitions_are_read_in_bounded_time(piece: str) -> None:
    for text in (STEP, check("X").replace("X\n```\n", "")):
        survives((text + piece * (60_000 // len(piece))).encode())
