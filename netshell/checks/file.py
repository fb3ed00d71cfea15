"""The check `file`: is there such a file in the private machine, and does it say what it should."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import ClassVar

from netshell.checks.base import Check, Evidence, Fault, Verdict
from netshell.checks.causes import absent_node
from netshell.checks.needs import FileNeed, Need
from netshell.checks.words import place

_SHOWN_MOST = 60
_TEXT_MOST = 1000


@dataclass(frozen=True, kw_only=True)
class FileCheck(Check):
    """A regular file is there; with `contains`, a text is in it."""

    kind: ClassVar[str] = "file"
    layer: ClassVar[int] = 9
    file: str
    """Its path, absolute, as the node sees it: `/etc/resolv.conf` on a node is that node's own, where it has one."""
    contains: str | None = None
    """Runs of blanks and line ends in both count as one blank."""

    def look(self, evidence: Evidence) -> Verdict:
        """There at all first, then what it says."""
        if cause := absent_node(evidence.snapshot, self.at):
            return cause
        text = evidence.file(self.at, self.file)
        if text is None:
            return self._fails("missing", f"There is no file {self.file} {place(self.at)}.", 1)
        if self.contains is None or " ".join(self.contains.split()) in " ".join(text.split()):
            return self._holds(f"{self.file} is there {place(self.at)}.")
        said = f"says `{_shown(text)}`" if text.strip() else "is empty"
        return self._fails(
            "wrong-text", f"{self.file} {place(self.at)} {said}, expected `{_shown(self.contains)}` in it."
        )

    def needs(self) -> Iterable[Need]:
        """The file's text."""
        yield FileNeed(self.at, self.file)

    def faults(self) -> Iterable[Fault]:
        """What is no path that can be looked at."""
        path = PurePosixPath(self.file)
        if not path.is_absolute() or ".." in path.parts or str(path) != self.file or not self.file.isprintable():
            yield Fault("file", f"`{self.file}` is no absolute path.", "Write it in full: /root/server.py")
        elif path.parts[1:2] in [("proc",), ("sys",), ("dev",)]:
            yield Fault("file", f"`{self.file}` is no file that is kept.", "For a setting write the check `sysctl`.")
        if self.contains is not None and not 0 < len(self.contains.strip()) <= _TEXT_MOST:
            yield Fault("contains", "Expected some text here.", "Write the words that must stand in the file.")


def _shown(text: str) -> str:
    """The beginning, on one line, without what a terminal would obey."""
    line = re.sub(r"[^\x20-\x7e\u00a1-\uffff]", "�", " ".join(text[:1000].split()))
    return line if len(line) <= _SHOWN_MOST else f"{line[: _SHOWN_MOST - 1]}…"
