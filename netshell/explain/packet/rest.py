"""Sentences for bytes that are not read further: payloads, padding, pieces, and protocols that are only named."""

from collections.abc import Mapping

from netshell.explain.packet.context import Context
from netshell.explain.packet.opened import OpenedField, OpenedLayer
from netshell.explain.packet.rows import plural
from netshell.packets.headers import Tcp
from netshell.packets.layers import Icmp, Icmp6, Other
from netshell.packets.summary import harmless

_PREVIEW_BYTES = 64
_UNNAMED = frozenset({"data", "padding", "fragment", "LLC/SNAP"})
_PROTOCOLS: Mapping[str, str] = {
    "802.1Q": "Marks a frame as one of a virtual network (IEEE 802.1Q).",
    "AH": "Proves who sent the packet and that nobody changed it (RFC 4302).",
    "ARP": "Finds the MAC behind an address (RFC 826).",
    "BFD": "Two routers make sure, many times a second, that the way between them works (RFC 5880).",
    "BGP": "Networks tell each other which addresses they reach (RFC 4271).",
    "CDP": "A Cisco device tells its neighbour on the cable what it is.",
    "DHCPv6": "Hands out IPv6 addresses and settings (RFC 8415).",
    "EAPOL": "Lets a machine into the network only when it has proved who it is (IEEE 802.1X).",
    "EIGRP": "Routers of one network tell each other their routes (RFC 7868).",
    "ESP": "Carries a packet that nobody on the way can read (RFC 4303).",
    "GRE": "Carries another packet inside this one: a tunnel (RFC 2784).",
    "IGMP": "Hosts tell routers which multicast groups they want to hear (RFC 3376).",
    "IKE": "Two ends of a tunnel agree on keys (RFC 7296).",
    "IPv4 in IP": "Carries another packet inside this one: a tunnel (RFC 2003).",
    "IPv6 in IP": "Carries an IPv6 packet over IPv4: a tunnel (RFC 4213).",
    "LACP": "Two devices agree to use several cables as one (IEEE 802.1AX).",
    "LLDP": "A device tells its neighbour on the cable what it is (IEEE 802.1AB).",
    "MPLS": "A label by which routers pass a packet on without looking at its address (RFC 3031).",
    "NTP": "Sets clocks (RFC 5905).",
    "OSPF": "Routers of one network draw the same map of it, each by what the others tell (RFC 2328).",
    "PIM": "Routers agree on the ways that multicast takes (RFC 7761).",
    "QUIC": "A connection as TCP's, encrypted, on top of UDP (RFC 9000).",
    "RIP": "Routers tell their neighbours their routes, with a count of hops (RFC 2453).",
    "SCTP": "Carries messages in several streams of one connection (RFC 9260).",
    "SNMP": "Asks a device how it is (RFC 3416).",
    "SSH": "A shell on another machine; nobody on the way can read it (RFC 4253).",
    "STP": "Bridges find out which of their cables would make a circle and leave those unused (IEEE 802.1D).",
    "TFTP": "Fetches a file in blocks, one at a time (RFC 1350).",
    "TLS": "Encrypted: only the two programs can read what is inside (RFC 8446).",
    "VRRP": "Several routers share an address, so that one can take over from another (RFC 9568).",
    "VXLAN": "Carries an Ethernet frame over IP: a link made longer (RFC 7348).",
    "WireGuard": "Carries a packet that nobody on the way can read: a tunnel.",
}


def is_named(layer: Other) -> bool:
    """Whether it is a protocol with a name of its own, which scapy may know."""
    return layer.name not in _UNNAMED and layer.size > 0


def _says(layer: Other, context: Context) -> str:
    if layer.name == "padding":
        return "Fills the frame up: Ethernet's are at least 60 bytes long. It belongs to no packet."
    if layer.name == "fragment":
        return "A piece out of the middle or the end of a packet; its headers are in the first piece."
    if layer.name == "data" and context.is_quoted:
        return "The beginning of what the quoted packet carried."
    if layer.name == "data":
        return _payload(layer, context)
    return _PROTOCOLS.get(layer.name, "A protocol that no lesson is about: its name and its length are known.")


def _payload(layer: Other, context: Context) -> str:
    transport = context.packet.transport
    if isinstance(transport, Icmp | Icmp6) and transport.is_echo:
        return "What ping fills its packet with; the answer must bring the same bytes back."
    if isinstance(transport, Tcp):
        return f"What the program on {context.src} wrote into its socket: {plural(layer.size, 'byte')} of the stream."
    return f"What the program on {context.src} sent: {plural(layer.size, 'byte')}."


def preview(data: bytes) -> str:
    """The first bytes as text where they are text, else in hexadecimal."""
    head = data[:_PREVIEW_BYTES]
    more = "…" if len(data) > len(head) else ""
    text = head.decode("ascii", "replace")
    if all(character.isprintable() or character in "\r\n\t" for character in text) and "\ufffd" not in text:
        return harmless(f"{text}{more}")
    return f"{head[:24].hex(' ')}{'…' if len(data) > 24 else ''}"


class _Rest:
    """Opens what has no table of fields: one field, its bytes."""

    def open(self, layer: Other, context: Context) -> OpenedLayer:
        """The layer, its bytes shown as far as they fit a line."""
        name = f"{layer.name} {layer.detail}".rstrip()
        if context.is_quoted:
            name = f"{name} (quoted)"
        data = context.packet.data[layer.at : layer.at + layer.size]
        says = f"{plural(layer.size, 'byte')}, not read further."
        shown = (OpenedField("bytes", preview(data), says, layer.at, layer.size),) if layer.size else ()
        return OpenedLayer(harmless(name), _says(layer, context), shown, layer.at, layer.size, harmless(layer.problem))


REST = _Rest()
