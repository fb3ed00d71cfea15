"""ICMP errors: what a node complains of about a packet that it got, in words."""

from collections.abc import Iterator, Mapping, Sequence

from netshell.explain.stories.flow import Complaint
from netshell.explain.stories.keys import quoted_key
from netshell.explain.stories.stage import Stage, named
from netshell.explain.stories.story import Story
from netshell.explain.stories.trips import Trip
from netshell.explain.stories.words import listing, times
from netshell.facts import end_of
from netshell.packets.headers import Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Layer

_UNREACHABLE: Mapping[tuple[int, int, int], str] = {
    (4, 3, 0): "that it has no route there (network unreachable)",
    (4, 3, 1): "that it cannot reach that host (host unreachable)",
    (4, 3, 2): "that it does not speak that protocol (protocol unreachable)",
    (4, 3, 9): "that a rule forbids it (network administratively prohibited)",
    (4, 3, 10): "that a rule forbids it (host administratively prohibited)",
    (4, 3, 13): "that a rule forbids it (communication administratively filtered)",
    (4, 11, 1): "that not all fragments came in time (fragment reassembly time exceeded)",
    (6, 1, 0): "that it has no route there (no route to destination)",
    (6, 1, 1): "that a rule forbids it (administratively prohibited)",
    (6, 1, 3): "that it cannot reach that address (address unreachable)",
    (6, 1, 5): "that a rule forbids this source address (ingress/egress policy)",
    (6, 1, 6): "that its route there refuses (reject route)",
    (6, 3, 1): "that not all fragments came in time (fragment reassembly time exceeded)",
}
"""By IP version, type and code (RFC 792, RFC 1812, RFC 4443)."""
_PORT = frozenset({(4, 3, 3), (6, 1, 4)})
_TOO_BIG = {(4, 3, 4): "fragmentation needed", (6, 2, 0): "packet too big"}
_EXPIRED = frozenset({(4, 11, 0), (6, 3, 0)})
_REDIRECTS = frozenset({(4, 5), (6, 137)})
_MOST_REPORTERS = 4


def complaint_words(complaint: Complaint, stage: Stage) -> str:
    """Who complains, and of what: `r1 answered that it knows no way there (network unreachable)`."""
    words = _complaint_words(complaint, stage)
    return f"about the answer: {words}" if complaint.is_about_answer else words


def _complaint_words(complaint: Complaint, stage: Stage) -> str:
    trip, message, _ = complaint
    name, kind = reporter(complaint, stage), _kind(message)
    who = "it was told by its own kernel" if _is_to_itself(trip) else f"{name} answered"
    if kind in _PORT:
        return f"{who} {_closed(trip, message, stage)}"
    if kind in _TOO_BIG:
        return f"{who} that it is too big for the next link, which takes {message.mtu} bytes ({_TOO_BIG[kind]})"
    if kind in _EXPIRED:
        return f"its TTL ran out at {name} (time exceeded)"
    if (kind[0], kind[1]) in _REDIRECTS:
        better = message.gateway if isinstance(message, Icmp) else message.target
        return f"{name} told it a shorter way: by {stage.called(better)} (redirect)"
    return f"{who} {_UNREACHABLE.get(kind) or f'with an ICMP error: {_title(message)}'}"


def _closed(trip: Trip, message: Icmp | Icmp6, stage: Stage) -> str:
    """What 'port unreachable' says, from the addressee or from somebody on the way."""
    key = quoted_key(message.original)
    if key and trip.origin and not stage.has(trip.origin, key[3]) and stage.holders(key[3]):
        return "port unreachable, though it is not the addressee: a rule of its firewall may refuse this"
    if key and key[0] != "UDP":  # a closed TCP port answers RST, and a ping has no port (RFC 1122, 3.2.2.1)
        return "port unreachable: a rule of its firewall may refuse this"
    elsewhere = stage.listens_only_on(trip.origin, "udp", key[4], key[3]) if key else []
    if key and elsewhere:
        return f"that port {key[4]} is open on {listing(elsewhere[:3])} only (port unreachable)"
    return f"that no program has {f'port {key[4]} there' if key else 'that port'} open (port unreachable)"


