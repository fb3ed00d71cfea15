"""The command line: a table of commands and options, the exit code, and the last resort for what went wrong."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import click

from netshell import __version__
from netshell.errors import ExitCode, UserError

if TYPE_CHECKING:
    from rich.console import RenderableType


class _Table(click.Group):
    """Commands in the order of the file; one that is not there is answered with the nearest that is."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
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


_DIRECTORIES = click.option(
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


_PLAIN = click.option(
    "--plain",
    is_flag=True,
    envvar="NETSHELL_PLAIN",
    expose_value=False,
    callback=_be_plain,
    help="Lines of words and nothing drawn, for a screen reader. NETSHELL_PLAIN=1 in the environment does it always.",
)
_JSON = click.option("--json", "is_json", is_flag=True, help="JSON for programs instead of lines for people.")


@click.group(
    cls=_Table,
    invoke_without_command=True,
    short_help="Learn Linux networking by doing it.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
@_DIRECTORIES
@_PLAIN
@click.pass_context
def cli(context: click.Context, directories: tuple[Path, ...]) -> None:
    """Learn Linux networking by doing it, on a private machine of your own.

    \b
      netshell                go on where you left off, or begin
      netshell learn veth     play the lesson veth
      netshell run -c 'ip netns add a; ip netns list'

    Nothing that is typed inside can touch this computer, and no root is needed.
    """  # noqa: D301 - the backspace is click's sign for lines to leave as they are
    if context.invoked_subcommand is None:
        from netshell import begin

        _end(begin.learn(None, directories, None, None))


def _lesson_names(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """What Tab offers for a lesson in a person's own shell."""
    from netshell.lesson import library

    return [name for name in library.names() if name.startswith(typed)]


@cli.command(short_help="Play a lesson.")
@click.argument("lesson", shell_complete=_lesson_names)
@click.option("--step", type=click.IntRange(1), help="Begin at this step.")
@click.option("--seed", type=int, help="Begin anew, with the addresses that this number draws.")
@click.option("--test", "is_test", is_flag=True, help="Only its free task: done without help, it counts for the whole.")
@_DIRECTORIES
@_PLAIN
def learn(lesson: str, step: int | None, seed: int | None, is_test: bool, directories: tuple[Path, ...]) -> None:  # noqa: FBT001
    """Play LESSON: the name of a lesson, or a file.

    A lesson that you have begun goes on at the step where you left it. `netshell lessons` lists them. What you know
    already you need not play: --test goes straight to the lesson's free task.
    """
    from netshell import begin

    if is_test and step is not None:
        raise UserError("`--test` goes to a step of its own.", "Leave `--step` out.", ExitCode.USAGE)
    _end(begin.learn(lesson, directories, step, seed, is_test=is_test))


@cli.command(short_help="The private machine without tasks.")
@click.argument("lesson", required=False)
@_DIRECTORIES
@_PLAIN
def play(lesson: str | None, directories: tuple[Path, ...]) -> None:
    """The private machine without tasks, with the lab of LESSON if one is named."""
    from netshell import begin

    _end(begin.play(lesson, directories))


@cli.command(short_help="Run commands without a person, for scripts.")
@click.argument("file", type=click.File("rb"), required=False)
@click.option("-c", "command", help="A command line, or several lines.")
@click.option("--lab", "lesson", metavar="LESSON", help="Build the lab of this lesson first.")
@click.option("--json", "is_json", is_flag=True, help="One JSON object for each command.")
@click.option(
    "--timeout",
    "timeout_s",
    type=click.FloatRange(0.1, 86400),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="A command that takes longer is interrupted, as with Ctrl-C, and the next one follows.",
)
@_DIRECTORIES
def run(  # noqa: PLR0917 - click calls by keyword
    file: BinaryIO | None,
    command: str | None,
    lesson: str | None,
    is_json: bool,  # noqa: FBT001 - click calls by keyword
    timeout_s: float,
    directories: tuple[Path, ...],
) -> None:
    """Run commands without a person: those of -c, or the lines of FILE (- for standard input).

    All lines go to one bash on a fresh private machine. For each command: what it printed, then what it changed.
    Lines such as `:map` or `:term ns1` work as in netshell itself. The exit status is the last command's.

    \b
      netshell run -c 'ip link add v1 type veth peer name v2'
      netshell run --lab veth --json script.txt
    """  # noqa: D301 - as above
    if (file is None) == (command is None):
        raise UserError("`netshell run` needs commands: either -c COMMAND or a FILE.", code=ExitCode.USAGE)
    from netshell.launch import launch

    launched = launch()
    from netshell import loop
    from netshell.begin import lab_of
    from netshell.run import Runner, exit_code, typed_lines
    from netshell.session import Bench

    source = typed_lines(file if command is None and file is not None else command or "")
    runner = Runner(Bench(launched), _put, _warn, directories=directories, is_json=is_json, timeout_s=timeout_s)
    _end(exit_code(loop.run(runner.run(lab_of(lesson, directories), source))))


class _Explain(click.Command):
    """Takes what stands behind `--` for a command line, whatever dashes are in it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" in args:
            at = args.index("--")
            ctx.meta["netshell.command"], args = args[at + 1 :], args[:at]
        return super().parse_args(ctx, args)


@cli.command(cls=_Explain, short_help="A command line, or the packets of a capture file, in words.")
@click.argument("file", required=False)
@click.argument("words", nargs=-1, metavar="[FILTER]...")
@click.option("--ladder", is_flag=True, help="A column for each host, time downwards, an arrow for each packet.")
@click.option("--stories", is_flag=True, help="What happened, told in sentences.")
@click.option("--packet", type=click.IntRange(1), metavar="N", help="One packet, field by field.")
@click.option("--follow", type=click.IntRange(1), metavar="N", help="What the two sides said to each other around it.")
@click.option("--json", is_flag=True, help="One JSON object for each packet, or for the command line.")
@click.option("--count", is_flag=True, help="How many packets there are, and nothing else.")
@click.option("--width", type=click.IntRange(20, 1000), metavar="COLUMNS", help="Of the lines; else the terminal's.")
def explain(file: str | None, words: tuple[str, ...], width: int | None, **views: int) -> None:
    """Explain a command line, or the packets of FILE: all of them, or those that FILTER chooses.

    What stands behind `--` is a command line, and nothing of it is run. Exits with 1 where a part of it is not known,
    or cannot stand where it does.

    FILE is a pcap or pcapng file, as `tcpdump -w` and Wireshark write it, or :save in netshell; - is standard input.
    FILTER is the language that tcpdump teaches, or plain words.

    \b
      netshell explain -- ip route add default via 192.0.2.1
      netshell explain ping.pcap
      netshell explain ping.pcap tcp syn and host 192.0.2.1 --ladder
      tcpdump -U -w - | netshell explain -
    """  # noqa: D301 - as above
    from shutil import get_terminal_size

    from netshell.explain_file import explained, request_for

    columns = width or get_terminal_size((80, 24)).columns
    command: list[str] | None = click.get_current_context().meta.get("netshell.command")
    if command is not None:
        _explain_command(
            command, [*filter(None, [file]), *words, *(f"--{view}" for view in views if views[view])], columns
        )
    if file is None:
        problem = "`netshell explain` needs a capture file, or behind `--` a command line."
        raise UserError(problem, "For example `netshell explain -- ip route show`.", ExitCode.USAGE)
    request = request_for(file, views, " ".join(words), columns)
    with explained(request) as explanation:
        if sys.stdout.isatty() and not explanation.is_live:
            from netshell.render.pager import page

            page(explanation.screen_lines())
        else:
            for text in explanation.pieces():
                _put(text.encode("utf-8" if views["json"] else sys.stdout.encoding, "replace"))
    if explanation.problem:
        _warn(explanation.problem)
    _end(explanation.code)


def _explain_command(words: list[str], others: list[str], columns: int) -> NoReturn:
    """Words as they would be typed to a shell; one alone is a whole line. Raises UserError where there is none."""
    import json
    import shlex

    from netshell.explain.command import as_json, explain_command
    from netshell.render.explained import explained_lines
    from netshell.render.pager import page

    line = words[0] if len(words) == 1 else shlex.join(words)
    if not line.strip():
        problem = "Behind `--` stands no command line."
        raise UserError(problem, "For example `netshell explain -- ip route show`.", ExitCode.USAGE)
    if strangers := [other for other in others if other != "--json"]:
        raise UserError(f"`{strangers[0]}` does not go together with a command line.", code=ExitCode.USAGE)
    explanation = explain_command(line)
    if others:
        _put_text(json.dumps(as_json(explanation), ensure_ascii=False) + "\n")
    else:
        page(explained_lines(explanation, width=columns))
    _end(ExitCode.DONE if explanation.is_clear else ExitCode.FAILED)


@cli.command(short_help="The lessons, and how far you are.")
@_JSON
@_DIRECTORIES
def lessons(is_json: bool, directories: tuple[Path, ...]) -> None:  # noqa: FBT001 - click calls by keyword
    """The lessons in their order: what is done, what comes next, and about how long the rest takes."""
    from netshell.commands import standings
    from netshell.lesson import library
    from netshell.progress import Progress, default_path
    from netshell.views import catalogue, lessons_as_json

    with Progress.open(default_path(os.environ)) as progress:
        rows = standings(library.catalogue(directories), progress)
        notice = progress.take_notice()
    if is_json:
        _put(lessons_as_json(rows).encode())
    else:
        _show(catalogue(rows, learn="netshell learn"))
    if notice:
        _warn(notice)


@cli.group(cls=_Table, short_help="For authors: begin, check and prove a lesson.")
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
    _put_text(f"{file} is written. `netshell lesson watch {file}` shows what becomes of it while you edit.\n")


@lesson.command()
@click.argument("part", required=False)
def schema(part: str | None) -> None:
    """The JSON Schema of a lesson's YAML parts, for editors.

    PART is `front` for the front matter, or a role: `check`, `keep`, `wrong`, `ask`, `show`. Without it: any of them.
    """
    from netshell.author.template import schema_text

    _put_text(schema_text(part or ""))


@lesson.command()
@click.argument("files", nargs=-1, required=True, metavar="LESSON...")
@_DIRECTORIES
def check(files: tuple[str, ...], directories: tuple[Path, ...]) -> None:
    """Read lessons and report every fault as file:line:col. Nothing is run.

    Exits with 1 where a lesson has an error; warnings alone do no harm.
    """
    from netshell.lesson import library

    found = [fault for name in files for fault in library.check_file(library.find(name, directories))]
    _put("".join(f"{fault}\n" for fault in found).encode("utf-8", "replace"))
    _end(ExitCode.FAILED if any(not fault.is_warning for fault in found) else ExitCode.DONE)


@lesson.command(short_help="Prove lessons by playing them.")
@click.argument("files", nargs=-1, required=True, metavar="LESSON...")
@click.option("--seeds", type=click.IntRange(1, 100), default=2, show_default=True, help="How many sets of addresses.")
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    help="So many machines at once; by default four for each processor, since proofs wait most of the time.",
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
@_DIRECTORIES
def test(files: tuple[str, ...], directories: tuple[Path, ...], **options: Any) -> None:  # noqa: ANN401 - as click calls it
    """Prove lessons, on private machines, by playing them.

    Each step's checks fail before its solution and hold after it, and after every other solution; they fail when any
    one line of it is left out; each known mistake gets its own message, and the solution still passes after it; what
    must stay true stays true; no hint gives the solution away. Warnings do not fail a lesson.
    """
    from netshell.sandbox.identity import become_invoking_user

    become_invoking_user(os.environ)
    from netshell.author.jobs import Limits, Workers

    with contextlib.closing(Workers(options["jobs"] or 4 * len(os.sched_getaffinity(0)))) as workers:
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
        is_proved = loop.run(prove(workers, request, _put_text, _put_aside if sys.stderr.isatty() else None))
    _end(ExitCode.DONE if is_proved else ExitCode.FAILED)


@lesson.command(short_help="Check a lesson at each save, and prove the step.")
@click.argument("file")
@click.option("--step", type=click.IntRange(1), default=1, help="Begin at this step.")
@click.option("--play", "is_played", is_flag=True, help="Play the step, and again after each session that you leave.")
@_DIRECTORIES
def watch(file: str, step: int, is_played: bool, directories: tuple[Path, ...]) -> None:  # noqa: FBT001 - click calls by keyword
    """Look at FILE each time that it is saved: its faults, or the step that you have edited, and whether it works.

    Only that step is proved, with the first set of addresses. Ctrl-C ends.
    """
    from netshell.sandbox.identity import become_invoking_user

    become_invoking_user(os.environ)
    from netshell.author.jobs import Workers

    with contextlib.closing(Workers(0 if is_played else 1)) as workers:
        from netshell import loop
        from netshell.author.watch import Watched, play_on, watch
        from netshell.lesson import library

        watched = Watched(library.find(file, directories), step - 1)
        if is_played and not (sys.stdin.isatty() and sys.stdout.isatty()):
            problem = "`--play` needs a terminal to talk to you on, and standard input or output is none."
            raise UserError(problem, "Without it the step is proved at each save.", ExitCode.USAGE)
        if is_played:
            _end(play_on(watched, lambda place: _learn_apart(watched.path, place), _put_text))
        with contextlib.suppress(KeyboardInterrupt):
            loop.run(watch(workers, watched, _put_text, _show))
    _end(ExitCode.DONE)


def _learn_apart(path: Path, step: int) -> int:
    """Play a step in a process of its own, since each session makes its own machine; gives its exit code."""
    from netshell import begin

    child = os.fork()
    if child == 0:
        _end(_outcome_of(lambda: begin.learn(str(path), (), step, None)))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@cli.command(short_help="What this computer lacks, and what mends it.")
@click.option("--install", "is_install", is_flag=True, help="Install the programs that are missing, after asking.")
@click.option("--yes", is_flag=True, help="With --install: do not ask.")
@click.option("--report", "is_report", is_flag=True, help="Write it all to a file, for a bug report.")
def doctor(is_install: bool, yes: bool, is_report: bool) -> None:  # noqa: FBT001 - click calls by keyword
    """What this computer offers and lacks, and the one command that mends it.

    Exits with 3 where something is missing that netshell cannot start without.
    """
    from netshell.doctor import examine, install, report

    if yes and not is_install:
        raise UserError("`--yes` only says that `--install` need not ask.", code=ExitCode.USAGE)
    if is_report:
        _end(report(_show))
    _end(install(_show, yes=yes) if is_install else examine(_show))


@cli.command(short_help="Tab for your own shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print what lets your own shell complete netshell's commands, options and lessons.

    \b
      bash   eval "$(netshell completion bash)"           in ~/.bashrc
      zsh    eval "$(netshell completion zsh)"            in ~/.zshrc
      fish   netshell completion fish | source            in ~/.config/fish/config.fish
    """  # noqa: D301 - as above
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is not None:
        _put_text(found(cli, {}, "netshell", "_NETSHELL_COMPLETE").source())


def _show(renderable: "RenderableType") -> None:
    import shutil

    from netshell.render.console import as_text, colour_for

    colour = colour_for(os.environ, is_terminal=sys.stdout.isatty())
    text = as_text(renderable, width=shutil.get_terminal_size((80, 24)).columns, colour=colour)
    _put(text.encode(sys.stdout.encoding, "replace"))


def _put(data: bytes) -> None:
    """Write to standard output at once. Raises BrokenPipeError where nobody reads any more, UserError for the rest."""
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UserError(f"Standard output cannot be written: {error.strerror}.") from None


def _put_text(text: str) -> None:
    _put(text.encode("utf-8", "replace"))


def _put_aside(text: str) -> None:
    """Write to standard error what comes and goes."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _warn(text: str) -> None:
    with contextlib.suppress(OSError):
        sys.stderr.write(f"netshell: {text}\n")
        sys.stderr.flush()


def _end(code: int) -> NoReturn:
    """Leave at once: what has to be undone is undone, and the rest is the kernel's."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(code)


def main() -> NoReturn:
    """The program: runs what was asked for and ends with its exit code."""
    _open_streams()
    _end(_outcome_of(lambda: cli.main(prog_name="netshell", standalone_mode=False)))


def _outcome_of(action: Callable[[], object]) -> int:
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


def _open_streams() -> None:
    """Where netshell was started with a standard stream closed, what it opens next must not take its number."""
    for fd, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: `fd`
            setattr(sys, name, open(fd, "w" if fd else "r", encoding="utf-8", closefd=False))  # noqa: SIM115 - for good


def _complain(problem: str, remedy: str, code: int) -> int:
    _warn(f"{problem}\n{remedy}" if remedy else problem)
    return code


def _report_bug(error: Exception) -> int:
    from netshell.bug import summary, write_report

    path = write_report(error)
    where = f"The details are in {path}." if path else "The details could not be written anywhere."
    problem = f"something went wrong that should not have: {summary(error)}"
    return _complain(problem, f"{where} What was saved of your progress is safe.", ExitCode.BUG)
