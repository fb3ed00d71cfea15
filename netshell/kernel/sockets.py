"""The TCP and UDP sockets of one network namespace, read by sock_diag(7); it knows nothing of processes.

The kernel tells nobody when a socket is opened. What is cheap to ask (4 µs) is how many there are of each sort, from
/proc/net/sockstat: where there are none, nothing else is read, and the table of all connections, which the kernel goes
through bucket by bucket for every namespace (0.2 ms), only where something may be in it.

Messages are packed by hand: pyroute2's module for them imports its own sockets, and an event loop with them.
"""

import os
import re
import socket
import struct
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Literal, NamedTuple

from netshell.facts import Socket
from netshell.kernel.attributes import attributes_in

STATES: Mapping[int, str] = {
    1: "ESTAB", 2: "SYN-SENT", 3: "SYN-RECV", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT", 7: "UNCONN",
    8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING",
}  # fmt: skip
"""The kernel's numbers (net/tcp_states.h), as ss calls them."""

_LISTENING = 1 << 10
_CONNECTED = 0xFFF & ~_LISTENING

_NETLINK_SOCK_DIAG = 4
_TCPDIAG_GETSOCK, _BY_FAMILY = 18, 20
_DUMP_REQUEST = 0x301
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=IHHII")
_BODY = struct.Struct("=BBxx2s2s16s16sI8x16xI")
"""inet_diag_msg: family, state, ports, addresses, interface; the inode behind what is of no interest here."""
_V6ONLY = 11
_RECEIVE_BYTES = 1 << 17
_COUNTERS_BYTES = 1024
_TIMEOUT_S = 5.0
_MAPPED = bytes(10) + b"\xff\xff"

# inet_diag_req: family and lengths, the socket's id, states, cursor. It is the older question, but the only one that
# goes through the table of connections once for both families.
_TCP_QUESTION = struct.Struct("=4x48xII")
# inet_diag_req_v2: family, protocol, extensions, states, the socket's id.
_UDP_QUESTION = struct.Struct("=BBxxI48x")


class RawSocket(NamedTuple):
    """A socket as its own namespace numbers it: the process and the interface are numbers still."""

    socket: Socket
    inode: int
    """By which a process holds it; 0 where none does."""
    link_index: int
    """The interface that it is bound to; 0 for none."""


class Counts(NamedTuple):
    """How many sockets a namespace has."""

    tcp: int
    closing: int
    """In TIME-WAIT."""
    udp4: int
    udp6: int


NO_SOCKETS = Counts(0, 0, 0, 0)
_UNKNOWN = Counts(1, 1, 1, 1)
"""Where the kernel does not say: everything is asked for."""


_NONE4 = re.compile(rb"sockets:.*\nTCP: inuse 0 orphan \d+ tw 0 .*\nUDP: inuse 0 ").match
_NONE6 = b"TCP6: inuse 0\nUDP6: inuse 0\n"