def complaints_words(complaints: Sequence[Complaint], stage: Stage) -> str:
    """The words for all errors about one conversation: those of one kind together."""
    if not complaints:
        return ""
    if all(_kind(message) in _EXPIRED for _, message, _ in complaints):
        names = list(dict.fromkeys(reporter(complaint, stage) for complaint in complaints))
        more = [] if len(names) <= _MOST_REPORTERS else [f"{len(names) - _MOST_REPORTERS} more"]
        return f"its TTL ran out at {listing([*names[:_MOST_REPORTERS], *more])} (time exceeded)"
    return "; ".join(dict.fromkeys(complaint_words(complaint, stage) for complaint in complaints[:2]))


def is_expired(message: Icmp | Icmp6) -> bool:
    """Whether it tells of a TTL that ran out."""
    return _kind(message) in _EXPIRED


def is_closed_port(message: Icmp | Icmp6) -> bool:
    """Whether it tells of a port that nobody has open."""
    return _kind(message) in _PORT


def is_redirect(message: Icmp | Icmp6) -> bool:
    """Whether it tells of a shorter way, and of nothing that failed."""
    return (_kind(message)[0], message.type) in _REDIRECTS


def reporter(complaint: Complaint, stage: Stage) -> str:
    """Who complains: the node, or its address."""
    return stage.who(complaint.trip)


def _kind(message: Icmp | Icmp6) -> tuple[int, int, int]:
    return 4 if isinstance(message, Icmp) else 6, message.type, message.code


def _title(message: Icmp | Icmp6) -> str:
    return f"{message.type_name}, {message.code_name}" if message.code_name else message.type_name


def _is_to_itself(trip: Trip) -> bool:
    crossing = trip.first.crossing
    return crossing.sender is not None and crossing.sender == crossing.receiver


class LooseComplaints:
    """Errors about packets that are not in the trace: told by themselves, those that are alike together."""

    def __init__(self, complaint: Complaint) -> None:
        self._first = complaint
        self._trips: list[Trip] = []
        self.add(complaint.trip)

    def add(self, trip: Trip) -> None:
        """One more of the same."""
        self._trips.append(trip)

    @property
    def began(self) -> int:
        """The number of its first crossing."""
        return self._trips[0].number

    def stories(self, stage: Stage) -> Iterator[Story]:
        """One sentence for all of them."""
        trip, message, _ = self._first
        numbers = sorted(number for one in self._trips for number in one.numbers)
        about, source = _about(message.original, stage)
        many = f", {times(len(self._trips))}" if len(self._trips) > 1 else ""
        if is_redirect(message):
            better = message.gateway if isinstance(message, Icmp) else message.target
            target = message.destination if isinstance(message, Icmp6) else _destination(message.original)
            says = f"{reporter(self._first, stage)} told {source or 'the sender'} a shorter way"
            says = f"{says} to {target or 'there'}: by {stage.called(better)} (redirect){many}."
            yield Story("icmp-error", says, tuple(numbers), at=trip.origin)
            return
        says = f"About {about}, {complaint_words(self._first, stage)}{many}."
        yield Story("icmp-error", says, tuple(numbers), is_trouble=True, at=trip.origin)


def loose_key(complaint: Complaint) -> tuple[object, ...]:
    """What errors that are told together have in common."""
    trip, message, _ = complaint
    key = quoted_key(message.original)
    ports = key[4] if key and key[0] != "ping" else 0
    return trip.origin or trip.packet.src, *_kind(message), _destination(message.original), ports


def _destination(original: tuple[Layer, ...]) -> str:
    return next((layer.dst for layer in original if isinstance(layer, Ipv4 | Ipv6)), "")


def _about(original: tuple[Layer, ...], stage: Stage) -> tuple[str, str]:
    """What the quoted packet was, `a ping from ns1 to 192.0.2.9`, and whose it was."""
    network = next((layer for layer in original if isinstance(layer, Ipv4 | Ipv6)), None)
    if network is None:
        return "a packet", ""
    source = named(stage.owners.of(network.src)) or network.src
    key = quoted_key(original)
    what = quoted_name(original)
    return f"{what} from {source} to {end_of(network.dst, key[4]) if key and key[0] != 'ping' else network.dst}", source


def quoted_name(original: tuple[Layer, ...]) -> str:
    """`a ping`, `a SYN`, `a TCP segment`, `a UDP datagram`, `a packet`."""
    message = next((layer for layer in original if isinstance(layer, Icmp | Icmp6 | Tcp | Udp)), None)
    match message:
        case Tcp():
            return "a SYN" if message.is_syn and not message.is_ack else "a TCP segment"
        case Udp():
            return "a UDP datagram"
        case Icmp() | Icmp6() if message.is_echo:
            return "a ping reply" if message.type in {0, 129} else "a ping"
    return "a packet"
