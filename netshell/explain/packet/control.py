"""Sentences for ICMP, ICMPv6 and neighbour discovery (RFC 792, RFC 4443, RFC 4861)."""

from collections.abc import Mapping

from netshell.explain.packet.checksums import transport_checksum
from netshell.explain.packet.context import Context
from netshell.explain.packet.internet import checksum_words
from netshell.explain.packet.rows import Explainer, Item, Row, duration, plural
from netshell.packets.fields import Field
from netshell.packets.layers import Icmp, Icmp6, NdOption

_ERRORS: Mapping[tuple[int, int], str] = {
    (3, 0): "{src} has no route to where the packet was going.",
    (3, 1): "The last router asked for the destination's MAC, and nobody answered.",
    (3, 2): "The destination's kernel knows no such protocol.",
    (3, 3): "The packet reached the machine, but no program has that UDP port.",
    (3, 4): "The packet is larger than the next link takes, and it may not be cut (DF).",
    (3, 9): "A rule forbids that network: a firewall that says so.",
    (3, 10): "A rule forbids that host: a firewall that says so.",
    (3, 13): "A rule forbids this packet: a firewall that says so.",
    (11, 0): "The TTL was used up at {src}: traceroute provokes this on purpose, else it is a loop.",
    (11, 1): "Not all the pieces of the packet came in time, so it could not be put together.",
    (5, 0): "There is a shorter way to that network, by another router on this link.",
    (5, 1): "There is a shorter way to that host, by another router on this link.",
}
_ERRORS6: Mapping[tuple[int, int], str] = {
    (1, 0): "{src} has no route to where the packet was going.",
    (1, 1): "A rule forbids this packet: a firewall that says so.",
    (1, 3): "The last router asked for the destination's MAC, and nobody answered.",
    (1, 4): "The packet reached the machine, but no program has that port.",
    (3, 0): "The hop limit was used up at {src}: traceroute provokes this on purpose, else it is a loop.",
    (3, 1): "Not all the pieces of the packet came in time, so it could not be put together.",
}
_TYPES: Mapping[int, str] = {
    0: "The answer to a ping: {src} sends back what it got.",
    3: "An error: the packet quoted below did not arrive.",
    4: "An error of old: slow down. Nobody sends it any more (RFC 6633).",
    5: "Advice: a shorter way.",
    8: "A ping: whoever gets it is to send the same back.",
    9: "A router tells that it is there (RFC 1256).",
    10: "A host looks for routers (RFC 1256).",
    11: "An error: the packet quoted below was on its way for too long.",
    12: "An error: a header of the packet quoted below makes no sense.",
    13: "Asks what time it is over there; the answer has three times in it.",
    14: "The answer: when it was asked, when that came, when this was sent.",
}
_TYPES6: Mapping[int, str] = {
    1: "An error: the packet quoted below did not arrive.",
    2: "An error: the packet quoted below is larger than the next link takes.",
    3: "An error: the packet quoted below was on its way for too long.",
    4: "An error: a header of the packet quoted below makes no sense.",
    128: "A ping: whoever gets it is to send the same back.",
    129: "The answer to a ping: {src} sends back what it got.",
    130: "A router asks which multicast groups somebody on the link wants.",
    131: "Says that {src} wants to hear a multicast group.",
    132: "Says that {src} has left a multicast group.",
    133: "Asks routers to tell at once what they offer, and not at their next round.",
    134: "A router tells what hosts on this link are to use.",
    135: "A question: who has this address? What ARP is to IPv4.",
    136: "An answer: I have the address, and this is my MAC.",
    137: "Advice: a shorter way.",
    143: "Says which multicast groups {src} wants to hear (RFC 3810).",
}


def _icmp(layer: Icmp, context: Context) -> str:
    if context.is_quoted:
        return "The message that the error is about."
    if layer.is_echo:
        return f"A ping between {context.src} and {context.dst}: what one sends, the other sends back (RFC 792)."
    if layer.is_error:
        return f"{context.src} tells {context.dst} what became of a packet, and quotes its beginning (RFC 792)."
    return "A message about the network itself (RFC 792)."


