"""What netshell's own commands give: values, which somebody else shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from netshell.commands.path import Standing
from netshell.explain.changes import Said
from netshell.explain.owners import Owners
from netshell.facts import Snapshot
from netshell.lesson.asks import Compared
from netshell.lesson.model import Fade, Lesson, Prose, Script
from netshell.session.advice import Advice
from netshell.session.asking import Asked
from netshell.session.tutor import Kind

if TYPE_CHECKING:  # the words for packets are loaded when somebody looks at packets
    from netshell.diagnosis import Finding
    from netshell.explain.command import Explanation
    from netshell.explain.glossary import Term
    from netshell.explain.output import OutputLine
    from netshell.explain.packet import Opened as OpenedPacket
    from netshell.explain.stories import Story
    from netshell.packets.streams import Conversation
    from netshell.packets.trace import Seen


@dataclass(frozen=True, slots=True)
class Words:
    """Something to say."""

    says: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the step still lacks."""

    says: str


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What of the step holds, and what it still lacks."""

    each: tuple[tuple[bool, str], ...]
    """For each check whether it holds, and what was seen."""


@dataclass(frozen=True, slots=True)
class Hint:
    """One rung of help."""

    prose: Prose


@dataclass(frozen=True, slots=True)
class Solution:
    """The last rung."""

    script: Script
    says: tuple[str, ...] = ()
    """What each line does, in a sentence; empty for one of which it is not known for certain, or was said before."""


@dataclass(frozen=True, slots=True)
class TypeSolution:
    """The last rung's lines are to be typed for the learner, in view."""

    script: Script


@dataclass(frozen=True, slots=True)
class Map:
    """The machine as it is now, and where the author wants the nodes to stand."""

    snapshot: Snapshot
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since the step began."""

    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """What is in the way between two nodes, or that nothing is."""

    finding: "Finding"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rung of why the last thing failed."""

    kind: Kind
    advice: Advice
    lesson: str = ""
    """The lesson that teaches what it hangs on, where there is another one than this."""


@dataclass(frozen=True, slots=True)
class CommandExplained:
    """A command line, word by word; of the last command what it printed too."""

    explanation: "Explanation"
    output: "tuple[OutputLine, ...]" = ()
    message: str = ""
    """What the message of a command that failed means here."""


@dataclass(frozen=True, slots=True)
class TermExplained:
    """A term of the field, and the command of that name where there is one."""

    term: "Term"
    lesson: str
    """The title of the lesson that teaches it, where it is there."""
    explanation: "Explanation | None" = None


@dataclass(frozen=True, slots=True)
class Manual:
    """Names and what they do."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The lessons, and how far the learner is in each."""

    rows: tuple[Standing, ...]


@dataclass(frozen=True, slots=True)
class StandsIn:
    """The learner stands in a step: show it."""

    lesson: Lesson
    index: int
    asked: tuple[Asked, ...] = ()
    """What is asked here, with what was answered."""
    fade: Fade = "full"
    """How much of the solution is shown."""
    is_rebuilt: bool = False
    """The machine was taken to where the step begins: what the learner had made since is gone."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered, beside what is so."""

    compared: tuple[Compared, ...]
    following: Asked | None = None
    """What is asked next."""
    goes_on: bool = False
    """Enter leads to the next step."""


@dataclass(frozen=True, slots=True)
class GoTo:
    """Choose a terminal; opened where it is not there."""

    terminal: str


@dataclass(frozen=True, slots=True)
class Learn:
    """Begin, or go on with, a lesson."""

    lesson: str
    is_anew: bool = False
    is_test: bool = False
    """Only its free task, which done without help counts for the whole."""


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave netshell."""


@dataclass(frozen=True, slots=True)
class Packets:
    """Packets as a list."""

    seen: "tuple[Seen, ...]"
    stories: "tuple[Story, ...]"
    """What happened, in sentences."""
    lead: str
    """Whose packets these are, where that could be mistaken; or empty."""
    with_noise: bool
    """What kernels send of their own accord is shown too."""
    lost: str
    """What crossed and is not there, in a sentence; or empty."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """Packets as a picture: a column a node, time downwards."""

    seen: "tuple[Seen, ...]"
    nodes: tuple[str, ...]
    """All there are, in their order."""
    places: Mapping[str, tuple[int, int]]
    """Where the author wants them to stand."""
    with_noise: bool
    lost: str


@dataclass(frozen=True, slots=True)
class Opened:
    """One packet, field by field."""

    opened: "OpenedPacket"


@dataclass(frozen=True, slots=True)
class Followed:
    """What two sides said to each other."""

    conversation: "Conversation"
    owners: Owners


View: TypeAlias = (
    Words
    | Verdict
    | Verdicts
    | Hint
    | Solution
    | Map
    | Changes
    | Packets
    | Ladder
    | Opened
    | Followed
    | Why
    | CommandExplained
    | TermExplained
    | Reason
    | Manual
    | Catalogue
    | StandsIn
    | TypeSolution
    | Answers
    | GoTo
    | Learn
    | Quit
)
