"""Sends short frames out of one interface at a steady rate, many with one sendmmsg(2); prints what it did as JSON.

python -m bench.sender INTERFACE PACKETS_A_SECOND SECONDS
"""

import ctypes
import errno
import json
import os
import socket
import struct
import sys
import time
from typing import Any

SIZE = 64
DESTINATION = bytes.fromhex("02beef000002")
"""Nobody's address: the other end hands the frames to its taps and then lets them go."""
_AT_ONCE = 64
_REST_S = 0.0005
_FULL = {errno.ENOBUFS, errno.EAGAIN, errno.EINTR}


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint),
        ("vectors", ctypes.POINTER(_Vector)),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
    )


class _Header(ctypes.Structure):
    _fields_ = (("message", _Message), ("sent", ctypes.c_uint))


def frame() -> bytes:
    """A UDP datagram of IPv4 in Ethernet (RFC 768, RFC 791)."""
    length = SIZE - 14
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, length, 1, 0, 64, 17, 0, b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02")
    total = sum(struct.unpack("!10H", head))
    head = head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[12:]
    datagram = struct.pack("!HHHH", 40000, 9, length - 20, 0)
    start = DESTINATION + bytes.fromhex("02beef000001") + b"\x08\x00"
    return (start + head + datagram).ljust(SIZE, b"x")


def _headers(vector: _Vector) -> "ctypes.Array[Any]":
    headers = (_Header * _AT_ONCE)()
    for header in headers:
        header.message.vectors = ctypes.pointer(vector)
        header.message.vector_count = 1
    return headers


def main(interface: str, rate: int, seconds: float) -> None:
    """Send; what could not be sent in time is sent later, so the number is right whatever the rate became."""
    data = ctypes.create_string_buffer(frame(), SIZE)
    headers = _headers(_Vector(ctypes.addressof(data), SIZE))
    library = ctypes.CDLL(None, use_errno=True)
    total, sent = int(rate * seconds), 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((interface, 0))
        begun = time.monotonic()
        while sent < total:
            due = min(total, int((time.monotonic() - begun) * rate)) - sent
            if due <= 0:
                time.sleep(_REST_S)
                continue
            done = library.sendmmsg(sender.fileno(), headers, min(due, _AT_ONCE), 0)
            sent += max(done, 0)
            if done < 0 and ctypes.get_errno() not in _FULL:
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "sendmmsg")
    print(json.dumps({"sent": sent, "seconds": time.monotonic() - begun}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
