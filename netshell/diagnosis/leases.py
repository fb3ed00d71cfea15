"""Why a node gets no address by DHCP: the link, who serves there, and whether that one has an address to give."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from netshell.diagnosis.cables import cable_breaks, interfaces
from netshell.diagnosis.finding import Break, Finding
from netshell.diagnosis.lookup import addresses_on, as_address, host, interface, is_usable, network
from netshell.diagnosis.passing import stopped_by
from netshell.diagnosis.seen import discovers
from netshell.diagnosis.segment import link_at, segment
from netshell.diagnosis.telling import finding, well
from netshell.diagnosis.words import address_line, named, place, run_on, socket_line
from netshell.facts import End, Node, Snapshot
from netshell.netfilter import Packet, pass_through

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netshell.packets.trace import Seen

WORD = "dhcp"
"""Who is asked for in the place of a node: whoever gives out addresses."""
_SERVER_PORT = 67
_SPARED = 2


@dataclass(frozen=True, slots=True)
class Range:
    """Addresses that a server may give, from the first to the last."""

    first: int
    last: int
    text: str

    def holds(self, ip: str) -> bool:
        """Whether an address is one of them."""
        return self.first <= int(as_address(ip)) <= self.last

    @property
    def size(self) -> int:
        """How many they are."""
        return self.last - self.first + 1


def lease(snapshot: Snapshot, here: Node, wire: "Sequence[Seen]" = ()) -> Finding:
    """What keeps a node from getting an address; or that nothing does."""
    ends = interfaces(snapshot, here.name)
    bare = [end for end in ends if not addresses_on(here, end.link, 4)]
    if not ends:
        words = {"node": named(here.name), "other": "a DHCP server", "mend": ""}
        return finding(Break("link-missing", here.name, words, (f"{here.name}: no interface but lo",)))
    end = (bare or ends)[0]
    if broken := next(iter(cable_breaks(snapshot, end)), None):
        return finding(broken)
    around = segment(snapshot, end)
    servers = [other for other in around.ends if other.node != here.name and _serves(snapshot, other)]
    if not servers:
        return finding(_absent(snapshot, end, is_open=around.is_open))
    return _served(snapshot, end, servers[0], wire)


def _serves(snapshot: Snapshot, end: End) -> bool:
    node = snapshot.nodes[end.node]
    waiting = [s for s in node.sockets if s.protocol == "udp" and s.local_port == _SERVER_PORT and s.is_waiting]
    return any(s.dev in {"", end.link} for s in waiting)


def _absent(snapshot: Snapshot, end: End, *, is_open: bool) -> Break:
    """Nobody on the link serves; who does elsewhere is named, since DHCP's broadcasts do not pass a router."""
    if is_open:
        why = f"the link of {end.link} {place(end.node)} leads outside of what netshell sees"
        return Break("out-of-sight", end.node, {"why": why})
    others = [
        node.name
        for node in snapshot.nodes.values()
        if any(s.protocol == "udp" and s.local_port == _SERVER_PORT and s.is_waiting for s in node.sockets)
    ]
    hint = f" {named(others[0])} does, but not on this link, and broadcasts stay on theirs." if others else ""
    words = {"node": named(end.node), "link": end.link, "hint": hint}
    reached = ", ".join(dict.fromkeys(other.node for other in segment(snapshot, end).ends)) or "nobody"
    return Break("dhcp-absent", end.node, words, (f"{end.node}: on the link of {end.link}: {reached}",))


