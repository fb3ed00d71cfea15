"""What a command line is made of, and what each of its parts means: the values that others are given."""

from dataclasses import asdict, dataclass
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["program", "word", "option", "value", "shell", "unknown"]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a command line. Its texts are as they were typed: whoever shows them makes them harmless."""

    at: int
    """Offset of its first character in the line."""
    end: int
    text: str
    role: Role
    says: str
    """What it means, from the tool's manual; empty where what stands before it has said so."""
    here: str = ""
    """What it has to do with this network as it is now; empty where nothing is known of it."""
    trouble: str = ""
    """Why it cannot be what its place asks for."""
    page: str = ""
    """The manual page that tells more, with its section: `ip-route(8)`."""
    depth: int = 0
    """How many commands stand around it: that of `ip netns exec ns1 ping` has 1."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A command line taken apart."""

    line: str
    summary: str
    """What the whole of it does, in a sentence; empty where that is not known for certain."""
    parts: tuple[Part, ...]
    is_open: bool = False
    """Bash would wait for more: a quote or a here-document has no end."""

    @property
    def unknown(self) -> tuple[Part, ...]:
        """The parts that netshell does not know."""
        return tuple(part for part in self.parts if part.role == "unknown")

    @property
    def is_clear(self) -> bool:
        """Every part is known, and can stand where it stands."""
        return not any(part.role == "unknown" or part.trouble for part in self.parts)

    @property
    def pages(self) -> tuple[str, ...]:
        """The manual pages that the parts come from, each once."""
        return tuple(dict.fromkeys(part.page for part in self.parts if part.page))


def as_json(explanation: Explanation) -> dict[str, object]:
    """The explanation as plain JSON values: `command`, `summary`, and the `parts` with all that they have."""
    parts = [asdict(part) for part in explanation.parts]
    return {"command": explanation.line, "summary": explanation.summary, "parts": parts}
