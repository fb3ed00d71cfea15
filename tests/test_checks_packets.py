"""The checks `packets` and `connect`: crossings in, verdict out."""

from collections.abc import Iterable
from typing import Any

import pytest
import wire
from hypothesis import given
from hypothesis import strategies as st

from netshell.checks import Evidence, Verdict, check_from, pattern_from
from netshell.checks.looks import Trace, look_at, look_of
from netshell.checks.pattern_words import in_words
from netshell.facts import PC, Address, Crossing, End, Link, Node, Route, Snapshot, Socket
from netshell.packets.trace import Observer, Seen

NS1, NS2 = End("ns1", "eth0"), End("ns2", "eth0")
SYN, SYN_ACK, ACK, PSH_ACK, RST_ACK, FIN_ACK = 2, 18, 16, 24, 20, 17


def trace(*frames: tuple[End | None, End | None, bytes]) -> list[Seen]:
    """What an observer says to frames that cross one after another, a millisecond apart."""
    observer = Observer()
    return [
        observer.see(Crossing(number, number * 1_000_000, sender, receiver, data, len(data)))
        for number, (sender, receiver, data) in enumerate(frames, 1)
    ]


def ip_frame(protocol: int, body: bytes, *, back: bool = False, **ends: Any) -> bytes:
    usual = {"src": wire.IP_2, "dst": wire.IP_1} if back else {"src": wire.IP_1, "dst": wire.IP_2}
    return wire.ethernet(0x0800, wire.ipv4(protocol, body, **(usual | ends)))


def forth(data: bytes) -> tuple[End, End, bytes]:
    return NS1, NS2, data


def back(data: bytes) -> tuple[End, End, bytes]:
    return NS2, NS1, data


def segment(flags: int, payload: bytes = b"", ports: tuple[int, int] = (40000, 80)) -> tuple[End, End, bytes]:
    return forth(ip_frame(6, wire.tcp(payload, flags=flags, ports=ports)))


def answer(flags: int, payload: bytes = b"", ports: tuple[int, int] = (80, 40000)) -> tuple[End, End, bytes]:
    return back(ip_frame(6, wire.tcp(payload, flags=flags, ports=ports), back=True))


PING = [
    forth(wire.ethernet(0x0806, wire.arp(1))),
    back(wire.ethernet(0x0806, wire.arp(2, wire.IP_2, wire.IP_1))),
    forth(ip_frame(1, wire.icmp(8, payload=bytes(56)))),
    back(ip_frame(1, wire.icmp(0, payload=bytes(56)), back=True)),
]
HANDSHAKE = [segment(SYN), answer(SYN_ACK), segment(ACK), segment(PSH_ACK, b"hello\n"), answer(ACK)]


def judge(frames: Iterable[tuple[End | None, End | None, bytes]], *patterns: dict[str, Any]) -> Verdict:
    return check_from("packets", {"packets": list(patterns)}).judge(Evidence(Snapshot(), wire=trace(*frames)))


@pytest.mark.parametrize(
    "patterns",
    [
        [{"arp": "request", "from": "ns1"}, {"arp": "reply", "from": "ns2"}, {"icmp": "echo-request"}],
        [{"arp": "request"}, {"icmp": "echo-reply", "from": "ns2", "to": "ns1"}],
        [{"arp": True, "count": 2}, {"icmp": True, "count": 2}],
        [{"icmp": "echo-request", "src": wire.IP_1, "dst": "192.0.2.0/24", "length": 56}],
        [{"arp": "request", "src": wire.MAC_1}, {"from": "ns2", "dst": wire.IP_1, "link": "ns2:eth0"}],
        [{"arp": "reply", "src": wire.IP_2, "link": "eth0"}],
    ],
    ids=str,
)
def test_a_ping_fits(patterns: list[dict[str, Any]]) -> None:
    assert judge(PING, *patterns).holds


