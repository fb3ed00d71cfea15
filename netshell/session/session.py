"""A learner in a lesson: the step, its evidence, attempts and hints, and what is said to them when.

It knows nothing of screens. The REPL, the authors' tests and the suite all drive this one.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from netshell.checks import Check, Evidence, Verdict, first_failure
from netshell.checks.base import Command
from netshell.checks.needs import Need
from netshell.explain.changes import Said
from netshell.facts import Snapshot
from netshell.lesson.asks import Ask, Compared, how
from netshell.lesson.model import Fade, Lesson, Mistake, Prose, Script, Step
from netshell.progress import Progress, SkillRecord
from netshell.session import gather, scripts
from netshell.session.advice import Advice, of_verdict
from netshell.session.asking import Asking
from netshell.session.bench import Bench, Observation
from netshell.session.play import play
from netshell.session.ran import Ran

if TYPE_CHECKING:
    from netshell.packets.trace import Seen

Help: TypeAlias = tuple[Literal["hint"], Prose] | tuple[Literal["solution"], Script] | tuple[Literal["none"], str]

_COMMANDS_MOST = 100
"""Commands of a step that are kept for checks of words."""
_STILL_TO_DO = frozenset({"no-request", "no-attempt", "no-packet", "not-seen"})
"""Reasons of verdicts that find nothing wrong: what was to be tried was not tried yet."""
_OF_WORDS = frozenset({"output", "typed"})
"""Checks of what was typed and printed: it stands on the screen, and proves nothing more."""
_TOLD_ONE_BY_ONE = 2
"""Checks of one step up to which the last to hold is told when it is done."""
_TRIES_BEFORE_SPEAKING = 2
"""So many commands that changed something, beyond those the solution needs, before the verdict is told unasked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What there is to say after a command, or after something happened by itself."""

    said: tuple[Said, ...] = ()
    """What changed."""
    crossed: "tuple[Seen, ...]" = ()
    """What went over the wire with the command."""
    meanwhile: "tuple[Seen, ...]" = ()
    """What went over it before, since the last command."""
    messages: tuple[str, ...] = ()
    """Known mistakes, broken promises, a verdict: each a sentence or two for the learner."""
    compared: tuple[Compared, ...] = ()
    """Answers of the learner beside what has come of them, and what was asked and not answered."""
    advice: Advice | None = None
    """What the tutor has to say of a command that failed, or destroyed something."""
    is_done_now: bool = False
    """The step's checks hold, for the first time."""
    holds: str = ""
    """What was seen that makes the step done, in a sentence."""
    snapshot: Snapshot = field(default_factory=Snapshot)
    """The machine as it was judged."""


@dataclass(slots=True)
class _Memory:
    """What has happened in the step that the learner stands in."""

    began_ns: int
    began_s: float
    is_done: bool = False
    hints_taken: int = 0
    is_helped: bool = False
    """A hint or the solution was read."""
    changes_made: int = 0
    commands_run: int = 0
    aims_met: set[tuple[str, str]] = field(default_factory=set)
    """What was run, and where, of what the step's solution runs."""
    told: set[str] = field(default_factory=set)
    missing: tuple[Check, ...] = ()
    """The step's checks that did not hold when it began: what the learner is to bring about."""
    effects_ns: deque[int] = field(default_factory=lambda: deque(maxlen=_COMMANDS_MOST))
    """From when on what crossed belongs to each command that had an effect."""
    changed_ns: int = 0
    """From when on what crossed belongs to the command that last changed more than traffic leaves behind."""
    tried_ns: int = 0
    """When the try began that made the step done."""
    commands: deque[Command] = field(default_factory=lambda: deque(maxlen=_COMMANDS_MOST))
    """What was typed, with what it printed."""


