"""Words for sockets that begin to wait, connect and close. A connection is told once, though it has two ends.

What a program leaves behind for a minute (TIME-WAIT) and what opens and closes within one command are no news.
"""

from netshell.explain.connections import ALIVE, Place, ends
from netshell.explain.scene import Scene, Words, where
from netshell.facts import PC, Change, Socket, end_of, ends_of

_ON_ITS_WAY = frozenset({"SYN-SENT"})
_EVERY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - how the kernel writes every address


def socket_words(change: Change, scene: Scene) -> Words:
    """What is told of one socket."""
    shown = change.after or change.before
    if not isinstance(shown, Socket):
        return Words(change.name, is_background=True)
    if not shown.remote:
        return _waiting_words(change, shown)
    if shown.protocol == "udp":
        return _peer_words(change, shown)
    return _connection_words(change, shown, scene)


def _headline(node: str, socket: Socket) -> str:
    parts = [f"{where(node)}socket {socket.protocol} {ends_of(socket)}", socket.state, _who(socket, "")]
    return " ".join(part for part in parts if part)


def _named(node: str) -> str:
    return "the PC" if node == PC else node


def _who(socket: Socket, otherwise: str) -> str:
    return socket.program or otherwise


def _waiting_words(change: Change, socket: Socket) -> Words:
    """One that listens, or is bound for datagrams."""
    headline = _headline(change.on, socket)
    reach = f"on every address of {_named(change.on)}" if socket.local in _EVERY else f"on {socket.local} only"
    if socket.is_v6only and socket.local in _EVERY:
        reach = f"on every IPv6 address of {_named(change.on)}"
    if socket.dev:
        reach += f", and only from {socket.dev}"
    what = "connections" if socket.protocol == "tcp" else "datagrams"
    if change.op == "added":
        return Words(headline, f"{_who(socket, 'a program')} waits for {what} on port {socket.local_port}, {reach}")
    if change.op == "removed":
        return Words(headline, f"nobody waits for {what} there any more")
    return Words(headline, is_background=True)


def _peer_words(change: Change, socket: Socket) -> Words:
    """UDP with a fixed other end."""
    if change.op != "added":
        return Words(_headline(change.on, socket), is_background=True)
    remote = end_of(socket.remote, socket.remote_port)
    detail = f"{_who(socket, 'a program')} sends its datagrams to {remote}; nothing was agreed with the other end"
    return Words(_headline(change.on, socket), detail)


def _connection_words(change: Change, socket: Socket, scene: Scene) -> Words:
    before, after = scene.connections.before(socket), scene.connections.after(socket)
    was_alive, is_alive = _has(before, ALIVE), _has(after, ALIVE)
    headline = _headline(change.on, socket)
    if not was_alive and not is_alive:
        is_trying = _has(after, _ON_ITS_WAY) and socket.state in _ON_ITS_WAY and change.op == "added"
        detail = f"{_who(socket, 'a program')} sent a SYN and waits for the answer" if is_trying else ""
        return Words(headline, detail, is_background=not is_trying)
    teller = _teller((change.on, socket), scene, after if is_alive else before)
    if (change.on, ends(socket)) != (teller[0], ends(teller[1])):
        return Words(headline, is_background=True)
    if not was_alive:
        return _opened(change, socket, scene, after)
    if not is_alive:
        return Words(f"{where(change.on)}socket {socket.protocol} {ends_of(socket)} closed", _why_closed(after))
    half = next((place for place in after if place[1].state == "CLOSE-WAIT"), None)
    if half is None or _has(before, {"CLOSE-WAIT"}):
        return Words(headline, is_background=True)
    waiting = f"{_who(half[1], 'the program')} on {_named(half[0])}"
    return Words(headline, f"one end has sent its FIN; {waiting} has not closed its own yet")


def _opened(change: Change, socket: Socket, scene: Scene, after: list[Place]) -> Words:
    """A connection that was not there: its both ends, and how many more there are like it."""
    headline = _headline(change.on, socket)
    alike = scene.connections.alike(change.on, socket)
    if alike and alike[0] != socket:
        return Words(headline, is_background=True)
    here = f"{_who(socket, 'a program')} on {_named(change.on)}"
    there = next((place for place in after if ends(place[1]) != ends(socket)), None)
    if there is None:
        detail = f"{here} is connected to {end_of(socket.remote, socket.remote_port)}"
    else:
        detail = f"{here} and {_who(there[1], 'a program')} on {_named(there[0])} are connected"
    more = f", and {len(alike) - 1} more like it" if len(alike) > 1 else ""
    return Words(headline, detail + more)


def _why_closed(after: list[Place]) -> str:
    lingering = next((node for node, socket in after if socket.state == "TIME-WAIT"), "")
    return f"{_named(lingering)} keeps it in TIME-WAIT for a minute, in case a late segment comes" if lingering else ""


def _teller(mine: Place, scene: Scene, places: list[Place]) -> Place:
    """The end whose line tells the connection: the one that opened it, where that changed and is known."""
    if len(places) < 2:
        return mine
    moved = [place for place in places if scene.connections.has_moved(*place)]
    clients = [place for place in moved if not scene.connections.is_served(*place)]
    return max(clients or moved or [mine], key=lambda place: place[1].local_port)


def _has(places: list[Place], states: frozenset[str] | set[str]) -> bool:
    return any(socket.state in states for _, socket in places)