@pytest.mark.parametrize(
    "patterns",
    [
        [{"tcp": "syn"}, {"tcp": "syn ack"}, {"tcp": "ack", "from": "ns1"}, {"tcp": "psh ack", "length": 6}],
        [{"tcp": "SYN", "dport": 80}, {"tcp": "syn, ack", "sport": 80}, {"tcp": "ack"}, {"tcp": "ack", "from": "ns2"}],
        [{"tcp": True, "count": 5}],
        [{"tcp": 80, "count": 5}],
    ],
    ids=str,
)
def test_a_handshake_fits(patterns: list[dict[str, Any]]) -> None:
    assert judge(HANDSHAKE, *patterns).holds


@pytest.mark.parametrize(
    "patterns",
    [
        [{"tcp": "syn", "count": 2}],
        [{"tcp": "ack", "from": "ns1", "count": 2}],
        [{"tcp": "fin"}],
        [{"tcp": "rst"}],
        [{"tcp": 81}],
        [{"udp": True}],
        [{"icmp": True}],
        [{"tcp": "syn ack"}, {"tcp": "syn"}],
        [{"tcp": "syn", "src": "2001:db8::1"}],
    ],
    ids=str,
)
def test_a_handshake_is_nothing_else(patterns: list[dict[str, Any]]) -> None:
    assert not judge(HANDSHAKE, *patterns).holds


QUERY = wire.dns(wire.question("www.example"))
REPLY = wire.dns(wire.question("www.example") + wire.record(1, bytes(4)), (1, 1, 0, 0), 0x8180)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def test_messages_are_known_by_what_they_say() -> None:
    frames = [
        forth(ip_frame(17, wire.udp(QUERY, ports=(5353, 53)))),
        back(ip_frame(17, wire.udp(REPLY, ports=(53, 5353)), back=True)),
        segment(PSH_ACK, GET),
        answer(PSH_ACK, b"HTTP/1.1 404 Not Found\r\n\r\n"),
        forth(ip_frame(17, wire.udp(wire.dhcp(b"\x35\x01\x01\xff"), ports=(68, 67)))),
        forth(ip_frame(17, wire.udp(b"hi", ports=(4000, 9)))),
        back(ip_frame(1, wire.icmp(3, 3, 0, wire.ipv4(17, wire.udp(b"hi", ports=(4000, 9)))), back=True)),
    ]
    assert judge(
        frames,
        {"dns": "query", "name": "www.example."},
        {"dns": "answer", "from": "ns2"},
        {"http": "request", "method": "GET"},
        {"http": "response", "status": 404},
        {"dhcp": "discover"},
        {"udp": 9, "length": 2},
        {"icmp": "port-unreachable"},
    ).holds
    assert not judge(frames, {"dns": "query", "name": "example"}).holds
    assert judge(frames, {"icmp": "unreachable"}).holds
    assert "it says HTTP/1.1 404 Not Found, expected 200." in judge(frames, {"http": "response", "status": 200}).says


def test_ipv6_and_frames_of_an_unusual_make_are_read_as_well() -> None:
    frames = [
        forth(wire.ethernet(0x86DD, wire.ipv6(58, wire.icmp(135, 0, 0, wire.ip(wire.IP6_2))))),
        forth(wire.tag(7, 0x0800, wire.ipv4(6, wire.tcp(flags=SYN)))),
        forth(wire.ethernet(0x0800, wire.ipv4(6, wire.tcp(flags=RST_ACK), options=bytes(4)))),
    ]
    wanted: list[dict[str, Any]] = [
        {"icmp": "neighbour-solicitation", "src": wire.IP6_1},
        {"tcp": "syn", "dport": 80},
        {"tcp": "rst"},
    ]
    assert judge(frames, *wanted).holds


