"""Sentences for ports and for UDP (RFC 768, RFC 6335)."""

from collections.abc import Mapping

from netshell.explain.packet.checksums import transport_checksum
from netshell.explain.packet.context import Context
from netshell.explain.packet.internet import checksum_words
from netshell.explain.packet.rows import Explainer, Row, plural
from netshell.packets.headers import Tcp, Udp
from netshell.packets.names import TCP_PORTS, UDP_PORTS

_BOTH: Mapping[int, str] = {
    7: "echo",
    9: "discard",
    13: "daytime",
    53: "DNS",
    67: "a DHCP server",
    68: "a DHCP client",
    80: "HTTP",
    8000: "HTTP, by the habit of `python3 -m http.server`",
    8080: "HTTP, where 80 is taken",
    5353: "multicast DNS",
    5355: "LLMNR",
}
_EPHEMERAL = range(32768, 61000)
"""From which Linux draws a port for who did not ask for one: net.ipv4.ip_local_port_range."""
_TRACEROUTE = range(33434, 33535)
_PRIVILEGED = 1024


def _service(layer: Tcp | Udp, port: int) -> str:
    names = TCP_PORTS if isinstance(layer, Tcp) else UDP_PORTS
    return _BOTH.get(port) or names.get(port, "")


def _is_drawn(layer: Tcp | Udp, port: int, other: int) -> bool:
    """Whether a kernel most likely drew the port: the other side's is the one that was chosen by somebody."""
    return (
        port in _EPHEMERAL and not _service(layer, port) and (other not in _EPHEMERAL or bool(_service(layer, other)))
    )


def src_port_words(layer: Tcp | Udp, context: Context) -> str:
    """What the source port is, and which one it was before a NAT changed it."""
    before = context.former.transport if context.former is not None else None
    if isinstance(before, Tcp | Udp) and before.src_port != layer.src_port:
        router = context.passed_on_by or "The router"
        return f"{router} put it in the place of {before.src_port}: by it the answer is told from others (NAT)."
    return _port_words(layer, layer.src_port, layer.dst_port, context.src)


def dst_port_words(layer: Tcp | Udp, context: Context) -> str:
    """What the destination port is, and which one it was before a NAT changed it."""
    before = context.former.transport if context.former is not None else None
    if isinstance(before, Tcp | Udp) and before.dst_port != layer.dst_port:
        router = context.passed_on_by or "The router"
        return f"{router} put it in the place of {before.dst_port}: the program that is meant has this one (NAT)."
    return _port_words(layer, layer.dst_port, layer.src_port, context.dst)


def _port_words(layer: Tcp | Udp, port: int, other: int, owner: str) -> str:
    service = _service(layer, port)
    at_owner = f"a program on {owner} is wanted there" if port == layer.dst_port else f"a program on {owner} has it"
    if service:
        by_root = "; below 1024, so only root may listen there" if port < _PRIVILEGED else ""
        return f"The well-known port of {service}{by_root}: {at_owner}."
    if _is_drawn(layer, port, other):
        return f"Drawn by {owner}'s kernel from its ephemeral range (32768 to 60999): whoever answers sends to it."
    if isinstance(layer, Udp) and port in _TRACEROUTE:
        return "A port that nobody is likely to have: traceroute counts up from 33434 and waits for the error."
    return f"The port on {owner}, by which its kernel finds the program that the packet belongs to."


def _checksum(_layer: Udp, context: Context) -> str:
    if context.is_quoted:
        return "Of the quoted packet; its payload is not all here."
    return checksum_words(transport_checksum(context.packet), "the datagram")


def _udp(_layer: Udp, context: Context) -> str:
    if context.is_quoted:
        return "The ports of the packet that the error is about: by them the sender finds the socket to tell."
    return f"Takes the datagram to a program on {context.dst}; nobody confirms that it has come (RFC 768)."


def _length(layer: Udp, _context: Context) -> str:
    return f"8 bytes of this header and {plural(max(layer.length - 8, 0), 'byte')} of data."


UDP: Explainer[Udp] = Explainer(
    _udp,
    {
        "src_port": Row("source port", src_port_words),
        "dst_port": Row("destination port", dst_port_words),
        "length": Row("length", _length),
        "checksum": Row("checksum", _checksum, lambda layer, _: f"0x{layer.checksum:04x}"),
    },
)
