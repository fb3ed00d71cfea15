"""What a packet is made of: ICMP, the layers all together, and the packet. `headers` tells how layers are made."""

from typing import NamedTuple, TypeAlias

from netshell.packets.headers import Arp, Cooked, Ethernet, Extension, Ipv4, Ipv6, Loopback, Tcp, Udp, Vlan
from netshell.packets.messages import Dhcp, Dns, Http
from netshell.packets.names import ICMP6_CODES, ICMP6_TYPES, ICMP_CODES, ICMP_TYPES


class Icmp(NamedTuple):
    """An ICMP message (RFC 792)."""

    at: int
    size: int
    """Of the header: 8, with the timestamps or the mask where it has some."""
    type: int
    code: int
    checksum: int
    rest: int
    """Bytes 4 to 7, which each type uses in its own way."""
    original: tuple["Layer", ...] = ()
    """The headers of the packet that an error is about."""
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "ICMP"

    @property
    def type_name(self) -> str:
        """Which message this is."""
        return ICMP_TYPES.get(self.type, f"ICMP type {self.type}")

    @property
    def code_name(self) -> str:
        """What the code says, where it has a name."""
        return ICMP_CODES.get((self.type, self.code), f"code {self.code}" if self.code else "")

    @property
    def is_echo(self) -> bool:
        """A ping, or the answer to one."""
        return self.type in {0, 8}

    @property
    def is_error(self) -> bool:
        """About another packet, whose beginning it quotes."""
        return self.type in {3, 4, 5, 11, 12}

    @property
    def ident(self) -> int:
        """Which ping it belongs to."""
        return self.rest >> 16

    @property
    def sequence(self) -> int:
        """The number of an echo."""
        return self.rest & 0xFFFF

    @property
    def mtu(self) -> int:
        """Bytes that the next hop can take, with 'Fragmentation needed' (RFC 1191)."""
        return self.rest & 0xFFFF

    @property
    def gateway(self) -> str:
        """The better next hop, in a redirect."""
        return ".".join(map(str, self.rest.to_bytes(4, "big")))


class NdOption(NamedTuple):
    """One option of a neighbour discovery message (RFC 4861, 4.6)."""

    at: int
    size: int
    kind: int
    name: str
    mac: str = ""
    prefix: str = ""
    """With its length: `2001:db8::/64`."""
    is_on_link: bool = False
    is_autonomous: bool = False
    """Hosts may make themselves an address in it (RFC 4862)."""
    valid_s: int = 0
    preferred_s: int = 0
    mtu: int = 0
    servers: tuple[str, ...] = ()
    problem: str = ""


class Icmp6(NamedTuple):
    """An ICMPv6 message (RFC 4443), neighbour discovery (RFC 4861) and listener discovery (RFC 2710) included."""

    at: int
    size: int
    type: int
    code: int
    checksum: int
    rest: int
    """Bytes 4 to 7, which each type uses in its own way."""
    target: str = ""
    """Whom a solicitation asks for, an advertisement tells of, the better hop of a redirect, a listener's group."""
    destination: str = ""
    """Of a redirect: the address that it is about."""
    reachable_ms: int = 0
    retransmit_ms: int = 0
    options: tuple[NdOption, ...] = ()
    original: tuple["Layer", ...] = ()
    """The headers of the packet that an error is about."""
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "ICMPv6"

    @property
    def type_name(self) -> str:
        """Which message this is."""
        return ICMP6_TYPES.get(self.type, f"ICMPv6 type {self.type}")

    @property
    def code_name(self) -> str:
        """What the code says, where it has a name."""
        return ICMP6_CODES.get((self.type, self.code), f"code {self.code}" if self.code else "")

    @property
    def is_echo(self) -> bool:
        """A ping, or the answer to one."""
        return self.type in {128, 129}

    @property
    def is_error(self) -> bool:
        """About another packet, whose beginning it quotes."""
        return self.type < 128

    @property
    def ident(self) -> int:
        """Which ping it belongs to."""
        return self.rest >> 16

    @property
    def sequence(self) -> int:
        """The number of an echo."""
        return self.rest & 0xFFFF

    @property
    def mtu(self) -> int:
        """Of 'Packet too big': bytes that the next hop can take."""
        return self.rest

    @property
    def hop_limit(self) -> int:
        """Of a router advertisement: what hosts are to set in their packets; 0 leaves it to them."""
        return self.rest >> 24

    @property
    def is_managed(self) -> bool:
        """Of a router advertisement: addresses are to be had by DHCPv6."""
        return bool(self.rest & 0x800000)

    @property
    def is_other_managed(self) -> bool:
        """Of a router advertisement: other settings are to be had by DHCPv6."""
        return bool(self.rest & 0x400000)

    @property
    def router_lifetime_s(self) -> int:
        """Of a router advertisement: how long it may be a default router; 0 for never."""
        return self.rest & 0xFFFF

    @property
    def is_from_router(self) -> bool:
        """Of a neighbour advertisement: the R flag."""
        return bool(self.rest & 0x80000000)

    @property
    def is_solicited(self) -> bool:
        """Of a neighbour advertisement: the S flag, an answer to a question."""
        return bool(self.rest & 0x40000000)

    @property
    def is_override(self) -> bool:
        """Of a neighbour advertisement: the O flag, what was known before is to be replaced."""
        return bool(self.rest & 0x20000000)


