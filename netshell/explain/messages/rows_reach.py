"""The messages of what tries to reach somebody: `ping`, `arping`, `nc`, `traceroute`, `curl`, `wget`; words only."""

from netshell.explain.messages.row import row

_WHY = "`:why` walks the way and stops where it ends."
_ROUTES = "`ip route show` lists the routes of the namespace that it runs in."
_NO_ROUTE = "Nothing was sent: {who} does not know which way to send it."
_REFUSED = (
    "An answer came back, and it was no. Mostly the machine itself says so, since nobody listens at this port; now and"
    " then a firewall does (REJECT)."
)
_TIMED_OUT = "No answer came in time: what was sent, or the answer to it, was lost or dropped on the way."
_NO_RESOLVER = (
    "{name} was taken for a name, and whoever should turn names into addresses (the name server in /etc/resolv.conf)"
    " did not answer."
)
_NO_NAME = "Nobody knows {name} as a name, and it is no address."
_NAMES = "An address needs no name server."

_PING = (
    row(
        "ping",
        (
            "ping: connect: Network is unreachable",
            "connect: Network is unreachable",
            "ping: sendmsg: Network is unreachable",
        ),
        _NO_ROUTE,
        "routing",
        _ROUTES,
        look="no_route",
    ),
    row(
        "ping",
        ("ping: connect: No route to host", "connect: No route to host"),
        "Nothing was sent: {who} has a route that refuses this destination.",
        "routing",
        _ROUTES,
        look="special_route",
    ),
    row(
        "ping",
        "ping: connect: Invalid argument",
        "Nothing was sent: the route for this address is a black hole.",
        "routing",
        _ROUTES,
        look="special_route",
    ),
    row(
        "ping",
        "ping: {name}: Temporary failure in name resolution",
        _NO_RESOLVER,
        "dns",
        _NAMES,
        look="typed_name",
    ),
    row("ping", "ping: {name}: Name or service not known", _NO_NAME, "dns", _NAMES, look="typed_name"),
    row(
        "ping",
        "ping: {name}: Address family for hostname not supported",
        "{name} is an address of the other version of IP than the options ask for.",
        "ipv6",
        "`-4` takes IPv4 addresses only, `-6` IPv6 addresses.",
    ),
    row(
        "ping",
        (
            "From {from} icmp_seq={seq} Destination Host Unreachable",
            "From {from} ({source}) icmp_seq={seq} Destination Host Unreachable",
            "From {from} icmp_seq={seq} Destination unreachable: Address unreachable",
        ),
        "On the last link nobody answered for the address, so the packet never left for it.",
        "ethernet",
        "`ip neigh` on the node that asked shows what became of the question.",
        look="nobody",
    ),
    row(
        "ping",
        "From {from} icmp_seq={seq} Destination Net Unreachable",
        "A router on the way, {from}, has no route for the packet and says so.",
        "routing",
        "Which routes has that router?",
        look="router",
    ),
    row(
        "ping",
        "From {from} icmp_seq={seq} Destination Port Unreachable",
        "The packet was refused by a firewall rule of type REJECT: no port is involved in a ping.",
        "firewall",
        "Look at the rules of the node that answered.",
        look="refusing_node",
    ),
    row(
        "ping",
        "From {from} icmp_seq={seq} Time to live exceeded",
        "Each router takes one from the TTL, and at {from} it was used up: too small a TTL, or a circle of routes.",
        "static-routes",
        "`traceroute` shows which routers the packet passes.",
        look="refusing_node",
    ),
    row(
        "ping",
        "From {from} icmp_seq={seq} Frag needed and DF set (mtu = {mtu})",
        "The packet is larger than the next link takes ({mtu} bytes), and it must not be cut in pieces.",
        "mtu",
        "The link with the smallest MTU decides for the whole way.",
        look="ping_size",
    ),
    row(
        "ping",
        ("ping: local error: message too long, mtu={mtu}", "ping: local error: message too long, mtu: {mtu}"),
        "The packet is larger than the way takes ({mtu} bytes), and with `-M do` it must not be cut in pieces.",
        "mtu",
        "`-s` sets the payload; the headers come on top of it.",
        look="ping_size",
    ),
    row(
        "ping",
        "{sent} packets transmitted, 0 received, 100% packet loss, time {time}",
        "No answer came: the question was lost on its way, or the answer on its way back.",
        "routing",
        _WHY,
        look="unanswered",
    ),
    row(
        "ping",
        "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules",
        "This address is not one machine's, or a rule forbids to send to it.",
        "addresses",
        "Compare it with the networks that `ip address show` lists.",
        look="broadcast",
    ),
    row(
        "ping",
        "ping: SO_BINDTODEVICE {dev}: No such device",
        "`-I` wants ping to leave by {dev}, and there is no such interface {place}.",
        "veth",
        "`ip link show` lists the interfaces of a namespace.",
        look="interfaces",
    ),
    row(
        "ping",
        "ping: bind: Cannot assign requested address",
        "`-I` gives the address to send from, and {who} can use none but its own.",
        "addresses",
        "`ip address show` lists the addresses of a namespace.",
        look="addresses",
    ),
    row(
        "ping",
        "ping: usage error: Destination address required",
        "The line says how to ping, but not whom.",
        "shell",
        "The address comes at the end.",
    ),
    row(
        "ping",
        ("ping: invalid argument: '{text}'", "ping: invalid argument: '{text}': {why*}"),
        "An option of ping wants another number than `{text}`.",
        "shell",
        "Counts begin at 1; `-c`, `-i`, `-s`, `-t` and `-W` are followed by a number.",
    ),
    row(
        "arping",
        "Received 0 response(s)",
        "The question who has the address went out on the link, and nobody answered to it.",
        "ethernet",
        "Only machines on this one link hear it: is the address on one of them, and is it UP?",
    ),
)

