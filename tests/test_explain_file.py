"""A capture file explained, without the command line: what is shown of it, and what is said where it makes no sense."""

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import wire
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import CAPTURES

from netshell.errors import ExitCode, UserError
from netshell.explain_file import Explanation, Request, View, explained, request_for
from netshell.facts import Address, Crossing, End, Link, Node, Snapshot
from netshell.packets.trace import Observer
from netshell.session.save import save_packets

PING = wire.over_ip(1, wire.icmp(8, payload=b"x" * 8))
PONG = wire.ethernet(0x0800, wire.ipv4(1, wire.icmp(0, payload=b"x" * 8), src=wire.IP_2, dst=wire.IP_1))
ASK = wire.over_ip(17, wire.udp(wire.dns(wire.question("a.test")), ports=(4000, 53)))
SYN = wire.over_ip(6, wire.tcp(flags=2))
_SEGMENT = wire.tcp(b"hello\n")
DATA = wire.over_ip(6, _SEGMENT[:4] + struct.pack("!I", 1001) + _SEGMENT[8:])
NOISE = wire.ethernet(0x86DD, wire.ipv6(58, struct.pack("!BBHI", 133, 0, 0, 0), src="fe80::1", dst="ff02::2"))


def pcap(*packets: bytes, link_type: int = 1) -> bytes:
    head = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    times = enumerate(packets, 1_700_000_000)
    return head + b"".join(struct.pack("<IIII", at, 7, len(each), len(each)) + each for at, each in times)


def lines_of(path: Path | str, view: str = "table", chosen: str = "") -> list[str]:
    with explained(Request(str(path), view, chosen)) as explanation:  # type: ignore[arg-type]
        return "".join(explanation.pieces()).splitlines()


Show = Callable[..., tuple[list[str], Explanation]]


@pytest.fixture
def show(tmp_path: Path) -> Show:
    """Writes bytes to a file and gives the lines that explain it."""

    def shown(data: bytes, view: str = "table", **asked: Any) -> tuple[list[str], Explanation]:
        path = tmp_path / "x.pcap"
        path.write_bytes(data)
        with explained(Request(str(path), view, **asked)) as explanation:  # type: ignore[arg-type]
            return "".join(explanation.pieces()).splitlines(), explanation

    return shown


def test_the_table_has_a_heading_and_a_line_for_each_packet(show: Show) -> None:
    lines, explanation = show(pcap(PING, PONG, NOISE))
    assert len(lines) == 4
    assert [line.split()[0] for line in lines[1:]] == ["1", "2", "3"]
    assert [line.split()[1] for line in lines[1:]] == ["0.000000", "1.000000", "2.000000"]
    assert "192.0.2.1 → 192.0.2.2" in lines[1]
    assert (explanation.problem, explanation.code) == ("", ExitCode.DONE)


def test_packets_that_a_filter_chooses_keep_number_and_time(show: Show) -> None:
    lines, _ = show(pcap(PING, SYN, DATA), filter="tcp")
    assert [line.split()[:2] for line in lines[1:]] == [["2", "1.000000"], ["3", "2.000000"]]
    assert "seq 1" in lines[2]


@pytest.mark.parametrize(("chosen", "count"), [("", "4"), ("icmp", "2"), ("tcp port 80", "1"), ("arp", "0")])
def test_a_count_is_a_number_alone(show: Show, chosen: str, count: str) -> None:
    lines, explanation = show(pcap(PING, PONG, ASK, SYN), "count", filter=chosen)
    assert (lines, explanation.problem, explanation.code) == ([count], "", ExitCode.DONE)


def test_json_has_one_object_a_packet(show: Show) -> None:
    lines, _ = show(pcap(PING, SYN), "json")
    found = [json.loads(line) for line in lines]
    assert [each["number"] for each in found] == [1, 2]
    assert [each["protocol"] for each in found] == ["ICMP", "TCP"]
    assert found[1]["time"] == "1700000001.000007000"


def test_a_filter_that_chooses_nothing_says_so(show: Show) -> None:
    for view in ("table", "json", "ladder", "stories"):
        lines, explanation = show(pcap(PING, PONG), view, filter="arp")
        assert (lines, explanation.code) == ([], ExitCode.DONE)
        assert explanation.problem.startswith("The filter chooses none of the 2 packets in ")


def test_a_file_without_packets_says_so(show: Show) -> None:
    lines, explanation = show(pcap())
    assert (lines, explanation.code) == ([], ExitCode.DONE)
    assert explanation.problem.startswith("There are no packets in ")


@pytest.mark.parametrize("view", ["table", "json", "ladder", "stories", "count"])
def test_a_file_that_is_cut_off_shows_what_is_there_and_then_the_place(show: Show, view: str) -> None:
    whole = pcap(PING, PONG)
    lines, explanation = show(whole[:-5], view)
    assert lines
    assert explanation.code == ExitCode.FAILED
    assert "The file ends in the middle of a packet at byte" in explanation.problem


