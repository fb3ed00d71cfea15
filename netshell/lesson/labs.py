"""What in a lesson's `lab:` could not be built. It knows nothing of how a lab is built."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from netshell.errors import UserError
from netshell.facts import PC
from netshell.lesson.faults import suggestion
from netshell.lesson.yamltree import Path
from netshell.topology import (
    NAME,
    EndSpec,
    LinkSpec,
    RouteSpec,
    parse_address,
    parse_link,
    parse_route,
)

Finding = tuple[Path, str, str]
"""The way to the value below `lab`, what is wrong, what to write instead."""


def lab_findings(lab: Mapping[str, Any]) -> Iterator[Finding]:
    """What could not be built in a lab whose shape is right."""
    nodes = lab.get("nodes") or {}
    known = {*nodes, PC}
    yield from _node_findings(nodes)
    links: list[LinkSpec] = []
    ends: set[tuple[str, str]] = {(PC, name) for name in lab.get("pc") or {} if name != "default"}
    for position, text in enumerate(lab.get("links") or ()):
        try:
            link = parse_link(text)
        except UserError as error:
            yield ("links", position), error.problem, error.remedy
            continue
        links.append(link)
        for end in (link.a, link.b):
            if end.node not in known:
                yield ("links", position), f"There is no node `{end.node}` in this lab.", suggestion(end.node, known)
            if (end.node, end.link) in ends:
                yield ("links", position), f"{end.node} has a link {end.link} already.", "Give each end its own name."
            ends.add((end.node, end.link))
    yield from _pc_findings(lab.get("pc") or {})
    yield from _route_findings(lab, links, known)


def _node_findings(nodes: Mapping[str, Any]) -> Iterator[Finding]:
    places: dict[tuple[int, ...], str] = {}
    for name, spec in nodes.items():
        if not NAME.fullmatch(name) or ("." in name and name.rpartition(".")[2].isdigit()):
            yield ("nodes", name), f"`{name}` cannot be the name of a node.", "Use at most 15 letters, digits and `-`."
        place = tuple(spec.get("place") or ()) if isinstance(spec, dict) else ()
        if place and place in places:
            yield ("nodes", name, "place"), f"{places[place]} stands there already.", "Give each node its own place."
        places.setdefault(place, name)


def _pc_findings(pc: Mapping[str, str]) -> Iterator[Finding]:
    interfaces = [name for name in pc if name != "default"]
    for extra in interfaces[1:]:
        yield ("pc", extra), "The PC has one interface of its own; this is a second one.", "Lay a cable under `links`."
    for name in interfaces[:1]:
        if not NAME.fullmatch(name):
            yield ("pc", name), f"`{name}` cannot be the name of an interface.", "Write it as `eth0: 192.168.1.10/24`."
        try:
            parse_address(pc[name])
        except UserError as error:
            yield ("pc", name), error.problem, error.remedy
            return
    if "default" in pc:
        try:
            gateway = ip_address(pc["default"])
        except ValueError:
            yield ("pc", "default"), f"`{pc['default']}` is no IP address.", "Write the gateway's address: 192.168.1.1"
            return
        if not interfaces or gateway not in ip_network(pc[interfaces[0]], strict=False):
            message = f"The gateway {gateway} lies in no network of the PC."
            yield ("pc", "default"), message, "Give the PC an interface with an address in the same network."


def _route_findings(lab: Mapping[str, Any], links: list[LinkSpec], known: set[str]) -> Iterator[Finding]:
    for node, texts in (lab.get("routes") or {}).items():
        if node not in known:
            yield ("routes", node), f"There is no node `{node}` in this lab.", suggestion(node, known)
            continue
        ends = [end for link in links for end in (link.a, link.b) if end.node == node]
        for position, text in enumerate([texts] if isinstance(texts, str) else texts):
            try:
                route = parse_route(node, text)
            except UserError as error:
                yield ("routes", node, position), error.problem, error.remedy
                continue
            if problem := _unbuildable(route, ends, lab.get("pc") or {}):
                yield ("routes", node, position), problem, "A gateway lies on a link of the node itself."


def _unbuildable(route: RouteSpec, ends: list[EndSpec], pc: Mapping[str, str]) -> str | None:
    """Why the kernel would refuse a route in this lab."""
    if route.dev is not None and route.dev not in {end.link for end in ends} and route.dev not in pc:
        return f"{route.node} has no link {route.dev}."
    addresses = [address for end in ends for address in end.addresses]
    if route.node == PC:
        addresses += [value for key, value in pc.items() if key != "default" and "/" in value]
    if route.via is not None and not any(ip_address(route.via) in ip_interface(a).network for a in addresses):
        return f"The gateway {route.via} lies in no network of {route.node}."
    return None
