"""Tries the kernel's features in a forked child that has namespaces of its own, which end with it.

Nothing is changed on the real machine. A feature that lies in a kernel module is not tried while the module is not
loaded, for trying would load it: the list of modules answers instead.
"""

import errno
import json
import os
import select
import signal
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NoReturn, TypeAlias

from netshell import linux
from netshell.host import netlink

TIMEOUT_S = 3.0

USER, ID_MAP, OTHERS = "a user namespace", "the id map", "namespaces for network, processes and mounts"
MOUNTS, PROC, NESTED = "private mounts", "a /proc of its own", "a user namespace inside another"
STAGES = (USER, ID_MAP, OTHERS, MOUNTS, PROC, NESTED)
"""What the private machine is made of, in its order, named as a sentence takes them."""

Answer: TypeAlias = int
"""0 where it works, else the errno of the refusal."""

Where: TypeAlias = Literal["here", "module", "absent", "unknown"]
"""In the kernel or loaded; in a module that is loaded when first used; in neither; no list of modules to ask."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature that is tried inside the child's own network namespace."""

    name: str
    module: str
    attempt: Callable[[], None]
    """Raises OSError where the kernel lacks it."""
    is_harmless: bool = True
    """Loading its module leaves nothing on the real machine (`dummy` would leave a dummy0)."""


def probe() -> dict[str, Answer]:
    """What the kernel answers to each attempt, by name.

    The stages come first, in the order in which the private machine needs them: where one is refused, what comes
    after it is not tried and has no answer. A child that says nothing in time answers ETIMEDOUT for the first stage.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _speak(writer)
    os.close(writer)
    try:
        text = _read(reader)
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return json.loads(text) if text else {USER: errno.ETIMEDOUT}


def _read(reader: int) -> bytes:
    """What the child says until it ends; nothing where it does not in time."""
    said = b""
    while select.select([reader], [], [], TIMEOUT_S)[0]:
        part = os.read(reader, 65536)
        if not part:
            return said
        said += part
    return b""


def _speak(writer: int) -> NoReturn:
    """The child: tries everything, writes the answers as JSON and ends, whatever happens."""
    try:
        os.write(writer, json.dumps(_try_all()).encode())
    finally:
        os._exit(0)


def _try_all() -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for name, attempt in zip(STAGES, _stages(os.geteuid(), os.getegid()), strict=True):
        answers[name] = _answer(attempt)
        if answers[name]:
            return answers
    modules = Modules.read()
    for feature in FEATURES:
        where = modules.find(feature.module)
        if where == "here" or (where == "unknown" and feature.is_harmless):
            answers[feature.name] = _answer(feature.attempt)
        else:
            answers[feature.name] = errno.EOPNOTSUPP if where == "absent" else 0
    return answers


def _answer(attempt: Callable[[], None]) -> Answer:
    try:
        attempt()
    except OSError as error:
        return error.errno or errno.EIO
    return 0


def _stages(uid: int, gid: int) -> tuple[Callable[[], None], ...]:
    """How each of the stages is tried. The ids are those that the child starts with."""
    return (
        lambda: linux.unshare(linux.NEWUSER),
        lambda: _map_id(uid, gid),
        lambda: linux.unshare(linux.NEWNS | linux.NEWNET | linux.NEWPID | linux.NEWIPC | linux.NEWUTS),
        _mount_privately,
        _mount_proc,
        _nest,
    )


def _map_id(uid: int, gid: int) -> None:
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        Path(f"/proc/self/{name}").write_text(text, encoding="ascii")


def _mount_privately() -> None:
    linux.mount(None, "/", None, linux.MS_REC | linux.MS_PRIVATE)
    linux.mount("tmpfs", "/tmp", "tmpfs", linux.MS_NOSUID | linux.MS_NODEV)  # noqa: S108 - in the child's own mounts


def _mount_proc() -> None:
    """Goes on as the first process of the new pid namespace, as proc(5) asks of the one that mounts it."""
    first = os.fork()
    if first:
        os.waitpid(first, 0)
        os._exit(0)
    signal.signal(signal.SIGALRM, lambda *_: os._exit(0))  # its parent's end would not reach it
    signal.alarm(int(TIMEOUT_S))
    linux.mount("proc", "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)


def _nest() -> None:
    """In a child of its own: inside the nested namespace there are no rights over the network outside it."""
    nested = os.fork()
    if nested == 0:
        os._exit(_answer(_enter_nested))
    number = os.waitstatus_to_exitcode(os.waitpid(nested, 0)[1])
    if number:
        raise OSError(number, os.strerror(number))


def _enter_nested() -> None:
    linux.unshare(linux.NEWUSER | linux.NEWNS)
    _map_id(0, 0)


@dataclass(frozen=True, slots=True)
class Modules:
    """The kernel's modules, as /lib/modules lists them for the running kernel: modules.dep(5)."""

    built_in: str
    available: str
    loaded: frozenset[str] = frozenset()
    has_list: bool = True
    is_modular: bool = True
    """False for a kernel that loads no modules: what it has is here, and trying is free."""

    @classmethod
    def read(cls) -> "Modules":
        """Those of this machine; containers seldom have the list."""
        directory = Path("/lib/modules") / os.uname().release
        try:
            texts = [(directory / f"modules.{name}").read_text(encoding="utf-8") for name in ("builtin", "dep")]
        except OSError:
            texts = []
        loaded = frozenset(path.name for path in Path("/sys/module").glob("*"))
        built_in, available = texts or ("", "")
        return cls(built_in, available, loaded, bool(texts), Path("/proc/modules").exists())

    def find(self, module: str) -> Where:
        """Where a module is; a feature that has none is in the kernel or nowhere, and may be tried."""
        if not module or not self.is_modular or module in self.loaded or f"/{module}.ko" in self.built_in:
            return "here"
        if not self.has_list:
            return "unknown"
        return "module" if f"/{module}.ko" in self.available else "absent"


