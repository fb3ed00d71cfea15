"""The check `connect`: did the learner's own attempt reach a port, and what came back."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node, unreachable
from netshell.checks.link import name_fault
from netshell.checks.looks import ICMP, ICMP6, TCP, UDP, Look, Trace
from netshell.checks.needs import ProbeNeed
from netshell.checks.ports import (
    Port,
    addresses_of,
    is_address,
    port_faults,
    port_of,
    waiting_on,
    waits,
    word_faults,
)
from netshell.checks.words import count_of, target
from netshell.facts import Snapshot, end_of, holder_of
from netshell.packets.headers import ACK, RST, SYN, Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6

if TYPE_CHECKING:
    from netshell.packets.layers import Packet
    from netshell.packets.trace import Seen

OUTCOMES = ("opened", "refused", "silent")

_Ends = tuple[int, int, int, int]
"""Source address and port, destination address and port, as numbers."""


@dataclass(slots=True)
class _Attempt:
    """One try to reach a port from one port."""

    node: str
    look: Look
    sent: int = 0
    answer: str = ""
    """`opened`, `refused`, or empty while nothing has come back."""
    how: str = ""


class _Wanted(NamedTuple):
    """What counts as an attempt that the check is about."""

    port: Port
    addresses: frozenset[int] | None
    """None for any."""


@dataclass(frozen=True, kw_only=True)
class ConnectCheck(Check):
    """An attempt of the learner's, from `at`, ended as expected. Nothing is sent to find out, but with `probe`."""

    kind: ClassVar[str] = "connect"
    layer: ClassVar[int] = 9
    connect: str
    """`tcp/80`, `udp/53`."""
    to: str | None = None
    """An address, or a node."""
    outcome: str = field(default="opened", metadata={"key": "is"})
    probe: bool = False
    """netshell tries itself where the learner has not since the last change; no program hears of its SYN."""

    def look(self, evidence: Evidence) -> Verdict:
        """The attempts and what came back to them; without one, what is nearest, and what stops it."""
        snapshot = evidence.snapshot
        if cause := absent_node(snapshot, self.at):
            return cause
        since = evidence.changed_ns if self.probe else 0
        trace = Trace([seen for seen in evidence.wire if seen.crossing.time_ns >= since], evidence.looks)
        attempts = _attempts(trace, self._port.protocol)
        own = [a for a in attempts if a.node == self.at and self._is_wanted(snapshot, a)]
        for attempt in own:
            if self._ended(snapshot, attempt) == self.outcome:
                return self._holds(f"{self._told(attempt)}.")
        if self.probe:
            return self._probed(evidence)
        return self._failed(evidence, own[-1]) if own else self._no_attempt(evidence, attempts)

    def _failed(self, evidence: Evidence, latest: _Attempt) -> Verdict:
        """What became of the latest attempt instead."""
        ended = self._ended(evidence.snapshot, latest)
        if not ended:
            return self._fails("waiting", f"{self._told(latest)} so far.", 1)
        says = f"{self._told(latest)}, expected {_EXPECTED[self.outcome]}."
        if self.outcome != "opened":
            return self._fails(f"was-{ended}", says, 2)
        return self._why(evidence, latest, ended, f"{self._told(latest)}.")

    @property
    def _port(self) -> Port:
        return port_of(self.connect) or Port("tcp", 0)

    def _is_wanted(self, snapshot: Snapshot, attempt: _Attempt) -> bool:
        return attempt.look.second == self._port.number and self._is_to(snapshot, attempt)

    def _is_to(self, snapshot: Snapshot, attempt: _Attempt) -> bool:
        return self.to is None or _text(attempt.look, attempt.look.dst) in addresses_of(snapshot, self.to)

    def _ended(self, snapshot: Snapshot, attempt: _Attempt) -> str:
        """How an attempt ended; empty while an answer may still come.

        Silence is known when the SYN was repeated, or the program has given up its socket.
        """
        if attempt.answer:
            return attempt.answer
        look = attempt.look
        source = _text(look, look.src), look.first
        node = snapshot.nodes.get(attempt.node)
        is_open = node is not None and any(
            s.local_port == source[1] and s.local in {source[0], "0.0.0.0", "::"}  # noqa: S104 - as the kernel writes it
            for s in node.sockets
        )
        return "silent" if attempt.sent > 1 or not is_open else ""

    def _told(self, attempt: _Attempt) -> str:
        look = attempt.look
        goal = end_of(_text(look, look.dst), look.second)
        what = ("SYN", "SYNs") if look.protocol == TCP else ("datagram", "datagrams")
        sent = f"{count_of(attempt.sent, *what)} went from {target(attempt.node)} to {goal}"
        if attempt.answer == "opened":
            return f"{goal} answered {target(attempt.node)}" + (" with SYN, ACK" if look.protocol == TCP else "")
        return f"{sent}, and {attempt.how or 'nothing came back'}"

    def _why(self, evidence: Evidence, attempt: _Attempt, ended: str, says: str) -> Verdict:
        """The reason why it was not opened, by the state as it is now, then by the packets."""
        ip = _text(attempt.look, attempt.look.dst)
        asked = self._port if ended == "refused" else None  # silence is not how a port is closed
        if cause := unreachable(evidence, self.at, ip, asked, tried=False):
            return replace(cause, says=f"{says} {cause.says}")
        holder = holder_of(evidence.snapshot, ip)
        if ended == "refused" and holder is not None:
            waiting = [s for s in waiting_on(holder[0], self._port.protocol) if s.local_port == self._port.number]
            if any(s.accepts(ip) for s in waiting):
                says = f"{says} Now {waits(waiting[0], holder[0].name)}: try again."
                return self._fails("was-refused", says, 2)
        if cause := unreachable(evidence, self.at, ip, self._port, tried=True):
            return replace(cause, says=f"{says} {cause.says}")
        return self._fails(f"was-{ended}", says, 2)

    def _no_attempt(self, evidence: Evidence, attempts: list[_Attempt]) -> Verdict:
        """What came nearest to the attempt that is expected."""
        snapshot = evidence.snapshot
        goal = f"{self.to or 'any address'}, port {self._port.number}"
        ip = next(iter(sorted(addresses_of(snapshot, self.to))), "") if self.to else ""
        near = [a for a in attempts if a.node == self.at and self._is_to(snapshot, a)]
        if near:
            says = f"{subject_of(near[-1])} tried port {near[-1].look.second}, expected {self._port.number}."
            return self._fails("wrong-port", says, 3)
        others = [a for a in attempts if a.look.second == self._port.number]
        mine = [a for a in others if a.node == self.at]
        if mine:
            tried = _text(mine[-1].look, mine[-1].look.dst)
            return self._fails("wrong-target", f"{subject_of(mine[-1])} tried {tried}, expected {self.to}.", 4)
        if ip and (cause := unreachable(evidence, self.at, ip, tried=False)):
            return cause
        if others:
            says = f"The attempt came from {target(others[-1].node)}, expected from {target(self.at)}."
            return self._fails("wrong-node", says, 5)
        what = "SYN" if self._port.protocol == "tcp" else "datagram"
        return self._fails("no-attempt", f"No {what} left {target(self.at)} for {goal} {evidence.so_far}.", 6)

    def _probed(self, evidence: Evidence) -> Verdict:
        """What became of netshell's own SYN to each of the addresses, or that it is wanted."""
        ips = sorted(addresses_of(evidence.snapshot, str(self.to)))[:_PROBES_MOST]
        if not ips and (cause := absent_node(evidence.snapshot, str(self.to))):
            return cause
        goal = end_of(str(self.to), self._port.number)
        if not ips:
            return self._fails("no-address", f"{target(str(self.to))} has no address yet.", 6)
        needs = tuple(ProbeNeed(self.at, "tcp", ip, self._port.number) for ip in ips)
        outcomes = [evidence.outcome(need) for need in needs]
        if self.outcome in outcomes:
            return self._holds(f"A SYN from {target(self.at)} to {goal} {_BECAME[self.outcome]}.")
        unknown = tuple(need for need, outcome in zip(needs, outcomes, strict=True) if outcome is None)
        cause = None if self.outcome != "opened" else unreachable(evidence, self.at, ips[0], self._port, tried=False)
        if unknown:
            says = f"What becomes of a SYN from {target(self.at)} to {goal} is tried last."
            return replace(cause or self._fails("not-tried", says, 9), wants=unknown)
        became = f"netshell has sent a SYN from {target(self.at)} to {goal}: it {_BECAME[str(outcomes[0])]}"
        return cause or self._fails(f"was-{outcomes[0]}", f"{became}, expected {_EXPECTED[self.outcome]}.", 2)

    @property
    def is_last(self) -> bool:
        """A probe has to be sent."""
        return self.probe

    def faults(self) -> Iterable[Fault]:
        """What is no port, no address, no node and no outcome, and what cannot be tried unnoticed."""
        if self.probe and self.to is None:
            yield Fault("probe", "There is nowhere to send a probe to.", "Name the address or the node with `to`.")
        if self.probe and self.connect.startswith("udp"):
            problem = "A datagram cannot be tried unnoticed: the program that waits there would get it."
            yield Fault("probe", problem, "Take `probe` out: the learner's own datagrams are judged.")
        yield from port_faults("connect", self.connect)
        if self.to is not None and not is_address(self.to):
            yield from name_fault("to", self.to)
        yield from word_faults("is", self.outcome, OUTCOMES)


