"""The line at which a learner types: its look, its keys, and the toolbar below it."""

from pathlib import Path
from typing import TypeAlias

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.shortcuts import CompleteStyle
from prompt_toolkit.styles import Style

from netshell.commands import Context
from netshell.render.step import progress_dots
from netshell.repl.completer import LineCompleter
from netshell.repl.history import open_history

KEYS = {"f1": ("help", ":help"), "f2": ("hint", ":hint"), "f3": ("map", ":map"), "f6": ("terminals", ":terms")}
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

Prompt: TypeAlias = PromptSession[str]


class Pressed(str):
    """A line that a key stands for; what was being typed is kept for the next prompt."""

    __slots__ = ()


class LinePrompt:
    """Asks for one line at a time."""

    def __init__(self, context: Context, state: Path | None) -> None:
        self._context = context
        self._draft = ""
        self._prompt: Prompt = PromptSession(
            history=open_history(state),
            completer=LineCompleter(context),
            complete_style=CompleteStyle.READLINE_LIKE,
            complete_while_typing=False,
            key_bindings=self._bindings(),
            bottom_toolbar=self._toolbar,
            style=_STYLE,
            enable_suspend=False,
        )

    @property
    def is_open(self) -> bool:
        """A prompt stands on the screen."""
        return self._prompt.app.is_running

    async def ask(self, typed_ahead: str = "") -> str:
        """One line. Raises EOFError for Ctrl-D on an empty line, KeyboardInterrupt for Ctrl-C."""
        draft, self._draft = self._draft + typed_ahead, ""
        return await self._prompt.prompt_async(self._message, default=draft, handle_sigint=False)

    def interrupt(self) -> None:
        """End the question without an answer, as a change in the terminal in front makes it senseless."""
        if self.is_open:
            self._press("")

    def _press(self, line: str) -> None:
        self._draft = self._prompt.default_buffer.text
        self._prompt.app.exit(result=Pressed(line))

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        for name, (_label, command) in KEYS.items():

            def press(_event: KeyPressEvent, command: str = command) -> None:
                self._press(command)

            bindings.add(name)(press)

        @bindings.add("c-]")
        def go_back(_event: KeyPressEvent) -> None:
            self._press(f":term {self._context.terminal}")

        return bindings

    def _message(self) -> StyleAndTextTuples:
        terminal = self._context.bench.terminals.get(self._context.terminal)
        if terminal is None:
            return [("class:where", "pc:~# ")]
        if terminal.is_continued:
            return [("class:where", "> ")]
        if terminal.is_busy:
            return [("class:busy", f"[{terminal.program() or 'a program'} runs in {terminal.name}; Ctrl-] goes back] ")]
        number = terminal.name.removeprefix(terminal.node)
        where = f"{terminal.where}{number if terminal.where == terminal.node else ''}"
        cwd = "~" + terminal.cwd.removeprefix("/root") if (terminal.cwd + "/").startswith("/root/") else terminal.cwd
        return [("class:where" if where == "pc" else "class:node", where), ("", f":{cwd}# ")]

    def _toolbar(self) -> StyleAndTextTuples:
        parts: StyleAndTextTuples = []
        for key, (name, _) in KEYS.items():
            parts += [("class:toolbar.key", f" {key.upper()}"), ("", f" {name} ")]
        session = self._context.session
        if session is None:
            return parts
        total = len(session.lesson.steps)
        number = session.index + 1
        dots = progress_dots(number, total)
        where = f"{session.lesson.id} {number}/{total}"
        right = f"{where}  {dots}" if total <= 12 else where
        width = sum(len(text) for _, text, *_ in parts)
        columns = self._prompt.output.get_size().columns
        if columns < width + len(right) + 2:
            return [("class:toolbar.progress", f" {where}")]
        return [*parts, ("", " " * (columns - width - len(right) - 1)), ("class:toolbar.progress", right)]
