"""The words for sockets, on the states that real programs go through."""

from dataclasses import replace

from netshell.explain.changes import as_json, say
from netshell.facts import PC, Node, Snapshot, Socket, difference

EVERY = "0.0.0.0"
WEB = Socket("tcp", 4, EVERY, 80, state="LISTEN", program="nc")
HERE = Socket("tcp", 4, "192.0.2.1", 40000, "192.0.2.2", 80, "ESTAB", program="curl")
THERE = Socket("tcp", 4, "192.0.2.2", 80, "192.0.2.1", 40000, "ESTAB", program="nc")


def lab(ns1: tuple[Socket, ...] = (), ns2: tuple[Socket, ...] = (), pc: tuple[Socket, ...] = ()) -> Snapshot:
    nodes = (Node(PC, sockets=pc), Node("ns1", sockets=ns1), Node("ns2", sockets=ns2))
    return Snapshot({node.name: node for node in nodes})


def told(before: Snapshot, after: Snapshot) -> list[str]:
    lines = []
    for item in say(difference(before, after), before, after):
        lines += [] if item.is_background else [f"{item.mark} {item.headline}", f"  {item.detail}"]
    return [line for line in lines if line.strip()]


def test_what_begins_to_listen_is_told_with_the_addresses_it_is_reached_at() -> None:
    assert told(lab(), lab((WEB,))) == [
        "+ ns1: socket tcp 0.0.0.0:80 LISTEN nc",
        "  nc waits for connections on port 80, on every address of ns1",
    ]
    assert told(lab(), lab(pc=(replace(WEB, local="127.0.0.1"),))) == [
        "+ socket tcp 127.0.0.1:80 LISTEN nc",
        "  nc waits for connections on port 80, on 127.0.0.1 only",
    ]
    six = replace(WEB, family=6, local="::", is_v6only=True, program="", dev="eth0")
    assert told(lab(), lab(pc=(six,)))[1] == (
        "  a program waits for connections on port 80, on every IPv6 address of the PC, and only from eth0"
    )


def test_what_stops_listening_is_told() -> None:
    expected = ["- ns1: socket tcp 0.0.0.0:80 LISTEN nc", "  nobody waits for connections there any more"]
    assert told(lab((WEB,)), lab()) == expected


def test_a_bound_udp_socket_waits_for_datagrams() -> None:
    bound = Socket("udp", 4, EVERY, 53, state="UNCONN", program="dnsmasq")
    assert told(lab(), lab((bound,)))[1] == "  dnsmasq waits for datagrams on port 53, on every address of ns1"
    joined = replace(bound, local="192.0.2.1", local_port=40000, remote="192.0.2.2", remote_port=53, state="ESTAB")
    assert told(lab(), lab((joined,))) == [
        "+ ns1: socket udp 192.0.2.1:40000 → 192.0.2.2:53 ESTAB dnsmasq",
        "  dnsmasq sends its datagrams to 192.0.2.2:53; nothing was agreed with the other end",
    ]


def test_a_connection_is_told_once_at_the_end_that_opened_it() -> None:
    before, after = lab(ns2=(WEB,)), lab((HERE,), (WEB, THERE))
    assert told(before, after) == [
        "+ ns1: socket tcp 192.0.2.1:40000 → 192.0.2.2:80 ESTAB curl",
        "  curl on ns1 and nc on ns2 are connected",
    ]


def test_a_connection_to_oneself_is_told_once_as_well() -> None:
    here = replace(HERE, local="127.0.0.1", remote="127.0.0.1")
    there = replace(THERE, local="127.0.0.1", remote="127.0.0.1")
    assert told(lab(pc=(WEB,)), lab(pc=(there, here))) == [
        "- socket tcp 0.0.0.0:80 LISTEN nc",
        "  nobody waits for connections there any more",
        "+ socket tcp 127.0.0.1:40000 → 127.0.0.1:80 ESTAB curl",
        "  curl on the PC and nc on the PC are connected",
    ]


def test_a_connection_to_somebody_outside_is_told_alone() -> None:
    assert told(lab(), lab((HERE,)))[1] == "  curl on ns1 is connected to 192.0.2.2:80"


def test_a_closed_connection_is_told_once_and_time_wait_is_no_news() -> None:
    before = lab((HERE,), (WEB, THERE))
    lingering = replace(HERE, state="TIME-WAIT", program="")
    assert told(before, lab((lingering,), (WEB,))) == [
        "~ ns1: socket tcp 192.0.2.1:40000 → 192.0.2.2:80 closed",
        "  ns1 keeps it in TIME-WAIT for a minute, in case a late segment comes",
    ]
    assert told(lab(ns2=(WEB,)), lab((lingering,), (WEB,))) == []
    assert told(lab((lingering,), (WEB,)), lab(ns2=(WEB,))) == []


def test_a_connection_that_only_one_end_has_closed_is_explained() -> None:
    before = lab((HERE,), (THERE,))
    after = lab((replace(HERE, state="FIN-WAIT-2", program=""),), (replace(THERE, state="CLOSE-WAIT"),))
    assert told(before, after) == [
        "~ ns1: socket tcp 192.0.2.1:40000 → 192.0.2.2:80 FIN-WAIT-2",
        "  one end has sent its FIN; nc on ns2 has not closed its own yet",
    ]
    assert told(after, after) == []


def test_a_syn_without_an_answer_is_told() -> None:
    trying = replace(HERE, state="SYN-SENT")
    assert told(lab(), lab((trying,)))[1] == "  curl sent a SYN and waits for the answer"
    assert told(lab((trying,)), lab()) == []


def test_many_connections_to_one_service_are_one_line() -> None:
    ports = range(40000, 40030)
    after = lab(
        tuple(replace(HERE, local_port=port) for port in ports),
        (WEB, *(replace(THERE, remote_port=port) for port in ports)),
    )
    assert told(lab(ns2=(WEB,)), after) == [
        "+ ns1: socket tcp 192.0.2.1:40000 → 192.0.2.2:80 ESTAB curl",
        "  curl on ns1 and nc on ns2 are connected, and 29 more like it",
    ]


def test_two_sockets_with_the_same_ends_are_two() -> None:
    twice = difference(lab((WEB,)), lab((WEB, WEB)))
    assert [(change.op, change.kind, change.name) for change in twice] == [("added", "socket", "tcp 0.0.0.0:80")]


def test_json_has_plain_values() -> None:
    before, after = lab(), lab((WEB,))
    (item,) = say(difference(before, after), before, after)
    assert as_json(item) == {
        "on": "ns1",
        "kind": "socket",
        "op": "added",
        "name": "tcp 0.0.0.0:80",
        "before": None,
        "after": {
            "protocol": "tcp",
            "family": 4,
            "local": EVERY,
            "local_port": 80,
            "remote": "",
            "remote_port": 0,
            "state": "LISTEN",
            "dev": "",
            "program": "nc",
            "is_v6only": False,
        },
        "says": "ns1: socket tcp 0.0.0.0:80 LISTEN nc: nc waits for connections on port 80, on every address of ns1",
    }
