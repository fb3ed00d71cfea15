"""What packet filters and address translation are made of, as plain values: chains, rules, tracked connections.

It does not care which tool made them (nft, iptables with either of its kernels), nor how they are read.
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Family: TypeAlias = Literal["ip", "ip6", "inet", "arp", "bridge", "netdev"]
Tool: TypeAlias = Literal["nft", "iptables", "iptables-legacy"]
Hook: TypeAlias = Literal["ingress", "prerouting", "input", "forward", "output", "postrouting", "egress"]
"""Where on a packet's way through a node a chain is asked (netfilter.org, `hooks`)."""
Action: TypeAlias = Literal[
    "accept",
    "drop",
    "reject",
    "masquerade",
    "snat",
    "dnat",
    "redirect",
    "jump",
    "goto",
    "return",
    "continue",
    "notrack",
    "unknown",
]
"""What a rule does; `notrack` has the node keep no track of the packet; `continue` for those that only look or mark
(log, counter, a changed TTL)."""
Field: TypeAlias = Literal[
    "family", "protocol", "source", "destination", "source-port", "destination-port", "in", "out", "state",
    "direction", "icmp-type", "tcp-flags", "destination-type", "unknown",
]  # fmt: skip

NATS = frozenset({"masquerade", "snat", "dnat", "redirect"})
"""The actions that give a connection another address."""


@dataclass(frozen=True, slots=True)
class Match:
    """One condition of a rule: a packet's field is one of some values."""

    field: Field
    values: tuple[str, ...]
    """Addresses as `192.0.2.1`, `192.0.2.0/24` or `192.0.2.1-192.0.2.9`; ports as `80` or `1000-2000`; interfaces as
    `eth0` or `eth*`; states as `new`; types of ICMP as `echo-request`; flags of TCP as `looked,at/set`;
    of a condition that is not understood its own words."""
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class FilterRule:
    """One rule of a chain. A verdict map counts as one rule for each of its elements."""

    family: Family
    table: str
    chain: str
    text: str
    """As its tool writes it: `-A INPUT -p tcp -m tcp --dport 80 -j DROP`, `tcp dport 80 drop`."""
    matches: tuple[Match, ...]
    action: Action
    target: str = ""
    """The chain of a jump, the address of a translation, what a reject answers (`tcp-reset`, `port-unreachable`); of
    an action that is not understood its own word."""
    port: str = ""
    """The port of a translation: `80`, `1000-2000`."""
    tool: Tool = "nft"
    part: int = 0
    """Which element of a verdict map it stands for, counted from 0."""
    handle: int = field(default=0, compare=False)
    """nft's number for it, by which it can be deleted; 0 for iptables."""
    packets: int | None = field(default=None, compare=False)
    """How many it met when it was read; None where it does not count. Counting is no change of the rule."""


@dataclass(frozen=True, slots=True)
class Chain:
    """A list of rules; a base chain is asked at a hook, others are jumped to."""

    family: Family
    table: str
    name: str
    rules: tuple[FilterRule, ...] = ()
    hook: Hook | None = None
    priority: int = 0
    """Of chains at one hook the smallest is asked first: raw -300, dstnat -100, filter 0, srcnat 100."""
    policy: Literal["accept", "drop"] = "accept"
    """What becomes of a packet that no rule decides about."""
    kind: str = "filter"
    """`filter`, `nat` (asked for the first packet of a connection only), `route`."""
    tool: Tool = "nft"


@dataclass(frozen=True, slots=True)
class Ends:
    """Source and destination of packets that go one way."""

    source: str
    destination: str
    source_port: int = 0
    """0 where the protocol has no ports; of ICMP the echo's identifier."""
    destination_port: int = 0


@dataclass(frozen=True, slots=True)
class Flow:
    """A connection that a node keeps track of (conntrack): what goes there, and what is expected to come back."""

    protocol: str
    """`tcp`, `udp`, `icmp`, `icmpv6`, or a number."""
    original: Ends
    reply: Ends
    """Where the addresses are not the original's turned round, NAT changes them."""
    state: str = ""
    """Of TCP: `SYN_SENT`, `ESTABLISHED`, `TIME_WAIT` …; `ASSURED` or `UNREPLIED` of others."""
