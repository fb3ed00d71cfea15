"""Each field of a layer, its value and the bytes it stands in: what a view of one packet and of its bytes shows.

The reader keeps no table of places: they follow from where the layer begins.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from netshell.packets.headers import Arp, Cooked, Ethernet, Extension, Ipv4, Ipv6, Loopback, Tcp, Udp, Vlan
from netshell.packets.layers import Icmp, Icmp6, Layer
from netshell.packets.messages import Dhcp, Dns, Http

Value: TypeAlias = int | str | bool | tuple[object, ...]
_Places: TypeAlias = tuple[tuple[str, int, int], ...]


class Field(NamedTuple):
    """One field of a layer."""

    name: str
    """The attribute of the layer that holds it, such as `src_port`; for an option, a record or a line its kind."""
    value: Value
    at: int
    """Offset of its first byte in the packet's data."""
    size: int
    """Bytes it stands in; flags and other bits share theirs."""


_PORTS: _Places = (("src_port", 0, 2), ("dst_port", 2, 2))
_ICMP: _Places = (("type", 0, 1), ("code", 1, 1), ("checksum", 2, 2))
_ECHO: _Places = (("ident", 4, 2), ("sequence", 6, 2))

_PLACES: Mapping[type, _Places] = {
    Ethernet: (("dst", 0, 6), ("src", 6, 6), ("type", 12, 2)),
    Vlan: (("priority", 0, 1), ("vlan", 0, 2), ("type", 2, 2)),
    Loopback: (("family", 0, 4),),
    Arp: (
        ("hardware_type", 0, 2),
        ("protocol_type", 2, 2),
        ("hardware_size", 4, 1),
        ("protocol_size", 5, 1),
        ("operation", 6, 2),
        ("sender_mac", 8, 6),
        ("sender_ip", 14, 4),
        ("target_mac", 18, 6),
        ("target_ip", 24, 4),
    ),
    Ipv4: (
        ("version", 0, 1),
        ("size", 0, 1),
        ("dscp", 1, 1),
        ("ecn", 1, 1),
        ("total_length", 2, 2),
        ("ident", 4, 2),
        ("is_dont_fragment", 6, 1),
        ("has_more_fragments", 6, 1),
        ("fragment_offset", 6, 2),
        ("ttl", 8, 1),
        ("protocol", 9, 1),
        ("checksum", 10, 2),
        ("src", 12, 4),
        ("dst", 16, 4),
    ),
    Ipv6: (
        ("version", 0, 1),
        ("traffic_class", 0, 2),
        ("flow_label", 1, 3),
        ("payload_length", 4, 2),
        ("next_header", 6, 1),
        ("hop_limit", 7, 1),
        ("src", 8, 16),
        ("dst", 24, 16),
    ),
    Tcp: (
        *_PORTS,
        ("seq", 4, 4),
        ("ack", 8, 4),
        ("size", 12, 1),
        ("flags", 13, 1),
        ("window", 14, 2),
        ("checksum", 16, 2),
        ("urgent", 18, 2),
    ),
    Udp: (*_PORTS, ("length", 4, 2), ("checksum", 6, 2)),
    Dns: (("ident", 0, 2), ("flags", 2, 2), ("counts", 4, 8)),
    Dhcp: (
        ("op", 0, 1),
        ("hardware_type", 1, 1),
        ("hardware_size", 2, 1),
        ("hops", 3, 1),
        ("xid", 4, 4),
        ("seconds", 8, 2),
        ("flags", 10, 2),
        ("client_ip", 12, 4),
        ("your_ip", 16, 4),
        ("server_ip", 20, 4),
        ("relay_ip", 24, 4),
        ("client_mac", 28, 16),
        ("server_name", 44, 64),
        ("boot_file", 108, 128),
    ),
}
_COOKED: Mapping[int, _Places] = {
    1: (("direction", 0, 2), ("hardware", 2, 2), ("src", 6, 8), ("type", 14, 2)),
    2: (("type", 0, 2), ("link_index", 4, 4), ("hardware", 8, 2), ("direction", 10, 1), ("src", 12, 8)),
}
_ICMP_BY_TYPE: Mapping[int, _Places] = {
    **dict.fromkeys((0, 8, 13, 14, 17, 18), _ECHO),
    3: (("mtu", 6, 2),),
    5: (("gateway", 4, 4),),
}
_ICMP6_BY_TYPE: Mapping[int, _Places] = {
    **dict.fromkeys((128, 129), _ECHO),
    2: (("mtu", 4, 4),),
    **dict.fromkeys((130, 131, 132, 135), (("target", 8, 16),)),
    134: (
        ("hop_limit", 4, 1),
        ("is_managed", 5, 1),
        ("is_other_managed", 5, 1),
        ("router_lifetime_s", 6, 2),
        ("reachable_ms", 8, 4),
        ("retransmit_ms", 12, 4),
    ),
    136: (("is_from_router", 4, 1), ("is_solicited", 4, 1), ("is_override", 4, 1), ("target", 8, 16)),
    137: (("target", 8, 16), ("destination", 24, 16)),
}


def fields(layer: Layer) -> tuple[Field, ...]:
    """The fields of a layer in the order of their bytes, then its options, records or lines.

    Fields that the capture or an ICMP error cut off are left out. Options, questions, records and header lines come
    as one field each, their value the item itself.
    """
    end = layer.at + layer.size
    found = [
        Field(name, _value(layer, name), layer.at + offset, size)
        for name, offset, size in _places(layer)
        if layer.at + offset + size <= end
    ]
    return (*found, *_items(layer))


def _value(layer: Layer, name: str) -> Value:
    """What a field holds; for the size of a header that is not all there, what its byte says."""
    if name == "size" and isinstance(layer, Ipv4 | Tcp):
        return layer.header_length
    value: Value = getattr(layer, name)
    return value


def _places(layer: Layer) -> _Places:
    match layer:
        case Cooked(version=version):
            return _COOKED[version]
        case Icmp(type=kind):
            return _ICMP + _ICMP_BY_TYPE.get(kind, ())
        case Icmp6(type=kind):
            return _ICMP + _ICMP6_BY_TYPE.get(kind, ())
        case Extension(kind=44):
            return ("next_header", 0, 1), ("fragment_offset", 2, 2), ("has_more_fragments", 3, 1), ("ident", 4, 4)
        case Extension():
            return ("next_header", 0, 1), ("size", 1, 1)
    return _PLACES.get(type(layer), ())


def _items(layer: Layer) -> Iterator[Field]:
    match layer:
        case Ipv4() | Tcp() | Icmp6() | Dhcp():
            yield from (Field(item.name, item, item.at, item.size) for item in layer.options)
        case Dns():
            yield from (Field("question", item, item.at, item.size) for item in layer.questions)
            for title, records in (
                ("answer", layer.answers),
                ("authority", layer.authorities),
                ("additional", layer.additionals),
            ):
                yield from (Field(title, item, item.at, item.size) for item in records)
        case Http():
            first = (layer.headers[0].at if layer.headers else layer.at + layer.size) - layer.at
            yield Field("first_line", layer.first_line, layer.at, first)
            yield from (Field(item.name, item, item.at, item.size) for item in layer.headers)
