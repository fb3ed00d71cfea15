"""The few words that a packet gets where there is little room, such as on the arrow of a ladder; pure."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat

from netshell.packets.headers import ACK, Arp, Ipv4, Ipv6, Tcp, Udp
from netshell.packets.layers import Icmp, Icmp6, Other, Packet
from netshell.packets.messages import Dhcp, Dns, Http
from netshell.packets.summary import flag_words, harmless, said

_LONGEST = 120
_NOBODY = "0.0.0.0"  # noqa: S104 - the address of who has none yet, not one to bind to
_NAMED = {
    3: "unreachable",
    4: "source quench",
    9: "router advertisement",
    10: "router solicitation",
    11: "time exceeded",
    12: "parameter problem",
}
_STYLES: Mapping[str, str] = {
    "ARP": "yellow",
    "RARP": "yellow",
    "ICMP": "magenta",
    "ICMPv6": "magenta",
    "TCP": "cyan",
    "HTTP": "cyan",
    "UDP": "green",
    "DNS": "green",
    "DHCP": "green",
}


def style_of(packet: Packet) -> str:
    """The colour of a packet's family, which says nothing that the words do not."""
    found = _STYLES.get(packet.protocol)
    if found is None and packet.transport is not None:
        found = _STYLES.get(packet.transport.name)
    return found or ""


def labels(packet: Packet, numbers: tuple[int, int] | None = None) -> tuple[str, ...]:
    """What a packet says in a few words, the most first; the last one is the shortest. All are harmless.

    `numbers` are TCP's, as `relative.Sequences` counts them; else as sent.
    """
    found: Iterable[str] = sound_labels(packet, numbers)
    problem = packet.problem
    if problem:
        texts = list(found)
        found = [f"{texts[0]} [{harmless(problem, _LONGEST)}]", *(f"{text} [malformed]" for text in texts)]
    return tuple(dict.fromkeys(found))


def sound_labels(packet: Packet, numbers: tuple[int, int] | None = None) -> Iterator[str]:
    """The same one after the other, without a word on what is wrong with the packet."""
    return map(harmless, _labels(packet, numbers), repeat(_LONGEST))


def _labels(packet: Packet, numbers: tuple[int, int] | None) -> Iterable[str]:
    found: Iterable[str]
    match packet.application or packet.transport or packet.network:
        case Tcp() as segment:
            found = segment_labels(packet, segment, numbers)
        case Http() as message:
            found = _http(message)
        case Dns() as message:
            found = _dns(message)
        case Dhcp() as message:
            found = _dhcp(message)
        case Udp() as datagram:
            found = _udp(packet, datagram)
        case Icmp() as message:
            found = _icmp(packet, message)
        case Icmp6() as message:
            found = _icmp6(packet, message)
        case Arp() as message:
            found = _arp(message)
        case _:
            found = _named(packet)
    return found


def _named(packet: Packet) -> Iterator[str]:
    """What is only named, and the pieces of fragmented packets."""
    yield said(packet)
    network = packet.network
    last = next((layer for layer in reversed(packet.layers) if layer.name not in {"data", "padding"}), None)
    if isinstance(last, Other):
        if last.name == "fragment" and isinstance(network, Ipv4):
            yield f"fragment at {network.fragment_offset}"
        yield f"{last.name} {last.detail}".rstrip()


def _arp(arp: Arp) -> Iterator[str]:
    is_known = arp.name == "ARP" and arp.operation in {1, 2}
    if not is_known:
        yield f"{arp.name} {arp.operation_name}"
    elif arp.sender_ip == arp.target_ip:
        yield f"ARP {arp.sender_ip} is at {arp.sender_mac} (announcement)"
        yield f"ARP {last_part(arp.sender_ip)} is here"
    elif arp.operation == 2:
        yield f"ARP {arp.sender_ip} is at {arp.sender_mac}"
        yield f"{last_part(arp.sender_ip)} is at {arp.sender_mac}"
        yield f"{last_part(arp.sender_ip)} is at …{arp.sender_mac[-5:]}"
    else:
        tell = " (is it free?)" if arp.sender_ip == _NOBODY else f" tell {arp.sender_ip}"
        yield f"ARP who has {arp.target_ip}?{tell}"
        yield f"ARP who has {arp.target_ip}?"
        yield f"ARP who has {last_part(arp.target_ip)}?"
        yield f"who has {last_part(arp.target_ip)}?"


