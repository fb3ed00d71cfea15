"""One fault of the catalogue at one place of a network: what to type, whom to ask for, where it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from broken_places import Place

from netshell.diagnosis.words import run_on


@dataclass(frozen=True)
class Deed:
    """One fault, made at one place."""

    fault: str
    at: frozenset[str]
    """The nodes at which it may be told."""
    make: tuple[str, ...]
    """Shell lines on the PC."""
    ask: tuple[str, str]
    tries: tuple[str, ...] = ()
    """Shell lines whose packets are needed to tell it."""
    same: frozenset[str] = frozenset()
    """Other names that are as right: what is told depends on from where one looks."""
    ruins: bool = False
    """What was there is lost with it: the network has to be built anew."""
    undo: tuple[str, ...] = ()
    """Shell lines that take back what no snapshot shows."""


Maker = Callable[[Place], Iterator[Deed]]


def deed(place: Place, fault: str, at: str, *make: str, ask: str = "", same: str = "", ruins: bool = False) -> Deed:
    """A row in short; `at` and `same` may be several words, `ask` is a target other than the place's own."""
    asked = (place.source, ask) if ask else place.ask
    return Deed(fault, frozenset(at.split()), make, asked, same=frozenset(same.split()), ruins=ruins)


def serve(node: str, command: str, wait_s: float = 0.2) -> str:
    """A program in the background, ended when the network is put right again."""
    started = run_on(node, f"timeout 60 {command}")
    return f"{started} >/dev/null 2>&1 </dev/null & echo $! >>/tmp/broken.pids; sleep {wait_s}"


def ping(place: Place) -> str:
    """The source asks for the target once."""
    return run_on(place.source, f"ping -c 1 -W 1 {place.ip}")


def spec(route: object) -> str:
    """A route as `ip route del` wants it."""
    dst, via, dev = getattr(route, "dst", ""), getattr(route, "via", None), getattr(route, "dev", None)
    return f"{dst}{f' via {via}' if via else ''} dev {dev}"
