"""Packets that are legal, or nearly, and rare: what textbook readers trip over. By link type, each with its name."""

import struct

import wire
from wire import IP6_1, IP6_2, IP_1, IP_2

ETHERNET, RAW, COOKED, COOKED_2, NULL, LOOP = 1, 101, 113, 276, 0, 108


def v6(following: int, payload: bytes) -> bytes:
    return wire.ethernet(0x86DD, wire.ipv6(following, payload))


def llc(head: bytes, body: bytes) -> bytes:
    return wire.ethernet(len(head + body), head + body).ljust(60, b"\0")


def dns(body: bytes, counts: tuple[int, int, int, int] = (1, 0, 0, 0), flags: int = 0x8180, port: int = 53) -> bytes:
    return wire.over_ip(17, wire.udp(wire.dns(body, counts, flags), ports=(port, port)))


def answer(*records: bytes, question: bytes = wire.question("a.test")) -> bytes:
    return dns(question + b"".join(records), (1, len(records), 0, 0))


def dhcp(options: bytes, *, file: bytes = b"", host: bytes = b"", op: int = 1) -> bytes:
    message = bytearray(wire.dhcp(options, op))
    message[44 : 44 + len(host)] = host
    message[108 : 108 + len(file)] = file
    return wire.over_ip(17, wire.udp(bytes(message), ports=(68, 67) if op == 1 else (67, 68)))


def http(text: bytes, ports: tuple[int, int] = (40000, 80)) -> bytes:
    return wire.over_ip(6, wire.tcp(text, ports=ports))


def syn(options: bytes) -> bytes:
    return wire.over_ip(6, wire.tcp(flags=2, options=options + bytes(-len(options) % 4)))


def extended(structure: bytes) -> bytes:
    """Time exceeded with an extension structure behind 128 bytes of the packet (RFC 4884)."""
    quoted = wire.ipv4(17, wire.udp(bytes(80)))[:128].ljust(128, b"\0")
    return wire.over_ip(1, wire.icmp(11, 0, 32 << 16, quoted + struct.pack("!BBH", 0x20, 0, 0) + structure))


INNER = wire.ipv4(17, wire.udp(b"inner"))
HOP, LAST = bytes([60, 0, 1, 4, 0, 0, 0, 0]), bytes([0, 1, 4, 0, 0, 0, 0])
ROUTED = bytes([17, 2, 0, 1, 0, 0, 0, 0]) + wire.ip(IP6_2)
TXT_LONG = b"\x00" + b"\xff" + b"x" * 255 + b'\x03a"b'
ROUTES = b"".join(bytes([24, 203, 0, number]) + wire.ip(IP_1) for number in range(40))
ROUTES_APART = bytes([121, 255]) + ROUTES[:255] + bytes([121, len(ROUTES) - 255]) + ROUTES[255:]
SEARCH = wire.name("example.test") + b"\x03www\xc0\x00" + wire.name("test")

