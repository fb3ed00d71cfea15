"""What a learner was asked is read off literal packets and snapshots."""

from typing import Any

import pytest
from traces import Sent, arp_reply, arp_request, ping, segment, trace

from netshell.checks import Evidence
from netshell.facts import Address, Link, Neighbour, Node, Route, Snapshot
from netshell.lesson.asks import ask_from, fits
from netshell.lesson.truths import Truth, read

FIRST = {
    "predict": "What first?",
    "choices": ["ARP", "ICMP", "nothing at all"],
    "answer": [{"arp": "request"}, {"icmp": "echo-request"}, "nothing"],
    "at": "ns1",
    "why": "W.",
}
PING = (
    Sent("ns1 sw1:port1", arp_request()),
    Sent("sw1:port2 ns2", arp_request()),
    Sent("ns2 sw1:port2", arp_reply()),
    Sent("sw1:port1 ns1", arp_reply()),
    Sent("ns1 sw1:port1", ping(1)),
    Sent("sw1:port2 ns2", ping(1)),
    Sent("ns2 sw1:port2", ping(1, is_reply=True)),
    Sent("sw1:port1 ns1", ping(1, is_reply=True)),
)


def truth(values: dict[str, Any], *sent: Sent, is_settled: bool = True, node: Node | None = None) -> Truth | None:
    snapshot = Snapshot({node.name: node} if node else {})
    return read(ask_from({"why": "W.", **values}), Evidence(snapshot, wire=trace(sent)), is_settled=is_settled)


def test_the_first_packet_that_leaves_the_node_decides() -> None:
    assert truth(FIRST, *PING, is_settled=False) == Truth(("ARP",), "First to leave ns1 was an ARP request (packet 1).")
    assert truth({**FIRST, "at": "ns2"}, *PING, is_settled=False) is None, "ns2 has asked nothing"


def test_what_a_node_passes_on_leaves_it_too() -> None:
    choices = {"choices": ["a question", "an answer"], "answer": [{"arp": "request"}, {"arp": "reply"}]}
    assert truth({**FIRST, **choices, "at": "sw1"}, *PING) == Truth(
        ("a question",), "First to leave sw1 was an ARP request (packet 2)."
    )


def test_the_kernel_s_own_refreshing_and_what_stays_at_home_decide_nothing() -> None:
    refresh = Sent("ns1 ns2", arp_request(dst="02:00:00:00:00:02"))
    at_home = Sent("ns1:lo ns1:lo", ping(7))
    found = truth(FIRST, refresh, at_home, Sent("ns1 ns2", ping(1)))
    assert found == Truth(("ICMP",), "First to leave ns1 was an echo request (packet 3).")
    assert truth({**FIRST, "at": ""}, at_home) == Truth(("ICMP",), "First came an echo request (packet 1).")


def test_nothing_is_only_known_at_the_end() -> None:
    assert truth(FIRST, is_settled=False) is None
    assert truth(FIRST) == Truth(("nothing at all",), "Nothing left ns1.")
    other = Sent("ns1 ns2", segment("S", seq=1))
    assert truth(FIRST, other) == Truth(("nothing at all",), "None of these left ns1.")


def test_a_check_decides_at_the_end() -> None:
    choices = {"choices": ["up", "down"], "answer": [{"link": "eth0", "up": True}, {"link": "eth0", "up": False}]}
    node = Node("ns1", links={"eth0": Link("eth0", 2, "veth", is_up=False, has_carrier=False, state="DOWN")})
    assert truth({**FIRST, **choices}, node=node, is_settled=False) is None
    found = truth({**FIRST, **choices}, node=node)
    assert found is not None
    assert found.accepted == ("down",)
    assert "eth0" in found.says


def test_a_prediction_s_written_answer_is_told_at_the_end_and_a_question_s_at_once() -> None:
    assert truth({"predict": "Q?", "answer": 3}, is_settled=False) is None
    assert truth({"question": "Q?", "answer": 3}, is_settled=False) == Truth(("3",), "")


ORDER = {
    "predict": "In what order?",
    "order": ["ask", "told", "ping", "pong"],
    "answer": [{"arp": "request"}, {"arp": "reply"}, {"icmp": "echo-request"}, {"icmp": "echo-reply"}],
}


def test_an_order_is_read_off_the_packets_not_off_the_author_s_list() -> None:
    found = truth(ORDER, *PING, is_settled=False)
    assert found is not None
    assert found.accepted == ("ask, then told, then ping, then pong",)
    assert "an ARP request (packet 1), then an ARP reply (packet 3)" in found.says
    other = truth(ORDER, *PING[4:], *PING[:4])
    assert other is not None
    assert other.accepted == ("ping, then pong, then ask, then told",)
    assert truth(ORDER, *PING[:6], is_settled=False) is None
    missing = truth(ORDER, *PING[:6])
    assert missing == Truth((), "Not all of them came: an echo reply is missing.")


