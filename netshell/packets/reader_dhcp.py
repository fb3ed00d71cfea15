"""Reads DHCP and BOOTP messages (RFC 2131, 2132, 3396, 3442)."""

import struct
from collections.abc import Callable, Mapping
from socket import inet_ntoa

from netshell.packets.messages import Dhcp, DhcpOption
from netshell.packets.names import DHCP_OPTIONS
from netshell.packets.reader_draft import Draft

_HEADER = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s")
_COOKIE = b"\x63\x82\x53\x63"
_PAD, _END = 0, 255
_MESSAGE, _OVERLOAD = 53, 52


def read_dhcp(draft: Draft, at: int, end: int) -> None:
    """Read a message at least as long as its fixed part; options up to the first that makes no sense."""
    data, there = draft.data, min(end, draft.captured)
    fixed = data[at : min(at + _HEADER.size, there)].ljust(_HEADER.size, b"\0")
    op, hardware, size, hops, xid, seconds, flags, client, your, server, relay, mac, host, file = _HEADER.unpack(fixed)
    options: list[DhcpOption] = []
    problem = _all_options(data, at, there, end, options)
    message = next((option.values[0] for option in options if option.code == _MESSAGE and option.values), "0")
    layer = Dhcp(
        at,
        there - at,
        op,
        hardware,
        size,
        hops,
        xid,
        seconds,
        flags,
        inet_ntoa(client),
        inet_ntoa(your),
        inet_ntoa(server),
        inet_ntoa(relay),
        mac[: min(size, 16)].hex(":"),
        _words(host.partition(b"\0")[0])[0],
        _words(file.partition(b"\0")[0])[0],
        int(message) if message.isdigit() else 0,
        tuple(options),
        problem,
    )
    draft.layers.append(layer)
    draft.application = layer


def _all_options(data: bytes, at: int, there: int, end: int, found: list[DhcpOption]) -> str:
    """Add the options behind the fixed part, and those that option 52 puts into it; what is wrong with them."""
    place = at + _HEADER.size
    if there < place:
        return f"{there - at} of at least {_HEADER.size} bytes are there"
    if data[place : place + 4] != _COOKIE:
        return "no DHCP options: the magic cookie is missing" if end > place else ""
    problem = _options(data, place + 4, there, found)
    overload = next((option.values for option in found if option.code == _OVERLOAD), ("0",))
    if not problem and overload in {("1",), ("3",)}:
        problem = _options(data, at + 108, at + 236, found)
    if not problem and overload in {("2",), ("3",)}:
        problem = _options(data, at + 44, at + 108, found)
    return "cut off by the capture" if problem and end > there else problem


def _options(data: bytes, at: int, end: int, found: list[DhcpOption]) -> str:
    """Add the options between two places to those found; what is wrong with them."""
    while at < end:
        code = data[at]
        if code == _END:
            return ""
        if code == _PAD:
            at += 1
            continue
        size = data[at + 1] if at + 1 < end else 0
        if at + 2 + size > end:
            return f"option {code} of {size} bytes, of which {max(end - at - 2, 0)} are there"
        found.append(_option(data, at, size))
        at += 2 + size
    return "the options have no end"


def _option(data: bytes, at: int, size: int) -> DhcpOption:
    code, body = data[at], data[at + 2 : at + 2 + size]
    name = DHCP_OPTIONS.get(code, f"option {code}")
    values = _READERS.get(code, _hexadecimal)(body)
    if values:
        return DhcpOption(at, 2 + size, code, name, values)
    return DhcpOption(at, 2 + size, code, name, _hexadecimal(body), f"{size} bytes do not fit this option")


def _hexadecimal(body: bytes) -> tuple[str, ...]:
    return (body.hex(),)


def _addresses(body: bytes) -> tuple[str, ...]:
    if len(body) % 4:
        return ()
    return tuple(inet_ntoa(body[place : place + 4]) for place in range(0, len(body), 4))


def _number(body: bytes) -> tuple[str, ...]:
    return (str(int.from_bytes(body, "big")),) if len(body) in {1, 2, 4} else ()


def _bytes(body: bytes) -> tuple[str, ...]:
    return tuple(map(str, body))


def _words(body: bytes) -> tuple[str, ...]:
    """Text as it was sent: a stranger's."""
    return (body.rstrip(b"\0").decode("utf-8", "backslashreplace"),)


def _identifier(body: bytes) -> tuple[str, ...]:
    """A client's identifier: type 1 with 6 bytes is a MAC, all else is opaque (RFC 2132, 9.14)."""
    return (body[1:].hex(":"),) if len(body) == 7 and body[0] == 1 else (body.hex(),)


def _routes(body: bytes) -> tuple[str, ...]:
    """`192.0.2.0/24 via 198.51.100.1`, with only the bytes of a prefix that count (RFC 3442)."""
    found, at = [], 0
    while at < len(body):
        length = body[at]
        size = (length + 7) // 8
        if length > 32 or at + 1 + size + 4 > len(body):
            return ()
        prefix = inet_ntoa(body[at + 1 : at + 1 + size].ljust(4, b"\0"))
        found.append(f"{prefix}/{length} via {inet_ntoa(body[at + 1 + size : at + 5 + size])}")
        at += 5 + size
    return tuple(found)


_READERS: Mapping[int, Callable[[bytes], tuple[str, ...]]] = {
    **dict.fromkeys((1, 3, 4, 6, 7, 28, 42, 44, 50, 54, 150), _addresses),
    **dict.fromkeys((26, 51, 52, _MESSAGE, 57, 58, 59), _number),
    **dict.fromkeys((12, 15, 56, 60, 66, 67), _words),
    55: _bytes,
    61: _identifier,
    121: _routes,
}
