"""How a layer is put into words: a table of rows, one for each field, and one sentence for the layer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from netshell.explain.packet.context import Context
from netshell.explain.packet.opened import OpenedField, OpenedLayer
from netshell.packets.fields import Field, fields
from netshell.packets.layers import Layer
from netshell.packets.summary import harmless

_MOST_FIELDS = 400
_LONGEST_SENTENCE = 400

LayerT = TypeVar("LayerT", bound=Layer)
LayerT_contra = TypeVar("LayerT_contra", bound=Layer, contravariant=True)


class Says(Protocol[LayerT_contra]):
    """Finds the sentence that fits this packet."""

    def __call__(self, layer: LayerT_contra, context: Context, /) -> str:
        """The sentence for this layer of this packet."""


@dataclass(frozen=True, slots=True)
class Row(Generic[LayerT]):
    """How one field is told."""

    label: str
    says: str | Says[LayerT]
    value: Says[LayerT] | None = None
    """Its value as text; without it as Python writes it, a bit as `set` or `not set`."""


class Item(NamedTuple):
    """How an option, a record or a line is told."""

    label: str
    value: str
    says: str
    problem: str = ""


def no_items(_layer: Layer, field: Field, _context: Context) -> Item:
    """For layers that have fields only."""
    return Item(field.name, str(field.value), "Part of this layer.")


@dataclass(frozen=True, slots=True)
class Explainer(Generic[LayerT]):
    """How a kind of layer is told."""

    says: str | Says[LayerT]
    """What the layer is for, in this packet."""
    rows: Mapping[str, Row[LayerT]]
    """By the names that `fields.fields` has."""
    item: Callable[[LayerT, Field, Context], Item] = no_items

    def open(self, layer: LayerT, context: Context) -> OpenedLayer:
        """The layer with all its fields."""
        told = tuple(self._open_field(layer, field, context) for field in fields(layer)[:_MOST_FIELDS])
        name = f"{layer.name} (quoted)" if context.is_quoted else layer.name
        problem = harmless(layer.problem)
        return OpenedLayer(name, sentence(self.says, layer, context), told, layer.at, layer.size, problem)

    def _open_field(self, layer: LayerT, field: Field, context: Context) -> OpenedField:
        row = self.rows.get(field.name) if isinstance(field.value, int | str) or field.name == "counts" else None
        if row is None:
            item = self.item(layer, field, context)
            says = f"{item.says} [{item.problem}]" if item.problem else item.says
            label, value, says = item.label, item.value, harmless(says, _LONGEST_SENTENCE)
        else:
            label, says = row.label, sentence(row.says, layer, context)
            value = _plain(field) if row.value is None else row.value(layer, context)
        return OpenedField(harmless(label), harmless(value), says, field.at, field.size)


def sentence(says: str | Says[LayerT], layer: LayerT, context: Context) -> str:
    """The sentence, made harmless: names and texts of strangers may stand in it."""
    return harmless(says if isinstance(says, str) else says(layer, context), _LONGEST_SENTENCE)


def _plain(field: Field) -> str:
    if isinstance(field.value, bool):
        return "set" if field.value else "not set"
    return str(field.value)


def plural(count: int, word: str) -> str:
    """`1 byte`, `6 bytes`."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def duration(seconds: int) -> str:
    """A time as people say it: `1 hour`, `90 seconds`."""
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            return plural(seconds // size, word)
    return plural(seconds, "second")