class Session:
    """One learner, one lesson, one workbench."""

    def __init__(self, bench: Bench, lesson: Lesson, progress: Progress, *, keeps_home: bool = True) -> None:
        self.bench = bench
        self.lesson = lesson
        self.progress = progress
        self._keeps_home = keeps_home
        """What was written in `/root` is a learner's, and outlives a step begun anew."""
        self.index = 0
        """The step's place, counted from 0."""
        self.is_finished = False
        """The learner has come to the end."""
        self.is_test = False
        """The learner wants to show, without help, that they know the lesson: what the step asks is all of it."""
        self.asking = Asking(lesson, progress)
        """What the step asks."""
        self.asking.enter(0)
        self._memory = _Memory(time.time_ns(), time.monotonic())
        self._judging = asyncio.Lock()
        self.fade: Fade = fade_of(self.step, {})
        """How much of the step's solution is shown before anybody asks."""
        self._needs: frozenset[Need] = frozenset()
        """What has to be read for the step's checks beyond the snapshot and the wire."""
        self._asks_last = False
        """Every solution of the step ends in a question to the network."""

    @property
    def step(self) -> Step:
        """The step that the learner stands in."""
        return self.lesson.steps[self.index]

    @property
    def began_ns(self) -> int:
        """When the step began, in nanoseconds since the epoch: what crossed before belongs to others."""
        return self._memory.began_ns

    @property
    def tried_ns(self) -> int:
        """When the try began that made the step done, or else the last one."""
        return self._memory.tried_ns or self._last_try_ns()

    @property
    def is_done(self) -> bool:
        """The step needs nothing more: its checks have held, or there is only something to read."""
        return self._memory.is_done or not self.step.checks

    @property
    def is_riddle(self) -> bool:
        """Something is broken that the learner is still to find: where a packet ended is told, and not why."""
        return self.step.is_ticket and not self.is_done

    @property
    def has_had_all(self) -> bool:
        """There is nothing left to be done, or to be looked at, but to go on."""
        return self.is_done and (bool(self.step.checks) or not self.step.do or self._memory.commands_run > 0)

    @property
    def is_last(self) -> bool:
        """No step follows."""
        return self.index == len(self.lesson.steps) - 1

    @property
    def ends_here(self) -> bool:
        """With this step the lesson is over."""
        return self.is_last or self.is_test

    def reminder(self) -> str:
        """What a step that only wants something looked at still waits for, told once; empty where nothing."""
        looks = self.looks
        if not looks or "reminder" in self._memory.told:
            return ""
        self._memory.told.add("reminder")
        return f"You have not looked yet: `{looks[0]}`. Enter once more goes on without."

    @property
    def looks(self) -> tuple[str, ...]:
        """What a step that only wants something looked at wants to be typed; empty once any of it was."""
        if self.step.checks or self._memory.aims_met or (self._memory.commands_run and not self._aims):
            return ()
        return tuple(line.text for line in self.step.do if line.action == "look")

    def question(self) -> str:
        """What is said, once, to a learner who goes on while something asked has no answer; empty where nothing."""
        return self.asking.reminder(is_done=self.is_done, has_acted=self._memory.commands_run > 0)

    async def answer(self, typed: str) -> Compared:
        """Take an answer to what the step asks, and compare it if that can be done now.

        Raises UserError where nothing is asked, or the answer is none.
        """
        evidence = self._of_last_try(await self._evidence(await self.bench.look()))
        return self.asking.answer(typed, evidence, is_settled=self._is_settled)

    async def settle(self) -> tuple[Compared, ...]:
        """What is still to be compared before the learner goes on; nothing where nothing was done."""
        if not self.is_done or not (self.step.checks or self._memory.commands_run or not self.step.do):
            return ()
        evidence = self._of_last_try(await self._evidence(await self.bench.look()))
        return self.asking.look(evidence, is_settled=True)

    async def unread(self) -> tuple[Ask, ...]:
        """Of what is to be decided in this step: that for which neither the wire nor the machine has an answer."""
        return self.asking.unread(self._of_last_try(await self._evidence(await self.bench.look())))

    @property
    def _aims(self) -> frozenset[tuple[str, str]]:
        """What the step's solution runs, and where; not to be asked for before something was typed."""
        return scripts.aims(self.step.do)

    @property
    def _is_settled(self) -> bool:
        """The step has had what was to happen in it: it is done, or all that it looks at was looked at, and there."""
        if self.step.checks:
            return self._memory.is_done
        if self._memory.commands and self._aims:
            return self._memory.aims_met >= self._aims
        return self._memory.commands_run >= sum(line.action in {"run", "look"} for line in self.step.do)

    async def begin(self, index: int = 0) -> None:
        """Build the lab, bring it to where the step begins, and stand there."""
        self.asking.enter(index)
        await self.bench.build(self.lesson.topology)
        await self._bring_to(index)

    async def go_to(self, index: int) -> None:
        """Begin a step anew, on a machine that is as it would be after the solutions before it."""
        self.is_test = self.is_test and index == self.index
        await self.bench.reset(self.lesson.topology, has_home=not self._keeps_home)
        await self._bring_to(index)

    async def advance(self) -> None:
        """Stand in the next step, on the machine as the learner has made it."""
        if not self.is_done:
            self.progress.skip_step(self.lesson.id, self.step.slug)
            await self.go_to(self.index + 1)
            return
        if not self.step.checks:
            self._finish_step()
        self.is_test = False
        await self._enter(self.index + 1)

    def finish(self) -> None:
        """The lesson is over."""
        if not self.step.checks:
            self._finish_step()
        self.is_finished = True
        self.progress.finish_lesson(self.lesson.id)

    async def _bring_to(self, index: int) -> None:
        await self.bench.kernel.watch_sysctls(self.lesson.settings())
        with self.bench.quiet():
            for step in self.lesson.way_to(index):
                await play(self.bench, scripts.lasting(step.setup))
                await self.bench.run_unseen(_commands(step.fault))
                await play(self.bench, scripts.lasting(step.do))
        await self._enter(index)

    async def _enter(self, index: int) -> None:
        self.index = index
        with self.bench.quiet():
            await play(self.bench, self.step.setup)
            await self.bench.run_unseen(_commands(self.step.fault))
            if self.step.fault:
                await self.bench.until_carriers_are_known()
        await self.bench.mark()
        self._memory = _Memory(time.time_ns(), time.monotonic())
        self._needs = gather.needs_of(self._judged())
        self._asks_last = all(map(scripts.asks_last, (self.step.do, *self.step.also)))
        begins = await self.bench.evidence(self.bench.snapshot, self._memory.began_ns, self._needs)
        self._memory.missing = tuple(check for check in self.step.checks if not check.judge(begins).holds)
        self.asking.enter(index)
        self.fade = fade_of(self.step, self.progress.skills() if self.step.skills else {})
        if not self.is_test:
            self.progress.reach(self.lesson.id, self.step.slug, index)

    def _judged(self) -> Iterator[Check]:
        """Every check that may be looked at while the learner stands in the step."""
        yield from self.lesson.keep
        for step in self.lesson.steps[: self.index + 1]:
            yield from step.keep
            yield from (check for ask in step.asks for check in ask.checks)
        yield from self.step.checks
        yield from (check for mistake in self.step.wrong for check in mistake.when)

    async def after_command(self, ran: Ran) -> Outcome:
        """Look at what a command did, and judge the step."""
        async with self._judging:
            observation = await self.bench.observe(ran)
            if observation.is_change and not scripts.is_question(ran.command):
                self._memory.changed_ns = observation.since_ns  # what is noticed with a question happened before it
            misplaced = self._misplaced(ran)
            self._memory.commands_run += not misplaced  # what ran elsewhere decides nothing
            self._memory.aims_met |= scripts.aimed(ran.command, ran.node) & self._aims
            if any(not said.is_background for said in observation.said):
                self._memory.changes_made += 1
            if observation.is_effective:
                self._memory.effects_ns.append(observation.since_ns)
                for mistake in self.step.wrong:
                    self.bench.tutor.forget(mistake.say)  # of the try before
            self.note(ran)
            return await self._outcome(observation, ran, await self._advice(observation, ran), misplaced)

    def note(self, ran: Ran) -> None:
        """Remember a command, of which nothing is to be said now."""
        self._memory.commands.append(Command(ran.node, ran.command, ran.output))

    async def after_event(self) -> Outcome:
        """Judge the step again because something happened by itself; changes are left for the next command to tell."""
        async with self._judging:
            return await self._outcome(Observation(await self.bench.look()))

    async def judge(self, checks: Sequence[Check]) -> Verdict | None:
        """The first of the checks that does not hold now, in the order of causes; None where all hold."""
        return first_failure(checks, self._since_change(await self._evidence(await self.bench.look(), checks)))

    async def verdict(self) -> Verdict | None:
        """What the step still lacks, because the learner asks; None where nothing."""
        evidence = self._since_change(await self._evidence(await self.bench.look_closely()))
        return self._note(first_failure(self.step.checks, evidence), evidence)

    async def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict of each of the step's checks, because the learner asks, in the author's order."""
        evidence = self._since_change(await self._evidence(await self.bench.look_closely()))
        self._note(first_failure(self.step.checks, evidence), evidence)
        return tuple({(v.holds, v.says): v for v in (check.judge(evidence) for check in self.step.checks)}.values())

    def _note(self, failure: Verdict | None, evidence: Evidence) -> Verdict | None:
        if failure is None:
            self._finish_step()
        else:
            self.bench.tutor.note(of_verdict(failure, evidence.snapshot), was_asked=True, is_verdict=True)
            self.progress.record_attempt(self.lesson.id, self.step.slug, failure.reason)
        return failure

    def help(self) -> Help:
        """The next rung: the author's hints in their order, then the worked solution."""
        if self.step.checks and self._memory.is_done:
            return ("none", "This step is done: Enter goes on, and `:solution` shows the way that the author went.")
        hints = self.step.hints
        if self._memory.hints_taken < len(hints):
            self._memory.hints_taken += 1
            self._take_help()
            self.progress.take_hint(self.lesson.id, self.step.slug)
            return ("hint", hints[self._memory.hints_taken - 1])
        return self.solution()

    def solution(self) -> Help:
        """The worked solution of the step."""
        if not self.step.do:
            if self.asking.waiting is not None:
                return ("none", f"There is nothing to solve here but what is asked. {how(self.asking.waiting)}")
            return ("none", "There is nothing to solve here: Enter goes on.")
        self._take_help()
        self.progress.see_solution(self.lesson.id, self.step.slug)
        return ("solution", self.step.do)

    def _take_help(self) -> None:
        self._memory.is_helped = True
        self.is_test = False

    async def _evidence(self, snapshot: Snapshot, checks: Sequence[Check] = ()) -> Evidence:
        """What the checks that are to be judged may look at; without any, all that matter in the step."""
        needs = gather.needs_of(checks) if checks else self._needs
        evidence = await self.bench.evidence(snapshot, self._memory.began_ns, needs, tuple(self._memory.commands))
        judged = checks or (() if self._memory.is_done else self.step.checks)
        wanted = gather.wanted(judged, evidence)
        return await self.bench.ran_for(evidence, wanted) if wanted else evidence

    def _since_change(self, evidence: Evidence) -> Evidence:
        """The evidence for the step's checks: where its solutions ask last, an answer to an older question is none."""
        return evidence.since(self._memory.changed_ns) if self._asks_last else evidence

    def _of_last_try(self, evidence: Evidence) -> Evidence:
        """The evidence with what crossed in the last try only: slips before it answer no question.

        A try is as many commands with an effect as the solution has.
        """
        return replace(evidence.since(self.tried_ns), echoes=evidence.echoes)

    def _last_try_ns(self) -> int:
        return self._last_effects_ns(scripts.commands_of_a_try(self.step.do))

    def _last_effects_ns(self, count: int) -> int:
        """From when on what crossed belongs to so many commands with an effect."""
        effects = self._memory.effects_ns
        return effects[-count] if len(effects) >= count else self._memory.began_ns

    async def _outcome(
        self, observation: Observation, ran: Ran | None = None, advice: Advice | None = None, misplaced: str = ""
    ) -> Outcome:
        """What there is to say; `ran` is None where something happened by itself."""
        evidence = await self._evidence(observation.snapshot)
        messages = self._broken_promises(evidence)
        holds = ""
        if not self.step.checks:
            messages += self._told_misplaced(misplaced)
        elif not self._memory.is_done:
            judged = self._since_change(evidence)
            failure = first_failure(self.step.checks, judged)
            if failure is None:
                self._finish_step()
                holds = self._what_holds(judged)
            else:
                changed = {said.change.op for said in observation.said if not said.is_background}
                is_undoing = changed == {"removed"}
                messages += self._mistakes(evidence, ran) or self._told_misplaced(misplaced)
                messages += [] if messages or is_undoing else self._unasked(failure, evidence)
        return Outcome(
            observation.said,
            observation.own,
            observation.meanwhile,
            tuple(messages),
            self.asking.look(self._of_last_try(evidence), is_settled=self._is_settled),
            advice=None if messages or holds else advice,
            is_done_now=bool(holds),
            holds=holds,
            snapshot=observation.snapshot,
        )

    async def _advice(self, observation: Observation, ran: Ran) -> Advice | None:
        """What the tutor would say of a command, unless there is something else to say."""
        solutions = (self.step.do, *self.step.also)
        lines = [scripts.words_of(line.text) for solution in solutions for line in solution]
        may_fail = [scripts.words_of(line.text) for each in solutions for line in each if scripts.may_fail(line)]
        words = scripts.words_of(ran.command)
        is_again = any(scripts.words_of(before.typed) == words for before in [*self._memory.commands][:-1])
        is_expected = self._memory.is_done or (words in may_fail and not is_again)
        removes = any(scripts.REMOVING & set(words) for words in lines)
        is_ticket = self.step.is_ticket
        scene = await self.bench.scene(
            observation, is_expected=is_expected, is_removal_wanted=removes, is_quiet=is_ticket
        )
        return self.bench.tutor.after(ran, scene)

    def _what_holds(self, evidence: Evidence) -> str:
        """The sentence that the thing to bring about has to say for itself; of many, that they all hold."""
        if len(self._memory.missing) > _TOLD_ONE_BY_ONE:
            return "All of it holds."
        return [*self.step.checks, *self._memory.missing][-1].judge(evidence).says

    def _broken_promises(self, evidence: Evidence) -> list[str]:
        """What had to stay true and no longer is; each told once, until it holds again."""
        kept = self.lesson.steps[: self.index + int(self.is_done)]
        promised = [*self.lesson.keep, *(check for step in kept for check in step.keep)]
        failure = first_failure([check for check in promised if not check.is_last], evidence)
        if failure is None:
            self._memory.told = {key for key in self._memory.told if not key.startswith("keep ")}
            return []
        told = self._tell_once(f"keep {failure.reason}", f"{failure.says} `:reset` brings the step back as it began.")
        if told:
            self.bench.tutor.note(of_verdict(failure, evidence.snapshot))
        return told

    def _mistakes(self, evidence: Evidence, ran: Ran | None) -> list[str]:
        messages = []
        for mistake in self.step.wrong:
            key = f"wrong {mistake.line} {mistake.say}"
            lately = evidence
            if mistake.when:
                lately = evidence.since(self._last_effects_ns(scripts.commands_of_a_try(mistake.do)))
            if scripts.is_made(mistake, lately, ran):
                if told := self._tell_once(key, mistake.say):
                    messages += told
                    self._note_mistake(mistake, lately)
            else:
                self._memory.told.discard(key)
        return messages

    def _note_mistake(self, mistake: Mistake, evidence: Evidence) -> None:
        """Who follows its words needs time to; what proves it is kept for who asks."""
        self._memory.changes_made = 0
        proof = [one.judge(evidence).says for one in mistake.when if not one.negate and one.kind not in _OF_WORDS]
        if proof:
            self.bench.tutor.note(Advice(mistake.say, tuple(dict.fromkeys(proof))))

    def _misplaced(self, ran: Ran) -> str:
        """That a command ran on the PC which the step wants on a node, or the reverse; not where the way is free."""
        if self.step.fade == "goal" or not ran.command:
            return ""
        return scripts.misplaced(ran, (self.step.do, *self.step.also))

    def _told_misplaced(self, says: str) -> list[str]:
        return self._tell_once(says, says) if says else []

    def _unasked(self, failure: Verdict, evidence: Evidence) -> list[str]:
        """The verdict, after more tries than the solution needs; not the same one twice."""
        if self.step.is_ticket or failure.reason in _STILL_TO_DO:
            return []
        if self._memory.changes_made < len(self.step.do) + _TRIES_BEFORE_SPEAKING:
            return []
        self._memory.changes_made = 0
        self.progress.record_attempt(self.lesson.id, self.step.slug, failure.reason)
        told = self._tell_once(f"verdict {failure.says}", failure.says)
        if told:
            self.bench.tutor.note(of_verdict(failure, evidence.snapshot), is_verdict=True)
        return told

    def _tell_once(self, key: str, message: str) -> list[str]:
        if key in self._memory.told:
            return []
        self._memory.told.add(key)
        return [message]

    def _finish_step(self) -> None:
        if not self._memory.is_done:
            self._memory.is_done = True
            self.bench.tutor.forget()
            self._memory.tried_ns = self._last_try_ns()
            seconds = time.monotonic() - self._memory.began_s
            self.progress.finish_step(self.lesson.id, self.step.slug, seconds)
            is_unaided = self.fade != "full" and not self._memory.is_helped
            self.progress.practise(self.lesson.id, self.step.slug, self.step.skills, is_unaided=is_unaided)


def fade_of(step: Step, skills: Mapping[str, SkillRecord]) -> Fade:
    """How much of a step's solution is shown: as the author has it, else by how well its skills are known."""
    if step.fade is not None:
        return step.fade
    records = [skills.get(skill) for skill in step.skills]
    if not records or None in records:
        return "full"
    return "goal" if all(record is not None and record.is_known for record in records) else "blank"


def _commands(script: Script) -> Iterator[tuple[str, str]]:
    """Each line's node and command."""
    return ((line.node, line.text) for line in script)
