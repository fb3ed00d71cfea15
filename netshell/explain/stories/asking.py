"""Who has this address, and at which MAC is it: ARP (RFC 826, RFC 5227) and IPv6 neighbour discovery (RFC 4861)."""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from netshell.explain.stories.complaints import quoted_name
from netshell.explain.stories.flow import Complaint
from netshell.explain.stories.keys import quoted_key
from netshell.explain.stories.stage import Stage, named
from netshell.explain.stories.story import Story
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.words import listing, sentences, times
from netshell.packets.headers import Arp, Ethernet, Ipv4, Ipv6
from netshell.packets.layers import Icmp6, Packet

_NOBODY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - the addresses of who has none yet, not ones to bind to
_BROADCAST = "ff:ff:ff:ff:ff:ff"
_NEW_AFTER_NS = 10_000_000_000
"""After a pause like this it is another question."""
_MOST_ERRORS = 32
_MOST_RECENT = 64


class Word(NamedTuple):
    """An ARP packet or a neighbour message, by what both have in common."""

    is_answer: bool
    asker: str
    """The IP address of who asks; of an answer, whom it is for."""
    target: str
    """The IP address that it is about."""
    mac: str
    """Of who sends it."""
    is_to_all: bool
    protocol: str


class Question:
    """One question, however often it was asked, with all its answers."""

    def __init__(self, word: Word) -> None:
        self.asker = word.asker
        self.target = word.target
        self.mac = "" if word.is_answer else word.mac
        self.protocol = word.protocol
        self.is_to_all = word.is_to_all
        self.requests: list[Trip] = []
        self.answers: list[tuple[Trip, str]] = []
        """With the MAC that each tells."""
        self.blocked: list[Complaint] = []
        """What the asker's own kernel then said about the packets that waited for the answer."""
        self.rounds = 1
        self.numbers: list[int] = []

    @property
    def began(self) -> int:
        """The number of its first crossing."""
        return self.numbers[0]

    @property
    def macs(self) -> list[str]:
        """The different answers."""
        return list(dict.fromkeys(mac for _, mac in self.answers))

    @property
    def origin(self) -> str:
        """The node that asked."""
        return self.requests[0].origin if self.requests else ""

    @property
    def last_ns(self) -> int:
        """When it was last spoken of."""
        return max([trip.time_ns for trip in self.requests] + [trip.time_ns for trip, _ in self.answers])

    @property
    def is_probe(self) -> bool:
        """Asked by somebody without an address: is it free?"""
        return self.asker in _NOBODY

    @property
    def is_announcement(self) -> bool:
        """Tells everybody one's own address."""
        return self.asker == self.target

    @property
    def is_in_vain(self) -> bool:
        """Nobody answered who should have."""
        return not self.answered and not self.is_probe and not self.is_announcement

    @property
    def answered(self) -> list[tuple[Trip, str]]:
        """The answers that came to the asker."""
        return [(trip, mac) for trip, mac in self.answers if trip.reached(self.origin)]

    def add(self, trip: Trip, word: Word) -> None:
        """One more packet of it."""
        self.numbers += trip.numbers
        if word.is_answer:
            self.answers.append((trip, word.mac))
        else:
            self.requests.append(trip)

    def complain(self, complaint: Complaint) -> None:
        """What the asker's kernel told about a packet that could not leave."""
        self.numbers += complaint.trip.numbers
        if len(self.blocked) < _MOST_ERRORS:
            self.blocked.append(complaint)

    def is_like(self, other: "Question") -> bool:
        """Whether another one went the same way, so that one sentence does for both."""
        mine, theirs = [(one.asker, one.target, one.macs, one.is_to_all) for one in (self, other)]
        return mine == theirs and bool(self.answers) and not self.is_in_vain and not other.is_in_vain

    def merge(self, other: "Question") -> None:
        """Take in another that is like it."""
        self.rounds += 1
        self.numbers += other.numbers

    def stories(self, stage: Stage) -> Iterator[Story]:
        """Its story."""
        kind = "arp" if self.protocol == "ARP" else "nd"
        says, is_trouble, at = self._told(stage)
        yield Story(kind, says, tuple(sorted(self.numbers)), is_trouble, at or self.origin)

    def _told(self, stage: Stage) -> tuple[str, bool, str]:
        if not self.requests:
            trip, mac = self.answers[0]
            says = f"{stage.who(trip, self.target)} told, unasked, that {self.target} is at {mac}"
            return sentences(says), False, trip.origin
        who = stage.who(self.requests[0], self.mac if self.is_probe else self.asker)
        often = times(len(self.requests)) if len(self.requests) > 1 else ""
        if len(self.macs) > 1:
            return self._duplicate(who, stage)
        if self.is_probe:
            return self._probe(who, stage)
        if self.is_announcement:
            return self._announcement(who, often, stage)
        if self.answered:
            return self._answer(who, often, stage), False, ""
        asked = f"{who} asked{often and f' {often}'} who has {self.target}"
        return self._silence(asked, who, stage)

    def _answer(self, who: str, often: str, stage: Stage) -> str:
        trip, mac = self.answered[0]
        name = stage.who(trip, self.target)
        again = "" if self.rounds == 1 else f" ({times(self.rounds)}, each time the same)"
        if not self.is_to_all:
            checked = f"{who} checked that {self.target} is still at {mac}"
            return sentences(f"{checked}; {'it' if name == self.target else name} confirmed it{again}")
        asked = f"{who} asked{often and f' {often}'} who has {self.target}"
        answered = "the answer" if name == self.target else f"{name} answered"
        return sentences(f"{asked}; {answered}: it is at {mac}{again}")

    def _duplicate(self, who: str, stage: Stage) -> tuple[str, bool, str]:
        trips = {mac: trip for trip, mac in reversed(self.answers)}
        names = [f"{stage.who(trips[mac], mac)} ({mac})" for mac in self.macs]
        if len({name.partition(" ")[0] for name in names}) < len(names):
            names = self.macs
        says = f"{who} asked who has {self.target}, and {listing(names)} both answered"
        if len(names) > 2:
            says = f"{who} asked who has {self.target}, and {len(names)} machines answered: {listing(names[:4])}"
        return sentences(says, "the address is set twice: one of them needs another"), True, trips[self.macs[1]].origin

    def _probe(self, who: str, stage: Stage) -> tuple[str, bool, str]:
        asked = f"{who} asked whether {self.target} is free"
        if self.answers:
            trip, mac = self.answers[0]
            return sentences(f"{asked}; {stage.who(trip, mac)} answered that it has it ({mac})"), True, trip.origin
        return sentences(f"{asked}; nobody objected"), False, ""

    def _announcement(self, who: str, often: str, stage: Stage) -> tuple[str, bool, str]:
        mac = self.mac
        told = f"{who} told everybody on the link{often and f' {often}'} that {self.target} is at {mac}"
        if self.answers and self.answers[0][1] != mac:
            trip, other = self.answers[0]
            says = f"{told}; {stage.who(trip, other)} answered that it has it too ({other})"
            return sentences(says, "the address is set twice: one of them needs another"), True, trip.origin
        return sentences(told), False, ""

    def _silence(self, asked: str, who: str, stage: Stage) -> tuple[str, bool, str]:
        if stage.is_young(self.last_ns):
            return sentences(f"{asked}; not answered yet"), False, ""
        if self.answers:
            trip, _ = self.answers[0]
            name = stage.who(trip, self.target)
            return sentences(f"{asked}; {name} answered, but the answer did not get back to {who}"), True, trip.origin
        result = self._consequence(who, stage)
        nobody = "nobody answered" if self.requests[0].has_known_ends else "no answer was seen"
        return sentences(f"{asked}; {nobody}{result and f', {result}'}", self._reason(stage)), True, ""

    def _consequence(self, who: str, stage: Stage) -> str:
        """What could not be sent, as the asker's kernel said it, or as it must be."""
        if self.blocked:
            original = self.blocked[0].message.original
            key = quoted_key(original)
            if key is not None and key[0] != "ping":
                what = quoted_name(original).removeprefix("a ")
                return f"so the {what} for port {key[4]}{_beyond(key[3], self.target)} never left"
            target = _quoted_target(self.blocked[0])
            many = len(self.blocked)
            noun = quoted_name(original).removeprefix("a ")
            noun = noun if many == 1 else f"{many} {noun.removesuffix('reply')}{'replies' if 'reply' in noun else 's'}"
            return f"so the {noun}{_beyond(target, self.target)} never left"
        if not self.origin:
            return ""
        node = stage.node(self.origin)
        if node is not None and any(route.via == self.target for route in node.routes):
            return f"so nothing could leave {named(self.origin)} by that gateway"
        return f"so nothing for {self.target} could leave {who}"

    def _reason(self, stage: Stage) -> str:
        """Where the address is, as far as the state of the nodes tells."""
        if stage.snapshot is None or not self.origin:
            return ""
        holders = stage.holders(self.target)
        if not holders:
            return f"no node has the address {self.target}"
        holder = holders[0]
        if any(self.requests[-1].reached(name) for name in holders):
            return f"the question came to {named(holder)}, which has that address now, and no answer left there"
        if holder == self.origin:
            return f"the address {self.target} is its own"
        return f"the address is on {named(holder)}, but the question never came there: it goes no further than its link"


