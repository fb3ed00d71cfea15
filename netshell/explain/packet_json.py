"""One packet as plain JSON values: what `netshell explain --json` and `netshell run --json` print.

    {"number": 3, "time": "1700000000.123456789", "link": "eth0", "from": "ns1", "to": "r1", "protocol": "ICMP",
     "length": 98, "summary": "Echo (ping) request id=7 seq=1", "follows": 0, "noise": "", "comment": "",
     "layers": [{"name": "Ethernet", "dst": "02:00:00:00:00:02", …}, {"name": "IPv4", "size": 20, …}, …]}

`time` is in seconds since the epoch, all nine decimals, and a string, since a number with that many digits loses some
in most programs. `link`, `from` and `to` are the interface and the nodes of the link that was crossed; where these are
not known, as in most capture files, `from` and `to` are the addresses that the packet bears.
"""

import json
from collections.abc import Mapping

from netshell.explain.owners import Owners
from netshell.packets.fields import fields
from netshell.packets.headers import Arp, Tcp
from netshell.packets.layers import Icmp, Icmp6, Layer, Other, Packet
from netshell.packets.messages import Dhcp, Dns, Http
from netshell.packets.summary import summary
from netshell.packets.trace import Seen

_BILLION = 1_000_000_000
_READ_OFF: Mapping[type, tuple[str, ...]] = {
    Arp: ("operation_name",),
    Tcp: ("flag_names", "length"),
    Icmp: ("type_name", "code_name"),
    Icmp6: ("type_name", "code_name"),
    Dns: ("is_response", "opcode", "opcode_name", "rcode", "rcode_name"),
    Dhcp: ("message_name",),
    Http: ("is_response", "version", "method", "target", "status", "reason", "is_head_complete", "body_length"),
    Other: ("size", "detail"),
}
"""What a layer says besides the fields that have a place in its bytes."""
_LISTS = ("options", "questions", "answers", "authorities", "additionals", "headers")
_ENCODE = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode
_PLACE = frozenset({"at", "size"})


def packet_object(seen: Seen, owners: Owners, *, link: str = "") -> dict[str, object]:
    """A packet of a trace. `link` is the interface's name where the crossing has none, as a capture file gives it."""
    crossing, packet = seen.crossing, seen.packet
    end = crossing.sender or crossing.receiver
    return {
        "number": crossing.number,
        "time": seconds(crossing.time_ns),
        "link": _plain(end.link if end else link),
        "from": _plain(crossing.sender.node if crossing.sender else owners.who(packet.src)),
        "to": _plain(crossing.receiver.node if crossing.receiver else owners.who(packet.dst)),
        "protocol": _plain(seen.protocol),
        "length": packet.wire_length,
        "summary": _plain(summary(packet, seen.numbers)),
        "follows": seen.follows,
        "noise": seen.noise,
        "comment": _plain(crossing.comment),
        "layers": [_layer_object(layer, packet, seen.numbers) for layer in packet.layers],
    }


def json_line(value: object) -> str:
    r"""A value as JSON on one line; in its strings, what a terminal would obey or hide is written as `\uXXXX`."""
    text = _ENCODE(value)
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1] if character != "\x7f" else "\\u007f"


def seconds(time_ns: int) -> str:
    """Nanoseconds as seconds with nine decimals: `1700000000.123456789`."""
    whole, rest = divmod(abs(time_ns), _BILLION)
    return f"{'-' if time_ns < 0 else ''}{whole}.{rest:09d}"


def _layer_object(layer: Layer, packet: Packet, numbers: tuple[int, int] | None) -> dict[str, object]:
    """Its name, its fields, its options, records or header lines, and `problem` where something is wrong with it."""
    found: dict[str, object] = {"name": _plain(layer.name)}
    found |= {field.name: _plain(field.value) for field in fields(layer) if not hasattr(field.value, "_fields")}
    found |= {name: _plain(getattr(layer, name)) for name in _READ_OFF.get(type(layer), ())}
    found |= {name: [_item(item) for item in getattr(layer, name)] for name in _LISTS if hasattr(layer, name)}
    match layer:
        case Tcp() if numbers:
            found["relative_seq"], found["relative_ack"] = numbers
        case Icmp() | Icmp6() if layer.original:
            found["original"] = [_layer_object(inner, packet, None) for inner in layer.original]
        case Other():
            found["bytes"] = packet.data[layer.at : layer.at + layer.size].hex()
    if layer.problem:
        found["problem"] = _plain(layer.problem)
    return found


def _item(item: object) -> dict[str, object]:
    """An option, a record or a header line; what it does not have is left out, so is its place."""
    names: tuple[str, ...] = getattr(item, "_fields")  # noqa: B009 - every item is a named tuple, of one kind or another
    unset: Mapping[str, object] = getattr(item, "_field_defaults")  # noqa: B009 - as above
    values = ((name, getattr(item, name)) for name in names if name not in _PLACE)
    return {name: _plain(value) for name, value in values if name not in unset or value != unset[name]}


def _plain(value: object) -> object:
    """A value as JSON holds it; half a pair of surrogates, which no UTF-8 has, becomes its escape."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    return value
