"""netshell's own commands: which lines are theirs, and what each gives in a lesson on a real machine."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from inside import apart

from netshell import commands
from netshell.commands import COMMANDS, Context
from netshell.errors import UserError
from netshell.launch import launch
from netshell.lesson import library
from netshell.progress import Progress
from netshell.session import Bench, Session


@pytest.mark.parametrize("line", [":map", ":", " :help", ":?", ":nosuch", ":term ns1", ":Help"])
def test_a_colon_and_a_letter_is_netshells(line: str) -> None:
    assert commands.is_own(line)


@pytest.mark.parametrize("line", [": > file", ":;", "echo :map", ":() { :|: & }", "", ":>x"])
def test_bash_keeps_its_own_colon(line: str) -> None:
    assert not commands.is_own(line)


def test_every_command_says_what_it_does_in_a_line() -> None:
    for command in COMMANDS.values():
        assert command.says
        assert len(f"  :{command.name} {command.argument}  {command.says}") < 80


def play(scenario: Callable[[Context], Awaitable[None]], *, lesson: str = "netns") -> None:
    """A scenario on a machine of its own, at the first step of a lesson; without one where `lesson` is empty."""

    async def main() -> None:
        bench = Bench(launch(has_shared_directory=False))
        bench.attach(environ={"LANG": "C.UTF-8"})
        with Progress.open(None) as progress:
            context = Context(bench, progress)
            if lesson:
                told = library.load(library.find(lesson, ()), seed=1)
                progress.begin(told.id, 1)
                context.session = Session(bench, told, progress)
                await context.session.begin()
            else:
                await bench.build(bench.topology)
            try:
                await scenario(context)
            finally:
                bench.close()

    apart(lambda: asyncio.run(main()))


@pytest.mark.kernel
def test_a_lesson_is_walked_through_by_commands() -> None:
    async def scenario(context: Context) -> None:
        assert isinstance(await commands.run(context, ":help"), commands.Manual)
        assert isinstance(await commands.run(context, ":solution"), commands.Solution)
        assert isinstance(await commands.run(context, ":next"), commands.Words), "nobody has looked yet"
        at_second = await commands.run(context, ":next")
        assert isinstance(at_second, commands.StandsIn)
        assert at_second.index == 1
        assert isinstance(await commands.run(context, ":n"), commands.Verdict), "short for :next; nothing is done yet"
        assert isinstance(await commands.run(context, ":check"), commands.Verdicts)
        rungs = [type(await commands.run(context, ":hint")) for _ in range(3)]
        assert rungs == [commands.Hint, commands.Hint, commands.Solution]
        at_third = await commands.run(context, ":skip")
        assert isinstance(at_third, commands.StandsIn)
        assert at_third.index == 2
        await context.bench.machine.run(["ip", "netns", "add", "helloworld"])
        checked = await commands.run(context, ":check")
        assert isinstance(checked, commands.Verdicts)
        assert all(holds for holds, _ in checked.each)
        changed = await commands.run(context, ":changes")
        assert isinstance(changed, commands.Changes)
        assert "namespace helloworld" in [said.headline for said in changed.said]
        shown = await commands.run(context, ":map")
        assert isinstance(shown, commands.Map)
        assert "helloworld" in shown.snapshot.nodes
        assert isinstance(await commands.run(context, ":reset"), commands.StandsIn)
        assert isinstance(await commands.run(context, ":check"), commands.Verdicts)
        at_second = await commands.run(context, ":back")
        assert isinstance(at_second, commands.StandsIn)
        assert (at_second.index, at_second.is_rebuilt) == (1, True)
        with pytest.raises(UserError, match="`2` is no step before this one"):
            await commands.run(context, ":back 2")
        at_first = await commands.run(context, ":back 1")
        assert isinstance(at_first, commands.StandsIn)
        assert at_first.index == 0

    play(scenario)


@pytest.mark.kernel
def test_what_cannot_be_is_refused_with_what_can() -> None:
    async def scenario(context: Context) -> None:
        for line, problem, remedy in (
            (":back", "This is the first step.", ":reset"),
            (":lern veth", "There is no command `:lern`.", ":learn"),
            (":xyzzy", "There is no command `:xyzzy`.", ":help"),
            (":learn", "`:learn` needs the name of a lesson.", ":lessons"),
        ):
            with pytest.raises(UserError) as refusal:
                await commands.run(context, line)
            assert refusal.value.problem == problem
            assert remedy in refusal.value.remedy
        assert await commands.run(context, ":learn veth anew") == commands.Learn("veth", is_anew=True)
        assert await commands.run(context, ":term") == commands.GoTo("pc")
        assert await commands.run(context, ":quit") == commands.Quit()

    play(scenario)


@pytest.mark.kernel
def test_without_a_lesson_the_machine_s_own_commands_work() -> None:
    async def scenario(context: Context) -> None:
        manual = await commands.run(context, ":help")
        assert isinstance(manual, commands.Manual)
        assert ":hint" not in [name for name, _ in manual.pairs]
        with pytest.raises(UserError, match="There is no lesson here"):
            await commands.run(context, ":next")
        assert isinstance(await commands.run(context, ":reset"), commands.Words)
        rows = await commands.run(context, ":lessons")
        assert isinstance(rows, commands.Catalogue)
        assert [one.entry.id for one in rows.rows][:2] == ["netns", "loopback"]

    play(scenario, lesson="")


def test_rows_tell_how_far_a_learner_is(tmp_path: Path) -> None:
    entries = library.catalogue(())
    with Progress.open(tmp_path / "progress.db") as progress:
        progress.begin("netns", 1)
        progress.reach("netns", "a-step", 3)
        found = {one.entry.id: one for one in commands.standings(entries, progress)}
        assert (found["netns"].where, found["netns"].is_done) == (f"at step 4 of {found['netns'].entry.steps}", False)
        assert 0 < found["netns"].minutes_left < found["netns"].entry.minutes
        assert (found["veth"].where, found["veth"].minutes_left) == ("", found["veth"].entry.minutes)
        assert [name for name, one in found.items() if one.is_next] == ["netns"]
        assert commands.missing_needs(["netns"], list(found), progress) == ("netns",)
        progress.finish_lesson("netns")
        after = {one.entry.id: one for one in commands.standings(entries, progress)}
        assert (after["netns"].where, after["netns"].is_done, after["netns"].minutes_left) == ("done", True, 0)
        assert [name for name, one in after.items() if one.is_next] == [entries[1].id]
        assert commands.summary(tuple(after.values())).startswith(f"1 of {len(entries)} lessons done; about ")