_ERRORS = frozenset([*((ICMP, kind) for kind in (3, 11, 12)), *((ICMP6, kind) for kind in (1, 3, 4))])
"""ICMP's protocol and types that end an attempt (RFC 1122, 4.2.3.9)."""
_DECIDING = SYN | RST
"""Of TCP's flags: segments with none of them neither open a connection nor refuse it."""
_BECAME = {
    "opened": "was answered with SYN, ACK",
    "refused": "was refused",
    "silent": "was not answered",
    "unsent": "could not be sent",
}
"""What becomes of a SYN of netshell's own."""
_PROBES_MOST = 4
"""Of the addresses that a node has."""
_EXPECTED = {"opened": "an answer", "refused": "a refusal", "silent": "no answer at all"}


def subject_of(attempt: _Attempt) -> str:
    """Who tried: `The PC`, or `ns1`."""
    return "The PC" if attempt.node == "pc" else attempt.node


def _attempts(trace: Trace, protocol: str) -> list[_Attempt]:
    """Every try of every node in its order, with what came back to it."""
    wanted = TCP if protocol == "tcp" else UDP
    tries: dict[tuple[str, _Ends], _Attempt] = {}
    for seen in trace.crossings:
        if (seen.numbers is None) is (wanted == TCP) and not seen.protocol.startswith("ICMP"):
            continue
        look = trace.look(seen)
        if look.protocol == wanted:
            if wanted == UDP or look.flags & _DECIDING:
                _take(tries, seen, look)
        elif (look.protocol, look.first) in _ERRORS and seen.crossing.receiver:
            _take_error(tries, seen.crossing.receiver.node, seen.packet)
    return list(tries.values())