def _beyond(target: str, hop: str) -> str:
    return f" to {target}" if target and target != hop else ""


def _quoted_target(complaint: Complaint) -> str:
    layers = complaint.message.original
    return next((layer.dst for layer in layers if isinstance(layer, Ipv4 | Ipv6)), "")


def word_of(packet: Packet) -> Word | None:
    """What an ARP packet or a neighbour message says; None for all else."""
    network, message = packet.network, packet.transport
    ethernet = packet.layers[0] if packet.layers and isinstance(packet.layers[0], Ethernet) else None
    if isinstance(network, Arp):
        if network.operation not in {1, 2}:
            return None
        is_own = network.sender_ip == network.target_ip
        is_answer = network.operation == 2 and not is_own
        asker, target = (network.target_ip, network.sender_ip) if is_answer else (network.sender_ip, network.target_ip)
        is_to_all = ethernet is None or ethernet.dst == _BROADCAST
        return Word(is_answer, asker, target, network.sender_mac, is_to_all, "ARP")
    if isinstance(message, Icmp6) and message.type in {135, 136} and message.target and isinstance(network, Ipv6):
        mac = next((option.mac for option in message.options if option.mac), "") or (ethernet.src if ethernet else "")
        is_to_all = network.dst.startswith("ff")
        if message.type == 135:
            return Word(False, network.src, message.target, mac, is_to_all, "ND")
        if is_to_all:
            return Word(False, message.target, message.target, mac, True, "ND")
        return Word(True, network.dst, message.target, mac, False, "ND")
    return None


