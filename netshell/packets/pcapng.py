"""Reads the blocks of a pcapng file (draft-ietf-opsawg-pcapng); unknown ones are passed over.

It keeps one block and the interfaces of one section in memory, never the file.
"""

import struct
from collections.abc import Iterator

from netshell.packets.files import LARGEST_PACKET, Damaged, Interface, Record, Source, ends_early

_SECTION, _INTERFACE, _PACKET_OLD, _PACKET_SIMPLE, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_END, _COMMENT = 0, 1
_IF_NAME, _IF_DESCRIPTION, _IF_RESOLUTION, _IF_OFFSET = 2, 3, 9, 14
_PACKET_FLAGS = 2
_DIRECTIONS = ("", "in", "out", "")
_LARGEST_BLOCK = LARGEST_PACKET + (1 << 18)
"""A packet and its options."""
_MOST_INTERFACES = 1 << 16
_LARGEST_EXPONENT = 63


def records(source: Source) -> Iterator[Record]:
    """The packets of all sections. `source` stands behind the first four bytes. Raises Damaged, EOFError at the end."""
    section = _Section.read(source, source.at - 4)
    while True:
        place = source.at
        head = source.take(4, "a block's type")
        if head == b"\x0a\x0d\x0d\x0a":
            section = _Section.read(source, place)
            continue
        kind, length = section.pair.unpack(head + _rest(source, 4, place))
        if length < 12 or length % 4:
            raise Damaged(f"At byte {place:,} a block claims a length of {length:,} bytes, which no block has.")
        if kind not in {_INTERFACE, _PACKET_OLD, _PACKET_SIMPLE, _PACKET}:
            if source.skip(length - 8) < length - 8:
                raise Damaged(ends_early(place, "a block", source.at - place, length))
            continue
        if length > _LARGEST_BLOCK:
            raise Damaged(f"At byte {place:,} a packet claims {length:,} bytes, more than any packet has.")
        body = source.read(length - 8)
        if len(body) < length - 8:
            yield from section.cut_packet(kind, body)
            raise Damaged(ends_early(place, "a block", len(body) + 8, length))
        if kind == _INTERFACE:
            section.add_interface(body[:-4], place)
        else:
            yield section.packet(kind, body[:-4], place)


def _rest(source: Source, size: int, place: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise Damaged(ends_early(place, "a block", source.at - place, 12))
    return data


class _Section:
    """One section: a byte order, and the interfaces that its packets name by number."""

    def __init__(self, order: str) -> None:
        self.order = order
        self.pair = struct.Struct(f"{order}II")
        self._packet = struct.Struct(f"{order}IIIII")
        self._interfaces: list[Interface] = []

    @classmethod
    def read(cls, source: Source, place: int) -> "_Section":
        """Read a section header block of which the type has been read."""
        head = _rest(source, 8, place)
        order = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}.get(head[4:])
        if order is None:
            raise Damaged(f"At byte {place:,} a section begins without the mark of its byte order.")
        (length,) = struct.unpack(f"{order}I", head[:4])
        if length < 28 or length % 4:
            raise Damaged(f"At byte {place:,} a section header claims a length of {length:,} bytes.")
        if source.skip(length - 12) < length - 12:
            raise Damaged(ends_early(place, "a section header", source.at - place, length))
        return cls(order)

    def add_interface(self, body: bytes, place: int) -> None:
        """Take an interface description block in."""
        if len(body) < 8 or len(self._interfaces) == _MOST_INTERFACES:
            raise Damaged(f"At byte {place:,} the description of interface {len(self._interfaces)} makes no sense.")
        link_type, snap_length = struct.unpack_from(f"{self.order}HxxI", body)
        options = self._options(body, 8)
        resolution = options.get(_IF_RESOLUTION, b"\x06")[:1]
        offset = options.get(_IF_OFFSET, b"")
        self._interfaces.append(
            Interface(
                _text(options.get(_IF_NAME, b"")),
                link_type,
                _text(options.get(_IF_DESCRIPTION, b"")),
                _text(options.get(_COMMENT, b"")),
                _units(resolution[0] if resolution else 6),
                struct.unpack(f"{self.order}q", offset)[0] if len(offset) == 8 else 0,
                snap_length,
            )
        )

    def packet(self, kind: int, body: bytes, place: int) -> Record:
        """The packet of an enhanced, a simple or an old packet block."""
        if kind == _PACKET_SIMPLE:
            return self._simple_packet(body, place)
        if len(body) < 20:
            raise Damaged(f"At byte {place:,} a packet block of {len(body) + 12} bytes is too short for a packet.")
        number, high, low, kept, length = self._packet.unpack_from(body)
        if kind == _PACKET_OLD:
            (number,) = struct.unpack_from(f"{self.order}H", body)
        if number >= len(self._interfaces):
            raise Damaged(
                f"At byte {place:,} a packet names interface {number}; {len(self._interfaces)} are described."
            )
        if 20 + kept > len(body):
            raise Damaged(f"At byte {place:,} a packet claims {kept:,} bytes, its block has {len(body) - 20:,}.")
        interface = self._interfaces[number]
        time_ns = _time_ns(high << 32 | low, interface)
        end = 20 + kept
        if len(body) - end < 8:
            return Record(time_ns, body[20:end], length, interface)
        options = self._options(body, end + -kept % 4)
        flags = options.get(_PACKET_FLAGS, b"")
        direction = struct.unpack(f"{self.order}I", flags)[0] & 3 if len(flags) == 4 else 0
        comment = _text(options.get(_COMMENT, b""))
        return Record(time_ns, body[20:end], length, interface, _DIRECTIONS[direction], comment)

    def cut_packet(self, kind: int, body: bytes) -> Iterator[Record]:
        """What is there of the enhanced packet block that the file ends in, if its numbers are."""
        if kind != _PACKET or len(body) < 20:
            return
        number, high, low, kept, length = self._packet.unpack_from(body)
        if number < len(self._interfaces):
            interface = self._interfaces[number]
            data = body[20 : 20 + kept]
            yield Record(_time_ns(high << 32 | low, interface), data, max(length, len(data)), interface)

    def _simple_packet(self, body: bytes, place: int) -> Record:
        if not self._interfaces or len(body) < 4:
            raise Damaged(f"At byte {place:,} a packet stands before the description of any interface.")
        interface = self._interfaces[0]
        (length,) = struct.unpack_from(f"{self.order}I", body)
        kept = min(length, interface.snap_length or length, len(body) - 4)
        return Record(0, body[4 : 4 + kept], length, interface)

    def _options(self, body: bytes, at: int) -> dict[int, bytes]:
        """The options from a place on, the first of each code; those behind a fault are left out."""
        found: dict[int, bytes] = {}
        while at + 4 <= len(body):
            code, length = struct.unpack_from(f"{self.order}HH", body, at)
            if code == _END or at + 4 + length > len(body):
                break
            found.setdefault(code, body[at + 4 : at + 4 + length])
            at += 4 + length + -length % 4
        return found


def _units(resolution: int) -> int:
    """Units a second: a power of 10, or of 2 with the highest bit set; more than 63 is not meant."""
    exponent = min(resolution & 0x7F, _LARGEST_EXPONENT)
    return 1 << exponent if resolution & 0x80 else 10 ** min(exponent, 19)


def _time_ns(units: int, interface: Interface) -> int:
    return units * 1_000_000_000 // interface.units_a_second + interface.offset_s * 1_000_000_000


def _text(data: bytes) -> str:
    """Text as the file has it: a stranger's."""
    return data.rstrip(b"\0").decode("utf-8", "backslashreplace")
