"""Conversations with one network namespace's kernel, in pyroute2's rtnetlink messages; it knows nothing of networks.

pyroute2 builds and reads the messages (netlink(7), rtnetlink(7)) but for those that a lab is built with, which come
packed, and what is `read`. The sockets are plain ones, opened after setns(2): its own cost a short-lived process each,
and an event loop. For the same reason there is a marshal with the six kinds that are read here in the place of its
`MarshalRtnl`, whose module imports those sockets.
"""

import errno
import socket
import struct
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, TypeVar

from pyroute2.netlink import (
    NETLINK_EXT_ACK,
    NLM_F_ACK,
    NLM_F_ACK_TLVS,
    NLM_F_DUMP,
    NLM_F_DUMP_INTR,
    NLM_F_REQUEST,
    NLMSG_DONE,
    NLMSG_ERROR,
    SOL_NETLINK,
    rtnl,
)
from pyroute2.netlink.marshal import Marshal
from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.nsidmsg import nsidmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

Message: TypeAlias = Any
"""One of pyroute2's messages: a mapping of its header and fields, with `get_attr` for its attributes."""

GROUPS = (
    rtnl.RTNLGRP_LINK,
    rtnl.RTNLGRP_NEIGH,  # bridge tables too
    rtnl.RTNLGRP_IPV4_IFADDR,
    rtnl.RTNLGRP_IPV6_IFADDR,
    rtnl.RTNLGRP_IPV4_ROUTE,
    rtnl.RTNLGRP_IPV6_ROUTE,
    rtnl.RTNLGRP_IPV4_NETCONF,
    rtnl.RTNLGRP_IPV6_NETCONF,
    rtnl.RTNLGRP_NSID,
    32,  # RTNLGRP_NEXTHOP, linux/rtnetlink.h
)
"""What a monitor listens to."""

_Read = TypeVar("_Read")

_HEADER = struct.Struct("=IHHII")
HEADER_BYTES = _HEADER.size
"""nlmsghdr: length, type, flags, sequence number, port; an error's number (nlmsgerr) stands behind it."""
_NUMBERS_AT = 8
"""From here on a header only numbers its message."""
_ERROR = struct.Struct("=i")
_LINK = struct.Struct("=B3xi")
"""The beginning of ifinfomsg: family, index."""
_RECEIVE_BYTES = 1 << 17
_BATCH = 100
_DUMP_TRIES = 10
_TIMEOUT_S = 5.0
_KEPT = 1024
"""So many of the kernel's messages are kept as they were read; three of four come again, byte for byte."""


class _Marshal(Marshal):  # type: ignore[misc] # pyroute2 is not typed
    msg_map = {  # noqa: RUF012 - as pyroute2 declares it
        rtnl.RTM_NEWLINK: ifinfmsg,
        rtnl.RTM_NEWADDR: ifaddrmsg,
        rtnl.RTM_NEWROUTE: rtmsg,
        rtnl.RTM_NEWNEIGH: ndmsg,
        rtnl.RTM_NEWNSID: nsidmsg,
        rtnl.RTM_NEWRULE: fibmsg,
    }


_MARSHAL = _Marshal()


def decoded(message: memoryview) -> Message:
    """A whole message, as pyroute2 reads it; not to be changed, since one that comes again is not read again."""
    return _decoded(bytes(message[:_NUMBERS_AT]), bytes(message[_HEADER.size :]))


@lru_cache(_KEPT)
def _decoded(head: bytes, body: bytes) -> Message:
    """A message without what numbers it: its sequence and port."""
    return next(iter(_MARSHAL.parse(head + bytes(_HEADER.size - _NUMBERS_AT) + body)))


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask of the kernel; `what` says it in words, for the person who is told when it is refused."""

    what: str
    type: int
    flags: int
    message: Message | bytes
    """pyroute2's, or what comes behind the header, packed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The kernel's no to a request; the reason in its own words (NLMSGERR_ATTR_MSG) where it gave any."""

    request: Request
    reason: str


class _Reply(NamedTuple):
    """One message of the kernel's."""

    kind: int
    flags: int
    sequence: int
    message: memoryview

    @property
    def error(self) -> int:
        """Where it says that something is done: 0 for yes, else a negative number of errno."""
        if self.kind != NLMSG_ERROR and not (self.kind == NLMSG_DONE and self.flags & NLM_F_ACK_TLVS):
            return 0
        number: int = _ERROR.unpack_from(self.message, _HEADER.size)[0]
        return number


def _replies_in(data: memoryview) -> Iterator[_Reply]:
    """The messages that came with one read."""
    while len(data) >= _HEADER.size:
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data)
        yield _Reply(kind, flags, sequence, data[:length])
        data = data[length + 3 & ~3 :]


