"""Reads ICMP, ICMPv6 and neighbour discovery (RFC 792, 1191, 4443, 4861, 4191, 8106, 2710, 3810)."""

import struct
from collections.abc import Callable
from socket import AF_INET6, inet_ntop
from typing import TypeAlias

from netshell.packets.layers import Icmp, Icmp6, Layer, NdOption
from netshell.packets.names import ND_OPTIONS
from netshell.packets.reader_draft import Draft

Quoted: TypeAlias = Callable[[Draft, int, int], tuple[Layer, ...]]
"""Reads the headers of the packet that lies between two places."""

_HEADER = struct.Struct("!BBHI")
_ERRORS = frozenset({3, 4, 5, 11, 12})
_SIZES = {13: 20, 14: 20, 17: 12, 18: 12}
"""Headers longer than 8 bytes: timestamps and address masks."""
_OPTIONS_AT = {133: 8, 134: 16, 135: 24, 136: 24, 137: 40}
"""Where neighbour discovery messages have their options."""
_LISTENER_REPORT_2 = 143
_HAS_TARGET = frozenset({130, 131, 132, 135, 136, 137})
_LAYER_SIZE = {_LISTENER_REPORT_2: 8, 130: 24, 131: 24, 132: 24, **_OPTIONS_AT}


def read_icmp(draft: Draft, at: int, end: int, quoted: Quoted) -> None:
    """Read an ICMP message and, in an error, the packet that it is about."""
    there = min(end, draft.captured) - at
    if there < 4:
        draft.short(at, end, "ICMP", 8)
        return
    kind, code, checksum, rest = _HEADER.unpack(draft.data[at : at + min(there, 8)].ljust(8, b"\0"))
    needed = _SIZES.get(kind, 8)
    size = min(needed, there)
    problem = f"{size} of {needed} header bytes are there" if size < needed else ""
    is_error = kind in _ERRORS
    place = len(draft.layers)
    original = quoted(draft, at + 8, end) if is_error else ()
    message = Icmp(at, size, kind, code, checksum, rest, original, problem)
    draft.layers.insert(place, message)
    draft.transport = message
    if not is_error:
        draft.body(at + size, end)
        draft.name(at + size, end, "data")


def read_icmp6(draft: Draft, at: int, end: int, quoted: Quoted) -> None:
    """Read an ICMPv6 message: an echo, an error with its packet, neighbour or listener discovery."""
    data, there = draft.data, min(end, draft.captured)
    if there - at < 4:
        draft.short(at, end, "ICMPv6", 8)
        return
    kind, code, checksum, rest = _HEADER.unpack(data[at : min(at + 8, there)].ljust(8, b"\0"))
    needed = _LAYER_SIZE.get(kind, 8)
    size = min(needed, there - at)
    target = destination = ""
    reachable = retransmit = 0
    options: tuple[NdOption, ...] = ()
    if kind in _HAS_TARGET and size >= 24:
        target = inet_ntop(AF_INET6, data[at + 8 : at + 24])
    elif kind == _LISTENER_REPORT_2 and there >= at + 28:
        target = inet_ntop(AF_INET6, data[at + 12 : at + 28])
    if kind == 137 and size == needed:
        destination = inet_ntop(AF_INET6, data[at + 24 : at + 40])
    if kind == 134 and size == needed:
        reachable, retransmit = struct.unpack_from("!II", data, at + 8)
    if kind in _OPTIONS_AT and size == needed:
        options = _options(data, at + size, there)
        size = there - at
    message = Icmp6(
        at,
        size,
        kind,
        code,
        checksum,
        rest,
        target,
        destination,
        reachable,
        retransmit,
        options,
        quoted(draft, at + 8, end) if kind < 128 else (),
        f"{size} of at least {needed} bytes are there" if size < needed else "",
    )
    draft.layers.append(message)
    draft.transport = message
    if kind >= 128 and kind not in _OPTIONS_AT:
        draft.body(at + size, end)
        draft.name(at + size, end, "data")


def _options(data: bytes, at: int, end: int) -> tuple[NdOption, ...]:
    """The options up to `end`; an option's length counts units of 8 bytes, and 0 ends the reading (RFC 4861, 4.6)."""
    found: list[NdOption] = []
    while at < end:
        size = data[at + 1] * 8 if at + 1 < end else 0
        if size == 0 or at + size > end:
            name = ND_OPTIONS.get(data[at], f"option {data[at]}")
            found.append(NdOption(at, end - at, data[at], name, problem=f"{size} bytes long, {end - at} are there"))
            break
        found.append(_option(data, at, size))
        at += size
    return tuple(found)


def _option(data: bytes, at: int, size: int) -> NdOption:
    kind = data[at]
    option = NdOption(at, size, kind, ND_OPTIONS.get(kind, f"option {kind}"))
    if kind in {1, 2}:
        return option._replace(mac=data[at + 2 : at + 8].hex(":"))
    if kind == 5:
        return option._replace(mtu=int.from_bytes(data[at + 4 : at + 8], "big"))
    if kind == 3 and size >= 32:
        length, flags, valid, preferred = struct.unpack_from("!BBII", data, at + 2)
        return option._replace(
            prefix=f"{inet_ntop(AF_INET6, data[at + 16 : at + 32])}/{length}",
            is_on_link=bool(flags & 0x80),
            is_autonomous=bool(flags & 0x40),
            valid_s=valid,
            preferred_s=preferred,
        )
    if kind == 24 and size <= 24:
        prefix = data[at + 8 : at + size].ljust(16, b"\0")
        return option._replace(
            prefix=f"{inet_ntop(AF_INET6, prefix)}/{data[at + 2]}", valid_s=int.from_bytes(data[at + 4 : at + 8], "big")
        )
    if kind == 25:
        places = range(at + 8, at + size - 15, 16)
        servers = tuple(inet_ntop(AF_INET6, data[place : place + 16]) for place in places)
        return option._replace(valid_s=int.from_bytes(data[at + 4 : at + 8], "big"), servers=servers)
    return option
