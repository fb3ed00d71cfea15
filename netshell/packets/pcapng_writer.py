"""Writes pcapng files that Wireshark, tshark and tcpdump open: one interface block for each interface of each node.

Format: draft-ietf-opsawg-pcapng, little-endian, nanoseconds.
"""

import struct
from collections.abc import Iterable
from typing import BinaryIO

from netshell.facts import Frame

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_LENGTH_UNKNOWN = -1
_COMMENT, _APPLICATION = 1, 4
_IF_NAME, _IF_DESCRIPTION, _IF_RESOLUTION = 2, 3, 9
_NANOSECONDS = b"\x09"
_PACKET_FLAGS, _IN, _OUT = 2, 1, 2
_ETHERNET = 1
_LONGEST_OPTION = 0xFFFF
_SNAP_LENGTH = 1 << 18


class PcapngWriter:
    """Writes frames one by one; an interface is described when its first frame comes."""

    def __init__(self, stream: BinaryIO, *, application: str = "netshell", comment: str = "") -> None:
        self._stream = stream
        self._numbers: dict[tuple[str, str], int] = {}
        head = struct.pack("<IHHq", _BYTE_ORDER, 1, 0, _LENGTH_UNKNOWN)
        self._block(_SECTION, head + _options([(_COMMENT, comment), (_APPLICATION, application)]))

    def interface(self, node: str, link: str, *, comment: str = "") -> int:
        """The number of an interface, described now if it has not been; Wireshark shows it as `node:link`."""
        number = self._numbers.get((node, link))
        if number is None:
            number = self._numbers[node, link] = len(self._numbers)
            options: list[tuple[int, str | bytes]] = [
                (_COMMENT, comment),
                (_IF_NAME, f"{node}:{link}"),
                (_IF_DESCRIPTION, f"{link} on {node}"),
                (_IF_RESOLUTION, _NANOSECONDS),
            ]
            self._block(_INTERFACE, struct.pack("<HHI", _ETHERNET, 0, _SNAP_LENGTH) + _options(options))
        return number

    def add(self, frame: Frame, comment: str = "") -> None:
        """Write a frame, with its direction and a comment."""
        number = self.interface(frame.node, frame.link)
        data = frame.data
        high, low = divmod(frame.time_ns, 1 << 32)
        head = struct.pack("<IIIII", number, high, low, len(data), max(frame.wire_length, len(data)))
        flags = struct.pack("<I", _OUT if frame.is_outgoing else _IN)
        body = head + data + bytes(-len(data) % 4) + _options([(_COMMENT, comment), (_PACKET_FLAGS, flags)])
        self._block(_PACKET, body)

    def _block(self, kind: int, body: bytes) -> None:
        length = struct.pack("<I", len(body) + 12)
        self._stream.write(b"".join((struct.pack("<I", kind), length, body, length)))


def write_pcapng(stream: BinaryIO, frames: Iterable[Frame], *, comment: str = "") -> int:
    """Write frames as a whole file; how many there were."""
    writer = PcapngWriter(stream, comment=comment)
    count = 0
    for count, frame in enumerate(frames, 1):  # noqa: B007 - the last number is the answer
        writer.add(frame)
    return count


def _options(options: Iterable[tuple[int, str | bytes]]) -> bytes:
    """Options with their end; empty ones are left out, long texts cut."""
    parts = []
    for code, value in options:
        data = (value.encode("utf-8", "backslashreplace") if isinstance(value, str) else value)[:_LONGEST_OPTION]
        if data:
            parts.append(struct.pack("<HH", code, len(data)) + data + bytes(-len(data) % 4))
    return b"".join(parts) + bytes(4) if parts else b""
