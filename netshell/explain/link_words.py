"""Words for interfaces that appear, go, move, rise and fall; it knows of no other kind of change."""

from netshell.explain.scene import Scene, Words, seen_from, where
from netshell.facts import Change, End, Link

_ORDINARY_KINDS = frozenset({"", "veth", "loopback"})
_NEW_IS_DOWN = "a new interface is DOWN, switched off, until somebody switches it on"
_TWO_ENDS = "a cable has two ends or none: when one is deleted, so is the other"


def link_words(change: Change, scene: Scene) -> Words:
    """What is told of one link."""
    here = End(change.on, change.name)
    match change.before, change.after:
        case None, Link() as new:
            return Words(f"{_name(here)}{_facts(here.node, new)}", "" if new.is_up else _NEW_IS_DOWN)
        case Link() as old, None:
            return _removed(here, old, scene)
        case Link() as old, Link() as new if here in scene.moved:
            return _moved(here, old, new, scene)
        case Link() as old, Link() as new:
            return _changed(here, old, new, scene)
    return Words(_name(here), is_background=True)


def state_words(link: Link) -> str:
    """Whether frames can pass, as a learner says it."""
    if not link.is_up:
        return "DOWN"
    return "UP" if link.has_carrier else "UP, no carrier"


def _name(here: End) -> str:
    return f"{where(here.node)}link {here.link}"


def _facts(node: str, link: Link) -> str:
    """What stands behind the name of a link that is new somewhere."""
    facts = [state_words(link)]
    if link.kind not in _ORDINARY_KINDS:
        facts.append(link.kind)
    if link.master:
        facts.append(f"port of {link.master}")
    if link.peer:
        facts.append(f"other end: {seen_from(node, link.peer)}")
    return "".join(f"  {fact}" for fact in facts)


def _removed(here: End, old: Link, scene: Scene) -> Words:
    other = old.peer
    if other and scene.has_former_namespace(other.node):
        detail = f"its other end, {other.link}, went with the namespace {other.node}: a cable has two ends or none"
    elif other and other in scene.gone:
        detail = _TWO_ENDS
    elif old.kind == "bridge":
        detail = "its ports stay, but nothing joins them any more"
    else:
        detail = ""
    ending = f"  other end: {seen_from(here.node, other)}" if other else ""
    return Words(f"{_name(here)}{ending}", detail)


def _moved(here: End, old: Link, new: Link, scene: Scene) -> Words:
    origin = scene.moved[here]
    if origin.node == here.node:
        return Words(f"{where(here.node)}link {origin.link} is called {here.link} now", _aspects_detail(old, new))
    called = f", and is called {here.link} now" if here.link != origin.link else ""
    headline = f"link {origin.link} moved from {origin.node} to {here.node}{called}"
    if new.is_up:
        return Words(headline)
    lost = _addresses_lost(origin, scene)
    if not lost:
        return Words(headline, "it is DOWN, as every link is after a move")
    return Words(headline, f"it is DOWN, as every link is after a move, and {lost}")


def _aspects_detail(old: Link, new: Link) -> str:
    return f"it was {state_words(old)}, it is {state_words(new)}" if state_words(old) != state_words(new) else ""


def _addresses_lost(origin: End, scene: Scene) -> str:
    node = scene.before.node(origin.node)
    cidrs = [a.cidr for a in node.addresses if a.dev == origin.link and a.scope != "link"] if node else []
    if not cidrs:
        return ""
    return f"its address {cidrs[0]} is gone" if len(cidrs) == 1 else f"its addresses {', '.join(cidrs)} are gone"


def _changed(here: End, old: Link, new: Link, scene: Scene) -> Words:
    """A link that stayed where it is: each side of it that changed, and the sentence for the first of them."""
    told: list[tuple[str, str]] = []
    if old.is_up is not new.is_up:
        told.append((state_words(new), _switch_detail(here, new, scene)))
    elif old.has_carrier is not new.has_carrier:
        told.append((_carrier_words(new), _carrier_detail(here, new)))
    if old.master != new.master:
        told.append(_master_words(here, old, new))
    if old.mac != new.mac:
        told.append((f"MAC {old.mac} → {new.mac}", "neighbours that know the old one have to ask again"))
    if old.mtu != new.mtu:
        told.append((f"MTU {old.mtu} → {new.mtu}", f"it sends packets of {new.mtu} bytes at most"))
    headline = _name(here) + "".join(f"  {words}" for words, _ in told)
    detail = next((sentence for _, sentence in told if sentence), "")
    return Words(headline, detail, is_background=not told or _is_bridges_echo(here, old, new, scene))


def _is_bridges_echo(here: End, old: Link, new: Link, scene: Scene) -> bool:
    """A bridge takes its carrier and its MAC from its ports: what a port's own line tells is not told twice."""
    is_own = old.is_up is not new.is_up or old.mtu != new.mtu or old.master != new.master
    return here in scene.ports and not is_own


def _switch_detail(here: End, new: Link, scene: Scene) -> str:
    other = scene.link(new.peer)
    if new.kind == "loopback":
        return "the host can talk to itself now" if new.is_up else "the host can no longer talk to itself"
    if not new.is_up:
        return "its addresses stay, its routes go"
    if other and new.peer and not other.is_up:
        shown = " (`ip link` calls that LOWERLAYERDOWN)" if new.state == "LOWERLAYERDOWN" else ""
        return f"its other end, {seen_from(here.node, new.peer)}, is still DOWN{shown}"
    if other and new.has_carrier:
        return "both ends are UP: the cable carries frames"
    if new.kind == "bridge" and not new.has_carrier:
        return "a bridge has carrier when one of its ports has"
    return ""


def _carrier_words(new: Link) -> str:
    if new.has_carrier:
        return "UP, has carrier" if new.is_up else "has carrier"
    return "UP, no carrier" if new.is_up else "no carrier"


def _carrier_detail(here: End, new: Link) -> str:
    if not new.peer:
        return ""
    other = seen_from(here.node, new.peer)
    if new.has_carrier:
        return f"its other end, {other}, is UP now"
    return f"its other end, {other}, is DOWN: nothing gets through"


def _master_words(here: End, old: Link, new: Link) -> tuple[str, str]:
    if new.master is None:
        return f"left the bridge {old.master}", ""
    return f"port of {new.master}", f"what comes in at {here.link} goes on to {new.master}'s other ports"
