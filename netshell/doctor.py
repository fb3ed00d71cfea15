"""The examination of this computer, for people: a line for each fact, and the command that mends what is missing."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable

from rich.console import RenderableType

from netshell import bug, host
from netshell.errors import ExitCode, MachineError
from netshell.render.facts import fact_table
from netshell.render.step import notice

Show = Callable[[RenderableType], None]


def examine(show: Show) -> ExitCode:
    """Show every fact; gives MACHINE where something is missing that nothing starts without."""
    facts = host.survey()
    show(fact_table([(f.name, f.found, f.is_ok, f.is_needed, f.needed_by, f.remedy) for f in facts]))
    missing = host.missing_requirements()
    if missing:
        typed = host.typed_command(missing)
        show(notice(f"All programs at once: {typed}, or `netshell doctor --install`." if typed else _no_manager()))
    if any(fact.is_needed and not fact.is_ok for fact in facts):
        show(notice("netshell cannot start here before what is marked ✗ is mended."))
        return ExitCode.MACHINE
    show(notice("netshell can start here."))
    return ExitCode.DONE


def report(show: Show) -> ExitCode:
    """Write every fact to a file for a bug report: what this computer offers, and nothing of its owner's."""
    distribution = host.this_distribution()
    terminal = f"TERM={os.environ.get('TERM', '')}, {'x'.join(map(str, shutil.get_terminal_size()))}"
    facts = [f"{'ok' if f.is_ok else 'missing':<8} {f.name}: {f.found}" for f in host.survey()]
    path = bug.write("doctor", "\n".join([f"{distribution.name}; {terminal}", "", *facts, ""]))
    if path is None:
        raise MachineError("The report could not be written anywhere.", "Is the disk full? `df -h` tells.")
    show(notice(f"The report is in {path}. Read it before you send it: it tells of this computer, not of you."))
    return ExitCode.DONE


def install(show: Show, *, yes: bool) -> ExitCode:
    """Install the missing programs with this distribution's package manager, after asking.

    Gives FAILED where nobody agrees. Raises MachineError where there is no package manager, or it fails.
    """
    missing = host.missing_requirements()
    if not missing:
        show(notice("Every program that the lessons use is installed."))
        return ExitCode.DONE
    command = host.install_command(missing)
    if not command:
        raise MachineError(_no_manager(), f"Install: {', '.join(requirement.program for requirement in missing)}")
    steps = (host.mask_command(missing), host.refresh_command(), command)
    commands = [_as_root(argv) for argv in steps if argv]
    show(notice(f"This will be run: {' && '.join(shlex.join(argv) for argv in commands)}"))
    if not yes and not _agrees():
        show(notice("Nothing was installed. `--yes` installs without asking."))
        return ExitCode.FAILED
    for argv in commands:
        _run(argv)
    show(notice("Installed. `netshell doctor` tells what this computer offers now."))
    return ExitCode.DONE


def _no_manager() -> str:
    return f"No package manager is known for {host.this_distribution().name}."


def _as_root(argv: list[str]) -> list[str]:
    return argv if os.geteuid() == 0 else ["sudo", *argv]


def _run(argv: list[str]) -> None:
    typed = shlex.join(argv)
    try:
        status = subprocess.run(argv, check=False).returncode
    except FileNotFoundError:
        remedy = f"Run as root: {shlex.join(argv[1:])}" if argv[0] == "sudo" else ""
        raise MachineError(f"There is no `{argv[0]}` on this computer.", remedy) from None
    if status != 0:
        raise MachineError(f"`{typed}` has failed.", "What it printed says why. Mend that and run it again.")


def _agrees() -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stdout.write("Go on? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
