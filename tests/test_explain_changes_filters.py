"""The words for rules of packet filters and NAT that came, went or changed."""

from dataclasses import replace

import pytest

from netshell.explain.changes import say
from netshell.facts import Node, Snapshot, difference
from netshell.filters import Chain, Flow
from netshell.filters import Ends as FlowEnds
from netshell.kernel.iptables_rules import chains_of

BACK = " answers find their way back by that"
HEAD = "*{table}\n:{chain} ACCEPT [0:0]\n"


def iptables(*rules: str, table: str = "filter", chain: str = "FORWARD") -> tuple[Chain, ...]:
    return tuple(chains_of(HEAD.format(table=table, chain=chain) + "\n".join(rules), "ip", "iptables"))


def told(before: tuple[Chain, ...], after: tuple[Chain, ...]) -> list[str]:
    old, new = (Snapshot({"r1": Node("r1", chains=chains)}) for chains in (before, after))
    lines = []
    for item in say(difference(old, new), old, new):
        lines += [] if item.is_background else [f"{item.mark} {item.headline}", f"  {item.detail}"]
    return [line for line in lines if line.strip()]


@pytest.mark.parametrize(
    ("table", "chain", "rule", "detail"),
    [
        ("nat", "POSTROUTING", "-A POSTROUTING -s 10.0.0.0/8 -o eth1 -j MASQUERADE",
         "everything from 10.0.0.0/8 that leaves by eth1 takes eth1's address as its source;" + BACK),
        ("nat", "POSTROUTING", "-A POSTROUTING -j SNAT --to-source 203.0.113.1",
         "everything takes 203.0.113.1 as its source;" + BACK),
        ("nat", "PREROUTING", "-A PREROUTING -i eth0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.0.0.2:80",
         "TCP to port 8080 that comes in by eth0 goes to 10.0.0.2 port 80 instead"),
        ("filter", "INPUT", "-A INPUT -p icmp -j DROP", "ICMP is thrown away without a word"),
        ("filter", "INPUT", "-A INPUT -p tcp -j REJECT --reject-with tcp-reset",
         "TCP is refused: its sender gets an RST"),
        ("filter", "INPUT", "-A INPUT ! -i lo -p udp -m udp --dport 53 -j ACCEPT",
         "UDP to port 53 that does not come in by lo may pass"),
        ("filter", "INPUT", "-A INPUT -m limit --limit 5/min -j ACCEPT", ""),
    ],
    ids=str,
)  # fmt: skip
def test_a_new_rule_is_told_with_what_it_does(table: str, chain: str, rule: str, detail: str) -> None:
    shown = f"+ r1: rule iptables {'-t nat ' if table == 'nat' else ''}{rule}"
    after = iptables(rule, table=table, chain=chain)
    assert told((), after) == [shown, *([f"  {detail}"] if detail else [])]
    assert told(after, ()) == [shown.replace("+", "-", 1)]


def test_a_policy_that_changed_is_told_and_that_a_chain_came_with_a_rule_is_not() -> None:
    open_one = iptables()
    closed = (replace(open_one[0], policy="drop"),)
    assert told((), open_one) == []
    assert told(open_one, closed) == [
        "~ r1: chain iptables filter FORWARD  policy accept → drop",
        "  what no rule accepts is dropped",
    ]


def test_a_rule_that_moved_or_only_counted_is_no_news() -> None:
    one, other = iptables("-A FORWARD -p tcp -j DROP", "-A FORWARD -p udp -j DROP")[0].rules
    chain = iptables()[0]
    before = (replace(chain, rules=(one, other)),)
    assert told(before, (replace(chain, rules=(other, one)),)) == []
    assert told(before, (replace(chain, rules=(replace(one, packets=9), other)),)) == []


def test_tracked_connections_are_no_changes() -> None:
    flow = Flow("icmp", FlowEnds("192.0.2.1", "192.0.2.2"), FlowEnds("192.0.2.2", "192.0.2.1"))
    quiet, busy = (Snapshot({"r1": Node("r1", flows=flows)}) for flows in ((), (flow,)))
    assert difference(quiet, busy) == ()
