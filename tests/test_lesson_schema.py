"""The published schema against the reader: the same kinds, the same keys, and nothing refused that a lesson holds."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netshell.checks import KINDS, author_keys
from netshell.checks.pattern import Pattern
from netshell.lesson import library
from netshell.lesson.schema import PARTS, Schema, schema
from netshell.lesson.shapes import FrontMatter, MistakeShape, check_shape, problems_of
from netshell.lesson.yamltree import read_yaml

WHOLE = schema()
DEFS: dict[str, Schema] = WHOLE["$defs"]
TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)
}  # fmt: skip


def fits(data: Any, of: Schema) -> bool:
    """Whether data is what a schema describes, as far as the keywords go that the published one uses."""
    unknown = of.keys() - KEYWORDS.keys() - {"description", "$defs", "title", "$id", "$schema"}
    assert not unknown
    return all(KEYWORDS[key](data, value, of) for key, value in of.items() if key in KEYWORDS)


def is_of(data: Any, name: str) -> bool:
    return isinstance(data, TYPES[name]) and not (name == "integer" and isinstance(data, bool))


def properties_fit(data: Any, properties: dict[str, Schema]) -> bool:
    return not isinstance(data, dict) or all(fits(data[k], properties[k]) for k in data.keys() & properties.keys())


def patterns_fit(data: Any, patterns: dict[str, Schema]) -> bool:
    return all(fits(data[k], each) for pattern, each in patterns.items() for k in data if re.search(pattern, k))


def others_fit(data: Any, more: bool | Schema, of: Schema) -> bool:  # noqa: FBT001 - as the keyword has it
    known = of.get("properties", {})
    patterns = of.get("patternProperties", {})
    others = (
        [k for k in data if k not in known and not any(re.search(pattern, k) for pattern in patterns)]
        if isinstance(data, dict)
        else []
    )
    return not others if isinstance(more, bool) else all(fits(data[key], more) for key in others)


def in_bounds(data: Any, low: float, high: float) -> bool:
    size = len(data) if isinstance(data, str | list | dict) else data
    return not isinstance(size, int) or low <= size <= high


INFINITE = float("inf")
KEYWORDS: dict[str, Any] = {
    "$ref": lambda d, v, _: fits(d, DEFS[v.rpartition("/")[2]]),
    "type": lambda d, v, _: any(is_of(d, name) for name in ([v] if isinstance(v, str) else v)),
    "enum": lambda d, v, _: d in v,
    "const": lambda d, v, _: d == v and type(d) is type(v),
    "anyOf": lambda d, v, _: any(fits(d, each) for each in v),
    "oneOf": lambda d, v, _: sum(fits(d, each) for each in v) == 1,
    "required": lambda d, v, _: not isinstance(d, dict) or set(v) <= d.keys(),
    "properties": lambda d, v, _: properties_fit(d, v),
    "patternProperties": lambda d, v, _: patterns_fit(d, v),
    "additionalProperties": others_fit,
    "propertyNames": lambda d, v, _: not isinstance(d, dict) or all(fits(key, v) for key in d),
    "items": lambda d, v, _: not isinstance(d, list) or all(fits(each, v) for each in d),
    "pattern": lambda d, v, _: not isinstance(d, str) or re.search(v, d) is not None,
} | {
    f"{'min' if is_low else 'max'}{what}": (
        (lambda d, v, _: in_bounds(d, v, INFINITE)) if is_low else (lambda d, v, _: in_bounds(d, 0, v))
    )
    for what in ("imum", "Length", "Items", "Properties")
    for is_low in (True, False)
}


def blocks(text: str) -> Iterator[tuple[str, Any]]:
    """The YAML parts of a lesson, each with its name."""
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    assert front
    yield "front", read_yaml(front[1]).data
    for match in re.finditer(r"^```yaml (\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        yield match[1], read_yaml(match[2]).data


part = cache(schema)
LESSONS = [*library.lessons_in(library.bundled_directory()), Path(library.__file__).with_name("template.md")]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_yaml_part_of_the_bundled_lessons_fits(path: Path) -> None:
    for name, data in blocks(path.read_text(encoding="utf-8")):
        assert fits(data, DEFS[name]), (name, data)
        assert fits(data, part(name)), (name, data)
        assert fits(data, WHOLE), (name, data)


def test_the_kinds_and_their_keys_are_those_that_the_reader_knows() -> None:
    assert [each["$ref"].rpartition("-")[2] for each in DEFS["check-any-kind"]["anyOf"]] == list(KINDS)
    for kind, check in KINDS.items():
        assert DEFS[f"check-{kind}"]["properties"].keys() == author_keys(check).keys()
        assert DEFS[f"check-{kind}"]["additionalProperties"] is False
    assert DEFS["pattern"]["properties"].keys() == author_keys(Pattern).keys()
    assert DEFS["front"]["properties"].keys() == FrontMatter.model_fields.keys()
    assert DEFS["mistake"]["properties"].keys() == MistakeShape.model_fields.keys()


def test_every_part_and_every_key_is_explained() -> None:
    """A key without words: write a docstring below the field, or an entry in schema_words.py."""
    bare = [name for name, of in DEFS.items() if "description" not in of and name != "view"]
    bare += [
        f"{name}.{key}"
        for name, of in DEFS.items()
        for key, value in of.get("properties", {}).items()
        if "description" not in value
    ]
    assert bare == []


def test_every_reference_leads_somewhere_and_each_part_is_whole_in_itself() -> None:
    for part in ("", *PARTS):
        whole = schema(part)
        assert whole["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert whole["$id"].startswith("urn:netshell:lesson:1")
        assert {ref.rpartition("/")[2] for ref in references(whole)} <= whole["$defs"].keys()


def references(of: Any) -> Iterator[str]:
    if isinstance(of, dict):
        yield from ([of["$ref"]] if "$ref" in of else [])
        for value in of.values():
            yield from references(value)
    elif isinstance(of, list):
        for value in of:
            yield from references(value)


VALUES = st.one_of(
    st.booleans(), st.integers(-5, 5000), st.sampled_from(["", "eth0", "192.0.2.1/24", "tcp/80", "syn"]), st.none(),
    st.just([]), st.just([{"netns": "a"}]), st.just([{"arp": "request", "from": "a"}]), st.just([{"arp": []}]),
)  # fmt: skip


@given(st.data())
def test_what_the_schema_takes_for_a_check_the_reader_takes_and_the_other_way_round(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(list(KINDS)))
    keys = st.sampled_from([*author_keys(KINDS[kind]), "strange"])
    check = {kind: data.draw(VALUES), **data.draw(st.dictionaries(keys.filter(lambda key: key != kind), VALUES))}
    if kind == "any":
        return  # its checks are looked at one by one
    assert fits(check, DEFS[f"check-{kind}"]) == (not problems_of(check_shape(kind), check)), check


def test_a_variable_may_stand_for_a_number_and_inside_text() -> None:
    assert fits({"ping": "${net}.1", "size": "${size}"}, DEFS["check"])
    assert not fits({"ping": "192.0.2.1", "size": "large"}, DEFS["check"])
    assert fits({"link": "a", "up": "${is_up}"}, DEFS["check"])


@pytest.mark.parametrize(
    ("part", "data"),
    [
        ("check", {"lnk": "a"}),
        ("check", {"link": "a", "pear": "b"}),
        ("check", {"link": "a", "up": "yes"}),
        ("check", {"at": "ns1"}),
        ("check", []),
        ("wrong", {"do": "$ true"}),
        ("wrong", {"say": "No."}),
        ("wrong", {"do": [], "say": "No."}),
        ("show", "maps"),
        ("show", {"map": "arp"}),
        ("front", {"format": 1, "title": "A"}),
        ("front", {"format": 2, "title": "A", "summary": "B"}),
        ("front", {"format": 1, "title": "A", "summary": "B", "vars": {"a b": {"pick": [1]}}}),
        ("front", {"format": 1, "title": "A", "summary": "B", "lab": {"nodes": {"a": "hub"}}}),
        ("ask", {"question": "Why?", "predict": "What?", "why": "So."}),
    ],
)
def test_what_the_reader_refuses_fits_nowhere(part: str, data: Any) -> None:
    assert not fits(data, DEFS[part])
