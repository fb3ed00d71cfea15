"""Reads DHCP and BOOTP messages (RFC 2131, 2132, 3396, 3397, 3442)."""

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
_LONG = frozenset({119, 121, 249})
"""Options that may well be longer than 255 bytes: domains to search, and routes."""
_LONGEST = 2 + 255
_MOST_LABELS = 1000
"""Of all the domains to search, pointers included."""


def read_dhcp(draft: Draft, at: int, end: int) -> None:
    """Read a message at least as long as its fixed part; options up to the first that makes no sense."""
    data, there = draft.data, min(end, draft.captured)
    fixed = data[at : min(at + _HEADER.size, there)].ljust(_HEADER.size, b"\0")
    op, hardware, size, hops, xid, seconds, flags, client, your, server, relay, mac, host, file = _HEADER.unpack(fixed)
    options: list[DhcpOption] = []
    problem = _all_options(data, at, there, end, options)
    _join(data, options)
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


def _join(data: bytes, found: list[DhcpOption]) -> None:
    """Give the first of the parts of a long option the values of all of them, the others none (RFC 3396).

    A part is followed by another where it is as long as an option can be, or where its kind is always put together.
    """
    groups: dict[int, list[list[int]]] = {}
    for place, option in enumerate(found):
        known = groups.setdefault(option.code, [])
        if known and (option.code in _LONG or found[known[-1][-1]].size == _LONGEST):
            known[-1].append(place)
        else:
            known.append([place])
    for code, known in groups.items():
        for first, *others in (group for group in known if len(group) > 1):
            parts = [found[place] for place in (first, *others)]
            body = b"".join(data[part.at + 2 : part.at + part.size] for part in parts)
            name, values, problem = _meaning(code, body)
            found[first] = found[first]._replace(values=values, problem=problem)
            for place in others:
                found[place] = found[place]._replace(name=f"{name}, continued", values=(), problem="")


def _option(data: bytes, at: int, size: int) -> DhcpOption:
    return DhcpOption(at, 2 + size, data[at], *_meaning(data[at], data[at + 2 : at + 2 + size]))


def _meaning(code: int, body: bytes) -> tuple[str, tuple[str, ...], str]:
    """An option's name, its values, and what is wrong with it."""
    name = DHCP_OPTIONS.get(code, f"option {code}")
    values = _READERS.get(code, _hexadecimal)(body)
    if values:
        return name, values, ""
    return name, _hexadecimal(body), f"{len(body)} bytes do not fit this option"


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


def _signed(body: bytes) -> tuple[str, ...]:
    return (str(int.from_bytes(body, "big", signed=True)),) if len(body) == 4 else ()


def _domains(body: bytes) -> tuple[str, ...]:
    """Names as DNS sends them, a pointer counting from the option's first byte (RFC 3397)."""
    found: list[str] = []
    at = labels_read = 0
    while at < len(body):
        labels: list[str] = []
        place, behind = at, 0
        while place < len(body) and (size := body[place]):
            labels_read += 1
            if labels_read > _MOST_LABELS:
                return ()
            if size >= 0xC0 and place + 1 < len(body):
                behind, place = behind or place + 2, (size & 0x3F) << 8 | body[place + 1]
                continue
            if size > 63 or place + 1 + size > len(body):
                return ()
            labels.append(_words(body[place + 1 : place + 1 + size])[0])
            place += 1 + size
        if place >= len(body):
            return ()
        found.append(".".join(labels) or ".")
        at = behind or place + 1
    return tuple(found)


_READERS: Mapping[int, Callable[[bytes], tuple[str, ...]]] = {
    **dict.fromkeys((1, 3, 4, 6, 7, 28, 42, 44, 50, 54, 150), _addresses),
    **dict.fromkeys((26, 51, 52, _MESSAGE, 57, 58, 59, 108), _number),
    **dict.fromkeys((12, 15, 56, 60, 66, 67, 114, 252), _words),
    2: _signed,
    55: _bytes,
    61: _identifier,
    119: _domains,
    **dict.fromkeys((121, 249), _routes),
}
