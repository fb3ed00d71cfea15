"""Netlink attributes, packed and read (netlink(7), struct nlattr); pure."""

import struct
from collections.abc import Iterator

NESTED = 0x8000
"""The mark, in an attribute's kind, of one that holds others."""

_HEADER = struct.Struct("=HH")
_ALIGNED = 4
_KIND = 0x3FFF
"""What is left of it without the marks for nesting and byte order."""


def packed(kind: int, payload: bytes | memoryview) -> bytes:
    """One attribute, filled up to where the next may begin."""
    length = _HEADER.size + len(payload)
    return _HEADER.pack(length, kind) + bytes(payload) + bytes(-length % _ALIGNED)


def attributes_in(data: memoryview) -> Iterator[tuple[int, memoryview]]:
    """The kind and the payload of each; what is left of a broken one ends them."""
    while len(data) >= _HEADER.size:
        length, kind = _HEADER.unpack_from(data)
        yield kind & _KIND, data[_HEADER.size : length]
        data = data[max(length + _ALIGNED - 1 & -_ALIGNED, _HEADER.size) :]
