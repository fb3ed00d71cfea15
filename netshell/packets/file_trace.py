"""A capture file as a trace: its records as crossings, with their ends where netshell itself saved the file.

Of other programs' files nobody knows which interface a frame came from and went to; their crossings have no ends.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from netshell.facts import Crossing, End
from netshell.packets.files import Interface, Record
from netshell.packets.layers import Packet
from netshell.packets.reader_draft import made
from netshell.packets.trace import Observer, Seen, read_once

_TO = "to "
"""What begins a packet's comment that names the receiving end: `to ns2:eth0`."""
_PREFIXED = re.compile(r"([0-9a-f.:]+)/\d+")
_HARDWARE = re.compile(r"MAC ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})")


class Taken(NamedTuple):
    """One packet of a file."""

    seen: Seen
    packet: Packet
    link: str
    """The interface that it was captured on, as the file names it; empty where it does not."""


def trace(
    records: Iterable[Record],
    is_wanted: Callable[[int], bool] = lambda _number: True,
    reader: Callable[[bytes, int, int], Packet] = read_once,
) -> Iterator[Taken]:
    """The packets of a file in its order, numbered from 1; one at a time is kept.

    Of those whose numbers are not wanted, only what the others need is looked at. A `reader` that remembers nothing is
    quicker for who asks no packet of a `Seen`.
    """
    observer = Observer()
    interface, is_placed = None, False
    for number, record in enumerate(records, 1):
        if is_wanted(number):
            packet = reader(record.data, record.interface.link_type, record.wire_length)
            seen = observer.see_packet(crossing_of(number, record), packet)
            yield made(Taken, (seen, packet, record.interface.name))
            continue
        if record.interface is not interface:
            interface = record.interface
            is_placed = end_of(interface) is not None
        if is_placed or not observer.pass_over(record.data, interface.link_type):
            observer.see(crossing_of(number, record))


def crossing_of(number: int, record: Record) -> Crossing:
    """A record as a crossing: the interface that netshell names in its own files is where the frame left or came to."""
    data, link_type, comment = record.data, record.interface.link_type, record.comment
    here = end_of(record.interface)
    sender = receiver = None
    if here is not None and record.direction == "in":
        receiver = here
    elif here is not None:
        sender = here
        receiver = _named(comment.removeprefix(_TO)) if comment.startswith(_TO) else None
        comment = "" if receiver is not None else comment
    return made(Crossing, (number, record.time_ns, sender, receiver, data, record.wire_length, link_type, comment))


@lru_cache(maxsize=256)
def end_of(interface: Interface) -> End | None:
    """The node and the link of an interface as `pcapng_writer` describes it; None for everybody else's."""
    end = _named(interface.name)
    return end if end is not None and interface.description == f"{end.link} on {end.node}" else None


def _named(text: str) -> End | None:
    """`node:link`; a link's name has no colon."""
    node, colon, link = text.rpartition(":")
    return End(node, link) if colon and node and link else None


def addresses(interfaces: Iterable[Interface]) -> Mapping[str, tuple[str, ...]]:
    """The addresses, IP and hardware, of each node, as netshell's comments on its interfaces have them."""
    found: dict[str, dict[str, None]] = {}
    for interface in interfaces:
        end = end_of(interface)
        if end is not None:
            mine = found.setdefault(end.node, {})
            mine |= dict.fromkeys(_PREFIXED.findall(interface.comment))
            mine |= dict.fromkeys(_HARDWARE.findall(interface.comment))
    return {node: tuple(mine) for node, mine in found.items()}