def _icmp6(layer: Icmp6, context: Context) -> str:
    if context.is_quoted:
        return "The message that the error is about."
    if layer.is_echo:
        return f"A ping between {context.src} and {context.dst}: what one sends, the other sends back (RFC 4443)."
    if layer.is_error:
        return f"{context.src} tells {context.dst} what became of a packet, and quotes its beginning (RFC 4443)."
    if 133 <= layer.type <= 137:
        return "Neighbour discovery: how IPv6 finds MACs, routers and prefixes on a link (RFC 4861)."
    if layer.type in {130, 131, 132, 143}:
        return "Multicast listener discovery: which groups are wanted on a link (RFC 2710, RFC 3810)."
    return "A message about the network itself (RFC 4443)."


def _type(layer: Icmp | Icmp6, context: Context) -> str:
    table = _TYPES if isinstance(layer, Icmp) else _TYPES6
    return table.get(layer.type, "A message that is hardly used.").format(src=context.src)


def _code(layer: Icmp | Icmp6, context: Context) -> str:
    table = _ERRORS if isinstance(layer, Icmp) else _ERRORS6
    words = table.get((layer.type, layer.code))
    if words:
        return words.format(src=context.src)
    return "The reason, more closely." if layer.is_error else "Always 0 in this message."


def _code_value(layer: Icmp | Icmp6, _context: Context) -> str:
    return f"{layer.code} ({layer.code_name})" if layer.code_name and layer.is_error else str(layer.code)


def _type_value(layer: Icmp | Icmp6, _context: Context) -> str:
    return f"{layer.type} ({layer.type_name})"


def _checksum(_layer: Icmp | Icmp6, context: Context) -> str:
    if context.is_quoted:
        return "Of the quoted message, which is not all here."
    return checksum_words(transport_checksum(context.packet), "the message")


def _checksum_value(layer: Icmp | Icmp6, _context: Context) -> str:
    return f"0x{layer.checksum:04x}"


def _sequence(layer: Icmp | Icmp6, _context: Context) -> str:
    is_request = layer.type in {8, 128, 13, 17}
    what = (
        "The number of this request; its answer carries the same" if is_request else "Of the request that this answers"
    )
    return f"{what}: by it ping tells answers apart and sees which were lost."


def _ident(_layer: Icmp | Icmp6, _context: Context) -> str:
    return "Which ping it belongs to: several may run at the same time."


def _mtu(layer: Icmp | Icmp6, context: Context) -> str:
    if isinstance(layer, Icmp) and layer.code != 4:
        return "Without a meaning for this code."
    return (
        f"The most that the next link takes: {context.dst} is to send packets of at most {layer.mtu} bytes (RFC 1191)."
    )


ICMP: Explainer[Icmp] = Explainer(
    _icmp,
    {
        "type": Row("type", _type, _type_value),
        "code": Row("code", _code, _code_value),
        "checksum": Row("checksum", _checksum, _checksum_value),
        "ident": Row("identifier", _ident),
        "sequence": Row("sequence number", _sequence),
        "mtu": Row("MTU of the next hop", _mtu),
        "gateway": Row("gateway", lambda layer, c: f"The better next hop: {c.who(layer.gateway)}."),
    },
)


def _target(layer: Icmp6, context: Context) -> str:
    whose = context.whose(layer.target)
    if layer.type == 135:
        return f"{whose}: its MAC is wanted." if whose else "Whose MAC is wanted; nobody in sight has this address."
    if layer.type == 136:
        return f"{whose}: the address that the MAC below belongs to." if whose else "Which address the MAC belongs to."
    if layer.type == 137:
        return "The better next hop."
    return "The multicast group; all zeros ask for every group."


def _is_managed(layer: Icmp6, _context: Context) -> str:
    return "Hosts get their addresses by DHCPv6." if layer.is_managed else "Hosts need no DHCPv6 for their addresses."


