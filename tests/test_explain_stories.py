import struct
from collections.abc import Sequence
from dataclasses import replace

import pytest
import wire
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import IP_1, IP_2, MAC_1, MAC_2

from netshell.explain.owners import Owners, owners_in
from netshell.explain.stories import Story, tell
from netshell.explain.stories import teller as teller_module
from netshell.explain.stories.words import count, duration, listing, milliseconds, sentences, times
from netshell.facts import Address, Crossing, End, Link, Node, Route, Snapshot, Socket
from netshell.packets.trace import Observer, Seen

SYN, SYN_ACK, ACK, PSH, FIN, RST = 0x02, 0x12, 0x10, 0x18, 0x11, 0x14
MAC_3, MAC_4 = "02:00:00:00:00:03", "02:00:00:00:00:04"
FAR = "198.51.100.2"
NS1, NS2 = End("ns1", "eth0"), End("ns2", "eth0")
R1_NEAR, R1_FAR = End("r1", "eth1"), End("r1", "eth2")
CABLE = Owners({IP_1: "ns1", IP_2: "ns2", MAC_1: "ns1", MAC_2: "ns2"})
ROUTED = Owners({IP_1: "ns1", "192.0.2.254": "r1", "198.51.100.254": "r1", FAR: "ns2"})
SECOND = 1_000_000_000


class Trace:
    """Crossings as a session would have them, a tenth of a millisecond apart."""

    def __init__(self) -> None:
        self.observer = Observer()
        self.seen: list[Seen] = []
        self.now_ns = SECOND

    def add(self, sender: End | None, receiver: End | None, frame: bytes, *, after_s: float = 0.0001) -> None:
        self.now_ns += int(after_s * SECOND)
        crossing = Crossing(len(self.seen) + 1, self.now_ns, sender, receiver, frame, len(frame))
        self.seen.append(self.observer.see(crossing))

    def there(self, frame: bytes, *, after_s: float = 0.0001) -> None:
        self.add(NS1, NS2, frame, after_s=after_s)

    def back(self, frame: bytes, *, after_s: float = 0.0001) -> None:
        self.add(NS2, NS1, frame, after_s=after_s)

    def tell(self, owners: Owners = CABLE, snapshot: Snapshot | None = None, now_ns: int | None = None) -> list[str]:
        return [story.says for story in self.stories(owners, snapshot, now_ns)]

    def stories(
        self, owners: Owners = CABLE, snapshot: Snapshot | None = None, now_ns: int | None = None
    ) -> tuple[Story, ...]:
        return tell(self.seen, owners, snapshot, now_ns)


def arp(operation: int, sender: str, target: str, mac: str = MAC_1, dst: str = "ff:ff:ff:ff:ff:ff") -> bytes:
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + wire.mac(mac) + wire.ip(sender) + bytes(6)
    return wire.ethernet(0x0806, body + wire.ip(target), dst=dst, src=mac)


def packet(protocol: int, payload: bytes, src: str = IP_1, dst: str = IP_2, ttl: int = 64) -> bytes:
    return wire.ethernet(0x0800, wire.ipv4(protocol, payload, src=src, dst=dst, ttl=ttl))


def ping_message(kind: int, seq: int = 1) -> bytes:
    return struct.pack("!BBHHH", kind, 0, 0, 7, seq)


def echo(kind: int, src: str, dst: str, seq: int = 1, ttl: int = 64) -> bytes:
    return packet(1, ping_message(kind, seq), src, dst, ttl)


def segment(flags: int, seq: int, ack: int = 0, body: bytes = b"", ports: tuple[int, int] = (40000, 80)) -> bytes:
    return struct.pack("!HHIIBBHHH", *ports, seq, ack, 0x50, flags, 64240, 0, 0) + body


def out(flags: int, seq: int, ack: int = 0, body: bytes = b"") -> bytes:
    return packet(6, segment(flags, seq, ack, body))


def home(flags: int, seq: int, ack: int = 0, body: bytes = b"") -> bytes:
    return packet(6, segment(flags, seq, ack, body, (80, 40000)), IP_2, IP_1)


def opened(trace: Trace) -> Trace:
    trace.there(out(SYN, 100))
    trace.back(home(SYN_ACK, 500, 101))
    trace.there(out(ACK, 101, 501))
    return trace