class Other(NamedTuple):
    """Bytes that are named and counted but not read: another protocol, a payload, padding, half a header."""

    at: int
    size: int
    name: str
    detail: str = ""
    """Which of the protocol's messages it is, where one byte tells."""
    problem: str = ""


_Link: TypeAlias = Ethernet | Vlan | Cooked | Loopback
Network: TypeAlias = Arp | Ipv4 | Ipv6
Transport: TypeAlias = Tcp | Udp | Icmp | Icmp6
Application: TypeAlias = Dns | Dhcp | Http
Layer: TypeAlias = _Link | Network | Extension | Transport | Application | Other

_IP = (Ipv4, Ipv6)
_FILLERS = frozenset({"data", "padding"})


class Packet(NamedTuple):
    """One packet, read: its bytes, and every layer from the outside in."""

    data: bytes
    """What was captured of it."""
    wire_length: int
    """How long it was on the wire."""
    link_type: int
    """What it begins with, as pcap files number it: 1 is Ethernet."""
    layers: tuple[Layer, ...]
    network: Network | None
    transport: Transport | None
    """None for the later pieces of a fragmented packet too."""
    application: Application | None
    ethertype: int
    """Of what the link carries, behind VLAN tags; -1 where the link has none. Raw IP is given IP's."""
    tags: int
    """How many VLAN tags it has."""
    body_at: int
    body_end: int
    """Where the payload of TCP, UDP or an echo begins and ends in the data, as far as it was captured."""

    @property
    def payload(self) -> bytes:
        """What TCP, UDP or an echo carries, as far as it was captured."""
        return self.data[self.body_at : self.body_end]

    @property
    def src(self) -> str:
        """Who sent it: the IP address, or the hardware address where there is none."""
        network = self.network
        return network.src if isinstance(network, _IP) else self._hardware_end(0)

    @property
    def dst(self) -> str:
        """Whom it is for."""
        network = self.network
        return network.dst if isinstance(network, _IP) else self._hardware_end(1)

    @property
    def protocol(self) -> str:
        """The name of its innermost protocol: `DNS`, `TCP`, `ARP`, `OSPF` …"""
        for layer in reversed(self.layers):
            name = layer.name
            if name not in _FILLERS:
                return name
        return "data"

    @property
    def kind(self) -> str:
        """`request`, `reply`, or empty for what is neither, in ARP, echoes, DNS, DHCP and HTTP."""
        match self.application or self.transport or self.network:
            case Dns() | Http() as answerable:
                return "reply" if answerable.is_response else "request"
            case Dhcp(op=number) | Arp(operation=number):
                return {1: "request", 2: "reply"}.get(number, "")
            case Icmp(type=number) | Icmp6(type=number):
                return {8: "request", 0: "reply", 128: "request", 129: "reply"}.get(number, "")
        return ""

    @property
    def problem(self) -> str:
        """The first thing that is wrong with it, with the layer's name; empty for a sound packet."""
        for layer in self.layers:
            if layer.problem:
                return f"{layer.name}: {layer.problem}"
        return ""

    def _hardware_end(self, which: int) -> str:
        for layer in self.layers:
            if isinstance(layer, Ethernet):
                return layer.dst if which else layer.src
            if isinstance(layer, Cooked):
                return "" if which else layer.src
        return ""
