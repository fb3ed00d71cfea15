import struct

import pytest
import wire
from wire import IP6_1, IP6_2, IP_1, IP_2, MAC_1

from netshell.packets.fields import fields
from netshell.packets.headers import Arp, Cooked, Ethernet, Extension, Ipv4, Ipv6, Tcp, Udp, Vlan
from netshell.packets.layers import Icmp, Icmp6, Other, Packet
from netshell.packets.messages import Dhcp, Dns, Http
from netshell.packets.reader import read


def names(packet: Packet) -> list[str]:
    return [layer.name for layer in packet.layers]


def test_an_arp_request_is_read_whole() -> None:
    packet = read(wire.ethernet(0x0806, wire.arp(1), dst="ff:ff:ff:ff:ff:ff") + bytes(18))
    assert packet.network == Arp(14, 28, 1, 0x0800, 6, 4, 1, MAC_1, IP_1, "00:00:00:00:00:00", IP_2)
    assert names(packet) == ["Ethernet", "ARP", "padding"]
    assert (packet.src, packet.dst, packet.protocol, packet.kind) == (MAC_1, "ff:ff:ff:ff:ff:ff", "ARP", "request")


def test_every_field_of_an_ipv4_header_is_read() -> None:
    options = bytes([148, 4, 0, 0, 1, 7, 3, 4])
    header = read(wire.ethernet(0x0800, wire.ipv4(17, wire.udp(b"hi"), part=0x4000, options=options, ttl=3))).network
    assert isinstance(header, Ipv4)
    assert (header.version, header.size, header.dscp, header.ecn, header.total_length) == (4, 28, 46, 1, 38)
    assert (header.ident, header.is_dont_fragment, header.has_more_fragments) == (0x1234, True, False)
    assert (header.fragment_offset, header.ttl, header.protocol, header.checksum) == (0, 3, 17, 0xBEEF)
    assert [(o.name, o.at, o.size) for o in header.options] == [
        ("router alert", 34, 4),
        ("no operation", 38, 1),
        ("record route", 39, 3),
    ]


def test_every_field_of_an_ipv6_header_is_read() -> None:
    header = read(wire.ethernet(0x86DD, wire.ipv6(17, wire.udp()))).network
    assert header == Ipv6(14, 40, 0xB9, 0x12345, 8, 17, 63, IP6_1, IP6_2, 17)


def test_extension_headers_are_walked() -> None:
    hop_by_hop, destination = bytes([60, 0, *bytes(6)]), bytes([6, 1, *bytes(14)])
    packet = read(wire.ethernet(0x86DD, wire.ipv6(0, hop_by_hop + destination + wire.tcp())))
    assert names(packet) == ["Ethernet", "IPv6", "IPv6 hop-by-hop options", "IPv6 destination options", "TCP"]
    assert isinstance(packet.network, Ipv6)
    assert (packet.network.next_header, packet.network.protocol) == (0, 6)


@pytest.mark.parametrize(
    ("part", "expected"), [(0x2000, ["UDP", "data"]), (0x20B9, ["fragment"]), (0x0172, ["fragment"])]
)
def test_only_the_first_piece_of_a_packet_has_ports(part: int, expected: list[str]) -> None:
    packet = read(wire.ethernet(0x0800, wire.ipv4(17, wire.udp(b"x" * 24, ports=(53, 53)), part=part)))
    assert names(packet)[2:] == expected
    assert (packet.transport is None, packet.application) == (expected == ["fragment"], None)


def test_a_piece_of_an_ipv6_packet_is_told_by_its_extension_header() -> None:
    first, second = (struct.pack("!BBHI", 17, 0, part, 9) for part in (1, 1448))
    assert names(read(wire.ethernet(0x86DD, wire.ipv6(44, first + wire.udp(b"x" * 8)))))[3:] == ["UDP", "data"]
    packet = read(wire.ethernet(0x86DD, wire.ipv6(44, second + b"x" * 8)))
    assert packet.layers[2] == Extension(54, 8, 44, 17, "IPv6 fragment", 1448, False, 9)
    assert names(packet)[3:] == ["fragment"]


