"""A command line taken apart, as it stands on the screen: wide, narrow, and with hostile text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_explain_command import LAB

from netshell.explain.command import explain_command
from netshell.render.explained import explained_lines


def shown(line: str, width: int = 80) -> str:
    return "\n".join(each.plain for each in explained_lines(explain_command(line, LAB, "ns1"), width=width))


def test_an_option_stands_with_its_value_and_a_command_inside_another_further_in() -> None:
    assert shown("ip -n r1 route add default via 192.0.2.1") == (
        "  ip -n r1 route add default via 192.0.2.1\n"
        "  In r1: adds a default route by way of 192.0.2.1: where packets go that no\n"
        "  other route fits.\n"
        "\n"
        "  ip             Shows and sets what the kernel knows of networks: interfaces,\n"
        "                 addresses, routes, neighbours, namespaces.\n"
        "  -n r1          Do it inside this namespace.\n"
        "                 → r1 has eth0 beside lo.\n"
        "  route          The routing table: which way packets leave.\n"
        "  add            Add a route; one to the same network must not be there.\n"
        "  default        Where to: a network, one address, or `default`.\n"
        "                 → It stands for every address: 0.0.0.0/0, or ::/0.\n"
        "  via 192.0.2.1  The next router: its address must be on a network of this\n"
        "                 host's own.\n"
        "                 → 192.0.2.1 is ns1's eth0; r1 sends to it straight out of eth0.\n"
        "\n"
        "  Manual pages: ip(8), ip-route(8)"
    )


def test_what_was_told_once_is_not_told_again() -> None:
    assert shown("ip netns exec r1 ip link").count("Shows and sets what the kernel knows") == 1


def test_trouble_is_marked_without_colour() -> None:
    told = shown("ip a a 10.0.0.999/24 dvv eth0")
    assert "✗ 10.0.0.999 is no IPv4 address: each part is at most 255." in told
    assert "dvv            ✗ netshell does not know this word here. Did you mean `dev`?" in told


def test_what_has_no_end_is_said() -> None:
    assert "has no end here" in shown("echo 'a")


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_no_line_is_wider_than_the_screen(width: int) -> None:
    line = (
        "sudo ip netns exec r1 iptables -t nat -A POSTROUTING -s 192.0.2.0/24 -o eth0 -j MASQUERADE > /dev/null 2>&1 &"
    )
    for each in explained_lines(explain_command(line, LAB, "ns1"), width=width):
        assert each.cells <= max(width, 22)


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=200)
def test_nothing_that_a_terminal_would_obey_comes_out(text: str) -> None:
    for line in (text, f"ip link show {text}", f"echo '{text}' > {text}"):
        for each in explained_lines(explain_command(line, LAB, "ns1"), width=80):
            assert each.plain.isprintable()
