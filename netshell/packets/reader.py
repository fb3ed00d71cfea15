"""The fast reader: the bytes of a packet, from whatever kind of link, as layers and fields.

It reads any bytes as far as they make sense, notes at the layer what is wrong, and never raises. The link's header and
ARP are read here; what they carry in the `reader_…` modules.
Sources: IEEE 802.3, 802.1Q, RFC 826, tcpdump.org/linktypes.
"""

import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from socket import inet_ntoa

from netshell.packets.headers import Arp, Cooked, Ethernet, Loopback, Vlan
from netshell.packets.layers import Packet
from netshell.packets.names import ETHERTYPES, LINK_TYPES
from netshell.packets.reader_draft import Draft
from netshell.packets.reader_ip import read_ipv4, read_ipv6

ETHERNET = 1

_IPV4, _ARP, _RARP, _IPV6 = 0x0800, 0x0806, 0x8035, 0x86DD
_TAGS = frozenset({0x8100, 0x88A8, 0x9100})
_LONGEST_802_3, _SHORTEST_TYPE = 1500, 0x0600
_MOST_TAGS = 8
_ARP_HEADER = struct.Struct("!HHBBH6s4s6s4s")
_FAMILIES = {2: _IPV4, 10: _IPV6, 24: _IPV6, 28: _IPV6, 30: _IPV6}
"""AF_INET, and AF_INET6 as Linux, NetBSD, FreeBSD and macOS number it."""
_SERVICE_POINTS = {0x42: "STP", 0xE0: "IPX", 0xF0: "NetBIOS", 0xFE: "IS-IS"}
_CISCO = {0x2000: "CDP", 0x2003: "VTP", 0x2004: "DTP", 0x010B: "PVST+"}


def read(data: bytes, link_type: int = ETHERNET, wire_length: int | None = None) -> Packet:
    """Read one packet. `link_type` is a LINKTYPE number of pcap; `wire_length` tells where the capture cut it off."""
    captured = len(data)
    draft = Draft(data, captured, captured if wire_length is None or wire_length < captured else wire_length)
    if link_type == ETHERNET:
        _read_ethernet(draft)
    else:
        _LINKS.get(link_type, _read_nothing)(draft)
        if not draft.layers:
            name = LINK_TYPES.get(link_type, "unknown")
            draft.name(0, draft.wire_end, name, f"packets of link type {link_type} ({name}) are not read")
    return draft.packet(link_type)


def _read_ethernet(draft: Draft) -> None:
    data = draft.data
    if draft.captured < 14:
        draft.short(0, draft.wire_end, "Ethernet", 14)
        return
    header = _ethernet(data[:14])
    kind = header.type
    draft.layers.append(header)
    if kind >= _SHORTEST_TYPE:
        _read_carried(draft, 14, kind)
    elif kind <= _LONGEST_802_3:
        _read_llc(draft, 14, min(14 + kind, draft.wire_end))
    else:
        draft.name(14, draft.wire_end, "data", f"neither a length nor a type: {kind}")


@lru_cache(maxsize=4096)
def _ethernet(header: bytes) -> Ethernet:
    """The same header comes again and again."""
    return Ethernet(0, 14, header[:6].hex(":"), header[6:12].hex(":"), header[12] << 8 | header[13])


def _read_carried(draft: Draft, at: int, kind: int) -> None:
    """What the link carries, and the padding behind it."""
    draft.ethertype = kind
    if kind == _IPV4:
        end = read_ipv4(draft, at, draft.wire_end)
    elif kind == _IPV6:
        end = read_ipv6(draft, at, draft.wire_end)
    elif kind in {_ARP, _RARP}:
        end = _read_arp(draft, at)
    elif kind in _TAGS:
        _read_tag(draft, at)
        return
    else:
        name = ETHERTYPES.get(kind, f"EtherType 0x{kind:04x}")
        draft.name(at, draft.wire_end, name)
        return
    if end < draft.captured:
        draft.name(end, draft.wire_end, "padding")


def _read_tag(draft: Draft, at: int) -> None:
    if draft.captured < at + 4:
        draft.short(at, draft.wire_end, "802.1Q", 4)
        return
    control, kind = struct.unpack_from("!HH", draft.data, at)
    draft.layers.append(Vlan(at, 4, control, kind))
    draft.tags += 1
    draft.ethertype = kind
    if draft.tags == _MOST_TAGS:
        draft.name(at + 4, draft.wire_end, "data", f"more than {_MOST_TAGS} tags are not read")
    elif kind >= _SHORTEST_TYPE:
        _read_carried(draft, at + 4, kind)
    else:
        _read_llc(draft, at + 4, min(at + 4 + kind, draft.wire_end))


