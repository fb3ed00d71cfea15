"""Thousands of damaged packets and capture files, the same ones each time: all are read, and all that is said holds."""

import hashlib
import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from odd_packets import ODD
from oracle import CAPTURES, packets, tshark
from test_packets_filter import expressions
from test_packets_hostile import is_sound

from netshell.errors import UserError
from netshell.facts import Crossing, End, Frame
from netshell.packets.files import LARGEST_PACKET, CaptureFile
from netshell.packets.filter import compile_filter
from netshell.packets.filter_words import OWN_WORDS
from netshell.packets.pcapng_writer import PcapngWriter
from netshell.packets.reader import read
from netshell.packets.relative import Sequences
from netshell.packets.trace import Observer

TELLING = [0, 1, 4, 5, 6, 17, 44, 53, 58, 67, 68, 0x45, 0x4F, 0x60, 0x7F, 0x80, 0xC0, 0xFF]
"""Bytes that headers turn on: protocols, ports, lengths, pointers."""
POOL = sorted(
    {(packet.data, packet.link_type) for path in CAPTURES for packet in packets(path)}
    | {(data, link_type) for link_type, group in ODD.items() for data in group.values()}
)


def damaged(count: int, seed: int) -> Iterator[tuple[bytes, int, int]]:
    """Packets with bytes changed, doubled, taken out, or two joined; then perhaps cut. With link type and length."""
    chance = random.Random(seed)
    for _ in range(count):
        original, link_type = chance.choice(POOL)
        data = bytearray(original)
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0 | 1:
                for _ in range(chance.randint(1, 6)):
                    place = chance.randrange(min(len(data), chance.choice([20, 60, 400])))
                    data[place] = chance.choice(TELLING) if chance.random() < 0.5 else chance.randrange(256)
            case 2:
                data[at:] = chance.choice(POOL)[0][chance.randrange(40) :]
            case 3:
                del data[at : at + chance.randint(1, 20)]
            case _:
                data[at:at] = data[at : at + chance.randint(1, 60)] * chance.randint(1, 30)
        whole = len(data)
        if chance.random() < 0.3:
            del data[chance.randrange(whole) :]
        yield bytes(data), link_type, whole + (chance.randrange(2000) if chance.random() < 0.2 else 0)


def test_damaged_packets_are_read_and_all_that_is_said_of_them_holds() -> None:
    for data, link_type, length in damaged(30_000, seed=1):
        is_sound(read(data, link_type, length))


def test_damaged_packets_go_through_every_filter() -> None:
    filters = [(text, compile_filter(text)) for text in [*expressions(), *OWN_WORDS]]
    found = {text: 0 for text, _ in filters}
    for data, link_type, length in damaged(3_000, seed=2):
        packet = read(data, link_type, length)
        for text, chooses in filters:
            found[text] += bool(chooses(packet))
    assert sum(1 for number in found.values() if number) > len(filters) * 3 // 4


def test_damaged_packets_go_through_a_trace() -> None:
    observer, sequences = Observer(), Sequences()
    ends = End("ns1", "eth0"), End("ns2", "eth0")
    for number, (data, link_type, length) in enumerate(damaged(15_000, seed=3), 1):
        crossing = Crossing(number, number * 1000, *ends, data, length, link_type=link_type)
        seen = observer.see(crossing)
        assert seen.numbers == sequences.numbers(seen.packet)
        assert 0 <= seen.follows < number


def test_damaged_capture_files_are_read_up_to_the_damage() -> None:
    chance = random.Random(4)
    files = [path.read_bytes()[:4000] for path in CAPTURES]
    for _ in range(20_000):
        data = bytearray(chance.choice(files))
        for _ in range(chance.randint(1, 5)):
            at = chance.randrange(min(len(data), chance.choice([60, 300, 4000])))
            data[at] = chance.choice([0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)])
        del data[chance.randint(0, len(data)) :]
        try:
            capture = CaptureFile(io.BytesIO(data))
        except UserError:
            continue
        records = list(capture)
        assert sum(len(record.data) for record in records) <= len(data)
        assert all(len(record.data) <= LARGEST_PACKET for record in records)
        assert capture.problem.isprintable()


@pytest.mark.parametrize("seed", [5, 6])
def test_tshark_reads_back_what_was_written(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)
    chosen = [data for data, link_type in chance.choices(POOL, k=300) if link_type == 1]
    frames = [
        Frame(
            chance.randrange(1 << 61),
            f"ns{chance.randrange(3)}",
            chance.choice(["eth0", "lo"]),
            chance.random() < 0.5,
            data,
            len(data) + chance.choice([0, 0, 1000]),
        )
        for data in chosen
    ]
    path = tmp_path / "written.pcapng"
    with path.open("wb") as stream:
        writer = PcapngWriter(stream, comment="all of it")
        for number, frame in enumerate(frames, 1):
            writer.add(frame, f"number {number}" if number % 3 == 0 else "")
    names = ["frame.time_epoch", "frame.interface_name", "frame.packet_flags_direction", "frame.len", "frame.cap_len"]
    rows = tshark(path, [*names, "frame.comment", "frame.md5_hash"], "frame.generate_md5_hash:TRUE")
    for number, (frame, row) in enumerate(zip(frames, rows, strict=True), 1):
        assert [row[name][0] for name in names if "direction" not in name] == [
            f"{frame.time_ns // 10**9}.{frame.time_ns % 10**9:09d}",
            f"{frame.node}:{frame.link}",
            str(frame.wire_length),
            str(len(frame.data)),
        ]
        assert int(row["frame.packet_flags_direction"][0], 0) == (2 if frame.is_outgoing else 1)
        assert row["frame.comment"] == ([f"number {number}"] if number % 3 == 0 else [])
        assert row["frame.md5_hash"] == [hashlib.md5(frame.data, usedforsecurity=False).hexdigest()]
