"""A packet pattern: one item of the check `packets`, as an author writes it, held against the crossings of a step."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from netshell.checks import pattern_words as words
from netshell.checks.base import Fault, author_keys
from netshell.checks.link import name_fault
from netshell.checks.looks import ETHERNET, TCP, UDP, Look, Trace
from netshell.checks.words import near
from netshell.facts import End
from netshell.packets.headers import ACK
from netshell.packets.messages import Dhcp, Dns, Http

if TYPE_CHECKING:
    from netshell.packets.trace import Seen

_PROTOCOLS = ("arp", "icmp", "udp", "tcp", "dns", "dhcp", "http")
_WORDS: Mapping[str, Iterable[str]] = {
    "arp": words.ARP_WORDS,
    "icmp": words.ICMP_WORDS,
    "dns": words.DNS_WORDS,
    "dhcp": words.DHCP_WORDS,
    "http": words.HTTP_WORDS,
}
_INNERMOST: Mapping[str, frozenset[str]] = {
    "arp": frozenset({"ARP"}),
    "icmp": frozenset({"ICMP", "ICMPv6"}),
    "dns": frozenset({"DNS"}),
    "dhcp": frozenset({"DHCP"}),
    "http": frozenset({"HTTP"}),
}
"""What `Seen.protocol` is for each; TCP and UDP may carry anything."""
_NO_DATAGRAM = frozenset({"ARP", "ICMP", "ICMPv6"})
_PORTED = frozenset({"udp", "tcp", "dns", "dhcp", "http"})
_MAC_LENGTH = 17


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """What one packet must be like. At most one key names its protocol; `true` is any packet of it."""

    arp: str | bool | None = None
    icmp: str | bool | None = None
    udp: int | bool | None = None
    tcp: str | int | bool | None = None
    dns: str | bool | None = None
    dhcp: str | bool | None = None
    http: str | bool | None = None
    name: str | None = None
    """Of a DNS message: what it asks for."""
    method: str | None = None
    status: int | None = None
    source: str | None = field(default=None, metadata={"key": "from"})
    """The node that sent it first."""
    target: str | None = field(default=None, metadata={"key": "to"})
    """A node that it came to, and that did not only pass it on."""
    src: str | None = None
    """An IP address, a network, or a MAC address."""
    dst: str | None = None
    sport: int | None = None
    dport: int | None = None
    length: int | None = None
    """Bytes of payload."""
    link: str | None = None
    """The interface that it crosses, `NAME` or `NODE:NAME`: then each hop over it counts, not only the first."""
    count: int = 1

    @cached_property
    def protocol(self) -> str:
        """The key that names it; empty where none does."""
        return next((key for key in _PROTOCOLS if getattr(self, key) is not None), "")

    def is_kind(self, trace: Trace, seen: "Seen") -> bool:
        """Whether a crossing is of this protocol and message, and counts at all: the cheap half of `mismatches`."""
        if seen.follows and self.link is None:
            return False
        protocol = self.protocol
        if protocol in _INNERMOST:
            return seen.protocol in _INNERMOST[protocol] and self._says(trace, seen)
        if protocol == "tcp":
            return seen.numbers is not None and self._is_segment(trace.look(seen))
        if protocol == "udp":
            if seen.numbers is not None or seen.protocol in _NO_DATAGRAM:
                return False
            look = trace.look(seen)
            return look.protocol == UDP and (self.udp is True or self.udp in {look.first, look.second})
        return True

    def mismatches(self, trace: Trace, seen: "Seen") -> Iterator[str]:
        """The keys whose values a crossing of the right kind does not have."""
        return (key for key, fits in self._conditions if not fits(trace, seen))

    @cached_property
    def _conditions(self) -> Sequence[tuple[str, Callable[[Trace, "Seen"], bool]]]:
        """A test for each key that is given beside the protocol, the cheapest first."""
        src, dst = (None if text is None else _range_of(text) for text in (self.src, self.dst))
        known: Sequence[tuple[str, object, Callable[[Trace, Seen], bool]]] = (
            ("source", self.source, lambda trace, seen: trace.sender(seen) == self.source),
            ("link", self.link, lambda _, seen: self._crosses(seen)),
            ("sport", self.sport, lambda trace, seen: _ports(trace.look(seen))[0] == self.sport),
            ("dport", self.dport, lambda trace, seen: _ports(trace.look(seen))[1] == self.dport),
            ("length", self.length, lambda trace, seen: trace.look(seen).length == self.length),
            ("src", src, lambda trace, seen: _is_in(src, trace.look(seen), seen, 1)),
            ("dst", dst, lambda trace, seen: _is_in(dst, trace.look(seen), seen, 0)),
            ("name", self.name, lambda _, seen: _is_asked(seen, str(self.name))),
            ("method", self.method, lambda _, seen: _head(seen)[0] == str(self.method).upper()),
            ("status", self.status, lambda _, seen: _head(seen)[1] == self.status),
            ("target", self.target, lambda trace, seen: self.target in trace.reached(seen)),
        )
        return [(key, fits) for key, given, fits in known if given is not None]

    def matches(self, trace: Trace, seen: "Seen") -> bool:
        """Whether a crossing is one of those."""
        return self.is_kind(trace, seen) and next(self.mismatches(trace, seen), None) is None

    def _says(self, trace: Trace, seen: "Seen") -> bool:
        """Whether the message is the one that the protocol's key names."""
        if getattr(self, self.protocol) is True:
            return True
        if self.arp is not None:
            return trace.look(seen).first == words.ARP_WORDS[str(self.arp)]
        if self.icmp is not None:
            look = trace.look(seen)
            meant = self._meant
            return (look.protocol, look.first, None) in meant or (look.protocol, look.first, look.second) in meant
        return self._is_message(seen)

    def _is_message(self, seen: "Seen") -> bool:
        match seen.packet.application:
            case Dns() as dns:
                return dns.is_response is words.DNS_WORDS[str(self.dns)]
            case Dhcp() as dhcp:
                return dhcp.message == words.DHCP_WORDS[str(self.dhcp)]
            case Http() as http:
                return http.is_response is words.HTTP_WORDS[str(self.http)]
        return False

    def _is_segment(self, look: Look) -> bool:
        if look.protocol != TCP:
            return False
        if self.tcp is True:
            return True
        if self._flags is None:
            return self.tcp in {look.first, look.second}
        wanted, unwanted = self._flags
        is_bare = wanted != ACK or look.length <= 0
        return look.flags & wanted == wanted and not look.flags & unwanted and is_bare

    def _crosses(self, seen: "Seen") -> bool:
        ends = (seen.crossing.sender, seen.crossing.receiver)
        return any(isinstance(end, End) and self.link in {end.link, str(end)} for end in ends)

    @cached_property
    def _flags(self) -> tuple[int, int] | None:
        return words.flags_of(self.tcp) if isinstance(self.tcp, str) else None

    @cached_property
    def _meant(self) -> Container[tuple[int, int, int | None]]:
        return words.ICMP_WORDS[str(self.icmp)]

    def faults(self) -> Iterator[Fault]:
        """The author's values that make no sense."""
        yield from self._protocol_faults()
        for key, node in (("from", self.source), ("to", self.target)):
            if node is not None:
                yield from name_fault(key, node)
        for part in self.link.split(":", 1) if self.link is not None else ():
            yield from name_fault("link", part)
        for key, text in (("src", self.src), ("dst", self.dst)):
            if text is not None and _range_of(text) is None:
                yield Fault(key, f"`{text}` is no address.", "Write an IP address, a network or a MAC address.")
        yield from self._number_faults()

    def _protocol_faults(self) -> Iterator[Fault]:
        named = [key for key in _PROTOCOLS if getattr(self, key) is not None]
        if len(named) > 1:
            problem = f"No packet is both `{named[0]}` and `{named[1]}` here."
            yield Fault(named[1], problem, "Name the one that the packet is about; write a pattern for each.")
        if replace(self, count=1) == Pattern():
            yield Fault("count", "The pattern fits every packet.", "Name its protocol: {arp: request}")
        for key in named:
            yield from self._word_faults(key)
        for key, needed in (("name", "dns"), ("method", "http"), ("status", "http")):
            if getattr(self, key) is not None and getattr(self, needed) is None:
                yield Fault(key, f"`{key}` belongs to `{needed}`.", f"Add `{needed}: true`, or take it out.")

    def _word_faults(self, key: str) -> Iterator[Fault]:
        value = getattr(self, key)
        if value is False:
            yield Fault(key, f"`{key}: false` looks for nothing.", "Write `not: true` at the check instead.")
        elif key in _WORDS and isinstance(value, str) and value not in _WORDS[key]:
            close = near(value, _WORDS[key])
            known = ", ".join(f"`{word}`" for word in list(_WORDS[key])[:8])
            remedy = f"Did you mean `{close}`?" if close else f"Known here: {known}, or `true` for any."
            yield Fault(key, f"Unknown word `{value}`.", remedy)
        elif key == "tcp" and isinstance(value, str) and self._flags is None:
            wrong = next((word for word in value.lower().split() if word not in words.FLAG_WORDS), value)
            close = near(wrong, words.FLAG_WORDS)
            remedy = f"Did you mean `{close}`?" if close else "Write flags, such as `syn ack`, a port, or `true`."
            yield Fault(key, f"`{wrong}` is no flag of TCP.", remedy)

    def _number_faults(self) -> Iterator[Fault]:
        bounds = {"count": (1, 1000), "status": (100, 999), "length": (0, 65535)}
        for key in ("sport", "dport", "tcp", "udp", "length", "count", "status"):
            number = getattr(self, key)
            least, most = bounds.get(key, (1, 65535))
            if isinstance(number, int) and not isinstance(number, bool) and not least <= number <= most:
                yield Fault(key, f"{number} is out of range.", f"Write a number from {least} to {most}.")
        for key in ("sport", "dport"):
            if getattr(self, key) is not None and self.protocol not in {"", *_PORTED}:
                yield Fault(key, f"`{self.protocol}` has no ports.", "Take it out.")


