"""A lesson's `vars`: which values there are, the draw from a seed, and their places in text.

`${name}` stands for a value, `$${name}` for `${name}` itself; any other `$` is left alone.
"""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import product
from math import prod
from typing import Any, TypeAlias

Value: TypeAlias = str | int
Values: TypeAlias = Mapping[str, Value]
Picks: TypeAlias = Mapping[str, Sequence[Value]]

USE = re.compile(r"\$(?P<escaped>\$\{)|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
_MOST_COMBINATIONS = 64


def draw(picks: Picks, lesson: str, seed: int) -> dict[str, Value]:
    """One value for each variable: the same for the same lesson and seed, on every machine and Python."""
    return {name: values[drawn(f"{lesson}:{seed}:{name}", len(values))] for name, values in picks.items()}


def drawn(lot: str, count: int) -> int:
    """A number from 0 to below `count`, the same for the same lot everywhere."""
    return int.from_bytes(sha256(lot.encode()).digest()[:8]) % count


def combinations(picks: Picks) -> list[dict[str, Value]]:
    """Draws to prove a lesson with: all of them where they are few, else enough to meet every value once."""
    if prod(len(values) for values in picks.values()) <= _MOST_COMBINATIONS:
        return [dict(zip(picks, values, strict=True)) for values in product(*picks.values())]
    longest = max(len(values) for values in picks.values())
    return [{name: values[i % len(values)] for name, values in picks.items()} for i in range(longest)]


def in_text(text: str, values: Values) -> str:
    """A text with the values in place; a name that is no variable stays as it stands."""
    if "${" not in text:
        return text
    return USE.sub(lambda m: "${" if m["escaped"] else str(values.get(m["name"], m[0])), text)


def in_data(data: Any, values: Values) -> Any:  # noqa: ANN401 - any YAML or JSON value, the same shape back
    """Data with the values in place in every text; a text that is `${name}` and no more becomes the value itself."""
    if isinstance(data, str):
        if "${" not in data:
            return data
        whole = USE.fullmatch(data)
        return values[whole["name"]] if whole and whole["name"] in values else in_text(data, values)
    if isinstance(data, dict):
        return {key: in_data(value, values) for key, value in data.items()}
    if isinstance(data, list):
        return [in_data(value, values) for value in data]
    return data
