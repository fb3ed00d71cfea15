"""Sentences for what carries a packet from network to network: IPv4, IPv6 and its extensions (RFC 791, RFC 8200)."""

from collections.abc import Mapping
from ipaddress import ip_address

from netshell.explain.packet.checksums import Outcome, State, header_checksum
from netshell.explain.packet.context import Context
from netshell.explain.packet.rows import Explainer, Item, Row, plural
from netshell.packets.fields import Field
from netshell.packets.headers import Extension, IpOption, Ipv4, Ipv6
from netshell.packets.layers import Icmp, Icmp6
from netshell.packets.names import IP_PROTOCOLS

_STARTS = (64, 128, 255)
"""What systems begin with: Linux and macOS, Windows, routers."""
_MAKERS: Mapping[int, str] = {
    64: "as Linux does",
    128: "as Windows and some DHCP clients do",
    255: "the highest there is",
}
_OPTIONS: Mapping[str, str] = {
    "end of options": "Nothing follows in the header but padding.",
    "no operation": "One byte that says nothing: it brings the next option to an even place.",
    "record route": "Each router on the way writes its address in here: `ping -R` (RFC 791, 3.1).",
    "timestamp": "Each router on the way writes the time in here (RFC 791, 3.1).",
    "loose source route": "The sender names routers to go by; most networks throw such packets away (RFC 7126).",
    "strict source route": "The sender names every router to go by; most networks throw such packets away (RFC 7126).",
    "router alert": "Every router on the way is to look into this packet: IGMP and RSVP ask for it (RFC 2113).",
}
_CLASSES: Mapping[int, str] = {
    0: "The ordinary service: no router prefers it.",
    46: "Expedited: voice and the like, to be sent before all else (RFC 3246).",
    48: "For routers that talk to each other: kept alive before users' packets (RFC 4594).",
}
_CONGESTION: Mapping[int, str] = {
    0: "The sender does not take part: a router that is full can only drop the packet (RFC 3168).",
    1: "The sender takes part: a router that is full may mark the packet instead of dropping it (RFC 3168).",
    2: "The sender takes part: a router that is full may mark the packet instead of dropping it (RFC 3168).",
    3: "A router on the way was full and marked the packet: the sender is to slow down (RFC 3168).",
}
_GROUPS: Mapping[str, str] = {
    "224.0.0.1": "every host on this link",
    "224.0.0.2": "every router on this link",
    "224.0.0.5": "every OSPF router on this link",
    "224.0.0.6": "the designated OSPF router on this link",
    "224.0.0.9": "every RIP router on this link",
    "224.0.0.18": "every VRRP router on this link",
    "224.0.0.22": "every router that keeps groups (IGMPv3)",
    "224.0.0.251": "whoever speaks multicast DNS",
    "ff02::1": "every host on this link",
    "ff02::2": "every router on this link",
    "ff02::5": "every OSPF router on this link",
    "ff02::16": "every router that keeps groups (MLDv2)",
    "ff02::fb": "whoever speaks multicast DNS",
}
_SOLICITED = "ff02::1:ff"
_EXTENSIONS: Mapping[int, str] = {
    0: "Options that every node on the way looks at (RFC 8200, 4.3).",
    43: "Nodes that the packet is to pass on its way (RFC 8200, 4.4).",
    44: "Says which piece of a larger packet this is; only the sender cuts packets in IPv6 (RFC 8200, 4.5).",
    51: "Proves who sent the packet and that nobody changed it (RFC 4302).",
    60: "Options for the destination alone (RFC 8200, 4.6).",
}


def protocol(number: int) -> str:
    """`6 (TCP)`."""
    return f"{number} ({IP_PROTOCOLS[number]})" if number in IP_PROTOCOLS else str(number)


def header_words(length: int) -> str:
    """What the length of an IPv4 or TCP header tells."""
    if length < 20:
        return "Too short to be true: the smallest header has 20 bytes."
    return "20 bytes: no options." if length == 20 else f"20 bytes and {length - 20} of options."


def _inside(number: int) -> str:
    return f"What follows is {IP_PROTOCOLS.get(number, 'a protocol that has no name here')}."


def checksum_words(outcome: Outcome, covered: str) -> str:
    """What became of a checksum. `covered` is what it protects."""
    match outcome.state:
        case State.RIGHT:
            return f"Right: {covered} arrived as it was sent."
        case State.WRONG:
            return f"Wrong: by these bytes it would be 0x{outcome.expected:04x}; the receiver throws the packet away."
        case State.LEFT:
            return "Not computed: this kernel leaves it to the network card, and a virtual link has none."
        case State.ABSENT:
            return "Not used: 0 says that the sender did not compute one (RFC 768)."
        case State.UNKNOWN:
            return f"Cannot be checked here: not all of {covered} is in this packet's bytes."


def _translated(address: str, context: Context) -> str:
    whose = context.whose(address)
    router = context.passed_on_by or "The router"
    return f"{router} put it in the place of {whose + ' ' if whose else ''}{address} (address translation, NAT)"


