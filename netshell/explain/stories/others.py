"""What is told briefly: router advertisements (RFC 4861), and protocols that netshell only names."""

from collections.abc import Iterator

from netshell.explain.stories.stage import Stage
from netshell.explain.stories.story import Story
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.udp import group_words
from netshell.explain.stories.words import count, duration, listing, sentences, times
from netshell.packets.layers import Icmp6, Packet
from netshell.packets.summary import harmless

_ADVERTISEMENT = 134
_MOST_PREFIXES = 2


class Others:
    """Packets of one protocol from one sender to one receiver."""

    def __init__(self, trip: Trip, packet: Packet) -> None:
        self._packet = packet
        self._first = trip
        self._count = 0
        self._numbers: list[int] = []

    def add(self, trip: Trip) -> None:
        """One more."""
        self._count += 1
        self._numbers += trip.numbers

    @property
    def began(self) -> int:
        """The number of its first crossing."""
        return self._numbers[0]

    def stories(self, stage: Stage) -> Iterator[Story]:
        """How many of what went where."""
        message = self._packet.transport
        if isinstance(message, Icmp6) and message.type == _ADVERTISEMENT:
            yield Story("router", self._advertised(message, stage), tuple(sorted(self._numbers)), at=self._first.origin)
            return
        name = harmless(self._packet.protocol)
        src = stage.who(self._first) or "somebody"
        dst = self._packet.dst
        whom = group_words(dst) or (stage.called(dst) if dst else "an address that is not known")
        says = sentences(f"{src} sent {count(self._count, f'{name} packet')} to {whom}")
        yield Story("other", says, tuple(sorted(self._numbers)), at=self._first.origin)

    def _advertised(self, message: Icmp6, stage: Stage) -> str:
        often = f" {times(self._count)}" if self._count > 1 else ""
        life = message.router_lifetime_s
        prefixes = [option.prefix for option in message.options if option.prefix][:_MOST_PREFIXES]
        offer = f"it routes for the link for {duration(life)}" if life else "it is not to be used as a router"
        network = f"; the network here is {listing(prefixes)}" if prefixes else ""
        own = any(option.is_autonomous for option in message.options)
        return sentences(
            f"{stage.who(self._first)} advertised itself{often}: {offer}{network}",
            "each host may make itself an address in it" if own else "",
        )


def key_of_others(trip: Trip, packet: Packet) -> tuple[object, ...]:
    """What packets have in common that are told together."""
    kind = getattr(packet.transport, "type", None)
    return trip.origin, packet.protocol, packet.src, packet.dst, kind
