"""Takes a trace apart into conversations, and has each of them tell its story."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from netshell.explain.owners import Owners
from netshell.explain.stories.asking import Questions, word_of
from netshell.explain.stories.complaints import LooseComplaints, is_redirect, loose_key
from netshell.explain.stories.dhcp import Leasings
from netshell.explain.stories.dns import LookUps
from netshell.explain.stories.flow import Complaint, Flow
from netshell.explain.stories.http import Exchanges
from netshell.explain.stories.keys import Key, key_of, quoted_key, reverse
from netshell.explain.stories.others import Others, key_of_others
from netshell.explain.stories.ping import Ping
from netshell.explain.stories.stage import Stage
from netshell.explain.stories.story import Story, Tale
from netshell.explain.stories.tcp import Connection
from netshell.explain.stories.trips import Trip, trips
from netshell.explain.stories.udp import Datagrams, traces
from netshell.explain.stories.words import count
from netshell.facts import Snapshot
from netshell.packets.headers import Extension, Ipv4, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.messages import Dhcp, Dns, Http
from netshell.packets.summary import harmless
from netshell.packets.trace import Seen

MOST_PACKETS = 200_000
"""Crossings that are read for stories; of a longer trace, the last ones."""
MOST_STORIES = 500
_LONGEST = 480
_REPLIES = frozenset({0, 129})


def tell(
    seen: Sequence[Seen], owners: Owners, snapshot: Snapshot | None = None, now_ns: int | None = None
) -> tuple[Story, ...]:
    """Every conversation of a trace in a few words, in the order they began; what is noise is left out.

    `seen` is in the order of the crossings. `snapshot` is the state of the nodes, which tells causes. `now_ns`
    (nanoseconds since the epoch) is given while more may come: what is younger than a second is then no failure.
    At most `MOST_STORIES` are told, of at most `MOST_PACKETS` crossings; where that is not all, the last story, of kind
    `more`, says so.
    """
    left_out = max(len(seen) - MOST_PACKETS, 0)
    cast = _Cast()
    for trip in trips(islice(seen, left_out, None)):
        cast.add(trip, trip.packet)
    stage = Stage(owners, snapshot, now_ns, cast.questions.in_vain())
    tales = sorted(cast.tales(), key=lambda tale: tale.began)
    told = [story for tale in tales[:MOST_STORIES] for story in tale.stories(stage)]
    stories = [replace(story, says=harmless(story.says, _LONGEST)) for story in told]
    return (*stories, *_rest(len(tales) - MOST_STORIES, left_out))


def _rest(stories: int, crossings: int) -> list[Story]:
    parts = []
    if stories > 0:
        parts.append(f"{count(stories, 'more conversation is', 'more conversations are')} not told here.")
    if crossings:
        parts.append(f"The first {count(crossings, 'crossing')} of this trace took no part in these stories.")
    return [Story("more", " ".join(parts), ())] if parts else []


class _Cast:
    """All conversations, and the table by which each packet finds its own."""

    def __init__(self) -> None:
        self.questions = Questions()
        self._flows: list[Flow] = []
        self._by_key: dict[Key, tuple[Flow, bool]] = {}
        """With whether that key is of the way ahead."""
        self._crossed: dict[int, int] = {}
        """By flow: the most crossings that one of its packets made, whose forms are in the table."""
        self._pieces: dict[tuple[str, str, int], Flow] = {}
        self._look_ups = LookUps()
        self._leasings = Leasings()
        self._exchanges = Exchanges()
        self._loose: dict[tuple[object, ...], LooseComplaints] = {}
        self._others: dict[tuple[object, ...], Others] = {}

    def tales(self) -> list[Tale]:
        """Everything that has something to tell."""
        runs = traces(self._flows)
        return [
            *self.questions.told(),
            *runs,
            *(flow for flow in self._flows if not flow.is_told or flow.kind == "tcp"),
            *self._look_ups.all,
            *self._leasings.all,
            *self._exchanges.all,
            *self._loose.values(),
            *self._others.values(),
        ]

    def add(self, trip: Trip, packet: Packet) -> None:
        """The next packet."""
        word = word_of(packet)
        if word is not None:
            self.questions.add(trip, word)
            return
        message = packet.transport
        if isinstance(message, Icmp | Icmp6) and (message.is_error or message.type == 137):
            self._complain(Complaint(trip, message))
            return
        if isinstance(packet.application, Dhcp):
            self._leasings.add(trip, packet.application)
            return
        key = key_of(packet)
        if key is not None:
            self._converse(trip, packet, key)
        elif not self._is_piece(trip, packet):
            self._other(trip, packet)

    def _other(self, trip: Trip, packet: Packet) -> None:
        key = key_of_others(trip, packet)
        if key not in self._others:
            self._others[key] = Others(trip, packet)
        self._others[key].add(trip)

    def _is_piece(self, trip: Trip, packet: Packet) -> bool:
        """Whether this is a later fragment of a packet whose first has been seen: that one counts."""
        piece = _piece(packet)
        flow = self._pieces.get(piece) if piece else None
        if flow is None:
            return False
        flow.numbers += trip.numbers
        return True

    def _complain(self, complaint: Complaint) -> None:
        """An ICMP error: to the conversation that it is about, to the question that held its packet up, or alone."""
        key = quoted_key(complaint.message.original)
        flow, is_ahead = self._by_key.get(key, (None, True)) if key else (None, True)
        if (flow is None or not is_ahead) and self._is_for_question(complaint):
            return
        if flow is not None:
            flow.complain(complaint._replace(is_about_answer=not is_ahead))
            return
        alike = loose_key(complaint)
        if alike in self._loose:
            self._loose[alike].add(complaint.trip)
        else:
            self._loose[alike] = LooseComplaints(complaint)

    def _is_for_question(self, complaint: Complaint) -> bool:
        """Whether a node tells itself that a packet could not leave, since a question of its own got no answer."""
        crossing = complaint.trip.first.crossing
        if crossing.sender is None or crossing.sender != crossing.receiver or is_redirect(complaint.message):
            return False
        question = self.questions.blocked_by(crossing.sender.node, complaint)
        if question is None:
            return False
        question.complain(complaint)
        return True

    def _converse(self, trip: Trip, packet: Packet, key: Key) -> None:
        flow, is_ahead = self._flow(packet, key)
        if len(trip.others) + 1 > self._crossed.get(id(flow), 0):
            self._register(flow, trip, is_ahead=is_ahead)
        flow.add(trip, packet, is_ahead=is_ahead)
        piece = _piece(packet)
        if piece is not None:
            self._pieces[piece] = flow
        match packet.application:
            case Dns() as message:
                self._look_ups.add(flow, trip, message)
                flow.is_told = True
            case Http() as message:
                self._exchanges.add(flow, trip, message, is_ahead=is_ahead)

    def _flow(self, packet: Packet, key: Key) -> tuple[Flow, bool]:
        """The conversation of a packet, and whether it goes the way of who began."""
        message, segment = packet.transport, packet.transport
        if isinstance(message, Icmp | Icmp6):
            is_reply = message.type in _REPLIES
            known = self._by_key.get(reverse(key) if is_reply else key)
            return (known[0] if known else self._new(reverse(key) if is_reply else key)), not is_reply
        known = self._by_key.get(key)
        if known is not None:
            flow, is_ahead = known
            is_new = isinstance(segment, Tcp) and isinstance(flow, Connection) and flow.is_reopened_by(segment)
            if not is_new:
                return flow, is_ahead
        if known is None and _is_answer(packet):
            return self._new(reverse(key)), False
        return self._new(key), True

    def _new(self, key: Key) -> Flow:
        flow: Flow
        match key[0]:
            case "ping":
                flow = Ping(key)
            case "TCP":
                flow = Connection(key)
            case _:
                flow = Datagrams(key)
        self._flows.append(flow)
        return flow

    def _register(self, flow: Flow, trip: Trip, *, is_ahead: bool) -> None:
        """Every form that a NAT gave the packet leads to its conversation, as does the way back of each."""
        self._crossed[id(flow)] = len(trip.others) + 1
        keys = [(flow.protocol, flow.src, flow.src_port, flow.dst, flow.dst_port)]
        for seen in (trip.first, *trip.others):
            key = key_of(seen.packet)
            if key is not None:
                keys.append(key if is_ahead else reverse(key))
        for key in keys:
            self._by_key[key] = (flow, True)
            if reverse(key) != key:
                self._by_key[reverse(key)] = (flow, False)


def _piece(packet: Packet) -> tuple[str, str, int] | None:
    """Which fragmented packet this one is a piece of."""
    network = packet.network
    if isinstance(network, Ipv4):
        return (network.src, network.dst, network.ident) if network.is_fragment else None
    extension = next((layer for layer in packet.layers if isinstance(layer, Extension) and layer.is_fragment), None)
    return (packet.src, packet.dst, extension.ident) if extension else None


def _is_answer(packet: Packet) -> bool:
    """Whether the first packet that was seen of a conversation is likely not the first of all."""
    segment = packet.transport
    if isinstance(segment, Tcp):
        if segment.is_syn:
            return segment.is_ack
        return segment.src_port < segment.dst_port
    if isinstance(packet.application, Dns):
        return packet.application.is_response
    return isinstance(segment, Udp) and segment.src_port < 1024 <= segment.dst_port
