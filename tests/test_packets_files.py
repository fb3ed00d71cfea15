import io
import struct
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
import wire
from hypothesis import given
from hypothesis import strategies as st
from oracle import CAPTURES, need, tcpdump_chooses, tshark

from netshell.errors import UserError
from netshell.facts import Frame
from netshell.packets.files import CaptureFile, Record
from netshell.packets.pcapng_writer import PcapngWriter, write_pcapng
from netshell.packets.reader import read

FRAME = wire.over_ip(17, wire.udp(b"hi"))
NOW = 1_700_000_000_123_456_789


def pcap(*packets: bytes, order: str = "<", magic: int = 0xA1B2C3D4, link_type: int = 1, extra: bytes = b"") -> bytes:
    head = struct.pack(f"{order}IHHIIII", magic, 2, 4, 0, 0, 65535, link_type)
    return head + b"".join(struct.pack(f"{order}IIII", 5, 7, len(p), len(p)) + extra + p for p in packets)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(link_type: int = 1, options: bytes = b"", order: str = "<", snap: int = 0) -> bytes:
    return block(1, struct.pack(f"{order}HHI", link_type, 0, snap) + options, order)


def enhanced(data: bytes, *, number: int = 0, units: int = 0, options: bytes = b"", order: str = "<") -> bytes:
    head = struct.pack(f"{order}IIIII", number, units >> 32, units & 0xFFFFFFFF, len(data), len(data))
    return block(6, head + data + bytes(-len(data) % 4) + options, order)


def records(data: bytes) -> tuple[list[Record], str]:
    capture = CaptureFile(io.BytesIO(data))
    return list(capture), capture.problem


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "nanoseconds"), [(0xA1B2C3D4, 7000), (0xA1B23C4D, 7)])
def test_a_pcap_file_is_read_in_both_byte_orders_and_both_resolutions(order: str, magic: int, nanoseconds: int) -> None:
    found, problem = records(pcap(FRAME, b"", order=order, magic=magic))
    assert [(r.time_ns, r.data, r.wire_length) for r in found] == [
        (5_000_000_000 + nanoseconds, FRAME, len(FRAME)),
        (5_000_000_000 + nanoseconds, b"", 0),
    ]
    assert (problem, found[0].interface.link_type) == ("", 1)


def test_the_longer_headers_of_old_pcap_files_are_stepped_over() -> None:
    assert [r.data for r in records(pcap(FRAME, FRAME, magic=0xA1B2CD34, extra=bytes(8)))[0]] == [FRAME, FRAME]


def test_the_upper_bits_of_the_link_type_are_no_part_of_it() -> None:
    assert records(pcap(FRAME, link_type=0xF4000001))[0][0].interface.link_type == 1


@pytest.mark.parametrize(
    ("cut", "count", "problem"),
    [
        (1, 2, "The file ends in the middle of a packet at byte"),
        (len(FRAME) + 3, 1, "The file ends in the middle of a packet's header at byte"),
    ],
)
def test_a_pcap_file_that_ends_early_gives_what_is_there_and_the_place(cut: int, count: int, problem: str) -> None:
    found, said = records(pcap(FRAME, FRAME)[:-cut])
    assert len(found) == count
    assert said.startswith(f"{problem} {24 + 16 + len(FRAME)}:")
    assert found[-1].wire_length == len(FRAME)


def test_a_packet_of_a_gigabyte_is_not_believed() -> None:
    found, problem = records(pcap(FRAME) + struct.pack("<IIII", 1, 1, 1 << 30, 1 << 30) + b"abc")
    assert len(found) == 1
    assert problem == "At byte 84 a packet claims 1,073,741,824 bytes, more than any packet has."


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"hello world", "begins with the bytes 68 65 6c 6c"),
        (b"\x1f\x8b\x08\x00rest", "compressed with gzip"),
    ],
)
def test_what_is_no_capture_file_is_refused_with_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(UserError) as caught:
        CaptureFile(io.BytesIO(data), "x.pcap")
    assert says in caught.value.problem
    assert caught.value.remedy


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing\.pcap cannot be read: No such file or directory\."):
        CaptureFile.open(tmp_path / "nothing.pcap")
    with pytest.raises(UserError, match=r"cannot be read: Is a directory\."):
        CaptureFile.open(tmp_path)


