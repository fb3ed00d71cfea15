"""ICMP echo requests and replies out of frames, fragmented ones too; pure, and at ease with any bytes.

Sources: RFC 792 (ICMP), RFC 4443 (ICMPv6), RFC 791 and RFC 8200 for fragments.
"""

import struct
from dataclasses import dataclass, replace

from netshell.facts import Echo, Frame
from netshell.packets.ip import IpPacket, ip_packet

_ICMP, _ICMPV6 = 1, 58
_IS_REPLY = {(_ICMP, 8): False, (_ICMP, 0): True, (_ICMPV6, 128): False, (_ICMPV6, 129): True}
"""By protocol and ICMP type."""
_HEADER_BYTES = 8
_MOST_OPEN = 64
_LONGEST = 0xFFFF


def is_candidate(frame: bytes) -> bool:
    """Whether a frame may hold an echo at all: a look at three bytes that spares the rest for most of the traffic."""
    kind = frame[12:14]
    if kind == b"\x08\x00":
        return frame[23:24] == b"\x01"
    if kind == b"\x86\xdd":
        return frame[20:21] in {b"\x3a", b"\x2c", b"\x00", b"\x2b", b"\x3c", b"\x33"}
    return kind in {b"\x81\x00", b"\x88\xa8"}


@dataclass(slots=True)
class _Open:
    """A fragmented echo of which parts are missing."""

    echo: Echo | None = None
    received: int = 0
    total: int | None = None


class EchoReader:
    """Reads echoes from frames in the order they crossed; a fragmented one is told when its last part has come."""

    def __init__(self) -> None:
        self._open: dict[tuple[object, ...], _Open] = {}

    def read(self, frame: Frame) -> Echo | None:
        """The echo that this frame holds or completes, or None."""
        if not is_candidate(frame.data):
            return None
        packet = ip_packet(frame.data)
        if packet is None:
            return None
        if packet.fragment is None:
            return _echo(frame, packet)
        return self._join(frame, packet)

    def _join(self, frame: Frame, packet: IpPacket) -> Echo | None:
        part = packet.fragment
        if part is None or part.offset + packet.payload_length > _LONGEST:
            return None
        key = (frame.node, frame.link, frame.is_outgoing, packet.src, packet.dst, part.ident)
        found = self._open.setdefault(key, _Open())
        found.received += packet.payload_length
        if part.offset == 0:
            found.echo = _echo(frame, packet)
        if part.is_last:
            found.total = part.offset + packet.payload_length
        if len(self._open) > _MOST_OPEN:
            del self._open[next(iter(self._open))]
        if found.echo is None or found.total is None or found.received < found.total:
            return None
        self._open.pop(key, None)
        return replace(found.echo, size=found.total - _HEADER_BYTES, time_ns=frame.time_ns)


def _echo(frame: Frame, packet: IpPacket) -> Echo | None:
    if len(packet.payload) < _HEADER_BYTES:
        return None
    kind, code, ident, sequence = struct.unpack_from("!BB2xHH", packet.payload)
    is_reply = _IS_REPLY.get((packet.protocol, kind))
    if is_reply is None or code != 0 or (packet.version == 4) != (packet.protocol == _ICMP):
        return None
    return Echo(
        time_ns=frame.time_ns,
        node=frame.node,
        link=frame.link,
        is_outgoing=frame.is_outgoing,
        is_reply=is_reply,
        src=packet.src,
        dst=packet.dst,
        ident=ident,
        sequence=sequence,
        size=packet.payload_length - _HEADER_BYTES,
    )
