"""The command that asks why one node does not reach another."""

import time

from netshell.commands.context import Context
from netshell.commands.views import View, Why
from netshell.errors import UserError


async def find_out(context: Context, argument: str) -> View:
    """What is in the way from one node to another, or to a port there; or that nothing is."""
    from netshell.diagnosis import parse_target, why  # noqa: PLC0415 - not before somebody asks

    source, _, target = argument.partition(" ")
    if not target.strip():
        problem = "`:why` needs two ends: who calls, and who is called."
        raise UserError(problem, "For example `:why ns1 ns2`, `:why ns1 192.0.2.2`, or with a port `:why ns1 ns2:80`.")
    bench = context.bench
    snapshot = await bench.look()
    wire = bench.wire.since(bench.changed_ns)
    return Why(why(snapshot, source, parse_target(target.strip()), wire, now_ns=time.time_ns()))
