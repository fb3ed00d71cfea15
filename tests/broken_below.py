"""Faults below the routes: namespaces, cables, bridges, addresses, neighbours."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_interface, ip_network

from broken_deed import Deed, deed, ping
from broken_places import Place, usable

from netshell.diagnosis.words import ip_on, run_on
from netshell.facts import PC, End

_MAC = "02:00:00:00:00:77"
_NOBODYS_MAC = "02:00:00:00:00:99"


def _bridge_on(node: str) -> str:
    return "bridge" if node == PC else f"bridge -n {node}"


def namespace_missing(place: Place) -> Iterator[Deed]:
    if place.target != PC and place.hops:
        yield deed(
            place, "namespace-missing", place.target, f"ip netns delete {place.target}", ask=place.target, ruins=True
        )


def namespace_unenterable(place: Place) -> Iterator[Deed]:
    if place.source != PC:
        made = run_on(place.source, "ip netns add ns99")
        yield deed(place, "namespace-unenterable", "ns99", made, ask="ns99", ruins=True)


def link_missing(place: Place) -> Iterator[Deed]:
    for name in {place.source, place.target} if place.hops else ():
        cables = place.cables_of(name)
        if len(cables) == 1 and cables[0] in place.addressed:
            line = f"{ip_on(name)} link delete {cables[0].link}"
            peer = place.node(name).links[cables[0].link].peer
            is_last = peer is not None and len(place.cables_of(peer.node)) == 1
            at = f"{name} {peer.node}" if peer and is_last else name
            yield deed(place, "link-missing", at, line, ask=place.target, ruins=True)


def link_elsewhere(place: Place) -> Iterator[Deed]:
    for end in (place.hops[0].out, place.hops[-1].to) if place.hops else ():
        is_free = end.node != PC and end.link not in place.node(PC).links
        if is_free and place.cables_of(end.node) == [end] and PC not in place.nodes:
            line = f"ip -n {end.node} link set {end.link} netns 1"
            yield deed(place, "link-elsewhere", end.node, line, ask=place.target, ruins=True)


def no_cable(place: Place) -> Iterator[Deed]:
    for near, far in place.cables:
        is_only = all(len(place.cables_of(end.node)) > 1 for end in (near, far)) and not _goes_round(place, near, far)
        if is_only:
            line = f"{ip_on(near.node)} link delete {near.link}"
            yield deed(place, "no-cable", f"{near.node} {far.node}", line, ask=place.target, ruins=True)


def _goes_round(place: Place, near: End, far: End) -> bool:
    """Whether other cables join the two sides as well."""
    found = [near.node]
    for name in found:
        for link in place.node(name).links.values():
            is_cut = End(name, link.name) in {near, far}
            if link.peer and not is_cut and link.peer.node not in found and link.peer.node in place.snapshot.nodes:
                found.append(link.peer.node)
    return far.node in found


def link_down(place: Place) -> Iterator[Deed]:
    for near, _ in place.cables:
        yield deed(place, "link-down", near.node, f"{ip_on(near.node)} link set {near.link} down", same="peer-down")


def peer_down(place: Place) -> Iterator[Deed]:
    for _, far in place.cables:
        yield deed(place, "peer-down", far.node, f"{ip_on(far.node)} link set {far.link} down", same="link-down")


def not_in_bridge(place: Place) -> Iterator[Deed]:
    for bridge, come, leave in place.bridges:
        for port in (come, leave):
            yield deed(place, "not-in-bridge", bridge.node, f"{ip_on(port.node)} link set {port.link} nomaster")


def bridge_down(place: Place) -> Iterator[Deed]:
    for bridge, _, _ in place.bridges:
        yield deed(place, "bridge-down", bridge.node, f"{ip_on(bridge.node)} link set {bridge.link} down")


def bridge_missing(place: Place) -> Iterator[Deed]:
    for bridge, _, _ in place.bridges:
        if not usable(place.node(bridge.node)) and bridge.node != PC:
            line = f"{ip_on(bridge.node)} link delete {bridge.link}"
            yield deed(place, "bridge-missing", bridge.node, line, ruins=True)


def two_bridges(place: Place) -> Iterator[Deed]:
    for bridge, _, leave in place.bridges:
        begin = ip_on(bridge.node)
        made = (f"{begin} link add br99 type bridge", f"{begin} link set br99 up")
        yield deed(place, "two-bridges", bridge.node, *made, f"{begin} link set {leave.link} master br99", ruins=True)


def port_stopped(place: Place) -> Iterator[Deed]:
    for bridge, come, leave in place.bridges:
        tool = _bridge_on(bridge.node)
        for port in (come, leave):
            yield deed(place, "port-stopped", bridge.node, f"{tool} link set dev {port.link} state 0")
        isolated = (f"{tool} link set dev {port.link} isolated on" for port in (come, leave))
        yield deed(place, "port-stopped", bridge.node, *isolated)


def wrong_fdb(place: Place) -> Iterator[Deed]:
    for bridge, come, leave in place.bridges:
        links = place.node(bridge.node).links.values()
        others = [
            link.name for link in links if link.master == bridge.link and link.name not in {come.link, leave.link}
        ]
        for hop in place.hops:
            if bridge in hop.ends and others:
                mac = place.node(hop.to.node).links[hop.to.link].mac
                line = f"{_bridge_on(bridge.node)} fdb replace {mac} dev {others[0]} master static sticky"
                yield deed(place, "wrong-fdb", bridge.node, line)


def duplicate_mac(place: Place) -> Iterator[Deed]:
    for hop in place.hops:
        if len(hop.ends) > 2:
            made = (f"{ip_on(end.node)} link set {end.link} address {_MAC}" for end in (hop.out, hop.to))
            yield deed(place, "duplicate-mac", f"{hop.out.node} {hop.to.node}", *made)


def lo_down(place: Place) -> Iterator[Deed]:
    node = place.node(place.source)
    if "lo" in node.links and node.links["lo"].is_up:
        for whom in ("127.0.0.1", place.source):
            yield deed(place, "lo-down", place.source, f"{ip_on(place.source)} link set lo down", ask=whom)


def ipv6_off(place: Place) -> Iterator[Deed]:
    is_alone = all(len(usable(place.node(name))) == 1 for name in (place.source, place.target))
    if place.is_direct and is_alone:
        near, far = place.hops[0].out, place.hops[0].to
        yield deed(
            place,
            "ipv6-off",
            far.node,
            f"{ip_on(near.node)} addr flush dev {near.link}",
            f"{ip_on(far.node)} addr flush dev {far.link}",
            f"{ip_on(near.node)} addr add 2001:db8::1/64 dev {near.link} nodad",
            run_on(far.node, f"sysctl -qw net.ipv6.conf.{far.link}.disable_ipv6=1"),
            ask=place.target,
        )


# Addresses and neighbours


def no_address(place: Place) -> Iterator[Deed]:
    for end in place.addressed:
        line = f"{ip_on(end.node)} addr flush dev {end.link}"
        yield deed(place, "no-address", end.node, line, ask=place.target)


def address_on_port(place: Place) -> Iterator[Deed]:
    for bridge, come, _ in place.bridges:
        if not usable(place.node(bridge.node)) and (cidr := place.cidr(place.hops[0].out)):
            length = cidr.partition("/")[2]
            free = place.free_ip(cidr)
            line = f"{ip_on(come.node)} addr add {free}/{length} dev {come.link}"
            if free and bridge in place.hops[0].ends:
                yield deed(place, "address-on-port", bridge.node, line, ask=bridge.node)
    for end in place.addressed:
        ports = [link.name for link in place.node(end.node).links.values() if link.master == end.link]
        if ports:
            begin, cidr = ip_on(end.node), place.cidr(end)
            moved = (f"{begin} addr del {cidr} dev {end.link}", f"{begin} addr add {cidr} dev {ports[0]}")
            yield deed(place, "address-on-port", end.node, *moved)


def address_on_lo(place: Place) -> Iterator[Deed]:
    if place.is_direct:
        for end in (place.hops[0].out, place.hops[0].to):
            begin, cidr = ip_on(end.node), place.cidr(end)
            moved = (f"{begin} addr add {cidr} dev lo", f"{begin} addr del {cidr} dev {end.link}")
            yield deed(place, "address-on-lo", end.node, *moved, ask=place.target, same="address-elsewhere")


def address_elsewhere(place: Place) -> Iterator[Deed]:
    for end in place.addressed:
        begin, cidr = ip_on(end.node), place.cidr(end)
        made = (
            f"{begin} link add spare0 type veth peer name spare1",
            f"{begin} link set spare0 up",
            f"{begin} addr del {cidr} dev {end.link}",
            f"{begin} addr add {cidr} dev spare0",
        )
        if end in {place.hops[0].out, place.hops[-1].to}:
            yield deed(place, "address-elsewhere", end.node, *made, ask=place.target, ruins=True)


def wrong_prefix(place: Place) -> Iterator[Deed]:
    for end in place.addressed:
        begin, cidr = ip_on(end.node), place.cidr(end)
        ip, old = cidr.split("/")
        changed = f"{begin} addr flush dev {end.link}; {begin} addr add {ip}/{{}} dev {end.link}"
        yield deed(place, "wrong-prefix", end.node, changed.format(32))
        is_outer = end in {place.hops[0].out, place.hops[-1].to}
        far = place.own if end == place.hops[-1].to else place.ip
        wide = next((n for n in range(int(old) - 1, 0, -1) if _is_within(far, f"{ip}/{n}")), None)
        if is_outer and not place.is_direct and wide is not None:
            yield deed(place, "wrong-prefix", end.node, changed.format(wide))


def _is_within(ip: str, cidr: str) -> bool:
    network = ip_interface(cidr).network
    return ip_address(ip) in network and ip_address(ip) not in {network[0], network[-1]}


def wrong_network(place: Place) -> Iterator[Deed]:
    for end in place.addressed:
        begin, net = ip_on(end.node), ip_network(place.foreign())
        line = f"{begin} addr flush dev {end.link}; {begin} addr add {net[55]}/24 dev {end.link}"
        # With one other address on the link there is nothing that tells which of the two is wrong.
        others = {one.node for hop in place.hops if end in {hop.out, hop.to} for one in (hop.out, hop.to)}
        yield deed(place, "wrong-network", " ".join(others), line, ask=place.target)


def broadcast_address(place: Place) -> Iterator[Deed]:
    end = place.hops[-1].to if place.is_direct else None
    if end is not None:
        begin, network = ip_on(end.node), ip_interface(place.cidr(end)).network
        line = f"{begin} addr flush dev {end.link}; {begin} addr add {network[-1]}/{network.prefixlen} dev {end.link}"
        yield deed(place, "broadcast-address", end.node, line, ask=place.target)


def duplicate_address(place: Place) -> Iterator[Deed]:
    if not place.hops:
        return
    hop = place.hops[-1]
    length = place.cidr(hop.to).partition("/")[2]
    is_pinned = any(n.ip == place.ip and n.state == "PERMANENT" for n in place.node(hop.out.node).neighbours)
    for other in () if is_pinned else place.others(hop.out)[:1]:
        line = f"{ip_on(other.node)} addr add {place.ip}/{length} dev {other.link}"
        yield deed(place, "duplicate-address", other.node, line)
    if place.is_direct:
        begin = ip_on(hop.to.node)
        line = f"{begin} addr flush dev {hop.to.link}; {begin} addr add {place.own}/{length} dev {hop.to.link}"
        yield deed(place, "duplicate-address", f"{hop.to.node} {hop.out.node}", line, ask=place.target)


def nobody(place: Place) -> Iterator[Deed]:
    if place.hops:
        asker = place.hops[-1].out
        free = place.free_ip(place.cidr(place.hops[-1].to))
        if free:
            yield deed(place, "nobody", asker.node, ask=free)


def wrong_mac(place: Place) -> Iterator[Deed]:
    for hop in place.hops:
        begin = ip_on(hop.out.node)
        line = f"{begin} neigh replace {hop.ip} lladdr {_NOBODYS_MAC} dev {hop.out.link} nud permanent"
        yield deed(place, "wrong-mac", hop.out.node, line)


def arp_off(place: Place) -> Iterator[Deed]:
    for end in place.addressed:
        yield deed(place, "arp-off", end.node, f"{ip_on(end.node)} link set {end.link} arp off")


def arp_ignored(place: Place) -> Iterator[Deed]:
    for hop in place.hops:
        for key in ("all", hop.to.link):
            line = run_on(hop.to.node, f"sysctl -qw net.ipv4.conf.{key}.arp_ignore=8")
            yield deed(place, "arp-ignored", hop.to.node, line)


def arp_unanswered(place: Place) -> Iterator[Deed]:
    for hop in place.hops:
        rules = "add table arp f; add chain arp f c { type filter hook input priority 0; policy drop; }"
        line = run_on(hop.to.node, f"nft '{rules}'")
        made = deed(place, "arp-unanswered", hop.to.node, line, same="rules-unclear")
        yield Deed(made.fault, made.at, made.make, made.ask, (ping(place),), made.same)
