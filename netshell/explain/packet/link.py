"""Sentences for what carries a packet over one link: Ethernet, VLAN tags, capture headers, ARP (RFC 826)."""

from collections.abc import Mapping

from netshell.explain.packet.context import Context
from netshell.explain.packet.rows import Explainer, Row
from netshell.packets.headers import Arp, Cooked, Ethernet, Ipv4, Ipv6, Loopback, Vlan
from netshell.packets.names import ETHERTYPES

_BROADCAST, _NOTHING = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"
_NOBODY = "0.0.0.0"  # noqa: S104 - the address of who has none yet, not one to bind to
_LONGEST_802_3 = 1500
_GROUPS: Mapping[str, str] = {
    "01:80:c2:": "The bridges on this link: it goes no further than the next one (IEEE 802.1D).",
    "01:00:5e:": "A multicast group: the last 23 bits are those of the IPv4 group (RFC 1112).",
    "33:33:": "A multicast group: the last four bytes are those of the IPv6 group (RFC 2464).",
    "01:00:0c:": "Cisco's own protocols: switches of that make take it up.",
}
_DIRECTIONS: Mapping[int, str] = {
    0: "It came in, for this machine.",
    1: "It came in, for everybody on the link.",
    2: "It came in, for a multicast group.",
    3: "It was between others and only overheard.",
    4: "This machine sent it.",
}
_OPERATIONS: Mapping[int, str] = {
    1: "A question: who has this address?",
    2: "An answer: I have it, and this is my MAC.",
    3: "The question turned round: which address belongs to this MAC?",
    4: "The answer to the turned question: this is your address.",
}


def ethertype(number: int) -> str:
    """`0x0800 (IPv4)`."""
    return f"0x{number:04x} ({ETHERTYPES[number]})" if number in ETHERTYPES else f"0x{number:04x}"


def _carries(number: int) -> str:
    return f"What follows is {ETHERTYPES.get(number, 'a protocol that has no name here')}."


def _ethernet(layer: Ethernet, context: Context) -> str:
    crossing = context.seen.crossing
    if layer.src == layer.dst == _NOTHING:
        return "The loopback interface has no cable; the header is there only because every program expects one."
    if crossing.sender and crossing.receiver:
        return f"Carries the packet over this one link, from {crossing.sender} to {crossing.receiver} (IEEE 802.3)."
    return "Carries the packet over one link, from one MAC address to another (IEEE 802.3)."


def _frame_dst(layer: Ethernet, context: Context) -> str:  # noqa: PLR0911 - one for each kind of address
    if layer.dst == _NOTHING:
        return "Nobody's: on lo there is one machine only."
    if layer.dst == _BROADCAST:
        return "Everybody on this link takes the frame up: the broadcast address."
    if int(layer.dst[1], 16) & 1:
        return next((words for start, words in _GROUPS.items() if layer.dst.startswith(start)), "A multicast group.")
    owner = context.owners.of(layer.dst)
    if not isinstance(context.packet.network, Ipv4 | Ipv6):
        return f"{owner}'s: the frame is for it alone." if owner else "The one interface that the frame is for."
    end = context.packet.network.dst
    if owner and owner == context.owners.of(end):
        return f"{owner}'s: the packet is on its last link."
    if owner:
        return f"{owner}'s, the router's, and not {context.dst}'s: {owner} is the next hop on the way to {end}."
    return "The interface on this link that the frame is for: the destination's, or that of the router on the way."


def _frame_src(layer: Ethernet, context: Context) -> str:
    if layer.src == _NOTHING:
        return "Nobody's: on lo there is one machine only."
    owner = context.owners.of(layer.src)
    if not isinstance(context.packet.network, Ipv4 | Ipv6):
        return f"{owner}'s: it sent the frame." if owner else "The interface that sent the frame."
    if owner and owner != context.owners.of(context.packet.network.src):
        return f"{owner}'s, not {context.src}'s: each router puts the packet into a new frame of its own."
    if owner:
        return f"{owner}'s: it made the packet and put it on this link itself."
    return "The interface on this link that sent the frame: the packet's maker, or the last router on the way."


def _frame_type(layer: Ethernet, _context: Context) -> str:
    if layer.type <= _LONGEST_802_3:
        return "A length, not a type: up to 1500 it counts the bytes that follow, as in the oldest frames (IEEE 802.3)."
    return f"{_carries(layer.type)} The receiver hands it to the part of its kernel that reads that."


ETHERNET: Explainer[Ethernet] = Explainer(
    _ethernet,
    {
        "dst": Row("destination MAC", _frame_dst),
        "src": Row("source MAC", _frame_src),
        "type": Row(
            "EtherType",
            _frame_type,
            lambda layer, _: ethertype(layer.type) if layer.type > _LONGEST_802_3 else f"{layer.type} (a length)",
        ),
    },
)

VLAN: Explainer[Vlan] = Explainer(
    lambda layer, _: f"Marks the frame as one of VLAN {layer.vlan}: several networks share a cable (IEEE 802.1Q).",
    {
        "priority": Row("priority", "0 to 7: which frames go first where a switch has to choose."),
        "vlan": Row("VLAN", lambda layer, _: f"Only ports that belong to VLAN {layer.vlan} get the frame."),
        "type": Row("EtherType", lambda layer, _: _carries(layer.type), lambda layer, _: ethertype(layer.type)),
    },
)

