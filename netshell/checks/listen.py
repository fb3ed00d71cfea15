"""The checks `listen` and `connection`: is there a socket that waits for others, or one that is connected."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node
from netshell.checks.link import name_fault
from netshell.checks.ports import (
    Port,
    address_faults,
    addresses_of,
    is_address,
    port_faults,
    port_of,
    program_of,
    sentence,
    waiting_on,
    waits,
    word_faults,
)
from netshell.checks.words import near, place, subject
from netshell.facts import Node, Snapshot, Socket, end_of, ends_of

STATES = (
    "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK", "CLOSING",
)  # fmt: skip
"""Of a connection, as ss writes them."""

_EVERY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - how the kernel writes every address


@dataclass(frozen=True, kw_only=True)
class ListenCheck(Check):
    """A socket waits for connections, or for datagrams, at the port."""

    kind: ClassVar[str] = "listen"
    layer: ClassVar[int] = 8
    listen: str
    """`tcp/80`, `udp/53`."""
    address: str | None = None
    """What is sent to this address must come to it; `0.0.0.0` or `::` asks for a socket on every address."""
    program: str | None = None
    """The name of the process, as `ss -p` shows it."""

    def look(self, evidence: Evidence) -> Verdict:
        """The socket itself first, then the nearest miss: address, program, protocol, node, port."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        port, node = self._port, evidence.snapshot.nodes[self.at]
        here = [s for s in waiting_on(node, port.protocol) if s.local_port == port.number]
        reached = [s for s in here if self._fits(s)]
        found = [s for s in reached if self.program in {None, s.program}]
        if found:
            return self._holds(f"{sentence(waits(found[0], self.at))}.")
        if reached:
            says = f"{sentence(waits(reached[0], self.at))}, expected the program {self.program}."
            return self._fails("wrong-program", says, 1)
        if here:
            return self._fails("wrong-address", self._wrong_address(here[0]), 2)
        return self._nobody(evidence.snapshot, node)

    @property
    def _port(self) -> Port:
        return port_of(self.listen) or Port("tcp", 0)

    def _fits(self, socket: Socket) -> bool:
        if self.address is None:
            return True
        return socket.local == self.address if self.address in _EVERY else socket.accepts(str(ip_address(self.address)))

    def _wrong_address(self, socket: Socket) -> str:
        if self.address in _EVERY:
            return f"{sentence(waits(socket))}, expected on every address ({self.address})."
        if socket.local in _EVERY:
            return f"{sentence(waits(socket))}, but for IPv{4 if socket.family == 4 else 6} alone."
        fate = "refused" if socket.protocol == "tcp" else "refused: no such port"
        return f"{sentence(waits(socket))}; {end_of(str(self.address), self._port.number)} would be {fate}."

    def _nobody(self, snapshot: Snapshot, node: Node) -> Verdict:
        port = self._port
        other = next((s for s in waiting_on(node) if s.local_port == port.number), None)
        if other:
            found = f"{sentence(program_of(other))} waits on {other.protocol}/{port.number} {place(self.at)}"
            return self._fails("wrong-protocol", f"{found}, expected {port}.", 3)
        for name, elsewhere in snapshot.nodes.items():
            for s in waiting_on(elsewhere, port.protocol):
                if name != self.at and s.local_port == port.number:
                    says = f"{sentence(waits(s, name))}, expected {place(self.at)}."
                    return self._fails("wrong-node", says, 4)
        waiting = waiting_on(node, port.protocol)
        if waiting:
            nearest = min(waiting, key=lambda s: (s.program != self.program, not _is_like(s.local_port, port.number)))
            says = f"{sentence(waits(nearest, self.at))}, expected on port {port.number}."
            return self._fails("wrong-port", says, 5)
        what = "listens on" if port.protocol == "tcp" else "takes datagrams on"
        return self._fails("nobody", f"Nothing {what} {port} {place(self.at)} yet.", 6)

    def faults(self) -> Iterable[Fault]:
        """What is no port or no address."""
        yield from port_faults("listen", self.listen)
        if self.address is not None:
            yield from address_faults("address", self.address)


