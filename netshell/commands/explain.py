"""The command that takes a command line apart, or tells what a term of the field means."""

from collections.abc import Iterable

from netshell.commands.context import Context
from netshell.commands.views import CommandExplained, TermExplained, View
from netshell.errors import UserError
from netshell.facts import PC
from netshell.lesson import library

_SIGNS = frozenset("|&;<>$`")


async def explain(context: Context, argument: str) -> View:
    """A term of the glossary, or a command line as it would be typed at the terminal in front."""
    from netshell.explain.command import explain_command  # noqa: PLC0415 - its tables are read when somebody asks
    from netshell.explain.command.grammar import is_program  # noqa: PLC0415
    from netshell.explain.glossary import look_up  # noqa: PLC0415

    argument = _bare(argument)
    if not argument:
        return await _last(context)
    snapshot = await context.bench.look()
    explanation = explain_command(argument, snapshot, _node(context))
    term = look_up(argument)
    first = argument.split(maxsplit=1)[0].rpartition("/")[2]
    if term is not None:
        title = library.entry(term.lesson, context.directories).title if term.lesson in context.lessons else ""
        return TermExplained(term, title, explanation if is_program(first) else None)
    if not (is_program(first) or _SIGNS & set(argument) or "=" in first):
        raise _unknown(argument)
    return CommandExplained(explanation)


def _bare(argument: str) -> str:
    """What is asked about, without the quotes or the prompt that came along with it."""
    text = argument.removeprefix("$ ").strip()
    quote = text[:1]
    is_quoted = len(text) > 1 and quote in {"'", '"', "`"} and text[-1] == quote and text.count(quote) == 2
    return text[1:-1].strip() if is_quoted else text


async def _last(context: Context) -> View:
    """The command that was run last, and what it printed."""
    from netshell.explain import messages, output  # noqa: PLC0415 - as above
    from netshell.explain.command import explain_command  # noqa: PLC0415

    ran = context.bench.last_typed
    if not ran.command.strip():
        problem = "No command has been run yet."
        raise UserError(problem, "`:explain ip route` explains a command line, `:explain carrier` a term.")
    snapshot = await context.bench.look()
    lines = output.explain_output(ran.command, ran.output, snapshot, ran.node)
    told = messages.explain_output(ran.command, ran.status, ran.output, ran.node, snapshot) if ran.has_failed else None
    explanation = explain_command(ran.command, snapshot, ran.node)
    return CommandExplained(explanation, lines, f"{told.says} {told.mend}".strip() if told else "")


def words(_: Context) -> Iterable[str]:
    """What Tab offers: every term."""
    from netshell.explain.glossary import glossary  # noqa: PLC0415 - as above

    return (name for term in glossary() for name in term.names)


def _node(context: Context) -> str:
    """The node that the terminal in front stands on."""
    terminal = context.bench.terminals.get(context.terminal)
    return terminal.where if terminal is not None else PC


def _unknown(argument: str) -> UserError:
    from netshell.explain.command.grammar import programs  # noqa: PLC0415 - as above
    from netshell.explain.glossary import nearest  # noqa: PLC0415
    from netshell.explain.messages.scene import near  # noqa: PLC0415

    first = argument.split(maxsplit=1)[0]
    close = nearest(argument) or near(first, programs())
    remedy = f"Did you mean `:explain {close}`?" if close else "Tab behind `:explain ` lists the terms."
    return UserError(f"`{argument[:60]}` is neither a term of the glossary nor a command that netshell knows.", remedy)