def _source(layer: Ipv4 | Ipv6, context: Context) -> str:  # noqa: PLR0911 - one for each kind of address
    address = ip_address(layer.src)
    if address.is_unspecified:
        return "None: the sender has no address yet."
    whose = context.whose(layer.src)
    before = context.former.network if context.former is not None else None
    if isinstance(before, Ipv4 | Ipv6) and before.src != layer.src:
        return f"{_translated(before.src, context)}: whoever answers, answers to this address."
    if context.is_quoted:
        return f"{whose}: it had sent the packet." if whose else "Who had sent the packet."
    if address.is_loopback:
        return "This very machine: such addresses never leave it (RFC 1122, 3.2.1.3)."
    if whose:
        router = context.passed_on_by
        kept = f"; {router} passed it on and left this as it was" if router and f"{router}'s" != whose else ""
        return f"{whose}: the answer will be sent here{kept}."
    if isinstance(context.packet.transport, Icmp | Icmp6) and context.packet.transport.is_error:
        return "Of who noticed it: a router on the way, or the destination. Nobody answers an error."
    kind = ", which is valid on this link only" if address.is_link_local else ""
    return f"Of who sent it{kind}: the answer goes there."


def _destination(layer: Ipv4 | Ipv6, context: Context) -> str:  # noqa: PLR0911 - one for each kind of address
    address = ip_address(layer.dst)
    if layer.dst == "255.255.255.255":
        return "Everybody on this link: who has no address of its own yet can still be heard."
    if layer.dst.startswith(_SOLICITED):
        return "A group of those whose address ends like the one that is asked for: few nodes, not all (RFC 4291)."
    if address.is_multicast:
        return f"A group: {_GROUPS.get(layer.dst, 'whoever joined it')} takes the packet up."
    if address.is_loopback:
        return "This very machine: the packet turns round in lo and never reaches a cable."
    before = context.former.network if context.former is not None else None
    if isinstance(before, Ipv4 | Ipv6) and before.dst != layer.dst:
        return f"{_translated(before.dst, context)}: the packet goes on to this address."
    whose = context.whose(layer.dst)
    if whose:
        return f"{whose}: every node on the way compares this with its routes."
    if layer.dst.endswith(".255"):
        return "Most likely the broadcast address of a network: everybody in it."
    return "Whom it is for: every node on the way compares this with its routes."


def _time_to_live(layer: Ipv4 | Ipv6, context: Context) -> str:  # noqa: PLR0911 - one for each thing it may tell
    ttl, unit = layer.ttl, "TTL" if layer.version == 4 else "hop limit"
    first = context.around.earlier_hops[0].packet.network if context.around.earlier_hops else None
    if isinstance(first, Ipv4 | Ipv6) and first.ttl > ttl:
        routers = first.ttl - ttl
        verb = "has" if routers == 1 else "have"
        return f"It began at {first.ttl}: {plural(routers, 'router')} {verb} passed it on so far, each taking 1 off."
    if ttl == 0:
        return "Used up: whoever gets it now must not pass it on."
    if ttl == 1:
        return "Enough for this link only: a router would throw it away and tell the sender (time exceeded)."
    if layer.version == 6 and ttl == 255 and context.packet.protocol == "ICMPv6":
        return "255 proves that no router passed it on: neighbour discovery takes no other (RFC 4861, 7.1)."
    start = next((number for number in _STARTS if number >= ttl), 255)
    if start == ttl:
        return f"A full {unit}, {_MAKERS[start]}: no router has passed the packet on yet."
    routers = start - ttl
    if routers > 32:
        return "How many routers may still pass it on: each takes 1 off, and at 0 the packet is thrown away."
    verb = "has" if routers == 1 else "have"
    began = f"if it began at {start} {_MAKERS[start]}"
    return f"{start} minus {routers}: {plural(routers, 'router')} {verb} passed it on, {began}."


def _identification(layer: Ipv4, _context: Context) -> str:
    if layer.is_fragment:
        return "The same in every piece of the packet: by it the receiver puts them together."
    if layer.is_dont_fragment:
        return "Would name the pieces if the packet were cut, which it may not be (RFC 6864)."
    return "Names the packet: should a router cut it, all its pieces carry this number."


def _ipv4(layer: Ipv4, context: Context) -> str:
    if context.is_quoted:
        return "The header of the packet that the error is about, as the router or host got it (RFC 792)."
    if layer.is_fragment:
        return (
            f"Carries one piece of a packet from {context.src} to {context.dst}; the other pieces come by themselves."
        )
    return (
        f"Carries the packet all the way from {context.src} to {context.dst}, over as many links as it takes (RFC 791)."
    )


def _total_length(layer: Ipv4, _context: Context) -> str:
    if layer.total_length == 0:
        return "0: the kernel left the cutting of a large packet to the network card."
    payload = max(layer.total_length - layer.header_length, 0)
    return f"{layer.header_length} bytes of this header and {plural(payload, 'byte')} behind it."


