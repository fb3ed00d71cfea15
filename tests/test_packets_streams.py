"""A conversation put together again: every byte once, in order, by whoever said it; what is missing is named."""

import random

import pytest
import wire
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import Sent, arp_request, over_ip, segment, trace

from netshell.errors import UserError
from netshell.packets.streams import Conversation, Speaker, follow


def said(conversation: Conversation) -> list[tuple[int, int, bytes]]:
    return [(piece.side, piece.missing, piece.data) for piece in conversation.pieces]


HELLO = (
    Sent("ns1 ns2", segment("S", seq=999)),
    Sent("ns2 ns1", segment("SA", seq=4999, ack=1000, is_answer=True)),
    Sent("ns1 ns2", segment("A", seq=1000, ack=5000)),
    Sent("ns1 ns2", segment("PA", b"hello\n", seq=1000, ack=5000)),
    Sent("ns2 ns1", segment("A", seq=5000, ack=1006, is_answer=True)),
    Sent("ns2 ns1", segment("PA", b"welcome\n", seq=5000, ack=1006, is_answer=True)),
)


def test_both_directions_are_told_in_the_order_they_could_be_read() -> None:
    found = follow(5, trace(HELLO))
    assert said(found) == [(0, 0, b"hello\n"), (1, 0, b"welcome\n")]
    assert found.speakers == (Speaker("ns1", wire.IP_1, 40000), Speaker("ns2", wire.IP_2, 80))
    assert (found.protocol, found.said, found.crossings, found.is_from_start) == ("TCP", (6, 8), 6, True)


def test_a_retransmission_and_an_overlap_are_told_once() -> None:
    again = [
        Sent("ns1 ns2", segment("PA", b"hello\n", seq=1000, ack=5000)),
        Sent("ns1 ns2", segment("PA", b"lo\nworld", seq=1003, ack=5000)),
    ]
    assert said(follow(1, trace([*HELLO[:4], *again]))) == [(0, 0, b"hello\n"), (0, 0, b"world")]


def test_what_came_out_of_order_is_put_right() -> None:
    turned = [
        Sent("ns1 ns2", segment("PA", b"c", seq=1002, ack=5000)),
        Sent("ns1 ns2", segment("PA", b"b", seq=1001, ack=5000)),
        Sent("ns1 ns2", segment("PA", b"a", seq=1000, ack=5000)),
    ]
    assert [data for _, _, data in said(follow(1, trace([*HELLO[:3], *turned])))] == [b"a", b"b", b"c"]


def test_what_was_acknowledged_but_not_captured_is_a_gap() -> None:
    lossy = [
        Sent("ns1 ns2", segment("PA", b"later", seq=1120, ack=5000)),
        Sent("ns2 ns1", segment("A", seq=5000, ack=1125, is_answer=True)),
        Sent("ns2 ns1", segment("PA", b"yes", seq=5000, ack=1125, is_answer=True)),
    ]
    found = follow(1, trace([*HELLO[:3], *lossy]))
    assert said(found) == [(0, 120, b"later"), (1, 0, b"yes")]
    assert found.said == (125, 3)


def test_a_segment_that_the_capture_cut_leaves_a_gap_behind_it() -> None:
    cut = [Sent("ns1 ns2", segment("PA", b"0123456789", seq=1000, ack=5000), cut=6)]
    assert said(follow(1, trace([*HELLO[:3], *cut]))) == [(0, 0, b"0123"), (0, 6, b"")]


def test_a_segment_that_waits_at_the_end_for_what_never_came_is_told_behind_a_gap() -> None:
    early = [Sent("ns1 ns2", segment("PA", b"end", seq=1010, ack=5000))]
    assert said(follow(1, trace([*HELLO[:3], *early]))) == [(0, 10, b"end")]


def test_sequence_numbers_may_pass_their_end() -> None:
    last = (1 << 32) - 3
    sent = [
        Sent("ns1 ns2", segment("S", seq=last - 1)),
        Sent("ns1 ns2", segment("PA", b"abcdef", seq=last, ack=1)),
        Sent("ns1 ns2", segment("PA", b"ghi", seq=3, ack=1)),
    ]
    assert [data for _, _, data in said(follow(1, trace(sent)))] == [b"abcdef", b"ghi"]


