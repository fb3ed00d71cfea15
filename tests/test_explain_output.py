"""What programs print, explained: every line of real runs is known, and each part stands where it says."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_explain_command import LAB

from netshell.explain.command.grammar import grammar
from netshell.explain.command.kinds import KINDS
from netshell.explain.output import OutputLine, explain_output, news
from netshell.render.explained import output_lines

RUNS = [run.partition("\n") for run in Path(__file__).with_name("outputs.txt").read_text().split("### ")[1:]]
"""Command lines with what they printed, in a lab of two hosts and a router that does NAT."""


def runs_of(*words: str) -> list[OutputLine]:
    return [
        line
        for command, _, output in RUNS
        if all(word in command.split() for word in words)
        for line in explain_output(command, output, LAB, "pc")
    ]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run[0])
def test_every_line_of_a_real_run_is_known(run: tuple[str, str, str]) -> None:
    command, _, output = run
    lines = explain_output(command, output, LAB, "pc")
    assert [line.text for line in lines] == output.splitlines()
    unknown = [" ".join(line.text.split()) for line in lines if line.text.strip() and not line.says]
    assert unknown == []


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run[0])
def test_each_part_stands_where_it_says(run: tuple[str, str, str]) -> None:
    command, _, output = run
    for line in explain_output(command, output, LAB, "pc"):
        for part in line.parts:
            assert " ".join(line.text[part.at : part.end].split()).strip(",") == part.text.strip(",")
            assert part.says or part.here


@pytest.mark.parametrize(
    ("words", "text", "says"),
    [
        (("ping", "198.51.100.2"), "ttl=63", "The TTL that was left when the reply arrived"),
        (("ping", "192.0.2.77"), "100% packet loss", "The share that was not answered."),
        (("ip", "a"), "LOWER_UP", "It has a carrier: the other end is there and on."),
        (("ip", "a"), "state UNKNOWN", "Whether frames can pass.\nIt has no way to tell; that is usual for `lo`."),
        (("ip", "a"), "link-netns r1", "The namespace that its other end lies in."),
        (("-br", "a"), "UP", "Frames can pass."),
        (("ip", "r"), "proto kernel", "Who put it there.\nThe kernel itself, when an address was set."),
        (("ip", "n"), "REACHABLE", "It was confirmed a short while ago."),
        (("fdb",), "permanent", "It is the port's own address, or was written for good"),
        (("ss", "-tan"), "TIME-WAIT", "Both have closed; it is kept for a minute"),
        (("ss", "-tlnp"), 'users:(("python3",pid=27,fd=3))', "Process: the program that has it"),
        (("iptables", "-L"), "ctstate RELATED,ESTABLISHED", "Further conditions"),
        (("iptables", "-S"), "-j MASQUERADE", "What becomes of a packet that fits.\nIts source becomes"),
        (("nft",), "masquerade", "Its source becomes the address of the interface"),
        (("dig", "www.example.com"), "aa", "The server is in charge of the name."),
        (("dig", "nosuch.example.org"), "status: REFUSED", "The server does not answer this question"),
        (("conntrack",), "dst=198.51.100.254", "Whom the answer goes to"),
        (("conntrack",), "28", "Seconds until it is forgotten"),
        (("conntrack",), "TIME_WAIT", "It is being closed"),
        (("conntrack",), "20 flow entries", "So many."),
        (("curl",), "404", "There is no such thing."),
        (("traceroute",), "192.0.2.254", "Who answered"),
        (("tcpdump", "eth1"), "S.", "SYN and ACK: the call is answered."),
        (("tcpdump", "-e"), "ff:ff:ff:ff:ff:ff", "The MAC address that it goes to"),
    ],
)
def test_a_column_or_a_flag_is_told(words: tuple[str, ...], text: str, says: str) -> None:
    found = [part for line in runs_of(*words) for part in line.parts if part.text == text]
    assert any(part.says.startswith(says) for part in found), [p.text for ln in runs_of(*words) for p in ln.parts]


def test_values_are_tied_to_the_network() -> None:
    lines = explain_output("ping 192.0.2.254", "64 bytes from 192.0.2.254: icmp_seq=1 ttl=64 time=0.1 ms", LAB, "ns1")
    here = [part.here for part in lines[0].parts if part.here]
    assert here == [
        "192.0.2.254 is r1's eth0; ns1 sends to it straight out of eth0.",
        "Linux begins with 64: no router has passed it on.",
    ]


def test_a_line_says_only_what_those_before_it_did_not() -> None:
    reply = "64 bytes from 192.0.2.254: icmp_seq={} ttl=64 time=0.1 ms\n"
    lines = explain_output("ping 192.0.2.254", "".join(map(reply.format, range(1, 6))), LAB, "ns1")
    told = list(news(lines))
    assert [bool(new.text) for new in told] == [True, False]
    assert told[-1].skipped == 4


def test_digits_of_other_alphabets_are_no_numbers() -> None:
    (line,) = explain_output("ping a", "64 bytes from 192.0.2.254: icmp_seq=1 ttl=² time=0.1 ms", LAB, "ns1")
    assert line.says == ""


def test_a_program_that_no_table_has_is_left_alone() -> None:
    assert explain_output("frobnicate", "hello\n", LAB, "ns1") == ()
    assert explain_output("", "hello\n", LAB, "ns1") == ()


def test_every_part_of_every_pattern_is_told() -> None:
    for context in grammar().values():
        entries = {entry.name: entry for entry in context.words}
        for pattern, says in context.patterns:
            assert says, context.name
            for name, _ in pattern.parts:
                kind = entries[name].slots[0].kind
                assert kind == "again" or kind in KINDS or kind.strip("{}?") in grammar(), f"{context.name}: {name}"


COMMANDS = sorted({command for command, _, _ in RUNS})
REAL = sorted({line for _, _, output in RUNS for line in output.splitlines()})


@given(st.sampled_from(COMMANDS), st.one_of(st.text(max_size=120), st.sampled_from(REAL)), st.text(max_size=8))
@settings(max_examples=300, deadline=None)
def test_any_output_is_explained_and_harmless(command: str, line: str, noise: str) -> None:
    text = line + noise
    for told in explain_output(command, text, LAB, "pc"):
        for part in told.parts:
            assert 0 <= part.at <= part.end <= len(told.text)
    for shown in output_lines(explain_output(command, text, LAB, "pc"), width=80):
        assert shown.plain.isprintable()
        assert shown.cells <= 80
