"""Waiting for what netshell itself does, such as bringing a machine to a step, until Ctrl-C stops it."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from netshell.render import step as steps
from netshell.repl.keyboard import Keyboard
from netshell.repl.screen import Screen

_PATIENCE_S = 0.7
"""After so long a learner is told that netshell is at work."""
_Done = TypeVar("_Done")


async def until_stopped(work: Coroutine[Any, Any, _Done], keyboard: Keyboard, screen: Screen) -> _Done | None:
    """What the work gives; None where Ctrl-C has stopped it. Takes SIGINT for itself: the caller has it back after."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    is_stopped = False

    def stop() -> None:
        nonlocal is_stopped
        is_stopped = True
        task.cancel()

    patience = loop.call_later(_PATIENCE_S, lambda: screen.show(steps.notice("Working … Ctrl-C stops it.")))
    loop.add_signal_handler(signal.SIGINT, stop)
    try:
        with keyboard.interruptible():
            return await task
    except asyncio.CancelledError:
        task.cancel()
        if not is_stopped:
            raise
        return None
    finally:
        patience.cancel()
