"""The JSON Schema of a lesson's YAML parts, made from the shapes that judge them, for editors and other programs.

It describes what stands in the file, before variables are filled in. What a schema cannot say is left to `lesson
check`: that a check's kind is its first key, that an address is one, that a name exists.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, TypeAlias

from pydantic import BaseModel

from netshell.checks import KINDS, author_keys
from netshell.checks.base import Check
from netshell.checks.pattern import Pattern
from netshell.lesson.schema_words import ROLES, WORDS
from netshell.lesson.shapes import (
    FILTERED,
    FORMAT,
    SHOWS,
    AskShape,
    FrontMatter,
    MistakeShape,
    check_shape,
    pattern_shape,
)

Schema: TypeAlias = dict[str, Any]

PARTS = ("front", "check", "keep", "wrong", "ask", "show")
"""The front matter, and the roles of YAML blocks."""

_VARIABLE = {"type": "string", "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*\}$"}
"""A variable and no more, in the place of a number, or of `true`."""
_WITH_VARIABLE = {"type": "string", "pattern": r"\$\{[A-Za-z_]"}
"""Text with a variable in it, which is looked at with the values filled in."""
_WITHOUT_VARIABLES = frozenset({"format", "title", "summary", "vars"})


def schema(part: str = "") -> Schema:
    """The schema of one of `PARTS`, or of any of them: draft 2020-12, whole in itself."""
    defs: Schema = {"check-any-kind": _any_kind(), "pattern": _shape("pattern", pattern_shape(), Pattern)}
    defs |= {f"check-{kind}": _check(kind) for kind in KINDS}
    roles = {
        "front": _front(defs),
        "check": _one_or_more(_ref("check-any-kind")),
        "keep": _one_or_more(_ref("check-any-kind")),
        "wrong": _one_or_more(_ref("mistake")),
        "ask": _one_or_more(_ref("question")),
        "show": _one_or_more(_ref("view")),
    }
    defs |= {"mistake": _mistake(), "question": _question(), "view": _view()}
    defs |= {name: {"description": ROLES[name]} | of for name, of in roles.items()}
    whole: Schema = _ref(part) if part else {"anyOf": [_ref(name) for name in PARTS]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:netshell:lesson:{FORMAT}{f':{part}' if part else ''}",
        "title": ROLES[part] if part else "The YAML parts of a netshell lesson",
        **whole,
        "$defs": dict(sorted(defs.items())),
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _one_or_more(item: Schema) -> Schema:
    """One thing or a list of them, as the reader takes it."""
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _any_kind() -> Schema:
    return {"description": ROLES["any-kind"], "anyOf": [_ref(f"check-{kind}") for kind in KINDS]}


def _check(kind: str) -> Schema:
    """A mapping with the keys of one kind of check."""
    made = _shape(kind, check_shape(kind), KINDS[kind])
    for key, known in author_keys(KINDS[kind]).items():
        holds = known.metadata.get("holds")
        if holds:
            made["properties"][key]["items"] = _ref("pattern" if holds == "patterns" else "check-any-kind")
    return made


def _front(defs: Schema) -> Schema:
    made = _shape("front", FrontMatter, FrontMatter, defs)
    made["properties"]["format"] = {"const": FORMAT, "description": WORDS["front.format"]}
    made["properties"]["keep"] |= _ref("keep")
    made["properties"]["vars"]["additionalProperties"] = False
    lab = defs["LabShape"]["properties"]
    lab["routes"]["additionalProperties"] = _or_one_text(lab["routes"]["additionalProperties"])
    kind = {key: value for key, value in defs["NodeShape"]["properties"]["kind"].items() if key != "description"}
    lab["nodes"]["additionalProperties"] = {"anyOf": [kind, lab["nodes"]["additionalProperties"]]}
    return made


def _mistake() -> Schema:
    made = _shape("wrong", MistakeShape, MistakeShape)
    for key in ("do", "mend"):
        made["properties"][key] = _or_one_text(made["properties"][key])
    made["properties"]["when"] |= _ref("check")
    return made


def _or_one_text(of: Schema) -> Schema:
    """A list of texts, or one text without a list around it."""
    return {key: of.pop(key) for key in ("description",) if key in of} | {"anyOf": [of["items"], of]}


def _question() -> Schema:
    made = _shape("ask", AskShape, AskShape)
    made["properties"]["answer"]["type"] = ["string", "integer", "array", "object"]
    return made | {"oneOf": [{"required": [key]} for key in ("predict", "question")]}


def _view() -> Schema:
    """`map`, or `{ladder: arp or icmp}`."""
    views = {name: _filter() if name in FILTERED else {"type": "null"} for name in SHOWS}
    filtered = {"type": "object", "properties": views, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [{"enum": list(SHOWS)}, filtered]}


def _filter() -> Schema:
    return {"type": ["string", "null"], "description": WORDS["filter"]}


def _shape(name: str, shape: type[BaseModel], described: type, defs: Schema | None = None) -> Schema:
    """What pydantic knows of a shape, with the words of the class that it describes."""
    made = shape.model_json_schema(ref_template="#/$defs/{model}")
    inner: Schema = made.pop("$defs", {})
    if defs is not None:
        models = {model.__name__: model for model in _models(shape)}
        for model, of in inner.items():
            told = _told(models[model]) if model in models else {}
            defs[model] = _tidy(_explained(model, of, told))
    made = _explained(name, made, _told(described))
    made["description"] = _sentence(described.__doc__ or "").partition(". ")[0].rstrip(".") + "."
    return _tidy(made)


def _models(shape: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Every shape in the module of a shape; those that it holds are among them."""
    for value in vars(inspect.getmodule(shape)).values():
        if isinstance(value, type) and issubclass(value, BaseModel):
            yield value


