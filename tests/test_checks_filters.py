"""The checks `firewall`, `nat` and `tracked`: rules in, verdict out, the same for every tool."""

from dataclasses import replace
from typing import Any

import pytest
from inside import Inside, play

from netshell import lab
from netshell.checks import KINDS, Evidence, Verdict, check_from
from netshell.facts import Address, Link, Node, Route, Snapshot
from netshell.filters import Ends, Flow
from netshell.kernel.iptables_rules import chains_of
from netshell.topology import NodeSpec, Topology, parse_link, parse_route


def link(name: str, index: int) -> Link:
    return Link(name, index, "veth", is_up=True, has_carrier=True, state="UP")


HOME = Node(
    "ns1",
    {"eth0": link("eth0", 2)},
    (Address("192.168.1.10/24", "eth0"),),
    (Route("192.168.1.0/24", "eth0"), Route("default", "eth0", "192.168.1.1")),
)
WORLD = Node("ns2", {"eth0": link("eth0", 2)}, (Address("203.0.113.2/24", "eth0"),), (Route("203.0.113.0/24", "eth0"),))
ROUTER = Node(
    "r1",
    {"eth1": link("eth1", 2), "eth2": link("eth2", 3)},
    (Address("192.168.1.1/24", "eth1"), Address("203.0.113.1/24", "eth2")),
    (Route("192.168.1.0/24", "eth1"), Route("203.0.113.0/24", "eth2")),
)
FLOW = Flow("icmp", Ends("192.168.1.10", "203.0.113.2", 7), Ends("203.0.113.2", "203.0.113.1", 7))


def judge(
    rules: tuple[str, ...], values: dict[str, Any], *, policy: str = "ACCEPT", flows: tuple[Flow, ...] = ()
) -> Verdict:
    """On r1, between ns1 at home and ns2 in the world, there are these rules, as iptables-save lists them."""
    chains = []
    hooks = {"filter": ("INPUT", "FORWARD", "OUTPUT"), "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING")}
    for table, names in hooks.items():
        own = [rule.removeprefix("-t nat ") for rule in rules if rule.startswith("-t nat") is (table == "nat")]
        heads = [f":{name} {policy if table == 'filter' else 'ACCEPT'} [0:0]" for name in names]
        chains += chains_of("\n".join([f"*{table}", *heads, *own, "COMMIT"]), "ip", "iptables")
    router = replace(ROUTER, chains=tuple(chains), flows=flows)
    evidence = Evidence(Snapshot({node.name: node for node in (HOME, router, WORLD)}))
    return check_from(next(iter(values)), {"at": "r1", **values}).judge(evidence)


WEB: dict[str, Any] = {"firewall": "tcp/80", "from": "ns1", "to": "ns2"}
DROP_WEB = "-A FORWARD -p tcp -m tcp --dport 80 -j DROP"


@pytest.mark.parametrize(
    ("rules", "values"),
    [
        ((), {**WEB, "is": "accepted"}),
        ((DROP_WEB,), {**WEB, "is": "dropped"}),
        ((DROP_WEB,), {"firewall": "tcp/81", "from": "ns1", "to": "ns2", "is": "accepted"}),
        (("-A FORWARD -i eth1 -o eth2 -s 192.168.1.0/24 -j REJECT",), {**WEB, "is": "rejected"}),
        ((DROP_WEB,), {**WEB, "from": "192.168.1.0/24", "is": "dropped"}),
        (("-A INPUT -p icmp -j DROP",), {"firewall": "icmp", "from": "ns1", "is": "dropped"}),
        (("-A INPUT -d 192.168.1.1 -i eth1 -j DROP",), {"firewall": "tcp/22", "from": "ns1", "is": "dropped"}),
        (("-A OUTPUT -p udp -j DROP",), {"firewall": "udp/53", "from": "r1", "to": "ns2", "is": "dropped"}),
        (("-A INPUT -j DROP",), {"firewall": "tcp/22", "direction": "in", "is": "dropped"}),
        (("-A INPUT -m state --state NEW -j DROP",), {"firewall": "tcp/22", "state": "established", "is": "accepted"}),
        (("-A FORWARD -i eth1 -j DROP",), {"firewall": "tcp/80", "in": "eth1", "out": "eth2", "is": "dropped"}),
        (("-t nat -A PREROUTING -p tcp -m tcp --dport 80 -j DNAT --to-destination 192.168.1.10", DROP_WEB),
         {"firewall": "tcp/80", "from": "ns2", "direction": "forward", "to": "203.0.113.1", "is": "dropped"}),
    ],
    ids=str,
)  # fmt: skip
def test_packets_whose_fate_is_as_expected(rules: tuple[str, ...], values: dict[str, Any]) -> None:
    verdict = judge(rules, values)
    assert verdict.holds, verdict.says
    assert not judge(rules, {**values, "not": True}).holds


