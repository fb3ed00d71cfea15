"""The parts of an author's tools that need no machine: chains, swaps, the step being edited, the template."""

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from netshell.author.chains import chains, rows
from netshell.author.scripts import command
from netshell.author.slots import Slots
from netshell.author.swaps import swaps
from netshell.author.template import write_template
from netshell.author.trial import Task, Way
from netshell.author.watch import Watched, step_edited
from netshell.errors import LessonError, UserError
from netshell.lesson import library
from netshell.lesson.model import Lesson, Line, Step, Ticket

NODES = ("pc", "ns1", "ns2")


def changed(text: str, terminal: str = "pc") -> list[str]:
    step = Step("A", "a", do=(Line(terminal, "run", text),))
    return [f"{swap.line.terminal}$ {swap.line.text}" for swap in swaps(step, NODES)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ip link set lo up", []),
        ("ping 192.0.2.1", ["pc$ ping 192.0.2.2"]),
        (
            "ip -n ns1 address add 192.0.2.1/24 dev ns1-veth0",
            [
                "pc$ ip -n ns1 address add 192.0.2.2/24 dev ns1-veth0",
                "pc$ ip -n ns2 address add 192.0.2.1/24 dev ns1-veth0",
            ],
        ),
        (
            "ip route add 198.51.100.0/24 via 192.0.2.254",
            ["pc$ ip route add 198.51.101.0/24 via 192.0.2.254", "pc$ ip route add 198.51.100.0/24 via 192.0.2.255"],
        ),
        ("ping 2001:db8::1", ["pc$ ping 2001:db8::2"]),
        ("ip link set eth0 address 02:00:00:00:00:01", []),
        ("nc -l 0.0.0.0 80", []),
        ("echo 1.2.3.999 255.255.255.255", []),
    ],
)
def test_each_address_and_each_node_of_a_line_is_changed_once(text: str, expected: list[str]) -> None:
    assert changed(text) == expected


def test_a_line_is_typed_on_another_node_too() -> None:
    assert changed("ip link show", "ns2") == ["pc$ ip link show"]


@pytest.mark.parametrize(
    ("before", "after", "index"),
    [
        ("t\n## A\na\n## B\nb", "t\n## A\nx\n## B\nb", 0),
        ("t\n## A\na\n## B\nb", "t\n## A\na\n## B\nx", 1),
        ("t\n## A\na\n## B\nb", "t\n## A\na\n## B\nb\nc", 1),
        ("t\n## A\na\n## B\nb", "x\n## A\na\n## B\nb", None),
        ("t\n## A\na\n## B\nb", "t\n## A\na\n## B\nb", None),
    ],
)
def test_the_step_being_edited_is_the_first_that_changed(before: str, after: str, index: int | None) -> None:
    steps = [number for number, line in enumerate(after.split("\n"), 1) if line.startswith("## ")]
    assert step_edited(before.split("\n"), after.split("\n"), steps) == index


def test_a_watched_file_follows_its_author_and_tells_faults(tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    write_template(path)
    watched = Watched(path)
    assert watched.has_changed()
    assert watched.read().title == "My first lesson"
    assert (watched.index, watched.has_changed()) == (0, False)
    path.write_text(path.read_text(encoding="utf-8").replace("Give `br0`", "Lend `br0`"), encoding="utf-8")
    assert watched.has_changed()
    watched.read()
    assert watched.index == 2
    path.write_text("nothing", encoding="utf-8")
    with pytest.raises(LessonError):
        watched.read()
    path.unlink()
    assert not watched.has_changed()


def test_the_template_is_short_and_shows_every_role_once(tmp_path: Path) -> None:
    path = tmp_path / "mine.md"
    write_template(path)
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 140
    for role in ("setup", "do", "also"):
        assert f"```console {role}" in text
    for role in ("check", "keep", "wrong", "show", "ask"):
        assert f"```yaml {role}" in text
    assert library.check_file(path) == ()


@pytest.mark.parametrize(
    ("name", "says"), [("mine.md", "is there already"), ("mine", "ends in `.md`"), ("no/a.md", "cannot")]
)
def test_the_template_is_never_written_over_something(tmp_path: Path, name: str, says: str) -> None:
    write_template(tmp_path / "mine.md")
    (tmp_path / "mine.md").write_text("precious", encoding="utf-8")
    with pytest.raises(UserError, match=says):
        write_template(tmp_path / name)
    assert (tmp_path / "mine.md").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["run"], "0"),
        (["run", "wait"], "0"),
        (["run", "wait", "press"], ""),
        (["run", "type", "wait"], ""),
    ],
)
def test_a_command_is_known_while_its_program_is_in_front(
    actions: list[Literal["run", "wait", "press", "type"]], expected: str
) -> None:
    assert command(tuple(Line("ns1", action, str(number)) for number, action in enumerate(actions))) == expected


def a_lesson(*kinds: str) -> Lesson:
    """With a step for each letter: `s` is one with a solution, `t` a ticket."""
    tickets = {"s": (), "t": (Ticket((), ()), Ticket((), ()))}
    steps = tuple(Step(str(place), str(place), tickets=tickets[kind]) for place, kind in enumerate(kinds))
    return Lesson("a", "A", "Words.", Path("a.md"), steps=steps)


def test_ways_that_solve_steps_follow_each_other_and_what_ends_elsewhere_stands_alone() -> None:
    lesson = a_lesson(*"sstss")
    assert rows(lesson) == [(0, 1, 2), (3, 4)]
    ways = [
        (0, "also", 0),
        (0, "mistake", 0),
        (0, "needed", 1),
        (1, "mistake", 0),
        (2, "mistake", 0),
        (2, "mistake", 1),
    ]
    tasks = [Task(lesson, index, way=Way(kind, number)) for index, kind, number in ways]  # type: ignore[arg-type]
    found = [[(task.index, task.way.kind, task.way.number) for task in chain if task.way] for chain in chains(tasks)]
    assert found == [
        [(0, "also", 0), (1, "mistake", 0)],
        [(0, "mistake", 0)],
        [(0, "needed", 1)],
        [(2, "mistake", 0)],
        [(2, "mistake", 1)],
    ]


def test_who_needs_longest_gets_the_next_slot_and_who_gave_up_none() -> None:
    async def order() -> list[float]:
        slots, had = Slots(1), []

        async def need(seconds: float) -> None:
            async with slots.taken(seconds):
                had.append(seconds)
                await asyncio.sleep(0)

        tasks = [asyncio.create_task(need(seconds)) for seconds in (1.0, 2.0, 4.0, 3.0)]
        await asyncio.sleep(0)
        were_awaited = slots.are_awaited
        tasks[2].cancel()
        await asyncio.wait(tasks)
        assert (were_awaited, slots.are_awaited) == (True, False)
        slots.add()
        async with slots.taken(5.0), slots.taken(6.0):
            return had

    assert asyncio.run(order()) == [1.0, 3.0, 2.0]
