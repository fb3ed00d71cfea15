"""What a command works on, and what it is made of."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from netshell.commands.views import View
from netshell.errors import UserError
from netshell.facts import PC, Snapshot
from netshell.lesson import library
from netshell.progress import Progress
from netshell.session import Bench, Session


@dataclass(slots=True)
class Context:
    """What commands work on."""

    bench: Bench
    progress: Progress
    directories: Sequence[Path] = ()
    """Where lessons are besides the bundled ones."""
    session: Session | None = None
    """None where the machine is used without a lesson."""
    terminal: str = PC
    """The one in front."""

    @property
    def lessons(self) -> tuple[str, ...]:
        """The ids of the lessons in their order. `library.catalogue` reads them all, which takes its time at first."""
        return library.names(self.directories)

    def state_to_tell(self, snapshot: Snapshot) -> Snapshot | None:
        """What a story may say why by; None where the learner is to find that out."""
        return None if self.session is not None and self.session.is_riddle else snapshot

    @property
    def lesson(self) -> Session:
        """The session, for commands that need one."""
        if self.session is None:
            raise UserError(
                "There is no lesson here: this is the machine alone.",
                "`:learn LESSON` begins one; `:lessons` lists them.",
            )
        return self.session


Handler: TypeAlias = Callable[[Context, str], Awaitable[View]]


@dataclass(frozen=True, slots=True)
class Command:
    """One of netshell's own commands."""

    name: str
    says: str
    handler: Handler
    argument: str = ""
    """How its argument is called in the help; empty where it takes none."""
    words: Callable[[Context], Iterable[str]] = lambda _: ()
    """What Tab offers for the argument."""
