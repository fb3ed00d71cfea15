"""A packet as far as it is described, and whether a rule's conditions fit it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal, TypeAlias

from netshell.filters import FilterRule, Match

Fits: TypeAlias = bool | None
"""None where it cannot be told."""

_REPLIES = {"echo-request": "echo-reply"}


@dataclass(frozen=True, slots=True)
class Packet:
    """What is known of a packet; None where it is not."""

    source: str | None = None
    destination: str | None = None
    protocol: str | None = None
    """`tcp`, `udp`, `icmp`, `icmpv6`."""
    source_port: int | None = None
    """None for one that the client's kernel has chosen."""
    destination_port: int | None = None
    incoming: str | None = None
    """The interface that it came in by; empty for a node's own."""
    outgoing: str | None = None
    """The interface that it leaves by; empty for one that stays."""
    state: Literal["new", "established", "invalid", "untracked"] = "new"
    """`new`: the first packet of a connection; `established`: any behind it, answers too; `invalid`: an answer to what
    the node has never seen; `untracked`: neighbour discovery, which belongs to no connection."""
    is_reply: bool = False
    """It goes against the direction of the first packet."""
    icmp_type: str | None = None
    """`echo-request`, `echo-reply` …"""
    is_for_node: bool | None = None
    """Whether its destination is one of the node's own addresses, at the moment."""

    @property
    def version(self) -> int | None:
        """4 or 6."""
        ip = self.destination or self.source
        return None if ip is None else 6 if ":" in ip else 4

    @property
    def flags(self) -> frozenset[str] | None:
        """Those of TCP: SYN opens, SYN and ACK answer to that; of what follows it is not said."""
        if self.protocol != "tcp":
            return None
        if self.state == "new" and not self.is_reply:
            return frozenset({"syn"})
        return frozenset({"syn", "ack"}) if self.is_reply else None


def turned_round(packet: Packet) -> Packet:
    """The answer to a packet, before it has set out."""
    return replace(
        packet,
        source=packet.destination,
        destination=packet.source,
        source_port=packet.destination_port,
        destination_port=packet.source_port,
        incoming=None,
        outgoing=None,
        state="established",
        is_reply=not packet.is_reply,
        icmp_type=_REPLIES.get(packet.icmp_type or "", packet.icmp_type),
        is_for_node=None,
    )


def fits(rule: FilterRule, packet: Packet) -> Fits:
    """Whether a packet meets all conditions of a rule."""
    verdicts = [match_fits(match, packet) for match in rule.matches]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def match_fits(match: Match, packet: Packet) -> Fits:
    """Whether a packet meets one condition."""
    found = _any_fits(match, packet)
    return found if found is None or not match.is_negated else not found


def _any_fits(match: Match, packet: Packet) -> Fits:
    judge = _JUDGES.get(match.field)
    return judge(match, packet) if judge else None


def _family_fits(match: Match, packet: Packet) -> Fits:
    return None if packet.version is None else _family(packet.version) in match.values


def _address_fits(match: Match, packet: Packet) -> Fits:
    ip = packet.source if match.field == "source" else packet.destination
    return None if ip is None else any(_is_within(ip, value) for value in match.values)


def _interface_fits(match: Match, packet: Packet) -> Fits:
    name = packet.incoming if match.field == "in" else packet.outgoing
    return None if name is None else any(_is_named(name, value) for value in match.values)


def _type_fits(match: Match, packet: Packet) -> Fits:
    return packet.is_for_node if set(match.values) == {"local"} else None


def _family(version: int) -> str:
    return "ip" if version == 4 else "ip6"


def _word_fits(match: Match, packet: Packet) -> Fits:
    known = {
        "protocol": packet.protocol,
        "state": packet.state,
        "direction": "reply" if packet.is_reply else "original",
        "icmp-type": packet.icmp_type if packet.protocol in {"icmp", "icmpv6"} else "",
    }[match.field]
    return None if known is None else known in match.values


def _port_fits(match: Match, packet: Packet) -> Fits:
    if packet.protocol in {"icmp", "icmpv6"}:
        return False
    port = packet.source_port if match.field == "source-port" else packet.destination_port
    ranges = [tuple(map(int, value.split("-"))) for value in match.values]
    if port is not None:
        return any(ends[0] <= port <= ends[-1] for ends in ranges)
    if any(ends[0] <= _FIRST_FREE and ends[-1] >= _LAST_FREE for ends in ranges):
        return True
    return None if any(ends[0] <= _LAST_FREE and ends[-1] >= _FIRST_FREE for ends in ranges) else False


_FIRST_FREE, _LAST_FREE = 32768, 60999
"""net.ipv4.ip_local_port_range: what a client's own port is taken from, where it names none itself."""


def _flags_fit(match: Match, packet: Packet) -> Fits:
    if packet.protocol != "tcp":
        return False if packet.protocol else None
    flags = packet.flags
    if flags is None:
        return None
    for value in match.values:
        looked, _, given = value.partition("/")
        if flags & set(looked.split(",")) == set(filter(None, given.split(","))):
            return True
    return False


def _is_named(name: str, value: str) -> bool:
    return name.startswith(value[:-1]) and bool(name) if value.endswith("*") else name == value


@lru_cache(maxsize=4096)
def _is_within(ip: str, value: str) -> bool:
    """Whether an address is another one, in a network, or in a range."""
    wanted = ip_address(ip)
    if "-" in value:
        low, _, high = value.partition("-")
        return _between(wanted, ip_address(low), ip_address(high))
    network = ip_network(value)
    return wanted.version == network.version and wanted in network


def _between(ip: IPv4Address | IPv6Address, low: IPv4Address | IPv6Address, high: IPv4Address | IPv6Address) -> bool:
    return ip.version == low.version and int(low) <= int(ip) <= int(high)


_JUDGES: Mapping[str, Callable[[Match, Packet], Fits]] = {
    "family": _family_fits,
    "source": _address_fits,
    "destination": _address_fits,
    "source-port": _port_fits,
    "destination-port": _port_fits,
    "in": _interface_fits,
    "out": _interface_fits,
    "tcp-flags": _flags_fit,
    "destination-type": _type_fits,
    "protocol": _word_fits,
    "state": _word_fits,
    "direction": _word_fits,
    "icmp-type": _word_fits,
}
