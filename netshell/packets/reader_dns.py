"""Reads DNS messages, in time that grows with their bytes, wherever their names point.

Sources: RFC 1035, 2136 (updates), 2782 (SRV), 3596 (AAAA), 6891 (EDNS).
"""

import struct
from socket import AF_INET6, inet_ntoa, inet_ntop

from netshell.packets.messages import Dns, Question, Record
from netshell.packets.names import DNS_CLASSES, DNS_TYPES
from netshell.packets.reader_draft import Draft

_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")
_A, _SOA, _MX, _TXT, _AAAA, _SRV, _OPT, _SPF = 1, 6, 15, 16, 28, 33, 41, 99
_IS_NAME = frozenset({2, 5, 12, 39})
"""NS, CNAME, PTR, DNAME."""
_WITHOUT_DATA = frozenset({254, 255})
"""The classes NONE and ANY: in an update, records of which only the name counts (RFC 2136, 2.4)."""
_LONGEST_NAME = 255
_MOST_POINTERS = 32
_LABELS_TO_BEGIN_WITH = 1000
_ESCAPED = {byte: f"\\{chr(byte)}" for byte in b'."\\();@$'}
"""What has a meaning of its own in a zone file."""


class _Malformed(Exception):  # noqa: N818 - named as the sentence reads
    """The message makes no sense from here on; the text says why."""


def read_dns(draft: Draft, at: int, end: int) -> None:
    """Read a message; of one that makes no sense, the records before the fault."""
    there = min(end, draft.captured)
    if there < at + 12:
        draft.short(at, end, "DNS", 12)
        return
    ident, flags, *counts = _HEADER.unpack_from(draft.data, at)
    message = _Message(draft.data, at, there)
    problem = ""
    try:
        message.read(counts)
    except _Malformed as fault:
        problem = "cut off by the capture" if end > there else str(fault)
    questions, answers, authorities, additionals = message.questions, *message.sections
    layer = Dns(
        at,
        message.place - at,
        ident,
        flags,
        (counts[0], counts[1], counts[2], counts[3]),
        tuple(questions),
        tuple(answers),
        tuple(authorities),
        tuple(additionals),
        problem,
    )
    draft.layers.append(layer)
    draft.application = layer
    draft.name(message.place, end, "data")


