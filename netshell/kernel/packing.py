"""What a lab asks of a kernel, packed as rtnetlink(7) messages; it knows nothing of sockets or of namespaces.

pyroute2 takes 0.2 ms to pack one of these, and a lab of a hundred hosts needs five hundred. They are few and always
of the same make, so they are packed here; what the kernel answers and tells is pyroute2's to read. The numbers are
those of linux/if_link.h, linux/veth.h, linux/if_addr.h, linux/rtnetlink.h.
"""

import struct
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address, IPv6Interface, IPv6Network
from socket import AF_INET, AF_INET6
from typing import TypeAlias

from netshell.kernel.attributes import packed as attribute

IP: TypeAlias = IPv4Address | IPv6Address

LINK = struct.Struct("=BxHiII")
"""ifinfomsg: family, kind of hardware, index, flags, the flags that are to change."""
_ADDRESS = struct.Struct("=BBBBi")
"""ifaddrmsg: family, prefix length, flags, scope, index."""
_ROUTE = struct.Struct("=BBBBBBBBI")
"""rtmsg: family, prefix lengths of destination and source, TOS, table, protocol, scope, type, flags."""
_NUMBER = struct.Struct("=I")

_IFF_UP = 1
_IFLA_IFNAME, _IFLA_MASTER, _IFLA_LINKINFO, _IFLA_NET_NS_FD, _IFLA_EXT_MASK = 3, 10, 18, 28, 29
_RTEXT_FILTER_SKIP_STATS = 8
_INFO_KIND, _INFO_DATA, _VETH_INFO_PEER = 1, 2, 1
_BR_FORWARD_DELAY, _BR_STP_STATE = 1, 5
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_DST, _RTA_OIF, _RTA_GATEWAY = 1, 4, 5
_TABLE_MAIN, _PROTOCOL_BOOT, _UNICAST = 254, 3, 1
_SCOPE_UNIVERSE, _SCOPE_LINK = 0, 253


def bridge(name: str) -> bytes:
    """A new bridge that is up and passes frames at once: no spanning tree, and so nothing to wait for."""
    options = _number(_BR_FORWARD_DELAY, 0) + _number(_BR_STP_STATE, 0)
    return _link(is_up=True) + _name(name) + _kind("bridge", options)


def cable(near: str, near_index: int, far: str, far_index: int, far_namespace: int) -> bytes:
    """A new veth pair: the near end is where this is sent, the far one in the namespace of a descriptor.

    Neither can be born up: the far end has no other side yet.
    """
    peer = _link(far_index) + _name(far) + _number(_IFLA_NET_NS_FD, far_namespace)
    return _link(near_index) + _name(near) + _kind("veth", attribute(_VETH_INFO_PEER, peer))


def switched_on(index: int, master: int = 0) -> bytes:
    """A link that is there made a port of a bridge, where one is given, and set up."""
    return _link(index, is_up=True) + (_number(_IFLA_MASTER, master) if master else b"")


def all_links() -> bytes:
    """The question for every link there is, without its counters."""
    return _link() + _number(_IFLA_EXT_MASK, _RTEXT_FILTER_SKIP_STATS)


def address(interface: IPv4Interface | IPv6Interface, index: int) -> bytes:
    """An address with its prefix on a link."""
    packed = interface.ip.packed
    head = _ADDRESS.pack(_family(interface), interface.network.prefixlen, 0, _SCOPE_UNIVERSE, index)
    return head + attribute(_IFA_LOCAL, packed) + attribute(_IFA_ADDRESS, packed)


def route(network: IPv4Network | IPv6Network | None, via: IP | None, index: int) -> bytes:
    """As `ip route add` would send it; without a network the default route, without an index by any link."""
    which = network or via
    family = AF_INET if which is None else _family(which)
    scope = _SCOPE_LINK if via is None and family == AF_INET else _SCOPE_UNIVERSE
    length = network.prefixlen if network else 0
    packed = _ROUTE.pack(family, length, 0, 0, _TABLE_MAIN, _PROTOCOL_BOOT, scope, _UNICAST, 0)
    if network:
        packed += attribute(_RTA_DST, network.network_address.packed)
    if via:
        packed += attribute(_RTA_GATEWAY, via.packed)
    return packed + (_number(_RTA_OIF, index) if index else b"")


def _link(index: int = 0, *, is_up: bool = False) -> bytes:
    up = _IFF_UP if is_up else 0
    return LINK.pack(0, 0, index, up, up)


def _kind(kind: str, data: bytes) -> bytes:
    return attribute(_IFLA_LINKINFO, attribute(_INFO_KIND, kind.encode()) + attribute(_INFO_DATA, data))


def _name(name: str) -> bytes:
    return attribute(_IFLA_IFNAME, name.encode() + b"\0")


def _number(kind: int, value: int) -> bytes:
    return attribute(kind, _NUMBER.pack(value))


def _family(what: IPv4Interface | IPv6Interface | IPv4Network | IPv6Network | IP) -> int:
    return AF_INET if what.version == 4 else AF_INET6
