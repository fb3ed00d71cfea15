"""Single requests to the kernel over netlink, from the bare standard library: just enough to try a feature.

It reads nothing of what the kernel has; that is the snapshot's business.
"""

import os
import socket
import struct

NETFILTER = 12
"""NETLINK_NETFILTER, which Python 3.11 does not name."""
CREATE = 0x600
"""NLM_F_CREATE and NLM_F_EXCL of netlink(7)."""
_REQUEST, _ACK = 1, 4
_ERROR = 2
_HEADER = struct.Struct("=IHHII")


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute: its length, its type, its value, padded to four bytes."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def request(protocol: int, kind: int, body: bytes, flags: int = 0) -> None:
    """Send one request and wait for its answer. Raises OSError with the kernel's errno where it is refused."""
    message = _HEADER.pack(_HEADER.size + len(body), kind, _REQUEST | _ACK | flags, 1, 0) + body
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as link:
        link.settimeout(1.0)
        link.send(message)
        answer = link.recv(65536)
    _, answered, _, _, _ = _HEADER.unpack_from(answer)
    if answered == _ERROR:
        code = -struct.unpack_from("=i", answer, _HEADER.size)[0]
        if code:
            raise OSError(code, os.strerror(code))
