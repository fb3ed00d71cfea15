"""What is there: the kernel's state as plain values, and the difference of two such snapshots.

It knows nothing of how the state is read, nor of how it is put into words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import ip_address, ip_interface, ip_network
from typing import Literal, NamedTuple, TypeAlias

from netshell.filters import Chain, FilterRule, Flow

PC = "pc"
"""The name of the private machine's own network namespace, the one a learner starts in."""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a cable: an interface on a node."""

    node: str
    link: str

    def __str__(self) -> str:
        return f"{self.node}:{self.link}"


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface, as `ip link` shows it."""

    name: str
    index: int
    kind: str
    """`veth`, `bridge`, `loopback` …; empty where the kernel names no kind."""
    is_up: bool
    """Switched on by an administrator (IFF_UP)."""
    has_carrier: bool
    """The other end answers (IFF_LOWER_UP)."""
    state: str
    """The operational state of RFC 2863: `UP`, `DOWN`, `LOWERLAYERDOWN`, `UNKNOWN` …"""
    mac: str = ""
    mtu: int = 1500
    master: str | None = None
    """The bridge that it is a port of."""
    peer: End | None = None
    """A veth's other end, where that end lies in a namespace that has a name."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its prefix length, set on an interface: `192.0.2.1/24`."""

    cidr: str
    dev: str
    scope: str = "global"


@dataclass(frozen=True, slots=True)
class Route:
    """One entry of a routing table."""

    dst: str
    """`default`, or a network such as `192.0.2.0/24` (a host as `/32` or `/128`)."""
    dev: str | None = None
    via: str | None = None
    proto: str = "boot"
    """Who put it there: `kernel`, `boot` (typed by hand), `static`, `dhcp`, `bird` …"""
    metric: int = 0
    table: str = "main"
    src: str | None = None
    scope: str = "global"
    kind: str = "unicast"
    """`unicast`, `blackhole`, `unreachable`, `prohibit`, `local`, `broadcast` …"""
    family: Literal[4, 6] = 4


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What a node knows of a machine on the same link: its MAC behind an IP address (RFC 826, RFC 4861)."""

    ip: str
    dev: str
    mac: str | None
    state: str
    """`REACHABLE`, `STALE`, `DELAY`, `PROBE`, `FAILED`, `INCOMPLETE`, `PERMANENT`, `NOARP`."""


@dataclass(frozen=True, slots=True)
class FdbEntry:
    """A MAC address that a bridge has, and the port that it lies behind."""

    mac: str
    dev: str
    bridge: str
    is_learned: bool
    """Taken from a frame that came in; false for the bridge's own and for permanent ones."""


@dataclass(frozen=True, slots=True)
class Socket:
    """A TCP or UDP socket that has a local port, as `ss` shows it."""

    protocol: Literal["tcp", "udp"]
    family: Literal[4, 6]
    local: str
    """The address that it is bound to; `0.0.0.0` or `::` for every address of its node."""
    local_port: int
    remote: str = ""
    """The other end's address; empty where there is no other end (listening, or only bound).

    A socket of family 6 that talks IPv4 has plain IPv4 addresses here, as they cross the wire."""
    remote_port: int = 0
    state: str = "UNCONN"
    """As ss writes it: `LISTEN`, `ESTAB`, `SYN-SENT`, `TIME-WAIT`, `CLOSE-WAIT`, `UNCONN` (bound, UDP) …"""
    dev: str = ""
    """The interface that it is bound to, where it is."""
    program: str = ""
    """The name of the process that has it, 15 bytes at most; empty where none has it (TIME-WAIT) or it is not known."""
    is_v6only: bool = False
    """A socket on `::` that does not take IPv4 as well (IPV6_V6ONLY, ipv6(7))."""

    @property
    def is_waiting(self) -> bool:
        """It waits for whoever comes: listening, or bound for datagrams."""
        return not self.remote and self.state in {"LISTEN", "UNCONN"}

    def accepts(self, ip: str) -> bool:
        """Whether what is sent to that address of its node comes to this socket, by the address it is bound to."""
        if self.local == "0.0.0.0":  # noqa: S104 - how the kernel writes every address
            return ":" not in ip
        if self.local == "::":
            return ":" in ip or not self.is_v6only
        return self.local == ip


