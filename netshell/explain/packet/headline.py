"""One sentence on a whole packet: who does what to whom with it."""

from collections.abc import Mapping

from netshell.explain.packet.context import Context
from netshell.explain.packet.rows import plural
from netshell.explain.packet.stream import Stream
from netshell.packets.headers import Arp, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Other
from netshell.packets.messages import Dhcp, Dns, Http
from netshell.packets.summary import harmless

_NOBODY = "0.0.0.0"  # noqa: S104 - the address of who has none yet, not one to bind to
_MOST_ANSWERS = 3
_DHCP: Mapping[int, str] = {
    1: "{client} looks for a DHCP server: it needs an address",
    2: "{server} offers {client} the address {your}",
    3: "{client} asks for the address {wanted}",
    4: "{client} declines {wanted}: somebody else has it",
    5: "{server} grants {client} the address {your}",
    6: "{server} refuses {client} the address",
    7: "{client} gives its address {mine} back",
    8: "{client} asks for the network's settings; it has the address {mine}",
}
_ERRORS: Mapping[tuple[int, int], str] = {
    (3, 0): "no route leads to {there}",
    (3, 1): "{there} does not answer on the last link",
    (3, 3): "nothing listens on {there}'s UDP port{port}",
    (3, 4): "a packet for {there} is too large for the next link",
    (3, 13): "a rule forbids the packet for {there}",
    (11, 0): "the TTL of a packet for {there} ran out here",
    (11, 1): "pieces of a packet for {there} did not all come",
}
_ERRORS6: Mapping[tuple[int, int], str] = {
    (1, 0): "no route leads to {there}",
    (1, 3): "{there} does not answer on the last link",
    (1, 4): "nothing listens on {there}'s UDP port{port}",
    (2, 0): "a packet for {there} is too large for the next link",
    (3, 0): "the hop limit of a packet for {there} ran out here",
}
_ND: Mapping[int, str] = {
    133: "{src} asks routers what they offer",
    134: "{src} tells hosts on the link what they need to know of the network",
    135: "{src} asks who has {target}",
    136: "{src} tells its MAC: it has {target}",
    137: "{src} knows a shorter way and tells {dst}",
    130: "{src} asks which multicast groups are wanted",
    131: "{src} wants to hear {target}",
    132: "{src} has left {target}",
    143: "{src} tells which multicast groups it wants to hear",
}


def headline(context: Context) -> str:
    """The sentence, without a full stop."""
    text = _text(context)
    router = context.passed_on_by
    if router and router != context.owners.of(context.packet.src):
        text = f"{text}; here {router} passes it on"
    return harmless(text)


def _text(context: Context) -> str:  # noqa: PLR0911 - one for each protocol
    packet = context.packet
    match packet.application or packet.transport or packet.network:
        case Http() as message:
            return _http(message, context)
        case Dns() as message:
            return _dns(message, context)
        case Dhcp() as message:
            return _dhcp(message, context)
        case Tcp() as segment:
            return _tcp(segment, context)
        case Udp() as datagram:
            amount = plural(max(datagram.length - 8, 0), "byte")
            return f"{context.src} sends {context.dst} {amount} by UDP, to port {datagram.dst_port}{_named(context)}"
        case Icmp() | Icmp6() as message:
            return _control(message, context)
        case Arp() as arp:
            return _arp(arp, context)
    return _other(context)


def _named(context: Context) -> str:
    last = context.packet.layers[-1]
    return f" ({last.name})" if isinstance(last, Other) and last.name not in {"data", "padding", "fragment"} else ""


def _other(context: Context) -> str:
    packet = context.packet
    last = packet.layers[-1] if packet.layers else None
    if isinstance(last, Other) and last.name == "fragment":
        return f"{context.src} sends {context.dst} a later piece of a packet that was cut"
    detail = f" {last.detail}" if isinstance(last, Other) and last.detail else ""
    ends = f" from {context.src} to {context.dst}" if packet.src and packet.dst else ""
    return f"{packet.protocol}{detail}{ends}"


def _http(message: Http, context: Context) -> str:
    if message.is_response:
        return f"{context.src} answers {context.dst}: {message.status} {message.reason}".rstrip()
    return f"{context.src} asks {context.dst} by HTTP: {message.method} {message.target}"


