"""Packets as an author describes them, and what a node's rules do with them: shared by `firewall` and `nat`."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_interface, ip_network

from netshell.checks.base import Fault
from netshell.checks.ports import address_faults, is_address, port_of
from netshell.diagnosis.lookup import route, source_for
from netshell.facts import Node, Snapshot
from netshell.filters import FilterRule
from netshell.netfilter.packet import Packet
from netshell.netfilter.words import rule_named

_ICMP = "icmp"


def traffic_of(text: str) -> Packet | None:
    """The first packet of `tcp/80`, `udp/53` or `icmp` (an echo request); None for what is none of them."""
    if text == _ICMP:
        return Packet(protocol="icmp", icmp_type="echo-request")
    port = port_of(text)
    return Packet(protocol=port.protocol, destination_port=port.number) if port else None


def traffic_faults(key: str, text: str) -> Iterator[Fault]:
    """A text that names no traffic."""
    if traffic_of(text) is None:
        yield Fault(key, f"`{text}` names no traffic.", "Write tcp/80, udp/53 or icmp")


def end_faults(key: str, text: str | None) -> Iterable[Fault]:
    """What is neither a node's name nor an address nor a network."""
    if text is None or is_address(text):
        return ()
    if "/" in text:
        try:
            ip_network(text)
        except ValueError:
            return (Fault(key, f"`{text}` is no network.", "Write it as: 192.0.2.0/24"),)
        return ()
    if re.fullmatch(r"[0-9.:]+", text):
        return tuple(address_faults(key, text))
    return ()


def ip_at(snapshot: Snapshot, end: str | None, facing: str | None = None, version: int = 4) -> str | None:
    """The address that packets of an end have: of a node the one that it would use towards `facing`; of a network one
    of its hosts.
    """
    if end is None:
        return None
    if is_address(end):
        return end
    if "/" in end:
        return str(next(iter(ip_network(end).hosts()), None))
    node = snapshot.node(end)
    if node is None:
        return None
    used = source_for(node, facing) if facing else None
    return used or first_address(node, version)


def first_address(node: Node, version: int = 4) -> str | None:
    """The first address of a node that others can use."""
    for address in node.addresses:
        interface = ip_interface(address.cidr)
        if interface.version == version and not interface.ip.is_loopback and not interface.ip.is_link_local:
            return str(interface.ip)
    return None


def dev_towards(node: Node, ip: str | None) -> str | None:
    """The interface by which a node sends to an address; None where it has no way."""
    found = route(node, ip) if ip else None
    return found.dev if found else None


def holds(node: Node, ip: str | None) -> bool:
    """Whether an address is the node's own."""
    return any(str(ip_interface(address.cidr).ip) == ip for address in node.addresses)


def unclear(rule: FilterRule | None, node: str) -> str:
    """Why nothing can be told."""
    if rule is None:
        return f"I cannot tell: {node} has rules that no program here can show"
    return f"I cannot tell: {rule_named(rule)} asks for more than can be judged from outside"