class _Message:
    """One message while it is read."""

    def __init__(self, data: bytes, at: int, end: int) -> None:
        self._data = data
        self._start = at
        self._end = end
        self._labels_left = _LABELS_TO_BEGIN_WITH + end - at
        self.place = at + 12
        """Up to here it made sense."""
        self.questions: list[Question] = []
        self.sections: tuple[list[Record], list[Record], list[Record]] = ([], [], [])

    def read(self, counts: list[int]) -> None:
        """Read the four sections. Raises _Malformed where one ends too early."""
        for number in range(counts[0]):
            if self.place >= self._end:
                raise _Malformed(f"question {number + 1} of {counts[0]} is missing")
            self.questions.append(self._question())
        for title, section, count in zip(("answer", "authority", "additional"), self.sections, counts[1:], strict=True):
            for number in range(count):
                if self.place >= self._end:
                    raise _Malformed(f"{title} record {number + 1} of {count} is missing")
                section.append(self._record())

    def _need(self, at: int, size: int, problem: str) -> None:
        if at + size > self._end:
            raise _Malformed(problem)

    def _question(self) -> Question:
        begin = self.place
        name, at = self._name(begin)
        self._need(at, 4, "a question ends before its type and class")
        kind, group = struct.unpack_from("!HH", self._data, at)
        self.place = at + 4
        return Question(begin, at + 4 - begin, name, _type_name(kind), _class_name(group))

    def _record(self) -> Record:
        begin = self.place
        name, at = self._name(begin)
        self._need(at, 10, "a record ends before its length")
        kind, group, ttl, length = _RECORD.unpack_from(self._data, at)
        at += 10
        if at + length > self._end:
            raise _Malformed(f"a record of {length} bytes, of which {self._end - at} are there")
        problem = ""
        try:
            value = self._value(kind, at, at + length) if length or group not in _WITHOUT_DATA else ""
        except _Malformed as fault:
            value, problem = f"{length} bytes", str(fault)
        self.place = at + length
        if kind == _OPT:
            value = f"EDNS version {ttl >> 16 & 0xFF}, UDP answers up to {group} bytes"
        class_name = str(group) if kind == _OPT else _class_name(group)
        return Record(begin, self.place - begin, name, _type_name(kind), class_name, ttl, value, problem)

    def _value(self, kind: int, at: int, end: int) -> str:  # noqa: PLR0911 - one for each kind of record
        """A record's data as a zone file writes it. Raises _Malformed where they do not fit their type."""
        data, length = self._data, end - at
        if kind in {_A, _AAAA}:
            if length != (4 if kind == _A else 16):
                raise _Malformed(f"an address of {length} bytes")
            return inet_ntoa(data[at:end]) if kind == _A else inet_ntop(AF_INET6, data[at:end])
        if kind in _IS_NAME:
            return self._last_name(at, end)
        if kind == _MX and length > 2:
            return f"{int.from_bytes(data[at : at + 2], 'big')} {self._last_name(at + 2, end)}"
        if kind == _SRV and length > 6:
            priority, weight, port = struct.unpack_from("!HHH", data, at)
            return f"{priority} {weight} {port} {self._last_name(at + 6, end)}"
        if kind in {_TXT, _SPF}:
            return _strings(data, at, end)
        if kind == _SOA:
            server, at = self._name(at)
            mailbox, at = self._name(at)
            if at + 20 != end:
                raise _Malformed("five numbers do not follow the two names")
            return " ".join([server, mailbox, *map(str, struct.unpack_from("!IIIII", data, at))])
        return f"{length} bytes"

    def _last_name(self, at: int, end: int) -> str:
        name, stop = self._name(at)
        if stop != end:
            raise _Malformed("the name does not fill the record")
        return name

    def _name(self, at: int) -> tuple[str, int]:
        """The name at a place, and the place behind it. Pointers may only lead back (RFC 1035, 4.1.4)."""
        data, end = self._data, self._end
        labels: list[str] = []
        length, pointers, begin, behind = 1, 0, at, 0
        while True:
            if at >= end:
                raise _Malformed("a name runs past the end of the message")
            size = data[at]
            if size == 0:
                break
            if size < 0x40:
                label = data[at + 1 : at + 1 + size]
                labels.append(label.decode() if label.isalnum() and label.isascii() else _label(label))
                at += 1 + size
                length += 1 + size
                if length > _LONGEST_NAME:
                    raise _Malformed(f"a name longer than {_LONGEST_NAME} bytes")
                continue
            if size < 0xC0 or at + 1 >= end:
                raise _Malformed(f"a label begins with 0x{size:02x}")
            behind = behind or at + 2
            at = self._start + ((size & 0x3F) << 8 | data[at + 1])
            pointers += 1
            if at >= begin or pointers > _MOST_POINTERS:
                raise _Malformed("a compression pointer that goes in circles or does not lead back")
            begin = at
        self._labels_left -= len(labels) + pointers
        if self._labels_left < 0:
            raise _Malformed("names that repeat each other without measure")
        return ".".join(labels) or ".", behind or at + 1


def _label(label: bytes) -> str:
    r"""A label in presentation form: odd bytes as `\DDD`, those with a meaning behind a backslash (RFC 1035, 5.1)."""
    return "".join(_ESCAPED.get(byte) or (chr(byte) if 0x21 <= byte < 0x7F else f"\\{byte:03d}") for byte in label)


def _strings(data: bytes, at: int, end: int) -> str:
    """The character strings of a TXT record, each in quotes."""
    found = []
    while at < end:
        size = data[at]
        if at + 1 + size > end:
            raise _Malformed("a text runs past the end of its record")
        text = data[at + 1 : at + 1 + size]
        body = "".join(
            f"\\{chr(byte)}" if byte in b'"\\' else chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03d}"
            for byte in text
        )
        found.append(f'"{body}"')
        at += 1 + size
    return " ".join(found)


def _type_name(number: int) -> str:
    return DNS_TYPES.get(number) or f"TYPE{number}"


def _class_name(number: int) -> str:
    """Multicast DNS sets the highest bit for purposes of its own (RFC 6762, 18.12)."""
    return DNS_CLASSES.get(number & 0x7FFF) or f"CLASS{number}"
