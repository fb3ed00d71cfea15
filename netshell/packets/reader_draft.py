"""A packet while it is being read: what the readers of the protocols hand to each other."""

from netshell.packets.layers import Application, Layer, Network, Other, Packet, Transport
from netshell.packets.names import DETAILS

made = tuple.__new__
"""Makes a named tuple of its type and all its values, in half the time of a call of the type."""


class Draft:
    """The bytes, and the layers found so far. Ends (`end`) are places on the wire: they may lie behind the capture.

    What a packet does not have stays with the class: a draft is made for every packet, and each store would count.
    """

    is_piece = False
    """The first of several fragments."""
    network: Network | None = None
    transport: Transport | None = None
    application: Application | None = None
    ethertype = -1
    tags = 0
    body_at = 0
    body_end = 0

    def __init__(self, data: bytes, captured: int, wire_end: int, *, is_quoted: bool = False) -> None:
        self.data = data
        self.captured = captured
        """The length of the data."""
        self.wire_end = wire_end
        self.is_quoted = is_quoted
        """The beginning of a packet inside an ICMP error: that the rest is missing is as it should be."""
        self.layers: list[Layer] = []

    def packet(self, link_type: int) -> Packet:
        """What has been read, as the value that others get."""
        return made(
            Packet,
            (
                self.data,
                self.wire_end,
                link_type,
                tuple(self.layers),
                self.network,
                self.transport,
                self.application,
                self.ethertype,
                self.tags,
                self.body_at,
                self.body_end,
            ),
        )

    def name(self, at: int, end: int, name: str, problem: str = "") -> None:
        """Note bytes that are not read further; nothing where there are none and nothing is wrong."""
        captured = self.captured
        size = (end if end < captured else captured) - at  # noqa: FURB136 - a call of min() takes four times as long
        if size <= 0 and not problem and end <= at:
            return
        if not problem and end > captured and not self.is_quoted:
            problem = f"cut off by the capture: {max(size, 0)} of {end - at} bytes were kept"
        detail = ""
        if name in DETAILS:
            offset, messages = DETAILS[name]
            detail = messages.get(self.data[at + offset], "") if size > offset else ""
        if size < 0:
            at, size = captured, 0
        self.layers.append(made(Other, (at, size, name, detail, problem)))

    def body(self, at: int, end: int) -> None:
        """Set where the payload lies."""
        captured = self.captured
        self.body_at = at if at < captured else captured  # noqa: FURB136 - as above
        self.body_end = end if end < captured else captured  # noqa: FURB136 - as above

    def short(self, at: int, end: int, name: str, needed: int) -> None:
        """Note a header of which less than `needed` bytes are there."""
        there = max(min(end, self.captured) - at, 0)
        cause = " (cut off by the capture)" if end > self.captured and not self.is_quoted else ""
        self.name(at, max(end, at), name, f"{there} of at least {needed} bytes are there{cause}")
