"""Protocols that the reader only names, read by scapy in a process of its own: bounded, and never in ours."""

import asyncio
import os
import signal
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
import wire
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import CAPTURES, packets
from test_packets_hostile import HOSTILE

from netshell.packets.dissect import Dissector
from netshell.packets.dissected import DissectedField, DissectedLayer
from netshell.packets.layers import Other

REAL = sorted({packet.data for path in CAPTURES for packet in packets(path) if packet.link_type == 1})


@pytest.fixture(scope="module")
def dissector() -> Iterator[Dissector]:
    with closing(Dissector(answer_within_s=5)) as found:
        yield found


def real(protocol: str, detail: str) -> tuple[bytes, int]:
    """The first packet of a protocol in the suite's captures, and where that protocol begins."""
    return next(
        (packet.data, layer.at)
        for path in CAPTURES
        for packet in packets(path)
        for layer in packet.layers
        if isinstance(layer, Other) and (layer.name, layer.detail) == (protocol, detail) and packet.link_type == 1
    )


def values(layers: Sequence[DissectedLayer]) -> dict[str, str]:
    return {field.name: field.value for layer in layers for field in layer.fields}


def test_an_ospf_hello_is_read_field_by_field(dissector: Dissector) -> None:
    data, at = real("OSPF", "Hello")
    header, hello = dissector.open_now(data, 1, at)
    assert (header.name, header.at, header.size) == ("OSPF Header", at, 24)
    assert hello.at == at + 24
    assert hello.fields[1] == DissectedField("hellointerval", "1", at + 28, 2)
    assert values([hello])["mask"] == "255.255.255.0"


def test_a_bgp_open_is_read_with_its_capabilities(dissector: Dissector) -> None:
    data, at = real("BGP", "OPEN")
    found = values(dissector.open_now(data, 1, at))
    assert (found["version"], found["type"]) == ("4", "OPEN")
    assert found["opt_params: param_type"] == "Capabilities"


def test_a_bgp_update_has_as_numbers_of_four_bytes(dissector: Dissector) -> None:
    path = bytes([0x40, 2, 6, 2, 1]) + struct.pack("!I", 65002)
    body = b"\0\0" + struct.pack("!H", len(path)) + path
    update = b"\xff" * 16 + struct.pack("!HB", 19 + len(body), 2) + body
    data = wire.over_ip(6, wire.tcp(update, ports=(40000, 179)))
    assert "[65002]" in values(dissector.open_now(data, 1, 54)).values()


def test_a_bridge_protocol_unit_is_read(dissector: Dissector) -> None:
    data, at = real("STP", "configuration")
    llc, unit = dissector.open_now(data, 1, at)
    assert (llc.name, unit.name) == ("LLC", "Spanning Tree Protocol")
    assert values([unit])["maxage"] == "20.0"


def test_inner_packets_of_a_tunnel_are_read(dissector: Dissector) -> None:
    data = wire.over_ip(47, struct.pack("!HH", 0, 0x0800) + wire.ipv4(1, wire.icmp(8)))
    assert [layer.name for layer in dissector.open_now(data, 1, 34)] == ["GRE", "IP", "ICMP"]


def test_packets_without_a_link_header_are_read(dissector: Dissector) -> None:
    names = [layer.name for layer in dissector.open_now(wire.ipv6(17, wire.udp()), 101)]
    assert names[:2] == ["IPv6", "UDP"]
    assert dissector.open_now(b"\1\2\3", 9999) == ()


def test_what_scapy_cannot_read_gives_nothing(dissector: Dissector) -> None:
    assert dissector.open_now(b"", 1) == ()
    assert dissector.open_now(wire.ethernet(0x9999, b"nobody knows this"), 1, 14) == ()


def is_bounded(layers: Sequence[DissectedLayer], size: int) -> None:
    assert len(layers) <= 40
    for layer in layers:
        for text in (layer.name, *(text for f in layer.fields for text in (f.name, f.value))):
            assert text.isprintable()
            assert len(text) <= 240
        assert 0 <= layer.at <= layer.at + layer.size <= size
        assert all(f.at >= 0 and f.size >= 0 for f in layer.fields)
    assert sum(len(layer.fields) for layer in layers) <= 1000


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_messages_take_bounded_time_and_the_next_packet_is_read(dissector: Dissector, what: str) -> None:
    data = wire.over_ip(6 if "line" in what else 17, HOSTILE[what])
    is_bounded(dissector.open_now(data, 1), len(data))
    test_an_ospf_hello_is_read_field_by_field(dissector)


