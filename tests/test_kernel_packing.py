"""What is packed by hand, read by pyroute2."""

import sys
from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

from netshell.kernel import packing
from netshell.kernel.netlink import HEADER_BYTES


def read(kind: Any, body: bytes) -> Any:
    length = (HEADER_BYTES + len(body)).to_bytes(4, sys.byteorder)
    message = kind(length + bytes(HEADER_BYTES - len(length)) + body)
    message.decode()
    return message


def test_a_cable_has_both_names_and_the_far_ends_namespace() -> None:
    message = read(ifinfmsg, packing.cable("ns1-veth0", 7, "e", 8, 5))
    assert (message["index"], message["flags"], message["change"]) == (7, 0, 0)
    assert message.get_attr("IFLA_IFNAME") == "ns1-veth0"
    info = message.get_attr("IFLA_LINKINFO")
    assert info.get_attr("IFLA_INFO_KIND") == "veth"
    peer = info.get_attr("IFLA_INFO_DATA").get_attr("VETH_INFO_PEER")
    assert (peer["index"], peer.get_attr("IFLA_IFNAME"), peer.get_attr("IFLA_NET_NS_FD")) == (8, "e", 5)


def test_a_bridge_is_up_and_waits_for_nothing() -> None:
    message = read(ifinfmsg, packing.bridge("br0"))
    assert (message["index"], message["flags"], message["change"]) == (0, 1, 1)
    info = message.get_attr("IFLA_LINKINFO")
    assert info.get_attr("IFLA_INFO_KIND") == "bridge"
    options = info.get_attr("IFLA_INFO_DATA")
    assert (options.get_attr("IFLA_BR_FORWARD_DELAY"), options.get_attr("IFLA_BR_STP_STATE")) == (0, 0)


@pytest.mark.parametrize("master", [0, 9])
def test_a_link_is_switched_on_as_a_port_or_by_itself(master: int) -> None:
    message = read(ifinfmsg, packing.switched_on(4, master))
    assert (message["index"], message["flags"], message["change"]) == (4, 1, 1)
    assert (message.get_attr("IFLA_MASTER") or 0) == master


@pytest.mark.parametrize(("cidr", "family"), [("192.0.2.1/24", 2), ("2001:db8::1/64", 10)])
def test_an_address_is_that_of_its_link(cidr: str, family: int) -> None:
    message = read(ifaddrmsg, packing.address(ip_interface(cidr), 3))
    ip, _, length = cidr.partition("/")
    assert (message["family"], message["prefixlen"], message["index"]) == (family, int(length), 3)
    assert message.get_attr("IFA_LOCAL") == message.get_attr("IFA_ADDRESS") == ip


@pytest.mark.parametrize(
    ("dst", "via", "index", "family", "scope"),
    [
        ("", "192.0.2.254", 0, 2, 0),
        ("", "2001:db8::1", 0, 10, 0),
        ("198.51.100.0/24", "192.0.2.254", 5, 2, 0),
        ("198.51.100.0/24", "", 5, 2, 253),
        ("2001:db8:1::/48", "", 5, 10, 0),
        ("", "", 5, 2, 253),
    ],
)
def test_a_route_is_as_ip_route_add_sends_it(dst: str, via: str, index: int, family: int, scope: int) -> None:
    network = ip_network(dst) if dst else None
    message = read(rtmsg, packing.route(network, ip_address(via) if via else None, index))
    assert (message["family"], message["table"], message["proto"], message["type"]) == (family, 254, 3, 1)
    assert (message["scope"], message["dst_len"]) == (scope, network.prefixlen if network else 0)
    assert message.get_attr("RTA_DST") == (str(network.network_address) if network else None)
    assert message.get_attr("RTA_GATEWAY") == (via or None)
    assert message.get_attr("RTA_OIF") == (index or None)
