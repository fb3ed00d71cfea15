"""What no ordinary program sends: called by the scripts beside it, inside a node. `talk.py WHAT [ADDRESS]`."""

import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

MPTCP, MD5_SIGNATURE, FAST_OPEN, QUEUE = 262, 14, 0x20000000, 23
SMALL = 2304
PORTS = {"plain": 7000, "slow": 7001, "lossy": 7002, "signed": 7003, "fast": 7004, "multipath": 7005}
SERVER, CLIENT = "198.51.100.2", "192.0.2.2"


def sum_of(data: bytes) -> int:
    """The checksum of RFC 1071."""
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def sign(one: socket.socket, other: str) -> None:
    """Have a socket's segments signed (RFC 2385)."""
    peer = struct.pack("=HH4s", socket.AF_INET, 0, ip_address(other).packed).ljust(128, b"\0")
    one.setsockopt(socket.IPPROTO_TCP, MD5_SIGNATURE, peer + struct.pack("=BBHI", 0, 0, 6, 0) + b"secret".ljust(80))


def listener(what: str) -> socket.socket:
    protocol = MPTCP if what == "multipath" else 0
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, protocol)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if what == "slow":
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
    elif what == "signed":
        sign(one, CLIENT)
    elif what == "fast":
        one.setsockopt(socket.IPPROTO_TCP, QUEUE, 5)
    one.bind(("", PORTS[what]))
    one.listen()
    return one


def serve(what: str) -> None:
    """Accept twice, read to the end, answer."""
    server = listener(what)
    for _ in range(2 if what == "fast" else 1):
        one, _ = server.accept()
        if what == "slow":
            time.sleep(1.5)
        if what == "plain":
            one.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        while one.recv(65536):
            pass
        with suppress(OSError):
            one.sendall(b"all of it\n")
        one.close()


def send(what: str) -> None:
    one = socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP if what == "multipath" else 0)
    if what == "signed":
        sign(one, SERVER)
    if what == "fast":
        one.sendto(b"in the first segment\n", FAST_OPEN, (SERVER, PORTS[what]))
    else:
        one.connect((SERVER, PORTS[what]))
    if what == "plain":
        one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        one.sendall(b"hello\n")
        time.sleep(1.4)
        one.send(b"!", socket.MSG_OOB)
    elif what in {"slow", "lossy"}:
        one.sendall(b"x" * 6000)
        one.sendall(b"y" * 3000)
    else:
        one.sendall(b"hello\n")
    one.shutdown(socket.SHUT_WR)
    one.recv(100)
    if what == "plain":
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()


def reset() -> None:
    """Open a connection and end it at once with a reset."""
    one = socket.create_connection((SERVER, PORTS["plain"]))
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    one.close()


def raw_ip(protocol: int, payload: bytes, part: int = 0, options: bytes = b"", to: str = SERVER) -> None:
    """An IPv4 packet with a header of one's own."""
    first, total = 0x45 + len(options) // 4, 20 + len(options) + len(payload)
    head = struct.pack("!BBHHHBBH", first, 0, total, os.getpid() & 0xFFFF, part, 64, protocol, 0)
    one = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    one.sendto(head + ip_address(CLIENT).packed + ip_address(to).packed + options + payload, (to, 0))
    one.close()


def icmp(kind: int, body: bytes, to: str = SERVER) -> None:
    message = struct.pack("!BBHHH", kind, 0, 0, 7, 1) + body
    message = message[:2] + struct.pack("!H", sum_of(message)) + message[4:]
    raw_ip(1, message, to=to)


def odd() -> None:
    """Packets that make the kernel answer with errors, and messages that few programs send."""
    raw_ip(253, b"an unknown protocol")
    raw_ip(17, struct.pack("!HHHH", 9, 9, 2000, 0) + bytes(16), part=0x2000)  # never completed: reassembly timeout
    raw_ip(17, struct.pack("!HHHH", 9, 9, 8, 0), options=bytes([7, 39, 2, 0]))  # a bad pointer in a record route
    icmp(13, bytes(12))
    icmp(17, bytes(4))
    icmp(15, b"")
    icmp(10, b"", "224.0.0.2")
    six = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 253)
    six.sendto(b"an unknown protocol", ("2001:db8:2::2", 0))
    six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_DSTOPTS, bytes([0, 0, 0x81, 4, 0, 0, 0, 0]))
    six.sendto(b"an unknown option", ("2001:db8:2::2", 0))
    time.sleep(0.2)