class Questions:
    """All questions of a trace, in the order they were first asked."""

    def __init__(self) -> None:
        self.all: list[Question] = []
        self._open: dict[tuple[str, str], Question] = {}
        self._recent: dict[str, deque[Question]] = {}

    def add(self, trip: Trip, word: Word) -> None:
        """The next packet."""
        key = (word.asker, word.target)
        question = self._open.get(key)
        if question is not None and not word.is_answer:
            is_late = trip.time_ns - question.last_ns > _NEW_AFTER_NS
            is_other = question.mac not in {"", word.mac}
            if question.answers or is_late or is_other or (question.is_to_all is not word.is_to_all):
                question = None
        if question is None:
            question = Question(word)
            self.all.append(question)
            self._open[key] = question
            if not word.is_answer and trip.origin:
                self._recent.setdefault(trip.origin, deque(maxlen=_MOST_RECENT)).append(question)
        question.add(trip, word)

    def blocked_by(self, node: str, complaint: Complaint) -> Question | None:
        """The question that a node asked in vain last, before it told itself that a packet could not leave."""
        target = _quoted_target(complaint)
        mine = [one for one in self._recent.get(node, ()) if one.is_in_vain]
        exact = [one for one in mine if one.target == target]
        return (exact or mine)[-1] if mine else None

    def in_vain(self) -> dict[str, frozenset[str]]:
        """For each node, the addresses that it asked for and was never told."""
        told = {(one.origin, one.target) for one in self.all if one.answered}
        found: dict[str, set[str]] = {}
        for one in self.all:
            if one.is_in_vain and one.origin and (one.origin, one.target) not in told:
                found.setdefault(one.origin, set()).add(one.target)
        return {node: frozenset(targets) for node, targets in found.items()}

    def told(self) -> list[Question]:
        """The questions as they are told: those that went alike are one."""
        latest: dict[tuple[str, str], Question] = {}
        found: list[Question] = []
        for question in self.all:
            key = (question.asker, question.target)
            former = latest.get(key)
            if former is not None and former.is_like(question):
                former.merge(question)
                continue
            latest[key] = question
            found.append(question)
        return found
