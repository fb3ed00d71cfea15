"""pyroute2's messages as the values of `netshell.facts`; pure.

What the kernel means by the numbers: linux/if_link.h, if_addr.h, rtnetlink.h, neighbour.h.
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyroute2.netlink.rtnl import ndmsg, rt_proto, rt_scope, rt_type
from pyroute2.netlink.rtnl.ifinfmsg import IFF_LOWER_UP, IFF_NOARP, IFF_UP

from netshell.facts import Address, FdbEntry, Link, Neighbour, Route, Rule
from netshell.kernel.netlink import Message

_ARPHRD_ETHER, _ARPHRD_LOOPBACK = 1, 772

_SCOPES = {**rt_scope, 0: "global"}
"""As `ip` calls them."""
_PROTOCOLS = {
    **rt_proto, 17: "mrouted", 18: "keepalived", 42: "babel", 186: "bgp", 187: "isis", 188: "ospf", 189: "rip",
    192: "eigrp",
}  # fmt: skip
_TABLES = {253: "default", 254: "main"}
_LOCAL_TABLE = 255
_RULE_KINDS = {1: "unicast", 2: "goto", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
"""linux/fib_rules.h, FR_ACT_…"""
_SUPPRESSES_NOTHING = 0xFFFFFFFF
"""FRA_SUPPRESS_PREFIXLEN of a rule that takes every route of its table."""
_FIB_RULE_INVERT = 2
_NTF_STICKY = 1 << 6
"""linux/neighbour.h"""
_FORWARDING = 3
_PORT_STATES = {0: "disabled", 1: "listening", 2: "learning", 4: "blocking"}
"""linux/if_bridge.h, BR_STATE_…"""
_RTM_F_CLONED = 0x200


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
    has_arp: bool
    """It asks, and answers, for hardware addresses (no IFF_NOARP)."""
    peer_nsid: int | None
    """The number that this namespace has for the other end's; None where it is the same one."""

    def link(self, links: Mapping[int, "RawLink"]) -> Link:
        """As a fact, without its peer; `links` are those of its namespace by index."""
        master = links.get(self.master_index)
        return Link(
            self.name, self.index, self.kind, self.is_up, self.has_carrier, self.state, self.mac, self.mtu,
            master.name if master else None,
        )  # fmt: skip


def link_of(message: Message) -> RawLink:
    """An RTM_NEWLINK message."""
    value = _reader(message)
    info = value("IFLA_LINKINFO")
    hardware = message["ifi_type"]
    kind = info.get_attr("IFLA_INFO_KIND") if info else None
    has_mac = hardware in {_ARPHRD_ETHER, _ARPHRD_LOOPBACK}  # others have an IP address there, or more bytes
    return RawLink(
        name=_text(value("IFLA_IFNAME")),
        index=message["index"],
        kind=kind or ("loopback" if hardware == _ARPHRD_LOOPBACK else ""),
        is_up=bool(message["flags"] & IFF_UP),
        has_carrier=bool(message["flags"] & IFF_LOWER_UP),
        state=value("IFLA_OPERSTATE") or "UNKNOWN",
        mac=value("IFLA_ADDRESS") or "" if has_mac else "",
        mtu=value("IFLA_MTU") or 0,
        master_index=value("IFLA_MASTER") or 0,
        peer_index=(value("IFLA_LINK") or 0) if kind == "veth" else 0,
        has_arp=not message["flags"] & IFF_NOARP,
        peer_nsid=value("IFLA_LINK_NETNSID"),
    )


def address_of(message: Message, names: Mapping[int, str]) -> Address | None:
    """An RTM_NEWADDR message; None for a family that is not IP."""
    if message["family"] not in {socket.AF_INET, socket.AF_INET6} or message["index"] not in names:
        return None
    value = _reader(message)
    ip = value("IFA_LOCAL") or value("IFA_ADDRESS")  # IFA_LOCAL: our own end; IFA_ADDRESS may be the other's
    return Address(f"{ip}/{message['prefixlen']}", names[message["index"]], _told(_SCOPES, message["scope"]))


def route_of(message: Message, names: Mapping[int, str]) -> Route | None:
    """An RTM_NEWROUTE message; of several next hops the first.

    None for what `ip route` does not show: the local table, cached copies, other families.
    """
    if message["family"] not in {socket.AF_INET, socket.AF_INET6} or message["flags"] & _RTM_F_CLONED:
        return None
    value = _reader(message)
    table = value("RTA_TABLE") or message["table"]
    if table == _LOCAL_TABLE:
        return None
    hops = value("RTA_MULTIPATH")
    index = hops[0]["oif"] if hops else value("RTA_OIF")
    dst = value("RTA_DST")
    return Route(
        dst=f"{dst}/{message['dst_len']}" if dst else "default",
        dev=names.get(index),
        via=_gateway(_reader(hops[0]) if hops else value),
        proto=_told(_PROTOCOLS, message["proto"]),
        metric=value("RTA_PRIORITY") or 0,
        table=_told(_TABLES, table),
        src=value("RTA_PREFSRC"),
        scope=_told(_SCOPES, message["scope"]),
        kind=_told(rt_type, message["type"]),
        family=4 if message["family"] == socket.AF_INET else 6,
    )


