"""The line below a command about what went over the wire."""

from wire import IP_1, IP_2, arp, ethernet, icmp, ipv4, ipv6

from netshell.explain.stories import Story
from netshell.facts import Crossing, End
from netshell.packets.trace import Observer, Seen
from netshell.render.console import as_text
from netshell.render.wire import wire_line

A, B = End("ns1", "eth0"), End("ns2", "eth0")
SEARCH = ethernet(0x0806, arp(1), dst="ff:ff:ff:ff:ff:ff")
PROBE, ANSWER = ethernet(0x0806, arp(1)), ethernet(0x0806, arp(2, IP_2, IP_1))
PING = ethernet(0x0800, ipv4(1, icmp(8)))
NOISE = ethernet(0x86DD, ipv6(58, icmp(133), src="fe80::1", dst="ff02::2"))


def crossed(*frames: bytes) -> list[Seen]:
    observer = Observer()
    return [observer.see(Crossing(n, n, A, B, data, len(data))) for n, data in enumerate(frames, 1)]


def told(*frames: bytes, stories: tuple[Story, ...] = (), is_more: bool = False) -> str:
    shown = wire_line(crossed(*frames), stories, is_more=is_more, key="F4")
    return "" if shown is None else as_text(shown, width=80, colour="none")


def test_packets_are_counted_by_protocol_in_the_order_they_came() -> None:
    assert told(SEARCH, ANSWER, PING, PING, PING) == "  wire: 2 ARP, 3 ICMP (F4)\n"


def test_what_kernels_do_unasked_is_no_news() -> None:
    assert told() == ""
    assert told(NOISE) == ""
    assert told(PROBE, ANSWER) == ""


def test_what_went_wrong_stands_below() -> None:
    story = Story("arp", "Nobody answered.", (1,), is_trouble=True)
    assert told(SEARCH, stories=(story,)) == "  wire: 1 ARP (F4)\n        Nobody answered.\n"
    assert told(SEARCH, stories=(Story("arp", "All is well.", (1,)),)) == "  wire: 1 ARP (F4)\n"


def test_of_a_flood_it_is_said_that_more_is_to_come() -> None:
    assert told(PING, is_more=True) == "  wire: 1 ICMP and more (F4)\n"


def test_a_packet_that_is_passed_on_counts_once() -> None:
    router = End("r1", "eth1")
    observer = Observer()
    there = observer.see(Crossing(1, 1, A, End("r1", "eth0"), PING, len(PING)))
    on = observer.see(Crossing(2, 2, router, B, PING, len(PING)))
    shown = wire_line([there, on])
    assert shown is not None
    assert as_text(shown, width=80, colour="none") == "  wire: 1 ICMP\n"
