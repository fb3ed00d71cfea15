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
_TURNS = 4
"""Of the loop, in which a signal comes to its handler: it is seen, read, and called for."""
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
        await _all_signals_taken()
        if is_stopped:
            keyboard.take_unread()  # as a terminal forgets what was typed before a Ctrl-C: termios(3), NOFLSH


async def _all_signals_taken() -> None:
    """A Ctrl-C that came while the work kept the loop busy to its end meant the work, and not whoever is asked next."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
