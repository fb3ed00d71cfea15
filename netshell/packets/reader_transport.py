"""Reads TCP and UDP headers and hands their payload on (RFC 9293, 7323, 2018, 768)."""

import struct
from functools import lru_cache

from netshell.packets.headers import Tcp, TcpOption, Udp
from netshell.packets.names import TCP_OPTIONS, TCP_PORTS, UDP_PORTS
from netshell.packets.reader_dhcp import read_dhcp
from netshell.packets.reader_dns import read_dns
from netshell.packets.reader_draft import Draft, made
from netshell.packets.reader_http import BARE_START, START, read_http

_TCP_HEADER = struct.Struct("!HHIIBBHHH")
_UDP_HEADER = struct.Struct("!HHHH")
_TIMESTAMPS = struct.Struct("!II")
_DNS_PORT = 53
_DNS_PORTS = frozenset({_DNS_PORT, 5353, 5355})
"""DNS, multicast DNS, LLMNR."""
_CAPITALS = frozenset(range(0x41, 0x5B))
"""What a line that begins an HTTP message begins with: a quick look spares most payloads two slow ones."""
_TEXTUAL = frozenset({"SIP", "SSDP", "syslog", "TFTP"})
"""Protocols over UDP that are text."""
_DHCP_PORTS = frozenset({67, 68})
_BOOTP_BYTES = 236
_MOST_DNS_MESSAGES = 32


def read_tcp(draft: Draft, at: int, end: int) -> None:
    """Read a segment. Of a header that is cut off, the ports at least are told."""
    data, captured = draft.data, draft.captured
    there = end if end < captured else captured  # noqa: FURB136 - a call of min() takes four times as long
    if there < at + 20:
        _read_tcp_start(draft, at, end, there)
        return
    src, dst, seq, ack, offset, flags, window, checksum, urgent = _TCP_HEADER.unpack_from(data, at)
    size = (offset >> 4) * 4
    body = at + size
    options: tuple[TcpOption, ...] = ()
    problem = ""
    if size == 32 and body <= there and data[at + 20 : at + 24] == b"\x01\x01\x08\x0a":
        times = _TIMESTAMPS.unpack_from(data, at + 24)
        options = (*_two_blanks(at + 20), made(TcpOption, (at + 22, 10, 8, "timestamps", times, "")))
    elif size < 20:
        problem = f"a header length of {size} bytes; the shortest is 20"
        size, body = 20, at + 20
    elif body > end and not draft.is_quoted:
        problem = f"a header length of {size} bytes, but IP carries {end - at}"
        body = end
    elif size > 20 and body > there:
        problem = f"{there - at} of {size} header bytes are there"
    if size > 20 and not options:
        options = _options(data, at + 20, min(body, there))
    length = end - body if end > body else 0
    claimed = 0
    if at + size > there:
        claimed, size = size, there - at
    segment = made(
        Tcp, (at, size, src, dst, seq, ack, flags, window, checksum, urgent, length, options, problem, claimed)
    )
    draft.layers.append(segment)
    draft.transport = segment
    draft.body(body, end)
    if length and not draft.is_quoted:
        _read_stream(draft, src, dst, body, end)


def _read_tcp_start(draft: Draft, at: int, end: int, there: int) -> None:
    if there < at + 4:
        draft.short(at, end, "TCP", 20)
        return
    fields = _TCP_HEADER.unpack(draft.data[at:there].ljust(20, b"\0"))
    src, dst, seq, ack, offset, flags, window, checksum, urgent = fields
    length = max(end - at - (offset >> 4) * 4, 0) if offset else 0
    problem = f"{there - at} of at least 20 header bytes are {'quoted' if draft.is_quoted else 'there'}"
    values = (src, dst, seq, ack, flags, window, checksum, urgent, length)
    segment = Tcp(at, there - at, *values, (), problem, (offset >> 4) * 4)
    draft.layers.append(segment)
    draft.transport = segment
    draft.body(there, there)


@lru_cache(maxsize=256)
def _two_blanks(at: int) -> tuple[TcpOption, TcpOption]:
    """What stands before the timestamps in nearly every segment that Linux sends."""
    return TcpOption(at, 1, 1, "no operation"), TcpOption(at + 1, 1, 1, "no operation")