@dataclass(frozen=True, slots=True)
class Process:
    """A program that runs."""

    name: str
    """As `ps` shows it in short, 15 bytes at most."""
    argv: tuple[str, ...] = ()
    """Its command line, word by word."""

    @property
    def names(self) -> tuple[str, ...]:
        """What it may be called: by itself, and of a script by the script that Python, or a shell, runs."""
        words = [word.rpartition("/")[2] for word in self.argv[:3] if not word.startswith("-")]
        return tuple(dict.fromkeys([self.name, *words]))


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of policy routing, as `ip rule` shows it: whose packets are looked up in which table."""

    priority: int
    table: str = "main"
    """The table to look in; empty where the rule itself decides."""
    kind: str = "unicast"
    """`unicast` looks in a table; `blackhole`, `unreachable`, `prohibit` stop the packet."""
    src: str | None = None
    dst: str | None = None
    iif: str | None = None
    """Only for packets that came in there; `lo` means the node's own."""
    family: Literal[4, 6] = 4
    is_partial: bool = False
    """It asks for more than this: a mark, a protocol, a port …"""


@dataclass(frozen=True, slots=True)
class Details:
    """What is read of a node only where somebody asks why: settings, rules and files that seldom matter."""

    sysctls: Mapping[str, str] = field(default_factory=dict)
    """Of the single interfaces, too: `net.ipv4.conf.eth0.forwarding`."""
    rules: tuple[Rule, ...] = ()
    """In their order; the three that every node is born with are among them."""
    stopped_ports: Mapping[str, str] = field(default_factory=dict)
    """Ports of bridges that pass not everything on, each with why: `disabled`, `blocking`, `isolated` …"""
    pinned: tuple[FdbEntry, ...] = ()
    """Entries in the tables of bridges that no frame moves: sticky ones, and permanent ones of others."""
    redirects: tuple[Route, ...] = ()
    """Single addresses with the gateway that a router has named by an ICMP redirect; they go before the table."""
    without_arp: frozenset[str] = frozenset()
    """Interfaces that neither ask nor answer (IFF_NOARP, `ip link set … arp off`)."""
    files: Mapping[str, str] = field(default_factory=dict)
    """By their paths, those that are there: what its resolver reads (`/etc/resolv.conf`, `/etc/netns/ns1/hosts` …), and
    to whom its DHCP server has given addresses."""
    commands: tuple[tuple[str, ...], ...] = ()
    """The command lines of the programs that have a port open there."""


