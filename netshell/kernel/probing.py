"""One packet of netshell's own, sent to learn whether a way works, and what it left in the nodes taken back.

A ping is an echo request whose payload is a token. A try at a TCP port is a single SYN, and the kernel resets what
comes back by itself, since no socket waits for it (RFC 9293, 3.5.2): the program that listens there is never told.
Counters of interfaces and rules have moved afterwards; nothing can turn them back.
"""

import select
import socket
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, suppress

from pyroute2.netlink import NLM_F_CREATE, NLM_F_REPLACE, rtnl
from pyroute2.netlink.rtnl import ndmsg

from netshell.facts import Outcome, Probe, Probed
from netshell.kernel.netlink import Message, Request
from netshell.kernel.observer import Observer, Station
from netshell.namespaces.names import Namespaces

_PATIENCE_S = 0.6
"""So long an answer is waited for. Within a lab it takes less than one millisecond, over slow links some tens."""
_ECHO: Mapping[int, tuple[int, int]] = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}
"""Types of the echo request and reply."""
_ICMP: Mapping[int, int] = {socket.AF_INET: socket.IPPROTO_ICMP, socket.AF_INET6: socket.IPPROTO_ICMPV6}
_ERRORS: Mapping[int, frozenset[int]] = {socket.AF_INET: frozenset({3, 11, 12}), socket.AF_INET6: frozenset({1, 3, 4})}
_SYN, _RST, _ACK = 2, 4, 16
_TCP = struct.Struct("!HHIIBBHHH")
_WINDOW = 64240
_IPV6_CHECKSUM = 7
"""linux/in6.h: the kernel sums up what leaves a raw socket."""
_ANY_PORT = 9
_AF_BRIDGE = 7
_INCOMPLETE, _PERMANENT = 1, 128

_Left = Mapping[tuple[object, ...], Message]
"""Entries of the neighbour and bridge tables, by what they are about."""


class Prober:
    """Sends probes from nodes, one at a time."""

    def __init__(self, namespaces: Namespaces, observer: Observer) -> None:
        self._namespaces = namespaces
        self._observer = observer

    def probe(self, wanted: Probe) -> Probed:
        """Send it, wait for what comes back, and take back what it left. Raises UserError without such a node."""
        self._observer.follow()
        stations = tuple(self._observer.stations.values())
        before = [_tables(station) for station in stations]
        since_ns = time.time_ns()
        with self._namespaces.enter(wanted.node):
            outcome = _asked(wanted)
        ips: set[str] = set()
        for station, had in zip(stations, before, strict=True):
            ips |= _put_back(station, had)
            station.filters.drop_flows(wanted.mark)
        return Probed(outcome, since_ns, time.time_ns(), frozenset(ips))


def _asked(wanted: Probe) -> Outcome:
    family = socket.AF_INET6 if ":" in wanted.to else socket.AF_INET
    with ExitStack() as kept:
        try:
            control = kept.enter_context(closing(_raw(family, _ICMP[family])))
            if wanted.protocol == "icmp":
                control.sendto(_echo_request(family, wanted), (wanted.to, 0))
                return _heard(wanted, family, control, None)
            port = kept.enter_context(closing(_raw(family, socket.IPPROTO_TCP)))
            if family == socket.AF_INET6:
                port.setsockopt(socket.IPPROTO_IPV6, _IPV6_CHECKSUM, 16)
            port.sendto(_syn(family, wanted), (wanted.to, 0))
            return _heard(wanted, family, control, port)
        except OSError:  # no route, no such address here
            return "unsent"


def _raw(family: int, protocol: int) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
    opened.setblocking(False)
    return opened


