"""The commands that look at the machine, and go about in it."""

from collections.abc import Iterable

from netshell.commands.context import Context
from netshell.commands.views import Changes, GoTo, Manual, Map, Quit, View
from netshell.facts import PC


async def draw_map(context: Context, _argument: str) -> View:
    """The machine as it is now."""
    snapshot = await context.bench.look()
    return Map(snapshot, context.bench.topology.places())


async def tell_changes(context: Context, _argument: str) -> View:
    """All that has changed since the step began."""
    return Changes(await context.bench.changes_since_mark())


async def go_to_terminal(context: Context, argument: str) -> View:
    """A terminal to be put in front."""
    return GoTo(argument or context.bench.new_terminal_name(PC))


async def list_terminals(context: Context, _argument: str) -> View:
    """The terminals there are, and what runs in them."""

    def row(name: str) -> tuple[str, str]:
        terminal = context.bench.terminals[name]
        what = f"{terminal.program()} is running" if terminal.is_busy else f"at its prompt on {terminal.where}"
        return f":term {name}", f"{what}{' · in front' if name == context.terminal else ''}"

    how = (":term NODE", "opens one on a node; `:term` alone a further one here")
    return Manual((*(row(name) for name in context.bench.terminals), how))


async def leave(_context: Context, _argument: str) -> View:
    """The end."""
    return Quit()


def node_names(context: Context) -> Iterable[str]:
    """What Tab offers for a node."""
    return sorted({*context.bench.snapshot.nodes, *context.bench.terminals})
