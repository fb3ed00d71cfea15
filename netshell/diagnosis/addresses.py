"""Whether the ends of a link fit by their addresses: there at all, of one network, on the right interface."""

from collections.abc import Sequence
from itertools import product

from netshell.diagnosis.advice import fitting_address, peers, support
from netshell.diagnosis.finding import Break
from netshell.diagnosis.lookup import (
    FORWARDING,
    addresses_on,
    as_address,
    holds,
    host,
    interface,
    is_on_link,
    is_usable,
    network,
    swallowing,
    version_of,
)
from netshell.diagnosis.segment import find_link
from netshell.diagnosis.words import address_line, ip_on, named, place, run_on, setting, sysctl_line
from netshell.facts import Address, End, Link, Node, Snapshot

_BOTH_HAVE_IT = {
    4: "Whose it is for a neighbour depends on who answers its ARP question first",
    6: "Who came second does not use it, since its kernel found the other one: `ip address` shows `dadfailed` there",
}
"""What comes of one address on two nodes; of IPv6 the kernel asks before it uses one (RFC 4862, 5.4)."""


def first_misfit(snapshot: Snapshot, stages: Sequence[tuple[End, End]], version: int) -> Break | None:
    """The first link of a way whose ends have no addresses that fit; None where all do.

    Of IPv6 only the ends of the way are looked at: routers need no address but the link's own between them.
    """
    if version == 6 and len(stages) > 1:
        return _is_bare(snapshot, stages[0][0], 6) or _is_bare(snapshot, stages[-1][1], 6)
    for number, (near, far) in enumerate(stages):
        beyond = stages[number + 1][0] if number + 1 < len(stages) else None
        if beyond is not None and (bare := missing_bridge(snapshot, far, beyond)):
            return bare
        if found := misfit(snapshot, near, far, version):
            return found
    return None


def missing_bridge(snapshot: Snapshot, came: End, leaves: End) -> Break | None:
    """A node between two cables that is no router and has no address at all, nor a bridge: nothing joins them."""
    node = snapshot.nodes[came.node]
    forwards = any(node.sysctls.get(key, "0") != "0" for key in FORWARDING.values())
    is_bare = not any(is_usable(a) for a in node.addresses) and not any(_is_bridge(n) for n in node.links.values())
    if came.node != leaves.node or forwards or not is_bare:
        return None
    begin = ip_on(node.name)
    commands = [f"{begin} link add br0 type bridge", f"{begin} link set br0 up"]
    commands += [f"{begin} link set {link.name} master br0" for link in node.links.values() if link.kind == "veth"]
    words = {"node": named(node.name), "one": came.link, "other": leaves.link, "mend": " && ".join(commands)}
    lines = tuple(address_line(node, link) for link in (came.link, leaves.link))
    return Break("bridge-missing", node.name, words, (f"{node.name}: no bridge", *lines))


def _is_bridge(link: Link) -> bool:
    return link.kind == "bridge"


def misfit(snapshot: Snapshot, near: End, far: End, version: int) -> Break | None:
    """What is wrong with the addresses at the two ends of a link."""
    for end, other in ((near, far), (far, near)):
        if found := _is_bare(snapshot, end, version, other):
            return found
    here, there = snapshot.nodes[near.node], snapshot.nodes[far.node]
    ours, theirs = addresses_on(here, near.link, version), addresses_on(there, far.link, version)
    pairs = list(product(ours, theirs))
    for a, b in pairs:
        if interface(a).ip == interface(b).ip:
            return duplicate(snapshot, far, near, host(b))
    if any(_sees(here, near, a, b) and _sees(there, far, b, a) for a, b in pairs):
        return None
    for a, b in pairs:
        if interface(b).ip in interface(a).network or interface(a).ip in interface(b).network:
            return _prefix(snapshot, (near, a), (far, b))
    if all(interface(a).network.num_addresses == 1 for a in (*ours, *theirs)):
        return None  # each stands for itself only: what is on the link, routes say
    return _network(snapshot, (near, ours[0]), (far, theirs[0]))


