"""A command that was run at a terminal, with what netshell knows of how it went."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netshell.facts import PC

if TYPE_CHECKING:
    from netshell.terminal.shell import Terminal


@dataclass(frozen=True, slots=True)
class Ran:
    """One command line, of one or more lines."""

    command: str = ""
    """What was typed; empty where that is not known."""
    status: int = 0
    """The exit status that bash gives."""
    output: str = ""
    """The end of what it printed, as text; empty for a program that had the whole screen."""
    node: str = PC
    """Where it was typed: the node that the terminal's bash stood on."""
    terminal: str = PC
    """The node that the terminal was opened on, wherever its bash has gone since."""
    began_ns: int = 0
    """When bash was given it, in nanoseconds since the epoch; 0 where that is not known."""

    @property
    def found_no_program(self) -> bool:
        """The shell knew of no such program."""
        return self.status == _NOT_FOUND

    @property
    def has_failed(self) -> bool:
        """Whether it ended with a status other than 0, and not because somebody stopped it."""
        return self.status not in {0, _INTERRUPTED}


_NOT_FOUND, _INTERRUPTED = 127, 130
"""Exit statuses of a shell: bash(1)."""


def ran_in(terminal: "Terminal", command: str, status: int | None = None) -> Ran:
    """The command that was given last to a terminal; `status` where it is not the one that bash gave."""
    status = terminal.status if status is None else status
    return Ran(command, status, terminal.printed, terminal.ran_on, terminal.node, terminal.fed_ns)
