"""What chains come to, for a packet that is described: pure, from the listings that iptables and nft give."""

from dataclasses import replace

import pytest

from netshell.facts import Address, Node
from netshell.filters import Chain, FilterRule, Match
from netshell.kernel.iptables_rules import chains_of
from netshell.netfilter import Packet, pass_through, turned_round
from netshell.netfilter.chains import ask
from netshell.netfilter.course import HOOKS

SYN = Packet("192.0.2.1", "192.0.2.2", "tcp", None, 80, incoming="eth0", outgoing="")
ECHO = Packet("192.0.2.1", "192.0.2.2", "icmp", incoming="eth0", outgoing="", icmp_type="echo-request")


def node(*rules: str, table: str = "filter", policy: str = "ACCEPT", chains: tuple[str, ...] = ()) -> Node:
    lines = [f"*{table}"]
    lines += [f":{name} {policy} [0:0]" for name in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")]
    lines += [f":{name} - [0:0]" for name in chains]
    text = "\n".join([*lines, *rules, "COMMIT"])
    addresses = (Address("192.0.2.2/24", "eth0"), Address("203.0.113.1/24", "eth1"))
    return Node("r1", addresses=addresses, chains=tuple(chains_of(text, "ip", "iptables")))


@pytest.mark.parametrize(
    ("rules", "fate"),
    [
        ((), "accepted"),
        (("-A INPUT -p tcp -m tcp --dport 80 -j DROP",), "dropped"),
        (("-A INPUT -p tcp -m tcp --dport 81 -j DROP",), "accepted"),
        (("-A INPUT -p tcp -m multiport --dports 22,79:81 -j REJECT --reject-with tcp-reset",), "rejected"),
        (("-A INPUT -p tcp -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 80 -j DROP"), "accepted"),
        (("-A INPUT -p tcp -m tcp --dport 80 -j DROP", "-A INPUT -p tcp -j ACCEPT"), "dropped"),
        (("-A INPUT -s 192.0.2.0/24 -j DROP",), "dropped"),
        (("-A INPUT ! -s 192.0.2.0/24 -j DROP",), "accepted"),
        (("-A INPUT -i eth+ -j DROP",), "dropped"),
        (("-A INPUT -i eth1 -j DROP",), "accepted"),
        (("-A FORWARD -j DROP",), "accepted"),
        (("-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j DROP",), "accepted"),
        (("-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP",), "dropped"),
        (("-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -j DROP",), "accepted"),
        (("-A INPUT -p icmp -j DROP",), "accepted"),
        (('-A INPUT -j LOG --log-prefix "a b"', "-A INPUT -j DROP"), "dropped"),
        (("-A INPUT -j web", "-A web -p udp -j DROP"), "accepted"),
        (("-A INPUT -j web", "-A web -p tcp -j DROP"), "dropped"),
        (("-A INPUT -j web", "-A INPUT -j DROP", "-A web -p tcp -j RETURN", "-A web -j ACCEPT"), "dropped"),
        (("-A INPUT -g web", "-A INPUT -j DROP", "-A web -p udp -j DROP"), "accepted"),
    ],
    ids=str,
)
def test_the_first_rule_that_fits_decides_through_every_jump(rules: tuple[str, ...], fate: str) -> None:
    assert ask(node(*rules, chains=("web",)), "input", SYN).fate == fate


def test_a_policy_decides_where_no_rule_does() -> None:
    closed = node("-A INPUT -p icmp -j ACCEPT", policy="DROP")
    assert ask(closed, "input", ECHO).fate == "accepted"
    ruling = ask(closed, "input", SYN)
    assert (ruling.fate, ruling.rule, ruling.chain and ruling.chain.name) == ("dropped", None, "INPUT")


@pytest.mark.parametrize(
    ("rules", "fate"),
    [
        (("-A INPUT -m limit --limit 1/sec -j DROP",), "unknown"),
        (("-A INPUT -m limit --limit 1/sec -j ACCEPT",), "accepted"),
        (("-A INPUT -m limit --limit 1/sec -j ACCEPT", "-A INPUT -j DROP"), "unknown"),
        (("-A INPUT -p udp -m limit --limit 1/sec -j DROP",), "accepted"),
        (("-A INPUT -m limit --limit 1/sec -j LOG", "-A INPUT -j DROP"), "dropped"),
        (("-A INPUT -m mark --mark 0x1 -j RETURN", "-A INPUT -j DROP"), "unknown"),
        (("-A INPUT -m mark --mark 0x1 -j web", "-A web -j DROP"), "unknown"),
        (("-A INPUT -j NFQUEUE --queue-num 0",), "unknown"),
        (("-A INPUT -p tcp -m tcp --sport 22 -j DROP",), "accepted"),
        (("-A INPUT -p tcp -m tcp --sport 40000 -j DROP",), "unknown"),
        (("-A INPUT -p tcp -m tcp --sport 1024:65535 -j DROP",), "dropped"),
    ],
    ids=str,
)
def test_what_cannot_be_judged_is_said_only_where_it_matters(rules: tuple[str, ...], fate: str) -> None:
    assert ask(node(*rules, chains=("web",)), "input", SYN).fate == fate


def test_rules_that_no_program_could_show_leave_everything_open() -> None:
    assert ask(Node("r1", has_unread_rules=True), "input", SYN).fate == "unknown"


def test_every_chain_at_a_hook_is_asked_and_a_drop_in_any_is_final() -> None:
    drop = FilterRule("inet", "f", "in", "drop", (), "drop")
    later = Chain("inet", "f", "in", (drop,), "input", 10)
    accepting = node("-A INPUT -j ACCEPT")
    assert ask(accepting, "input", SYN).fate == "accepted"
    assert ask(replace(accepting, chains=(*accepting.chains, later)), "input", SYN).fate == "dropped"
    six = replace(later, family="ip6")
    assert ask(replace(accepting, chains=(*accepting.chains, six)), "input", SYN).fate == "accepted"


def test_nat_changes_a_connections_first_packet_and_the_hooks_behind_see_the_change() -> None:
    to_web = node("-A PREROUTING -i eth0 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2:8080", table="nat")
    closed = node("-A FORWARD -d 10.0.0.2 -p tcp -m tcp --dport 8080 -j DROP")
    both = replace(to_web, chains=(*to_web.chains, *closed.chains))
    packet = replace(SYN, outgoing="eth1")
    passage = pass_through(both, HOOKS["forward"], packet)
    assert (passage.ruling.fate, passage.hook) == ("dropped", "forward")
    assert (passage.packet.destination, passage.packet.destination_port) == ("10.0.0.2", 8080)
    assert [rule.action for rule in passage.nats] == ["dnat"]
    assert pass_through(both, HOOKS["forward"], turned_round(packet)).nats == ()


def test_masquerade_takes_the_address_of_the_interface_and_redirect_the_nodes_own() -> None:
    router = node("-A POSTROUTING -o eth1 -j MASQUERADE", table="nat")
    out = pass_through(router, ("postrouting",), replace(SYN, destination="203.0.113.9", outgoing="eth1"))
    assert out.packet.source == "203.0.113.1"
    assert pass_through(router, ("postrouting",), replace(SYN, outgoing="eth0")).packet.source == "192.0.2.1"
    own = node("-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080", table="nat")
    taken = pass_through(own, ("prerouting",), replace(SYN, destination="203.0.113.9")).packet
    assert (taken.destination, taken.destination_port) == ("192.0.2.2", 8080)
    spread = node("-A PREROUTING -j DNAT --to-destination 10.0.0.2-10.0.0.9", table="nat")
    assert ask(spread, "prerouting", SYN).fate == "unknown"


def test_a_map_to_a_set_of_states_is_judged_element_by_element() -> None:
    parts = (
        FilterRule("inet", "f", "in", "vmap", (Match("state", ("established",)),), "accept"),
        FilterRule("inet", "f", "in", "vmap", (Match("state", ("new",)),), "drop", part=1),
    )
    chain = Chain("inet", "f", "in", parts, "input")
    assert ask(Node("r1", chains=(chain,)), "input", SYN).fate == "dropped"
    assert ask(Node("r1", chains=(chain,)), "input", replace(SYN, state="established")).fate == "accepted"


def test_what_is_not_tracked_is_in_no_connections_state() -> None:
    raw = node("-A PREROUTING -s 192.0.2.1/32 -j CT --notrack", table="raw")
    stateful = node("-A INPUT -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT", policy="DROP")
    both = replace(raw, chains=(*raw.chains, *(chain for chain in stateful.chains if chain.hook == "input")))
    assert pass_through(both, HOOKS["in"], SYN).ruling.fate == "dropped"
    assert pass_through(both, HOOKS["in"], replace(SYN, source="192.0.2.9")).ruling.fate == "accepted"
    assert pass_through(both, HOOKS["in"], replace(SYN, source=None)).ruling.fate == "unknown"
