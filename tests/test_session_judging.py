"""When a session takes a step as done, and what it says of a command that ran in the wrong place."""

import subprocess
import sys

import pytest
from lesson_inside import in_lesson, typed

from netshell.session import Session, ran_in
from scripts.set_up import ROOT

pytestmark = [pytest.mark.kernel, pytest.mark.terminal]

TEXT = """\
---
format: 1
title: An address and its proof
summary: For a test.
lab:
  nodes: {ns1: host, ns2: host}
  links: [ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24]
---

# An address and its proof

## A second address

```console do
$ ip -n ns1 addr add 192.0.2.9/24 dev eth0
ns1$ ping -c 1 192.0.2.2
```

```yaml check
- {address: 192.0.2.9/24, dev: eth0, at: ns1}
- {ping: 192.0.2.2, at: ns1}
```

## And away

```console do
$ ip -n ns1 addr del 192.0.2.9/24 dev eth0
```

```yaml check
- {address: 192.0.2.9/24, dev: eth0, at: ns1, not: true}
```

## Only a look

```yaml ask
- {predict: Is ns2 there?, choices: [it is not, it is], answer: 2, why: The cable is laid.}
```

```console do
ns1$ ping -c 1 192.0.2.2
```
"""


def test_a_ping_from_before_the_last_change_proves_nothing() -> None:
    async def scenario(session: Session) -> None:
        ping, address = "ping -c 1 192.0.2.2", "ip -n ns1 addr add 192.0.2.9/24 dev eth0"
        assert not (await typed(session, ping, "ns1")).is_done_now
        assert not (await typed(session, address)).is_done_now
        verdict = await session.verdict()
        assert verdict is not None
        assert verdict.says == "192.0.2.2 has not been pinged from ns1 since the last change."
        await typed(session, "bridge fdb show")  # a look is no change
        assert (await typed(session, ping, "ns1")).is_done_now

    in_lesson(TEXT, scenario)


def test_who_comes_to_a_later_step_is_spared_what_was_taken_back() -> None:
    steps = "## One\n\n{do} one\n```\n\n## Two\n\n{do} two\n```\n\n## Back {{undoes: 1}}\n\n{do} back\n```\n\n## Four\n"
    text = TEXT[: TEXT.index("## ")] + steps.format(do="```console do\n$ touch /tmp")

    async def scenario(session: Session) -> None:
        for index, files in ((1, "one"), (2, "one two"), (3, "one")):
            await session.go_to(index)
            listed = await session.bench.machine.run(["ls", "/tmp"])
            assert listed.output.decode().split() == files.split()

    in_lesson(text.replace("/tmp ", "/tmp/"), scenario)


def test_a_look_after_the_proof_does_not_undo_it() -> None:
    async def scenario(session: Session) -> None:
        await typed(session, "iptables -A INPUT -s 203.0.113.1 -j DROP; ip -n ns1 addr add 192.0.2.9/24 dev eth0")
        terminal = await session.bench.terminal("ns1")
        for line in ("ping -c 1 192.0.2.2", "iptables -nL"):
            terminal.feed(line)
            await terminal.until_prompt()
        assert (await session.after_command(ran_in(terminal, "iptables -nL"))).is_done_now

    in_lesson(TEXT, scenario)


def test_what_happens_in_the_background_after_the_proof_does_not_undo_it() -> None:
    async def scenario(session: Session) -> None:
        await typed(session, "ip -n ns1 addr add 192.0.2.9/24 dev eth0")
        assert (await typed(session, "ping -c 1 192.0.2.2", "ns1")).is_done_now
        await session.bench.run_unseen([("ns1", "ip link set dev eth0 state dormant")])
        (late,) = (await typed(session, "ip -n ns1 neigh")).said
        assert (late.change.kind, late.is_background) == ("link", True), "the kernel sets states of links by itself"
        assert await session.judge(session.step.checks) is None

    in_lesson(TEXT, scenario)


