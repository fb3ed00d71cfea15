"""The list of packets: one line each, made when it is wanted, however many there are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from netshell.facts import Crossing, End
from netshell.packets.headers import Tcp
from netshell.packets.layers import Icmp, Icmp6, Packet
from netshell.packets.summary import harmless, said
from netshell.packets.trace import Seen
from netshell.render.label import segment_labels, sound_labels, style_of
from netshell.render.line import Line, clipped, clock, fit, fit_middle, line, name, pad, width_of

LOOK_AHEAD = 200
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
_REMEMBERED = 4096
"""Cells that are kept: the same pair of addresses comes again and again."""


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


class Columns(NamedTuple):
    """How the list is laid out. Most are widths, in columns of the screen; 0 for what is left out."""

    number: int
    time: int
    places: int
    """Of the time: digits behind the point."""
    way: int
    protocol: int
    length: int
    addresses: int
    room: int
    """What number, time and summary have together: the first two take what they need, and may not even fit."""
    with_links: bool
    """The way names interfaces too: `ns1:eth0 → ns2:eth0`."""
    width: int
    """Of the screen."""
    begin_ns: int
    """The moment that times count from, in nanoseconds since the epoch."""


def packet_lines(
    seen: Iterable[Seen],
    *,
    width: int,
    begin_ns: int,
    with_noise: bool = False,
    command: str = ":packets",
    look_ahead: int = LOOK_AHEAD,
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
        columns = measured(first, last, width, begin_ns, may_widen=look_ahead < LOOK_AHEAD)
        yield heading(columns)
        for one in chain(first, shown):
            yield row(one, one.packet, columns)
    elif not left.kinds:
        yield line(fit("No packets.", width), "dim")
    yield from left.lines(width, command)


def measured(first: Sequence[Seen], last: Seen, width: int, begin_ns: int, *, may_widen: bool = False) -> Columns:
    """The widths that the packets on the first screens ask for; what comes later is cut to them.

    The screen has `width` columns, and at least 20. `may_widen`: the packets are few, and the next ones may well have
    longer addresses.
    """
    width = max(width, 20)
    number = max(3, len(str(last.number)))
    elapsed_ns = max((one.crossing.time_ns - begin_ns for one in (*first, last)), default=0)
    is_short = elapsed_ns < _SECONDS_WITH_MICRO * 10**9
    places = 6 if width >= _NARROW or (is_short and width >= _VERY_NARROW) else 3
    time = max(len(clock(elapsed_ns, places)), places + 2)
    packets = [packet for one in first if (packet := one.packet).ethertype != _ARP or width >= _NARROW]
    protocol = max(6 if may_widen else 5, _widest((one.protocol for one in first), _LONGEST_PROTOCOL))
    way, with_links = _way_width([one.crossing for one in first], width)
    length = max(6, *(len(str(one.crossing.wire_length)) for one in first)) if first and width >= _WIDE else 0
    addresses = _widest(
        (_addresses(packet.src, packet.dst, _LONGEST_ADDRESSES) for packet in packets), _LONGEST_ADDRESSES
    )
    if may_widen:
        addresses = max(addresses, 2 * _SHORTEST_ADDRESS + 3)
    fixed = sum(size + 2 for size in (number, time, way, protocol, length) if size) + 2 * bool(way)
    if way and width - fixed - addresses - 2 < _LEAST_SUMMARY:
        addresses = 0  # a row has them where there is room
    elif not way:
        room = max(width - fixed - 2 - _LEAST_SUMMARY, 2 * _SHORTEST_ADDRESS + 3)
        addresses = max(0, min(addresses, room, (width - fixed) // 2))
    left = width - fixed - (addresses + 2 if addresses else 0)
    return Columns(
        number, time, places, way, protocol, length, addresses, number + time + left, with_links, width, begin_ns
    )


def _way_width(crossings: Sequence[Crossing], width: int) -> tuple[int, bool]:
    """The width of the column of nodes, and whether it has the interfaces too."""
    in_lab = [crossing for crossing in crossings if crossing.sender or crossing.receiver]
    if not in_lab:
        return 0, False
    if width >= _WIDE:
        wide = _widest((_way(one.sender, one.receiver, with_links=True) for one in in_lab), _LONGEST_WIDE_WAY + 1)
        if wide <= _LONGEST_WIDE_WAY:
            return wide, True
    return _widest((_way(one.sender, one.receiver, with_links=False) for one in in_lab), _LONGEST_WAY), False


def _widest(texts: Iterable[str], most: int) -> int:
    return min(max(map(width_of, texts), default=0), most)


def heading(columns: Columns) -> Line:
    """What stands above the rows."""
    titles = [f"{'No':>{columns.number}}", f"{'Time':>{columns.time}}"]
    if columns.way:
        titles.append(pad("  Way", columns.way + 2))
    titles.append(pad("Protocol" if columns.protocol >= 8 else "Proto", columns.protocol))
    if columns.length:
        titles.append(f"{'Length':>{columns.length}}")
    if columns.addresses:
        titles.append(pad("From → to", columns.addresses))
    return line(fit("  ".join([*titles, "What"]), columns.width).rstrip(), "dim")


def row(seen: Seen, packet: Packet, columns: Columns) -> Line:
    """One packet, in a line that is at most as wide as the screen."""
    styles = ("dim", "", style_of(packet), "dim", "", "", "bold red")
    return Line(tuple([piece for piece in zip(cells(seen, packet, columns), styles, strict=True) if piece[0]]))


def cells(seen: Seen, packet: Packet, columns: Columns) -> tuple[str, ...]:
    """The texts of a row: what it begins with, way, protocol, length, addresses, words, problem; some are empty."""
    crossing = seen.crossing
    number = str(crossing.number).rjust(columns.number)
    time = clock(crossing.time_ns - columns.begin_ns, columns.places).rjust(columns.time)
    room = columns.room - len(number) - len(time)
    begin, way, length, addresses = f"{number}  {time}  ", "", "", ""
    if columns.way:
        begin = f"{begin}{'↪' if seen.follows else ' '} "
        way = _way_cell(crossing.sender, crossing.receiver, columns.way, with_links=columns.with_links)
    if columns.length:
        length = f"{fit(str(crossing.wire_length), columns.length).rjust(columns.length)}  "
    if columns.addresses:
        src, dst = packet.src, packet.dst
        addresses = _address_cell(src, dst, columns.addresses)
        if packet.ethertype == _ARP and "…" in addresses:
            room, addresses = room + columns.addresses + 2, ""  # its own words have the addresses
    words, problem = _what(packet, seen.numbers, max(room, 0), is_lab_row=bool(way) and not columns.addresses)
    texts = (begin, way, _protocol_cell(seen.protocol, columns.protocol), length, addresses, words, problem)
    if room >= 0:
        return texts
    return tuple(text for text, _ in clipped([(text, "") for text in texts], columns.width).pieces)


@lru_cache(maxsize=_REMEMBERED)
def _way_cell(sender: End | None, receiver: End | None, width: int, *, with_links: bool) -> str:
    return f"{pad(fit_middle(_way(sender, receiver, with_links=with_links), width), width)}  "


@lru_cache(maxsize=_REMEMBERED)
def _protocol_cell(protocol: str, width: int) -> str:
    return f"{pad(harmless(protocol), width)}  "


@lru_cache(maxsize=_REMEMBERED)
def _address_cell(src: str, dst: str, width: int) -> str:
    return f"{pad(_addresses(src, dst, width), width)}  "


def _way(sender: End | None, receiver: End | None, *, with_links: bool) -> str:
    """Over which link it went: `ns1 → ns2`; `?` where an end is not known, `ns1 lo` for a loop."""
    if sender is not None and sender == receiver:
        return f"{name(sender.node)} {name(sender.link)}"
    ends = (sender, receiver)
    if with_links:
        return " → ".join("?" if end is None else f"{name(end.node)}:{name(end.link)}" for end in ends)
    return " → ".join("?" if end is None else name(end.node) for end in ends)


def _addresses(src: str, dst: str, width: int) -> str:
    """`192.0.2.1 → 192.0.2.2`, or the hardware addresses where there is no IP, within so many columns."""
    if not src and not dst:
        return ""
    dst = "broadcast" if dst == _BROADCAST else dst
    whole = f"{src} → {dst}"
    if len(whole) <= width:
        return whole
    each = (width - 3) // 2
    if each < 5:
        return fit(whole, width)
    short = fit_middle(src, max(each, width - 3 - len(dst)))
    return f"{short} → {fit_middle(dst, width - 3 - len(short))}"


def _what(packet: Packet, numbers: tuple[int, int] | None, width: int, *, is_lab_row: bool) -> tuple[str, str]:
    """What the packet says, the fullest words that fit; a malformed one says why at the end, whatever must give way."""
    text, problem = said(packet, numbers), packet.problem
    if problem:
        reason = fit(f"! {harmless(problem)}", max(width - min(width_of(text), width // 3) - 2, 0))
        return fit(text, width - width_of(reason) - 2), f"  {reason}" if reason else ""
    if is_lab_row and packet.ethertype != _ARP and not isinstance(packet.transport, Tcp):
        addresses = f"{packet.src} → {packet.dst}  "
        left = width - width_of(addresses)
        for words in chain((text,), _shorter(packet, numbers, text, width)):
            if width_of(words) <= left:
                return addresses + words, ""
    if width_of(text) <= width:
        return text, ""
    for words in _shorter(packet, numbers, text, width):
        if width_of(words) <= width:
            return words, ""
    return fit(text, width), ""


def _shorter(packet: Packet, numbers: tuple[int, int] | None, text: str, width: int) -> Iterable[str]:
    """What may stand for a summary that does not fit, the fullest first; a segment's ports are first to give way."""
    segment = packet.transport
    if isinstance(segment, Tcp):
        is_bare = packet.application is None
        words = segment_labels(packet, segment, numbers) if is_bare else tuple(sound_labels(packet, numbers))
        return words[1:] if width < _WITH_PORTS else (text.replace(f" win={segment.window}", "", 1), *words)
    is_error = isinstance(segment, Icmp | Icmp6) and segment.is_error
    return () if is_error and width >= _LEAST_SUMMARY else sound_labels(packet, numbers)