@dataclass(frozen=True, slots=True)
class Node:
    """Everything that one network namespace holds."""

    name: str
    links: Mapping[str, Link] = field(default_factory=dict)
    addresses: tuple[Address, ...] = ()
    routes: tuple[Route, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    fdb: tuple[FdbEntry, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    """Keys as `sysctl` writes them: `net.ipv4.ip_forward`."""
    is_enterable: bool = True
    """False for a name that stands for no namespace here (`ip netns add` typed inside another namespace's shell)."""
    sockets: tuple[Socket, ...] = ()
    details: Details | None = None
    """None where nobody has asked for them; no change is ever told of them."""
    chains: tuple[Chain, ...] = ()
    """Packet filters and address translation, whichever tool made them."""
    has_unread_rules: bool = False
    """There are such rules, or may be, but no program here that could show them."""
    flows: tuple[Flow, ...] = ()
    """The connections that it keeps track of; of many only some hundred."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it crossed an interface."""

    time_ns: int
    """Nanoseconds since the epoch, by the kernel's clock."""
    node: str
    link: str
    is_outgoing: bool
    data: bytes
    """Starting with the Ethernet header."""
    wire_length: int
    has_checksum: bool = True
    """False where TCP or UDP left its checksum to the interface, and that has not filled it in (as on lo)."""


class Crossing(NamedTuple):
    """One frame on its way over one link: taken where it left, or where it arrived if the sender is not known.

    A named tuple, because one is made for every packet of a long capture.
    """

    number: int
    """Its place among all crossings of a session or a file, counted from 1."""
    time_ns: int
    """Nanoseconds since the epoch, by the kernel's clock."""
    sender: End | None
    """The interface that it left by; None for a frame from outside the lab, and in a capture file."""
    receiver: End | None
    """The interface that it came to; None where the other end is not known, and in a capture file."""
    data: bytes
    wire_length: int
    """Bytes on the wire; more than `data` has where the capture was cut."""
    link_type: int = 1
    """What the data begins with, as pcap files number it: 1 is Ethernet."""
    comment: str = ""
    """What a capture file says about it."""


@dataclass(frozen=True, slots=True)
class Echo:
    """An ICMP echo request or reply that a node sent or received (RFC 792, RFC 4443)."""

    time_ns: int
    node: str
    link: str
    is_outgoing: bool
    is_reply: bool
    src: str
    dst: str
    ident: int
    sequence: int
    size: int
    """Bytes of payload behind the ICMP header: what `ping -s` sets."""


Outcome: TypeAlias = Literal["answered", "opened", "refused", "silent", "unsent"]
"""What became of a probe: an echo reply, SYN-ACK, RST or an ICMP error, nothing; or the node could not send at all."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A packet that netshell itself is to send from a node: an echo request, or the SYN to a port."""

    node: str
    protocol: Literal["icmp", "tcp"]
    to: str
    """An IP address."""
    port: int = 0
    size: int = 56
    """Bytes of payload of an echo request."""
    mark: int = 0
    """Its source port, or the echo's identifier."""
    token: bytes = bytes(8)
    """Eight bytes that nobody else sends: the payload of an echo, in a SYN the first half as its sequence number."""


class Probed(NamedTuple):
    """What became of a probe, and how to know the frames that are its own."""

    outcome: Outcome
    since_ns: int
    until_ns: int
    """When it was sent, and when all that it had left was taken back (nanoseconds since the epoch)."""
    ips: frozenset[str]
    """The neighbours that had to be asked for because of it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole private machine at one moment."""

    nodes: Mapping[str, Node] = field(default_factory=dict)

    def node(self, name: str) -> Node | None:
        """The namespace of that name, or None."""
        return self.nodes.get(name)


Operation: TypeAlias = Literal["added", "removed", "changed"]
Kind: TypeAlias = Literal["namespace", "link", "address", "route", "neighbour", "fdb", "sysctl", "socket", "rule"]
Item: TypeAlias = Node | Link | Address | Route | Neighbour | FdbEntry | Socket | Chain | FilterRule | str


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that appeared, went or became different between two snapshots."""

    on: str
    """The node it happened on."""
    kind: Kind
    op: Operation
    name: str
    before: Item | None = None
    after: Item | None = None

    def changed_fields(self) -> tuple[str, ...]:
        """The names of the fields that differ, for an item that was changed."""
        if self.before is None or self.after is None or isinstance(self.before, str):
            return ()
        return tuple(
            f.name for f in fields(self.before) if getattr(self.before, f.name) != getattr(self.after, f.name, None)
        )


def difference(before: Snapshot, after: Snapshot) -> tuple[Change, ...]:
    """Everything that is different in `after`, in the order a reader wants it: namespaces, links, addresses, routes."""
    changes: list[Change] = []
    for name in sorted(before.nodes.keys() | after.nodes.keys(), key=lambda n: (n != PC, n)):
        old, new = before.nodes.get(name), after.nodes.get(name)
        if old is None and new is not None:
            changes.append(Change(name, "namespace", "added", name, None, new))
        elif new is None and old is not None:
            changes.append(Change(name, "namespace", "removed", name, old, None))
            continue
        elif old is not None and new is not None and old.is_enterable is not new.is_enterable:
            changes.append(Change(name, "namespace", "changed", name, old, new))
        changes += _node_difference(old or Node(name), new or Node(name), is_new=old is None)
    return tuple(changes)


_Key: TypeAlias = tuple[object, ...]
"""What makes an item the same one in both snapshots; the first part is the name it is told by."""


def _node_difference(old: Node, new: Node, *, is_new: bool) -> list[Change]:
    """What changed on one node; what every new namespace is born with (its `lo`, its settings) is not news."""
    pairs: list[tuple[Kind, Mapping[_Key, Item], Mapping[_Key, Item]]] = [
        ("link", _by_key(old.links), _by_key(new.links)),
        ("address", {(a.cidr, a.dev): a for a in old.addresses}, {(a.cidr, a.dev): a for a in new.addresses}),
        ("route", _routes_by_key(old), _routes_by_key(new)),
        ("neighbour", {(n.ip, n.dev): n for n in old.neighbours}, {(n.ip, n.dev): n for n in new.neighbours}),
        ("fdb", {(e.mac, e.dev): e for e in old.fdb}, {(e.mac, e.dev): e for e in new.fdb}),
        ("sysctl", {} if is_new else _by_key(old.sysctls), {} if is_new else _by_key(new.sysctls)),
        ("socket", _sockets_by_key(old), _sockets_by_key(new)),
        ("rule", _rules_by_key(old), _rules_by_key(new)),
    ]
    return [
        Change(new.name, kind, _operation(was.get(key), now.get(key)), str(key[0]), was.get(key), now.get(key))
        for kind, was, now in pairs
        for key in dict.fromkeys([*was, *now])
        if was.get(key) != now.get(key) and not (is_new and kind == "link" and key == ("lo",))
    ]


def _by_key(items: Mapping[str, Item]) -> dict[_Key, Item]:
    return {(name,): item for name, item in items.items()}


def _routes_by_key(node: Node) -> dict[_Key, Item]:
    """A route is known by what the kernel keeps apart; two that differ only in their gateway are told apart by it."""
    routes: dict[_Key, Item] = {}
    for route in node.routes:
        key: _Key = (route.dst, route.family, route.table, route.metric, route.dev, route.kind)
        routes[(*key, route.via) if key in routes else key] = route
    return routes


def _sockets_by_key(node: Node) -> dict[_Key, Item]:
    """A socket is known by its two ends; several with the same ones (SO_REUSEPORT) are told apart by their order."""
    sockets: dict[_Key, Item] = {}
    for socket in node.sockets:
        key: _Key = (f"{socket.protocol} {ends_of(socket)}", socket.dev, socket.family)
        sockets[(*key, len(sockets)) if key in sockets else key] = socket
    return sockets


def _rules_by_key(node: Node) -> dict[_Key, Item]:
    """A chain is known by its name, a rule by its words; several with the same ones are told apart by their order.

    That a rule has another place in its chain is no change by itself: where another one came or went, that is told.
    """
    found: dict[_Key, Item] = {}
    for chain in node.chains:
        place: _Key = (chain.family, chain.table, chain.tool)
        found[(chain.name, *place)] = replace(chain, rules=())
        for rule in chain.rules:
            key: _Key = (rule.text, *place, chain.name, rule.part)
            while key in found:
                key = (*key, "again")
            found[key] = rule
    return found


def ends_of(socket: Socket) -> str:
    """Where a socket is bound, and whom it is connected to: `192.0.2.1:40000 → 192.0.2.2:80`."""
    local = end_of(socket.local, socket.local_port)
    return f"{local} → {end_of(socket.remote, socket.remote_port)}" if socket.remote else local


def end_of(ip: str, port: int) -> str:
    """An address with a port: `192.0.2.2:80`, `[2001:db8::2]:80`."""
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def _operation(before: Item | None, after: Item | None) -> Operation:
    if before is None:
        return "added"
    return "removed" if after is None else "changed"


def route_to(node: Node, destination: str, table: str = "main") -> Route | None:
    """The route that a table holds for an address: longest prefix, then lowest metric (RFC 1812, 5.2.4.3).

    `destination` is an IP address. Raises ValueError where it is not one.
    """
    target = ip_address(destination)
    fitting = [
        (0 if route.dst == "default" else ip_network(route.dst).prefixlen, -route.metric, route)
        for route in node.routes
        if route.table == table
        and route.family == target.version
        and (route.dst == "default" or target in ip_network(route.dst))
    ]
    return max(fitting, key=lambda item: item[:2])[2] if fitting else None


def holder_of(snapshot: Snapshot, ip: str) -> tuple[Node, Address] | None:
    """The node, and the address with its prefix, that an IP is set on (the first one where several have it)."""
    for node in snapshot.nodes.values():
        for address in node.addresses:
            if str(ip_interface(address.cidr).ip) == ip and ip_interface(address.cidr).ip.is_loopback is False:
                return node, address
    return None