def _filter_calls() -> None:
    linux.install_seccomp(struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000))  # BPF_RET, SECCOMP_RET_ALLOW


def _open_packet_socket() -> None:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()


def _add_link(kind: str, data: bytes = b"", *attributes: bytes) -> None:
    """RTM_NEWLINK of rtnetlink(7): a new interface of a kind, named after it."""
    info = netlink.attribute(1, kind.encode()) + (netlink.attribute(2, data) if data else b"")  # IFLA_INFO_KIND, _DATA
    body = bytes(16) + netlink.attribute(3, f"{kind}-0".encode() + b"\0") + netlink.attribute(18, info)
    netlink.request(socket.NETLINK_ROUTE, 16, body + b"".join(attributes), netlink.CREATE)


def _add_vlan() -> None:
    _add_link("vlan", netlink.attribute(1, struct.pack("=H", 10)), netlink.attribute(5, struct.pack("=I", 1)))


def _add_vrf() -> None:
    _add_link("vrf", netlink.attribute(1, struct.pack("=I", 10)))


def _add_netem() -> None:
    """RTM_NEWQDISC: a queue on `lo` that delays by nothing; the options are struct tc_netem_qopt."""
    head = struct.pack("=BxxxiIII", 0, 1, 0, 0xFFFFFFFF, 0)
    options = struct.pack("=6I", 0, 1000, 0, 0, 0, 0)
    netlink.request(
        socket.NETLINK_ROUTE,
        36,
        head + netlink.attribute(1, b"netem\0") + netlink.attribute(2, options),
        netlink.CREATE,
    )


def _ask_nftables() -> None:
    """NFT_MSG_GETGEN, the generation number of the rules."""
    netlink.request(netlink.NETFILTER, 10 << 8 | 16, bytes(4))


FEATURES: tuple[Feature, ...] = (
    Feature("seccomp", "", _filter_calls),
    Feature("AF_PACKET", "af_packet", _open_packet_socket),
    Feature("veth", "veth", lambda: _add_link("veth")),
    Feature("bridge", "bridge", lambda: _add_link("bridge")),
    Feature("nftables", "nf_tables", _ask_nftables),
    Feature("dummy", "dummy", lambda: _add_link("dummy"), is_harmless=False),
    Feature("802.1q", "8021q", _add_vlan),
    Feature("netem", "sch_netem", _add_netem),
    Feature("vrf", "vrf", _add_vrf),
    Feature("wireguard", "wireguard", lambda: _add_link("wireguard")),
)