@pytest.mark.parametrize(
    ("crossed", "wanted", "says"),
    [
        (
            1,
            [{"arp": "request", "from": "ns1"}, {"arp": "reply", "from": "ns2"}],
            "ns1 sent an ARP request; an ARP reply from ns2 has not come yet.",
        ),
        (
            2,
            [{"arp": "reply", "from": "ns2", "to": "ns1"}, {"icmp": "echo-request"}],
            "ns2 sent an ARP reply to ns1; an echo request has not come yet.",
        ),
        (
            0,
            [{"arp": "request", "from": "ns1"}, {"arp": "reply"}, {"icmp": "echo-request"}],
            "No ARP request from ns1 has crossed the wire in this step yet. It is the first of 3 that are to come.",
        ),
        (0, [{"tcp": "syn", "from": "pc"}], "No SYN from the PC has crossed the wire in this step yet."),
        (0, [{"dns": "query", "name": "a.example"}], "No DNS query for a.example has crossed"),
        (4, [{"icmp": "echo-request", "count": 3}], "An echo request has come 1 time, expected 3."),
        (
            4,
            [{"arp": "reply"}, {"icmp": "echo-reply", "from": "ns2", "count": 2}],
            "An ARP reply crossed; an echo reply from ns2 has come 1 time, expected 2.",
        ),
    ],
)
def test_how_far_the_sequence_came_is_told_with_what_is_missing_next(
    crossed: int, wanted: list[dict[str, Any]], says: str
) -> None:
    assert judge(PING[:crossed], *wanted).says.startswith(says)


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ({"icmp": "echo-request", "from": "ns2"}, "Packet 3 comes close: it was sent by ns1, expected ns2."),
        ({"icmp": "echo-request", "to": "ns1"}, "Packet 3 comes close: it came to ns2, expected ns1."),
        ({"icmp": "echo-reply", "length": 8}, "Packet 4 comes close: it carries 56 bytes, expected 8."),
        ({"arp": "reply", "src": "192.0.2.7"}, "Packet 2 comes close: it has the source"),
        ({"arp": "reply", "link": "v9"}, "Packet 2 comes close: it crossed another link, expected v9."),
    ],
)
def test_the_packet_that_comes_close_is_named(pattern: dict[str, Any], says: str) -> None:
    assert says in judge(PING, pattern).says


def test_a_packet_that_crossed_too_early_is_named() -> None:
    says = judge(PING, {"icmp": "echo-request"}, {"arp": "reply"}).says
    assert says == "An echo request crossed; an ARP reply has not come yet. Packet 2 is one, but it crossed before."


def test_what_is_passed_on_counts_once_at_its_sender_and_at_a_link_that_is_named() -> None:
    request = ip_frame(1, wire.icmp(8))
    hops = [(NS1, End("r1", "a"), request), (End("r1", "b"), NS2, request)]
    assert not judge(hops, {"icmp": "echo-request", "count": 2}).holds
    assert judge(hops, {"icmp": "echo-request", "from": "ns1", "to": "ns2"}).holds
    assert not judge(hops, {"icmp": "echo-request", "to": "r1"}).holds
    assert judge(hops, {"icmp": "echo-request", "link": "r1:a"}, {"icmp": True, "from": "ns1", "link": "r1:b"}).holds


def test_noise_is_left_out() -> None:
    solicitation = forth(wire.ethernet(0x86DD, wire.ipv6(58, wire.icmp(133))))
    assert not judge([solicitation], {"icmp": True}).holds


