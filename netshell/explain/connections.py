"""The TCP connections of two snapshots, each with the ends that lie in the lab; it has no words for them."""

from typing import TypeAlias

from netshell.facts import Snapshot, Socket

ALIVE = frozenset({"ESTAB", "CLOSE-WAIT", "FIN-WAIT-1", "FIN-WAIT-2"})
"""States in which at least one end may still send (RFC 9293, 3.3.2)."""

Place: TypeAlias = tuple[str, Socket]
"""A node, and a socket on it."""
Ends: TypeAlias = tuple[str, str, int, str, int]
"""Protocol, local address and port, remote address and port."""


def ends(socket: Socket) -> Ends:
    """What tells a connected socket from all others of its node."""
    return socket.protocol, socket.local, socket.local_port, socket.remote, socket.remote_port


class Connections:
    """Before and after, found by their ends."""

    def __init__(self, before: Snapshot, after: Snapshot) -> None:
        self._before, self._after = _by_ends(before), _by_ends(after)
        self._listening = _listening(before) | _listening(after)
        self._new: dict[tuple[object, ...], list[Socket]] = {}
        for places in self._after.values():
            for node, socket in places:
                if socket.state in ALIVE and self._state(self._before, node, socket) == "":
                    self._new.setdefault(_service(node, socket), []).append(socket)

    def before(self, socket: Socket) -> list[Place]:
        """The ends that a socket's connection had."""
        return self._before.get(_key(socket), [])

    def after(self, socket: Socket) -> list[Place]:
        """The ends that it has."""
        return self._after.get(_key(socket), [])

    def alike(self, node: str, socket: Socket) -> list[Socket]:
        """The new connections of the same program to the same service."""
        return self._new.get(_service(node, socket), [])

    def has_moved(self, node: str, socket: Socket) -> bool:
        """Whether that end is in another state than it was."""
        return self._state(self._before, node, socket) != self._state(self._after, node, socket)

    def is_served(self, node: str, socket: Socket) -> bool:
        """Whether somebody waits, or waited, at that end's port."""
        return (node, socket.local_port) in self._listening

    def _state(self, places: dict[object, list[Place]], node: str, socket: Socket) -> str:
        found = places.get(_key(socket), ())
        return next((s.state for name, s in found if name == node and ends(s) == ends(socket)), "")


def _by_ends(snapshot: Snapshot) -> dict[object, list[Place]]:
    found: dict[object, list[Place]] = {}
    for node in snapshot.nodes.values():
        for socket in node.sockets:
            if socket.remote:
                found.setdefault(_key(socket), []).append((node.name, socket))
    return found


def _listening(snapshot: Snapshot) -> set[tuple[str, int]]:
    return {(node.name, s.local_port) for node in snapshot.nodes.values() for s in node.sockets if s.state == "LISTEN"}


def _key(socket: Socket) -> object:
    """The same for both ends."""
    here, there = (socket.local, socket.local_port), (socket.remote, socket.remote_port)
    return socket.protocol, min(here, there), max(here, there)


def _service(node: str, socket: Socket) -> tuple[object, ...]:
    return node, socket.program, socket.remote, socket.remote_port
