"""YAML blocks at their place in a lesson's file, proved with every draw of the lesson's variables."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from netshell.checks import KINDS, author_keys, check_from
from netshell.lesson.console import LineError, parse_line
from netshell.lesson.faults import Faults, suggestion
from netshell.lesson.shapes import Problem, check_shape, describe, problems_of
from netshell.lesson.variables import USE, Values, in_data
from netshell.lesson.yamltree import Path, Place, Tree, YamlError, read_yaml

_ADDRESS = re.compile(r"[0-9.]+|.*:.*")
"""What is no node's name: an IP address, or what is meant as one."""
_NOT = "`not` goes with the kind: `- {netns: ns1, not: true}`."


@dataclass
class Reading:
    """What the readers of one file share."""

    faults: Faults
    lines: Sequence[str]
    draws: Sequence[Values] = field(default_factory=lambda: [{}])


@dataclass(frozen=True, slots=True)
class YamlBlock:
    """A YAML text inside the file."""

    reading: Reading
    tree: Tree
    before: int
    """The number of lines of the file that come before its first."""
    indent: int = 0

    def at(self, path: Path, *, on_key: bool = False) -> tuple[int, int]:
        """The line and column, in the file, of a value or its key."""
        return _in_file(self.reading, self.tree.place(path, on_key=on_key), self.before, self.indent)

    def report(self, problem: Problem) -> None:
        """Tells a problem at its place."""
        line, column = self.at(problem.path, on_key=problem.is_on_key)
        self.reading.faults.error(line, column, problem.message, problem.remedy)

    def prove(self, find: Callable[[Any], list[Problem]]) -> bool:
        """Looks for problems in the data with each draw in place, and reports them; True where there are none."""
        draws = self.reading.draws if _has_variable(self.tree.data) else self.reading.draws[:1]
        found: dict[tuple[Path, str, bool], tuple[Problem, Values, int]] = {}
        is_right = True
        for draw in draws:
            data = in_data(self.tree.data, draw)
            for problem in find(data):
                is_right = False
                if self._is_told_elsewhere(_value_at(data, problem.path)):
                    continue
                key = problem.path, problem.remedy, problem.is_on_key
                first, values, count = found.get(key, (problem, draw, 0))
                found[key] = first, values, count + 1
        for problem, values, count in found.values():
            said = f" (with {', '.join(f'{k} = {v}' for k, v in values.items())})" if count < len(draws) else ""
            message = problem.message.rstrip(".") + said + "." if said else problem.message
            self.report(Problem(problem.path, message, problem.remedy, problem.is_on_key))
        return is_right

    def _is_told_elsewhere(self, text: str | None) -> bool:
        """Whether a text holds a variable that does not exist, which is told where it stands in the file."""
        names = [match[0] for match in USE.finditer(text or "") if match["name"]]
        return any(name in line for name in names for line in self.reading.lines)


def yaml_block(reading: Reading, text: str, before: int, indent: int = 0) -> YamlBlock | None:
    """A YAML text read, its faults told; None where it cannot be read."""
    try:
        tree = read_yaml(text)
    except YamlError as error:
        line, column = _in_file(reading, error.place, before, indent)
        reading.faults.error(line, column, error.message, error.remedy)
        return None
    for place, message, remedy in tree.faults:
        reading.faults.error(*_in_file(reading, place, before, indent), message, remedy)
    return YamlBlock(reading, tree, before, indent)


def _in_file(reading: Reading, place: Place, before: int, indent: int) -> tuple[int, int]:
    line = min(before + place.line, len(reading.lines))
    written = reading.lines[line - 1]
    return line, place.column + min(indent, len(written) - len(written.lstrip(" ")))


def _value_at(data: object, path: Path) -> str | None:
    """The text at a path; None where something else is there."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
    return data if isinstance(data, str) else None


def _has_variable(data: object) -> bool:
    if isinstance(data, dict):
        return any(map(_has_variable, data.values()))
    return any(map(_has_variable, data)) if isinstance(data, list) else isinstance(data, str) and "${" in data


def items_of(data: object, path: Path = ()) -> list[tuple[Path, Any]]:
    """One thing or a list of them, each with its path."""
    if isinstance(data, list):
        return [((*path, position), item) for position, item in enumerate(data)]
    return [] if data is None else [(path, data)]


def checks_problems(data: object, path: Path = ()) -> list[Problem]:
    """What is wrong in a check or a list of checks."""
    items = items_of(data, path)
    if not items:
        return [Problem(path, "No check stands here; at least one is needed.", "Write `- {netns: ns1}`, for example.")]
    return [problem for where, item in items for problem in _check_problems(item, where)]


def _check_problems(item: object, path: Path) -> list[Problem]:
    if not isinstance(item, dict) or not item:
        return [Problem(path, f"A check is a mapping, found {describe(item)}.", "Write `- {netns: ns1}`, for example.")]
    kind = next(iter(item))
    if kind not in KINDS:
        later = next((key for key in item if key in KINDS), None)
        if later:
            return [
                Problem(
                    (*path, kind),
                    f"The first key names the kind of check; `{kind}` does not.",
                    f"Put `{later}` first.",
                    is_on_key=True,
                )
            ]
        remedy = _NOT if kind == "not" else suggestion(kind, KINDS)
        return [Problem((*path, kind), f"Unknown kind of check `{kind}`.", remedy, is_on_key=True)]
    if problems := problems_of(check_shape(kind), item, path):
        return problems
    nested = [key for key, known in author_keys(KINDS[kind]).items() if known.metadata.get("holds") == "checks"]
    if problems := [problem for key in nested for problem in checks_problems(item[key], (*path, key))]:
        return problems
    return [Problem((*path, *f.within, f.key), f.problem, f.remedy) for f in check_from(kind, item).faults()]


def compiled_checks(block: YamlBlock, data: object, path: Path = ()) -> list[dict[str, Any]]:
    """Checks that have been proved, in the compiled form, before their values are filled in."""
    return [
        {"kind": next(iter(item)), "line": block.at(where)[0], "fields": item} for where, item in items_of(data, path)
    ]


def nodes_looked_at(block: YamlBlock, data: object, path: Path = ()) -> Iterator[tuple[str, int, int]]:
    """Each node that proved checks name, with its place: in `at`, and in the `from` and `to` of packets."""
    for where, item in items_of(data, path):
        if "at" in item:
            yield str(in_data(item["at"], block.reading.draws[0])), *block.at((*where, "at"))
        for key in ("from", "to"):
            node = str(in_data(item.get(key, ""), block.reading.draws[0]))
            if node and not _ADDRESS.fullmatch(node):
                yield node, *block.at((*where, key))
        for key in ("any", "packets"):
            if isinstance(item.get(key), list):
                yield from nodes_looked_at(block, item[key], (*where, key))


def console_script(reading: Reading, text: str, line: int, column: int = 1) -> list[tuple[str, str, str, int]]:
    """The lines of a console text as (terminal, action, text, line). `line` is the first one's in the file."""
    script: list[tuple[str, str, str, int]] = []
    for number, written in enumerate(text.rstrip("\n").split("\n"), line):
        if not written.strip():
            continue
        try:
            script.append((*parse_line(written), number))
        except LineError as error:
            reading.faults.error(number, column + error.offset, error.message, error.remedy)
    return script
