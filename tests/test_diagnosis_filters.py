"""The walk through filters and NAT over literal snapshots: what is told, what is not blamed, what cannot be told."""

from dataclasses import replace

import pytest
from test_diagnosis import (
    CABLE,
    COMING,
    GOING,
    LO,
    NS1,
    NS2,
    R1,
    ROUTED,
    ask,
    network,
    node,
    pinged,
    server,
    veth,
    with_node,
)

from netshell.facts import Details, Link, Node, Route, Snapshot
from netshell.kernel.iptables_rules import chains_of

_CHAINS = {
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
}


def ruled(one: Node, *rules: str, policy: str = "ACCEPT") -> Node:
    """A node with rules as iptables-save lists them; `nat:` before those of the table nat."""
    chains = []
    for table, names in _CHAINS.items():
        own = [rule.removeprefix("nat:") for rule in rules if rule.startswith("nat:") is (table == "nat")]
        heads = [f":{name} {policy if table == 'filter' else 'ACCEPT'} [0:0]" for name in names]
        chains += chains_of("\n".join([f"*{table}", *heads, *own, "COMMIT"]), "ip", "iptables")
    return replace(one, chains=tuple(chains))


def routed(r1: Node, ns2: Node = NS2) -> Snapshot:
    return network(NS1, r1, ns2)


LOST = replace(NS2, routes=NS2.routes[:1])
"""ns2 without a way back to ns1."""
MASQUERADE = "nat:-A POSTROUTING -o eth2 -j MASQUERADE"
TO_NS2 = "nat:-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 198.51.100.2:80"


def test_a_router_that_masquerades_is_not_told_to_lack_a_way_back() -> None:
    assert ask(routed(R1, LOST), "ns1 ns2").fault == "no-way-back"
    found = ask(routed(ruled(R1, MASQUERADE), LOST), "ns1 ns2")
    assert found.says.endswith("and so does the way back; r1 gives them the source 198.51.100.254."), found.says


def test_a_translated_destination_is_followed_to_the_server_that_it_means() -> None:
    found = ask(routed(ruled(R1, TO_NS2), server()(NS2)), "ns1 192.0.2.254:8080")
    assert found.holds, found.says
    assert found.says.endswith("r1 sends them on to ns2 (198.51.100.2:80), and nc on ns2 listens on tcp/80.")
    assert ask(routed(ruled(R1, TO_NS2), NS2), "ns1 192.0.2.254:8080").fault == "nat-astray"
    assert ask(routed(ruled(R1, TO_NS2), NS2), "ns1 192.0.2.254:22").fault == "nobody-listens"


@pytest.mark.parametrize(
    ("rules", "policy", "fault"),
    [
        (("-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT", "-A FORWARD -i eth1 -j ACCEPT"), "DROP", ""),
        (("-A FORWARD -i eth1 -j ACCEPT",), "DROP", "filter-drop"),
        (("-A FORWARD -p tcp -j DROP",), "ACCEPT", ""),
        (("-A INPUT -j DROP", "-A OUTPUT -j DROP"), "ACCEPT", ""),
        (("-A FORWARD -d 192.0.2.1 -j REJECT",), "ACCEPT", "filter-reject"),
    ],
    ids=str,
)
def test_only_what_concerns_the_packets_of_a_ping_is_blamed(rules: tuple[str, ...], policy: str, fault: str) -> None:
    assert ask(routed(ruled(R1, *rules, policy=policy)), "ns1 ns2").fault == fault


def test_what_lies_below_a_filter_is_told_first() -> None:
    closed = ruled(R1, policy="DROP")
    dark = replace(NS2, links={**NS2.links, "eth0": replace(NS2.links["eth0"], is_up=False, has_carrier=False)})
    assert ask(routed(closed, dark), "ns1 ns2").fault == "peer-down"
    assert ask(routed(closed, replace(NS2, addresses=())), "ns1 198.51.100.2").layer < 60
    assert ask(routed(closed, LOST), "ns1 ns2").fault == "filter-drop"
    assert ask(routed(replace(closed, sysctls={"net.ipv4.ip_forward": "0"})), "ns1 ns2").fault == "forwarding-off"


@pytest.mark.parametrize(
    "r1",
    [
        ruled(R1, "-A FORWARD -m statistic --mode random --probability 0.5 -j DROP"),
        ruled(R1, "nat:-A PREROUTING -m statistic --mode random -j DNAT --to-destination 192.0.2.99"),
        replace(R1, has_unread_rules=True),
    ],
)
def test_what_a_rule_that_cannot_be_judged_may_do_is_owned_up_to(r1: Node) -> None:
    found = ask(routed(r1), "ns1 ns2")
    assert (found.fault, found.at) == ("rules-unclear", "r1")
    assert found.says.startswith("I cannot tell: ")


def test_nat_that_cannot_be_judged_may_be_what_leads_the_answers_back() -> None:
    maybe = ruled(R1, "nat:-A POSTROUTING -m mark --mark 0x1 -j MASQUERADE")
    assert ask(routed(maybe, LOST), "ns1 ns2").fault == "rules-unclear"
    assert ask(routed(replace(R1, has_unread_rules=True), LOST), "ns1 ns2").fault == "rules-unclear"


