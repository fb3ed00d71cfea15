"""Whether the question for a hardware address is asked and answered, and whether a bridge sends the frames there.

It is about IPv4: neighbour discovery is not touched by these settings.
"""

from netshell.diagnosis.addresses import duplicate, in_network
from netshell.diagnosis.finding import Break
from netshell.diagnosis.lookup import addresses_on, holds, host, route, source_for, version_of
from netshell.diagnosis.segment import Segment, link_at, segment
from netshell.diagnosis.words import ip_on, named, place, run_on, setting, sysctl_line
from netshell.facts import End, FdbEntry, Node, Snapshot


def asking(snapshot: Snapshot, node: Node, end: End, ip: str, *, is_known: bool) -> Break | None:
    """Why a node's question for an address is not asked, or not answered by who has it.

    `is_known`: the neighbour table has a MAC already; then only the asker's own interface counts.
    """
    if version_of(ip) == 6:
        return None
    if _is_without_arp(node, end.link):
        return _arp_off(snapshot, end)
    others = () if is_known else segment(snapshot, end).holders(snapshot, ip, node.name)
    return next((broken for other in others if (broken := _deaf(snapshot, end, other, ip))), None)


def _deaf(snapshot: Snapshot, end: End, other: End, ip: str) -> Break | None:
    """Why who has an address does not answer what is asked from an interface."""
    there = snapshot.nodes[other.node]
    if _is_without_arp(there, other.link):
        return _arp_off(snapshot, other)
    if twin := _own_asker(snapshot, end, there, ip):
        return twin
    key = _ignoring(there, other.link, ip) or _filtering(there, other.link, source_for(snapshot.nodes[end.node], ip))
    if not key:
        return None
    words = {
        "node": named(there.name),
        "key": key,
        "value": setting(there, key),
        "target": ip,
        "asker": named(end.node),
        "run": run_on(there.name, f"sysctl -w {key}=0"),
    }
    return Break("arp-ignored", there.name, words, (sysctl_line(there, key),))


def _own_asker(snapshot: Snapshot, end: End, there: Node, ip: str) -> Break | None:
    """Who is asked has the asker's own address, too, and so drops the question (RFC 1812, 5.3.7)."""
    own = [a for a in addresses_on(snapshot.nodes[end.node], end.link, 4) if in_network(ip, a)]
    held = holds(there, host(own[0])) if own else None
    return duplicate(snapshot, End(there.name, held.dev), end, host(own[0])) if held else None


def _is_without_arp(node: Node, link: str) -> bool:
    return node.details is not None and link in node.details.without_arp


def _arp_off(snapshot: Snapshot, end: End) -> Break:
    words = {"link": end.link, "place": place(end.node), "node": named(end.node), "run": ip_on(end.node)}
    mac = link_at(snapshot, end).mac
    return Break("arp-off", end.node, words, (f"{end.node}: {end.link}: NOARP link/ether {mac}",))


def _ignoring(node: Node, link: str, ip: str) -> str:
    """The setting by which a node does not answer for an address at an interface (ip-sysctl, `arp_ignore`)."""
    held = holds(node, ip)
    for key in (f"net.ipv4.conf.{link}.arp_ignore", "net.ipv4.conf.all.arp_ignore"):
        value = setting(node, key)
        if value == "8" or (value in {"1", "2"} and held is not None and held.dev != link):
            return key
    return ""


def _filtering(node: Node, link: str, asker: str | None) -> str:
    """The setting by which a node answers only where it would send to the asker itself (ip-sysctl, `arp_filter`)."""
    back = route(node, asker) if asker else None
    if back is None or back.dev == link:
        return ""
    keys = (f"net.ipv4.conf.{link}.arp_filter", "net.ipv4.conf.all.arp_filter")
    return next((key for key in keys if setting(node, key) == "1"), "")


def proxy_for(snapshot: Snapshot, around: Segment, asker: str, ip: str) -> End | None:
    """A router on the link that answers for addresses behind it (`proxy_arp`)."""
    for end in around.ends:
        node = snapshot.nodes[end.node]
        keys = (f"net.ipv4.conf.{end.link}.proxy_arp", "net.ipv4.conf.all.proxy_arp")
        if end.node == asker or version_of(ip) == 6 or not any(setting(node, key) == "1" for key in keys):
            continue
        onward = route(node, ip)
        if onward is not None and onward.kind == "unicast" and onward.dev != end.link:
            return end
    return None


def misled(snapshot: Snapshot, start: End, goal: End) -> Break | None:
    """A bridge between two interfaces that sends the frames for the second elsewhere."""
    return _by_entry(snapshot, start, goal) or _by_twin(snapshot, start, goal)


def _by_entry(snapshot: Snapshot, start: End, goal: End) -> Break | None:
    """An entry that was set by hand in a bridge's table, for a port that does not lead there."""
    mac = link_at(snapshot, goal).mac
    for node in snapshot.nodes.values():
        for entry in node.details.pinned if node.details else ():
            if entry.mac != mac or entry.dev not in node.links or goal in _behind(snapshot, End(node.name, entry.dev)):
                continue
            if start in _behind(snapshot, End(node.name, entry.bridge)):
                return _wrong_entry(node, entry, goal)
    return None


def _behind(snapshot: Snapshot, end: End) -> tuple[End, ...]:
    """Every interface that frames get to which leave by an end."""
    return segment(snapshot, end).ends


def _wrong_entry(node: Node, entry: FdbEntry, goal: End) -> Break:
    begin = "bridge" if ip_on(node.name) == "ip" else f"bridge -n {node.name}"
    words = {
        "place": place(node.name),
        "bridge": entry.bridge,
        "mac": entry.mac,
        "link": entry.dev,
        "other": f"{goal.link} {place(goal.node)}",
        "run": f"{begin} fdb del {entry.mac} dev {entry.dev} master",
    }
    return Break("wrong-fdb", node.name, words, (f"{node.name}: fdb {entry.mac} dev {entry.dev} pinned",))


def _by_twin(snapshot: Snapshot, start: End, goal: End) -> Break | None:
    """Two interfaces on a bridge with one hardware address: it learns now one place, now the other."""
    around = segment(snapshot, start)
    mac = link_at(snapshot, goal).mac
    is_bridged = any(link_at(snapshot, end).kind == "bridge" for end in (*around.ends, start))
    if not is_bridged or not mac:
        return None
    for other in (start, *around.ends):
        if other.node != goal.node and link_at(snapshot, other).mac == mac:
            wrong, right = (goal, other) if other == start else (other, goal)
            words = {
                "link": wrong.link,
                "place": place(wrong.node),
                "mac": mac,
                "other": f"{right.link} {place(right.node)}",
                "run": ip_on(wrong.node),
                "new": _free_mac(snapshot),
            }
            lines = tuple(f"{end.node}: {end.link} link/ether {mac}" for end in (wrong, right))
            return Break("duplicate-mac", wrong.node, words, lines)
    return None


def _free_mac(snapshot: Snapshot) -> str:
    taken = {link.mac for node in snapshot.nodes.values() for link in node.links.values()}
    return next(mac for number in range(1, 256) if (mac := f"02:00:00:00:aa:{number:02x}") not in taken)