def _echo_request(family: int, wanted: Probe) -> bytes:
    head = struct.pack("!BBHHH", _ECHO[family][0], 0, 0, wanted.mark, 1)
    payload = (wanted.token * (wanted.size // len(wanted.token) + 1))[: wanted.size]
    checksum = _checksum(head + payload) if family == socket.AF_INET else 0  # of IPv6 the kernel makes it
    return head[:2] + checksum.to_bytes(2, "big") + head[4:] + payload


def _syn(family: int, wanted: Probe) -> bytes:
    seq = int.from_bytes(wanted.token[:4], "big")
    bare = _TCP.pack(wanted.mark, wanted.port, seq, 0, _TCP.size // 4 << 4, _SYN, _WINDOW, 0, 0)
    if family == socket.AF_INET6:
        return bare
    with closing(socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)) as chooser:
        chooser.connect((wanted.to, _ANY_PORT))  # sends nothing: the kernel chooses the source address
        source = chooser.getsockname()[0]
    ends = socket.inet_aton(source) + socket.inet_aton(wanted.to)
    checksum = _checksum(ends + struct.pack("!HH", socket.IPPROTO_TCP, len(bare)) + bare)
    return bare[:16] + checksum.to_bytes(2, "big") + bare[18:]


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    total: int = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _heard(wanted: Probe, family: int, control: socket.socket, port: socket.socket | None) -> Outcome:
    end = time.monotonic() + _PATIENCE_S
    poll = select.poll()
    sockets = {each.fileno(): each for each in (control, port) if each is not None}
    for fd in sockets:
        poll.register(fd, select.POLLIN)
    while (left := end - time.monotonic()) > 0:
        for fd, _ in poll.poll(left * 1000):
            with suppress(BlockingIOError):
                data = _message(family, sockets[fd].recv(1 << 16))
                found = _of_icmp(wanted, family, data) if fd == control.fileno() else _of_tcp(wanted, data)
                if found:
                    return found
    return "silent"


def _message(family: int, data: bytes) -> bytes:
    """What IP carries: of IPv4 a raw socket gets the header, too (raw(7))."""
    return data[(data[0] & 15) * 4 :] if family == socket.AF_INET and data else data


def _of_icmp(wanted: Probe, family: int, data: bytes) -> Outcome | None:
    if len(data) < 8:
        return None
    if wanted.protocol == "icmp" and data[0] == _ECHO[family][1] and data[4:6] == wanted.mark.to_bytes(2, "big"):
        return "answered"
    ports = wanted.mark.to_bytes(2, "big") + wanted.port.to_bytes(2, "big")
    is_own = wanted.token in data if wanted.protocol == "icmp" else ports + wanted.token[:4] in data
    return "refused" if data[0] in _ERRORS[family] and is_own else None


def _of_tcp(wanted: Probe, data: bytes) -> Outcome | None:
    if len(data) < _TCP.size:
        return None
    source, to, _, _, _, flags, *_ = _TCP.unpack_from(data)
    if (source, to) != (wanted.port, wanted.mark) or not flags & (_RST | _ACK):
        return None
    return "refused" if flags & _RST else "opened" if flags & _SYN else None


def _tables(station: Station) -> _Left:
    return {key: message for message in _entries(station) if (key := _key(message))}


def _entries(station: Station) -> Iterator[Message]:
    yield from station.talk.dump(rtnl.RTM_GETNEIGH, ndmsg.ndmsg())
    if any(link.kind == "bridge" for link in station.links.values()):
        yield from station.talk.dump(rtnl.RTM_GETNEIGH, ndmsg.ndmsg().load({"family": _AF_BRIDGE}))


def _key(message: Message) -> tuple[object, ...]:
    about = "NDA_LLADDR" if message["family"] == _AF_BRIDGE else "NDA_DST"
    value = message.get_attr(about)
    return (message["family"], message["ifindex"], value, message.get_attr("NDA_VLAN")) if value else ()


def _put_back(station: Station, before: _Left) -> set[str]:
    """Take away entries that were not there, and set back those that have come to another state; their IP addresses."""
    requests, ips = [], set()
    for key, message in _tables(station).items():
        had = before.get(key)
        is_bridge = message["family"] == _AF_BRIDGE
        if had is None:
            requests.append(_request(message, rtnl.RTM_DELNEIGH, 0, message["state"], is_bridge=is_bridge))
        elif not is_bridge and had["state"] != message["state"] and had["state"] not in {_INCOMPLETE, _PERMANENT}:
            requests.append(_request(had, rtnl.RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, had["state"]))
        else:
            continue
        if not is_bridge:
            ips.add(str(key[2]))
    if requests:
        station.talk.carry_out(requests)  # what has gone by itself meanwhile is refused, and that is right
    return ips


def _request(message: Message, kind: int, flags: int, state: int, *, is_bridge: bool = False) -> Request:
    names = ("NDA_LLADDR", "NDA_VLAN") if is_bridge else ("NDA_DST", "NDA_LLADDR")
    attrs = [(name, value) for name in names if (value := message.get_attr(name)) is not None]
    values = {"family": message["family"], "ifindex": message["ifindex"], "state": state, "attrs": attrs}
    if is_bridge:
        values["flags"] = ndmsg.NTF_MASTER
    return Request("what a probe has left", kind, flags, ndmsg.ndmsg().load(values))
