"""Two ends that talk to each other by pings, UDP or TCP: which packets belong together, NAT on the way included.

A flow knows what all three have in common; `ping`, `udp` and `tcp` add what is theirs.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

from netshell.explain.stories.keys import Key
from netshell.explain.stories.rewriting import rewriting
from netshell.explain.stories.stage import Stage, named
from netshell.explain.stories.story import Story
from netshell.explain.stories.trips import Trip
from netshell.packets.layers import Icmp, Icmp6, Packet

_MOST_ERRORS = 32


class Complaint(NamedTuple):
    """An ICMP error about one of a flow's packets."""

    trip: Trip
    message: Icmp | Icmp6
    is_about_answer: bool = False
    """It is about a packet on the way back to who began."""


class Flow(ABC):
    """The packets between two ends."""

    kind: ClassVar[str]

    def __init__(self, key: Key) -> None:
        self.protocol, self.src, self.src_port, self.dst, self.dst_port = key
        self.numbers: list[int] = []
        self.first: Trip | None = None
        """The first packet from who began."""
        self.last: Trip | None = None
        self.first_answer: Trip | None = None
        self.last_answer: Trip | None = None
        self.complaints: list[Complaint] = []
        self.is_told = False
        """Another conversation tells it: a DNS look-up, a traceroute."""

    def add(self, trip: Trip, packet: Packet, *, is_ahead: bool) -> None:
        """The next packet; `is_ahead` for those of the end that began."""
        self.numbers += trip.numbers
        if is_ahead:
            self.first = self.first or trip
            self.last = trip
        else:
            self.first_answer = self.first_answer or trip
            self.last_answer = trip
        self.take(trip, packet, is_ahead=is_ahead)

    @abstractmethod
    def take(self, trip: Trip, packet: Packet, *, is_ahead: bool) -> None:
        """What this packet means for the protocol."""

    @abstractmethod
    def stories(self, stage: Stage) -> Iterator[Story]:
        """What is to be told."""

    def complain(self, complaint: Complaint) -> None:
        """An ICMP error about one of its packets; the first ones are kept."""
        self.numbers += complaint.trip.numbers
        if len(self.complaints) < _MOST_ERRORS:
            self.complaints.append(complaint)

    @property
    def began(self) -> int:
        """The number of its first crossing."""
        return self.numbers[0]

    @property
    def opener(self) -> str:
        """The node that began; empty where it is not known."""
        if self.first is not None:
            return self.first.origin
        last = self.first_answer
        ends = last.receivers if last else []
        return ends[-1] if ends else ""

    def story(self, says: str, *, is_trouble: bool = False, at: str = "") -> Story:
        """The story of this flow."""
        return Story(self.kind, says, tuple(sorted(self.numbers)), is_trouble, at or self.opener)

    def who(self, stage: Stage) -> str:
        """The end that began, as a sentence names it."""
        return named(self.opener or stage.owners.of(self.src)) or self.src

    def whom(self, stage: Stage) -> str:
        """The other end, with its address: `ns2 (192.0.2.2)`, `itself (127.0.0.1)`."""
        if self.is_with_itself:
            return f"itself ({self.dst})"
        return stage.called(self.dst)

    def other(self, stage: Stage) -> str:
        """The other end, in short: the node that answered, or that has the address; else the address."""
        node = self.first_answer.origin if self.first_answer else stage.owners.of(self.dst)
        return named(node) or self.dst

    @property
    def is_with_itself(self) -> bool:
        """Over `lo`."""
        if self.src == self.dst:
            return True
        crossing = self.first.first.crossing if self.first else None
        return crossing is not None and crossing.sender is not None and crossing.sender == crossing.receiver

    def port_of_other(self, stage: Stage) -> str:
        """`port 80 of ns2 (192.0.2.2)`, `its own port 80 (127.0.0.1)`."""
        if self.is_with_itself:
            return f"its own port {self.dst_port} ({self.dst})"
        return f"port {self.dst_port} of {self.whom(stage)}"

    def on_the_way(self, stage: Stage) -> str:
        """` through r1`, where the first packet went on; nothing where the words for a NAT name that node."""
        trip = self.first
        if trip is None or self.is_with_itself or not trip.others:
            return ""
        return "" if len(stage.via(trip)) == 1 and self.changed(stage) else stage.through(trip)

    def changed(self, stage: Stage) -> str:
        """What a NAT made of the first packet; or empty."""
        return rewriting(self.first, stage) if self.first is not None else ""
