"""Why a node does not take, or not pass on, what has come in: whose source it has, where it came in, forwarding."""

from typing import TYPE_CHECKING

from netshell.diagnosis import lookup
from netshell.diagnosis.addresses import duplicate
from netshell.diagnosis.finding import Break
from netshell.diagnosis.lookup import FORWARDING, as_address, is_local, version_of
from netshell.diagnosis.words import named, route_line, run_on, setting, sysctl_line
from netshell.facts import End, Node, Snapshot

if TYPE_CHECKING:
    from netshell.diagnosis.way import Errand


def refusal(snapshot: Snapshot, node: Node, came: End | None, errand: "Errand") -> Break | None:
    """Why a node does not take, or not pass on, what came in."""
    if came is None:
        return None
    version = version_of(errand.ip)
    if version == 4 and (broken := _unwelcome(snapshot, node, came, errand)):
        return broken
    if is_local(node, errand.ip):
        return None
    key = stays(node, came.link, version)
    if not key:
        return None
    words = {
        "node": named(node.name),
        "link": came.link,
        "goods": errand.goods,
        "key": key,
        "run": run_on(node.name, f"sysctl -w {key}=1"),
    }
    return Break("forwarding-off", node.name, words, (sysctl_line(node, key),))


def stays(node: Node, came: str, version: int) -> str:
    """The setting by which what comes in at an interface is not passed on; empty where it is."""
    if node.sysctls.get(FORWARDING[version], "1") == "0":
        return FORWARDING[version]
    own = f"net.ipv4.conf.{came}.forwarding"
    return own if version == 4 and setting(node, own) == "0" else ""


def _unwelcome(snapshot: Snapshot, node: Node, came: End, errand: "Errand") -> Break | None:
    """Why what came in is dropped by its addresses alone, whether it is for the node itself or not."""
    found = _own_source(snapshot, node, errand) or _reverse_path(node, came, errand)
    return found or _loopback_only(node, came, errand)


def _loopback_only(node: Node, came: End, errand: "Errand") -> Break | None:
    """What comes in by another interface than lo for 127.0.0.0/8 is dropped (RFC 1122, 3.2.1.3; `route_localnet`)."""
    keys = [f"net.ipv4.conf.{name}.route_localnet" for name in (came.link, "all")]
    is_let_in = any(setting(node, key) != "0" for key in keys)
    if is_let_in or not as_address(errand.ip).is_loopback:
        return None
    words = {
        "node": named(node.name),
        "target": errand.ip,
        "link": came.link,
        "goods": errand.goods,
        "key": keys[0],
        "run": run_on(node.name, f"sysctl -w {keys[0]}=1"),
    }
    return Break("localnet-off", node.name, words, (sysctl_line(node, keys[0]),))


def _own_source(snapshot: Snapshot, node: Node, errand: "Errand") -> Break | None:
    """A packet with one of the receiver's own addresses as its source is dropped (RFC 1812, 5.3.7)."""
    held = lookup.holds(node, errand.source) if errand.source else None
    if held is None or node.name == errand.start:
        return None
    sender = snapshot.nodes[errand.start]
    own = lookup.holds(sender, errand.source or "")
    if own is None:
        return None
    ends = [End(node.name, held.dev), End(sender.name, own.dev)]
    if is_router(node) and not is_router(sender):
        ends.reverse()
    return duplicate(snapshot, ends[0], ends[1], errand.source or "")


def is_router(node: Node) -> bool:
    """Whether a node passes IPv4 packets on."""
    return node.sysctls.get(FORWARDING[4], "0") != "0"


def _reverse_path(node: Node, came: End, errand: "Errand") -> Break | None:
    """rp_filter (RFC 3704): 1 takes a packet only at the interface that its answers would leave by, 2 if any would.

    Of the setting for all interfaces and the interface's own the greater one counts.
    """
    keys = [f"net.ipv4.conf.{name}.rp_filter" for name in ("all", came.link)]
    on = {key: mode for key in keys if (mode := setting(node, key)) in {"1", "2"}}
    if not on or errand.source is None:
        return None
    mode = max(on.values())
    back = lookup.route(node, errand.source)
    if back is not None and back.kind == "unicast" and (mode == "2" or back.dev == came.link):
        return None
    words = {
        "node": named(node.name),
        "source": errand.source,
        "link": came.link,
        "key": " and ".join(on),
        "is": "is" if len(on) == 1 else "are",
        "back": f"by {back.dev}" if back is not None and back.dev else "by no route at all",
        "run": run_on(node.name, f"sysctl -w {' '.join(f'{key}=0' for key in on)}"),
    }
    lines = [sysctl_line(node, key) for key in on]
    return Break("rp-filter", node.name, words, (*lines, route_line(node.name, errand.source, back)))
