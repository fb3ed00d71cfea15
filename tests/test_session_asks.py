"""Questions and predictions of a lesson, answered in a session on a real machine."""

from pathlib import Path

import pytest
from lesson_inside import in_lesson

from netshell.errors import UserError
from netshell.lesson.asks import Compared
from netshell.session import Outcome, Ran, Session, play

pytestmark = [pytest.mark.kernel, pytest.mark.terminal]

TEXT = """\
---
format: 1
title: Ask first
summary: For a test.
lab:
  nodes: {ns1: host, ns2: host}
  links: [ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24]
---

# Ask first

## Before you ping

```yaml ask
- predict: Which packet leaves ns1 first?
  choices: [an ARP request, an ICMP echo request, nothing]
  answer: [{arp: request}, {icmp: echo-request}, nothing]
  at: ns1
  why: ns1 knows the address, not the MAC behind it.
- predict: How many echo requests does it send?
  answer: {count: {icmp: echo-request, from: ns1}}
  why: One for each -c.
- predict: In what order?
  order: [ask, answer, ping, pong]
  answer: [{arp: request}, {arp: reply}, {icmp: echo-request}, {icmp: echo-reply}]
  why: First find, then send.
```

## Ping

```console do
ns1$ ping -c 2 -i 0.2 192.0.2.2
```

```yaml check
- {ping: 192.0.2.2, at: ns1, count: 2}
```

## After it

```yaml ask
- {question: What is an ARP request sent to?, answer: [everybody, a broadcast], why: It knows nobody yet.}
- {question: Which MAC has ns1?, answer: {mac: eth0, at: ns1}, why: Every interface has one.}
- {question: How long is a MAC address?, answer: 6, why: Six bytes.}
```

## Once more

```yaml ask
predict: And now?
choices: [ARP, the ping, nothing]
answer: [{arp: request}, {icmp: echo-request}, nothing]
at: ns2
why: ns2 sends nothing of its own.
```

```console do
ns1$ ping -c 1 192.0.2.1
```

## All in one

```console do
ns2$ ping -c 1 192.0.2.1
```

```yaml check
- {ping: 192.0.2.1, at: ns2}
```

```yaml ask
- {predict: Does it work?, choices: [it does, it does not], answer: 1, why: The cable is there.}
- {question: With which TTL?, answer: {packet: {icmp: echo-reply}, field: ttl}, why: Linux begins with 64.}
- {question: Does ns2 know ns1?, choices: [x y, ns1], answer: {mac: eth7, at: ns2}, why: W.}
```
"""


async def solve(session: Session) -> Outcome:
    await play(session.bench, session.step.do)
    last = session.step.do[-1]
    return await session.after_command(Ran(last.text, node=last.node, terminal=last.terminal))


def ordered(session: Session, *items: str) -> str:
    choices = session.lesson.steps[0].asks[2].choices
    return " ".join(str(choices.index(item) + 1) for item in items)


def told(compared: tuple[Compared, ...]) -> list[tuple[str, bool | None]]:
    return [(one.said, one.is_right) for one in compared]


def test_predictions_are_kept_and_compared_with_what_then_crosses() -> None:
    async def scenario(session: Session) -> None:
        assert session.is_done, "a question stops nobody"
        assert session.asking.is_answer("2")
        kept = await session.answer("2")
        assert (kept.said, kept.found, kept.is_right) == ("an ICMP echo request", "", None)
        assert not session.asking.is_answer("b"), "the next question has no choices"
        await session.answer("2")
        await session.answer(ordered(session, "ask", "answer", "ping", "pong"))
        assert session.question() == ""
        await session.advance()
        assert [asked.is_earlier for asked in session.asking.shown()] == [True, True, True]
        outcome = await solve(session)
        assert outcome.is_done_now
        first, number, order = outcome.compared
        assert first.is_right is False
        assert first.found.startswith("First to leave ns1 was an ARP request (packet ")
        assert first.ask.why == "ns1 knows the address, not the MAC behind it."
        assert (number.said, number.is_right) == ("2", True)
        assert "2 came" in number.found
        assert (order.said, order.is_right) == ("ask, then answer, then ping, then pong", True)
        assert (await session.after_event()).compared == (), "told once"
        assert await session.settle() == ()
        assert await session.unread() == ()

    in_lesson(TEXT, scenario)


def test_a_right_prediction_and_what_nobody_answered_are_told_too() -> None:
    async def scenario(session: Session) -> None:
        assert "A guess is fine" in session.question()
        assert session.question() == "", "asked once"
        await session.answer("an ARP request")
        await session.answer("7")
        await session.advance()
        outcome = await solve(session)
        assert told(outcome.compared) == [("an ARP request", True), ("7", False), ("", None)]

    in_lesson(TEXT, scenario)


