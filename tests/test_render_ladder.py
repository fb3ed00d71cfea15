"""The ladder: who sent what to whom, hop by hop, as a picture; repetition is counted, and no bytes can spoil it."""

from itertools import islice, pairwise, repeat

import pytest
import wire
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_render_packets import ANY_TRACE, DIRECT, OUTSIDE
from traces import BEGIN_NS, Sent, arp_request, ping, segment, trace

from netshell.packets.trace import Seen
from netshell.render.ladder import ladder_lines
from netshell.render.ladder_columns import order
from netshell.render.ladder_fold import More, fold

STP = wire.ethernet(38, b"\x42\x42\x03" + bytes(35), dst="01:80:c2:00:00:00")


def drawn(seen: tuple[Seen, ...], width: int = 80, nodes: tuple[str, ...] = (), *, show_all: bool = False) -> str:
    lines = ladder_lines(seen, nodes=nodes, width=width, begin_ns=BEGIN_NS, with_noise=True, show_all=show_all)
    return "\n".join(line.plain for line in lines)


def test_two_hosts() -> None:
    assert (
        drawn(trace(DIRECT[:8]), 72, ("ns1", "ns2"))
        == """\
               ═▶ broadcast (to all)   ╌▶ multicast (to a group)
 No      Time  ns1                                                   ns2
  1  0.000010   ╞══════ ARP who has 192.0.2.2? tell 192.0.2.1 ═══════▶│
  2  0.000020   │◀────── ARP 192.0.2.2 is at 02:00:00:00:00:01 ───────┤
  3  0.000030   ├────────────────── echo request 1 ──────────────────▶│
  4  0.000040   ├──────────────── 40000→80 SYN seq 0 ────────────────▶│
  5  0.000050   │◀────────── 80→40000 SYN, ACK seq 0, ack 1 ──────────┤
  6  0.000060   ├────── 40000→80 6 bytes PSH, ACK seq 1, ack 1 ──────▶│
  7  0.000070   ├────────────────── A example.com? ──────────────────▶│
  8  0.000080   ├───────────── UDP, 2 bytes [malformed] ─────────────▶│"""
    )


def test_a_router_counts_the_ttl_down_and_a_nat_shows_what_it_changes_once() -> None:
    sent = []
    for number in (1, 2):
        sent += [
            Sent("h1 r1", ping(number)),
            Sent("r1 web", ping(number, src=OUTSIDE, ttl=63)),
            Sent("web r1", ping(number, is_reply=True, src=wire.IP_2, dst=OUTSIDE)),
            Sent("r1 h1", ping(number, is_reply=True, src=wire.IP_2, dst=wire.IP_1, ttl=63)),
        ]
    assert (
        drawn(trace(sent), 80, ("web", "h1", "r1"))
        == """\
 No      Time  web                            r1                             h1
  1  0.000010   │                              │◀── echo request 1 · ttl 64 ──┤
                │ NAT: source 192.0.2.1 → 203.0.113.1                         │
  2  0.000020   │◀── echo request 1 · ttl 63 ──┤                              │
  3  0.000030   ├─── echo reply 1 · ttl 64 ───▶│                              │
                │                      NAT: destination 203.0.113.1 → 192.0.2.1
  4  0.000040   │                              ├─── echo reply 1 · ttl 63 ───▶│
  5  0.000050   │                              │◀── echo request 2 · ttl 64 ──┤
                │ echo request 2 · ttl 63 · NAT│                              │
  6  0.000060   │◀─────────────────────────────┤                              │
  7  0.000070   ├─── echo reply 2 · ttl 64 ───▶│                              │
                │                              │ echo reply 2 · ttl 63 · NAT  │
  8  0.000080   │                              ├─────────────────────────────▶│"""
    )


def test_a_bridge_floods() -> None:
    sent = [Sent("h1 sw:p1", arp_request()), Sent("sw:p2 h2", arp_request()), Sent("sw:p3 h3", arp_request())]
    assert drawn(trace(sent), nodes=("h1", "h2", "h3", "sw")).splitlines()[1:] == [
        " No      Time  h1                  h2                  sw                  h3",
        "  1  0.000010   ╞═══════ ARP who has 192.0.2.2? ═══════▶│                   │",
        "  2  0.000020   │                   │◀══ who has .2? ═══╡                   │",
        "  3  0.000030   │                   │                   ╞══ who has .2? ═══▶│",
    ]


def test_ends_that_are_not_known_and_packets_to_oneself() -> None:
    sent = [
        Sent("h1 r1", ping(1)),
        Sent("h1 ?", segment("S", seq=1)),
        Sent("? r1", segment("S", seq=9)),
        Sent("h1:lo h1:lo", ping(1, src="127.0.0.1", dst="127.0.0.1")),
        Sent("r1:lo r1:lo", ping(1, src="127.0.0.1", dst="127.0.0.1")),
        Sent("? ?", ping(4)),
    ]
    assert drawn(trace(sent), 60).splitlines()[1:] == [
        "  1  0.000010   ├──────────── echo request 1 ────────────▶│",
        "  2  0.000020   ├───────── 40000→80 SYN seq 0 ─────────▶ ?│",
        "  3  0.000030   │? ───────── 40000→80 SYN seq 0 ─────────▶│",
        "  4  0.000040   ├──╮ echo request 1                       │",
        "                │◀─╯                                      │",
        "  5  0.000050   │                       echo request 1 ╭──┤",
        "                │                                      ╰─▶│",
        "  6  0.000060   │ ? echo request 4                        │",
    ]


