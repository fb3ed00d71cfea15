"""The command line: what was asked for, the exit code, and the last resort for what went wrong."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from netshell import __version__
from netshell.errors import ExitCode, UserError

if TYPE_CHECKING:
    from typing import Any

    from netshell.launch import Launched
    from netshell.progress import Progress

_DIRECTORIES = click.option(
    "--lessons",
    "directories",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    multiple=True,
    help="A directory with more lessons.",
)


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", prog_name="netshell")
@_DIRECTORIES
@click.pass_context
def cli(context: click.Context, directories: tuple[Path, ...]) -> None:
    """Learn Linux networking by doing it, on a private machine of your own.

    Without a command: go on where you left off, or begin.
    """
    if context.invoked_subcommand is None:
        _learn(None, directories)


@cli.command()
@click.argument("lesson")
@click.option("--step", type=click.IntRange(1), help="Begin at this step.")
@click.option("--seed", type=int, help="Begin anew, with the addresses that this number draws.")
@_DIRECTORIES
def learn(lesson: str, step: int | None, seed: int | None, directories: tuple[Path, ...]) -> None:
    """Play LESSON: the name of a lesson, or a file."""
    _learn(lesson, directories, step, seed)


@cli.command()
@click.argument("lesson", required=False)
@_DIRECTORIES
def play(lesson: str | None, directories: tuple[Path, ...]) -> None:
    """The private machine without tasks, with the lab of LESSON if one is named."""
    _require_terminal()
    launched = _launch()
    import asyncio

    from netshell.repl.app import Repl
    from netshell.session import Bench

    topology = _topology(lesson, directories)
    with _progress() as progress:
        repl = Repl(Bench(launched), progress, directories, os.environ)
        _end(asyncio.run(repl.play(topology, _state())))


@cli.command()
@click.argument("file", type=click.File(encoding="utf-8"), required=False)
@click.option("-c", "command", help="A command line, or several lines.")
@click.option("--lab", "lesson", help="Build the lab of this lesson first.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object for each command.")
@click.option("--timeout", "timeout_s", type=float, default=60.0, show_default=True, help="Seconds for each command.")
@_DIRECTORIES
def run(  # noqa: PLR0917 - click calls by keyword
    file: Iterable[str] | None,
    command: str | None,
    lesson: str | None,
    is_json: bool,  # noqa: FBT001 - click calls by keyword
    timeout_s: float,
    directories: tuple[Path, ...],
) -> None:
    """Run commands without a person: those of -c, or the lines of FILE (- for standard input).

    For each: what it printed, and what it changed. Ends with the last command's exit status.
    """
    if (file is None) == (command is None):
        raise UserError("`netshell run` needs commands: either -c COMMAND or a FILE.", code=ExitCode.USAGE)
    launched = _launch()
    import asyncio

    from netshell.run import Runner, exit_code
    from netshell.session import Bench

    lines = command.splitlines() if command is not None else [line.rstrip("\n") for line in file or ()]
    runner = Runner(Bench(launched), _write, is_json=is_json, timeout_s=timeout_s)
    _end(exit_code(asyncio.run(runner.run(_topology(lesson, directories), lines))))


@cli.command()
@click.option("--json", "is_json", is_flag=True, help="A JSON list instead of lines for people.")
@_DIRECTORIES
def lessons(is_json: bool, directories: tuple[Path, ...]) -> None:  # noqa: FBT001 - click calls by keyword
    """The lessons, and how far you are in each."""
    from netshell.commands import progress_rows
    from netshell.lesson import library
    from netshell.views import catalogue, lessons_as_json

    with _progress() as progress:
        rows = progress_rows(library.catalogue(directories), progress)
    if is_json:
        _write(lessons_as_json(rows))
    else:
        _show(catalogue(rows))


@cli.group()
def lesson() -> None:
    """For authors: check lessons, and prove that they work."""


@lesson.command()
@click.argument("files", nargs=-1, required=True, metavar="LESSON...")
@_DIRECTORIES
def check(files: tuple[str, ...], directories: tuple[Path, ...]) -> None:
    """Read lessons and report every fault as file:line:col. Nothing is run."""
    from netshell.lesson import library

    found = [fault for name in files for fault in library.check_file(library.find(name, directories))]
    for fault in found:
        _write(f"{fault}\n")
    _end(ExitCode.FAILED if any(not fault.is_warning for fault in found) else ExitCode.DONE)


@lesson.command()
@click.argument("files", nargs=-1, required=True, metavar="LESSON...")
@click.option("--seeds", type=click.IntRange(1, 100), default=2, show_default=True, help="How many sets of addresses.")
@_DIRECTORIES
def test(files: tuple[str, ...], seeds: int, directories: tuple[Path, ...]) -> None:
    """Prove lessons: start fails, solutions pass, each known mistake gets its own message."""
    launched = _launch()
    import asyncio

    from netshell.lesson import library
    from netshell.session import Bench

    paths = [library.find(name, directories) for name in files]
    is_proved = asyncio.run(_prove(Bench(launched), paths, seeds))
    _end(ExitCode.DONE if is_proved else ExitCode.FAILED)


async def _prove(bench: "Any", paths: list[Path], seeds: int) -> bool:  # noqa: ANN401 - a Bench, imported late
    from netshell.author import Proof
    from netshell.lesson import library
    from netshell.topology import Topology

    bench.attach(environ={"LANG": "C.UTF-8"})
    failed = 0
    for number, (path, seed) in enumerate((path, seed) for path in paths for seed in range(1, seeds + 1)):
        if number:
            await bench.reset(Topology())
        lesson = library.load(path, seed)
        proved = 0
        async for result in Proof(bench, lesson).steps():
            mark = "FAIL" if result.faults else "ok"
            _write(f"{mark:4}  {lesson.id} (seed {seed}): {result.step}: {result.proved} proved\n")
            for fault in result.faults:
                _write(f"      {path}:{fault}\n")
            failed += len(result.faults)
            proved += result.proved
        _write(f"{lesson.id} (seed {seed}): {proved} proved\n")
    bench.close()
    _write(f"{'All proved' if not failed else f'{failed} faults'}.\n")
    return failed == 0


@cli.command()
@click.option("--install", "is_install", is_flag=True, help="Install what is missing, after asking.")
@click.option("--yes", is_flag=True, help="With --install: do not ask.")
def doctor(is_install: bool, yes: bool) -> None:  # noqa: FBT001 - click calls by keyword
    """What this computer offers and lacks, and the one command that mends it."""
    from netshell.doctor import examine, install

    _end(install(_show, yes=yes) if is_install else examine(_show))


def _learn(name: str | None, directories: tuple[Path, ...], step: int | None = None, seed: int | None = None) -> None:
    _require_terminal()
    launched = _launch()
    import asyncio

    from netshell.lesson import library
    from netshell.repl.app import Repl, open_lesson
    from netshell.session import Bench

    with _progress() as progress:
        path = library.find(name or _next_lesson(progress, directories), directories)
        lesson = open_lesson(path, progress, seed=seed)
        if step is not None and step > len(lesson.steps):
            raise UserError(f"{lesson.id} has {len(lesson.steps)} steps; there is no step {step}.", code=ExitCode.USAGE)
        repl = Repl(Bench(launched), progress, directories, os.environ)
        _end(asyncio.run(repl.learn(lesson, None if step is None else step - 1, _state())))


def _next_lesson(progress: "Progress", directories: tuple[Path, ...]) -> str:
    """The lesson that was left unfinished last, or the first that was never finished."""
    from netshell.lesson import library

    last = progress.last_lesson()
    record = progress.lesson(last) if last else None
    names = [entry.id for entry in library.catalogue(directories)]
    if record is not None and record.done_at is None and record.id in names:
        return record.id
    done = {found.id for found in progress.all() if found.times_done}
    return next((name for name in names if name not in done), names[0])


def _topology(name: str | None, directories: tuple[Path, ...]) -> "Any":  # noqa: ANN401 - a Topology, imported late
    from netshell.lesson import library
    from netshell.topology import Topology

    return library.load(library.find(name, directories), seed=1).topology if name else Topology()


def _launch() -> "Launched":
    from netshell.launch import launch

    return launch()


def _progress() -> "Progress":
    from netshell.progress import Progress, default_path

    return Progress.open(default_path(os.environ))


def _state() -> Path | None:
    from netshell.progress import default_path

    path = default_path(os.environ)
    return path.parent if path is not None and path.parent.is_dir() else None


def _require_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UserError(
            "netshell needs a terminal to talk to you, and standard input or output is none.",
            "For scripts there is `netshell run -c COMMAND`, with `--json` if you like.",
            ExitCode.USAGE,
        )


def _show(renderable: "Any") -> None:  # noqa: ANN401 - a rich renderable, imported late
    import shutil

    from netshell.render.console import as_text, colour_for

    colour = colour_for(os.environ, is_terminal=sys.stdout.isatty())
    _write(as_text(renderable, width=shutil.get_terminal_size((80, 24)).columns, colour=colour))


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _end(code: int) -> NoReturn:
    """Leave at once: what has to be undone is undone, and the rest is the kernel's."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> NoReturn:
    """The program: runs what was asked for and ends with its exit code."""
    try:
        cli.main(standalone_mode=False)
        code = int(ExitCode.DONE)
    except UserError as error:
        code = _complain(f"netshell: {error.problem}", error.remedy, error.code)
    except click.ClickException as error:
        error.show()
        code = ExitCode.USAGE
    except (KeyboardInterrupt, click.Abort):
        code = ExitCode.INTERRUPTED
    except BrokenPipeError:
        os._exit(int(ExitCode.FAILED))
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is logged, never shown as a traceback
        code = _report_bug(error)
    _end(code)


def _complain(problem: str, remedy: str, code: int) -> int:
    sys.stderr.write(problem + "\n" + (remedy + "\n" if remedy else ""))
    return code


def _report_bug(error: Exception) -> int:
    from netshell.bug import write_report

    path = write_report(error)
    return _complain(
        f"netshell: something went wrong that should not have: {type(error).__name__}: {error}",
        f"The details are in {path}. Your progress is saved.",
        ExitCode.BUG,
    )
