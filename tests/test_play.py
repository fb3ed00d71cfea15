"""Console lines of lessons, typed into real terminals."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from inside import apart

from netshell.errors import UserError
from netshell.launch import launch
from netshell.lesson.console import parse_line
from netshell.lesson.model import Line, Script
from netshell.session.bench import Bench
from netshell.session.play import PlayError, key, play
from netshell.terminal.shell import State
from netshell.topology import NodeSpec, Topology, parse_link

pytestmark = [pytest.mark.kernel, pytest.mark.terminal]

LAB = Topology(
    nodes=(NodeSpec("ns1"), NodeSpec("ns2")),
    links=(parse_link("ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24"),),
)


def script(text: str) -> Script:
    lines = text.strip().splitlines()
    return tuple(Line(*parse_line(line.strip()), number) for number, line in enumerate(lines, 1))


def on_bench(scenario: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        bench = Bench(launch(has_shared_directory=False))
        bench.attach()
        try:
            await bench.build(LAB)
            await scenario(bench)
        finally:
            bench.close()

    apart(lambda: asyncio.run(main()))


def playing(text: str, *look: tuple[str, str]) -> None:
    """Play a script, then look: commands on the PC and what they must print."""

    async def scenario(bench: Bench) -> None:
        await play(bench, script(text))
        for command, output in look:
            ran = await bench.machine.run(["sh", "-c", command])
            assert ran.output.decode() == output

    on_bench(scenario)


@pytest.mark.parametrize(
    ("text", "command", "output"),
    [
        ("$ echo a >/tmp/x\n$ echo b >>/tmp/x", "cat /tmp/x", "a\nb\n"),
        ("$ sleep 0.2; echo a >/tmp/x\n$ cp /tmp/x /tmp/y", "cat /tmp/y", "a\n"),
        ("$? echo look >/tmp/x", "cat /tmp/x", "look\n"),
        ("ns1$ ip netns identify $$ >/tmp/x\nns2$ ip netns identify $$ >>/tmp/x", "cat /tmp/x", "ns1\nns2\n"),
        ("ns1$ cd /tmp; a=5\nns2$ true\nns1$ echo $PWD $a >x", "cat /tmp/x", "/tmp 5\n"),
        ("ns1$ tty >/tmp/x\nns1.2$ tty >>/tmp/x", "uniq /tmp/x | wc -l", "2\n"),
        ("$ cat >/tmp/x\n> hello you\n> second\n^D", "cat /tmp/x", "hello you\nsecond\n"),
        ("$ cat >/tmp/x\n> one\n^D\n$ echo two >>/tmp/x", "cat /tmp/x", "one\ntwo\n"),
        ("$ sleep 100\n^C\n$ echo $? >/tmp/x", "cat /tmp/x", "130\n"),
        ("$ sleep 100\n^Z\n$ jobs %1 >/tmp/x\n$ kill %1", "grep -c 'Stopped.*sleep 100' /tmp/x", "1\n"),
        ("$ sleep 100\n^\\\n$ echo $? >/tmp/x", "cat /tmp/x", "131\n"),
        ("$ (sleep 0.3; echo ready; read a; echo $a >/tmp/x)\n~ ready\n> go", "sleep 0.1; cat /tmp/x", "go\n"),
        ("$ read -p 'name: ' n\n~ name:\n> bob\n$ echo $n >/tmp/x", "cat /tmp/x", "bob\n"),
        ("$ for i in 1 2; do\n$ echo $i >>/tmp/x\n$ done", "cat /tmp/x", "1\n2\n"),
        ("$ cat >/tmp/x <<E\n$ one  two\n$ E\n$ echo three >>/tmp/x", "cat /tmp/x", "one  two\nthree\n"),
        ("$ cat >/tmp/x <<E\n> one\n>   two\n> E\nns1$ cp /tmp/x /tmp/y", "cat /tmp/y", "one\n  two\n"),
        (
            (
                "$ while read a; do sleep 0.1; echo $a >>/tmp/x; echo got; done\n"
                "> 1\n~ got\n> 2\n~ got\nns1$ cp /tmp/x /tmp/y\n^D"
            ),
            "cat /tmp/y",
            "1\n2\n",
        ),
        (
            "$ ip netns exec ns1 bash\n$ ip netns identify $$ >/tmp/x\n$ exit\n$ pwd >>/tmp/x",
            "cat /tmp/x",
            "ns1\n/root\n",
        ),
        ("$ ip netns exec ns1 bash\n$ a=1\n^D\n$ echo n$a >/tmp/x", "cat /tmp/x", "n\n"),
        ("$ bash\n^C\n$ echo $SHLVL >/tmp/x\n$ exit", "cat /tmp/x", "2\n"),
        ("$ sh\n> echo $0 >/tmp/x\n> exit\n$ echo back >>/tmp/x", "cat /tmp/x", "sh\nback\n"),
        ("$ true\n> echo typed at a prompt >/tmp/x\n$ cat /tmp/x >/tmp/y", "cat /tmp/y", "typed at a prompt\n"),
        (
            "ns1$ tcpdump -i eth0 -c 1 -n --immediate-mode icmp &>/tmp/x\nns2$ ping -c 1 192.0.2.1\nns1$ date >/tmp/y",
            "grep -c 'echo request' /tmp/x; grep -c : /tmp/y",
            "1\n1\n",
        ),
        ("$ printf 'äöü 漢字' >/tmp/x", "cat /tmp/x", "äöü 漢字"),
        ("$ kill -9 -1\n$ echo alive >/tmp/x", "cat /tmp/x", "alive\n"),
    ],
)
def test_lines_do_what_they_would_typed_by_hand(text: str, command: str, output: str) -> None:
    playing(text, (command, output))


def test_a_conversation_between_two_nodes() -> None:
    playing(
        """
        ns1$ nc -l -p 7000 >/tmp/heard
        ns1.2$ until ss -Hltn | grep -q 7000; do sleep 0.01; done
        ns2$ nc -q 1 192.0.2.1 7000
        ns2> hello from ns2
        ns1.2$ until grep -q hello /tmp/heard; do sleep 0.01; done
        ns2^C
        ns1$ echo over >>/tmp/heard
        """,
        ("cat /tmp/heard", "hello from ns2\nover\n"),
    )


def states(bench: Bench) -> dict[str, State]:
    return {name: terminal.state for name, terminal in bench.terminals.items()}


def test_a_server_left_running_does_not_hold_up_the_script() -> None:
    async def scenario(bench: Bench) -> None:
        await play(bench, script("ns1$ nc -lk -p 7000\nns2$ sleep 0.2; echo hi | nc -q 0 192.0.2.1 7000"))
        assert states(bench) == {"ns1": State.RUNNING, "ns2": State.PROMPT}
        await play(bench, script("ns1^C"))
        assert states(bench) == {"ns1": State.PROMPT, "ns2": State.PROMPT}

    on_bench(scenario)


@pytest.mark.parametrize(
    ("text", "number", "words"),
    [
        ("$ true\n$ sleep 100\n$ echo never", 2, "did not prompt again in 0.5 s: `sleep` is still in front"),
        ("$ cat\n~ never printed", 2, "`never printed` was not seen on terminal pc in 0.5 s"),
        ("ns1$ cat\nns2$ true\nns1$ echo x", 3, "Terminal ns1 did not prompt again in 0.5 s: `cat` is still in front"),
        ("$ exit\n$ echo x", 2, "The shell of terminal pc has ended"),
        ("$ trap '' INT; sleep 100\n^C", 2, "did not prompt again"),
    ],
)
def test_a_line_that_is_stuck_is_named(text: str, number: int, words: str) -> None:
    async def scenario(bench: Bench) -> None:
        began = time.monotonic()
        with pytest.raises(PlayError, match=words.replace("(", r"\(")) as caught:
            await play(bench, script(text), timeout_s=0.5)
        assert caught.value.line.line == number
        assert caught.value.line.text in caught.value.remedy
        assert time.monotonic() - began < 30

    on_bench(scenario)


def test_a_terminal_whose_shell_has_ended_is_new_in_the_next_script() -> None:
    async def scenario(bench: Bench) -> None:
        await play(bench, script("$ exit"))
        await play(bench, script("$ echo again >/tmp/x"))
        assert not bench.terminals["pc"].is_dead

    on_bench(scenario)


def test_a_node_that_is_not_there_is_said() -> None:
    async def scenario(bench: Bench) -> None:
        with pytest.raises(UserError, match="There is no node `ns7`"):
            await play(bench, script("ns7$ true"))

    on_bench(scenario)


def test_listeners_hear_what_they_heard_before() -> None:
    async def scenario(bench: Bench) -> None:
        heard = bytearray()
        terminal = await bench.terminal("pc")
        terminal.on_output = heard.extend
        await play(bench, script("$ echo one"))
        await play(bench, script("$ echo two"))
        assert heard == b"one\r\ntwo\r\n"
        assert terminal.on_output == heard.extend

    on_bench(scenario)


@pytest.mark.parametrize(
    ("name", "byte"), [("C", 3), ("D", 4), ("Z", 26), ("\\", 28), ("]", 29), ("[", 27), ("?", 127)]
)
def test_keys_are_the_bytes_that_a_keyboard_sends(name: str, byte: int) -> None:
    assert key(name) == bytes([byte])
