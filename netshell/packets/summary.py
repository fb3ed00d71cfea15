"""One line for a packet: what a list shows in its last column. Strangers' text in it is made harmless here."""

from functools import lru_cache

from netshell.packets.headers import ACK, Arp, Extension, Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Layer, Other, Packet
from netshell.packets.messages import Dhcp, Dns, Http, Record
from netshell.packets.names import TCP_FLAGS

_LONGEST = 240
_MOST_ANSWERS = 4
_NOBODY = "0.0.0.0"  # noqa: S104 - the address of who has none yet, not one to bind to


def harmless(text: str, longest: int = _LONGEST) -> str:
    r"""A stranger's text on one line, with nothing in it that a terminal obeys or hides, cut to a bearable length.

    C0 controls and DEL become their pictures (ESC is `␛`), other unprintable characters `\u202e`-like escapes.
    """
    if len(text) > longest:
        text = f"{text[: longest - 1]}…"
    if text.isprintable():
        return text
    text = "".join(map(_harmless_character, text))
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _harmless_character(character: str) -> str:
    code = ord(character)
    if character.isprintable():
        return character
    if code < 0x20 or code == 0x7F:
        return "␡" if code == 0x7F else chr(0x2400 + code)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def summary(packet: Packet, numbers: tuple[int, int] | None = None) -> str:
    """What the packet says, in one line. `numbers` are TCP's, as `relative.Sequences` counts them; else as sent."""
    problem = packet.problem
    return harmless(f"{_said(packet, numbers)} [{problem}]") if problem else said(packet, numbers)


def said(packet: Packet, numbers: tuple[int, int] | None = None) -> str:
    """The same without what is wrong with the packet."""
    return harmless(_said(packet, numbers))


def _said(packet: Packet, numbers: tuple[int, int] | None) -> str:
    match packet.application or packet.transport or packet.network:
        case Tcp() as segment:
            text = _tcp(packet, segment, numbers)
        case Http() as message:
            text = message.first_line
        case Dns() as message:
            text = _dns(message)
        case Dhcp() as message:
            text = _dhcp(message)
        case Udp() as datagram:
            text = f"{datagram.src_port} → {datagram.dst_port} len={max(datagram.length - 8, 0)}{_carried(packet)}"
        case Icmp() as message:
            text = _icmp(message)
        case Icmp6() as message:
            text = _icmp6(message)
        case Arp() as message:
            text = _arp(message)
        case _:
            text = _named(packet)
    return text


def _tcp(packet: Packet, segment: Tcp, numbers: tuple[int, int] | None) -> str:
    seq, ack = numbers or (segment.seq, segment.ack)
    flags, length = segment.flags, segment.length
    answers = f" ack={ack}" if flags & ACK else ""
    carries = f" len={length}{_carried(packet)}" if length else ""
    ports = f"{segment.src_port} → {segment.dst_port}"
    return f"{ports} [{flag_words(flags)}] seq={seq}{answers} win={segment.window}{carries}"


@lru_cache(maxsize=256)
def flag_words(flags: int) -> str:
    """The control bits of a TCP header that are set: `SYN, ACK`."""
    return ", ".join(name for bit, name in enumerate(TCP_FLAGS) if flags >> bit & 1) or "no flags"


def _carried(packet: Packet) -> str:
    """The name of a payload that is known by its port only."""
    last = packet.layers[-1]
    if isinstance(last, Other) and last.name == "padding" and len(packet.layers) > 1:
        last = packet.layers[-2]
    if not isinstance(last, Other) or last.name in {"data", "padding"}:
        return ""
    return f" · {last.name} {last.detail}".rstrip()


def _arp(arp: Arp) -> str:
    if arp.operation == 1 and arp.sender_ip == _NOBODY:
        return f"Who has {arp.target_ip}? (probe: is the address free?)"
    if arp.operation in {1, 2} and arp.sender_ip == arp.target_ip:
        return f"{arp.sender_ip} is at {arp.sender_mac} (announcement)"
    if arp.operation == 1:
        return f"Who has {arp.target_ip}? Tell {arp.sender_ip}"
    if arp.operation == 2:
        return f"{arp.sender_ip} is at {arp.sender_mac}"
    if arp.operation == 3:
        return f"Which address has {arp.target_mac}? Tell {arp.sender_mac}"
    return f"{arp.name} {arp.operation_name} from {arp.sender_ip} to {arp.target_ip}"


