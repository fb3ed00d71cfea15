"""A topology laid in namespaces that are there: cables, bridges, addresses and routes, passing frames at the end."""

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface, ip_network

from pyroute2.netlink import NLM_F_CREATE, NLM_F_EXCL, rtnl

from netshell import linux
from netshell.errors import UserError
from netshell.facts import PC
from netshell.kernel import devices, packing
from netshell.kernel.netlink import Request
from netshell.kernel.observer import Observer, Station, progress_of, sysctl_path
from netshell.namespaces.names import Namespaces
from netshell.topology import EndSpec, LinkSpec, RouteSpec, Topology

BRIDGE = "br0"
"""The bridge that makes a node a switch."""

_GATEWAY_LINK = "eth0"
_LOOPBACK_INDEX = 1
_READY_LIMIT_S = 3.0
_READY_POLL_S = 0.0002
_NEW = NLM_F_CREATE | NLM_F_EXCL
_REMEDY = "Look at the `lab` of the lesson; `netshell doctor` names what this kernel lacks."


@dataclass(frozen=True, slots=True)
class _End:
    """An end of a cable, with the station of the namespace that it lies in."""

    station: Station
    spec: EndSpec
    index: int

    def __str__(self) -> str:
        return f"{self.spec.node}:{self.spec.link}"


class Builder:
    """Builds labs. The far side of the PC's own interface is a namespace without a name, kept alive from here."""

    def __init__(self, namespaces: Namespaces, observer: Observer) -> None:
        self._namespaces = namespaces
        self._observer = observer
        self._outside: Station | None = None

    def build(self, topology: Topology) -> None:
        """Lay everything; raises UserError naming what could not be. What was laid before that stays."""
        self._observer.follow()
        if self._outside is not None:
            self._outside.close()
            self._outside = None
        switches = {node.name: self._station(node.name) for node in topology.nodes if node.kind == "switch"}
        self._add_bridges(switches)
        numbers = self._free_indexes(topology)
        ends = self._lay_cables(topology.links, numbers)
        if topology.pc_interface is not None:
            ends += self._lay_cable_outside(topology.pc_interface, topology.pc_default, numbers)
        for router in (node.name for node in topology.nodes if node.kind == "router"):
            self._forward(router, has_ipv6=any(_has_ipv6(end.spec) for end in ends if end.spec.node == router))
        self._switch_on(ends, switches)
        self._wait_until_ready(ends)
        self._set_routes(_routes(topology))

    def _station(self, node: str) -> Station:
        namespace = self._namespaces.names.get(node)
        if namespace is None or not namespace.is_enterable:
            raise UserError(f"The lab cannot be built: there is no namespace `{node}`.", _REMEDY)
        return self._observer.stations[namespace.inode]

    def _free_indexes(self, topology: Topology) -> Iterator[int]:
        """Numbers for links, each used once in the whole lab.

        The kernel leaves a veth whose index equals its other end's in state UNKNOWN for up to a second (it takes it
        for no stacked device, net/core/link_watch.c), and `eth0@if7` says more when there is one 7 only.
        """
        nodes = dict.fromkeys([PC, *(end.node for link in topology.links for end in (link.a, link.b))])
        return itertools.count(1 + max(link.link_index for node in nodes for link in progress_of(self._station(node))))

    def _add_bridges(self, switches: dict[str, Station]) -> None:
        for name, station in switches.items():
            _carry_out(station, [_link(f"the bridge {BRIDGE} on {name}", packing.bridge(BRIDGE), _NEW)])

    def _lay_cables(self, links: Sequence[LinkSpec], numbers: Iterator[int]) -> list[_End]:
        """One message makes a cable, puts its far end in place and names both.

        It is sent where most cables end, so that those of a switch are laid a hundred at a time.
        """
        pairs = [
            (
                _End(self._station(link.a.node), link.a, next(numbers)),
                _End(self._station(link.b.node), link.b, next(numbers)),
            )
            for link in links
        ]
        ends = [end for pair in pairs for end in pair]
        count = Counter(end.spec.node for end in ends)
        sent_from = [max(pair, key=lambda end: count[end.spec.node]).station for pair in pairs]
        _for_each_station((at, _cable(a, b, at)) for at, (a, b) in zip(sent_from, pairs, strict=True))
        return ends

    def _lay_cable_outside(self, interface: EndSpec, gateway: str | None, numbers: Iterator[int]) -> list[_End]:
        """The PC's interface, plugged into a namespace that nobody sees, where the gateway's address answers."""
        with self._namespaces.visit(self._namespaces.names[PC].fd):
            linux.unshare(linux.NEWNET)
            fd = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self._outside = self._observer.open(fd)
        near = _End(self._station(PC), interface, next(numbers))
        addresses = _gateway_addresses(interface, gateway)
        far = _End(self._outside, EndSpec("outside", _GATEWAY_LINK, addresses), next(numbers))
        _carry_out(near.station, [_cable(near, far, near.station)])
        return [near, far]

    def _forward(self, router: str, *, has_ipv6: bool) -> None:
        keys = ["net.ipv4.ip_forward"] + ["net.ipv6.conf.all.forwarding"] * has_ipv6
        with self._namespaces.enter(router):
            for key in keys:
                try:
                    sysctl_path(key).write_text("1", encoding="ascii")
                except OSError as error:
                    raise UserError(
                        f"The lab cannot be built: {router} cannot be made a router, {key}: {error.strerror}.", _REMEDY
                    ) from error

    def _switch_on(self, ends: Sequence[_End], switches: dict[str, Station]) -> None:
        """Offloads off, ports into their bridges, `lo` and both ends up, addresses set."""
        bridges = {name: devices.index_of(station.talk.fileno(), BRIDGE) for name, station in switches.items()}
        requests = [
            (station, _link("lo", packing.switched_on(_LOOPBACK_INDEX)))
            for station in {id(end.station): end.station for end in ends}.values()
        ]
        for end in ends:
            end.station.settle(end.spec.link, end.index)
            on = _link(f"the link {end}", packing.switched_on(end.index, bridges.get(end.spec.node, 0)))
            requests += [(end.station, on), *((end.station, _address(end, cidr)) for cidr in end.spec.addresses)]
        _for_each_station(requests)

    @staticmethod
    def _wait_until_ready(ends: Sequence[_End]) -> None:
        """Until every end has carrier and every port forwards: a frame sent earlier would be lost."""
        deadline = time.monotonic() + _READY_LIMIT_S
        waiting: dict[int, list[_End]] = {}
        for end in ends:
            waiting.setdefault(id(end.station), []).append(end)
        while waiting:
            for key, (first, *_) in list(waiting.items()):
                passing = {index for index, is_passing in progress_of(first.station) if is_passing}
                waiting[key] = [end for end in waiting[key] if end.index not in passing]
                if not waiting[key]:
                    del waiting[key]
            if waiting and time.monotonic() > deadline:
                late = ", ".join(str(end) for ends_there in waiting.values() for end in ends_there)
                raise UserError(f"The lab cannot be built: {late} did not come up within 3 seconds.", _REMEDY)
            if waiting:
                time.sleep(_READY_POLL_S)

    def _set_routes(self, routes: Sequence[RouteSpec]) -> None:
        pairs = []
        for route in routes:
            station = self._station(route.node)
            pairs.append((station, _route(route, station)))
        _for_each_station(pairs)


