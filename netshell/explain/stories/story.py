"""What is told of one conversation, and what every kind of conversation has to offer for that."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from netshell.explain.stories.stage import Stage


@dataclass(frozen=True, slots=True)
class Story:
    """One conversation on the wire, in words for a learner."""

    kind: str
    """`arp`, `nd`, `ping`, `traceroute`, `tcp`, `http`, `udp`, `dns`, `dhcp`, `router`, `icmp-error`, `other`; `more`
    where a bound was reached."""
    says: str
    """One to three short sentences, safe to print: who did what, who answered, what is missing."""
    numbers: tuple[int, ...]
    """The crossings that it is made of, ascending."""
    is_trouble: bool = False
    """Something is missing, was refused, or failed."""
    at: str = ""
    """The node where it went wrong, or began; empty where the nodes are not known."""


class Tale(Protocol):
    """A conversation that has been heard to its end."""

    @property
    def began(self) -> int:
        """The number of its first crossing."""
        ...

    def stories(self, stage: Stage) -> Iterator[Story]:
        """What is to be told of it; nothing where another conversation tells it."""
        ...