def test_a_packet_that_crosses_several_links_is_told_once_and_a_nat_does_not_split_the_conversation() -> None:
    inside, outside = ("10.0.0.1", wire.IP_2), ("203.0.113.1", wire.IP_2)
    sent = [
        Sent("h1 r1", segment("S", seq=999, ends=inside)),
        Sent("r1 web", segment("S", seq=999, ends=outside, ports=(61000, 80), ttl=63)),
        Sent("web r1", segment("SA", seq=99, ack=1000, is_answer=True, ends=outside, ports=(61000, 80))),
        Sent("r1 h1", segment("SA", seq=99, ack=1000, is_answer=True, ends=inside, ttl=63)),
        Sent("h1 r1", segment("PA", b"hi", seq=1000, ack=100, ends=inside)),
        Sent("r1 web", segment("PA", b"hi", seq=1000, ack=100, ends=outside, ports=(61000, 80), ttl=63)),
        Sent("web r1", segment("PA", b"ho", seq=100, ack=1002, is_answer=True, ends=outside, ports=(61000, 80))),
        Sent("r1 h1", segment("PA", b"ho", seq=100, ack=1002, is_answer=True, ends=inside, ttl=63)),
    ]
    seen = trace(sent)
    for number in range(1, 9):
        found = follow(number, seen)
        assert said(found) == [(0, 0, b"hi"), (1, 0, b"ho")]
        assert found.speakers == (Speaker("h1", "10.0.0.1", 40000), Speaker("web", wire.IP_2, 80))
        assert found.crossings == 4


def test_of_two_connections_between_the_same_ports_the_one_that_was_meant_is_told() -> None:
    second = [
        Sent("ns1 ns2", segment("S", seq=70000)),
        Sent("ns1 ns2", segment("PA", b"again", seq=70001, ack=9)),
    ]
    seen = trace([*HELLO, *second])
    assert said(follow(8, seen)) == [(0, 0, b"again")]
    assert said(follow(1, seen))[0] == (0, 0, b"hello\n")


def test_a_capture_that_joined_late_says_so() -> None:
    found = follow(1, trace(HELLO[3:]))
    assert (found.is_from_start, said(found)) == (False, [(0, 0, b"hello\n"), (1, 0, b"welcome\n")])


def test_who_answers_spoke_second_also_where_the_opening_is_missing() -> None:
    found = follow(1, trace(HELLO[1:]))
    assert [speaker.node for speaker in found.speakers] == ["ns1", "ns2"]
    assert said(found) == [(0, 0, b"hello\n"), (1, 0, b"welcome\n")]


def test_datagrams_are_told_one_by_one_and_one_seen_at_two_places_once() -> None:
    sent = [
        Sent("", over_ip(17, wire.udp(b"one"))),
        Sent("", over_ip(17, wire.udp(b"one"), ttl=63)),
        Sent("", over_ip(17, wire.udp(b""))),
        Sent("", over_ip(17, wire.udp(b"two", ports=(9, 40000)), src=wire.IP_2, dst=wire.IP_1)),
    ]
    found = follow(2, trace(sent))
    assert said(found) == [(0, 0, b"one"), (0, 0, b""), (1, 0, b"two")]
    assert [speaker.port for speaker in found.speakers] == [40000, 9]


def test_the_listener_has_a_name_also_when_it_never_answers() -> None:
    sent = [
        Sent("h1 r1", over_ip(17, wire.udp(b"one"))),
        Sent("r1 h2", over_ip(17, wire.udp(b"one"), ttl=63)),
    ]
    assert [speaker.node for speaker in follow(1, trace(sent)).speakers] == ["h1", "h2"]


def test_what_is_beyond_the_bound_is_counted() -> None:
    found = follow(1, trace(HELLO), limit=8)
    assert said(found) == [(0, 0, b"hello\n"), (1, 0, b"we")]
    assert (found.left_out, found.said) == (6, (6, 8))


@pytest.mark.parametrize(
    ("number", "problem"),
    [(1, "Packet 1 is ARP: only TCP and UDP carry conversations."), (9, "There is no packet 9: the numbers go from 1")],
)
def test_what_cannot_be_followed_is_refused(number: int, problem: str) -> None:
    with pytest.raises(UserError) as refused:
        follow(number, trace([Sent("ns1 ns2", arp_request())]))
    assert refused.value.problem.startswith(problem)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=60), st.integers(0, (1 << 32) - 1), st.randoms(use_true_random=False))
def test_any_order_with_any_repetition_gives_the_bytes_as_they_were_said(
    data: bytes, start: int, chance: random.Random
) -> None:
    parts = []
    for _ in range(12):
        begin = chance.randrange(len(data))
        parts.append((begin, chance.randint(begin + 1, len(data))))
    parts += [(at, at + 1) for at in range(len(data))]
    chance.shuffle(parts)
    modulus = 1 << 32
    sent = [Sent("ns1 ns2", segment("S", seq=(start - 1) % modulus))]
    sent += [Sent("ns1 ns2", segment("PA", data[a:b], seq=(start + a) % modulus, ack=7)) for a, b in parts]
    found = follow(1, trace(sent))
    assert b"".join(piece.data for piece in found.pieces) == data
    assert all(not piece.missing for piece in found.pieces)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=90), max_size=12))
def test_hostile_segments_never_raise(tails: list[bytes]) -> None:
    sent = [Sent("", segment("S", seq=1)), *(Sent("", over_ip(6, tail)) for tail in tails)]
    sent += [Sent("", segment("PA", b"x", seq=int.from_bytes(tail[:4], "big"), ack=len(tail))) for tail in tails]
    follow(1, trace(sent))
