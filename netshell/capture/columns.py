"""Frames as the kernel handed them over, many in one piece; they become `Frame`s only where somebody looks at them.

It knows nothing of sockets. Layouts: packet(7) and linux/if_packet.h for sockaddr_ll and tpacket_auxdata, cmsg(3).
"""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from netshell.facts import Frame

ADDRESS_BYTES = 24
"""Room for a sockaddr_ll, of which 20 bytes are used."""
_CONTROL_HEAD = struct.calcsize("@Nii")
_RECORD = struct.Struct(f"@2x2siHB13x {_CONTROL_HEAD}xll {_CONTROL_HEAD}xIII4xHH0l")
"""sockaddr_ll: protocol, interface index, hardware type, packet type; control message SO_TIMESTAMPNS: seconds,
nanoseconds; control message PACKET_AUXDATA: status, length on the wire, length, VLAN tag control, VLAN protocol."""
RECORD_BYTES = _RECORD.size
CONTROL_BYTES = RECORD_BYTES - ADDRESS_BYTES
_TIME = struct.Struct(f"@{ADDRESS_BYTES + _CONTROL_HEAD}xll")
_SIZE_AT = _TIME.size + _CONTROL_HEAD + 8

_OUTGOING = 4
_HAS_ETHERNET = frozenset({1, 772})
"""ARPHRD_ETHER and ARPHRD_LOOPBACK: the frame begins with an Ethernet header. On others (tun) it is made up."""
_CHECKSUM_NOT_READY, _VLAN_VALID, _VLAN_PROTOCOL_VALID = 0x8, 0x10, 0x40
_VLAN = 0x8100


@dataclass(frozen=True, slots=True)
class Chunk:
    """Frames that were read from one namespace with one call, by time."""

    node: str
    links: Mapping[int, str]
    """The names of the interfaces, by index."""
    most: int
    """Bytes that were kept of a frame at most."""
    data: bytes
    """The frames, one behind the other."""
    records: bytes
    """What the kernel said of each, `RECORD_BYTES` long."""

    @property
    def frame_count(self) -> int:
        """How many frames."""
        return len(self.records) // RECORD_BYTES

    @property
    def first_ns(self) -> int:
        """When the first of them crossed."""
        return _time_ns(self.records, 0)

    @property
    def last_ns(self) -> int:
        """When the last of them crossed."""
        return _time_ns(self.records, len(self.records) - RECORD_BYTES)

    def times(self) -> list[int]:
        """When each of them crossed."""
        return [record[4] * 1_000_000_000 + record[5] for record in _RECORD.iter_unpack(self.records)]

    def sizes(self) -> list[int]:
        """How many bytes were kept of each."""
        lengths = memoryview(self.records).cast("I")[_SIZE_AT // 4 :: RECORD_BYTES // 4]
        return [min(length, self.most) for length in lengths]

    def split(self, count: int) -> "tuple[Chunk, Chunk]":
        """The first so many, and the rest."""
        end, at = sum(self.sizes()[:count]), count * RECORD_BYTES
        return (
            replace(self, data=self.data[:end], records=self.records[:at]),
            replace(self, data=self.data[end:], records=self.records[at:]),
        )

    def by_time(self) -> "Chunk":
        """The same in the order of time: two processors may have handed them over in another."""
        times = self.times()
        order = sorted(range(len(times)), key=times.__getitem__)
        if order == list(range(len(times))):
            return self
        pieces, at = [], 0
        for size in self.sizes():
            pieces.append(self.data[at : at + size])
            at += size
        records = [self.records[number * RECORD_BYTES : (number + 1) * RECORD_BYTES] for number in order]
        return replace(self, data=b"".join(pieces[number] for number in order), records=b"".join(records))

    def frames(self) -> Iterator[Frame]:
        """Each of them as what it is."""
        at = 0
        for record in _RECORD.iter_unpack(self.records):
            protocol, index, hardware, kind, seconds, nanoseconds, status, on_wire, size, tag, tag_protocol = record
            end = at + min(size, self.most)
            data = self.data[at:end]
            at = end
            if hardware not in _HAS_ETHERNET:
                data, on_wire = bytes(12) + protocol + data, on_wire + 14
            if status & _VLAN_VALID:  # the kernel took the tag out of the frame that came in
                tag_protocol = tag_protocol if status & _VLAN_PROTOCOL_VALID else _VLAN
                data, on_wire = data[:12] + struct.pack("!HH", tag_protocol, tag) + data[12:], on_wire + 4
            yield Frame(
                seconds * 1_000_000_000 + nanoseconds,
                self.node,
                self.links[index],
                kind == _OUTGOING,
                data,
                on_wire,
                not status & _CHECKSUM_NOT_READY,
            )


def indexes(records: bytes) -> set[int]:
    """The interfaces that occur in the records of a chunk, by index."""
    return set(memoryview(records).cast("i")[1 :: RECORD_BYTES // 4])


def _time_ns(records: bytes, at: int) -> int:
    seconds, nanoseconds = _TIME.unpack_from(records, at)
    return int(seconds * 1_000_000_000 + nanoseconds)
