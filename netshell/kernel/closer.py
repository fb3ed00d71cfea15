"""What is read only where somebody asks for it: details of every node, single files, the programs that run.

None of it is kept: who asks again gets what is so then.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from netshell.facts import PC, Details, Node, Process, Snapshot
from netshell.kernel.observer import Observer, Station, pinned, redirects, rules_of, stopped_ports
from netshell.kernel.programs import Programs
from netshell.namespaces.names import Namespaces

_WHOLE = (
    "net.ipv4.icmp_echo_ignore_all",
    "net.ipv4.ip_default_ttl",
    "net.ipv4.ip_unprivileged_port_start",
    "net.bridge.bridge-nf-call-iptables",
)
_EACH: Mapping[str, tuple[str, ...]] = {
    "ipv4": ("forwarding", "proxy_arp", "arp_ignore", "arp_filter", "rp_filter", "route_localnet"),
    "ipv6": ("disable_ipv6",),
}
"""Settings that every interface has."""
_LEASES = "/var/lib/misc/dnsmasq.leases"
_LEASE_OPTIONS = ("--dhcp-leasefile=", "--dhcp-lease-file=")
_FILES = ("resolv.conf", "hosts", "nsswitch.conf")
_PORTS = frozenset({53, 67})
"""Where names and addresses are given out."""
_MOST_LINKS = 64
"""Of one node; more are not looked into one by one."""


class Closer:
    """Reads what a snapshot leaves out."""

    def __init__(self, namespaces: Namespaces, observer: Observer, programs: Programs) -> None:
        self._namespaces = namespaces
        self._observer = observer
        self._programs = programs

    def snapshot(self) -> Snapshot:
        """The whole private machine now, with the details of each node, and what its filters have counted."""
        for station in self._observer.stations.values():
            station.filters.forget()
        found = self._observer.snapshot()
        shared = self._files("/etc")
        return Snapshot({name: self._with_details(node, shared) for name, node in found.nodes.items()})

    def more(
        self, files: Iterable[tuple[str, str]], nodes: Iterable[str]
    ) -> tuple[dict[tuple[str, str], str | None], dict[str, tuple[Process, ...]]]:
        """Files as nodes see them, each with the node's name, and the programs that run on nodes."""
        self._observer.follow()
        texts = {(node, path): self._file(node, path) for node, path in files}
        inodes = {name: each.inode for name in nodes if (each := self._namespaces.names.get(name)) and each.inode}
        running = self._programs.running(inodes.values()) if inodes else {}
        return texts, {name: running[inode] for name, inode in inodes.items()}

    def _file(self, node: str, path: str) -> str | None:
        """A node's own file below /etc, where it has one (ip-netns(8)); else that of the machine."""
        own = path.removeprefix("/etc/")
        if node != PC and own != path and (text := self._namespaces.read_file(f"etc/netns/{node}/{own}")) is not None:
            return text
        return self._namespaces.read_file(path.lstrip("/"))

    def _with_details(self, node: Node, shared: Mapping[str, str]) -> Node:
        namespace = self._namespaces.names.get(node.name)
        station = self._observer.stations.get(namespace.inode) if namespace and namespace.is_enterable else None
        if namespace is None or station is None:
            return node
        own = {} if node.name == PC else self._files(f"/etc/netns/{node.name}")
        with self._namespaces.enter(node.name):
            sysctls = _sysctls(list(node.links)[:_MOST_LINKS])
        has_bridge = any(link.kind == "bridge" for link in node.links.values())
        commands = self._programs.commands(namespace.inode) if _has_server(node) else ()
        details = Details(
            sysctls,
            rules_of(station),
            stopped_ports(station) if has_bridge else {},
            pinned(station) if has_bridge else (),
            redirects(station),
            _without_arp(station),
            {**shared, **own, **self._leases(commands)},
            commands,
        )
        return replace(node, details=details)

    def _files(self, directory: str) -> dict[str, str]:
        paths = [f"{directory}/{name}" for name in _FILES]
        texts = {path: self._namespaces.read_file(path.lstrip("/")) for path in paths}
        return {path: text for path, text in texts.items() if text is not None}

    def _leases(self, commands: tuple[tuple[str, ...], ...]) -> dict[str, str]:
        """The files in which servers write down whom they gave which address."""
        given = [word.partition("=")[2] for line in commands for word in line if word.startswith(_LEASE_OPTIONS)]
        texts = {path: self._namespaces.read_file(path.lstrip("/")) for path in (_LEASES, *given) if commands}
        return {path: text for path, text in texts.items() if text is not None}


def _has_server(node: Node) -> bool:
    return any(each.protocol == "udp" and each.local_port in _PORTS and each.is_waiting for each in node.sockets)


def _without_arp(station: Station) -> frozenset[str]:
    return frozenset(raw.name for raw in station.links.values() if not raw.has_arp and raw.kind != "loopback")


def _sysctls(links: list[str]) -> dict[str, str]:
    """The settings of the namespace that this process stands in, by their keys as `sysctl` writes them."""
    found = {key: value for key in _WHOLE if (value := _value(key.replace(".", "/")))}
    for version, keys in _EACH.items():
        for link in ("all", *links):
            for key in keys:
                if value := _value(f"net/{version}/conf/{link}/{key}"):
                    found[f"net.{version}.conf.{link}.{key}"] = value
    return found


def _value(path: str) -> str:
    with suppress(OSError):
        return Path(f"/proc/sys/{path}").read_text(encoding="ascii").strip()
    return ""