def _is_like(found: int, wanted: int) -> bool:
    """Whether one number of a port may be a slip of the other: `8080` for `80`."""
    return near(str(found), [str(wanted)]) is not None or str(wanted) in str(found)


@dataclass(frozen=True, kw_only=True)
class ConnectionCheck(Check):
    """A connection is there, in the state that is asked for, as its node sees it."""

    kind: ClassVar[str] = "connection"
    layer: ClassVar[int] = 8
    connection: str
    """`tcp`, or `tcp/80` where one of its ends has that port."""
    state: str = "ESTAB"
    source: str | None = field(default=None, metadata={"key": "from"})
    """The end that is looked at: a node, or its address. A node stands in the place of `at`."""
    target: str | None = field(default=None, metadata={"key": "to"})
    """The other end: a node, or its address."""

    def look(self, evidence: Evidence) -> Verdict:
        """The connection itself, then one in another state, then one to somebody else."""
        return replace(self._seen(evidence), at=self._node)

    def _seen(self, evidence: Evidence) -> Verdict:
        snapshot = evidence.snapshot
        if cause := absent_node(snapshot, self._node):
            return cause
        if self.target is not None and not is_address(self.target) and (cause := absent_node(snapshot, self.target)):
            return cause
        sockets = [s for s in snapshot.nodes[self._node].sockets if s.protocol == "tcp" and s.remote]
        fitting = [s for s in sockets if self._has_ends(snapshot, s)]
        state = self.state.upper()
        for s in fitting:
            if s.state == state:
                return self._holds(f"The connection {ends_of(s)} {place(self._node)} is in {state}.")
        if fitting:
            found = f"The connection {ends_of(fitting[0])} {place(self._node)} is in {fitting[0].state}"
            return self._fails("wrong-state", f"{found}, expected {state}.", 1)
        wanted = self._in_words()
        if sockets:
            found = f"{subject(self._node)} has the connection {ends_of(sockets[0])} ({sockets[0].state})"
            return self._fails("wrong-ends", f"{found}, expected {wanted}.", 2)
        return self._fails("missing", f"{subject(self._node)} has no TCP connection, expected {wanted} in {state}.", 3)

    @property
    def _node(self) -> str:
        return self.source if self.source is not None and not is_address(self.source) else self.at

    @property
    def _port(self) -> int | None:
        port = port_of(self.connection)
        return port.number if port else None

    def _has_ends(self, snapshot: Snapshot, socket: Socket) -> bool:
        if self._port not in {None, socket.local_port, socket.remote_port}:
            return False
        if self.source is not None and is_address(self.source) and str(ip_address(self.source)) != socket.local:
            return False
        return self.target is None or socket.remote in addresses_of(snapshot, self.target)

    def _in_words(self) -> str:
        source = f" from {self.source}" if self.source is not None and self.source != self._node else ""
        target = f" to {self.target}" if self.target is not None else ""
        port = f" with port {self._port}" if self._port else ""
        return f"one{source}{target}{port}"

    def faults(self) -> Iterable[Fault]:
        """What is no protocol, no state of a connection, no node and no address."""
        if self.connection != "tcp" and not (port_of(self.connection) and self.connection.startswith("tcp/")):
            yield Fault("connection", f"`{self.connection}` is no kind of connection.", "Write `tcp`, or `tcp/80`.")
        yield from word_faults("state", self.state.upper(), STATES)
        for key, end in (("from", self.source), ("to", self.target)):
            if end is not None and not is_address(end):
                yield from _end_fault(key, end)


def _end_fault(key: str, end: str) -> Iterable[Fault]:
    """What is meant as an address is told as one."""
    if re.fullmatch(r"[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*", end):
        return address_faults(key, end)
    return name_fault(key, end)