def test_a_link_that_is_not_known_is_named_at_its_packet_and_is_no_error(show: Show) -> None:
    lines, explanation = show(pcap(b"abcdef", link_type=147), width=160)
    assert "link type 147" in lines[1]
    assert (explanation.problem, explanation.code) == ("", ExitCode.DONE)


def test_one_packet_and_its_conversation_are_shown_with_what_came_before(show: Show) -> None:
    others = [ASK] * 20
    data = pcap(SYN, *others, DATA, *others)
    lines, _ = show(data, "packet", number=22)
    assert any("TCP" in line for line in lines)
    lines, _ = show(data, "follow", number=22)
    assert any("hello" in line for line in lines)


def test_a_packet_that_is_not_there_is_told_with_those_that_are(show: Show) -> None:
    for view in ("packet", "follow"):
        with pytest.raises(UserError, match=r"There is no packet 3 in .*: they are numbered from 1 to 2\."):
            show(pcap(PING, PONG), view, number=3)


def test_stories_are_told_within_the_width(show: Show) -> None:
    lines, _ = show(pcap(PING, PONG), "stories", width=40)
    assert "192.0.2.1" in lines[0]
    assert max(map(len, lines)) <= 40


LINK = Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP", mac=wire.MAC_1)


def saved(directory: Path) -> Path:
    """A ping over a router, as a session saves it."""
    ends = [End("ns1", "eth0"), End("r1", "eth1"), End("r1", "eth2"), End("ns2", "eth0")]
    node = Node("ns1", {"eth0": LINK}, (Address("192.0.2.1/24", "eth0"),))
    observer = Observer()
    frames = [(PING, ends[0], ends[1]), (PING, ends[2], ends[3]), (PONG, None, ends[3]), (NOISE, ends[0], ends[1])]
    crossings = [
        Crossing(n, 10**18 + n, sender, receiver, data, len(data))
        for n, (data, sender, receiver) in enumerate(frames, 1)
    ]
    save_packets([observer.see(each) for each in crossings], directory, "ping", Snapshot({"ns1": node}))
    return directory / "ping.pcapng"


def test_what_a_session_saved_has_its_nodes_again(tmp_path: Path) -> None:
    path = saved(tmp_path)
    found = [json.loads(line) for line in lines_of(path, "json")]
    assert [(each["link"], each["from"], each["to"], each["follows"]) for each in found] == [
        ("eth0", "ns1", "r1", 0),
        ("eth2", "r1", "ns2", 1),
        ("eth0", "192.0.2.2", "ns2", 0),
        ("eth0", "ns1", "r1", 0),
    ]
    assert [each["comment"] for each in found] == [""] * 4
    assert any(all(node in line for node in ("ns1", "r1", "ns2")) for line in lines_of(path, "ladder"))
    assert lines_of(path, "count", "src host ns1 and icmp") == ["2"]


def test_names_that_look_like_a_sessions_in_other_files_are_only_names(show: Show) -> None:
    def block(kind: int, body: bytes) -> bytes:
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    options = struct.pack("<HH8s", 2, 7, b"ns1:lo0") + bytes(4)
    packet = struct.pack("<IIIII", 0, 0, 5, len(PING), len(PING)) + PING + bytes(-len(PING) % 4)
    data = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    data += block(1, struct.pack("<HHI", 1, 0, 0) + options) + block(6, packet)
    (line,), _ = show(data, "json")
    found = json.loads(line)
    assert [found[key] for key in ("link", "from", "to")] == ["ns1:lo0", "192.0.2.1", "192.0.2.2"]


@pytest.mark.parametrize(
    ("made", "problem", "remedy"),
    [
        (lambda path: path.mkdir(), "cannot be read: Is a directory.", "Name a file in it."),
        (lambda path: path.write_bytes(b""), "is no capture file: it is empty.", "pcap and pcapng"),
        (lambda path: path.write_bytes(b"\x1f\x8b\x08\x00rest"), "is compressed with gzip.", "gunzip"),
        (lambda path: path.write_text("hello there"), "is no capture file: it begins with the bytes 68 65 6c", "pcap"),
        (lambda path: (path.parent / "it.pcaps").touch(), "There is no file ", "Did you mean "),
        (lambda _path: None, "There is no file ", "a command line stands behind"),
    ],
)
def test_what_is_no_capture_file_is_told_with_what_it_is(
    tmp_path: Path, made: Callable[[Path], object], problem: str, remedy: str
) -> None:
    path = tmp_path / "it.pcap"
    made(path)
    with pytest.raises(UserError) as caught:
        lines_of(path)
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy
    assert caught.value.code == ExitCode.USAGE


def test_a_file_with_a_name_that_a_terminal_would_obey_is_named_harmlessly() -> None:
    with pytest.raises(UserError) as caught:
        lines_of("/nowhere/\x1b[31m\udcff")
    assert str(caught.value).replace("\n", "").isprintable()
    assert "There is no directory /nowhere." in caught.value.remedy


def test_a_filter_that_makes_no_sense_is_told_with_the_place(show: Show) -> None:
    with pytest.raises(UserError, match="makes no sense at character 5, `prt`"):
        show(pcap(PING), filter="tcp prt 80")


