"""Sequence numbers counted from the start of each TCP connection, as Wireshark and tcpdump show them."""

import struct
from collections import OrderedDict

from netshell.packets.headers import ACK, SYN, Ipv4, Ipv6, Tcp
from netshell.packets.layers import Packet
from netshell.packets.reader_ip import ipv4_addresses

_MOST = 1 << 15
_MODULUS = 1 << 32
_IP = (Ipv4, Ipv6)
_USUAL = struct.Struct("!12xHBxHxxHxBxx8sHHIIxB")
"""Of an Ethernet frame, IPv4 without options and TCP: what `skim` looks at."""
_IPV4, _IPV4_WITHOUT_OPTIONS, _TCP = 0x0800, 0x45, 6
_ETHERNET, _LEAST_HEADERS = 14, 40

_Direction = tuple[str, int, str, int]


class Sequences:
    """Goes along a capture in its order; remembers the connections that were used last, a bounded number of them."""

    def __init__(self) -> None:
        self._first: OrderedDict[_Direction, int] = OrderedDict()

    def numbers(self, packet: Packet) -> tuple[int, int] | None:
        """The relative sequence and acknowledgement number of a segment; None for what is not TCP.

        The SYN has 0, the first byte of data 1. Of a connection that the capture joined late, the first byte that was
        seen has 1. Without the ACK flag the second number is 0.
        """
        segment, network = packet.transport, packet.network
        if not isinstance(segment, Tcp) or not isinstance(network, _IP):
            return None
        there = (network.src, segment.src_port, network.dst, segment.dst_port)
        return self._count(there, segment.seq, segment.ack, segment.flags)

    def skim(self, data: bytes) -> bool:
        """Count an Ethernet frame that nobody looks at, by a glance at its bytes; False where it must be read for that.

        What counts is at the same place in nearly every segment: IPv4 without options, neither tagged nor cut off.
        """
        if len(data) < _USUAL.size:
            return False
        kind, first, total, part, protocol, both, src, dst, seq, ack, flags = _USUAL.unpack_from(data)
        if kind != _IPV4 or first != _IPV4_WITHOUT_OPTIONS:
            return False
        if protocol != _TCP or part & 0x1FFF:  # another protocol, or a later piece of a packet
            return True
        if not _LEAST_HEADERS <= total <= len(data) - _ETHERNET:
            return False
        here, there = ipv4_addresses(both)
        self._count((here, src, there, dst), seq, ack, flags)
        return True

    def _count(self, there: _Direction, seq: int, ack: int, flags: int) -> tuple[int, int]:
        first = self._begin(there, seq) if flags & SYN else self._known(there, seq - 1)
        if not flags & ACK:
            return (seq - first) % _MODULUS, 0
        src, src_port, dst, dst_port = there
        answered = self._known((dst, dst_port, src, src_port), ack - 1)
        return (seq - first) % _MODULUS, (ack - answered) % _MODULUS

    def _known(self, direction: _Direction, number: int) -> int:
        """What a direction began with; this number where it is not known."""
        first = self._first.get(direction)
        if first is None:
            return self._begin(direction, number)
        self._first.move_to_end(direction)
        return first

    def _begin(self, direction: _Direction, number: int) -> int:
        self._first[direction] = number
        self._first.move_to_end(direction)
        if len(self._first) > _MOST:
            self._first.popitem(last=False)
        return number
