"""Lines of output with named parts: fixed text, and between it what differs from run to run."""

import re
from dataclasses import dataclass

_PART = re.compile(r"\{(\w+)(\*?)\}")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A line as a tool prints it, such as `Cannot find device "{dev}"`.

    `{dev}` stands for one word, `{why*}` for a text with blanks in it; neither is ever empty.
    """

    fixed: tuple[str, ...]
    """The text before, between and behind the parts."""
    parts: tuple[tuple[str, bool], ...]
    """Each part's name, and whether it may hold blanks."""

    def match(self, line: str) -> dict[str, str] | None:
        """The parts by name, or None where the line is another one."""
        found = self.spans(line)
        return None if found is None else {name: line[at:end] for name, (at, end) in found.items()}

    def spans(self, line: str) -> dict[str, tuple[int, int]] | None:
        """Where each part begins and ends, or None where the line is another one.

        Each part ends where the text behind it comes first, and the last one where the line does. There is no second
        try, so the time is that of one search through the line.
        """
        if not line.startswith(self.fixed[0]):
            return None
        at = len(self.fixed[0])
        if not self.parts:
            return {} if at == len(line) else None
        found: dict[str, tuple[int, int]] = {}
        for number, (name, is_wide) in enumerate(self.parts, 1):
            text = self.fixed[number]
            is_last = number == len(self.parts)
            end = line.find(text, at) if text and not is_last else len(line) - len(text)
            value = line[at : max(end, at)]
            if not value or (is_last and not line.endswith(text)) or (not is_wide and " " in value):
                return None
            found[name] = (at, end)
            at = end + len(text)
        return found


def compile_pattern(text: str) -> Pattern:
    """The pattern that a text stands for; two parts never stand side by side."""
    pieces = _PART.split(text)
    return Pattern(tuple(pieces[::3]), tuple(zip(pieces[1::3], map(bool, pieces[2::3]), strict=True)))
