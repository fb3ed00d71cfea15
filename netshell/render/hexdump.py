"""Bytes in rows of hexadecimal and ASCII."""

from collections.abc import Iterator

_WHOLE, _HALF = 16, 8
_OFFSET = 4


def dump_lines(data: bytes, *, cells: int, start: int = 0, end: int = 0) -> Iterator[str]:
    """Offset, bytes and ASCII: 16 bytes a row, or 8 or 4 where there is less room.

    `start` is the offset of the first byte; `end` is that of the last one that stands in the same column of offsets,
    so that dumps of parts line up.
    """
    digits = max(_OFFSET, len(f"{max(start + len(data), end) - 1:x}"))
    count = next((count for count in (_WHOLE, _HALF) if _row_cells(count, digits) <= cells), _HALF // 2)
    width = _spelled_cells(count)
    for at in range(0, len(data), count):
        row = data[at : at + count]
        spelled = row[:_HALF].hex(" ") + ("  " + row[_HALF:].hex(" ") if len(row) > _HALF else "")
        yield f"{start + at:0{digits}x}  {spelled:<{width}}  {_ascii(row)}"[: max(cells, 0)]


def _spelled_cells(count: int) -> int:
    return 3 * count - 1 + (count > _HALF)


def _row_cells(count: int, digits: int) -> int:
    return digits + 2 + _spelled_cells(count) + 2 + count


def _ascii(data: bytes) -> str:
    """Bytes as ASCII, a point for each that has no picture."""
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in data)