def test_all_eight_flags_and_the_options_of_a_segment_are_read() -> None:
    options = bytes([2, 4, 5, 180, 4, 2, 8, 10, *range(8), 1, 3, 3, 7, 5, 10, *range(8), 0, 0])
    segment = read(wire.over_ip(6, wire.tcp(b"abc", flags=0xFF, options=options))).transport
    assert isinstance(segment, Tcp)
    assert segment.flag_names == ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
    assert (segment.src_port, segment.dst_port, segment.seq, segment.ack) == (40000, 80, 1000, 2000)
    assert (segment.size, segment.window, segment.checksum, segment.urgent, segment.length) == (52, 64240, 0xABCD, 7, 3)
    assert {o.kind: o.values for o in segment.options if o.values} == {
        2: (1460,),
        8: (0x00010203, 0x04050607),
        3: (7,),
        5: (0x00010203, 0x04050607),
    }
    assert segment.problem == ""


def test_the_payload_ends_where_ip_says_and_not_at_the_padding() -> None:
    packet = read(wire.over_ip(6, wire.tcp(b"abc")) + bytes(9))
    assert packet.payload == b"abc"
    assert names(packet)[-2:] == ["data", "padding"]


def test_an_echo_has_its_numbers_and_its_data() -> None:
    packet = read(wire.over_ip(1, wire.icmp(8, payload=b"x" * 56)))
    message = packet.transport
    assert isinstance(message, Icmp)
    assert (message.type_name, message.ident, message.sequence) == ("Echo (ping) request", 7, 3)
    assert (packet.payload, packet.kind) == (b"x" * 56, "request")


def test_an_icmp_error_quotes_the_headers_it_is_about() -> None:
    quoted = wire.ipv4(17, wire.udp(b"x" * 400))[:28]
    message = read(wire.over_ip(1, wire.icmp(3, 3, payload=quoted))).transport
    assert isinstance(message, Icmp)
    assert message.code_name == "Port unreachable"
    header, datagram = message.original
    assert isinstance(header, Ipv4)
    assert isinstance(datagram, Udp)
    assert (header.at, header.dst, header.problem, datagram.dst_port, datagram.length) == (42, IP_2, "", 9, 408)


def test_eight_quoted_bytes_of_tcp_give_the_ports_and_the_sequence_number() -> None:
    quoted = wire.ipv4(6, wire.tcp())[:28]
    message = read(wire.over_ip(1, wire.icmp(3, 4, 1400, quoted))).transport
    assert isinstance(message, Icmp)
    segment = message.original[1]
    assert isinstance(segment, Tcp)
    assert (message.mtu, segment.src_port, segment.dst_port, segment.seq) == (1400, 40000, 80, 1000)
    assert [field.name for field in fields(segment)] == ["src_port", "dst_port", "seq"]
    assert "8 of at least 20" in segment.problem


def test_an_error_in_an_error_is_not_read_any_deeper() -> None:
    inner = wire.ipv4(1, wire.icmp(3, 3, payload=wire.ipv4(17, wire.udp())))
    message = read(wire.over_ip(1, wire.icmp(11, payload=inner))).transport
    assert isinstance(message, Icmp)
    assert isinstance(message.original[1], Icmp)
    assert message.original[1].original == ()


def test_a_neighbour_solicitation_names_its_target_and_the_askers_mac() -> None:
    body = struct.pack("!BBHI", 135, 0, 0, 0) + wire.ip(IP6_2) + bytes([1, 1]) + wire.mac(MAC_1)
    message = read(wire.ethernet(0x86DD, wire.ipv6(58, body))).transport
    assert isinstance(message, Icmp6)
    assert (message.type_name, message.target, message.options[0].mac) == ("Neighbour solicitation", IP6_2, MAC_1)


