"""The lab's own names at the cursor: which of its namespaces, interfaces and addresses fit where in which command.

It reads a snapshot, never the kernel; what bash knows is not its business.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from ipaddress import ip_interface

from netshell.facts import PC, Link, Node, Snapshot
from netshell.terminal.typed import Typed, Word, quoted, read


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to go on: `text` replaces the line from `start_offset` (in characters) up to the cursor."""

    text: str
    start_offset: int
    description: str = ""
    shown: str = ""
    """What a menu shows, where that is not `text`: a file's own name."""
    ends_word: bool = True
    """A space may follow; not after a directory, or `key=`."""


class Fit(Enum):
    """What kind of name belongs in a place."""

    NOTHING = auto()
    """Something goes here that the lab has no names for: a number, a file."""
    NODE = auto()
    LINK = auto()
    BRIDGE = auto()
    ADDRESS = auto()
    """Any node's address, bare."""
    OWN_CIDR = auto()
    """An address of this node, with its prefix length."""
    NETWORK = auto()
    ROUTE = auto()
    """The destination of one of this node's routes."""
    SYSCTL = auto()


@dataclass(frozen=True, slots=True)
class Usage:
    """Where a command takes which names."""

    after: Mapping[str, Fit] = field(default_factory=dict)
    """By the word before; options that take a value of another kind are NOTHING."""
    operands: tuple[Fit, ...] = ()
    """By place among the words that are neither options nor their values."""
    prefixes: Mapping[str, Fit] = field(default_factory=dict)
    """By what the word itself begins with."""
    paths: Mapping[str, Fit] = field(default_factory=dict)
    """By the first two operands, `link set`, which may be abbreviated: the first that fits counts, as in ip(8)."""


def _each(words: str, fit: Fit) -> dict[str, Fit]:
    return dict.fromkeys(words.split(), fit)


_IP = Usage(
    after=_each("dev", Fit.LINK)
    | _each("master", Fit.BRIDGE)
    | _each("via src from to local remote nexthop", Fit.ADDRESS)
    | _each("netns", Fit.NODE)
    | _each("-n -netns", Fit.NODE)
    | _each("name type mtu address metric table proto scope lladdr", Fit.NOTHING),
    paths={
        **{f"addr {verb}": Fit.LINK for verb in ("show", "list", "ls", "flush")},
        "addr del": Fit.OWN_CIDR,
        **{f"route {verb}": Fit.NETWORK for verb in ("add", "append", "change", "replace")},
        **{f"route {verb}": Fit.ROUTE for verb in ("del", "show", "list", "ls", "flush")},
        "route get": Fit.ADDRESS,
        **{f"neigh {verb}": Fit.ADDRESS for verb in ("add", "change", "replace", "del", "get")},
        **{f"link {verb}": Fit.LINK for verb in ("set", "del", "show", "list", "ls", "change")},
        **{f"netns {verb}": Fit.NODE for verb in ("del", "exec", "pids")},
    },
)
_PING = Usage(_each("-I", Fit.LINK) | _each("-c -i -l -m -M -p -Q -s -S -t -w -W", Fit.NOTHING), (Fit.ADDRESS,))
_TRACE = Usage(
    _each("-i", Fit.LINK) | _each("-s", Fit.ADDRESS) | _each("-f -m -p -q -w -z", Fit.NOTHING), (Fit.ADDRESS,)
)
_NC = Usage(_each("-s", Fit.ADDRESS) | _each("-I -i -m -M -O -p -q -T -V -w -W -X -x", Fit.NOTHING), (Fit.ADDRESS,))
_DUMP = Usage(
    _each("-i", Fit.LINK)
    | _each("host src dst gateway", Fit.ADDRESS)
    | _each("net", Fit.NETWORK)
    | _each("-c -C -F -G -r -s -w -W", Fit.NOTHING),
)
_HTTP = Usage(
    _each("--interface", Fit.LINK) | _each("-o -O -d -H -X -m -A -u -T", Fit.NOTHING),
    (Fit.ADDRESS,),
    _each("http:// https://", Fit.ADDRESS),
)
_TABLES = Usage(
    _each("-i -o --in-interface --out-interface", Fit.LINK)
    | _each("-s -d --source --destination --to-source --to-destination", Fit.ADDRESS),
)

