"""Tracked connections from the kernel's messages (ctnetlink, linux/netfilter/nfnetlink_conntrack.h); pure."""

import socket
from collections.abc import Mapping

from netshell.filters import Ends, Flow
from netshell.kernel import attributes
from netshell.kernel.rule_words import protocol

_FAMILY_HEADER = 4
_ORIGINAL, _REPLY, _STATUS, _PROTOCOL_INFO = 1, 2, 3, 4
_TUPLE_IP, _TUPLE_PROTOCOL = 1, 2
_SOURCE4, _DESTINATION4, _SOURCE6, _DESTINATION6 = 1, 2, 3, 4
_NUMBER, _SOURCE_PORT, _DESTINATION_PORT, _ICMP_ID, _ICMP6_ID = 1, 2, 3, 4, 7
_SEEN_REPLY, _ASSURED = 1 << 1, 1 << 2
_TCP_STATES = (
    "NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE",
    "SYN_SENT2",
)  # fmt: skip


def flow_of(body: bytes | memoryview) -> Flow | None:
    """An entry with its two directions; None for what has none."""
    held = _attributes(memoryview(body)[_FAMILY_HEADER:])
    if _ORIGINAL not in held or _REPLY not in held:
        return None
    original, number = _ends(held[_ORIGINAL])
    reply, _ = _ends(held[_REPLY])
    status = int.from_bytes(held.get(_STATUS, b""), "big")
    state = _tcp_state(held)
    if not state:
        state = "ASSURED" if status & _ASSURED else "" if status & _SEEN_REPLY else "UNREPLIED"
    return Flow(protocol(str(number)), original, reply, state)


def opener_of(body: bytes | memoryview) -> bytes:
    """The attribute with the direction of who opened it, header and all, by which the kernel knows an entry."""
    found = _attributes(memoryview(body)[_FAMILY_HEADER:])[_ORIGINAL]
    return attributes.packed(_ORIGINAL | attributes.NESTED, found)


def _attributes(data: memoryview) -> Mapping[int, memoryview]:
    return dict(attributes.attributes_in(data))


def _ends(data: memoryview) -> tuple[Ends, int]:
    """One direction, and its protocol's number."""
    held = _attributes(data)
    ips = _attributes(held.get(_TUPLE_IP, memoryview(b"")))
    ports = _attributes(held.get(_TUPLE_PROTOCOL, memoryview(b"")))
    source = ips.get(_SOURCE4) or ips.get(_SOURCE6) or memoryview(bytes(4))
    destination = ips.get(_DESTINATION4) or ips.get(_DESTINATION6) or memoryview(bytes(4))
    echo = ports.get(_ICMP_ID, ports.get(_ICMP6_ID))
    first = int.from_bytes(ports.get(_SOURCE_PORT, echo or b""), "big")
    second = int.from_bytes(ports.get(_DESTINATION_PORT, b""), "big")
    return Ends(_ip(source), _ip(destination), first, second), int.from_bytes(ports.get(_NUMBER, b""), "big")


def _ip(packed: memoryview) -> str:
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def _tcp_state(held: Mapping[int, memoryview]) -> str:
    told = _attributes(held.get(_PROTOCOL_INFO, memoryview(b"")))
    state = _attributes(told.get(1, memoryview(b""))).get(1)
    return _TCP_STATES[state[0]] if state and state[0] < len(_TCP_STATES) else ""
