"""Traces that no honest network carries, the same ones for the same seed: damaged, disturbed, made up, or full of text
that a terminal would obey.
"""

import random
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import wire
from oracle import CAPTURES, packets
from test_packets_fuzz import TELLING, damaged

from netshell.facts import Crossing, End
from netshell.packets.names import LINK_TYPES

ESCAPES: tuple[bytes, ...] = (
    b"\x1b]52;c;cm0gLXJm\x07",
    b"\x1b]0;owned\x1b\\",
    b"\x1b[2J\x1b[H\x1b[?1049h",
    b"\x1b[6n\x1b[c\x05",
    b"\x1bP+q544e\x1b\\",
    b"\x1bc\x0e\x1b(0",
    b"\x9b31m\x9d52;c;aGk=\x9c",
    b"\xc2\x9b2J\xc2\x9d0;x\xc2\x9c\xc2\x85",
    b"\r\n\x0b\x0c\x08\x7f\x00",
    "\u202etxt.exe\u202c\u2066\u200f".encode(),
    "\u2028\u2029\ufeff\u200b\u00ad".encode(),
    "e\u0301\u0301\u0301\u0300 漢字 \U0001f600\u200d\U0001f468 \uff21".encode(),
    "\U000e0041\ue000\uffff\U0010ffff".encode(),
    b"\xed\xa0\x80\xff\xfe\xc0\xaf\xf8\x88",
    b"%s%n${IFS}[bold red]x[/]\t\t",
)
"""What would reach a clipboard, a title, a screen or a keyboard; what turns text round, hides, or is none at all."""
NODES = ("ns1", "r1", "ns2", "sw1", "a-rather-long-name", "漢字", "n\x1b[31m\udcff\u202e")
"""A namespace may be called anything that a file may be called."""
LINKS = ("eth0", "eth1", "p1", "e\x1b]0;x\x07")
PORTS = (22, 53, 67, 68, 69, 80, 123, 443, 5353, 8080, 33434, 40000)
_ETHERTYPES = (0x0800, 0x0800, 0x86DD, 0x0806, 0x8100, 0x88A8, 0x8847, 0x8863, 0x8864, 0x88CC, 0x0100, 0x0000, 0xFFFF)
_BEGIN_NS = 1_700_000_000_000_000_000

Bare = tuple[bytes, int, int]
"""A frame's bytes, its link type, and its length on the wire."""


def trace_of(seed: int, number: int, count: int) -> tuple[Crossing, ...]:
    """The trace of that number from that seed: so many crossings, numbered from `number * count + 1`."""
    chance = random.Random(f"{seed}/{number}")
    maker = chance.choice(_MAKERS)
    bare = maker(chance, count)
    ends = _ends(chance)
    time_ns, crossings = _BEGIN_NS + number * 10**9, []
    for at, (data, link_type, length) in enumerate(bare, number * count + 1):
        time_ns += chance.choice((0, 1, 1000, 20_000, 10**6, 10**9, -5000 if chance.random() < 0.1 else 300))
        sender, receiver = ends(at)
        crossings.append(Crossing(at, time_ns, sender, receiver, data, length, link_type))
    return tuple(crossings)


def _ends(chance: random.Random) -> Callable[[int], tuple[End | None, End | None]]:
    """Who sends to whom: nobody known, as in a file; along a chain of nodes and back; or anybody to anybody."""
    style = chance.randrange(4)
    nodes = chance.sample(NODES, chance.randint(2, len(NODES)))
    hops = [(End(a, chance.choice(LINKS)), End(b, chance.choice(LINKS))) for a, b in pairwise(nodes)]
    hops += [(b, a) for a, b in reversed(hops)]
    every = [None, *(End(node, link) for node in nodes for link in LINKS)]

    def ends(at: int) -> tuple[End | None, End | None]:
        if style == 0:
            return None, None
        if style == 1:
            one = chance.choice(every)
            return one, one if chance.random() < 0.2 else chance.choice(every)
        return hops[at % len(hops)]

    return ends


def _damaged(chance: random.Random, count: int) -> list[Bare]:
    return list(damaged(count, chance.randrange(1 << 60)))


@cache
def _captures() -> tuple[tuple[Bare, ...], ...]:
    return tuple(
        tuple((packet.data, packet.link_type, packet.wire_length) for packet in packets(path)) for path in CAPTURES
    )


def _disturbed(chance: random.Random, count: int) -> list[Bare]:
    """Real traces from somewhere on, with frames lost, doubled, late, changed, or passed on with a smaller TTL."""
    found: list[Bare] = []
    while len(found) < count:
        real = chance.choice(_captures())
        begin = chance.randrange(len(real))
        for data, link_type, length in real[begin : begin + chance.randint(2, 120)]:
            one = (_changed(chance, data) if chance.random() < 0.15 else data, link_type, length)
            match chance.randrange(12):
                case 0:
                    continue
                case 1:
                    found += [one] * chance.randint(1, 4)
                case 2 if found:
                    found.insert(chance.randrange(max(len(found) - 10, 0), len(found) + 1), one)
                case 3 | 4 | 5:
                    found += [one, (_passed_on(data), link_type, length)]
                case _:
                    found.append(one)
    return found[:count]


