"""Chunks and the store, over records as the kernel lays them out (packet(7), cmsg(3))."""

import struct
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netshell.capture.columns import RECORD_BYTES, Chunk, indexes
from netshell.capture.store import Store
from netshell.capture.taken import Parcel, Tally
from netshell.facts import Frame

ETHERNET, NO_HEADER = 1, 65534
INCOMING, OUTGOING = 0, 4
CHECKSUM_NOT_READY, VLAN_VALID, VLAN_PROTOCOL_VALID = 8, 16, 64


def record(
    time_ns: int,
    size: int,
    *,
    index: int = 2,
    hardware: int = ETHERNET,
    kind: int = OUTGOING,
    status: int = 0,
    tag: tuple[int, int] = (0, 0),
) -> bytes:
    address = struct.pack("@H2siHBB8s4x", 17, b"\x08\x00", index, hardware, kind, 6, bytes(8))
    time = struct.pack("@Niill", 32, 1, 35, *divmod(time_ns, 1_000_000_000))
    auxiliary = struct.pack("@NiiIIIHHHH0l", 36, 263, 8, status, size, size, 0, 14, *tag)
    return address + time + auxiliary


def chunk(times: Iterable[int], node: str = "ns1", size: int = 60) -> Chunk:
    """Frames at those times, each with its time in its bytes."""
    times = list(times)
    data = b"".join(time.to_bytes(8, "big").ljust(size, b".") for time in times)
    return Chunk(node, {2: "eth0"}, 1 << 17, data, b"".join(record(time, size) for time in times))


def one(data: bytes, row: bytes, most: int = 1 << 17) -> Frame:
    (frame,) = Chunk("ns1", {2: "eth0"}, most, data[:most], row).frames()
    return frame


def taken(chunks: Iterable[Chunk]) -> list[int]:
    return [frame.time_ns for frame in Parcel(tuple(chunks), False, Tally()).open().frames]


def test_a_record_is_as_long_as_the_kernel_makes_it() -> None:
    assert len(record(0, 60)) == RECORD_BYTES
    assert indexes(record(0, 60, index=7) + record(0, 60, index=70_000)) == {7, 70_000}


def test_a_frame_is_told_with_its_node_interface_direction_and_time() -> None:
    time_ns = 1_700_000_000_123_456_789
    assert one(b"x" * 60, record(time_ns, 60, kind=INCOMING)) == Frame(time_ns, "ns1", "eth0", False, b"x" * 60, 60)
    assert one(b"x" * 60, record(time_ns, 60)).is_outgoing


def test_a_frame_that_is_longer_than_its_slot_says_how_long_it_was() -> None:
    frame = one(bytes(3000), record(1, 3000), most=1000)
    assert (len(frame.data), frame.wire_length) == (1000, 3000)


def test_a_packet_without_an_ethernet_header_gets_one() -> None:
    frame = one(b"\x45" + bytes(27), record(1, 28, hardware=NO_HEADER))
    assert frame.data == bytes(12) + b"\x08\x00\x45" + bytes(27)
    assert frame.wire_length == 42


@pytest.mark.parametrize(
    ("status", "tag", "expected"),
    [
        (VLAN_VALID, (100, 0), "81000064"),
        (VLAN_VALID | VLAN_PROTOCOL_VALID, (100, 0x88A8), "88a80064"),
        (0, (100, 0x88A8), ""),
    ],
)
def test_a_tag_that_the_kernel_took_out_is_put_back(status: int, tag: tuple[int, int], expected: str) -> None:
    frame = one(bytes(range(60)), record(1, 60, status=status, tag=tag))
    assert frame.data == bytes(range(12)) + bytes.fromhex(expected) + bytes(range(12, 60))
    assert frame.wire_length == len(frame.data)


def test_a_checksum_that_was_left_to_the_interface_is_told() -> None:
    assert not one(bytes(60), record(1, 60, status=CHECKSUM_NOT_READY)).has_checksum
    assert one(bytes(60), record(1, 60)).has_checksum


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30), st.integers(0, 30))
def test_a_chunk_by_time_and_split_loses_nothing(times: list[int], count: int) -> None:
    ordered = chunk(times).by_time()
    assert ordered.times() == sorted(times)
    assert all(frame.data[:8] == frame.time_ns.to_bytes(8, "big") for frame in ordered.frames())
    head, rest = ordered.split(count)
    assert [*head.frames(), *rest.frames()] == list(ordered.frames())


@given(
    st.lists(st.lists(st.integers(0, 100), min_size=1, max_size=12), max_size=8),
    st.integers(1, 20),
    st.integers(0, 110),
)
def test_frames_leave_in_the_order_of_time_each_once(runs: list[list[int]], limit: int, until_ns: int) -> None:
    store = Store(limit_bytes=1 << 20)
    for run in runs:
        store.add(chunk(run).by_time())
    given_out: list[int] = []
    has_more = True
    while has_more:
        chunks, has_more = store.take(limit, until_ns)
        times = taken(chunks)
        assert len(times) <= limit
        given_out += times
    everything = sorted(time for run in runs for time in run)
    assert given_out == [time for time in everything if time <= until_ns]
    assert taken(store.take(1000, 1000)[0]) == [time for time in everything if time > until_ns]


def test_the_store_lets_the_oldest_go_and_counts_them() -> None:
    store = Store(limit_bytes=100_000)
    for number in reversed(range(100)):
        store.add(chunk(range(number * 10, number * 10 + 10), size=200))
        store.make_room()
    chunks, has_more = store.take(10_000, 10_000)
    assert not has_more
    assert len(taken(chunks)) == 1000 - store.dropped
    assert taken(chunks)[-1] == 999
    assert 200 < len(taken(chunks)) < 500


def test_frames_from_before_the_clock_was_set_back_are_not_held_back() -> None:
    store = Store(limit_bytes=100_000)
    hour_ns = 3_600_000_000_000
    store.add(chunk([hour_ns, hour_ns + 9]))
    store.add(chunk([3, 40]))
    assert taken(store.take(10, 20)[0]) == [3, 40, hour_ns, hour_ns + 9]
