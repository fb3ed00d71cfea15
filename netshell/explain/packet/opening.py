"""Opens one packet of a trace: finds what is around it, then puts every layer into words."""

from collections.abc import Sequence
from dataclasses import replace

from netshell.errors import UserError
from netshell.explain.owners import Owners
from netshell.explain.packet.context import Context
from netshell.explain.packet.control import ICMP, ICMP6
from netshell.explain.packet.headline import headline
from netshell.explain.packet.internet import EXTENSION, IPV4, IPV6
from netshell.explain.packet.lease import DHCP
from netshell.explain.packet.link import ARP, COOKED, ETHERNET, LOOPBACK, VLAN
from netshell.explain.packet.names import DNS
from netshell.explain.packet.neighbourhood import neighbourhood, place_of
from netshell.explain.packet.opened import Opened, OpenedField, OpenedLayer
from netshell.explain.packet.ports import UDP
from netshell.explain.packet.related import related
from netshell.explain.packet.rest import REST, is_named
from netshell.explain.packet.tcp import TCP
from netshell.explain.packet.web import HTTP
from netshell.packets.dissected import DissectedLayer
from netshell.packets.headers import Arp, Cooked, Ethernet, Extension, Ipv4, Ipv6, Loopback, Tcp, Udp, Vlan
from netshell.packets.layers import Icmp, Icmp6, Layer, Other
from netshell.packets.messages import Dhcp, Dns, Http
from netshell.packets.trace import Seen


def open_packet(number: int, trace: Sequence[Seen], owners: Owners) -> Opened:
    """The crossing of that number, explained. `trace` is in order; its oldest may be gone.

    Raises UserError where it does not hold that number.
    """
    place = place_of(trace, number)
    if place is None:
        raise _missing(number, trace)
    seen = trace[place]
    packet = seen.packet
    context = Context(seen, packet, owners, neighbourhood(trace, place, packet))
    layers = [opened for layer in packet.layers for opened in _open_with_quoted(layer, context)]
    return Opened(seen, headline(context), tuple(layers), related(context))


def _missing(number: int, trace: Sequence[Seen]) -> UserError:
    if not trace:
        return UserError(f"There is no packet {number}: nothing has crossed a link yet.", "Try `ping` first.")
    first, last = trace[0].number, trace[-1].number
    return UserError(
        f"There is no packet {number}: those from {first} to {last} are kept.",
        "`:packets` lists them, with their numbers in the first column.",
    )


def _open_with_quoted(layer: Layer, context: Context) -> list[OpenedLayer]:
    """A layer and, behind an ICMP error, the headers of the packet that it is about."""
    opened = [_open_layer(layer, context)]
    if isinstance(layer, Icmp | Icmp6) and layer.original:
        inner = context.quoted(layer.original)
        opened += [_open_layer(quoted, inner) for quoted in layer.original]
    return opened


def _open_layer(layer: Layer, context: Context) -> OpenedLayer:  # noqa: C901, PLR0911, PLR0912 - one for each kind
    match layer:
        case Ethernet():
            return ETHERNET.open(layer, context)
        case Vlan():
            return VLAN.open(layer, context)
        case Cooked():
            return COOKED.open(layer, context)
        case Loopback():
            return LOOPBACK.open(layer, context)
        case Arp():
            return ARP.open(layer, context)
        case Ipv4():
            return IPV4.open(layer, context)
        case Ipv6():
            return IPV6.open(layer, context)
        case Extension():
            return EXTENSION.open(layer, context)
        case Tcp():
            return TCP.open(layer, context)
        case Udp():
            return UDP.open(layer, context)
        case Icmp():
            return ICMP.open(layer, context)
        case Icmp6():
            return ICMP6.open(layer, context)
        case Dns():
            return DNS.open(layer, context)
        case Dhcp():
            return DHCP.open(layer, context)
        case Http():
            return HTTP.open(layer, context)
        case Other():
            return REST.open(layer, context)


def named_only(opened: Opened) -> int | None:
    """Where the first protocol begins that was named and not read; None where there is nothing for `dissect`."""
    layers = opened.seen.packet.layers
    return next((layer.at for layer in layers if isinstance(layer, Other) and is_named(layer)), None)


def with_dissected(opened: Opened, dissected: Sequence[DissectedLayer]) -> Opened:
    """The same with the fields that `dissect` found, in layers of their own behind the one that is only named."""
    place = named_only(opened)
    if place is None or not dissected:
        return opened
    layers: list[OpenedLayer] = []
    for layer in opened.layers:
        layers.append(layer)
        if layer.at == place and not layer.name.endswith("(quoted)"):
            layers += [_dissected(found) for found in dissected]
    return replace(opened, layers=tuple(layers))


def _dissected(layer: DissectedLayer) -> OpenedLayer:
    found = tuple(OpenedField(field.name, field.value, "", field.at, field.size) for field in layer.fields)
    return OpenedLayer(layer.name, "Read by scapy, by its names for the fields.", found, layer.at, layer.size)
