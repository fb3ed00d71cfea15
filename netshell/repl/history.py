"""The lines typed in earlier sessions, in a file that may fail without anybody losing a word."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

_MOST_BYTES = 1 << 20
"""Of the file, and of one line."""


class KindHistory(FileHistory):
    """A history file; where it cannot be read or written, the session's own lines are still there."""

    def load_history_strings(self) -> Iterable[str]:
        """The lines, newest first."""
        try:
            return list(super().load_history_strings())
        except (OSError, ValueError):
            return []

    def store_string(self, string: str) -> None:
        """Add a line; a pasted book is not kept."""
        if len(string) > _MOST_BYTES:
            return
        try:
            super().store_string(string.encode("utf-8", "replace").decode())
        except OSError:
            return


def open_history(directory: Path | None) -> History:
    """The history of the learner's account; `directory` is where netshell keeps its state, None where there is none."""
    if directory is None:
        return InMemoryHistory()
    path = directory / "history"
    with contextlib.suppress(OSError):
        if path.stat().st_size > _MOST_BYTES:
            _shorten(path)
    return KindHistory(str(path))


def _shorten(path: Path) -> None:
    """Keep the newer half of what is allowed, from the beginning of an entry (an empty line, then `# ` and a time)."""
    with path.open("rb") as file:
        file.seek(-_MOST_BYTES // 2, os.SEEK_END)
        kept = file.read()
    shorter = path.with_name(f"{path.name}.{os.getpid()}")
    shorter.write_bytes(kept[max(0, kept.find(b"\n\n# ")) :])
    shorter.replace(path)
