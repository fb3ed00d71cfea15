"""What a command gave, as it stands on the screen."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from netshell import commands
from netshell.errors import UserError
from netshell.render import ask
from netshell.render import step as steps
from netshell.render.changes import changes
from netshell.render.layout import Lead, Narrow

_REBUILT = "The machine is as this step begins: the solutions before it are done, and what came after them is gone."


def render(view: commands.View, width: int, *, is_plain: bool = False) -> RenderableType | None:  # noqa: C901, PLR0911, PLR0912 - a line for each view
    """A view as something to print; None for one that only does something. `is_plain`: in lines, with nothing drawn."""
    match view:
        case commands.Words(says):
            return steps.notice(says)
        case commands.Verdict(says):
            return steps.verdict(says, is_wrong=False)
        case commands.Verdicts(each):
            return steps.verdicts(each)
        case commands.Hint(prose):
            return steps.hint(prose)
        case commands.Solution(script, says):
            return steps.solution(script, says)
        case commands.Map(snapshot, places):
            from netshell.render.map import draw, told  # noqa: PLC0415 - much code, and not before the first prompt

            return told(snapshot, width) if is_plain else draw(snapshot, places, width)
        case commands.Why(finding):
            then = "" if finding.holds else "F5: where to look"
            return steps.finding(finding.says, finding.evidence, holds=finding.holds, then=then)
        case commands.Reason():
            return reason(view)
        case commands.Changes(said):
            return changes(said, cap=None) or steps.notice("Nothing has changed since the step began.")
        case commands.Manual(pairs):
            return steps.command_help(pairs)
        case commands.Catalogue(rows):
            return catalogue(rows)
        case commands.StandsIn(lesson, index, asked, fade, is_rebuilt):
            questions = [ask.question(one.ask, one.said, found=one.found, is_brief=one.is_earlier) for one in asked]
            page = steps.step_page(lesson, index + 1, questions, is_framed=not is_plain)
            rebuilt = steps.notice(_REBUILT) if is_rebuilt else None
            shown = [page, steps.try_lines(lesson.steps[index], fade), rebuilt]  # last, where a long page leaves it
            return Group(*(part for part in shown if part is not None))
        case commands.Answers():
            return answers(view)
        case _:
            return None


def reason(view: commands.Reason) -> RenderableType:
    """One rung of why something failed."""
    advice = view.advice
    match view.kind:
        case "proof":
            then = "F5: where to look" if advice.look else ""
            return steps.finding(advice.says, advice.evidence, holds=False, then=then)
        case "look":
            lesson = f" The lesson {view.lesson} is about it." if view.lesson else ""
            return steps.look_yourself(f"{advice.look}{lesson}".strip())
        case "mend":
            return steps.mend(advice.mend)


def answers(view: commands.Answers) -> RenderableType:
    """What was answered beside what is so, and what comes next."""
    parts = [ask.compared(one) for one in view.compared]
    if view.following:
        parts += [Lead(Text("  "), Narrow(ask.question(view.following.ask)))]
    elif view.goes_on:
        parts += [steps.notice("Enter goes on.")]
    return Group(*parts)


def catalogue(rows: Sequence[commands.Standing], learn: str = ":learn") -> RenderableType:
    """The lessons with what has been done of them, and what comes next; `learn` is how one is begun from there."""
    if not rows:
        return steps.notice("There are no lessons here.")
    listed = steps.lesson_list(
        [
            steps.LessonRow(
                one.entry.id,
                one.entry.title,
                one.entry.minutes,
                "started" if one.step else "done" if one.is_done else "new",
                one.where,
            )
            for one in rows
        ]
    )
    says = commands.summary(rows)
    if following := next((one.entry.id for one in rows if one.is_next), ""):
        says += f" Next: `{learn} {following}`."
    if any(not one.is_done for one in rows):
        test = f"`{learn} NAME --test`" if learn != ":learn" else "`:learn NAME test`"
        says += f" What you know already: {test} is a lesson's free task alone."
    return Group(listed, steps.notice(says))


def lessons_as_json(rows: Sequence[commands.Standing]) -> str:
    """The same for programs: one JSON list."""
    import json  # noqa: PLC0415 - not for a learner's prompt

    return (
        json.dumps(
            [
                {
                    "id": one.entry.id,
                    "title": one.entry.title,
                    "summary": one.entry.summary,
                    "minutes": one.entry.minutes,
                    "needs": one.entry.needs,
                    "tools": one.entry.tools,
                    "steps": one.entry.steps,
                    "progress": one.where,
                    "minutes_left": round(one.minutes_left),
                    "next": one.is_next,
                    "done": one.is_done,
                }
                for one in rows
            ],
            ensure_ascii=False,
            indent=2,
        )
        + "\n"
    )


def render_error(error: UserError) -> RenderableType:
    """A problem and its remedy."""
    problem = steps.verdict(error.problem)
    return Group(problem, steps.notice(error.remedy)) if error.remedy else problem