def _is_other(layer: Icmp6, _context: Context) -> str:
    return "Hosts get other settings by DHCPv6." if layer.is_other_managed else "DHCPv6 has no other settings either."


def _lifetime(layer: Icmp6, context: Context) -> str:
    if not layer.router_lifetime_s:
        return f"{context.src} is not to be used as a default router."
    return f"For {duration(layer.router_lifetime_s)} hosts may use {context.src} as their default router."


def _set(is_set: bool, if_set: str, if_not: str) -> str:  # noqa: FBT001 - a bit of the packet
    return if_set if is_set else if_not


def _nd_option(_layer: Icmp6, field: Field, context: Context) -> Item:
    """One option of neighbour discovery."""
    option = field.value
    if not isinstance(option, NdOption):
        return Item(field.name, str(field.value), "An option.")
    value = option.mac or option.prefix or ", ".join(option.servers) or (str(option.mtu) if option.mtu else "")
    value = value or plural(option.size, "byte")
    return Item(f"option: {option.name}", value, _nd_option_words(option, context), option.problem)


def _nd_option_words(option: NdOption, context: Context) -> str:  # noqa: PLR0911 - one for each kind of option
    match option.kind:
        case 1:
            return f"{context.src}'s own MAC: whoever answers need not ask for it in turn."
        case 2:
            return "The MAC that was asked for: the asker notes it as a neighbour."
        case 3:
            made = "; hosts make themselves an address in it (RFC 4862)" if option.is_autonomous else ""
            near = "on this link" if option.is_on_link else "not necessarily on this link"
            return f"Addresses in this prefix are {near}{made}; good for {_lifetime_of(option.valid_s)}."
        case 4:
            return "The beginning of the packet that the advice is about."
        case 5:
            return "How large packets on this link may be."
        case 14:
            return "A random number: the sender recognises its own question if it comes back (RFC 7527)."
        case 25:
            return f"Who answers DNS questions, for {_lifetime_of(option.valid_s)} (RFC 8106)."
    return "An option that is not read further."


def _lifetime_of(seconds: int) -> str:
    return "ever" if seconds == 0xFFFFFFFF else duration(seconds)


ICMP6: Explainer[Icmp6] = Explainer(
    _icmp6,
    {
        "type": Row("type", _type, _type_value),
        "code": Row("code", _code, _code_value),
        "checksum": Row("checksum", _checksum, _checksum_value),
        "ident": Row("identifier", _ident),
        "sequence": Row("sequence number", _sequence),
        "mtu": Row("MTU", _mtu),
        "target": Row("target", _target),
        "destination": Row("destination", "Which address there is a shorter way to."),
        "hop_limit": Row(
            "hop limit",
            lambda x, _: (
                "0: hosts keep their own." if not x.hop_limit else "What hosts are to begin with in their packets."
            ),
        ),
        "is_managed": Row("managed addresses (M)", _is_managed),
        "is_other_managed": Row("other settings (O)", _is_other),
        "router_lifetime_s": Row("router lifetime", _lifetime, lambda x, _: plural(x.router_lifetime_s, "second")),
        "reachable_ms": Row(
            "reachable time",
            "For how long a neighbour that answered counts as there; 0 leaves it to the hosts.",
            lambda x, _: f"{x.reachable_ms} ms",
        ),
        "retransmit_ms": Row(
            "retransmission timer",
            "How long to wait before asking for a neighbour again; 0 leaves it to the hosts.",
            lambda x, _: f"{x.retransmit_ms} ms",
        ),
        "is_from_router": Row(
            "router (R)",
            lambda x, c: _set(x.is_from_router, f"{c.src} passes packets on.", f"{c.src} is a host, not a router."),
        ),
        "is_solicited": Row(
            "solicited (S)",
            lambda x, _: _set(
                x.is_solicited, "Somebody had asked: it proves that both ways work.", "Nobody had asked for it."
            ),
        ),
        "is_override": Row(
            "override (O)",
            lambda x, _: _set(x.is_override, "Replaces what was known before.", "Does not replace a MAC known before."),
        ),
    },
    _nd_option,
)