@pytest.mark.parametrize(
    ("rules", "values", "reason", "said"),
    [
        ((DROP_WEB,), {**WEB, "is": "accepted"}, "is-dropped",
         f"r1 drops tcp/80 from ns1 to ns2, by the rule `iptables {DROP_WEB}`; expected accepted."),
        (("-A INPUT -p tcp -m tcp --dport 80 -j DROP",), {**WEB, "is": "dropped"}, "is-accepted",
         "-j DROP` stands in the chain INPUT: packets that it passes on do not come there."),
        (("-A FORWARD -p tcp -m tcp --dport 8080 -j DROP",), {**WEB, "is": "dropped"}, "is-accepted",
         "`iptables -A FORWARD -p tcp -m tcp --dport 8080 -j DROP` is for port 8080."),
        (("-A FORWARD -o eth1 -p tcp -j DROP",), {**WEB, "is": "dropped"}, "is-accepted",
         "`iptables -A FORWARD -o eth1 -p tcp -j DROP` is for what leaves by eth1."),
        (("-A FORWARD -p tcp -j ACCEPT", DROP_WEB), {**WEB, "is": "dropped"}, "is-accepted",
         "`iptables -A FORWARD -p tcp -m tcp --dport 80 -j DROP` comes too late: the first rule that fits decides."),
        ((DROP_WEB,), {**WEB, "is": "rejected"}, "is-dropped", "expected rejected."),
        (("-A FORWARD -p tcp -m limit --limit 1/sec -j DROP",), {**WEB, "is": "dropped"}, "unclear",
         "-m limit --limit 1/sec -j DROP` asks for more than can be judged from outside."),
    ],
    ids=str,
)  # fmt: skip
def test_the_nearest_miss_of_a_firewall_is_told(
    rules: tuple[str, ...], values: dict[str, Any], reason: str, said: str
) -> None:
    verdict = judge(rules, values)
    assert (verdict.holds, verdict.reason) == (False, reason)
    assert verdict.says.endswith(said), verdict.says


def test_a_policy_is_named_where_it_decides() -> None:
    verdict = judge((), {**WEB, "is": "accepted"}, policy="DROP")
    assert verdict.says == (
        "r1 drops tcp/80 from ns1 to ns2: no rule of the chain FORWARD (iptables, table filter) accepts it, and its"
        " policy is drop; expected accepted."
    )


MASQUERADE: dict[str, Any] = {"nat": "masquerade", "source": "192.168.1.0/24", "out": "eth2"}
DNAT: dict[str, Any] = {"nat": "dnat", "in": "eth2", "port": "tcp/8080", "to": "192.168.1.10:80"}
TO_WEB = "-t nat -A PREROUTING -i eth2 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 192.168.1.10:80"


@pytest.mark.parametrize(
    ("rules", "values"),
    [
        (("-t nat -A POSTROUTING -o eth2 -j MASQUERADE",), MASQUERADE),
        (("-t nat -A POSTROUTING -s 192.168.1.0/24 -j MASQUERADE",), MASQUERADE),
        (("-t nat -A POSTROUTING ! -d 192.168.0.0/16 -j SNAT --to-source 203.0.113.1",), MASQUERADE),
        (("-t nat -A POSTROUTING -o eth2 -j MASQUERADE",), {"nat": "masquerade", "out": "eth2"}),
        (("-t nat -A POSTROUTING -o eth2 -j MASQUERADE",), {"nat": "snat", "out": "eth2", "to": "203.0.113.1"}),
        (("-t nat -A POSTROUTING -p tcp -j MASQUERADE",), {**MASQUERADE, "port": "tcp/80"}),
        ((TO_WEB,), DNAT),
        ((TO_WEB,), {**DNAT, "source": "ns2"}),
        (("-t nat -A PREROUTING -d 203.0.113.1 -p tcp -j DNAT --to-destination 192.168.1.10",),
         {**DNAT, "port": "tcp/80", "to": "192.168.1.10"}),
    ],
    ids=str,
)  # fmt: skip
def test_nat_of_the_expected_effect_holds(rules: tuple[str, ...], values: dict[str, Any]) -> None:
    verdict = judge(rules, values)
    assert verdict.holds, verdict.says