def node(name: str, cidr: str, *routes: Route, forward: str = "1", sockets: tuple[Socket, ...] = ()) -> Node:
    return Node(
        name,
        {"eth0": Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP")},
        (Address(cidr, "eth0"),),
        routes,
        sysctls={"net.ipv4.ip_forward": forward},
        sockets=sockets,
    )


NEAR_NET, DEFAULT = Route("192.0.2.0/24", "eth0"), Route("default", "eth0", "192.0.2.254")
PAIR = Snapshot({"ns1": node("ns1", f"{IP_1}/24", NEAR_NET), "ns2": node("ns2", f"{IP_2}/24", NEAR_NET)})


def three(*, forward: str = "1", back: Sequence[Route] = (Route("default", "eth0", "198.51.100.254"),)) -> Snapshot:
    router = node("r1", "192.0.2.254/24", NEAR_NET, Route("198.51.100.0/24", "eth2"), forward=forward)
    router = replace(router, addresses=(*router.addresses, Address("198.51.100.254/24", "eth2")))
    far = node("ns2", f"{FAR}/24", Route("198.51.100.0/24", "eth0"), *back)
    return Snapshot({"ns1": node("ns1", f"{IP_1}/24", NEAR_NET, DEFAULT), "r1": router, "ns2": far})


def cut() -> Snapshot:
    """The router's far cable is pulled out at its other end."""
    whole = three()
    far = Link("eth2", 3, "veth", is_up=True, has_carrier=False, state="LOWERLAYERDOWN")
    router = replace(whole.nodes["r1"], links={**whole.nodes["r1"].links, "eth2": far})
    return Snapshot({**whole.nodes, "r1": router})


def test_an_arp_exchange_names_who_asked_and_who_answered() -> None:
    trace = Trace()
    trace.there(arp(1, IP_1, IP_2))
    trace.back(arp(2, IP_2, IP_1, MAC_2, MAC_1))
    assert trace.stories() == (
        Story("arp", f"ns1 asked who has 192.0.2.2; ns2 answered: it is at {MAC_2}.", (1, 2), at="ns1"),
    )


def test_an_arp_exchange_in_a_file_has_addresses_for_names() -> None:
    trace = Trace()
    trace.add(None, None, arp(1, IP_1, IP_2))
    trace.add(None, None, arp(2, IP_2, IP_1, MAC_2, MAC_1))
    assert trace.tell(Owners()) == [f"192.0.2.1 asked who has 192.0.2.2; the answer: it is at {MAC_2}."]


def test_nobody_answers_an_arp_request() -> None:
    trace = Trace()
    for _ in range(3):
        trace.there(arp(1, IP_1, "192.0.2.9"), after_s=1)
    [story] = trace.stories(snapshot=PAIR)
    assert story.says == (
        "ns1 asked three times who has 192.0.2.9; nobody answered, so nothing for 192.0.2.9 could leave ns1."
        " No node has the address 192.0.2.9."
    )
    assert (story.is_trouble, story.at, story.numbers) == (True, "ns1", (1, 2, 3))


def test_the_kernels_own_error_tells_what_never_left() -> None:
    trace = Trace()
    lo = End("ns1", "lo")
    trace.there(arp(1, IP_1, "192.0.2.9"))
    quoted = wire.ipv4(1, ping_message(8), src=IP_1, dst="192.0.2.9")
    trace.add(lo, lo, packet(1, wire.icmp(3, 1, 0, quoted), IP_1, IP_1))
    assert trace.tell() == ["ns1 asked who has 192.0.2.9; nobody answered, so the ping never left."]


def test_an_arp_request_that_is_young_has_no_answer_yet() -> None:
    trace = Trace()
    trace.there(arp(1, IP_1, IP_2))
    [story] = trace.stories(now_ns=trace.now_ns + SECOND // 2)
    assert story.says == "ns1 asked who has 192.0.2.2; not answered yet."
    assert not story.is_trouble
    assert trace.stories(now_ns=trace.now_ns + 2 * SECOND)[0].is_trouble


def test_an_address_that_two_machines_have() -> None:
    trace = Trace()
    trace.there(arp(1, IP_1, IP_2))
    trace.back(arp(2, IP_2, IP_1, MAC_2, MAC_1))
    trace.add(End("ns3", "eth0"), NS1, arp(2, IP_2, IP_1, MAC_3, MAC_1))
    [story] = trace.stories()
    assert story.says == (
        f"ns1 asked who has 192.0.2.2, and ns2 ({MAC_2}) and ns3 ({MAC_3}) both answered."
        " The address is set twice: one of them needs another."
    )
    assert story.is_trouble


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (arp(1, IP_1, IP_1), f"ns1 told everybody on the link that 192.0.2.1 is at {MAC_1}."),
        (arp(2, IP_1, IP_1), f"ns1 told everybody on the link that 192.0.2.1 is at {MAC_1}."),
        (arp(1, "0.0.0.0", "192.0.2.7"), "ns1 asked whether 192.0.2.7 is free; nobody objected."),
        (arp(2, IP_1, IP_2, dst=MAC_2), f"ns1 told, unasked, that 192.0.2.1 is at {MAC_1}."),
    ],
)
def test_arp_that_is_no_question(frame: bytes, says: str) -> None:
    trace = Trace()
    trace.there(frame)
    assert trace.tell() == [says]


