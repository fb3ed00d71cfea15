"""What a node's resolver goes by: its files, by hosts(5), resolv.conf(5) and nsswitch.conf(5)."""

from dataclasses import dataclass

from netshell.diagnosis.lookup import as_address
from netshell.facts import Node

_SERVERS_MOST = 3
"""More are not asked (resolv.conf(5), MAXNS)."""
_NDOTS = 1
OWN_SERVER = "127.0.0.1"
"""Who is asked where no server is named."""


@dataclass(frozen=True, slots=True)
class Resolver:
    """How one node finds out addresses."""

    hosts_path: str
    hosts: tuple[tuple[str, tuple[str, ...]], ...]
    """Addresses with the names that stand behind them, in lower case."""
    conf_path: str
    conf: str
    servers: tuple[str, ...]
    search: tuple[str, ...]
    switch_path: str
    sources: tuple[str, ...]
    """Where names are looked up, in this order: `files`, `dns` …"""

    def listed(self, name: str) -> str | None:
        """The IPv4 address that the hosts file gives a name, or any address."""
        found = [ip for ip, names in self.hosts if name.lower().rstrip(".") in names]
        return next((ip for ip in found if ":" not in ip), found[0] if found else None)

    def candidates(self, name: str) -> tuple[str, ...]:
        """The names that are asked for, in their order: with the search list's endings, too."""
        if name.endswith("."):
            return (name.rstrip("."),)
        more = [f"{name}.{ending}" for ending in self.search]
        return (name, *more) if name.count(".") >= _NDOTS else (*more, name)


def resolver_of(node: Node) -> Resolver | None:
    """The resolver of a node; None where its files were not read."""
    if node.details is None:
        return None
    hosts_path, hosts = _file(node, "hosts")
    conf_path, conf = _file(node, "resolv.conf")
    switch_path, switch = _file(node, "nsswitch.conf")
    lines = [line.split() for line in conf.splitlines() if not line.lstrip().startswith(("#", ";"))]
    servers = [words[1] for words in lines if words[:1] == ["nameserver"] and len(words) > 1 and _is_ip(words[1])]
    endings = [words[1:] for words in lines if words[:1] in (["search"], ["domain"])]
    named = [line.partition(":")[2].split() for line in switch.splitlines() if line.strip().startswith("hosts:")]
    sources = [word for word in (named[-1] if named else ["files", "dns"]) if not word.startswith("[")]
    return Resolver(
        hosts_path,
        tuple(_hosts(hosts)),
        conf_path,
        conf,
        tuple(servers[:_SERVERS_MOST]),
        tuple(endings[-1]) if endings else (),
        switch_path,
        tuple(sources),
    )


def _file(node: Node, name: str) -> tuple[str, str]:
    """The file that a node reads under /etc: its own where it has one (ip-netns(8))."""
    files = node.details.files if node.details else {}
    own, shared = f"/etc/netns/{node.name}/{name}", f"/etc/{name}"
    path = own if own in files else shared
    return path, files.get(path, "")


def _hosts(text: str) -> list[tuple[str, tuple[str, ...]]]:
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    return [(words[0], tuple(map(str.lower, words[1:]))) for words in lines if len(words) > 1 and _is_ip(words[0])]


def _is_ip(text: str) -> bool:
    try:
        as_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
