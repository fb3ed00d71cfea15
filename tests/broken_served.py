"""Faults of who serves: ports, names, leases."""

from collections.abc import Iterator
from ipaddress import ip_network

from broken_deed import Deed, deed, serve
from broken_places import Place, usable

from netshell.diagnosis import lookup
from netshell.diagnosis.words import ip_on, run_on
from netshell.facts import PC

NAME = "shop.broken.test"


def nobody_listens(place: Place) -> Iterator[Deed]:
    port = place.free_port(18080)
    yield deed(place, "nobody-listens", place.target, ask=f"{place.target}:{port}")
    yield deed(place, "nobody-listens", place.target, ask=f"{place.target}:{port}/udp")


def loopback_only(place: Place) -> Iterator[Deed]:
    port = place.free_port(18080)
    lo = place.node(place.target).links.get("lo")
    if lo is None or not lo.is_up:
        return
    for flags, suffix in (("-lkn", ""), ("-uln", "/udp")):
        line = serve(place.target, f"nc {flags} 127.0.0.1 {port}")
        yield deed(place, "loopback-only", place.target, line, ask=f"{place.ip}:{port}{suffix}")


def other_address(place: Place) -> Iterator[Deed]:
    held = [lookup.host(a) for a in usable(place.node(place.target)) if lookup.host(a) != place.ip]
    port = place.free_port(18080)
    extra = f"{ip_on(place.target)} addr add 10.253.9.9/32 dev lo"
    made = (() if held else (extra,)) + (serve(place.target, f"nc -lkn {held[0] if held else '10.253.9.9'} {port}"),)
    yield deed(place, "other-address", place.target, *made, ask=f"{place.ip}:{port}")


def other_version(place: Place) -> Iterator[Deed]:
    port, key = place.free_port(18080), "net.ipv6.bindv6only"
    made = run_on(place.target, f"sysctl -qw {key}=1"), serve(place.target, f"nc -6 -lkn {port}")
    undo = (run_on(place.target, f"sysctl -qw {key}=0"),)
    ask = (place.source, f"{place.ip}:{port}")
    yield Deed("other-version", frozenset({place.target}), made, ask, undo=undo)


def wrong_protocol(place: Place) -> Iterator[Deed]:
    port = place.free_port(18080)
    udp, tcp = (serve(place.target, f"nc {flags} {port}") for flags in ("-uln", "-lkn"))
    yield deed(place, "wrong-protocol", place.target, udp, ask=f"{place.target}:{port}")
    yield deed(place, "wrong-protocol", place.target, tcp, ask=f"{place.target}:{port}/udp")


def taken(place: Place) -> Iterator[Deed]:
    port = place.free_port(18080)
    if not place.hops:
        return
    line = serve(place.target, f"sh -c 'sleep 50 | nc -u -s {place.ip} -p {port} {place.ip} 9'")
    yield deed(place, "taken", place.target, line, ask=f"{place.ip}:{port}/udp")


# Names


def _named(place: Place, text: str, name: str = "resolv.conf") -> str:
    where = "/etc" if place.source == PC else f"/etc/netns/{place.source}"
    return f"mkdir -p {where}; printf '%b' '{text}\\n' >{where}/{name}"


def _names(place: Place) -> tuple[str, ...] | None:
    """A name server at the target that knows a name; None where one is there already."""
    if any(s.local_port == 53 for s in place.node(place.target).sockets) or not place.hops:
        return None
    options = f"-k -p 53 --conf-file=/dev/null --pid-file= --no-resolv --no-hosts --address=/{NAME}/{place.ip}"
    wait = run_on(place.target, "ss -uln")
    until = f"for i in $(seq 60); do {wait} | grep -q :53 && break; sleep 0.05; done"
    started = serve(place.target, f"dnsmasq {options} --local=/broken.test/", 0)
    return started, until, _named(place, f"nameserver {place.ip}")


def _at_names(place: Place, fault: str, at: str, *make: str, ask: str = NAME) -> Iterator[Deed]:
    served = _names(place)
    if served is not None:
        yield deed(place, fault, at, *served, *make, ask=ask)


def hosts_shadow(place: Place) -> Iterator[Deed]:
    wrong = place.free_ip(place.cidr(place.hops[-1].to)) if place.hops else ""
    if wrong:
        yield from _at_names(place, "hosts-shadow", place.source, _named(place, f"{wrong} {NAME}", "hosts"))


def names_off(place: Place) -> Iterator[Deed]:
    yield from _at_names(place, "names-off", place.source, _named(place, "hosts: files", "nsswitch.conf"))


def no_resolver(place: Place) -> Iterator[Deed]:
    yield from _at_names(place, "no-resolver", place.source, _named(place, "# nothing"))
    yield from _at_names(place, "no-resolver", place.source, _named(place, f"namserver {place.ip}"))


def wrong_resolver(place: Place) -> Iterator[Deed]:
    wrong = place.free_ip(place.cidr(place.hops[-1].to)) if place.hops else ""
    if wrong:
        yield from _at_names(place, "wrong-resolver", place.source, _named(place, f"nameserver {wrong}"))
    yield from _at_names(place, "wrong-resolver", place.source, _named(place, "nameserver 9.9.9.9"))


def nobody_serves(place: Place) -> Iterator[Deed]:
    if _names(place) is not None:
        yield deed(
            place,
            "nobody-serves",
            f"{place.target} {place.source}",
            _named(place, f"nameserver {place.ip}"),
            ask=NAME,
            same="wrong-resolver",
        )


def nxdomain(place: Place) -> Iterator[Deed]:
    yield from _at_names(place, "nxdomain", place.target, ask="shpo.broken.test")


def names_refused(place: Place) -> Iterator[Deed]:
    yield from _at_names(place, "names-refused", place.target, ask="shop.elsewhere")


# Leases


def _bare(place: Place) -> str:
    out = place.hops[0].out
    return f"{ip_on(out.node)} addr flush dev {out.link}"


def _is_served(place: Place) -> bool:
    return any(s.local_port == 67 for node in place.snapshot.nodes.values() for s in node.sockets)


def _dhcp(place: Place, *options: str) -> tuple[str, ...]:
    until = f"for i in $(seq 60); do {run_on(place.target, 'ss -uln')} | grep -q :67 && break; sleep 0.05; done"
    begin = "dnsmasq -k -p 0 --conf-file=/dev/null --pid-file= --dhcp-authoritative"
    return serve(place.target, f"{begin} {' '.join(options)}", 0), until


def dhcp_absent(place: Place) -> Iterator[Deed]:
    if place.hops and not _is_served(place):
        yield deed(place, "dhcp-absent", place.source, _bare(place), ask="dhcp")


def dhcp_no_range(place: Place) -> Iterator[Deed]:
    if place.is_direct and not _is_served(place):
        net = ip_network(place.foreign())
        made = _dhcp(place, f"--dhcp-range={net[50]},{net[60]}", "--dhcp-leasefile=/tmp/broken.leases")
        yield deed(place, "dhcp-no-range", place.target, _bare(place), *made, ask="dhcp")


def dhcp_no_lease(place: Place) -> Iterator[Deed]:
    if place.is_direct and not _is_served(place):
        free = place.free_ip(place.cidr(place.hops[0].to))
        if not free:
            return
        note = f"echo '9999999999 02:00:00:00:00:71 {free} * *' >/tmp/broken.leases"
        made = _dhcp(place, f"--dhcp-range={free},{free}", "--dhcp-leasefile=/tmp/broken.leases")
        yield deed(place, "dhcp-no-lease", place.target, _bare(place), note, *made, ask="dhcp")
