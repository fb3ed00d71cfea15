"""What the packets say of a try to reach somebody: how far it got, what came back, whose MAC was asked for in vain."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from netshell.diagnosis.asked import told_by
from netshell.diagnosis.finding import NameAnswer, Target
from netshell.diagnosis.lookup import as_address
from netshell.diagnosis.words import named

if TYPE_CHECKING:
    from netshell.explain.owners import Owners
    from netshell.explain.stories.trips import Trip
    from netshell.packets.layers import Icmp, Icmp6
    from netshell.packets.trace import Seen

_MOST = 1500
"""So many crossings are looked at, the latest: reading one takes tens of microseconds."""
_YOUNG_NS = 1_000_000_000
_REPLY = 2
"""DHCP's op, from a server."""
_EXCEEDED = {11, -3}
"""ICMP types; those of ICMPv6 with a minus."""


class Question(NamedTuple):
    """ARP questions of one node for one address that nobody answered."""

    target: str
    numbers: tuple[int, ...]
    reached: tuple[str, ...]
    """The nodes that it came to."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """The latest try: a ping, a SYN, a datagram."""

    trip: "Trip"
    ttl: int
    ends: tuple[str, str, int]
    """Source, destination and port as the packet had them where it got to last: NAT may have changed them."""
    number: int
    """Of the crossing by which it got farthest."""
    stopped: str
    """The node that it came to last; empty where that is not to be seen."""
    answer: str = ""
    """`yes`, `refused`, or empty while nothing has come back."""
    answers: tuple[int, ...] = ()
    lost_at: str = ""
    """The node that an answer got to that did not come back."""
    error: "Icmp | Icmp6 | None" = None
    complainer: str = ""
    is_young: bool = False
    """An answer may still be on its way."""
    is_out_of_sight: bool = False
    """Where it was seen last, NAT changes both of its ends: what it was on from there is not known for the same."""

    @property
    def is_silent(self) -> bool:
        """Nothing came back, and nothing will."""
        return not self.answer and not self.is_young

    @property
    def has_expired(self) -> bool:
        """A router gave it up: its TTL had run out."""
        return self.error is not None and _type(self.error) in _EXCEEDED

    @property
    def length(self) -> int:
        """Bytes of the packet, its IP header included; 0 for IPv6."""
        return getattr(self.trip.packet.network, "total_length", 0)

    @property
    def was_too_large(self) -> bool:
        """A router gave it up: the next link takes no packet of its size."""
        error = self.error
        return error is not None and (_type(error), error.code) in {(3, 4), (-2, 0)}

    @property
    def nat(self) -> str:
        """The node that gave it another source address, or another destination; empty where none did."""
        steps = [self.trip.first, *self.trip.others]
        for before, after in pairwise(steps):
            changed = (before.packet.src, before.packet.dst) != (after.packet.src, after.packet.dst)
            if changed and after.crossing.sender:
                return after.crossing.sender.node
        return ""

    def told(self) -> str:
        """How far it got, in a clause."""
        source, goal = named(self.trip.origin), self.trip.packet.dst
        left = f"packet {self.trip.number} left {source} for {goal}"
        if self.answer:
            return f"{left}, and {self._came_back()}"
        if not self.stopped:
            return f"{left}, and nothing came back"
        arrived = f"{left} and came to {named(self.stopped)}"
        arrived += f" (packet {self.number})" if self.number != self.trip.number else ""
        if self.is_out_of_sight:
            return f"{arrived}, which gives it another source and another destination: I do not see how it went on"
        if self.lost_at:
            return (
                f"{arrived}; the answer (packet {self.answers[0]}) came to {named(self.lost_at)} and did not leave it"
            )
        return f"{arrived}, {'' if self.ends[1] == goal else f'as one for {self.ends[1]}, '}and nothing left there"

    def _came_back(self) -> str:
        number = self.answers[0]
        if self.answer == "refused" and self.error is not None:
            what = self.error.code_name or self.error.type_name
            return f"{self.complainer} answered with an ICMP error ({what}, packet {number})"
        return f"RST came back (packet {number})" if self.answer == "refused" else f"was answered (packet {number})"


def latest(
    wire: "Sequence[Seen]",
    source: str,
    ip: str,
    target: Target,
    *,
    owners: "Owners",
    now_ns: int | None,
    is_taken: "Callable[[Seen], bool]" = lambda _: True,
) -> Attempt | None:
    """The last try of a node to reach an address, by ping or at a port; None where there was none.

    `is_taken` tells of a crossing whether its receiver takes the frame: a switch may send copies to everybody.
    """
    from netshell.explain.stories.keys import key_of  # noqa: PLC0415 - packets are read only where some crossed
    from netshell.explain.stories.trips import trips  # noqa: PLC0415 - as above

    chosen = _about(wire, ip)
    made = trips(chosen)
    tries = [t for t in made if t.origin == source and t.packet.dst == ip and _is_try(t, target)]
    if not tries:
        return None
    trip = tries[-1]
    key = key_of(trip.packet)
    tried = [t for t in tries if key_of(t.packet) == key and _sequence(t) == _sequence(trip)]
    steps = trip.path(owners)
    last = next((step for step in reversed(steps) if is_taken(step)), steps[-1])
    end = last.crossing.receiver
    port = getattr(last.packet.transport, "dst_port", 0)
    known = Attempt(
        trip,
        _ttl(trip),
        (last.packet.src, last.packet.dst, port),
        last.number,
        end.node if end else "",
        is_young=now_ns is not None and now_ns - trip.time_ns < _YOUNG_NS,
    )
    return (
        _answered(known, chosen, tried[0].number, source)
        or _complained(known, chosen, source)
        or _lost(known, made, owners)
    )


def last_tried(wire: "Sequence[Seen]", source: str, ips: "Sequence[str]", target: Target) -> str:
    """Which of several addresses a node has tried last, or asked the MAC of; empty where none."""
    from netshell.explain.stories.asking import word_of  # noqa: PLC0415 - packets are read only where some crossed

    packed = {as_address(ip).packed for ip in ips}
    for seen in reversed(wire[-_MOST:] if len(ips) > 1 else ()):
        if not _is_from(seen, source) or not any(each in seen.crossing.data for each in packed):
            continue
        word = word_of(seen.packet)
        if word is not None:
            goal = "" if word.is_answer else word.target
        else:
            goal = seen.packet.dst if _is_try(seen, target) else ""
        if goal in ips:
            return goal
    return ""


def _about(wire: "Sequence[Seen]", ip: str) -> "list[Seen]":
    """The crossings in whose bytes an address stands, and what became of those packets further on."""
    packed = as_address(ip).packed
    kept: set[int] = set()
    found = []
    for seen in wire[-_MOST:]:
        if packed in seen.crossing.data or seen.follows in kept:
            kept.add(seen.number)
            found.append(seen)
    return found


def _is_try(trip: "Trip | Seen", target: Target) -> bool:
    from netshell.packets.headers import ACK, SYN, Tcp, Udp  # noqa: PLC0415 - as above
    from netshell.packets.layers import Icmp, Icmp6  # noqa: PLC0415 - as above

    match trip.packet.transport:
        case Icmp() | Icmp6() as message:
            return target.port is None and message.type in {8, 128}
        case Tcp() as segment:
            is_first = (segment.flags & (SYN | ACK)) == SYN
            return is_first and target.protocol == "tcp" and segment.dst_port == target.port
        case Udp() as datagram:
            return target.protocol == "udp" and datagram.dst_port == target.port
    return False


def _sequence(trip: "Trip") -> int:
    message = trip.packet.transport
    return getattr(message, "sequence", 0) if getattr(message, "is_echo", False) else 0


def _answered(known: Attempt, wire: "Iterable[Seen]", since: int, source: str) -> Attempt | None:
    """With what the other end sent back and the source got."""
    from netshell.explain.stories.keys import key_of, reverse  # noqa: PLC0415 - as above
    from netshell.packets.headers import RST, Tcp  # noqa: PLC0415 - as above

    key = key_of(known.trip.packet)
    for seen in wire:
        receiver = seen.crossing.receiver
        if key is None or receiver is None or seen.number <= since or receiver.node != source:
            continue
        if key_of(seen.packet) != reverse(key):
            continue
        segment = seen.packet.transport
        if getattr(segment, "is_echo", False) and getattr(segment, "sequence", 0) != _sequence(known.trip):
            continue
        is_refused = isinstance(segment, Tcp) and bool(segment.flags & RST)
        return replace(known, answer="refused" if is_refused else "yes", answers=(seen.number,), is_young=False)
    return None


def _complained(known: Attempt, wire: "Iterable[Seen]", source: str) -> Attempt | None:
    """With the ICMP error that came to the source about it."""
    from netshell.explain.stories.keys import key_of, quoted_key  # noqa: PLC0415 - as above
    from netshell.packets.layers import Icmp, Icmp6  # noqa: PLC0415 - as above

    key = key_of(known.trip.packet)
    for seen in wire:
        crossing, message = seen.crossing, seen.packet.transport
        if not isinstance(message, Icmp | Icmp6) or not message.is_error or crossing.number < known.trip.number:
            continue
        is_foreign = (
            crossing.receiver is not None and crossing.receiver.node == source and crossing.sender != crossing.receiver
        )
        if is_foreign and key is not None and quoted_key(message.original) == key:
            refused = replace(known, answer="refused", answers=(seen.number,), is_young=False)
            return replace(refused, error=message, complainer=seen.packet.src)
    return None


def _lost(known: Attempt, made: "Iterable[Trip]", owners: "Owners") -> Attempt:
    """With the answer that set out and did not arrive."""
    from netshell.explain.stories.keys import key_of, reverse  # noqa: PLC0415 - as above

    key = key_of(known.trip.path(owners)[-1].packet)
    for trip in made:
        if key is not None and trip.number > known.trip.number and key_of(trip.packet) == reverse(key):
            end = trip.path(owners)[-1].crossing.receiver
            return replace(known, answers=(trip.number,), lost_at=end.node if end else "")
    return known


def stray_answer(wire: "Sequence[Seen]", attempt: Attempt) -> "Seen | None":
    """A datagram that came back to the source, to the very port, but from another address than was asked."""
    from netshell.packets.headers import Udp  # noqa: PLC0415 - as above

    asked = attempt.trip.packet
    if not isinstance(asked.transport, Udp):
        return None
    ports = (asked.transport.dst_port, asked.transport.src_port)
    for seen in wire[-_MOST:]:
        datagram, receiver = seen.packet.transport, seen.crossing.receiver
        if not isinstance(datagram, Udp) or (datagram.src_port, datagram.dst_port) != ports:
            continue
        has_come = receiver is not None and receiver.node == attempt.trip.origin and seen.number > attempt.trip.number
        if has_come and seen.packet.dst == asked.src and seen.packet.src != asked.dst:
            return seen
    return None


def in_vain(wire: "Sequence[Seen]", asker: str, ip: str, now_ns: int | None) -> Question | None:
    """The last ARP questions, or neighbour solicitations, of a node for an address, where no answer came to it."""
    from netshell.explain.stories.asking import word_of  # noqa: PLC0415 - as above

    numbers: list[int] = []
    reached: dict[str, None] = {}
    last_ns = 0
    asked: set[int] = set()
    for seen in _about(wire, ip):
        crossing, word = seen.crossing, word_of(seen.packet)
        if word is None or as_address(word.target) != as_address(ip):
            continue
        if not word.is_answer and word.asker != ip and (_is_from(seen, asker) or seen.follows in asked):
            asked.add(seen.number)
            numbers += [seen.number] * _is_from(seen, asker)
            last_ns = crossing.time_ns
            if crossing.receiver:
                reached[crossing.receiver.node] = None
        elif word.is_answer and crossing.receiver and crossing.receiver.node == asker:
            numbers.clear()
            reached.clear()
    if not numbers or (now_ns is not None and now_ns - last_ns < _YOUNG_NS):
        return None
    return Question(ip, tuple(numbers), tuple(reached))


class Leasing(NamedTuple):
    """What a node has asked by DHCP."""

    line: str
    is_answered: bool


def discovers(wire: "Sequence[Seen]", asker: str) -> Leasing | None:
    """The questions of a node for an address by DHCP (RFC 2131), and whether any offer came to it; None without one."""
    from netshell.packets.messages import Dhcp  # noqa: PLC0415 - as above

    numbers: list[int] = []
    is_answered = False
    for seen in wire[-_MOST:]:
        message = seen.packet.application
        if not isinstance(message, Dhcp):
            continue
        if message.op == 1 and _is_from(seen, asker):
            numbers.append(seen.number)
            is_answered = False
        elif message.op == _REPLY and seen.crossing.receiver and seen.crossing.receiver.node == asker:
            is_answered = True
    line = f"packets {', '.join(map(str, numbers[-3:]))}: {named(asker)} asked by DHCP"
    return Leasing(line, is_answered) if numbers else None


def name_answers(wire: "Sequence[Seen]", asker: str, server: str) -> dict[str, NameAnswer]:
    """What a name server has answered a node, by the names in lower case; the last answer to each."""
    from netshell.packets.messages import Dns  # noqa: PLC0415 - as above

    found: dict[str, NameAnswer] = {}
    for seen in _about(wire, server):
        message, receiver = seen.packet.application, seen.crossing.receiver
        if receiver is None or receiver.node != asker or seen.packet.src != server:
            continue
        if isinstance(message, Dns) and message.is_response and [q.type for q in message.questions] == ["A"]:
            found[message.questions[0].name.lower()] = told_by(message)
    return found


def _is_from(seen: "Seen", node: str) -> bool:
    return seen.crossing.sender is not None and seen.crossing.sender.node == node


def asked_line(asker: str, question: Question) -> str:
    """`packets 3, 5, 7: ns1 asked who has 192.0.2.9, and nobody answered`."""
    numbers = ", ".join(map(str, question.numbers[-3:]))
    what = "packets" if len(question.numbers) > 1 else "packet"
    return f"{what} {numbers}: {named(asker)} asked who has {question.target}, and nobody answered"


def _ttl(trip: "Trip") -> int:
    network = trip.packet.network
    return getattr(network, "ttl", getattr(network, "hop_limit", 0)) or 0


def _type(message: "Icmp | Icmp6") -> int:
    return message.type if message.name == "ICMP" else -message.type
