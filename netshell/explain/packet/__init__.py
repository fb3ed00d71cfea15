"""One packet, layer by layer: each field with its value, its bytes, and a sentence on what it means here."""

from netshell.explain.packet.opened import Opened, OpenedField, OpenedLayer
from netshell.explain.packet.opening import named_only, open_packet, with_dissected

__all__ = ["Opened", "OpenedField", "OpenedLayer", "named_only", "open_packet", "with_dissected"]