def test_the_same_question_with_the_same_answer_is_told_once() -> None:
    trace = Trace()
    for _ in range(3):
        trace.there(arp(1, IP_1, IP_2, dst=MAC_2), after_s=30)
        trace.back(arp(2, IP_2, IP_1, MAC_2, MAC_1))
    assert trace.tell() == [
        f"ns1 checked that 192.0.2.2 is still at {MAC_2}; ns2 confirmed it (three times, each time the same)."
    ]


def test_neighbour_discovery_is_told_as_arp_is() -> None:
    def solicitation(kind: int, mac: str, src: str, dst: str) -> bytes:
        option = bytes([kind - 134, 1]) + wire.mac(mac)
        body = struct.pack("!BBHI", kind, 0, 0, 0x60000000) + wire.ip(wire.IP6_2) + option
        return wire.ethernet(0x86DD, wire.ipv6(58, body, src=src, dst=dst))

    trace = Trace()
    trace.there(solicitation(135, MAC_1, wire.IP6_1, "ff02::1:ff00:2"))
    trace.back(solicitation(136, MAC_2, wire.IP6_2, wire.IP6_1))
    [story] = trace.stories()
    assert story.says == f"ns1 asked who has 2001:db8::2; ns2 answered: it is at {MAC_2}."
    assert story.kind == "nd"


def test_pings_that_are_answered() -> None:
    trace = Trace()
    for seq in (1, 2):
        trace.there(echo(8, IP_1, IP_2, seq))
        trace.back(echo(0, IP_2, IP_1, seq))
    assert trace.stories() == (
        Story(
            "ping",
            "ns1 sent 2 pings to ns2 (192.0.2.2); both were answered, in 0.10 ms on average."
            " The replies came with TTL 64: no router is on the way.",
            (1, 2, 3, 4),
            at="ns1",
        ),
    )


def test_a_packet_that_a_router_passes_on_is_one_packet() -> None:
    trace = Trace()
    trace.add(NS1, R1_NEAR, echo(8, IP_1, FAR))
    trace.add(R1_FAR, NS2, echo(8, IP_1, FAR, ttl=63))
    trace.add(NS2, R1_FAR, echo(0, FAR, IP_1))
    trace.add(R1_NEAR, NS1, echo(0, FAR, IP_1, ttl=63))
    [says] = trace.tell(ROUTED)
    assert says == (
        "ns1 sent a ping to ns2 (198.51.100.2) through r1; it was answered in 0.30 ms."
        " The reply came with TTL 63: r1 took 1 off."
    )


def test_some_pings_are_lost() -> None:
    trace = Trace()
    for seq in range(1, 6):
        trace.there(echo(8, IP_1, IP_2, seq))
        if seq % 2:
            trace.back(echo(0, IP_2, IP_1, seq))
    [story] = trace.stories()
    assert story.says == (
        "ns1 sent 5 pings to ns2 (192.0.2.2); 3 came back, 2 did not."
        " The last request reached ns2, but no answer left there."
    )
    assert (story.is_trouble, story.at) == (True, "ns2")


def test_a_ping_to_an_address_on_a_port_of_a_bridge() -> None:
    trace = Trace()
    trace.there(echo(8, IP_1, IP_2))
    there = node("ns2", f"{IP_2}/24", NEAR_NET)
    port = replace(there, links={"eth0": replace(there.links["eth0"], master="br0")})
    [story] = trace.stories(CABLE, Snapshot({"ns2": port}))
    assert story.says.endswith(f"no answer left there: {IP_2} is set on eth0, a port of br0, and belongs on that.")


def test_a_ping_to_an_address_that_was_taken_away_since() -> None:
    trace = Trace()
    trace.there(echo(8, IP_1, IP_2))
    [story] = trace.stories(CABLE, Snapshot({"ns2": node("ns2", "192.0.2.9/24", NEAR_NET)}))
    assert story.says == (
        f"ns1 sent a ping to ns2 ({IP_2}). The request reached ns2, which does not have the address {IP_2} any more."
    )


def test_a_ping_whose_answer_has_no_route_back() -> None:
    trace = Trace()
    trace.add(NS1, R1_NEAR, echo(8, IP_1, FAR))
    trace.add(R1_FAR, NS2, echo(8, IP_1, FAR, ttl=63))
    [story] = trace.stories(ROUTED, three(back=()))
    assert story.says == (
        "ns1 sent a ping to ns2 (198.51.100.2)."
        " The request reached ns2, but no answer left there: ns2 has no route back to 192.0.2.1."
    )
    assert story.at == "ns2"


