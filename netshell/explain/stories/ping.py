"""Pings: echo requests and replies of ICMP and ICMPv6 (RFC 792, RFC 4443), sequence number by sequence number."""

from collections.abc import Iterator
from typing import ClassVar

from netshell.explain.stories.complaints import complaints_words, is_redirect
from netshell.explain.stories.fate import fate, lost_answer
from netshell.explain.stories.flow import Flow
from netshell.explain.stories.keys import Key
from netshell.explain.stories.rewriting import rewriting
from netshell.explain.stories.stage import Stage, named
from netshell.explain.stories.story import Story
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.words import count, milliseconds, sentences, small, times
from netshell.packets.headers import Ipv4, Ipv6
from netshell.packets.layers import Icmp, Icmp6, Packet


class Ping(Flow):
    """One run of `ping`: all echoes with one identifier between two addresses."""

    kind: ClassVar[str] = "ping"

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.requests = 0
        self.replies = 0
        self.repeated = 0
        self._waiting: dict[int, Trip] = {}
        self._answered: set[int] = set()
        self._total_ns = 0
        self._timed = 0
        self._strayed: Trip | None = None
        """The last reply that did not come to who had asked."""
        self._arrived: Trip | None = None

    def take(self, trip: Trip, packet: Packet, *, is_ahead: bool) -> None:
        """A request opens, a reply that comes home closes."""
        if not isinstance(packet.transport, Icmp | Icmp6):
            return
        sequence = packet.transport.sequence
        if is_ahead:
            self.requests += 1
            self._waiting[sequence] = trip
            return
        if not trip.reached(self.opener):
            self._strayed = trip
            return
        self._arrived = trip
        asked = self._waiting.pop(sequence, None)
        if asked is None:
            self.repeated += sequence in self._answered
            self.replies += sequence not in self._answered
            return
        self._answered.add(sequence)
        self.replies += 1
        last = trip.others[-1] if trip.others else trip.first
        self._total_ns += last.crossing.time_ns - asked.time_ns
        self._timed += 1

    def stories(self, stage: Stage) -> Iterator[Story]:
        """How many went, how many came back, and where the others stayed."""
        who, whom = self.who(stage), self.whom(stage)
        if not self.requests:
            says = f"{who} got {count(self.replies, 'ping reply', 'ping replies')} from {stage.called(self.dst)}"
            yield self.story(sentences(f"{says}; the requests are not among these packets"))
            return
        lost = len(self._waiting)
        sent = f"{who} sent {'a ping' if self.requests == 1 else count(self.requests, 'ping')} to {whom}"
        if not lost:
            yield self._all_well(sent, stage)
            return
        last = max(self._waiting.values(), key=lambda trip: trip.time_ns)
        complaints = [one for one in self.complaints if not is_redirect(one.message)]
        if not complaints and stage.is_young(last.time_ns):
            waits = "not answered yet" if self.requests == 1 else f"{small(lost)} not answered yet"
            yield self.story(sentences(f"{sent}; {waits}"))
            return
        back = f"; {self.replies} came back, {lost} did not" if self.replies else ""
        if complaints:
            says = sentences(f"{sent}{back or self.on_the_way(stage)}", complaints_words(complaints, stage))
            yield self.story(says, is_trouble=True, at=complaints[-1].trip.origin)
            return
        yield self._silent(f"{sent}{back}", last, stage)

    def _silent(self, sent: str, last: Trip, stage: Stage) -> Story:
        """No reply, and nobody who says why."""
        if self._strayed is not None and self._strayed.number > last.number:
            end = lost_answer(self._strayed, self.opener, stage, "the reply")
            return self.story(sentences(sent, end.says), is_trouble=True, at=end.at)
        what = "the request" if self.requests == 1 else "the last request"
        result = fate(last, stage, what)
        if result is None:
            return self.story(sentences(f"{sent}; {'no reply was seen' if not self.replies else 'no more was seen'}"))
        changed = rewriting(last, stage)
        return self.story(sentences(sent, changed, result.says), is_trouble=True, at=result.at)

    def _all_well(self, sent: str, stage: Stage) -> Story:
        answered = {1: "it was answered", 2: "both were answered"}.get(
            self.requests, f"all {self.requests:,} were answered"
        )
        time = ""
        if self._timed:
            average = milliseconds(self._total_ns // self._timed)
            time = f" in {average}" if self._timed == 1 else f", in {average} on average"
        twice = f"; {times(self.repeated)} the reply came double" if self.repeated else ""
        changed = self.changed(stage)
        told = f"{sent}{self.on_the_way(stage)}; {answered}{time}{twice}"
        return self.story(sentences(told, changed, self._ttl()), is_trouble=bool(self.repeated))

    def _ttl(self) -> str:
        """What the TTL of the last reply tells of its way."""
        trip = self._arrived
        if trip is None or self.is_with_itself:
            return ""
        start = _ttl_of(trip.packet)
        end = _ttl_of(trip.others[-1].packet if trip.others else trip.packet)
        noun = "reply" if self.replies == 1 else "replies"
        if not trip.has_known_ends:
            return f"the {noun} came with TTL {end}"
        if start == end:
            return f"the {noun} came with TTL {end}: no router is on the way"
        by = named(trip.others[0].crossing.sender.node) if trip.others[0].crossing.sender else "a router"
        taken = (
            f"{by} took 1 off" if start - end == 1 and len(trip.others) == 1 else f"{start - end} less than when sent"
        )
        return f"the {noun} came with TTL {end}: {taken}"


def _ttl_of(packet: Packet) -> int:
    return packet.network.ttl if isinstance(packet.network, Ipv4 | Ipv6) else 0
