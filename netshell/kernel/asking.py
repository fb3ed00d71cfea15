"""One datagram to a program in a namespace and the answer to it, over that node's own loopback: no link carries it."""

import socket
from contextlib import closing

from netshell.namespaces.names import Namespaces

_PATIENCE_S = 0.4
_ANSWER_MOST = 4096


def exchange(namespaces: Namespaces, node: str, to: tuple[str, int], source_port: int, data: bytes) -> bytes:
    """Send to an address of the node's own, from it to itself; the answer, or nothing where none comes at once.

    Since both ends are one node no neighbour is asked, and no packet leaves it. Raises UserError where there is no
    such node.
    """
    family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
    with namespaces.enter(node), closing(socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)) as asker:
        asker.settimeout(_PATIENCE_S)
        try:
            asker.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", source_port))  # noqa: S104 - of that node
            asker.connect(to)
            asker.send(data)
            return asker.recv(_ANSWER_MOST)
        except OSError:
            return b""