@pytest.mark.parametrize(
    ("snapshot", "reason"),
    [
        (None, ""),
        (three(forward="0"), ": forwarding is off there (net.ipv4.ip_forward is 0)"),
        (three(), ": a rule of its firewall may drop it"),
        (cut(), ": its way on is eth2, which has no carrier"),
    ],
)
def test_a_router_that_does_not_pass_a_ping_on(snapshot: Snapshot | None, reason: str) -> None:
    trace = Trace()
    trace.add(NS1, R1_NEAR, echo(8, IP_1, FAR))
    [story] = trace.stories(ROUTED, snapshot)
    ping = "ns1 sent a ping to ns2 (198.51.100.2)."
    assert story.says == f"{ping} The request reached r1, which did not pass it on{reason}."
    assert story.at == "r1"


def test_a_reply_that_does_not_come_home() -> None:
    trace = Trace()
    trace.add(NS1, R1_NEAR, echo(8, IP_1, FAR))
    trace.add(R1_FAR, NS2, echo(8, IP_1, FAR, ttl=63))
    trace.add(NS2, R1_FAR, echo(0, FAR, IP_1))
    [story] = trace.stories(ROUTED)
    assert story.says == (
        "ns1 sent a ping to ns2 (198.51.100.2). The reply from ns2 got as far as r1, which did not pass it on."
    )
    assert (story.numbers, story.at) == ((1, 2, 3), "r1")


def test_of_a_file_nobody_says_where_a_packet_went() -> None:
    trace = Trace()
    trace.add(None, None, echo(8, IP_1, IP_2))
    [story] = trace.stories(Owners())
    assert story.says == "192.0.2.1 sent a ping to 192.0.2.2; no reply was seen."


def test_a_file_that_has_each_packet_twice() -> None:
    trace = Trace()
    for frame in (echo(8, IP_1, IP_2), echo(0, IP_2, IP_1)):
        trace.add(None, None, frame)
        trace.add(None, None, frame)
    [says] = trace.tell(Owners())
    assert says.startswith("192.0.2.1 sent a ping to 192.0.2.2; it was answered in ")


def test_icmp_errors_are_told_with_what_caused_them() -> None:
    trace = Trace()
    trace.add(NS1, R1_NEAR, echo(8, IP_1, "203.0.113.9"))
    quoted = wire.ipv4(1, ping_message(8), src=IP_1, dst="203.0.113.9")
    trace.add(R1_NEAR, NS1, packet(1, wire.icmp(3, 0, 0, quoted), "192.0.2.254", IP_1))
    [story] = trace.stories(ROUTED)
    assert story.says == (
        "ns1 sent a ping to 203.0.113.9. r1 answered that it has no route there (network unreachable)."
    )
    assert (story.kind, story.numbers, story.at) == ("ping", (1, 2), "r1")


@pytest.mark.parametrize(
    ("kind", "code", "rest", "says"),
    [
        (3, 1, 0, "r1 answered that it cannot reach that host (host unreachable)."),
        (
            3,
            4,
            1400,
            "r1 answered that it is too big for the next link, which takes 1400 bytes (fragmentation needed).",
        ),
        (3, 13, 0, "r1 answered that a rule forbids it (communication administratively filtered)."),
        (11, 0, 0, "Its TTL ran out at r1 (time exceeded)."),
        (12, 0, 0, "r1 answered with an ICMP error: "),
    ],
)
def test_each_icmp_error_has_its_words(kind: int, code: int, rest: int, says: str) -> None:
    trace = Trace()
    trace.add(NS1, R1_NEAR, echo(8, IP_1, FAR))
    quoted = wire.ipv4(1, ping_message(8), src=IP_1, dst=FAR)
    message = struct.pack("!BBHI", kind, code, 0, rest) + quoted
    trace.add(R1_NEAR, NS1, packet(1, message, "192.0.2.254", IP_1))
    [told] = trace.tell(ROUTED)
    assert told.startswith(f"ns1 sent a ping to ns2 (198.51.100.2). {says}")


def test_an_icmp_error_about_a_packet_that_was_not_seen() -> None:
    trace = Trace()
    quoted = wire.ipv4(17, wire.udp(b"x", ports=(4000, 9)), src=IP_1, dst=FAR)
    for _ in range(2):
        trace.add(R1_NEAR, NS1, packet(1, wire.icmp(3, 1, 0, quoted), "192.0.2.254", IP_1))
    [story] = trace.stories(ROUTED)
    assert story.says == (
        "About a UDP datagram from ns1 to 198.51.100.2:9,"
        " r1 answered that it cannot reach that host (host unreachable), twice."
    )
    assert story.kind == "icmp-error"


