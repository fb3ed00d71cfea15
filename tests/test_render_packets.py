"""The list of packets: what a learner reads at 80 columns and at 130, and that no bytes can spoil it."""

from itertools import islice, repeat

import wire
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import BEGIN_NS, Sent, arp_reply, arp_request, over_ip, ping, segment, trace

from netshell.packets.trace import Seen
from netshell.render.packets import packet_lines

OUTSIDE = "203.0.113.1"
ROUTER_SOLICITATION = wire.ethernet(0x86DD, wire.ipv6(58, wire.icmp(133, rest=0)))
DIRECT = (
    Sent("ns1 ns2", arp_request()),
    Sent("ns2 ns1", arp_reply()),
    Sent("ns1 ns2", ping(1)),
    Sent("ns1 ns2", segment("S", seq=999)),
    Sent("ns2 ns1", segment("SA", seq=4999, ack=1000, is_answer=True)),
    Sent("ns1 ns2", segment("PA", b"hello\n", seq=1000, ack=5000)),
    Sent("ns1 ns2", over_ip(17, wire.udp(wire.dns(wire.question("example.com")), ports=(40000, 53)))),
    Sent("ns1 ns2", over_ip(17, b"\0\1")),
    Sent("ns1 ns2", ROUTER_SOLICITATION),
)


def shown(seen: tuple[Seen, ...], width: int = 80, *, with_noise: bool = False) -> str:
    return "\n".join(line.plain for line in packet_lines(seen, width=width, begin_ns=BEGIN_NS, with_noise=with_noise))


def test_two_hosts_at_80_columns() -> None:
    assert (
        shown(trace(DIRECT))
        == """\
 No      Time    Way        Proto  What
  1  0.000010    ns1 → ns2  ARP    Who has 192.0.2.2? Tell 192.0.2.1
  2  0.000020    ns2 → ns1  ARP    192.0.2.2 is at 02:00:00:00:00:01
  3  0.000030    ns1 → ns2  ICMP   192.0.2.1 → 192.0.2.2  echo request 1
  4  0.000040    ns1 → ns2  TCP    40000 → 80 [SYN] seq=0 win=64240
  5  0.000050    ns2 → ns1  TCP    80 → 40000 [SYN, ACK] seq=0 ack=1 win=64240
  6  0.000060    ns1 → ns2  TCP    40000 → 80 [PSH, ACK] seq=1 ack=1 len=6
  7  0.000070    ns1 → ns2  DNS    192.0.2.1 → 192.0.2.2  A example.com?
  8  0.000080    ns1 → ns2  UDP    UDP, 2 bytes  ! UDP: 2 of at least 8 bytes a…
1 of the kernel's own left out (router solicitation): `:packets all`"""
    )


def test_a_wide_terminal_has_interfaces_lengths_and_addresses() -> None:
    assert shown(trace(DIRECT[2:4]), 150).splitlines() == [
        " No      Time    Way                  Proto  Length  From → to              What",
        "  1  0.000010    ns1:eth0 → ns2:eth0  ICMP       50  192.0.2.1 → 192.0.2.2  Echo (ping) request id=7 seq=1",
        "  2  0.000020    ns1:eth0 → ns2:eth0  TCP        54  192.0.2.1 → 192.0.2.2  40000 → 80 [SYN] seq=0 win=64240",
    ]


def test_a_packet_that_was_passed_on_is_marked_and_a_loop_named() -> None:
    sent = [
        Sent("h1 r1", ping(1)),
        Sent("r1 web", ping(1, src=OUTSIDE, ttl=63)),
        Sent("h1 ?", ping(2)),
        Sent("h1:lo h1:lo", ping(1, src="127.0.0.1", dst="127.0.0.1")),
    ]
    assert shown(trace(sent)).splitlines()[1:] == [
        "  1  0.000010    h1 → r1   ICMP   192.0.2.1 → 192.0.2.2  echo request 1",
        "  2  0.000020  ↪ r1 → web  ICMP   203.0.113.1 → 192.0.2.2  echo request 1",
        "  3  0.000030    h1 → ?    ICMP   192.0.2.1 → 192.0.2.2  echo request 2",
        "  4  0.000040    h1 lo     ICMP   127.0.0.1 → 127.0.0.1  echo request 1",
    ]


