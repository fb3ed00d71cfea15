"""What a message has to do with the namespaces and interfaces that are there.

Each look gives a sentence or more, an empty text where the state adds nothing, and None where it does not bear the
message out: somebody has mended it since, or it came from somewhere else.
"""

from netshell.explain.messages.scene import Scene, did_you_mean, listing, place, state, subject, target
from netshell.facts import PC, Node

_NAME_MOST = 15
"""Bytes of an interface's name: IFNAMSIZ less the zero at its end (netdevice(7))."""


def interfaces(scene: Scene) -> str | None:
    """Where the interface is that was not found: elsewhere, by a like name, or nowhere."""
    name, node = scene.part("dev"), scene.node
    if node is None or name in node.links:
        return None
    elsewhere = [
        other for other in scene.snapshot.nodes if other != node.name and name in scene.snapshot.nodes[other].links
    ]
    if elsewhere:
        return f"{name} is {listing(map(place, elsewhere))}; {target(node.name)} {_has(node)}."
    return f"{subject(node.name)} {_has(node)}. {did_you_mean(name, node.links)}".strip()


def _has(node: Node) -> str:
    if set(node.links) <= {"lo"}:
        return "has no interface but lo"
    return f"has {listing(node.links)}"


def own_interfaces(scene: Scene) -> str | None:
    """What could have been named."""
    return f"{scene.who} {_has(scene.node)}." if scene.node else ""


def namespaces(scene: Scene) -> str | None:
    """A namespace of a like name, or all there are."""
    name = scene.part("name")
    names = [each for each in scene.snapshot.nodes if each != PC]
    if name in names:
        return None
    if name == PC:
        return "The PC's own namespace has no name for `ip`: it is the one that process 1 is in."
    if not names:
        return "There is no named namespace yet."
    there = f"There is {names[0]}." if len(names) == 1 else f"There are {listing(names)}."
    return did_you_mean(name, names) or there


def namespace_there(scene: Scene) -> str | None:
    """What is in the namespace whose name is taken."""
    node = scene.snapshot.node(scene.part("name"))
    if node is None:
        return None
    if not node.is_enterable:
        return "Nothing stands behind that name here: it was added inside another namespace's shell; delete it first."
    return f"{subject(node.name)} {_has(node)}."


def hollow(scene: Scene) -> str | None:
    """Only for a name that stands for no namespace here."""
    node = scene.snapshot.node(scene.part("name"))
    return "" if node and not node.is_enterable else None


def exec_name(scene: Scene) -> str | None:
    """What stands where the namespace's name belongs, behind `ip netns exec`."""
    word = scene.run.words[-1]
    return "" if word in scene.snapshot.nodes else f"`{word}` stands where the namespace's name belongs."


def name_taken(scene: Scene) -> str | None:
    """Which of the names that were typed an interface has already."""
    words, node = scene.run.words, scene.node
    if scene.run.path == "link set":
        words = (scene.run.after("name"),)
    elif "netns" in words:
        node = scene.snapshot.node(scene.run.after("netns"))
    name = next((word for word in words if node and word in node.links), "")
    if node is None or not name:
        return None
    link = node.links[name]
    kind = f"a {link.kind}, " if link.kind else ""
    return f"{subject(node.name)} has an interface {name} already ({kind}{state(link)})."


def name_length(scene: Scene) -> str | None:
    """Which name is too long for an interface."""
    words = [scene.part("name")] if scene.part("name") else scene.run.words[3:]
    long = next((word for word in words if len(word.encode("utf-8", "replace")) > _NAME_MOST), None)
    if long is None:
        return None if not scene.part("name") else ""
    named = "It" if scene.part("name") else long
    return f"{named} has {len(long)} characters, and {_NAME_MOST} are the most."


def masters(scene: Scene) -> str | None:
    """The bridges there are, in place of one that is not, or is none."""
    name, node = scene.part("dev") or scene.run.after("master"), scene.node
    if node is None or (name in node.links and node.links[name].kind == "bridge"):
        return None
    if not name:
        return None
    bridges = [link.name for link in node.links.values() if link.kind == "bridge"]
    if name in node.links:
        kind = node.links[name].kind or "plain interface"
        return f"{name} is a {kind}, no bridge."
    elsewhere = [n for n, other in scene.snapshot.nodes.items() if n != node.name and name in other.links]
    if elsewhere:
        return f"{name} is {place(elsewhere[0])}, and a bridge takes ports of its own namespace only."
    if not bridges:
        return f"There is no bridge {scene.place} yet."
    return did_you_mean(name, bridges) or f"The bridges there: {listing(bridges)}."


def link_down(scene: Scene) -> str | None:
    """Which interface is switched off."""
    name, node = scene.part("dev") or scene.run.after("dev", "-i"), scene.node
    if node is None or name not in node.links or node.links[name].is_up:
        return None
    return "" if scene.part("dev") else f"{name} {scene.place} is DOWN."


def loopback_only(scene: Scene) -> str | None:
    """Only where `lo` was to be deleted, or to become a port."""
    is_meant = scene.run.path == "link delete" or "master" in scene.run.words
    return "" if is_meant and "lo" in scene.run.words else None


def immovable(scene: Scene) -> str | None:
    """Why an interface stays where it is."""
    node = scene.node
    name = next((word for word in scene.run.words[3:] if node and word in node.links), "")
    if node is None or not name or "netns" not in scene.run.words:
        return None
    if name == "lo":
        return "Each namespace has a lo of its own."
    kind = node.links[name].kind
    return f"{name} is a {kind}: make one where you need it." if kind else ""


def link_kinds(scene: Scene) -> str | None:
    """A kind of a like name; one that is spelt rightly is missing in this machine's kernel."""
    kind = scene.run.after("type")
    known = ("vlan", "dummy", "vxlan", "macvlan", "ipvlan", "bond", "vrf", "wireguard", "gre", "ifb")
    if kind in {"", "veth", "bridge"}:
        return None
    if kind in known:
        return f"The kernel of this machine has no `{kind}`; `veth` and `bridge` it has."
    return f"It has no `{kind}`. {did_you_mean(kind, ('veth', 'bridge', *known))}".strip()


def mac_bit(scene: Scene) -> str | None:
    """Only for a MAC address that stands for a group (IEEE 802: the lowest bit of the first byte)."""
    mac = scene.run.after("address")
    first = mac.partition(":")[0]
    is_group = len(first) == 2 and all(char in "0123456789abcdefABCDEF" for char in first) and int(first, 16) & 1
    return (
        f"In {mac} the lowest bit of the first byte, {first}, is 1: that is the address of a group."
        if is_group
        else None
    )


def moved_name(scene: Scene) -> str | None:
    """The interface that has the name in the namespace that another was to be moved to."""
    node = scene.snapshot.node(scene.run.after("netns"))
    name = next((word for word in scene.run.words[3:] if node and word in node.links), "")
    return f"{subject(node.name)} has an interface {name} already." if node and name else None


def neighbours(scene: Scene) -> str | None:
    """The entry that is there."""
    typed = set(scene.run.words)
    found = [each for each in (scene.node.neighbours if scene.node else ()) if each.ip in typed]
    if not found:
        return ""
    entry = found[0]
    return f"{entry.ip} is at {entry.mac} ({entry.state})." if entry.mac else f"{entry.ip} is {entry.state} there."


def no_carrier(scene: Scene) -> str | None:
    """Whether the cable at an interface carries at all."""
    link = scene.node.links.get(scene.part("dev")) if scene.node else None
    if link and link.is_up and not link.has_carrier:
        return f"{link.name} has no carrier: look at its other end."
    return ""
