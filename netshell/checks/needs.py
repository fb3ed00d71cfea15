"""What a check needs to see that no snapshot holds: it names it, the session has it read, the evidence has the answer.

It knows nothing of how anything is read.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class FileNeed:
    """A file's text as a node sees it, or None where there is none."""

    node: str
    path: str
    """Absolute, without `.` and `..`."""


@dataclass(frozen=True, slots=True)
class ProcessesNeed:
    """The programs that run on a node: a tuple of `facts.Process`."""

    node: str


@dataclass(frozen=True, slots=True)
class ScriptNeed:
    """The exit status of shell commands on a node. They are run only once all else holds."""

    node: str
    commands: str


@dataclass(frozen=True, slots=True)
class ProbeNeed:
    """What becomes of a packet that netshell itself sends: a `facts.Outcome`. Sent only once all else holds."""

    node: str
    protocol: Literal["icmp", "tcp"]
    to: str
    """An IP address."""
    port: int = 0
    size: int = 56


Need: TypeAlias = FileNeed | ProcessesNeed | ScriptNeed | ProbeNeed
