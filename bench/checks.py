"""How long it takes to judge one check over a long trace, between ten nodes: it happens whenever something crosses."""

import time
from typing import TYPE_CHECKING, Any

from bench.figures import SUBJECT, Figure, Results, Stage, Target

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netshell.checks import Evidence

_NODES, _EXCHANGES = 10, 1250
_TRACE = f"{_NODES} nodes, {4 * _EXCHANGES:,} packets"
_CHECKS: "Mapping[str, Mapping[str, Any]]" = {
    "packets": {"packets": [{"tcp": "syn", "from": "n1"}, {"tcp": "syn ack", "from": "n2"}]},
    "connect": {"connect": "tcp/80", "at": "n1", "to": "10.0.0.2"},
    "http": {"http": "http://10.0.0.2/", "at": "n1"},
    "ping": {"ping": "10.0.0.9", "at": "n1"},
}
_NAMES = {kind: f"a check `{kind}`, {_TRACE}" for kind in _CHECKS}
FIGURES = tuple(Figure(name, "ms", (), Target(10)) for name in _NAMES.values())
_ECHO, _TCP, _ACK = 1, 6, 16


def measure(stage: Stage) -> Results:
    """Checks that do not hold, and so have to look at all of it; the first judgement is left out."""
    from netshell.checks import check_from  # noqa: PLC0415

    results = Results()
    evidence = _evidence()
    for kind, values in _CHECKS.items():
        check = check_from(kind, values)
        for number in range(stage.rounds(30, 5) + 1):
            begun = time.perf_counter()
            verdict = check.judge(evidence)
            taken = (time.perf_counter() - begun) * 1e3
            if verdict.holds:
                results.notes.append(f"The check `{kind}` holds, and should not.")
            if number:
                results.add(_NAMES[kind], SUBJECT, taken)
    return results


def _evidence() -> "Evidence":
    from netshell.checks import Evidence  # noqa: PLC0415
    from netshell.facts import Address, Crossing, End, Link, Node, Route, Snapshot  # noqa: PLC0415
    from netshell.packets.trace import Observer  # noqa: PLC0415

    nodes = {
        name: Node(
            name,
            {"eth0": Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP")},
            (Address(f"10.0.0.{number}/24", "eth0"),),
            (Route("10.0.0.0/24", "eth0"),),
        )
        for number in range(1, _NODES + 1)
        for name in (f"n{number}",)
    }
    observer = Observer()
    ends = End("n1", "eth0"), End("n2", "eth0")
    seen = [
        observer.see(Crossing(number, number * 1000, *(ends if is_there else ends[::-1]), frame, len(frame)))
        for number, (is_there, frame) in enumerate(_frames(), 1)
    ]
    return Evidence(Snapshot({"pc": Node("pc"), **nodes}), wire=seen)


def _frames() -> "Iterator[tuple[bool, bytes]]":
    """Pings and their replies, segments and their acknowledgements, each with the way it takes."""
    for number in range(_EXCHANGES):
        echo = bytes([0, 0, 0, 0, 0, 7, *number.to_bytes(2, "big"), *bytes(56)])
        yield True, _frame(_ECHO, bytes([8]) + echo[1:], 1, 2)
        yield False, _frame(_ECHO, echo, 2, 1)
        yield True, _frame(_TCP, _segment(40000, 5000, 100 * number, bytes(100)), 1, 2)
        yield False, _frame(_TCP, _segment(5000, 40000, 7, b""), 2, 1)


def _segment(source: int, to: int, seq: int, payload: bytes) -> bytes:
    head = source.to_bytes(2, "big") + to.to_bytes(2, "big") + seq.to_bytes(4, "big") + bytes(4)
    return head + bytes([0x50, _ACK, 255, 255, 0, 0, 0, 0]) + payload


def _frame(protocol: int, payload: bytes, source: int, to: int) -> bytes:
    """Ethernet and IPv4 from one of the nodes to another."""
    ips = bytes([10, 0, 0, source, 10, 0, 0, to])
    ip = bytes([0x45, 0, *(20 + len(payload)).to_bytes(2, "big"), 0, 0, 0x40, 0, 64, protocol, 0, 0])
    return bytes([2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, source, 8, 0]) + ip + ips + payload