def test_a_slip_before_the_right_try_decides_nothing() -> None:
    async def scenario(session: Session) -> None:
        await session.answer("2")
        await session.answer("3")
        await session.advance()
        slip = "ping -c 1 192.0.2.2"
        terminal = await session.bench.terminal("ns1")
        terminal.feed(slip)
        await terminal.until_prompt()
        assert (await session.after_command(Ran(slip))).compared == ()
        number = (await solve(session)).compared[1]
        assert (number.said, number.is_right) == ("3", False)
        assert "2 came" in number.found

    in_lesson(TEXT, scenario)


def test_an_answer_may_be_changed_until_it_is_decided() -> None:
    async def scenario(session: Session) -> None:
        for answer in ("1", "1", ordered(session, "pong", "ping", "answer", "ask")):
            await session.answer(answer)
        changed = await session.answer(ordered(session, "ask", "answer", "ping", "pong"))
        assert changed.said == "ask, then answer, then ping, then pong"
        with pytest.raises(UserError, match="does not name each of the 4 once"):
            await session.answer("1 2")

    in_lesson(TEXT, scenario)


def test_questions_are_compared_at_once_and_read_off_the_machine() -> None:
    async def scenario(session: Session) -> None:
        mac = session.bench.snapshot.nodes["ns1"].links["eth0"].mac
        text = await session.answer("  A  Broadcast")
        assert (text.is_right, text.found) == (True, "So it is.")
        address = await session.answer("02:ff:ff:ff:ff:ff")
        assert address.is_right is False
        assert address.found == f"MAC address of eth0 in ns1: {mac}."
        with pytest.raises(UserError, match="no whole number"):
            await session.answer("six")
        number = await session.answer("48")
        assert (number.is_right, number.found) == (False, "It is: 6.")
        assert session.asking.is_answer("6"), "no program is called so"
        with pytest.raises(UserError, match="You have answered this already: 48"):
            await session.answer("6")

    in_lesson(TEXT, scenario, step=2)


def test_who_answers_too_late_is_told_so_and_finds_what_is_so_on_the_page() -> None:
    async def scenario(session: Session) -> None:
        await solve(session)
        assert session.asking.is_answer("1"), "no program is called so"
        with pytest.raises(UserError, match="This is decided already"):
            await session.answer("1")
        assert [asked.found for asked in session.asking.shown()] == ["It is: nothing. Nothing left ns2."]

    in_lesson(TEXT, scenario, step=3)


def test_that_nothing_leaves_is_known_when_the_step_has_run() -> None:
    async def scenario(session: Session) -> None:
        assert (await session.settle()) == (), "nothing was done yet"
        await session.answer("3")
        outcome = await solve(session)
        assert told(outcome.compared) == [("nothing", True)]
        assert outcome.compared[0].found == "Nothing left ns2."

    in_lesson(TEXT, scenario, step=3)


def test_where_nothing_is_asked_there_is_nothing_to_answer() -> None:
    async def scenario(session: Session) -> None:
        assert not session.asking.is_answer("1")
        with pytest.raises(UserError, match="Nothing is asked here"):
            await session.answer("1")

    in_lesson(TEXT, scenario, step=1)


def test_in_a_step_with_a_task_answers_are_compared_when_it_is_done() -> None:
    async def scenario(session: Session) -> None:
        assert "A guess is fine" in session.question()
        await session.answer("a")
        assert session.question() == "", "what is asked about the task comes after it"
        early = await session.answer("63")
        assert (early.found, early.is_right) == ("", None)
        await session.go_to(session.index)
        assert [asked.said for asked in session.asking.shown()] == ["it does", "63", ""]
        outcome = await solve(session)
        assert told(outcome.compared) == [("it does", True), ("63", False)]
        assert outcome.compared[1].found.endswith("has the TTL 64.")
        assert "A guess is fine" in session.question()
        unknown = await session.answer("2")
        assert (unknown.found, unknown.is_right) == ("ns2 has no MAC address of eth7.", None)
        assert [ask.text for ask in await session.unread()] == ["Does ns2 know ns1?"], "the author's proof is told"

    in_lesson(TEXT, scenario, step=4)


def test_answers_outlive_netshell(tmp_path: Path) -> None:
    store = tmp_path / "progress.db"

    async def before(session: Session) -> None:
        await session.answer("2")

    async def after(session: Session) -> None:
        assert [asked.said for asked in session.asking.shown()] == ["an ICMP echo request"]
        outcome = await solve(session)
        assert told(outcome.compared)[0] == ("an ICMP echo request", False)

    async def later(session: Session) -> None:
        assert [(asked.said, asked.is_earlier) for asked in session.asking.shown()][:1] == [
            ("an ICMP echo request", False)
        ]
        await session.go_to(1)
        outcome = await solve(session)
        assert told(outcome.compared) == [("", None), ("", None)], "the first was decided in the visit before"

    in_lesson(TEXT, before, store=store)
    in_lesson(TEXT, after, step=1, store=store)
    in_lesson(TEXT, later, store=store)
