"""Reads IPv4 and IPv6 headers, options and extension headers, and hands their payload on (RFC 791, RFC 8200)."""

import struct
from functools import lru_cache
from socket import AF_INET6, inet_ntoa, inet_ntop

from netshell.packets.headers import Extension, IpOption, Ipv4, Ipv6
from netshell.packets.layers import Layer
from netshell.packets.names import IP_OPTIONS, IP_PROTOCOLS
from netshell.packets.reader_draft import Draft, made
from netshell.packets.reader_icmp import read_icmp, read_icmp6
from netshell.packets.reader_transport import read_tcp, read_udp

_IPV4_HEADER = struct.Struct("!BBHHHBBH8s")
_IPV6_HEADER = struct.Struct("!IHBB32s")
_HOP_BY_HOP, _FRAGMENT, _AUTHENTICATION, _NOTHING = 0, 44, 51, 59
_EXTENSIONS = frozenset({_HOP_BY_HOP, 43, _FRAGMENT, _AUTHENTICATION, 60, 135, 139, 140})
_MOST_EXTENSIONS = 64
_REMEMBERED = 4096


def read_ipv4(draft: Draft, at: int, end: int) -> int:
    """Read an IPv4 packet; the place where it ends by its own count, or `end`."""
    captured = draft.captured
    if captured < at + 20:
        draft.short(at, end, "IPv4", 20)
        return end
    first, tos, total, ident, part, ttl, protocol, checksum, both = _IPV4_HEADER.unpack_from(draft.data, at)
    size = (first & 15) * 4
    options: tuple[IpOption, ...] = ()
    problem = ""
    claimed = 0
    is_lost = False
    if first == 0x45 and 20 <= total <= end - at:
        end = at + total
    else:
        problem, is_lost = _ipv4_problem(first, total, end - at, is_quoted=draft.is_quoted)
        if total:
            end = at + total if draft.is_quoted or total < end - at else end
        if is_lost:
            size = 20
        elif size > 20:
            options = _options(draft.data, at + 20, min(at + size, captured))
            claimed, size = size if at + size > captured else 0, min(size, captured - at)
    src, dst = ipv4_addresses(both)
    header = made(
        Ipv4, (at, size, tos, total, ident, part, ttl, protocol, checksum, src, dst, options, problem, claimed)
    )
    draft.layers.append(header)
    draft.network = header
    if is_lost:
        draft.name(at + 20, max(end, at + 20), "data")
    elif part & 0x1FFF:
        draft.name(at + size, end, "fragment")
    else:
        draft.is_piece = bool(part & 0x2000)
        _read_payload(draft, protocol, at + size, end)
    return end


@lru_cache(maxsize=_REMEMBERED)
def ipv4_addresses(both: bytes) -> tuple[str, str]:
    """Source and destination as text; the same pair comes again and again."""
    return inet_ntoa(both[:4]), inet_ntoa(both[4:])


@lru_cache(maxsize=_REMEMBERED)
def _ipv6_addresses(both: bytes) -> tuple[str, str]:
    return inet_ntop(AF_INET6, both[:16]), inet_ntop(AF_INET6, both[16:])


def _ipv4_problem(first: int, total: int, there: int, *, is_quoted: bool) -> tuple[str, bool]:
    """What is wrong with a header that is not the common kind, and whether what follows can still be found."""
    size = (first & 15) * 4
    lost = soft = ""
    if first >> 4 != 4:
        lost = f"the version field says {first >> 4}"
    elif size < 20:
        lost = f"a header length of {size} bytes; the shortest is 20"
    elif 0 < total < size:
        lost = f"a total length of {total} bytes is less than the header's {size}"
    elif size > there:
        soft = f"a header length of {size} bytes, of which {max(there, 0)} are there"
    elif total > there and not is_quoted:
        soft = f"a total length of {total} bytes, but the frame holds {there}"
    elif total == 0:
        soft = "a total length of 0: segmentation was left to the network card"
    return lost or soft, bool(lost)


def _options(data: bytes, at: int, end: int) -> tuple[IpOption, ...]:
    found: list[IpOption] = []
    while at < end:
        kind = data[at]
        name = IP_OPTIONS.get(kind, f"option {kind}")
        if kind in {0, 1}:
            found.append(IpOption(at, 1, kind, name))
            if kind == 0:
                break
            at += 1
            continue
        size = data[at + 1] if at + 1 < end else 0
        if size < 2 or at + size > end:
            found.append(IpOption(at, end - at, kind, name, f"a length of {size} bytes, {end - at} are there"))
            break
        found.append(IpOption(at, size, kind, name))
        at += size
    return tuple(found)