def frames(device: str) -> None:
    """Tagged frames, frames with a length instead of a type, and some that only switches send."""
    one = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    one.bind((device, 0))
    here = one.getsockname()[4]
    arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + here + bytes([192, 0, 2, 2]) + bytes(6) + bytes([192, 0, 2, 1])
    datagram = struct.pack("!HHHH", 5000, 5001, 13, 0) + b"hello"
    head = struct.pack("!BBHHHBBH", 0x45, 0, 33, 1, 0, 64, 17, 0) + bytes([192, 0, 2, 2, 192, 0, 2, 255])
    ip = head[:10] + struct.pack("!H", sum_of(head)) + head[12:] + datagram
    neighbours = bytes([2, 7, 4]) + here + bytes([4, 5, 5]) + b"eth0" + bytes([6, 2, 0, 120, 0, 0])
    for to, rest in {
        b"\xff" * 6: struct.pack("!HHH", 0x8100, 0xA005, 0x0806) + arp,
        b"\xff" * 5 + b"\xfe": struct.pack("!HHHHH", 0x88A8, 100, 0x8100, 5, 0x0800) + ip,
        b"\xff" * 5 + b"\xfd": struct.pack("!HHHHH", 0x8100, 1, 0x8100, 2, 0x86DD) + bytes([0x60, *bytes(39)]),
        b"\xff" * 5 + b"\xfc": struct.pack("!H", 8 + len(ip)) + b"\xaa\xaa\x03\0\0\0\x08\0" + ip,
        b"\xff" * 5 + b"\xfb": struct.pack("!H", 40) + b"\xaa\xaa\x03\0\0\x0c\x20\0" + bytes(32),
        b"\xff" * 5 + b"\xfa": struct.pack("!H", 3) + b"\xf0\xf0\x03",
        b"\x01\x80\xc2\0\0\x0e": struct.pack("!H", 0x88CC) + neighbours,
        b"\x01\x80\xc2\0\0\x01": struct.pack("!HHH", 0x8808, 1, 0xFFFF),
        b"\xff" * 5 + b"\xf9": struct.pack("!HHH", 0x8100, 7, 39) + b"\x42\x42\x03" + bytes(36),
    }.items():
        one.send((to + here + rest).ljust(60, b"\0"))


def advertise(device: str) -> None:
    """A router advertisement with every option that hosts know."""
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xE0, 7200, 3600, 0) + ip_address("2001:db8:1::").packed
    route = struct.pack("!BBBBI", 24, 2, 56, 0x08, 1800) + ip_address("2001:db8:5::").packed[:8]
    servers = struct.pack("!BBHI", 25, 5, 0, 600) + ip_address("2001:db8:1::1").packed + ip_address("fe80::1").packed
    search = struct.pack("!BBHI", 31, 3, 0, 600) + b"\x07example\x04test\0".ljust(16, b"\0")
    body = struct.pack("!BBBBHII", 134, 0, 64, 0x40, 1800, 30000, 1000)
    message = body[:2] + b"\0\0" + body[2:]
    message += b"\x01\x01\x02\0\0\0\x01\x01" + struct.pack("!BBHI", 5, 1, 0, 1400) + prefix + route + servers + search
    one = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    one.sendto(message, ("ff02::1", 0, 0, socket.if_nametoindex(device)))


def tunnel() -> None:
    """Open a tun device, wait a moment for what the kernel sends into it, and answer pings in it by hand."""
    import fcntl  # noqa: PLC0415 - here only

    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, 0x400454CA, struct.pack("16sH22x", b"tun0", 0x1001))
    end = time.monotonic() + 4
    while time.monotonic() < end:
        with suppress(BlockingIOError):
            packet = bytearray(os.read(device, 2000))
            if packet[0] >> 4 == 4 and packet[9] == 1:
                packet[12:16], packet[16:20], packet[20] = packet[16:20], packet[12:16], 0
                packet[22:24] = b"\0\0"
                packet[22:24] = struct.pack("!H", sum_of(bytes(packet[20:])))
                os.write(device, bytes(packet))
        time.sleep(0.01)


def web() -> None:
    """A web server for one connection each: chunked, with trailers, lower-case names, folded lines, two at a time."""
    answers = [
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nx-sum: 9\r\n\r\n",
        b"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\nno\n",
        b"HTTP/1.0 200\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"HTTP/1.1 301 Moved\nLocation: /else\nX-Long: one\n two\nConnection: close\n\n",
    ]
    server = socket.create_server(("", 8080))
    for answer in answers:
        one, _ = server.accept()
        one.recv(4000)
        one.sendall(answer)
        one.close()


def forget(name: str) -> None:
    """Blank what a pcapng file says of the machine: hardware and system of the section, systems of its interfaces."""
    path = Path(name)
    data = bytearray(path.read_bytes())
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        place, codes = {0x0A0D0D0A: (at + 24, {2, 3}), 1: (at + 16, {12, 15})}.get(kind, (at + length, set()))
        while place + 4 < at + length - 4:
            code, size = struct.unpack_from("<HH", data, place)
            if code in codes:
                data[place + 4 : place + 4 + size] = b"x" * size
            place += 4 + size + -size % 4
        at += length
    path.write_bytes(data)


WHAT: dict[str, Callable[[], None]] = {"reset": reset, "odd": odd, "tunnel": tunnel, "web": web}
FOR: dict[str, Callable[[str], None]] = {
    "serve": serve,
    "send": send,
    "frames": frames,
    "advertise": advertise,
    "forget": forget,
}

if __name__ == "__main__":
    WHAT[sys.argv[1]]() if len(sys.argv) == 2 else FOR[sys.argv[1]](sys.argv[2])
