"""What the reader and tshark say of the same packets, field by field: a column for each field, and what differs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from oracle import packets, tshark

from netshell.packets.headers import Arp, Cooked, Ethernet, Extension, Ipv4, Ipv6, Tcp, Udp, Vlan
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.messages import Dhcp, Dns, Http, Record

Kind = TypeVar("Kind")
Values = list[object]
Column = tuple[str, Callable[[Packet], Values]]


def all_of(packet: Packet, kind: type[Kind]) -> list[Kind]:
    return [layer for layer in packet.layers if isinstance(layer, kind)]


def of(
    kind: type[Kind], value: Callable[[Kind], object], *, where: Callable[[Kind], bool] = lambda _: True
) -> Callable[[Packet], Values]:
    """A column: a value of each layer of a kind."""
    return lambda packet: [value(layer) for layer in all_of(packet, kind) if where(layer)]


def every(kind: type[Kind], values: Callable[[Kind], Iterable[object]]) -> Callable[[Packet], Values]:
    """A column: several values of each layer of a kind."""
    return lambda packet: [value for layer in all_of(packet, kind) for value in values(layer)]


def tcp_option(kind: int, place: int = 0) -> Callable[[Packet], Values]:
    def column(packet: Packet) -> Values:
        option = packet.transport.option(kind) if isinstance(packet.transport, Tcp) else None
        return [option.values[place]] if option and len(option.values) > place else []

    return column


def records(kind: str, part: Callable[[Record], object] = lambda record: record.value) -> Callable[[Packet], Values]:
    return every(
        Dns, lambda dns: (part(r) for r in (*dns.answers, *dns.authorities, *dns.additionals) if r.type == kind)
    )


def dhcp_option(code: int) -> Callable[[Packet], Values]:
    return every(Dhcp, lambda dhcp: dhcp.option(code))


def nd_option(kind: int, value: Callable[..., object]) -> Callable[[Packet], Values]:
    return every(
        Icmp6,
        lambda message: (value(option) for option in message.options if option.kind == kind and not option.problem),
    )


def tags(value: Callable[[Vlan], object], *, is_service: bool = False) -> Callable[[Packet], Values]:
    """A column: of every VLAN tag, or of every service tag (802.1ad), to which tshark gives other fields."""

    def column(packet: Packet) -> Values:
        pairs = zip(packet.layers, packet.layers[1:], strict=False)
        found = [(getattr(outer, "type", 0), tag) for outer, tag in pairs if isinstance(tag, Vlan)]
        return [value(tag) for kind, tag in found if (kind == _SERVICE) is is_service]

    return column


def extension(value: Callable[[Extension], object]) -> Callable[[Packet], Values]:
    """A column: of the fragment header of IPv6."""

    def column(packet: Packet) -> Values:
        return [value(each) for each in packet.layers if isinstance(each, Extension) and each.kind == 44]

    return column


def header(name: str) -> Callable[[Packet], Values]:
    """A column: the first line of that name in each HTTP head."""
    return every(Http, lambda http: (value for value in [http.header(name)] if value is not None))


NUMBERED = frozenset({0, 8, 13, 14, 15, 16, 17, 18})
"""The ICMP messages in which tshark, too, finds an identifier and a sequence number."""

_SERVICE = 0x88A8

COLUMNS: dict[str, Callable[[Packet], Values]] = {
    "frame.len": lambda packet: [packet.wire_length],
    "frame.cap_len": lambda packet: [len(packet.data)],
    "eth.dst": of(Ethernet, lambda e: e.dst),
    "eth.src": of(Ethernet, lambda e: e.src),
    "eth.type": of(Ethernet, lambda e: e.type, where=lambda e: e.type >= 0x600),
    "vlan.id": tags(lambda v: v.vlan),
    "vlan.priority": tags(lambda v: v.priority),
    "ieee8021ad.id": tags(lambda v: v.vlan, is_service=True),
    "sll.pkttype": of(Cooked, lambda c: c.direction),
    "sll.ifindex": of(Cooked, lambda c: c.link_index, where=lambda c: c.version == 2),
    "sll.hatype": of(Cooked, lambda c: c.hardware),
    "arp.opcode": of(Arp, lambda a: a.operation),
    "arp.src.hw_mac": of(Arp, lambda a: a.sender_mac),
    "arp.src.proto_ipv4": of(Arp, lambda a: a.sender_ip),
    "arp.dst.hw_mac": of(Arp, lambda a: a.target_mac),
    "arp.dst.proto_ipv4": of(Arp, lambda a: a.target_ip),
    "ip.version": lambda packet: [packet.network.version] if isinstance(packet.network, Ipv4 | Ipv6) else [],
    "ip.hdr_len": of(Ipv4, lambda i: i.header_length),
    "ip.dsfield.dscp": of(Ipv4, lambda i: i.dscp),
    "ip.dsfield.ecn": of(Ipv4, lambda i: i.ecn),
    "ip.len": of(Ipv4, lambda i: i.total_length),
    "ip.id": of(Ipv4, lambda i: i.ident),
    "ip.flags.df": of(Ipv4, lambda i: i.is_dont_fragment),
    "ip.flags.mf": of(Ipv4, lambda i: i.has_more_fragments),
    "ip.frag_offset": of(Ipv4, lambda i: i.fragment_offset // 8),
    "ip.ttl": of(Ipv4, lambda i: i.ttl),
    "ip.proto": of(Ipv4, lambda i: i.protocol),
    "ip.checksum": of(Ipv4, lambda i: i.checksum),
    "ip.src": of(Ipv4, lambda i: i.src),
    "ip.dst": of(Ipv4, lambda i: i.dst),
    "ip.opt.type": every(Ipv4, lambda i: (option.kind for option in i.options)),
    "ipv6.tclass": of(Ipv6, lambda i: i.traffic_class),
    "ipv6.flow": of(Ipv6, lambda i: i.flow_label),
    "ipv6.plen": of(Ipv6, lambda i: i.payload_length),
    "ipv6.nxt": of(Ipv6, lambda i: i.next_header),
    "ipv6.hlim": of(Ipv6, lambda i: i.hop_limit),
    "ipv6.src": of(Ipv6, lambda i: i.src),
    "ipv6.dst": of(Ipv6, lambda i: i.dst),
    "ipv6.fraghdr.offset": extension(lambda e: e.fragment_offset // 8),
    "ipv6.fraghdr.more": extension(lambda e: e.has_more_fragments),
    "ipv6.fraghdr.ident": extension(lambda e: e.ident),
    "icmp.type": of(Icmp, lambda i: i.type),
    "icmp.code": of(Icmp, lambda i: i.code),
    "icmp.checksum": of(Icmp, lambda i: i.checksum),
    "icmp.ident": of(Icmp, lambda i: i.ident, where=lambda i: i.type in NUMBERED),
    "icmp.seq": of(Icmp, lambda i: i.sequence, where=lambda i: i.type in NUMBERED),
    "icmp.redir_gw": of(Icmp, lambda i: i.gateway, where=lambda i: i.type == 5),
    "icmp.mtu": of(Icmp, lambda i: i.mtu, where=lambda i: (i.type, i.code) == (3, 4)),
    "icmpv6.type": of(Icmp6, lambda i: i.type),
    "icmpv6.code": of(Icmp6, lambda i: i.code),
    "icmpv6.checksum": of(Icmp6, lambda i: i.checksum),
    "icmpv6.echo.identifier": of(Icmp6, lambda i: i.ident, where=lambda i: i.is_echo),
    "icmpv6.echo.sequence_number": of(Icmp6, lambda i: i.sequence, where=lambda i: i.is_echo),
    "icmpv6.mtu": of(Icmp6, lambda i: i.mtu, where=lambda i: i.type == 2),
    "icmpv6.nd.ns.target_address": of(Icmp6, lambda i: i.target, where=lambda i: i.type == 135),
    "icmpv6.nd.na.target_address": of(Icmp6, lambda i: i.target, where=lambda i: i.type == 136),
    "icmpv6.nd.na.flag.s": of(Icmp6, lambda i: i.is_solicited, where=lambda i: i.type == 136),
    "icmpv6.nd.na.flag.r": of(Icmp6, lambda i: i.is_from_router, where=lambda i: i.type == 136),
    "icmpv6.nd.na.flag.o": of(Icmp6, lambda i: i.is_override, where=lambda i: i.type == 136),
    "icmpv6.nd.ra.cur_hop_limit": of(Icmp6, lambda i: i.hop_limit, where=lambda i: i.type == 134),
    "icmpv6.nd.ra.router_lifetime": of(Icmp6, lambda i: i.router_lifetime_s, where=lambda i: i.type == 134),
    "icmpv6.nd.ra.flag.m": of(Icmp6, lambda i: i.is_managed, where=lambda i: i.type == 134),
    "icmpv6.nd.ra.reachable_time": of(Icmp6, lambda i: i.reachable_ms, where=lambda i: i.type == 134),
    "icmpv6.opt.type": every(Icmp6, lambda i: (option.kind for option in i.options)),
    "icmpv6.opt.linkaddr": every(Icmp6, lambda m: (option.mac for option in m.options if option.mac)),
    "icmpv6.opt.rdnss": every(Icmp6, lambda m: (server for option in m.options for server in option.servers)),
    "icmpv6.opt.prefix": every(
        Icmp6, lambda m: (option.prefix.partition("/")[0] for option in m.options if option.prefix)
    ),
    "icmpv6.opt.prefix.length": every(
        Icmp6, lambda m: (int(option.prefix.partition("/")[2]) for option in m.options if option.prefix)
    ),
    "icmpv6.opt.prefix.valid_lifetime": nd_option(3, lambda option: option.valid_s),
    "icmpv6.opt.prefix.flag.a": nd_option(3, lambda option: option.is_autonomous),
    "icmpv6.opt.mtu": nd_option(5, lambda option: option.mtu),
    "tcp.srcport": of(Tcp, lambda t: t.src_port),
    "tcp.dstport": of(Tcp, lambda t: t.dst_port),
    "tcp.seq_raw": of(Tcp, lambda t: t.seq),
    "tcp.ack_raw": of(Tcp, lambda t: t.ack),
    "tcp.hdr_len": of(Tcp, lambda t: t.header_length),
    "tcp.flags": of(Tcp, lambda t: t.flags),
    "tcp.window_size_value": of(Tcp, lambda t: t.window),
    "tcp.checksum": of(Tcp, lambda t: t.checksum),
    "tcp.urgent_pointer": of(Tcp, lambda t: t.urgent),
    "tcp.len": of(Tcp, lambda t: t.length),
    "tcp.option_kind": every(Tcp, lambda t: (option.kind for option in t.options)),
    "tcp.options.mss_val": tcp_option(2),
    "tcp.options.wscale.shift": tcp_option(3),
    "tcp.options.timestamp.tsval": tcp_option(8),
    "tcp.options.timestamp.tsecr": tcp_option(8, 1),
    "udp.srcport": of(Udp, lambda u: u.src_port),
    "udp.dstport": of(Udp, lambda u: u.dst_port),
    "udp.length": of(Udp, lambda u: u.length),
    "udp.checksum": of(Udp, lambda u: u.checksum),
    "dns.id": of(Dns, lambda d: d.ident),
    "dns.flags": of(Dns, lambda d: d.flags),
    "dns.flags.response": of(Dns, lambda d: d.is_response),
    "dns.flags.rcode": of(Dns, lambda d: d.rcode, where=lambda d: d.is_response),
    "dns.count.queries": of(Dns, lambda d: d.counts[0]),
    "dns.count.answers": of(Dns, lambda d: d.counts[1]),
    "dns.qry.name": every(Dns, lambda d: (q.name.replace("\\\\", "\\") for q in d.questions)),
    "dns.count.auth_rr": of(Dns, lambda d: d.counts[2]),
    "dns.count.add_rr": of(Dns, lambda d: d.counts[3]),
    "dns.flags.authoritative": of(Dns, lambda d: d.is_authoritative, where=lambda d: d.is_response),
    "dns.flags.truncated": of(Dns, lambda d: d.is_truncated),
    "dns.flags.recdesired": of(Dns, lambda d: d.is_recursion_desired),
    "dns.resp.ttl": every(
        Dns, lambda d: (r.ttl_s for r in (*d.answers, *d.authorities, *d.additionals) if r.type != "OPT")
    ),
    "dns.resp.name": every(
        Dns, lambda d: (r.name for r in (*d.answers, *d.authorities, *d.additionals) if r.type != "SRV")
    ),
    "dns.soa.mname": records("SOA", lambda r: r.value.split()[0]),
    "dns.ns": records("NS"),
    "dns.a": records("A"),
    "dns.aaaa": records("AAAA"),
    "dns.cname": records("CNAME"),
    "dns.ptr.domain_name": records("PTR"),
    "dns.mx.mail_exchange": records("MX", lambda r: r.value.split()[1]),
    "dns.srv.port": records("SRV", lambda r: int(r.value.split()[2])),
    "dns.srv.target": records("SRV", lambda r: r.value.split()[3]),
    "dns.txt": every(
        Dns,
        lambda d: (
            text.replace('\\"', '"')
            for r in d.answers
            if r.type == "TXT" and len(r.value) > 2
            for text in r.value[1:-1].split('" "')
        ),
    ),
    "dhcp.type": of(Dhcp, lambda d: d.op),
    "dhcp.id": of(Dhcp, lambda d: d.xid),
    "dhcp.ip.client": of(Dhcp, lambda d: d.client_ip),
    "dhcp.ip.your": of(Dhcp, lambda d: d.your_ip),
    "dhcp.ip.server": of(Dhcp, lambda d: d.server_ip),
    "dhcp.ip.relay": of(Dhcp, lambda d: d.relay_ip),
    "dhcp.hw.mac_addr": of(Dhcp, lambda d: d.client_mac),
    "dhcp.secs": of(Dhcp, lambda d: d.seconds),
    "dhcp.flags": of(Dhcp, lambda d: d.flags),
    "dhcp.hops": of(Dhcp, lambda d: d.hops),
    "dhcp.option.dhcp": of(Dhcp, lambda d: d.message, where=lambda d: d.message > 0),
    "dhcp.option.broadcast_address": dhcp_option(28),
    "dhcp.option.ntp_server": dhcp_option(42),
    "dhcp.option.interface_mtu": dhcp_option(26),
    "dhcp.option.message": dhcp_option(56),
    "dhcp.option.dhcp_max_message_size": dhcp_option(57),
    "dhcp.option.vendor_class_id": dhcp_option(60),
    "dhcp.option.tftp_server_name": dhcp_option(66),
    "dhcp.option.subnet_mask": dhcp_option(1),
    "dhcp.option.router": dhcp_option(3),
    "dhcp.option.domain_name_server": dhcp_option(6),
    "dhcp.option.hostname": dhcp_option(12),
    "dhcp.option.domain_name": dhcp_option(15),
    "dhcp.option.requested_ip_address": dhcp_option(50),
    "dhcp.option.ip_address_lease_time": dhcp_option(51),
    "dhcp.option.dhcp_server_id": dhcp_option(54),
    "dhcp.option.request_list_item": dhcp_option(55),
    "dhcp.option.renewal_time_value": dhcp_option(58),
    "dhcp.option.rebinding_time_value": dhcp_option(59),
    "http.request.method": of(Http, lambda h: h.method, where=lambda h: not h.is_response),
    "http.request.uri": of(Http, lambda h: h.target, where=lambda h: not h.is_response),
    "http.request.version": of(Http, lambda h: h.version, where=lambda h: not h.is_response),
    "http.response.code": of(Http, lambda h: h.status, where=lambda h: h.is_response),
    "http.response.phrase": of(Http, lambda h: h.reason, where=lambda h: bool(h.reason)),
    "http.host": header("Host"),
    "http.user_agent": header("user-agent"),
    "http.content_length_header": header("Content-Length"),
    "http.content_type": header("Content-Type"),
    "http.server": header("Server"),
    "http.location": header("Location"),
    "http.connection": header("Connection"),
    "http.transfer_encoding": header("Transfer-Encoding"),
}


RELATIVE = ("tcp.seq", "tcp.ack", "tcp.options.sack_le", "tcp.options.sack_re")
QUOTED = ("ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "udp.dstport")
PROTOCOLS = "frame.protocols"
RETRANSMITTED = "tcp.analysis.retransmission"
"""tshark reads no HTTP in a segment that it takes for one, as at the second interface of the capture of `any`."""

LISTS = {
    name for name in COLUMNS if name.startswith(("dns.", "dhcp.option", "vlan.", "icmpv6.opt.", "tcp.option", "ip.opt"))
}
"""Fields with several values; of the others tshark's first counts: the second is that of a quoted packet."""