def test_a_header_alone_cut_short_is_told() -> None:
    assert records(pcap()[:15]) == (
        [],
        "The file ends in the middle of its header at byte 0: 15 of 24 bytes are there.",
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_pcapng_file_has_interfaces_with_names_times_and_comments(order: str) -> None:
    options = (
        option(2, b"ns1:eth0", order)
        + option(3, b"a cable", order)
        + option(9, b"\x09", order)
        + option(14, struct.pack(f"{order}q", 100), order)
        + option(0, b"", order)
    )
    comment = option(1, b"look here", order) + option(2, struct.pack(f"{order}I", 2), order) + option(0, b"", order)
    data = section(order) + interface(1, options, order) + enhanced(FRAME, units=5, options=comment, order=order)
    (record,), problem = records(data)
    assert (record.time_ns, record.data, record.comment, record.direction) == (
        100_000_000_005,
        FRAME,
        "look here",
        "out",
    )
    assert (record.interface.name, record.interface.description, problem) == ("ns1:eth0", "a cable", "")


@pytest.mark.parametrize(
    ("resolution", "expected"),
    [(b"", 5_000), (b"\x06", 5_000), (b"\x03", 5_000_000), (b"\x82", 1_250_000_000), (b"\xff", 0)],
)
def test_the_resolution_of_times_is_a_power_of_ten_or_of_two(resolution: bytes, expected: int) -> None:
    options = option(9, resolution) + option(0, b"") if resolution else b""
    assert records(section() + interface(1, options) + enhanced(FRAME, units=5))[0][0].time_ns == expected


def test_several_sections_have_their_own_byte_order_and_interfaces() -> None:
    first = section("<") + interface(1) + interface(101) + enhanced(FRAME[14:], number=1)
    second = section(">") + interface(113, order=">") + enhanced(b"abcd", order=">")
    found, problem = records(first + second)
    assert [(r.interface.link_type, r.data) for r in found] == [(101, FRAME[14:]), (113, b"abcd")]
    assert problem == ""


def test_simple_and_old_packet_blocks_are_read_and_unknown_ones_passed_over() -> None:
    simple = block(3, struct.pack("<I", 200) + b"x" * 60)
    old = block(2, struct.pack("<HHIIII", 0, 0, 0, 9, 4, 4) + b"abcd")
    names = block(4, b"\0" * 8) + block(5, b"\0" * 12) + block(0x0BADBEEF, b"who knows")
    found, problem = records(section() + interface(snap=60) + names + simple + old)
    assert [(r.data, r.wire_length, r.time_ns) for r in found] == [(b"x" * 60, 200, 0), (b"abcd", 4, 9000)]
    assert problem == ""


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (section() + enhanced(FRAME), "At byte 28 a packet names interface 0; 0 are described."),
        (section() + block(3, b"\0\0\0\4abcd"), "At byte 28 a packet stands before the description of any interface."),
        (section() + struct.pack("<II", 6, 7), "At byte 28 a block claims a length of 7 bytes, which no block has."),
        (section() + interface() + struct.pack("<II", 6, 1 << 30), "At byte 48 a packet claims 1,073,741,824 bytes"),
        (
            section() + interface() + block(6, b"abcd"),
            "At byte 48 a packet block of 16 bytes is too short for a packet.",
        ),
        (section() + block(1, b"abc"), "At byte 28 the description of interface 0 makes no sense."),
        (b"\x0a\x0d\x0d\x0a\0\0\0\x1cabcd", "At byte 0 a section begins without the mark of its byte order."),
        (section() + interface()[:-2], "The file ends in the middle of a block at byte 28: 18 of 20 bytes are there."),
        (
            section() + b"\x0a\x0d\x0d\x0a",
            "The file ends in the middle of a block at byte 28: 4 of 12 bytes are there.",
        ),
        (section()[:20], "The file ends in the middle of a section header at byte 0: 20 of 28 bytes are there."),
        (
            section() + struct.pack("<II", 99, 400) + bytes(90),
            "The file ends in the middle of a block at byte 28: 98 of 400",
        ),
    ],
)
def test_a_pcapng_file_that_makes_no_sense_is_told_with_the_place(data: bytes, problem: str) -> None:
    assert records(data)[1].startswith(problem)


