"""Addresses, ports, protocols and types of ICMP as rules write them, in one spelling; pure."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network

TCP_FLAGS = ("fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr")

_PROTOCOLS: Mapping[str, str] = {
    "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6", "ipv6-icmp": "icmpv6", "icmp6": "icmpv6", "132": "sctp",
}  # fmt: skip
_ICMP_TYPES: Mapping[str, str] = {
    "0": "echo-reply", "3": "destination-unreachable", "5": "redirect", "8": "echo-request", "11": "time-exceeded",
    "12": "parameter-problem", "128": "echo-request", "129": "echo-reply",
    "133": "nd-router-solicit", "134": "nd-router-advert", "135": "nd-neighbor-solicit", "136": "nd-neighbor-advert",
}  # fmt: skip
"""Of ICMP and of ICMPv6, which have no number with two meanings among these."""
_ALIASES: Mapping[str, str] = {
    "neighbour-solicitation": "nd-neighbor-solicit", "neighbor-solicitation": "nd-neighbor-solicit",
    "neighbour-advertisement": "nd-neighbor-advert", "neighbor-advertisement": "nd-neighbor-advert",
}  # fmt: skip


def protocol(text: str) -> str:
    """`tcp`, whether it was written by name or by number."""
    return _PROTOCOLS.get(text.lower(), text.lower())


def icmp_type(text: str) -> str:
    """`echo-request`, whether it was written by name or by number, with a code or without."""
    return _ICMP_TYPES.get(text.partition("/")[0], _ALIASES.get(text, text))


def address(text: str) -> str:
    """One address, a network, or a range. Raises ValueError for what is none of them."""
    if "-" in text:
        low, _, high = text.partition("-")
        return f"{ip_address(low)}-{ip_address(high)}"
    network = ip_network(text, strict=False)
    return str(network.network_address) if network.prefixlen == network.max_prefixlen else str(network)


def port_range(text: str) -> str:
    """`80`, or `1000-2000`. Raises ValueError for what is no number."""
    low, _, high = text.replace(":", "-").partition("-")
    return f"{int(low)}-{int(high)}" if high else str(int(low))
