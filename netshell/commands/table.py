"""The one table of netshell's own commands: each with its name, its help and who carries it out."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from netshell.commands import explain, lesson, machine, why, wire
from netshell.commands.context import Command, Context
from netshell.commands.views import Manual, View
from netshell.errors import UserError


async def _help(context: Context, _argument: str) -> View:
    shown = [c for c in COMMANDS.values() if context.session is not None or c.name not in _LESSON_COMMANDS]
    pairs = [(f":{c.name} {c.argument}".rstrip(), c.says) for c in shown]
    return Manual((*pairs, *KEYS))


COMMANDS: Mapping[str, Command] = {
    command.name: command
    for command in (
        Command("help", "this list", _help),
        Command("task", "this step's page once more", lesson.show_task),
        Command("next", "go on (Enter on an empty line does the same)", lesson.go_on),
        Command("answer", "your answer to what this step asks", lesson.answer, "ANSWER", lesson.answer_words),
        Command("hint", "the next hint for this step", lesson.hint),
        Command(
            "solution",
            "the worked solution of this step; `type`: typed for you",
            lesson.solution,
            "[type]",
            lesson.solution_words,
        ),
        Command("check", "what this step still lacks", lesson.check),
        Command(
            "why",
            "why the last thing failed, or why one node reaches no other",
            why.find_out,
            "[FROM TO]",
            machine.node_names,
        ),
        Command(
            "explain",
            "a command line or a term; alone, the last command",
            explain.explain,
            "[COMMAND|TERM]",
            explain.words,
        ),
        Command("map", "draw the machine as it is now", machine.draw_map),
        Command("changes", "all that has changed since the step began", machine.tell_changes),
        Command(
            "packets", "what crossed the wire since the step began", wire.list_packets, "[FILTER]", wire.filter_words
        ),
        Command(
            "ladder",
            "the same as a picture: a column a node, an arrow a crossing",
            wire.draw_ladder,
            "[FILTER]",
            wire.filter_words,
        ),
        Command("packet", "one packet, field by field", wire.open_one, "N"),
        Command("follow", "the conversation that packet N belongs to, as text", wire.follow_one, "N"),
        Command("save", "the packets as a file for Wireshark or tcpdump", wire.save, "FILE"),
        Command(
            "term",
            "a terminal on NODE, or a further one on the PC",
            machine.go_to_terminal,
            "[NODE]",
            machine.node_names,
        ),
        Command("terms", "the terminals there are", machine.list_terminals),
        Command("back", "the step before, or step N, with its machine", lesson.go_back, "[N]"),
        Command("skip", "leave this step undone and go on", lesson.skip),
        Command("reset", "begin this step anew, on a fresh machine", lesson.reset),
        Command("lessons", "the lessons, and how far you are", lesson.list_lessons),
        Command(
            "learn",
            "begin LESSON, or go on with it (`anew`: from its start)",
            lesson.learn,
            "LESSON",
            lesson.lesson_names,
        ),
        Command("quit", "leave; your progress is kept", machine.leave),
    )
}
_LESSON_COMMANDS = frozenset({"task", "next", "answer", "hint", "solution", "check", "back", "skip"})
_ALSO = {
    "": "help",
    "?": "help",
    "commands": "help",
    **dict.fromkeys(("again", "page", "read", "show", "step", "text"), "task"),
    **dict.fromkeys(("guess", "say"), "answer"),
    **dict.fromkeys(("exit", "leave", "q"), "quit"),
    **dict.fromkeys(("what", "glossary"), "explain"),
    "wire": "packets",
    "restart": "reset",
    "terminal": "term",
    "terminals": "terms",
}
"""What people type for a command that is called otherwise."""
KEYS = (
    ("Ctrl-]", "leave a running program where it is, and come back here"),
    ("Tab", "complete a command, a file, or one of the lab's own names"),
)


def is_own(line: str) -> bool:
    """Whether a line is netshell's: a colon and a letter. Bash has a `:` of its own, as in `: > file`."""
    return re.match(r"\s*:(?:[A-Za-z?]|\s*$)", line) is not None


async def run(context: Context, line: str) -> View:
    """Carry out a line that begins with a colon. Raises UserError where there is no such command."""
    name, _, argument = line.strip().removeprefix(":").partition(" ")
    name = _ALSO.get(name, name)
    command = COMMANDS.get(name) or _abbreviated(name)
    return await command.handler(context, argument.strip())


def _abbreviated(name: str) -> Command:
    fitting = [command for command in COMMANDS.values() if name and command.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    close = [command.name for command in fitting] or get_close_matches(name, COMMANDS, n=2, cutoff=0.5)
    remedy = f"Did you mean {' or '.join(f'`:{near}`' for near in close)}?" if close else "`:help` lists them."
    raise UserError(f"There is no command `:{name}`.", remedy)