def test_a_redirect_is_no_trouble() -> None:
    trace = Trace()
    quoted = wire.ipv4(1, ping_message(8), src=IP_1, dst=FAR)
    message = struct.pack("!BBH", 5, 1, 0) + wire.ip("192.0.2.253") + quoted
    trace.add(R1_NEAR, NS1, packet(1, message, "192.0.2.254", IP_1))
    [story] = trace.stories(ROUTED)
    assert story.says == "r1 told ns1 a shorter way to 198.51.100.2: by 192.0.2.253 (redirect)."
    assert not story.is_trouble


def test_a_connection_from_its_opening_to_its_end() -> None:
    trace = opened(Trace())
    trace.there(out(PSH, 101, 501, b"hello\n"))
    trace.back(home(ACK, 501, 107))
    trace.back(home(PSH, 501, 107, b"hi\n"))
    trace.there(out(FIN, 107, 504))
    trace.back(home(FIN, 504, 108))
    trace.there(out(ACK, 108, 505))
    [story] = trace.stories()
    assert story.says == (
        "ns1 opened a TCP connection to port 80 of ns2 (192.0.2.2) (SYN, SYN-ACK, ACK)."
        " ns1 sent 6 bytes and got 3; ns1 closed first (FIN), then ns2."
    )
    assert (story.is_trouble, story.numbers) == (False, tuple(range(1, 10)))


def test_a_connection_that_is_refused() -> None:
    trace = Trace()
    trace.there(out(SYN, 100))
    trace.back(home(RST, 0, 101))
    asked = "ns1 sent a SYN to port 80 of ns2 (192.0.2.2). ns2 refused with RST:"
    [story] = trace.stories()
    assert story.says == f"{asked} no program listens on port 80 there, or a firewall refuses."
    assert (story.is_trouble, story.at) == (True, "ns2")
    assert trace.tell(snapshot=PAIR) == [f"{asked} no program listens on port 80 there."]
    local = Socket("tcp", 4, "127.0.0.1", 80, state="LISTEN")
    pair = Snapshot({**PAIR.nodes, "ns2": node("ns2", f"{IP_2}/24", NEAR_NET, sockets=(local,))})
    assert trace.tell(snapshot=pair) == [f"{asked} port 80 is open there on 127.0.0.1 only."]


def test_a_syn_that_nobody_answers() -> None:
    trace = Trace()
    for _ in range(3):
        trace.there(out(SYN, 100), after_s=1)
    [story] = trace.stories()
    assert story.says == (
        "ns1 sent a SYN three times to port 80 of ns2 (192.0.2.2). The last one reached ns2, but no answer left there."
    )
    [story] = trace.stories(now_ns=trace.now_ns)
    assert story.says == "ns1 sent a SYN three times to port 80 of ns2 (192.0.2.2); not answered yet."
    assert not story.is_trouble


def test_an_opening_without_its_third_step() -> None:
    trace = Trace()
    trace.there(out(SYN, 100))
    trace.back(home(SYN_ACK, 500, 101))
    trace.there(packet(6, segment(0x04, 101)))
    [story] = trace.stories()
    assert story.says == (
        "ns1 sent a SYN to port 80 of ns2 (192.0.2.2). ns2 answered SYN-ACK, and ns1 broke it off with RST."
    )


@pytest.mark.parametrize(
    ("frames", "ending", "is_trouble"),
    [
        ((), "it is still open.", False),
        ((out(FIN, 101, 501),), "ns1 has closed its side (FIN), ns2 has not yet.", False),
        ((home(RST, 501, 101),), "ns2 broke it off (RST).", True),
    ],
)
def test_how_a_connection_ends(frames: tuple[bytes, ...], ending: str, is_trouble: bool) -> None:  # noqa: FBT001 - a parameter of a table
    trace = opened(Trace())
    for frame in frames:
        (trace.there if frame[26:30] == wire.ip(IP_1) else trace.back)(frame)
    [story] = trace.stories()
    assert story.says.endswith(f"No data went over it; {ending}")
    assert story.is_trouble is is_trouble


def test_a_lost_segment_that_came_through_again() -> None:
    trace = opened(Trace())
    for _ in range(2):
        trace.there(out(PSH, 101, 501, b"hello\n"), after_s=0.2)
    trace.back(home(ACK, 501, 107))
    [story] = trace.stories()
    assert "ns1 sent 6 bytes, ns2 none; it is still open." in story.says
    assert story.says.endswith(" 1 segment had to be sent again, and came through.")
    assert not story.is_trouble


def test_data_that_is_sent_again_and_never_acknowledged() -> None:
    trace = opened(Trace())
    for _ in range(4):
        trace.there(out(PSH, 101, 501, b"hello\n"), after_s=0.2)
    [story] = trace.stories()
    assert story.says.endswith(
        "ns1 sent its last 6 bytes again, three times, and ns2 never acknowledged them."
        " The last try reached ns2, but no answer left there."
    )
    assert story.is_trouble


