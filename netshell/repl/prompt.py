"""The line at which a learner types: its look, its keys, and the toolbar below it."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.application import create_app_session, get_app_or_none, run_in_terminal
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output.plain_text import PlainTextOutput
from prompt_toolkit.renderer import CPR_Support
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import is_dumb_terminal

from netshell.commands import Context
from netshell.errors import UserError
from netshell.render.console import safe
from netshell.render.step import progress_dots
from netshell.repl.history import open_history
from netshell.repl.keyboard import Keyboard
from netshell.terminal.shell import Terminal

KEYS = {
    "f1": ("help", ":help"),
    "f2": ("hint", ":hint"),
    "f3": ("map", ":map"),
    "f4": ("wire", ":packets last"),
    "f5": ("why", ":why"),
    "f6": ("shells", ":terms"),
    "f7": ("task", ":task"),
}
"""Function keys: what the toolbar calls them, and the command they stand for."""

_STYLE = Style.from_dict(
    {
        "where": "ansigreen bold",
        "node": "ansicyan bold",
        "busy": "ansiyellow",
        "bottom-toolbar": "noreverse",
        "toolbar.key": "bold",
        "toolbar.progress": "bold",
    }
)


class Pressed(str):
    """A line that a key stands for, or none at all; what was being typed is kept for the next prompt."""

    __slots__ = ()


class LinePrompt:
    """Asks for one line at a time."""

    def __init__(
        self, context: Context, state: Path | None, keyboard: Keyboard, write: Callable[[bytes], None]
    ) -> None:
        self._context = context
        self._write = write
        self._draft = Document()
        self._shown: StyleAndTextTuples = []
        with create_app_session(output=PlainTextOutput(sys.stdout) if is_dumb_terminal() else None):
            self._prompt = self._make(state, keyboard)
        self._prompt.app.renderer.cpr_not_supported_callback = None  # the toolbar stays away; nothing to complain of

    def _make(self, state: Path | None, keyboard: Keyboard) -> PromptSession[str]:
        return PromptSession(
            history=open_history(state),
            key_bindings=self._bindings(),
            bottom_toolbar=self._toolbar,
            style=_STYLE,
            enable_suspend=False,
            input=keyboard,
        )

    @property
    def is_open(self) -> bool:
        """A prompt stands on the screen."""
        app = get_app_or_none()  # for a dumb terminal another one each time
        return app is not None and app.is_running and not app.is_done

    async def ask(self, typed_ahead: str = "") -> str:
        """One line. Raises EOFError for Ctrl-D on an empty line, KeyboardInterrupt for Ctrl-C."""
        draft, self._draft = self._draft, Document()
        if typed_ahead:
            draft = Document(draft.text + typed_ahead)
        self._prompt.app.erase_when_done = False
        self._forget_half_a_key()
        self._shown = self._message()
        try:
            return await self._prompt.prompt_async(
                self._message, default=draft, handle_sigint=False, set_exception_handler=False
            )
        finally:
            self._give_up_on_silence()

    def _forget_half_a_key(self) -> None:
        """The last question may have ended in the middle of a search in the history, or before a key to be quoted."""
        self._prompt.layout.focus(DEFAULT_BUFFER)
        self._prompt.app.quoted_insert = False

    def _give_up_on_silence(self) -> None:
        """A terminal that did not say where its cursor is, in a whole prompt, is not asked and waited for again."""
        if self._prompt.app.renderer.cpr_support is CPR_Support.UNKNOWN:
            self._prompt.app.renderer.cpr_support = CPR_Support.NOT_SUPPORTED

    def refresh(self) -> None:
        """Something happened in the terminal in front: put up another prompt if this one no longer says what is so."""
        if self.is_open and self._shown != self._message():
            self.interrupt()

    def interrupt(self) -> None:
        """End the question without an answer; what was being typed is kept for the next one."""
        if self.is_open:
            self._press("")

    def abandon(self) -> None:
        """The terminal is gone, or netshell has to end at once: wait for no answer of it."""
        self._prompt.app.renderer.cpr_support = CPR_Support.NOT_SUPPORTED

    def _press(self, line: str) -> None:
        """Answer with a line that was not typed. It stands on the screen as if it had been, so that it is learned."""
        buffer = self._prompt.default_buffer
        self._draft = buffer.document
        if line:
            buffer.set_document(Document(line), bypass_readonly=True)
        if (app := get_app_or_none()) is not None:
            app.erase_when_done = not line
            app.exit(result=Pressed(line))

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        for name, (_label, command) in KEYS.items():

            def press(_event: KeyPressEvent, command: str = command) -> None:
                self._press(command)

            bindings.add(name, eager=True)(press)

        @bindings.add("c-]", eager=True)
        def go_back(_event: KeyPressEvent) -> None:
            self._press(f":term {self._context.terminal}")

        @bindings.add("c-c", eager=True)
        def give_up(event: KeyPressEvent) -> None:
            """Out of the line, and of a search or whatever else waits for a key, as in bash."""
            event.app.exit(exception=KeyboardInterrupt, style="class:aborting")

        @bindings.add("tab", eager=True)
        def complete(event: KeyPressEvent) -> None:
            event.app.create_background_task(self._complete())  # a line that is given at once ends it before it begins

        @bindings.add("s-tab")
        @bindings.add("c-z")
        @bindings.add("c-\\")
        def ignore(_event: KeyPressEvent) -> None:
            """At a prompt there is nothing to stop."""

        return bindings

    async def _complete(self) -> None:
        """Tab: complete the line as far as it goes; where there is a choice, list it above the prompt."""
        from netshell.repl.completer import candidates, common_start, completed, listing  # noqa: PLC0415 - much code

        buffer = self._prompt.default_buffer
        document = buffer.document
        before = document.text_before_cursor
        try:
            found = await candidates(self._context, before)
        except UserError:
            return  # the machine has ended, or is full: the next command tells it
        if not found or buffer.document != document or not self.is_open:
            return  # there is nothing, or something else was typed meanwhile
        line = completed(before, found)
        if line != before:
            common = len(common_start([line, before]))
            buffer.delete_before_cursor(len(before) - common)
            buffer.insert_text(line[common:])
        elif len(found) > 1:
            rows, columns = self._prompt.output.get_size()
            text = "".join(f"{line}\r\n" for line in listing(found, rows, columns))
            await run_in_terminal(lambda: self._list(before, text))

    def _list(self, before: str, text: str) -> None:
        """The list, below the line that it belongs to."""
        message = "".join(part for _, part, *_ in self._message())
        self._write(f"{message}{safe(before)}\r\n{text}".encode("utf-8", "replace"))

    def _message(self) -> StyleAndTextTuples:
        return message(self._context.terminal, self._context.bench.terminals.get(self._context.terminal))

    def plain_message(self) -> str:
        """What stands before the line, without its colours."""
        return "".join(text for _, text, *_ in self._message())

    def _toolbar(self) -> StyleAndTextTuples:
        session = self._context.session
        place = (session.lesson.id, session.index + 1, len(session.lesson.steps)) if session is not None else None
        return toolbar(place, self._prompt.output.get_size().columns)


def message(name: str, terminal: Terminal | None) -> StyleAndTextTuples:
    """What stands before the line: where its commands will run, or why none can."""
    if terminal is None:
        return [("class:where", f"{safe(name)}:~# ")]
    if terminal.is_busy:
        program = safe(terminal.program()) or "a program"
        return [("class:busy", f"[{program} runs in {safe(terminal.name)}]"), ("", " netshell> ")]
    if terminal.is_continued:
        return [("class:where", "> ")]
    number = terminal.name.removeprefix(terminal.node)
    where = f"{terminal.where}{number if terminal.where == terminal.node else ''}"
    cwd = "~" + terminal.cwd.removeprefix("/root") if (terminal.cwd + "/").startswith("/root/") else terminal.cwd
    return [("class:where" if where == "pc" else "class:node", safe(where)), ("", f":{safe(cwd)}# ")]


def toolbar(place: tuple[str, int, int] | None, columns: int) -> StyleAndTextTuples:
    """The keys, and at the right end the lesson with the step and how many there are (counted from 1).

    What has no room is left out: first the dots, then the lesson's name, then the last keys.
    """
    keys = [(f" {key.upper()}", f" {name} ") for key, (name, _) in KEYS.items()]
    if place is None:
        shown, _ = _fitting(keys, columns)
        return shown
    lesson, number, total = place
    count = f"{number}/{total}"
    where = f"{lesson} {count}"
    long = f"{where}  {progress_dots(number, total)}" if total <= 12 else where
    room = columns - sum(len(key) + len(name) for key, name in keys) - 2
    right = next((text for text in (long, where, count) if len(text) <= room), where)
    shown, used = _fitting(keys, columns - len(right) - 2)
    if not shown:
        return [("class:toolbar.progress", f" {where}"[:columns])]
    return [*shown, ("", " " * (columns - used - len(right) - 1)), ("class:toolbar.progress", right)]


def _fitting(keys: Sequence[tuple[str, str]], columns: int) -> tuple[StyleAndTextTuples, int]:
    """As many of the keys as fit, and the columns that they take."""
    shown: StyleAndTextTuples = []
    used = 0
    for key, name in keys:
        if used + len(key) + len(name) > columns:
            break
        shown += [("class:toolbar.key", key), ("", name)]
        used += len(key) + len(name)
    return shown, used