def _take(tries: dict[tuple[str, _Ends], _Attempt], seen: "Seen", look: Look) -> None:
    """A segment or datagram: a try of its sender's, or the answer to one of its receiver's."""
    crossing = seen.crossing
    back = (look.dst, look.second, look.src, look.first)
    if crossing.receiver and (attempt := tries.get((crossing.receiver.node, back))):
        if look.protocol == UDP:
            attempt.answer = attempt.answer or "opened"
        elif look.flags & SYN and look.flags & ACK:
            attempt.answer, attempt.how = "opened", ""
        elif look.flags & RST and not attempt.answer:
            attempt.answer, attempt.how = "refused", "RST came back: refused"
        return
    is_first = look.protocol == UDP or (look.flags & (SYN | ACK)) == SYN
    if is_first and not seen.follows and crossing.sender:
        ends = (look.src, look.first, look.dst, look.second)
        attempt = tries.setdefault((crossing.sender.node, ends), _Attempt(crossing.sender.node, look))
        attempt.sent += 1


def _take_error(tries: dict[tuple[str, _Ends], _Attempt], node: str, packet: "Packet") -> None:
    """An ICMP error is tied to what it is about by the headers that it quotes (RFC 792)."""
    message = packet.transport
    if not isinstance(message, Icmp | Icmp6) or not message.original:
        return
    network = next((layer for layer in message.original if isinstance(layer, Ipv4 | Ipv6)), None)
    segment = next((layer for layer in message.original if isinstance(layer, Tcp | Udp)), None)
    if network is None or segment is None:
        return
    ends = (int(ip_address(network.src)), segment.src_port, int(ip_address(network.dst)), segment.dst_port)
    attempt = tries.get((node, ends))
    if attempt and not attempt.answer:
        reason = message.code_name or message.type_name
        attempt.answer, attempt.how = "refused", f"{packet.src} sent back an ICMP error ({reason}): refused"


def _text(look: Look, number: int) -> str:
    """The address behind a number."""
    length = 4 if look.version == 4 else 16
    return str(ip_address(number.to_bytes(length, "big")))
