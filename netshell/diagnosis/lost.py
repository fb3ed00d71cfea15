"""Why no cable leads from one node to another: an interface that is in another namespace, or none at all."""

from netshell.diagnosis.addresses import first_misfit
from netshell.diagnosis.cables import cable_breaks, interfaces
from netshell.diagnosis.finding import Break
from netshell.diagnosis.lookup import FORWARDING, is_usable, version_of
from netshell.diagnosis.segment import find_link
from netshell.diagnosis.words import ip_on, named, place
from netshell.facts import PC, End, Link, Node, Snapshot

_INIT = "1"
"""`ip link set … netns 1`: the namespace of PID 1 is the PC."""


def unjoined(snapshot: Snapshot, here: Node, there: Node) -> Break:
    """The interface that would join two nodes which no cables join."""
    near = _reached(snapshot, here.name)
    far = _reached(snapshot, there.name)
    for near_side, far_side, lacking in ((near, far, here), (far, near, there)):
        for stray in _strays(snapshot, far_side):
            needy = _needy(snapshot, near_side, lacking, stray)
            if needy is not None:
                return _elsewhere(snapshot, stray, needy)
    bare = next((node for node in (here, there) if not _cables(node)), None)
    if bare is not None:
        return _missing(
            "link-missing", (bare, there if bare is here else here), (bare, _partner(snapshot, bare, here, there))
        )
    words = {"near": _company(here.name, near), "far": _company(there.name, far)}
    found = _missing("no-cable", (here, there), (_joint(snapshot, near), _joint(snapshot, far)))
    return Break(found.fault, found.at, {**found.words, **words}, found.evidence)


def below(snapshot: Snapshot, broken: Break, ip: str) -> Break:
    """What lies below a break where nobody has the address that is meant: a bare node, a cable to the wrong place."""
    node = snapshot.nodes[broken.at]
    if broken.fault == "peer-down":
        stray = End(broken.at, broken.words["link"])
        idle = [n for n in snapshot.nodes.values() if n.is_enterable and n.name != PC and not _cables(n)]
        if len(idle) == 1 and stray in _strays(snapshot, [idle[0].name, broken.at]):
            return _elsewhere(snapshot, stray, idle[0])
    if broken.fault not in {"no-route", "no-way-back"}:
        return broken
    if not _cables(node):
        words = {"node": named(node.name), "other": ip, "mend": ""}
        return Break(
            "link-missing", node.name, words, (f"{node.name}: {', '.join(sorted(node.links)) or 'no interface'}",)
        )
    ends = interfaces(snapshot, node.name)
    off = [next(cable_breaks(snapshot, end)) for end in ends if not node.links[end.link].is_up]
    if off and len(off) == len(ends):
        return off[0]  # its routes went when it was switched off; those of one without a carrier stay
    if ends and not any(is_usable(a) and version_of(a.cidr) == version_of(ip) for a in node.addresses):
        return first_misfit(snapshot, [(ends[0], ends[0])], version_of(ip)) or broken
    return broken


def _reached(snapshot: Snapshot, start: str) -> list[str]:
    """Every node that cables join to one, itself included."""
    found = [start]
    for name in found:
        for link in snapshot.nodes[name].links.values():
            if link.peer and find_link(snapshot, link.peer) and link.peer.node not in found:
                found.append(link.peer.node)
    return found


def _strays(snapshot: Snapshot, side: list[str]) -> list[End]:
    """Cable ends that lie idle, without address and bridge, on a node that nothing else joins to that side."""
    strays = []
    for name in side[1:]:
        node = snapshot.nodes[name]
        used = {address.dev for address in node.addresses if is_usable(address)}
        strays += [
            End(name, link.name)
            for link in _cables(node)
            if not link.is_up and not link.master and link.name not in used and link.peer and link.peer.node != name
        ]
    return strays


def _needy(snapshot: Snapshot, side: list[str], lacking: Node, stray: End) -> Node | None:
    """Which node a stray end was made for: the one without any, the one it is named after, a router, a switch."""
    if not _cables(lacking):
        return lacking
    for name in side:
        if name in stray.link and stray.link not in snapshot.nodes[name].links:
            return snapshot.nodes[name]
    routers = [n for n in side if n != PC and _forwards(snapshot, n) and stray.link not in snapshot.nodes[n].links]
    switches = [
        n for n in side if n != PC and _has_bridge(snapshot.nodes[n]) and stray.link not in snapshot.nodes[n].links
    ]
    return snapshot.nodes[(routers or switches)[-1]] if routers or switches else None


def _elsewhere(snapshot: Snapshot, stray: End, needy: Node) -> Break:
    link = snapshot.nodes[stray.node].links[stray.link]
    far = link.peer or stray
    words = {
        "link": stray.link,
        "where": place(stray.node),
        "place": place(needy.name),
        "far_link": far.link,
        "far_place": place(far.node),
        "run": ip_on(stray.node),
        "to": _INIT if needy.name == PC else needy.name,
    }
    lines = (
        f"{needy.name}: {', '.join(sorted(needy.links)) or 'no interface'}",
        f"{stray.node}: {stray.link}@{far.node}:{far.link}",
    )
    return Break("link-elsewhere", needy.name, words, lines)


def _missing(fault: str, asked: tuple[Node, Node], ends: tuple[Node, Node]) -> Break:
    """A cable that is not there, with the command that lays it between two nodes."""
    one, other = ends
    names = (_free_name(one), _free_name(other))
    places = ["" if node.name == PC else f" netns {node.name}" for node in ends]
    words = {
        "node": named(asked[0].name),
        "other": named(asked[1].name),
        "mend": f"ip link add {names[0]}{places[0]} type veth peer name {names[1]}{places[1]}",
    }
    lines = tuple(f"{n.name}: {', '.join(sorted(n.links)) or 'no interface'}" for n in asked)
    return Break(fault, one.name, words, lines)


def _company(name: str, side: list[str]) -> str:
    others = ", ".join(named(other) for other in side if other != name)
    return f"{named(name)} is joined to {others}" if others else f"{named(name)} to nobody"


def _joint(snapshot: Snapshot, side: list[str]) -> Node:
    """The node that a cable from elsewhere belongs at: a router, else a switch, else the one that is asked about."""
    routers = [name for name in side if _forwards(snapshot, name)]
    switches = [name for name in side if _has_bridge(snapshot.nodes[name])]
    return snapshot.nodes[(routers or switches or side)[0]]


def _partner(snapshot: Snapshot, bare: Node, here: Node, there: Node) -> Node:
    other = there if bare is here else here
    return other if _forwards(snapshot, bare.name) else _joint(snapshot, _reached(snapshot, other.name))


def _has_bridge(node: Node) -> bool:
    return any(link.kind == "bridge" for link in node.links.values())


def _cables(node: Node) -> list[Link]:
    return [link for link in node.links.values() if link.kind != "loopback"]


def _forwards(snapshot: Snapshot, name: str) -> bool:
    return snapshot.nodes[name].sysctls.get(FORWARDING[4], "0") != "0"


def _free_name(node: Node) -> str:
    return next(f"eth{n}" for n in range(len(node.links) + 1) if f"eth{n}" not in node.links)
