"""A process that proves steps on a private machine of its own, one after the other, as it is asked.

It is forked before anything heavy is imported, and makes its machine when the first step comes.
"""

import asyncio
import os
from typing import TYPE_CHECKING

from netshell.errors import MachineError, UserError
from netshell.helper import Helper, Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netshell.author.trial import Result, Task
    from netshell.session import Bench


class BrokenMachineError(UserError):
    """The machine on which a step was proved has ended; a new process has to make a new one."""


def start_worker() -> Helper:
    """Fork a process that answers `prove` with the Result of each Task in a chain. Closing it ends its machine too."""
    engine = os.getpid()
    return Helper.start("proof", lambda worker: _serve(worker, engine))


def _serve(worker: Worker, engine: int) -> None:
    worker.handlers["prove"] = _Prover(engine).prove
    worker.run()


class _Prover:
    """A machine, once it is needed, and the event loop that works with it."""

    def __init__(self, engine: int) -> None:
        self._engine = os.pidfd_open(engine)
        self._runner = asyncio.Runner()
        self._failures: list[BaseException] = []
        self._bench: Bench | None = None

    def prove(self, chain: "Sequence[Task]") -> "list[Result]":
        """What is found, task by task.

        Raises MachineError where no machine can be made, BrokenMachineError if it ends.
        """
        if self._bench is None:
            from netshell.launch import launch  # noqa: PLC0415 - a machine is made for the first step only

            launched = launch(has_shared_directory=False)
            from netshell.session import Bench  # noqa: PLC0415 - nothing heavy before the fork

            self._bench = Bench(launched)
            self._runner.run(self._attach(self._bench))
        try:
            return self._runner.run(self._prove(self._bench, chain))
        except MachineError as error:
            raise BrokenMachineError(error.problem) from None
        except asyncio.CancelledError:
            raise self._failures[0] from None

    async def _attach(self, bench: "Bench") -> None:
        bench.attach(environ={"LANG": "C.UTF-8"})
        asyncio.get_running_loop().add_reader(self._engine, os._exit, 0)  # who asked is gone, and so is the need

    async def _prove(self, bench: "Bench", chain: "Sequence[Task]") -> "list[Result]":
        from netshell.author.proof import prove  # noqa: PLC0415 - as above

        asyncio.get_running_loop().set_exception_handler(_Guard(self._failures, asyncio.current_task()))
        return await prove(bench, chain)


class _Guard:
    """What goes wrong in a callback of the loop is a bug: it ends the proof, and is not only logged."""

    def __init__(self, failures: list[BaseException], task: "asyncio.Task[list[Result]] | None") -> None:
        self._failures = failures
        self._task = task

    def __call__(self, _loop: asyncio.AbstractEventLoop, what: dict[str, object]) -> None:
        error = what.get("exception")
        if isinstance(error, BaseException) and self._task is not None:
            self._failures.append(error)
            self._task.cancel()
