"""Conversations with one network namespace's kernel, in pyroute2's rtnetlink messages; it knows nothing of networks.

pyroute2 builds and reads every message (netlink(7), rtnetlink(7)). The sockets are plain ones, opened after setns(2):
its own cost a short-lived process each, and an event loop. For the same reason there is a marshal with the six kinds
that are read here in the place of its `MarshalRtnl`, whose module imports those sockets.
"""

import errno
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from pyroute2.netlink import (
    NETLINK_EXT_ACK,
    NLM_F_ACK,
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

_RECEIVE_BYTES = 1 << 17
_BATCH = 100
_DUMP_TRIES = 10
_TIMEOUT_S = 5.0


class _Answers(Marshal):  # type: ignore[misc] # pyroute2 is not typed
    msg_map = {  # noqa: RUF012 - as pyroute2 declares it
        rtnl.RTM_NEWLINK: ifinfmsg,
        rtnl.RTM_NEWADDR: ifaddrmsg,
        rtnl.RTM_NEWROUTE: rtmsg,
        rtnl.RTM_NEWNEIGH: ndmsg,
        rtnl.RTM_NEWNSID: nsidmsg,
        rtnl.RTM_NEWRULE: fibmsg,
    }


class _News(Marshal):  # type: ignore[misc] # as above
    """Of all but links no more is read than the header: it is enough that they moved."""

    msg_map = {rtnl.RTM_NEWLINK: ifinfmsg}  # noqa: RUF012 - as above


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to ask of the kernel; `what` says it in words, for the person who is told when it is refused."""

    what: str
    type: int
    flags: int
    message: Message


@dataclass(frozen=True, slots=True)
class Refusal:
    """The kernel's no to a request; the reason in its own words (NLMSGERR_ATTR_MSG) where it gave any."""

    request: Request
    reason: str


class Conversation:
    """A netlink socket that belongs to the namespace this process stood in when it was made, and stays so."""

    def __init__(self) -> None:
        self._socket = _netlink_socket(groups=0)
        self._socket.settimeout(_TIMEOUT_S)
        self._socket.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self._marshal = _Answers()
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
        found: list[Message] = []
        for _ in range(_DUMP_TRIES):
            found, is_consistent = self._dump_once(kind, question)
            if is_consistent:
                break
        return found

    def _dump_once(self, kind: int, question: Message) -> tuple[list[Message], bool]:
        sequence = self._send([(kind, NLM_F_DUMP, question)])
        found: list[Message] = []
        is_consistent = True
        for reply in self._replies(sequence, sequence):
            header = reply["header"]
            if header["flags"] & NLM_F_DUMP_INTR:
                is_consistent = False
            if header["type"] in {NLMSG_DONE, NLMSG_ERROR}:
                _raise_for(reply)
                break
            found.append(reply)
        return found, is_consistent

    def ask(self, kind: int, question: Message) -> Message:
        """The one object that a question names. Raises OSError where there is none."""
        sequence = self._send([(kind, 0, question)])
        reply = next(self._replies(sequence, sequence))
        _raise_for(reply)
        return reply

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
            number, error = reply["header"]["sequence_number"], reply["header"]["error"]
            if error is not None:
                refusals.append(Refusal(requests[number - first], str(error.args[1])))
            if number == last:
                break
        return refusals

    def _send(self, wanted: Sequence[tuple[int, int, Message]]) -> int:
        """Send messages with sequence numbers in a row; gives the last one."""
        packed = bytearray()
        for kind, flags, message in wanted:
            self._sequence += 1
            message["header"].update(type=kind, flags=NLM_F_REQUEST | flags, sequence_number=self._sequence)
            message.reset()
            message.encode()
            packed += message.data
        self._socket.send(packed)
        return self._sequence

    def _replies(self, first: int, last: int) -> Iterator[Message]:
        """What the kernel says to the requests of these numbers; what is left of an answer given up is passed over."""
        while True:
            for reply in self._marshal.parse(self._socket.recv(_RECEIVE_BYTES)):
                if first <= reply["header"]["sequence_number"] <= last:
                    yield reply


class Monitor:
    """A socket that hears what changes in the namespace this process stood in when it was made."""

    def __init__(self) -> None:
        self._socket = _netlink_socket(groups=sum(1 << (group - 1) for group in GROUPS))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._socket.setblocking(False)
        self._marshal = _News()

    def fileno(self) -> int:
        """Readable when something changed."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hear no more."""
        self._socket.close()

    def drain(self) -> tuple[Mapping[int, list[Message]], bool]:
        """What was heard, by message type; and whether more was said than could be kept (ENOBUFS)."""
        heard: dict[int, list[Message]] = {}
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
            for message in self._marshal.parse(data):
                heard.setdefault(message["header"]["type"], []).append(message)


def _netlink_socket(*, groups: int) -> socket.socket:
    opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    opened.bind((0, groups))
    return opened


def _raise_for(reply: Message) -> None:
    error = reply["header"]["error"]
    if error is not None:
        raise OSError(*error.args)
