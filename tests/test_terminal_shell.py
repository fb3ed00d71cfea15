"""Terminals with real bashes in a real private machine."""

import asyncio
import contextlib
import resource
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from inside import apart

from netshell.sandbox import build
from netshell.sandbox.machine import Machine
from netshell.terminal import startup
from netshell.terminal.shell import State, Terminal
from netshell.terminal.stream import plain

pytestmark = [pytest.mark.kernel, pytest.mark.terminal]

NONCE = "c0ffee"
PROGRAMS = {"sleep", "cat", "less", "python3"}
"""Commands that bash starts a process for; until that has the terminal, keys are bash's own."""
Result = TypeVar("Result")


class Typist:
    """A terminal, and all that it has said."""

    def __init__(self, machine: Machine, terminal: Terminal) -> None:
        self.machine = machine
        self.terminal = terminal
        self.said = bytearray()
        terminal.on_output = self.said.extend

    @property
    def text(self) -> str:
        return plain(bytes(self.said))

    def is_asked(self) -> bool:
        """Bash wants more."""
        return self.terminal.is_continued

    async def run(self, line: str, timeout_s: float = 10) -> str:
        """A command to its end, and what it printed."""
        self.said.clear()
        self.terminal.feed(line)
        async with asyncio.timeout(timeout_s):
            await self.terminal.until_prompt()
        return self.text

    async def start(self, line: str, until: str = "") -> None:
        """A command that goes on running; waits until it has said something."""
        self.said.clear()
        self.terminal.feed(line)
        await self.see(until)
        async with asyncio.timeout(5):
            while self.terminal.state is State.FED:
                await self.terminal.until_change()
            while self.terminal.program() == "bash" and line.split(maxsplit=1)[0] in PROGRAMS:  # noqa: ASYNC110 - a test may look often
                await asyncio.sleep(0.005)

    async def see(self, text: str, timeout_s: float = 5) -> None:
        end = time.monotonic() + timeout_s
        while text not in self.text:
            assert time.monotonic() < end, self.text
            await asyncio.sleep(0.005)

    async def type(self, keys: str) -> None:
        self.terminal.forward(keys.encode())

    async def settle(self) -> None:
        """Until bash prompts, whatever it takes it to."""
        async with asyncio.timeout(5):
            await self.terminal.until_prompt()


Scenario = Callable[[Typist], Awaitable[Result]]


def play(scenario: Scenario[Result], node: str = "pc") -> Result:
    async def main() -> Result:
        machine = Machine(build.make(None, startup.files(NONCE)))
        machine.attach()
        if node != "pc":
            await machine.make_namespaces([node])
        terminal = await Terminal.open(machine, node, node, NONCE, {"LANG": "C.UTF-8"})
        terminal.resize(24, 80)
        try:
            async with asyncio.timeout(10):
                await terminal.until_prompt()
            return await scenario(Typist(machine, terminal))
        finally:
            terminal.close()
            machine.close()

    return apart(lambda: asyncio.run(main()))


def test_a_command_gives_its_output_its_status_and_its_directory() -> None:
    async def scenario(typist: Typist) -> None:
        assert await typist.run("echo hello") == "hello\n"
        assert typist.terminal.status == 0
        assert await typist.run("false") == ""
        assert typist.terminal.status == 1
        assert await typist.run("(exit 200)") == ""
        assert typist.terminal.status == 200
        assert await typist.run("cd /tmp; x='a  b'; f() { echo f$1; }") == ""
        assert typist.terminal.cwd == "/tmp"
        assert await typist.run('echo "$x"; f 7; pwd') == "a  b\nf7\n/tmp\n"
        assert await typist.run("nosuch") == "bash: nosuch: command not found\n"
        assert typist.terminal.status == 127

    play(scenario)