def test_a_new_syn_between_the_same_ports_is_another_connection() -> None:
    trace = opened(Trace())
    trace.there(out(SYN, 9000))
    trace.back(home(RST, 0, 9001))
    assert [story.is_trouble for story in trace.stories()] == [False, True]


def test_a_nat_is_told() -> None:
    near, far = ("10.0.0.2", "203.0.113.10"), ("203.0.113.1", "203.0.113.10")
    owners = Owners({"10.0.0.2": "ns1", "203.0.113.1": "r1", "203.0.113.10": "srv"})
    server = End("srv", "eth0")
    trace = Trace()
    trace.add(NS1, R1_NEAR, packet(6, segment(SYN, 100), *near))
    trace.add(R1_FAR, server, packet(6, segment(SYN, 100, ports=(40001, 80)), *far, ttl=63))
    trace.add(server, R1_FAR, packet(6, segment(SYN_ACK, 500, 101, ports=(80, 40001)), far[1], far[0]))
    trace.add(R1_NEAR, NS1, packet(6, segment(SYN_ACK, 500, 101, ports=(80, 40000)), near[1], near[0], ttl=63))
    trace.add(NS1, R1_NEAR, packet(6, segment(ACK, 101, 501), *near))
    [says] = trace.tell(owners)
    assert says == (
        "ns1 opened a TCP connection to port 80 of srv (203.0.113.10) (SYN, SYN-ACK, ACK)."
        " r1 gave it its own address 203.0.113.1:40001. No data went over it; it is still open."
    )


def test_udp_each_way_and_into_a_closed_port() -> None:
    trace = Trace()
    trace.there(packet(17, wire.udp(b"hello", ports=(4000, 9))))
    trace.back(packet(17, wire.udp(b"hi", ports=(9, 4000)), IP_2, IP_1))
    trace.there(packet(17, wire.udp(b"x", ports=(4000, 10))))
    quoted = wire.ipv4(17, wire.udp(b"x", ports=(4000, 10)))
    trace.back(packet(1, wire.icmp(3, 3, 0, quoted), IP_2, IP_1))
    assert trace.tell() == [
        "ns1 sent 1 UDP datagram (5 bytes) from port 4000 to port 9 of ns2 (192.0.2.2); 1 came back (2 bytes).",
        (
            "ns1 sent 1 UDP datagram (1 byte) from port 4000 to port 10 of ns2 (192.0.2.2)."
            " ns2 answered that no program has port 10 there open (port unreachable)."
        ),
    ]


def test_a_traceroute_is_one_story() -> None:
    trace = Trace()
    for ttl in (1, 2):
        udp = wire.udp(b"x", ports=(50000, 33433 + ttl))
        trace.add(NS1, R1_NEAR, packet(17, udp, IP_1, FAR, ttl))
        quoted = wire.ipv4(17, udp, src=IP_1, dst=FAR)
        if ttl == 1:
            trace.add(R1_NEAR, NS1, packet(1, wire.icmp(11, 0, 0, quoted), "192.0.2.254", IP_1))
            continue
        trace.add(R1_FAR, NS2, packet(17, udp, IP_1, FAR, 1))
        trace.add(NS2, R1_FAR, packet(1, wire.icmp(3, 3, 0, quoted), FAR, IP_1))
        trace.add(R1_NEAR, NS1, packet(1, wire.icmp(3, 3, 0, quoted), FAR, IP_1, 63))
    [story] = trace.stories(ROUTED)
    assert story.says == "ns1 traced the way to ns2 (198.51.100.2): r1, then ns2 itself."
    assert (story.kind, story.numbers) == ("traceroute", tuple(range(1, 7)))


def look_up(
    trace: Trace, flags: int | None, body: bytes = b"", answers: int = 0, name: str = "www.example.test"
) -> None:
    question = wire.question(name)
    trace.there(packet(17, wire.udp(wire.dns(question), ports=(5000, 53))))
    if flags is not None:
        message = wire.dns(question + body, (1, answers, 0, 0), flags)
        trace.back(packet(17, wire.udp(message, ports=(53, 5000)), IP_2, IP_1))


