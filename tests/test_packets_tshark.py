"""What the reader says of real captures, field by field beside what tshark says of the same packets."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from oracle import CAPTURES, need, packets, tshark

from netshell.packets.headers import Arp, Cooked, Ethernet, Extension, Ipv4, Ipv6, Tcp, Udp, Vlan
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.messages import Dhcp, Dns, Http, Record
from netshell.packets.relative import Sequences

Kind = TypeVar("Kind")
Values = list[object]
Column = tuple[str, Callable[[Packet], Values]]


def layer(packet: Packet, kind: type[Kind]) -> Kind | None:
    return next((each for each in packet.layers if isinstance(each, kind)), None)


def of(
    kind: type[Kind], value: Callable[[Kind], object], *, where: Callable[[Kind], bool] | None = None
) -> Callable[[Packet], Values]:
    """A column: the value of the first layer of a kind."""

    def column(packet: Packet) -> Values:
        found = layer(packet, kind)
        return [] if found is None or (where is not None and not where(found)) else [value(found)]

    return column


def every(kind: type[Kind], values: Callable[[Kind], Iterator[object]]) -> Callable[[Packet], Values]:
    def column(packet: Packet) -> Values:
        found = layer(packet, kind)
        return [] if found is None else list(values(found))

    return column


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
    return every(Dhcp, lambda dhcp: iter(dhcp.option(code)))


def nd_option(kind: int, value: Callable[..., object]) -> Callable[[Packet], Values]:
    return every(
        Icmp6,
        lambda message: (value(option) for option in message.options if option.kind == kind and not option.problem),
    )


COLUMNS: dict[str, Callable[[Packet], Values]] = {
    "frame.len": lambda packet: [packet.wire_length],
    "frame.cap_len": lambda packet: [len(packet.data)],
    "eth.dst": of(Ethernet, lambda e: e.dst),
    "eth.src": of(Ethernet, lambda e: e.src),
    "eth.type": of(Ethernet, lambda e: e.type, where=lambda e: e.type >= 0x600),
    "vlan.id": of(Vlan, lambda v: v.vlan),
    "vlan.priority": of(Vlan, lambda v: v.priority),
    "sll.pkttype": of(Cooked, lambda c: c.direction),
    "sll.ifindex": of(Cooked, lambda c: c.link_index, where=lambda c: c.version == 2),
    "sll.hatype": of(Cooked, lambda c: c.hardware),
    "arp.opcode": of(Arp, lambda a: a.operation),
    "arp.src.hw_mac": of(Arp, lambda a: a.sender_mac),
    "arp.src.proto_ipv4": of(Arp, lambda a: a.sender_ip),
    "arp.dst.hw_mac": of(Arp, lambda a: a.target_mac),
    "arp.dst.proto_ipv4": of(Arp, lambda a: a.target_ip),
    "ip.version": lambda packet: [packet.network.version] if isinstance(packet.network, Ipv4 | Ipv6) else [],
    "ip.hdr_len": of(Ipv4, lambda i: i.size),
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
    "ipv6.fraghdr.offset": of(Extension, lambda e: e.fragment_offset // 8, where=lambda e: e.kind == 44),
    "ipv6.fraghdr.more": of(Extension, lambda e: e.has_more_fragments, where=lambda e: e.kind == 44),
    "ipv6.fraghdr.ident": of(Extension, lambda e: e.ident, where=lambda e: e.kind == 44),
    "icmp.type": of(Icmp, lambda i: i.type),
    "icmp.code": of(Icmp, lambda i: i.code),
    "icmp.checksum": of(Icmp, lambda i: i.checksum),
    "icmp.ident": of(Icmp, lambda i: i.ident, where=lambda i: i.is_echo),
    "icmp.seq": of(Icmp, lambda i: i.sequence, where=lambda i: i.is_echo),
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
    "icmpv6.opt.prefix": nd_option(3, lambda option: option.prefix.partition("/")[0]),
    "icmpv6.opt.prefix.length": nd_option(3, lambda option: int(option.prefix.partition("/")[2])),
    "icmpv6.opt.prefix.valid_lifetime": nd_option(3, lambda option: option.valid_s),
    "icmpv6.opt.prefix.flag.a": nd_option(3, lambda option: option.is_autonomous),
    "icmpv6.opt.mtu": nd_option(5, lambda option: option.mtu),
    "tcp.srcport": of(Tcp, lambda t: t.src_port),
    "tcp.dstport": of(Tcp, lambda t: t.dst_port),
    "tcp.seq": of(Tcp, lambda t: t.seq),
    "tcp.ack": of(Tcp, lambda t: t.ack),
    "tcp.hdr_len": of(Tcp, lambda t: t.size),
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
    "dns.qry.name": every(Dns, lambda d: (question.name for question in d.questions)),
    "dns.a": records("A"),
    "dns.aaaa": records("AAAA"),
    "dns.cname": records("CNAME"),
    "dns.ptr.domain_name": records("PTR"),
    "dns.mx.mail_exchange": records("MX", lambda r: r.value.split()[1]),
    "dns.srv.port": records("SRV", lambda r: int(r.value.split()[2])),
    "dns.srv.target": records("SRV", lambda r: r.value.split()[3]),
    "dns.txt": every(
        Dns, lambda d: (text for r in d.answers if r.type == "TXT" for text in r.value[1:-1].split('" "'))
    ),
    "dhcp.type": of(Dhcp, lambda d: d.op),
    "dhcp.id": of(Dhcp, lambda d: d.xid),
    "dhcp.ip.client": of(Dhcp, lambda d: d.client_ip),
    "dhcp.ip.your": of(Dhcp, lambda d: d.your_ip),
    "dhcp.ip.server": of(Dhcp, lambda d: d.server_ip),
    "dhcp.ip.relay": of(Dhcp, lambda d: d.relay_ip),
    "dhcp.option.dhcp": of(Dhcp, lambda d: d.message),
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
    "http.response.phrase": of(Http, lambda h: h.reason, where=lambda h: h.is_response),
    "http.host": of(Http, lambda h: h.header("host"), where=lambda h: h.header("Host") is not None),
    "http.user_agent": of(Http, lambda h: h.header("User-Agent"), where=lambda h: h.header("user-agent") is not None),
    "http.content_length": of(
        Http, lambda h: h.header("Content-Length"), where=lambda h: h.header("content-length") is not None
    ),
}

RETRANSMITTED = "tcp.analysis.retransmission"
"""tshark reads no HTTP in a segment that it takes for one, as at the second interface of the capture of `any`."""

LISTS = {"icmpv6.opt.type", "tcp.option_kind", "ip.opt.type", "icmpv6.opt.prefix"} | {
    name for name in COLUMNS if name.startswith(("dns.", "dhcp.option", "vlan."))
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


def differences(path: Path) -> list[str]:
    rows = tshark(path, [*COLUMNS, RETRANSMITTED])
    ours = packets(path)
    assert len(rows) == len(ours)
    found = []
    for number, (row, packet) in enumerate(zip(rows, ours, strict=True), 1):
        for field, column in COLUMNS.items():
            theirs = [spelled(value) for value in row[field]]
            mine = [spelled(value) for value in told(column(packet))]
            if field not in LISTS:
                theirs, mine = theirs[:1], mine[:1]
            is_passed_over = field.startswith("http.") and row[RETRANSMITTED]
            if not (theirs == mine or is_quoted(packet, mine) or is_passed_over):
                found.append(f"packet {number}: {field}: tshark {theirs}, netshell {mine}")
    return found


def is_quoted(packet: Packet, mine: list[str]) -> bool:
    """tshark lists the fields of a packet that an ICMP error quotes beside those of the error; here they lie apart."""
    return not mine and isinstance(packet.transport, Icmp | Icmp6) and packet.transport.is_error


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_every_field_is_what_tshark_reads(path: Path) -> None:
    assert differences(path) == []


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_relative_numbers_are_those_of_tshark(path: Path) -> None:
    rows = tshark(path, ["tcp.seq", "tcp.ack", "icmp.type", "icmpv6.type"], "tcp.relative_sequence_numbers:TRUE")
    sequences = Sequences()
    for row, packet in zip(rows, packets(path), strict=True):
        numbers = sequences.numbers(packet)
        if numbers is not None:
            assert [row["tcp.seq"], row["tcp.ack"]] == [[str(numbers[0])], [str(numbers[1])]]


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: path.stem)
def test_the_quoted_packet_of_an_icmp_error_is_what_tshark_reads(path: Path) -> None:
    rows = tshark(path, ["ip.src", "ip.dst", "ip.ttl", "ipv6.src", "ipv6.dst", "udp.dstport"])
    for row, packet in zip(rows, packets(path), strict=True):
        if isinstance(packet.transport, Icmp | Icmp6) and packet.transport.original:
            original = packet.transport.original
            header = next(each for each in original if isinstance(each, Ipv4 | Ipv6))
            ports = [str(each.dst_port) for each in original if isinstance(each, Udp)]
            family = "ip" if isinstance(header, Ipv4) else "ipv6"
            assert [row[f"{family}.src"][1], row[f"{family}.dst"][1]] == [header.src, header.dst]
            assert row["udp.dstport"] == ports


@pytest.mark.parametrize("size", [60, 68, 80, 96, 200])
def test_a_capture_cut_short_is_read_as_far_as_tshark_reads_it(size: int, tmp_path: Path) -> None:
    need("tshark")
    path = CAPTURES[[each.stem for each in CAPTURES].index("lan")]
    cut = tmp_path / "cut.pcap"
    subprocess.run([need("editcap"), "-F", "pcap", "-s", str(size), str(path), str(cut)], check=True)
    missed = [line for line in differences(cut) if line.split(": ")[1].startswith(WHOLE) and "tshark []" not in line]
    assert missed == []  # tshark gives up some packets before netshell does


_WHOLE = """
    frame. eth. arp. ip.src ip.dst ip.len ip.ttl ipv6. tcp.srcport tcp.dstport tcp.seq tcp.flags tcp.window tcp.len udp.
    icmp.type icmp.code dns.id dns.flags dhcp.id
"""
WHOLE = tuple(_WHOLE.split())
"""Fields that are there however short these packets are cut."""
