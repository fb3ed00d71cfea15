"""Steps in which something is broken, and steps that show less of their solution as a learner knows more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from accounts import Account
from conftest import RunNetshell
from lesson_inside import in_lesson

from netshell import commands
from netshell.commands import Context
from netshell.lesson.compiled import lesson_from
from netshell.lesson.model import Step
from netshell.lesson.reader import read_lesson
from netshell.progress import Progress, SkillRecord
from netshell.session import Ran, Session
from netshell.session.session import fade_of

LESSON = Path(__file__).resolve().parent / "lessons" / "tickets.md"
HEAD = "---\nformat: 1\ntitle: A lesson\nsummary: For a test.\n---\n\n# A lesson\n\nWords.\n\n## One\n\n"
CHECK = "```yaml check\n- {netns: ns1}\n```\n"
DO = "```console do\n$ ip netns add ns1\n```\n"


def faults_of(text: str) -> list[tuple[int, str]]:
    _, found = read_lesson(text, "lesson.md")
    return [(fault.line, fault.message) for fault in found.in_order()]


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("```console fault\n$ true\n```\n" + CHECK, 13, "No solution stands behind this fault."),
        (DO + "```console fault\n$ true\n```\n" + CHECK, 16, "No solution stands behind this fault."),
        ("```console fault\n$? ip link\n```\n" + DO + CHECK, 14, "it has commands only"),
        ("```console fault\nns1> hello\n```\n" + DO + CHECK, 14, "it has commands only"),
        ("```console fault\n$ true\n```\n" + DO, 13, "but no checks"),
    ],
)
def test_a_fault_that_cannot_be_played_is_told(body: str, line: int, message: str) -> None:
    assert any(at == line and message in says for at, says in faults_of(HEAD + body))


def lesson_text() -> str:
    return LESSON.read_text(encoding="utf-8")


def test_the_seed_draws_one_fault_with_its_own_solution() -> None:
    compiled, found = read_lesson(lesson_text(), "tickets.md")
    assert found.in_order() == ()
    steps = [lesson_from(compiled, Path("tickets.md"), seed).steps[0] for seed in range(20)]
    drawn = {(step.fault[0].text, step.do[0].text) for step in steps}
    assert drawn == {
        ("ip -n ns2 link set eth0 down", "ip -n ns2 link set eth0 up"),
        ("ip address delete 192.0.2.2/24 dev eth0", "ip -n ns2 address add 192.0.2.2/24 dev eth0"),
    }
    assert all(step.is_ticket and step.fade == "goal" for step in steps)
    again = lesson_from(compiled, Path("tickets.md"), 7).steps[0]
    assert again == steps[7]


@pytest.mark.kernel
def test_every_fault_is_proved_whatever_the_seed(accounts: Account, run_netshell: RunNetshell) -> None:
    path = accounts.home / "tickets.md"
    path.write_text(lesson_text(), encoding="utf-8")
    done = run_netshell(accounts, "lesson", "test", "--seeds", "1", str(path), timeout_s=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.splitlines()[1].split()[-4:-2] == ["8", "proofs"], "before, solution and two lines, twice"


@pytest.mark.kernel
def test_a_fault_that_breaks_nothing_and_a_solution_that_mends_another_are_told(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    path = ordinary_account.home / "tickets.md"
    path.write_text(lesson_text().replace("ip -n ns2 link set eth0 down", "true"), encoding="utf-8")
    done = run_netshell(ordinary_account, "lesson", "test", "--seeds", "1", "--timeout", "2", str(path), timeout_s=60)
    assert done.returncode == 1
    assert "Unchecked" in done.stdout
    wrong = lesson_text().replace("address add 192.0.2.2/24", "address add 192.0.2.3/24").replace("ping -c 1", "true")
    path.write_text(wrong, encoding="utf-8")
    done = run_netshell(ordinary_account, "lesson", "test", "--seeds", "1", "--timeout", "1", str(path), timeout_s=60)
    assert done.returncode == 1
    assert done.stdout.count("After this solution the checks do not hold") == 2


@pytest.mark.kernel
def test_nothing_of_the_fault_is_told() -> None:
    async def scenario(session: Session) -> None:
        assert session.is_riddle
        outcome = await session.after_command(Ran("true"))
        assert (outcome.said, outcome.crossed, outcome.messages) == ((), (), ())
        assert await session.bench.changes_since_mark() == ()
        assert not session.bench.terminals
        for _ in range(6):
            ran = Ran("ip -n ns1 link set eth0 down; ip -n ns1 link set eth0 up")
            assert (await session.after_command(ran)).messages == ()
        view = await commands.run(Context(session.bench, session.progress, (), session), ":next")
        assert isinstance(view, commands.Words)
        assert view.says.startswith("It is not mended yet.")
        assert (await session.verdict()) is not None, "whoever asks is told"

    in_lesson(lesson_text(), scenario)


@pytest.mark.parametrize(
    ("written", "known", "fade"),
    [
        ("full", {"a": SkillRecord(9, is_known=True)}, "full"),
        (None, {}, "full"),
        (None, {"a": SkillRecord(1, is_known=False)}, "full"),
        (None, {"a": SkillRecord(1, is_known=False), "b": SkillRecord(3, is_known=True)}, "blank"),
        (None, {"a": SkillRecord(2, is_known=True), "b": SkillRecord(3, is_known=True)}, "goal"),
    ],
)
def test_a_step_shows_less_as_its_skills_are_known(
    written: str | None, known: dict[str, SkillRecord], fade: str
) -> None:
    step = Step("Title", "title", skills=("a", "b"), fade=written)  # type: ignore[arg-type] # one of the words
    assert fade_of(step, known) == fade
    assert fade_of(Step("Title", "title"), known) == "full"


@pytest.fixture
def now() -> list[float]:
    """The time, to be changed."""
    return [1000.0]


@pytest.fixture
def progress(now: list[float]) -> Iterator[Progress]:
    with Progress.open(None, lambda: now[0]) as opened:
        yield opened


def test_a_skill_is_known_after_two_successes_without_help_on_two_days_with_two_seeds(
    progress: Progress, now: list[float]
) -> None:
    def visit(seed: int, *, day: int, is_unaided: bool = True) -> SkillRecord:
        now[0] = 86400.0 * day
        progress.restart("veth", seed)
        progress.practise("veth", "one", ["link-up"], is_unaided=is_unaided)
        progress.practise("veth", "one", ["link-up"], is_unaided=True)  # within a visit the first time counts
        return progress.skills()["link-up"]

    assert visit(1, day=1) == SkillRecord(1, is_known=False)
    assert visit(1, day=2) == SkillRecord(2, is_known=False), "the same values"
    assert visit(2, day=1) == SkillRecord(3, is_known=True)


def test_help_keeps_a_skill_from_being_known(progress: Progress, now: list[float]) -> None:
    for day in (1, 2, 3):
        now[0] = 86400.0 * day
        progress.restart("veth", day)
        progress.practise("veth", "one", ["link-up"], is_unaided=False)
    assert progress.skills() == {"link-up": SkillRecord(3, is_known=False)}


@pytest.mark.kernel
def test_what_was_practised_once_is_shown_without_its_arguments() -> None:
    async def scenario(session: Session) -> None:
        await session.go_to(1)
        assert str(session.fade) == "full"
        await session.bench.machine.run(["ip", "-n", "ns1", "link", "set", "lo", "down"])
        assert (await session.after_command(Ran("ip -n ns1 link set lo down"))).is_done_now
        await session.advance()
        assert str(session.fade) == "blank"

    in_lesson(lesson_text(), scenario)
