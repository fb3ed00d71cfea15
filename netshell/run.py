"""Commands without a person: each is run in the private machine, and what it printed and changed is told.

It writes bytes to one stream and knows nothing of the command line.
"""

import asyncio
import contextlib
import json
import os
import re
import stat
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from netshell.errors import ExitCode, UserError
from netshell.explain.changes import Said, as_json
from netshell.facts import PC
from netshell.session import Bench, Observation, Ran, ran_in
from netshell.session.wire import Wire
from netshell.terminal.shell import Terminal
from netshell.terminal.stream import plain
from netshell.topology import Topology

if TYPE_CHECKING:
    from netshell.commands import Context, View
    from netshell.packets.trace import Seen

_OUTPUT_MOST = 1 << 20
_LINE_MOST = 1 << 16
_PACKETS_MOST = 2000
"""Packets of one command that are told."""
_WIDTH = 80
_INTERRUPTED = 130
_STOP_WITHIN_S = 2.0
_STOPPING = (b"\x03", b"\x1c")
"""Ctrl-C, then Ctrl-\\ for what does not listen to it."""
_STRANGE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""What a keyboard sends for keys, not for text: bash would obey it."""
_PROMPTING = re.compile(rb"\x1b\[\?2004[hl](?:\x1b\[0m)?")
"""What bash sends round each of its prompts, and what undoes it: no command's output."""
_OWN = re.compile(r":\w")
"""netshell's own commands; a colon alone is bash's."""


