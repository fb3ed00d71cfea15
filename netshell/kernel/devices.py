"""What is asked of one interface by ioctl: its index and its offloads; netdevice(7), linux/ethtool.h."""

import array
import fcntl
import struct
from contextlib import suppress

_SIOCGIFINDEX, _SIOCETHTOOL = 0x8933, 0x8946
_IFREQ = struct.Struct("16s24s")

_SET_TX_CHECKSUM, _SET_TSO, _SET_GSO, _SET_GRO = 0x17, 0x1F, 0x24, 0x2C
_OFFLOADS = tuple(array.array("I", [command, 0]) for command in (_SET_TX_CHECKSUM, _SET_TSO, _SET_GSO, _SET_GRO))


def index_of(fd: int, name: str) -> int:
    """The number of an interface in the namespace of a socket. Raises OSError (ENODEV) where there is none."""
    reply = fcntl.ioctl(fd, _SIOCGIFINDEX, _IFREQ.pack(name.encode(), b""))
    return int(struct.unpack_from("=i", reply, 16)[0])


def switch_offloads_off(fd: int, name: str) -> None:
    """Make the wire show what a wire would: whole checksums, and no frame longer than the MTU.

    A link without these offloads, or one that has gone meanwhile, is passed over.
    """
    for value in _OFFLOADS:
        with suppress(OSError):
            address = value.buffer_info()[0]
            fcntl.ioctl(fd, _SIOCETHTOOL, _IFREQ.pack(name.encode(), struct.pack("P", address)))
