"""What a learner is told about the lesson: the step they stand in, what a command did to it, and how to go on."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

from rich.console import Group, RenderableType

from netshell import commands
from netshell.commands import Context
from netshell.errors import MachineError, UserError
from netshell.facts import PC
from netshell.host import REQUIREMENTS, find_program, remedy_for
from netshell.lesson import library
from netshell.lesson.asks import how
from netshell.lesson.model import Lesson, Show
from netshell.progress import Progress
from netshell.render import step as steps
from netshell.render.ask import compared
from netshell.render.changes import changes
from netshell.repl.screen import Screen
from netshell.session import Outcome, Ran, Session
from netshell.topology import Topology
from netshell.views import render_error

_TOLD_MOST = 2000
"""Packets of one command that are looked through for what went wrong: some hundredths of a second."""
_SHOWN_MOST = 18
"""Lines of a view that is shown by itself: with what is said around it, it fits a screen of 24."""
_TEST = (
    "This is the free task of “{title}” alone. Done without `:hint` or `:solution`, it counts for the whole lesson. "
    "The machine is brought to where it begins …"
)
_NO_SECCOMP = (
    "This computer refuses a seccomp filter: programs that give up root (tcpdump, dnsmasq) will fail here. "
    "`netshell doctor` says more."
)


class Guide:
    """Shows a lesson on the screen. Without a lesson it tells what commands change."""

    def __init__(self, context: Context, screen: Screen) -> None:
        self._context = context
        self._screen = screen
        self._is_at_title = False
        self._ready: asyncio.Future[None] | None = None

    async def begin(self, lesson: Lesson, step: int | None, *, is_test: bool = False) -> None:
        """Put a lesson on the machine, at a step (counted from 0), or where the learner left it, and show it.

        A test is the lesson's free task, which done without help counts for the whole.
        """
        record = self._context.progress.lesson(lesson.id)
        index = step if step is not None else record.index if record is not None and record.done_at is None else 0
        index = min(index, len(lesson.steps) - 1)
        session = Session(self._context.bench, lesson, self._context.progress)
        session.is_test = is_test
        self._context.session = session
        self._is_at_title = index == 0
        if is_test:
            self._screen.show(steps.notice(_TEST.format(title=lesson.title)))
        elif index:
            says = f"Back in “{lesson.title}”. The machine is brought to step {index + 1} …"
            self._screen.show(steps.notice(says))
        self._ready = asyncio.ensure_future(session.begin(index))
        if index or lesson.steps[0].setup:
            try:
                await self.until_ready()
            except MachineError:
                raise
            except UserError as error:
                self.tell_error(error)
        session.index = index
        self._tell_missing(lesson)
        if self._is_at_title:
            title = steps.lesson_title(lesson, is_framed=not self._screen.is_plain)
            self._screen.show(title, *self._builds_on(lesson), steps.notice("Enter begins."))
        else:
            self.show_step()

    def _tell_missing(self, lesson: Lesson) -> None:
        """Programs that the lesson uses and this computer does not have, before the learner comes to them."""
        missing = [tool for tool in lesson.tools if find_program(tool) is None]
        for tool in missing:
            says = f"This lesson uses {tool}, which is not installed on this computer. {remedy_for(tool)}"
            self._screen.show(steps.notice(says))

    def _builds_on(self, lesson: Lesson) -> list[RenderableType]:
        """Advice, where lessons were never done that this one builds on."""
        if not lesson.needs:
            return []
        names = commands.missing_needs(lesson.needs, self._context.lessons, self._context.progress)
        if not names:
            return []
        listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        says = f"It builds on {listed}, not done yet: `:learn {names[0]}` begins there."
        return [steps.notice(says)]

    def play(self, topology: Topology) -> None:
        """Put a lab on the machine, and no lesson."""
        self._ready = asyncio.ensure_future(self._context.bench.build(topology))
        self._screen.show(steps.notice("A private machine of your own. `:help` tells what netshell adds to it."))

    async def learn(self, name: str, *, is_anew: bool, is_test: bool) -> None:
        """Leave this lesson for another one."""
        path = library.find(name, self._context.directories, listed_by=":lessons")
        lesson = open_lesson(path, self._context.progress, is_anew=is_anew)
        place = free_task_of(lesson) if is_test else None
        await self._context.bench.reset(Topology())
        self._context.terminal = PC
        await self.begin(lesson, place, is_test=is_test)

    async def until_ready(self) -> None:
        """Wait until the lab is built. Raises UserError where it could not be."""
        if self._ready is not None:
            ready, self._ready = self._ready, None
            await ready

    def show_step(self, *, is_rebuilt: bool = False) -> None:
        """The step that the learner stands in; `is_rebuilt` where the machine went back for it."""
        session = self._context.session
        if session is None:
            return
        self._is_at_title = False
        self._screen.show(self._screen.drawn(commands.stands_in(session, is_rebuilt=is_rebuilt)))
        if session.asking.waiting is not None:
            return
        if session.is_done and not session.is_last:
            self._screen.show(
                steps.notice("Enter goes on when you have looked." if session.looks else "Enter goes on.")
            )
        elif session.is_done:
            self._screen.show(steps.notice("Enter ends the lesson."))

    def turn_title(self) -> bool:
        """Go from the title page to the first step; False where that is done already."""
        if not self._is_at_title:
            return False
        self.show_step()
        return True

    def is_answer(self, line: str) -> bool:
        """Whether a line is nothing but the name of a choice that the learner has before them."""
        session = self._context.session
        return session is not None and not self._is_at_title and session.asking.is_answer(line.strip())

    async def tell_command(self, ran: Ran) -> None:
        """After a command: what it changed, what that means for the step, and what it lacked."""
        session = self._context.session
        if session is not None:
            outcome = await session.after_command(ran)
        else:
            observation = await self._context.bench.observe(ran)
            bench = self._context.bench
            advice = bench.tutor.after(ran, await bench.scene(observation, is_removal_wanted=True))
            own, meanwhile = observation.own, observation.meanwhile
            outcome = Outcome(observation.said, own, meanwhile, advice=advice, snapshot=observation.snapshot)
        remedy = (missing_program(ran.command) or self._meant_as_answer(ran)) if ran.found_no_program else ""
        self.tell(replace(outcome, advice=None) if remedy else outcome)
        if remedy:
            self._screen.show(steps.notice(remedy))
        elif ran.command.strip() == "help":
            self._screen.show(steps.notice("That was bash's own help. `:help` or F1 is netshell's."))
        self.tell_notices()

    def _meant_as_answer(self, ran: Ran) -> str:
        """How to answer, where a word or two that are no program came while a question waits; empty otherwise."""
        session = self._context.session
        waiting = session.asking.waiting if session is not None and not self._is_at_title else None
        return f"Was that your answer? {how(waiting)}" if waiting is not None and len(ran.command.split()) < 3 else ""

    def tell(self, outcome: Outcome) -> None:
        """What came of a command, or of something that happened by itself."""
        session = self._context.session
        hidden = session.lesson.hide if session is not None else ()
        said = [item for item in outcome.said if item.change.kind not in hidden]
        shown: list[RenderableType | None] = [changes(said), None if "wire" in hidden else self._wire_line(outcome)]
        shown += [steps.verdict(message) for message in outcome.messages]
        shown += [steps.advice(outcome.advice.says, has_more=bool(outcome.advice.evidence))] if outcome.advice else []
        shown += [compared(answer) for answer in outcome.compared]
        if outcome.is_done_now and session is not None:
            then = "Enter: end of the lesson" if session.ends_here else "Enter: next step"
            shown += [self._shown(show, outcome) for show in session.step.show]
            shown.append(steps.done_line(outcome.holds or "Done.", then))
        self._screen.show(*shown)

    def _shown(self, show: Show, outcome: Outcome) -> RenderableType | None:
        """A view that the author wants to be seen now that the step is done; of a long one the beginning."""
        view: commands.View | None
        match show.view:
            case "map":
                view = commands.Map(outcome.snapshot, self._context.bench.topology.places())
            case "changes":
                view = commands.Changes(outcome.said)
            case "packets":
                view = commands.packets_of(self._context, show.filter, since_ns=self._tried_ns)
            case "ladder":
                view = commands.ladder_of(self._context, show.filter, since_ns=self._tried_ns)
            case "packet":
                view = commands.packet_of(self._context, show.filter)
        if view is None:
            return None
        lines = self._screen.listed(view)
        if lines is None:
            return self._screen.drawn(view)
        first = list(islice(lines, _SHOWN_MOST))
        chosen = view.opened.seen.number if isinstance(view, commands.Opened) else show.filter
        whole = f":{show.view} {chosen}".rstrip()
        more = [steps.notice(f"… and more: `{whole}`.")] if len(first) == _SHOWN_MOST else []
        return Group(*first, *more)

    @property
    def _tried_ns(self) -> int:
        """When the try began that made the step done: the slips before it are not shown again."""
        return self._context.session.tried_ns if self._context.session is not None else 0

    def _wire_line(self, outcome: Outcome) -> RenderableType | None:
        """What went over the wire with the command, in a line; where nothing did, what had crossed before it."""
        is_own = any(not seen.noise for seen in outcome.crossed)
        crossed = outcome.crossed if is_own else outcome.meanwhile
        if all(seen.noise for seen in crossed):
            return None
        from netshell.explain.stories import tell  # noqa: PLC0415 - not before the first packet
        from netshell.render.wire import wire_line  # noqa: PLC0415

        wire = self._context.bench.wire
        known = self._context.state_to_tell(outcome.snapshot)
        stories = tell(crossed[-_TOLD_MOST:], wire.owners, known) if is_own else ()  # of others they were told before
        return wire_line(crossed, stories, is_more=wire.is_behind, key="F4", lead="wire" if is_own else "meanwhile")

    def tell_error(self, error: UserError) -> None:
        """A problem and its remedy."""
        self._screen.show(render_error(error))
        self.tell_notices()

    def tell_notices(self) -> None:
        """What the progress file has to say, once."""
        if notice := self._context.progress.take_notice():
            self._screen.show(steps.notice(notice))

    def tell_machine(self) -> None:
        """What this computer could not give to the private machine."""
        if "seccomp" in self._context.bench.machine.notices:
            self._screen.show(steps.notice(_NO_SECCOMP))

    def tell_farewell(self) -> None:
        """How to come back."""
        session = self._context.session
        if session is not None and not self._is_at_title and not session.is_finished:
            where = f"step {session.index + 1} of {session.lesson.id}"
            self._screen.show(steps.notice(f"Your progress is saved: `{_how_to_start()}` goes on at {where}."))


def _how_to_start() -> str:
    """What to type at the real shell: a checkout's program is on nobody's PATH."""
    if "MAKELEVEL" in os.environ:
        return "make learn"
    program = Path(sys.argv[0])
    if shutil.which("netshell") or not program.name:
        return "netshell"
    return "python3 -m netshell" if program.name == "__main__.py" else str(program)


def missing_program(command: str, find: Callable[[str], object] = shutil.which) -> str:
    """What to do about a command that was not found, where netshell knows; otherwise empty.

    `find` tells whether this computer has a program, whose files the private machine shares.
    """
    words = command.split()
    if words[:1] == ["$"]:
        return "The `$` stands for the prompt: type what follows it."
    if words and words[0].startswith(":") and words[0][1:] in commands.COMMANDS:
        return f"`{words[0]}` is netshell's own command, and was typed while a program was in front. Type it again."
    if words and (node := words[0].removesuffix("$")) != words[0]:
        return f"`{words[0]}` says where the rest is typed: at a terminal on {node}, which `:term {node}` opens."
    if words and words[0] in commands.COMMANDS:
        return f"netshell's own commands begin with a colon: `:{words[0]}`."
    known = {requirement.program for requirement in REQUIREMENTS}
    program = next((word for word in words if word in known and not find(word)), "")
    return f"{program} is not installed on this computer. {remedy_for(program)}" if program else ""


def free_task_of(lesson: Lesson) -> int:
    """The place of the step that stands for the whole lesson. Raises UserError where the lesson has none."""
    if lesson.free_task is None:
        raise UserError(
            f"The lesson {lesson.id} has no free task.", f"`:learn {lesson.id}` plays it from the beginning."
        )
    return lesson.free_task


def open_lesson(path: Path, progress: Progress, *, is_anew: bool = False, seed: int | None = None) -> Lesson:
    """Read a lesson with the seed that the learner has it with, or a new one; and note that it was begun."""
    import random  # noqa: PLC0415 - only where a lesson begins

    fresh = seed if seed is not None else random.SystemRandom().randrange(1 << 31)
    lesson = library.load(path, fresh)
    begin = progress.restart if is_anew or seed is not None else progress.begin
    record = begin(lesson.id, fresh)
    return lesson if record.seed == fresh else library.load(path, record.seed)