@pytest.mark.parametrize(
    ("rules", "values", "reason", "said"),
    [
        ((), MASQUERADE, "missing",
         "No rule in r1 gives icmp from 192.168.1.0/24 that leaves by eth2 another source yet."),
        (("-t nat -A POSTROUTING -o eth1 -j MASQUERADE",), MASQUERADE, "wrong-rule",
         "`iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE` is for what leaves by eth1; expected eth2."),
        (("-t nat -A POSTROUTING -s 192.168.2.0/24 -j MASQUERADE",), MASQUERADE, "wrong-rule",
         "is for what comes from 192.168.2.0/24; expected 192.168.1.0/24."),
        (("-t nat -A POSTROUTING -p tcp -j MASQUERADE",), MASQUERADE, "wrong-rule", "is for tcp; expected icmp."),
        (("-t nat -A POSTROUTING -j ACCEPT", "-t nat -A POSTROUTING -j MASQUERADE"), MASQUERADE, "wrong-rule",
         "stands in the chain POSTROUTING, where such packets do not come to it."),
        (("-t nat -A POSTROUTING -o eth2 -j SNAT --to-source 203.0.113.7",), MASQUERADE, "wrong-address",
         "gives icmp from 192.168.1.0/24 that leaves by eth2 the source 203.0.113.7, expected 203.0.113.1."),
        ((TO_WEB,), MASQUERADE, "wrong-kind", "changes the destination of packets, expected their source."),
        ((TO_WEB.replace("8080", "8081"),), DNAT, "wrong-rule", "is for port 8081; expected 8080."),
        ((TO_WEB.replace(".10:80", ".11:80"),), DNAT, "wrong-address",
         "sends tcp/8080 that comes in by eth2 to 192.168.1.11:80, expected 192.168.1.10:80."),
        ((TO_WEB.replace("-i eth2", "-i eth1"),), DNAT, "wrong-rule",
         "is for what comes in by eth1; expected eth2."),
        ((TO_WEB.replace("-j DNAT", "-m statistic --mode random -j DNAT"),), DNAT,
         "unclear", "asks for more than can be judged from outside."),
    ],
    ids=str,
)  # fmt: skip
def test_the_nearest_miss_of_nat_is_told(
    rules: tuple[str, ...], values: dict[str, Any], reason: str, said: str
) -> None:
    verdict = judge(rules, values)
    assert (verdict.holds, verdict.reason) == (False, reason), verdict.says
    assert verdict.says.endswith(said), verdict.says


