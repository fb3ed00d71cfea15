"""The process that `dissect` starts: it loads scapy and reads one packet after another, within bounds of its own.

The only module that imports scapy. Whatever scapy does over a stranger's bytes, the answer is a bounded list of layers.
"""

import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from itertools import islice
from typing import Any, NoReturn

from netshell.packets.dissect import LENGTH
from netshell.packets.dissected import DissectedField, DissectedLayer
from netshell.packets.summary import harmless

_MEMORY_BYTES = 512 << 20
_PACKET_WITHIN_S = 5.0
"""The engine waits for less; this is for when there is no engine any more."""
_MOST_LAYERS, _MOST_FIELDS, _LONGEST_VALUE, _DEEPEST = 40, 1000, 160, 4
_NOTHING_TO_TELL = frozenset({"Raw", "Padding", "NoPayload"})
_IP, _IPV6_VERSION = frozenset({12, 14, 101}), 6
_LAYERS = (
    "layers.inet",
    "layers.inet6",
    "layers.l2",
    "layers.dhcp",
    "layers.dns",
    "layers.dhcp6",
    "layers.eap",
    "layers.hsrp",
    "layers.ipsec",
    "layers.isakmp",
    "layers.l2tp",
    "layers.llmnr",
    "layers.netbios",
    "layers.ntp",
    "layers.ppp",
    "layers.radius",
    "layers.rip",
    "layers.sctp",
    "layers.tftp",
    "layers.vrrp",
    "layers.vxlan",
    "contrib.bfd",
    "contrib.bgp",
    "contrib.cdp",
    "contrib.dtp",
    "contrib.eigrp",
    "contrib.geneve",
    "contrib.igmp",
    "contrib.igmpv3",
    "contrib.isis",
    "contrib.lacp",
    "contrib.ldp",
    "contrib.lldp",
    "contrib.mpls",
    "contrib.mqtt",
    "contrib.ospf",
    "contrib.pim",
    "contrib.ripng",
    "contrib.rsvp",
    "contrib.vtp",
    "contrib.wireguard",
)


def main(descriptor: int, idle_s: float) -> NoReturn:
    """Answer until nobody asks any more."""
    _limit()
    connection = socket.socket(fileno=descriptor)
    _load()
    _send(connection, [])
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    while poll.poll(idle_s * 1e3):
        request = _receive(connection)
        if request is None:
            break
        link_type, at, data = json.loads(request)
        signal.setitimer(signal.ITIMER_REAL, _PACKET_WITHIN_S)  # not caught: the process ends
        layers = dissect(bytes.fromhex(data), link_type, at)
        signal.setitimer(signal.ITIMER_REAL, 0)
        _send(connection, layers)
    os._exit(0)  # nothing is to be tidied up, and Python's own end takes 50 ms


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE):
        resource.setrlimit(kind, (0, 0))


def _load() -> None:
    """Load scapy: without a look at this machine's routes, and without what it keeps in the home directory."""
    os.environ["HOME"] = "/nonexistent"
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        os.environ.pop(name, None)
    from scapy.config import conf  # noqa: PLC0415 - only here, and before any layer

    conf.route_autoload = conf.route6_autoload = False
    for name in _LAYERS:
        with suppress(ImportError):  # scapy's versions differ in these
            import_module(f"scapy.{name}")
    with suppress(ImportError, AttributeError):
        import_module("scapy.contrib.bgp").bgp_module_conf.use_2_bytes_asn = False  # RFC 6793: what routers speak now


def _receive(connection: socket.socket) -> bytes | None:
    """The next request; None where the engine has gone."""
    head = connection.recv(LENGTH.size, socket.MSG_WAITALL)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    body = connection.recv(size, socket.MSG_WAITALL)
    return body if len(body) == size else None


def _send(connection: socket.socket, layers: list[DissectedLayer]) -> None:
    body = json.dumps(layers).encode()
    connection.sendall(LENGTH.pack(len(body)) + body)


