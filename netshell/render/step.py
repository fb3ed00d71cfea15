"""What a learner reads in a lesson: its title, the step, what to try, whether it is done, hints, and the lists.

It knows nothing of how a step is judged; it is given words and puts them on the screen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from rich.box import ROUNDED
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from netshell.lesson.model import Fade, Lesson, Line, Prose, Script, Step
from netshell.render.commands import Typed, blanked
from netshell.render.console import safe
from netshell.render.layout import MEASURE, Ends, Lead, Narrow
from netshell.render.prose import prose

LessonState: TypeAlias = Literal["new", "started", "done"]

_STATES: dict[LessonState, tuple[str, str]] = {
    "new": ("·", "dim"),
    "started": ("▸", "bold magenta"),
    "done": ("✓", "bold green"),
}


@dataclass(frozen=True, slots=True)
class LessonRow:
    """One line of the list of lessons."""

    id: str
    title: str
    minutes: int
    state: LessonState = "new"
    progress: str = ""
    """What is said at the end of the line, such as `step 2 of 5`."""


def lesson_title(lesson: Lesson, *, is_framed: bool = True) -> RenderableType:
    """The lesson's title page: what it is about, how long it takes, and its introduction."""
    count = len(lesson.steps)
    facts = f"{count} step{'' if count == 1 else 's'} · about {lesson.minutes} minutes"
    head = Group(Text(safe(lesson.title), "bold"), Text(safe(lesson.summary)), Text(facts, "dim"))
    page = _page(head, Text(safe(lesson.id)), is_framed=is_framed)
    return Group(page, Lead(Text("  "), _measured(lesson.intro))) if lesson.intro else page


def _measured(blocks: Prose) -> RenderableType:
    return Narrow(prose(blocks), MEASURE - 4)


def step_page(
    lesson: Lesson, number: int, questions: Sequence[RenderableType] = (), *, is_framed: bool = True
) -> RenderableType:
    """A step's title, prose and questions in a frame that says where in the lesson it stands, counted from 1."""
    step = lesson.steps[number - 1]
    parts: list[RenderableType] = [Text(safe(step.title), "bold")]
    if step.prose:
        parts.append(prose(step.prose))
    for question in questions:
        parts += [Text(), question]
    return _page(Group(*parts), Text(f"{safe(lesson.id)} · step {number} of {len(lesson.steps)}"), is_framed=is_framed)


def _page(body: RenderableType, title: Text, *, is_framed: bool) -> RenderableType:
    title.stylize("bold blue")
    if not is_framed:
        return Narrow(Group(title, body))
    return Narrow(Panel(body, box=ROUNDED, title=title, title_align="left", border_style="blue", padding=(0, 1)))


def try_lines(step: Step, fade: Fade = "full") -> RenderableType | None:
    """The commands to try, as far as `fade` lets see them; None for nothing."""
    shown = tuple(line for line in step.do if line.action != "wait")
    if fade == "goal" or not shown:
        return None
    script = blanked(shown) if fade == "blank" else shown
    return Group(
        *(Lead(Text("  try:  " if n == 0 else "        ", "dim"), Typed(line)) for n, line in enumerate(script))
    )


def solution(script: Script, says: Sequence[str] = ()) -> RenderableType:
    """The worked solution, each line with the terminal that it is typed in, and below it what it does."""
    parts: list[RenderableType] = [Lead(Text("  "), Text("The worked solution:", "bold"))]
    for number, line in enumerate(script):
        if line.action == "wait":
            continue
        said = says[number] if number < len(says) else ""
        parts.append(Lead(Text("    "), Typed(line)))
        if said:
            parts.append(Narrow(Lead(Text("      "), Text(safe(said), "dim"))))
    return Group(*parts)


def typed(line: Line) -> RenderableType:
    """A line that is typed for the learner, with its terminal."""
    return Lead(Text("  ▸ ", "bold magenta"), Typed(line))