USAGES: Mapping[str, Usage] = {
    "ip": _IP,
    "bridge": Usage(_each("dev brport", Fit.LINK) | _each("master br", Fit.BRIDGE) | _each("-n", Fit.NODE)),
    "tc": Usage(_each("dev", Fit.LINK) | _each("-n -netns", Fit.NODE)),
    "ss": Usage(_each("src dst", Fit.ADDRESS) | _each("-N --net", Fit.NODE)),
    "ping": _PING,
    "arping": Usage(_each("-I -i", Fit.LINK) | _each("-c -w -W -s -S", Fit.NOTHING), (Fit.ADDRESS,)),
    "traceroute": _TRACE,
    "tracepath": _TRACE,
    "mtr": _TRACE,
    "nc": _NC,
    "netcat": _NC,
    "telnet": Usage(operands=(Fit.ADDRESS,)),
    "ssh": Usage(_each("-b", Fit.ADDRESS), (Fit.ADDRESS,)),
    "iperf3": Usage(_each("-c -B", Fit.ADDRESS)),
    "nmap": Usage(_each("-e", Fit.LINK) | _each("-p", Fit.NOTHING), (Fit.ADDRESS,)),
    "tcpdump": _DUMP,
    "tshark": _DUMP,
    "dumpcap": _DUMP,
    "dig": Usage(_each("-x -b", Fit.ADDRESS), prefixes=_each("@", Fit.ADDRESS)),
    "host": Usage(operands=(Fit.NOTHING, Fit.ADDRESS)),
    "nslookup": Usage(operands=(Fit.NOTHING, Fit.ADDRESS)),
    "curl": _HTTP,
    "wget": _HTTP,
    "sysctl": Usage(operands=(Fit.SYSCTL,)),
    "ethtool": Usage(_each("-a -A -g -G -i -k -K -l -L -p -P -s -S", Fit.LINK), (Fit.LINK,)),
    "iptables": _TABLES,
    "ip6tables": _TABLES,
    "conntrack": Usage(_each("-s -d -q -r", Fit.ADDRESS)),
    "dhclient": Usage(_each("-cf -lf -pf -sf", Fit.NOTHING), (Fit.LINK,)),
    "udhcpc": Usage(_each("-i", Fit.LINK)),
    "ifconfig": Usage(operands=(Fit.LINK,)),
    "nsenter": Usage(prefixes=_each("--net=/run/netns/ --net=/var/run/netns/", Fit.NODE)),
}

_WRAPPERS: Mapping[str, tuple[str, int]] = {
    "sudo": ("-u -g -h -p -C -D -R -T -U", 0),
    "env": ("-u -C -S", 0),
    "nice": ("-n", 0),
    "nohup": ("", 0),
    "command": ("", 0),
    "exec": ("-a", 0),
    "time": ("-f -o", 0),
    "timeout": ("-k -s", 1),
    "watch": ("-n", 0),
    "xargs": ("-I -n -P -L -d -E", 0),
    "strace": ("-e -o -p -s", 0),
    "nsenter": ("-t", 0),
    "stdbuf": ("-i -o -e", 0),
}
"""Commands that run another one: their options that take a value, and how many operands of their own come first."""

_NODE_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "ip": ("-n", "-netns"),
    "bridge": ("-n", "-netns"),
    "tc": ("-n", "-netns"),
    "ss": ("-N", "--net"),
}
_BUNDLE = re.compile(r"-[A-Za-z0-9]{2,}")
_UNPRINTABLE = re.compile(r"[^\w\s!-~]")


def unwrapped(typed: Typed, node: str) -> tuple[Typed, str]:
    """The command that really runs, and the node it runs on: `sudo ip netns exec ns1 ping` is `ping` on ns1.

    `ip -n ns1 link` becomes `ip link` on ns1: so its words complete as if they were typed there.
    """
    if typed.place not in {"command", "argument"}:
        return typed, node
    words = typed.words
    while len(words) > 1:
        name = _name(words[0])
        rest, inner = _without_node_option(words) if name in _NODE_OPTIONS else (words, "")
        if not inner and name == "ip":
            rest, inner = _inside_netns_exec(words)
        if not inner and name in _WRAPPERS:
            rest = _behind_wrapper(words, *_WRAPPERS[name])
        node = inner or node
        if rest == words:
            break
        words = rest
    return Typed(words, "command" if len(words) == 1 else "argument"), node


def _name(word: Word) -> str:
    return word.value.rpartition("/")[2]


def _without_node_option(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], str]:
    options = _NODE_OPTIONS[_name(words[0])]
    for at in range(1, len(words) - 2):
        if not words[at].value.startswith("-"):
            break
        if words[at].value in options:
            return (*words[:at], *words[at + 2 :]), words[at + 1].value
    return words, ""


def _inside_netns_exec(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], str]:
    at = next((at for at in range(1, len(words)) if not words[at].value.startswith("-")), len(words))
    if len(words) < at + 4:
        return words, ""
    group, verb, name = (word.value for word in words[at : at + 3])
    is_exec = len(group) >= 3 and "netns".startswith(group) and bool(verb) and "exec".startswith(verb)
    return (words[at + 3 :], name) if is_exec else (words, "")


def _behind_wrapper(words: tuple[Word, ...], valued: str, operands: int) -> tuple[Word, ...]:
    """The wrapped command, or all the words where the cursor has not come to it yet."""
    at = 1
    while at < len(words) and (words[at].value.startswith("-") or "=" in words[at].value):
        at += 2 if words[at].value in valued.split() else 1
    return words[at + operands :] or words