def _read_llc(draft: Draft, at: int, end: int) -> None:
    """What an 802.3 frame carries: named by its service access point, or behind a SNAP header by its EtherType."""
    head = draft.data[at : at + 8]
    name, kind = "LLC", 0
    if head[:1] and head[:2] == head[:1] * 2:
        name = _SERVICE_POINTS.get(head[0], name)
    if head[:3] == b"\xaa\xaa\x03" and len(head) == 8:
        kind = head[6] << 8 | head[7]
        name = _CISCO.get(kind, "SNAP") if head[3:6] == b"\x00\x00\x0c" else ETHERTYPES.get(kind, "SNAP")
    if head[3:6] == b"\0\0\0" and kind in {_IPV4, _IPV6, _ARP}:
        draft.name(at, at + 8, "LLC/SNAP")
        _read_carried(draft, at + 8, kind)
        draft.ethertype = -1
        return
    draft.name(at, end, name)
    if end < draft.captured:
        draft.name(end, draft.wire_end, "padding")


def _read_arp(draft: Draft, at: int) -> int:
    """ARP and RARP for IPv4 over Ethernet; with addresses of other sizes only the name."""
    data, end = draft.data, draft.wire_end
    sizes = data[at + 4 : at + 6]
    if len(sizes) == 2 and sizes != b"\x06\x04":
        problem = f"addresses of {sizes[0]} and {sizes[1]} bytes are not read; Ethernet's have 6, IPv4's 4"
        draft.name(at, end, "ARP", problem)
        return end
    if draft.captured < at + 28:
        draft.short(at, end, "ARP", 28)
        return end
    hardware, protocol, long, short, operation, sha, spa, tha, tpa = _ARP_HEADER.unpack_from(data, at)
    draft.network = arp = Arp(
        at,
        28,
        hardware,
        protocol,
        long,
        short,
        operation,
        sha.hex(":"),
        inet_ntoa(spa),
        tha.hex(":"),
        inet_ntoa(tpa),
        "" if protocol == _IPV4 else f"asks about protocol 0x{protocol:04x}, not IPv4",
    )
    draft.layers.append(arp)
    return at + 28


def _read_raw(draft: Draft) -> None:
    version = draft.data[0] >> 4 if draft.data else 0
    if version in {4, 6}:
        _read_carried(draft, 0, _IPV4 if version == 4 else _IPV6)
    else:
        draft.name(0, max(draft.wire_end, 1), "data", f"neither IPv4 nor IPv6: the version field says {version}")


def _read_raw_ipv4(draft: Draft) -> None:
    _read_carried(draft, 0, _IPV4)


def _read_raw_ipv6(draft: Draft) -> None:
    _read_carried(draft, 0, _IPV6)


def _read_loopback(draft: Draft) -> None:
    """LINKTYPE_NULL has the family in the byte order of the machine that captured, LINKTYPE_LOOP in the network's."""
    if draft.captured < 4:
        draft.short(0, draft.wire_end, "loopback", 4)
        return
    family = int.from_bytes(draft.data[:4], "big")
    if family > 0xFFFF:
        family = int.from_bytes(draft.data[:4], "little")
    draft.layers.append(Loopback(0, 4, family))
    kind = _FAMILIES.get(family)
    if kind is None:
        draft.name(4, draft.wire_end, f"address family {family}")
    else:
        _read_carried(draft, 4, kind)


def _read_cooked(draft: Draft) -> None:
    if draft.captured < 16:
        draft.short(0, draft.wire_end, "Linux cooked", 16)
        return
    direction, hardware, length, address, kind = struct.unpack_from("!HHH8sH", draft.data)
    draft.layers.append(Cooked(0, 16, 1, direction, hardware, address[:length].hex(":"), kind))
    _read_cooked_payload(draft, 16, kind)


def _read_cooked_2(draft: Draft) -> None:
    if draft.captured < 20:
        draft.short(0, draft.wire_end, "Linux cooked", 20)
        return
    kind, index, hardware, direction, length, address = struct.unpack_from("!HxxIHBB8s", draft.data)
    draft.layers.append(Cooked(0, 20, 2, direction, hardware, address[:length].hex(":"), kind, index))
    _read_cooked_payload(draft, 20, kind)


def _read_cooked_payload(draft: Draft, at: int, kind: int) -> None:
    if kind == 4:  # LINUX_SLL_P_802_2
        _read_llc(draft, at, draft.wire_end)
    elif kind >= _SHORTEST_TYPE:
        _read_carried(draft, at, kind)
    else:
        draft.ethertype = kind
        draft.name(at, draft.wire_end, f"protocol {kind}")


def _read_nothing(_draft: Draft) -> None:
    """A link whose header is not known."""


_LINKS: Mapping[int, Callable[[Draft], None]] = {
    0: _read_loopback,
    12: _read_raw,
    14: _read_raw,
    101: _read_raw,
    108: _read_loopback,
    113: _read_cooked,
    228: _read_raw_ipv4,
    229: _read_raw_ipv6,
    276: _read_cooked_2,
}
