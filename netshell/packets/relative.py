"""Sequence numbers counted from the start of each TCP connection, as Wireshark and tcpdump show them."""

from collections import OrderedDict

from netshell.packets.headers import SYN, Ipv4, Ipv6, Tcp
from netshell.packets.layers import Packet

_MOST = 1 << 15
_MODULUS = 1 << 32

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
        if not isinstance(segment, Tcp) or not isinstance(network, Ipv4 | Ipv6):
            return None
        there = (network.src, segment.src_port, network.dst, segment.dst_port)
        back = (network.dst, segment.dst_port, network.src, segment.src_port)
        first = None if segment.flags & SYN else self._first.get(there)
        if first is None:
            first = segment.seq if segment.flags & SYN else segment.seq - 1
        self._remember(there, first)
        if not segment.is_ack:
            return (segment.seq - first) % _MODULUS, 0
        answered = self._first.get(back, segment.ack - 1)
        self._remember(back, answered)
        return (segment.seq - first) % _MODULUS, (segment.ack - answered) % _MODULUS

    def _remember(self, direction: _Direction, number: int) -> None:
        self._first[direction] = number
        self._first.move_to_end(direction)
        if len(self._first) > _MOST:
            self._first.popitem(last=False)
