"""A conversation as text: who says what, in the order in which it could be read."""

from collections.abc import Iterator
from itertools import groupby

from rich.cells import cell_len, chop_cells

from netshell.packets.streams import Conversation, Piece, Side, Speaker
from netshell.render.console import safe
from netshell.render.hexdump import dump_lines
from netshell.render.label import endpoint
from netshell.render.line import Line, fit, line, name, pad, width_of

_STYLES = ("cyan", "magenta")
_MARKS = (">", "<")
_LONGEST_NAME = 20
_HEAD_ENDS = b"\r\n\r\n"
_TEXT_SHARE = 0.85
"""With fewer printable characters than that, bytes are shown as bytes."""


def follow_lines(conversation: Conversation, *, width: int) -> Iterator[Line]:
    """The conversation: a heading, then each line that a side said behind its mark. No line is wider than `width`.

    What is not text is shown in hexadecimal; control characters are shown, never sent. Nothing is unpacked: chunks
    and gzip of HTTP stand as they were sent.
    """
    width = max(width, 20)
    names = _names(conversation, min(_LONGEST_NAME, width // 2 - 2))
    yield from _heading(conversation, names, width)
    room = max(map(width_of, names)) + 2
    for side, pieces in groupby(conversation.pieces, key=lambda piece: piece.side):
        for text, style in _turn(list(pieces), width - room, is_stream=conversation.protocol == "TCP"):
            mark = pad(f"{names[side]}{_MARKS[side]}", room)
            yield Line(((mark, f"bold {_STYLES[side]}"), (text, style or _STYLES[side])))
    if not conversation.pieces:
        yield line(fit("Nothing was said: no packet of it carries data.", width), "dim")
    if conversation.left_out:
        yield line(fit(f"… {conversation.left_out:,} bytes more are not shown", width), "dim")


def _names(conversation: Conversation, longest: int) -> tuple[str, str]:
    """What the sides are called at the beginning of their lines, in at most so many columns."""
    names = [name(speaker.node) or endpoint(speaker.address, speaker.port) for speaker in conversation.speakers]
    if names[0] == names[1]:
        names = [f"{known}:{speaker.port}" for known, speaker in zip(names, conversation.speakers, strict=True)]
    first, second = (fit(text, longest) for text in names)
    return first, second


def _heading(conversation: Conversation, names: tuple[str, str], width: int) -> Iterator[Line]:
    first, second = conversation.speakers
    sides: list[tuple[Side, Speaker]] = [(0, first), (1, second)]
    count = conversation.crossings
    packets = "1 packet" if count == 1 else f"{count:,} packets"
    begin = "" if conversation.is_from_start or conversation.protocol == "UDP" else ", the beginning was not captured"
    yield line(fit(f"{conversation.protocol} conversation, {packets}{begin}", width), "bold")
    for side, speaker in sides:
        said = conversation.said[side]
        amount = "nothing" if not said else "1 byte" if said == 1 else f"{said:,} bytes"
        place = endpoint(speaker.address, speaker.port)
        text = f"  {names[side]}{_MARKS[side]}  {place}  said {amount}"
        yield line(fit(text, width), _STYLES[side])
    yield line("")


def _turn(pieces: list[Piece], cells: int, *, is_stream: bool) -> Iterator[tuple[str, str]]:
    """What one side says before the other speaks again, line by line, with a style where it is not said but told."""
    data = b""
    for piece in pieces:
        if piece.missing or not is_stream:
            yield from _said(data, cells)
            data = b""
        if piece.missing:
            count = "1 byte was" if piece.missing == 1 else f"{piece.missing:,} bytes were"
            yield fit(f"… {count} not captured", cells), "dim"
        if not is_stream and not piece.data and not piece.missing:
            yield fit("(an empty datagram)", cells), "dim"
        data += piece.data
    yield from _said(data, cells)


def _said(data: bytes, cells: int) -> Iterator[tuple[str, str]]:
    """Bytes as text, or in hexadecimal where they are none."""
    head, end, body = data.partition(_HEAD_ENDS)
    if body and _as_text(data) is None:  # such as HTTP's, before a picture
        yield from _said(head + end, cells)
        data = body
    if not data:
        return
    text = _as_text(data)
    if text is None:
        for row in dump_lines(data, cells=cells):
            yield row, ""
        return
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    for each in lines:
        shown = safe(each.removesuffix("\r").expandtabs(8))
        yield from ((part, "") for part in (chop_cells(shown, cells) if cell_len(shown) > cells else [shown]))


def _as_text(data: bytes) -> str | None:
    r"""Bytes read as UTF-8, what is none as `\xff`; None where most of them is no text."""
    text = data.decode("utf-8", "backslashreplace")
    head = data[:4096].decode("utf-8", "replace")
    printable = sum(character.isprintable() or character in "\r\n\t" for character in head if character != "\ufffd")
    return text if printable >= _TEXT_SHARE * len(head) else None