@pytest.mark.parametrize(
    ("pattern", "key"),
    [
        ({"arp": "requst"}, "arp"),
        ({"icmp": "ping"}, "icmp"),
        ({"tcp": "syn akc"}, "tcp"),
        ({"tcp": ""}, "tcp"),
        ({"udp": 70000}, "udp"),
        ({"arp": True, "tcp": "syn"}, "tcp"),
        ({"tcp": False}, "tcp"),
        ({"count": 2}, "count"),
        ({"arp": True, "count": 0}, "count"),
        ({"arp": True, "src": "ns1"}, "src"),
        ({"arp": True, "from": "a/b"}, "from"),
        ({"arp": True, "link": "ns1:a name"}, "link"),
        ({"arp": True, "dport": 80}, "dport"),
        ({"tcp": True, "name": "x"}, "name"),
        ({"http": True, "status": 20}, "status"),
    ],
    ids=str,
)
def test_patterns_that_make_no_sense_are_faults_of_their_key(pattern: dict[str, Any], key: str) -> None:
    check = check_from("packets", {"packets": [{"arp": True}, pattern]})
    assert [(fault.within, fault.key) for fault in check.faults()] == [(("packets", 1), key)]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ({"tcp": "syn", "from": "ns1", "to": PC}, "a SYN from ns1 to the PC"),
        ({"tcp": "syn ack", "sport": 80}, "a SYN, ACK from port 80"),
        ({"tcp": "ack"}, "an ACK without data"),
        ({"tcp": "rst"}, "an RST"),
        ({"tcp": "fin ack"}, "a FIN, ACK"),
        ({"icmp": "echo-reply", "count": 3}, "an echo reply (3 times)"),
        ({"icmp": "port-unreachable"}, "an ICMP message (port unreachable)"),
        ({"dns": "query", "name": "www.example"}, "a DNS query for www.example"),
        ({"dhcp": "offer"}, "a DHCP Offer"),
        ({"http": "response", "status": 404}, "an HTTP response with status 404"),
        ({"udp": 53, "src": "192.0.2.1", "dst": "192.0.2.2"}, "a UDP datagram to or from port 53 with source"),
        ({"link": "r1:a"}, "a packet over r1:a"),
    ],
)
def test_a_pattern_is_told_in_words(pattern: dict[str, Any], words: str) -> None:
    assert in_words(pattern_from(pattern)).startswith(words)