@pytest.mark.parametrize(
    ("views", "chosen", "says"),
    [
        ({"json": True, "count": True}, "", "`--json` and `--count` do not go together."),
        ({"packet": 3}, "tcp", "`--packet` is about one packet and takes no filter"),
    ],
)
def test_what_does_not_go_together_is_refused(views: dict[str, int], chosen: str, says: str) -> None:
    with pytest.raises(UserError, match=says):
        request_for("x.pcap", views, chosen, 80)


def test_a_descriptor_by_its_path_is_read_as_packets_come() -> None:
    reader, writer = os.pipe()
    os.write(writer, pcap(PING, PONG))
    os.close(writer)
    with explained(Request(f"/dev/fd/{reader}", "json")) as explanation:
        os.close(reader)
        assert explanation.is_live
        assert [piece.count("\n") for piece in explanation.pieces()] == [1, 1]


def test_lines_are_written_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(pcap(*[PING] * 700))
    with explained(Request(str(path), "json")) as explanation:
        assert [piece.count("\n") for piece in explanation.pieces()] == [200, 299, 201]


LONG = pcap(*[PING, SYN, DATA, ASK, PONG, NOISE, wire.over_ip(6, wire.tcp(bytes(9000)))] * 500)
"""Longer than the four megabytes from which on two processes take turns."""


@pytest.mark.kernel
@pytest.mark.parametrize("view", ["table", "json"])
@pytest.mark.parametrize(("chosen", "cut"), [("", 0), ("", 5), ("tcp", 0), ("ip6", 5), ("udp port 99", 0)])
def test_two_processes_write_what_one_writes(tmp_path: Path, view: View, chosen: str, cut: int) -> None:
    path = tmp_path / "x.pcap"
    path.write_bytes(LONG[: len(LONG) - cut])
    with explained(Request(str(path), view, chosen)) as alone, explained(Request(str(path), view, chosen)) as both:
        lines = [each if isinstance(each, str) else each.plain for each in alone.lines()]
        assert "".join(both.pieces()) == "".join(f"{line}\n" for line in lines)
    assert (both.problem, both.code) == (alone.problem, alone.code)
    assert bool(both.problem) == bool(cut or chosen == "udp port 99")


_HEADS = [b"", pcap(), pcap(PING), pcap(PING, link_type=113)]
_STREAMED: tuple[View, ...] = ("table", "ladder", "stories", "json", "count")
_OPENED: tuple[View, ...] = ("packet", "follow")
_FRAMES = st.lists(
    st.one_of(
        st.binary(max_size=90),
        st.sampled_from([PING, PONG, ASK, SYN, DATA, NOISE]),
        st.builds(lambda text: wire.over_ip(6, wire.tcp(f"GET /{text} HTTP/1.1\r\n".encode())), st.text(max_size=50)),
        st.builds(lambda data: wire.over_ip(17, wire.udp(data, ports=(53, 53))), st.binary(max_size=60)),
    ),
    max_size=5,
)


@settings(deadline=None, max_examples=60)
@given(_FRAMES, st.sampled_from(["table", "json"]), st.integers(20, 200))
def test_text_has_what_a_terminal_has(
    tmp_path_factory: pytest.TempPathFactory, frames: list[bytes], view: View, width: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.pcap"
    path.write_bytes(pcap(*frames))
    request = Request(str(path), view, width=width)
    with explained(request) as text, explained(request) as screen:
        assert "".join(text.pieces()) == "".join(f"{line.plain}\n" for line in screen.screen_lines())


@given(st.binary(max_size=300), st.sampled_from(_HEADS))
def test_any_bytes_of_a_file_are_shown_or_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes
) -> None:
    show_all(tmp_path_factory.getbasetemp() / "any.pcap", head + data, _STREAMED)


@given(st.binary(max_size=300), st.sampled_from(_HEADS))
@settings(max_examples=10, deadline=None)
def test_the_first_packet_of_any_bytes_is_opened_or_refused_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, head: bytes
) -> None:
    show_all(tmp_path_factory.getbasetemp() / "any.pcap", head + data, _OPENED)


@given(st.sampled_from(CAPTURES), st.integers(0, 20_000), st.integers(0, 255), st.integers(0, 20_000))
@settings(max_examples=25, deadline=None)
def test_real_files_with_a_changed_byte_or_cut_are_shown_or_refused(
    tmp_path_factory: pytest.TempPathFactory, path: Path, at: int, byte: int, kept: int
) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] = byte
    show_all(tmp_path_factory.getbasetemp() / "any.pcap", bytes(data[:kept]), _STREAMED)


def show_all(path: Path, data: bytes, views: tuple[View, ...]) -> None:
    path.write_bytes(data)
    for view in views:
        said = ""
        try:
            with explained(Request(str(path), view, number=view in _OPENED)) as explanation:
                lines = "".join(explanation.pieces()).split("\n")
                said = explanation.problem
        except UserError as error:
            lines = str(error).splitlines()
        assert all(line.isprintable() for line in [*lines, said])