def _served(snapshot: Snapshot, end: End, server: End, wire: "Sequence[Seen]") -> Finding:
    """Who serves on the link has an address there, a range that fits, and something free."""
    node = snapshot.nodes[server.node]
    own = [a for a in addresses_on(node, server.link, 4) if is_usable(a)]
    words = {"server": named(node.name), "link": server.link, "node": named(end.node), "place": place(node.name)}
    lines = [socket_line(node.name, s) for s in node.sockets if s.protocol == "udp" and s.local_port == _SERVER_PORT]
    lines.append(address_line(node, server.link))
    ranges = list(_ranges(node))
    lines += [f"{node.name}: dhcp-range {each.text}" for each in ranges]
    if not own:
        return finding(Break("dhcp-no-range", node.name, {**words, "why": "it has no IPv4 address"}, tuple(lines)))
    fitting = [each for each in ranges for a in own if _is_in(each, network(a))]
    if ranges and not fitting:
        why = f"its network is {network(own[0])}, and the addresses to give ({ranges[0].text}) are of another"
        return finding(Break("dhcp-no-range", node.name, {**words, "why": why}, tuple(lines)))
    mac = link_at(snapshot, end).mac
    taken = {ip for lease_mac, ip in _leases(node) if lease_mac != mac}
    used = [ip for ip in taken if any(each.holds(ip) for each in fitting)]
    size = sum(each.size for each in fitting) - sum(each.holds(host(a)) for each in fitting for a in own)
    if fitting and len(used) >= size:
        lines += [f"{node.name}: given away: {ip}" for ip in sorted(used)[:_SPARED]]
        mine = {**words, "count": str(size), "text": fitting[0].text, "show": run_on(node.name, "")}
        return finding(Break("dhcp-no-lease", node.name, mine, tuple(lines)))
    if stopped := _filtered(node, server.link):
        return finding(stopped, *lines)
    asked = discovers(wire, end.node)
    if asked and not asked.is_answered:
        saw = f"{named(end.node)} asked by DHCP ({asked.line}), and no offer came back"
        return finding(Break("unexplained", node.name, {"saw": saw}, (asked.line, *lines)))
    free = f", and {size - len(used)} of its {size} addresses are free" if fitting else ""
    says = f"All is well: {named(node.name)} gives out addresses on the link of {end.link}{free}."
    return well(node.name, says, *lines)


def _filtered(node: Node, came: str) -> Break | None:
    """A filter of the server's that stops the question: dnsmasq has it from a socket, others may read past filters."""
    if not any(s.program == "dnsmasq" and s.protocol == "udp" and s.local_port == _SERVER_PORT for s in node.sockets):
        return None
    question = Packet("0.0.0.0", "255.255.255.255", "udp", 68, _SERVER_PORT, incoming=came, outgoing="")  # noqa: S104
    passage = pass_through(node, ("prerouting", "input"), question)
    if passage.ruling.fate not in {"dropped", "rejected"}:
        return None
    return stopped_by(node, passage.hook, passage, "questions by DHCP")


def _is_in(each: Range, net: str) -> bool:
    return ip_address(each.first) in ip_network(net)


def _ranges(node: Node) -> Iterator[Range]:
    """The ranges that dnsmasq was given on its command line (dnsmasq(8), --dhcp-range)."""
    words = [word for line in node.details.commands for word in line] if node.details else []
    texts = [word.partition("=")[2] for word in words if word.startswith("--dhcp-range=")]
    texts += [after for word, after in itertools.pairwise(words) if word in {"-F", "--dhcp-range"}]
    for text in texts:
        ips = [part for part in text.split(",") if _is_ipv4(part)]
        if ips:
            last = ips[1] if len(ips) > 1 else ips[0]
            yield Range(int(as_address(ips[0])), int(as_address(last)), f"{ips[0]} to {last}")


def _is_ipv4(text: str) -> bool:
    return text.count(".") == 3 and text.replace(".", "").isdigit()


def _leases(node: Node) -> Iterator[tuple[str, str]]:
    """To which MAC each address was given, by dnsmasq's own notes: when it ends, MAC, address, name, identifier."""
    for path, text in (node.details.files if node.details else {}).items():
        if path.endswith(("resolv.conf", "hosts", "nsswitch.conf")):
            continue
        for line in text.splitlines():
            words = line.split()
            if len(words) >= 4 and words[0].isdigit() and _is_ipv4(words[2]):
                yield words[1].lower(), words[2]


def lacks_lease(node: Node, wire: "Sequence[Seen]") -> bool:
    """Whether a node without an address has asked for one, and got none."""
    has_address = any(is_usable(a) and interface(a).version == 4 for a in node.addresses)
    asked = None if has_address else discovers(wire, node.name)
    return asked is not None and not asked.is_answered
