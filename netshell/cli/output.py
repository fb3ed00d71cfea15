"""Where output goes, and how netshell ends: the exit code, and the last resort for what went wrong."""

import contextlib
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import click

from netshell.errors import ExitCode, UserError

if TYPE_CHECKING:
    from rich.console import RenderableType


def show(renderable: "RenderableType") -> None:
    """Print what rich can draw, as wide and as coloured as standard output can take it."""
    import shutil

    from netshell.render.console import as_text, colour_for

    colour = colour_for(os.environ, is_terminal=sys.stdout.isatty())
    text = as_text(renderable, width=shutil.get_terminal_size((80, 24)).columns, colour=colour)
    put(text.encode(sys.stdout.encoding, "replace"))


def put(data: bytes) -> None:
    """Write to standard output at once. Raises BrokenPipeError where nobody reads any more, UserError for the rest."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"Standard output cannot be written: {error.strerror}.") from None


def put_text(text: str) -> None:
    """Write text to standard output at once. Raises as `put` does."""
    put(text.encode("utf-8", "replace"))


def put_aside(text: str) -> None:
    """Write to standard error what comes and goes."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def warn(text: str) -> None:
    """Tell a person something on standard error."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"netshell: {text}\n")
        sys.stderr.flush()


def end(code: int) -> NoReturn:
    """Leave at once: what has to be undone is undone, and the rest is the kernel's."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


def outcome_of(action: Callable[[], object]) -> int:
    """The exit code of what was done: its own, or that of what went wrong, which is told."""
    try:
        given = action()
        code = given if isinstance(given, int) else ExitCode.DONE
    except UserError as error:
        code = _complain(error.problem, error.remedy, error.code)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        code = ExitCode.USAGE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        remedy = f"`{context.command_path} --help` tells more." if context else ""
        code = _complain(error.format_message(), remedy, ExitCode.USAGE)
    except (KeyboardInterrupt, click.Abort):
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        code = ExitCode.FAILED
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is logged, never shown as a traceback
        code = _report_bug(error)
    return code


def open_streams() -> None:
    """Where netshell was started with a standard stream closed, what it opens next must not take its number."""
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: `fd`
            setattr(sys, name, open(fd, "w" if fd else "r", encoding="utf-8", closefd=False))  # noqa: SIM115 - for good


def _complain(problem: str, remedy: str, code: int) -> int:
    warn(f"{problem}\n{remedy}" if remedy else problem)
    return code


def _report_bug(error: Exception) -> int:
    from netshell.bug import summary, write_report

    path = write_report(error)
    where = f"The details are in {path}." if path else "The details could not be written anywhere."
    problem = f"something went wrong that should not have: {summary(error)}"
    return _complain(problem, f"{where} What was saved of your progress is safe.", ExitCode.BUG)