_NC = (
    row(
        "nc",
        "nc: connect to {host} port {port} (tcp) failed: Connection refused",
        _REFUSED,
        "tcp-handshake",
        "`ss -tln` on that machine lists what listens, and on which address.",
        look="listeners_tcp",
    ),
    row(
        "nc",
        "nc: connect to {host} port {port} (tcp) failed: Network is unreachable",
        "No connection came about: there is no way to {host}.",
        "routing",
        _ROUTES,
        look="no_way_to",
    ),
    row(
        "nc",
        "nc: connect to {host} port {port} (tcp) failed: No route to host",
        "The SYN did not get through: nobody answered for the address on the last link, or a firewall refused it.",
        "ethernet",
        _WHY,
        look="nobody",
    ),
    row(
        "nc",
        (
            "nc: connect to {host} port {port} (tcp) timed out: Operation now in progress",
            "nc: connect to {host} port {port} (tcp) failed: Connection timed out",
        ),
        "The SYN went out and no answer came in time: it, or the answer, was lost or dropped on the way.",
        "tcp-handshake",
        _WHY,
        look="unanswered",
    ),
    row(
        "nc",
        "nc: Address already in use",
        "Another program has this port, and one address and port belong to one listener.",
        "ports",
        "`ss -tulnp` shows who has it; take another port, or end that program.",
        look="port_taken",
    ),
    row(
        "nc",
        "nc: Cannot assign requested address",
        "A program can only be bound to an address of its own machine.",
        "ports",
        "`ip address show` lists the addresses of a namespace; 0.0.0.0 stands for all of them.",
        look="addresses",
    ),
    row(
        "nc",
        "nc: missing port number",
        "An address is the building; without a port, the room, nc does not know where to go.",
        "ports",
        "The port comes behind the address.",
    ),
    row(
        "nc",
        "nc: port number too large: {port}",
        "A port is a number of 16 bits: 65535 is the largest.",
        "ports",
        "Ordinary programs take one from 1024 to 49151.",
    ),
    row(
        "nc",
        "nc: getaddrinfo: Servname not supported for ai_socktype",
        "What stands in the port's place is neither a number nor the name of a service.",
        "ports",
        "/etc/services lists the names; a number always works.",
    ),
    row(
        "nc",
        'nc: getaddrinfo for host "{name}" port {port}: Temporary failure in name resolution',
        _NO_RESOLVER,
        "dns",
        _NAMES,
        look="typed_name",
    ),
    row(
        "nc",
        'nc: getaddrinfo for host "{name}" port {port}: Name or service not known',
        _NO_NAME,
        "dns",
        _NAMES,
        look="nc_name",
    ),
    row(
        "nc",
        "nc: getaddrinfo: Name or service not known",
        "The address to listen on is no address.",
        "ports",
        "`ip address show` lists the addresses of a namespace; 0.0.0.0 stands for all of them.",
        look="names_alone",
    ),
    row(
        "nc",
        (),
        "nc failed, and tells why only where it is asked to.",
        "ports",
        "`-v` makes it say what happened.",
        look="not_verbose",
        status=1,
    ),
)