def done_line(says: str, then: str = "Enter: next step") -> RenderableType:
    """That the step is done, and at the right end of the line how to go on."""
    body = Lead(Text("  ✓ ", "bold green"), Text(safe(says), "green"))
    return Narrow(Ends(body, Text(then, "bold")), MEASURE)


def verdict(says: str, *, is_wrong: bool = True) -> RenderableType:
    """What was seen and what was expected: `✗` for a slip to mend, `·` for what is only not there yet."""
    mark = Text("  ✗ ", "bold red") if is_wrong else Text("  · ", "bold")
    return Narrow(Lead(mark, Text(safe(says))))


def advice(says: str, *, has_more: bool) -> RenderableType:
    """Why something failed, told unasked, and the key that shows what that rests on."""
    return Narrow(Lead(Text("  ✗ ", "bold red"), Text.assemble(safe(says), ("  F5: why" * has_more, "dim"))))


def verdicts(each: Sequence[tuple[bool, str]]) -> RenderableType:
    """What holds and what does not yet, a line for each check."""
    if all(holds for holds, _ in each):
        return done_line("All of it holds.")
    lines = [
        Lead(Text("  ✓ ", "bold green") if holds else Text("  · ", "bold"), Text(safe(says), "dim" if holds else ""))
        for holds, says in each
    ]
    return Narrow(Group(*lines))


def finding(says: str, evidence: Sequence[str], *, holds: bool, then: str = "") -> RenderableType:
    """What was found out, and below it what proves it; `then` is how to go on."""
    mark = Text("  ✓ ", "bold green") if holds else Text("  ✗ ", "bold red")
    proof = [Lead(Text("    "), Text(safe(line), "dim")) for line in evidence]
    more = [Text(f"    {then}", "dim")] if then else []
    return Narrow(Group(Lead(mark, Text(safe(says))), *proof, *more))


def look_yourself(words: str) -> RenderableType:
    """Where to look, and what it hangs on."""
    return Narrow(Lead(Text("  ? ", "bold blue"), Text(safe(words))))


def mend(command: str) -> RenderableType:
    """The command that mends it."""
    return Group(Lead(Text("  "), Text("This mends it:", "bold")), Lead(Text("    "), Text(safe(command), "bold cyan")))


def hint(blocks: Prose) -> RenderableType:
    """One hint."""
    return Narrow(Lead(Text("  ? ", "bold blue"), prose(blocks)))


def notice(says: str) -> RenderableType:
    """Something that netshell itself has to say, such as that a terminal was started again."""
    return Narrow(Lead(Text("  · ", "bold"), Text(safe(says))))


def progress_dots(done: int, total: int) -> str:
    """How far a lesson is, for the toolbar: `●●○○○`. More than twelve steps are told as a number."""
    return "●" * done + "○" * (total - done) if total <= 12 else f"{done} of {total}"


def lesson_list(rows: Sequence[LessonRow]) -> RenderableType:
    """The lessons, one a line, with what has been done."""
    width = max((len(row.id) for row in rows), default=0)
    return Group(*(Ends(_lesson_line(row, width), _lesson_end(row)) for row in rows))


def _lesson_line(row: LessonRow, width: int) -> RenderableType:
    mark, style = _STATES[row.state]
    name = f"{safe(row.id):<{width}}  "
    return Lead(Text.assemble((f"  {mark} ", style), (name, "bold cyan")), Text(safe(row.title)))


def _lesson_end(row: LessonRow) -> Text:
    progress = row.progress or ("done" if row.state == "done" else "")
    return Text(f"{safe(progress)}  {row.minutes:>3} min" if progress else f"{row.minutes:>3} min", "dim")


def command_help(pairs: Sequence[tuple[str, str]]) -> RenderableType:
    """The `:commands`, each with what it does."""
    width = max((len(name) for name, _ in pairs), default=0)
    lines = [Lead(Text(f"  {safe(name):<{width}}  ", "bold cyan"), Text(safe(says))) for name, says in pairs]
    return Narrow(Group(*lines))
