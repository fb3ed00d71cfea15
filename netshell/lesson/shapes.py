"""The shapes of a lesson's YAML parts, and pydantic's findings turned into an author's words with the way to the place.

It knows nothing of Markdown, nor where in the file the values stand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass
from functools import cache, reduce
from operator import or_
from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from netshell.checks import KINDS, author_keys
from netshell.checks.pattern import Pattern
from netshell.lesson.asks import MOST_CHOICES
from netshell.lesson.faults import suggestion
from netshell.lesson.model import View
from netshell.lesson.yamltree import Path
from netshell.topology import NodeKind

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = 1
"""The version of the lesson format that is read."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault in YAML, with the way to the value (or key) instead of a line."""

    path: Path
    message: str
    remedy: str = ""
    is_on_key: bool = False


class Shape(BaseModel):
    """A mapping whose keys are all known, and whose values are of their type as they stand."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _as_mapping(key: str) -> BeforeValidator:
    return BeforeValidator(lambda value: {key: value} if isinstance(value, str) else value)


_AS_LIST = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)

_MOST_NESTED = 40
"""Patterns, or checks in `any`."""

_Text = Annotated[str, Field(min_length=1)]
_Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=40)]
_Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]
_Tool = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$", max_length=60)]


class Pick(Shape):
    """`{pick: [192.0.2, 198.51.100]}`: the values that a variable may have."""

    pick: Annotated[list[str | int], Field(min_length=1, max_length=256)]


class NodeShape(Shape):
    """`host`, or `{kind: host, place: [column, row]}`."""

    kind: NodeKind = "host"
    place: Annotated[list[Annotated[int, Field(ge=0, le=50)]], Field(min_length=2, max_length=2)] | None = None


class LabShape(Shape):
    """The network that is there when the lesson starts."""

    nodes: Annotated[dict[str, Annotated[NodeShape, _as_mapping("kind")]], Field(max_length=100)] = {}
    links: Annotated[list[str], Field(max_length=400)] = []
    routes: dict[str, Annotated[list[str], _AS_LIST]] = {}
    pc: dict[str, str] = {}


_Hidden: TypeAlias = Literal["address", "route", "neighbour", "fdb", "sysctl", "socket", "rule", "wire"]


class FrontMatter(Shape):
    """What stands between the two lines of `---`. Its checks are looked at one by one."""

    format: int
    title: Annotated[_Text, Field(max_length=80)]
    summary: Annotated[_Text, Field(max_length=300)]
    minutes: Annotated[int, Field(ge=1, le=600)] = 15
    needs: list[_Id] = []
    tools: list[_Tool] = []
    hide: list[_Hidden] = []
    vars: Annotated[dict[_Variable, Pick], Field(max_length=32)] = {}
    lab: LabShape = LabShape()
    keep: Any = None


class MistakeShape(Shape):
    """A known mistake. Its lines and checks are looked at one by one."""

    do: Annotated[list[_Text], _AS_LIST, Field(min_length=1)]
    mend: Annotated[list[_Text], _AS_LIST] = []
    say: _Text
    when: Any = None


_Choices: TypeAlias = Annotated[list[str | int], Field(min_length=2, max_length=MOST_CHOICES)]


class AskShape(Shape):
    """A question or a prediction. Its answer is looked at by itself."""

    predict: Annotated[str, Field(min_length=1, max_length=400)] = ""
    question: Annotated[str, Field(min_length=1, max_length=400)] = ""
    choices: _Choices = []
    order: _Choices = []
    answer: Any = None
    tolerance: Annotated[int, Field(ge=0, le=10**9)] = 0
    at: str = ""
    why: Annotated[str, Field(min_length=1, max_length=1000)]


@cache
def check_shape(kind: str) -> type[BaseModel]:
    """The shape of a kind of check, as its class has it."""
    return _shape_of(kind, KINDS[kind])


def _shape_of(name: str, described: "type[DataclassInstance]") -> type[BaseModel]:
    hints = get_type_hints(described)
    known: dict[str, Any] = {}
    for key, item in author_keys(described).items():
        match item.metadata.get("holds"):
            case "checks":  # looked at one by one
                annotation: Any = Annotated[list[Any], Field(min_length=1, max_length=_MOST_NESTED)]
            case "patterns":
                annotation = Annotated[list[pattern_shape()], Field(min_length=1, max_length=_MOST_NESTED)]  # type: ignore[misc] # made here
            case _:
                types = tuple(t for t in get_args(hints[item.name]) if t is not NoneType) or (hints[item.name],)
                annotation = reduce(or_, types)
        known[key] = (annotation, ... if item.default is MISSING else item.default)
    return create_model(name, __base__=Shape, **known)


@cache
def pattern_shape() -> type[BaseModel]:
    """The shape of a packet pattern."""
    return _shape_of("pattern", Pattern)


def problems_of(shape: type[BaseModel], data: object, path: Path = ()) -> list[Problem]:
    """Everything in data that does not fit a shape; none where it fits."""
    try:
        shape.model_validate(data)
    except ValidationError as error:
        return list(_problems(shape, error.errors(include_url=False), path))
    return []


def _problems(shape: type[BaseModel], errors: list[ErrorDetails], path: Path) -> Iterator[Problem]:
    """One problem for each; of the several that a choice of types gives, the first."""
    seen: set[Path] = set()
    for error in errors:
        where = tuple(part for part in error["loc"] if part not in {"str", "int", "bool", "[key]"})
        if where in seen:
            continue
        seen.add(where)
        message, remedy = _in_words(shape, error, where)
        is_on_key = error["type"] == "extra_forbidden" or "[key]" in error["loc"]
        yield Problem((*path, *(where[:-1] if error["type"] == "missing" else where)), message, remedy, is_on_key)


def _in_words(  # noqa: PLR0911 - one for each kind of error
    shape: type[BaseModel], error: ErrorDetails, where: Path
) -> tuple[str, str]:
    """What is wrong, and what to write instead."""
    name, kind, found = str(where[-1] if where else ""), error["type"], error["input"]
    context: Mapping[str, Any] = error.get("ctx", {})
    if kind == "extra_forbidden":
        return f"Unknown key `{name}`.", suggestion(name, set(_keys_at(shape, where[:-1])) - {name})
    if kind == "missing":
        return f"The key `{name}` is missing.", f"Add `{name}: …`."
    if kind == "literal_error":
        known = [word.strip("'") for word in str(context["expected"]).replace(" or ", ", ").split(", ")]
        return f"Unknown word {describe(found)}.", suggestion(str(found), known)
    if kind in _EXPECTED:
        expected, remedy = _EXPECTED[kind]
        return f"Expected {expected}, found {describe(found)}.", remedy
    if kind == "string_pattern_mismatch":
        return f"{describe(found)} cannot be a name here.".capitalize(), "Use letters, digits and `-`."
    bound = next((str(context[key]) for key in ("ge", "le", "min_length", "max_length") if key in context), "")
    if kind in _BOUNDS:
        return f"{_BOUNDS[kind].format(bound)}, found {describe(found)}.", ""
    return f"{error['msg']}.", ""


_EXPECTED: Mapping[str, tuple[str, str]] = {
    "string_type": ("text", "Put a number or a word such as `true` in quotes where it is meant as text."),
    "int_type": ("a whole number", ""),
    "int_from_float": ("a whole number", ""),
    "bool_type": ("`true` or `false`", ""),
    "list_type": ("a list", "Write it as `[one, two]`, or a line with `- ` for each item."),
    "dict_type": ("a mapping", "Write it as `key: value`."),
    "model_type": ("a mapping", "Write it as `key: value`."),
    "model_attributes_type": ("a mapping", "Write it as `key: value`."),
}
_BOUNDS: Mapping[str, str] = {
    "greater_than_equal": "Expected {} or more",
    "less_than_equal": "Expected {} at most",
    "too_short": "Expected at least {} item(s)",
    "too_long": "Expected at most {} item(s)",
    "string_too_short": "Expected some text",
    "string_too_long": "Expected at most {} characters",
}


def describe(found: object) -> str:
    """A value as an author knows it: `nothing`, `a list`, or itself in code marks."""
    if found is None or found in ("", [], {}):
        return "nothing"
    if isinstance(found, dict):
        return "a mapping"
    if isinstance(found, list):
        return "a list"
    text = str(found).lower() if isinstance(found, bool) else str(found)
    return f"`{text[:60]}…`" if len(text) > 60 else f"`{text}`"


def _keys_at(shape: Any, path: Path) -> Iterator[str]:  # noqa: ANN401 - annotations have no common type
    """The keys that the mapping at a path may have."""
    for part in path:
        if isinstance(shape, type) and issubclass(shape, BaseModel) and part in shape.model_fields:
            shape = shape.model_fields[str(part)].annotation
        while get_origin(shape) in {Annotated, dict, list}:
            arguments = get_args(shape)
            shape = arguments[0] if get_origin(shape) in {Annotated, list} else arguments[1]
            if get_origin(shape) is not Annotated:
                break
        if get_origin(shape) is Annotated:
            shape = get_args(shape)[0]
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        yield from shape.model_fields


SHOWS: tuple[View, ...] = get_args(View)
"""What `yaml show` can put on the screen."""
FILTERED: tuple[View, ...] = ("packets", "ladder", "packet")
"""Those of them that take a filter."""
