"""Reads the head of an HTTP/1 message in one TCP segment (RFC 9112)."""

import re

from netshell.packets.messages import Header, Http
from netshell.packets.reader_draft import Draft

START = re.compile(
    rb"(?:([A-Z]{3,16}) ([^ \r\n]{1,8192}) (HTTP/\d\.\d)|(HTTP/\d\.\d) (\d{3})(?: ([^\r\n]{0,1024}))?)(?:\r?\n|\Z)"
)
"""A request line or a status line, up to and with its end. Matches at one place only, so its time is bounded."""

_MOST_HEADERS = 200
_LONGEST_LINE = 8192


def read_http(draft: Draft, start: re.Match[bytes], at: int, end: int) -> None:
    """Read the message that `start` is the first line of."""
    there = draft.body_end
    headers, place, is_complete, problem = _headers(draft.data, start.end(), there)
    if not problem and not is_complete and end > there:
        problem = "cut off by the capture"
    method, target, version, answer_version, status, reason = (_text(group) for group in start.groups(b""))
    message = Http(
        at,
        place - at,
        bool(status),
        version or answer_version,
        method,
        target,
        int(status or "0"),
        reason,
        headers,
        is_complete,
        end - place if is_complete else 0,
        problem,
    )
    draft.layers.append(message)
    draft.application = message
    draft.name(place, end if is_complete else there, "data")


def _headers(data: bytes, at: int, end: int) -> tuple[tuple[Header, ...], int, bool, str]:
    """The header lines, the place behind them, whether the empty line was there, and what is wrong."""
    found: list[Header] = []
    problem = ""
    while at < end:
        stop = data.find(b"\n", at, min(end, at + _LONGEST_LINE))
        if stop < 0:
            break
        line = data[at:stop].rstrip(b"\r")
        if not line:
            return tuple(found), stop + 1, True, problem
        name, colon, value = line.partition(b":")
        if len(found) == _MOST_HEADERS:
            return tuple(found), at, False, f"more than {_MOST_HEADERS} header lines are not read"
        if not colon or not name.strip():
            problem = problem or "a header line without a name and a colon"
        found.append(Header(at, stop + 1 - at, _text(name), _text(value.strip())))
        at = stop + 1
    return tuple(found), at, False, problem


def _text(data: bytes) -> str:
    return data.decode("latin-1")
