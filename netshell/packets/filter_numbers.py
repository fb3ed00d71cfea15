"""The arithmetic of a filter: numbers out of a packet's bytes, unsigned with 32 bits, as the kernel's filter has them.

Source: pcap-filter(7), `expr1 relop expr2`. A byte that a packet does not have makes the whole filter false for it.
"""

import operator
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from netshell.packets.filter_terms import Predicate, carries, ip_protocol, network_of
from netshell.packets.filter_words import ETHERNET_WORDS, LINK_PROTOCOLS, PROTOCOLS
from netshell.packets.headers import Ipv4
from netshell.packets.layers import Packet

Evaluator: TypeAlias = Callable[[Packet], int]

_MASK = 0xFFFFFFFF


class Outside(Exception):  # noqa: N818 - it ends the filter for one packet and is no error
    """The packet has no such byte, or the filter divides by zero."""


class Value(NamedTuple):
    """A number that is worked out for each packet, and what must hold for it to make sense."""

    of: Evaluator
    guards: tuple[Predicate, ...] = ()
    constant: int | None = None


OPERATORS: Mapping[str, tuple[int, Callable[[int, int], int]]] = {
    "|": (1, operator.or_),
    "^": (1, operator.xor),
    "&": (2, operator.and_),
    "<<": (3, lambda a, b: a << b if b < 32 else 0),
    ">>": (3, lambda a, b: a >> b if b < 32 else 0),
    "+": (4, operator.add),
    "-": (4, operator.sub),
    "*": (5, operator.mul),
    "/": (5, operator.floordiv),
    "%": (5, operator.mod),
}
"""How closely each binds, and what it does."""

RELATIONS: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}


def constant(number: int) -> Value:
    """A number."""
    number &= _MASK
    return Value(lambda _packet: number, (), number)


def length() -> Value:
    """The packet's length on the wire."""
    return Value(lambda packet: packet.wire_length)


def combined(sign: str, left: Value, right: Value) -> Value:
    """Two numbers joined by an operator."""
    calculate, first, second = OPERATORS[sign][1], left.of, right.of
    if left.constant is not None and right.constant is not None and not (sign in {"/", "%"} and right.constant == 0):
        return constant(calculate(left.constant, right.constant))

    def value(packet: Packet) -> int:
        try:
            return calculate(first(packet), second(packet)) & _MASK
        except ZeroDivisionError:
            raise Outside from None

    return Value(value, left.guards + right.guards)


def relation(sign: str, left: Value, right: Value) -> Predicate:
    """Two numbers compared. False, and not out of reach, where the packet is of another protocol."""
    compare, first, second, guards = RELATIONS[sign], left.of, right.of, left.guards + right.guards

    def holds(packet: Packet) -> bool:
        for guard in guards:
            if not guard(packet):
                return False
        return compare(first(packet), second(packet))

    return holds


def accessor(protocol: str, offset: Value, size: int, tags: int) -> Value:
    """`protocol[offset:size]`: bytes of a header. Those over IP are looked for in IPv4 only, ICMPv6 in IPv6."""
    guard, base = _place(protocol, tags)
    of = offset.of

    def value(packet: Packet) -> int:
        at = base(packet) + of(packet)
        data = packet.data[at : at + size]
        if len(data) < size:
            raise Outside
        return int.from_bytes(data, "big")

    return Value(value, (*offset.guards, *guard))


def _place(protocol: str, tags: int) -> tuple[tuple[Predicate, ...], Evaluator]:
    """What must hold for a header to be there, and where it begins."""
    if protocol in ETHERNET_WORDS:
        return (), lambda _packet: 0
    if protocol in LINK_PROTOCOLS:
        return (carries(LINK_PROTOCOLS[protocol], tags),), lambda packet: _network_at(packet, tags)
    number, versions = PROTOCOLS[protocol]
    if protocol == "icmp6":
        return (ip_protocol(number, versions, tags),), lambda packet: _network_at(packet, tags) + 40

    def is_there(packet: Packet) -> bool:
        network = network_of(packet, tags)
        return isinstance(network, Ipv4) and network.protocol == number and not network.part & 0x1FFF

    def place(packet: Packet) -> int:
        network = network_of(packet, tags)
        if not isinstance(network, Ipv4):
            raise Outside
        return network.at + network.size

    return (is_there,), place


def _network_at(packet: Packet, tags: int) -> int:
    network = network_of(packet, tags)
    if network is None:
        raise Outside
    return network.at
