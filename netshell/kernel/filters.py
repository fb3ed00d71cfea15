"""The packet filters, NAT rules and tracked connections of one network namespace.

The kernel tells of each new ruleset of nf_tables (nftables' notifications) and numbers it; only then, and where there
has been one at all, `nft` and `iptables-save` are run, which know what the rules mean. Of the older tables of iptables
the kernel tells nothing: they are read anew each time, where there are any. Without those programs it is known only
that there are rules.
"""

import errno
import os
import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from netshell.filters import Chain, Family, Flow
from netshell.kernel.flows import flow_of, opener_of

_NETLINK_NETFILTER = 12
_NFTABLES_GROUP = 1 << 6
"""NFNLGRP_NFTABLES, linux/netfilter/nfnetlink.h."""
_GET_GENERATION = 10 << 8 | 16
_GET_FLOWS, _DROP_FLOW = 1 << 8 | 1, 1 << 8 | 2
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
_ERROR, _DONE = 2, 3
_GENERATION_ID = 1
_UNTOUCHED = 1
"""The generation of a namespace that has never had rules."""
_HEADER = struct.Struct("=IHHII")
_FAMILY = struct.Struct("=BBH")
_ANY = _FAMILY.pack(0, 0, 0)
_RECEIVE_BYTES = 1 << 17
_TIMEOUT_S = 2.0
_MOST_BYTES = 1 << 22
_MOST_FLOWS = 512
_NAME_FILES = {"ip_tables_names": "iptables-legacy-save", "ip6_tables_names": "ip6tables-legacy-save"}
_SAVERS: Mapping[Family, str] = {"ip": "iptables", "ip6": "ip6tables"}
_BUILT_IN = frozenset({"filter", "nat", "mangle", "raw", "security"})
_PLACES = "/usr/sbin:/sbin:/usr/local/sbin:/usr/bin:/bin"


class Filters(NamedTuple):
    """All that filters and translates in a namespace."""

    chains: tuple[Chain, ...] = ()
    has_unread: bool = False
    """There are rules, or may be, that no program here could show."""


class FilterReader:
    """Belongs to the namespace that the process stood in when it was made, and stays so.

    `read` must be called in that namespace.
    """

    def __init__(self) -> None:
        self._socket = _netfilter_socket()
        self._port = self._socket.getsockname()[0] if self._socket else 0
        self._names: list[int] = []
        with suppress(OSError):
            for name in _NAME_FILES:
                self._names.append(os.open(f"/proc/self/net/{name}", os.O_RDONLY | os.O_CLOEXEC))
        self._count: int | None = None
        with suppress(OSError):
            self._count = os.open("/proc/sys/net/netfilter/nf_conntrack_count", os.O_RDONLY | os.O_CLOEXEC)
        self._sequence = 0
        self._told = Filters()
        self._has_legacy = self._is_stale = False
        self._is_stale = self._generation() != _UNTOUCHED

    def fileno(self) -> int | None:
        """Readable when the rules of nf_tables changed; None where this kernel does not tell."""
        return self._socket.fileno() if self._socket else None

    def close(self) -> None:
        """Let go of the namespace."""
        if self._socket is not None:
            self._socket.close()
        for fd in (*self._names, *([self._count] if self._count is not None else [])):
            os.close(fd)

    def have_moved(self) -> bool:
        """Whether the rules may be other ones than those read last."""
        if self._socket is not None:
            self._hear(self._socket)
        had_legacy = self._has_legacy
        self._has_legacy = any(os.pread(fd, 1, 0) for fd in self._names)
        return self._is_stale or self._has_legacy or had_legacy

    def _hear(self, heard: socket.socket) -> None:
        """Take in all notifications; that some were lost is one, too (ENOBUFS)."""
        while True:
            try:
                heard.recv(1)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
            self._is_stale = True

    def forget(self) -> None:
        """Have what is there read anew, with what its rules have counted meanwhile."""
        self._is_stale |= bool(self._told.chains)

    def read(self) -> Filters:
        """All rules as they are now."""
        if self._is_stale:
            self._is_stale = False
            found = _of_nf_tables() if self._generation() != _UNTOUCHED else []
            self._told = Filters(tuple(found or ()), found is None)
        if not self._has_legacy:
            return self._told
        savers = zip(self._names, _NAME_FILES.values(), _SAVERS, strict=False)
        legacy = [_legacy(program, family) for fd, program, family in savers if os.pread(fd, 1, 0)]
        chains = [chain for found in legacy for chain in found or ()]
        return Filters((*self._told.chains, *chains), self._told.has_unread or None in legacy)

    def count_flows(self) -> int:
        """How many connections are tracked."""
        if self._count is None:
            return 0
        with suppress(OSError, ValueError):
            return int(os.pread(self._count, 20, 0))
        return 0

    def flows(self) -> tuple[Flow, ...]:
        """The tracked connections, some hundred of them at most."""
        if not self.count_flows():
            return ()
        found: list[Flow] = []
        for body in self._ask(_GET_FLOWS, _REQUEST | _DUMP):
            flow = flow_of(body)
            if flow is not None and len(found) < _MOST_FLOWS:
                found.append(flow)
        return tuple(found)

    def drop_flows(self, mark: int) -> None:
        """Have the kernel forget the connections that were opened with this port, or this identifier of an echo."""
        if not self.count_flows():
            return
        for body in self._ask(_GET_FLOWS, _REQUEST | _DUMP):
            flow = flow_of(body)
            if flow is not None and flow.original.source_port == mark:
                self._ask(_DROP_FLOW, _REQUEST | _ACK, bytes(body[: _FAMILY.size]) + opener_of(body))

    def _generation(self) -> int:
        """The number of the present ruleset of nf_tables; that of an untouched one where the kernel has none."""
        for body in self._ask(_GET_GENERATION, _REQUEST):
            length, kind = struct.unpack_from("=HH", body, 4)
            if kind == _GENERATION_ID and length == 8:
                return int.from_bytes(body[8:12], "big")
        return _UNTOUCHED

    def _ask(self, kind: int, flags: int, question: bytes = _ANY) -> list[memoryview]:
        """The bodies of the answer; none where the kernel does not know the question."""
        bodies: list[memoryview] = []
        if self._socket is None:
            return bodies
        self._sequence += 1
        size = _HEADER.size + len(question)
        with suppress(OSError):
            self._socket.send(_HEADER.pack(size, kind, flags, self._sequence, 0) + question)
            while True:
                data = memoryview(self._socket.recv(_RECEIVE_BYTES))
                while len(data) >= _HEADER.size:
                    length, answer, _, sequence, port = _HEADER.unpack_from(data)
                    body, data = data[_HEADER.size : length], data[length + 3 & ~3 :]
                    if (sequence, port) != (self._sequence, self._port):
                        self._is_stale = True  # a notification
                        continue
                    if answer in {_ERROR, _DONE}:
                        return bodies
                    bodies.append(body)
                    if not flags & _DUMP:
                        return bodies
        return bodies


