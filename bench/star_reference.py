"""A star of N hosts as other tools build it, each in namespaces of its own that end with this process.

    python -m bench.star_reference TOOL N

As root of a network and a mount namespace with an empty /run/netns. Prints milliseconds: how long it took, and what
it used of the processors. All but Mininet build the lab that netshell builds: N hosts and a switch, each a named
namespace; every host has a cable to the switch's bridge, an address, `lo` up and a default route.
"""

import os
import resource
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from netshell import linux

_GATEWAY = "10.0.0.1"
_BATCH = 100
_RECEIVE_BYTES = 1 << 17
_HEADER = struct.Struct("=IHHIIi")
_ERROR = 2


def address(number: int) -> str:
    """Of the host of that number, counted from 1; all are of 10.0.0.0/16."""
    return f"10.0.{(number + 1) // 256}.{(number + 1) % 256}"


class _Talk:
    """A netlink socket of the namespace it was made in, and pyroute2's messages for it."""

    def __init__(self) -> None:
        from pyroute2 import IPBatch  # noqa: PLC0415 - for the one tool that is made of it

        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        self.messages = IPBatch()

    def send(self) -> None:
        """All at once, and as many answers. Raises RuntimeError where one is a refusal."""
        data = bytes(self.messages.batch)
        self.messages.reset()
        wanted, at = 0, 0
        while at < len(data):
            at += int(_HEADER.unpack_from(data, at)[0]) + 3 & ~3
            wanted += 1
        self._socket.send(data)
        while wanted:
            answer = self._socket.recv(_RECEIVE_BYTES)
            length, kind, _, _, _, error = _HEADER.unpack_from(answer)
            if kind != _ERROR or error:
                raise RuntimeError(f"refused: {os.strerror(-error)}")
            wanted -= len(answer) // (length + 3 & ~3)


def _make_namespace(name: str, home: int) -> tuple[int, _Talk]:
    path = f"/run/netns/{name}"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDONLY, 0o444))
    linux.unshare(linux.NEWNET)
    linux.mount("/proc/self/ns/net", path, flags=linux.MS_BIND)
    fd, talk = os.open(path, os.O_RDONLY | os.O_CLOEXEC), _Talk()
    linux.setns(home, linux.NEWNET)
    return fd, talk


def _by_pyroute2(hosts: int) -> Callable[[], None]:
    """Its messages (`IPBatch`) on plain sockets, each opened after setns(2): the fastest way found with it."""

    def build() -> None:
        home = os.open("/proc/self/ns/net", os.O_RDONLY)
        _, middle = _make_namespace("sw", home)
        made = [_make_namespace(f"h{number}", home) for number in range(1, hosts + 1)]
        middle.messages.link("add", ifname="br0", kind="bridge", index=2, state="up")
        middle.send()
        for number, (fd, _) in enumerate(made, 1):
            peer = {"ifname": "eth0", "net_ns_fd": fd, "index": 2}
            port = {"ifname": f"p{number}", "kind": "veth", "index": number + 2, "master": 2, "state": "up"}
            middle.messages.link("add", peer=peer, **port)
            if number % _BATCH == 0 or number == hosts:
                middle.send()
        for number, (_, talk) in enumerate(made, 1):
            for index in (1, 2):
                talk.messages.link("set", index=index, state="up")
            talk.messages.addr("add", index=2, address=address(number), prefixlen=16)
            talk.messages.route("add", dst="default", gateway=_GATEWAY)
            talk.send()

    _Talk()  # imports what is to be imported
    return build


def _by_ip(hosts: int) -> Callable[[], None]:
    """`ip -batch`: a process for the names, one for the switch, and one for each host."""
    names = ["sw", *(f"h{number}" for number in range(1, hosts + 1))]
    middle = ["link add br0 type bridge", "link set br0 up"]
    for number in range(1, hosts + 1):
        middle.append(f"link add p{number} type veth peer name eth0 netns h{number}")
        middle.append(f"link set p{number} master br0 up")
    batches: list[tuple[list[str], list[str]]] = [([], [f"netns add {name}" for name in names]), (["-n", "sw"], middle)]
    for number in range(1, hosts + 1):
        lines = ["link set lo up", "link set eth0 up", f"address add {address(number)}/16 dev eth0"]
        batches.append((["-n", f"h{number}"], [*lines, f"route add default via {_GATEWAY}"]))
    directory = Path(tempfile.mkdtemp(dir="/run"))
    commands = []
    for number, (where, lines) in enumerate(batches):
        file = directory / str(number)
        file.write_text("\n".join(lines) + "\n", encoding="ascii")
        commands.append(["ip", *where, "-batch", str(file)])

    def build() -> None:
        for argv in commands:
            _, status = os.waitpid(os.posix_spawnp("ip", argv, os.environ), 0)
            if status:
                raise RuntimeError(f"{' '.join(argv)} failed")

    return build


_TOOLS = {"pyroute2": _by_pyroute2, "ip": _by_ip}

MININET = """
import os, sys, time
from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo
begun = time.perf_counter()
net = Mininet(SingleSwitchTopo(int(sys.argv[1])), switch=LinuxBridge, controller=None)
net.start()
print((time.perf_counter() - begun) * 1e3, 0.0, flush=True)
os._exit(0)
"""
"""Its own way to the same: hosts are processes, and the bridge lies in the namespace it is started in.

It is for the system's Python, where it is installed. What its shells use of the processors is not told.
"""


def main() -> None:
    """Build, tell, and end with all of it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    build = _TOOLS[sys.argv[1]](int(sys.argv[2]))
    before, begun = _processor_ms(), time.perf_counter()
    build()
    taken_ms = (time.perf_counter() - begun) * 1e3
    print(taken_ms, _processor_ms() - before)


def _processor_ms() -> float:
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used) * 1e3


if __name__ == "__main__":
    main()
