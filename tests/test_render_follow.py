"""A conversation on the screen: who said what, and nothing in it that a terminal obeys."""

import wire
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from traces import Sent, over_ip, segment, trace

from netshell.packets.streams import follow
from netshell.packets.trace import Seen
from netshell.render.follow import follow_lines


def shown(seen: tuple[Seen, ...], width: int = 80, number: int = 1) -> list[str]:
    return [line.plain for line in follow_lines(follow(number, seen), width=width)]


def test_a_request_and_its_answer() -> None:
    sent = [
        Sent("ns1 ns2", segment("S", seq=0)),
        Sent("ns1 ns2", segment("PA", b"GET / HTTP/1.0\r\nHost: x\r\n\r\n", seq=1, ack=1)),
        Sent("ns2 ns1", segment("PA", b"HTTP/1.0 200 OK\r\n\r\n<p>hi\n", seq=1, ack=28, is_answer=True)),
    ]
    assert shown(trace(sent)) == [
        "TCP conversation, 3 packets",
        "  ns1>  192.0.2.1:40000  said 27 bytes",
        "  ns2<  192.0.2.2:80  said 25 bytes",
        "",
        "ns1> GET / HTTP/1.0",
        "ns1> Host: x",
        "ns1> ",
        "ns2< HTTP/1.0 200 OK",
        "ns2< ",
        "ns2< <p>hi",
    ]


def test_a_line_that_came_in_two_segments_is_one_line_and_a_gap_is_told() -> None:
    sent = [
        Sent("ns1 ns2", segment("S", seq=0)),
        Sent("ns1 ns2", segment("PA", b"hel", seq=1, ack=1)),
        Sent("ns1 ns2", segment("PA", b"lo\n", seq=4, ack=1)),
        Sent("ns1 ns2", segment("PA", b"bye", seq=127, ack=1)),
    ]
    assert shown(trace(sent))[4:] == ["ns1> hello", "ns1> … 120 bytes were not captured", "ns1> bye"]


def test_bytes_that_are_no_text_are_spelled_and_the_head_before_them_is_not() -> None:
    body = b"HTTP/1.0 200 OK\r\n\r\n" + bytes(range(0x80, 0xA0))
    sent = [Sent("", segment("S", seq=0)), Sent("", segment("PA", body, seq=1, ack=1))]
    assert shown(trace(sent), 100)[4:6] == ["192.0.2.1:40000> HTTP/1.0 200 OK", "192.0.2.1:40000> "]
    assert shown(trace(sent), 100)[6].startswith("192.0.2.1:40000> 0000  80 81 82 83 84 85 86 87  88 89")


def test_what_a_terminal_would_obey_is_made_visible() -> None:
    sent = [Sent("ns1 ns2", over_ip(17, wire.udp(b"a perfectly readable line with \x1b[31mred\x07 in it\n")))]
    assert shown(trace(sent))[-1] == "ns1> a perfectly readable line with ␛[31mred␇ in it"


def test_datagrams_stay_apart_and_an_empty_one_is_told() -> None:
    sent = [Sent("ns1 ns2", over_ip(17, wire.udp(data)), 2_000_000) for data in (b"one", b"", b"two")]
    assert shown(trace(sent))[4:] == ["ns1> one", "ns1> (an empty datagram)", "ns1> two"]


def test_a_connection_without_data_says_so_and_a_late_capture_too() -> None:
    assert shown(trace([Sent("ns1 ns2", segment("A", seq=5, ack=5))])) == [
        "TCP conversation, 1 packet, the beginning was not captured",
        "  ns1>  192.0.2.1:40000  said nothing",
        "  ns2<  192.0.2.2:80  said nothing",
        "",
        "Nothing was said: no packet of it carries data.",
    ]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.one_of(st.binary(max_size=200), st.text(max_size=80).map(str.encode)), max_size=5), st.integers(20, 90)
)
def test_any_bytes_stay_within_the_width_and_are_harmless(said: list[bytes], width: int) -> None:
    sent = [Sent("ns1 ns2", over_ip(17, wire.udp(data))) for data in said] or [Sent("", over_ip(17, wire.udp()))]
    for line in follow_lines(follow(1, trace(sent)), width=width):
        assert line.cells <= width
        assert line.plain.isprintable()


def test_long_names_leave_room_for_what_is_said() -> None:
    data = over_ip(17, wire.udp(b"a perfectly readable line\n"))
    for way in ("a-rather-long-name a-longer-name-still", "", "漢字漢字漢字漢字漢字 n\x1b[31m\udcff\u202e"):
        for width in (20, 30):
            shown_lines = shown(trace([Sent(way, data)]), width)
            assert max(map(cell_len, shown_lines)) <= width
            said = "".join(text.partition("> ")[2] for text in shown_lines[4:])
            assert said.replace(" ", "") == "aperfectlyreadableline"