@pytest.mark.parametrize(
    ("line", "output"),
    [
        ("for i in 1 2\ndo\n\techo $i\ndone", "1\n2\n"),
        ("cat <<E\nhe\tllo\n  there\nE", "he\tllo\n  there\n"),
        ("cat <<'E'\n$x `y`\nE\necho after", "$x `y`\nafter\n"),
        ("echo one\necho two", "one\ntwo\n"),
        ("printf 'no newline'", "no newline"),
        ("echo 'äöü 漢字 🙂'", "äöü 漢字 🙂\n"),
        ("echo a\tb", "a b\n"),
        ("echo 'a\tb'", "a\tb\n"),
        ("printf '\\033[31mred\\033[0m\\n'", "red\n"),
        ("echo -n; echo out; echo err >&2", "out\nerr\n"),
        ("echo hello | cat | tr a-z A-Z", "HELLO\n"),
        ("true # a comment", ""),
        ("", ""),
        ("   ", ""),
        ("sleep 0.05; echo late", "late\n"),
        ("echo $(stty size)", "24 80\n"),
        ("echo \\\nnext", "next\n"),
        ("echo 'echo x\x1b[200~y'", "echo x[200~y\n"),
        ("echo echo; echo 'echo echo'", "echo\necho echo\n"),
    ],
)
def test_what_a_command_prints_is_what_is_heard(line: str, output: str) -> None:
    assert play(lambda typist: typist.run(line)) == output


def test_long_lines_pass_whole() -> None:
    async def scenario(typist: Typist) -> None:
        word = "x" * 100_000
        assert len(await typist.run(f"echo {word}", 20)) == 100_001
        lines = "\n".join(f"echo {number}" for number in range(300))
        assert (await typist.run(lines, 20)).split() == [str(number) for number in range(300)]

    play(scenario)


def test_an_unfinished_command_is_a_question_and_can_be_finished_or_left() -> None:
    async def scenario(typist: Typist) -> None:
        assert await typist.run("echo 'one") == ""
        assert typist.is_asked()
        assert await typist.run("two'") == "one\ntwo\n"
        assert not typist.is_asked()
        assert await typist.run("for i in 1 2; do") == ""
        assert await typist.run("echo $i") == ""
        assert await typist.run("done") == "1\n2\n"
        assert await typist.run("cat <<E") == ""
        assert typist.is_asked()
        assert await typist.run("text") == ""
        assert await typist.run("E") == "text\n"
        await typist.run("echo 'open")
        typist.terminal.press(b"\x03")
        is_tidying = [typist.terminal.is_tidying]
        await typist.settle()
        assert not typist.is_asked()
        assert [*is_tidying, typist.terminal.is_tidying] == [True, False]
        assert await typist.run("echo fine") == "fine\n"

    play(scenario)


def test_a_syntax_error_is_told_and_ends() -> None:
    async def scenario(typist: Typist) -> None:
        assert "syntax error near unexpected token `)'" in await typist.run("echo )")
        assert typist.terminal.status == 2
        assert "unexpected token `done'" in await typist.run("done")
        assert "event not found" in await typist.run("echo !nosuch")
        assert await typist.run("echo fine") == "fine\n"

    play(scenario)


def test_the_end_of_what_the_last_command_printed_is_kept_and_where_it_ran() -> None:
    async def scenario(typist: Typist) -> None:
        terminal = typist.terminal
        await typist.run("echo one; ls /nosuch")
        assert terminal.printed == "one\nls: cannot access '/nosuch': No such file or directory\n"
        await typist.run("echo )")
        assert terminal.printed == "bash: syntax error near unexpected token `)'\n"
        await typist.run("seq 100000; false")
        assert terminal.printed.endswith("99999\n100000\n")
        assert len(terminal.printed) < 1 << 14
        await typist.run("tput cup 3 3; echo drawn; false")
        assert terminal.printed == ""
        await typist.run("ip netns add ns1")
        await typist.run("ip netns exec ns1 bash")
        assert (terminal.ran_on, terminal.where) == ("pc", "ns1")
        await typist.run("false")
        assert (terminal.ran_on, terminal.printed) == ("ns1", "")

    play(scenario)


def test_history_expansion_works_as_in_any_bash() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.run("echo before")
        assert (await typist.run("!!")).splitlines()[-1] == "before"
        assert (await typist.run("sudo !!")).splitlines()[-1] == "before"

    play(scenario)


