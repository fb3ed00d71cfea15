"""Messages of what asks for names, and what hands out addresses: as a real run in the lab printed them."""

import pytest
from message_lab import Case, said

CASES = (
    Case(
        "ns1",
        "dig +time=1 +tries=1 @192.0.2.254 web.example",
        9,
        ";; communications error to 192.0.2.254#53: connection refused",
        (
            "The question to 192.0.2.254 was refused, mostly because nobody waits at UDP port 53 there: no "
            "DNS server runs. Nothing in r1 waits on udp/53."
        ),
    ),
    Case(
        "ns1",
        "dig +time=1 +tries=1 web.example",
        9,
        ";; communications error to ::1#53: connection refused",
        (
            "The question to ::1 was refused, mostly because nobody waits at UDP port 53 there: no DNS "
            "server runs. Nothing in ns1 waits on udp/53. With no name server in /etc/resolv.conf, the "
            "machine itself is asked."
        ),
    ),
    Case(
        "ns1",
        "dig +time=1 +tries=1 @192.0.2.77 web.example",
        9,
        ";; communications error to 192.0.2.77#53: timed out",
        (
            "The question went out, and no answer came from 192.0.2.77. ns1 asked on eth0 who has "
            "192.0.2.77, and nobody answered; no node has that address."
        ),
    ),
    Case(
        "ns1",
        "dig +time=1 +tries=1 @8.8.8.8 web.example",
        9,
        ";; UDP setup with 8.8.8.8#53(8.8.8.8) for web.example failed: network unreachable.",
        (
            "The question was not sent: ns1 has no way to the name server 8.8.8.8. ns1 has no route to "
            "8.8.8.8: its routes lead to 10.1.1.0/24, 10.1.2.0/24, 192.0.2.0/24, 198.51.100.0/24 and "
            "203.0.113.0/24 only."
        ),
    ),
    Case(
        "ns1",
        "dig +time=1 +tries=1 @ns.example web.example",
        1,
        "dig: couldn't get address for 'ns.example': failure",
        ("What stands behind `@` is the name server to ask, and ns.example is no address, nor a name that is known."),
    ),
    Case(
        "ns1",
        "dig +time=1 +tries=1 @198.51.100.1 nope.example",
        0,
        ";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 32336",
        "The server answered: no such name exists (NXDOMAIN). The way to the server and back is in order.",
    ),
    Case(
        "ns1",
        "dig +time=1 +tries=1 @198.51.100.1 nope.test",
        0,
        ";; ->>HEADER<<- opcode: QUERY, status: REFUSED, id: 31458",
        ("The server answered that it will not say (REFUSED): it has no such name of its own and nobody to ask."),
    ),
    Case(
        "ns1",
        "host -W 1 nope.example 198.51.100.1",
        1,
        "Host nope.example not found: 3(NXDOMAIN)",
        "The server answered: no such name exists (NXDOMAIN). The way to the server and back is in order.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "host -W 1 nope.test 198.51.100.1",
        1,
        "Host nope.test not found: 5(REFUSED)",
        ("The server answered that it will not say (REFUSED): it has no such name of its own and nobody to ask."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nslookup -timeout=1 nope.example 198.51.100.1",
        1,
        "** server can't find nope.example: NXDOMAIN",
        "The server answered: no such name exists (NXDOMAIN). The way to the server and back is in order.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nslookup -timeout=1 nope.test 198.51.100.1",
        1,
        "** server can't find nope.test: REFUSED",
        ("The server answered that it will not say (REFUSED): it has no such name of its own and nobody to ask."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "dig +nonsense web",
        1,
        "Invalid option: +nonsense",
        "dig has no option +nonsense.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "getent host web",
        1,
        "Unknown database: host",
        "getent looks things up in lists such as hosts or services, and it has none called host.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "getent hosts web.example",
        2,
        "",
        "getent found no address: the name is not in /etc/hosts, and no name server gave one.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip netns exec ns2 dnsmasq -k -p 53 --bind-interfaces",
        2,
        "dnsmasq: failed to create listening socket for 10.7.7.1: Address already in use",
        (
            "Another program waits at 10.7.7.1 already, at the port of this server. dnsmasq in ns2 has "
            "tcp/53 already, on every address."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip netns exec ns2 dnsmasq -k -p 53",
        2,
        "dnsmasq: failed to create listening socket for port 53: Address already in use",
        (
            "Another program waits at port 53 already, so this server cannot. dnsmasq in ns2 has tcp/53 "
            "already, on every address."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "dnsmasq -k -p 55 --listen-address=198.51.100.1 --bind-interfaces",
        2,
        "dnsmasq: failed to create listening socket for 198.51.100.1: Cannot assign requested address",
        (
            "A server can only listen on an address of its own machine. 198.51.100.1 is in ns2. ns1 has "
            "192.0.2.1/24 on eth0."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip netns exec ns2 dnsmasq -k -p 0 --dhcp-range=198.51.100.50,198.51.100.60",
        2,
        "dnsmasq: failed to bind DHCP server socket: Address already in use",
        (
            "Another program waits at UDP port 67 already, so this DHCP server cannot. dnsmasq in ns2 has "
            "udp/67 already, on every address."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "dnsmasq -k -p 0 --dhcp-range=192.0.2.500,192.0.2.50",
        1,
        "dnsmasq: bad command line options: bad dhcp-range",
        (
            "The range to hand out is no range: a first and a last address, with a comma between. In "
            "192.0.2.500 the number 500 is more than 255."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "dnsmasq --nonsense",
        1,
        "dnsmasq: bad command line options: try --help",
        "dnsmasq does not know one of the options.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "dnsmasq -C /nope.conf",
        3,
        "dnsmasq: cannot read /nope.conf: No such file or directory",
        "There is no file /nope.conf to read settings from.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip netns exec helloworld dhclient -v",
        0,
        "No broadcast interfaces found - exiting.",
        (
            "dhclient asks by broadcast, and helloworld has no interface for that: lo is none. helloworld "
            "has no interface but lo."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "dhclient -v lo",
        1,
        'Unsupported device type 772 for "lo"',
        "DHCP asks by Ethernet broadcast, and lo is no Ethernet.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "timeout 3 dhclient -v eth0",
        124,
        "DHCPDISCOVER on eth0 to 255.255.255.255 port 67 interval 6",
        "ns1 called for a DHCP server on eth0, and no offer came.",
    ),
    Case(
        "ns1",
        "dhclient -v eth7",
        1,
        'Cannot find device "eth7"',
        (
            "There is no interface eth7 in ns1: a command sees only the namespace that it runs in. ns1 has "
            "lo and eth0. Did you mean `eth0`?"
        ),
        is_repeated=True,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.command)
def test_the_message_is_put_in_context(case: Case) -> None:
    assert said(case) == case.says
