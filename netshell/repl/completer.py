"""Tab: netshell's own commands, or what fits in the learner's command line."""

from collections.abc import AsyncGenerator, Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from netshell.commands import COMMANDS, Context
from netshell.terminal.completion import complete


class LineCompleter(Completer):
    """Completes a line at the prompt of the terminal in front."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002
        """Nothing at once: asking bash takes a moment."""
        return ()

    async def get_completions_async(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002 - prompt_toolkit's interface
    ) -> AsyncGenerator[Completion, None]:
        """The candidates, the lab's own names first."""
        before = document.text_before_cursor
        found = self._own(before) if before.startswith(":") else [c async for c in self._words(before)]
        for completion in found:
            yield completion

    def _own(self, before: str) -> list[Completion]:
        name, has_argument, argument = before[1:].partition(" ")
        if not has_argument:
            fitting = [command for command in COMMANDS.values() if command.name.startswith(name)]
            return [Completion(f":{c.name}", -len(before), display_meta=c.says) for c in fitting]
        words = COMMANDS[name].words(self._context) if name in COMMANDS else ()
        return [Completion(word, -len(argument)) for word in words if word.startswith(argument)]

    async def _words(self, before: str) -> AsyncGenerator[Completion, None]:
        terminal = self._context.bench.terminals.get(self._context.terminal)
        if terminal is None:
            return
        bench = self._context.bench
        candidates = await complete(
            before, machine=bench.machine, snapshot=bench.snapshot, node=terminal.where, cwd=terminal.cwd
        )
        for candidate in candidates:
            text = candidate.text + (" " if candidate.ends_word and len(candidates) == 1 else "")
            start = candidate.start_offset - len(before)
            yield Completion(text, start, display=candidate.shown or candidate.text, display_meta=candidate.description)
