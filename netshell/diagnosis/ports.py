"""Who waits at a port of a node, and why that is not who was meant."""

from netshell.diagnosis.finding import Break, Protocol
from netshell.diagnosis.lookup import as_address
from netshell.diagnosis.words import named, run_on, socket_line
from netshell.facts import Node, Socket, end_of

_ANYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - as the kernel writes every address
_ANSWERS = {"tcp": "it refuses with RST", "udp": "it answers with ICMP port unreachable"}
_MOST_NAMED = 3


def waiting(node: Node, protocol: Protocol, port: int, ip: str, *, came: str, source: str) -> Socket | None:
    """The socket that takes what is sent to a port, or already talks with the source from there."""
    for socket in _at(node, protocol, port):
        if socket.is_waiting and socket.accepts(ip) and socket.dev in {"", came}:
            return socket
        if socket.remote and _same(socket.remote, source) and _same(socket.local, ip):
            return socket
    return None


def closed(node: Node, protocol: Protocol, port: int, ip: str, *, came: str = "") -> Break:
    """Why nobody takes what comes to a port; `came` is the interface that it comes in by."""
    flags = {"tcp": "-lnv", "udp": "-ulnv"}[protocol]
    words = {
        "node": named(node.name),
        "port": f"{protocol}/{port}",
        "target": ip,
        "waits": verb(protocol),
        "listens": verb(protocol),
        "answer": _ANSWERS[protocol],
        "serve": run_on(node.name, f"nc {'-6 ' if ':' in ip else ''}{flags} {ip} {port}"),
        "hint": "",
    }
    there = _at(node, protocol, port)
    idle = [s for s in there if s.is_waiting and s.local not in _ANYWHERE and not s.accepts(ip)]
    if idle:
        fault = "loopback-only" if all(as_address(s.local).is_loopback for s in idle) else "other-address"
        bound = end_of(idle[0].local, idle[0].local_port)
        return Break(fault, node.name, {**words, **_program(idle[0]), "bound": bound}, _lines(node, idle))
    if apart := _elsewhere(node, there, ip, came, words):
        return apart
    other: Protocol = "udp" if protocol == "tcp" else "tcp"
    crossed = [s for s in _at(node, other, port) if s.is_waiting and s.accepts(ip)]
    if crossed:
        mine = {**words, **_program(crossed[0]), "listens": verb(other), "found": f"{other}/{port}"}
        return Break("wrong-protocol", node.name, mine, _lines(node, crossed))
    busy = [s for s in there if s.remote and s.state in {"ESTAB", "UNCONN"}]
    if busy and protocol == "udp":
        mine = {**words, **_program(busy[0]), "remote": end_of(busy[0].remote, busy[0].remote_port)}
        return Break("taken", node.name, mine, _lines(node, busy))
    words["hint"] = _hint(node, protocol, port, busy)
    lines = _lines(node, busy) or (f"{node.name}: no socket waits on {protocol}/{port}",)
    return Break("nobody-listens", node.name, words, lines)


def _elsewhere(node: Node, there: list[Socket], ip: str, came: str, words: dict[str, str]) -> Break | None:
    """A socket that waits there for the other IP only, or for what comes in by another interface."""
    for socket in (s for s in there if s.is_waiting):
        bound = end_of(socket.local, socket.local_port)
        mine = {**words, **_program(socket), "bound": bound, "dev": socket.dev, "came": came}
        if socket.accepts(ip) and socket.dev not in {"", came}:
            return Break("other-interface", node.name, mine, _lines(node, [socket]))
        if socket.local in _ANYWHERE and not socket.accepts(ip):
            versions = ("IPv6", "IPv4") if socket.family == 6 else ("IPv4", "IPv6")
            return Break(
                "other-version", node.name, {**mine, "has": versions[0], "lacks": versions[1]}, _lines(node, [socket])
            )
    return None


def _hint(node: Node, protocol: Protocol, port: int, busy: list[Socket]) -> str:
    if busy:
        who, whom = _program(busy[0])["program"], end_of(busy[0].remote, busy[0].remote_port)
        return f" {who} has a connection with {whom} on that port, and takes no other one."
    others = [s for s in node.sockets if s.is_waiting and s.protocol == protocol and s.local_port != port]
    ports = list(
        dict.fromkeys(f"{s.program or 'a program'} {verb(s.protocol)} {s.protocol}/{s.local_port}" for s in others)
    )
    return f" Other ports are open: {', '.join(ports[:_MOST_NAMED])}." if ports else ""


def verb(protocol: Protocol) -> str:
    """What who waits at a port does."""
    return "listens on" if protocol == "tcp" else "takes datagrams on"


def _program(socket: Socket) -> dict[str, str]:
    return {"program": socket.program or "a program"}


def _at(node: Node, protocol: Protocol, port: int) -> list[Socket]:
    return [s for s in node.sockets if s.protocol == protocol and s.local_port == port]


def _lines(node: Node, sockets: list[Socket]) -> tuple[str, ...]:
    return tuple(socket_line(node.name, s) for s in sockets[:_MOST_NAMED])


def _same(one: str, other: str) -> bool:
    return bool(one) and bool(other) and as_address(one.partition("%")[0]) == as_address(other)