def _explained(name: str, made: Schema, told: Mapping[str, str]) -> Schema:
    """With a description for each key: the class's own words, else those of the table."""
    for key, value in made.get("properties", {}).items():
        words = WORDS.get(f"{name}.{key}") or told.get(key) or WORDS.get(key)
        if words:
            value["description"] = words
    return made


def _told(described: type) -> Mapping[str, str]:
    """What the class says below each of its fields, by the key that an author writes."""
    told: dict[str, str] = {}
    for each in reversed(described.__mro__):
        if each is object or each is BaseModel or not each.__module__.startswith("netshell."):
            continue
        (tree,) = ast.parse(inspect.getsource(each)).body
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for field, text in pairwise(body):
            is_told = isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and is_told:
                told[field.target.id] = _sentence(str(text.value.value))  # type: ignore[attr-defined] # seen above
    if issubclass(described, Check | Pattern):
        return {key: told[known.name] for key, known in author_keys(described).items() if known.name in told}
    return told


def _sentence(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _tidy(made: Schema, *, has_variables: bool = True) -> Schema:
    """Without pydantic's titles, and with room for a variable wherever a value is held to more than being text."""
    made.pop("title", None)
    for key, value in made.get("properties", {}).items():
        made["properties"][key] = _value(value, has_variables=has_variables and key not in _WITHOUT_VARIABLES)
    return made


def _value(value: Schema, *, has_variables: bool) -> Schema:
    value.pop("title", None)
    value.pop("default", None)
    for key in ("items", "additionalProperties"):
        if isinstance(value.get(key), dict):
            value[key] = _value(value[key], has_variables=has_variables)
    if "anyOf" in value:
        choices = [_value(choice, has_variables=False) for choice in value["anyOf"] if choice != {"type": "null"}]
        value["anyOf"] = [*choices, _VARIABLE] if has_variables and not any(map(_is_any_text, choices)) else choices
        return value
    is_number = value.get("type") in {"integer", "boolean"}
    is_held = is_number or "enum" in value or "pattern" in value
    if not (has_variables and is_held):
        return value
    description = {"description": value.pop("description")} if "description" in value else {}
    return description | {"anyOf": [value, _VARIABLE if is_number else _WITH_VARIABLE]}


def _is_any_text(value: Schema) -> bool:
    return value.get("type") == "string" and "pattern" not in value and "enum" not in value