def test_a_capture_file_has_addresses_in_the_place_of_nodes() -> None:
    sent = [Sent("", one.data) for one in (*DIRECT[:3], DIRECT[5])]
    assert shown(trace(sent)).splitlines() == [
        " No      Time  Proto  From → to              What",
        "  1  0.000010  ARP    Who has 192.0.2.2? Tell 192.0.2.1",
        "  2  0.000020  ARP    192.0.2.2 is at 02:00:00:00:00:01",
        "  3  0.000030  ICMP   192.0.2.1 → 192.0.2.2  Echo (ping) request id=7 seq=1",
        "  4  0.000040  TCP    192.0.2.1 → 192.0.2.2  6 bytes PSH, ACK seq 1, ack 1",
    ]


def test_noise_is_shown_when_it_is_asked_for() -> None:
    assert "Router solicitation" in shown(trace(DIRECT), with_noise=True)
    assert "left out" not in shown(trace(DIRECT), with_noise=True)
    only_noise = trace([Sent("ns1 ns2", ROUTER_SOLICITATION)] * 2)
    assert shown(only_noise) == "2 of the kernel's own left out (router solicitation): `:packets all`"
    assert shown(()) == "No packets."


def test_lines_are_made_when_they_are_wanted() -> None:
    (one,) = trace([Sent("ns1 ns2", ping(1))])
    lines = packet_lines(repeat(one), width=80, begin_ns=BEGIN_NS)
    assert len(list(islice(lines, 30))) == 30


def test_colour_and_plain_print_the_same_words() -> None:
    for line in packet_lines(trace(DIRECT), width=80, begin_ns=BEGIN_NS):
        assert "\x1b" not in line.painted("none")
        assert "\x1b[36m" not in line.painted("plain")
        assert line.painted("none") == line.plain
    tcp = list(packet_lines(trace(DIRECT), width=80, begin_ns=BEGIN_NS))[4]
    assert "\x1b[36mTCP" in tcp.painted("colour")


def test_the_names_of_nodes_are_made_harmless() -> None:
    assert "\x1b" not in shown(trace([Sent("\x1b[31mred ns2", ping(1))]))


ANY_BYTES = st.one_of(
    st.binary(max_size=120),
    st.builds(wire.ethernet, st.sampled_from([0x0800, 0x0806, 0x86DD, 0x8100, 0x88CC]), st.binary(max_size=120)),
    st.builds(over_ip, st.sampled_from([1, 6, 17, 58, 89]), st.binary(max_size=120)),
    st.builds(lambda data: over_ip(17, wire.udp(data, ports=(53, 53))), st.binary(max_size=120)),
    st.builds(lambda text: over_ip(6, wire.tcp(f"GET /{text} HTTP/1.1\r\n".encode())), st.text(max_size=90)),
)
WAYS = st.sampled_from(["ns1 ns2", "ns2 ns1", "", "? ns1", "ns1 ?", "ns1:lo ns1:lo", "路由器 ns1"])
ANY_TRACE = st.lists(st.builds(Sent, WAYS, ANY_BYTES, st.integers(-(10**6), 10**9)), max_size=6).map(trace)


@settings(max_examples=150, deadline=None)
@given(ANY_TRACE, st.integers(20, 200))
def test_any_packets_stay_within_the_width_and_are_harmless(seen: tuple[Seen, ...], width: int) -> None:
    for line in packet_lines(seen, width=width, begin_ns=BEGIN_NS, with_noise=True):
        assert line.cells <= width
        assert line.plain.isprintable()
