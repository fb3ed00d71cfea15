"""Types at netshell as a learner does: through a pty, reading the screen, and answering where a terminal would."""

import os
import re
import select
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pexpect
import pyte
from accounts import Account

PROMPT = re.compile(r"(?P<where>[\w.?-]+):(?P<cwd>[^#\s]*)# ?(?P<line>.*)$")
"""A prompt of a terminal, and what stands behind it."""
CTRL_C, CTRL_D, CTRL_Z, CTRL_BRACKET, ESCAPE, TAB, UP = "\x03", "\x04", "\x1a", "\x1d", "\x1b", "\t", "\x1b[A"
F1, F2, F3, F4, F5, F6, F7 = "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~", "\x1b[18~"
PATIENCE_S = 30.0
"""So long a text may take to come, on a machine with much else to do."""
_ALTERNATE_SCREEN = 1049
_GLANCE_S = 0.1
_SKIMMED = 200


class _Glass(pyte.HistoryScreen):
    """A terminal's screen with its scrolled-off lines, an alternate screen, and answers to what it is asked."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        self._answer = answer
        self._kept: tuple[Any, Any, Any] | None = None
        super().__init__(columns, rows, history=20_000, ratio=0.5)

    def write_process_input(self, data: str) -> None:
        self._answer(data)

    def select_graphic_rendition(self, *attributes: int, private: bool = False) -> None:
        if not private:  # vim's `CSI > 4;2 m` sets how keys are sent, not how text looks
            super().select_graphic_rendition(*attributes)

    def set_mode(self, *modes: int, **options: bool) -> None:
        if options.get("private") and _ALTERNATE_SCREEN in modes and self._kept is None:
            buffer = {row: dict(line) for row, line in self.buffer.items()}
            self._kept = (buffer, list(self.history.top), (self.cursor.x, self.cursor.y))
            super().erase_in_display(2)
        super().set_mode(*modes, **options)

    def reset_mode(self, *modes: int, **options: bool) -> None:
        super().reset_mode(*modes, **options)
        if options.get("private") and _ALTERNATE_SCREEN in modes and self._kept is not None:
            buffer, top, (self.cursor.x, self.cursor.y) = self._kept
            self._kept = None
            self.buffer.clear()
            self.history.top.clear()
            self.history.top.extend(top)
            for row, line in buffer.items():
                self.buffer[row].update(line)

    @property
    def is_alternate(self) -> bool:
        return self._kept is not None

    def absolute_line(self) -> int:
        """Where the cursor is, or will be after a full-screen program, counted from the first line ever shown."""
        if self._kept is not None:
            return len(self._kept[1]) + int(self._kept[2][1])
        return len(self.history.top) + int(self.cursor.y)

    def lines_from(self, absolute: int) -> list[str]:
        """The lines from that one on, those that have been scrolled off included."""
        top = [self._text(line) for line in self.history.top]
        return [*top, *(self.row(number) for number in range(self.lines))][absolute:]

    def row(self, number: int) -> str:
        """One line of the screen, counted from 0."""
        return self._text(self.buffer[number])

    def _text(self, line: Mapping[int, Any]) -> str:
        return "".join(line[x].data for x in range(self.columns)).rstrip()


class Typist:
    """Somebody at a terminal in which a program runs. Waits for what is seen, never for a time."""

    def __init__(
        self, argv: Sequence[str], environ: Mapping[str, str], cwd: Path, *, rows: int = 24, columns: int = 80
    ) -> None:
        self.started_s = time.monotonic()
        self.child: pexpect.spawn[bytes] = pexpect.spawn(
            argv[0], list(argv[1:]), env=dict(environ), cwd=str(cwd), dimensions=(rows, columns), timeout=PATIENCE_S
        )
        self.child.delaybeforesend = None
        self.glass = _Glass(columns, rows, self._answer)
        self.answers_questions = True
        self._stream = pyte.ByteStream(self.glass)
        self._mark = 0
        self.heard = bytearray()
        """Every byte that came."""
        self.skims = False
        """Of a flood of plain text only the end of each piece is put on the glass: it draws a letter at a time."""
        self.has_ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self.child.close(force=True)

    def _answer(self, data: str) -> None:
        if self.answers_questions:
            self.child.send(data)

    @property
    def pid(self) -> int:
        return int(self.child.pid or 0)

    # what is done

    def type(self, text: str) -> None:
        """Press keys. What is seen from now on is looked for below the line that the cursor is on."""
        self._mark = self.glass.absolute_line() - self.glass.is_alternate
        self.press(text)

    def press(self, text: str) -> None:
        """Press keys that belong to what is being done already."""
        data = text.encode()
        while data:  # a pty takes 4 KiB at a time, and the program's output must be taken meanwhile
            _, writable, _ = select.select([], [self.child.child_fd], [], PATIENCE_S)
            assert writable, f"The program takes no keys. The screen:\n{self.screen()}"
            data = data[os.write(self.child.child_fd, data[:1024]) :]
            self.look(0)

    def enter(self, line: str = "") -> None:
        """Type a line, and Enter."""
        self.type(f"{line}\r")

    def run(self, line: str) -> str:
        """Type a command, wait for the next prompt, and tell what stands between."""
        self.enter(line)
        return self.until_prompt()

    def paste(self, text: str) -> None:
        """Paste as terminals do, in brackets (xterm's mode 2004)."""
        self.type(f"\x1b[200~{text}\x1b[201~")

    def resize(self, rows: int, columns: int) -> None:
        self.glass.resize(rows, columns)
        self.child.setwinsize(rows, columns)

    def insist(self, keys: str, condition: Callable[[], bool], what: str) -> None:
        """Press keys again until they have an effect: programs drop keys that come while they draw."""
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, f"Not for many {keys!r}: {what}. The screen:\n{self.screen()}"
            self.press(keys)
            again = time.monotonic() + 1
            while not condition() and time.monotonic() < again:
                self.look()

    def hang_up(self) -> None:
        """Close the terminal's window."""
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, self.child.child_fd)
        os.close(null)

    # what is seen

    def look(self, wait_s: float = 0.05) -> bool:
        """Take in what is on the screen now; False where nothing new came within the time."""
        if self.has_ended or not select.select([self.child.child_fd], [], [], wait_s)[0]:
            return False
        try:
            data = os.read(self.child.child_fd, 1 << 16)
        except OSError:
            data = b""
        if not data:
            self.has_ended = True
            return False
        self.heard += data
        self._stream.feed(data if b"\x1b" in data or not self.skims else data[-_SKIMMED:])
        return True

    def screen(self) -> str:
        return "\n".join(self.glass.row(number) for number in range(self.glass.lines)).rstrip()

    def seen(self) -> str:
        """Everything since the last keys, from the line they were typed on."""
        return "\n".join(self.glass.lines_from(self._mark))

    def until(self, condition: Callable[[], bool], what: str, timeout_s: float = PATIENCE_S) -> None:
        """Wait until a condition holds for what is seen. Fails the test with the screen when it does not."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if self.has_ended:
                raise AssertionError(f"The program ended before {what}. The screen:\n{self.screen()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"Not in {timeout_s:g} s: {what}. Seen:\n{self.seen()[-4000:]}\n\n{self.screen()}")
            self.look()
            enough = time.monotonic() + _GLANCE_S
            while time.monotonic() < enough and self.look(0):  # a flood comes in small pieces; one look at it all
                pass

    def see(self, *texts: str, timeout_s: float = PATIENCE_S) -> str:
        """Wait for texts on the screen, line breaks being as good as spaces."""
        for text in texts:
            self.until(partial(self._has_seen, _one_line(text)), f"{text!r} is seen", timeout_s)
        return self.seen()

    def lines(self) -> list[str]:
        """Everything that is on the screen or has been scrolled off it."""
        return self.glass.lines_from(0)

    def _has_seen(self, words: str) -> bool:
        return words in _one_line(self.seen())

    def prompt(self) -> "re.Match[str] | None":
        """The prompt that the cursor stands at, or None."""
        line = self.glass.row(self.glass.cursor.y)
        match = PROMPT.match(line)
        return match if match and self.glass.cursor.x >= match.start("line") else None

    def until_prompt(self, where: str = "", line: str | None = "", timeout_s: float = PATIENCE_S) -> str:
        """Wait for a prompt below the line that was typed; gives what stands between."""

        def stands() -> bool:
            found = self.prompt()
            return (
                found is not None
                and self.glass.absolute_line() + bool(line) > self._mark
                and (not where or found["where"] == where)
                and (line is None or found["line"].strip() == line)
            )

        self.until(stands, f"a prompt {where or ''}".rstrip(), timeout_s)
        end = self.glass.absolute_line()
        return "\n".join(self.glass.lines_from(self._mark)[1 : end - self._mark])

    def until_end(self, timeout_s: float = PATIENCE_S) -> int:
        """Wait until the program has ended; its exit status (negative: the signal that ended it)."""
        deadline = time.monotonic() + timeout_s
        while not self.has_ended:
            assert time.monotonic() < deadline, f"The program does not end. The screen:\n{self.screen()}"
            self.look()
        self.child.wait()
        return int(self.child.exitstatus or 0) if self.child.signalstatus is None else -int(self.child.signalstatus)


def _one_line(text: str) -> str:
    """Words alone: frames, line breaks and indents are layout."""
    return re.sub(r"[\s│╭╮╰╯─]+", " ", text).strip()


def sit_down(
    who: Account,
    *arguments: str,
    rows: int = 24,
    columns: int = 80,
    environ: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> Typist:
    """An account at a terminal that starts netshell; `environ` adds to what it has, `without` takes away."""
    given = {name: value for name, value in {**who.environ, **(environ or {})}.items() if name not in without}
    return Typist(who.netshell(*arguments), given, who.home, rows=rows, columns=columns)
