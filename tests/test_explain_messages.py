"""Messages of tools put in context: what holds for all of them, and what else may come from a terminal."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from inside import Inside, play
from message_lab import BUILD, LAB, Case, said
from test_explain_messages_links import CASES as LINKS
from test_explain_messages_names import CASES as NAMES
from test_explain_messages_reach import CASES as REACH
from test_explain_messages_routes import CASES as ROUTES
from test_explain_messages_rules import CASES as RULES
from test_explain_messages_shell import CASES as SHELL

from netshell.explain.messages import Explained, explain_output
from netshell.explain.messages.command import deeds, read
from netshell.explain.messages.looks import LOOKS
from netshell.explain.messages.pattern import compile_pattern
from netshell.explain.messages.row import Row
from netshell.explain.messages.rows import ROWS
from netshell.facts import Node, Snapshot

_ELSEWHERE = (
    Case(
        "pc",
        "ip netns exec ns1 ping -c 1 -W 1 192.0.2.2",
        1,
        "From 192.0.2.2 icmp_seq=1 Destination Port Unreachable",
        "The packet was refused by a firewall rule of type REJECT: no port is involved in a ping.",
    ),
    Case(
        "pc",
        "ip netns exec ns1 ping -c 1 -W 1 192.0.2.2",
        1,
        "1 packets transmitted, 0 received, 100% packet loss, time 0ms",
        "No answer came: the question was lost on its way, or the answer on its way back.",
    ),
    Case(
        "pc",
        "ip netns exec ns1 curl http://192.0.2.2:81/",
        1,
        "curl: (1) Received HTTP/0.9 when not allowed",
        "Somebody answered, but not in HTTP: an answer begins with a status line such as `HTTP/1.0 200 OK`.",
    ),
    Case(
        "pc",
        "ip netns exec ns1 curl http://192.0.2.2:82/",
        52,
        "curl: (52) Empty reply from server",
        "The connection was opened and closed again, and the server said nothing in between.",
    ),
    Case(
        "pc",
        "curl localhst",
        6,
        "curl: (6) Could not resolve host: localhst",
        "Nobody knows localhst as a name, and it is no address.",
    ),
)
"""Lines of real runs in networks made for them alone."""

CASES: tuple[Case, ...] = (*LINKS, *ROUTES, *REACH, *NAMES, *RULES, *SHELL, *_ELSEWHERE)

_OTHER_VERSIONS = (
    # older kernels, which answer with an error number alone
    (
        Case("ns1", "ip route add default via 10.0.0.1", 2, "RTNETLINK answers: Network is unreachable", ""),
        "Error: Nexthop has invalid gateway.",
    ),
    (
        Case("ns1", "ip addr add 192.0.2.1/24 dev eth0", 2, "RTNETLINK answers: File exists", ""),
        "Error: ipv4: Address already assigned.",
    ),
    (
        Case("ns1", "ip addr del 192.0.2.77/24 dev eth0", 2, "RTNETLINK answers: Cannot assign requested address", ""),
        "Error: ipv4: Address not found.",
    ),
    (
        Case("ns1", "ip route add 10.8.0.1/16 via 192.0.2.254", 2, "RTNETLINK answers: Invalid argument", ""),
        "Error: Invalid prefix for given prefix length.",
    ),
    (
        Case("ns2", "ip route add 10.8.0.0/16 dev spare", 2, "RTNETLINK answers: Network is down", ""),
        "Error: Device for nexthop is not up.",
    ),
    (
        Case("pc", "ip link set lo netns ns1", 2, "RTNETLINK answers: Invalid argument", ""),
        "Error: The interface netns is immutable.",
    ),
    # iproute2 since 6.13
    (
        Case("ns1", "ip link set eth0 UP", 255, 'Error: either "dev" is duplicate, or "UP" is garbage.', ""),
        'Error: either "dev" is duplicate, or "UP" is a garbage.',
    ),
    # other releases of iputils, and ping over IPv6
    (
        Case("ns1", "ping -c 1 8.8.8.8", 2, "connect: Network is unreachable", ""),
        "ping: connect: Network is unreachable",
    ),
    (
        Case("ns1", "ping -M do -s 3000 192.0.2.254", 1, "ping: local error: message too long, mtu: 1500", ""),
        "ping: local error: message too long, mtu=1500",
    ),
    # newer curl
    (
        Case(
            "ns1",
            "curl http://198.51.100.1:81/",
            7,
            "curl: (7) Failed to connect to 198.51.100.1 port 81 after 0 ms: Could not connect to server",
            "",
        ),
        "curl: (7) Failed to connect to 198.51.100.1 port 81 after 0 ms: Couldn't connect to server",
    ),
)
"""Lines that other versions print, each with what the versions of the other tests print in its place."""


@pytest.mark.parametrize("case", _ELSEWHERE, ids=lambda case: case.line)
def test_a_message_from_another_network_is_explained_too(case: Case) -> None:
    assert said(case) == case.says


@pytest.mark.parametrize(("case", "line"), _OTHER_VERSIONS, ids=lambda value: getattr(value, "line", ""))
def test_another_versions_wording_says_the_same(case: Case, line: str) -> None:
    assert said(case) == said(case, output=line) != ""


def test_each_message_of_the_tables_comes_from_a_run() -> None:
    lines = {case.line for case in CASES}
    seen = [row for row in ROWS if any(p.match(line) is not None for p in row.patterns for line in lines)]
    assert [row.patterns[0].fixed for row in ROWS if row.patterns and row not in seen] == []


def test_more_than_the_hundred_messages_that_learners_meet_most_are_known() -> None:
    assert len(ROWS) > 100
    assert len({case.line for case in CASES}) > 200


def test_each_look_that_a_row_names_is_there_and_each_is_named() -> None:
    assert {row.look for row in ROWS if row.look} == set(LOOKS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.says[:40])
def test_the_words_of_a_row_have_only_parts_that_each_of_its_lines_gives(row: Row) -> None:
    named = set(re.findall(r"\{(\w+)\}", row.says + row.mend)) - {"who", "Who", "place", "tool"}
    for pattern in row.patterns:
        assert named <= {name for name, _ in pattern.parts}
    assert not named or row.patterns
    assert row.says.endswith(".")
    assert row.mend.endswith((".", "?"))


def test_an_unknown_message_stays_as_it_is() -> None:
    assert explain_output("ip link set eth0 frobnicated", 1, "Error: the moon is full.\n", "ns1", LAB) is None
    assert explain_output("frob", 1, 'Cannot find device "eth9"\n', "ns1", LAB) is None
    assert explain_output("", 1, "", "ns1", LAB) is None


def test_a_command_that_succeeded_is_not_explained() -> None:
    assert explain_output("cat notes; ip link", 0, 'Cannot find device "eth9"\n', "ns1", LAB) is None


def test_what_has_been_mended_since_is_not_told() -> None:
    output = 'Cannot find device "eth0"\n'
    assert explain_output("ip link set eth0 up; ip link add eth0 type veth", 1, output, "ns1", LAB) is None
    assert (
        explain_output(
            "ip netns exec ns1 true", 255, 'Cannot open network namespace "ns1": No such file or directory', "pc", LAB
        )
        is None
    )
    assert explain_output("ping 192.0.2.254", 2, "ping: connect: Network is unreachable", "ns1", LAB) is None


def test_an_address_that_is_a_good_gateway_is_not_blamed() -> None:
    assert (
        explain_output("ip route add default via 192.0.2.254", 2, "Error: Nexthop has invalid gateway.", "ns1", LAB)
        is None
    )


def test_a_listener_that_is_there_is_not_said_to_be_missing() -> None:
    line = "nc: connect to 198.51.100.1 port 80 (tcp) failed: Connection refused"
    explained = explain_output("nc -zv 198.51.100.1 80", 1, line, "ns1", LAB)
    assert explained is not None
    assert explained.says.endswith("python3 in ns2 listens on tcp/80 now: it came later, or a firewall rule refused.")


def test_of_several_commands_the_one_that_names_the_parts_is_meant() -> None:
    line = "ip -n ns1 link set eth0 up; ip -n ns2 link set eth5 up"
    explained = explain_output(line, 1, 'Cannot find device "eth5"\n', "pc", LAB)
    assert explained is not None
    assert "ns2 has lo, spare and eth0" in explained.says


def test_where_two_commands_may_have_failed_neither_is_blamed() -> None:
    line = "ip -n ns1 route add default via 10.0.0.1; ip -n ns2 route add default via 10.0.0.2"
    assert explain_output(line, 2, "Error: Nexthop has invalid gateway.\n", "pc", LAB) is None


def test_a_loop_whose_namespace_is_a_variable_is_not_guessed_at() -> None:
    line = "for n in ns1 ns2; do ip -n $n link set eth9 up; done"
    assert explain_output(line, 1, 'Cannot find device "eth9"\n', "pc", LAB) is None


def test_the_first_known_line_is_quoted_and_all_else_is_there() -> None:
    output = 'hello\nCannot find device "eth9"\nCannot find device "eth8"\n'
    explained = explain_output("ip link set eth9 up", 1, output, "ns1", LAB)
    assert explained is not None
    assert explained.quote == 'Cannot find device "eth9"'
    assert explained.concept == "veth"
    assert explained.mend == "`ip link show` lists the interfaces of the namespace that it runs in."


def test_a_dhcp_client_that_got_an_offer_is_not_said_to_have_got_none() -> None:
    output = "DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval 3\nDHCPOFFER of 192.0.2.50 from 192.0.2.254\n"
    assert explain_output("dhclient -v eth0", 130, output, "ns1", LAB) is None


def test_only_the_end_of_a_long_output_is_looked_at() -> None:
    known = 'Cannot find device "eth9"\n'
    assert explain_output("ip link set eth9 up", 1, known + "x\n" * 300, "ns1", LAB) is None
    assert explain_output("ip link set eth9 up", 1, "x\n" * 300 + known, "ns1", LAB) is not None


def test_no_control_character_gets_into_what_is_said() -> None:
    explained = explain_output("ip link set x up", 1, 'Cannot find device "\x1b]52;c;x\x07\u202e"\n', "ns1", LAB)
    assert explained is not None
    assert _is_harmless(explained)


def _is_harmless(explained: Explained) -> bool:
    return all(text.isprintable() for text in (explained.says, explained.quote, explained.concept, explained.mend))


_FIXED = [text for row in ROWS for pattern in row.patterns for text in pattern.fixed]
_TYPED = [case.command for case in CASES]
_PIECES = st.sampled_from([case.line for case in CASES] + _FIXED)
_WORDS = st.sampled_from([word for command in _TYPED for word in command.split()])
_COMMANDS = st.one_of(st.text(), st.lists(_WORDS, max_size=8).map(" ".join), st.sampled_from(_TYPED))
_OUTPUTS = st.one_of(st.text(), st.lists(st.one_of(_PIECES, st.text(max_size=5)), max_size=6).map("".join))


@given(_COMMANDS, st.integers(-9, 255), _OUTPUTS, st.sampled_from([*LAB.nodes, "", "gone"]))
def test_whatever_was_typed_and_printed_is_taken(command: str, status: int, output: str, node: str) -> None:
    for snapshot in (LAB, Snapshot(), Snapshot({"ns1": Node("ns1")})):
        explained = explain_output(command, status, output, node, snapshot)
        assert explained is None or _is_harmless(explained)


@given(st.sampled_from(CASES), st.data())
def test_any_value_may_stand_in_the_place_of_a_part(case: Case, data: st.DataObject) -> None:
    words = case.line.split(" ")
    place = data.draw(st.integers(0, len(words) - 1))
    words[place] = data.draw(st.text(min_size=1, max_size=300))
    explained = explain_output(case.command, case.status, " ".join(words), case.node, LAB)
    assert explained is None or _is_harmless(explained)


@pytest.mark.parametrize(
    ("text", "line", "parts"),
    [
        ('no "{dev}" here', 'no "eth0" here', {"dev": "eth0"}),
        ('no "{dev}" here', 'no "eth0 eth1" here', None),
        ('no "{dev*}" here', 'no "eth0 eth1" here', {"dev": "eth0 eth1"}),
        ("{a}: {b*}", "x: y: z", {"a": "x", "b": "y: z"}),
        ("{a} failed", " failed", None),
        ("{a} failed", "x failed badly", None),
        ("plain", "plain", {}),
        ("plain", "plainer", None),
    ],
)
def test_a_pattern_gives_the_parts_of_its_line(text: str, line: str, parts: dict[str, str] | None) -> None:
    assert compile_pattern(text).match(line) == parts


@pytest.mark.parametrize(
    ("command", "runs"),
    [
        ("sudo ip netns exec ns1 ping 192.0.2.2", [("sudo", "pc"), ("ip", "pc"), ("ping", "ns1")]),
        ("ip -n ns1 r a default via 10.0.0.1", [("ip", "pc"), ("ip", "ns1")]),
        ("A=1 timeout 3 nc -l 80 2>/dev/null &", [("timeout", "pc"), ("nc", "pc")]),
        ("if ping -c 1 x; then echo y > z; fi", [("ping", "pc"), ("echo", "pc")]),
        ("echo 'open", [("echo", "pc")]),
        ("ss -N ns1 -tln | grep 80", [("ss", "pc"), ("ss", "ns1"), ("grep", "pc")]),
    ],
)
def test_a_command_line_is_read_as_the_programs_that_it_ran(command: str, runs: list[tuple[str, str]]) -> None:
    assert [(run.tool, run.node) for stages in read(command, "pc") for run in stages] == runs


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("sudo ip netns exec ns1 ping -c 1 192.0.2.2", [("ping", "ns1")]),
        ("ip -n ns1 r a default via 10.0.0.1; ls", [("ip route add", "ns1"), ("ls", "pc")]),
        ("", []),
    ],
)
def test_what_a_line_does_in_the_end_and_where(command: str, expected: list[tuple[str, str]]) -> None:
    assert list(deeds(command, "pc")) == expected


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("ip a a 192.0.2.1/24 dev eth0", "address add"),
        ("ip r d default", "route delete"),
        ("ip l s eth0 up", "link set"),
        ("ip a s", "address show"),
        ("ip -6 neigh replace x", "neighbour replace"),
        ("bridge fdb add x", "fdb add"),
    ],
)
def test_abbreviations_of_ip_are_spelt_out(command: str, path: str) -> None:
    assert read(command, "pc")[0][-1].path == path


@pytest.mark.kernel
def test_the_tools_still_say_what_the_tables_expect() -> None:
    async def scenario(inside: Inside) -> list[tuple[str, str, str]]:
        await inside.sh(*BUILD)
        wrong = []
        for case in CASES:
            if not case.is_repeated:
                continue
            node = None if case.node == "pc" else case.node
            finished = await inside.machine.run(["bash", "-c", case.command], node=node)
            output = finished.output.decode(errors="replace")
            output = re.sub(r"^bash: (?:-c: )?line \d+: ", "bash: ", output, flags=re.MULTILINE)
            now = said(case._replace(status=finished.status), await inside.snapshot(), output)
            if now != case.says:
                wrong.append((case.command, output, now))
        return wrong

    assert play(scenario) == []
