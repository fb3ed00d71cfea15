"""What a way that is right does not carry: packets that pass too few routers, and packets that are too large."""

import re

from netshell.diagnosis.cables import path
from netshell.diagnosis.finding import Break
from netshell.diagnosis.passing import rule_line
from netshell.diagnosis.segment import find_link, link_at
from netshell.diagnosis.way import Hop, Way
from netshell.diagnosis.words import ip_on, named, place, run_on, setting, sysctl_line
from netshell.facts import End, Node, Snapshot
from netshell.netfilter import rule_named
from netshell.netfilter.near import every_rule
from netshell.netfilter.words import deletion

_TTL_KEY = "net.ipv4.ip_default_ttl"
_SETS_TTL = re.compile(r"--(?:ttl|hl)-(?:set|dec)\b|\b(?:ttl|hoplimit) set\b")
_USUAL_TTL, _USUAL_MTU = 64, 1500


def outlived(start: Node, way: Way) -> Break | None:
    """A node whose packets do not live as long as their way is (RFC 1812, 5.3.1)."""
    value = setting(start, _TTL_KEY)
    ttl = int(value) if value.isdigit() and ":" not in way.ip else _USUAL_TTL
    if ttl > len(way.routers):
        return None
    last = way.routers[ttl - 1]
    words = {
        "source": named(start.name),
        "key": _TTL_KEY,
        "ttl": str(ttl),
        "node": named(last),
        "count": f"{len(way.routers)} router{'s' * (len(way.routers) > 1)}",
        "run": run_on(start.name, f"sysctl -w {_TTL_KEY}={_USUAL_TTL}"),
    }
    return Break("ttl-small", start.name, words, (sysctl_line(start, _TTL_KEY), *way.lines))


def shortened(snapshot: Snapshot, way: Way, source: str, ttl: int) -> Break | None:
    """A rule on the way that gives packets another TTL than they left with."""
    for name in dict.fromkeys(node for hop in way.hops for node in (hop.node, hop.to.node)):
        node = snapshot.nodes[name]
        for _, rule in every_rule(node):
            if _SETS_TTL.search(rule.text):
                words = {
                    "node": named(name),
                    "source": named(source),
                    "ttl": str(ttl),
                    "rule": rule_named(rule),
                    "mend": run_on(name, deletion(rule)),
                }
                return Break("ttl-rewritten", name, words, (rule_line(node, rule),))
    return None


def swallows(snapshot: Snapshot, way: Way) -> Break | None:
    """An interface on the way that silently drops what the one before it may send: its MTU is smaller."""
    for hop in way.hops:
        sender = End(hop.node, hop.route.dev or "")
        link = find_link(snapshot, sender)
        joined = path(snapshot, [sender], [hop.to], is_routed=False) if link else None
        if link is None or joined is None:
            continue
        for step in joined.steps[1:]:
            narrow = link_at(snapshot, step.end)
            counts = narrow.kind != "bridge" or step.end == hop.to  # between its ports a bridge asks for theirs only
            if counts and 0 < narrow.mtu < link.mtu:
                return _black_hole(snapshot, sender, step.end)
    return None


def _black_hole(snapshot: Snapshot, wide: End, narrow: End) -> Break:
    large, small = link_at(snapshot, wide).mtu, link_at(snapshot, narrow).mtu
    words = {
        "link": narrow.link,
        "place": place(narrow.node),
        "mtu": str(small),
        "wide": f"{wide.link} {place(wide.node)}",
        "large": str(large),
        "run": ip_on(narrow.node),
    }
    lines = tuple(f"{end.node}: {end.link} mtu {link_at(snapshot, end).mtu}" for end in (narrow, wide))
    return Break("mtu-black-hole", narrow.node, words, lines)


def smallest(snapshot: Snapshot, way: Way) -> tuple[Hop, int] | None:
    """The hop with the smallest MTU, where that is smaller than the first one's."""
    sizes = [(hop, _mtu(snapshot, hop)) for hop in way.hops]
    if not sizes:
        return None
    hop, size = min(sizes, key=lambda one: one[1])
    return (hop, size) if size < sizes[0][1] else None


def _mtu(snapshot: Snapshot, hop: Hop) -> int:
    link = find_link(snapshot, End(hop.node, hop.route.dev or ""))
    return link.mtu if link and link.mtu else _USUAL_MTU


def too_large(snapshot: Snapshot, way: Way, told: str, length: int | None = None) -> Break | None:
    """A packet that a router has not passed on because the next link takes no such, and it must not be cut (RFC 1191).

    `length` is given where the router's word about it did not come back (RFC 2923, 2.1): the packet's, in bytes.
    """
    found = smallest(snapshot, way)
    if found is None or (length is not None and length <= found[1]):
        return None
    hop, size = found
    end = End(hop.node, hop.route.dev or "")
    words = {
        "node": named(hop.node),
        "link": end.link,
        "mtu": str(size),
        "payload": str(size - 28),
        "mend": " && ".join(f"{ip_on(e.node)} link set {e.link} mtu {_USUAL_MTU}" for e in (end, hop.to)),
    }
    words |= {"length": str(length), "source": named(way.hops[0].node)}
    fault = "mtu-small" if length is None else "mtu-silent"
    return Break(fault, hop.node, words, (told, f"{hop.node}: {end.link} mtu {size}"))