@pytest.mark.parametrize(
    ("flags", "answers", "says", "is_trouble"),
    [
        (0x8180, 1, "; the answer: 198.51.100.2, after 0.10 ms.", False),
        (0x8180, 0, "; the answer: the name has no A record, after 0.10 ms.", False),
        (0x8183, 0, "; the answer: there is no such name (NXDOMAIN), after 0.10 ms.", True),
        (0x8185, 0, "; the answer: it does not answer for us (REFUSED), after 0.10 ms.", True),
        (
            0x8380,
            0,
            "; the answer is too long for UDP (TC is set): it has to ask again over TCP, after 0.10 ms.",
            False,
        ),
        (None, 0, ". The question reached ns2, but no answer left there.", True),
    ],
)
def test_a_dns_look_up(flags: int | None, answers: int, says: str, is_trouble: bool) -> None:  # noqa: FBT001 - a parameter of a table
    trace = Trace()
    look_up(trace, flags, wire.record(1, wire.ip(FAR)) if answers else b"", answers)
    [story] = trace.stories()
    assert story.says == f"ns1 asked ns2 (192.0.2.2) for the A record of www.example.test{says}"
    assert (story.kind, story.is_trouble) == ("dns", is_trouble)


def dhcp(kind: int, options: bytes = b"", your: str = "0.0.0.0", *, op: int = 1) -> bytes:
    message = wire.dhcp(bytes([53, 1, kind]) + options + b"\xff", op, your)
    ports = (68, 67) if op == 1 else (67, 68)
    return packet(17, wire.udp(message, ports=ports), "0.0.0.0" if op == 1 else IP_2, "255.255.255.255")


LEASE = bytes([51, 4, 0, 0, 14, 16, 3, 4]) + wire.ip(IP_2) + bytes([6, 8]) + wire.ip(IP_2) + wire.ip(FAR)


def test_dhcp_in_four_steps() -> None:
    trace = Trace()
    trace.there(dhcp(1))
    trace.back(dhcp(2, LEASE, "192.0.2.100", op=2))
    trace.there(dhcp(3, bytes([50, 4]) + wire.ip("192.0.2.100")))
    trace.back(dhcp(5, LEASE, "192.0.2.100", op=2))
    [story] = trace.stories()
    assert story.says == (
        "ns1 got the address 192.0.2.100 for 1 hour from ns2 (Discover, Offer, Request, ACK):"
        " router 192.0.2.2, name servers 192.0.2.2 and 198.51.100.2."
    )
    assert (story.kind, story.numbers) == ("dhcp", (1, 2, 3, 4))


def test_dhcp_without_an_end() -> None:
    trace = Trace()
    trace.there(dhcp(1))
    trace.there(dhcp(1), after_s=3)
    assert trace.tell() == ["ns1 asked twice for an address (Discover); no server offered one. It came to ns2."]
    trace.there(dhcp(3, bytes([50, 4]) + wire.ip("192.0.2.100")))
    trace.back(dhcp(6, op=2))
    assert trace.tell() == ["ns1 asked for 192.0.2.100, and ns2 said no (NAK). It has to begin again with Discover."]


def test_an_http_request_and_its_answer() -> None:
    trace = opened(Trace())
    request = b"GET /\x1b]0;x\x07index.html HTTP/1.1\r\n\r\n"
    trace.there(out(PSH, 101, 501, request))
    trace.back(home(PSH, 501, 101 + len(request), b"HTTP/1.0 404 File not found\r\nContent-Length: 12\r\n\r\n"))
    http = next(story for story in trace.stories() if story.kind == "http")
    assert http.says == (
        "ns1 asked ns2 (192.0.2.2) for /␛]0;x␇index.html (GET); the answer: 404 File not found, 12 bytes."
    )
    assert (http.is_trouble, http.at, http.numbers) == (True, "ns2", (4, 5))


def test_noise_is_left_out_and_named_protocols_are_counted() -> None:
    trace = Trace()
    trace.there(wire.ethernet(38, b"\x42\x42\x03" + bytes(35)))
    for _ in range(2):
        trace.there(packet(89, b"\x02\x01" + bytes(42), IP_1, "224.0.0.5"))
    assert trace.tell() == ["ns1 sent 2 OSPF packets to the group 224.0.0.5."]


def test_only_so_many_stories_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teller_module, "MOST_STORIES", 2)
    monkeypatch.setattr(teller_module, "MOST_PACKETS", 4)
    trace = Trace()
    for host in range(5):
        trace.there(arp(1, IP_1, f"192.0.2.{host + 10}"))
    *told, rest = trace.stories()
    assert [story.numbers for story in told] == [(2,), (3,)]
    assert rest == Story(
        "more",
        "2 more conversations are not told here. The first 1 crossing of this trace took no part in these stories.",
        (),
    )


def test_the_pc_has_its_article() -> None:
    trace = Trace()
    trace.add(End("pc", "veth0"), NS2, arp(1, IP_1, IP_2))
    assert trace.tell(Owners())[0].startswith("The PC asked who has 192.0.2.2; nobody answered")


