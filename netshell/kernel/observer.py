"""Snapshots of all namespaces, each read again only where its kernel said that something moved.

It keeps a netlink conversation and a monitor open in every namespace. Neighbours and bridge tables are read every
time: the kernel does not tell of each step in a neighbour's life. Sockets are counted every time, and read where there
are any.
"""

import os
import socket
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from pyroute2.netlink import rtnl
from pyroute2.netlink.rtnl.fibmsg import fibmsg
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.ndmsg import ndmsg
from pyroute2.netlink.rtnl.nsidmsg import nsidmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from netshell.facts import End, FdbEntry, Node, Route, Rule, Snapshot
from netshell.kernel import decode, devices, netlink, packing, readiness
from netshell.kernel.decode import RawLink
from netshell.kernel.filters import FilterReader
from netshell.kernel.netlink import Message
from netshell.kernel.programs import Programs
from netshell.kernel.readiness import Progress
from netshell.kernel.sockets import NO_SOCKETS, Counts, RawSocket, SocketReader
from netshell.namespaces.names import Namespaces

SYSCTLS = ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.ipv4.conf.all.rp_filter")
"""The settings that a snapshot holds; RTM_NEWNETCONF tells when one of them changes."""

_SKIP_STATISTICS = 8
"""RTEXT_FILTER_SKIP_STATS, linux/rtnetlink.h: counters are most of a link's bytes, and no fact."""
_AF_BRIDGE = 7
_RTM_F_CLONED = 0x200
"""Cached copies of routes, linux/rtnetlink.h."""

_Fact = TypeVar("_Fact")


@dataclass(slots=True)
class Station:
    """One namespace under observation."""

    fd: int
    talk: netlink.Conversation
    monitor: netlink.Monitor
    reader: SocketReader
    filters: FilterReader
    links: dict[int, RawLink] = field(default_factory=dict)
    node: Node = field(default_factory=lambda: Node(""))
    nsids: dict[int, int] = field(default_factory=dict)
    """What this namespace calls others: its nsid to their inode."""
    settled: set[int] = field(default_factory=set)
    """Indexes of the links whose offloads were switched off when they were first seen."""
    counts: Counts = NO_SOCKETS
    """How many sockets there were when they were last counted."""
    is_stale: bool = True
    has_stale_sysctls: bool = True

    def settle(self, link: str, index: int) -> None:
        """Switch the offloads of a new cable off, once: a learner may switch them on again."""
        if index not in self.settled:
            self.settled.add(index)
            devices.switch_offloads_off(self.talk.fileno(), link)

    def close(self) -> None:
        """Leave the namespace to itself."""
        self.talk.close()
        self.monitor.close()
        self.reader.close()
        self.filters.close()
        os.close(self.fd)


