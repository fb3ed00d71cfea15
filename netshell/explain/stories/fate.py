"""Where a packet got to that was not answered, and what is known of why: the silence, put into words.

It says what was seen, and names a cause only where the state of the nodes shows it.
"""

from typing import NamedTuple

from netshell.explain.stories.stage import Stage, named
from netshell.explain.stories.trips import Trip
from netshell.facts import End
from netshell.packets.headers import Ethernet
from netshell.packets.layers import Packet

_FIREWALL = "a firewall there may keep silent"
_FORWARDING = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}
_DEAD_ENDS = frozenset({"blackhole", "unreachable", "prohibit"})


class Fate(NamedTuple):
    """What became of a packet."""

    says: str
    """A clause without a full stop: `it reached ns2, which sent no answer: ns2 has no route back to 192.0.2.1`."""
    at: str
    """The node where its way ended."""


def fate(trip: Trip, stage: Stage, what: str = "it", silence: str = _FIREWALL) -> Fate | None:
    """What became of a packet that got no answer; None where nobody can know, as in a capture file.

    `what` names the packet. `silence` is what may be behind it where its addressee had it and no cause is known.
    """
    path = trip.path(stage.owners)
    last = path[-1]
    end = last.crossing.receiver
    if end is None:
        return _out_of_sight(last.crossing.sender, what)
    packet = last.packet
    name, node = named(end.node), end.node
    if last.crossing.sender == end:
        return Fate(f"{what} came in over {end.link}, but no answer left: {silence}", node)
    mac = next((layer.dst for layer in packet.layers if isinstance(layer, Ethernet)), "")
    if _is_for_another(mac, end, stage):
        return Fate(f"{what} was sent to the MAC {mac}, which is not that of {end.link} on {name}", node)
    if stage.has_lost(node, packet.dst):
        return Fate(f"{what} reached {name}, which does not have the address {packet.dst} any more", node)
    if stage.has(node, packet.dst):
        known = _on_port(node, packet.dst, stage) or _why_silent(node, packet.src, stage)
        reason = known or (silence if stage.node(node) is not None else "")
        return Fate(f"{what} reached {name}, but no answer left there{reason and f': {reason}'}", node)
    reason = _why_stopped(node, packet, stage)
    return Fate(f"{what} reached {name}, which did not pass it on{reason and f': {reason}'}", node)


def lost_answer(answer: Trip, asker: str, stage: Stage, what: str = "the answer") -> Fate:
    """What became of an answer that never came to who had asked."""
    last = answer.path(stage.owners)[-1]
    end = last.crossing.receiver
    sender = named(answer.origin)
    if end is None:
        return Fate(f"{what} left {sender}, and never came to {named(asker)}", answer.origin)
    packet = last.packet
    if stage.has(end.node, packet.dst):
        return Fate(f"{what} went to {named(end.node)}, which has the address {packet.dst} too", end.node)
    reason = _why_stopped(end.node, packet, stage)
    where = f"{what} from {sender} got as far as {named(end.node)}, which did not pass it on"
    return Fate(f"{where}{reason and f': {reason}'}", end.node)


def _out_of_sight(sender: End | None, what: str) -> Fate | None:
    if sender is None:
        return None
    return Fate(f"{what} left {named(sender.node)} by {sender.link}; what lies behind it is not seen here", sender.node)


def _is_for_another(mac: str, end: End, stage: Stage) -> bool:
    """Whether a frame is known to carry another MAC than that of the interface it came to.

    A bridge takes them all, and everybody those for all or a group (the first byte is odd).
    """
    node = stage.node(end.node)
    link = node.links.get(end.link) if node else None
    if link is None or link.master or not link.mac or not mac or int(mac[:2], 16) & 1:
        return False
    return mac != link.mac


def _on_port(node: str, address: str, stage: Stage) -> str:
    """That an address is set on a port of a bridge: what comes in there goes to the bridge."""
    there = stage.node(node)
    dev = next((a.dev for a in there.addresses if a.cidr.partition("/")[0] == address), "") if there else ""
    link = there.links.get(dev) if there else None
    return f"{address} is set on {dev}, a port of {link.master}, and belongs on that" if link and link.master else ""


def _why_silent(node: str, source: str, stage: Stage) -> str:
    """Why a node that has the packet may not be able to answer it."""
    asked = stage.asked_in_vain.get(node, frozenset())
    if source in asked:
        return f"it asked for the MAC of {source}, and nobody told it"
    if not stage.knows_way(node, source):
        return ""
    route = stage.route(node, source)
    if route is None:
        return f"{named(node)} has no route back to {source}"
    if route.kind in _DEAD_ENDS:
        return f"its route back to {source} is of type {route.kind}"
    if route.via in asked:
        return f"it asked for the MAC of its gateway {route.via}, and nobody told it"
    return ""


def _why_stopped(node: str, packet: Packet, stage: Stage) -> str:
    """Why a node did not pass on a packet that is not for itself."""
    there = stage.node(node)
    if _is_bridged(packet, node, stage):
        return ""
    key = _FORWARDING[6 if ":" in packet.dst else 4]
    if there is not None and there.sysctls.get(key) == "0":
        return f"forwarding is off there ({key} is 0)"
    return _why_not_onward(node, packet.dst, stage)


def _why_not_onward(node: str, target: str, stage: Stage) -> str:
    """Why a router that forwards did not send a packet on."""
    asked = stage.asked_in_vain.get(node, frozenset())
    if target in asked:
        return f"it asked for the MAC of {target}, and nobody told it"
    if not stage.knows_way(node, target):
        return ""
    route = stage.route(node, target)
    if route is None or route.kind in _DEAD_ENDS:
        return f"its route to {target} is of type {route.kind}" if route else f"it has no route to {target}"
    if route.via in asked:
        return f"it asked for the MAC of its next hop {route.via}, and nobody told it"
    there = stage.node(node)
    link = there.links.get(route.dev or "") if there else None
    is_cut = link is not None and link.is_up and not link.has_carrier
    return f"its way on is {route.dev}, which has no carrier" if is_cut else "a rule of its firewall may drop it"


def _is_bridged(packet: Packet, node: str, stage: Stage) -> bool:
    """Whether a frame came to a node that only switches it: its MAC is none of the node's own."""
    there = stage.node(node)
    own = {link.mac for link in there.links.values() if link.mac} if there else set()
    mac = next((layer.dst for layer in packet.layers if isinstance(layer, Ethernet)), "")
    return bool(own) and bool(mac) and mac not in own
