"""A question to a name server as bytes, and what its answer says (RFC 1035)."""

import struct
from typing import TYPE_CHECKING

from netshell.diagnosis.finding import NameAnswer

if TYPE_CHECKING:
    from netshell.packets.messages import Dns

_RECURSION_DESIRED, _TYPE_A, _CLASS_IN = 0x0100, 1, 1
_LABEL_MOST = 63


def question_bytes(name: str, ident: int) -> bytes:
    """A question for a name's IPv4 address; what is too long for one is cut."""
    labels = [label.encode()[:_LABEL_MOST] for label in name.split(".") if label]
    packed = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return struct.pack(">6H", ident, _RECURSION_DESIRED, 1, 0, 0, 0) + packed + struct.pack(">2H", _TYPE_A, _CLASS_IN)


def answer_from(data: bytes) -> NameAnswer:
    """What a server has sent back; nothing at all is told as its silence."""
    from netshell.packets.messages import Dns  # noqa: PLC0415 - only where a name was asked for
    from netshell.packets.reader_dns import read_dns  # noqa: PLC0415 - as above
    from netshell.packets.reader_draft import Draft  # noqa: PLC0415 - as above

    draft = Draft(data, len(data), len(data))
    read_dns(draft, 0, len(data))
    message = draft.application
    return told_by(message) if isinstance(message, Dns) and message.is_response else NameAnswer(-1)


def told_by(message: "Dns") -> NameAnswer:
    """A response in short."""
    return NameAnswer(message.rcode, tuple(record.value for record in message.answers if record.type == "A"))