class SocketReader:
    """Belongs to the namespace that the process stood in when it was made, and stays so."""

    def __init__(self) -> None:
        self._counters: list[int] = []
        self._talk = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_SOCK_DIAG)
        self._talk.bind((0, 0))
        self._talk.settimeout(_TIMEOUT_S)
        self._sequence = 0
        for name in ("sockstat", "sockstat6"):
            with suppress(OSError):  # a kernel without IPv6 has no second one
                self._counters.append(os.open(f"/proc/self/net/{name}", os.O_RDONLY | os.O_CLOEXEC))

    def close(self) -> None:
        """Let go of the namespace."""
        self._talk.close()
        for fd in self._counters:
            os.close(fd)

    def count(self) -> Counts:
        """How many there are now: two reads of /proc."""
        try:
            told = b"".join([os.pread(fd, _COUNTERS_BYTES, 0) for fd in self._counters])
        except OSError:
            return _UNKNOWN
        return counts_in(told)

    def waiting(self, counts: Counts) -> list[RawSocket]:
        """Those that listen, and all of UDP."""
        found: list[RawSocket] = []
        if counts.tcp:
            found += self._dump(_TCPDIAG_GETSOCK, _TCP_QUESTION.pack(_LISTENING, 0), "tcp")
        for family, number in ((socket.AF_INET, counts.udp4), (socket.AF_INET6, counts.udp6)):
            if number:
                found += self._dump(_BY_FAMILY, _UDP_QUESTION.pack(family, socket.IPPROTO_UDP, 0xFFF), "udp")
        return found

    def connected(self) -> list[RawSocket]:
        """TCP sockets that have another end, in whatever state."""
        return self._dump(_TCPDIAG_GETSOCK, _TCP_QUESTION.pack(_CONNECTED, 0), "tcp")

    def _dump(self, kind: int, question: bytes, protocol: Literal["tcp", "udp"]) -> list[RawSocket]:
        """Every socket that fits; none where this kernel has no sock_diag for the protocol."""
        self._sequence += 1
        header = _HEADER.pack(_HEADER.size + len(question), kind, _DUMP_REQUEST, self._sequence, 0)
        with suppress(OSError):
            self._talk.send(header + question)
            return [raw for message in self._answers() if (raw := socket_of(message, protocol)) is not None]
        return []

    def _answers(self) -> Iterator[memoryview]:
        """The bodies of the messages of the last answer. Raises OSError where the kernel refuses."""
        while True:
            data = memoryview(self._talk.recv(_RECEIVE_BYTES))
            while len(data) >= _HEADER.size:
                length, kind, _, sequence, _ = _HEADER.unpack_from(data)
                body, data = data[_HEADER.size : length], data[length + 3 & ~3 :]
                if sequence != self._sequence:
                    continue
                if kind == _DONE:
                    return
                if kind == _ERROR:
                    number = -int.from_bytes(body[:4], sys.byteorder, signed=True)
                    raise OSError(number, os.strerror(number))
                yield body


def socket_of(message: bytes | memoryview, protocol: Literal["tcp", "udp"]) -> RawSocket | None:
    """An inet_diag_msg with its attributes; None for one that is not bound to a port."""
    family, state, sport, dport, src, dst, link, inode = _BODY.unpack_from(message)
    local_port, remote_port = int.from_bytes(sport, "big"), int.from_bytes(dport, "big")
    if not local_port:
        return None
    read = Socket(
        protocol=protocol,
        family=4 if family == socket.AF_INET else 6,
        local=_address(family, src),
        local_port=local_port,
        remote=_address(family, dst) if remote_port else "",
        remote_port=remote_port,
        state=STATES.get(state, str(state)),
        is_v6only=_is_v6only(message),
    )
    return RawSocket(read, inode, link)


def _address(family: int, packed: bytes) -> str:
    if family == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, packed[:4])
    if packed.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET, packed[12:])
    return socket.inet_ntop(socket.AF_INET6, packed)


def _is_v6only(message: bytes | memoryview) -> bool:
    held = attributes_in(memoryview(message)[_BODY.size :])
    return any(value[0] for kind, value in held if kind == _V6ONLY and value)


def counts_in(told: bytes) -> Counts:
    """What /proc/net/sockstat and sockstat6 say, one behind the other; the second may be missing."""
    if _NONE4(told) and (_NONE6 in told or b"TCP6:" not in told):
        return NO_SOCKETS  # most namespaces: then nothing is taken apart
    words = told.split()
    if b"TCP:" not in words:
        return _UNKNOWN
    tcp = _number_behind(words, b"TCP:", 2) + _number_behind(words, b"TCP6:", 2)
    udp4, udp6 = (_number_behind(words, name, 2) for name in (b"UDP:", b"UDP6:"))
    return Counts(tcp, _number_behind(words, b"tw", 1), udp4, udp6)


def _number_behind(words: list[bytes], name: bytes, places: int) -> int:
    try:
        return int(words[words.index(name) + places])
    except (ValueError, IndexError):
        return 0
