"""The headers of the link, of IP, TCP and UDP, each as one immutable value.

They are named tuples and not dataclasses, because a reader makes four of them for every packet of a long capture, and
a named tuple is made in a fifth of the time. Every layer has `at`, the offset of its first byte in the packet's data;
`size`, how many bytes of the data are its own; `problem`, a sentence on what is wrong with it, or empty; and `name`.
A header that the capture cut off has 0 in the fields that are missing; `fields.fields` lists only what is there.
Addresses are text as `ip` and `tcpdump` write them.
"""

from typing import NamedTuple

from netshell.packets.names import ARP_OPERATIONS, TCP_FLAGS

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))


class Ethernet(NamedTuple):
    """An Ethernet II header, or that of an 802.3 frame, where `type` is a length (up to 1500)."""

    at: int
    size: int
    dst: str
    src: str
    type: int
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "Ethernet"


class Vlan(NamedTuple):
    """An 802.1Q tag: which virtual network the frame belongs to."""

    at: int
    size: int
    control: int
    """Priority (3 bits), drop eligible (1), VLAN number (12)."""
    type: int
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "802.1Q"

    @property
    def vlan(self) -> int:
        """The number of the virtual network, 0 to 4095."""
        return self.control & 0x0FFF

    @property
    def priority(self) -> int:
        """0 to 7."""
        return self.control >> 13


class Cooked(NamedTuple):
    """The header that Linux makes up for a capture of `any` interface (LINKTYPE_LINUX_SLL and SLL2)."""

    at: int
    size: int
    version: int
    direction: int
    """0 to us, 1 broadcast, 2 multicast, 3 between others, 4 sent by us."""
    hardware: int
    """ARPHRD number: 1 Ethernet, 772 loopback."""
    src: str
    """The sender's hardware address, as far as it has one."""
    type: int
    """EtherType of what follows."""
    link_index: int = 0
    """The interface's number; version 2 only."""
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "Linux cooked"


class Loopback(NamedTuple):
    """The four bytes before a packet in a capture of a BSD loopback: the address family."""

    at: int
    size: int
    family: int
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "loopback"


class Arp(NamedTuple):
    """An ARP packet for IPv4 over Ethernet (RFC 826)."""

    at: int
    size: int
    hardware_type: int
    protocol_type: int
    hardware_size: int
    protocol_size: int
    operation: int
    sender_mac: str
    sender_ip: str
    target_mac: str
    target_ip: str
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called; RARP has the same shape."""
        return "RARP" if self.operation in {3, 4} else "ARP"

    @property
    def operation_name(self) -> str:
        """`request`, `reply` …"""
        return ARP_OPERATIONS.get(self.operation, f"operation {self.operation}")


class IpOption(NamedTuple):
    """One option of an IPv4 header."""

    at: int
    size: int
    kind: int
    name: str
    problem: str = ""


class Ipv4(NamedTuple):
    """An IPv4 header (RFC 791)."""

    at: int
    size: int
    """Of the header, options included."""
    tos: int
    total_length: int
    """Of header and payload, as the header says."""
    ident: int
    part: int
    """Flags (3 bits) and fragment offset (13 bits, in units of 8 bytes), as they are sent."""
    ttl: int
    protocol: int
    checksum: int
    src: str
    dst: str
    options: tuple[IpOption, ...] = ()
    problem: str = ""
    claimed_size: int = 0
    """Of the header by its own count, where fewer of its bytes are there; else 0."""

    @property
    def name(self) -> str:
        """What it is called."""
        return "IPv4"

    @property
    def header_length(self) -> int:
        """Of the header, by its own count: 20 to 60."""
        return self.claimed_size or self.size

    @property
    def version(self) -> int:
        """Always 4."""
        return 4

    @property
    def dscp(self) -> int:
        """Differentiated services code point (RFC 2474)."""
        return self.tos >> 2

    @property
    def ecn(self) -> int:
        """Explicit congestion notification (RFC 3168): 0 not capable, 1 or 2 capable, 3 congestion met."""
        return self.tos & 3

    @property
    def is_dont_fragment(self) -> bool:
        """No router may cut it into pieces."""
        return bool(self.part & 0x4000)

    @property
    def has_more_fragments(self) -> bool:
        """Another piece follows."""
        return bool(self.part & 0x2000)

    @property
    def fragment_offset(self) -> int:
        """Bytes of the original payload that come before this piece."""
        return (self.part & 0x1FFF) * 8

    @property
    def is_fragment(self) -> bool:
        """A piece of a packet."""
        return bool(self.part & 0x3FFF)


class Ipv6(NamedTuple):
    """An IPv6 header (RFC 8200), without its extension headers."""

    at: int
    size: int
    traffic_class: int
    flow_label: int
    payload_length: int
    """Bytes behind this header, extension headers included."""
    next_header: int
    hop_limit: int
    src: str
    dst: str
    protocol: int
    """Of the payload behind all extension headers."""
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "IPv6"

    @property
    def version(self) -> int:
        """Always 6."""
        return 6

    @property
    def ttl(self) -> int:
        """The hop limit, by IPv4's name."""
        return self.hop_limit


