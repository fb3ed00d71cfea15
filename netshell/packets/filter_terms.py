"""The single conditions of a filter, each as a predicate over a packet, with the meaning that libpcap gives them.

Also where that surprises: `tcp` over IPv6 looks behind a fragment header but no other, `port` behind none at all, and
neither into a VLAN tag before the word `vlan`. `tags` says how many tags that word has stepped over.
"""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import Literal, TypeAlias

from netshell.packets.filter_words import FLAG_WORDS, PROTOCOLS
from netshell.packets.headers import Arp, Ethernet, Ipv4, Ipv6, Tcp, Udp, Vlan
from netshell.packets.layers import Icmp, Icmp6, Network, Packet
from netshell.packets.messages import Dhcp, Dns, Http

Predicate: TypeAlias = Callable[[Packet], bool]
Direction: TypeAlias = Literal["src", "dst", "src or dst", "src and dst"]

_ARP_TYPES = {"arp": 0x0806, "rarp": 0x8035}
_FRAGMENT, _SCTP = 44, 132
_TAG_TYPES = frozenset({0x8100, 0x88A8, 0x9100})
_BROADCAST = b"\xff" * 6
_SPANNING_TREE = 0x42
_ROUTER_SOLICITATION, _REDIRECT = 133, 137
_LISTENERS = frozenset({130, 131, 132, 143})


def network_of(packet: Packet, tags: int) -> Network | None:
    """The packet's IP or ARP header, if it lies behind just so many VLAN tags, and behind no SNAP header."""
    return packet.network if packet.tags == tags and packet.ethertype >= 0 else None


def carries(ethertype: int, tags: int) -> Predicate:
    """The link carries that."""

    def holds(packet: Packet) -> bool:
        if packet.tags == tags:
            return packet.ethertype == ethertype
        layer = packet.layers[tags] if packet.tags > tags else None
        return isinstance(layer, Ethernet | Vlan) and layer.type == ethertype

    return holds


def ip_protocol(number: int, versions: frozenset[int], tags: int) -> Predicate:
    """IP of one of these versions carries that protocol."""
    is_4, is_6 = 4 in versions, 6 in versions

    def holds(packet: Packet) -> bool:
        network = network_of(packet, tags)
        if isinstance(network, Ipv4):
            return is_4 and network.protocol == number
        return is_6 and isinstance(network, Ipv6) and number in _ipv6_protocols(packet, network)

    return holds


def _ipv6_protocols(packet: Packet, network: Ipv6) -> tuple[int, ...]:
    following = network.next_header
    if following != _FRAGMENT or len(packet.data) <= network.at + 40:
        return (following,)
    return (following, packet.data[network.at + 40])


def protocol_chain(number: int, versions: frozenset[int], tags: int) -> Predicate:
    """As `ip_protocol`, but behind any extension headers of IPv6, which are found too."""

    def holds(packet: Packet) -> bool:
        network = network_of(packet, tags)
        if isinstance(network, Ipv6):
            kinds = {getattr(layer, "kind", -1) for layer in packet.layers if layer.name.startswith("IPv6 ")}
            return 6 in versions and number in {network.next_header, network.protocol, *kinds}
        return isinstance(network, Ipv4) and 4 in versions and network.protocol == number

    return holds


def word(text: str, tags: int) -> Predicate:
    """A protocol over IP by its word."""
    return ip_protocol(*PROTOCOLS[text], tags)


def address(
    wanted: Callable[[str], bool], version: int, of: frozenset[str], direction: Direction, tags: int
) -> Predicate:
    """The source or destination address is one that is wanted; `of` says which headers to look into."""

    def holds(packet: Packet) -> bool:
        network = network_of(packet, tags)
        if isinstance(network, Ipv4):
            if version != 4 or "ip" not in of:
                return False
            src, dst = network.src, network.dst
        elif isinstance(network, Ipv6):
            if version != 6 or "ip6" not in of:
                return False
            src, dst = network.src, network.dst
        elif isinstance(network, Arp):
            if version != 4 or not any(name in of and packet.ethertype == kind for name, kind in _ARP_TYPES.items()):
                return False
            src, dst = network.sender_ip, network.target_ip
        else:
            return False
        return _either(direction, wanted, src, dst)

    return holds


def _either(direction: Direction, wanted: Callable[[str], bool], src: str, dst: str) -> bool:
    if direction == "src":
        return wanted(src)
    if direction == "dst":
        return wanted(dst)
    if direction == "src and dst":
        return wanted(src) and wanted(dst)
    return wanted(src) or wanted(dst)


def in_network(network: IPv4Network | IPv6Network) -> Callable[[str], bool]:
    """Whether an address, as text, lies in a network."""
    kind = type(network.network_address)
    known: dict[str, bool] = {}

    def holds(text: str) -> bool:
        found = known.get(text)
        if found is None:
            if len(known) > 4096:
                known.clear()
            found = known[text] = kind(text) in network
        return found

    return holds


def mac(wanted: str, direction: Direction) -> Predicate:
    """The source or destination MAC, written `02:00:00:00:00:01`, is that."""

    def holds(packet: Packet) -> bool:
        layer = packet.layers[0] if packet.layers else None
        return isinstance(layer, Ethernet) and _either(direction, wanted.__eq__, layer.src, layer.dst)

    return holds


