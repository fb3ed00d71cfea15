"""One message of one tool: how it reads, and what is said about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from netshell.explain.messages.pattern import Pattern, compile_pattern

Concept: TypeAlias = Literal[
    "netns",
    "loopback",
    "veth",
    "addresses",
    "tcpdump",
    "ethernet",
    "bridge",
    "routing",
    "static-routes",
    "ports",
    "tcp-handshake",
    "http",
    "dns",
    "dhcp",
    "nat",
    "sockets",
    "firewall",
    "ipv6",
    "mtu",
    "shell",
]
"""What a message hangs on: the id of the lesson that teaches it; `shell` for what is the command line's own affair."""

ANYWHERE = "bash"
"""The tool of messages that may follow on any command line."""


@dataclass(frozen=True, slots=True)
class Row:
    """A message.

    Its words may have the parts of the line in braces, `{Who}` (`ns1`, `The PC`), `{who}` inside a sentence,
    `{place}` (`in ns1`, `on the PC`) and `{tool}`.
    """

    tools: str
    """The programs that print it, with blanks between."""
    patterns: tuple[Pattern, ...]
    """The line, in each wording that versions have; none for a command that fails and prints nothing."""
    says: str
    """What it means here: a sentence or two."""
    concept: Concept
    mend: str
    """Where to look or what to think of next; never the whole command."""
    look: str = ""
    """The name of the look that adds what the network's state has to do with it (`looks.LOOKS`)."""
    when: tuple[str, ...] = ()
    """The runs that it is about (`Run.does`): any of these, or every one where there are none."""
    status: int | None = None
    """The exit status that it comes with; None for any that is not 0."""
    unless: str = ""
    """A text that, anywhere in the output, tells that it went on from there."""
    is_answer: bool = False
    """The network's own answer to a try, or its silence; all others are slips of whoever typed."""

    @property
    def has_node(self) -> bool:
        """Whether its words name the place."""
        return any(name in self.says + self.mend for name in ("{who}", "{Who}", "{place}"))


def row(
    tools: str,
    line: str | tuple[str, ...],
    says: str,
    concept: Concept,
    mend: str,
    *,
    look: str = "",
    when: str = "",
    status: int | None = None,
    unless: str = "",
    is_answer: bool = False,
) -> Row:
    """A row as the tables write it; `when` has its alternatives with `|` between."""
    lines = (line,) if isinstance(line, str) else line
    whens = tuple(filter(None, when.split("|")))
    return Row(tools, tuple(map(compile_pattern, lines)), says, concept, mend, look, whens, status, unless, is_answer)


def filled(words: str, values: Mapping[str, str]) -> str:
    """Words with each `{name}` put in; values are put in as they are, and never read for braces again."""
    first, *pieces = words.split("{")
    parted = [piece.partition("}") for piece in pieces]
    return first + "".join(values.get(name, f"{{{name}{end}") + rest for name, end, rest in parted)
