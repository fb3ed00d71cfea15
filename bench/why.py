"""How long `:why` takes over five routers: when all is well, and when the last link on the way is DOWN."""

import asyncio
import time
from typing import TYPE_CHECKING

from bench.figures import SUBJECT, Figure, Results, Stage, Target

if TYPE_CHECKING:
    from netshell.commands import Context

_ROUTERS = 5
_WELL, _BROKEN = f"`:why` over {_ROUTERS} routers, all well", f"`:why` over {_ROUTERS} routers, the last link DOWN"
FIGURES = (
    Figure(_WELL, "ms", (), Target(100)),
    Figure(_BROKEN, "ms", (), Target(100)),
)
_CUT, _HEAL = (
    f"ip -n r{_ROUTERS} link set eth2 down",
    (f"ip -n r{_ROUTERS} link set eth2 up; ip -n r{_ROUTERS} route replace 10.0.{_ROUTERS}.0/24 dev eth2"),
)


def measure(stage: Stage) -> Results:
    """One machine, asked again and again; a ping has crossed before, so that its packets are read, too."""
    return asyncio.run(_measure(stage))


async def _measure(stage: Stage) -> Results:
    from bench.labs import chain  # noqa: PLC0415
    from netshell.commands import Context  # noqa: PLC0415
    from netshell.launch import launch  # noqa: PLC0415 - forks before it is part of anything
    from netshell.progress import Progress  # noqa: PLC0415
    from netshell.session import Bench  # noqa: PLC0415

    results = Results()
    bench = Bench(launch())
    bench.attach()
    await bench.build(chain(_ROUTERS))
    with Progress.open(stage.home / "why.sqlite") as progress:
        context = Context(bench, progress, ())
        await bench.machine.run(["ping", "-c", "3", "-i", "0.2", f"10.0.{_ROUTERS}.2"], node="h1")
        for number in range(stage.rounds(30, 5) + 2):
            well, holds = await _asked(context)
            await bench.machine.run(["sh", "-c", _CUT])
            broken, holds_still = await _asked(context)
            await bench.machine.run(["sh", "-c", _HEAL])
            if not holds or holds_still:
                results.notes.append("`:why` told wrongly what it was measured on.")
            if number > 1:
                results.add(_WELL, SUBJECT, well)
                results.add(_BROKEN, SUBJECT, broken)
    bench.close()
    return results


async def _asked(context: "Context") -> tuple[float, bool]:
    """The milliseconds of one question, and whether all was told to be well."""
    from netshell.commands import Why, run  # noqa: PLC0415

    begun = time.perf_counter()
    view = await run(context, ":why h1 h2")
    taken = (time.perf_counter() - begun) * 1e3
    return taken, isinstance(view, Why) and view.finding.holds
