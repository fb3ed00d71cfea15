"""What a row of the catalogue of faults holds."""

from dataclasses import dataclass
from typing import NamedTuple


class Example(NamedTuple):
    """The fault in a standard lab: how to make it, what to ask, and at which node it then is."""

    lab: str
    """The name of a lab of `labs.LABS`."""
    make: tuple[str, ...]
    """Shell lines for the PC of that lab."""
    ask: str
    """Whom `:why` is asked for: `ns1 ns2:80`."""
    at: str
    tries: tuple[str, ...] = ()
    """Shell lines whose packets are needed to tell it; they may fail."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can be wrong."""

    name: str
    layer: int
    """As `Finding.layer` has it; the lowest is told first."""
    title: str
    says: str
    """What is said of it; in braces the words that `Break.words` has."""
    mend: str
    """The command that mends it, with the same words; empty where none is known."""
    concept: str
    """The lesson that teaches it."""
    shows: str
    """What a learner sees of it."""
    examples: tuple[Example, ...] = ()
    look: str = ""
    """The command that shows it, with the same words; empty where that follows from the layer."""
    needs_packets: bool = False
    """The snapshot alone does not tell it."""