def told(values: Values) -> list[str]:
    return [str(int(value)) if isinstance(value, bool | int) else str(value) for value in values]


def spelled(text: str) -> str:
    """tshark's spelling of a value in ours: numbers decimal, the root of names as a dot."""
    if text in {"True", "False"}:
        return str(int(text == "True"))
    if text == "<Root>":
        return "."
    try:
        return str(int(text, 0))
    except ValueError:
        return text


@cache
def dissected(path: Path) -> Sequence[Mapping[str, list[str]]]:
    """What tshark says of each packet of a file; asked once."""
    names = dict.fromkeys([*COLUMNS, *RELATIVE, *QUOTED, RETRANSMITTED, PROTOCOLS])
    return tshark(path, list(names), "tcp.relative_sequence_numbers:TRUE")


def differences(path: Path) -> list[tuple[int, str, list[str], list[str]]]:
    """The number of a packet, the field, what tshark has, what netshell has."""
    rows, ours = dissected(path), packets(path)
    assert len(rows) == len(ours)
    found = []
    for number, (row, packet) in enumerate(zip(rows, ours, strict=True), 1):
        for field, column in COLUMNS.items():
            theirs = [spelled(value) for value in row[field]]
            mine = [spelled(value) for value in told(column(packet))]
            if field == "tcp.option_kind":
                theirs = theirs[: theirs.index("0") + 1] if "0" in theirs else theirs  # what follows is padding
            if field not in LISTS:
                theirs, mine = theirs[:1], mine[:1]
            is_passed_over = field.startswith("http.") and row[RETRANSMITTED]
            if not (theirs == mine or is_quoted(packet, mine) or is_passed_over or is_explained(packet, field)):
                found.append((number, field, theirs, mine))
    return found


def is_quoted(packet: Packet, mine: list[str]) -> bool:
    """tshark lists the fields of a packet that an ICMP error quotes beside those of the error; here they lie apart."""
    return not mine and isinstance(packet.transport, Icmp | Icmp6) and packet.transport.is_error


def is_explained(packet: Packet, field: str) -> bool:
    """Differences that are as they should be, each with its reason."""
    network = packet.network
    if field.startswith("ip") and network and "the version field says" in network.problem:
        return True  # tshark lists no field of such a header; here they are told, with the problem
    if field == "ip.len" and isinstance(network, Ipv4) and network.total_length == 0:
        return True  # tshark counts the frame's bytes where the header says 0; here it is what the header says
    if field == "ip.opt.type" and isinstance(network, Ipv4) and any(option.problem for option in network.options):
        return True  # tshark lists no option that is longer than the header
    http = packet.application
    is_bare = isinstance(http, Http) and b"\r\n" not in packet.payload
    return field.startswith("http.") and is_bare  # tshark reads lines that end without CR only in part
