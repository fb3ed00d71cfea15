"""The tables of `ip` and `bridge` against the real programs: what their abbreviations stand for."""

import json
import subprocess

import pytest

from netshell.explain.command import explain_command
from netshell.explain.command.grammar import find, grammar, known_words
from netshell.explain.output import explain_output
from netshell.host import find_program

pytestmark = pytest.mark.kernel

CALLED = {"neigh": "neighbour", "maddr": "maddress", "tcp_metrics": "tcpmetrics"}
"""How usage texts call an object, where that is not its whole name."""
NOT_THERE = frozenset({"amt", "ioam", "mptcp", "stats", "fou", "ila", "l2tp", "macsec", "mrule", "sr"})
"""Objects that some versions do not have, or whose usage is told in another way."""


def meant(tool: str, word: str) -> str:
    """The object that the program takes a word for, by the usage that it prints."""
    command = [find_program(tool) or tool, word, "help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    said = next((line.split() for line in (done.stderr + done.stdout).splitlines() if "Usage:" in line), [])
    name = said[said.index(tool) + 1] if tool in said else ""
    return CALLED.get(name, name.split("/")[-1])


@pytest.mark.parametrize("tool", ["ip", "bridge"])
def test_each_abbreviation_stands_for_what_the_program_takes_it_for(tool: str) -> None:
    words = known_words(grammar()[tool])
    objects = [key[1:] for entry in words for key in entry.keys if key[0] == "~" and entry.leads and key[1] != "-"]
    beginnings = {name[:length] for name in objects if name not in NOT_THERE for length in range(1, min(len(name), 5))}
    wrong = {}
    for beginning in sorted(beginnings):
        entry = find(words, beginning)
        ours = entry.name if entry else ""
        theirs = meant(tool, beginning)
        if theirs not in {"", "[", ours} and ours not in NOT_THERE:
            wrong[beginning] = (ours, theirs)
    assert wrong == {}


def printed_by(tool: str, *rest: str) -> str:
    command = [find_program(tool) or tool, *rest]
    return subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout


SAME = {
    "ip a s lo": "ip address show lo",
    "ip r s": "ip route show",
    "ip n l dev lo": "ip neighbour list dev lo",
    "ip l sh lo": "ip link show lo",
    "ip netns l": "ip netns list",
    "ip ru": "ip rule show",
    "bridge l sh": "bridge link show",
}


@pytest.mark.parametrize("short", SAME)
def test_a_short_line_does_and_means_what_the_long_one_does(short: str) -> None:
    assert printed_by(*short.split()) == printed_by(*SAME[short].split())
    assert explain_command(short).summary == explain_command(SAME[short]).summary


def test_each_value_of_an_interface_is_told_as_ip_gives_it_to_programs() -> None:
    (link,) = json.loads(printed_by("ip", "-j", "address", "show", "lo"))
    lines = explain_output("ip address show lo", printed_by("ip", "address", "show", "lo"), None, "pc")
    told = [part.text for line in lines for part in line.parts]
    wanted = [link["ifname"], *link["flags"], link["link_type"], link["address"]]
    wanted += [f"mtu {link['mtu']}", f"qdisc {link['qdisc']}", f"state {link['operstate']}"]
    for each in link["addr_info"]:
        wanted += [f"{each['family']} {each['local']}/{each['prefixlen']}", f"scope {each['scope']}"]
    assert [value for value in wanted if not any(value in text for text in told)] == []
