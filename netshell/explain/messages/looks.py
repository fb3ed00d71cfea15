"""The looks that rows name: the closed set of what is made of the network's state."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from netshell.explain.messages import looks_links, looks_ports, looks_routes, looks_words
from netshell.explain.messages.scene import Scene

Look: TypeAlias = Callable[[Scene], str | None]
"""Sentences to add, an empty text for none, or None where the state does not bear the message out."""

LOOKS: Mapping[str, Look] = {
    look.__name__: look
    for look in (
        looks_links.interfaces,
        looks_links.own_interfaces,
        looks_links.namespaces,
        looks_links.namespace_there,
        looks_links.hollow,
        looks_links.exec_name,
        looks_links.name_taken,
        looks_links.name_length,
        looks_links.masters,
        looks_links.link_down,
        looks_links.loopback_only,
        looks_links.immovable,
        looks_links.link_kinds,
        looks_links.mac_bit,
        looks_links.moved_name,
        looks_links.neighbours,
        looks_links.no_carrier,
        looks_routes.gateway,
        looks_routes.no_route,
        looks_routes.router,
        looks_routes.nobody,
        looks_routes.unanswered,
        looks_routes.route_there,
        looks_routes.routes,
        looks_routes.no_way,
        looks_routes.host_bits,
        looks_routes.address_there,
        looks_routes.addresses,
        looks_routes.typed_address,
        looks_routes.typed_name,
        looks_routes.broadcast,
        looks_routes.no_way_to,
        looks_routes.special_route,
        looks_routes.dhcp_range,
        looks_ports.listeners_tcp,
        looks_ports.listeners_udp,
        looks_ports.port_taken,
        looks_ports.dhcp_port,
        looks_ports.dns_port,
        looks_ports.names_alone,
        looks_ports.nc_name,
        looks_ports.no_port,
        looks_ports.not_verbose,
        looks_ports.connecting,
        looks_ports.ping_size,
        looks_ports.refusing_node,
        looks_words.commands,
        looks_words.objects,
        looks_words.verbs,
        looks_words.stray,
        looks_words.last_word,
        looks_words.chains,
        looks_words.targets,
        looks_words.matches,
        looks_words.protocols,
        looks_words.own_policy,
        looks_words.filter_words,
        looks_words.settings,
        looks_words.lladdr,
        looks_words.modules,
    )
}
