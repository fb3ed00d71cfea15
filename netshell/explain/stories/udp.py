"""UDP datagrams between two ports, and the probes of traceroute; DNS and DHCP tell their own stories."""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import ClassVar

from netshell.explain.stories.complaints import (
    complaints_words,
    is_closed_port,
    is_expired,
    is_redirect,
    reporter,
)
from netshell.explain.stories.fate import fate, lost_answer
from netshell.explain.stories.flow import Flow
from netshell.explain.stories.keys import Key
from netshell.explain.stories.stage import Stage
from netshell.explain.stories.story import Story
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.words import count, sentences
from netshell.packets.headers import Ipv4, Ipv6
from netshell.packets.layers import Packet

_TRACE_PORTS = range(33434, 33434 + 512)
"""Where traceroute begins to count its ports, and more than it ever needs (traceroute(8), -p)."""
_LIMITED = "255.255.255.255"


class Datagrams(Flow):
    """The datagrams between two ports."""

    kind: ClassVar[str] = "udp"

    def __init__(self, key: Key) -> None:
        super().__init__(key)
        self.sent = 0
        self.sent_bytes = 0
        self.returned = 0
        self.returned_bytes = 0

    def take(self, trip: Trip, packet: Packet, *, is_ahead: bool) -> None:  # noqa: ARG002 - what other flows need
        """The next datagram."""
        length = max(getattr(packet.transport, "length", 8) - 8, 0)
        if is_ahead:
            self.sent += 1
            self.sent_bytes += length
        else:
            self.returned += 1
            self.returned_bytes += length

    @property
    def is_probe(self) -> bool:
        """Whether it looks like one of traceroute's."""
        return self.dst_port in _TRACE_PORTS and self.sent == 1 and not self.returned

    @property
    def hops(self) -> int:
        """The TTL that its first datagram was sent with."""
        network = self.first.packet.network if self.first else None
        return network.ttl if isinstance(network, Ipv4 | Ipv6) else 0

    def stories(self, stage: Stage) -> Iterator[Story]:
        """What went each way, and what was refused or stopped."""
        group = group_words(self.dst)
        whom = f"port {self.dst_port} of {group}" if group else self.port_of_other(stage)
        size = count(self.sent_bytes, "byte")
        each = f"{count(self.sent, 'UDP datagram')} ({size})"
        sent = f"{self.who(stage)} sent {each} from port {self.src_port} to {whom}"
        changed = self.changed(stage)
        complaints = [one for one in self.complaints if not is_redirect(one.message)]
        if complaints:
            says = sentences(f"{sent}{self.on_the_way(stage)}", changed, complaints_words(complaints, stage))
            yield self.story(says, is_trouble=True, at=complaints[-1].trip.origin)
        elif self.returned:
            yield self._answered(f"{sent}{self.on_the_way(stage)}", changed, stage)
        else:
            yield self._unanswered(sent, changed, stage)

    def _answered(self, sent: str, changed: str, stage: Stage) -> Story:
        back = f"{self.returned:,} came back ({count(self.returned_bytes, 'byte')})"
        answer = self.last_answer
        if answer is not None and not answer.reached(self.opener):
            end = lost_answer(answer, self.opener, stage, "the last answer")
            return self.story(sentences(sent, changed, end.says), is_trouble=True, at=end.at)
        return self.story(sentences(f"{sent}; {back}", changed))

    def _unanswered(self, sent: str, changed: str, stage: Stage) -> Story:
        """UDP asks for no answer: only a datagram that stopped on its way is trouble."""
        last = self.last
        if last is None or group_words(self.dst) or self.is_with_itself:
            return self.story(sentences(sent, changed))
        end = last.path(stage.owners)[-1].crossing.receiver
        if end is None:
            return self.story(sentences(f"{sent}{self.on_the_way(stage)}", changed))
        if stage.has(end.node, last.path(stage.owners)[-1].packet.dst):
            arrived = "it arrived" if self.sent == 1 else "the last one arrived"
            return self.story(sentences(f"{sent}{self.on_the_way(stage)}; {arrived}", changed))
        if stage.is_young(last.time_ns):
            return self.story(sentences(sent, changed))
        result = fate(last, stage, "it" if self.sent == 1 else "the last one")
        return self.story(sentences(sent, changed, result.says if result else ""), is_trouble=True, at=end.node)


def group_words(address: str) -> str:
    """Whom an address means that is nobody's own: everybody, or a group; else empty."""
    if address == _LIMITED:
        return f"everybody on the link ({address})"
    try:
        return f"the group {address}" if ip_address(address).is_multicast else ""
    except ValueError:
        return ""


class Trace:
    """One run of traceroute: datagrams with a growing TTL, and who complained of each."""

    def __init__(self, probes: Sequence[Datagrams]) -> None:
        self._probes = probes

    @property
    def began(self) -> int:
        """The number of its first crossing."""
        return self._probes[0].began

    def stories(self, stage: Stage) -> Iterator[Story]:
        """The routers in their order, and whether the end was reached."""
        first = self._probes[0]
        found: dict[int, str] = {}
        end = ""
        for probe in sorted(self._probes, key=lambda one: one.hops):
            for complaint in probe.complaints:
                if is_expired(complaint.message):
                    found.setdefault(probe.hops, reporter(complaint, stage))
                elif is_closed_port(complaint.message) and not end:
                    end = reporter(complaint, stage)
        names = list(dict.fromkeys(found.values()))
        says = f"{first.who(stage)} traced the way to {first.whom(stage)}"
        numbers = tuple(sorted(number for probe in self._probes for number in probe.numbers))
        if end:
            way = ", then ".join([*names, f"{end} itself" if names else f"{end}, with no router between"])
            yield Story("traceroute", sentences(f"{says}: {way}"), numbers, at=first.opener)
            return
        last = self._probes[-1]
        if last.last is not None and stage.is_young(last.last.time_ns):
            yield Story("traceroute", sentences(f"{says}; it is still under way"), numbers, at=first.opener)
            return
        way = ", then ".join([*names, "silence"])
        furthest = max(self._probes, key=lambda one: one.hops).last
        result = fate(furthest, stage, "the last probe") if furthest else None
        yield Story(
            "traceroute", sentences(f"{says}: {way}", result.says if result else ""), numbers, True, first.opener
        )


def traces(flows: Sequence[Flow]) -> list[Trace]:
    """The runs of traceroute among the flows; their probes tell no story of their own any more."""
    probes: dict[tuple[str, str], list[Datagrams]] = {}
    for flow in flows:
        if isinstance(flow, Datagrams) and flow.is_probe:
            probes.setdefault((flow.src, flow.dst), []).append(flow)
    found = []
    for run in probes.values():
        has_expired = any(is_expired(one.message) for probe in run for one in probe.complaints)
        if has_expired or (len(run) > 2 and len({probe.hops for probe in run}) > 1):
            for probe in run:
                probe.is_told = True
            found.append(Trace(run))
    return found