def _options(data: bytes, at: int, end: int) -> tuple[TcpOption, ...]:
    found: list[TcpOption] = []
    while at < end:
        kind = data[at]
        name = TCP_OPTIONS.get(kind) or f"option {kind}"
        if kind < 2:
            found.append(TcpOption(at, 1, kind, name))
            if kind == 0:
                break
            at += 1
            continue
        size = data[at + 1] if at + 1 < end else 0
        if size < 2 or at + size > end:
            problem = f"a length of {size} bytes, {end - at} are there"
            found.append(TcpOption(at, end - at, kind, name, (), problem))
            break
        found.append(TcpOption(at, size, kind, name, _option_values(data, at, kind, size)))
        at += size
    return tuple(found)


def _option_values(data: bytes, at: int, kind: int, size: int) -> tuple[int, ...]:
    if kind == 2 and size == 4:
        return (data[at + 2] << 8 | data[at + 3],)
    if kind == 3 and size == 3:
        return (data[at + 2],)
    if (kind == 8 and size == 10) or (kind == 5 and size % 8 == 2):
        return struct.unpack_from(f"!{size // 4}I", data, at + 2)
    return ()


def _read_stream(draft: Draft, src: int, dst: int, at: int, end: int) -> None:
    """Name or read what a TCP segment carries. Nothing is put together from several segments."""
    there = draft.body_end
    if at >= there:
        draft.name(at, end, "data")
    elif draft.data[at] in _CAPITALS and (
        match := START.match(draft.data, at, there) or BARE_START.match(draft.data, at, there)
    ):
        read_http(draft, match, at, end)
    elif _DNS_PORT in {src, dst}:
        _read_dns_stream(draft, at, end)
    else:
        draft.name(at, end, TCP_PORTS.get(dst) or TCP_PORTS.get(src) or "data")


def _read_dns_stream(draft: Draft, at: int, end: int) -> None:
    """The DNS messages that lie in a segment as a whole, each behind its length (RFC 1035, 4.2.2); the first counts."""
    first = None
    for _ in range(_MOST_DNS_MESSAGES):
        length = int.from_bytes(draft.data[at : at + 2], "big")
        if length < 12 or at + 2 + length > end:
            break
        read_dns(draft, at + 2, at + 2 + length)
        first = first or draft.application
        at += 2 + length
    draft.application = first
    draft.name(at, end, "part of a DNS message" if first is None else "data")


def read_udp(draft: Draft, at: int, end: int) -> None:
    """Read a datagram. Of a header that is cut off, the ports at least are told."""
    there = min(end, draft.captured)
    if there < at + 4:
        draft.short(at, end, "UDP", 8)
        return
    problem = ""
    if there < at + 8:
        fields = _UDP_HEADER.unpack(draft.data[at:there].ljust(8, b"\0"))
        problem = f"{there - at} of 8 header bytes are there"
    else:
        fields = _UDP_HEADER.unpack_from(draft.data, at)
    src, dst, length, checksum = fields
    if problem:
        end = there
    elif length < 8:
        problem = f"a length of {length} bytes is less than the header's 8"
    elif at + length <= end:
        end = at + length
    elif not draft.is_piece and not draft.is_quoted:
        problem = f"a length of {length} bytes, but IP carries {end - at}"
    datagram = Udp(at, min(8, there - at), src, dst, length, checksum, problem)
    draft.layers.append(datagram)
    draft.transport = datagram
    draft.body(at + 8, end)
    if end > at + 8 and not draft.is_quoted:
        _read_datagram(draft, src, dst, at + 8, end)


def _read_datagram(draft: Draft, src: int, dst: int, at: int, end: int) -> None:
    """Name or read what a UDP datagram carries; not where this is only the first piece of it."""
    if draft.is_piece:
        draft.name(at, end, "data")
    elif src in _DNS_PORTS or dst in _DNS_PORTS:
        read_dns(draft, at, end)
    elif (src in _DHCP_PORTS or dst in _DHCP_PORTS) and end - at >= _BOOTP_BYTES:
        read_dhcp(draft, at, end)
    else:
        name = UDP_PORTS.get(dst) or UDP_PORTS.get(src) or "data"
        is_odd = name not in _TEXTUAL and _is_typed(draft.data[at:end])
        draft.name(at, end, "data" if is_odd else name)


def _is_typed(data: bytes) -> bool:
    """Whether it is a line of text, as somebody types it into `nc`: no protocol of bytes looks so."""
    line = data.rstrip(b"\r\n")
    return bool(line) and line.isascii() and line.decode("ascii").isprintable()