def duplicate(snapshot: Snapshot, wrong: End, right: End, ip: str) -> Break:
    """One address on two nodes of a link."""
    node, rightful = snapshot.nodes[wrong.node], snapshot.nodes[right.node]
    held, other = holds(node, ip), holds(rightful, ip)
    if held is None or other is None:
        return swallowed(node, ip) or swallowed(rightful, ip) or _unclear(wrong, ip)
    if _is_lo(rightful, other.dev) and not _is_lo(node, held.dev):
        return duplicate(snapshot, right, wrong, ip)  # an address on lo was set beside the one that carries traffic
    ends = End(wrong.node, held.dev), End(right.node, other.dev)
    if not _is_lo(node, held.dev) and peers(snapshot, ends[0], held) > peers(snapshot, ends[1], other):
        return duplicate(snapshot, right, wrong, ip)  # where its network is, it belongs
    run, new = ip_on(wrong.node), fitting_address(snapshot, End(wrong.node, held.dev), version_of(ip))
    mend = f"{run} addr del {held.cidr} dev {held.dev}"
    mend = mend if _is_lo(node, held.dev) else f"{mend} && {run} addr add {new} dev {held.dev}"
    if version_of(ip) == 6 and not _is_lo(rightful, other.dev):
        again = f"{ip_on(right.node)} addr"  # so that the kernel asks anew whether somebody has it
        mend += f" && {again} del {other.cidr} dev {other.dev} && {again} add {other.cidr} dev {other.dev}"
    words = {
        "ip": ip,
        "node": named(wrong.node),
        "link": held.dev,
        "place": place(wrong.node),
        "other": f"{other.dev} {place(right.node)}",
        "whose": _BOTH_HAVE_IT[version_of(ip)],
        "mend": mend,
    }
    lines = [address_line(node, held.dev), address_line(rightful, other.dev)]
    macs = [_mac_line(snapshot, End(wrong.node, held.dev)), _mac_line(snapshot, End(right.node, other.dev))]
    return Break("duplicate-address", wrong.node, words, (*lines, *macs))


def _is_lo(node: Node, dev: str) -> bool:
    return dev in node.links and node.links[dev].kind == "loopback"


def _mac_line(snapshot: Snapshot, end: End) -> str:
    link = find_link(snapshot, end)
    return f"{end.node}: {end.link} link/ether {link.mac if link else '?'}"


def _sees(node: Node, end: End, own: Address, other: Address) -> bool:
    """Whether a node takes the other's address for one on this link."""
    return interface(other).ip in interface(own).network or is_on_link(node, end.link, host(other))


def _is_bare(snapshot: Snapshot, end: End, version: int, other: End | None = None) -> Break | None:
    """No address on an interface; or on the wrong one: a port of its bridge, or one that leads elsewhere."""
    node = snapshot.nodes[end.node]
    if addresses_on(node, end.link, version):
        return None
    for link in node.links.values():
        if link.master == end.link and (held := addresses_on(node, link.name, version)):
            return on_port(node, held[0], end.link)
    if other is not None:
        theirs = addresses_on(snapshot.nodes[other.node], other.link, version)
        for held_elsewhere in node.addresses:
            if (
                version_of(held_elsewhere.cidr) == version
                and is_usable(held_elsewhere)
                and not _leads_somewhere(snapshot, End(node.name, held_elsewhere.dev))
                and any(interface(held_elsewhere).network == interface(a).network for a in theirs)
            ):
                return _on_wrong_interface(node, held_elsewhere, end, other)
    return without_address(node, end.link, version, fitting_address(snapshot, end, version))


def without_address(node: Node, dev: str, version: int, new: str) -> Break:
    """An interface that has no address, and the one that it could have; of IPv6 that may be switched off."""
    end = End(node.name, dev)
    words = {
        "link": end.link,
        "place": place(end.node),
        "node": named(end.node),
        "family": f"IPv{version}",
        "new": new,
        "run": ip_on(end.node),
    }
    key = f"net.ipv6.conf.{end.link}.disable_ipv6"
    if version == 6 and setting(node, key) == "1":
        words |= {"key": key, "switch": run_on(end.node, f"sysctl -w {key}=0")}
        return Break("ipv6-off", end.node, words, (sysctl_line(node, key), address_line(node, end.link)))
    return Break("no-address", end.node, words, (address_line(node, end.link),))


def _leads_somewhere(snapshot: Snapshot, end: End) -> bool:
    """Whether an interface is plugged into something that works."""
    link = find_link(snapshot, end)
    return link is not None and link.is_up and link.has_carrier and link.kind != "loopback"


def on_port(node: Node, held: Address, bridge: str) -> Break:
    """An address on a port, whose frames all go to the bridge."""
    run = ip_on(node.name)
    is_there = any(each.dev == bridge and host(each) == host(held) for each in node.addresses)
    words = {
        "cidr": held.cidr,
        "link": held.dev,
        "place": place(node.name),
        "bridge": bridge,
        "mend": f"{run} addr del {held.cidr} dev {held.dev}"
        + ("" if is_there else f" && {run} addr add {held.cidr} dev {bridge}"),
    }
    lines = (address_line(node, held.dev), address_line(node, bridge), f"{node.name}: {held.dev} master {bridge}")
    return Break("address-on-port", node.name, words, lines)


