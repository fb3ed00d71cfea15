"""Whatever the bytes and the trace are, a packet is opened: bounded, harmless, every sentence in its place."""

import random
from collections.abc import Sequence
from typing import overload

import pytest
import wire
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import CAPTURES, packets
from test_packets_hostile import HOSTILE

from netshell.explain.owners import Owners
from netshell.explain.packet import Opened, named_only, open_packet
from netshell.facts import Crossing, End
from netshell.packets.names import LINK_TYPES
from netshell.packets.trace import Observer, Seen

REAL = sorted({(packet.data, packet.link_type) for path in CAPTURES for packet in packets(path)})
ENDS = [None, End("ns1", "eth0"), End("r1", "eth0"), End("r1", "eth1"), End("ns2", "eth0")]


def is_sound(packet: Opened) -> None:
    """All text is harmless and bounded, every place lies inside the bytes."""
    size = len(packet.seen.crossing.data)
    texts = [packet.headline, *(words for _, words in packet.related)]
    for layer in packet.layers:
        texts += [layer.name, layer.says, layer.problem]
        assert 0 <= layer.at <= layer.at + layer.size <= size
        assert layer.says
        for field in layer.fields:
            texts += [field.label, field.value, field.says]
            assert field.label
            assert field.says
            assert 0 <= field.at <= field.at + field.size <= size
    for text in texts:
        assert text.isprintable()
        assert len(text) <= 400
    assert sum(len(layer.fields) for layer in packet.layers) < 2000
    numbers = [number for number, _ in packet.related]
    assert numbers == sorted(set(numbers))
    assert packet.seen.number not in numbers
    assert named_only(packet) is None or 0 <= (named_only(packet) or 0) < size


class Counted(Sequence[Seen]):
    """A trace that counts how often it is looked into."""

    def __init__(self, frames: list[Seen]) -> None:
        self.looks = 0
        self._frames = frames

    def __len__(self) -> int:
        return len(self._frames)

    @overload
    def __getitem__(self, place: int) -> Seen: ...

    @overload
    def __getitem__(self, place: slice) -> list[Seen]: ...

    def __getitem__(self, place: int | slice) -> Seen | list[Seen]:
        self.looks += 1
        return self._frames[place]


def see_all(crossings: list[Crossing]) -> list[Seen]:
    observer = Observer()
    return [observer.see(crossing) for crossing in crossings]


@given(st.binary(max_size=200), st.sampled_from([*LINK_TYPES, 9999]), st.integers(0, 300))
def test_any_bytes_are_opened(data: bytes, link_type: int, wire_length: int) -> None:
    frames = see_all([Crossing(1, 0, None, None, data, max(len(data), wire_length), link_type)])
    is_sound(open_packet(1, frames, Owners()))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(REAL),
            st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=4),
            st.integers(0, 2000),
            st.sampled_from(ENDS),
            st.sampled_from(ENDS),
        ),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=200)
def test_any_trace_of_changed_packets_is_opened(
    frames: list[tuple[tuple[bytes, int], list[tuple[int, int]], int, End | None, End | None]],
) -> None:
    crossings = []
    for number, ((original, link_type), changes, kept, sender, receiver) in enumerate(frames, 1):
        data = bytearray(original)
        for at, byte in changes:
            if at < len(data):
                data[at] = byte
        crossings.append(
            Crossing(number, number * 1000, sender, receiver, bytes(data[:kept]), len(original), link_type)
        )
    seen = see_all(crossings)
    for each in seen:
        is_sound(open_packet(each.number, seen, Owners({"192.0.2.2": "ns1", "192.0.2.1": "r1"})))


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_messages_are_opened(what: str) -> None:
    data = wire.over_ip(6 if "line" in what else 17, HOSTILE[what])
    is_sound(open_packet(1, see_all([Crossing(1, 0, None, None, data, len(data))]), Owners()))


def test_a_long_trace_is_looked_at_only_in_part() -> None:
    ports = random.Random(1)
    datas = [wire.over_ip(6, wire.tcp(b"x" * 20, ports=(ports.randrange(40000, 40050), 80))) for _ in range(40_000)]
    frames = see_all([Crossing(n, n, None, None, data, len(data)) for n, data in enumerate(datas, 1)])

    counted = Counted(frames)
    open_packet(30_000, counted, Owners())
    assert counted.looks < 12_000
