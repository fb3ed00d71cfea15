"""The list of packets: one line each, made when it is wanted, however many there are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from netshell.facts import Crossing
from netshell.packets.headers import Tcp
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.summary import harmless, summary
from netshell.packets.trace import Seen
from netshell.render.label import labels, style_of
from netshell.render.line import Line, Piece, clipped, clock, fit, fit_middle, line, name, pad, width_of

_LOOK_AHEAD = 200
"""How many packets decide on the widths of the columns: the first screens."""
_VERY_NARROW, _NARROW, _WIDE = 60, 100, 120
_LEAST_SUMMARY = 48
_LONGEST_WAY, _LONGEST_WIDE_WAY, _LONGEST_ADDRESSES, _LONGEST_PROTOCOL = 20, 44, 56, 14
_SHORTEST_ADDRESS = 15
_WITH_PORTS = 34
"""Columns for what a segment says, below which its ports give way."""
_ARP = 0x0806
_BROADCAST = "ff:ff:ff:ff:ff:ff"
_SECONDS_WITH_MICRO = 1000


class Left(NamedTuple):
    """Packets that a view leaves out since nobody caused them, by what they are."""

    kinds: Counter[str]

    def keep(self, seen: Iterable[Seen]) -> Iterator[Seen]:
        """Those that somebody caused, one by one; the others are counted."""
        for one in seen:
            if one.noise:
                self.kinds[one.noise] += 1
            else:
                yield one

    def lines(self, width: int, command: str) -> Iterator[Line]:
        """How many were left out and what they are; nothing where there were none."""
        if not self.kinds:
            return
        told = f"{self.kinds.total():,} of the kernel's own left out"
        shown = f": `{command} all`" if command else ""
        kinds = [kind for kind, _ in self.kinds.most_common()]
        texts = [
            f"{told} ({', '.join(kinds[:count])}{', …' if count < len(kinds) else ''}){shown}"
            for count in range(min(len(kinds), 3), 0, -1)
        ]
        yield line(fit(next((text for text in texts if width_of(text) <= width), told + shown), width), "dim")


class _Columns(NamedTuple):
    """How wide each column is, in characters; 0 for one that is left out."""

    number: int
    time: int
    places: int
    """Of the time: digits behind the point."""
    way: int
    protocol: int
    length: int
    addresses: int
    summary: int
    with_links: bool
    """The way names interfaces too: `ns1:eth0 → ns2:eth0`."""


def packet_lines(
    seen: Iterable[Seen],
    *,
    width: int,
    begin_ns: int,
    with_noise: bool = False,
    command: str = ":packets",
    look_ahead: int = _LOOK_AHEAD,
) -> Iterator[Line]:
    """The list, a heading first; every line at most `width` columns wide, which is at least 20.

    `begin_ns` is the moment that times count from (nanoseconds since the epoch). Noise is left out and counted in the
    last line unless it is asked for; `command` is what that line names to see it, empty for none. So many packets as
    `look_ahead` says decide on the widths of the columns: fewer where the others are yet to come.
    """
    width = max(width, 20)
    left = Left(Counter())
    shown = iter(seen) if with_noise else left.keep(seen)
    first = list(islice(shown, look_ahead))
    if first:
        last = seen[-1] if isinstance(seen, Sequence) else first[-1]
        columns = _measure(first, last, width, begin_ns, may_widen=look_ahead < _LOOK_AHEAD)
        yield _heading(columns, width)
        for one in chain(first, shown):
            row = _row(one, columns, begin_ns)
            yield row if row.cells <= width else clipped(row.pieces, width)
    elif not left.kinds:
        yield line(fit("No packets.", width), "dim")
    yield from left.lines(width, command)


def _measure(first: Sequence[Seen], last: Seen, width: int, begin_ns: int, *, may_widen: bool) -> _Columns:
    """The widths that the packets on the first screens ask for; what comes later is cut to them.

    `may_widen`: they are few, and the next ones may well have longer addresses.
    """
    number = max(3, len(str(last.number)))
    elapsed_ns = max((one.crossing.time_ns - begin_ns for one in (*first, last)), default=0)
    is_short = elapsed_ns < _SECONDS_WITH_MICRO * 10**9
    places = 6 if width >= _NARROW or (is_short and width >= _VERY_NARROW) else 3
    time = max(len(clock(elapsed_ns, places)), places + 2)
    packets = [packet for one in first if (packet := one.packet).ethertype != _ARP or width >= _NARROW]
    protocol = max(6 if may_widen else 5, _widest((one.protocol for one in first), _LONGEST_PROTOCOL))
    way, with_links = _way_width([one.crossing for one in first], width)
    length = max(6, *(len(str(one.crossing.wire_length)) for one in first)) if first and width >= _WIDE else 0
    addresses = _widest((_addresses(packet, _LONGEST_ADDRESSES) for packet in packets), _LONGEST_ADDRESSES)
    if may_widen:
        addresses = max(addresses, 2 * _SHORTEST_ADDRESS + 3)
    fixed = sum(size + 2 for size in (number, time, way, protocol, length) if size) + 2 * bool(way)
    if way and width - fixed - addresses - 2 < _LEAST_SUMMARY:
        addresses = 0  # a row has them where there is room
    elif not way:
        room = max(width - fixed - 2 - _LEAST_SUMMARY, 2 * _SHORTEST_ADDRESS + 3)
        addresses = max(0, min(addresses, room, (width - fixed) // 2))
    left = width - fixed - (addresses + 2 if addresses else 0)
    return _Columns(number, time, places, way, protocol, length, addresses, max(left, 0), with_links)


def _way_width(crossings: Sequence[Crossing], width: int) -> tuple[int, bool]:
    """The width of the column of nodes, and whether it has the interfaces too."""
    in_lab = [crossing for crossing in crossings if crossing.sender or crossing.receiver]
    if not in_lab:
        return 0, False
    if width >= _WIDE:
        wide = _widest((_way(crossing, with_links=True) for crossing in in_lab), _LONGEST_WIDE_WAY + 1)
        if wide <= _LONGEST_WIDE_WAY:
            return wide, True
    return _widest((_way(crossing, with_links=False) for crossing in in_lab), _LONGEST_WAY), False


def _widest(texts: Iterable[str], most: int) -> int:
    return min(max(map(width_of, texts), default=0), most)


def _heading(columns: _Columns, width: int) -> Line:
    cells = [f"{'No':>{columns.number}}", f"{'Time':>{columns.time}}"]
    if columns.way:
        cells.append(pad("  Way", columns.way + 2))
    cells.append(pad("Protocol" if columns.protocol >= 8 else "Proto", columns.protocol))
    if columns.length:
        cells.append(f"{'Length':>{columns.length}}")
    if columns.addresses:
        cells.append(pad("From → to", columns.addresses))
    return line(fit("  ".join([*cells, "What"]), width).rstrip(), "dim")


def _row(seen: Seen, columns: _Columns, begin_ns: int) -> Line:
    crossing, packet = seen.crossing, seen.packet
    number, time = str(seen.number), clock(crossing.time_ns - begin_ns, columns.places)
    pieces: list[Piece] = [(f"{number:>{columns.number}}  {time:>{columns.time}}  ", "dim")]
    room = columns.summary - max(0, len(number) - columns.number) - max(0, len(time) - columns.time)
    if columns.way:
        pieces.append(("↪ " if seen.follows else "  ", "dim"))
        way = fit_middle(_way(crossing, with_links=columns.with_links), columns.way)
        pieces.append((pad(way, columns.way) + "  ", ""))
    pieces.append((pad(harmless(seen.protocol), columns.protocol) + "  ", style_of(packet)))
    if columns.length:
        length = str(crossing.wire_length)
        pieces.append((f"{fit(length, columns.length):>{columns.length}}  ", "dim"))
    is_cut = packet.ethertype == _ARP and _addresses(packet, columns.addresses) != _addresses(
        packet, _LONGEST_ADDRESSES
    )
    if columns.addresses and is_cut:
        room += columns.addresses + 2  # its own words have the addresses
    elif columns.addresses:
        pieces.append((pad(_addresses(packet, columns.addresses), columns.addresses) + "  ", ""))
    is_lab_row = bool(columns.way) and not columns.addresses
    return Line((*pieces, *_what(packet, seen.numbers, max(room, 0), is_lab_row=is_lab_row)))


def _way(crossing: Crossing, *, with_links: bool) -> str:
    """Over which link it went: `ns1 → ns2`; `?` where an end is not known, `ns1 lo` for a loop."""
    sender, receiver = crossing.sender, crossing.receiver
    if sender is not None and sender == receiver:
        return f"{name(sender.node)} {name(sender.link)}"
    ends = (sender, receiver)
    if with_links:
        return " → ".join("?" if end is None else f"{name(end.node)}:{name(end.link)}" for end in ends)
    return " → ".join("?" if end is None else name(end.node) for end in ends)


def _addresses(packet: Packet, cells: int) -> str:
    """`192.0.2.1 → 192.0.2.2`, or the hardware addresses where there is no IP, within so many columns."""
    src, dst = packet.src, packet.dst
    if not src and not dst:
        return ""
    dst = "broadcast" if dst == _BROADCAST else dst
    whole = f"{src} → {dst}"
    if len(whole) <= cells:
        return whole
    each = (cells - 3) // 2
    if each < 5:
        return fit(whole, cells)
    short = fit_middle(src, max(each, cells - 3 - len(dst)))
    return f"{short} → {fit_middle(dst, cells - 3 - len(short))}"


def _what(packet: Packet, numbers: tuple[int, int] | None, cells: int, *, is_lab_row: bool) -> Iterator[Piece]:
    """What the packet says, the fullest words that fit; a malformed one says why at the end, whatever must give way."""
    text = summary(packet, numbers)
    if packet.problem:
        text = text.removesuffix(f" [{harmless(packet.problem)}]")
        reason = fit(f"! {harmless(packet.problem)}", max(cells - min(width_of(text), cells // 3) - 2, 0))
        yield fit(text, cells - width_of(reason) - 2), ""
        yield f"  {reason}" if reason else "", "bold red"
        return
    choice = [text, *_shorter(packet, numbers, text, cells)]
    if is_lab_row and packet.ethertype != _ARP and not isinstance(packet.transport, Tcp):
        addresses = f"{packet.src} → {packet.dst}"
        choice = [f"{addresses}  {choice[0]}", *(f"{addresses}  {words}" for words in choice[1:]), *choice]
    yield fit(next((words for words in choice if width_of(words) <= cells), text), cells), ""


def _shorter(packet: Packet, numbers: tuple[int, int] | None, text: str, cells: int) -> list[str]:
    """What may stand for a summary that does not fit, the fullest first."""
    short = list(labels(packet, numbers))
    if isinstance(packet.transport, Tcp):
        without_window = text.replace(f" win={packet.transport.window}", "", 1)
        return short[1:] if cells < _WITH_PORTS else [without_window, *short]
    is_error = isinstance(packet.transport, Icmp | Icmp6) and packet.transport.is_error
    return [] if is_error and cells >= _LEAST_SUMMARY else short
