"""What the commands gave whose views may be long, as lines: made one by one, as far as somebody looks.

The views that fit a screen at once are made in `views`.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from netshell import commands
from netshell.render.console import safe
from netshell.render.line import Line, fit, folded, line

if TYPE_CHECKING:
    from netshell.explain.stories import Story
    from netshell.packets.trace import Seen

_STORIES_MOST = 30


def packet_view_lines(view: commands.View, width: int, *, is_plain: bool = False) -> Iterator[Line] | None:  # noqa: PLR0911 - one for each view
    """The lines of a view that may be long; None for any other view. `is_plain`: a list in the place of a drawing."""
    match view:
        case commands.Packets():
            return _packets(view, width)
        case commands.Ladder(seen, with_noise=with_noise, lost=lost) if is_plain:
            return _packets(commands.Packets(seen, (), "", with_noise, lost), width)
        case commands.Ladder():
            return _ladder(view, width)
        case commands.Opened(opened):
            from netshell.render.packet import packet_view  # noqa: PLC0415 - each view loads what it needs

            return packet_view(opened, width=width)
        case commands.Followed(conversation):
            from netshell.render.follow import follow_lines  # noqa: PLC0415

            return follow_lines(conversation, width=width)
        case commands.CommandExplained():
            return _command(view, width)
        case commands.TermExplained():
            return _term(view, width)
        case _:
            return None


def _command(view: commands.CommandExplained, width: int) -> Iterator[Line]:
    from netshell.render.explained import explained_lines, message_lines, output_lines  # noqa: PLC0415 - as above

    yield from explained_lines(view.explanation, width=width)
    yield from message_lines(view.message, width=width)
    yield from output_lines(view.output, width=width)


def _term(view: commands.TermExplained, width: int) -> Iterator[Line]:
    from netshell.render.explained import explained_lines  # noqa: PLC0415 - as above
    from netshell.render.glossary import term_lines  # noqa: PLC0415

    yield from term_lines(view.term, view.lesson, width=width)
    if view.explanation is not None:
        yield Line()
        yield from explained_lines(view.explanation, width=width)


def _packets(view: commands.Packets, width: int) -> Iterator[Line]:
    from netshell.render.packets import packet_lines  # noqa: PLC0415 - as above

    if not view.seen:
        yield _nothing()
        return
    for text in folded(safe(view.lead), width - 4) if view.lead else ():
        yield line(f"  {text}", "yellow")
    yield from story_lines(view.stories, width)
    begin_ns = _begin(view.seen, with_noise=view.with_noise)
    yield from packet_lines(view.seen, width=width, begin_ns=begin_ns, with_noise=view.with_noise)
    yield from _lost(view.lost, width)


def _ladder(view: commands.Ladder, width: int) -> Iterator[Line]:
    from netshell.render.ladder import ladder_lines  # noqa: PLC0415 - as above

    if not view.seen:
        yield _nothing()
        return
    begin_ns, is_noisy = _begin(view.seen, with_noise=view.with_noise), view.with_noise
    yield from ladder_lines(
        view.seen,
        nodes=view.nodes,
        places=view.places,
        width=width,
        begin_ns=begin_ns,
        with_noise=is_noisy,
        show_all=is_noisy,
    )
    yield from _lost(view.lost, width)


def story_lines(stories: "Sequence[Story]", width: int) -> Iterator[Line]:
    """What happened, a paragraph each with the numbers of its packets; what went wrong is marked."""
    for story in stories[:_STORIES_MOST]:
        mark = "✗ " if story.is_trouble else "· "
        first, *rest = folded(safe(story.says), max(width - 4, 16))
        yield Line((("  ", ""), (mark, "bold red" if story.is_trouble else "bold"), (first, "")))
        for text in rest:
            yield line(f"    {text}")
    if len(stories) > _STORIES_MOST:
        yield line(fit(f"    … and {len(stories) - _STORIES_MOST} more; a filter makes them fewer", width), "dim")
    if stories:
        yield Line()


def _begin(seen: "Sequence[Seen]", *, with_noise: bool) -> int:
    """The moment that times count from: the first packet that is shown."""
    return next((one for one in seen if with_noise or not one.noise), seen[0]).crossing.time_ns


def _nothing() -> Line:
    return line("  No packet to show: nothing crossed, or the filter leaves none.", "dim")


def _lost(lost: str, width: int) -> Iterator[Line]:
    for text in folded(lost, width - 2) if lost else ():
        yield line(f"  {text}", "yellow")