def test_a_router_advertisement_names_its_prefix() -> None:
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 7200, 3600, 0) + wire.ip("2001:db8:1::")
    servers = struct.pack("!BBHI", 25, 3, 0, 600) + wire.ip(IP6_1)
    body = (
        struct.pack("!BBHBBHII", 134, 0, 0, 64, 0x40, 1800, 30000, 1000)
        + prefix
        + bytes.fromhex("05010000000005dc")
        + servers
    )
    message = read(wire.ethernet(0x86DD, wire.ipv6(58, body))).transport
    assert isinstance(message, Icmp6)
    assert (message.hop_limit, message.is_managed, message.is_other_managed, message.router_lifetime_s) == (
        64,
        False,
        True,
        1800,
    )
    first, second, third = message.options
    assert (first.prefix, first.is_on_link, first.is_autonomous, first.valid_s) == ("2001:db8:1::/64", True, True, 7200)
    assert (second.mtu, third.servers, message.reachable_ms, message.retransmit_ms) == (1500, (IP6_1,), 30000, 1000)


def test_a_dns_answer_has_its_names_unpacked() -> None:
    answers = b"".join([
        wire.record(5, b"\x03web\xc0\x10"),
        wire.record(1, wire.ip(IP_2), owner=b"\x03web\xc0\x10"),
        wire.record(28, wire.ip(IP6_1)),
        wire.record(15, b"\0\x0a" + wire.name("mail.test")),
        wire.record(16, b'\x05a "b\x1b\x02ok'),
        wire.record(6, wire.name("ns.test") + wire.name("root.test") + struct.pack("!5I", 1, 2, 3, 4, 5)),
        wire.record(33, struct.pack("!HHH", 1, 2, 80) + wire.name("web.test")),
        wire.record(64, b"abc"),
    ])  # fmt: skip
    message = read(
        wire.over_ip(
            17, wire.udp(wire.dns(wire.question("www.test") + answers, (1, 8, 0, 0), 0x8583), ports=(53, 4000))
        )
    ).application
    assert isinstance(message, Dns)
    assert (message.questions[0].name, message.questions[0].type, message.problem) == ("www.test", "A", "")
    assert [(r.name, r.type, r.value) for r in message.answers] == [
        ("www.test", "CNAME", "web.test"),
        ("web.test", "A", IP_2),
        ("www.test", "AAAA", IP6_1),
        ("www.test", "MX", "10 mail.test"),
        ("www.test", "TXT", '"a \\"b\\027" "ok"'),
        ("www.test", "SOA", "ns.test root.test 1 2 3 4 5"),
        ("www.test", "SRV", "1 2 80 web.test"),
        ("www.test", "SVCB", "3 bytes"),
    ]
    assert (message.is_response, message.is_authoritative, message.rcode_name) == (True, True, "No such name")


def test_odd_bytes_of_a_name_are_written_as_in_a_zone_file() -> None:
    body = b"\x04a.\x1b\xff\x00" + struct.pack("!HH", 1, 1)
    message = read(wire.over_ip(17, wire.udp(wire.dns(body), ports=(4000, 53)))).application
    assert isinstance(message, Dns)
    assert message.questions[0].name == "a\\.\\027\\255"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"\xc0\x0c\0\1\0\1", "circles"),
        (b"\x01a\xc0\x0c\0\1\0\1", "circles"),
        (b"\xc0\xff\0\1\0\1", "circles"),
        (b"\x3fabc", "past the end"),
        (b"\x80\0\1\0\1", "begins with 0x80"),
        ((b"\x3f" + b"a" * 63) * 5 + b"\0\0\1\0\1", "longer than 255"),
        (b"\0\0\1", "before its type and class"),
    ],
)
def test_a_name_that_makes_no_sense_is_told_and_ends_the_reading(body: bytes, problem: str) -> None:
    message = read(wire.over_ip(17, wire.udp(wire.dns(body), ports=(4000, 53)))).application
    assert isinstance(message, Dns)
    assert problem in message.problem
    assert message.questions == ()


def test_records_that_are_missing_are_told() -> None:
    body = wire.question("a.test") + wire.record(1, wire.ip(IP_2))
    message = read(wire.over_ip(17, wire.udp(wire.dns(body, (1, 3, 0, 0)), ports=(53, 4000)))).application
    assert isinstance(message, Dns)
    assert ([r.value for r in message.answers], message.problem) == ([IP_2], "answer record 2 of 3 is missing")


