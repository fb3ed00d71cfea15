import asyncio
import os
import select
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netshell.errors import MachineError, UserError
from netshell.helper import Helper, HelperBugError, Worker

pytestmark = pytest.mark.kernel


def refuse() -> None:
    raise UserError("No.", "Ask again.")


def serve(worker: Worker) -> None:
    def nudge(times: int) -> None:
        for _ in range(times):
            worker.tell("nudged", within_s=0.01)

    worker.handlers.update(
        echo=lambda value: value,
        refuse=refuse,
        divide=lambda value: 1 / value,
        fds=lambda: len(list(Path("/proc/self/fd").iterdir())),
        nudge=nudge,
        name=lambda: Path("/proc/self/comm").read_text(encoding="ascii").strip(),
        end=lambda: os._exit(3),
    )
    worker.run()


@contextmanager
def helper(serve: Callable[[Worker], None] = serve) -> Iterator[Helper]:
    started = Helper.start("test", serve)
    try:
        yield started
    finally:
        started.close()


def ask(
    started: Helper, question: Callable[[], Awaitable[object]], on_event: Callable[[str], None] | None = None
) -> object:
    async def main() -> object:
        started.attach(asyncio.get_running_loop(), on_event)
        return await question()

    return asyncio.run(main())


def test_answers_come_in_the_order_of_the_requests() -> None:
    async def question() -> object:
        return await asyncio.gather(*(started.ask("echo", number) for number in range(200)))

    with helper() as started:
        assert ask(started, question) == list(range(200))


def test_a_request_may_be_posted_before_there_is_a_loop() -> None:
    with helper() as started:
        ticket = started.post("echo", "early")

        async def question() -> object:
            return await ticket, await ticket

        assert ask(started, question) == ("early", "early")


def test_large_messages_pass_both_ways() -> None:
    text = b"x" * 20_000_000
    with helper() as started:
        assert ask(started, lambda: started.ask("echo", text)) == text


def test_a_refusal_keeps_its_remedy() -> None:
    with helper() as started, pytest.raises(UserError, match="No") as caught:
        ask(started, lambda: started.ask("refuse"))
    assert caught.value.remedy == "Ask again."


def test_a_bug_comes_back_with_its_traceback_and_the_helper_lives_on() -> None:
    async def question() -> object:
        with pytest.raises(HelperBugError, match="ZeroDivisionError"):
            await started.ask("divide", 0)
        return await started.ask("divide", 1)

    with helper() as started:
        assert ask(started, question) == 1


def test_a_helper_that_cannot_begin_says_why_to_every_request() -> None:
    def fail(_worker: Worker) -> None:
        raise MachineError("The machine refuses.")

    with helper(fail) as started, pytest.raises(MachineError, match="refuses"):
        ask(started, lambda: started.ask("echo", 1))


def test_a_helper_that_died_is_told_of() -> None:
    async def question() -> object:
        with pytest.raises(UserError, match="has ended"):
            await started.ask("end")
        with pytest.raises(UserError, match="has ended"):
            await started.ask("echo", 1)
        return None

    with helper() as started:
        ask(started, question)


def test_events_in_a_row_are_told_as_one() -> None:
    events: list[str] = []

    async def question() -> object:
        await started.ask("nudge", 5)
        while not events:  # noqa: ASYNC110 - what is waited for is told by no event of asyncio's
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        return events

    with helper() as started:
        assert ask(started, question, events.append) == ["nudged"]


def test_a_helper_holds_none_of_the_callers_descriptors_and_ignores_interrupts() -> None:
    async def question() -> object:
        os.kill(started.pid, signal.SIGINT)
        return await started.ask("fds"), await started.ask("name")

    with helper() as other, helper() as started:
        assert other.fileno() != started.fileno()
        found = ask(started, question)
    assert found == (5, "netshell-test")  # the three standard ones, the socket, and the listing itself


def test_a_helper_ends_when_the_engine_is_killed() -> None:
    reader, writer = os.pipe()
    engine = os.fork()
    if engine == 0:
        started = Helper.start("test", serve)
        os.write(writer, b"%d" % started.pid)
        time.sleep(60)
        os._exit(0)
    pid = int(os.read(reader, 20))
    pidfd = os.pidfd_open(pid)
    os.kill(engine, signal.SIGKILL)
    os.waitpid(engine, 0)
    assert select.select([pidfd], [], [], 5)[0]
    for fd in (reader, writer, pidfd):
        os.close(fd)


def test_closing_leaves_no_process() -> None:
    with helper() as started:
        pass
    with pytest.raises(ProcessLookupError):
        os.kill(started.pid, 0)
