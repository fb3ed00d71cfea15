"""A capture file of any length, made from a seed: what hosts of a small network say to each other and to servers.

Web pages, names looked up, ARP, pings, a port scan here and there; in Ethernet, with the usual options and payloads.
"""

import random
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

_HEADER = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1)
_BEGIN_S = 1_700_000_000
_GAP_US = 900
_SEGMENT = 1448
_FIN, _SYN, _RST, _PSH, _ACK = 1, 2, 4, 8, 16


def write_capture(path: Path, packets: int, seed: int) -> int:
    """Write a pcap file of so many packets; its size in bytes."""
    record, time_us = struct.Struct("<IIII"), 0
    with path.open("wb") as stream:
        stream.write(_HEADER)
        for frame in islice(_frames(random.Random(seed)), packets):
            stream.write(record.pack(_BEGIN_S + time_us // 1_000_000, time_us % 1_000_000, len(frame), len(frame)))
            stream.write(frame)
            time_us += _GAP_US
        return stream.tell()


def _frames(chance: random.Random) -> Iterator[bytes]:
    """Conversations one after the other, without end."""
    kinds: tuple[Callable[[random.Random, int], Iterator[bytes]], ...] = (_page, _names, _arp, _ping, _refused)
    while True:
        (kind,) = chance.choices(kinds, (10, 12, 8, 5, 1))
        yield from kind(chance, chance.randrange(1, 200))


def _page(chance: random.Random, host: int) -> Iterator[bytes]:
    """One connection from SYN to FIN: a request, and an answer of up to 40 kB."""
    here, there = (_host(host), chance.randrange(32768, 60999)), (_server(chance), chance.choice((80, 80, 80, 443, 22)))
    mine, yours = chance.randrange(1 << 31), chance.randrange(1 << 31)
    yield _tcp(here, there, mine, 0, _SYN, options=b"\x02\x04\x05\xb4\x04\x02\x08\x0a" + bytes(8) + b"\x01\x03\x03\x07")
    yield _tcp(there, here, yours, mine + 1, _SYN | _ACK, options=b"\x02\x04\x05\xb4\x01\x03\x03\x07")
    yield _tcp(here, there, mine + 1, yours + 1, _ACK)
    path = chance.randrange(10_000)
    request = f"GET /page/{path} HTTP/1.1\r\nHost: www{host}.example\r\nAccept: text/html, */*\r\n\r\n".encode()
    request = request if there[1] == 80 else chance.randbytes(len(request))
    yield _tcp(here, there, mine + 1, yours + 1, _PSH | _ACK, request)
    mine += 1 + len(request)
    yield _tcp(there, here, yours + 1, mine, _ACK)
    size = int(chance.paretovariate(1.1) * 2_000) % 40_000
    head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {size}\r\n\r\n".encode()
    answer = (head if there[1] == 80 else b"") + chance.randbytes(size)
    yours += 1
    for number, at in enumerate(range(0, len(answer), _SEGMENT)):
        piece = answer[at : at + _SEGMENT]
        yield _tcp(there, here, yours, mine, _ACK | (_PSH if len(piece) < _SEGMENT else 0), piece)
        yours += len(piece)
        if number % 2:
            yield _tcp(here, there, mine, yours, _ACK)
    yield _tcp(here, there, mine, yours, _FIN | _ACK)
    yield _tcp(there, here, yours, mine + 1, _FIN | _ACK)
    yield _tcp(here, there, mine + 1, yours + 1, _ACK)


def _names(chance: random.Random, host: int) -> Iterator[bytes]:
    """A name looked up: the question and an answer with one to three addresses."""
    here, there = (_host(host), chance.randrange(32768, 60999)), (_host(253), 53)
    ident = chance.randrange(1 << 16)
    parts = (b"www%d" % host, b"zone%d" % chance.randrange(99), b"example")
    name = b"".join(bytes([len(part)]) + part for part in parts)
    question = name + b"\0" + struct.pack("!HH", 1, 1)
    count = chance.randrange(1, 4)
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 300, 4)
    yield _udp(here, there, struct.pack("!HHHHHH", ident, 0x0100, 1, 0, 0, 0) + question)
    head = struct.pack("!HHHHHH", ident, 0x8180, 1, count, 0, 0)
    yield _udp(there, here, head + question + b"".join(record + _server(chance) for _ in range(count)))


def _arp(_chance: random.Random, host: int) -> Iterator[bytes]:
    here, there = _host(host), _host(254)
    head = struct.pack("!HHBB", 1, 0x0800, 6, 4)
    asked = head + struct.pack("!H", 1) + _mac(here) + here + bytes(6) + there
    told = head + struct.pack("!H", 2) + _mac(there) + there + _mac(here) + here
    yield b"\xff" * 6 + _mac(here) + b"\x08\x06" + asked
    yield _mac(here) + _mac(there) + b"\x08\x06" + told + bytes(18)


def _ping(chance: random.Random, host: int) -> Iterator[bytes]:
    here, there, ident = _host(host), _server(chance), chance.randrange(1 << 16)
    for number in range(1, 4):
        for kind, ends in ((8, (here, there)), (0, (there, here))):
            message = struct.pack("!BBHHH", kind, 0, 0, ident, number) + bytes(range(56))
            yield _ip(1, *ends, message[:2] + struct.pack("!H", _checksum(message)) + message[4:])


def _refused(chance: random.Random, host: int) -> Iterator[bytes]:
    """A port after the other is knocked at; nobody listens."""
    first = chance.randrange(1, 60_000)
    for port in range(first, first + 4):
        here, there, seq = (_host(host), 40_000), (_host(253), port), chance.randrange(1 << 31)
        yield _tcp(here, there, seq, 0, _SYN)
        yield _tcp(there, here, 0, seq + 1, _RST | _ACK)


_End = tuple[bytes, int]


def _host(number: int) -> bytes:
    return bytes((192, 0, 2, number))


def _server(chance: random.Random) -> bytes:
    return bytes((198, 51, 100, chance.randrange(1, 255)))


def _mac(address: bytes) -> bytes:
    return b"\x02\x00" + (address if address[:3] == b"\xc0\x00\x02" else _host(254))


def _tcp(  # noqa: PLR0917 - in the order of the header
    here: _End, there: _End, seq: int, ack: int, flags: int, data: bytes = b"", options: bytes = b""
) -> bytes:
    options = options or b"\x01\x01\x08\x0a" + struct.pack("!II", seq & 0xFFFFFF, ack & 0xFFFFFF)
    offset, seq, ack = (20 + len(options)) // 4 << 4, seq % (1 << 32), ack % (1 << 32)
    head = struct.pack("!HHIIBBHHH", here[1], there[1], seq, ack, offset, flags, 502, 0, 0) + options
    return _checked(6, 16, here[0], there[0], head + data)


def _udp(here: _End, there: _End, data: bytes) -> bytes:
    return _checked(17, 6, here[0], there[0], struct.pack("!HHHH", here[1], there[1], 8 + len(data), 0) + data)


def _checked(protocol: int, at: int, src: bytes, dst: bytes, segment: bytes) -> bytes:
    """A segment or datagram with its checksum in place (RFC 9293, 3.1: over a pseudo-header too)."""
    value = _checksum(src + dst + struct.pack("!HH", protocol, len(segment)) + segment)
    return _ip(protocol, src, dst, segment[:at] + struct.pack("!H", value) + segment[at + 2 :])


def _ip(protocol: int, src: bytes, dst: bytes, payload: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0) + src + dst
    head = head[:10] + struct.pack("!H", _checksum(head)) + head[12:]
    return _mac(dst) + _mac(src) + b"\x08\x00" + head + payload


def _checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071): numbers modulo 0xffff are sums with the carry brought round."""
    return 0xFFFF - int.from_bytes(data + bytes(len(data) % 2), "big") % 0xFFFF