def test_a_nested_shell_says_where_it_stands() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.run("ip netns add ns1; ip netns add ns2")
        assert (typist.terminal.where, typist.terminal.level) == ("pc", 1)
        await typist.run("ip netns exec ns1 bash")
        assert (typist.terminal.where, typist.terminal.level) == ("ns1", 2)
        assert await typist.run("ip netns identify $$") == "ns1\n"
        await typist.run("ip netns exec ns2 bash")
        assert (typist.terminal.where, typist.terminal.level) == ("ns2", 3)
        await typist.run("exit")
        assert (typist.terminal.where, typist.terminal.level) == ("ns1", 2)
        typist.terminal.press(b"\x04")
        await typist.settle()
        assert (typist.terminal.where, typist.terminal.level) == ("pc", 1)
        await typist.run("nsenter --net=/run/netns/ns2 bash")
        assert typist.terminal.where == "ns2"
        await typist.run("exit 3")
        assert (typist.terminal.where, typist.terminal.status) == ("pc", 3)
        await typist.run("unshare -n bash")
        assert typist.terminal.where == "?"

    play(scenario)


def test_a_terminal_on_a_node_stands_there() -> None:
    async def scenario(typist: Typist) -> None:
        assert typist.terminal.where == "ns1"
        assert await typist.run("ip netns identify $$") == "ns1\n"

    play(scenario, "ns1")


def test_background_output_is_heard_while_bash_waits_and_while_it_runs() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.run("(sleep 0.1; echo ghost; sleep 0.3; echo second) &")
        assert typist.terminal.state is State.PROMPT
        await typist.see("ghost")
        assert "second" in await typist.run("sleep 0.6")
        await typist.run("jobs")

    play(scenario)


def test_background_output_between_a_line_and_its_start_is_not_lost() -> None:
    async def scenario(typist: Typist) -> None:
        heard = bytearray()
        typist.terminal.on_output = heard.extend
        typist.terminal.feed("(for i in $(seq 1500); do echo tick$i; done) &")
        await typist.settle()
        for number in range(20):
            typist.terminal.feed(f"echo command{number}")
            await typist.settle()
        typist.terminal.feed("wait")
        await typist.settle()
        await asyncio.sleep(0.2)
        words = set(plain(bytes(heard)).split())
        missing = [number for number in range(1, 1501) if f"tick{number}" not in words]
        assert not missing
        assert {f"command{number}" for number in range(20)} <= words

    play(scenario)


def test_lines_typed_while_a_program_runs_are_run_after_it() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.start("sleep 0.3")
        await typist.type("echo first\recho second\r")
        await typist.see("second\n")
        await typist.settle()
        assert typist.text.count("first") >= 1
        assert typist.terminal.typed_ahead == ""
        assert await typist.run("echo third") == "third\n"

    play(scenario)


def test_a_line_begun_while_a_program_runs_is_handed_back() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.start("sleep 0.2")
        await typist.type("ip li; x")
        await typist.settle()
        assert typist.terminal.typed_ahead == "ip li; x"
        assert await typist.run("echo clean") == "clean\n"

    play(scenario)


def test_what_was_typed_ahead_is_asked_for_whatever_bash_edits_with() -> None:
    async def scenario(typist: Typist) -> None:
        for way, known in (("set -o vi", "ip li"), ("set -o emacs", "ip li"), ("bind -r '\\e[9977~'", "")):
            await typist.run(way)
            await typist.start("sleep 0.3; echo slept")
            await typist.type("ip li")
            await typist.settle()
            assert typist.terminal.typed_ahead == known
            typist.terminal.typed_ahead = ""
            assert await typist.run("echo fine") == "fine\n"

    play(scenario)


def test_what_a_program_reads_is_not_typed_ahead() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.start("read -p 'name? ' x; echo hi $x", "name?")
        await typist.type("bob\r")
        await typist.settle()
        assert "hi bob" in typist.text
        assert typist.terminal.typed_ahead == ""
        await typist.start("cat")
        await typist.type("line\r")
        await typist.see("line\nline")
        await typist.type("\x04")
        await typist.settle()
        assert typist.terminal.status == 0

    play(scenario)


def test_keys_reach_programs_as_in_any_shell() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.start("sleep 100")
        await typist.type("\x03")
        await typist.settle()
        assert typist.terminal.status == 130
        await typist.start("sleep 101")
        await typist.type("\x1a")
        await typist.settle()
        assert typist.terminal.status == 148
        assert "sleep 101" in await typist.run("jobs")
        await typist.start("fg")
        await typist.see("sleep 101")
        assert typist.terminal.program() == "sleep"
        await typist.type("\x1c")
        await typist.settle()
        assert typist.terminal.status == 131
        await typist.start("bash -c 'trap \"echo caught; exit\" INT; echo ready; sleep 5'", "ready")
        await typist.type("\x03")
        await typist.settle()
        assert "caught" in typist.text

    play(scenario)


