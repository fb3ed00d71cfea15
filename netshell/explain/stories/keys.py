"""By what the packets of one conversation are known: protocol, addresses and ports, each way."""

from typing import TypeAlias

from netshell.packets.headers import Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Layer, Packet

Key: TypeAlias = tuple[str, str, int, str, int]
"""Protocol, source and its port, destination and its port. A ping has its identifier in place of both ports."""


def key_of(packet: Packet) -> Key | None:
    """Between whom a packet goes; None for what is no ping, UDP or TCP."""
    return _key(packet.network, packet.transport)


def quoted_key(original: tuple[Layer, ...]) -> Key | None:
    """The same for the packet that an ICMP error quotes."""
    network = next((layer for layer in original if isinstance(layer, Ipv4 | Ipv6)), None)
    transport = next((layer for layer in original if isinstance(layer, Tcp | Udp | Icmp | Icmp6)), None)
    return _key(network, transport)


def _key(network: object, transport: object) -> Key | None:
    if not isinstance(network, Ipv4 | Ipv6):
        return None
    match transport:
        case Tcp() | Udp():
            return transport.name, network.src, transport.src_port, network.dst, transport.dst_port
        case Icmp() | Icmp6() if transport.is_echo:
            return "ping", network.src, transport.ident, network.dst, transport.ident
    return None


def reverse(key: Key) -> Key:
    """The way back."""
    protocol, src, src_port, dst, dst_port = key
    return protocol, dst, dst_port, src, src_port
