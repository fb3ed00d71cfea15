"""What an opened packet is made of: its layers and their fields, each with the sentence that explains it here."""

from dataclasses import dataclass

from netshell.packets.trace import Seen


@dataclass(frozen=True, slots=True)
class OpenedField:
    """One field: what it is called, what it holds, and what that means in this exchange."""

    label: str
    value: str
    """As text, made harmless: what it holds may be a stranger's."""
    says: str
    at: int
    """Offset of its first byte in the packet's data."""
    size: int
    """Bytes it stands in; flags and other bits share theirs."""


@dataclass(frozen=True, slots=True)
class OpenedLayer:
    """One layer: what it is for in this packet, and its fields in the order of their bytes."""

    name: str
    says: str
    fields: tuple[OpenedField, ...]
    at: int
    """Offset of its first byte in the packet's data."""
    size: int
    """Bytes that are its own."""
    problem: str = ""
    """What is wrong with it; empty for a sound one."""


@dataclass(frozen=True, slots=True)
class Opened:
    """One packet, explained."""

    seen: Seen
    headline: str
    """A sentence on the whole packet."""
    layers: tuple[OpenedLayer, ...]
    """From the outside in; the packet that an ICMP error quotes follows the error's own layer."""
    related: tuple[tuple[int, str], ...] = ()
    """Numbers of crossings that belong to it, each with a few words on how, in the order of the trace."""