def _changed(chance: random.Random, data: bytes) -> bytes:
    """A few bytes others than they were, or words for a terminal somewhere in it."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4) if changed else 0):
        if chance.random() < 0.4:
            text, at = chance.choice(ESCAPES), chance.randrange(len(changed))
            changed[at : at + len(text)] = text[: len(changed) - at]
        else:
            changed[chance.randrange(min(len(changed), 80))] = chance.choice([*TELLING, chance.randrange(256)])
    return bytes(changed)


def _passed_on(data: bytes) -> bytes:
    """As a router would send it on: with another TTL, where it is IPv4 on Ethernet."""
    if data[12:14] != b"\x08\x00" or len(data) < 34 or not data[22]:
        return data
    return data[6:12] + data[:6] + data[12:22] + bytes([data[22] - 1]) + data[23:]


def _random(chance: random.Random, count: int) -> list[Bare]:
    """Bytes at random, alone or behind headers that promise something."""
    found = []
    for _ in range(count):
        body = chance.randbytes(chance.choice([0, 1, 7, 20, 60, 200, 1400]))
        ports = chance.choice(PORTS), chance.choice(PORTS)
        link_type = 1
        match chance.randrange(8):
            case 0:
                data, link_type = body, chance.choice([*LINK_TYPES, 9999])
            case 1:
                data = wire.ethernet(chance.choice(_ETHERTYPES), body)
            case 2:
                data = wire.over_ip(chance.randrange(256), body)
            case 3:
                data = wire.ethernet(0x86DD, wire.ipv6(chance.choice([0, 6, 17, 43, 44, 50, 51, 58, 59, 60]), body))
            case 4:
                data = wire.over_ip(17, wire.udp(body, ports=ports))
            case 5:
                data = wire.over_ip(6, wire.tcp(body, flags=chance.randrange(256), ports=ports))
            case 6:
                data = wire.over_ip(1, wire.icmp(chance.randrange(20), chance.randrange(16), payload=body))
            case _:
                data = wire.ethernet(0x86DD, wire.ipv6(58, wire.icmp(chance.randrange(256), 0, payload=body)))
        found.append((data, link_type, len(data) + chance.choice([0, 0, 0, 1000])))
    return found


def _speaking(chance: random.Random, count: int) -> list[Bare]:
    """Well-formed packets whose every text is written for a terminal."""
    found = []
    for _ in range(count):
        text = b"".join(chance.choices(ESCAPES, k=chance.randint(1, 4)))
        data = chance.choice(_SPEAKERS)(text, chance)
        found.append((data, 1, len(data)))
    return found


def _label(text: bytes) -> bytes:
    return bytes([min(len(text), 63)]) + text[:63]


def _option(number: int, text: bytes) -> bytes:
    return bytes([number, min(len(text), 255)]) + text[:255]


def _dns(text: bytes, chance: random.Random) -> bytes:
    name = _label(text) + _label(text[::-1]) + b"\0"
    asked = name + bytes([0, chance.choice([1, 5, 16, 28, 255]), 0, 1])
    kind = chance.choice([2, 5, 6, 12, 15, 16, 33, 257])
    said = wire.record(kind, chance.choice([_label(text), name, text, b"\0\x0a" + name]))
    is_answer = chance.random() < 0.6
    message = wire.dns(asked + said * is_answer, (1, int(is_answer), 0, 0), 0x8180 if is_answer else 0x0100)
    return wire.over_ip(17, wire.udp(message, ports=(53, 4000) if is_answer else (4000, 53)))


def _dhcp(text: bytes, chance: random.Random) -> bytes:
    options = bytes([53, 1, chance.randint(1, 9)])
    options += b"".join(_option(number, text) for number in chance.sample((12, 14, 15, 17, 43, 56, 60, 61, 66, 81), 4))
    message = bytearray(wire.dhcp(options + b"\xff", chance.choice([1, 2])))
    message[44:108] = text[:64].ljust(64, b"\0")
    return wire.over_ip(17, wire.udp(bytes(message), ports=chance.choice([(68, 67), (67, 68)])))


def _http(text: bytes, chance: random.Random) -> bytes:
    line = chance.choice([b"GET /%b HTTP/1.1", b"%b / HTTP/1.1", b"HTTP/1.1 404 %b", b"GET / %b", b"HTTP/1.1 %b"])
    head = line.replace(b"%b", text) + b"\r\nHost: " + text + b"\r\n" + text + b": " + text + b"\r\n\r\n" + text
    return wire.over_ip(6, wire.tcp(head, ports=chance.choice([(40000, 80), (80, 40000)])))


def _said(text: bytes, chance: random.Random) -> bytes:
    ports = chance.choice(PORTS), chance.choice(PORTS)
    if chance.random() < 0.5:
        return wire.over_ip(17, wire.udp(text, ports=ports))
    return wire.over_ip(6, wire.tcp(text, ports=ports))


def _echoed(text: bytes, chance: random.Random) -> bytes:
    kind = chance.choice([0, 3, 5, 8, 11, 12])
    return wire.over_ip(1, wire.icmp(kind, chance.randrange(4), payload=wire.ipv4(17, wire.udp(text)) + text))


def _named(text: bytes, chance: random.Random) -> bytes:
    """Beside IP: LLDP, spanning tree, SNAP and what has no name, addresses and options of text."""
    return chance.choice(
        [
            wire.ethernet(0x88CC, bytes([10, min(len(text), 255)]) + text[:255] + b"\0\0"),
            wire.ethernet(len(text) + 3, b"\x42\x42\x03" + text),
            wire.ethernet(len(text) + 8, b"\xaa\xaa\x03\0\0\x0c\x20\0" + text),
            wire.ethernet(chance.randrange(0x600, 0x10000), text),
            wire.ethernet(0x0806, (text * 9)[:28]),
            wire.ethernet(0x0800, wire.ipv4(6, wire.tcp(text), options=(text * 9)[:40])),
            wire.over_ip(6, wire.tcp(text, options=(text * 9)[:40])),
            (text * 9)[:80],
        ]
    )


_SPEAKERS = (_dns, _dhcp, _http, _said, _echoed, _named)
_MAKERS: Sequence[Callable[[random.Random, int], list[Bare]]] = (_damaged, _disturbed, _disturbed, _random, _speaking)
