"""What every check is: facts in, verdict out. It knows nothing of how facts are read or lessons are written."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from netshell.checks.needs import FileNeed, Need, ProbeNeed, ProcessesNeed, ScriptNeed
from netshell.facts import PC, Echo, Process, Snapshot

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from netshell.checks.looks import Look
    from netshell.packets.trace import Seen

_GOAL = re.compile(r" yet\b|,? expected (?:[^.;]|\.(?=\S))*")
"""In the words of a verdict on something to bring about: they mislead where it is to be gone."""


class Command(NamedTuple):
    """A command line that was typed in the step, with what it printed."""

    node: str
    typed: str
    output: str
    """The end of it; of a program left running, as far as it has come."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a check may look at: the kernel's state now, and what crossed the wire since the step began."""

    snapshot: Snapshot
    echoes: Sequence[Echo] = ()
    wire: "Sequence[Seen]" = ()
    """Crossings in their order, with what the trace knows of them."""
    looks: "dict[int, Look]" = field(default_factory=dict, compare=False)
    """What was read of crossings for earlier judgements, by their numbers: a wire may be judged again and again."""
    changed_ns: int = 0
    """When a command last changed more than traffic leaves behind, in nanoseconds since the epoch."""
    now_ns: int | None = None
    """The time, where answers may still come."""
    commands: Sequence[Command] = ()
    """What was typed since the step began."""
    found: Mapping[Need, object] = field(default_factory=dict)
    """What was read because a check needs it (`Check.needs`)."""
    earlier: "Sequence[Seen]" = ()
    """Where `wire` is only what crossed lately: everything since the step began."""

    def since(self, since_ns: int) -> "Evidence":
        """With what has crossed since then only, in nanoseconds since the epoch."""
        wire = [seen for seen in self.wire if seen.crossing.time_ns >= since_ns]
        echoes = [echo for echo in self.echoes if echo.time_ns >= since_ns]
        return replace(self, wire=wire, echoes=echoes, earlier=self.wire)

    @property
    def so_far(self) -> str:
        """Where something that has not crossed was looked for, in words."""
        return "since the last change" if len(self.earlier) > len(self.wire) else "in this step yet"

    def file(self, node: str, path: str) -> str | None:
        """The text of a file, as the node sees it; None where there is none."""
        found = self.found.get(FileNeed(node, path))
        return found if isinstance(found, str) else None

    def processes(self, node: str) -> tuple[Process, ...]:
        """The programs that run on a node."""
        found = self.found.get(ProcessesNeed(node))
        return found if isinstance(found, tuple) else ()

    def outcome(self, need: ProbeNeed) -> str | None:
        """What became of a probe; None where it was not sent yet."""
        found = self.found.get(need)
        return found if isinstance(found, str) else None

    def status(self, node: str, commands: str) -> int | None:
        """The exit status of a check's own commands; None where they were not run yet."""
        found = self.found.get(ScriptNeed(node, commands))
        return found if isinstance(found, int) else None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a check holds, and what was seen."""

    holds: bool
    says: str
    """One or two whole sentences in the field's words: what was found, what was expected, the nearest miss."""
    reason: str = ""
    """A short name for the kind of failure, such as `missing` or `wrong-dev`; the same for the same root cause."""
    at: str = PC
    depth: int = 90
    """How deep the cause lies: ten times `Check.layer`, plus a rank inside it. The smallest is told first."""
    evidence: tuple[str, ...] = ()
    """Lines of state and packets that prove it, where it is a diagnosis's."""
    mend: str = ""
    """The command that would mend it, for the last rung of help; empty where none is known."""
    concept: str = ""
    """The lesson that teaches what it hangs on."""
    wants: tuple[Need, ...] = ()
    """What has to be run or sent before it can be told, once everything else holds; until then it does not hold."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A value in an author's check that makes no sense, such as an address with five parts."""

    key: str
    """The key in the lesson that holds the value."""
    problem: str
    remedy: str = ""
    within: tuple[str | int, ...] = ()
    """The way to the mapping that has the key, where that is not the check's own: `("packets", 2)`."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that must be true. Subclasses add their fields and `look`.

    A field's name is its key in a lesson, unless its metadata name another one.
    """

    kind: ClassVar[str]
    """The key that names it in a lesson."""
    layer: ClassVar[int]
    """Where it stands in the order of causes: 0 namespace, 1 link, 2 address, 3 neighbour, 4 route, 5 forwarding,
    6 filter and NAT, 7 the way back, 8 socket, 9 application."""

    at: str = PC
    negate: bool = field(default=False, metadata={"key": "not"})
    """The author's `not: true`."""
    say: str = ""
    """The author's own words, told when it does not hold."""
    line: int = field(default=0, compare=False, metadata={"key": ""})
    """Its line in the lesson's file, counted from 1; 0 for a check that stands in no file."""

    def look(self, evidence: Evidence) -> Verdict:
        """The verdict of the check as it is named, before `not` turns it round."""
        raise NotImplementedError

    def judge(self, evidence: Evidence) -> Verdict:
        """The verdict that counts, with `not` and the author's words taken in."""
        verdict = self.look(evidence)
        if verdict.wants:
            pass
        elif self.negate and verdict.holds:
            says = f"{verdict.says} Here that must not be so."
            verdict = replace(verdict, holds=False, says=says, reason="still-there", depth=10 * self.layer)
        elif self.negate:
            verdict = replace(verdict, holds=True, says=_GOAL.sub("", verdict.says), reason="")
        if self.say and not verdict.holds:
            verdict = replace(verdict, says=f"{verdict.says} {self.say}".strip())
        return verdict

    def needs(self) -> Iterable[Need]:
        """What has to be read for it beyond the snapshot and the wire."""
        return ()

    @property
    def is_last(self) -> bool:
        """Whether its verdict may want something run or sent, once all else holds."""
        return False

    def faults(self) -> Iterable[Fault]:
        """The author's values that make no sense; none for a check that can be judged."""
        return ()

    def _holds(self, says: str) -> Verdict:
        return Verdict(holds=True, says=says, at=self.at or PC, depth=10 * self.layer)

    def _fails(self, reason: str, says: str, rank: int = 0) -> Verdict:
        return Verdict(holds=False, says=says, reason=reason, at=self.at or PC, depth=10 * self.layer + rank)


def author_keys(shape: "type[DataclassInstance]") -> Mapping[str, Field[object]]:
    """The keys that a lesson may write for a kind of check, or a pattern, each with the field that it fills."""
    keys = {str(f.metadata.get("key", f.name)): f for f in fields(shape)}
    keys.pop("", None)
    return keys