class Observer:
    """Every namespace of the private machine, watched.

    `on_open` and `on_close` are told of each station, so that the caller can poll its monitor.
    """

    def __init__(
        self,
        namespaces: Namespaces,
        on_open: Callable[[int, Station], None],
        on_close: Callable[[int, Station], None],
        programs: Programs,
    ) -> None:
        self.more_sysctls: tuple[str, ...] = ()
        """Settings that are read each time, since the kernel tells of no change in them."""
        self._namespaces = namespaces
        self._programs = programs
        self._on_open = on_open
        self._on_close = on_close
        self.stations: dict[int, Station] = {}
        """By the namespace's inode."""
        self.follow()

    def follow(self) -> None:
        """Open stations in new namespaces, close those of gone ones."""
        if not self._namespaces.refresh() and self.stations:
            return
        distinct = self._namespaces.distinct()
        gone = self.stations.keys() - distinct.keys()
        for inode in gone:
            station = self.stations.pop(inode)
            self._on_close(inode, station)
            station.close()
        if gone:
            for station in self.stations.values():
                station.nsids = {nsid: known for nsid, known in station.nsids.items() if known not in gone}
        for inode in distinct.keys() - self.stations.keys():
            self.stations[inode] = station = self.open(os.dup(distinct[inode].fd))
            self._on_open(inode, station)

    def open(self, fd: int) -> Station:
        """A station in the namespace that `fd`, from here on the station's own, stands for."""
        with self._namespaces.visit(fd):
            return Station(fd, netlink.Conversation(), netlink.Monitor(), SocketReader(), FilterReader())

    def hear(self, station: Station) -> bool:
        """Take in what a namespace's kernel said; whether anything moved."""
        news = station.monitor.drain()
        if news.has_missed:
            station.is_stale = station.has_stale_sysctls = True
            station.nsids.clear()
        for kind in news.kinds:
            if kind in {rtnl.RTM_NEWNETCONF, rtnl.RTM_DELNETCONF}:
                station.has_stale_sysctls = True
            elif kind in {rtnl.RTM_NEWNSID, rtnl.RTM_DELNSID}:
                station.nsids.clear()
            elif kind not in {rtnl.RTM_NEWNEIGH, rtnl.RTM_DELNEIGH}:  # neighbours are read for every snapshot
                station.is_stale = True
        unsettled = (message for index, message in news.links.items() if index not in station.settled)
        _settle_cables(station, (decode.link_of(netlink.decoded(message)) for message in unsettled))
        return bool(news)

    def have_sockets_moved(self) -> bool:
        """Whether a socket came or went since the last snapshot, or the last time this was asked."""
        have_moved = False
        for station in self.stations.values():
            counts = station.reader.count()
            have_moved |= counts != station.counts
            station.counts = counts
        return have_moved

    def snapshot(self) -> Snapshot:
        """The whole private machine now."""
        self.follow()
        have_links_moved = False
        read_now = set()
        for inode, station in self.stations.items():
            self.hear(station)
            if station.is_stale:
                had = station.links.keys()
                self._read_links(station)
                read_now.add(inode)
                have_links_moved |= had != station.links.keys()
            self._read_moving(station)
        if have_links_moved:
            self._look_at_far_ends(read_now)
        for name, namespace in self._namespaces.names.items():
            if namespace.is_enterable and (self.more_sysctls or self.stations[namespace.inode].has_stale_sysctls):
                self._read_sysctls(name, self.stations[namespace.inode])
        self._read_sockets()
        for station in self.stations.values():
            self._read_filters(station)
        home = {inode: namespace.name for inode, namespace in self._namespaces.distinct().items()}
        linked = {inode: self._with_links(inode, station, home) for inode, station in self.stations.items()}
        return Snapshot(
            {
                name: replace(linked[namespace.inode], name=name)
                if namespace.is_enterable
                else Node(name, is_enterable=False)
                for name, namespace in self._namespaces.names.items()
            }
        )

    def _read_links(self, station: Station) -> None:
        """What the kernel tells every change of: links, addresses, routes."""
        station.is_stale = False
        station.links = {link.index: link for link in links_of(station)}
        _settle_cables(station, station.links.values())
        names = {index: link.name for index, link in station.links.items()}
        any_route = rtmsg().load({"family": socket.AF_UNSPEC})  # pyroute2's own default is IPv4
        station.node = replace(
            station.node,
            addresses=_decoded(station, rtnl.RTM_GETADDR, ifaddrmsg(), decode.address_of, names),
            routes=_decoded(station, rtnl.RTM_GETROUTE, any_route, decode.route_of, names),
        )

    def _look_at_far_ends(self, read_now: set[int]) -> None:
        """Read the links again where a cable ends: that its other end was moved is told to nobody there."""
        for inode, station in self.stations.items():
            if inode not in read_now and any(link.peer_index for link in station.links.values()):
                station.links = {link.index: link for link in links_of(station)}

    def _read_moving(self, station: Station) -> None:
        names = {index: link.name for index, link in station.links.items()}
        has_bridge = any(link.kind == "bridge" for link in station.links.values())
        any_fdb = ndmsg().load({"family": _AF_BRIDGE})
        fdb = _decoded(station, rtnl.RTM_GETNEIGH, any_fdb, decode.fdb_of, names) if has_bridge else ()
        station.node = replace(
            station.node,
            neighbours=_decoded(station, rtnl.RTM_GETNEIGH, ndmsg(), decode.neighbour_of, names),
            fdb=tuple(dict.fromkeys(fdb)),  # a MAC stands there once for each VLAN
        )

    def _read_sysctls(self, name: str, station: Station) -> None:
        station.has_stale_sysctls = False
        sysctls = {}
        with self._namespaces.enter(name):
            for key in (*SYSCTLS, *self.more_sysctls):
                with suppress(OSError):
                    sysctls[key] = sysctl_path(key).read_text(encoding="ascii").strip()
        station.node = replace(station.node, sysctls=sysctls)

    def _read_sockets(self) -> None:
        """The sockets of every namespace that has some.

        One in SYN-RECV is counted nowhere: it is looked for where somebody listens and anybody at all has connected.
        """
        found: dict[int, list[RawSocket]] = {}
        has_connections = False
        for inode, station in self.stations.items():
            station.counts = station.reader.count()
            if any(station.counts):
                found[inode] = station.reader.waiting(station.counts)
                listening = sum(raw.socket.protocol == "tcp" for raw in found[inode])
                now = station.reader.count()
                has_connections |= now.closing > 0 or {station.counts.tcp, now.tcp} != {listening}
        if has_connections:
            for inode, sockets in found.items():
                station = self.stations[inode]
                if station.counts.tcp or station.counts.closing:
                    sockets.extend(station.reader.connected())
        names = self._programs.of({raw.inode for sockets in found.values() for raw in sockets})
        for inode, station in self.stations.items():
            if inode in found or station.node.sockets:
                links = {index: link.name for index, link in station.links.items()}
                sockets_now = tuple(
                    replace(raw.socket, dev=links.get(raw.link_index, ""), program=names.get(raw.inode, ""))
                    for raw in found.get(inode, ())
                )
                station.node = replace(station.node, sockets=sockets_now)

    def _read_filters(self, station: Station) -> None:
        """Rules where they moved, tracked connections where there are any."""
        if station.filters.have_moved():
            with self._namespaces.visit(station.fd):
                found = station.filters.read()
            station.node = replace(station.node, chains=found.chains, has_unread_rules=found.has_unread)
        flows = station.filters.flows()
        if flows or station.node.flows:
            station.node = replace(station.node, flows=flows)

    def _with_links(self, inode: int, station: Station, home: Mapping[int, str]) -> Node:
        links = {}
        for raw in station.links.values():
            peer = self._peer(inode, station, raw) if raw.peer_index else None
            end = End(home[peer[0]], peer[1].name) if peer else None
            links[raw.name] = replace(raw.link(station.links), peer=end)
        return replace(station.node, links=links)

    def _peer(self, inode: int, station: Station, raw: RawLink) -> tuple[int, RawLink] | None:
        """The other end of a veth: the namespace's inode, and the link there."""
        if raw.peer_nsid is None:
            found = station.links.get(raw.peer_index)
            return (inode, found) if found else None
        where = station.nsids.get(raw.peer_nsid)
        if where is None:
            where = self._find_namespace(inode, station, raw)
        found = self.stations[where].links.get(raw.peer_index) if where in self.stations else None
        return (where, found) if where is not None and found else None

    def _find_namespace(self, inode: int, station: Station, raw: RawLink) -> int | None:
        """Which namespace an nsid means: those that have a fitting end are asked about, RTM_GETNSID."""
        for other, candidate in self.stations.items():
            end = candidate.links.get(raw.peer_index)
            if other == inode or end is None or end.peer_index != raw.index:
                continue
            with suppress(OSError):
                question = nsidmsg().load({"attrs": [("NETNSA_FD", candidate.fd)]})
                nsid = station.talk.ask(rtnl.RTM_GETNSID, question).get_attr("NETNSA_NSID")
                station.nsids[nsid] = other
                if nsid == raw.peer_nsid:
                    return other
        return None