def test_dns_over_tcp_is_read_behind_its_length() -> None:
    message = wire.dns(wire.question("a.test", 28))
    packet = read(wire.over_ip(6, wire.tcp(struct.pack("!H", len(message)) + message, ports=(4000, 53))))
    assert isinstance(packet.application, Dns)
    assert packet.application.questions[0].type == "AAAA"
    assert names(read(wire.over_ip(6, wire.tcp(b"\x40\x00part", ports=(4000, 53)))))[-1] == "part of a DNS message"


def test_a_dhcp_ack_has_everything_that_the_client_is_given() -> None:
    options = b"".join([
        bytes([53, 1, 5, 54, 4]), wire.ip(IP_1), bytes([51, 4]), struct.pack("!I", 3600), bytes([58, 4]),
        struct.pack("!I", 1800), bytes([59, 4]), struct.pack("!I", 3150), bytes([1, 4]), wire.ip("255.255.255.0"),
        bytes([3, 4]), wire.ip(IP_1), bytes([6, 8]), wire.ip(IP_1), wire.ip(IP_2), bytes([12, 3]), b"pc1",
        bytes([15, 4]), b"test", bytes([61, 7, 1]), wire.mac(MAC_1), bytes([55, 2, 1, 3]), bytes([0, 0, 255]),
    ])  # fmt: skip
    packet = read(wire.over_ip(17, wire.udp(wire.dhcp(options, 2, IP_2), ports=(67, 68))))
    message = packet.application
    assert isinstance(message, Dhcp)
    assert (message.message_name, message.your_ip, message.client_mac, message.xid) == ("ACK", IP_2, MAC_1, 0xCAFE)
    assert {code: message.option(code) for code in (54, 51, 58, 59, 1, 3, 6, 12, 15, 61, 55)} == {
        54: (IP_1,),
        51: ("3600",),
        58: ("1800",),
        59: ("3150",),
        1: ("255.255.255.0",),
        3: (IP_1,),
        6: (IP_1, IP_2),
        12: ("pc1",),
        15: ("test",),
        61: (MAC_1,),
        55: ("1", "3"),
    }
    assert (message.problem, packet.kind) == ("", "reply")


def test_dhcp_options_that_run_out_are_told() -> None:
    message = read(wire.over_ip(17, wire.udp(wire.dhcp(bytes([53, 1, 1, 12, 40])), ports=(68, 67)))).application
    assert isinstance(message, Dhcp)
    assert (message.message, message.problem) == (1, "option 12 of 40 bytes, of which 0 are there")


def test_an_http_request_is_recognised_on_any_port() -> None:
    text = b"POST /form?a=1 HTTP/1.1\r\nHost: example.test\r\nContent-Length: 5\r\n\r\nhello"
    message = read(wire.over_ip(6, wire.tcp(text, ports=(40000, 8123)))).application
    assert isinstance(message, Http)
    assert (message.method, message.target, message.version) == ("POST", "/form?a=1", "HTTP/1.1")
    assert (message.header("host"), message.header("content-length"), message.body_length) == ("example.test", "5", 5)
    assert (message.is_response, message.is_head_complete, message.problem) == (False, True, "")


def test_a_line_typed_by_hand_is_http_too() -> None:
    message = read(wire.over_ip(6, wire.tcp(b"GET / HTTP/1.0\n"))).application
    assert isinstance(message, Http)
    assert (message.first_line, message.is_head_complete) == ("GET / HTTP/1.0", False)


def test_an_http_answer_has_its_status() -> None:
    message = read(wire.over_ip(6, wire.tcp(b"HTTP/1.0 404 File not found\r\nServer: x\r\n\r\n"))).application
    assert isinstance(message, Http)
    assert (message.is_response, message.status, message.reason) == (True, 404, "File not found")


@pytest.mark.parametrize(
    "text", [b"hello\n", b"GET lost\n", b"GETTING HTTP/1.1\r\n", b"HTTP is text\r\n", b"\x16\x03\x01"]
)
def test_other_text_is_no_http(text: bytes) -> None:
    assert read(wire.over_ip(6, wire.tcp(text))).application is None