@pytest.mark.parametrize(
    ("answer", "sent", "accepted", "says"),
    [
        (
            {"packet": {"icmp": "echo-reply"}, "field": "ttl"},
            PING,
            ("64",),
            "Packet 7 has the TTL 64.",
        ),
        (
            {"packet": {"arp": "reply"}, "field": "dst"},
            PING,
            ("192.0.2.1",),
            "Packet 3 has the destination 192.0.2.1.",
        ),
        (
            {"packet": {"arp": "request"}, "field": "dst_mac"},
            PING,
            ("ff:ff:ff:ff:ff:ff",),
            "Packet 1 has the destination MAC ff:ff:ff:ff:ff:ff.",
        ),
        (
            {"packet": {"tcp": "syn"}, "field": "dport"},
            [Sent("ns1 ns2", segment("S", seq=1))],
            ("80",),
            "Packet 1 has the destination port 80.",
        ),
        ({"packet": {"icmp": "echo-request"}, "field": "length"}, PING, ("8",), "Packet 5 has the length 8."),
        ({"packet": {"tcp": "syn"}, "field": "ttl"}, PING, (), "none came"),
        ({"count": {"arp": True}}, PING, ("2",), "2 came (packets 1, 3)."),
        ({"count": {"tcp": True}}, PING, ("0",), "none came."),
    ],
)
def test_a_value_is_read_off_the_wire(
    answer: dict[str, Any], sent: tuple[Sent, ...], accepted: tuple[str, ...], says: str
) -> None:
    found = truth({"question": "Q?", "answer": answer}, *sent)
    assert found is not None
    assert found.accepted == accepted
    assert says in found.says


NODE = Node(
    "ns1",
    links={
        "eth0": Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP", mac="02:00:00:00:00:01", mtu=1400)
    },
    addresses=(Address("fe80::1/64", "eth0", "link"), Address("192.0.2.1/24", "eth0")),
    routes=(
        Route("default", "eth0", "192.0.2.254"),
        Route("default", "eth9", "192.0.2.9", metric=100),
        Route("192.0.2.0/24", "eth0"),
    ),
    neighbours=(Neighbour("192.0.2.2", "eth0", "02:00:00:00:00:02", "REACHABLE"),),
    sysctls={"net.ipv4.ip_forward": "1"},
)


@pytest.mark.parametrize(
    ("kind", "name", "typed", "says"),
    [
        ("address", "eth0", "192.0.2.1", "Address on eth0 in ns1: 192.0.2.1/24."),
        ("address", "eth0", "192.0.2.1/24", ""),
        ("mac", "eth0", "02-00-00-00-00-01", "MAC address of eth0 in ns1: 02:00:00:00:00:01."),
        ("mtu", "eth0", "1400", "MTU of eth0 in ns1: 1400."),
        ("gateway", "default", "192.0.2.254", "Gateway to default in ns1: 192.0.2.254."),
        ("gateway", "203.0.113.0/24", "192.0.2.254", ""),
        ("interface", "192.0.2.7", "ETH0", "Interface to 192.0.2.7 in ns1: eth0."),
        ("neighbour", "192.0.2.2", "02:00:00:00:00:02", "MAC address for 192.0.2.2 in ns1: 02:00:00:00:00:02."),
        ("sysctl", "net.ipv4.ip_forward", "1", "net.ipv4.ip_forward in ns1: 1."),
    ],
)
def test_a_value_is_read_off_the_machine(kind: str, name: str, typed: str, says: str) -> None:
    values = {"question": "Q?", "answer": {kind: name, "at": "ns1"}}
    found = truth(values, node=NODE, is_settled=False)
    assert found is not None
    assert says in found.says
    assert fits(ask_from({**values, "why": "W."}), typed, found.accepted)
    assert not fits(ask_from({**values, "why": "W."}), "192.0.2.77", found.accepted)


def test_what_is_not_there_is_said() -> None:
    assert truth({"question": "Q?", "answer": {"mac": "eth7", "at": "ns1"}}, node=NODE) == Truth(
        (), "ns1 has no MAC address of eth7."
    )
    assert truth({"question": "Q?", "answer": {"gateway": "192.0.2.0/24", "at": "ns1"}}, node=NODE) == Truth(
        (), "ns1 has no gateway to 192.0.2.0/24."
    )
    assert truth({"question": "Q?", "answer": {"mac": "eth0", "at": "ns7"}}) == Truth((), "There is no node ns7.")
