"""Commands without a person: each is run in the private machine, and what it printed and changed is told."""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

from netshell import commands
from netshell.commands import Context
from netshell.errors import ExitCode, UserError
from netshell.explain.changes import Said, as_json
from netshell.facts import PC
from netshell.progress import Progress
from netshell.render.changes import changes
from netshell.render.console import as_text
from netshell.session import Bench
from netshell.terminal.shell import Terminal
from netshell.terminal.stream import plain
from netshell.topology import Topology
from netshell.views import render

_OUTPUT_MOST = 1 << 20
_WIDTH = 80
_INTERRUPTED = 130


class Runner:
    """Runs lines one after the other in one terminal of one machine."""

    def __init__(self, bench: Bench, write: Callable[[str], None], *, is_json: bool, timeout_s: float) -> None:
        self._bench = bench
        self._write = write
        self._is_json = is_json
        self._timeout_s = timeout_s
        self._output = bytearray()

    async def run(self, topology: Topology, lines: Iterable[str]) -> int:
        """Run every line; gives the last command's exit status. Raises UserError for an unknown `:command`."""
        self._bench.attach(environ={"LANG": "C.UTF-8", "TERM": "dumb"})
        try:
            await self._bench.build(topology)
            terminal = await self._bench.terminal(PC)
            terminal.on_output = self._hear
            status = 0
            waiting: list[str] = []
            for line in lines:
                if line.startswith(":") and not waiting:
                    await self._own(line)
                    continue
                if not line.strip() and not waiting:
                    continue
                waiting.append(line)
                status = await self._feed(terminal, line)
                if not terminal.is_continued:
                    await self._tell("\n".join(waiting), status)
                    waiting.clear()
            if waiting:
                raise UserError(f"`{waiting[0]}` has no end: bash waits for more.", "Close the quote or the loop.")
            return status
        finally:
            self._bench.close()

    def _hear(self, data: bytes) -> None:
        self._output += data[: _OUTPUT_MOST - len(self._output)]
        if not self._is_json:
            self._write(plain(data))

    async def _feed(self, terminal: Terminal, line: str) -> int:
        terminal.feed(line)
        try:
            async with asyncio.timeout(self._timeout_s):
                await terminal.until_prompt()
        except TimeoutError:
            program = terminal.program() or "a program"
            terminal.forward(b"\x03")
            await self._wait_for_interrupted(terminal, program)
            return _INTERRUPTED
        if terminal.is_dead:
            raise UserError("The shell has ended.", "Leave out `exit`: the next line has no shell to run in.")
        return terminal.status

    async def _wait_for_interrupted(self, terminal: Terminal, program: str) -> None:
        try:
            async with asyncio.timeout(5):
                await terminal.until_prompt()
        except TimeoutError:
            raise UserError(
                f"`{program}` did not end in {self._timeout_s:g} s, nor at Ctrl-C.", "`--timeout` gives it longer."
            ) from None

    async def _own(self, line: str) -> None:
        context = Context(self._bench, Progress.open(None), ())
        view = await commands.run(context, line)
        shown = render(view, _WIDTH)
        text = "" if shown is None else as_text(shown, width=_WIDTH, colour="none")
        if self._is_json:
            self._line({"command": line, "status": 0, "output": text, "changes": []})
        else:
            self._write(text)

    async def _tell(self, command: str, status: int) -> None:
        said = (await self._bench.observe()).said
        if self._is_json:
            output, found = plain(bytes(self._output)), [as_json(item) for item in said]
            self._line({"command": command, "status": status, "output": output, "changes": found})
        else:
            self._write(_changes_text(said))
        self._output.clear()

    def _line(self, value: dict[str, Any]) -> None:
        self._write(json.dumps(value, ensure_ascii=False) + "\n")


def _changes_text(said: tuple[Said, ...]) -> str:
    shown = changes(said)
    return "" if shown is None else as_text(shown, width=_WIDTH, colour="none")


def exit_code(status: int) -> int:
    """The status of the last command, as this process's own."""
    return status if 0 <= status <= 255 else int(ExitCode.FAILED)