@pytest.mark.parametrize(
    ("protocol", "name"),
    [(2, "IGMP"), (47, "GRE"), (89, "OSPF"), (112, "VRRP"), (132, "SCTP"), (253, "IP protocol 253")],
)
def test_other_protocols_over_ip_are_named_and_counted(protocol: int, name: str) -> None:
    packet = read(wire.over_ip(protocol, b"\x02" * 24))
    last = packet.layers[-1]
    assert (last.name, last.size, last.problem, packet.protocol) == (name, 24, "", name)


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (wire.ethernet(0x88CC, bytes(20)), "LLDP"),
        (wire.ethernet(38, b"\x42\x42\x03" + bytes(35)), "STP"),
        (wire.ethernet(30, b"\xaa\xaa\x03\x00\x00\x0c\x20\x00" + bytes(22)), "CDP"),
        (wire.ethernet(0x4321, b"abc"), "EtherType 0x4321"),
        (wire.over_ip(6, wire.tcp(b"\xff" * 16 + b"\0\x13\x04", ports=(40000, 179))), "BGP"),
        (wire.over_ip(17, wire.udp(bytes(48), ports=(123, 123))), "NTP"),
    ],
)
def test_other_protocols_are_named(frame: bytes, name: str) -> None:
    assert (read(frame).protocol, read(frame).problem) == (name, "")


def test_a_vlan_tag_is_a_layer_of_its_own() -> None:
    packet = read(wire.tag(0x6005, 0x0800, wire.ipv4(17, wire.udp())))
    assert packet.layers[1] == Vlan(14, 4, 0x6005, 0x0800)
    assert (packet.layers[1].vlan, packet.layers[1].priority, packet.tags, packet.protocol) == (5, 3, 1, "UDP")


RAW = wire.ipv4(17, wire.udp(b"hi"))


@pytest.mark.parametrize(
    ("link_type", "data"),
    [
        (101, RAW),
        (12, RAW),
        (228, RAW),
        (0, b"\x02\0\0\0" + RAW),
        (0, b"\0\0\0\x02" + RAW),
        (108, b"\0\0\0\x02" + RAW),
        (113, struct.pack("!HHH8sH", 4, 1, 6, wire.mac(MAC_1), 0x0800) + RAW),
        (276, struct.pack("!HHIHBB8s", 0x0800, 0, 3, 1, 4, 6, wire.mac(MAC_1)) + RAW),
    ],
)
def test_every_kind_of_link_leads_to_the_same_packet(link_type: int, data: bytes) -> None:
    packet = read(data, link_type)
    assert (packet.src, packet.protocol, packet.payload, packet.problem) == (IP_1, "UDP", b"hi", "")


def test_the_cooked_header_keeps_direction_and_interface() -> None:
    data = struct.pack("!HHIHBB8s", 0x0806, 0, 3, 1, 4, 6, wire.mac(MAC_1)) + wire.arp(2)
    packet = read(data, 276)
    assert packet.layers[0] == Cooked(0, 20, 2, 4, 1, MAC_1, 0x0806, 3)
    assert (packet.src, packet.kind) == (MAC_1, "reply")


def test_a_link_that_is_not_read_is_named_for_that_packet() -> None:
    packet = read(b"\0\0\x10\0", 127)
    assert (
        packet.problem
        == "802.11 with radiotap header: packets of link type 127 (802.11 with radiotap header) are not read"
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "Ethernet: 0 of at least 14 bytes"),
        (wire.over_ip(17, wire.udp())[:20], "IPv4: 6 of at least 20 bytes"),
        (wire.ethernet(0x0800, b"\x65" + RAW[1:]), "IPv4: the version field says 6"),
        (wire.ethernet(0x0800, b"\x42" + RAW[1:]), "IPv4: a header length of 8 bytes"),
        (wire.ethernet(0x0800, RAW[:2] + b"\0\x10" + RAW[4:]), "IPv4: a total length of 16 bytes is less"),
        (wire.ethernet(0x0800, RAW[:2] + b"\x05\xdc" + RAW[4:]), "IPv4: a total length of 1500 bytes, but"),
        (wire.over_ip(17, b"\0\1\0\2\0\x04\0\0"), "UDP: a length of 4 bytes"),
        (wire.over_ip(17, b"\0\1\0\2\0\x40\0\0"), "UDP: a length of 64 bytes, but IP carries 8"),
        (wire.over_ip(6, wire.tcp()[:12]), "TCP: 12 of at least 20 header bytes"),
        (wire.over_ip(6, wire.tcp()[:12] + b"\xf0" + wire.tcp()[13:]), "TCP: a header length of 60 bytes"),
        (wire.over_ip(1, b"\x08\0"), "ICMP: 2 of at least 8 bytes"),
        (wire.ethernet(0x86DD, wire.ipv6(0, bytes([6, 9, *bytes(6)]))), "IPv6 hop-by-hop options: a length of 80"),
        (wire.ethernet(0x0806, wire.arp(1)[:20]), "ARP: 20 of at least 28 bytes"),
    ],
)
def test_a_malformed_packet_says_where_and_why(data: bytes, problem: str) -> None:
    assert read(data).problem.startswith(problem)


