"""What several checks share about ports: `tcp/80` as authors write it, and who waits there."""

import re
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Literal, NamedTuple

from netshell.checks.base import Fault
from netshell.checks.words import near, place
from netshell.facts import Node, Snapshot, Socket, end_of

_PORT = re.compile(r"(tcp|udp)/([0-9]{1,5})")


class Port(NamedTuple):
    """A port of a transport protocol."""

    protocol: Literal["tcp", "udp"]
    number: int

    def __str__(self) -> str:
        return f"{self.protocol}/{self.number}"


def port_of(text: str) -> Port | None:
    """`tcp/80`; None for what is no port."""
    match = _PORT.fullmatch(text)
    if match is None or not 1 <= int(match[2]) <= 65535:
        return None
    return Port("tcp" if match[1] == "tcp" else "udp", int(match[2]))


def port_faults(key: str, text: str) -> Iterator[Fault]:
    """A text that is no `tcp/80`."""
    if port_of(text) is None:
        yield Fault(key, f"`{text}` is no port.", "Write the protocol and a number from 1 to 65535: tcp/80")


def address_faults(key: str, text: str) -> Iterator[Fault]:
    """A text that is no IP address."""
    if not is_address(text):
        yield Fault(key, f"`{text}` is no IP address.", "Write it without a prefix length: 192.0.2.1")


def is_address(text: str) -> bool:
    """Whether a text is an IP address, and not, say, the name of a node."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def word_faults(key: str, word: str, known: Iterable[str]) -> Iterator[Fault]:
    """A word that is not among the known ones."""
    names = list(known)
    if word not in names:
        close = near(word, names) or next((name for name in names if word.startswith(name)), None)
        remedy = f"Did you mean `{close}`?" if close else f"Known here: {', '.join(f'`{name}`' for name in names)}."
        yield Fault(key, f"Unknown word `{word}`.", remedy)


def addresses_of(snapshot: Snapshot, name: str) -> frozenset[str]:
    """What packets may have for a node, or an address by itself."""
    if is_address(name):
        return frozenset({str(ip_address(name))})
    node = snapshot.node(name)
    return frozenset(a.cidr.partition("/")[0] for a in node.addresses) if node else frozenset()


def waiting_on(node: Node, protocol: str = "") -> list[Socket]:
    """The sockets of a node that wait for whoever comes."""
    return [s for s in node.sockets if s.is_waiting and protocol in {"", s.protocol}]


def program_of(socket: Socket) -> str:
    """Who has a socket, at the start of a sentence or inside it."""
    return socket.program or "something"


def waits(socket: Socket, at: str = "") -> str:
    """What it does, and where if a node is given: `nc listens in ns1 on 127.0.0.1:80 only`, `nc listens on tcp/80`."""
    here = f" {place(at)}" if at else ""
    verb = "listens" if socket.protocol == "tcp" else "takes datagrams"
    if socket.local in {"0.0.0.0", "::"}:  # noqa: S104 - as the kernel writes every address
        return f"{program_of(socket)} {verb} on {socket.protocol}/{socket.local_port}{here}"
    return f"{program_of(socket)} {verb}{here} on {end_of(socket.local, socket.local_port)} only"


def sentence(text: str) -> str:
    """A capital at its beginning, unless a program's or a node's own name stands there."""
    return f"Something{text[9:]}" if text.startswith("something") else text
