"""What several commands share: a table of commands that knows the nearest to a slip, and options."""

import contextlib
import os
from pathlib import Path

import click

from netshell.errors import ExitCode, UserError


class Table(click.Group):
    """Commands in the order of the file; one that is not there is answered with the nearest that is."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Their names."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that was named. Raises UserError (USAGE) where there is none."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            remedy = _nearest(name, ctx.command_path, self.list_commands(ctx))
            raise UserError(f"There is no command `{ctx.command_path} {name}`.", remedy, ExitCode.USAGE)
        return super().resolve_command(ctx, args)


def _nearest(name: str, path: str, commands: list[str]) -> str:
    from difflib import get_close_matches

    from netshell.lesson import library

    if near := get_close_matches(name, commands, n=1, cutoff=0.5):
        return f"Did you mean `{path} {near[0]}`?"
    with contextlib.suppress(UserError):
        library.find(name)
        return f"There is a lesson of that name: `netshell learn {name}` begins it."
    return f"`{path} --help` lists them."


def _gather(context: click.Context, _parameter: click.Parameter, given: tuple[Path, ...]) -> tuple[Path, ...]:
    """`--lessons` counts wherever it stands, in front of the command or behind it."""
    root = context.find_root()
    root.obj = (*(root.obj or ()), *given)
    found: tuple[Path, ...] = root.obj
    return found


DIRECTORIES = click.option(
    "--lessons",
    "directories",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    multiple=True,
    callback=_gather,
    metavar="DIR",
    help="A directory with more lessons; may be given several times.",
)


def _be_plain(_context: click.Context, _parameter: click.Parameter, is_wanted: bool) -> None:  # noqa: FBT001 - as click calls it
    """All that draws looks at `TERM`, prompt_toolkit's line editor and the pager too."""
    if is_wanted:
        os.environ["TERM"] = "dumb"


PLAIN = click.option(
    "--plain",
    is_flag=True,
    envvar="NETSHELL_PLAIN",
    expose_value=False,
    callback=_be_plain,
    help="Lines of words and nothing drawn, for a screen reader. NETSHELL_PLAIN=1 in the environment does it always.",
)
JSON = click.option("--json", "is_json", is_flag=True, help="JSON for programs instead of lines for people.")
