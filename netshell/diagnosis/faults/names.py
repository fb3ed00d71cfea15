"""Faults of the resolver: how a node turns a name into an address, and whom it asks."""

from netshell.diagnosis.faults.fault import Example, Fault

_UNKNOWN = "ping: www.example: Name or service not known"
_NOBODY = "ping: www.example: Temporary failure in name resolution"
_SERVE = (
    (
        "(ip netns exec ns2 dnsmasq -k -p 53 --no-resolv --no-hosts --address=/www.example/192.0.2.2 --local=/example/"
        " >/dev/null 2>&1 </dev/null &)"
    ),
    "for i in $(seq 100); do ip netns exec ns2 ss -uln | grep -q :53 && break; sleep 0.05; done",
)
_CAT = "{inside}cat {path}"


def _told(text: str, name: str = "resolv.conf") -> str:
    return f"mkdir -p /etc/netns/ns1; printf '%s\\n' '{text}' > /etc/netns/ns1/{name}"


_RIGHT = _told("nameserver 192.0.2.2")

NAME_FAULTS = (
    Fault(
        "hosts-shadow",
        70,
        "/etc/hosts says otherwise",
        "{path} on {node} says that {name} is {ip}, and it is read before any name server is asked.{hint}",
        "{mend}",
        "dns",
        "`dig` gives one address, `ping` takes another",
        (
            Example("cable", (*_SERVE, _RIGHT, _told("192.0.2.99 www.example", "hosts")), "ns1 www.example", "ns1"),
            Example("bridge", (*_SERVE, _RIGHT, _told("192.0.2.3 www.example", "hosts")), "ns1 www.example", "ns1"),
        ),
        _CAT,
    ),
    Fault(
        "names-off",
        71,
        "no name server is asked",
        "{path} on {node} has `hosts: {sources}`: without `dns` there, no name server is asked for {name}.",
        "",
        "dns",
        _UNKNOWN,
        (Example("cable", (*_SERVE, _RIGHT, _told("hosts: files", "nsswitch.conf")), "ns1 www.example", "ns1"),),
        _CAT,
    ),
    Fault(
        "no-resolver",
        72,
        "no name server is named",
        "{path} names no name server, so {node} has nobody to ask for {name}.{hint}",
        "{mend}",
        "dns",
        _NOBODY,
        (
            Example("cable", _SERVE, "ns1 www.example", "ns1"),
            Example("cable", (*_SERVE, _told("namserver 192.0.2.2")), "ns1 www.example", "ns1"),
        ),
        _CAT,
    ),
    Fault(
        "wrong-resolver",
        73,
        "the wrong name server",
        "{path} sends {node} to {server} for names, but {why}.{hint}",
        "{mend}",
        "dns",
        _NOBODY,
        (
            Example("cable", (*_SERVE, _told("nameserver 192.0.2.77")), "ns1 www.example", "ns1"),
            Example("cable", (*_SERVE, _told("nameserver 8.8.8.8")), "ns1 www.example", "ns1"),
            Example("bridge", (*_SERVE, _told("nameserver 192.0.2.3")), "ns1 www.example", "ns1"),
        ),
        _CAT,
    ),
    Fault(
        "nobody-serves",
        74,
        "nobody answers for names",
        "{node} asks {server} for names, and packets get there, but no program on {at} takes them: nobody serves names"
        " there (udp/53).",
        "",
        "dns",
        f"{_NOBODY}; dig: connection refused",
        (Example("cable", (_RIGHT,), "ns1 www.example", "ns2"),),
        "{there}ss -ulnp",
    ),
    Fault(
        "nxdomain",
        77,
        "no such name",
        "{at} ({server}), which {node} asks for names, knows no {name}: it answers NXDOMAIN.{hint}",
        "",
        "dns",
        f"{_UNKNOWN}; dig: status: NXDOMAIN",
        (Example("cable", (*_SERVE, _RIGHT), "ns1 wwww.example", "ns2"),),
        "{inside}dig @{server} {name}",
    ),
    Fault(
        "names-refused",
        78,
        "the name server has no answer",
        "{at} ({server}), which {node} asks for names, answers for {name}: {what}.",
        "",
        "dns",
        f"{_UNKNOWN}; dig: status: REFUSED",
        (Example("cable", (*_SERVE, _RIGHT), "ns1 www.test", "ns2"),),
        "{inside}dig @{server} {name}",
    ),
    Fault(
        "names-silent",
        79,
        "the name server does not answer",
        "{at} ({server}), which {node} asks for names, has udp/53 open, but gives no answer when asked for {name}.",
        "",
        "dns",
        _NOBODY,
        (),
        "{there}ss -ulnp",
    ),
)
