"""A lesson as values: what the Markdown file says, with the seed's values filled in.

It knows neither Markdown nor YAML, nor how a lesson is played.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from netshell.checks import Check
from netshell.lesson.asks import Ask, State
from netshell.topology import Topology


@dataclass(frozen=True, slots=True)
class Span:
    """A run of text in one style; line breaks inside are spaces."""

    text: str
    style: Literal["plain", "strong", "emphasis", "code"] = "plain"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text."""

    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A bulleted or numbered list; each item holds blocks."""

    items: tuple[tuple["Block", ...], ...]
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """Fenced text, shown as it stands."""

    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """`> [!NOTE]` or `> [!WARNING]`."""

    is_warning: bool
    blocks: tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its first row is the head; each cell is running text."""

    rows: tuple[tuple[tuple[Span, ...], ...], ...]


Block: TypeAlias = Paragraph | Listing | CodeBlock | Note | Table
Prose: TypeAlias = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a console block: something that is done at a terminal."""

    terminal: str
    """`pc`, a node's name (`ns1`), or a node's second, third … terminal (`ns1.2`)."""
    action: Literal["run", "look", "type", "press", "wait"]
    """`$` run, `$?` look, `>` type, `^` press a key, `~` wait until the text is seen."""
    text: str
    line: int = 0
    """Its line in the author's file, counted from 1."""

    @property
    def node(self) -> str:
        """The node that the terminal stands on."""
        name, _, number = self.terminal.rpartition(".")
        return name if number.isdigit() and name else self.terminal


Script: TypeAlias = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known mistake: how it is made, how it is recognised, and what the learner is told."""

    do: Script
    say: str
    when: tuple[Check, ...] = ()
    """All must hold for the mistake to be told; empty: told when the learner's command is the one in `do`."""
    line: int = 0
    mend: Script = ()
    """What must be typed after it before the solution can pass; only the proof types it."""


Fade: TypeAlias = Literal["full", "blank", "goal"]
"""The solution whole, without its arguments, or not at all."""
View: TypeAlias = Literal["map", "changes", "packets", "ladder", "packet"]


@dataclass(frozen=True, slots=True)
class Show:
    """A view that is put on the screen when the step is done."""

    view: View
    filter: str = ""
    """Which packets, in the language of tcpdump; empty for all of the step."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Something that is broken when a step begins, hidden from the learner, and a solution that mends it."""

    fault: Script
    do: Script


@dataclass(frozen=True, slots=True)
class Step:
    """One `##` section."""

    title: str
    slug: str
    prose: Prose = ()
    setup: Script = ()
    fault: Script = ()
    """What is broken, one of the `tickets`, as the seed has it."""
    do: Script = ()
    also: tuple[Script, ...] = ()
    checks: tuple[Check, ...] = ()
    keep: tuple[Check, ...] = ()
    wrong: tuple[Mistake, ...] = ()
    hints: tuple[Prose, ...] = ()
    show: tuple[Show, ...] = ()
    asks: tuple[Ask, ...] = ()
    skills: tuple[str, ...] = ()
    fade: Fade | None = None
    """How much of the solution is shown; None: by what the learner can do already."""
    undoes: int = 0
    """What so many steps before this one have done is taken back by it."""
    line: int = 0
    tickets: tuple[Ticket, ...] = ()
    """All that may be broken."""

    @property
    def is_ticket(self) -> bool:
        """The learner is to find out what is wrong, and nothing is told unasked."""
        return bool(self.fault)

    @property
    def is_task(self) -> bool:
        """Something to do, as against something to read."""
        return bool(self.checks) or bool(self.do)


@dataclass(frozen=True, slots=True)
class Lesson:
    """One Markdown file, for one seed."""

    id: str
    title: str
    summary: str
    path: Path
    minutes: int = 15
    needs: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    """Kinds of changes that are not told by themselves in this lesson, and `wire`: what is taught later."""
    topology: Topology = field(default_factory=Topology)
    keep: tuple[Check, ...] = ()
    intro: Prose = ()
    steps: tuple[Step, ...] = ()

    @property
    def free_task(self) -> int | None:
        """The place of the last step that is never shown how to do, counted from 0: who can do it knows the lesson."""
        places = [place for place, step in enumerate(self.steps) if step.fade == "goal" and step.checks]
        return places[-1] if places else None

    def way_to(self, index: int) -> list[Step]:
        """The steps whose solutions lead to where a step begins: without those that were taken back on the way."""
        before = self.steps[:index]
        taken_back = {
            place
            for number, step in enumerate(before)
            if step.undoes
            for place in range(number - step.undoes, number + 1)
        }
        return [step for number, step in enumerate(before) if number not in taken_back]

    def settings(self) -> tuple[str, ...]:
        """The kernel settings that its checks and questions look at, by their keys as `sysctl` writes them."""
        checks = [*self.keep]
        for step in self.steps:
            checks += [*step.checks, *step.keep, *(check for mistake in step.wrong for check in mistake.when)]
        answers = (ask.answer for step in self.steps for ask in step.asks)
        asked = (answer.name for answer in answers if isinstance(answer, State) and answer.kind == "sysctl")
        return tuple(dict.fromkeys([*(key for check in checks for key in _settings_of(check)), *asked]))


def _settings_of(check: Check) -> Iterator[str]:
    if isinstance(key := getattr(check, "sysctl", None), str):
        yield key
    for inner in getattr(check, "checks", ()):
        yield from _settings_of(inner)