_WEB = (
    row(
        "curl",
        "curl: (6) Could not resolve host: {name}",
        _NO_NAME,
        "dns",
        _NAMES,
        look="typed_name",
    ),
    row(
        "curl",
        (
            "curl: (7) Failed to connect to {host} port {port} after {time} ms: Couldn't connect to server",
            "curl: (7) Failed to connect to {host} port {port} after {time} ms: Could not connect to server",
            "curl: (7) Failed to connect to {host} port {port}: Connection refused",
        ),
        "No TCP connection came about, so not a word of HTTP was spoken.",
        "tcp-handshake",
        "`nc -zv` with the same address and port says whether it was refused or never got there.",
        look="connecting",
    ),
    row(
        "curl",
        (
            "curl: (28) Connection timed out after {time} milliseconds",
            "curl: (28) Failed to connect to {host} port {port} after {time} ms: Timeout was reached",
        ),
        _TIMED_OUT,
        "tcp-handshake",
        _WHY,
        look="unanswered",
    ),
    row(
        "curl",
        'curl: (1) Protocol "{scheme}" not supported or disabled in libcurl',
        "What stands before `://` is the protocol, and curl knows none called {scheme}.",
        "http",
        "For the web it is `http`.",
    ),
    row(
        "curl",
        ("curl: (3) URL using bad/illegal format or missing URL", "curl: (3) URL rejected: {why*}"),
        "This is no URL: protocol, `://`, host, where needed `:` and a port up to 65535, then the path.",
        "http",
        "Is the port a number, and are the quotes closed?",
    ),
    row(
        "curl",
        "curl: (1) Received HTTP/0.9 when not allowed",
        "Somebody answered, but not in HTTP: an answer begins with a status line such as `HTTP/1.0 200 OK`.",
        "http",
        "What program listens at that port?",
    ),
    row(
        "curl",
        "curl: (52) Empty reply from server",
        "The connection was opened and closed again, and the server said nothing in between.",
        "http",
        "What program listens at that port?",
    ),
    row(
        "curl",
        "curl: (22) The requested URL returned error: 404",
        "The server is there and speaks HTTP; it has nothing of that path (404).",
        "http",
        "The path counts from the directory that the server was started in.",
    ),
    row(
        "curl",
        "curl: (35) {library}: error:{number}:SSL routines::wrong version number",
        "With `https` curl speaks TLS first, and this server answers in plain HTTP.",
        "http",
        "A server without certificates is reached with `http`.",
    ),
    row(
        "wget",
        "Connecting to {host}:{port}... failed: Connection refused.",
        _REFUSED,
        "tcp-handshake",
        "`ss -tln` on that machine lists what listens, and on which address.",
        look="listeners_tcp",
    ),
    row(
        "ssh",
        "ssh: connect to host {host} port {port}: Connection refused",
        _REFUSED,
        "tcp-handshake",
        "`ss -tln` on that machine lists what listens, and on which address.",
        look="listeners_tcp",
    ),
)

_TRACEROUTE = (
    row(
        "traceroute",
        "connect: Network is unreachable",
        _NO_ROUTE,
        "routing",
        _ROUTES,
        look="no_route",
    ),
    row(
        "traceroute",
        "{name}: Temporary failure in name resolution",
        _NO_RESOLVER,
        "dns",
        _NAMES,
        look="typed_name",
    ),
    row(
        "traceroute",
        ("{hop}  {from}  {time*} ms !N", "{hop}  {name} ({from})  {time*} ms !N"),
        "The router {from} has no route to the destination and says so: `!N`, network unreachable.",
        "static-routes",
        "Which routes has that router?",
        look="router",
        status=0,
    ),
    row(
        "traceroute",
        ("{hop}  {from}  {time*} ms !H", "{hop}  {name} ({from})  {time*} ms !H"),
        "{from} asked on the last link who has the address, and nobody answered: `!H`, host unreachable.",
        "ethernet",
        "`ip neigh` on the node that asked shows what became of the question.",
        look="nobody",
        status=0,
    ),
)

ROWS_REACH = (*_PING, *_NC, *_WEB, *_TRACEROUTE)
