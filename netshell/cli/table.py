"""The commands for learners and scripts."""

import contextlib
import os
import sys
from functools import cache
from pathlib import Path
from typing import BinaryIO, NoReturn

import click

from netshell import __version__
from netshell.cli.options import DIRECTORIES, JSON, PLAIN, Table
from netshell.cli.output import end, put, put_text, show, warn
from netshell.errors import ExitCode, UserError


@click.group(
    cls=Table,
    invoke_without_command=True,
    short_help="Learn Linux networking by doing it.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
@DIRECTORIES
@PLAIN
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

        end(begin.learn(None, directories, None, None))


def _lesson_names(_context: click.Context, _parameter: click.Parameter, typed: str) -> list[str]:
    """What Tab offers for a lesson in a person's own shell."""
    from netshell.lesson import library

    return [name for name in library.names() if name.startswith(typed)]


@cli.command(short_help="Play a lesson.")
@click.argument("lesson", shell_complete=_lesson_names)
@click.option("--step", type=click.IntRange(1), help="Begin at this step.")
@click.option("--seed", type=int, help="Begin anew, with the addresses that this number draws.")
@click.option("--test", "is_test", is_flag=True, help="Only its free task: done without help, it counts for the whole.")
@DIRECTORIES
@PLAIN
def learn(lesson: str, step: int | None, seed: int | None, is_test: bool, directories: tuple[Path, ...]) -> None:  # noqa: FBT001
    """Play LESSON: the name of a lesson, or a file.

    A lesson that you have begun goes on at the step where you left it. `netshell lessons` lists them. What you know
    already you need not play: --test goes straight to the lesson's free task.
    """
    from netshell import begin

    if is_test and step is not None:
        raise UserError("`--test` goes to a step of its own.", "Leave `--step` out.", ExitCode.USAGE)
    end(begin.learn(lesson, directories, step, seed, is_test=is_test))


@cli.command(short_help="The private machine without tasks.")
@click.argument("lesson", required=False)
@DIRECTORIES
@PLAIN
def play(lesson: str | None, directories: tuple[Path, ...]) -> None:
    """The private machine without tasks, with the lab of LESSON if one is named."""
    from netshell import begin

    end(begin.play(lesson, directories))


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
@DIRECTORIES
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
    runner = Runner(Bench(launched), put, warn, directories=directories, is_json=is_json, timeout_s=timeout_s)
    end(exit_code(loop.run(runner.run(lab_of(lesson, directories), source))))


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
                put(text.encode("utf-8" if views["json"] else sys.stdout.encoding, "replace"))
    if explanation.problem:
        warn(explanation.problem)
    end(explanation.code)


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
        put_text(json.dumps(as_json(explanation), ensure_ascii=False) + "\n")
    else:
        page(explained_lines(explanation, width=columns))
    end(ExitCode.DONE if explanation.is_clear else ExitCode.FAILED)


@cli.command(short_help="The lessons, and how far you are.")
@JSON
@DIRECTORIES
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
        put(lessons_as_json(rows).encode())
    else:
        show(catalogue(rows, learn="netshell learn"))
    if notice:
        warn(notice)


@cli.command(short_help="What was done, by you or by a class.")
@click.argument("what", nargs=-1, metavar="[LESSON | HOME...]")
@JSON
@DIRECTORIES
def report(what: tuple[str, ...], is_json: bool, directories: tuple[Path, ...]) -> None:  # noqa: FBT001 - click calls by keyword
    """What was done: your lessons, or the steps of one LESSON.

    For who looks after a class: the HOME directories of its learners, or their files of progress, tell how far
    everybody is, and at which steps they needed help. Nothing in them is changed.

    \b
      netshell report
      netshell report veth
      netshell report /home/*
    """  # noqa: D301 - as above
    from netshell import report as told
    from netshell.lesson import library
    from netshell.progress import Progress, default_path

    places = [Path(one) for one in what if "/" in one or Path(one).is_dir()]
    if len(places) not in {0, len(what)} or (not places and len(what) > 1):
        problem = "`netshell report` takes one lesson, or the home directories of learners."
        raise UserError(problem, "For example `netshell report veth`, or `netshell report /home/*`.", ExitCode.USAGE)

    def titles_of(lesson: str) -> dict[str, str]:
        with contextlib.suppress(UserError):
            loaded = library.load(library.find(lesson, directories), seed=1)
            return {step.slug: step.title for step in loaded.steps}
        return {}

    if places:
        learners = [told.learner_at(place) for place in places]
        put_text(told.as_json(learners)) if is_json else show(told.class_report(learners, cache(titles_of)))
        return
    with Progress.open(default_path(os.environ)) as progress:
        learner = told.learner_of(progress)
    if what:
        found = next((one for one in learner.lessons if one.record.id == what[0]), None)
        if found is None:
            raise told.not_begun(library.find(what[0], directories).stem)
        learner = told.Learner(learner.name, (found,))
    if is_json:
        put_text(told.as_json([learner]))
    else:
        show(told.lesson_report(learner.lessons[0], titles_of(what[0])) if what else told.own_report(learner))


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
        end(report(show))
    end(install(show, yes=yes) if is_install else examine(show))


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
        put_text(found(cli, {}, "netshell", "_NETSHELL_COMPLETE").source())
