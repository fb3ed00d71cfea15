"""rtnetlink's objects as the values of `netshell.facts`; pure: bytes in, values out.

Layouts and numbers: linux/if_link.h, if_addr.h, rtnetlink.h, neighbour.h.
"""

import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from netshell.facts import Address, FdbEntry, Link, Neighbour, Route
from netshell.kernel.netlink import attributes

_IFF_UP, _IFF_LOWER_UP = 0x1, 0x10000
_ARPHRD_LOOPBACK = 772
_STATES = ("UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP")

_SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
_PROTOCOLS = {
    0: "unspec", 1: "redirect", 2: "kernel", 3: "boot", 4: "static", 8: "gated", 9: "ra", 10: "mrt", 11: "zebra",
    12: "bird", 13: "dnrouted", 14: "xorp", 15: "ntk", 16: "dhcp", 17: "mrouted", 18: "keepalived", 42: "babel",
    186: "bgp", 187: "isis", 188: "ospf", 189: "rip", 192: "eigrp",
}  # fmt: skip
_ROUTE_KINDS = {
    1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole", 7: "unreachable",
    8: "prohibit", 9: "throw", 10: "nat",
}  # fmt: skip
_TABLES = {253: "default", 254: "main"}
_LOCAL_TABLE = 255
_RTM_F_CLONED = 0x200

_NEIGHBOUR_STATES = {
    0x01: "INCOMPLETE", 0x02: "REACHABLE", 0x04: "STALE", 0x08: "DELAY", 0x10: "PROBE", 0x20: "FAILED",
    0x80: "PERMANENT",
}  # fmt: skip
_NUD_NOARP, _NUD_PERMANENT = 0x40, 0x80
_NTF_EXT_LEARNED = 0x10


@dataclass(frozen=True, slots=True)
class RawLink:
    """A link as its own namespace numbers it: the other interfaces that it names are indexes still."""

    name: str
    index: int
    kind: str
    is_up: bool
    has_carrier: bool
    state: str
    mac: str
    mtu: int
    master_index: int
    """0 where it is no port."""
    peer_index: int
    """The index of a veth's other end, in the namespace it lies in; 0 where there is none."""
    peer_nsid: int | None
    """The number that this namespace has for the other end's; None where it is the same one."""

    def link(self, links: Mapping[int, "RawLink"]) -> Link:
        """As a fact, without its peer; `links` are those of its namespace by index."""
        master = links.get(self.master_index)
        return Link(
            self.name, self.index, self.kind, self.is_up, self.has_carrier, self.state, self.mac, self.mtu,
            master.name if master else None,
        )  # fmt: skip


def link_of(body: bytes) -> RawLink:
    """An RTM_NEWLINK message: struct ifinfomsg and IFLA_* attributes."""
    hardware, index, flags = struct.unpack_from("=2xHiI", body)
    found = attributes(body, 16)
    info = attributes(found.get(18, b""))
    kind = _text(info.get(1, b"")) or ("loopback" if hardware == _ARPHRD_LOOPBACK else "")
    state = found.get(16, b"\0")[0]
    nsid = found.get(37)
    return RawLink(
        name=_text(found.get(3, b"")),
        index=index,
        kind=kind,
        is_up=bool(flags & _IFF_UP),
        has_carrier=bool(flags & _IFF_LOWER_UP),
        state=_STATES[state] if state < len(_STATES) else "UNKNOWN",
        mac=_mac(found.get(1, b"")),
        mtu=_number(found.get(4)),
        master_index=_number(found.get(10)),
        peer_index=_number(found.get(5)) if kind == "veth" else 0,
        peer_nsid=None if nsid is None else int.from_bytes(nsid, sys.byteorder, signed=True),
    )


def address_of(body: bytes, names: Mapping[int, str]) -> Address | None:
    """An RTM_NEWADDR message: struct ifaddrmsg and IFA_* attributes; None for a family that is not IP."""
    prefix, scope, index = struct.unpack_from("=xBxBI", body)
    found = attributes(body, 8)
    data = found.get(2, found.get(1, b""))  # IFA_LOCAL: our own end; IFA_ADDRESS may be the other's
    if len(data) not in {4, 16} or index not in names:
        return None
    return Address(f"{_ip(data)}/{prefix}", names[index], _SCOPES.get(scope, str(scope)))


