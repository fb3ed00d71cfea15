"""The event loop that a command runs in: what goes wrong in one of its callbacks ends the command, and is not logged.

It knows nothing of what runs in it.
"""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

_Result = TypeVar("_Result")


def run(main: Coroutine[object, object, _Result]) -> _Result:
    """Run to the end, as `asyncio.run` does; an exception in a callback cancels `main` and is raised here."""
    return asyncio.run(_guarded(main))


async def _guarded(main: Coroutine[object, object, _Result]) -> _Result:
    loop = asyncio.get_running_loop()
    task = loop.create_task(main)
    failures: list[BaseException] = []

    def fail(_loop: asyncio.AbstractEventLoop, what: dict[str, object]) -> None:
        error = what.get("exception")
        if isinstance(error, BaseException):
            failures.append(error)
            task.cancel()

    loop.set_exception_handler(fail)
    try:
        result = await task
    except asyncio.CancelledError:
        if failures:
            raise failures[0] from None
        raise
    if failures:
        raise failures[0]
    return result