def test_numbers_and_times_in_words() -> None:
    assert [times(n) for n in (1, 2, 3, 12)] == ["once", "twice", "three times", "12 times"]
    assert [count(1, "byte"), count(1200, "byte"), count(2, "reply", "replies")] == [
        "1 byte",
        "1,200 bytes",
        "2 replies",
    ]
    assert [listing(["a"]), listing(["a", "b"]), listing(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert [milliseconds(n) for n in (-5, 61_000, 1_240_000, 35_100_000, 2_100_000_000)] == [
        "0.00 ms",
        "0.06 ms",
        "1.2 ms",
        "35 ms",
        "2.1 s",
    ]
    assert [duration(n) for n in (60, 3600, 43_200, 90, 5000, 0xFFFFFFFF)] == [
        "1 minute",
        "1 hour",
        "12 hours",
        "90 seconds",
        "about 83 minutes",
        "ever",
    ]
    assert sentences("it came", "", "a sent it", "why?") == "It came. a sent it. why?"


FRAMES = [
    arp(1, IP_1, IP_2),
    arp(2, IP_2, IP_1, MAC_2, MAC_1),
    arp(1, "0.0.0.0", IP_2),
    echo(8, IP_1, IP_2),
    echo(0, IP_2, IP_1),
    out(SYN, 100),
    home(SYN_ACK, 500, 101),
    out(ACK, 101, 501),
    out(PSH, 101, 501, b"GET / HTTP/1.1\r\n\r\n"),
    home(PSH, 501, 119, b"HTTP/1.1 200 OK\r\n\r\n"),
    home(RST, 501, 101),
    out(FIN, 119, 520),
    packet(17, wire.udp(wire.dns(wire.question("a.test")), ports=(5000, 53))),
    packet(17, wire.udp(wire.dns(wire.question("a.test"), flags=0x8183), ports=(53, 5000)), IP_2, IP_1),
    packet(17, wire.udp(b"x", ports=(4000, 33434))),
    packet(1, wire.icmp(3, 3, 0, wire.ipv4(17, wire.udp(b"x", ports=(4000, 33434)))), IP_2, IP_1),
    packet(1, wire.icmp(11, 0, 0, wire.ipv4(1, ping_message(8))), IP_2, IP_1),
    packet(1, wire.icmp(5, 0, 0, wire.ipv4(1, ping_message(8))), IP_2, IP_1),
    dhcp(1),
    dhcp(5, LEASE, "192.0.2.100", op=2),
    dhcp(6, op=2),
    wire.ethernet(0x86DD, wire.ipv6(58, struct.pack("!BBHI", 135, 0, 0, 0) + wire.ip(wire.IP6_2))),
    wire.ethernet(0x86DD, wire.ipv6(58, struct.pack("!BBHIII", 134, 0, 0, 0x400700, 0, 0))),
    wire.ethernet(0x86DD, wire.ipv6(58, struct.pack("!BBHI", 2, 0, 0, 1280) + wire.ipv6(17, wire.udp()))),
    wire.ethernet(0x0800, wire.ipv4(1, wire.icmp(8, payload=b"x" * 80), part=0x2000)),
    wire.ethernet(0x0800, wire.ipv4(1, b"x" * 80, part=0x0010)),
]
ENDS = [None, NS1, NS2, R1_NEAR, R1_FAR, End("ns1", "lo")]


@st.composite
def crossings(draw: st.DrawFn) -> list[Seen]:
    observer = Observer()
    found = []
    for number in range(1, draw(st.integers(1, 24)) + 1):
        data = bytearray(draw(st.sampled_from(FRAMES)))
        for place, value in draw(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=3)):
            data[place % len(data)] = value
        cut = draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))
        ends = draw(st.sampled_from(ENDS)), draw(st.sampled_from(ENDS))
        time_ns = draw(st.integers(0, 20)) * SECOND // 4
        kind = draw(st.sampled_from([1, 1, 1, 1, 101, 113, 276, 0, 999]))
        found.append(observer.see(Crossing(number, time_ns, *ends, bytes(data[:cut]), len(data), kind)))
    return found


@settings(max_examples=300, deadline=None)
@given(crossings(), st.booleans(), st.sampled_from([None, 2 * SECOND]))
def test_whatever_crosses_is_told_without_an_error(trace: list[Seen], has_state: bool, now_ns: int | None) -> None:  # noqa: FBT001 - hypothesis gives it
    snapshot = three() if has_state else None
    told = tell(trace, owners_in(snapshot) if snapshot else CABLE, snapshot, now_ns)
    assert len(told) <= 2 * len(trace)
    numbers = {seen.number for seen in trace}
    for story in told:
        assert story.says.isprintable()
        assert story.says.endswith((".", "?", "!", "…"))
        assert len(story.says) <= 480
        assert story.numbers
        assert numbers.issuperset(story.numbers)
        assert list(story.numbers) == sorted(story.numbers)
    beginnings = [story.numbers[0] for story in told]
    assert beginnings == sorted(beginnings)
