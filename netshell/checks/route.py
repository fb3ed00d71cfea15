"""The check `route`: which way does a node send packets for a destination."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_link, absent_node, link_down
from netshell.checks.link import name_fault
from netshell.checks.words import place, subject
from netshell.facts import Node, Route, route_to


@dataclass(frozen=True, kw_only=True)
class RouteCheck(Check):
    """A look-up of the destination's first host address takes the way that is given."""

    kind: ClassVar[str] = "route"
    layer: ClassVar[int] = 4
    route: str
    """`default` (the 0.0.0.0/0 entry; `::/0` for IPv6), or a network."""
    via: str | None = None
    dev: str | None = None
    proto: str | None = None
    metric: int | None = None
    in_table: bool = False
    """The entry itself must stand in the main table; another entry that leads the same way will not do."""

    def look(self, evidence: Evidence) -> Verdict:
        """The route first, then its way."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        node = evidence.snapshot.nodes[self.at]
        routes = self._candidates(node)
        misses = [self._miss(route) for route in routes]
        if routes and None in misses:
            return self._holds(f"{subject(self.at)} has the route {in_words(routes[misses.index(None)])}.")
        if self.dev is not None and (cause := absent_link(evidence.snapshot, self.dev, self.at)):
            return cause
        if self.dev is not None and (cause := link_down(node.links[self.dev], self.at)):
            return cause
        for miss in misses:
            if miss:
                return miss
        return self._no_route(node)

    def _candidates(self, node: Node) -> list[Route]:
        """The route that a packet takes; with `in_table`, every entry for the destination."""
        network = _network(self.route)
        entries = [
            r for r in node.routes if r.table == "main" and r.family == network.version and _network_of(r) == network
        ]
        if self.in_table:
            return entries
        if network.prefixlen == 0:
            return sorted(entries, key=lambda r: r.metric)[:1]
        taken = route_to(node, str(_first_host(network)))
        return [taken] if taken else []

    def _miss(self, route: Route) -> Verdict | None:
        """What is different in a route from what is expected."""
        start = f"{subject(self.at)} sends packets for {self.route}"
        if route.kind not in {"unicast", "local"}:
            return self._fails("wrong-type", f"{start} nowhere: the route {route.dst} is of type {route.kind}.", 1)
        if self.via is not None and (route.via is None or ip_address(self.via) != ip_address(route.via)):
            found = f"via {route.via}" if route.via else f"straight out of {route.dev}, via no router"
            return self._fails("wrong-via", f"{start} {found}, expected via {self.via}.", 2)
        if self.dev not in {None, route.dev}:
            return self._fails("wrong-dev", f"{start} out of {route.dev}, expected {self.dev}.", 3)
        if self.proto not in {None, route.proto}:
            says = f"The route {in_words(route)} {place(self.at)} is of proto {route.proto}, expected {self.proto}."
            return self._fails("wrong-proto", says, 4)
        if self.metric not in {None, route.metric}:
            says = (
                f"The route {in_words(route)} {place(self.at)} has the metric {route.metric}, expected {self.metric}."
            )
            return self._fails("wrong-metric", says, 5)
        return None

    def _no_route(self, node: Node) -> Verdict:
        dark = [link for link in node.links.values() if link.name != "lo"]
        addressed = {a.dev for a in node.addresses}
        causes = [cause for link in dark if (cause := link_down(link, self.at))]
        if causes and len(causes) == len(dark):
            return causes[0]
        if not addressed - {"lo"}:
            says = f"{subject(self.at)} has no address yet, so it has no route to {self.route}."
            return Verdict(holds=False, says=says, reason="no-address", at=self.at, depth=20)
        name = "default route" if _network(self.route).prefixlen == 0 else f"route to {self.route}"
        return self._fails("missing", f"{subject(self.at)} has no {name}.")

    def faults(self) -> Iterable[Fault]:
        """What is no destination, gateway or interface name."""
        try:
            _network(self.route)
        except ValueError:
            yield Fault("route", f"`{self.route}` is no destination.", "Write `default`, or a network: 198.51.100.0/24")
        if self.via is not None:
            try:
                ip_address(self.via)
            except ValueError:
                yield Fault("via", f"`{self.via}` is no IP address.", "Write the gateway's address: 192.0.2.254")
        if self.dev is not None:
            yield from name_fault("dev", self.dev)
        if self.metric is not None and not 0 <= self.metric < 2**32:
            yield Fault("metric", f"{self.metric} is no metric.", "Write a whole number from 0 to 4294967295.")


def in_words(route: Route) -> str:
    """A route as `ip route` writes it: `default via 192.0.2.254 dev eth0`."""
    via = f" via {route.via}" if route.via else ""
    dev = f" dev {route.dev}" if route.dev else ""
    return f"{route.dst}{via}{dev}"


def _network(destination: str) -> IPv4Network | IPv6Network:
    return ip_network("0.0.0.0/0" if destination == "default" else destination)


def _network_of(route: Route) -> IPv4Network | IPv6Network:
    if route.dst == "default":
        return ip_network("0.0.0.0/0" if route.family == 4 else "::/0")
    return ip_network(route.dst, strict=False)


def _first_host(network: IPv4Network | IPv6Network) -> object:
    """A network of one or two addresses has no address of its own to leave out (RFC 3021, RFC 6164)."""
    return network.network_address if network.num_addresses <= 2 else network.network_address + 1