def lab_words(before: str, snapshot: Snapshot, node: str) -> list[Candidate]:
    """The lab's names that fit at the end of `before`, typed at a terminal that stands on `node`."""
    typed, node = unwrapped(read(before), node)
    usage = USAGES.get(_name(typed.words[0]))
    word = typed.current
    if typed.place != "argument" or usage is None or not word.is_tame:
        return []
    prefix = next((prefix for prefix in usage.prefixes if word.value.startswith(prefix)), "")
    fit = usage.prefixes[prefix] if prefix else _fit(usage, typed.words)
    names = _names(fit, snapshot, snapshot.node(node) or Node(node))
    return list(_candidates(names, word, prefix, ends_word=fit is not Fit.SYSCTL))


def _fit(usage: Usage, words: tuple[Word, ...]) -> Fit:
    before = words[-2].value if len(words) > 2 else ""
    operands = _operands(usage, words[1:-1])
    key = before if before in usage.after or not _BUNDLE.fullmatch(before) else f"-{before[-1]}"
    if key in usage.after and (not usage.paths or key.startswith("-") or len(operands) > 2):
        return usage.after[key]
    if words[-1].value.startswith("-"):
        return Fit.NOTHING
    if usage.paths:
        return _path(usage.paths, operands)
    if len(operands) < len(usage.operands):
        return usage.operands[len(operands)]
    return Fit.NOTHING


def _operands(usage: Usage, words: Iterable[Word]) -> list[str]:
    """The words that are neither options nor values of options."""
    operands: list[str] = []
    is_value = False
    for word in words:
        value = word.value
        if not is_value and not value.startswith("-"):
            operands.append(value)
        is_option = value.startswith("-") and not is_value
        is_value = is_option and (
            value in usage.after or (bool(_BUNDLE.fullmatch(value)) and f"-{value[-1]}" in usage.after)
        )
    return operands


def _path(paths: Mapping[str, Fit], operands: list[str]) -> Fit:
    """The fit behind an object and a verb, each possibly abbreviated (`l s`) or in full (`address`, `delete`)."""
    if len(operands) != 2:
        return Fit.NOTHING
    groups = dict.fromkeys(path.split()[0] for path in ("addr", "route", "neigh", "link", "netns", *paths))
    group = next((name for name in groups if _is_short(operands[0], name)), "")
    for path, fit in paths.items():
        name, verb = path.split()
        if name == group and _is_short(operands[1], verb):
            return fit
    return Fit.NOTHING


def _is_short(typed: str, name: str) -> bool:
    return bool(typed) and (name.startswith(typed) or typed.startswith(name))


def _names(fit: Fit, snapshot: Snapshot, here: Node) -> Iterator[tuple[str, str]]:
    """Names of a kind, each with a description."""
    if fit is Fit.NODE:
        yield from ((name, "namespace") for name in sorted(snapshot.nodes) if name != PC)
    elif fit in {Fit.LINK, Fit.BRIDGE}:
        links = [link for link in here.links.values() if fit is Fit.LINK or link.kind == "bridge"]
        yield from ((link.name, _describe(link)) for link in links)
    elif fit is Fit.ADDRESS:
        yield from _addresses(snapshot, here)
    elif fit is Fit.OWN_CIDR:
        yield from ((address.cidr, address.dev) for address in here.addresses)
    elif fit is Fit.ROUTE:
        yield from ((route.dst, f"via {route.via or route.dev}") for route in here.routes if route.table == "main")
    elif fit is Fit.NETWORK:
        nodes = (node for node in snapshot.nodes.values() if node.name != here.name)
        routes = ((node, route) for node in nodes for route in node.routes if route.table == "main")
        yield from ((route.dst, f"{node.name} {route.dev or ''}") for node, route in routes if "/" in route.dst)
    elif fit is Fit.SYSCTL:
        yield from ((key, f"is {value}") for key, value in sorted(here.sysctls.items()))


def _addresses(snapshot: Snapshot, here: Node) -> Iterator[tuple[str, str]]:
    """Every node's addresses, those of the node itself last; loopback ones only of its own."""
    for node in sorted(snapshot.nodes.values(), key=lambda node: (node.name == here.name, node.name)):
        for address in node.addresses:
            ip = ip_interface(address.cidr).ip
            if not ip.is_link_local and (node.name == here.name or not ip.is_loopback):
                yield str(ip), f"{node.name} {address.dev}"


def _describe(link: Link) -> str:
    end = f", other end {link.peer}" if link.peer else ""
    return f"{link.kind} {'UP' if link.is_up else 'DOWN'}{end}".strip()


def _candidates(names: Iterable[tuple[str, str]], word: Word, prefix: str, *, ends_word: bool) -> Iterator[Candidate]:
    seen = set()
    for name, description in names:
        text = quoted(prefix + name, word.quote)
        if name in seen or text is None or not (prefix + name).startswith(word.value):
            continue
        seen.add(name)
        yield Candidate(text, word.start, _UNPRINTABLE.sub("?", description.strip()), ends_word=ends_word)