def test_a_pcapng_file_that_ends_in_a_packet_gives_the_beginning_of_it() -> None:
    found, problem = records((section() + interface() + enhanced(FRAME))[:-20])
    assert [(r.data, r.wire_length) for r in found] == [(FRAME[:-16], len(FRAME))]
    assert "in the middle of a block at byte 48" in problem


@given(st.binary(max_size=300), st.sampled_from([pcap(), section() + interface(), section()]))
def test_any_bytes_behind_a_header_are_read_to_an_end(data: bytes, head: bytes) -> None:
    for record in records(head + data)[0]:
        assert read(record.data, record.interface.link_type, record.wire_length).data == record.data


@given(st.sampled_from(CAPTURES), st.integers(0, 3000), st.integers(0, 255), st.integers(0, 4000))
def test_real_files_with_a_changed_byte_or_cut_are_read_to_an_end(path: Path, at: int, byte: int, kept: int) -> None:
    data = bytearray(path.read_bytes())
    data[at % len(data)] = byte
    with suppress(UserError):
        records(bytes(data[:kept]))


FRAMES = [
    Frame(NOW, "ns1", "eth0", True, FRAME, len(FRAME)),
    Frame(NOW + 1, "ns2", "eth0", False, FRAME, len(FRAME)),
    Frame(NOW + 2, "ns1", "eth1", True, FRAME[:40], len(FRAME)),
    Frame(NOW + 3, "ns1", "eth0", False, FRAME + b"x", len(FRAME) + 1),
]


def test_what_is_written_is_read_again() -> None:
    stream = io.BytesIO()
    assert write_pcapng(stream, FRAMES, comment="a lesson") == 4
    found, problem = records(stream.getvalue())
    assert problem == ""
    assert [(r.time_ns, r.interface.name, r.direction == "out", r.data, r.wire_length) for r in found] == [
        (f.time_ns, f"{f.node}:{f.link}", f.is_outgoing, f.data, f.wire_length) for f in FRAMES
    ]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, comment="the whole file")
        writer.interface("ns1", "eth0", comment="the left end")
        for frame in FRAMES:
            writer.add(frame, "first" if frame is FRAMES[0] else "")
    return path


def test_tshark_opens_what_is_written_with_names_times_and_comments(saved: Path) -> None:
    rows = tshark(
        saved, ["frame.time_epoch", "frame.interface_name", "frame.len", "frame.cap_len", "frame.comment", "ip.src"]
    )
    assert [row["frame.interface_name"] for row in rows] == [["ns1:eth0"], ["ns2:eth0"], ["ns1:eth1"], ["ns1:eth0"]]
    assert [row["frame.time_epoch"][0][-9:] for row in rows] == ["123456789", "123456790", "123456791", "123456792"]
    assert [(row["frame.len"], row["frame.cap_len"]) for row in rows][2] == ([str(len(FRAME))], ["40"])
    assert [row["frame.comment"] for row in rows] == [["first"], [], [], []]
    about = subprocess.run([need("capinfos"), "-T", str(saved)], capture_output=True, text=True, check=True)
    assert "the whole file" in about.stdout


@pytest.mark.kernel
def test_tcpdump_opens_what_is_written(saved: Path, tmp_path: Path) -> None:
    assert len(tcpdump_chooses(saved, "udp", tmp_path / "chosen.pcap")) == len(FRAMES)


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_both_formats_of_the_same_capture_give_the_same_packets(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pcapng"
    subprocess.run([need("editcap"), "-F", "pcapng", str(path), str(other)], check=True)
    with CaptureFile.open(path) as old, CaptureFile.open(other) as new:
        assert [(r.time_ns, r.data, r.wire_length) for r in old] == [(r.time_ns, r.data, r.wire_length) for r in new]
        assert [old.format, new.format] == [path.suffix[1:], "pcapng"]


def test_the_times_are_those_of_tshark() -> None:
    rows = tshark(CAPTURES[0], ["frame.time_epoch"])
    with CaptureFile.open(CAPTURES[0]) as capture:
        seconds = [f"{r.time_ns // 10**9}.{r.time_ns % 10**9:09d}" for r in capture]
    assert seconds == [row["frame.time_epoch"][0] for row in rows]
