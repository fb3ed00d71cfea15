"""The line below a command that says what went over the wire."""

from collections import Counter
from collections.abc import Sequence

from rich.console import RenderableType
from rich.text import Text

from netshell.explain.stories import Story
from netshell.packets.trace import Seen
from netshell.render.console import safe
from netshell.render.layout import Lead, Narrow

_KINDS_MOST = 4


def wire_line(
    crossed: Sequence[Seen], stories: Sequence[Story] = (), *, is_more: bool = False, key: str = "", lead: str = "wire"
) -> RenderableType | None:
    """How many packets of which protocols, and the first thing that went wrong; None where there is nothing to tell.

    A packet counts once, however many links it crossed; what kernels send unasked does not count. `is_more`: not all
    has been read yet. `key` is what shows them; `lead` stands before the line.
    """
    told = [seen for seen in crossed if not seen.noise and not seen.follows]
    if not any(_is_news(seen) for seen in told):
        return None
    counts = Counter(seen.protocol for seen in told)
    parts = [f"{count} {protocol}" for protocol, count in counts.items()]
    if len(parts) > _KINDS_MOST:
        others = sum(list(counts.values())[_KINDS_MOST - 1 :])
        parts = [*parts[: _KINDS_MOST - 1], f"{others} others"]
    text = Text(f"{', '.join(parts)}{' and more' if is_more else ''}{f' ({key})' if key else ''}", "dim")
    trouble = next((story for story in stories if story.is_trouble), None)
    lines = Text("\n").join([text, Text(safe(trouble.says))]) if trouble is not None else text
    return Narrow(Lead(Text(f"  {lead}: ", "dim"), lines))


def _is_news(seen: Seen) -> bool:
    """False for ARP from one machine to another: some seconds after a command that needed a neighbour, kernels make
    sure that they still have it (RFC 1122, 2.3.2.1). Who looks for an unknown one asks all.
    """
    return seen.protocol != "ARP" or bool(seen.crossing.data[0] & 1)