class Runner:
    """Runs lines one after the other in one terminal of one machine."""

    def __init__(
        self,
        bench: Bench,
        write: Callable[[bytes], None],
        warn: Callable[[str], None],
        *,
        directories: Sequence[Path] = (),
        is_json: bool,
        timeout_s: float,
    ) -> None:
        self._bench = bench
        self._write = write
        self._warn = warn
        self._directories = directories
        self._context: Context | None = None
        self._is_json = is_json
        self._timeout_s = timeout_s
        self._output = bytearray()
        self._size = 0
        """Bytes that the command printed, kept or not."""
        self._has_return = False
        """The last chunk ended in the first half of a line end."""
        self._terminal = PC

    async def run(self, topology: Topology, lines: AsyncIterator[str]) -> int:
        """Run every line; gives the last command's exit status, as bash would.

        The machine is left to end with this process: to wait for it would take longer than most commands.
        Raises UserError where a command has no end, or a program does not stop; what `write` raises.
        """
        self._bench.attach(environ={"LANG": "C.UTF-8", "TERM": "dumb"})
        self._bench.on_terminal = self._adopt
        await self._bench.build(topology)
        return await self._run(lines)

    async def _run(self, lines: AsyncIterator[str]) -> int:
        status = 0
        waiting: list[str] = []
        async for line in lines:
            if not waiting and _OWN.match(line):
                status = await self._own(line)
                if self._terminal == "":
                    return status
            elif waiting or (line.strip() and not line.lstrip().startswith("#")):
                waiting.append(line)
                terminal = await self._bench.terminal(self._terminal)
                status = await self._feed(terminal, line)
                if not terminal.is_continued:
                    await self._tell(ran_in(terminal, "\n".join(waiting), status))
                    waiting.clear()
                if terminal.is_dead and not self._leave(terminal):
                    return status
        if waiting:
            problem = f"`{waiting[0]}` has no end: bash waits for more."
            raise UserError(problem, "Close the quote, the loop or the here-document.", ExitCode.USAGE)
        return status

    def _leave(self, terminal: Terminal) -> bool:
        """Take the lines that follow back to the PC; False where it was the PC's own shell that has ended."""
        self._bench.forget(terminal)
        was_elsewhere = self._terminal != PC
        self._terminal = PC
        return was_elsewhere

    def _adopt(self, terminal: Terminal) -> None:
        terminal.on_output = self._hear

    def _hear(self, data: bytes) -> None:
        data = self._untouched(_PROMPTING.sub(b"", data))
        if not self._is_json:
            self._write(data)
            return
        self._size += len(data)
        self._output += data[: max(0, _OUTPUT_MOST - len(self._output))]

    def _untouched(self, data: bytes) -> bytes:
        r"""What the program wrote, before its terminal made `\r\n` of each `\n` (termios(3), ONLCR)."""
        data = b"\r" * self._has_return + data
        self._has_return = data.endswith(b"\r")
        return data[: len(data) - self._has_return].replace(b"\r\n", b"\n")

    async def _feed(self, terminal: Terminal, line: str) -> int:
        terminal.feed(line)
        try:
            async with asyncio.timeout(self._timeout_s):
                await terminal.until_prompt()
        except TimeoutError:
            await self._stop(terminal)
            return _INTERRUPTED
        if terminal.is_dead:
            status = await self._bench.machine.exit_status(terminal.pid)
            return status if status >= 0 else 128 - status
        return terminal.status

    async def _stop(self, terminal: Terminal) -> None:
        """End what is in front as a person would. Raises UserError where it does not listen."""
        program = terminal.program() or "a program"
        for keys in _STOPPING:
            terminal.forward(keys)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOP_WITHIN_S):
                    await terminal.until_prompt()
                self._warn(f"`{program}` did not end in {self._timeout_s:g} s and was interrupted.")
                return
        problem = f"`{program}` did not end in {self._timeout_s:g} s, nor at Ctrl-C."
        raise UserError(problem, "`--timeout SECONDS` gives it longer; a `&` behind it lets it run beside the others.")

    async def _own(self, line: str) -> int:
        """Carry out one of netshell's own commands; gives its status."""
        from netshell import commands  # noqa: PLC0415 - few scripts have any, and they bring the screen with them
        from netshell.render.console import as_text  # noqa: PLC0415
        from netshell.views import render_error  # noqa: PLC0415

        context = self._known()
        context.terminal = self._terminal
        packets: list[dict[str, object]] = []
        found: dict[str, object] = {}
        try:
            view = await commands.run(context, line)
            status = 0
            if isinstance(view, commands.Learn):
                raise UserError("Lessons need a person.", f"`netshell learn {view.lesson}` begins this one.")
            if isinstance(view, commands.GoTo):
                await self._bench.terminal(view.terminal)
                self._terminal = view.terminal
            if isinstance(view, commands.Quit):
                self._terminal = ""
            if self._is_json and isinstance(view, commands.Packets | commands.Ladder):
                packets = self._packets([seen for seen in view.seen if view.with_noise or not seen.noise])
            if isinstance(view, commands.CommandExplained):
                from netshell.explain.command import as_json  # noqa: PLC0415 - as above

                found = {"explains": as_json(view.explanation)}
            if isinstance(view, commands.Why):
                found = {"says": view.finding.says, "at": view.finding.at, "evidence": list(view.finding.evidence)}
                status = int(not view.finding.holds)
            if isinstance(view, commands.Reason):
                found = {"says": view.advice.says, "evidence": list(view.advice.evidence)}
            text = _view_text(view)
        except UserError as error:
            status, text = int(error.code), as_text(render_error(error), width=_WIDTH, colour="none")
        if self._is_json:
            self._object(
                {"command": line, "status": status, "output": text, "changes": [], "packets": packets, **found}
            )
        else:
            self._write(text.encode("utf-8", "replace"))
        return status

    def _known(self) -> "Context":
        """What netshell's own commands work on: this machine, the lessons, and this account's progress."""
        from netshell.commands import Context  # noqa: PLC0415 - as above
        from netshell.progress import Progress, default_path  # noqa: PLC0415

        if self._context is None:
            progress = Progress.open(default_path(os.environ))
            self._context = Context(self._bench, progress, self._directories)
        return self._context

    async def _tell(self, ran: Ran) -> None:
        observation = await self._bench.observe(ran)
        if self._is_json:
            self._object(
                {
                    "command": ran.command,
                    "status": ran.status,
                    "output": self._printed(),
                    "changes": [as_json(item) for item in observation.said],
                    "packets": self._packets(observation.crossed),
                    **(await self._why(ran, observation)),
                }
            )
        else:
            self._write(b"\r" * self._has_return + _changes_text(observation.said))
            self._write(_wire_text(observation, self._bench.wire))
        self._output.clear()
        self._size, self._has_return = 0, False

    async def _why(self, ran: Ran, observation: Observation) -> dict[str, object]:
        """What a failure means here; nothing where the command did not fail, or nothing is known of it."""
        from netshell.session.tutor import judged, may_fail_well  # noqa: PLC0415 - few commands fail

        if ran.status == 0 and not may_fail_well(ran.command):
            return {}
        advice = judged(ran, await self._bench.scene(observation))
        return {} if advice is None else {"says": advice.says, "evidence": list(advice.evidence)}

    def _packets(self, crossed: "Sequence[Seen]") -> list[dict[str, object]]:
        if not crossed:
            return []
        from netshell.explain.packet_json import packet_object  # noqa: PLC0415 - not before the first packet

        if len(crossed) > _PACKETS_MOST:
            self._warn(f"{len(crossed)} packets crossed with this command; the first {_PACKETS_MOST} are told.")
        return [packet_object(seen, self._bench.wire.owners) for seen in crossed[:_PACKETS_MOST]]

    def _printed(self) -> str:
        text = plain(bytes(self._output))
        if self._size <= len(self._output):
            return text
        return f"{text}\n… netshell kept the first {len(self._output)} of {self._size} bytes.\n"

    def _object(self, value: dict[str, object]) -> None:
        self._write(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def _changes_text(said: tuple[Said, ...]) -> bytes:
    if all(item.is_background for item in said):
        return b""
    from netshell.render.changes import changes  # noqa: PLC0415 - what changes nothing need not wait for it
    from netshell.render.console import as_text  # noqa: PLC0415

    shown = changes(said)
    return b"" if shown is None else as_text(shown, width=_WIDTH, colour="none").encode("utf-8", "replace")


def _wire_text(observation: Observation, wire: Wire) -> bytes:
    if all(seen.noise for seen in observation.crossed):
        return b""
    from netshell.explain.stories import tell  # noqa: PLC0415 - not before the first packet
    from netshell.render.console import as_text  # noqa: PLC0415
    from netshell.render.wire import wire_line  # noqa: PLC0415

    stories = tell(observation.crossed[-_PACKETS_MOST:], wire.owners, observation.snapshot)
    shown = wire_line(observation.crossed, stories, is_more=wire.is_behind)
    return b"" if shown is None else as_text(shown, width=_WIDTH, colour="none").encode("utf-8", "replace")


def _view_text(view: "View") -> str:
    from netshell.packet_views import packet_view_lines  # noqa: PLC0415 - few scripts have any command of netshell's
    from netshell.render.console import as_text  # noqa: PLC0415
    from netshell.views import render  # noqa: PLC0415

    lines = packet_view_lines(view, _WIDTH)
    if lines is not None:
        return "".join(f"{line.plain}\n" for line in lines)
    shown = render(view, _WIDTH)
    return "" if shown is None else as_text(shown, width=_WIDTH, colour="none")


async def typed_lines(source: str | BinaryIO) -> AsyncIterator[str]:
    """The lines of a text, or of a file as they come. Raises UserError (USAGE) for what nobody can type."""
    file = BytesIO(os.fsencode(source)) if isinstance(source, str) else source
    number = 0
    while data := await _read_line(file):
        number += 1
        if len(data) > _LINE_MOST:
            raise UserError(f"Line {number} is longer than {_LINE_MOST} bytes.", _NO_TEXT, ExitCode.USAGE)
        yield _text_of(data.removesuffix(b"\n").removesuffix(b"\r"), number)


_NO_TEXT = "`netshell run` takes command lines, as text in UTF-8."


def _text_of(data: bytes, number: int) -> str:
    if strange := _STRANGE.search(data):
        problem = f"Line {number} has the control character 0x{strange[0][0]:02x}."
        raise UserError(problem, _NO_TEXT, ExitCode.USAGE)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        problem = f"Line {number} is not UTF-8: byte 0x{data[error.start]:02x}."
        raise UserError(problem, _NO_TEXT, ExitCode.USAGE) from None


async def _read_line(file: BinaryIO) -> bytes:
    """The next line, with its end; the loop goes on while somebody at a pipe makes up their mind."""
    if isinstance(file, BytesIO) or stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file.readline(_LINE_MOST + 2)
    loop = asyncio.get_running_loop()
    line: asyncio.Future[bytes] = loop.create_future()

    def settle(data: bytes) -> None:
        if not line.done():
            line.set_result(data)

    def read() -> None:
        try:
            data = file.readline(_LINE_MOST + 2)
        except OSError:
            data = b""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, data)

    threading.Thread(target=read, daemon=True).start()
    return await line


def exit_code(status: int) -> int:
    """The status of the last command, as this process's own."""
    return status if 0 <= status <= 255 else int(ExitCode.FAILED)
