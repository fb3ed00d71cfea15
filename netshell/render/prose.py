"""A lesson's prose on the screen: paragraphs, lists, code, notes and tables; it knows nothing of steps."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from netshell.lesson.model import Block, CodeBlock, Listing, Note, Paragraph, Prose, Span, Table
from netshell.render.console import safe
from netshell.render.layout import Lead

STYLES = {"plain": "", "strong": "bold", "emphasis": "italic", "code": "bold cyan"}
"""Bold and italic carry the meaning, the colour only helps: prose reads the same without it."""


def prose(blocks: Prose) -> Group:
    """Blocks as they stand one under the other, an empty line between them."""
    return Group(*_spaced(blocks))


def running_text(spans: tuple[Span, ...]) -> Text:
    """Spans as one text that wraps where the line ends."""
    text = Text()
    for span in spans:
        text.append(safe(span.text), STYLES[span.style])
    return text


def _spaced(blocks: Prose) -> Iterator[RenderableType]:
    for number, block in enumerate(blocks):
        if number and not (isinstance(block, Listing) and _is_tight(blocks)):
            yield Text()
        yield _block(block)


def _is_tight(blocks: Prose) -> bool:
    """An item of one paragraph and a list under it is told in one breath."""
    return [type(block) for block in blocks] == [Paragraph, Listing]


def _block(block: Block) -> RenderableType:
    match block:
        case Paragraph():
            return running_text(block.spans)
        case Listing():
            return _listing(block)
        case CodeBlock():
            return Lead(Text("    "), code(block))
        case Note():
            return _note(block)
        case Table():
            return _table(block)


def _listing(listing: Listing) -> RenderableType:
    """A tight list, or one with air between its items where any of them holds more than one block."""
    is_loose = any(len(item) > 1 and not _is_tight(item) for item in listing.items)
    width = len(str(len(listing.items)))
    parts: list[RenderableType] = []
    for number, item in enumerate(listing.items, 1):
        if parts and is_loose:
            parts.append(Text())
        mark = f"{number:>{width}}. " if listing.is_ordered else "• "
        parts.append(Lead(Text(mark), prose(item)))
    return Group(*parts)


def code(block: CodeBlock) -> Text:
    """Fenced text as it stands; in a `console` block what is typed stands out from what is printed."""
    text = Text(overflow="fold")
    for number, line in enumerate(safe(block.text.rstrip("\n"), keep_lines=True).split("\n")):
        text.append("\n" if number else "")
        prompt, mark, command = line.partition("$ ")
        if block.language == "console" and mark and " " not in prompt:
            text.append(prompt + mark, "dim").append(command, "bold cyan")
        else:
            text.append(line, "" if block.language == "console" else "cyan")
    return text


def _note(note: Note) -> RenderableType:
    style = "bold red" if note.is_warning else "bold blue"
    bar = Text("▌ ", style)
    head = Text("Careful" if note.is_warning else "Note", style)
    return Lead(bar, Group(head, *_spaced(note.blocks)), rest=bar)


def _table(table: Table) -> RenderableType:
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 -- few lessons hold a table: not at every start
    from rich.table import Table as Grid  # noqa: PLC0415 -- as above

    head, *rows = table.rows or ((),)
    grid = Grid(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for cell in head:
        grid.add_column(running_text(cell), overflow="fold")
    for row in rows:
        grid.add_row(*(running_text(cell) for cell in row[: len(head)]))
    return grid