def _netfilter_socket() -> socket.socket | None:
    """None where this kernel has no netfilter."""
    with suppress(OSError):
        opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER)
        opened.bind((0, _NFTABLES_GROUP))
        opened.setblocking(False)  # what the kernel answers is there as soon as it is asked
        return opened
    return None


def _of_nf_tables() -> list[Chain] | None:
    """The rules of nf_tables: as iptables tells its own tables, as nft tells all others."""
    from netshell.kernel import nft_rules  # noqa: PLC0415 - only where there are rules

    listing = _output("nft", "--json", "list", "ruleset")
    try:
        chains = nft_rules.chains_of(listing) if listing is not None else None
    except (ValueError, KeyError, TypeError):
        chains = None
    told: list[Chain] = []
    for family in _SAVERS:
        own = {c.table for c in chains or () if c.family == family and c.table in _BUILT_IN and _is_of_iptables(c)}
        if chains is None or own:
            saved = _saved(family)
            told += [c for c in saved or () if chains is None or c.table in own]
            if chains is None and saved is None:
                return None
    tables = {(chain.family, chain.table) for chain in told}
    return [*told, *(c for c in chains or () if (c.family, c.table) not in tables)]


def _is_of_iptables(chain: Chain) -> bool:
    """Whether a chain is one that iptables makes: its names are in capitals."""
    return chain.hook is not None and chain.name == chain.hook.upper()


def _saved(family: Family) -> list[Chain] | None:
    """What iptables says of its tables in nf_tables, but for those that somebody else has written to as well."""
    from netshell.kernel import iptables_rules  # noqa: PLC0415 - as above

    for program in (f"{_SAVERS[family]}-nft-save", f"{_SAVERS[family]}-save"):
        listing = _output(program, "-c")
        if listing is not None and (not listing or iptables_rules.is_of_nf_tables(listing)):
            with suppress(ValueError):
                hidden = iptables_rules.left_out(listing)
                return [c for c in iptables_rules.chains_of(listing, family, "iptables") if c.table not in hidden]
    return None


def _legacy(program: str, family: Family) -> list[Chain] | None:
    from netshell.kernel import iptables_rules  # noqa: PLC0415 - as above

    for name in (program, program.replace("-legacy", "")):
        listing = _output(name, "-c")
        if listing is not None and not iptables_rules.is_of_nf_tables(listing):
            with suppress(ValueError):
                return iptables_rules.chains_of(listing, family, "iptables-legacy")
    return None


def _output(program: str, *arguments: str) -> str | None:
    """What a program prints; None where there is none, or it fails, takes too long, or prints without end."""
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired  # noqa: PLC0415 - as above

    directories = f"{os.environ.get('PATH', '')}:{_PLACES}".split(":")
    paths = [f"{directory}/{program}" for directory in directories if directory.startswith("/")]
    path = next((path for path in paths if os.access(path, os.X_OK)), None)
    if path is None:
        return None
    with Popen([path, *arguments], stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL) as process:
        try:
            output, _ = process.communicate(timeout=_TIMEOUT_S)
        except TimeoutExpired:
            process.kill()
            return None
    if process.returncode != 0 or len(output) > _MOST_BYTES:
        return None
    return output.decode(errors="replace")