def redirect_of(message: Message, names: Mapping[int, str]) -> Route | None:
    """Of an RTM_NEWROUTE message a cached copy that has a gateway of its own; None for every other route."""
    value = _reader(message)
    is_cached = message["family"] == socket.AF_INET and message["flags"] & _RTM_F_CLONED
    if not is_cached or value("RTA_GATEWAY") is None or value("RTA_DST") is None:
        return None
    dev = names.get(value("RTA_OIF"))
    return Route(f"{value('RTA_DST')}/32", dev, value("RTA_GATEWAY"), proto="redirect")


def rule_of(message: Message) -> Rule | None:
    """An RTM_NEWRULE message; None for a family that is not IP."""
    if message["family"] not in {socket.AF_INET, socket.AF_INET6}:
        return None
    value = _reader(message)
    src, dst = value("FRA_SRC"), value("FRA_DST")
    kind = _told(_RULE_KINDS, message["action"])
    table = value("FRA_TABLE") or message["table"]
    others = (
        "FRA_FWMARK",
        "FRA_OIFNAME",
        "FRA_IP_PROTO",
        "FRA_SPORT_RANGE",
        "FRA_DPORT_RANGE",
        "FRA_UID_RANGE",
        "FRA_SUPPRESS_IFGROUP",
    )
    is_inverted = bool(message["flags"] & _FIB_RULE_INVERT)
    return Rule(
        priority=value("FRA_PRIORITY") or 0,
        table=_told({**_TABLES, _LOCAL_TABLE: "local"}, table) if kind == "unicast" else "",
        kind=kind,
        src=f"{src}/{message['src_len']}" if src else None,
        dst=f"{dst}/{message['dst_len']}" if dst else None,
        iif=value("FRA_IIFNAME"),
        family=4 if message["family"] == socket.AF_INET else 6,
        is_partial=is_inverted
        or message["tos"] != 0
        or value("FRA_SUPPRESS_PREFIXLEN") not in {None, _SUPPRESSES_NOTHING}
        or any(value(name) is not None for name in others),
    )


def neighbour_of(message: Message, names: Mapping[int, str]) -> Neighbour | None:
    """An RTM_NEWNEIGH message; None for what `ip neighbour` does not show."""
    state = ndmsg.NUD_VALUES.get(message["state"], "NUD_NONE")
    value = _reader(message)
    ip = value("NDA_DST")
    if state in {"NUD_NONE", "NUD_NOARP"} or message["ifindex"] not in names or ip is None:
        return None
    return Neighbour(ip, names[message["ifindex"]], value("NDA_LLADDR") or None, state.removeprefix("NUD_"))


def fdb_of(message: Message, names: Mapping[int, str]) -> FdbEntry | None:
    """An RTM_NEWNEIGH message of family AF_BRIDGE; None for entries that belong to no bridge."""
    value = _reader(message)
    bridge, mac = names.get(value("NDA_MASTER")), value("NDA_LLADDR")
    if bridge is None or message["ifindex"] not in names or mac is None:
        return None
    is_given = message["state"] & (ndmsg.NUD_NOARP | ndmsg.NUD_PERMANENT) or message["flags"] & ndmsg.NTF_EXT_LEARNED
    return FdbEntry(mac, names[message["ifindex"]], bridge, is_learned=not is_given)


def is_pinned(message: Message) -> bool:
    """Whether an entry of a bridge's table stays where it is, whatever frames come: permanent, or sticky."""
    return bool(message["state"] & ndmsg.NUD_PERMANENT or message["flags"] & _NTF_STICKY)


def port_state_of(message: Message) -> int | None:
    """Of an RTM_NEWLINK message of family AF_BRIDGE the IFLA_BRPORT_STATE: 3 forwards. None where it is no port."""
    port = message.get_attr("IFLA_PROTINFO")
    state: int | None = port.get_attr("IFLA_BRPORT_STATE") if port else None
    return state


def stopped_port_of(message: Message) -> tuple[str, str] | None:
    """Of an RTM_NEWLINK message of family AF_BRIDGE a port that does not pass everything on, and why."""
    port = message.get_attr("IFLA_PROTINFO")
    state = port_state_of(message)
    if state is None or (state == _FORWARDING and not port.get_attr("IFLA_BRPORT_ISOLATED")):
        return None
    return _text(message.get_attr("IFLA_IFNAME")), "isolated" if state == _FORWARDING else _PORT_STATES.get(state, "")


def _reader(message: Message) -> Callable[[str], Any]:
    """A message's attributes by name, each decoded when it is asked for (`get_attr` walks all of them each time)."""
    slots = {slot.name: slot for slot in message["attrs"]}

    def value(name: str) -> Any:  # noqa: ANN401 - a number, a text, or attributes again
        slot = slots.get(name)
        return None if slot is None else slot.value

    return value


def _gateway(value: Callable[[str], Any]) -> str | None:
    via = value("RTA_VIA")  # an IPv4 route through an IPv6 router
    gateway: str | None = via["addr"] if via else value("RTA_GATEWAY")
    return gateway


def _told(names: Mapping[Any, Any], number: int) -> str:
    return str(names.get(number, number))


def _text(value: str | bytes) -> str:
    """A name, which the kernel does not require to be UTF-8."""
    return value if isinstance(value, str) else value.decode(errors="replace")
