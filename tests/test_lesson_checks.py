"""The checks of sockets and packets as an author writes them: what is taken, and each fault at its place."""

import re
from pathlib import Path

import pytest

from netshell.checks import KINDS
from netshell.checks.either import AnyCheck
from netshell.checks.packets import PacketsCheck
from netshell.errors import LessonError
from netshell.lesson.compiled import lesson_from
from netshell.lesson.library import compile_source
from netshell.lesson.reader import read_lesson

README = Path(__file__).resolve().parent.parent / "lessons" / "README.md"
LESSON = """---
format: 1
title: T
summary: S.
lab:
  nodes: {{ns1: host, ns2: host, r1: router, sw1: switch}}
vars: {{port: {{pick: [80, 8080]}}}}
---

# T

## One

```console do
$ nc -l ${{port}}
```

```yaml check
{}
```
"""
FIRST = LESSON[: LESSON.index("{}\n```\n")].count("\n") + 1
"""The line that the checks begin on."""


def faults(text: str) -> list[tuple[int, int, str, str]]:
    """Line (of the block), column, message and remedy of each; none for a lesson that can be used."""
    try:
        compile_source(LESSON.format(text).encode(), "l.md")
    except LessonError as error:
        return [(d.line - FIRST + 1, d.column, d.message, d.remedy) for d in error.diagnostics]
    return []


def examples() -> list[str]:
    """Every check that the format's reference shows in its tables and below."""
    text = README.read_text(encoding="utf-8")
    checks = text[text.index("\n## Checks") :]
    rows = re.findall(r"^\| `\w+` \| `(\{.+?\})` \|", checks, re.MULTILINE)
    blocks = re.findall(r"^```yaml\n(- .+?)^```", checks, re.MULTILINE | re.DOTALL)
    return [*(f"- {row}" for row in rows), *blocks]


def test_the_reference_has_an_example_of_every_kind() -> None:
    assert {re.search(r"\w+", example)[0] for example in examples()} == set(KINDS)  # type: ignore[index] # each has one


@pytest.mark.parametrize("example", examples())
def test_what_the_reference_shows_can_be_used(example: str) -> None:
    assert faults(example) == []


def test_patterns_and_nested_checks_come_out_as_values() -> None:
    text = (
        '- packets: [{tcp: syn, from: ns1, dport: "${port}"}, {tcp: syn ack}]\n'
        '- {any: [{listen: "tcp/${port}"}, {netns: ns9}], at: ns2}'
    )
    lesson = lesson_from(compile_source(LESSON.format(text).encode(), "l.md"), Path("l.md"), 1)
    packets, either = lesson.steps[0].checks
    assert isinstance(packets, PacketsCheck)
    assert [(p.tcp, p.source, p.dport in {80, 8080, None}) for p in packets.packets] == [
        ("syn", "ns1", True),
        ("syn ack", None, True),
    ]
    assert isinstance(either, AnyCheck)
    assert [(check.kind, check.at) for check in either.checks] == [("listen", "ns2"), ("netns", "ns2")]


@pytest.mark.parametrize(
    ("text", "place", "message", "remedy"),
    [
        ("- {listen: tpc/80}", (1, 12), "`tpc/80` is no port", "tcp/80"),
        ("- {listen: 80}", (1, 12), "Expected text, found `80`", "in quotes"),
        ("- {listen: tcp/80, adress: 192.0.2.1}", (1, 20), "Unknown key `adress`", "Did you mean `address`?"),
        ("- {connection: tcp, state: ESTABLISHED}", (1, 28), "Unknown word", "Did you mean `ESTAB`?"),
        ("- {connect: tcp/80, is: refsed}", (1, 25), "Unknown word `refsed`", "Did you mean `refused`?"),
        ("- {conect: tcp/80}", (1, 4), "Unknown kind of check", "Did you mean `connect`?"),
        ("- not: {netns: ns1}", (1, 3), "Unknown kind of check `not`", "`- {netns: ns1, not: true}`"),
        ("- {packets: []}", (1, 13), "at least 1 item", ""),
        ("- {packets: {arp: request}}", (1, 13), "Expected a list", "[one, two]"),
        ("- {packets: [arp]}", (1, 14), "Expected a mapping, found `arp`", "key: value"),
        ("- packets:\n    - {arp: request}\n    - {arp: rply}", (3, 13), "Unknown word `rply`", "`reply`"),
        ("- {packets: [{arp: request, form: ns1}]}", (1, 29), "Unknown key `form`", "Did you mean `from`?"),
        ("- {packets: [{udp: dns}]}", (1, 20), "Expected a whole number, found `dns`", ""),
        ("- {packets: [{tcp: syn akc}]}", (1, 20), "`akc` is no flag of TCP", "syn ack"),
        ("- {packets: [{icmp: echo-reqest}]}", (1, 21), "Unknown word", "Did you mean `echo-request`?"),
        ("- {packets: [{arp: reply, tcp: syn}]}", (1, 32), "both `arp` and `tcp`", "a pattern for each"),
        ("- {any: [{netns: ns1}, {lnk: a}]}", (1, 25), "Unknown kind of check `lnk`", "Did you mean `link`?"),
        ("- {any: [{link: a, carier: true}]}", (1, 20), "Unknown key `carier`", "Did you mean `carrier`?"),
        ("- {any: [{any: [{packets: [{arp: rply}]}]}]}", (1, 34), "Unknown word `rply`", "`reply`"),
        ("- {any: {netns: ns1}}", (1, 9), "Expected a list", ""),
        ("- {netns: ns1, enterable: no}", (1, 27), "Expected `true` or `false`, found `no`", ""),
        ('- {listen: "tcp/${port}0"}', (1, 12), "(with port = 8080)", ""),
    ],
)  # fmt: skip
def test_a_fault_is_told_at_its_place_with_what_to_write(
    text: str, place: tuple[int, int], message: str, remedy: str
) -> None:
    (fault,) = faults(text)
    assert (fault[:2], message in fault[2], remedy in fault[3]) == (place, True, True), fault


def test_a_node_that_nobody_makes_is_warned_of_wherever_a_check_names_it() -> None:
    text = "- packets: [{arp: request, from: ns8}]\n- {connect: tcp/80, to: ns7}\n- {any: [{link: a, at: ns6}]}"
    _, found = read_lesson(LESSON.format(text), "l.md")
    assert [(d.line - FIRST + 1, d.column, re.findall("ns[0-9]", d.message)) for d in found.in_order()] == [
        (1, 34, ["ns8"]),
        (2, 25, ["ns7"]),
        (3, 24, ["ns6"]),
    ]