def last_part(address: str) -> str:
    """The part of an address that tells hosts of one network apart: `.2`, `:2`."""
    sign = ":" if ":" in address else "."
    return sign + address.rpartition(sign)[2]


def segment_labels(packet: Packet, segment: Tcp, numbers: tuple[int, int] | None) -> tuple[str, str, str]:
    """Of one that carries nothing that is read: with its ports, without them, and without its numbers. All harmless."""
    seq, ack = numbers or (segment.seq, segment.ack)
    words = flag_words(segment.flags)
    if segment.length:
        words = f"{_bytes(segment.length)} {words}"
    protocol = packet.protocol
    if protocol != "TCP":
        words = f"{protocol} {words}"
    counted = f"{words} seq {seq}, ack {ack}" if segment.flags & ACK else f"{words} seq {seq}"
    return f"{segment.src_port}→{segment.dst_port} {counted}", counted, words


def _bytes(count: int) -> str:
    return f"{count:,} byte" if count == 1 else f"{count:,} bytes"


def _udp(packet: Packet, datagram: Udp) -> Iterator[str]:
    words = f"{packet.protocol} {_bytes(max(datagram.length - 8, 0))}"
    yield f"{datagram.src_port}→{datagram.dst_port} {words}"
    yield words


def _icmp(packet: Packet, message: Icmp) -> Iterator[str]:
    if message.is_echo:
        yield f"echo {'request' if message.type else 'reply'} {message.sequence}"
        return
    yield _lower(said(packet))
    if message.type == 5:
        yield f"redirect: use {message.gateway}"
    elif message.type == 3:
        yield _lower(message.code_name or "unreachable")
    else:
        yield _NAMED.get(message.type, message.type_name)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _icmp6(packet: Packet, message: Icmp6) -> Iterator[str]:
    if message.is_echo:
        yield f"echo {'request' if message.type == 128 else 'reply'} {message.sequence}"
        return
    yield _lower(said(packet))
    if message.type == 135:
        yield f"who has {message.target}?"
        yield f"who has {last_part(message.target)}?"
    elif message.type == 136:
        yield f"{message.target} is here"
        yield f"{last_part(message.target)} is here"
    else:
        yield _lower(message.code_name if message.type == 1 and message.code_name else message.type_name)


def _http(message: Http) -> Iterator[str]:
    if message.is_response:
        yield message.first_line
        yield f"{message.status} {message.reason}".rstrip()
        yield f"{message.status}"
    else:
        yield message.first_line
        yield f"{message.method} {message.target}"


def _dns(message: Dns) -> Iterator[str]:
    asked = message.questions[0] if message.questions else None
    if not message.is_response:
        yield f"{asked.type} {asked.name}?" if asked else f"DNS {message.opcode_name}"
    elif message.rcode:
        yield f"{asked.name}: {message.rcode_name}" if asked else message.rcode_name
        yield message.rcode_name
    elif message.answers:
        record = message.answers[-1]
        yield f"{record.name} {record.type} {record.value}"
        yield f"{record.type} {record.value}"
    else:
        yield f"no {asked.type} for {asked.name}" if asked else "DNS response, nothing in it"
        yield f"no {asked.type}" if asked else "nothing"


def _dhcp(message: Dhcp) -> Iterator[str]:
    wanted = message.option(50)
    if message.message in {2, 5} and message.your_ip != _NOBODY:
        yield f"DHCP {message.message_name} {message.your_ip}"
    elif wanted:
        yield f"DHCP {message.message_name} {wanted[0]}"
    yield f"DHCP {message.message_name}"


def ends_of(packet: Packet) -> tuple[str, str]:
    """The addresses that it goes from and to, with TCP's and UDP's ports: `192.0.2.1:40000`; empty without IP."""
    network, transport = packet.network, packet.transport
    if not isinstance(network, Ipv4 | Ipv6):
        return "", ""
    if not isinstance(transport, Tcp | Udp):
        return network.src, network.dst
    return endpoint(network.src, transport.src_port), endpoint(network.dst, transport.dst_port)


def endpoint(address: str, port: int) -> str:
    """An address with a port: `192.0.2.1:80`, `[2001:db8::1]:80`."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
