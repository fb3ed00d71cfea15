"""Faults of routes and routers, of settings, of filters and of NAT."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_interface, ip_network

from broken_deed import Deed, deed, ping, serve, spec
from broken_places import Place

from netshell.diagnosis import lookup
from netshell.diagnosis.words import ip_on, run_on
from netshell.facts import PC, End
from netshell.filters import Chain, FilterRule
from netshell.netfilter.words import deletion

_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def no_route(place: Place) -> Iterator[Deed]:
    for hop in place.hops:
        yield deed(place, "no-route", hop.out.node, f"{ip_on(hop.out.node)} route del {spec(hop.route)}")


def dead_route(place: Place) -> Iterator[Deed]:
    for kind, hop in zip(("blackhole", "unreachable", "prohibit") * 9, place.hops, strict=False):
        yield deed(place, "dead-route", hop.out.node, f"{ip_on(hop.out.node)} route replace {kind} {place.ip}/32")
    if place.hops and place.own:
        yield deed(place, "dead-route", place.target, f"{ip_on(place.target)} route replace unreachable {place.own}/32")


def lo_route(place: Place) -> Iterator[Deed]:
    for hop in place.hops:
        lo = place.node(hop.out.node).links.get("lo")
        if lo is None or not lo.is_up:
            continue
        yield deed(place, "lo-route", hop.out.node, f"{ip_on(hop.out.node)} route replace {place.ip}/32 dev lo")


def wrong_gateway(place: Place) -> Iterator[Deed]:
    for hop in place.hops[:-1]:
        begin, cidr = ip_on(hop.out.node), place.cidr(hop.out)
        if cidr and (free := place.free_ip(cidr)):
            line = f"{begin} route replace {hop.route.dst} via {free} dev {hop.out.link}"
            yield deed(place, "wrong-gateway", hop.out.node, line)
        for other in place.others(hop.out)[:1]:
            if place.node(other.node).sysctls.get("net.ipv4.ip_forward") == "0":
                gateway = place.cidr(other).partition("/")[0]
                line = f"{begin} route replace {hop.route.dst} via {gateway} dev {hop.out.link}"
                yield deed(place, "wrong-gateway", hop.out.node, line)


def gateway_off_link(place: Place) -> Iterator[Deed]:
    for hop in place.hops[:-1]:
        far = ip_network(place.foreign())[9]
        line = f"{ip_on(hop.out.node)} route replace {hop.route.dst} via {far} dev {hop.out.link} onlink"
        yield deed(place, "gateway-off-link", hop.out.node, line)


def no_gateway(place: Place) -> Iterator[Deed]:
    for hop in place.hops[:-1]:
        line = f"{ip_on(hop.out.node)} route replace {hop.route.dst} dev {hop.out.link}"
        yield deed(place, "no-gateway", hop.out.node, line)


def own_gateway(place: Place) -> Iterator[Deed]:
    for hop in place.hops[:-1]:
        if own := place.cidr(hop.out).partition("/")[0]:
            line = f"{ip_on(hop.out.node)} route replace {hop.route.dst} via {own} dev {hop.out.link}"
            yield deed(place, "own-gateway", hop.out.node, line)


def wrong_interface(place: Place) -> Iterator[Deed]:
    """A network twice as long as the right one, on another interface, in which the target lies."""
    for hop in place.hops[-1:] if len(place.hops) > 1 else ():
        network = ip_interface(place.cidr(hop.to)).network
        half = next((n for n in network.subnets(1) if ip_address(place.ip) in n), None)
        free = next((str(ip) for ip in half or () if str(ip) not in {place.ip, place.cidr(hop.out)}), "")
        wrong = place.hops[-2].to
        if half is not None and half.num_addresses > 4 and wrong.node != PC:
            free = place.free_ip(str(half))
            line = f"{ip_on(wrong.node)} addr add {free}/{half.prefixlen} dev {wrong.link}"
            yield deed(place, "wrong-interface", wrong.node, line, same="wrong-prefix")


def loop(place: Place) -> Iterator[Deed]:
    for before, hop in zip(place.hops, place.hops[1:], strict=False):
        back = place.cidr(before.out).partition("/")[0]
        if before.out.node in place.routers and back:
            line = f"{ip_on(hop.out.node)} route replace {place.ip}/32 via {back}"
            yield deed(place, "loop", f"{hop.out.node}", line)


def forwarding_off(place: Place) -> Iterator[Deed]:
    for router in place.routers:
        yield deed(place, "forwarding-off", router, run_on(router, "sysctl -qw net.ipv4.ip_forward=0"))


def rp_filter(place: Place) -> Iterator[Deed]:
    for before, hop in zip(place.hops, place.hops[1:], strict=False):
        router = hop.out.node
        line = f"{ip_on(router)} route add {place.own}/32 dev {hop.out.link}"
        yield deed(
            place, "rp-filter", router, line, run_on(router, f"sysctl -qw net.ipv4.conf.{before.to.link}.rp_filter=1")
        )


def no_way_back(place: Place) -> Iterator[Deed]:
    for name in reversed(place.nodes[1:]):
        if name == place.nodes[1] or _is_translated(place):
            continue
        back = lookup.route(place.node(name), place.own)
        if back is not None and back.via:
            yield deed(place, "no-way-back", name, f"{ip_on(name)} route del {spec(back)}", same="nat-missing")


def dead_rule(place: Place) -> Iterator[Deed]:
    for kind, hop in zip(("prohibit", "unreachable", "blackhole") * 9, place.hops, strict=False):
        yield deed(place, "dead-rule", hop.out.node, f"{ip_on(hop.out.node)} rule add to {place.ip} {kind}")


def ttl_small(place: Place) -> Iterator[Deed]:
    if place.routers:
        many = len(place.routers)
        for name in (place.source, place.target):
            yield deed(place, "ttl-small", name, run_on(name, f"sysctl -qw net.ipv4.ip_default_ttl={many}"))


def ttl_rewritten(place: Place) -> Iterator[Deed]:
    for router, near, _ in _nat(place):
        line = run_on(router, f"iptables -t mangle -A PREROUTING -i {near.link} -j TTL --ttl-set 1")
        yield Deed("ttl-rewritten", frozenset({router}), (line,), place.ask, (ping(place),))


def localnet_off(place: Place) -> Iterator[Deed]:
    lo, port, door = place.node(place.target).links.get("lo"), place.free_port(18080), place.free_port(18180)
    if not place.hops or lo is None or not lo.is_up:
        return
    rule = f"iptables -t nat -I PREROUTING -p tcp --dport {door} -j DNAT --to 127.0.0.1:{port}"
    served = serve(place.target, f"nc -lkn 127.0.0.1 {port}")
    yield deed(place, "localnet-off", place.target, served, run_on(place.target, rule), ask=f"{place.ip}:{door}")


def echo_ignored(place: Place) -> Iterator[Deed]:
    yield deed(place, "echo-ignored", place.target, run_on(place.target, "sysctl -qw net.ipv4.icmp_echo_ignore_all=1"))


def mtu_black_hole(place: Place) -> Iterator[Deed]:
    for hop in place.hops:
        yield deed(place, "mtu-black-hole", hop.to.node, f"{ip_on(hop.to.node)} link set {hop.to.link} mtu 900")


def mtu_small(place: Place) -> Iterator[Deed]:
    for hop in place.hops[1:]:
        made = tuple(f"{ip_on(end.node)} link set {end.link} mtu 900" for end in hop.ends)
        ping = run_on(place.source, f"ping -c 1 -W 1 -s 1200 -M do {place.ip}")
        yield Deed("mtu-small", frozenset({hop.out.node}), made, place.ask, (ping,))


def ttl(place: Place) -> Iterator[Deed]:
    for number, router in enumerate(place.routers, 1):
        ping = run_on(place.source, f"ping -t {number} -c 1 -W 1 {place.ip}")
        yield Deed("ttl", frozenset({router}), (), place.ask, (ping,))


def unexplained(place: Place) -> Iterator[Deed]:
    """A queue that takes no packet, where it has been seen to come: what does not leave its sender was never seen."""
    ports = [leave for _, _, leave in place.bridges]
    for end in (*ports, *(hop.out for hop in place.hops[1:])):
        tool = "tc" if end.node == PC else f"tc -n {end.node}"
        yield Deed(
            "unexplained",
            frozenset({end.node, *place.nodes}),
            (f"{tool} qdisc add dev {end.link} root tbf rate 1mbit burst 60 limit 100",),
            place.ask,
            (ping(place),),
            frozenset({"unanswered", "arp-unanswered"}),
            undo=(f"{tool} qdisc del dev {end.link} root",),
        )


def out_of_sight(place: Place) -> Iterator[Deed]:
    node = place.node(place.source)
    route = lookup.route(node, "9.9.9.9")
    if route is not None and route.dev and node.links[route.dev].peer is None:
        yield deed(place, "out-of-sight", place.source, ask="9.9.9.9")


def filter_drop(place: Place) -> Iterator[Deed]:
    if not place.hops:
        yield deed(place, "filter-drop", place.target, run_on(place.target, "iptables -I INPUT -p icmp -j DROP"))
        return
    yield deed(place, "filter-drop", place.target, run_on(place.target, "iptables -I INPUT -p icmp -j DROP"))
    yield deed(place, "filter-drop", place.source, run_on(place.source, f"iptables -I OUTPUT -d {place.ip} -j DROP"))
    yield deed(place, "filter-drop", place.target, run_on(place.target, "iptables -P OUTPUT DROP"))
    for router in place.routers:
        yield deed(place, "filter-drop", router, run_on(router, "iptables -I FORWARD -j DROP"))
        yield deed(place, "filter-drop", router, _nft(router, "forward", "drop"))


def _nft(node: str, hook: str, rule: str) -> str:
    made = f"add table inet f; add chain inet f c {{ type filter hook {hook} priority 0; }}; add rule inet f c {rule}"
    return run_on(node, f"nft '{made}'")


def filter_reject(place: Place) -> Iterator[Deed]:
    yield deed(place, "filter-reject", place.target, _nft(place.target, "input", "icmp type echo-request reject"))
    for router in place.routers:
        yield deed(place, "filter-reject", router, run_on(router, "iptables -I FORWARD -j REJECT"))


def rules_unclear(place: Place) -> Iterator[Deed]:
    for router in place.routers or place.nodes[-1:]:
        hook = "forward" if router in place.routers else "input"
        for rule in ("numgen random mod 2 0 drop", "limit rate over 1/minute drop", "meta mark 7 drop"):
            same = "filter-drop" if "mark" in rule else ""
            yield deed(place, "rules-unclear", router, _nft(router, hook, rule), same=same)


def _nat(place: Place) -> Iterator[tuple[str, End, End]]:
    """Each router on the way, with where the packets come in and where they leave."""
    for before, hop in zip(place.hops, place.hops[1:], strict=False):
        yield hop.out.node, before.to, hop.out


def nat_astray(place: Place) -> Iterator[Deed]:
    for router, near, _ in _nat(place):
        if router != place.nodes[1]:
            continue
        door, port = place.cidr(near).partition("/")[0], place.free_port(18080)
        behind = place.cidr(place.hops[-1].to)
        rule = f"iptables -t nat -A PREROUTING -p tcp --dport {port} -j DNAT --to {{}}"
        ask = f"{door}:{port}"
        yield deed(place, "nat-astray", router, run_on(router, rule.format(f"{place.free_ip(behind)}:80")), ask=ask)
        closed = f"{place.ip}:{place.free_port(18180)}"
        yield deed(place, "nat-astray", router, run_on(router, rule.format(closed)), ask=ask)


def nat_missed(place: Place) -> Iterator[Deed]:
    for router, near, out in _nat(place):
        if router != place.nodes[1]:
            continue
        door, port = place.cidr(near).partition("/")[0], place.free_port(18080)
        rule = f"iptables -t nat -A PREROUTING -i {out.link} -p tcp --dport {port} -j DNAT --to {place.ip}:{port}"
        yield deed(
            place,
            "nat-missed",
            router,
            serve(place.target, f"nc -lkn {port}"),
            run_on(router, rule),
            ask=f"{door}:{port}",
        )


def _masquerades(place: Place) -> list[tuple[str, Chain, FilterRule]]:
    return [
        (name, chain, rule)
        for name in place.routers
        for chain in place.node(name).chains
        for rule in chain.rules
        if rule.action in {"masquerade", "snat"}
    ]


def _is_translated(place: Place) -> bool:
    return bool(_masquerades(place))


def nat_missing(place: Place) -> Iterator[Deed]:
    """A private source, a router with a public address, a target with no way back to the source."""
    for router, _, out in _nat(place):
        wears = place.cidr(out).partition("/")[0]
        if not wears or not _is_private(place.own) or _is_private(wears) or _is_private(place.ip):
            continue
        rules = [run_on(name, deletion(rule)) for name, _, rule in _masquerades(place)]
        yield deed(place, "nat-missing", router, *rules, *_no_way(place))


def nat_wrong(place: Place) -> Iterator[Deed]:
    for router, near, out in _nat(place):
        wears = place.cidr(out).partition("/")[0]
        if not wears or not _is_private(place.own) or _is_private(wears) or _is_private(place.ip):
            continue
        rules = [run_on(name, deletion(rule)) for name, _, rule in _masquerades(place)]
        wrong = run_on(router, f"iptables -t nat -A POSTROUTING -o {near.link} -j MASQUERADE")
        yield deed(place, "nat-wrong", router, *rules, wrong, *_no_way(place))


def _no_way(place: Place) -> Iterator[str]:
    """The target forgets its way to the source, where it has one."""
    back = lookup.route(place.node(place.target), place.own)
    if back is not None:
        yield f"{ip_on(place.target)} route del {spec(back)}"


def _is_private(ip: str) -> bool:
    return bool(ip) and any(ip_address(ip) in network for network in _PRIVATE)


def nat_homeless(place: Place) -> Iterator[Deed]:
    """The last router gives the packets a source of the target's network that nobody has."""
    for router, _, out in list(_nat(place))[-1:]:
        free = place.free_ip(place.cidr(place.hops[-1].to))
        if free and not _is_translated(place):
            rule = f"iptables -t nat -A POSTROUTING -o {out.link} -j SNAT --to-source {free}"
            yield deed(place, "nat-homeless", router, run_on(router, rule))


def nat_bypassed(place: Place) -> Iterator[Deed]:
    for other in place.others(place.hops[0].out)[:1] if place.is_direct else ():
        length = place.cidr(other).partition("/")[2]
        door, port = place.free_ip(place.cidr(other)), place.free_port(18080)
        if not door:
            continue
        yield deed(
            place,
            "nat-bypassed",
            other.node,
            f"{ip_on(other.node)} addr add {door}/{length} dev {other.link}",
            run_on(other.node, "sysctl -qw net.ipv4.ip_forward=1"),
            serve(place.target, f"nc -lkn {port}"),
            run_on(other.node, f"iptables -t nat -A PREROUTING -d {door} -p tcp -j DNAT --to {place.ip}"),
            ask=f"{door}:{port}",
        )
