"""What only its neighbours tell of a packet: hops of the same one, relative numbers, noise; and which frames cross."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import IP_1, IP_2, arp, ethernet, icmp, ip, ipv4, ipv6, tag, tcp, udp

from netshell.explain.owners import Owners, owners_in
from netshell.facts import Address, Crossing, End, Frame, Link, Node, Snapshot
from netshell.packets.file_trace import trace as file_trace
from netshell.packets.files import Interface, Record
from netshell.packets.trace import Observer, Seen
from netshell.packets.wiring import Wiring

A, B, R0, R1 = End("a", "eth0"), End("b", "eth0"), End("r", "eth0"), End("r", "eth1")
PUBLIC = "203.0.113.9"

Hop = tuple[End | None, End | None, bytes]


def trace(*hops: Hop, apart_ns: int = 1000) -> Sequence[Seen]:
    observer = Observer()
    return [
        observer.see(Crossing(number, number * apart_ns, sender, receiver, data, len(data)))
        for number, (sender, receiver, data) in enumerate(hops, 1)
    ]


def follows(*hops: Hop, apart_ns: int = 1000) -> list[int]:
    return [seen.follows for seen in trace(*hops, apart_ns=apart_ns)]


def ping(*, kind: int = 8, src: str = IP_1, dst: str = IP_2, ttl: int = 64) -> bytes:
    return ethernet(0x0800, ipv4(1, icmp(kind, payload=b"data"), src=src, dst=dst, ttl=ttl))


def test_a_router_passes_on_what_it_received() -> None:
    assert follows((A, R0, ping()), (R1, B, ping(ttl=63))) == [0, 1]


def test_an_answer_begins_a_way_of_its_own() -> None:
    there = ((A, R0, ping()), (R1, B, ping(ttl=63)))
    back = ((B, R1, ping(kind=0, src=IP_2, dst=IP_1)), (R0, A, ping(kind=0, src=IP_2, dst=IP_1, ttl=63)))
    assert follows(*there, *back) == [0, 1, 0, 3]


def test_a_nat_passes_on_with_another_source() -> None:
    assert follows((A, R0, ping()), (R1, B, ping(src=PUBLIC, ttl=63))) == [0, 1]


def test_a_nat_passes_on_to_another_destination_and_port() -> None:
    before = ethernet(0x0800, ipv4(6, tcp(b"hello"), dst=PUBLIC))
    after = ethernet(0x0800, ipv4(6, tcp(b"hello", ports=(40000, 8080)), ttl=63))
    assert follows((A, R0, before), (R1, B, after)) == [0, 1]


def test_a_bridge_floods_one_frame_to_several() -> None:
    question = ethernet(0x0806, arp(1), dst="ff:ff:ff:ff:ff:ff")
    c = End("c", "eth0")
    assert follows((A, R0, question), (R1, B, question), (End("r", "eth2"), c, question)) == [0, 1, 1]


def test_an_echo_of_the_same_bytes_is_not_passed_on() -> None:
    said = ethernet(0x0800, ipv4(17, udp(b"same"), src=IP_1, dst=IP_2))
    echoed = ethernet(0x0800, ipv4(17, udp(b"same"), src=IP_2, dst=IP_1))
    assert follows((A, B, said), (B, A, echoed)) == [0, 0]


def test_two_machines_that_greet_the_link_alike_are_two() -> None:
    def greeting(target: str, group: str) -> bytes:
        wanted = icmp(135, rest=0, payload=ip(target))
        return ethernet(0x86DD, ipv6(58, wanted, src="::", dst=group), dst="33:33:ff:00:00:01")

    assert follows((A, B, greeting("fe80::1", "ff02::1:ff00:1")), (B, A, greeting("fe80::2", "ff02::1:ff00:1"))) == [
        0,
        0,
    ]


def test_nobody_passes_on_without_counting_down() -> None:
    assert follows((A, R0, ping()), (R1, B, ping(src=PUBLIC))) == [0, 0]


def test_a_packet_of_long_ago_is_another_one() -> None:
    assert follows((A, R0, ping()), (R1, B, ping(ttl=63)), apart_ns=5_000_000_000) == [0, 0]


def test_without_ends_nothing_is_said_of_the_way() -> None:
    assert follows((None, None, ping()), (None, None, ping(ttl=63))) == [0, 0]


def test_what_crosses_lo_is_not_passed_on_by_itself() -> None:
    lo = End("a", "lo")
    assert follows((lo, lo, ping()), (lo, lo, ping())) == [0, 0]


@pytest.mark.parametrize(
    ("kind", "src", "reason"),
    [
        (133, "fe80::1", "router solicitation"),
        (143, "::", "multicast listener report"),
        (135, "::", "duplicate address detection"),
        (135, "fe80::1", ""),
        (134, "fe80::1", ""),
        (128, "2001:db8::1", ""),
    ],
)
def test_what_kernels_send_unasked_is_noise(kind: int, src: str, reason: str) -> None:
    (seen,) = trace((A, B, ethernet(0x86DD, ipv6(58, icmp(kind, payload=bytes(16)), src=src, dst="ff02::1"))))
    assert seen.noise == reason


def test_a_bridge_protocol_unit_is_noise() -> None:
    (seen,) = trace((A, B, bytes.fromhex("0180c2000000020000000001 0026 424203") + bytes(60)))
    assert seen.noise == "spanning tree"


SOME_TCP = st.builds(
    lambda ports, flags, seq, turned: ethernet(
        0x0800,
        ipv4(6, segment(ports, flags, seq), src=IP_2 if turned else IP_1, dst=IP_1 if turned else IP_2),
    ),
    st.sampled_from([(1, 2), (2, 1)]),
    st.sampled_from([2, 16, 18, 17]),
    st.integers(0, 3),
    st.booleans(),
)
DATA = tcp(b"data", ports=(1, 2))
ODD_IP = st.one_of(
    st.builds(lambda part: ipv4(6, DATA, part=part), st.sampled_from([0, 1, 0x2000, 0x4000])),
    st.builds(lambda words: ipv4(6, DATA, options=bytes(4 * words)), st.integers(0, 9)),
    st.builds(lambda total: with_total_length(ipv4(6, DATA), total), st.integers(0, 60)),
    st.just(ipv4(17, udp(b"x", ports=(1, 2)))),
)
ODD = st.one_of(
    st.binary(max_size=80),
    st.builds(lambda packet, size: ethernet(0x0800, packet)[:size], ODD_IP, st.integers(14, 99)),
    st.builds(lambda packet, vlan: tag(vlan, 0x0800, packet), ODD_IP, st.integers(0, 4095)),
    st.just(ethernet(0x86DD, ipv6(6, DATA))),
)


def segment(ports: tuple[int, int], flags: int, seq: int) -> bytes:
    data = tcp(ports=ports, flags=flags)
    return data[:4] + bytes([0, 0, 0, seq, 0, 0, 0, 3 - seq]) + data[12:]


def with_total_length(packet: bytes, total: int) -> bytes:
    return packet[:2] + total.to_bytes(2, "big") + packet[4:]


@settings(deadline=None)
@given(st.lists(st.tuples(st.one_of(SOME_TCP, ODD), st.booleans()), max_size=12))
def test_packets_that_nobody_looks_at_change_nothing_for_the_others(frames: list[tuple[bytes, bool]]) -> None:
    records = [Record(at, data, len(data), Interface()) for at, (data, _) in enumerate(frames)]
    wanted = {number for number, (_, is_wanted) in enumerate(frames, 1) if is_wanted}
    everything = [taken for taken in file_trace(records) if taken.seen.number in wanted]
    assert list(file_trace(records, wanted.__contains__)) == everything


def veth(name: str, peer: End | None) -> Link:
    return Link(name, 2, "veth", is_up=True, has_carrier=True, state="UP", peer=peer)


WIRED = Snapshot({
    "a": Node("a", {"eth0": veth("eth0", B), "lo": Link("lo", 1, "loopback", True, True, "UNKNOWN")}),
    "b": Node("b", {"eth0": veth("eth0", A), "br0": Link("br0", 3, "bridge", True, True, "UP"), "x": veth("x", None)}),
})  # fmt: skip


def frame(node: str, link: str, *, is_outgoing: bool) -> Frame:
    return Frame(1, node, link, is_outgoing, b"", 0)


@pytest.mark.parametrize(
    ("taken", "ends"),
    [
        (frame("a", "eth0", is_outgoing=True), (A, B)),
        (frame("b", "eth0", is_outgoing=False), None),
        (frame("a", "lo", is_outgoing=True), (End("a", "lo"), End("a", "lo"))),
        (frame("a", "lo", is_outgoing=False), None),
        (frame("b", "br0", is_outgoing=False), None),
        (frame("b", "br0", is_outgoing=True), None),
        (frame("b", "x", is_outgoing=False), (None, End("b", "x"))),
        (frame("b", "x", is_outgoing=True), (End("b", "x"), None)),
        (frame("a", "new", is_outgoing=True), (End("a", "new"), None)),
        (frame("a", "new", is_outgoing=False), None),
    ],
)
def test_each_crossing_is_told_once(taken: Frame, ends: tuple[End | None, End | None] | None) -> None:
    wiring = Wiring()
    wiring.learn(WIRED)
    assert wiring.ends(taken) == ends


def test_a_cable_that_is_gone_is_remembered() -> None:
    wiring = Wiring()
    wiring.learn(WIRED)
    wiring.learn(Snapshot())
    assert wiring.ends(frame("a", "eth0", is_outgoing=True)) == (A, B)


def test_an_address_has_one_owner_or_none() -> None:
    def node(name: str, *cidrs: str) -> Node:
        return Node(name, addresses=tuple(Address(cidr, "eth0") for cidr in cidrs))

    nodes = [node("a", "192.0.2.1/24", "127.0.0.1/8"), node("b", "192.0.2.2/24", "127.0.0.1/8")]
    owners = owners_in(Snapshot({one.name: one for one in nodes}))
    assert owners == Owners({"192.0.2.1": "a", "192.0.2.2": "b"})
    assert (owners.who("192.0.2.1"), owners.who("192.0.2.9"), owners.of("192.0.2.9")) == ("a", "192.0.2.9", "")
