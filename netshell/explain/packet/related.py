"""Which other crossings belong to a packet: its own hops, the question and the answer, what it acknowledges."""

from collections.abc import Iterable

from netshell.explain.packet.context import Context
from netshell.explain.packet.neighbourhood import Look
from netshell.explain.packet.stream import Stream
from netshell.packets.headers import Arp, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.messages import Dhcp, Dns, Http


def related(context: Context) -> tuple[tuple[int, str], ...]:
    """Their numbers, each with a few words; in the order of the trace, each once."""
    found: dict[int, str] = {}
    for number, words in (*_hops(context), *_of_the_exchange(context)):
        found.setdefault(number, words)
    return tuple(sorted(found.items()))


def _hops(context: Context) -> Iterable[tuple[int, str]]:
    for hop in context.around.earlier_hops:
        receiver = hop.crossing.receiver
        yield hop.number, "the same packet, on its way" + (f" to {receiver.node}" if receiver else "")
    for hop in context.around.later_hops:
        sender = hop.crossing.sender
        yield hop.number, "the same packet, passed on" + (f" by {sender.node}" if sender else "")


def _of_the_exchange(context: Context) -> Iterable[tuple[int, str]]:
    message = context.packet.transport
    if isinstance(message, Icmp | Icmp6) and message.is_error:
        look = next((look for look in reversed(context.before) if _is_about(message, look.packet)), None)
        if look is not None:
            yield look.seen.number, "the packet that the error is about"
        return
    error = next((look for look in context.after if _is_error_about(look.packet, context.packet)), None)
    if error is not None:
        yield error.seen.number, "an error about this packet"
    if isinstance(message, Tcp):
        yield from _of_the_connection(message, context)
    else:
        yield from _answers(context)


def _is_about(error: Icmp | Icmp6, packet: Packet) -> bool:
    """Whether a packet is the one that an error quotes: the same header, but for what routers change."""
    quoted = next((layer for layer in error.original if isinstance(layer, Tcp | Udp | Icmp | Icmp6)), None)
    mine = packet.transport
    if isinstance(quoted, Tcp) and isinstance(mine, Tcp):
        return (quoted.src_port, quoted.seq) == (mine.src_port, mine.seq)
    if isinstance(quoted, Udp) and isinstance(mine, Udp):
        return (quoted.src_port, quoted.dst_port, quoted.checksum) == (mine.src_port, mine.dst_port, mine.checksum)
    if isinstance(quoted, Icmp | Icmp6) and isinstance(mine, Icmp | Icmp6):
        return (quoted.type, quoted.rest) == (mine.type, mine.rest)
    return False


def _is_error_about(packet: Packet, mine: Packet) -> bool:
    message = packet.transport
    return isinstance(message, Icmp | Icmp6) and message.is_error and _is_about(message, mine)


def _of_the_connection(segment: Tcp, context: Context) -> Iterable[tuple[int, str]]:
    stream = Stream(segment, context)
    if stream.sent_before is not None:
        yield stream.sent_before.seen.number, "the first time that this was sent"
    if stream.sent_again is not None:
        yield stream.sent_again.seen.number, "the same, sent again"
    if segment.is_rst and stream.cause is not None:
        yield stream.cause[0].seen.number, "what the RST answers"
    if isinstance(context.packet.application, Http | Dns):
        yield from _answers(context)
    if stream.acknowledges is not None:
        yield stream.acknowledges[0].seen.number, "what this acknowledges"
    if stream.acknowledged_by is not None:
        yield stream.acknowledged_by.seen.number, "acknowledges this"


def _answers(context: Context) -> Iterable[tuple[int, str]]:
    """The question for an answer, the answer for a question; of DHCP the messages before and after."""
    packet = context.packet
    if isinstance(packet.application, Dhcp):
        yield from _of_the_lease(context)
        return
    kind = _kind(packet)
    if kind == "reply":
        look = next((look for look in reversed(context.before) if _fits(look.packet, packet, "request")), None)
        if look is not None:
            yield look.seen.number, "the request that this answers"
    elif kind == "request":
        first = next((look for look in context.before if _is_repeated(look.packet, packet)), None)
        if first is not None:
            yield first.seen.number, "the same request, sent before"
        look = next((look for look in context.after if _fits(look.packet, packet, "reply")), None)
        if look is not None:
            yield look.seen.number, "the answer"


def _of_the_lease(context: Context) -> Iterable[tuple[int, str]]:
    def words(look: Look, place: str) -> str:
        message = look.packet.application
        return f"{place} of the same exchange: {message.message_name}" if isinstance(message, Dhcp) else place

    if context.before:
        yield context.before[-1].seen.number, words(context.before[-1], "the message before")
    if context.after:
        yield context.after[0].seen.number, words(context.after[0], "the next message")


def _kind(packet: Packet) -> str:
    """As `Packet.kind`, with neighbour discovery's solicitations and advertisements."""
    message = packet.transport
    if isinstance(message, Icmp6) and message.type in {135, 136}:
        return "request" if message.type == 135 else "reply"
    return packet.kind


def _fits(packet: Packet, mine: Packet, kind: str) -> bool:
    """Whether a packet of the conversation is the other half of the exchange."""
    if _kind(packet) != kind:
        return False
    match packet.application or packet.transport or packet.network, mine.application or mine.transport or mine.network:
        case (Dns() as one, Dns() as other):
            return one.ident == other.ident
        case (Arp() as one, Arp() as other):
            return (one.sender_ip, one.target_ip) == (other.target_ip, other.sender_ip)
        case (Icmp6(), Icmp6()):
            return True
    return packet.src == mine.dst


def _is_repeated(packet: Packet, mine: Packet) -> bool:
    """Whether the same was asked before."""
    if _kind(packet) != "request" or packet.src != mine.src:
        return False
    if isinstance(packet.application, Dns) and isinstance(mine.application, Dns):
        return packet.application.ident == mine.application.ident
    return isinstance(packet.network, Arp) and isinstance(mine.network, Arp)
