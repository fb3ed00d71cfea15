"""What scapy reads of a packet, as values that cost nothing to import."""

from typing import NamedTuple


class DissectedField(NamedTuple):
    """One field as scapy names it, its value as harmless text, and the bytes it stands in."""

    name: str
    value: str
    at: int
    size: int


class DissectedLayer(NamedTuple):
    """One layer as scapy names it."""

    name: str
    at: int
    size: int
    fields: tuple[DissectedField, ...]