def _carry_out(station: Station, requests: Sequence[Request]) -> None:
    refusals = station.talk.carry_out(requests)
    if refusals:
        what, reason = refusals[0].request.what, refusals[0].reason.rstrip(".")
        raise UserError(f"The lab cannot be built: {what}: {reason}.", _REMEDY)


def _for_each_station(pairs: Iterable[tuple[Station, Request]]) -> None:
    grouped: dict[int, tuple[Station, list[Request]]] = {}
    for station, request in pairs:
        grouped.setdefault(id(station), (station, []))[1].append(request)
    for station, requests in grouped.values():
        _carry_out(station, requests)


def _link(what: str, packed: bytes, flags: int = 0) -> Request:
    return Request(what, rtnl.RTM_NEWLINK, flags, packed)


def _cable(a: _End, b: _End, station: Station) -> Request:
    """The message for the station that one of them lies in."""
    near, far = (a, b) if a.station is station else (b, a)
    packed = packing.cable(near.spec.link, near.index, far.spec.link, far.index, far.station.fd)
    return _link(f"the cable {a} -- {b}", packed, _NEW)


def _address(end: _End, cidr: str) -> Request:
    packed = packing.address(ip_interface(cidr), end.index)
    return Request(f"the address {cidr} on {end}", rtnl.RTM_NEWADDR, _NEW, packed)


def _route(route: RouteSpec, station: Station) -> Request:
    via = ip_address(route.via) if route.via else None
    network = None if route.dst == "default" else ip_network(route.dst)
    what = f"the route to {route.dst} on {route.node}" + (f" via {via}" if via else "")
    index = 0
    if route.dev:
        try:
            index = devices.index_of(station.talk.fileno(), route.dev)
        except OSError as error:
            raise UserError(f"The lab cannot be built: {what}: there is no link {route.dev}.", _REMEDY) from error
    return Request(what, rtnl.RTM_NEWROUTE, _NEW, packing.route(network, via, index))


def _routes(topology: Topology) -> list[RouteSpec]:
    routes = list(topology.routes)
    if topology.pc_default is not None:
        routes.append(RouteSpec(PC, "default", topology.pc_default))
    return routes


def _gateway_addresses(interface: EndSpec, gateway: str | None) -> tuple[str, ...]:
    """The gateway's address with the prefix length of the PC's network that it lies in."""
    if gateway is None:
        return ()
    for cidr in interface.addresses:
        network = ip_interface(cidr).network
        if ip_address(gateway) in network:
            return (f"{gateway}/{network.prefixlen}",)
    raise UserError(
        f"The lab cannot be built: the PC's gateway {gateway} lies in none of its networks.",
        "Choose an address of the same network for `default` in the lab's `pc`.",
    )


def _has_ipv6(end: EndSpec) -> bool:
    return any(ip_interface(cidr).version == 6 for cidr in end.addresses)
