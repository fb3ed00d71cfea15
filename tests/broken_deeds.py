"""Every fault of the catalogue as it can be made at a place of any network, or why it is not made.

Nothing here knows a lesson; what a fault needs is looked for in the place.
"""

from collections.abc import Iterator, Mapping

import broken_above as above
import broken_below as below
import broken_served as served
from broken_deed import Deed, Maker
from broken_places import Place

NOT_TRIED: Mapping[str, str] = {
    "no-carrier": "passes by itself within a second, when the kernel has told the other end",
    "unanswered": "says that none of the other faults is there: nothing makes it",
    "redirected": "needs a kernel that believes a redirect, and two routers on one link that disagree",
    "names-silent": "needs a program that opens udp/53 and says nothing; the name server's own fault",
    "other-interface": "needs a program that binds its socket to an interface (SO_BINDTODEVICE), and nc does not",
    "other-source": "needs a server of datagrams that answers everybody from one socket; told of literal packets alone",
    "same-network": "needs both links of a router to be numbered anew; made in the lab of two networks alone",
    "mtu-silent": "needs the router's ICMP errors stopped as well; made in the lab of two networks alone",
}


MAKERS: tuple[Maker, ...] = (
    below.namespace_missing, below.namespace_unenterable, below.link_missing, below.link_elsewhere,
    below.no_cable, below.link_down, below.peer_down, below.not_in_bridge, below.bridge_down,
    below.bridge_missing, below.two_bridges, below.port_stopped, below.wrong_fdb, below.duplicate_mac,
    below.lo_down, below.ipv6_off, below.no_address, below.address_on_port, below.address_on_lo,
    below.address_elsewhere, below.wrong_prefix, below.wrong_network, below.broadcast_address,
    below.duplicate_address, below.nobody, below.wrong_mac, below.arp_off, below.arp_ignored,
    below.arp_unanswered, above.no_route, above.dead_route, above.lo_route, above.wrong_gateway,
    above.gateway_off_link, above.no_gateway, above.own_gateway, above.wrong_interface, above.loop,
    above.forwarding_off, above.rp_filter, above.no_way_back, above.dead_rule, above.ttl_small, above.ttl_rewritten,
    above.localnet_off, above.echo_ignored,
    above.mtu_black_hole, above.mtu_small, above.ttl, above.unexplained, above.out_of_sight, above.filter_drop,
    above.filter_reject, above.rules_unclear, above.nat_astray, above.nat_missed, above.nat_missing,
    above.nat_wrong, above.nat_homeless, above.nat_bypassed, served.nobody_listens, served.loopback_only,
    served.other_address, served.other_version,
    served.wrong_protocol, served.taken, served.hosts_shadow, served.names_off, served.no_resolver,
    served.wrong_resolver, served.nobody_serves, served.nxdomain, served.names_refused, served.dhcp_absent,
    served.dhcp_no_range, served.dhcp_no_lease,
)  # fmt: skip


def deeds(place: Place) -> Iterator[Deed]:
    """Everything that can be broken at a place."""
    for maker in MAKERS:
        yield from maker(place)
