"""What a check needs of a crossing: who sent it, where it went, and the few numbers of its headers that patterns name.

Of the usual frames the numbers are taken from their bytes, since a check may have to go through a long trace each time
that something crosses; all others are read in full.
"""

import struct
from collections.abc import Sequence
from functools import cached_property
from ipaddress import ip_address
from typing import TYPE_CHECKING, NamedTuple

from netshell.packets.headers import Arp, Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6

if TYPE_CHECKING:
    from netshell.packets.layers import Packet
    from netshell.packets.trace import Seen

ICMP, TCP, UDP, ICMP6, ARP, OTHER = 1, 6, 17, 58, -1, -2
"""`Look.protocol`: IP's numbers, and two of our own."""

ETHERNET = 1
"""The link type, as capture files number it."""
_IPV4, _IPV6, _ARP = b"\x08\x00", b"\x86\xdd", b"\x08\x06"
_NO_OPTIONS = 0x45
_PLAIN = struct.Struct("!14xBxHxxHxBxxIIHHI")
"""Of an Ethernet frame with a plain IPv4 header: version and length of header, total length, fragment, protocol,
addresses; ports, sequence number."""
_TCP_END = 54
_SIZES = {TCP: 20, UDP: 8, ICMP6: 8}
"""The least that a header takes."""


class Look(NamedTuple):
    """The numbers of one packet."""

    protocol: int
    version: int = 0
    """4 or 6; 0 where there is no IP."""
    src: int = 0
    """The IP address as a number; in ARP the sender's."""
    dst: int = 0
    """In ARP the one that is asked for, or told."""
    first: int = 0
    """The source port; ICMP's type; ARP's operation."""
    second: int = 0
    """The destination port; ICMP's code."""
    flags: int = 0
    """TCP's."""
    length: int = -1
    """Bytes of payload in TCP, UDP and an echo; -1 elsewhere."""
    seq: int = 0


def look_at(seen: "Seen") -> Look:
    """The numbers of one crossing."""
    crossing = seen.crossing
    found = _glance(crossing.data) if crossing.link_type == ETHERNET else None
    return found or look_of(seen.packet)


def _glance(data: bytes) -> Look | None:
    """What plain bytes tell; None where the frame is of an unusual make, and is to be read in full."""
    kind = data[12:14]
    if kind == _IPV4 and len(data) >= _PLAIN.size:
        return _over_ipv4(data)
    if kind == _IPV6 and len(data) > 54:
        return _over_ipv6(data, data[20], int.from_bytes(data[18:20], "big"))
    if kind == _ARP and len(data) >= 42 and data[14:20] == b"\0\1\x08\0\6\4":
        ips = int.from_bytes(data[28:32], "big"), int.from_bytes(data[38:42], "big")
        return Look(ARP, 4, *ips, data[20] << 8 | data[21])
    return None


def _over_ipv4(data: bytes) -> Look | None:
    """What stands right behind an IPv4 header without options, and is no fragment."""
    first, total, part, protocol, src, dst, sport, dport, seq = _PLAIN.unpack_from(data)
    if first != _NO_OPTIONS or part & 0x3FFF:
        return None
    if protocol == TCP and len(data) >= _TCP_END:
        length = total - 20 - (data[46] >> 4) * 4
        return Look(TCP, 4, src, dst, sport, dport, data[47], length, seq)
    if protocol == UDP:
        return Look(UDP, 4, src, dst, sport, dport, length=total - 28)
    if protocol == ICMP:
        return Look(ICMP, 4, src, dst, data[34], data[35], length=total - 28)
    return None