def pattern_from(values: Mapping[str, object]) -> Pattern:
    """A pattern from an author's mapping, whose keys and types have been validated."""
    keys = author_keys(Pattern)
    return Pattern(**{keys[key].name: value for key, value in values.items()})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Range:
    """The addresses of a network, as numbers."""

    version: int
    first: int
    last: int


def _range_of(text: str) -> _Range | bytes | None:
    """An address, a network, or a MAC address as its bytes; None where it is none of them."""
    if len(text) == _MAC_LENGTH and text.count(":") == 5:
        try:
            return bytes.fromhex(text.replace(":", ""))
        except ValueError:
            return None
    try:
        network = ip_network(text if "/" in text else ip_address(text), strict=False)
    except ValueError:
        return None
    return _Range(network.version, int(network.network_address), int(network.broadcast_address))


def _is_in(wanted: _Range | bytes | None, look: Look, seen: "Seen", which: int) -> bool:
    """Whether one end's address fits; `which` is 1 for the source."""
    if isinstance(wanted, bytes):
        crossing = seen.crossing
        return crossing.link_type == ETHERNET and crossing.data[6 * which : 6 * which + 6] == wanted
    number = look.src if which else look.dst
    return wanted is not None and look.version == wanted.version and wanted.first <= number <= wanted.last


def _ports(look: Look) -> tuple[int, int]:
    return (look.first, look.second) if look.protocol in {TCP, UDP} else (0, 0)


def _is_asked(seen: "Seen", name: str) -> bool:
    """Whether a DNS message asks for a name; capitals and a last dot make no difference (RFC 4343)."""
    return name.rstrip(".").lower() in {asked.rstrip(".").lower() for asked in words.questions(seen)}


def _head(seen: "Seen") -> tuple[str, int]:
    """The method and the status of an HTTP message; a request has no status, a response no method."""
    message = words.http_of(seen)
    return (message.method.upper(), message.status) if message else ("", 0)