def test_a_command_in_the_wrong_place_is_told_once() -> None:
    async def scenario(session: Session) -> None:
        [says] = (await typed(session, "ping -c 1 -W 0.2 192.0.2.2")).messages
        assert says == "That was the PC. In this step `ping` is for ns1."
        assert (await typed(session, "ping -c 1 -W 0.2 192.0.2.2")).messages == ()
        assert (await typed(session, "ping -c 1 192.0.2.2", "ns1")).messages == ()

    in_lesson(TEXT, scenario)


def test_where_the_way_is_free_no_place_is_wrong() -> None:
    async def scenario(session: Session) -> None:
        assert (await typed(session, "ping -c 1 -W 0.2 192.0.2.2")).messages == ()

    in_lesson(TEXT.replace("## A second address\n", "## A second address {fade: goal}\n"), scenario)


def test_a_look_elsewhere_or_at_something_else_decides_nothing() -> None:
    async def scenario(session: Session) -> None:
        await session.answer("2")
        for line in ("ip address show", "ip netns exec ns1 ip address show", "ping -c 1 -W 0.2 192.0.2.2"):
            assert (await typed(session, line)).compared == ()
        (compared,) = (await typed(session, "ip netns exec ns1 ping -c 1 192.0.2.2")).compared
        assert compared.is_right

    in_lesson(TEXT.replace("ns1$ ping -c 1 192.0.2.2\n```\n", "ns1$? ping -c 1 192.0.2.2\n```\n"), scenario, step=2)


def test_who_takes_something_back_is_not_told_what_is_lacking() -> None:
    async def scenario(session: Session) -> None:
        for number in range(3, 6):
            await typed(session, f"ip -n ns1 addr add 192.0.2.{number}/24 dev eth0")
        assert (await typed(session, "ip -n ns1 addr del 192.0.2.5/24 dev eth0")).messages == ()
        (says,) = (await typed(session, "ip -n ns1 addr add 192.0.2.8/24 dev eth0")).messages
        assert "192.0.2.9/24" in says

    in_lesson(TEXT, scenario)


def test_what_is_to_be_gone_says_so_when_it_is() -> None:
    async def scenario(session: Session) -> None:
        await typed(session, "ip -n ns1 addr add 192.0.2.9/24 dev eth0")
        outcome = await typed(session, "ip -n ns1 addr del 192.0.2.9/24 dev eth0")
        assert outcome.is_done_now
        assert outcome.holds == "192.0.2.9/24 is not set in ns1; 192.0.2.1/24 is set there, on eth0."
        kind, says = session.help()
        assert kind == "none"
        assert str(says).startswith("This step is done")

    in_lesson(TEXT, scenario, step=1)


def test_where_nothing_is_checked_a_command_in_the_wrong_place_is_told_and_decides_nothing() -> None:
    async def scenario(session: Session) -> None:
        await session.answer("2")
        slip = await typed(session, "ping -c 1 -W 0.2 192.0.2.2")
        assert slip.messages == ("That was the PC. In this step `ping` is for ns1.",)
        assert slip.compared == ()
        (compared,) = (await typed(session, "ping -c 1 192.0.2.2", "ns1")).compared
        assert (compared.said, compared.is_right) == ("it is", True)

    in_lesson(TEXT, scenario, step=2)


BEGIN = """
import asyncio, sys
from pathlib import Path
from netshell.launch import launch
launched = launch(has_shared_directory=False)
from netshell.lesson.compiled import lesson_from
from netshell.lesson.reader import read_lesson
from netshell.progress import Progress
from netshell.session import Bench, Session

async def main():
    bench = Bench(launched)
    bench.attach()
    lesson = lesson_from(read_lesson(sys.stdin.read(), "l.md")[0], Path("l.md"), 0)
    await Session(bench, lesson, Progress.open(None)).begin()
    print("netshell.explain.messages" in sys.modules)
    bench.close()

asyncio.run(main())
"""


def test_a_step_begins_without_the_words_for_what_may_fail_in_it() -> None:
    text = TEXT[: TEXT.index("## A second")] + TEXT[TEXT.index("## Only a look") :]
    begun = subprocess.run(
        [sys.executable, "-c", BEGIN], input=text, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert begun.stdout == "False\n"