@given(st.binary(max_size=120), st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x08\x06"]))
def test_a_glance_at_the_bytes_never_fails(data: bytes, kind: bytes) -> None:
    (seen,) = trace(forth(bytes(12) + kind + data))
    look_at(seen)


@given(st.binary(max_size=60), st.sampled_from([1, 6, 17, 58]), st.booleans())
def test_a_glance_says_what_reading_says(body: bytes, protocol: int, is_ipv6: bool) -> None:  # noqa: FBT001 - drawn
    head = bytes(12) + b"\x50" + bytes(7) if protocol == 6 else bytes(4) + (8 + len(body)).to_bytes(2, "big") + bytes(2)
    packet = wire.ipv6(protocol, head + body) if is_ipv6 else wire.ipv4(protocol, head + body)
    (seen,) = trace(forth(wire.ethernet(0x86DD if is_ipv6 else 0x0800, packet)))
    glanced, read = look_at(seen), look_of(seen.packet)
    assert glanced[:7] == read[:7]
    if protocol in {6, 17}:
        assert glanced == read


# -- connect


def lab(*sockets: Socket, ns1: tuple[Socket, ...] = ()) -> Snapshot:
    """Two hosts on a cable; the sockets are those of ns2."""

    def host(name: str, ip: str, peer: End, sockets: tuple[Socket, ...]) -> Node:
        eth0 = Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP", peer=peer)
        route = Route("192.0.2.0/24", "eth0", proto="kernel", src=ip)
        return Node(name, {"eth0": eth0}, (Address(f"{ip}/24", "eth0"),), (route,), sockets=sockets)

    nodes = {"ns1": host("ns1", wire.IP_1, NS2, ns1), "ns2": host("ns2", wire.IP_2, NS1, sockets)}
    return Snapshot({PC: Node(PC), **nodes})


LISTENING = Socket("tcp", 4, "127.0.0.1", 80, state="LISTEN", program="nc")
WAITING = Socket("tcp", 4, wire.IP_1, 40000, wire.IP_2, 80, "SYN-SENT")


def connect(
    frames: Iterable[tuple[End | None, End | None, bytes]], snapshot: Snapshot | None = None, **values: Any
) -> Verdict:
    values = {"connect": "tcp/80", "to": wire.IP_2, "at": "ns1", **values}
    return check_from("connect", values).judge(Evidence(snapshot or lab(), wire=trace(*frames)))


UDP = forth(ip_frame(17, wire.udp(b"hi", ports=(40000, 80))))
UNREACHABLE = back(
    ip_frame(1, wire.icmp(3, 3, 0, wire.ipv4(17, wire.udp(b"hi", ports=(40000, 80)))), back=True)
)  # fmt: skip


@pytest.mark.parametrize(
    ("frames", "values"),
    [
        (HANDSHAKE, {}),
        (HANDSHAKE, {"to": "ns2", "is": "opened"}),
        ([segment(SYN), answer(RST_ACK)], {"is": "refused"}),
        ([segment(SYN), answer(RST_ACK), segment(SYN, ports=(40001, 80)), answer(SYN_ACK, ports=(80, 40001))], {}),
        ([segment(SYN), segment(SYN)], {"is": "silent"}),
        ([segment(SYN)], {"is": "silent"}),
        ([UDP, back(ip_frame(17, wire.udp(b"ho", ports=(80, 40000)), back=True))], {"connect": "udp/80"}),
        ([UDP, UNREACHABLE], {"connect": "udp/80", "is": "refused"}),
        ([UDP], {"connect": "udp/80", "is": "silent"}),
    ],
    ids=str,
)
def test_an_attempt_is_judged_by_what_came_back(frames: list[Any], values: dict[str, Any]) -> None:
    assert connect(frames, **values).holds


def test_a_firewalls_refusal_is_a_refusal() -> None:
    quoted = wire.ipv4(6, wire.tcp(flags=SYN))
    refusal = back(ip_frame(1, wire.icmp(3, 13, 0, quoted), back=True))
    values: dict[str, Any] = {"is": "refused"}
    verdict = connect([segment(SYN), refusal], **values)
    assert verdict.holds
    assert "ICMP error (Communication administratively filtered)" in verdict.says


@pytest.mark.parametrize(
    ("frames", "snapshot", "says"),
    [
        (
            [segment(SYN), answer(RST_ACK)],
            lab(),
            (
                "1 SYN went from ns1 to 192.0.2.2:80, and RST came back: refused."
                " Packets get to ns2 and back, but no program there listens on tcp/80: it refuses with RST."
            ),
        ),
        (
            [segment(SYN), answer(RST_ACK)],
            lab(LISTENING),
            (
                "1 SYN went from ns1 to 192.0.2.2:80, and RST came back: refused."
                " nc on ns2 listens on 127.0.0.1:80 only: that address can be reached from ns2 itself and from nowhere"
                " else."
            ),
        ),
        (
            [segment(SYN)] * 3,
            lab(),
            (
                "3 SYNs went from ns1 to 192.0.2.2:80, and nothing came back. I cannot tell why, but here is "
                "what I saw: packet 3 left ns1 for 192.0.2.2 and came to ns2, and nothing left there. Links, "
                "addresses, routes, filters and sockets look right on the whole way. If you have changed something "
                "since, try again first."
            ),
        ),
        ([segment(SYN)], lab(ns1=(WAITING,)), "1 SYN went from ns1 to 192.0.2.2:80, and nothing came back so far."),
        ([segment(SYN, ports=(4, 8080))], lab(), "ns1 tried port 8080, expected 80."),
        ([answer(SYN, ports=(4, 80))], lab(), "The attempt came from ns2, expected from ns1."),
        ([], lab(), "No SYN left ns1 for 192.0.2.2, port 80 in this step yet."),
        ([UDP], lab(), "No SYN left ns1 for 192.0.2.2, port 80 in this step yet."),
    ],
)
def test_what_came_of_an_attempt_is_told(frames: list[Any], snapshot: Snapshot, says: str) -> None:
    verdict = connect(frames, snapshot)
    assert not verdict.holds
    assert verdict.says == says


def test_a_way_that_ends_is_the_deeper_cause() -> None:
    snapshot = lab()
    bare = Snapshot({**snapshot.nodes, "ns1": Node("ns1", snapshot.nodes["ns1"].links)})
    assert connect([], bare).reason == "no-address"


def test_an_attempt_through_a_router_is_its_senders_alone() -> None:
    data = segment(SYN)[2]
    frames = [(NS1, End("r1", "a"), data), (End("r1", "b"), NS2, data)]
    assert connect(frames, lab(), at="ns2", to=wire.IP_2).reason == "wrong-node"
    assert "1 SYN went from ns1" in connect(frames).says


def test_a_trace_looks_at_each_crossing_once() -> None:
    seen = trace(*HANDSHAKE)
    held = Trace(seen)
    assert held.look(seen[0]) is held.look(seen[0])
