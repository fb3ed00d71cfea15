"""The command line: a table of commands and options. Nothing is loaded before it is needed."""

from typing import NoReturn

from netshell.cli.author import lesson
from netshell.cli.output import end, open_streams, outcome_of
from netshell.cli.table import cli

__all__ = ["cli", "main"]

cli.add_command(lesson)


def main() -> NoReturn:
    """The program: runs what was asked for and ends with its exit code."""
    open_streams()
    end(outcome_of(lambda: cli.main(prog_name="netshell", standalone_mode=False)))