def port(low: int, high: int, protocols: frozenset[int], direction: Direction, tags: int) -> Predicate:
    """The source or destination port lies in a range; `protocols` are numbers over IP."""

    def holds(packet: Packet) -> bool:
        ports = _ports(packet, protocols, tags)
        if ports is None:
            return False
        if direction == "src":
            return low <= ports[0] <= high
        if direction == "dst":
            return low <= ports[1] <= high
        first, second = low <= ports[0] <= high, low <= ports[1] <= high
        return (first and second) if direction == "src and dst" else (first or second)

    return holds


def _ports(packet: Packet, protocols: frozenset[int], tags: int) -> tuple[int, int] | None:
    network = network_of(packet, tags)
    if isinstance(network, Ipv4):
        protocol = network.protocol
        if network.part & 0x1FFF:
            return None
    elif isinstance(network, Ipv6):
        protocol = network.next_header
    else:
        return None
    if protocol not in protocols:
        return None
    transport = packet.transport
    if isinstance(transport, Tcp | Udp):
        return transport.src_port, transport.dst_port
    at = network.at + network.size
    if protocol != _SCTP or len(packet.data) < at + 4:
        return None
    return int.from_bytes(packet.data[at : at + 2], "big"), int.from_bytes(packet.data[at + 2 : at + 4], "big")


def ether_broadcast(packet: Packet) -> bool:
    """Sent to all on the link."""
    return packet.link_type == 1 and packet.data[:6] == _BROADCAST


def ether_multicast(packet: Packet) -> bool:
    """Sent to a group on the link, or to all."""
    return packet.link_type == 1 and bool(packet.data[:1]) and bool(packet.data[0] & 1)


def ip_broadcast(packet: Packet) -> bool:
    """IPv4 to all: the link says so, or the address 255.255.255.255 does (or 0.0.0.0, its old form)."""
    network = network_of(packet, packet.tags)
    if not isinstance(network, Ipv4):
        return False
    return network.dst in {"255.255.255.255", "0.0.0.0"} or ether_broadcast(packet)  # noqa: S104 - not to bind to


def ip_multicast(tags: int) -> Predicate:
    """IPv4 to 224.0.0.0 or above, as libpcap has it."""

    def holds(packet: Packet) -> bool:
        network = network_of(packet, tags)
        return isinstance(network, Ipv4) and packet.data[network.at + 16] >= 224

    return holds


def ip6_multicast(tags: int) -> Predicate:
    """IPv6 to ff00::/8."""

    def holds(packet: Packet) -> bool:
        network = network_of(packet, tags)
        return isinstance(network, Ipv6) and packet.data[network.at + 24] == 255

    return holds


def tagged(number: int | None, tags: int) -> Predicate:
    """There is one more VLAN tag, with that number where one is given."""

    def holds(packet: Packet) -> bool:
        if packet.tags <= tags:
            return False
        outer, layer = packet.layers[tags], packet.layers[tags + 1]
        is_tag = isinstance(outer, Ethernet | Vlan) and outer.type in _TAG_TYPES and isinstance(layer, Vlan)
        return is_tag and (number is None or (isinstance(layer, Vlan) and layer.vlan == number))

    return holds


def spanning_tree(packet: Packet) -> bool:
    """An 802.3 frame to the service access point of STP."""
    layer = packet.layers[0] if packet.layers else None
    return isinstance(layer, Ethernet) and layer.type <= 1500 and packet.data[14:15] == bytes([_SPANNING_TREE])


def flags(text: str) -> Predicate:
    """TCP segments in which the flags of a word are set."""
    mask = FLAG_WORDS[text]

    def holds(packet: Packet) -> bool:
        segment = packet.transport
        return isinstance(segment, Tcp) and segment.flags & mask == mask

    return holds


def own_word(text: str) -> Predicate:
    """The condition of one of netshell's own words."""
    return _OWN[text]


def _is_fragment(packet: Packet) -> bool:
    return any(getattr(layer, "is_fragment", False) for layer in packet.layers)


def _is_unreachable(packet: Packet) -> bool:
    match packet.transport:
        case Icmp(type=3) | Icmp6(type=1):
            return True
    return False


def _is_discovery(packet: Packet) -> bool:
    message = packet.transport
    return isinstance(message, Icmp6) and _ROUTER_SOLICITATION <= message.type <= _REDIRECT


_OWN: dict[str, Predicate] = {
    "dns": lambda packet: isinstance(packet.application, Dns),
    "dhcp": lambda packet: isinstance(packet.application, Dhcp),
    "http": lambda packet: isinstance(packet.application, Http),
    "ping": lambda packet: isinstance(packet.transport, Icmp | Icmp6) and packet.transport.is_echo,
    "nd": _is_discovery,
    "mld": lambda packet: isinstance(packet.transport, Icmp6) and packet.transport.type in _LISTENERS,
    "bgp": port(179, 179, frozenset({6}), "src or dst", 0),
    "unreachable": _is_unreachable,
    "fragment": _is_fragment,
    "problem": lambda packet: bool(packet.problem),
    "request": lambda packet: packet.kind == "request",
    "reply": lambda packet: packet.kind == "reply",
}