def _dns(message: Dns, context: Context) -> str:
    asked = message.questions[0] if message.questions else None
    what = f"{asked.name} ({asked.type})" if asked else "nothing"
    if not message.is_response:
        return f"{context.src} asks {context.dst} about the name {what}"
    if message.rcode:
        return f"{context.src} answers {context.dst}: {message.rcode_name.lower()} for {what}"
    values = [record.value for record in message.answers[:_MOST_ANSWERS]]
    more = " …" if len(message.answers) > _MOST_ANSWERS else ""
    answer = f"{what} is {', '.join(values)}{more}" if values else f"{what} has no such record"
    return f"{context.src} answers {context.dst}: {answer}"


def _dhcp(message: Dhcp, context: Context) -> str:
    wanted = message.option(50)
    words = _DHCP.get(message.message, "{client} and a server talk about its address")
    client = context.owners.of(message.client_mac) or f"the client {message.client_mac}"
    return words.format(
        client=client,
        server=context.src,
        your=message.your_ip,
        wanted=wanted[0] if wanted else message.client_ip,
        mine=message.client_ip,
    )


def _tcp(segment: Tcp, context: Context) -> str:  # noqa: PLR0911 - one for each kind of segment
    stream = Stream(segment, context)
    src, dst = context.src, context.dst
    again = " again" if stream.sent_before is not None else ""
    if segment.is_rst:
        if stream.is_refusal:
            return f"{src} refuses {dst}'s connection: nothing listens on port {segment.src_port}"
        return f"{src} breaks the connection with {dst} off"
    if segment.is_syn and segment.is_ack:
        return f"{src} agrees{again} to {dst}'s connection and opens its own direction"
    if segment.is_syn:
        return f"{src} asks {dst}{again} to open a connection to port {segment.dst_port}"
    amount = plural(segment.length, "byte")
    if segment.is_fin:
        data = f"sends {dst} its last {amount} and " if segment.length else ""
        ending = "ends its direction too" if stream.is_second_fin else "ends its direction"
        return f"{src} {data}{ending}{again}: no more data from {src}"
    if segment.length:
        return f"{src} sends {dst} {amount}{again}{_named(context)}"
    return _bare_ack(stream, src, dst)


def _bare_ack(stream: Stream, src: str, dst: str) -> str:
    found = stream.acknowledges
    if stream.is_last_of_handshake:
        return f"{src} answers {dst}: the connection is open"
    if found is not None and found[1].is_fin:
        return f"{src} confirms that {dst} has ended its direction"
    if stream.segment.is_ack and stream.ack > 1:
        return f"{src} confirms {dst}'s data up to byte {stream.ack - 1}"
    return f"{src} sends {dst} a segment without data"


def _control(message: Icmp | Icmp6, context: Context) -> str:
    src, dst = context.src, context.dst
    if message.is_echo:
        if message.type in {8, 128}:
            return f"{src} pings {dst} (request {message.sequence})"
        return f"{src} answers {dst}'s ping (request {message.sequence})"
    table = _ERRORS if isinstance(message, Icmp) else _ERRORS6
    words = table.get((message.type, message.code))
    if message.is_error:
        inner = context.quoted(message.original)
        port = f" {inner.packet.transport.dst_port}" if isinstance(inner.packet.transport, Tcp | Udp) else ""
        there = inner.dst if message.original else "somebody"
        what = words or f"{message.type_name.lower()} ({message.code_name or message.code})"
        return f"{src} tells {dst}: {what.format(there=there, port=port)}"
    if isinstance(message, Icmp6) and message.type in _ND:
        if message.type == 135 and context.packet.src == "::":
            return f"somebody finds out whether {message.target} is free"
        return _ND[message.type].format(src=src, dst=dst, target=message.target)
    return f"{src} sends {dst} an {message.name} message: {message.type_name.lower()}"


def _arp(arp: Arp, context: Context) -> str:
    sender = context.owners.of(arp.sender_ip) or context.owners.of(arp.sender_mac) or context.who(arp.sender_ip)
    if arp.operation == 1 and arp.sender_ip == _NOBODY:
        return f"{context.who(arp.sender_mac)} finds out whether {arp.target_ip} is free"
    if arp.operation in {1, 2} and arp.sender_ip == arp.target_ip:
        return f"{sender} announces that it has {arp.sender_ip}"
    if arp.operation == 1:
        return f"{sender} asks everybody on the link who has {arp.target_ip}"
    if arp.operation == 2:
        return f"{sender} tells {context.who(arp.target_ip)} its MAC: {arp.sender_ip} is at {arp.sender_mac}"
    return f"{sender} sends an {arp.name} {arp.operation_name}"
