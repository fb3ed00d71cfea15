"""The messages of `ip` on addresses and routes, and on its own words; words only. Wordings as in `rows_links`."""

from netshell.explain.messages.row import row

_IP = "ip bridge"
_ROUTES = "`ip route show` lists the routes of the namespace that it runs in."
_ADDRESSES = "`ip address show` lists what is set on each interface."

_OF_ADDRESSES = (
    row(
        "ip",
        (
            "Error: ipv4: Address already assigned.",
            "Error: ipv6: address already assigned.",
            "RTNETLINK answers: File exists",
        ),
        "The address is set already.",
        "addresses",
        _ADDRESSES,
        look="address_there",
        when="address add",
    ),
    row(
        "ip",
        (
            "Error: ipv4: Address not found.",
            "Error: ipv6: address not found.",
            "RTNETLINK answers: Cannot assign requested address",
        ),
        "This address is not set on that interface.",
        "addresses",
        _ADDRESSES,
        look="addresses",
        when="address delete",
    ),
    row(
        "ip",
        (
            'Error: any valid prefix is expected rather than "{text}".',
            'Error: inet prefix is expected rather than "{text}".',
            'Error: inet address is expected rather than "{text}".',
            'Error: any valid address is expected rather than "{text}".',
        ),
        "`ip` expected an address, and {text} is none.",
        "addresses",
        "Four numbers from 0 to 255 with dots, and a `/` with 0 to 32 where a prefix length belongs.",
        look="typed_address",
    ),
    row(
        "ip",
        'Not enough information: "dev" argument is required.',
        "An address belongs to an interface, and the command does not say which.",
        "addresses",
        "`dev` comes before the interface's name.",
        look="own_interfaces",
        when="address",
    ),
    row(
        "ip",
        'Not enough information: "dev" argument is required.',
        "The command does not say which interface is to be changed.",
        "veth",
        "The interface's name comes behind `set`.",
        look="own_interfaces",
        when="link",
    ),
    row(
        "ip",
        "Device and destination are required arguments.",
        "An entry belongs to an interface: its IP address alone does not say which table line is meant.",
        "ethernet",
        "`dev` and the interface's name belong to it.",
        when="neighbour",
    ),
    row(
        "ip",
        "Error: No link layer address given.",
        "A neighbour set by hand needs the MAC address behind its IP address.",
        "ethernet",
        "`lladdr` comes before a MAC address.",
        when="neighbour",
    ),
    row(
        "ip",
        "RTNETLINK answers: File exists",
        "There is an entry for this neighbour already.",
        "ethernet",
        "`replace` in place of `add` changes an entry.",
        look="neighbours",
        when="neighbour add",
    ),
)

_WAYS = "route add|route replace|route change|route append"
_OF_ROUTES = (
    row(
        "ip",
        (
            "Error: Nexthop has invalid gateway.",
            "RTNETLINK answers: Network is unreachable",
            "RTNETLINK answers: No route to host",
        ),
        "A gateway has to be a neighbour: a machine that is reached without any router.",
        "routing",
        "Compare the gateway with the addresses and prefix lengths that `ip address show` lists.",
        look="gateway",
        when=_WAYS,
    ),
    row(
        "ip",
        ("Error: Device for nexthop is not up.", "RTNETLINK answers: Network is down"),
        "A route can lead out of an interface only while that is UP.",
        "veth",
        "First the switch, then the route.",
        look="link_down",
        when=_WAYS,
    ),
    row(
        "ip",
        "RTNETLINK answers: File exists",
        "{Who} has a route to this destination already.",
        "routing",
        "`ip route help` has words for changing an entry; or delete the one that is there.",
        look="route_there",
        when="route add",
    ),
    row(
        "ip",
        "RTNETLINK answers: No such process",
        "{Who} has no such route to delete: what is given of destination, gateway and interface must be as listed.",
        "routing",
        _ROUTES,
        look="routes",
        when="route delete",
    ),
    row(
        "ip",
        "RTNETLINK answers: No such device",
        "The route says where to, but not which way.",
        "routing",
        "`via` names the gateway, `dev` the interface.",
        look="no_way",
        when=_WAYS,
    ),
    row(
        "ip",
        ("Error: Invalid prefix for given prefix length.", "RTNETLINK answers: Invalid argument"),
        "The destination of a route is a network, and behind the prefix length all its bits are 0.",
        "addresses",
        "With /24 the fourth number is 0.",
        look="host_bits",
        when=_WAYS,
    ),
    row(
        "ip",
        "RTNETLINK answers: Network is unreachable",
        "{Who} has no way to send a packet to this address.",
        "routing",
        _ROUTES,
        look="no_route",
        when="route get",
    ),
    row(
        "ip",
        "Error: Egress device not specified.",
        "An address that begins with fe80 is of one link only, and every link has such addresses.",
        "ipv6",
        "`dev` says which link is meant.",
        when=_WAYS,
    ),
    row(
        "ip",
        "need at least a destination address",
        "`ip route get` answers which way one address is reached, and the address is missing.",
        "routing",
        "It comes behind `get`.",
    ),
)

_GRAMMAR = (
    row(
        _IP,
        'Object "{word}" is unknown, try "{program} help".',
        "`{tool}` does not know `{word}`: its first word says what the command is about.",
        "shell",
        "`{tool} help` lists these words.",
        look="objects",
    ),
    row(
        _IP,
        'Command "{word}" is unknown, try "{program} {object} help".',
        "`{program} {object}` does not know `{word}`: here it expects what is to be done, such as add, delete or show.",
        "shell",
        "`{program} {object} help` lists these words.",
        look="verbs",
    ),
    row(
        "ip",
        (
            'Error: either "{key}" is duplicate, or "{word}" is a garbage.',
            'Error: either "{key}" is duplicate, or "{word}" is garbage.',
        ),
        "`ip` can make nothing of `{word}` where it stands.",
        "shell",
        "Most values have a word before them that says what they are.",
        look="stray",
    ),
    row(
        "ip",
        'Command line is not complete. Try option "help"',
        "The line ends before a value that belongs to it.",
        "shell",
        "What is missing comes at the end.",
        look="last_word",
    ),
)

ROWS_ROUTES = (*_OF_ADDRESSES, *_OF_ROUTES, *_GRAMMAR)