def _over_ipv6(data: bytes, protocol: int, total: int) -> Look | None:
    """What stands right behind an IPv6 header, and is `total` bytes long."""
    if protocol not in _SIZES or len(data) < 54 + _SIZES[protocol]:
        return None
    ips = int.from_bytes(data[22:38], "big"), int.from_bytes(data[38:54], "big")
    if protocol == ICMP6:
        return Look(ICMP6, 6, *ips, data[54], data[55], length=total - 8)
    ports = data[54] << 8 | data[55], data[56] << 8 | data[57]
    if protocol == UDP:
        return Look(UDP, 6, *ips, *ports, length=total - 8)
    seq = int.from_bytes(data[58:62], "big")
    return Look(TCP, 6, *ips, *ports, data[67], total - (data[66] >> 4) * 4, seq)


def look_of(packet: "Packet") -> Look:
    """The same of a packet that has been read."""
    network, transport = packet.network, packet.transport
    if isinstance(network, Arp):
        return Look(ARP, 4, _number(network.sender_ip), _number(network.target_ip), network.operation)
    if not isinstance(network, Ipv4 | Ipv6):
        return Look(OTHER)
    ends = network.version, _number(network.src), _number(network.dst)
    match transport:
        case Tcp() as segment:
            ports = segment.src_port, segment.dst_port
            return Look(TCP, *ends, *ports, segment.flags, segment.length, segment.seq)
        case Udp() as datagram:
            return Look(UDP, *ends, datagram.src_port, datagram.dst_port, length=datagram.length - 8)
        case Icmp() | Icmp6() as message:
            protocol = ICMP if isinstance(message, Icmp) else ICMP6
            return Look(protocol, *ends, message.type, message.code, length=len(packet.payload))
    return Look(OTHER, *ends)


def _number(ip: str) -> int:
    try:
        return int(ip_address(ip))
    except ValueError:
        return -1


class Trace:
    """The crossings of a step without the noise; each is looked at once at most.

    `looks` are those that earlier judgements have taken, by the crossings' numbers; new ones are added to them.
    """

    def __init__(self, wire: "Sequence[Seen]", looks: dict[int, Look] | None = None) -> None:
        self.crossings = [seen for seen in wire if not seen.noise]
        self._looks: dict[int, Look] = {} if looks is None else looks

    def look(self, seen: "Seen") -> Look:
        """The numbers of one of them."""
        found = self._looks.get(seen.crossing.number)
        if found is None:
            found = self._looks[seen.crossing.number] = look_at(seen)
        return found

    def sender(self, seen: "Seen") -> str:
        """The node that sent the packet first, whoever passed it on since; empty for one from outside the lab."""
        origin = self._origins.get(self._root(seen), seen) if seen.follows else seen
        return origin.crossing.sender.node if origin.crossing.sender else ""

    def reached(self, seen: "Seen") -> frozenset[str]:
        """The nodes that the packet came to, without those that only passed it on."""
        root = self._root(seen)
        hops = [self._origins.get(root, seen), *self._hops.get(root, ())]
        came_to = {hop.crossing.receiver.node for hop in hops if hop.crossing.receiver}
        return frozenset(came_to - {hop.crossing.sender.node for hop in hops[1:] if hop.crossing.sender})

    def _root(self, seen: "Seen") -> int:
        """The number of the crossing by which a packet began its way."""
        return self._roots.get(seen.crossing.number, seen.crossing.number)

    @cached_property
    def _roots(self) -> dict[int, int]:
        """Of the crossings that carry a packet on."""
        roots: dict[int, int] = {}
        for seen in self.crossings:
            if seen.follows:
                roots[seen.crossing.number] = roots.get(seen.follows, seen.follows)
        return roots

    @cached_property
    def _hops(self) -> "dict[int, list[Seen]]":
        """Each packet's way after its first crossing."""
        hops: dict[int, list[Seen]] = {}
        for seen in self.crossings:
            if seen.follows:
                hops.setdefault(self._root(seen), []).append(seen)
        return hops

    @cached_property
    def _origins(self) -> "dict[int, Seen]":
        """The first crossing of each packet that was passed on."""
        wanted = set(self._roots.values())
        return {seen.crossing.number: seen for seen in self.crossings if seen.crossing.number in wanted}
