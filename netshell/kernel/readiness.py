"""What has come of links that were just switched on; pure.

A snapshot reads whole links, with pyroute2. Whether a thousand ends of cables are up yet is asked again and again, and
a few bytes of each answer count. The numbers are those of linux/if_link.h and linux/if_bridge.h.
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

_LINK = struct.Struct("=BxHiII")
_ATTRIBUTE = struct.Struct("=HH")
_TYPE = 0x3FFF
"""Of an attribute's type, what is left without the marks for nesting and byte order."""
_IFLA_OPERSTATE, _IFLA_LINKINFO = 16, 18
_SLAVE_KIND, _SLAVE_DATA, _PORT_STATE = 4, 5, 1
_BRIDGE = b"bridge"
_UP, _FORWARDING = 6, 3

ALL_LINKS = _LINK.pack(0, 0, 0, 0, 0) + struct.pack("=HHI", 8, 29, 8)
"""The question for all of them, without their counters (IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS)."""


class Progress(NamedTuple):
    """One link's."""

    link_index: int
    is_passing: bool
    """It is in the operational state UP; where it is a port of a bridge, it forwards."""


def progress_of(message: memoryview) -> Progress:
    """An RTM_NEWLINK message, behind its header."""
    index = _LINK.unpack_from(message)[2]
    is_up, forwards = False, True
    for kind, value in _attributes(message[_LINK.size :]):
        if kind == _IFLA_OPERSTATE:
            is_up = value[0] == _UP
        elif kind == _IFLA_LINKINFO:
            forwards = _forwards(value)
    return Progress(index, is_up and forwards)


def _forwards(link_info: memoryview) -> bool:
    found = dict(_attributes(link_info))
    if bytes(found.get(_SLAVE_KIND, b"")).rstrip(b"\0") != _BRIDGE:
        return True
    port = dict(_attributes(found[_SLAVE_DATA])) if _SLAVE_DATA in found else {}
    return _PORT_STATE in port and port[_PORT_STATE][0] == _FORWARDING


def _attributes(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    while len(data) >= _ATTRIBUTE.size:
        length, kind = _ATTRIBUTE.unpack_from(data)
        yield kind & _TYPE, data[_ATTRIBUTE.size : length]
        data = data[max(length + 3 & ~3, _ATTRIBUTE.size) :]