def read_ipv6(draft: Draft, at: int, end: int) -> int:
    """Read an IPv6 packet; the place where it ends by its own count, or `end`."""
    if draft.captured < at + 40:
        draft.short(at, end, "IPv6", 40)
        return end
    first, length, following, hops, both = _IPV6_HEADER.unpack_from(draft.data, at)
    problem = ""
    there = end - at - 40
    is_lost = first >> 28 != 6
    if is_lost:
        problem = f"the version field says {first >> 28}"
    elif length > there and not draft.is_quoted:
        problem = f"a payload length of {length} bytes, but the frame holds {there}"
    is_jumbo = length == 0 and following == _HOP_BY_HOP  # RFC 2675: the length is in an option
    if not is_jumbo and (draft.is_quoted or length < there):
        end = at + 40 + length
    protocol, place = following, at + 40
    extensions: list[Extension] = []
    if following in _EXTENSIONS and not is_lost:
        extensions, protocol, place = _extensions(draft, following, place, end)
    src, dst = _ipv6_addresses(both)
    header = made(
        Ipv6, (at, 40, first >> 20 & 0xFF, first & 0xFFFFF, length, following, hops, src, dst, protocol, problem)
    )
    draft.layers.append(header)
    draft.network = header
    stopped_by = "data" if is_lost else _extended(draft, extensions)
    if stopped_by:
        draft.name(place, max(end, place), stopped_by)
    else:
        _read_payload(draft, protocol, place, end)
    return end


def _extended(draft: Draft, extensions: list[Extension]) -> str:
    """Take extension headers in; what the rest is called where it cannot be read, or empty."""
    draft.layers += extensions
    if extensions and extensions[-1].problem:
        return "data"
    piece = next((extension for extension in extensions if extension.is_fragment), None)
    draft.is_piece = piece is not None
    return "fragment" if piece is not None and piece.fragment_offset else ""


def _extensions(draft: Draft, kind: int, at: int, end: int) -> tuple[list[Extension], int, int]:
    """The extension headers, the protocol behind them, and where that begins."""
    data, there = draft.data, min(end, draft.captured)
    found: list[Extension] = []
    while kind in _EXTENSIONS:
        title = IP_PROTOCOLS.get(kind, f"IPv6 extension {kind}")
        if there < at + 8:
            found.append(
                Extension(
                    min(at, there), max(there - at, 0), kind, 0, title, problem=f"{max(there - at, 0)} of 8 bytes"
                )
            )
            return found, kind, max(there, at)
        following, extent, part, ident = struct.unpack_from("!BBHI", data, at)
        if kind == _FRAGMENT:
            found.append(Extension(at, 8, kind, following, title, part & 0xFFF8, bool(part & 1), ident))
            at += 8
        else:
            size = (extent + 2) * 4 if kind == _AUTHENTICATION else (extent + 1) * 8
            problem = f"a length of {size} bytes, {there - at} are there" if at + size > there else ""
            problem = problem or ("more headers are not read" if len(found) == _MOST_EXTENSIONS else "")
            found.append(Extension(at, min(size, there - at), kind, following, title, problem=problem))
            at += size
            if problem:
                return found, following, min(at, there)
        kind = following
        if found[-1].is_fragment and found[-1].fragment_offset:
            break
    return found, kind, at


def _read_payload(draft: Draft, protocol: int, at: int, end: int) -> None:
    if protocol == 6:
        read_tcp(draft, at, end)
    elif protocol == 17:
        read_udp(draft, at, end)
    elif protocol == 1:
        read_icmp(draft, at, end, _quoted)
    elif protocol == 58:
        read_icmp6(draft, at, end, _quoted)
    elif protocol != _NOTHING or end > at:
        draft.name(at, end, IP_PROTOCOLS.get(protocol, f"IP protocol {protocol}"))


def _quoted(draft: Draft, at: int, end: int) -> tuple[Layer, ...]:
    """The headers of the packet that an ICMP error quotes; an error inside it quotes no further."""
    if draft.is_quoted or at >= draft.captured:
        return ()
    there = min(end, draft.captured)
    inner = Draft(draft.data[:there], there, end, is_quoted=True)
    if draft.data[at] >> 4 == 6:
        read_ipv6(inner, at, end)
    else:
        read_ipv4(inner, at, end)
    return tuple(inner.layers)