COOKED: Explainer[Cooked] = Explainer(
    "Made up by the capture on all interfaces: it stands in the place of the link's own header and was never sent.",
    {
        "direction": Row("direction", lambda layer, _: _DIRECTIONS.get(layer.direction, "A direction without a name.")),
        "hardware": Row(
            "hardware type",
            lambda layer, _: {
                1: "The interface is Ethernet, or looks like it.",
                772: "The interface is lo.",
                65534: "The interface has no link header: a tunnel.",
            }.get(layer.hardware, "What kind of interface it was (ARPHRD numbers of Linux)."),
        ),
        "src": Row(
            "sender's MAC",
            lambda layer, context: (
                f"{context.whose(layer.src)}: it sent the frame over the link."
                if context.whose(layer.src)
                else "Who sent the frame over the link; the capture does not keep whom it was for."
            ),
        ),
        "type": Row("EtherType", lambda layer, _: _carries(layer.type), lambda layer, _: ethertype(layer.type)),
        "link_index": Row("interface number", "Which interface it was, by the number that `ip link` shows first."),
    },
)

LOOPBACK: Explainer[Loopback] = Explainer(
    "Four bytes that BSD's loopback puts before a packet, in the place of a link header.",
    {"family": Row("address family", "What follows: 2 is IPv4, the others are IPv6 on one system or another.")},
)


def _is_announcement(arp: Arp) -> bool:
    return arp.operation in {1, 2} and arp.sender_ip == arp.target_ip


def _is_probe(arp: Arp) -> bool:
    return arp.operation == 1 and arp.sender_ip == _NOBODY


def _arp(layer: Arp, context: Context) -> str:
    sender = _who(context, layer.sender_ip, layer.sender_mac)
    if _is_announcement(layer):
        return (
            f"Tells everybody unasked that {layer.sender_ip} is {sender}'s (RFC 5227): neighbours renew what they know."
        )
    if _is_probe(layer):
        return f"Finds out whether {layer.target_ip} is free before it is used (RFC 5227)."
    if layer.operation == 1:
        return f"{sender} needs the MAC behind {layer.target_ip}: without it no frame can be addressed (RFC 826)."
    if layer.operation == 2:
        asker = context.who(layer.target_ip)
        return f"{sender} tells {asker} its MAC; {asker} can now send what it had to hold back (RFC 826)."
    return "Finds the address that belongs to another one (RFC 903, RFC 2390)."


def _who(context: Context, ip: str, mac: str) -> str:
    return context.owners.of(ip) or context.owners.of(mac) or context.who(ip)


def _sender_mac(layer: Arp, context: Context) -> str:
    if layer.operation == 1 and not _is_probe(layer):
        target = context.who(layer.target_ip)
        return f"The asker's own: {target} notes it with the sender's address, so it need not ask in turn."
    if layer.operation == 2:
        return f"What was asked for: whoever gets this notes {layer.sender_ip} at {layer.sender_mac} as a neighbour."
    return "Of who sends this."


def _sender_ip(layer: Arp, context: Context) -> str:
    if _is_probe(layer):
        return "None yet: who probes must not put a wrong entry into anybody's neighbour table."
    whose = context.whose(layer.sender_ip)
    if layer.operation == 2:
        return f"{whose or 'The'} address, the one that was asked for." if whose else "The address that was asked for."
    return f"{whose}: the answer goes to it." if whose else "Of who asks: the answer goes to it."


def _target_mac(layer: Arp, context: Context) -> str:
    if layer.operation == 1:
        return "Nothing yet: this is what is asked for."
    whose = context.whose(layer.target_mac) or context.whose(layer.target_ip)
    return f"{whose}: it asked." if whose else "Of who asked."


def _target_ip(layer: Arp, context: Context) -> str:
    whose = context.whose(layer.target_ip)
    if _is_announcement(layer):
        return "The same as the sender's: nobody is asked, everybody is told."
    if layer.operation == 1:
        if whose:
            return f"{whose}: only {whose[:-2]} answers, all others on the link stay silent."
        return "Whose MAC is wanted: only who has this address answers. Nobody in sight has it."
    return f"{whose}: the answer is for it." if whose else "Of who asked."


ARP: Explainer[Arp] = Explainer(
    _arp,
    {
        "hardware_type": Row("hardware type", "What kind of link addresses are meant: 1 is Ethernet."),
        "protocol_type": Row(
            "protocol type",
            "For which protocol's address a MAC is wanted: IPv4, by its EtherType.",
            lambda layer, _: ethertype(layer.protocol_type),
        ),
        "hardware_size": Row("hardware address length", "A MAC address has 6 bytes."),
        "protocol_size": Row("protocol address length", "An IPv4 address has 4 bytes."),
        "operation": Row(
            "operation",
            lambda layer, _: _OPERATIONS.get(layer.operation, "An operation that Ethernet does not use."),
            lambda layer, _: f"{layer.operation} ({layer.operation_name})",
        ),
        "sender_mac": Row("sender MAC", _sender_mac),
        "sender_ip": Row("sender address", _sender_ip),
        "target_mac": Row("target MAC", _target_mac),
        "target_ip": Row("target address", _target_ip),
    },
)