@given(st.sampled_from(REAL), st.lists(st.tuples(st.integers(12, 120), st.integers(0, 255)), max_size=6))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_changed_packets_are_read_or_not_but_never_raise(
    dissector: Dissector, original: bytes, changes: list[tuple[int, int]]
) -> None:
    data = bytearray(original)
    for at, byte in changes:
        if at < len(data):
            data[at] = byte
    is_bounded(dissector.open_now(bytes(data), 1), len(data))


def test_one_that_does_not_answer_is_ended_and_replaced() -> None:
    data, at = real("OSPF", "Hello")
    with closing(Dissector(answer_within_s=0.5)) as dissector:
        assert dissector.open_now(data, 1, at)
        former = dissector.pid
        assert former is not None
        os.kill(former, signal.SIGSTOP)
        began = time.monotonic()
        assert dissector.open_now(data, 1, at) == ()
        assert time.monotonic() - began < 30
        assert not Path(f"/proc/{former}").exists()
        assert dissector.open_now(data, 1, at)
        assert dissector.pid != former


def test_one_that_died_is_replaced_at_once() -> None:
    data, at = real("OSPF", "Hello")
    with closing(Dissector(answer_within_s=5)) as dissector:
        assert dissector.open_now(data, 1, at)
        assert dissector.pid is not None
        os.kill(dissector.pid, signal.SIGKILL)
        assert dissector.open_now(data, 1, at)


def test_it_ends_by_itself_when_nobody_asks() -> None:
    data, at = real("OSPF", "Hello")
    with closing(Dissector(idle_s=0.2, answer_within_s=5)) as dissector:
        assert dissector.open_now(data, 1, at)
        former = dissector.pid
        assert former is not None
        ended = os.waitid(os.P_PID, former, os.WEXITED | os.WNOWAIT)  # it is still to be waited for by who started it
        assert ended is not None
        assert (ended.si_code, ended.si_status) == (os.CLD_EXITED, 0)
        assert dissector.open_now(data, 1, at)


def test_the_event_loop_goes_on_while_a_packet_is_read() -> None:
    data, at = real("OSPF", "Hello")

    async def both() -> tuple[list[tuple[DissectedLayer, ...]], int]:
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0.001)

        with closing(Dissector(answer_within_s=5)) as dissector:
            dissector.start()
            counter = asyncio.create_task(count())
            found = await asyncio.gather(*(dissector.open(data, 1, at) for _ in range(3)))
            counter.cancel()
        return found, turns

    found, turns = asyncio.run(both())
    assert [len(layers) for layers in found] == [2, 2, 2]
    assert turns > 5


def test_a_view_that_is_given_up_leaves_the_next_answer_in_order() -> None:
    hello, at = real("OSPF", "Hello")
    unit, unit_at = real("STP", "configuration")

    async def give_up() -> tuple[DissectedLayer, ...]:
        with closing(Dissector(answer_within_s=5)) as dissector:
            await dissector.open(hello, 1, at)
            given_up = asyncio.create_task(dissector.open(hello, 1, at))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            given_up.cancel()
            return await dissector.open(unit, 1, unit_at)

    assert [layer.name for layer in asyncio.run(give_up())] == ["LLC", "Spanning Tree Protocol"]


def test_a_slow_packet_does_not_stop_the_loop_and_the_next_one_is_read() -> None:
    data, at = real("OSPF", "Hello")

    async def stop_and_go_on() -> tuple[int, int]:
        with closing(Dissector(answer_within_s=0.5)) as dissector:
            await dissector.open(data, 1, at)
            assert dissector.pid is not None
            os.kill(dissector.pid, signal.SIGSTOP)
            return len(await dissector.open(data, 1, at)), len(await dissector.open(data, 1, at))

    assert asyncio.run(stop_and_go_on()) == (0, 2)


def test_nothing_of_scapy_is_loaded_here(dissector: Dissector) -> None:
    data, at = real("OSPF", "Hello")
    assert dissector.open_now(data, 1, at)
    assert not [name for name in sys.modules if name.partition(".")[0] == "scapy"]
