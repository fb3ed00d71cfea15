"""rtnetlink messages as bytes, and conversations with one network namespace's kernel; it knows nothing of networks.

Message layout: netlink(7) and rtnetlink(7). Attributes stay bytes until somebody asks for one: a link carries some
fifty, of which a snapshot needs nine, and decoding them all takes thirty times as long.
"""

import errno
import os
import socket
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

NEWLINK, DELLINK, GETLINK = 16, 17, 18
NEWADDR, GETADDR = 20, 22
NEWROUTE, GETROUTE = 24, 26
GETNEIGH = 30
NEWNETCONF, DELNETCONF = 80, 81
NEWNSID, DELNSID, GETNSID = 88, 89, 90
"""Message types, linux/rtnetlink.h."""

ACK, CREATE, EXCL = 0x4, 0x400, 0x200
"""Flags of a request, netlink(7)."""

GROUPS = (1, 3, 5, 7, 9, 11, 24, 25, 28, 32)
"""RTNLGRP_*: links, neighbours (and fdb), IPv4 and IPv6 addresses and routes, their settings, nsids, next hops."""

_ERROR, _DONE = 2, 3
_REQUEST, _DUMP, _DUMP_INTERRUPTED, _ACK_TLVS = 0x1, 0x300, 0x10, 0x200
_SOL_NETLINK, _CAP_ACK, _EXT_ACK = 270, 10, 11
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_TYPE_MASK = 0x3FFF
_RECEIVE_BYTES = 1 << 17
_BATCH = 100
_DUMP_TRIES = 10
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask of the kernel; `what` says it in words, for the person who is told when it is refused."""

    what: str
    type: int
    flags: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Refusal:
    """The kernel's no to a request."""

    request: Request
    errno: int
    detail: str
    """The kernel's own words (NLMSGERR_ATTR_MSG), often empty."""

    @property
    def reason(self) -> str:
        """Why, in one line."""
        return self.detail or os.strerror(self.errno)


def attribute(kind: int, data: bytes) -> bytes:
    """One attribute with its header, padded to four bytes."""
    return _ATTRIBUTE.pack(4 + len(data), kind) + data + b"\0" * (-len(data) & 3)


def attributes(data: bytes, offset: int = 0) -> dict[int, bytes]:
    """The attributes from `offset` on, by type. What is cut short is left out."""
    found = {}
    end = len(data)
    while offset + 4 <= end:
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < 4 or offset + length > end:
            break
        found[kind & _TYPE_MASK] = data[offset + 4 : offset + length]
        offset += (length + 3) & ~3
    return found


def messages(data: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Each message of a datagram: type, flags, sequence number, body."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            break
        yield kind, flags, sequence, data[offset + _HEADER.size : offset + length]
        offset += (length + 3) & ~3


class Conversation:
    """A netlink socket that belongs to the namespace this process stood in when it was made, and stays so."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))
        self._socket.settimeout(_TIMEOUT_S)
        self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
        self._socket.setsockopt(_SOL_NETLINK, _EXT_ACK, 1)
        self._sequence = 0

    def fileno(self) -> int:
        """The socket, also good for the ioctls of netdevice(7) in its namespace."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the conversation."""
        self._socket.close()

    def dump(self, kind: int, body: bytes) -> list[bytes]:
        """Every object of a kind, as bodies of messages; asked again where it changed in the midst of the answer.

        Raises OSError where the kernel refuses, EOPNOTSUPP for a protocol it does not have.
        """
        found: list[bytes] = []
        for _ in range(_DUMP_TRIES):
            found, is_consistent = self._dump_once(kind, body)
            if is_consistent:
                break
        return found

    def _dump_once(self, kind: int, body: bytes) -> tuple[list[bytes], bool]:
        sequence = self._send([(kind, _DUMP, body)])
        found: list[bytes] = []
        is_consistent = True
        while True:
            for reply, flags, number, content in messages(self._socket.recv(_RECEIVE_BYTES)):
                if number != sequence:
                    continue  # left over from an answer that was given up
                if flags & _DUMP_INTERRUPTED:
                    is_consistent = False
                if reply in {_DONE, _ERROR}:
                    _raise_for(content)
                    return found, is_consistent
                found.append(content)

    def ask(self, kind: int, body: bytes) -> bytes:
        """The one object that a request names. Raises OSError where there is none."""
        sequence = self._send([(kind, 0, body)])
        while True:
            for reply, _, number, content in messages(self._socket.recv(_RECEIVE_BYTES)):
                if number == sequence:
                    if reply == _ERROR:
                        _raise_for(content)
                    return content

    def carry_out(self, requests: Sequence[Request]) -> list[Refusal]:
        """Have the kernel do a list of things in order, a hundred a system call; what it refused, and why."""
        refusals: list[Refusal] = []
        for start in range(0, len(requests), _BATCH):
            refusals += self._carry_out(requests[start : start + _BATCH])
        return refusals

    def _carry_out(self, requests: Sequence[Request]) -> list[Refusal]:
        wanted = [(request.type, request.flags, request.body) for request in requests]
        kind, flags, body = wanted[-1]
        last = self._send([*wanted[:-1], (kind, flags | ACK, body)])
        first = last - len(requests) + 1
        refusals: list[Refusal] = []
        while True:
            for reply, flags, number, content in messages(self._socket.recv(_RECEIVE_BYTES)):
                if reply != _ERROR or not first <= number <= last:
                    continue
                code = -struct.unpack_from("=i", content)[0]
                if code:
                    refusals.append(Refusal(requests[number - first], code, _detail(flags, content)))
                if number == last:
                    return refusals

    def _send(self, wanted: Sequence[tuple[int, int, bytes]]) -> int:
        """Send requests with sequence numbers in a row; gives the last one."""
        packed = []
        for kind, flags, body in wanted:
            self._sequence += 1
            length = _HEADER.size + len(body)
            packed.append(_HEADER.pack(length, kind, _REQUEST | flags, self._sequence, 0))
            packed.append(body + b"\0" * (-length & 3))
        self._socket.send(b"".join(packed))
        return self._sequence


def _raise_for(content: bytes) -> None:
    code = -struct.unpack_from("=i", content)[0] if len(content) >= 4 else 0
    if code > 0:
        raise OSError(code, os.strerror(code))


def _detail(flags: int, content: bytes) -> str:
    """The text of an extended acknowledgement: attribute 1, behind the error and the request's header."""
    if not flags & _ACK_TLVS:
        return ""
    return attributes(content, 4 + _HEADER.size).get(1, b"").rstrip(b"\0").decode(errors="replace")


class Monitor:
    """A socket that hears what changes in the namespace this process stood in when it was made."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.setblocking(False)
        self._socket.bind((0, sum(1 << (group - 1) for group in GROUPS)))

    def fileno(self) -> int:
        """Readable when something changed."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()

    def drain(self) -> tuple[Mapping[int, list[bytes]], bool]:
        """What was heard, bodies by message type; and whether more was said than could be kept (ENOBUFS)."""
        heard: dict[int, list[bytes]] = {}
        has_missed = False
        while True:
            try:
                data = self._socket.recv(_RECEIVE_BYTES)
            except BlockingIOError:
                return heard, has_missed
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                has_missed = True
                continue
            for kind, _, _, body in messages(data):
                heard.setdefault(kind, []).append(body)
