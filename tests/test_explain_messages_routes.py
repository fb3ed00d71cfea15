"""Messages of `ip` on addresses and routes, and on its own words: as a real run in the lab printed them."""

import pytest
from message_lab import Case, said

CASES = (
    Case(
        "ns1",
        "ip addr add 192.0.2.1/24 dev eth0",
        2,
        "Error: ipv4: Address already assigned.",
        "The address is set already. eth0 has 192.0.2.1/24.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr del 192.0.2.77/24 dev eth0",
        2,
        "Error: ipv4: Address not found.",
        "This address is not set on that interface. ns1 has 192.0.2.1/24 on eth0.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr del 192.0.2.1/16 dev eth0",
        2,
        "Error: ipv4: Address not found.",
        (
            "This address is not set on that interface. eth0 has 192.0.2.1/24: prefix length and interface "
            "are part of it."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr del 198.51.100.1/24 dev eth0",
        2,
        "Error: ipv4: Address not found.",
        "This address is not set on that interface. 198.51.100.1 is in ns2. ns1 has 192.0.2.1/24 on eth0.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr add 192.0.2.1/33 dev eth0",
        1,
        'Error: any valid prefix is expected rather than "192.0.2.1/33".',
        ("`ip` expected an address, and 192.0.2.1/33 is none. A prefix length is 32 at most, and 33 is more."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr add 192.0.2.300/24 dev eth0",
        1,
        'Error: any valid prefix is expected rather than "192.0.2.300/24".',
        ("`ip` expected an address, and 192.0.2.300/24 is none. In 192.0.2.300 the number 300 is more than 255."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add 10.0.0.0/8 via 192.0.2.0.1",
        1,
        'Error: inet address is expected rather than "192.0.2.0.1".',
        ("`ip` expected an address, and 192.0.2.0.1 is none. An IPv4 address has four numbers, and 192.0.2.0.1 has 5."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add defalt via 192.0.2.254",
        1,
        'Error: any valid prefix is expected rather than "defalt".',
        "`ip` expected an address, and defalt is none. Did you mean `default`?",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr add 192.0.2.3/24",
        1,
        'Not enough information: "dev" argument is required.',
        "An address belongs to an interface, and the command does not say which. ns1 has lo and eth0.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip link set up",
        255,
        'Not enough information: "dev" argument is required.',
        "The command does not say which interface is to be changed. ns1 has lo and eth0.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip neigh add 192.0.2.5 dev eth0",
        2,
        "Error: No link layer address given.",
        "A neighbour set by hand needs the MAC address behind its IP address.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip neigh add 192.0.2.77 lladdr 02:00:00:00:00:05 dev eth0",
        2,
        "RTNETLINK answers: File exists",
        "There is an entry for this neighbour already. 192.0.2.77 is FAILED there.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add default via 10.0.0.1",
        2,
        "Error: Nexthop has invalid gateway.",
        (
            "A gateway has to be a neighbour: a machine that is reached without any router. 10.0.0.1 is in "
            "no network that ns1 has an address in: it has 192.0.2.1/24 on eth0."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add default via 192.0.2.255",
        2,
        "Error: Nexthop has invalid gateway.",
        (
            "A gateway has to be a neighbour: a machine that is reached without any router. In 192.0.2.0/24, "
            "192.0.2.255 stands for every host of it (broadcast), not for one machine."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add default via 192.0.2.254 dev lo",
        2,
        "Error: Nexthop has invalid gateway.",
        (
            "A gateway has to be a neighbour: a machine that is reached without any router. 192.0.2.254 is "
            "behind eth0, not behind lo."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip -n helloworld route add default via 10.0.0.1",
        2,
        "Error: Nexthop has invalid gateway.",
        (
            "A gateway has to be a neighbour: a machine that is reached without any router. helloworld has "
            "no IPv4 address yet, so nobody is a neighbour of it."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip -n ns2 route add 10.8.0.0/16 via 10.7.7.2",
        2,
        "Error: Nexthop has invalid gateway.",
        (
            "A gateway has to be a neighbour: a machine that is reached without any router. 10.7.7.1/24 is "
            "set on spare, but spare is DOWN, so there is no route to 10.7.7.0/24 yet."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip -n r1 route add default via 192.0.2.254 onlink dev eth7",
        1,
        'Cannot find device "eth7"',
        (
            "There is no interface eth7 in r1: a command sees only the namespace that it runs in. r1 has lo, "
            "eth0 and eth1. Did you mean `eth1`?"
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip -6 route add default via 2001:db8::1",
        2,
        "RTNETLINK answers: No route to host",
        (
            "A gateway has to be a neighbour: a machine that is reached without any router. ns1 has no IPv6 "
            "address yet, so nobody is a neighbour of it."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip -n ns2 route add 10.8.0.0/16 dev spare",
        2,
        "Error: Device for nexthop is not up.",
        "A route can lead out of an interface only while that is UP. spare in ns2 is DOWN.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add 203.0.113.0/24 via 192.0.2.254",
        2,
        "RTNETLINK answers: File exists",
        "ns1 has a route to this destination already. There is `203.0.113.0/24 via 192.0.2.254 dev eth0`.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route del 198.51.100.0",
        2,
        "RTNETLINK answers: No such process",
        (
            "ns1 has no such route to delete: what is given of destination, gateway and interface must be as listed. "
            "198.51.100.0 alone is that one address; there is `198.51.100.0/24 via 192.0.2.254 dev eth0`."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route del 10.9.9.0/24",
        2,
        "RTNETLINK answers: No such process",
        (
            "ns1 has no such route to delete: what is given of destination, gateway and interface must be as listed. "
            "There is `blackhole 10.1.1.0/24`, `unreachable 10.1.2.0/24`, `192.0.2.0/24 dev eth0`, "
            "`198.51.100.0/24 via 192.0.2.254 dev eth0` and `203.0.113.0/24 via 192.0.2.254 dev eth0`."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add 10.8.0.0/16",
        2,
        "RTNETLINK answers: No such device",
        "The route says where to, but not which way.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add 10.8.0.1/16 via 192.0.2.254",
        2,
        "Error: Invalid prefix for given prefix length.",
        (
            "The destination of a route is a network, and behind the prefix length all its bits are 0. The "
            "network that 10.8.0.1/16 lies in is written 10.8.0.0/16."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route get 8.8.8.8",
        2,
        "RTNETLINK answers: Network is unreachable",
        (
            "ns1 has no way to send a packet to this address. ns1 has no route to 8.8.8.8: its routes lead "
            "to 10.1.1.0/24, 10.1.2.0/24, 192.0.2.0/24, 198.51.100.0/24 and 203.0.113.0/24 only."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route get",
        1,
        "need at least a destination address",
        "`ip route get` answers which way one address is reached, and the address is missing.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip -6 route add default via fe80::1",
        2,
        "Error: Egress device not specified.",
        "An address that begins with fe80 is of one link only, and every link has such addresses.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip lnik",
        1,
        'Object "lnik" is unknown, try "ip help".',
        "`ip` does not know `lnik`: its first word says what the command is about. Did you mean `link`?",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip exec ns1 bash",
        1,
        'Object "exec" is unknown, try "ip help".',
        (
            "`ip` does not know `exec`: its first word says what the command is about. `exec` is what is "
            "done, and comes behind the thing it is done to."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip link eth0 up",
        255,
        'Command "eth0" is unknown, try "ip link help".',
        (
            "`ip link` does not know `eth0`: here it expects what is to be done, such as add, delete or "
            "show. eth0 is an interface: `set` comes before its name."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip link up eth0",
        255,
        'Command "up" is unknown, try "ip link help".',
        (
            "`ip link` does not know `up`: here it expects what is to be done, such as add, delete or show. "
            "`up` is something to `set`, and comes behind the interface's name."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route default via 192.0.2.254",
        255,
        'Command "default" is unknown, try "ip route help".',
        (
            "`ip route` does not know `default`: here it expects what is to be done, such as add, delete or "
            "show. What is to be done comes before `default`."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip link sett eth0 up",
        255,
        'Command "sett" is unknown, try "ip link help".',
        (
            "`ip link` does not know `sett`: here it expects what is to be done, such as add, delete or "
            "show. Did you mean `set`?"
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr add 192.0.2.7/24 eth0",
        255,
        'Error: either "local" is duplicate, or "eth0" is a garbage.',
        ("`ip` can make nothing of `eth0` where it stands. eth0 is an interface: `dev` comes before its name."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add default 192.0.2.254",
        255,
        'Error: either "to" is duplicate, or "192.0.2.254" is a garbage.',
        (
            "`ip` can make nothing of `192.0.2.254` where it stands. 192.0.2.254 is an address: `via` comes "
            "before a gateway."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip link set eth0 UP",
        255,
        'Error: either "dev" is duplicate, or "UP" is a garbage.',
        "`ip` can make nothing of `UP` where it stands. `ip` takes small letters: `up`.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 nomaster br0",
        255,
        'Error: either "dev" is duplicate, or "br0" is a garbage.',
        "`ip` can make nothing of `br0` where it stands. `nomaster` stands alone: a link has one master at most.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 br0",
        255,
        'Error: either "dev" is duplicate, or "br0" is a garbage.',
        "`ip` can make nothing of `br0` where it stands. br0 is a bridge: `master` comes before its name.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip link set eth0 02:00:00:00:00:22",
        255,
        'Error: either "dev" is duplicate, or "02:00:00:00:00:22" is a garbage.',
        (
            "`ip` can make nothing of `02:00:00:00:00:22` where it stands. 02:00:00:00:00:22 is a MAC address: "
            "`address` comes before it."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:22",
        255,
        "Device and destination are required arguments.",
        "An entry belongs to an interface: its IP address alone does not say which table line is meant.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr add 192.0.2.7 24 dev eth0",
        255,
        'Error: either "local" is duplicate, or "24" is a garbage.',
        ("`ip` can make nothing of `24` where it stands. A prefix length is joined to its address with a `/`."),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr add 192.0.2.7/24 dev=eth0",
        255,
        'Error: either "local" is duplicate, or "dev=eth0" is a garbage.',
        (
            "`ip` can make nothing of `dev=eth0` where it stands. `ip` takes a blank between a word and its "
            "value, no `=`."
        ),
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip addr add 192.0.2.7/24 dev",
        255,
        'Command line is not complete. Try option "help"',
        "The line ends before a value that belongs to it. Behind `dev` comes an interface.",
        is_repeated=True,
    ),
    Case(
        "ns1",
        "ip route add default via",
        255,
        'Command line is not complete. Try option "help"',
        "The line ends before a value that belongs to it. Behind `via` comes the gateway's address.",
        is_repeated=True,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.command)
def test_the_message_is_put_in_context(case: Case) -> None:
    assert said(case) == case.says