def test_an_answer_that_comes_another_way_belongs_to_nothing_that_this_router_has_seen() -> None:
    ns1 = node(
        "ns1",
        {"eth0": ("r1:eth1", "192.0.2.1/24"), "eth1": ("r2:eth1", "203.0.113.1/24")},
        Route("default", "eth0", "192.0.2.254"),
    )
    ns2 = node(
        "ns2",
        {"eth0": ("r1:eth2", "198.51.100.2/24"), "eth1": ("r2:eth2", "10.0.0.2/24")},
        Route("192.0.2.0/24", "eth1", "10.0.0.254"),
    )
    r2 = node(
        "r2",
        {"eth1": ("ns1:eth1", "203.0.113.254/24"), "eth2": ("ns2:eth1", "10.0.0.254/24")},
        Route("192.0.2.0/24", "eth1", "203.0.113.1"),
        forwards=True,
    )
    assert ask(network(ns1, R1, r2, ns2), "ns1 198.51.100.2").holds
    stateful = ruled(r2, "-A FORWARD -m conntrack --ctstate ESTABLISHED,NEW -j ACCEPT", policy="DROP")
    found = ask(network(ns1, R1, stateful, ns2), "ns1 198.51.100.2")
    assert (found.fault, found.at) == ("filter-drop", "r2"), found.says


def test_a_node_that_filters_lo_does_not_reach_itself() -> None:
    alone = ruled(Node("ns1", {"lo": LO}, NS1.addresses[:1]), "-A INPUT -i lo -p icmp -j DROP")
    found = ask(network(alone), "ns1 127.0.0.1")
    assert (found.fault, found.at) == ("filter-drop", "ns1")


def test_what_a_node_sends_itself_meets_no_rule_for_what_comes_in() -> None:
    snapshot = routed(ruled(R1, TO_NS2), server()(NS2))
    found = ask(snapshot, "r1 192.0.2.254:8080")
    assert (found.fault, found.at) == ("nat-missed", "r1")
    assert (
        found.mend == f"ip netns exec r1 iptables -t nat {TO_NS2.removeprefix('nat:').replace('PREROUTING', 'OUTPUT')}"
    )
    own = ruled(R1, TO_NS2.replace("PREROUTING", "OUTPUT"))
    assert ask(routed(own, server()(NS2)), "r1 192.0.2.254:8080").holds


def test_what_a_node_turns_back_to_itself_does_not_leave_it() -> None:
    rule = "nat:-A OUTPUT -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 3128"
    turned = with_node(with_node(CABLE, "ns2", server()), "ns1", lambda here: ruled(here, rule))
    found = ask(turned, "ns1 ns2:80")
    assert (found.fault, found.at) == ("nat-astray", "ns1"), found.says
    assert found.mend == f"ip netns exec ns1 iptables -t nat -D{rule.removeprefix('nat:-A')}"
    proxied = with_node(turned, "ns1", server(local="127.0.0.1", local_port=3128))
    assert ask(proxied, "ns1 ns2:80").holds


def test_a_rule_for_an_address_that_its_router_has_not_is_pointed_to() -> None:
    rule = "nat:-A PREROUTING -d 192.0.2.100/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 198.51.100.2"
    found = ask(routed(ruled(R1, rule), server()(NS2)), "ns1 192.0.2.100:80")
    assert (found.fault, found.at) == ("nobody", "ns1")
    assert found.says.endswith("for it, but answers only for addresses that it has itself."), found.says


def test_a_bridge_whose_frames_iptables_is_asked_about_is_owned_up_to() -> None:
    bridge = Link("br0", 9, "bridge", is_up=True, has_carrier=True, state="UP", mac="02:00:00:00:00:99")
    ports = {name: replace(veth(name, peer), master="br0") for name, peer in (("p1", "ns1:eth0"), ("p2", "ns2:eth0"))}
    asked = Details(sysctls={"net.bridge.bridge-nf-call-iptables": "1"})
    closed = replace(ruled(Node("sw", {"lo": LO, "br0": bridge, **ports}), policy="DROP"), details=asked)
    ns1 = node("ns1", {"eth0": ("sw:p1", "192.0.2.1/24")})
    ns2 = node("ns2", {"eth0": ("sw:p2", "192.0.2.2/24")})
    found = ask(network(ns1, closed, ns2), "ns1 ns2")
    assert (found.fault, found.at) == ("rules-unclear", "sw"), found.says
    assert ask(network(ns1, replace(closed, details=Details()), ns2), "ns1 ns2").holds


def test_a_filter_at_the_port_is_told_before_that_nobody_listens() -> None:
    closed = ruled(NS2, "-A INPUT -p tcp -m tcp --dport 80 -j REJECT --reject-with tcp-reset")
    assert ask(routed(R1, closed), "ns1 ns2:80").fault == "filter-reject"
    assert ask(routed(R1, closed), "ns1 ns2:81").fault == "nobody-listens"
    assert ask(ROUTED, "ns1 ns2:80").fault == "nobody-listens"


def test_an_answer_proves_what_lies_before_it_but_not_the_askers_own_filter() -> None:
    seen = pinged(GOING, COMING)
    older = with_node(CABLE, "ns2", lambda there: ruled(there, "-A INPUT -p icmp -j DROP"))
    assert ask(older, "ns1 ns2").fault == "filter-drop"
    assert ask(older, "ns1 ns2", seen).holds
    deaf = with_node(CABLE, "ns1", lambda here: ruled(here, "-A INPUT -p icmp -j DROP"))
    found = ask(deaf, "ns1 ns2", seen)
    assert (found.fault, found.at) == ("filter-drop", "ns1"), found.says
