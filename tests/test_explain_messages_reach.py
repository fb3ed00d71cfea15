"""Messages of what tries to reach somebody: as a real run in the lab printed them."""

import pytest
from message_lab import Case, said

CASES = (
    Case(
        "ns1",
        "ping -c 1 8.8.8.8",
        2,
        "ping: connect: Network is unreachable",
        (
            "Nothing was sent: ns1 does not know which way to send it. ns1 has no route to 8.8.8.8: its "
            "routes lead to 10.1.1.0/24, 10.1.2.0/24, 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 only."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip netns exec helloworld ping -c 1 192.0.2.1",
        2,
        "ping: connect: Network is unreachable",
        ("Nothing was sent: helloworld does not know which way to send it. helloworld has no interface but lo."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip netns exec helloworld ping -c 1 127.0.0.1",
        2,
        "ping: connect: Network is unreachable",
        (
            "Nothing was sent: helloworld does not know which way to send it. 127.0.0.1 is behind lo, and lo "
            "in helloworld is DOWN."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip netns exec ns2 ping -c 1 10.7.7.2 -W 1",
        1,
        "From 198.51.100.254 icmp_seq=1 Destination Net Unreachable",
        (
            "A router on the way, 198.51.100.254, has no route for the packet and says so. 198.51.100.254 is "
            "r1, and r1 has no route to 10.7.7.2."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 10.1.2.1",
        2,
        "ping: connect: No route to host",
        (
            "Nothing was sent: ns1 has a route that refuses this destination. ns1 has the route `unreachable "
            "10.1.2.0/24`."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 10.1.1.1",
        2,
        "ping: connect: Invalid argument",
        ("Nothing was sent: the route for this address is a black hole. ns1 has the route `blackhole 10.1.1.0/24`."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 -W 1 ns2",
        2,
        "ping: ns2: Temporary failure in name resolution",
        (
            "ns2 was taken for a name, and whoever should turn names into addresses (the name server in "
            "/etc/resolv.conf) did not answer. ns2 is a namespace, and ping knows nothing of those: it has "
            "198.51.100.1 and 10.7.7.1."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 192.0.2.300",
        2,
        "ping: 192.0.2.300: Temporary failure in name resolution",
        (
            "192.0.2.300 was taken for a name, and whoever should turn names into addresses (the name server "
            "in /etc/resolv.conf) did not answer. In 192.0.2.300 the number 300 is more than 255."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 web.example",
        2,
        "ping: web.example: Temporary failure in name resolution",
        (
            "web.example was taken for a name, and whoever should turn names into addresses (the name server "
            "in /etc/resolv.conf) did not answer."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 192.0.2.254/24",
        2,
        "ping: 192.0.2.254/24: Name or service not known",
        ("Nobody knows 192.0.2.254/24 as a name, and it is no address. A host is named without a prefix length."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 -4 2001:db8::1",
        2,
        "ping: 2001:db8::1: Address family for hostname not supported",
        "2001:db8::1 is an address of the other version of IP than the options ask for.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 -W 4 192.0.2.77",
        1,
        "From 192.0.2.1 icmp_seq=1 Destination Host Unreachable",
        (
            "On the last link nobody answered for the address, so the packet never left for it. ns1 asked on "
            "eth0 who has 192.0.2.77, and nobody answered; no node has that address."
        ),
    ),
    Case(
        "ns1",
        "ping -c 1 -W 4 198.51.100.77",
        1,
        "From 192.0.2.254 icmp_seq=1 Destination Host Unreachable",
        (
            "On the last link nobody answered for the address, so the packet never left for it. r1 asked on "
            "eth1 who has 198.51.100.77, and nobody answered; no node has that address."
        ),
    ),
    Case(
        "ns1",
        "ping -c 1 -W 1 203.0.113.1",
        1,
        "From 192.0.2.254 icmp_seq=1 Destination Net Unreachable",
        (
            "A router on the way, 192.0.2.254, has no route for the packet and says so. 192.0.2.254 is r1, "
            "and r1 has no route to 203.0.113.1."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 -W 1 -t 1 198.51.100.1",
        1,
        "From 192.0.2.254 icmp_seq=1 Time to live exceeded",
        (
            "Each router takes one from the TTL, and at 192.0.2.254 it was used up: too small a TTL, or a "
            "circle of routes. 192.0.2.254 is r1."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 -M do -s 1200 -W 1 198.51.100.1",
        1,
        "From 192.0.2.254 icmp_seq=1 Frag needed and DF set (mtu = 1000)",
        (
            "The packet is larger than the next link takes (1000 bytes), and it must not be cut in pieces. "
            "With 1200 bytes the packet has 1228; 972 bytes of payload just fit."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 -M do -s 3000 -W 1 192.0.2.254",
        1,
        "ping: local error: message too long, mtu=1500",
        (
            "The packet is larger than the way takes (1500 bytes), and with `-M do` it must not be cut in "
            "pieces. With 3000 bytes the packet has 3028; 1472 bytes of payload just fit."
        ),
    ),
    Case(
        "ns1",
        "ping -c 1 192.0.2.255",
        2,
        "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules",
        (
            "This address is not one machine's, or a rule forbids to send to it. 192.0.2.255 is the "
            "broadcast address of 192.0.2.0/24, the network of eth0."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 -I eth5 192.0.2.254",
        2,
        "ping: SO_BINDTODEVICE eth5: No such device",
        (
            "`-I` wants ping to leave by eth5, and there is no such interface in ns1. ns1 has lo and eth0. "
            "Did you mean `eth0`?"
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 1 -I 198.51.100.1 192.0.2.254",
        2,
        "ping: bind: Cannot assign requested address",
        (
            "`-I` gives the address to send from, and ns1 can use none but its own. 198.51.100.1 is in ns2. "
            "ns1 has 192.0.2.1/24 on eth0."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping",
        1,
        "ping: usage error: Destination address required",
        "The line says how to ping, but not whom.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c 0 192.0.2.254",
        1,
        "ping: invalid argument: '0': out of range: 1 <= value <= 9223372036854775807",
        "An option of ping wants another number than `0`.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ping -c x 192.0.2.254",
        1,
        "ping: invalid argument: 'x'",
        "An option of ping wants another number than `x`.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "arping -c 1 -w 1 -I eth0 192.0.2.77",
        1,
        "Received 0 response(s)",
        "The question who has the address went out on the link, and nobody answered to it.",
    ),
    Case(
        "ns1",
        "nc -zv 198.51.100.1 81",
        1,
        "nc: connect to 198.51.100.1 port 81 (tcp) failed: Connection refused",
        (
            "An answer came back, and it was no. Mostly the machine itself says so, since nobody listens at "
            "this port; now and then a firewall does (REJECT). Nothing in ns2 waits on tcp/81: there are "
            "tcp/53, 80 and 90."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -zv 198.51.100.1 90",
        1,
        "nc: connect to 198.51.100.1 port 90 (tcp) failed: Connection refused",
        (
            "An answer came back, and it was no. Mostly the machine itself says so, since nobody listens at "
            "this port; now and then a firewall does (REJECT). python3 in ns2 listens on 127.0.0.1:90 only, "
            "and not on 198.51.100.1."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -zv 8.8.8.8 80",
        1,
        "nc: connect to 8.8.8.8 port 80 (tcp) failed: Network is unreachable",
        (
            "No connection came about: there is no way to 8.8.8.8. ns1 has no route to 8.8.8.8: its routes "
            "lead to 10.1.1.0/24, 10.1.2.0/24, 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 only."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -zv 203.0.113.1 80",
        1,
        "nc: connect to 203.0.113.1 port 80 (tcp) failed: Network is unreachable",
        (
            "No connection came about: there is no way to 203.0.113.1. ns1 sends it to r1 (192.0.2.254), and "
            "r1 has no route to 203.0.113.1."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -zv -w 5 192.0.2.77 80",
        1,
        "nc: connect to 192.0.2.77 port 80 (tcp) failed: No route to host",
        (
            "The SYN did not get through: nobody answered for the address on the last link, or a firewall "
            "refused it. ns1 asked on eth0 who has 192.0.2.77, and nobody answered; no node has that address."
        ),
    ),
    Case(
        "ns1",
        "nc -zv -w 1 192.0.2.78 80",
        1,
        "nc: connect to 192.0.2.78 port 80 (tcp) timed out: Operation now in progress",
        (
            "The SYN went out and no answer came in time: it, or the answer, was lost or dropped on the way. "
            "ns1 asked on eth0 who has 192.0.2.78, and nobody answered; no node has that address."
        ),
    ),
    Case(
        "ns1",
        "nc -lnv 198.51.100.1 80",
        1,
        "nc: Cannot assign requested address",
        (
            "A program can only be bound to an address of its own machine. 198.51.100.1 is in ns2. ns1 has "
            "192.0.2.1/24 on eth0."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -lnv",
        1,
        "nc: missing port number",
        "An address is the building; without a port, the room, nc does not know where to go.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -zv 192.0.2.254 99999",
        1,
        "nc: port number too large: 99999",
        "A port is a number of 16 bits: 65535 is the largest.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -lnv 0.0.0.0 abc",
        1,
        "nc: getaddrinfo: Servname not supported for ai_socktype",
        "What stands in the port's place is neither a number nor the name of a service.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -lnv 192.0.2.1",
        1,
        "nc: getaddrinfo: Servname not supported for ai_socktype",
        "What stands in the port's place is neither a number nor the name of a service."
        " nc took 192.0.2.1 for the port: the port itself is missing behind it.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -v -w 1 ns2 80",
        1,
        'nc: getaddrinfo for host "ns2" port 80: Temporary failure in name resolution',
        (
            "ns2 was taken for a name, and whoever should turn names into addresses (the name server in "
            "/etc/resolv.conf) did not answer. ns2 is a namespace, and nc knows nothing of those: it has "
            "198.51.100.1 and 10.7.7.1."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -nv ns2 80",
        1,
        'nc: getaddrinfo for host "ns2" port 80: Name or service not known',
        (
            "Nobody knows ns2 as a name, and it is no address. ns2 is a namespace, and nc knows nothing of "
            "those: it has 198.51.100.1 and 10.7.7.1."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -lnv ns1 80",
        1,
        "nc: getaddrinfo: Name or service not known",
        "The address to listen on is no address. With `-n`, nc takes addresses only and looks no name up.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "nc -z 8.8.8.8 80",
        1,
        "",
        "nc failed, and tells why only where it is asked to.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip netns exec ns2 nc -lnv 0.0.0.0 80",
        1,
        "nc: Address already in use",
        (
            "Another program has this port, and one address and port belong to one listener. python3 in ns2 "
            "has tcp/80 already, on every address."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "curl -sS http://198.51.100.1:81/",
        7,
        "curl: (7) Failed to connect to 198.51.100.1 port 81 after 0 ms: Couldn't connect to server",
        (
            "No TCP connection came about, so not a word of HTTP was spoken. Nothing in ns2 waits on tcp/81: "
            "there are tcp/53, 80 and 90."
        ),
    ),
    Case(
        "ns1",
        "curl -sS http://8.8.8.8/",
        7,
        "curl: (7) Failed to connect to 8.8.8.8 port 80 after 0 ms: Couldn't connect to server",
        (
            "No TCP connection came about, so not a word of HTTP was spoken. ns1 has no route to 8.8.8.8: "
            "its routes lead to 10.1.1.0/24, 10.1.2.0/24, 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 "
            "only."
        ),
    ),
    Case(
        "ns1",
        "curl -sS -m 5 http://192.0.2.77/",
        7,
        "curl: (7) Failed to connect to 192.0.2.77 port 80 after 3060 ms: Couldn't connect to server",
        (
            "No TCP connection came about, so not a word of HTTP was spoken. ns1 asked on eth0 who has "
            "192.0.2.77, and nobody answered; no node has that address."
        ),
    ),
    Case(
        "ns1",
        "curl -sS -m 1 http://192.0.2.79/",
        28,
        "curl: (28) Connection timed out after 1001 milliseconds",
        (
            "No answer came in time: what was sent, or the answer to it, was lost or dropped on the way. ns1 "
            "asked on eth0 who has 192.0.2.79, and nobody answered; no node has that address."
        ),
    ),
    Case(
        "ns1",
        "curl -sS --connect-timeout 1 http://192.0.2.80/",
        28,
        "curl: (28) Failed to connect to 192.0.2.80 port 80 after 1002 ms: Timeout was reached",
        (
            "No answer came in time: what was sent, or the answer to it, was lost or dropped on the way. ns1 "
            "asked on eth0 who has 192.0.2.80, and nobody answered; no node has that address."
        ),
    ),
    Case(
        "ns1",
        "curl -sS htp://198.51.100.1/",
        1,
        'curl: (1) Protocol "htp" not supported or disabled in libcurl',
        "What stands before `://` is the protocol, and curl knows none called htp.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "curl -sS http://198.51.100.1:99999/",
        3,
        "curl: (3) URL using bad/illegal format or missing URL",
        "This is no URL: protocol, `://`, host, where needed `:` and a port up to 65535, then the path.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "curl -sS -f http://198.51.100.1/nofile",
        22,
        "curl: (22) The requested URL returned error: 404",
        "The server is there and speaks HTTP; it has nothing of that path (404).",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "curl -sS https://198.51.100.1:80/",
        35,
        "curl: (35) OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number",
        "With `https` curl speaks TLS first, and this server answers in plain HTTP.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "wget -T 1 -t 1 -O- http://198.51.100.1:81/",
        4,
        "Connecting to 198.51.100.1:81... failed: Connection refused.",
        (
            "An answer came back, and it was no. Mostly the machine itself says so, since nobody listens at "
            "this port; now and then a firewall does (REJECT). Nothing in ns2 waits on tcp/81: there are "
            "tcp/53, 80 and 90."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ssh 192.0.2.254",
        255,
        "ssh: connect to host 192.0.2.254 port 22: Connection refused",
        (
            "An answer came back, and it was no. Mostly the machine itself says so, since nobody listens at "
            "this port; now and then a firewall does (REJECT). Nothing in r1 waits on tcp/22."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "traceroute -n 8.8.8.8",
        1,
        "connect: Network is unreachable",
        (
            "Nothing was sent: ns1 does not know which way to send it. ns1 has no route to 8.8.8.8: its "
            "routes lead to 10.1.1.0/24, 10.1.2.0/24, 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 only."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "traceroute -n -q 1 -w 1 203.0.113.1",
        0,
        "1  192.0.2.254  0.024 ms !N",
        (
            "The router 192.0.2.254 has no route to the destination and says so: `!N`, network unreachable. "
            "192.0.2.254 is r1, and r1 has no route to 203.0.113.1."
        ),
    ),
    Case(
        "ns1",
        "traceroute -n -q 1 -w 4 -m 3 198.51.100.77",
        0,
        "1  192.0.2.254  3067.348 ms !H",
        (
            "192.0.2.254 asked on the last link who has the address, and nobody answered: `!H`, host "
            "unreachable. r1 asked on eth1 who has 198.51.100.77, and nobody answered; no node has that "
            "address."
        ),
    ),
    Case(
        "ns1",
        "traceroute 192.0.2.300",
        2,
        "192.0.2.300: Temporary failure in name resolution",
        (
            "192.0.2.300 was taken for a name, and whoever should turn names into addresses (the name server "
            "in /etc/resolv.conf) did not answer. In 192.0.2.300 the number 300 is more than 255."
        ),
        is_repeated=True,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.command)
def test_the_message_is_put_in_context(case: Case) -> None:
    assert said(case) == case.says
