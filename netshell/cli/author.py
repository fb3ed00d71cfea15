"""The commands for authors: `netshell lesson …`."""

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from netshell.cli.options import DIRECTORIES, Table
from netshell.cli.output import end, outcome_of, put, put_aside, put_text, show
from netshell.errors import ExitCode, UserError


@click.group(cls=Table, short_help="For authors: begin, check and prove a lesson.")
def lesson() -> None:
    """For authors: begin a lesson, check it, and prove that it works.

    A lesson is one Markdown file: `netshell lesson new FILE` writes one to begin with. `netshell lesson watch FILE`
    stands beside you while you write; `netshell lesson test FILE` proves that all of it works.
    """


@lesson.command()
@click.argument("file", type=click.Path(path_type=Path), default="my-lesson.md")
def new(file: Path) -> None:
    """Write a small lesson that works, and shows the whole format, to FILE (my-lesson.md)."""
    from netshell.author.template import write_template

    write_template(file)
    put_text(f"{file} is written. `netshell lesson watch {file}` shows what becomes of it while you edit.\n")


@lesson.command()
@click.argument("part", required=False)
def schema(part: str | None) -> None:
    """The JSON Schema of a lesson's YAML parts, for editors.

    PART is `front` for the front matter, or a role: `check`, `keep`, `wrong`, `ask`, `show`. Without it: any of them.
    """
    from netshell.author.template import schema_text

    put_text(schema_text(part or ""))


@lesson.command()
@click.argument("files", nargs=-1, required=True, metavar="LESSON...")
@DIRECTORIES
def check(files: tuple[str, ...], directories: tuple[Path, ...]) -> None:
    """Read lessons and report every fault as file:line:col. Nothing is run.

    Exits with 1 where a lesson has an error; warnings alone do no harm.
    """
    from netshell.lesson import library

    found = [fault for name in files for fault in library.check_file(library.find(name, directories))]
    put("".join(f"{fault}\n" for fault in found).encode("utf-8", "replace"))
    end(ExitCode.FAILED if any(not fault.is_warning for fault in found) else ExitCode.DONE)


@lesson.command(short_help="Prove lessons by playing them.")
@click.argument("files", nargs=-1, required=True, metavar="LESSON...")
@click.option("--seeds", type=click.IntRange(1, 100), default=2, show_default=True, help="How many sets of addresses.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="So many machines at once; by default as many as the processors have time for.",
)
@click.option("--mutate", is_flag=True, help="Also change addresses and nodes in solutions: how many are noticed?")
@click.option("--json", is_flag=True, help="One JSON object for each proof.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="JUnit XML, for CI.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.1, 600),
    default=15.0,
    show_default=True,
    metavar="SECONDS",
    help="So long a line may take, and the checks to hold after the last.",
)
@click.option(
    "--step-timeout",
    type=click.FloatRange(0.1, 3600),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="So long each way to play a step may take, with what comes before it.",
)
@DIRECTORIES
def test(files: tuple[str, ...], directories: tuple[Path, ...], **options: Any) -> None:  # noqa: ANN401 - as click calls it
    """Prove lessons, on private machines, by playing them.

    Each step's checks fail before its solution and hold after it, and after every other solution; they fail when any
    one line of it is left out; each known mistake gets its own message, and the solution still passes after it; what
    must stay true stays true; no hint gives the solution away. Warnings do not fail a lesson.
    """
    from netshell.sandbox.identity import become_invoking_user

    become_invoking_user(os.environ)
    from netshell.author.workers import Limits, Workers

    with contextlib.closing(Workers(options["jobs"])) as workers:
        from netshell import loop
        from netshell.author.prove import Request, prove
        from netshell.lesson import library

        request = Request(
            [library.find(name, directories) for name in files],
            range(1, options["seeds"] + 1),
            Limits(options["timeout"], options["step_timeout"], is_mutated=options["mutate"]),
            is_json=options["json"],
            junit=options["junit"],
        )
        is_proved = loop.run(prove(workers, request, put_text, put_aside if sys.stderr.isatty() else None))
    end(ExitCode.DONE if is_proved else ExitCode.FAILED)


@lesson.command(short_help="Check a lesson at each save, and prove the step.")
@click.argument("file")
@click.option("--step", type=click.IntRange(1), default=1, help="Begin at this step.")
@click.option("--play", "is_played", is_flag=True, help="Play the step, and again after each session that you leave.")
@DIRECTORIES
def watch(file: str, step: int, is_played: bool, directories: tuple[Path, ...]) -> None:  # noqa: FBT001 - click calls by keyword
    """Look at FILE each time that it is saved: its faults, or the step that you have edited, and whether it works.

    Only that step is proved, with the first set of addresses. Ctrl-C ends.
    """
    from netshell.sandbox.identity import become_invoking_user

    become_invoking_user(os.environ)
    from netshell.author.workers import Workers

    with contextlib.closing(Workers(0 if is_played else 1)) as workers:
        from netshell import loop
        from netshell.author.watch import Watched, play_on, watch
        from netshell.lesson import library

        watched = Watched(library.find(file, directories), step - 1)
        if is_played and not (sys.stdin.isatty() and sys.stdout.isatty()):
            problem = "`--play` needs a terminal to talk to you on, and standard input or output is none."
            raise UserError(problem, "Without it the step is proved at each save.", ExitCode.USAGE)
        if is_played:
            end(play_on(watched, lambda place: _learn_apart(watched.path, place), put_text))
        with contextlib.suppress(KeyboardInterrupt):
            loop.run(watch(workers, watched, put_text, show))
    end(ExitCode.DONE)


def _learn_apart(path: Path, step: int) -> int:
    """Play a step in a process of its own, since each session makes its own machine; gives its exit code."""
    from netshell import begin

    child = os.fork()
    if child == 0:
        end(outcome_of(lambda: begin.learn(str(path), (), step, None)))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