ON_ETHERNET: dict[str, bytes] = {
    "SNAP with IPv4": llc(b"\xaa\xaa\x03\0\0\0\x08\0", INNER),
    "SNAP of Cisco": llc(b"\xaa\xaa\x03\0\0\x0c\x20\0", bytes(30)),
    "NetBIOS": llc(b"\xf0\xf0\x03", bytes(20)),
    "a length that is too long": wire.ethernet(1400, b"\x42\x42\x03" + bytes(43)),
    "PPPoE session": wire.ethernet(0x8864, bytes([0x11, 0, 0, 1, 0, len(INNER) + 2, 0, 0x21]) + INNER),
    "PPPoE discovery": wire.ethernet(0x8863, bytes([0x11, 9, 0, 0, 0, 4, 1, 1, 0, 0]) + bytes(36)),
    "MPLS": wire.ethernet(0x8847, struct.pack("!I", 100 << 12 | 1 << 8 | 64) + INNER),
    "GRE": wire.over_ip(47, struct.pack("!HH", 0, 0x0800) + INNER),
    "IPv4 in IPv4": wire.over_ip(4, INNER),
    "IPv6 in IPv4": wire.over_ip(41, wire.ipv6(17, wire.udp(b"inner"))),
    "a frame check sequence": wire.over_ip(17, wire.udp(b"hi")).ljust(60, b"\0") + b"\xde\xad\xbe\xef",
    "three tags": wire.tag(5, 0x8100, struct.pack("!HHHH", 6, 0x8100, 7, 0x0800) + INNER, outer=0x88A8),
    "a priority tag": wire.tag(0xE000, 0x0806, wire.arp(1)),
    "a tag before a length": wire.tag(7, 38, b"\x42\x42\x03" + bytes(43)),
    "ARP probe": wire.ethernet(0x0806, wire.arp(1, "0.0.0.0")),
    "RARP": wire.ethernet(0x8035, wire.arp(3)),
    "inverse ARP": wire.ethernet(0x0806, wire.arp(8)),
    "total length 0": wire.ethernet(0x0800, b"\x45\0\0\0" + wire.ipv4(6, wire.tcp(b"x" * 3000))[4:]),
    "record route": wire.ethernet(0x0800, wire.ipv4(1, wire.icmp(8), options=bytes([7, 7, 8, 1, 2, 3, 4, 0]))),
    "timestamps": wire.ethernet(0x0800, wire.ipv4(1, wire.icmp(8), options=bytes([68, 12, 13, 1]) + bytes(8))),
    "source route": wire.ethernet(0x0800, wire.ipv4(17, wire.udp(), options=bytes([131, 7, 4, 10, 0, 0, 1, 1]))),
    "options in all 40 bytes": wire.ethernet(0x0800, wire.ipv4(17, wire.udp(), options=b"\x01" * 40)),
    "a datagram shorter than IP says": wire.over_ip(17, wire.udp(b"hi") + b"behind it"),
    "a datagram of no bytes": wire.over_ip(17, wire.udp()),
    "no checksum": wire.over_ip(17, b"\x13\x88\x13\x89\0\x0a\0\0hi"),
    "UDP-Lite": wire.over_ip(136, wire.udp(b"hi")),
    "all flags": wire.over_ip(6, wire.tcp(flags=0xFF)),
    "no flags": wire.over_ip(6, wire.tcp(flags=0)),
    "fast open cookie": syn(bytes([2, 4, 5, 180, 34, 10]) + bytes(8)),
    "fast open asked for": syn(bytes([34, 2])),
    "fast open, experimental": syn(bytes([254, 4, 0xF9, 0x89])),
    "multipath": syn(bytes([30, 12, 0, 0x81]) + bytes(8)),
    "user timeout": syn(bytes([28, 4, 0x80, 5])),
    "MD5 signature": syn(bytes([19, 18]) + bytes(16)),
    "authentication": syn(bytes([29, 16, 1, 1]) + bytes(12)),
    "three gaps": wire.over_ip(6, wire.tcp(flags=16, options=bytes([1, 1, 5, 26]) + bytes(range(24)))),
    "options behind their end": syn(bytes([2, 4, 5, 180, 0, 3, 3, 7])),
    "an option without a length": syn(bytes([1, 1, 1, 8])),
    "scale of 14": syn(bytes([3, 3, 14, 1])),
    "a header of 60 bytes": syn(bytes([1] * 40)),
    "a chain of extensions": v6(0, HOP + bytes([43]) + LAST + ROUTED + wire.udp(b"hi")),
    "an atomic fragment": v6(44, struct.pack("!BBHI", 17, 0, 0, 9) + wire.udp(b"hi")),
    "a fragment behind options": v6(0, bytes([44]) + LAST + struct.pack("!BBHI", 17, 0, 8 | 1, 9) + bytes(16)),
    "authentication header": v6(51, bytes([17, 4, 0, 0]) + bytes(20) + wire.udp(b"hi")),
    "nothing behind it": v6(59, b""),
    "a jumbogram": wire.ethernet(0x86DD, b"\x60\0\0\0\0\0\0\x40" + wire.ipv6(0, b"")[8:])
    + bytes([17, 0, 0xC2, 4, 0, 1, 0, 8])
    + struct.pack("!HHHH", 9, 9, 0, 1)
    + bytes(40),
    "router alert to listeners": v6(0, bytes([58, 0, 5, 2, 0, 0, 1, 0]) + wire.icmp(131, 0, 0, wire.ip("ff02::1:3"))),
    "an address with IPv4 in it": wire.ethernet(0x86DD, wire.ipv6(17, wire.udp(), src="::ffff:192.0.2.1")),
    "an MPLS label that ICMP tells of": extended(struct.pack("!HBBI", 8, 1, 1, 100 << 12 | 1 << 8 | 1)),
    "redirect": wire.over_ip(1, wire.icmp(5, 1, 0xC0000263, wire.ipv4(17, wire.udp())[:28])),
    "fragmentation needed": wire.over_ip(1, wire.icmp(3, 4, 1400, wire.ipv4(6, wire.tcp())[:28])),
    "an unused ICMP type": wire.over_ip(1, wire.icmp(200)),
    "the root's servers": dns(b"\0\0\x02\0\x01" + wire.record(2, wire.name("a.root"), b"\0"), (1, 1, 0, 0)),
    "a pointer to a pointer": answer(wire.record(5, b"\x01b\xc0\x0e"), wire.record(1, wire.ip(IP_1), b"\xc0\x24")),
    "a name that points into itself": answer(wire.record(5, b"\xc0\x24")),
    "63 and 255 bytes of name": dns(wire.question(".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61]))),
    "in capitals": dns(wire.question("WwW.ExAmPlE.tEsT"), flags=0x0100),
    "a text in three": answer(wire.record(16, TXT_LONG)),
    "a start of authority": answer(
        wire.record(6, wire.name("ns.test") + wire.name("root.test") + struct.pack("!IIIII", 1, 2, 3, 4, 5))
    ),
    "another class": dns(wire.name("version.bind") + b"\0\x10\0\x03"),
    "a kind without a name": answer(wire.record(4711, b"abc")),
    "EDNS with a cookie": dns(
        wire.question("a.test") + b"\0\0\x29\x04\xd0\0\0\x80\0\0\x0c\0\x0a\0\x08" + bytes(8), (1, 0, 0, 1), 0x0120
    ),
    "notify": dns(wire.question("a.test", 6), flags=0x2400),
    "multicast, to be answered to one": dns(wire.name("a.local") + b"\0\x01\x80\x01", flags=0, port=5353),
    "multicast, the old to be forgotten": dns(
        wire.name("a.local") + b"\0\x01\x80\x01\0\0\0\x78\0\x04" + wire.ip(IP_1), (0, 1, 0, 0), 0x8400, 5353
    ),
    "two questions": dns(wire.question("a.test") + wire.question("b.test"), (2, 0, 0, 0)),
    "two messages in a segment": wire.over_ip(
        6,
        wire.tcp(
            b"\0\x18" + wire.dns(wire.question("a.test")) + b"\0\x18" + wire.dns(wire.question("b.test")),
            ports=(4000, 53),
        ),
    ),
    "discover with pads": dhcp(bytes([53, 1, 1, 0, 0, 0, 12, 3]) + b"abc\xff" + bytes(30)),
    "options in the names": dhcp(
        bytes([53, 1, 2, 52, 1, 3, 255]), file=bytes([3, 4, 192, 0, 2, 1, 255]), host=bytes([1, 4]) + b"\xff" * 5, op=2
    ),
    "routes in two options": dhcp(bytes([53, 1, 5]) + ROUTES_APART + b"\xff", op=2),
    "domains to search": dhcp(bytes([53, 1, 5, 119, len(SEARCH)]) + SEARCH + b"\xff", op=2),
    "a relay's information": dhcp(bytes([53, 1, 3, 82, 6, 1, 4]) + b"eth0\xff"),
    "decline": dhcp(bytes([53, 1, 4, 50, 4]) + wire.ip(IP_2) + b"\xff"),
    "inform": dhcp(bytes([53, 1, 8, 55, 2, 252, 6]) + b"\xff"),
    "BOOTP": wire.over_ip(17, wire.udp(wire.dhcp(b"")[:236] + bytes(64), ports=(68, 67))),
    "two requests at once": http(b"GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: b\r\n\r\n"),
    "a request with a body": http(b"POST /p HTTP/1.1\r\ncontent-length: 4\r\n\r\n\0\1\2\3"),
    "an absolute target": http(b"GET http://a.test:80/x?y#z HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    "the asterisk": http(b"OPTIONS * HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    "HTTP/0.9": http(b"GET /old\r\n"),
    "a bare status": http(b"HTTP/1.0 200 \r\n\r\n", (80, 40000)),
    "a binary body": http(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\0", (80, 40000)),
    "the middle of a body": http(b"<p>GET / HTTP/1.1\r\n", (80, 40000)),
}
ODD: dict[int, dict[str, bytes]] = {
    ETHERNET: ON_ETHERNET,
    RAW: {"IPv4": INNER, "IPv6": wire.ipv6(17, wire.udp(b"hi"))},
    COOKED: {
        "sent by us": struct.pack("!HHH8sH", 4, 1, 6, wire.mac(wire.MAC_1), 0x0800) + INNER,
        "no address": struct.pack("!HHH8sH", 0, 772, 0, b"", 0x0800) + INNER,
        "tagged": struct.pack("!HHH8sHHH", 0, 1, 6, wire.mac(wire.MAC_1), 0x8100, 5, 0x0800) + INNER,
        "802.3": struct.pack("!HHH8sH", 2, 1, 6, wire.mac(wire.MAC_1), 4) + b"\x42\x42\x03" + bytes(35),
    },
    COOKED_2: {
        "from another": struct.pack("!HxxIHBB8s", 0x0806, 7, 1, 1, 6, wire.mac(wire.MAC_1)) + wire.arp(1),
        "tagged": struct.pack("!HxxIHBB8sHH", 0x8100, 7, 1, 0, 6, wire.mac(wire.MAC_1), 5, 0x86DD)
        + wire.ipv6(17, wire.udp(b"hi"), src=IP6_1),
    },
    NULL: {"IPv4": b"\x02\0\0\0" + INNER, "IPv6 of macOS": b"\x1e\0\0\0" + wire.ipv6(17, wire.udp(b"hi"))},
    LOOP: {"IPv4": b"\0\0\0\x02" + INNER, "IPv6": b"\0\0\0\x18" + wire.ipv6(17, wire.udp(b"hi"))},
}

IN_TUNNELS = ("ip", "udp.")
DIFFERENT: dict[str, tuple[str, ...]] = {
    "PPPoE session": IN_TUNNELS,
    "MPLS": IN_TUNNELS,
    "GRE": IN_TUNNELS,
    "IPv4 in IPv4": IN_TUNNELS,
    "IPv6 in IPv4": IN_TUNNELS,
    "UDP-Lite": ("udp.",),
    "source route": ("ip.dst",),
    "an option without a length": ("tcp.option_kind",),
    "a name that points into itself": ("dns.cname",),
}
"""Where tshark's answer is another, and is meant to be: what is inside a tunnel is named by the tunnel and not read;
of a source route tshark tells the last stop, netshell what the header says; a broken option is told with its problem;
of a name that goes in circles tshark tells so in the name's place, netshell in the record's problem."""
