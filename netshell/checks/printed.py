"""The checks `output` and `typed`, a last resort: they judge words that were printed or typed, not effects."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from netshell.checks.base import Check, Command, Evidence, Fault, Verdict
from netshell.checks.words import place

_LONGEST = 200
_TIMEOUT_S = 0.05
"""So long one search may take: an author's pattern may be of the kind that never ends."""
ANYWHERE = ""


@dataclass(frozen=True, kw_only=True)
class _PrintedCheck(Check):
    """Some command of this step fits a regular expression."""

    layer: ClassVar[int] = 9
    at: str = ANYWHERE
    """The node that it was typed on; every one where it is missing."""

    @property
    def _pattern(self) -> str:
        raise NotImplementedError

    _did: ClassVar[str]
    """What a command must have done, as words behind `has`; the expression itself would tell a learner nothing."""

    def _text(self, command: Command) -> str:
        raise NotImplementedError

    def look(self, evidence: Evidence) -> Verdict:
        """The latest command first."""
        commands = [c for c in reversed(evidence.commands) if self.at in {ANYWHERE, c.node}]
        if any(_is_in(self._pattern, self._text(command)) for command in commands):
            return self._holds(f"A command{_where(self.at)} has {self._did}.")
        return self._fails("not-seen", f"No command{_where(self.at)} has {self._did} yet.", 9)

    def faults(self) -> Iterable[Fault]:
        """What is no regular expression."""
        import regex  # noqa: PLC0415 - few lessons judge words

        if not 0 < len(self._pattern) <= _LONGEST:
            yield Fault(self.kind, f"Expected 1 to {_LONGEST} characters.", "Look for the few words that matter.")
            return
        try:
            regex.compile(self._pattern)
        except (regex.error, OverflowError, RecursionError) as error:
            yield Fault(self.kind, f"This is no regular expression: {error}.", "`man 7 regex` and Python's `re` tell.")


@dataclass(frozen=True, kw_only=True)
class OutputCheck(_PrintedCheck):
    """A command of this step has printed it."""

    kind: ClassVar[str] = "output"
    _did = "printed what this step looks for"
    output: str
    """A regular expression; `^` and `$` stand for the ends of a line."""

    @property
    def _pattern(self) -> str:
        return self.output

    def _text(self, command: Command) -> str:
        return command.output


@dataclass(frozen=True, kw_only=True)
class TypedCheck(_PrintedCheck):
    """It was typed in this step, as a command."""

    kind: ClassVar[str] = "typed"
    _did = "had the words that this step looks for"
    typed: str
    """A regular expression."""

    @property
    def _pattern(self) -> str:
        return self.typed

    def _text(self, command: Command) -> str:
        return command.typed


def _where(at: str) -> str:
    return f" {place(at)}" if at else ""


def _is_in(pattern: str, text: str) -> bool:
    """Whether a text fits; one that cannot be told in time does not."""
    import regex  # noqa: PLC0415 - as above

    try:
        return regex.search(pattern, text, flags=regex.MULTILINE, timeout=_TIMEOUT_S) is not None
    except TimeoutError:
        return False
