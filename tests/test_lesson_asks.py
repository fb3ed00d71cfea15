"""What a lesson asks: an author's YAML becomes a question or faults, what is typed an answer or a refusal."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netshell.checks import Check, check_from, pattern_from
from netshell.errors import Diagnostic, LessonError, UserError
from netshell.lesson.asks import (
    Ask,
    Decided,
    PacketCount,
    PacketField,
    State,
    Written,
    fits,
    names_choice,
    take,
)
from netshell.lesson.compiled import lesson_from
from netshell.lesson.library import compile_source
from netshell.lesson.reader import read_lesson

REFERENCE = (Path(__file__).parent.parent / "lessons" / "README.md").read_text(encoding="utf-8")
FRONT = (
    "---\nformat: 1\ntitle: T\nsummary: S.\nlab: {nodes: {ns1: host, ns2: host}}\n"
    "vars: {net: {pick: [192.0.2, 203.0.113]}}\n---\n# T\n${net}\n"
)
DO = "\n## Two\n```console do\n$ true\n```\n"
FIRST = 12
"""The line on which the YAML begins."""


def text_of(yaml: str) -> str:
    return f"{FRONT}## One\n\n```yaml ask\n{yaml}\n```\n{DO}"


def faults(yaml: str) -> tuple[Diagnostic, ...]:
    return read_lesson(text_of(yaml), "l.md")[1].in_order()


def asks(yaml: str) -> tuple[Ask, ...]:
    compiled, found = read_lesson(text_of(yaml), "l.md")
    assert not found.in_order()
    return lesson_from(compiled, Path("l.md"), 0).steps[0].asks


def ask(yaml: str) -> Ask:
    (only,) = asks(yaml)
    return only


WHICH = """\
predict: Which packet leaves ns1 first?
choices: [an ARP request, an ICMP echo request, nothing at all]
answer: [{arp: request}, {icmp: echo-request}, nothing]
at: ns1
why: It has to ask first."""


def test_a_prediction_has_a_packet_for_each_choice() -> None:
    found = ask(WHICH)
    assert found.is_prediction
    assert (found.text, found.at, found.form, found.line) == (
        "Which packet leaves ns1 first?",
        "ns1",
        "choice",
        FIRST + 1,
    )
    assert found.answer == Decided(
        (pattern_from({"arp": "request"}), pattern_from({"icmp": "echo-request"}), "nothing")
    )


def test_a_check_may_decide_for_a_choice_and_looks_at_the_node_of_the_ask() -> None:
    yaml = "predict: Q?\nchoices: [known, failed]\nat: ns1\nwhy: W.\n"
    answer = ask(
        yaml + "answer: [{neighbour: 192.0.2.2, state: REACHABLE}, {neighbour: 192.0.2.2, state: FAILED, at: ns2}]"
    )
    assert isinstance(answer.answer, Decided)
    first, second = answer.answer.by
    assert first == check_from("neighbour", {"neighbour": "192.0.2.2", "state": "REACHABLE", "at": "ns1"})
    assert isinstance(second, Check)
    assert second.at == "ns2"


@pytest.mark.parametrize(
    ("answer", "form", "expected"),
    [
        ("choices: [64, 128]\nanswer: 2", "choice", Written(("128",))),
        ("choices: [64, 128]\nanswer: 64", "choice", Written(("64",))),
        ("choices: [yes, no]\nanswer: No", "choice", Written(("No",))),
        ("answer: 64", "number", Written(("64",))),
        ('answer: "${net}.1"', "address", None),
        ("answer: 02:00:00:00:00:01", "address", Written(("02:00:00:00:00:01",))),
        ("answer: [broadcast, a broadcast]", "text", Written(("broadcast", "a broadcast"))),
        ("answer: {mac: eth0}\nat: ns1", "address", State("mac", "eth0", "ns1")),
        ("answer: {mtu: eth0, at: ns2}", "number", State("mtu", "eth0", "ns2")),
        ("answer: {interface: default, at: ns1}", "text", State("interface", "default", "ns1")),
        ("answer: {sysctl: net.ipv4.ip_forward}", "text", State("sysctl", "net.ipv4.ip_forward", "pc")),
        (
            "answer: {packet: {icmp: echo-reply, to: ns1}, field: ttl}",
            "number",
            PacketField(pattern_from({"icmp": "echo-reply", "to": "ns1"}), "ttl"),
        ),
        ("answer: {count: {arp: request}}", "number", PacketCount(pattern_from({"arp": "request"}))),
    ],
)
def test_the_form_of_an_answer_follows_from_the_right_one(answer: str, form: str, expected: object) -> None:
    found = ask(f"question: Q?\nwhy: W.\n{answer}")
    assert found.form == form
    assert expected is None or found.answer == expected


def test_things_to_put_in_order_are_shown_in_another_one_with_their_packets() -> None:
    items = ["a question", "an answer", "the ping", "the pong"]
    found = ask(f"question: Q?\norder: {items}\nwhy: W.".replace("'", ""))
    assert sorted(found.choices) == sorted(items)
    assert list(found.choices) != items
    assert found.answer == Written(("a question, then an answer, then the ping, then the pong",))
    right = " ".join(str(found.choices.index(item) + 1) for item in items)
    assert fits(found, take(found, right), found.answer.accepted)
    packets = ask("predict: Q?\norder: [one, two]\nanswer: [{arp: request}, {arp: reply}]\nwhy: W.")
    assert isinstance(packets.answer, Decided)
    pairs = dict(zip(packets.choices, packets.answer.by, strict=True))
    assert pairs["two"] == pattern_from({"arp": "reply"})


def test_several_questions_may_stand_in_one_block() -> None:
    found = asks("- {question: A?, answer: 1, why: W.}\n- {question: B?, answer: x, why: W.}")
    assert [one.text for one in found] == ["A?", "B?"]


@pytest.mark.parametrize(
    ("yaml", "line", "column", "message", "remedy"),
    [
        ("[]", 1, 1, "No question stands here", "question"),
        ("word", 1, 1, "A question is a mapping, found `word`", ""),
        ("question: Q?\nanswer: 1", 1, 1, "The key `why` is missing", ""),
        ("question: Q?\nwhy: W.", 1, 1, "The key `answer` is missing", ""),
        ("answer: 1\nwhy: W.", 1, 1, "Neither `predict` nor `question`", ""),
        ("question: Q?\npredict: Q?\nanswer: 1\nwhy: W.", 1, 1, "`predict` stands here already", ""),
        ("question: Q?\nanswr: 1\nanswer: 1\nwhy: W.", 2, 1, "Unknown key `answr`", "Did you mean `answer`?"),
        ("question: Q?\non: ns1\nanswer: 1\nwhy: W.", 2, 1, "Unknown key `on`", "Did you mean `at`?"),
        ("question: Q?\nanswer:\nwhy: W.", 2, 8, "No answer stands here", ""),
        ("question: Q?\nchoices: [a cat]\nanswer: 1\nwhy: W.", 2, 10, "at least 2", ""),
        ("question: Q?\nchoices: [x, y]\nanswer: 3\nwhy: W.", 3, 9, "There is no choice 3", "from 1 to 2"),
        ("question: Q?\nchoices: [x, y]\nanswer: 0\nwhy: W.", 3, 9, "There is no choice 0", "from 1 to 2"),
        ("question: Q?\nchoices: [opened, refused]\nanswer: refuse\nwhy: W.", 3, 9, "none of the choices", "`refused`"),
        ("question: Q?\nchoices: [x, X ]\nanswer: 1\nwhy: W.", 2, 14, "stands here twice", ""),
        ("question: Q?\nchoices: [1, 2]\nanswer: 1\nwhy: W.", 2, 11, "`1` is also what is typed for choice 1", ""),
        ("question: Q?\nchoices: [b, x]\nanswer: 1\nwhy: W.", 2, 11, "`b` is also what is typed for choice 2", ""),
        ("predict: Q?\nchoices: [x, y]\nanswer: [{arp: request}]\nwhy: W.", 3, 9, "2 choices stand here, and 1", ""),
        ("predict: Q?\nchoices: [x, y]\nanswer: [{arp: reqest}, nothing]\nwhy: W.", 3, 16, "Unknown word", "`request`"),
        ("predict: Q?\nchoices: [x, y]\nanswer: [{arpp: true}, nothing]\nwhy: W.", 3, 11, "Unknown key", "`arp`"),
        ("predict: Q?\nchoices: [x, y]\nanswer: [{arp: true}, {arp: true}]\nwhy: W.", 3, 23, "decided by the same", ""),
        ("predict: Q?\nchoices: [x, y]\nanswer: [nothing, nothing]\nwhy: W.", 3, 19, "decided by the same", ""),
        ("predict: Q?\nchoices: [x, y]\nanswer: [{arp: true}, never]\nwhy: W.", 3, 23, "`never` decides", ""),
        ("predict: Q?\nchoices: [x, y]\nanswer: [{arp: true, count: 2}, nothing]\nwhy: W.", 3, 22, "`count` says", ""),
        ("predict: Q?\nchoices: [x, y]\nanswer: [{ping: 1.2.3}, nothing]\nwhy: W.", 3, 17, "1.2.3", ""),
        ("question: Q?\norder: [x, y]\nchoices: [x, y]\nwhy: W.", 2, 1, "`choices` stands here already", ""),
        ("question: Q?\norder: [x, y]\nanswer: 2\nwhy: W.", 3, 9, "Expected a list", ""),
        ("question: Q?\norder: [x, y]\nanswer: [nothing, {arp: true}]\nwhy: W.", 3, 10, "decides for no choice", ""),
        ("question: Q?\nanswer: {mca: eth0}\nwhy: W.", 2, 10, "`mca` cannot be read off", "`mac`"),
        ("question: Q?\nanswer: {mac: eth0, on: ns1}\nwhy: W.", 2, 21, "Unknown key `on`", "`at`"),
        ("question: Q?\nanswer: {mac: 7}\nwhy: W.", 2, 15, "Expected text", ""),
        ("question: Q?\nanswer: {mac: a/b}\nwhy: W.", 2, 15, "cannot be a name", ""),
        ("question: Q?\nanswer: {gateway: 1.2.3}\nwhy: W.", 2, 19, "no destination", ""),
        ("question: Q?\nanswer: {neighbour: ns2}\nwhy: W.", 2, 21, "no IP address", ""),
        ("question: Q?\nanswer: {packet: {arp: request}}\nwhy: W.", 2, 9, "No `field` is named", "`ttl`"),
        ("question: Q?\nanswer: {packet: {arp: request}, field: tll}\nwhy: W.", 2, 41, "Unknown field `tll`", "`ttl`"),
        ("question: Q?\nanswer: {count: {icmp: ecko-reply}}\nwhy: W.", 2, 24, "Unknown word", "`echo-reply`"),
        ("question: Q?\nanswer: {count: 3}\nwhy: W.", 2, 17, "A packet is a mapping", ""),
        ("question: Q?\nanswer: [a, {b: 1}]\nwhy: W.", 2, 13, "Expected an answer, found a mapping", ""),
        ("question: Q?\nanswer: [Ab, ab]\nwhy: W.", 2, 14, "`ab` is accepted already", ""),
        ("question: Q?\nanswer: x\ntolerance: 2\nwhy: W.", 3, 1, "`tolerance` belongs to", ""),
        ("question: Q?\nanswer: 5\ntolerance: -1\nwhy: W.", 3, 12, "Expected 0 or more", ""),
        ("question: Q?\nanswer: 5\nat: a/b\nwhy: W.", 3, 5, "cannot be a name", ""),
        ("question: Q?\nanswer: 5\nat: ns3\nwhy: W.", 3, 5, "Nothing before this line makes a node `ns3`", "`ns2`"),
        ("question: Q?\nanswer: {mac: e, at: ns3}\nwhy: W.", 2, 22, "node `ns3`", ""),
        ("question: Q?\nanswer: {count: {arp: true, from: ns3}}\nwhy: W.", 2, 35, "node `ns3`", ""),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_is(yaml: str, line: int, column: int, message: str, remedy: str) -> None:
    found = faults(yaml)
    assert [(f.line - FIRST, f.column) for f in found if message in f.message and remedy in f.remedy] == [
        (line, column)
    ], found


def test_a_prediction_that_nothing_follows_is_a_warning() -> None:
    (fault,) = read_lesson(text_of(WHICH).replace(DO, ""), "l.md")[1].in_order()
    assert fault.is_warning
    assert "nothing happens that decides" in fault.message


def test_every_value_of_a_variable_is_tried() -> None:
    (fault,) = faults('question: Q?\nchoices: ["${net}.1", 192.0.2.1]\nanswer: 1\nwhy: W.')
    assert "(with net = 192.0.2)" in fault.message


CHOICE = ask(WHICH)
ORDER = ask("question: Q?\norder: [x, y, z]\nwhy: W.")
BY_NUMBER = ask("question: Q?\nchoices: [by r3, by r2]\nanswer: 1\nwhy: W.")
NUMBER = ask("question: Q?\nanswer: 64\ntolerance: 2\nwhy: W.")
ADDRESS = ask("question: Q?\nanswer: [192.0.2.1/24, 2001:db8::1]\nwhy: W.")
TEXT = ask("question: Q?\nanswer: [Broadcast, a call to all]\nwhy: W.")


@pytest.mark.parametrize(
    ("asked", "typed", "said"),
    [
        (CHOICE, "2", "an ICMP echo request"),
        (CHOICE, " b) ", "an ICMP echo request"),
        (CHOICE, "An  arp request.", "an ARP request"),
        (CHOICE, "arp", "an ARP request"),
        (NUMBER, "64", "64"),
        (NUMBER, "064 bytes.", "64"),
        (NUMBER, "65,536", "65536"),
        (ADDRESS, "192.0.2.9", "192.0.2.9"),
        (TEXT, "  what  ever ", "what ever"),
        (ORDER, "3, 2,1", ", then ".join(reversed(ORDER.choices))),
        (ORDER, "CBA", ", then ".join(reversed(ORDER.choices))),
    ],
)
def test_what_is_typed_is_an_answer(asked: Ask, typed: str, said: str) -> None:
    assert take(asked, typed) == said


@pytest.mark.parametrize(
    ("asked", "typed", "problem", "remedy"),
    [
        (CHOICE, "", "`:answer` needs your answer", "1, 2 or 3"),
        (CHOICE, "4", "There is no choice `4`", "1, 2 or 3"),
        (CHOICE, "request", "fits several", "1, 2 or 3"),
        (CHOICE, "...", "There is no choice", "1, 2 or 3"),
        (BY_NUMBER, "3", "There is no choice `3`", "1 or 2"),
        (ORDER, "1 2", "does not name each of the 3 once", "`2 3 1`"),
        (ORDER, "1 2 2", "does not name each of the 3 once", ""),
        (NUMBER, "many", "no whole number", "whole number"),
        (NUMBER, "6.4", "no whole number", ""),
        (ADDRESS, "192.0.2", "no address", "Type the address, or `:answer` and the address."),
    ],
)
def test_what_is_no_answer_is_refused_with_how_to_give_one(asked: Ask, typed: str, problem: str, remedy: str) -> None:
    with pytest.raises(UserError) as refusal:
        take(asked, typed)
    assert problem in refusal.value.problem
    assert remedy in refusal.value.remedy


@pytest.mark.parametrize(
    ("asked", "said", "is_right"),
    [
        (NUMBER, "66", True),
        (NUMBER, "67", False),
        (ADDRESS, "192.0.2.1/24", True),
        (ADDRESS, "192.0.2.1", False),
        (ADDRESS, "2001:DB8:0::1", True),
        (TEXT, "BROADCAST!", True),
        (TEXT, "a call  to All", True),
        (TEXT, "unicast", False),
    ],
)
def test_an_answer_is_right_whatever_way_it_is_written(asked: Ask, said: str, *, is_right: bool) -> None:
    assert isinstance(asked.answer, Written)
    assert fits(asked, said, asked.answer.accepted) is is_right


@pytest.mark.parametrize(
    ("asked", "line", "is_name"),
    [
        (CHOICE, "2", True),
        (CHOICE, "c", True),
        (CHOICE, "4", True),
        (CHOICE, "w", False),
        (CHOICE, "an ARP request", True),
        (CHOICE, "arp", False),
        (NUMBER, "65,536", True),
        (NUMBER, "6,5", False),
        (CHOICE, "2 3", False),
        (CHOICE, "²", False),
        (ORDER, "3 1 2", True),
        (ORDER, "abc", False),
        (ORDER, "1 2", True),  # no program is called so: the answer is refused with how to give one
        (ORDER, "312", True),
        (NUMBER, "64", True),
        (NUMBER, "sixty", False),
        (TEXT, "64", False),
        (ADDRESS, "192.0.2.77", True),
        (ADDRESS, "192.0.2", False),
        (ADDRESS, "2", True),  # and refused, with how to give one
        (ADDRESS, "ping 192.0.2.77", False),
    ],
)
def test_only_what_can_be_nothing_else_is_taken_for_an_answer_at_a_prompt(
    asked: Ask, line: str, *, is_name: bool
) -> None:
    assert names_choice(asked, line) is is_name


PATIENT = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@PATIENT
@given(st.text(max_size=300), st.sampled_from([CHOICE, ORDER, NUMBER, ADDRESS, TEXT]))
def test_whatever_is_typed_is_an_answer_or_refused(typed: str, asked: Ask) -> None:
    names_choice(asked, typed)
    with suppress(UserError):
        said = take(asked, typed)
        fits(asked, said, [said])
        assert len(said) <= 300


WHOLE = [
    WHICH,
    "question: Q?\norder: [x, y, z]\nanswer: [{arp: true}, {icmp: true}, {tcp: syn}]\nwhy: W.",
    "- {question: Q?, answer: {packet: {tcp: 80}, field: dport}, why: W.}\n- {question: Q?, answer: [a, b], why: W.}",
    "question: Q?\nanswer: {mac: eth0, at: ns1}\ntolerance: 3\nwhy: W.",
]


@PATIENT
@given(st.data())
def test_a_mutated_ask_is_a_lesson_or_a_lesson_error(data: Any) -> None:
    yaml = data.draw(st.sampled_from(WHOLE))
    pieces = [
        "",
        "\n",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ": ",
        "- ",
        "true",
        "nothing",
        "0",
        "7",
        "é",
        "at: ",
        "answer: ",
        "${net}",
        "|",
        "link: ",
    ]
    pieces += ["{mac: a}", "[1, 2]", "{count: ", "{packet: "]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(yaml)))
        end = min(len(yaml), start + data.draw(st.integers(0, 20)))
        yaml = yaml[:start] + data.draw(st.sampled_from(pieces)) + yaml[end:]
    text = text_of(yaml)
    try:
        compiled = compile_source(text.encode(), "l.md")
    except LessonError as error:
        found = error.diagnostics
    else:
        found = ()
        for seed in range(2):
            lesson_from(compiled, Path("l.md"), seed)
    assert all(1 <= d.line <= text.count("\n") + 1 and d.column >= 1 for d in found)


def test_every_ask_of_the_reference_can_be_read() -> None:
    blocks = re.findall(r"^```yaml ask\n(.*?)^```$", REFERENCE, re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 6
    for block in blocks:
        assert [fault for fault in faults(block) if not fault.is_warning] == []
