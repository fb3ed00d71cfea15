"""Which frames are netshell's own: what it has asked itself, and what came back or was asked for because of it.

They are left out before anything else sees them: lists, ladders, lines of the wire, stories, checks.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from netshell.facts import Frame, Probe, Probed
from netshell.packets.headers import Arp, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.reader import read

_LATE_NS = 3_000_000_000
"""So long after a probe something may still come because of it: an answer that was too late, an ICMP error."""


@dataclass(frozen=True, slots=True)
class Unseen:
    """The frames of one probe."""

    probe: Probe
    probed: Probed

    def has(self, frame: Frame) -> bool:
        """Whether a frame crossed because of it, on whatever link."""
        if not self.probed.since_ns <= frame.time_ns <= self.probed.until_ns + _LATE_NS:
            return False
        if self.probe.protocol == "icmp" and self.probe.token in frame.data:
            return True
        packet = read(frame.data)
        if self.probe.protocol == "tcp" and self.probe.mark in ports_in(packet):
            return True
        return frame.time_ns <= self.probed.until_ns and bool(self.probed.ips & _asked_for(packet))


def ports_in(packet: Packet) -> Iterator[int]:
    """The ports of a segment or datagram, and of one that an ICMP error quotes."""
    transport = packet.transport
    layers = transport.original if isinstance(transport, Icmp | Icmp6) else (transport,)
    for layer in layers:
        if isinstance(layer, Udp | Tcp):
            yield layer.src_port
            yield layer.dst_port


def _asked_for(packet: Packet) -> frozenset[str]:
    """The addresses that an ARP packet, or a neighbour solicitation or advertisement, is about."""
    if isinstance(packet.network, Arp):
        return frozenset({packet.network.sender_ip, packet.network.target_ip})
    message = packet.transport
    return frozenset({message.target, packet.src}) if isinstance(message, Icmp6) and message.target else frozenset()