def test_a_packet_that_the_capture_cut_off_says_so() -> None:
    whole = wire.over_ip(6, wire.tcp(b"x" * 1000))
    packet = read(whole[:60], wire_length=len(whole))
    assert isinstance(packet.transport, Tcp)
    assert (packet.transport.length, packet.transport.problem, packet.wire_length) == (1000, "", 1054)
    assert packet.problem == "data: cut off by the capture: 6 of 1000 bytes were kept"


def test_every_field_has_its_bytes() -> None:
    data = wire.over_ip(6, wire.tcp(b"hello"))
    places = {
        field.name: data[field.at : field.at + field.size] for layer in read(data).layers for field in fields(layer)
    }
    assert places["ttl"] == b"\x40"
    assert places["window"] == struct.pack("!H", 64240)
    assert places["seq"] == struct.pack("!I", 1000)
    assert data[14:34] == wire.ipv4(6, wire.tcp(b"hello"))[:20]


def test_options_records_and_lines_are_fields_too() -> None:
    packet = read(wire.over_ip(6, wire.tcp(b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", options=bytes([2, 4, 5, 180]))))
    by_name = {
        field.name: packet.data[field.at : field.at + field.size] for layer in packet.layers for field in fields(layer)
    }
    assert by_name["maximum segment size"] == bytes([2, 4, 5, 180])
    assert by_name["first_line"] == b"GET / HTTP/1.0\r\n"
    assert by_name["Host"] == b"Host: a\r\n"


def test_layers_are_values() -> None:
    first, second = read(wire.over_ip(17, wire.udp())), read(wire.over_ip(17, wire.udp()))
    assert (first, hash(first)) == (second, hash(second))
    with pytest.raises(AttributeError):
        first.data = b""  # type: ignore[misc]
    assert isinstance(first.layers[0], Ethernet)
    assert not any(isinstance(layer, Other) for layer in first.layers)


def test_a_header_that_is_cut_off_tells_its_whole_length() -> None:
    segment = read(wire.over_ip(6, wire.tcp(options=b"\x01" * 20))[:58], wire_length=74).transport
    assert isinstance(segment, Tcp)
    assert (segment.size, segment.header_length) == (24, 40)
    assert next(field.value for field in fields(segment) if field.name == "size") == 40
    header = read(wire.ethernet(0x0800, wire.ipv4(17, b"", options=b"\x01" * 8))[:38], wire_length=42).network
    assert isinstance(header, Ipv4)
    assert (header.size, header.header_length) == (24, 28)


def test_four_bytes_of_icmpv6_tell_which_message_it_is() -> None:
    message = read(wire.ethernet(0x86DD, wire.ipv6(58, wire.icmp(128)))[:58], wire_length=62).transport
    assert isinstance(message, Icmp6)
    assert (message.type_name, message.size) == ("Echo (ping) request", 4)
    assert message.problem == "4 of at least 8 bytes are there"


def test_a_route_that_a_router_advertises_is_read() -> None:
    route = struct.pack("!BBBBI", 24, 2, 56, 8, 1800) + wire.ip("2001:db8:5::")[:8]
    message = read(wire.ethernet(0x86DD, wire.ipv6(58, wire.icmp(134, payload=bytes(8) + route)))).transport
    assert isinstance(message, Icmp6)
    assert (message.options[0].prefix, message.options[0].valid_s) == ("2001:db8:5::/56", 1800)


def test_ip_behind_a_snap_header_is_read_but_is_no_ethertype() -> None:
    body = b"\xaa\xaa\x03\0\0\0\x08\0" + wire.ipv4(17, wire.udp())
    packet = read(wire.ethernet(len(body), body))
    assert names(packet) == ["Ethernet", "LLC/SNAP", "IPv4", "UDP"]
    assert packet.ethertype == -1


def test_a_record_that_an_update_deletes_has_no_data() -> None:
    record = wire.name("a.test") + struct.pack("!HHIH", 1, 255, 0, 0)
    message = read(wire.over_ip(17, wire.udp(wire.dns(record, (0, 0, 1, 0), 0x2800), ports=(4000, 53)))).application
    assert isinstance(message, Dns)
    assert (message.authorities[0].value, message.authorities[0].problem) == ("", "")


def test_two_dns_messages_in_one_segment_are_both_read() -> None:
    two = b"".join(b"\0\x18" + wire.dns(wire.question(name)) for name in ("a.test", "b.test"))
    packet = read(wire.over_ip(6, wire.tcp(two + b"\0", ports=(4000, 53))))
    assert names(packet)[3:] == ["DNS", "DNS", "data"]
    assert isinstance(packet.application, Dns)
    assert packet.application.questions[0].name == "a.test"


def test_a_dhcp_option_in_two_parts_is_put_together() -> None:
    routes = b"".join(bytes([24, 203, 0, number]) + wire.ip(IP_1) for number in range(40))
    parts = bytes([121, 255]) + routes[:255] + bytes([121, len(routes) - 255]) + routes[255:]
    message = read(wire.over_ip(17, wire.udp(wire.dhcp(parts + b"\xff"), ports=(68, 67)))).application
    assert isinstance(message, Dhcp)
    assert message.option(121)[::39] == (f"203.0.0.0/24 via {IP_1}", f"203.0.39.0/24 via {IP_1}")
    assert [(option.name, len(option.values), option.problem) for option in message.options] == [
        ("classless static route", 40, ""),
        ("classless static route, continued", 0, ""),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"\x04test\0\x03www\xc0\x00", ("test", "www.test")),
        (b"\xc0\x00", (b"\xc0\x00".hex(),)),
        (b"\x09test", (b"\x09test".hex(),)),
    ],
)
def test_domains_to_search_are_read_where_they_make_sense(body: bytes, expected: tuple[str, ...]) -> None:
    option = bytes([119, len(body)]) + body
    message = read(wire.over_ip(17, wire.udp(wire.dhcp(option + b"\xff"), ports=(68, 67)))).application
    assert isinstance(message, Dhcp)
    assert message.option(119) == expected


def test_requests_that_follow_each_other_in_one_segment_are_all_read() -> None:
    text = b"POST /1 HTTP/1.1\r\ncontent-length: 2\r\n\r\nhiGET /2 HTTP/1.1\r\n\r\nmore"
    packet = read(wire.over_ip(6, wire.tcp(text)))
    assert names(packet)[3:] == ["HTTP", "data", "HTTP", "data"]
    heads = [layer for layer in packet.layers if isinstance(layer, Http)]
    assert [(head.target, head.body_length) for head in heads] == [("/1", 2), ("/2", 4)]
    assert packet.application == heads[0]


@pytest.mark.parametrize(
    ("text", "target"),
    [(b"GET /old\r\n", "/old"), (b"HEAD /a/long/path", "/a/long/path"), (b"GET /cut HTTP/1", "/cut")],
)
def test_a_request_line_without_a_version_is_a_request(text: bytes, target: str) -> None:
    message = read(wire.over_ip(6, wire.tcp(text))).application
    assert isinstance(message, Http)
    assert (message.target, message.version, message.is_head_complete) == (target, "", False)


def test_a_folded_header_line_is_one_line() -> None:
    message = read(wire.over_ip(6, wire.tcp(b"GET / HTTP/1.1\r\nX: one\r\n\ttwo\r\n\r\n"))).application
    assert isinstance(message, Http)
    assert (message.header("x"), len(message.headers), message.problem) == ("one two", 1, "")