def rules_of(station: Station) -> tuple[Rule, ...]:
    """The rules of policy routing, of both versions of IP."""
    found = (
        decode.rule_of(message)
        for family in (socket.AF_INET, socket.AF_INET6)
        for message in station.talk.dump(rtnl.RTM_GETRULE, fibmsg().load({"family": family}))
    )
    return tuple(rule for rule in found if rule is not None)


def stopped_ports(station: Station) -> dict[str, str]:
    """The ports of bridges that pass not everything on, each with why."""
    messages = station.talk.dump(rtnl.RTM_GETLINK, ifinfmsg().load({"family": _AF_BRIDGE}))
    return dict(found for found in map(decode.stopped_port_of, messages) if found is not None)


def redirects(station: Station) -> tuple[Route, ...]:
    """What routers have told this node by ICMP redirects, and what else it has noted for single addresses."""
    names = {index: link.name for index, link in station.links.items()}
    cached = rtmsg().load({"family": socket.AF_INET, "flags": _RTM_F_CLONED})
    return _decoded(station, rtnl.RTM_GETROUTE, cached, decode.redirect_of, names)


def pinned(station: Station) -> tuple[FdbEntry, ...]:
    """The entries of bridges' tables that no frame moves, those for the bridge's own interfaces left out."""
    names = {index: link.name for index, link in station.links.items()}
    own = {link.mac for link in station.links.values()}
    messages = station.talk.dump(rtnl.RTM_GETNEIGH, ndmsg().load({"family": _AF_BRIDGE}))
    found = (decode.fdb_of(message, names) for message in messages if decode.is_pinned(message))
    return tuple(dict.fromkeys(entry for entry in found if entry is not None and entry.mac not in own))


def sysctl_path(key: str) -> Path:
    """Where a setting is read and written, for the namespace that the process stands in."""
    return Path("/proc/sys", *key.split("."))


def links_of(station: Station) -> list[RawLink]:
    """Every link of a namespace, as it is now."""
    return [decode.link_of(message) for message in station.talk.dump(rtnl.RTM_GETLINK, _link_question())]


def progress_of(station: Station) -> list[Progress]:
    """How far every link of a namespace has come, as it is now."""
    return station.talk.read(rtnl.RTM_GETLINK, packing.all_links(), readiness.progress_of)


def _link_question() -> Message:
    return ifinfmsg().load({"attrs": [("IFLA_EXT_MASK", _SKIP_STATISTICS)]})


def _decoded(
    station: Station,
    kind: int,
    question: Message,
    reader: Callable[[Message, Mapping[int, str]], _Fact | None],
    names: Mapping[int, str],
) -> tuple[_Fact, ...]:
    found = (reader(message, names) for message in station.talk.dump(kind, question))
    return tuple(fact for fact in found if fact is not None)


def _settle_cables(station: Station, links: Iterable[RawLink]) -> None:
    for link in links:
        if link.kind == "veth":
            station.settle(link.name, link.index)