def route_of(body: bytes, names: Mapping[int, str]) -> Route | None:
    """An RTM_NEWROUTE message: struct rtmsg and RTA_* attributes; of several next hops the first.

    None for what `ip route` does not show: the local table, cached copies, other families.
    """
    family, prefix, table, protocol, scope, kind, flags = struct.unpack_from("=BBxxBBBBI", body)
    found = attributes(body, 12)
    table = _number(found.get(15)) or table
    if table == _LOCAL_TABLE or flags & _RTM_F_CLONED or family not in {2, 10}:
        return None
    version: Literal[4, 6] = 4 if family == 2 else 6
    hop = found
    index = _number(found.get(4))
    if 9 in found and len(found[9]) >= 8:  # RTA_MULTIPATH: struct rtnexthop, then its own attributes
        length, index = struct.unpack_from("=H2xi", found[9])
        hop = attributes(found[9][8:length])
    return Route(
        dst=f"{_ip(found[1])}/{prefix}" if 1 in found else ("default" if prefix == 0 else f"0.0.0.0/{prefix}"),
        dev=names.get(index),
        via=_gateway(hop),
        proto=_PROTOCOLS.get(protocol, str(protocol)),
        metric=_number(found.get(6)),
        table=_TABLES.get(table, str(table)),
        src=_ip(found[7]) if 7 in found else None,
        scope=_SCOPES.get(scope, str(scope)),
        kind=_ROUTE_KINDS.get(kind, str(kind)),
        family=version,
    )


def neighbour_of(body: bytes, names: Mapping[int, str]) -> Neighbour | None:
    """An RTM_NEWNEIGH message: struct ndmsg and NDA_* attributes; None for what `ip neighbour` does not show."""
    index, state = struct.unpack_from("=4xiH", body)
    found = attributes(body, 12)
    if (
        state & _NUD_NOARP
        or state not in _NEIGHBOUR_STATES
        or index not in names
        or len(found.get(1, b"")) not in {4, 16}
    ):
        return None
    return Neighbour(_ip(found[1]), names[index], _mac(found.get(2, b"")) or None, _NEIGHBOUR_STATES[state])


def fdb_of(body: bytes, names: Mapping[int, str]) -> FdbEntry | None:
    """An RTM_NEWNEIGH message of family AF_BRIDGE; None for entries that belong to no bridge."""
    index, state, flags = struct.unpack_from("=4xiHB", body)
    found = attributes(body, 12)
    bridge = names.get(_number(found.get(9)))
    if bridge is None or index not in names or 2 not in found:
        return None
    is_learned = not state & (_NUD_NOARP | _NUD_PERMANENT) and not flags & _NTF_EXT_LEARNED
    return FdbEntry(_mac(found[2]), names[index], bridge, is_learned)


def port_state_of(body: bytes) -> tuple[int, int]:
    """An RTM_NEWLINK message of family AF_BRIDGE: the index and IFLA_BRPORT_STATE, 3 if it forwards, -1 if no port."""
    (index,) = struct.unpack_from("=4xi", body)
    port = attributes(attributes(body, 16).get(12, b""))
    return index, port[1][0] if port.get(1) else -1


def _gateway(hop: Mapping[int, bytes]) -> str | None:
    if 5 in hop:
        return _ip(hop[5])
    via = hop.get(18, b"")  # RTA_VIA: two bytes of family, then the address (an IPv4 route through an IPv6 router)
    return _ip(via[2:]) if len(via) in {6, 18} else None


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode(errors="replace")


def _number(data: bytes | None) -> int:
    return int.from_bytes(data, sys.byteorder) if data else 0


def _mac(data: bytes) -> str:
    return data.hex(":")


def _ip(data: bytes) -> str:
    return str(ip_address(data))
