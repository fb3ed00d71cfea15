"""The command that asks why one node does not reach another."""

import time

from netshell.commands.context import Context
from netshell.commands.views import Reason, View, Why, Words
from netshell.errors import UserError
from netshell.session.advice import of_finding
from netshell.session.inquiry import inquire


async def find_out(context: Context, argument: str) -> View:
    """What is in the way from one node to another, or to a port there; or that nothing is."""
    from netshell.diagnosis import parse_target, why  # noqa: PLC0415 - not before somebody asks

    if not argument:
        return await _rung(context)
    source, _, target = argument.partition(" ")
    if not target.strip():
        problem = "`:why` needs two ends: who calls, and who is called."
        raise UserError(problem, "For example `:why ns1 ns2`, `:why ns1 192.0.2.2`, or with a port `:why ns1 ns2:80`.")
    bench = context.bench
    snapshot = await bench.look_closely()
    wire = bench.wire.since(bench.changed_ns)
    meant, now_ns = parse_target(target.strip()), time.time_ns()
    found = await inquire(
        lambda answers: why(snapshot, source, meant, wire, now_ns=now_ns, answers=answers), bench.ask_name
    )
    if not found.holds:
        bench.tutor.note(of_finding(found), was_asked=True)
        bench.tutor.next_rung()
    return Why(found)


async def _rung(context: Context) -> View:
    """What the last failure rests on; asked again, where to look; at last the command that mends it."""
    tutor = context.bench.tutor
    if (tutor.last is None or tutor.is_verdict) and context.session is not None and context.session.step.checks:
        await context.session.verdict()  # of now: what was lacking then may have come
    rung = tutor.next_rung()
    if rung is None and context.session is not None and context.session.has_had_all:
        return Words("Nothing is wrong: the step is done, and Enter goes on.")
    if rung is None:
        raise UserError(
            "Nothing has failed here of which there is anything to say.",
            "`:why ns1 ns2` asks why one node does not reach another, `:why ns1 ns2:80` for a port there.",
        )
    lesson = _other_lesson(context, rung.advice.concept)
    if rung.kind == "look" and not rung.advice.look and not lesson:
        return await _rung(context)  # there is nowhere to look
    return Reason(rung.kind, rung.advice, lesson)


def _other_lesson(context: Context, concept: str) -> str:
    """The lesson about something, where there is one and the learner is not in it."""
    here = context.session.lesson.id if context.session is not None else ""
    return concept if concept in context.lessons and concept != here else ""
