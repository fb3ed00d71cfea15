"""Ethernet and IP headers, as far as it takes to find the payload; pure, and at ease with any bytes.

Sources: IEEE 802.3 and 802.1Q, RFC 791 (IPv4), RFC 8200 (IPv6).
"""

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

_ETHERNET_BYTES = 14
_VLAN_TAGS = frozenset({0x8100, 0x88A8})
_IPV4, _IPV6 = 0x0800, 0x86DD
_IPV6_BYTES = 40
_OPTIONS, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION = 0, 43, 44, 51, 60
_MAX_TAGS, _MAX_EXTENSIONS = 2, 8


@dataclass(frozen=True, slots=True)
class Fragment:
    """Which part of a packet this is."""

    ident: int
    offset: int
    """Bytes of payload that come before this part."""
    is_last: bool


@dataclass(frozen=True, slots=True)
class IpPacket:
    """An IP packet, or one fragment of it."""

    version: int
    src: str
    dst: str
    protocol: int
    """Of the payload, behind all extension headers: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6."""
    payload: bytes
    """What was captured of it."""
    payload_length: int
    """Bytes of payload by the header's own count; on an Ethernet frame, padding may follow."""
    fragment: Fragment | None = None
    """None for a whole packet."""


def ip_packet(frame: bytes) -> IpPacket | None:
    """The IP packet in an Ethernet frame, with or without VLAN tags; None where there is none, or half a header."""
    offset = _ETHERNET_BYTES - 2
    kind = int.from_bytes(frame[offset : offset + 2], "big")
    for _ in range(_MAX_TAGS):
        if kind in _VLAN_TAGS:
            offset += 4
            kind = int.from_bytes(frame[offset : offset + 2], "big")
    data = frame[offset + 2 :]
    if kind == _IPV4:
        return _ipv4(data)
    return _ipv6(data) if kind == _IPV6 else None


def _ipv4(data: bytes) -> IpPacket | None:
    if len(data) < 20:
        return None
    first, total, ident, part, protocol, src, dst = struct.unpack_from("!BxHHHxB2x4s4s", data)
    start = (first & 0xF) * 4
    if first >> 4 != 4 or start < 20 or len(data) < start or total < start:
        return None
    is_last, offset = not part & 0x2000, (part & 0x1FFF) * 8
    fragment = Fragment(ident, offset, is_last) if offset or not is_last else None
    return IpPacket(
        4, str(IPv4Address(src)), str(IPv4Address(dst)), protocol, data[start:total], total - start, fragment
    )


def _ipv6(data: bytes) -> IpPacket | None:
    if len(data) < _IPV6_BYTES or data[0] >> 4 != 6:
        return None
    length, protocol, src, dst = struct.unpack_from("!4xHBx16s16s", data)
    offset, end = _IPV6_BYTES, _IPV6_BYTES + length
    fragment = None
    for _ in range(_MAX_EXTENSIONS):
        if protocol not in {_OPTIONS, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION}:
            break
        if len(data) < offset + 8 or end < offset + 8:
            return None
        following, extent = data[offset], data[offset + 1]
        if protocol == _FRAGMENT:
            part, ident = struct.unpack_from("!2xHI", data, offset)
            if part & 0xFFF9:  # else an atomic fragment: whole after all (RFC 6946)
                fragment = Fragment(ident, part & 0xFFF8, not part & 1)
            offset += 8
        else:
            offset += (extent + 2) * 4 if protocol == _AUTHENTICATION else (extent + 1) * 8
        protocol = following
        if fragment is not None and fragment.offset:
            break  # what follows is the middle of something
    if end < offset or len(data) < offset:
        return None
    return IpPacket(6, str(IPv6Address(src)), str(IPv6Address(dst)), protocol, data[offset:end], end - offset, fragment)