def dissect(data: bytes, link_type: int, at: int) -> list[DissectedLayer]:
    """The layers that begin at `at` or behind it, as scapy reads them; empty where it has nothing to tell.

    Once `main` has loaded scapy.
    """
    from scapy.config import conf  # noqa: PLC0415 - only here

    first = conf.l2types.num2layer.get(link_type)
    if link_type in _IP and data[:1] and data[0] >> 4 == _IPV6_VERSION:
        first = conf.l3types.num2layer[0x86DD]
    if first is None:
        return []
    found: list[DissectedLayer] = []
    try:
        found.extend(layer for layer in _walk(first(data)) if layer.at >= at and layer.size)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 - scapy raises whatever a stranger's bytes make it raise; what was read is told
        return found
    return found


def _walk(packet: Any) -> Iterator[DissectedLayer]:  # noqa: ANN401 - scapy's
    """Each layer with its place: headers follow each other, so the place is the sum of what came before."""
    at, left = 0, _MOST_FIELDS
    for _ in range(_MOST_LAYERS):
        name = type(packet).__name__
        if name in _NOTHING_TO_TELL:
            return
        head = _head(packet)
        fields = tuple(islice(_fields(packet, head, at, 0), left))
        left -= len(fields)
        yield DissectedLayer(harmless(str(packet.name), _LONGEST_VALUE), at, len(head), fields)
        at += len(head)
        packet = packet.payload


def _head(packet: Any) -> bytes:  # noqa: ANN401 - scapy's
    """The bytes of one layer without its payload, as they were captured."""
    return bytes(packet.raw_packet_cache or packet.original[: len(packet.original) - len(packet.payload.original)])


def _fields(packet: Any, head: bytes, at: int, depth: int) -> Iterator[DissectedField]:  # noqa: ANN401 - scapy's
    """The fields that a layer has in this packet, those of the parts it is made of included."""
    rest: Any = head
    for field in packet.fields_desc:
        if getattr(field, "cond", None) is not None and not field._evalcond(packet):  # noqa: SLF001 - no other way
            continue
        begin = at + len(head) - _left(rest)
        with suppress(Exception):  # a field that depends on what dissecting has used up: its place is not known
            rest, _ = field.getfield(packet, rest)
        bits = rest[1] if isinstance(rest, tuple) else 0
        size = at + len(head) - _left(rest) - begin + (1 if bits else 0)
        value = packet.getfieldval(field.name)
        parts = value if isinstance(value, list) else [value]
        if depth < _DEEPEST and parts and all(hasattr(part, "fields_desc") for part in parts):
            yield from _parts(field.name, parts, begin, depth)
        else:
            yield DissectedField(field.name, _text(packet, field, value), begin, max(size, 0))


def _parts(name: str, parts: list[Any], at: int, depth: int) -> Iterator[DissectedField]:
    """The fields of the packets that a field is made of: LSAs, TLVs, path attributes."""
    for number, part in enumerate(parts[:_MOST_LAYERS], 1):
        whose = f"{name} {number}" if len(parts) > 1 else name
        layer = part
        while type(layer).__name__ not in _NOTHING_TO_TELL:
            head = _head(layer)
            for found in _fields(layer, head, at, depth + 1):
                yield found._replace(name=f"{whose}: {found.name}")
            at += len(head)
            layer = layer.payload


def _left(rest: Any) -> int:  # noqa: ANN401 - bytes, or within a byte a tuple of bytes and bits
    return len(rest[0]) if isinstance(rest, tuple) else len(rest)


def _text(packet: Any, field: Any, value: object) -> str:  # noqa: ANN401 - scapy's
    """A value as scapy shows it; as Python does where that fails."""
    try:
        text = str(field.i2repr(packet, value))
    except Exception:  # noqa: BLE001 - as above
        text = repr(value)
    return harmless(text, _LONGEST_VALUE)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
