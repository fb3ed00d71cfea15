"""The checks `listen` and `connection`: sockets in, verdict out."""

from dataclasses import replace
from typing import Any

import pytest

from netshell.checks import Evidence, Verdict, check_from
from netshell.facts import PC, Address, Node, Snapshot, Socket

EVERY, EVERY6 = "0.0.0.0", "::"
WEB = Socket("tcp", 4, EVERY, 80, state="LISTEN", program="nc")
LOCAL = replace(WEB, local="127.0.0.1")
DNS = Socket("udp", 4, EVERY, 53, state="UNCONN", program="dnsmasq")
CLIENT = Socket("tcp", 4, "192.0.2.1", 40000, "192.0.2.2", 80, "ESTAB", program="nc")


def judge(*sockets: Socket, **values: Any) -> Verdict:
    """On ns1 there are these sockets; ns2 has 192.0.2.2, and nobody waits there but a web server on 8000."""
    snapshot = Snapshot(
        {
            PC: Node(PC),
            "ns1": Node("ns1", addresses=(Address("192.0.2.1/24", "eth0"),), sockets=sockets),
            "ns2": Node("ns2", addresses=(Address("192.0.2.2/24", "eth0"),), sockets=(replace(WEB, local_port=8000),)),
        }
    )
    return check_from(next(iter(values)), {"at": "ns1", **values}).judge(Evidence(snapshot))


@pytest.mark.parametrize(
    ("socket", "values"),
    [
        (WEB, {"listen": "tcp/80"}),
        (WEB, {"listen": "tcp/80", "address": "192.0.2.1", "program": "nc"}),
        (WEB, {"listen": "tcp/80", "address": EVERY}),
        (LOCAL, {"listen": "tcp/80"}),
        (LOCAL, {"listen": "tcp/80", "address": "127.0.0.1"}),
        (DNS, {"listen": "udp/53"}),
        (replace(WEB, family=6, local=EVERY6), {"listen": "tcp/80", "address": "192.0.2.1"}),
        (replace(WEB, family=6, local=EVERY6, is_v6only=True), {"listen": "tcp/80", "address": "2001:db8::1"}),
        (CLIENT, {"connection": "tcp"}),
        (CLIENT, {"connection": "tcp/80", "state": "estab", "from": "192.0.2.1", "to": "ns2"}),
        (CLIENT, {"connection": "tcp", "at": PC, "from": "ns1", "to": "192.0.2.2"}),
        (replace(CLIENT, state="SYN-SENT"), {"connection": "tcp", "state": "SYN-SENT"}),
    ],
    ids=str,
)
def test_what_is_there_holds(socket: Socket, values: dict[str, Any]) -> None:
    assert judge(socket, **values).holds
    assert not judge(socket, **values, **{"not": True}).holds


@pytest.mark.parametrize(
    ("sockets", "values", "says"),
    [
        ((), {}, "Nothing listens on tcp/80 in ns1 yet."),
        ((), {"listen": "udp/53"}, "Nothing takes datagrams on udp/53 in ns1 yet."),
        (
            (LOCAL,),
            {"address": "192.0.2.1"},
            "nc listens on 127.0.0.1:80 only; 192.0.2.1:80 would be refused.",
        ),
        ((LOCAL,), {"address": EVERY}, "nc listens on 127.0.0.1:80 only, expected on every address (0.0.0.0)."),
        ((WEB,), {"address": "2001:db8::1"}, "nc listens on tcp/80, but for IPv4 alone."),
        (
            (replace(WEB, protocol="udp", state="UNCONN", program=""),),
            {},
            "Something waits on udp/80 in ns1, expected tcp/80.",
        ),
        ((replace(WEB, local_port=8080),), {}, "nc listens on tcp/8080 in ns1, expected on port 80."),
        ((DNS, WEB), {"program": "python3"}, "nc listens on tcp/80 in ns1, expected the program python3."),
        ((), {"listen": "tcp/8000"}, "nc listens on tcp/8000 in ns2, expected in ns1."),
        ((CLIENT,), {}, "Nothing listens on tcp/80 in ns1 yet."),
    ],
)
def test_what_listens_elsewhere_or_otherwise_is_named(
    sockets: tuple[Socket, ...], values: dict[str, Any], says: str
) -> None:
    verdict = judge(*sockets, **{"listen": "tcp/80", **values})
    assert (verdict.holds, verdict.says) == (False, says)


@pytest.mark.parametrize(
    ("sockets", "values", "says"),
    [
        ((WEB,), {}, "ns1 has no TCP connection, expected one in ESTAB."),
        (
            (replace(CLIENT, state="SYN-SENT"),),
            {},
            "The connection 192.0.2.1:40000 → 192.0.2.2:80 in ns1 is in SYN-SENT, expected ESTAB.",
        ),
        (
            (CLIENT,),
            {"to": "192.0.2.9"},
            "ns1 has the connection 192.0.2.1:40000 → 192.0.2.2:80 (ESTAB), expected one to 192.0.2.9.",
        ),
        ((), {"to": "ns3"}, "There is no namespace ns3."),
    ],
)
def test_a_connection_that_is_not_the_one_is_shown(
    sockets: tuple[Socket, ...], values: dict[str, Any], says: str
) -> None:
    verdict = judge(*sockets, connection="tcp", **values)
    assert (verdict.holds, verdict.says) == (False, says)


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"listen": "80"}, "listen"),
        ({"listen": "tcp/0"}, "listen"),
        ({"listen": "tcp/80", "address": "ns1"}, "address"),
        ({"connection": "udp"}, "connection"),
        ({"connection": "tcp", "state": "ESTABLISHED"}, "state"),
        ({"connection": "tcp", "to": "192.0.2.300"}, "to"),
        ({"connection": "tcp", "from": "a/b"}, "from"),
        ({"connect": "tcp/http"}, "connect"),
        ({"connect": "tcp/80", "is": "open"}, "is"),
        ({"connect": "tcp/80", "to": "a b"}, "to"),
    ],
)
def test_values_that_make_no_sense_are_faults_of_their_key(values: dict[str, Any], key: str) -> None:
    assert [fault.key for fault in check_from(next(iter(values)), values).faults()] == [key]


def test_any_holds_with_one_and_tells_the_nearest_first() -> None:
    either = {"any": [{"listen": "tcp/80"}, {"listen": "tcp/81", "at": "ns2"}]}
    assert judge(WEB, **either).holds
    verdict = judge(LOCAL, any=[{"listen": "tcp/80", "address": "192.0.2.1"}, {"netns": "ns7"}])
    assert not verdict.holds
    assert verdict.says == (
        "nc listens on 127.0.0.1:80 only; 192.0.2.1:80 would be refused."
        " That is not the only way: another one will do, too."
    )
    assert verdict.at == "ns1"


def test_a_name_without_a_namespace_can_be_asked_for() -> None:
    hollow = Evidence(Snapshot({"x": Node("x", is_enterable=False), "y": Node("y")}))
    assert check_from("netns", {"netns": "x", "enterable": False}).judge(hollow).holds
    verdict = check_from("netns", {"netns": "y", "enterable": False}).judge(hollow)
    assert verdict.says == "The namespace y can be entered, expected a name without a namespace behind it."
    assert check_from("netns", {"netns": "z", "enterable": False}).judge(hollow).reason == "no-namespace"