def _on_wrong_interface(node: Node, held: Address, end: End, other: End) -> Break:
    words = {
        "cidr": held.cidr,
        "old": held.dev,
        "link": end.link,
        "place": place(node.name),
        "node": named(node.name),
        "other": named(other.node),
        "run": ip_on(node.name),
    }
    lines = (address_line(node, held.dev), address_line(node, end.link))
    return Break("address-elsewhere", node.name, words, lines)


def _prefix(snapshot: Snapshot, near: tuple[End, Address], far: tuple[End, Address]) -> Break:
    """One end's network holds the other's address, but not the other way round: two prefix lengths."""
    narrow, wide = sorted((near, far), key=lambda one: -interface(one[1]).network.prefixlen)
    others = [wide, narrow]
    if peers(snapshot, *narrow) > peers(snapshot, *wide):
        others = [narrow, wide]
    (right_end, right), (wrong_end, wrong) = others
    length = interface(right).network.prefixlen
    if wrong_end == narrow[0]:
        because = f"so {named(wrong_end.node)} takes {host(right)} ({named(right_end.node)}) for an address elsewhere"
    else:
        because = f"but {named(right_end.node)} on the same link has {right.cidr}"
    return wrong_prefix(snapshot, (wrong_end, wrong), (right_end, right), length, because)


def wrong_prefix(
    snapshot: Snapshot, wrong: tuple[End, Address], right: tuple[End, Address], length: int, because: str
) -> Break:
    """An address whose prefix length is not that of its neighbours."""
    end, address = wrong
    words = {
        "cidr": address.cidr,
        "link": end.link,
        "place": place(end.node),
        "because": because,
        "wrong_network": network(address),
        "other": named(right[0].node),
        "other_cidr": right[1].cidr,
        "new": f"{host(address)}/{length}",
        "run": ip_on(end.node),
    }
    lines = (
        address_line(snapshot.nodes[end.node], end.link),
        address_line(snapshot.nodes[right[0].node], right[0].link),
    )
    return Break("wrong-prefix", end.node, words, lines)


def _network(snapshot: Snapshot, near: tuple[End, Address], far: tuple[End, Address]) -> Break:
    """The ends of a link in two networks: the one for which less speaks is wrong; a host sooner than a router."""

    def weight(one: tuple[End, Address], other: End) -> tuple[int, bool]:
        forwards = snapshot.nodes[one[0].node].sysctls.get(FORWARDING[interface(one[1]).version], "0") != "0"
        return support(snapshot, *one, other), forwards

    is_near_wrong = weight(near, far[0]) < weight(far, near[0])
    wrong, right = (near, far) if is_near_wrong else (far, near)
    return wrong_network(snapshot, wrong, right)


def wrong_network(snapshot: Snapshot, wrong: tuple[End, Address], right: tuple[End, Address]) -> Break:
    """An address of a network that does not lie on that link."""
    end, address = wrong
    version = interface(address).version
    words = {
        "cidr": address.cidr,
        "link": end.link,
        "place": place(end.node),
        "node": named(end.node),
        "wrong_network": network(address),
        "network": network(right[1]),
        "other": named(right[0].node),
        "other_link": right[0].link,
        "other_cidr": right[1].cidr,
        "new": fitting_address(snapshot, end, version),
        "run": ip_on(end.node),
    }
    lines = (
        address_line(snapshot.nodes[end.node], end.link),
        address_line(snapshot.nodes[right[0].node], right[0].link),
    )
    return Break("wrong-network", end.node, words, lines)


def in_network(ip: str, address: Address) -> bool:
    """Whether an IP belongs to the network that an address puts its interface in."""
    return version_of(ip) == interface(address).version and as_address(ip) in interface(address).network


def swallowed(node: Node, ip: str) -> Break | None:
    """A node that has taken a packet for its own only because of a network on its lo."""
    whole = swallowing(node, ip)
    if whole is None or holds(node, ip) or interface(whole).ip.is_loopback:
        return None
    words = {
        "cidr": whole.cidr,
        "link": whole.dev,
        "place": place(node.name),
        "node": named(node.name),
        "network": network(whole),
        "target": ip,
        "run": ip_on(node.name),
    }
    return Break("address-on-lo", node.name, words, (address_line(node, whole.dev),))


def _unclear(end: End, ip: str) -> Break:
    """Several nodes answer to an address, and none has it."""
    return Break("unanswered", end.node, {"node": named(end.node), "link": end.link, "target": ip})
