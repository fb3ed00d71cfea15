"""Traces from literal packets, for the tests of what is told and drawn of them: who sent what to whom, in order."""

from collections.abc import Iterable
from typing import NamedTuple

import wire

from netshell.facts import Crossing, End
from netshell.packets.trace import Observer, Seen

BEGIN_NS = 1_700_000_000_000_000_000


class Sent(NamedTuple):
    """One frame on one link; `way` is `ns1 ns2`, `?` for an end that is not known, empty for a capture file."""

    way: str
    data: bytes
    after_us: int = 10
    cut: int = 0
    """Bytes that the capture left out at the end."""


def end(name: str) -> End | None:
    if name in {"", "?"}:
        return None
    node, _, link = name.partition(":")
    return End(node, link or "eth0")


def trace(sent: Iterable[Sent], *, link_type: int = 1) -> tuple[Seen, ...]:
    observer, seen, time_ns = Observer(), [], BEGIN_NS
    for number, one in enumerate(sent, 1):
        sender, _, receiver = one.way.partition(" ")
        time_ns += one.after_us * 1000
        data = one.data[: len(one.data) - one.cut]
        crossing = Crossing(number, time_ns, end(sender), end(receiver), data, len(one.data), link_type)
        seen.append(observer.see(crossing))
    return tuple(seen)


def arp_request(dst: str = "ff:ff:ff:ff:ff:ff", target: str = wire.IP_2) -> bytes:
    return wire.ethernet(0x0806, wire.arp(1, target=target), dst=dst)


def arp_reply() -> bytes:
    return wire.ethernet(0x0806, wire.arp(2, sender=wire.IP_2, target=wire.IP_1))


def over_ip(protocol: int, payload: bytes, src: str = wire.IP_1, dst: str = wire.IP_2, ttl: int = 64) -> bytes:
    return wire.ethernet(0x0800, wire.ipv4(protocol, payload, src=src, dst=dst, ttl=ttl))


def ping(number: int, *, is_reply: bool = False, src: str = wire.IP_1, dst: str = wire.IP_2, ttl: int = 64) -> bytes:
    message = wire.icmp(0 if is_reply else 8, rest=0x00070000 | number, payload=b"x" * 8)
    return over_ip(1, message, src, dst, ttl)


def segment(
    flags: str,
    payload: bytes = b"",
    *,
    seq: int,
    ack: int = 0,
    is_answer: bool = False,
    ports: tuple[int, int] = (40000, 80),
    ends: tuple[str, str] = (wire.IP_1, wire.IP_2),
    ttl: int = 64,
) -> bytes:
    """A segment from the client to the server, or back; flags by their first letters: `SA`."""
    bits = sum(1 << "FSRPAU".index(letter) for letter in flags)
    head = wire.tcp(payload, flags=bits, ports=ports[::-1] if is_answer else ports)
    numbered = head[:4] + seq.to_bytes(4, "big") + ack.to_bytes(4, "big") + head[12:]
    src, dst = ends[::-1] if is_answer else ends
    return over_ip(6, numbered, src, dst, ttl)