@pytest.mark.parametrize(
    "line",
    [
        "PS1='$ '",
        "PS1= PS2= PS0=",
        "PROMPT_COMMAND=true",
        "unset PROMPT_COMMAND",
        "unset PS0",
        "exec bash",
        "set -e; true",
        "trap 'true' DEBUG",
        "trap 'echo bye' EXIT",
        "set -u; set -o pipefail",
        "shopt -s extdebug",
        "stty -echo",
        "stty raw",
        "stty sane",
        "reset",
        "tput reset; clear",
        "exec 2>/dev/null",
        "set -o vi",
        "set +o history; set +H",
        "unalias -a; PATH=$PATH:/x; HOME=/tmp; cd",
        "source ~/.bashrc; source /etc/bash.bashrc",
        "export SHLVL=x; true",
        "mkdir -p $'/tmp/odd\\ndir;x\\e[6n'; cd /tmp/odd*",
        "unset __netshell; source ~/.bashrc",
        "rm -f ~/.bashrc /etc/bash.bashrc; true",
        "ulimit -n 10",
        "alias echo='echo'; alias ls=true",
        "IFS=x; set -f",
        "LANG=C; LC_ALL=POSIX",
        "TERM=dumb",
    ],
)
def test_whatever_a_learner_sets_the_terminal_goes_on(line: str) -> None:
    async def scenario(typist: Typist) -> None:
        await typist.run(line)
        assert not typist.terminal.is_dead
        assert await typist.run("printf '%s\\n' al'i've") == "alive\n"
        await typist.run("false") if "set -e" not in line else None
        assert typist.terminal.status == (0 if "set -e" in line else 1)
        assert typist.terminal.state is State.PROMPT

    play(scenario)


@pytest.mark.parametrize("shell", ["sh", "bash --norc", "bash --posix --norc", "env -i bash --norc", "python3 -q"])
def test_a_shell_that_knows_no_marks_is_a_program_in_front(shell: str) -> None:
    async def scenario(typist: Typist) -> None:
        await typist.start(shell)
        await asyncio.sleep(0.1)
        assert typist.terminal.is_busy
        await typist.type("print(6*7)\r" if "python" in shell else "echo 4''2\r")
        await typist.see("42")
        await typist.type("\x04")
        await typist.settle()
        assert await typist.run("echo back") == "back\n"

    play(scenario)


def test_bash_in_another_environment_still_reads_the_marks() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.run("env -i HOME=/root TERM=xterm bash")
        assert typist.terminal.level == 1
        assert await typist.run("echo inner") == "inner\n"
        await typist.run("exit")
        await typist.run("su")
        assert await typist.run("echo su") == "su\n"
        await typist.run("exit")
        assert await typist.run("echo outer") == "outer\n"

    play(scenario)


@pytest.mark.parametrize("end", ["kill -9 $$", "exit", "exec true", "set -e; false", "trap 'kill -9 $$' DEBUG; true"])
def test_a_bash_that_ends_is_dead_at_once(end: str) -> None:
    async def scenario(typist: Typist) -> None:
        await typist.run(end)
        assert typist.terminal.is_dead
        typist.terminal.feed("echo nobody hears")
        typist.terminal.forward(b"x")
        typist.terminal.resize(10, 10)
        typist.terminal.resume()
        assert typist.terminal.program() == ""
        typist.terminal.close()

    play(scenario)


def test_a_file_full_of_tricks_forges_nothing() -> None:
    async def scenario(typist: Typist) -> None:
        marks = "\\033]133;A;x;0;1;evil;/\\a\\033]133;C;x\\a\\033]133;A\\a\\033]0;title\\a\\033[6n\\033[?1049h"
        await typist.run(f"printf '{marks}' >/tmp/evil")
        await typist.run("cat /tmp/evil; echo; sleep 0.05; echo end")
        assert typist.text.endswith("end\n")
        assert typist.terminal.where == "pc"
        assert b"\x1b]" not in typist.said
        assert b"\x1b[6n" not in typist.said
        assert not typist.terminal.stream.is_full_screen()
        await typist.run("head -c 200000 /dev/urandom; echo", 20)
        assert typist.terminal.where == "pc"
        assert (await typist.run("echo fine"))[-5:] == "fine\n"

    play(scenario)


