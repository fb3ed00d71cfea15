"""The checks `http`, `resolve`, `fdb`, `file`, `process`, `output`, `typed` and `script`, from what was seen."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import wire
from traces import BEGIN_NS, Sent, over_ip, segment, trace

from netshell.checks import Evidence, Verdict, check_from
from netshell.checks.base import Command
from netshell.checks.needs import FileNeed, Need, ProbeNeed, ProcessesNeed, ScriptNeed
from netshell.facts import PC, FdbEntry, Link, Node, Process, Snapshot

MAC = "02:00:00:00:00:01"
LAB = Snapshot(
    {
        PC: Node(PC),
        "ns1": Node("ns1", links={"eth0": Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP", mac=MAC)}),
        "ns2": Node("ns2"),
        "sw1": Node("sw1", links={"br0": Link("br0", 2, "bridge", is_up=True, has_carrier=True, state="UP")}),
    }
)


def judge(
    kind: str,
    values: Mapping[str, Any],
    found: Mapping[Need, object] | None = None,
    *,
    wire_: Sequence[Sent] = (),
    commands: Sequence[Command] = (),
    snapshot: Snapshot = LAB,
) -> Verdict:
    check = check_from(kind, {kind: values[kind], **values})
    assert not list(check.faults())
    return check.judge(Evidence(snapshot, wire=trace(wire_), commands=commands, found=found or {}))


GET = b"GET /index.html HTTP/1.1\r\nHost: www.example:8080\r\n\r\n"
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nHello\n"
NOT_FOUND = b"HTTP/1.0 404 File not found\r\n\r\n<p>404</p>"


def talk(request: bytes, *answers: bytes, port: int = 8080) -> list[Sent]:
    sent = [
        Sent("ns1 ns2", segment("S", seq=1, ports=(40000, port))),
        Sent("ns2 ns1", segment("SA", seq=9, ack=2, is_answer=True, ports=(40000, port))),
        Sent("ns1 ns2", segment("PA", request, seq=2, ack=10, ports=(40000, port))),
    ]
    seq = 10
    for answer in answers:
        sent.append(
            Sent("ns2 ns1", segment("PA", answer, seq=seq, ack=2 + len(request), is_answer=True, ports=(40000, port)))
        )
        seq += len(answer)
    return sent


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"http": "http://192.0.2.2:8080/index.html"}, talk(GET, PAGE)),
        ({"http": "http://192.0.2.2:8080/index.html", "status": 200, "body": "Hello"}, talk(GET, PAGE)),
        ({"http": "http://www.example:8080/index.html", "method": "GET"}, talk(GET, PAGE)),
        ({"http": "http://192.0.2.2:8080/index.html", "body": "Hello"}, talk(GET, PAGE[:-6], PAGE[-6:])),
        ({"http": "http://192.0.2.2:8080/index.html", "status": 404}, talk(GET, NOT_FOUND)),
        ({"http": "http://any.example/"}, talk(b"GET / HTTP/1.0\r\n\r\n", PAGE, port=80)),
        ({"http": "http://192.0.2.2/"}, talk(b"GET / HTTP/1.0\r\n\r\n", PAGE, port=80)),
    ],
    ids=str,
)
def test_a_request_that_was_answered_holds(values: dict[str, Any], sent: list[Sent]) -> None:
    verdict = judge("http", {**values, "at": "ns1"}, wire_=sent)
    assert verdict.holds, verdict.says


@pytest.mark.parametrize(
    ("values", "sent", "says"),
    [
        (
            {"http": "http://192.0.2.2:8080/index.html"},
            talk(GET, NOT_FOUND),
            "was 404 File not found, expected one that",
        ),
        ({"http": "http://192.0.2.2:8080/index.html", "status": 404}, talk(GET, PAGE), "was 200 OK, expected 404"),
        (
            {"http": "http://192.0.2.2:8080/index.html", "body": "Bye"},
            talk(GET, PAGE),
            "`Bye` is not in what it brought",
        ),
        (
            {"http": "http://192.0.2.2:8080/other"},
            talk(GET, PAGE),
            "`GET /index.html HTTP/1.1` with the Host www.example:8080, expected a request for",
        ),
        ({"http": "http://www.other:8080/index.html"}, talk(GET, PAGE), "expected a request for http://www.other:8080"),
        ({"http": "http://www.example:8080/index.html"}, talk(GET), "no HTTP answer has come back yet"),
        ({"http": "http://www.example/"}, [], "ns1 has not asked for http://www.example/ in this step yet"),
    ],
    ids=str,
)
def test_what_a_request_lacks_is_told(values: dict[str, Any], sent: list[Sent], says: str) -> None:
    verdict = judge("http", {**values, "at": "ns1"}, wire_=sent)
    assert not verdict.holds
    assert says in verdict.says


def name(text: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


def answered(asked: str, ip: str, *, code: int = 0) -> list[Sent]:
    head = b"\0\7" + (0x8180 | code).to_bytes(2, "big") + b"\0\1" + (b"\0\1" if ip else b"\0\0") + bytes(4)
    record = b"\xc0\x0c\0\1\0\1" + (300).to_bytes(4, "big") + b"\0\4" + wire.ip(ip) if ip else b""
    message = head + name(asked) + b"\0\1\0\1" + record
    return [Sent("ns2 ns1", over_ip(17, wire.udp(message, ports=(53, 40000)), wire.IP_2, wire.IP_1))]


HOSTS: dict[Need, object] = {
    FileNeed("ns1", "/etc/hosts"): "127.0.0.1 localhost\n192.0.2.9\tweb WWW.example # the server\n",
    FileNeed("ns1", "/etc/resolv.conf"): "nameserver 192.0.2.53\n",
}


@pytest.mark.parametrize(
    ("values", "found", "sent"),
    [
        ({"resolve": "www.example", "is": "192.0.2.9"}, HOSTS, []),
        ({"resolve": "web", "by": "hosts"}, HOSTS, []),
        ({"resolve": "a.example", "is": "192.0.2.80"}, HOSTS, answered("a.example", "192.0.2.80")),
        ({"resolve": "A.Example.", "by": "192.0.2.2"}, {}, answered("a.example", "192.0.2.80")),
        ({"resolve": "no.example", "is": "nxdomain"}, {}, answered("no.example", "", code=3)),
    ],
    ids=str,
)
def test_a_name_that_is_known_holds(values: dict[str, Any], found: dict[Need, object], sent: list[Sent]) -> None:
    verdict = judge("resolve", {**values, "at": "ns1"}, found, wire_=sent)
    assert verdict.holds, verdict.says


@pytest.mark.parametrize(
    ("values", "found", "sent", "says"),
    [
        (
            {"resolve": "a.example"},
            HOSTS,
            [],
            "ns1 has had no answer for a.example in this step yet. Its resolver would ask",
        ),
        ({"resolve": "a.example"}, {}, [], "has nobody to ask"),
        (
            {"resolve": "web", "is": "192.0.2.1"},
            HOSTS,
            [],
            "web is 192.0.2.9 for ns1, by /etc/hosts, expected 192.0.2.1",
        ),
        ({"resolve": "web", "by": "192.0.2.53"}, HOSTS, [], "by /etc/hosts, expected as 192.0.2.53 has answered"),
        (
            {"resolve": "a.example", "is": "192.0.2.1"},
            {},
            answered("a.example", "", code=3),
            "a.example is a name that does not exist for ns1, as 192.0.2.2 has answered, expected 192.0.2.1",
        ),
        # the file comes first, whatever a server says
        ({"resolve": "web", "is": "192.0.2.80"}, HOSTS, answered("web", "192.0.2.80"), "web is 192.0.2.9 for ns1"),
    ],
    ids=str,
)
def test_why_a_name_is_not_what_it_should_be(
    values: dict[str, Any], found: dict[Need, object], sent: list[Sent], says: str
) -> None:
    verdict = judge("resolve", {**values, "at": "ns1"}, found, wire_=sent)
    assert not verdict.holds
    assert says in verdict.says


def bridge(*entries: FdbEntry) -> Snapshot:
    nodes = dict(LAB.nodes)
    nodes["sw1"] = Node("sw1", links=nodes["sw1"].links, fdb=entries)
    return Snapshot(nodes)


@pytest.mark.parametrize(
    ("values", "entries", "says"),
    [
        ({"fdb": MAC}, [FdbEntry(MAC, "port1", "br0", is_learned=True)], ""),
        ({"fdb": "ns1:eth0", "dev": "port1"}, [FdbEntry(MAC, "port1", "br0", is_learned=True)], ""),
        (
            {"fdb": "ns1:eth0", "dev": "port2"},
            [FdbEntry(MAC, "port1", "br0", is_learned=True)],
            "expected behind port2",
        ),
        ({"fdb": MAC.upper()}, [FdbEntry(MAC, "port1", "br0", is_learned=False)], "but from no frame"),
        ({"fdb": MAC, "bridge": "br0"}, [], "no frame from there came in lately"),
        ({"fdb": MAC, "bridge": "br9"}, [], "There is no link br9"),
        ({"fdb": "ns1:eth9"}, [], "There is no link eth9"),
    ],
    ids=str,
)
def test_what_a_bridge_has_learned(values: dict[str, Any], entries: list[FdbEntry], says: str) -> None:
    verdict = judge("fdb", {**values, "at": "sw1"}, snapshot=bridge(*entries))
    assert verdict.holds is not bool(says)
    assert says in verdict.says


@pytest.mark.parametrize(
    ("contains", "text", "says"),
    [
        (None, "", ""),
        ("nameserver 192.0.2.53", "# mine\nnameserver\t192.0.2.53\n", ""),
        ("nameserver 192.0.2.53", "nameserver 192.0.2.54", "says `nameserver 192.0.2.54`, expected `nameserver 192.0"),
        ("x", "", "is empty"),
        ("x", None, "There is no file /etc/resolv.conf in ns1."),
        ("x", "\x1b]52;c;aGk=\x07", "says `�]52;c;aGk=�`"),
    ],
    ids=str,
)
def test_a_file_is_there_and_says_what_it_should(contains: str | None, text: str | None, says: str) -> None:
    values = {"file": "/etc/resolv.conf", "at": "ns1"} | ({} if contains is None else {"contains": contains})
    verdict = judge("file", values, {FileNeed("ns1", "/etc/resolv.conf"): text})
    assert verdict.holds is not bool(says)
    assert says in verdict.says


@pytest.mark.parametrize("path", ["etc/hosts", "/etc/../root/x", "/proc/1/environ", "/dev/zero", "/a\x1b[2J", "/x/"])
def test_a_path_that_leads_elsewhere_is_a_fault(path: str) -> None:
    assert list(check_from("file", {"file": path}).faults())


RUNNING = (
    Process("bash", ("bash",)),
    Process("python3", ("python3", "-u", "/root/server.py")),
    Process("dnsmasq", ("/usr/sbin/dnsmasq", "-d")),
)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("dnsmasq", ""),
        ("python3", ""),
        ("server.py", ""),
        ("dnsmask", "dnsmasq does."),
        ("bird", "No bird runs in ns1. There runs: server.py, dnsmasq."),
    ],
)
def test_a_program_runs_by_its_name(wanted: str, says: str) -> None:
    verdict = judge("process", {"process": wanted, "at": "ns1"}, {ProcessesNeed("ns1"): RUNNING})
    assert verdict.holds is not bool(says)
    assert says in verdict.says


TYPED = (Command("ns1", "ping -c 1 192.0.2.2", "64 bytes from 192.0.2.2: ttl=63\nrtt\n"), Command("pc", "true", ""))


@pytest.mark.parametrize(
    ("kind", "values", "holds"),
    [
        ("output", {"output": "ttl=63$"}, True),
        ("output", {"output": "ttl=63$", "at": "ns1"}, True),
        ("output", {"output": "ttl=63$", "at": "pc"}, False),
        ("output", {"output": "ttl=64"}, False),
        ("typed", {"typed": "^ping .*192"}, True),
        ("typed", {"typed": "^pong"}, False),
    ],
)
def test_words_that_were_printed_or_typed(kind: str, values: dict[str, Any], holds: bool) -> None:  # noqa: FBT001 - a table's last column
    assert judge(kind, values, commands=TYPED).holds is holds


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){30}$", "(?:a?){60}a{60}$", r"^(\w+\s?)*$"])
def test_no_pattern_holds_netshell_up(pattern: str) -> None:
    command = Command("pc", "x", "a" * 5000 + "!")
    began = time.process_time()
    judge("output", {"output": pattern}, commands=[command])
    assert time.process_time() - began < 2  # a bound of its own ends the search; without it this takes years


@pytest.mark.parametrize("pattern", ["(", "[", "a{5,2}", "(?P<n>", "*", "x" * 300, ""])
def test_what_is_no_pattern_is_a_fault(pattern: str) -> None:
    assert list(check_from("output", {"output": pattern}).faults())


@pytest.mark.parametrize(("status", "holds"), [(0, True), (1, False), (None, False)])
def test_a_script_is_told_in_the_author_s_words(status: int | None, holds: bool) -> None:  # noqa: FBT001 - as above
    values = {"script": "test -s x", "say": "The page is empty."}
    verdict = judge("script", values, {} if status is None else {ScriptNeed(PC, "test -s x"): status})
    assert verdict.holds is holds
    assert holds or verdict.says == "The page is empty."


def test_a_script_without_words_is_a_fault() -> None:
    assert [fault.key for fault in check_from("script", {"script": "true"}).faults()] == ["script"]


TRIED = ProbeNeed("ns1", "icmp", "192.0.2.2")
SYN_SENT = ProbeNeed("ns1", "tcp", "192.0.2.2", 80)


@pytest.mark.parametrize(
    ("kind", "values", "found", "holds"),
    [
        ("ping", {"ping": "192.0.2.2"}, {TRIED: "answered"}, True),
        ("ping", {"ping": "192.0.2.2"}, {TRIED: "silent"}, False),
        ("ping", {"ping": "192.0.2.2"}, {}, None),
        ("ping", {"ping": "192.0.2.2", "not": True}, {}, None),
        ("ping", {"ping": "192.0.2.2", "not": True}, {TRIED: "silent"}, True),
        ("ping", {"ping": "192.0.2.2", "not": True}, {TRIED: "answered"}, False),
        ("ping", {"ping": "192.0.2.2", "size": 1000}, {TRIED: "answered"}, None),
        ("connect", {"connect": "tcp/80", "to": "192.0.2.2"}, {SYN_SENT: "opened"}, True),
        ("connect", {"connect": "tcp/80", "to": "192.0.2.2"}, {SYN_SENT: "refused"}, False),
        ("connect", {"connect": "tcp/80", "to": "192.0.2.2", "is": "refused"}, {SYN_SENT: "refused"}, True),
        ("connect", {"connect": "tcp/80", "to": "192.0.2.2", "is": "silent"}, {SYN_SENT: "silent"}, True),
        ("connect", {"connect": "tcp/80", "to": "192.0.2.2"}, {}, None),
        ("any", {"any": [{"netns": "ns9"}, {"ping": "192.0.2.2", "at": "ns1", "probe": True}]}, {}, None),
        ("any", {"any": [{"netns": "ns1"}, {"ping": "192.0.2.2", "at": "ns1", "probe": True}]}, {}, True),
    ],
)
def test_a_probe_is_wanted_only_where_nothing_else_tells(
    kind: str,
    values: dict[str, Any],
    found: dict[Need, object],
    holds: bool | None,  # noqa: FBT001 - as above
) -> None:
    probe = {} if kind == "any" else {"probe": True}
    verdict = judge(kind, {**values, "at": "ns1", **probe}, found)
    assert verdict.holds is bool(holds), verdict.says
    assert bool(verdict.wants) is (holds is None)


def test_what_the_learner_has_sent_since_the_last_change_needs_no_probe() -> None:
    opened = talk(GET, port=80)[:2]
    check = check_from("connect", {"connect": "tcp/80", "at": "ns1", "to": "192.0.2.2", "probe": True})
    assert check.judge(Evidence(LAB, wire=trace(opened))).holds
    late = Evidence(LAB, wire=trace(opened), changed_ns=BEGIN_NS + 1_000_000_000)
    assert check.judge(late).wants == (SYN_SENT,)


@pytest.mark.parametrize(
    "values",
    [
        {"connect": "udp/53", "to": "192.0.2.2", "probe": True},
        {"connect": "tcp/80", "probe": True},
        {"ping": "192.0.2.2", "count": 3, "probe": True},
        {"ping": "192.0.2.2", "size": 4, "probe": True},
    ],
)
def test_what_cannot_be_tried_unnoticed_is_a_fault(values: dict[str, Any]) -> None:
    assert len(list(check_from(next(iter(values)), values).faults())) == 1
