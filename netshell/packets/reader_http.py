"""Reads the head of an HTTP/1 message in one TCP segment (RFC 9112)."""

import re

from netshell.packets.messages import Header, Http
from netshell.packets.reader_draft import Draft

START = re.compile(
    rb"(?:([A-Z]{3,16}) ([^ \r\n]{1,8192}) (HTTP/\d\.\d)|(HTTP/\d\.\d) (\d{3})(?: ([^\r\n]{0,1024}))?)(?:\r?\n|\Z)"
)
"""A request line or a status line, up to and with its end. Matches at one place only, so its time is bounded."""

BARE_START = re.compile(
    rb"(GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|TRACE) ((?:/|\*|https?:)[^ \r\n]{0,8192})()()()()"
    rb"(?:\r?\n| ?[HTP/1.]{0,7}\Z)"
)
"""A request line without a version, as in HTTP/0.9 or typed by hand, or one that goes on behind this segment's end."""

_MOST_HEADERS = 200
_MOST_IN_A_ROW = 32
_BODILESS = frozenset({204, 304})
"""Statuses that no body follows, as none follows those below 200 (RFC 9112, 6.3)."""
_LONGEST_LINE = 8192


def read_http(draft: Draft, start: re.Match[bytes], at: int, end: int) -> None:
    """Read the message that `start` is the first line of, and those that follow it in the same segment.

    The packet's application is the first; the heads of the others stand among its layers.
    """
    first = None
    following: re.Match[bytes] | None = start
    for _ in range(_MOST_IN_A_ROW):
        if following is None:
            break
        message = _message(draft, following, at, end)
        at = message.at + message.size
        next_at = at + _body_length(message)
        following = START.match(draft.data, next_at, draft.body_end) if next_at < draft.body_end else None
        if following is not None:
            message = message._replace(body_length=next_at - at)
        draft.layers.append(message)
        first = first or message
        if following is not None:
            draft.name(at, next_at, "data")
            at = next_at
    draft.application = first
    draft.name(at, end if message.is_head_complete else draft.body_end, "data")


def _body_length(message: Http) -> int:
    """Bytes of body by the head's own count; 0 where it has none, or does not tell."""
    if message.is_response and (message.status < 200 or message.status in _BODILESS):
        return 0
    length = message.header("content-length") or ""
    return int(length) if length.isdecimal() and length.isascii() and len(length) < 10 else 0


def _message(draft: Draft, start: re.Match[bytes], at: int, end: int) -> Http:
    """One message's head."""
    there = draft.body_end
    headers, place, is_complete, problem = _headers(draft.data, start.end(), there)
    if not problem and not is_complete and end > there:
        problem = "cut off by the capture"
    method, target, version, answer_version, status, reason = (_text(group) for group in start.groups(b""))
    return Http(
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
        if line[:1] in {b" ", b"\t"} and found:  # goes on where the line before it ended (RFC 9112, 5.2)
            last = found[-1]
            if len(last.value) > _LONGEST_LINE:
                return tuple(found), at, False, f"a header line of more than {_LONGEST_LINE} bytes is not read further"
            found[-1] = last._replace(size=stop + 1 - last.at, value=f"{last.value} {_text(line.strip())}")
            at = stop + 1
            continue
        if not colon or not name.strip():
            problem = problem or "a header line without a name and a colon"
        found.append(Header(at, stop + 1 - at, _text(name), _text(value.strip())))
        at = stop + 1
    return tuple(found), at, False, problem


def _text(data: bytes) -> str:
    return data.decode("latin-1")
