"""Messages of `ip` and `bridge` on namespaces and interfaces: as a real run in the lab printed them."""

import pytest
from message_lab import Case, said

CASES = (
    Case(
        "pc",
        "ip link add v1-veth0 type veth name v2-veth0",
        1,
        "Usage: ip link <options> type veth [peer <options>]",
        "A veth pair has two ends: behind `type veth` stands `peer name`, and the name of the other end.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns exec helloword bash",
        255,
        'Cannot open network namespace "helloword": No such file or directory',
        "There is no namespace helloword. Did you mean `helloworld`?",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip -n ns7 link show",
        255,
        'Cannot open network namespace "ns7": No such file or directory',
        "There is no namespace ns7. There are helloworld, inner, ns1, ns2 and r1.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns delete helloword",
        1,
        'Cannot remove namespace file "/run/netns/helloword": No such file or directory',
        "There is no namespace helloword to delete. Did you mean `helloworld`?",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns add ns1",
        1,
        'Cannot create namespace file "/run/netns/ns1": File exists',
        "There is a namespace ns1 already, and a name stands for one only. ns1 has lo and eth0.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns add inner",
        1,
        'Cannot create namespace file "/run/netns/inner": File exists',
        (
            "There is a namespace inner already, and a name stands for one only. Nothing stands behind that "
            "name here: it was added inside another namespace's shell; delete it first."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns exec inner bash",
        255,
        'setting the network namespace "inner" failed: Invalid argument',
        (
            "The name inner is listed, but no namespace stands behind it here: it was added in another "
            "namespace's shell."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns exec ns1",
        1,
        "No command specified",
        "`ip netns exec` takes a namespace and then a command to run in it; one of the two is missing.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns exec bash",
        1,
        "No command specified",
        (
            "`ip netns exec` takes a namespace and then a command to run in it; one of the two is missing. "
            "`bash` stands where the namespace's name belongs."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns exec",
        1,
        "No netns name specified",
        "The name of the namespace is missing.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns add a/b",
        255,
        'Invalid netns name "a/b"',
        (
            "The name of a namespace is the name of a file in /run/netns: `/` cannot be in it, nor can it be "
            "`.` or `..`."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns exec ns1 pong",
        1,
        'exec of "pong" failed: No such file or directory',
        "The namespace is there, but no program pong to run in it. Did you mean `ping`?",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 netns nowhere",
        255,
        'Error: argument "nowhere" is wrong: Invalid "netns" value',
        (
            "There is no namespace nowhere that the interface could move to. There are helloworld, inner, "
            "ns1, ns2 and r1."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip -n ns1 link set eth0 netns pc",
        255,
        'Error: argument "pc" is wrong: Invalid "netns" value',
        (
            "There is no namespace pc that the interface could move to. The PC's own namespace has no name "
            "for `ip`: it is the one that process 1 is in."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set eth0 up",
        1,
        'Cannot find device "eth0"',
        (
            "There is no interface eth0 on the PC: a command sees only the namespace that it runs in. eth0 "
            "is in ns1, in ns2 and in r1; the PC has lo, br0 and pc-veth0."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip -n ns1 link set eth1 up",
        1,
        'Cannot find device "eth1"',
        (
            "There is no interface eth1 in ns1: a command sees only the namespace that it runs in. eth1 is "
            "in r1; ns1 has lo and eth0."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "sudo ip netns exec ns1 ip link set spare up",
        1,
        'Cannot find device "spare"',
        (
            "There is no interface spare in ns1: a command sees only the namespace that it runs in. spare is "
            "in ns2; ns1 has lo and eth0."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip -n helloworld link set eth0 up",
        1,
        'Cannot find device "eth0"',
        (
            "There is no interface eth0 in helloworld: a command sees only the namespace that it runs in. "
            "eth0 is in ns1, in ns2 and in r1; helloworld has no interface but lo."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link show eth0",
        1,
        'Device "eth0" does not exist.',
        (
            "There is no interface eth0 on the PC: a command sees only the namespace that it runs in. eth0 "
            "is in ns1, in ns2 and in r1; the PC has lo, br0 and pc-veth0."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "bridge fdb show dev eth0",
        255,
        'Cannot find device "eth0"',
        (
            "There is no interface eth0 on the PC: a command sees only the namespace that it runs in. eth0 "
            "is in ns1, in ns2 and in r1; the PC has lo, br0 and pc-veth0."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "arping -c 1 -w 1 -I eth5 192.0.2.254",
        2,
        "arping: Device eth5 not available.",
        "There is no interface eth5 on the PC to ask on. The PC has lo, br0 and pc-veth0.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip netns exec ns2 arping -c 1 -w 1 -I spare 10.7.7.2",
        2,
        'Interface "spare" is down',
        "spare is switched off, so no question can leave by it.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip -n ns1 link set eth0 master br0",
        255,
        'Error: argument "br0" is wrong: Device does not exist',
        (
            "There is no br0 in ns1 that an interface could be made a port of. br0 is on the PC, and a "
            "bridge takes ports of its own namespace only."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 master br1",
        255,
        'Error: argument "br1" is wrong: Device does not exist',
        "There is no br1 on the PC that an interface could be made a port of. The bridges there: br0.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set br0 master pc-veth0",
        2,
        "RTNETLINK answers: Operation not supported",
        "Only a bridge takes ports. pc-veth0 is a veth, no bridge.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "bridge fdb show br br7",
        255,
        'Cannot find bridge device "br7"',
        "There is no bridge br7 on the PC. The bridges there: br0.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link add br0 type bridge",
        2,
        "RTNETLINK answers: File exists",
        (
            "The name is taken: in one namespace each name stands for one interface. The PC has an interface "
            "br0 already (a bridge, DOWN)."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link add v type veth peer name pc-veth0",
        2,
        "RTNETLINK answers: File exists",
        (
            "The name is taken: in one namespace each name stands for one interface. The PC has an interface "
            "pc-veth0 already (a veth, DOWN)."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 name br0",
        2,
        "RTNETLINK answers: File exists",
        (
            "The name is taken: in one namespace each name stands for one interface. The PC has an interface "
            "br0 already (a bridge, DOWN)."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip -n r1 link set eth0 netns ns1",
        2,
        "Error: An interface with the same name exists in the target netns.",
        "In the namespace that it is to move to, the name is taken. ns1 has an interface eth0 already.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 name averyveryverylongname",
        255,
        'Error: argument "averyveryverylongname" is wrong: "name" not a valid ifname',
        ("averyveryverylongname cannot be the name of an interface. It has 21 characters, and 15 are the most."),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link add averyveryverylongname type veth",
        2,
        "Error: Attribute failed policy validation.",
        (
            "The kernel does not take this name for an interface. averyveryverylongname has 21 characters, "
            "and 15 are the most."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link add x type brigde",
        2,
        "Error: Unknown device type.",
        ("The kernel makes interfaces of the kinds that it knows only. It has no `brigde`. Did you mean `bridge`?"),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link add x type dummy",
        2,
        "Error: Unknown device type.",
        (
            "The kernel makes interfaces of the kinds that it knows only. The kernel of this machine has no "
            "`dummy`; `veth` and `bridge` it has."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link add x",
        1,
        'Not enough information: "type" argument is required',
        "`ip link add` has to be told of which kind the new interface is.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip -n ns1 link del lo",
        2,
        "RTNETLINK answers: Operation not supported",
        "lo belongs to its namespace: it can be switched off, but not deleted.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set lo master br0",
        2,
        "RTNETLINK answers: Invalid argument",
        "lo cannot be a port of a bridge: nothing outside hangs on it.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set lo netns ns1",
        2,
        "Error: The interface netns is immutable.",
        "This interface stays in the namespace that it was made in. Each namespace has a lo of its own.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set br0 netns ns1",
        2,
        "Error: The interface netns is immutable.",
        ("This interface stays in the namespace that it was made in. br0 is a bridge: make one where you need it."),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 mtu 99999",
        2,
        "Error: mtu greater than device maximum.",
        "An interface has a largest MTU, and this number is more.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 mtu 10",
        2,
        "Error: mtu less than device minimum.",
        "An interface has a smallest MTU, and this number is less.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 address 00:11:22:33:44",
        1,
        "Invalid address length 5 - must be 6 bytes",
        "What was typed as a MAC address has 5 bytes, and a MAC address has 6.",
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link set pc-veth0 address 01:11:22:33:44:55",
        2,
        "RTNETLINK answers: Cannot assign requested address",
        (
            "An interface's own MAC address names one interface, never a group. In 01:11:22:33:44:55 the "
            "lowest bit of the first byte, 01, is 1: that is the address of a group."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip link add a type veth peer name b",
        1,
        '"type" is invalid lladdr.',
        (
            "`ip` has read `type` as a MAC address, and it is none. `a` before it is short for `address`; "
            "with `name` or `dev` in front, `a` is a name."
        ),
        is_repeated=True,
    ),
    Case(
        "pc",
        "ip -n ns1 neigh add 192.0.2.5 lladdr zz dev eth0",
        1,
        '"zz" is invalid lladdr.',
        "`ip` has read `zz` as a MAC address, and it is none.",
        is_repeated=True,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.command)
def test_the_message_is_put_in_context(case: Case) -> None:
    assert said(case) == case.says
