"""One packet, explained: layer by layer, each field with value, bytes and what it means here; then all its bytes."""

from collections.abc import Iterator
from itertools import groupby, zip_longest

from netshell.explain.packet.opened import Opened, OpenedField, OpenedLayer
from netshell.facts import Crossing
from netshell.render.console import safe
from netshell.render.hexdump import dump_lines
from netshell.render.layout import MEASURE
from netshell.render.line import Line, Piece, clipped, clock, fit, folded, line, name, pad, width_of

_STYLES = ("cyan", "green", "magenta", "yellow", "blue")
"""Of the layers, from the outside in and again from the first."""
_SPELLED = 8
"""Bytes of a field that are written out beside it; the dump below has them all."""
_LONGEST_LABEL = 24
_MARGIN = "  "
_HANG = 6
_NUMBER = 5
_BESIDE_FROM, _LEFT = 120, 72
"""From this width on, what a field means stands beside it, right of so many columns; on others below it."""
_NOBODY = -1


def packet_view(opened: Opened, *, width: int, begin_ns: int | None = None) -> Iterator[Line]:
    """The packet as lines, at most `width` columns wide, which is at least 20.

    `begin_ns` is the moment that its time counts from; without it no time is told.
    """
    width = max(width, 20)
    measure = min(width, MEASURE)
    yield line(fit(_title(opened.seen.crossing, begin_ns), width), "bold")
    for text in folded(safe(opened.headline), measure):
        yield line(text)
    label = min(max((width_of(f.label) for each in opened.layers for f in each.fields), default=0), _LONGEST_LABEL)
    for number, layer in enumerate(opened.layers):
        yield line("")
        yield from _layer(layer, opened.seen.crossing.data, _style(number), label, width)
    yield line("")
    yield from _dump(opened, width)
    if opened.related:
        yield line("")
        yield line("Belongs to it", "bold")
        for other, words in opened.related:
            for place, text in enumerate(folded(safe(words), max(measure - _NUMBER - 2, 8))):
                mark = "" if place else str(other)
                yield clipped([(f"{mark:>{_NUMBER}}  ", "bold"), (text, "")], width)


def _style(number: int) -> str:
    return _STYLES[number % len(_STYLES)]


def _title(crossing: Crossing, begin_ns: int | None) -> str:
    """Which packet it is, when and where it was: `Packet 7 · 0.000120 s · ns1:eth0 → ns2:eth0 · 74 bytes`."""
    parts = [f"Packet {crossing.number}"]
    if begin_ns is not None:
        parts.append(f"{clock(crossing.time_ns - begin_ns)} s")
    sender, receiver = crossing.sender, crossing.receiver
    if sender is not None or receiver is not None:
        ends = ["?" if end is None else f"{name(end.node)}:{name(end.link)}" for end in (sender, receiver)]
        parts.append(ends[0] if sender == receiver else " → ".join(ends))
    captured = len(crossing.data)
    cut = f", {captured:,} of them captured" if captured < crossing.wire_length else ""
    return " · ".join([*parts, f"{crossing.wire_length:,} bytes{cut}"])


def _layer(layer: OpenedLayer, data: bytes, style: str, label: int, width: int) -> Iterator[Line]:
    title, place = safe(layer.name), f"  {_extent(layer.at, layer.size)}"
    shown = fit(title, width)
    yield Line(((shown, f"bold {style}"), (fit(place, width - width_of(shown)), "dim")))
    measure = min(width, MEASURE) - len(_MARGIN)
    for text in folded(safe(layer.says), measure) if layer.says else ():
        yield line(_MARGIN + text)
    if layer.problem:
        for text in folded(f"! {safe(layer.problem)}", measure, hang=2):
            yield line(_MARGIN + text, "bold red")
    for field in layer.fields:
        if width >= _BESIDE_FROM:
            yield from _field_beside(field, data, label, width)
        else:
            yield from _field(field, data, label, width)
            yield from _meaning(field, width)


def _extent(at: int, size: int) -> str:
    if size <= 0:
        return "no bytes"
    return f"byte {at}" if size == 1 else f"bytes {at} to {at + size - 1}"


def _field(field: OpenedField, data: bytes, label: int, width: int) -> Iterator[Line]:
    """Name, value and bytes on the first line; below it, further in, what it means."""
    lead: list[Piece] = [(_MARGIN, ""), (pad(safe(field.label), label) + "  ", "bold")]
    used = len(_MARGIN) + label + 2
    room = max(width - used, 8)
    own = data[max(field.at, 0) : max(field.at, 0) + max(field.size, 0)]
    spelled = own[:_SPELLED].hex(" ") + (" …" if len(own) > _SPELLED else "")
    beside = f"{field.at:04x}: {spelled}" if own else ""
    first, *rest = folded(safe(field.value), room)
    gap = room - width_of(first) - width_of(beside)
    is_beside = bool(beside) and gap >= 2 and not rest
    tail = " " * gap + beside if is_beside else ""
    yield clipped([*lead, (first, ""), (tail, "dim")], width)
    for text in rest:
        yield clipped([(" " * used, ""), (text, "")], width)
    if beside and not is_beside:
        yield clipped([(" " * used, ""), (beside, "dim")], width)


def _meaning(field: OpenedField, width: int) -> Iterator[Line]:
    for text in folded(safe(field.says), max(min(width, MEASURE) - _HANG, 8)) if field.says else ():
        yield clipped([(" " * _HANG, ""), (text, "")], width)


def _field_beside(field: OpenedField, data: bytes, label: int, width: int) -> Iterator[Line]:
    """The same with its meaning in a column of its own."""
    left = list(_field(field, data, label, _LEFT))
    says = list(folded(safe(field.says), min(width - _LEFT - 3, MEASURE)))
    for known, text in zip_longest(left, says):
        pieces = known.pieces if known is not None else ()
        blank = " " * (_LEFT + 3 - (known.cells if known is not None else 0))
        yield Line((*pieces, (blank, ""), (text, ""))) if text else Line(pieces)


def _dump(opened: Opened, width: int) -> Iterator[Line]:
    """All bytes, each layer's under its name: which is which is not told by colour alone."""
    data = opened.seen.crossing.data
    yield line("Bytes", "bold")
    if not data:
        yield line(_MARGIN + "none were captured", "dim")
    owners = _owners(opened.layers, len(data))
    for owner, run in groupby(range(len(data)), key=owners.__getitem__):
        places = list(run)
        begin, end = places[0], places[-1] + 1
        is_known = owner != _NOBODY
        title = safe(opened.layers[owner].name) if is_known else "not read"
        style = _style(owner) if is_known else "dim"
        yield line(fit(_MARGIN + title, width), f"bold {style}" if is_known else style)
        for row in dump_lines(data[begin:end], cells=width - len(_MARGIN), start=begin, end=len(data)):
            yield line(_MARGIN + row, style)


def _owners(layers: tuple[OpenedLayer, ...], size: int) -> list[int]:
    """For each byte the innermost layer that it belongs to."""
    owners = [_NOBODY] * size
    for number, layer in enumerate(layers):
        begin = min(max(layer.at, 0), size)
        end = min(max(layer.at + layer.size, begin), size)
        owners[begin:end] = [number] * (end - begin)
    return owners
