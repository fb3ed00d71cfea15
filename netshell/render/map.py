"""The map: the network as it is, drawn from a snapshot and never from a lesson's file."""

from collections.abc import Iterator, Mapping, Sequence

from rich.cells import cell_len, chop_cells
from rich.text import Text

from netshell.facts import End, Snapshot
from netshell.render.cards import Cable, Card, Entry, natural, read_cables, read_card
from netshell.render.columns import Group, group_nodes
from netshell.render.picture import draw_boxes, draw_columns, draw_rails

_INDENT = "  "


def draw(snapshot: Snapshot, places: Mapping[str, tuple[int, int]] | None = None, width: int = 80) -> Text:
    """The nodes as boxes and the cables between them, at most `width` characters wide.

    `places` holds the author's column and row of nodes, counted from 0. What does not fit side by side is drawn one
    below the other; what does not fit so either is told as a list.
    """
    cables = read_cables(snapshot)
    cards = {name: read_card(snapshot.nodes[name], cables) for name in snapshot.nodes}
    if not cards:
        return Text("\n").join(_folded("There is no node to draw.", "", max(width, 2)))
    groups = group_nodes(cards, cables, places or {})
    joined = [group for group in groups if len(group.names) > 1 or cards[group.names[0]].plugged]
    alone = [cards[group.names[0]] for group in groups if group not in joined]
    parts = [_draw_group(group, cards, cables, width) for group in joined]
    if alone:
        parts.append(draw_boxes(alone, width) or _listed(alone, cables, width))
    return Text("\n").join(parts)


def told(snapshot: Snapshot, width: int = 80) -> Text:
    """The same facts as lines of words, at most `width` characters wide, for who cannot see a drawing."""
    cables = read_cables(snapshot)
    cards = [read_card(snapshot.nodes[name], cables) for name in sorted(snapshot.nodes, key=natural)]
    return _listed(cards, cables, width)


def _draw_group(group: Group, cards: Mapping[str, Card], cables: Sequence[Cable], width: int) -> Text:
    own = [cable for cable in cables if cable.a.node in group.names]
    return (
        draw_columns(group, cards, own, width)
        or draw_rails(group, cards, own, width)
        or _listed([cards[name] for name in sorted(group.names, key=natural)], own, width)
    )


def _listed(cards: Sequence[Card], cables: Sequence[Cable], width: int) -> Text:
    """The same facts as lines: each node, each interface with its state, addresses and other end."""
    lines = [line for card in cards for line in _card_lines(card, cables)]
    folded = [piece for line, style in lines for piece in _folded(line, style, max(width, 2))]
    return Text("\n").join(folded)


def _card_lines(card: Card, cables: Sequence[Cable]) -> Iterator[tuple[str, str]]:
    yield card.title, "bold"
    for end, entry in card.plugged.items():
        yield _INDENT + _entry_line(entry, _other_end(end, cables)), ""
    for entry in card.others:
        yield _INDENT + _entry_line(entry, None), ""


def _other_end(end: End, cables: Sequence[Cable]) -> End | None:
    return next((cable.other(end) for cable in cables if end in (cable.a, cable.b)), None)


def _entry_line(entry: Entry, other: End | None) -> str:
    words = [entry.name, *entry.addresses, entry.state, entry.remark, f"-- {other}" if other else ""]
    return "  ".join(word for word in words if word)


def _folded(line: str, style: str, width: int) -> Iterator[Text]:
    """A line cut where the terminal ends, the rest below it and further in where there is room for that."""
    if cell_len(line) <= width or width <= 2 * len(_INDENT):
        yield from (Text(piece, style) for piece in chop_cells(line, width))
        return
    first, *rest = chop_cells(line, width)
    yield Text(first, style)
    for piece in chop_cells("".join(rest), width - 2 * len(_INDENT)):
        yield Text(2 * _INDENT + piece, style)
