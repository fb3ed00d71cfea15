"""YAML as plain values with the place of every key and value; bounded, since a lesson is a stranger's file.

It reads what lessons need of YAML 1.2: mappings, lists, text, whole numbers, `true` and `false`. Fractions, dates and
`yes` stay text, so that `10.10`, `02:00:00:00:00:01` and `on` mean what they look like. Anchors and tags are refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from netshell.lesson.source import strange_characters

Path: TypeAlias = tuple[str | int, ...]
"""The way to a value: keys and list positions from the outermost in."""

_DEEPEST = 12
_MOST_VALUES = 5000
_LOADER: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, counted from 1."""

    line: int
    column: int
    is_literal: bool = False
    """A block of text after `|`, whose first line is the line below."""


@dataclass(slots=True)
class Tree:
    """A YAML document: its data, the places in it, and the faults that did not stop the reading."""

    data: object = None
    keys: dict[Path, Place] = field(default_factory=dict)
    values: dict[Path, Place] = field(default_factory=dict)
    faults: list[tuple[Place, str, str]] = field(default_factory=list)

    def place(self, path: Path, *, on_key: bool = False) -> Place:
        """Where a value (or its key) stands; where there is none, what it would stand in."""
        if on_key and path in self.keys:
            return self.keys[path]
        while path not in self.values and path:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))


class YamlError(Exception):
    """What makes the rest of a YAML text unreadable."""

    def __init__(self, place: Place, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.place = place
        self.message = message
        self.remedy = remedy


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    path: Path
    holder: dict[str, object] | list[object]
    key: str | None = None


def read_yaml(text: str) -> Tree:
    """The one document of a text. Raises YamlError with the place, counted from the text's first line."""
    tree = Tree()
    stack: list[_Open] = []
    try:
        for number, event in enumerate(_events(text)):
            if number > _MOST_VALUES:
                raise YamlError(_place(event), f"More than {_MOST_VALUES} values stand in one block.", "Split it.")
            _take(tree, stack, event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        problem = (error.problem or "it has no structure").rstrip(".")
        raise YamlError(place, f"This is no YAML: {problem}.", _yaml_remedy(text, place)) from None
    except (yaml.YAMLError, ValueError) as error:
        raise YamlError(Place(1, 1), f"This is no YAML: {str(error).splitlines()[0]}.") from None
    return tree


def _events(text: str) -> Iterator[Any]:
    yield from yaml.parse(text, Loader=_LOADER)


def _yaml_remedy(text: str, place: Place) -> str:
    lines = text.split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "${" in line:
        return 'Put text with `${…}` in quotes: "${net}.1/24"'
    return "Put text that holds `: `, ` #`, braces or quotes in quotes." if line.strip() else ""


def _place(event: Any) -> Place:  # noqa: ANN401 - PyYAML's events have no common typed base
    return Place(event.start_mark.line + 1, event.start_mark.column + 1, getattr(event, "style", None) == "|")


def _take(tree: Tree, stack: list[_Open], event: Any) -> None:  # noqa: ANN401 - as above
    """One event more."""
    place = _place(event)
    if isinstance(event, yaml.DocumentStartEvent) and () in tree.values:
        raise YamlError(place, "A second YAML document begins here.", "Take the `---` out.")
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise YamlError(place, "Anchors (`&`) and aliases (`*`) are not part of the format.", "Write the value out.")
    if getattr(event, "tag", None) not in {None, "!"}:
        raise YamlError(place, f"The tag `{event.tag}` is not part of the format.", "Write the value without it.")
    if isinstance(event, yaml.ScalarEvent):
        _scalar(tree, stack, event, place)
    elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
        if len(stack) >= _DEEPEST:
            raise YamlError(place, f"Values are nested more than {_DEEPEST} deep.", "Make it flatter.")
        holder: dict[str, object] | list[object] = {} if isinstance(event, yaml.MappingStartEvent) else []
        stack.append(_Open(_put(tree, stack, holder, place), holder))
    elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
        stack.pop()


def _scalar(tree: Tree, stack: list[_Open], event: yaml.ScalarEvent, place: Place) -> None:
    for _, _, message in strange_characters(event.value):
        tree.faults.append((place, message, "Take it out."))
    top = stack[-1] if stack else None
    if top and isinstance(top.holder, dict) and top.key is None:
        top.key = event.value
        path = (*top.path, event.value)
        if path in tree.keys:
            tree.faults.append((place, f"The key `{event.value}` stands here a second time.", "Keep one of them."))
        tree.keys[path] = place
        return
    _put(tree, stack, _value(event), place)


def _value(event: yaml.ScalarEvent) -> object:
    if not event.implicit[0]:
        return event.value
    if event.value in {"", "~", "null"}:
        return None
    if event.value in {"true", "false"}:
        return event.value == "true"
    return int(event.value) if _NUMBER.fullmatch(event.value) else event.value


def _put(tree: Tree, stack: list[_Open], value: object, place: Place) -> Path:
    """Puts a value where it belongs and gives its path."""
    if not stack:
        tree.data = value
        path: Path = ()
    elif isinstance(stack[-1].holder, list):
        path = (*stack[-1].path, len(stack[-1].holder))
        stack[-1].holder.append(value)
    elif stack[-1].key is None:
        raise YamlError(place, "A key must be a word.", "Write it as `key: value`.")
    else:
        path = (*stack[-1].path, stack[-1].key)
        stack[-1].holder[stack[-1].key] = value
        stack[-1].key = None
    tree.values[path] = place
    return path
