"""The examination of this computer, for people: a line for each fact, and the command that mends what is missing."""

import os
import subprocess
import sys
from collections.abc import Callable

from rich.console import RenderableType

from netshell import host
from netshell.errors import ExitCode
from netshell.render.facts import fact_table
from netshell.render.step import notice

Show = Callable[[RenderableType], None]


def examine(show: Show) -> ExitCode:
    """Show every fact; gives MACHINE where something is missing that nothing starts without."""
    facts = host.survey()
    show(fact_table([(f.name, f.found, f.is_ok, f.is_needed, f.needed_by, f.remedy) for f in facts]))
    missing = host.missing_requirements()
    if missing:
        show(notice(f"All programs at once: {host.typed_command(missing)}, or `netshell doctor --install`."))
    return ExitCode.MACHINE if any(fact.is_needed and not fact.is_ok for fact in facts) else ExitCode.DONE


def install(show: Show, *, yes: bool) -> ExitCode:
    """Install the missing programs with this distribution's package manager, after asking."""
    missing = host.missing_requirements()
    if not missing:
        show(notice("Every program that the lessons use is installed."))
        return ExitCode.DONE
    argv = host.install_command(missing)
    if os.geteuid() != 0:
        argv = ["sudo", *argv]
    show(notice(f"This will be run: {' '.join(argv)}"))
    if not yes and not _agrees():
        show(notice("Nothing was installed."))
        return ExitCode.FAILED
    refresh = host.refresh_command()
    for command in [refresh, argv]:
        if command and subprocess.run(command, check=False).returncode != 0:
            show(notice(f"`{' '.join(command)}` has failed; what it printed says why."))
            return ExitCode.MACHINE
    return ExitCode.DONE


def _agrees() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stdout.write("Go on? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
