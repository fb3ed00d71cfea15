"""Whom a command line tries to reach."""

import pytest

from netshell.explain.messages.aim import Aim, aim_of


@pytest.mark.parametrize(
    ("command", "aim"),
    [
        ("ping 192.0.2.2", Aim("ns1", "192.0.2.2")),
        ("ping -c 1 -W1 -n 192.0.2.2", Aim("ns1", "192.0.2.2")),
        ("sudo ip netns exec ns2 ping -c1 www.example", Aim("ns2", "www.example")),
        ("nc -nv 192.0.2.2 80", Aim("ns1", "192.0.2.2", 80)),
        ("echo hi | nc -nu -w 1 192.0.2.2 53", Aim("ns1", "192.0.2.2", 53, "udp")),
        ("nc -uw1 192.0.2.2 domain", Aim("ns1", "192.0.2.2", 53, "udp")),
        ("nc -lnv 192.0.2.2 80", None),
        ("nc -nv 192.0.2.2", None),
        ("nc -nv 192.0.2.2 99999", None),
        ("curl -s -m 2 http://192.0.2.2:8080/index.html", Aim("ns1", "192.0.2.2", 8080)),
        ("curl --max-time 2 www.example", Aim("ns1", "www.example", 80)),
        ("curl -H 'Host: a' http://[2001:db8::2]/", Aim("ns1", "2001:db8::2", 80)),
        ("wget -q -O - http://me@www.example/", Aim("ns1", "www.example", 80)),
        ("traceroute -n -w 1 192.0.2.2 60", Aim("ns1", "192.0.2.2")),
        ("arping -I eth0 -c 1 192.0.2.2", Aim("ns1", "192.0.2.2")),
        ("ssh root@192.0.2.2", Aim("ns1", "192.0.2.2", 22)),
        ("ip link; ping 192.0.2.1 && ping 192.0.2.2", Aim("ns1", "192.0.2.2")),
        ("ip route add default via 192.0.2.1", None),
        ("ip netns exec ns2 udhcpc -i eth0 -n -q", Aim("ns2", "dhcp")),
        ("ping", None),
        ("", None),
    ],
)
def test_whom_a_command_tries_to_reach(command: str, aim: Aim | None) -> None:
    assert aim_of(command, "ns1") == aim