class Extension(NamedTuple):
    """An IPv6 extension header (RFC 8200, 4); for a fragment header with its three fields."""

    at: int
    size: int
    kind: int
    next_header: int
    title: str
    fragment_offset: int = 0
    has_more_fragments: bool = False
    ident: int = 0
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.title

    @property
    def is_fragment(self) -> bool:
        """It makes the packet a piece of another; an atomic fragment (RFC 6946) is whole."""
        return self.kind == 44 and (self.fragment_offset > 0 or self.has_more_fragments)


class TcpOption(NamedTuple):
    """One option of a TCP header (RFC 9293, 7323, 2018)."""

    at: int
    size: int
    kind: int
    name: str
    values: tuple[int, ...] = ()
    """MSS: bytes. Window scale: the shift. Timestamps: value, echo reply. SACK: left and right edges in turn."""
    problem: str = ""


class Tcp(NamedTuple):
    """A TCP header (RFC 9293)."""

    at: int
    size: int
    """Of the header, options included."""
    src_port: int
    dst_port: int
    seq: int
    """As sent; `relative.Sequences` counts from the start of the connection."""
    ack: int
    flags: int
    """The eight control bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128."""
    window: int
    """As sent, before scaling."""
    checksum: int
    urgent: int
    length: int
    """Bytes of payload by the IP header's count, whether captured or not."""
    options: tuple[TcpOption, ...] = ()
    problem: str = ""
    claimed_size: int = 0
    """Of the header by its own count, where fewer of its bytes are there; else 0."""

    @property
    def name(self) -> str:
        """What it is called."""
        return "TCP"

    @property
    def header_length(self) -> int:
        """Of the header, by its own count (the data offset): 20 to 60."""
        return self.claimed_size or self.size

    @property
    def flag_names(self) -> tuple[str, ...]:
        """The control bits that are set: `("SYN", "ACK")`."""
        return tuple(name for bit, name in enumerate(TCP_FLAGS) if self.flags >> bit & 1)

    @property
    def is_fin(self) -> bool:
        """No more data comes from this side."""
        return bool(self.flags & FIN)

    @property
    def is_syn(self) -> bool:
        """It opens a connection."""
        return bool(self.flags & SYN)

    @property
    def is_rst(self) -> bool:
        """It ends a connection at once, or refuses it."""
        return bool(self.flags & RST)

    @property
    def is_psh(self) -> bool:
        """The receiver is to hand the data on at once."""
        return bool(self.flags & PSH)

    @property
    def is_ack(self) -> bool:
        """The acknowledgement number counts."""
        return bool(self.flags & ACK)

    def option(self, kind: int) -> TcpOption | None:
        """The first option of that kind."""
        return next((option for option in self.options if option.kind == kind), None)


class Udp(NamedTuple):
    """A UDP header (RFC 768)."""

    at: int
    size: int
    src_port: int
    dst_port: int
    length: int
    """Of header and payload, as the header says."""
    checksum: int
    problem: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return "UDP"
