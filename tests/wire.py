"""Packets from literal parts, for the tests of the reader: what a test does not say has a plain value."""

import struct
from ipaddress import ip_address

MAC_1, MAC_2 = "02:00:00:00:00:01", "02:00:00:00:00:02"
IP_1, IP_2 = "192.0.2.1", "192.0.2.2"
IP6_1, IP6_2 = "2001:db8::1", "2001:db8::2"


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def ip(text: str) -> bytes:
    return ip_address(text).packed


def ethernet(kind: int, payload: bytes, dst: str = MAC_2, src: str = MAC_1) -> bytes:
    return mac(dst) + mac(src) + struct.pack("!H", kind) + payload


def tag(vlan: int, kind: int, payload: bytes, outer: int = 0x8100) -> bytes:
    return ethernet(outer, struct.pack("!HH", vlan, kind) + payload)


def ipv4(
    protocol: int,
    payload: bytes,
    *,
    src: str = IP_1,
    dst: str = IP_2,
    part: int = 0,
    options: bytes = b"",
    ttl: int = 64,
) -> bytes:
    first, total = 0x45 + len(options) // 4, 20 + len(options) + len(payload)
    head = struct.pack("!BBHHHBBH", first, 0xB9, total, 0x1234, part, ttl, protocol, 0xBEEF)
    return head + ip(src) + ip(dst) + options + payload


def ipv6(following: int, payload: bytes, *, src: str = IP6_1, dst: str = IP6_2) -> bytes:
    return struct.pack("!IHBB", 0x6B912345, len(payload), following, 63) + ip(src) + ip(dst) + payload


def tcp(
    payload: bytes = b"", *, flags: int = 0x18, ports: tuple[int, int] = (40000, 80), options: bytes = b""
) -> bytes:
    offset = (5 + len(options) // 4) << 4
    return struct.pack("!HHIIBBHHH", *ports, 1000, 2000, offset, flags, 64240, 0xABCD, 7) + options + payload


def udp(payload: bytes = b"", *, ports: tuple[int, int] = (40000, 9)) -> bytes:
    return struct.pack("!HHHH", *ports, 8 + len(payload), 0x1111) + payload


def icmp(kind: int, code: int = 0, rest: int = 0x00070003, payload: bytes = b"") -> bytes:
    return struct.pack("!BBHI", kind, code, 0x2222, rest) + payload


def arp(operation: int, sender: str = IP_1, target: str = IP_2) -> bytes:
    return struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation) + mac(MAC_1) + ip(sender) + bytes(6) + ip(target)


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def dns(body: bytes, counts: tuple[int, int, int, int] = (1, 0, 0, 0), flags: int = 0x0100) -> bytes:
    return struct.pack("!HHHHHH", 0x1234, flags, *counts) + body


def question(text: str, kind: int = 1) -> bytes:
    return name(text) + struct.pack("!HH", kind, 1)


def record(kind: int, data: bytes, owner: bytes = b"\xc0\x0c", ttl: int = 60) -> bytes:
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def dhcp(options: bytes, op: int = 1, your: str = "0.0.0.0") -> bytes:
    head = struct.pack("!BBBBIHH", op, 1, 6, 0, 0xCAFE, 3, 0x8000)
    addresses = ip("0.0.0.0") + ip(your) + ip("0.0.0.0") + ip("0.0.0.0")
    return head + addresses + mac(MAC_1) + bytes(10) + bytes(192) + b"\x63\x82\x53\x63" + options


def over_ip(protocol: int, payload: bytes) -> bytes:
    return ethernet(0x0800, ipv4(protocol, payload))
