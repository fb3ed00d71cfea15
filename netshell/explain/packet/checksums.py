"""Whether a packet's checksums are right: the Internet checksum of RFC 1071, with the pseudo headers of IP.

A checksum that was left to a network card is half made: it holds the sum of the pseudo header alone.
"""

import struct
from enum import Enum
from socket import AF_INET, AF_INET6, inet_pton
from typing import NamedTuple

from netshell.packets.headers import Extension, Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Packet

_NUMBERS = {Tcp: 6, Udp: 17, Icmp6: 58}
_PLACES = {Tcp: 16, Udp: 6, Icmp: 2, Icmp6: 2}


class State(Enum):
    """What a checksum turned out to be."""

    RIGHT = "right"
    WRONG = "wrong"
    LEFT = "not computed"
    """Left to the network card."""
    ABSENT = "not used"
    """UDP over IPv4 may do without: 0 (RFC 768)."""
    UNKNOWN = "cannot be checked"
    """Not all the bytes that it covers are there."""


class Outcome(NamedTuple):
    """A checksum, checked."""

    state: State
    expected: int = 0
    """What it would be by these bytes; 0 where they are not all there."""


def total(data: bytes, start: int = 0) -> int:
    """The ones' complement sum of 16-bit words, not yet complemented; an odd last byte is padded with 0."""
    if len(data) % 2:
        data += b"\0"
    result: int = start + sum(struct.unpack(f"!{len(data) // 2}H", data))
    while result > 0xFFFF:
        result = (result & 0xFFFF) + (result >> 16)
    return result


def header_checksum(data: bytes, header: Ipv4) -> Outcome:
    """That of an IPv4 header, which covers the header alone."""
    head = data[header.at : header.at + header.size]
    if header.size < 20 or len(head) < header.size or header.size != (head[0] & 15) * 4:
        return Outcome(State.UNKNOWN)
    expected = 0xFFFF - total(head[:10] + b"\0\0" + head[12:])
    if _is_same(header.checksum, expected):
        return Outcome(State.RIGHT, expected)
    return Outcome(State.LEFT if header.total_length == 0 else State.WRONG, expected)


def transport_checksum(packet: Packet) -> Outcome:
    """That of a TCP, UDP, ICMP or ICMPv6 message, which covers all of it and, but for ICMP, the addresses."""
    message, network = packet.transport, packet.network
    if message is None or not isinstance(network, Ipv4 | Ipv6):
        return Outcome(State.UNKNOWN)
    if isinstance(message, Udp) and message.checksum == 0 and network.version == 4:
        return Outcome(State.ABSENT)
    length = _length(packet, network, message.at)
    if isinstance(message, Udp) and 8 <= message.length <= length:
        length = message.length
    body = packet.data[message.at : message.at + length]
    place = _PLACES[type(message)]
    if length < 8 or len(body) < length or _is_piece(packet):
        return Outcome(State.UNKNOWN)
    body = body[:place] + b"\0\0" + body[place + 2 :]
    number = _NUMBERS.get(type(message))
    pseudo = 0 if number is None else _pseudo(network, number, length)
    expected = 0xFFFF - total(body, pseudo)
    if isinstance(message, Udp) and expected == 0:
        expected = 0xFFFF
    if _is_same(message.checksum, expected):
        return Outcome(State.RIGHT, expected)
    unfinished = set() if number is None else {pseudo, _pseudo(network, number, 0)}
    return Outcome(State.LEFT if message.checksum in unfinished else State.WRONG, expected)


def _is_same(found: int, expected: int) -> bool:
    """Whether two checksums say the same; in ones' complement 0 has two forms."""
    return found % 0xFFFF == expected % 0xFFFF


def _length(packet: Packet, network: Ipv4 | Ipv6, at: int) -> int:
    """Bytes of the message, by IP's count, or up to the end where that was left to the card as well."""
    end = network.at + (network.total_length if isinstance(network, Ipv4) else 40 + network.payload_length)
    is_untold = network.total_length == 0 if isinstance(network, Ipv4) else network.payload_length == 0
    return (packet.wire_length if is_untold else end) - at


def _is_piece(packet: Packet) -> bool:
    """Only a part of the message is in this packet."""
    return any(
        (isinstance(layer, Ipv4 | Extension) and layer.is_fragment)
        or (
            isinstance(layer, Extension) and layer.kind == 43
        )  # the destination is in the routing header (RFC 8200, 8.1)
        for layer in packet.layers
    )


def _pseudo(network: Ipv4 | Ipv6, number: int, length: int) -> int:
    """The sum of a pseudo header (RFC 9293, 3.1; RFC 8200, 8.1)."""
    family = AF_INET if isinstance(network, Ipv4) else AF_INET6
    addresses = inet_pton(family, network.src) + inet_pton(family, network.dst)
    return total(addresses + struct.pack("!II", length, number))