class Conversation:
    """A netlink socket that belongs to the namespace this process stood in when it was made, and stays so."""

    def __init__(self) -> None:
        self._socket = _netlink_socket(groups=0)
        self._socket.settimeout(_TIMEOUT_S)
        self._socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self._sequence = 0

    def fileno(self) -> int:
        """The socket, also good for the ioctls of netdevice(7) in its namespace."""
        return self._socket.fileno()

    def close(self) -> None:
        """End the conversation."""
        self._socket.close()

    def dump(self, kind: int, question: Message) -> list[Message]:
        """Every object of a kind; asked again where it changed in the midst of the answer.

        Raises OSError where the kernel refuses, EOPNOTSUPP for a protocol it does not have.
        """
        return self._whole(kind, question, decoded)

    def read(self, kind: int, question: bytes, reader: Callable[[memoryview], _Read]) -> list[_Read]:
        """As `dump`, each message read by the caller: it gets what stands behind the header."""
        return self._whole(kind, question, lambda message: reader(message[_HEADER.size :]))

    def _whole(self, kind: int, question: Message | bytes, reader: Callable[[memoryview], _Read]) -> list[_Read]:
        found: list[_Read] = []
        for _ in range(_DUMP_TRIES):
            found, is_consistent = self._dump_once(kind, question, reader)
            if is_consistent:
                break
        return found

    def _dump_once(
        self, kind: int, question: Message | bytes, reader: Callable[[memoryview], _Read]
    ) -> tuple[list[_Read], bool]:
        sequence = self._send([(kind, NLM_F_DUMP, question)])
        found: list[_Read] = []
        is_consistent = True
        for reply in self._replies(sequence, sequence):
            if reply.flags & NLM_F_DUMP_INTR:
                is_consistent = False
            if reply.kind in {NLMSG_DONE, NLMSG_ERROR}:
                self._raise_for(reply)
                break
            found.append(reader(reply.message))
        return found, is_consistent

    def ask(self, kind: int, question: Message) -> Message:
        """The one object that a question names. Raises OSError where there is none."""
        sequence = self._send([(kind, 0, question)])
        reply = next(self._replies(sequence, sequence))
        self._raise_for(reply)
        return decoded(reply.message)

    def carry_out(self, requests: Sequence[Request]) -> list[Refusal]:
        """Have the kernel do a list of things in order, a hundred a system call; what it refused, and why."""
        refusals: list[Refusal] = []
        for start in range(0, len(requests), _BATCH):
            refusals += self._carry_out(requests[start : start + _BATCH])
        return refusals

    def _carry_out(self, requests: Sequence[Request]) -> list[Refusal]:
        *others, final = ((request.type, request.flags, request.message) for request in requests)
        kind, flags, message = final
        last = self._send([*others, (kind, flags | NLM_F_ACK, message)])
        first = last - len(requests) + 1
        refusals: list[Refusal] = []
        for reply in self._replies(first, last):
            if reply.error:
                reason = decoded(reply.message)["header"]["error"].args[1]
                refusals.append(Refusal(requests[reply.sequence - first], str(reason)))
            if reply.sequence == last:
                break
        return refusals

    def _send(self, wanted: Sequence[tuple[int, int, Message | bytes]]) -> int:
        """Send messages with sequence numbers in a row; gives the last one."""
        packed = bytearray()
        for kind, flags, message in wanted:
            self._sequence += 1
            if isinstance(message, bytes):
                length = _HEADER.size + len(message)
                packed += _HEADER.pack(length, kind, NLM_F_REQUEST | flags, self._sequence, 0) + message
                continue
            message["header"].update(type=kind, flags=NLM_F_REQUEST | flags, sequence_number=self._sequence)
            message.reset()
            message.encode()
            packed += message.data
        self._socket.send(packed)
        return self._sequence

    def _replies(self, first: int, last: int) -> Iterator[_Reply]:
        """What the kernel says to the requests of these numbers; what is left of an answer given up is passed over."""
        while True:
            for reply in _replies_in(memoryview(self._socket.recv(_RECEIVE_BYTES))):
                if first <= reply.sequence <= last:
                    yield reply

    def _raise_for(self, reply: _Reply) -> None:
        if reply.error:
            raise OSError(*decoded(reply.message)["header"]["error"].args)


class News(NamedTuple):
    """What a monitor heard."""

    kinds: Collection[int]
    """Of which types messages came, RTM_NEWLINK and so on."""
    links: Mapping[int, memoryview]
    """The last RTM_NEWLINK message for each link, by its index."""
    has_missed: bool
    """More was said than could be kept (ENOBUFS)."""

    def __bool__(self) -> bool:
        return bool(self.kinds) or self.has_missed


class Monitor:
    """A socket that hears what changes in the namespace this process stood in when it was made."""

    def __init__(self) -> None:
        self._socket = _netlink_socket(groups=sum(1 << (group - 1) for group in GROUPS))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Readable when something changed."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()

    def drain(self) -> News:
        """What was heard since the last time.

        No more is read of it than what it is about: a lab being built is told of by ten messages for each link.
        """
        kinds: set[int] = set()
        links: dict[int, memoryview] = {}
        has_missed = False
        while True:
            try:
                data = memoryview(self._socket.recv(_RECEIVE_BYTES))
            except BlockingIOError:
                return News(kinds, links, has_missed)
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                has_missed = True
                continue
            for reply in _replies_in(data):
                kinds.add(reply.kind)
                if reply.kind == rtnl.RTM_NEWLINK:
                    family, index = _LINK.unpack_from(reply.message, _HEADER.size)
                    if family == socket.AF_UNSPEC:  # a bridge tells of its ports once more, as a family of their own
                        links[index] = reply.message


def _netlink_socket(*, groups: int) -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    opened.bind((0, groups))
    return opened
