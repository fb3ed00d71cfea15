"""What each kind of check says of a network that is nearly right: what it found, what it expected, the nearest miss."""

from typing import Any

import pytest
from traces import Sent, arp_request, over_ip, trace
from wire import tcp

from netshell.checks import KINDS, Evidence, check_from
from netshell.checks.base import Command
from netshell.checks.needs import FileNeed, ProcessesNeed, ScriptNeed
from netshell.facts import PC, Address, End, FdbEntry, Link, Neighbour, Node, Process, Route, Snapshot, Socket

MAC_1, MAC_2 = "02:00:00:00:00:01", "02:00:00:00:00:02"


def node(name: str, number: int, **more: Any) -> Node:
    end = Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP", mac=f"02:00:00:00:00:0{number}")
    return Node(
        name,
        links={"eth0": Link(**{**_fields(end), "peer": End(f"ns{3 - number}", "eth0")})},
        addresses=(Address(f"192.0.2.{number}/24", "eth0"),),
        routes=(Route("192.0.2.0/24", "eth0", proto="kernel", scope="link"),),
        sysctls={"net.ipv4.ip_forward": "0"},
        **more,
    )


def _fields(link: Link) -> dict[str, Any]:
    return {name: getattr(link, name) for name in Link.__dataclass_fields__}


BRIDGE = Link("br0", 5, "bridge", is_up=True, has_carrier=True, state="UP")
NEARLY = Snapshot(
    {
        PC: Node(PC),
        "ns1": node("ns1", 1, neighbours=(Neighbour("192.0.2.2", "eth0", MAC_2, "STALE"),)),
        "ns2": node("ns2", 2, sockets=(Socket("tcp", 4, "127.0.0.1", 80, state="LISTEN", program="nc"),)),
        "sw1": Node("sw1", links={"br0": BRIDGE}, fdb=(FdbEntry(MAC_1, "port1", "br0", is_learned=True),)),
    }
)
WIRE = trace([Sent("ns1 ns2", arp_request()), Sent("ns1 ns2", over_ip(6, tcp(flags=2, ports=(40000, 8080))))])
SEEN = Evidence(
    NEARLY,
    wire=WIRE,
    commands=(Command("ns1", "ip a", "inet 192.0.2.1/24"),),
    found={
        FileNeed("ns1", "/etc/hosts"): "127.0.0.1 localhost\n192.0.2.7 www.example\n",
        FileNeed("ns1", "/etc/motd"): "Hello\n",
        ProcessesNeed("ns1"): (Process("dnsmasq", ("dnsmasq",)),),
        ScriptNeed("ns1", "false"): 1,
    },
)
SAID: list[tuple[dict[str, Any], str]] = [
    ({"netns": "ns3"}, "There is no namespace ns3."),
    ({"link": "eth1", "at": "ns1"}, "There is no link eth1 in ns1. There is one named eth0."),
    ({"link": "eth0", "at": "ns1", "mtu": 1400}, "eth0 has an MTU of 1500 bytes, expected 1400."),
    ({"address": "192.0.2.1/25", "at": "ns1"}, "ns1 has 192.0.2.1/24: the prefix length is 24, expected 25."),
    (
        {"neighbour": "192.0.2.2", "at": "ns1", "mac": MAC_1},
        f"For ns1, 192.0.2.2 is at {MAC_2} (eth0 in ns2)",
    ),
    ({"route": "default", "at": "ns1"}, "ns1 has no default route."),
    (
        {"route": "192.0.2.0/24", "at": "ns1", "via": "192.0.2.9"},
        "ns1 sends packets for 192.0.2.0/24 straight out of",
    ),
    ({"sysctl": "net.ipv4.ip_forward", "at": "ns1", "is": 1}, "net.ipv4.ip_forward is 0 in ns1, expected 1."),
    ({"ping": "192.0.2.2", "at": "ns1"}, "192.0.2.2 has not been pinged from ns1 in this step yet."),
    (
        {"listen": "tcp/80", "at": "ns2", "address": "192.0.2.2"},
        "nc listens on 127.0.0.1:80 only; 192.0.2.2:80",
    ),
    ({"connection": "tcp", "at": "ns1", "to": "ns2"}, "ns1 has no TCP connection, expected one to ns2 in ESTAB."),
    ({"connect": "tcp/80", "at": "ns1", "to": "ns2"}, "ns1 tried port 8080, expected 80."),
    ({"firewall": "tcp/80", "at": "ns2", "is": "dropped"}, "ns2 accepts"),
    ({"nat": "masquerade", "at": "ns1", "out": "eth0"}, "No rule in ns1 gives"),
    ({"tracked": "icmp", "at": "ns1"}, "ns1 keeps track of no icmp connection."),
    (
        {"packets": [{"arp": "request", "from": "ns1"}, {"arp": "reply"}]},
        "ns1 sent an ARP request; an ARP reply",
    ),
    ({"http": "http://192.0.2.2/", "at": "ns1"}, "ns1 has not asked for http://192.0.2.2/ in this step yet."),
    (
        {"resolve": "www.example", "at": "ns1", "is": "192.0.2.8"},
        "www.example is 192.0.2.7 for ns1, by /etc/hosts",
    ),
    (
        {"fdb": MAC_1, "at": "sw1", "dev": "port2"},
        f"The bridge br0 in sw1 has {MAC_1} behind port1",
    ),
    ({"file": "/etc/motd", "at": "ns1", "contains": "Bye"}, "/etc/motd in ns1 says `Hello`, expected `Bye` in it."),
    ({"process": "bird", "at": "ns1"}, "No bird runs in ns1. There runs: dnsmasq."),
    ({"output": "ttl=64", "at": "ns1"}, "No command in ns1 has printed what this step looks for yet."),
    ({"typed": "^ping"}, "No command has had the words that this step looks for yet."),
    ({"script": "false", "at": "ns1", "say": "The page is empty."}, "The page is empty."),
    (
        {"any": [{"netns": "ns9"}, {"link": "eth0", "at": "ns1", "up": False}]},
        "eth0 in ns1 is UP, expected DOWN. That is",
    ),
]


@pytest.mark.parametrize(("values", "says"), SAID, ids=[next(iter(values)) for values, _ in SAID])
def test_a_near_miss_is_told_in_the_field_s_words(values: dict[str, Any], says: str) -> None:
    verdict = check_from(next(iter(values)), values).judge(SEEN)
    assert not verdict.holds
    assert verdict.says.startswith(says)
    assert verdict.says.endswith(".")
    assert not any(sign in verdict.says for sign in ("{", "}", "None", "True", "[", "'arp'"))


def test_every_kind_has_its_words_here() -> None:
    assert {next(iter(values)) for values, _ in SAID} == set(KINDS)