def _icmp(message: Icmp) -> str:
    if message.is_echo:
        return f"{message.type_name} id={message.ident} seq={message.sequence}"
    words = message.type_name
    if message.code_name:
        words = f"{words} ({message.code_name})"
    if message.type == 5:
        words = f"{words}: use {message.gateway}"
    if (message.type, message.code) == (3, 4):
        words = f"{words}: at most {message.mtu} bytes"
    return words + _about(message.original)


def _icmp6(message: Icmp6) -> str:
    kind = message.type
    if message.is_echo:
        return f"{message.type_name} id={message.ident} seq={message.sequence}"
    mac = next((option.mac for option in message.options if option.mac), "")
    if kind == 135:
        return f"Neighbour solicitation: who has {message.target}?" + (f" from {mac}" if mac else " (is it free?)")
    if kind == 136:
        return f"Neighbour advertisement: {message.target}" + (f" is at {mac}" if mac else "")
    if kind == 137:
        return f"Redirect: reach {message.destination} by {message.target}"
    words = message.type_name
    if message.code_name:
        words = f"{words} ({message.code_name})"
    if kind == 2:
        words = f"{words}: at most {message.mtu} bytes"
    elif kind == 134:
        words = " ".join([words, *(option.prefix for option in message.options if option.kind == 3 and option.prefix)])
    elif kind == 133 and mac:
        words = f"{words} from {mac}"
    elif message.target:
        words = f"{words}: {message.target}"
    return words + _about(message.original)


def _about(original: tuple[Layer, ...]) -> str:
    """The packet that an error is about: `, about UDP 192.0.2.1:40000 → 192.0.2.2:9`."""
    network = next((layer for layer in original if isinstance(layer, Ipv4 | Ipv6)), None)
    if network is None:
        return ""
    last = next((layer for layer in original if isinstance(layer, Tcp | Udp)), None)
    if last is not None:
        ends = [_end(network.src, last.src_port), _end(network.dst, last.dst_port)]
        return f", about {last.name} {ends[0]} → {ends[1]}"
    message = next((layer for layer in original if isinstance(layer, Icmp | Icmp6)), None)
    what = (
        message.type_name
        if message
        else next((layer.name for layer in reversed(original) if layer.name not in {"data", "fragment"}), network.name)
    )
    return f", about {what} {network.src} → {network.dst}"


def _end(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _dns(message: Dns) -> str:
    words = [message.opcode_name + (" response" if message.is_response else "")]
    if message.is_response and message.rcode:
        words.append(f"({message.rcode_name})")
    words += [f"{question.type} {question.name}" for question in message.questions[:_MOST_ANSWERS]]
    records = message.answers
    if records:
        words += [_record(record) for record in records[:_MOST_ANSWERS]]
        words += ["…"] if len(records) > _MOST_ANSWERS else []
    return " ".join(words)


def _record(record: Record) -> str:
    return f"{record.type} {record.value}"


def _dhcp(message: Dhcp) -> str:
    words = f"DHCP {message.message_name}"
    if message.message in {2, 5} and message.your_ip != _NOBODY:
        lease = message.option(51)
        return f"{words} {message.your_ip}" + (f" for {lease[0]} s" if lease else "")
    wanted = message.option(50)
    return f"{words} {wanted[0]}" if wanted else words


def _named(packet: Packet) -> str:
    """Packets of protocols that are only named, pieces of fragmented ones, and halves of headers."""
    network = packet.network
    others = [layer for layer in packet.layers if isinstance(layer, Other) and layer.name != "padding"]
    if not others:
        return f"{packet.protocol}, nothing in it"
    last = others[-1]
    if last.name == "fragment" and isinstance(network, Ipv4):
        return _fragment(network.fragment_offset, last.size, network.ident)
    piece = next((layer for layer in packet.layers if isinstance(layer, Extension) and layer.is_fragment), None)
    if last.name == "fragment" and piece is not None:
        return _fragment(piece.fragment_offset, last.size, piece.ident)
    return f"{last.name} {last.detail}".rstrip() + f", {last.size} bytes"


def _fragment(offset: int, size: int, ident: int) -> str:
    return f"Fragment: bytes {offset} to {offset + size - 1} of packet 0x{ident:04x}"