def test_a_tracked_connection_is_known_by_both_of_its_sides() -> None:
    whole = {"tracked": "icmp", "from": "ns1", "to": "ns2", "as": "203.0.113.1", "served_by": "ns2"}
    assert judge((), whole, flows=(FLOW,)).holds
    assert judge((), whole).says == "r1 keeps track of no icmp connection."
    miss = judge((), {**whole, "as": "203.0.113.9"}, flows=(FLOW,))
    assert miss.says == (
        "r1 keeps track of icmp 192.168.1.10 → 203.0.113.2, answered to 203.0.113.1; expected that the other end knows"
        " the opener as 203.0.113.9."
    )
    assert judge((), {"tracked": "tcp/80"}, flows=(FLOW,)).reason == "missing"


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"firewall": "sctp/80", "is": "dropped"}, "firewall"),
        ({"firewall": "tcp/80", "is": "blocked"}, "is"),
        ({"firewall": "tcp/80", "is": "dropped", "direction": "inward"}, "direction"),
        ({"firewall": "tcp/80", "is": "dropped", "from": "192.0.2.0/33"}, "from"),
        ({"nat": "pat"}, "nat"),
        ({"nat": "masquerade", "to": "192.0.2.1"}, "to"),
        ({"nat": "dnat", "out": "eth0"}, "out"),
        ({"nat": "snat", "in": "eth0"}, "in"),
        ({"nat": "dnat", "to": "web"}, "to"),
        ({"tracked": "gre"}, "tracked"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_told_to_the_author(values: dict[str, Any], key: str) -> None:
    assert [fault.key for fault in check_from(next(iter(values)), values).faults()] == [key]


LAB = Topology(
    (NodeSpec("ns1"), NodeSpec("r1", "router"), NodeSpec("ns2")),
    (
        parse_link("ns1:eth0 192.168.1.10/24 -- r1:eth1 192.168.1.1/24"),
        parse_link("r1:eth2 203.0.113.1/24 -- ns2:eth0 203.0.113.2/24"),
    ),
    (parse_route("ns1", "default via 192.168.1.1"),),
)
CHECKS: tuple[dict[str, Any], ...] = (
    MASQUERADE,
    DNAT,
    {**WEB, "is": "rejected"},
    {"firewall": "icmp", "is": "dropped"},
)
SPELLINGS = {
    "iptables": (
        "iptables-nft -t nat -A POSTROUTING -o eth2 -j MASQUERADE",
        "iptables-nft -t nat -A PREROUTING -p tcp -i eth2 --dport 8080 -j DNAT --to 192.168.1.10:80",
        "iptables-nft -A FORWARD -p tcp -m tcp --dport 80 -j REJECT",
        "iptables-nft -P INPUT DROP",
    ),
    "legacy": (
        "iptables-legacy -t nat -A POSTROUTING -s 192.168.1.0/24 -o eth2 -j SNAT --to 203.0.113.1",
        "iptables-legacy -t nat -A PREROUTING -p tcp -d 203.0.113.1 --dport 8080 -j DNAT --to 192.168.1.10:80",
        "iptables-legacy -A FORWARD -p tcp -m multiport --dports 80,443 -j REJECT --reject-with tcp-reset",
        "iptables-legacy -A INPUT -j DROP",
    ),
    "nft": (
        "nft 'table ip n { chain post { type nat hook postrouting priority srcnat; oifname eth2 masquerade; }; }'",
        "nft 'add chain ip n pre { type nat hook prerouting priority dstnat; }'",
        "nft add rule ip n pre iif eth2 tcp dport 8080 dnat to 192.168.1.10:80",
        "nft 'table inet f { set web { type inet_service; elements = { 80, 443 }; }; }'",
        "nft 'add chain inet f through { type filter hook forward priority filter; }'",
        "nft add rule inet f through tcp dport @web reject with tcp reset",
        "nft 'add chain inet f in { type filter hook input priority filter; policy drop; }'",
        "nft add rule inet f in ct state established,related accept",
    ),
}


@pytest.mark.kernel
def test_every_tools_spelling_of_one_effect_passes_alike() -> None:
    async def scenario(inside: Inside) -> dict[str, list[Verdict]]:
        await lab.build(inside.machine, inside.kernel, LAB)
        found = {}
        for name, lines in {"none": (), **SPELLINGS}.items():
            await inside.sh(*(f"ip netns exec r1 {line}" for line in lines), ":")
            evidence = Evidence(await inside.snapshot())
            found[name] = [check_from(next(iter(v)), {"at": "r1", **v}).judge(evidence) for v in CHECKS]
            await inside.sh(
                "ip netns exec r1 nft flush ruleset",
                *(f"ip netns exec r1 iptables-legacy {end}" for end in ("-F", "-t nat -F")),
            )
        return found

    verdicts = play(scenario)
    assert [verdict.holds for verdict in verdicts.pop("none")] == [False] * len(CHECKS)
    assert [(name, v.says) for name, found in verdicts.items() for v in found if not v.holds] == []


def test_the_three_kinds_are_known() -> None:
    assert {"firewall", "nat", "tracked"} <= set(KINDS)
