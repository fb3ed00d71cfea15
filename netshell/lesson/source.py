"""A lesson's text from a file, bounded and free of odd characters; it knows nothing of what the text says."""

import re
import stat
from pathlib import Path

from netshell.errors import Diagnostic, ExitCode, LessonError, UserError

MOST_BYTES = 256 * 1024
"""About ten times the longest lesson. A lesson is a stranger's file."""

_STRANGE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
"""Control characters, and those that turn the direction of writing: they make a screen lie."""


def read_bytes(path: Path) -> bytes:
    """A lesson's file as it stands. Raises UserError where it is no regular file, too large or not readable."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UserError(f"{path} is a directory, not a lesson.", "Name one Markdown file.", ExitCode.USAGE)
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{path} is no ordinary file.", "Name one Markdown file.", ExitCode.USAGE)
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UserError(f"{path} cannot be read: {reason}.", "Check its name and rights.", ExitCode.USAGE) from None
    if len(data) > MOST_BYTES:
        raise UserError(
            f"{path} is too large for a lesson: more than {MOST_BYTES // 1024} KiB.", "Split it into several lessons."
        )
    return data


def decode(data: bytes, file: str) -> str:
    """The text, with line feeds only. Raises LessonError where it is not UTF-8, is empty or has odd characters."""
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        message = f"The byte 0x{data[error.start]:02x} is not UTF-8."
        raise _refused(file, [Diagnostic(file, line, column, message, "Save the file as UTF-8.")]) from None
    if not text.strip():
        remedy = "Begin with a front matter between two lines of `---`."
        raise _refused(file, [Diagnostic(file, 1, 1, "The lesson is empty.", remedy)])
    strange = strange_characters(text)
    if strange:
        raise _refused(file, [Diagnostic(file, at, column, says, "Take it out.") for at, column, says in strange[:20]])
    return text


def strange_characters(text: str) -> list[tuple[int, int, str]]:
    """Where in a text characters stand that no lesson needs, as (line, column, message)."""
    return [
        (number, match.start() + 1, f"The control character U+{ord(match[0]):04X} cannot stand in a lesson.")
        for number, line in enumerate(text.split("\n"), 1)
        for match in _STRANGE.finditer(line)
    ]


def _refused(file: str, diagnostics: list[Diagnostic]) -> LessonError:
    return LessonError(f"{file} is no lesson that netshell can read.", tuple(diagnostics))