def _fragment_offset(layer: Ipv4, _context: Context) -> str:
    if not layer.is_fragment:
        return "0, and no more pieces: the packet is whole."
    return f"{plural(layer.fragment_offset, 'byte')} of the packet come before this piece (sent in units of 8)."


def _ip_option(_layer: Ipv4, field: Field, _context: Context) -> Item:
    option = field.value
    if not isinstance(option, IpOption):
        return Item(field.name, str(field.value), "An option.")
    says = _OPTIONS.get(option.name, "An option that is hardly used; most routers drop packets with it (RFC 7126).")
    return Item(f"option: {option.name}", f"{plural(option.size, 'byte')}", says, option.problem)


IPV4: Explainer[Ipv4] = Explainer(
    _ipv4,
    {
        "version": Row("version", "IPv4."),
        "size": Row(
            "header length",
            lambda layer, _: header_words(layer.header_length),
            lambda layer, _: plural(layer.header_length, "byte"),
        ),
        "dscp": Row(
            "DSCP",
            lambda layer, _: _CLASSES.get(
                layer.dscp, "A wish for a certain treatment; routers may heed it (RFC 2474)."
            ),
        ),
        "ecn": Row("ECN", lambda layer, _: _CONGESTION[layer.ecn]),
        "total_length": Row("total length", _total_length),
        "ident": Row("identification", _identification, lambda layer, _: f"0x{layer.ident:04x} ({layer.ident})"),
        "is_dont_fragment": Row(
            "don't fragment (DF)",
            lambda layer, _: (
                "No router may cut it: one whose link is too small sends an error that tells its MTU (RFC 1191)."
                if layer.is_dont_fragment
                else "A router whose next link is too small may cut the packet."
            ),
        ),
        "has_more_fragments": Row(
            "more fragments (MF)",
            lambda layer, _: (
                "Another piece of the same packet follows."
                if layer.has_more_fragments
                else ("The last piece of the packet." if layer.fragment_offset else "No other piece follows.")
            ),
        ),
        "fragment_offset": Row("fragment offset", _fragment_offset),
        "ttl": Row("time to live (TTL)", _time_to_live),
        "protocol": Row(
            "protocol", lambda layer, _: _inside(layer.protocol), lambda layer, _: protocol(layer.protocol)
        ),
        "checksum": Row(
            "header checksum",
            lambda layer, context: (
                "Of the quoted header; whoever quotes it may have changed it."
                if context.is_quoted
                else checksum_words(header_checksum(context.packet.data, layer), "the header")
            ),
            lambda layer, _: f"0x{layer.checksum:04x}",
        ),
        "src": Row("source", _source),
        "dst": Row("destination", _destination),
    },
    _ip_option,
)


def _ipv6(_layer: Ipv6, context: Context) -> str:
    if context.is_quoted:
        return "The header of the packet that the error is about (RFC 4443)."
    return f"Carries the packet from {context.src} to {context.dst}, over as many links as it takes (RFC 8200)."


IPV6: Explainer[Ipv6] = Explainer(
    _ipv6,
    {
        "version": Row("version", "IPv6."),
        "traffic_class": Row(
            "traffic class",
            lambda layer, _: (
                "The ordinary service: no router prefers it."
                if layer.traffic_class == 0
                else "A wish for a certain treatment (DSCP, six bits) and a mark for congestion (ECN, two bits)."
            ),
            lambda layer, _: f"0x{layer.traffic_class:02x}",
        ),
        "flow_label": Row(
            "flow label",
            lambda layer, _: (
                "0: the sender marks no flow."
                if layer.flow_label == 0
                else "The same for all packets of one conversation, so that routers keep them on one path (RFC 6437)."
            ),
            lambda layer, _: f"0x{layer.flow_label:05x}",
        ),
        "payload_length": Row("payload length", "Bytes behind this header, which itself always has 40."),
        "next_header": Row(
            "next header", lambda layer, _: _inside(layer.next_header), lambda layer, _: protocol(layer.next_header)
        ),
        "hop_limit": Row("hop limit", _time_to_live),
        "src": Row("source", _source),
        "dst": Row("destination", _destination),
    },
)

EXTENSION: Explainer[Extension] = Explainer(
    lambda layer, _: _EXTENSIONS.get(layer.kind, "An extension of the IPv6 header (RFC 8200, 4)."),
    {
        "next_header": Row(
            "next header", lambda layer, _: _inside(layer.next_header), lambda layer, _: protocol(layer.next_header)
        ),
        "size": Row("length", "Of this extension header.", lambda layer, _: plural(layer.size, "byte")),
        "fragment_offset": Row(
            "fragment offset",
            lambda layer, _: f"{plural(layer.fragment_offset, 'byte')} of the packet come before this piece.",
        ),
        "has_more_fragments": Row(
            "more fragments",
            lambda layer, _: "Another piece follows." if layer.has_more_fragments else "This is the last piece.",
        ),
        "ident": Row(
            "identification",
            "The same in every piece of the packet: by it the receiver puts them together.",
            lambda layer, _: f"0x{layer.ident:08x}",
        ),
    },
)