def test_a_capture_file_has_a_column_for_each_address_and_none_for_groups() -> None:
    sent = [Sent("", one.data) for one in DIRECT[:3]] + [Sent("", STP)]
    assert drawn(trace(sent)).splitlines() == [
        " No      Time  192.0.2.1                 192.0.2.2             02:00:00:00:00:01",
        "  1  0.000010      ╞═ ARP who has .2? ══▶ all│                         │",
        "  2  0.000020      │◀─── .2 is at …00:01 ────┤                         │",
        "  3  0.000030      ├──── echo request 1 ────▶│                         │",
        "                   │                         │  STP configuration      │",
        "  4  0.000040      │                         │01:80:c2:00:00:00 ◀╌╌╌╌╌╌┤",
    ]


def test_what_repeats_is_counted_until_it_changes() -> None:
    sent = []
    for number in range(1, 301):
        sent += [
            Sent("ns1 ns2", ping(number)),
            Sent("ns2 ns1", ping(number, is_reply=True, src=wire.IP_2, dst=wire.IP_1)),
        ]
    sent.append(Sent("ns1 ns2", ping(301)))
    lines = drawn(trace(sent)).splitlines()
    assert [line.split(" ─")[0].split("─ ")[-1] for line in lines[5:7]] == ["echo request 3", "echo reply 3"]
    assert lines[7].strip("│ ") == "… 595 more like these (`:ladder all` shows each)"
    assert len(drawn(trace(sent), show_all=True).splitlines()) == 601 + 31


def test_columns_that_find_no_room_go_on_to_the_right_of_the_screen() -> None:
    sent = [Sent(f"h{number} h{number + 1}", ping(1)) for number in range(9)]
    lines = drawn(trace(sent), 80).splitlines()
    assert "h9" in lines[0]
    assert 80 < max(map(len, lines)) <= 17 + 15 * 9 + 2


def test_more_ends_than_columns_share_the_last_one() -> None:
    sent = [Sent(f"h{number} hub", ping(1)) for number in range(40)]
    assert drawn(trace(sent)).splitlines()[0].split()[-1] == "others"


def test_an_author_s_places_decide_on_the_order() -> None:
    seen = trace([Sent("a b", ping(1)), Sent("b c", ping(1, ttl=63))])
    places = {"c": (0, 0), "a": (1, 0), "b": (2, 0)}
    title, *_ = ladder_lines(seen, nodes=("a", "b", "c"), places=places, width=80, begin_ns=BEGIN_NS)
    assert title.plain.split() == ["No", "Time", "c", "a", "b"]


def test_lines_are_made_when_they_are_wanted() -> None:
    (one,) = trace([Sent("ns1 ns2", ping(1))])
    lines = ladder_lines(repeat(one), width=80, begin_ns=BEGIN_NS)
    assert len(list(islice(lines, 9))) == 9


@settings(max_examples=150, deadline=None)
@given(ANY_TRACE, st.integers(60, 160))
@example(trace([Sent("", bytes(11) + b"\x01\x00\x00")]), 72)  # titles wider than the least gap
def test_any_packets_stay_within_the_width_and_are_harmless(seen: tuple[Seen, ...], width: int) -> None:
    lines = list(ladder_lines(seen, nodes=("ns1", "ns2"), width=width, begin_ns=BEGIN_NS, with_noise=True))
    columns = max(0, *(len(line.plain.split("Time")[-1].split()) for line in lines if "Time" in line.plain), 0)
    for line in lines:
        assert line.plain.isprintable()
        assert line.cells <= max(width, 40 + 16 * columns)


@given(st.permutations("abcdefg"))
def test_a_chain_is_put_in_its_order(keys: list[str]) -> None:
    found = order(keys, dict.fromkeys(pairwise("abcdefg"), 1))
    assert found in (list("abcdefg"), list("gfedcba"))


@pytest.mark.parametrize(
    ("items", "told"),
    [("aaa", "aaa"), ("aaaaaa", "aaaaaa"), ("aaaaaaaa", "aaa5"), ("abababababab", "ababab6"), ("aaaaaaaab", "aaa5b")],
)
def test_a_repetition_is_shown_three_times(items: str, told: str) -> None:
    found = fold((item, item) for item in items)
    assert "".join(str(each.items) if isinstance(each, More) else each for each in found) == told


@given(st.text("ab", max_size=60))
def test_folding_loses_nothing(items: str) -> None:
    found = list(fold((item, item) for item in items))
    assert sum(each.items if isinstance(each, More) else 1 for each in found) == len(items)
