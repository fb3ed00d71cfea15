"""One conversation over TCP or UDP out of a trace: what each side said, put together again from its packets.

It knows no screen; what was said is kept as bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from ipaddress import ip_address
from typing import Literal, NamedTuple, TypeAlias

from netshell.errors import UserError
from netshell.packets.headers import Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Packet
from netshell.packets.trace import Seen

SHOWN_BYTES = 1 << 20
"""What is kept of a conversation, both sides together; the rest is counted."""

_MODULUS = 1 << 32
_ROUNDS = 4
"""How many NATs one behind the other are looked through."""
_TWICE_WITHIN_NS = 1_000_000_000

Way: TypeAlias = tuple[str, int, str, int]
"""Source address and port, destination address and port."""
Side: TypeAlias = Literal[0, 1]


class Speaker(NamedTuple):
    """One side of a conversation."""

    node: str
    """The name of its node; empty where it is not known."""
    address: str
    port: int


_Speakers: TypeAlias = tuple[Speaker, Speaker]


class Piece(NamedTuple):
    """What one side said in one go: a stretch of TCP's stream, or one datagram."""

    side: Side
    """Which speaker: 0 spoke first."""
    number: int
    """The crossing that brought it."""
    time_ns: int
    missing: int
    """Bytes before it that were sent but not captured."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Conversation:
    """Both directions of a TCP connection, or of the datagrams between two UDP ports."""

    protocol: Literal["TCP", "UDP"]
    speakers: _Speakers
    """Who spoke first, and the other one."""
    pieces: tuple[Piece, ...]
    """In the order in which the receivers could read them."""
    said: tuple[int, int]
    """Bytes that each side said, those that were not captured and those beyond the bound included."""
    left_out: int
    """Bytes that were captured but are beyond the bound."""
    crossings: int
    """Packets that belong to it, each counted once however many links it crossed."""
    is_from_start: bool
    """For TCP: the packet that opens the connection was captured."""


class _Read(NamedTuple):
    """A crossing with its packet and the way that it goes."""

    seen: Seen
    packet: Packet
    way: Way


def follow(number: int, trace: Sequence[Seen], limit: int = SHOWN_BYTES) -> Conversation:
    """The conversation that the crossing of that number belongs to; what it says on its way is told once.

    Where a NAT rewrites addresses, those of the side that spoke first are told as it used them itself. Raises
    UserError where there is no such crossing, or it is neither TCP nor UDP.
    """
    chosen = next((seen for seen in trace if seen.number == number), None)
    if chosen is None:
        found = f"the numbers go from {trace[0].number} to {trace[-1].number}" if trace else "there are none yet"
        raise UserError(f"There is no packet {number}: {found}.", "`:packets` lists them.")
    start = _way(chosen.packet)
    if start is None:
        problem = f"Packet {number} is {chosen.protocol}: only TCP and UDP carry conversations."
        raise UserError(problem, f"`:packet {number}` explains it.")
    crossings = _family(start, trace)
    first_of = {read.seen.number for read in crossings}
    once = [read for read in crossings if read.seen.follows not in first_of]
    root = _root(number, crossings)
    if isinstance(once[0].packet.transport, Tcp):
        return _tcp(_connection(root, once), crossings, limit)
    return _udp(once, crossings, limit)


def _way(packet: Packet) -> Way | None:
    network, transport = packet.network, packet.transport
    if isinstance(network, Ipv4 | Ipv6) and isinstance(transport, Tcp | Udp):
        return network.src, transport.src_port, network.dst, transport.dst_port
    return None


def _back(way: Way) -> Way:
    return way[2], way[3], way[0], way[1]


def _family(start: Way, trace: Sequence[Seen]) -> list[_Read]:
    """Every crossing of the conversation, under all addresses that it has on its way, in the order of the trace."""
    found: dict[int, _Read] = {}
    ways, new = set[Way](), {start, _back(start)}
    place = {seen.number: i for i, seen in enumerate(trace)}
    followers: dict[int, list[Seen]] = {}
    for seen in trace:
        if seen.follows:
            followers.setdefault(seen.follows, []).append(seen)
    is_tcp: bool | None = None
    for _ in range(_ROUNDS):
        if not new:
            break
        ways |= new
        for read in _crossings_of(new, trace):
            is_tcp = isinstance(read.packet.transport, Tcp) if is_tcp is None else is_tcp
            if isinstance(read.packet.transport, Tcp) is is_tcp:
                found[read.seen.number] = read
        beside = [seen for read in found.values() for seen in followers.get(read.seen.number, ())]
        beside += [trace[place[read.seen.follows]] for read in found.values() if read.seen.follows in place]
        others = {way for seen in beside if seen.number not in found and (way := _way(seen.packet))}
        new = ({*others, *map(_back, others)}) - ways
    return [found[number] for number in sorted(found)]


def _crossings_of(ways: set[Way], trace: Sequence[Seen]) -> Iterator[_Read]:
    """Those that go one of these ways; only packets in which its ports and addresses stand are read."""
    ends = [
        ((way[1] << 16 | way[3]).to_bytes(4, "big"), ip_address(way[0]).packed, ip_address(way[2]).packed)
        for way in ways
    ]
    for seen in trace:
        data = seen.crossing.data
        if any(ports in data and src in data and dst in data for ports, src, dst in ends):
            packet = seen.packet
            way = _way(packet)
            if way in ways and way is not None:
                yield _Read(seen, packet, way)


def _root(number: int, crossings: Sequence[_Read]) -> int:
    """The first crossing of the packet that a crossing carried on."""
    follows = {read.seen.number: read.seen.follows for read in crossings}
    while follows.get(number) in follows:
        number = follows[number]
    return number


def _connection(number: int, crossings: Sequence[_Read]) -> list[_Read]:
    """Of all connections between the same two ports, one after the other, the one that a crossing belongs to."""
    begun: list[list[_Read]] = [[]]
    opened: dict[Way, int] = {}
    for read in crossings:
        segment = read.packet.transport
        is_opening = isinstance(segment, Tcp) and segment.is_syn and not segment.is_ack
        if is_opening and isinstance(segment, Tcp):
            is_again = opened.get(read.way) == segment.seq
            if begun[-1] and not is_again:
                begun.append([])
            opened[read.way] = segment.seq
        begun[-1].append(read)
    return next((part for part in begun if any(read.seen.number == number for read in part)), begun[-1])


def _speakers(first: _Read, reads: Sequence[_Read], family: Sequence[_Read], sides: Mapping[Way, Side]) -> _Speakers:
    """Who speaks, by the names of the nodes that a packet of each first left."""
    answer = next((read for read in reads if sides[read.way] == 1), None)
    sender = first.seen.crossing.sender
    near = Speaker(sender.node if sender else "", first.way[0], first.way[1])
    if answer is None:
        return near, Speaker(_arrived_at(first.seen, family), first.way[2], first.way[3])
    other = answer.seen.crossing.sender
    return near, Speaker(other.node if other else "", answer.way[0], answer.way[1])


def _arrived_at(seen: Seen, family: Sequence[_Read]) -> str:
    """The node that a packet came to in the end; empty where a bridge sent it to several, or nobody knows."""
    while True:
        further = [read.seen for read in family if read.seen.follows == seen.number]
        if not further:
            return seen.crossing.receiver.node if seen.crossing.receiver else ""
        if len(further) > 1 or further[0].number <= seen.number:
            return ""
        seen = further[0]


def _sides(start: Way, family: Sequence[_Read]) -> Mapping[Way, Side]:
    """Which side speaks on each way: a packet that a NAT passes on is still said by the same."""
    sides: dict[Way, Side] = {start: 0, _back(start): 1}
    ways = {read.seen.number: read.way for read in family}
    hops = [(ways[read.seen.follows], read.way) for read in family if read.seen.follows in ways]
    for _ in range(_ROUNDS):
        for before, after in dict.fromkeys(hops):
            for known, other in ((before, after), (after, before)):
                if known in sides and other not in sides:
                    sides[other] = sides[known]
                    sides[_back(other)] = sides[_back(known)]
    return {way: sides.get(way, 0) for way in (*sides, *ways.values())}


def _kept(pieces: Iterator[Piece], limit: int) -> tuple[tuple[Piece, ...], tuple[int, int], int]:
    """The pieces within the bound; the bytes that each side said; the captured bytes that are left out."""
    kept: list[Piece] = []
    said, shown, left_out = [0, 0], 0, 0
    for piece in pieces:
        said[piece.side] += piece.missing + len(piece.data)
        room = max(limit - shown, 0)
        left_out += max(len(piece.data) - room, 0)
        if room or not piece.data:
            kept.append(piece._replace(data=piece.data[:room]) if len(piece.data) > room else piece)
        shown += min(len(piece.data), room)
    return tuple(kept), (said[0], said[1]), left_out


def _udp(reads: Sequence[_Read], family: Sequence[_Read], limit: int) -> Conversation:
    sides = _sides(reads[0].way, family)
    pieces, said, left_out = _kept(_datagrams(reads, sides), limit)
    count = len({piece.number for piece in pieces})
    speakers = _speakers(reads[0], reads, family, sides)
    return Conversation("UDP", speakers, pieces, said, left_out, max(count, 1), is_from_start=False)


def _datagrams(reads: Sequence[_Read], sides: Mapping[Way, Side]) -> Iterator[Piece]:
    """Each datagram once: one that a file has from two places has the same number, and a TTL that differs."""
    last: dict[tuple[Way, bytes], tuple[int, int, int]] = {}
    for read in reads:
        network, datagram = read.packet.network, read.packet.transport
        if not isinstance(datagram, Udp) or not isinstance(network, Ipv4 | Ipv6):
            continue
        payload, time_ns = read.packet.payload, read.seen.crossing.time_ns
        ident = network.ident if isinstance(network, Ipv4) else 0
        before = last.get((read.way, payload))
        last[read.way, payload] = (ident, network.ttl, time_ns)
        is_soon = before is not None and time_ns - before[2] < _TWICE_WITHIN_NS and ident == before[0]
        if is_soon and before is not None and (ident or before[1] != network.ttl):
            continue
        yield Piece(sides[read.way], read.seen.number, time_ns, 0, payload)
        cut = max(datagram.length - 8, 0) - len(payload)
        if cut > 0:
            yield Piece(sides[read.way], read.seen.number, time_ns, cut, b"")


def _tcp(reads: Sequence[_Read], family: Sequence[_Read], limit: int) -> Conversation:
    first = reads[0]
    opening = first.packet.transport
    is_opened = isinstance(opening, Tcp) and opening.is_syn
    is_answer = isinstance(opening, Tcp) and opening.is_syn and opening.is_ack
    sides = _sides(_back(first.way) if is_answer else first.way, family)
    pieces, said, left_out = _kept(_segments(reads, sides), limit)
    if is_answer:  # the opening itself was not captured: who answers spoke second
        turned: dict[Way, Side] = {way: 1 if side == 0 else 0 for way, side in sides.items()}
        far, near = _speakers(first, reads, family, turned)
    else:
        near, far = _speakers(first, reads, family, sides)
    is_from_start = is_opened and not is_answer
    return Conversation("TCP", (near, far), pieces, said, left_out, len(reads), is_from_start=is_from_start)


def _segments(reads: Sequence[_Read], sides: Mapping[Way, Side]) -> Iterator[Piece]:
    """What each side could read, when it could."""
    streams = (_Stream(0), _Stream(1))
    for read in reads:
        segment = read.packet.transport
        if not isinstance(segment, Tcp):
            continue
        side = sides[read.way]
        yield from streams[side].take(read, segment)
        if segment.is_ack and not segment.is_rst:
            yield from streams[1 - side].is_acknowledged(segment.ack)
    for stream in streams:
        yield from stream.rest()


class _Stream:
    """One direction of a connection: segments in any order in, bytes in order out."""

    def __init__(self, side: Side) -> None:
        self._side: Side = side
        self._next: int | None = None
        """The sequence number of the first byte that is not told yet."""
        self._told = 0
        """The same, counted without a wrap from the first byte that was seen."""
        self._early: list[tuple[int, int, _Read, int]] = []
        """Segments that came before what precedes them: place, order of arrival, the packet, bytes of data."""
        self._arrived = 0

    def take(self, read: _Read, segment: Tcp) -> Iterator[Piece]:
        """A segment, as it arrived."""
        seq = (segment.seq + 1) % _MODULUS if segment.is_syn else segment.seq
        if self._next is None or (segment.is_syn and not self._told):
            self._next = seq
        if not segment.length:
            return
        self._arrived += 1
        heappush(self._early, (self._told + self._ahead(seq), self._arrived, read, segment.length))
        yield from self._in_order()

    def is_acknowledged(self, ack: int) -> Iterator[Piece]:
        """The other side has everything before this number: what is not there by now was not captured."""
        if self._next is None:
            self._next = ack
            return
        upto = self._told + self._ahead(ack)
        while self._early and self._early[0][0] < upto:
            yield from self._skip_to(self._early[0][0])

    def rest(self) -> Iterator[Piece]:
        """What waits for something that never came."""
        while self._early:
            yield from self._skip_to(self._early[0][0])

    def _ahead(self, seq: int) -> int:
        """How far a sequence number lies ahead of what was told; negative for what was told before (RFC 9293, 3.4)."""
        assert self._next is not None  # noqa: S101 - the callers have set it
        return (seq - self._next + _MODULUS // 2) % _MODULUS - _MODULUS // 2

    def _in_order(self) -> Iterator[Piece]:
        """What has become readable."""
        while self._early and self._early[0][0] <= self._told:
            yield from self._tell(0)

    def _skip_to(self, place: int) -> Iterator[Piece]:
        missing = max(place - self._told, 0)
        self._advance(missing)
        yield from self._tell(missing)
        yield from self._in_order()

    def _tell(self, missing: int) -> Iterator[Piece]:
        """The first of the waiting segments, without what was told already."""
        place, _, read, length = heappop(self._early)
        known = self._told - place
        if known >= length and not missing:
            return
        data = read.packet.payload[known:length]
        self._advance(max(length - known, 0))
        cut = max(length - known - len(data), 0)
        seen = read.seen
        if data or missing:
            yield Piece(self._side, seen.number, seen.crossing.time_ns, missing, data)
        if cut:
            yield Piece(self._side, seen.number, seen.crossing.time_ns, cut, b"")

    def _advance(self, count: int) -> None:
        assert self._next is not None  # noqa: S101 - as above
        self._told += count
        self._next = (self._next + count) % _MODULUS
