"""The check `packets`: did these packets cross the wire in this order since the step began."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.looks import Trace
from netshell.checks.pattern import Pattern
from netshell.checks.pattern_words import found_in_words, in_words, sent_in_words
from netshell.checks.words import count_of, target

if TYPE_CHECKING:
    from netshell.packets.trace import Seen

_LOOKS_BACK = 1000
"""Among so many of the latest crossings a near miss is looked for."""


@dataclass(frozen=True, kw_only=True)
class PacketsCheck(Check):
    """The patterns fit packets in this order, others between them allowed; each packet counts once, where it began."""

    kind: ClassVar[str] = "packets"
    layer: ClassVar[int] = 9
    packets: tuple[Pattern, ...] = field(metadata={"holds": "patterns"})

    def look(self, evidence: Evidence) -> Verdict:
        """The earliest packet that fits each pattern; what is missing is the first pattern that none fits."""
        trace = Trace(evidence.wire, evidence.looks)
        found, place, counted = self._found(trace)
        if len(found) == len(self.packets):
            said = ", then ".join(in_words(pattern) for pattern in self.packets[:4])
            more = f", and {len(self.packets) - 4} more" if len(self.packets) > 4 else ""
            return self._holds(f"{said[:1].upper()}{said[1:]}{more} crossed the wire.")
        missing = self.packets[len(found)]
        miss = self._too_early(trace, missing, place, found) or _near_miss(trace, missing)
        says = f"{self._how_far(len(found), counted)}{miss}"
        return self._fails("packet-missing" if found else "no-packet", says, 9 - min(len(found), 8))

    def _found(self, trace: Trace) -> tuple[list["Seen"], int, int]:
        """The last packet that each pattern needed, as far as they fit; where in the trace to look on; how many of the
        next pattern were there.
        """
        found: list[Seen] = []
        counted = 0
        place = 0
        for number, seen in enumerate(trace.crossings):
            pattern = self.packets[len(found)]
            if not pattern.matches(trace, seen):
                continue
            counted += 1
            if counted == pattern.count:
                found.append(seen)
                counted, place = 0, number + 1
                if len(found) == len(self.packets):
                    break
        return found, place, counted

    def _how_far(self, found: int, counted: int) -> str:
        """What came last of the sequence, and what has not come after it."""
        missing = self.packets[found]
        came = f"{sent_in_words(self.packets[found - 1])}; " if found else ""
        if counted:
            one = in_words(replace(missing, count=1))
            has_come = f"{one} has come {count_of(counted, 'time', 'times')}, expected {missing.count}."
            return f"{came}{has_come}" if came else f"{has_come[:1].upper()}{has_come[1:]}"
        if came:
            return f"{came}{in_words(missing)} has not come yet."
        count = len(self.packets)
        first = f" It is the first of {count} that are to come." if count > 1 else ""
        noun = in_words(missing).partition(" ")[2]
        return f"No {noun} has crossed the wire in this step yet.{first}"

    def _too_early(self, trace: Trace, missing: Pattern, place: int, found: "list[Seen]") -> str:
        """One that fits, but crossed before what should have come first."""
        used = {seen.number for seen in found}
        for seen in trace.crossings[max(0, place - _LOOKS_BACK) : place]:
            if seen.number not in used and missing.matches(trace, seen):
                return f" Packet {seen.number} is one, but it crossed before."
        return ""

    def faults(self) -> Iterable[Fault]:
        """What is wrong in each of the patterns."""
        for number, pattern in enumerate(self.packets):
            for fault in pattern.faults():
                yield Fault(fault.key, fault.problem, fault.remedy, ("packets", number))


def _near_miss(trace: Trace, missing: Pattern) -> str:
    """The latest packet of the same kind that differs in one thing only."""
    for seen in reversed(trace.crossings[-_LOOKS_BACK:]):
        if missing.is_kind(trace, seen):
            different = list(islice(missing.mismatches(trace, seen), 2))
            if len(different) == 1:
                found = found_in_words(different[0], trace, seen)
                return f" Packet {seen.number} comes close: it {found}{_expected(missing, different[0])}."
    return ""


def _expected(pattern: Pattern, key: str) -> str:
    wanted = str(getattr(pattern, key))
    return f", expected {target(wanted) if key in {'source', 'target'} else wanted}"
