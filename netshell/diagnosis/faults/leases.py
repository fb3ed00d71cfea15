"""Faults of DHCP: nobody gives out addresses, or none that fits, or none that is free."""

from netshell.diagnosis.faults.fault import Example, Fault

_NONE = "dhclient: No DHCPOFFERS received; udhcpc: no lease, failing"
_BARE = "ip -n ns1 addr flush dev eth0"


def _serve(*options: str) -> tuple[str, str]:
    begin = "(ip netns exec ns2 dnsmasq -k -p 0 --dhcp-authoritative"
    wait = "for i in $(seq 100); do ip netns exec ns2 ss -uln | grep -q :67 && break; sleep 0.05; done"
    return f"{begin} {' '.join(options)} >/dev/null 2>&1 </dev/null &)", wait


def _full(*macs: str) -> str:
    notes = " ".join(f"'9999999999 {mac} 192.0.2.{50 + n} * *'" for n, mac in enumerate(macs))
    return f"printf '%s\\n' {notes} > /var/lib/misc/full.leases"


LEASE_FAULTS = (
    Fault(
        "dhcp-absent",
        64,
        "no DHCP server",
        "On the link of {link}, nobody gives out addresses: no program there waits on udp/67, so what {node} asks by"
        " DHCP is not answered.{hint}",
        "",
        "dhcp",
        _NONE,
        (
            Example("cable", (_BARE,), "ns1 dhcp", "ns1"),
            Example("router", (_BARE, *_serve("--dhcp-range=198.51.100.50,198.51.100.60")), "ns1 dhcp", "ns1"),
        ),
        ":map",
    ),
    Fault(
        "dhcp-no-range",
        65,
        "the DHCP server has no address that fits",
        "{server} waits for DHCP on {link}, and gives nothing out there: {why}.",
        "",
        "dhcp",
        _NONE,
        (Example("cable", (_BARE, *_serve("--dhcp-range=198.51.100.50,198.51.100.60")), "ns1 dhcp", "ns2"),),
        "ip -n {server} address show",
    ),
    Fault(
        "dhcp-no-lease",
        66,
        "no free lease",
        "{server} gives out {text}, and all {count} of them are taken: {node} gets no offer until one is given back.",
        "",
        "dhcp",
        _NONE,
        (
            Example(
                "cable",
                (
                    _BARE,
                    _full("02:00:00:00:00:71", "02:00:00:00:00:72"),
                    *_serve("--dhcp-range=192.0.2.50,192.0.2.51", "--dhcp-leasefile=/var/lib/misc/full.leases"),
                ),
                "ns1 dhcp",
                "ns2",
            ),
        ),
        "{show}cat /var/lib/misc/dnsmasq.leases",
    ),
)