def test_a_full_screen_program_that_is_killed_gives_the_screen_back() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.start("less /etc/services", "discard")
        assert typist.terminal.stream.is_full_screen()
        assert typist.terminal.program() == "less"
        typist.said.clear()
        await typist.machine.run(["sh", "-c", "kill -9 $(grep -l less /proc/[0-9]*/comm | cut -d/ -f3)"])
        await typist.settle()
        assert b"\x1b[?1049l" in typist.said
        assert not typist.terminal.stream.is_full_screen()

    play(scenario)


def test_programs_learn_the_size_of_the_window() -> None:
    async def scenario(typist: Typist) -> None:
        typist.terminal.resize(33, 111)
        assert await typist.run("stty size; echo $COLUMNS") == "33 111\n111\n"
        await typist.start("bash -c 'trap \"stty size\" WINCH; echo ready; while :; do sleep 0.01; done'", "ready")
        typist.terminal.resize(20, 70)
        await typist.see("20 70")

    play(scenario)


def test_a_terminal_that_is_not_read_makes_its_programs_wait() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.start("yes | head -c 3000000; echo done")
        typist.terminal.pause()
        before = len(typist.said)
        await asyncio.sleep(0.3)
        assert len(typist.said) == before
        assert typist.terminal.state is State.RUNNING
        typist.terminal.resume()
        typist.terminal.resume()
        await typist.settle()
        assert typist.text.endswith("done\n")

    play(scenario)


def test_a_terminal_may_be_closed_while_its_keys_wait_and_what_ran_in_it_ends() -> None:
    async def scenario(typist: Typist) -> None:
        await typist.start("stty -icanon -echo; sleep 100")
        typist.terminal.forward(b"x" * 200_000)
        await asyncio.sleep(0.05)
        typist.terminal.close()
        typist.terminal.close()
        typist.terminal.forward(b"x")
        for _ in range(100):
            ran = await typist.machine.run(["sh", "-c", "cat /proc/[0-9]*/comm"])
            if b"sleep" not in ran.output:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(ran.output)

    play(scenario)


def test_much_output_passes_whole_and_takes_no_memory() -> None:
    async def scenario(typist: Typist) -> None:
        size = 0

        def count(data: bytes) -> None:
            nonlocal size
            size += len(data)

        typist.terminal.on_output = count
        await typist.run("head -c 1000000 /dev/zero | tr '\\0' x | fold -w 99")
        size = 0
        before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await typist.run("head -c 30000000 /dev/zero | tr '\\0' x | fold -w 99; echo; echo end", 60)
        assert 30_000_000 * 101 // 99 <= size < 31_000_000
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 8000

    play(scenario)


def test_a_flood_leaves_room_for_keys() -> None:
    async def scenario(typist: Typist) -> None:
        typist.terminal.on_output = lambda _: None
        typist.terminal.feed("yes")
        await asyncio.sleep(0.2)
        typist.terminal.forward(b"\x03")
        await typist.settle()
        assert typist.terminal.status == 130

    play(scenario)


def test_many_terminals_stand_side_by_side() -> None:
    async def scenario(typist: Typist) -> None:
        async with asyncio.TaskGroup() as group:
            opened = [group.create_task(_open(typist.machine, f"pc.{number}")) for number in range(2, 10)]
        others = [task.result() for task in opened]
        outputs = await asyncio.gather(*(other.run("echo $(tty) $$") for other in others))
        assert len(set(outputs)) == len(others)
        await typist.run("kill -9 -1")
        async with asyncio.timeout(5):
            for other in others:
                while not other.terminal.is_dead:
                    await other.terminal.until_change()
        assert (await typist.run("echo alive")).splitlines()[-1] == "alive"

    play(scenario)


async def _open(machine: Machine, name: str) -> Typist:
    terminal = await Terminal.open(machine, name, "pc", NONCE, {})
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(10):
            await terminal.until_prompt()
    return Typist(machine, terminal)
