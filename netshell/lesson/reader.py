"""A lesson's Markdown as the compiled form, and every fault in it: the only way from an author's text to a lesson."""

import re
from typing import Any

from netshell.facts import PC
from netshell.lesson.blocks import (
    Reading,
    YamlBlock,
    checks_problems,
    compiled_checks,
    nodes_looked_at,
    yaml_block,
)
from netshell.lesson.faults import Faults, suggestion
from netshell.lesson.labs import lab_findings
from netshell.lesson.markdown import Section, read_markdown
from netshell.lesson.shapes import FORMAT, FrontMatter, LabShape, Pick, Problem, problems_of
from netshell.lesson.steps import StepReader
from netshell.lesson.variables import USE, combinations

Compiled = dict[str, Any]
"""A validated lesson as JSON has it, before the values of its variables are filled in."""

_MOST_STEPS = 1000
_FENCE_OF_FRONT = re.compile(r"---[ \t]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def read_lesson(text: str, file: str) -> tuple[Compiled, Faults]:
    """The compiled form, which may only be used where the faults hold no error."""
    faults = Faults(file)
    reading = Reading(faults, text.split("\n"))
    front, body = _split(text, faults)
    block = yaml_block(reading, front, 1) if front is not None else None
    compiled = _front_matter(reading, block) if block else {}
    if block and isinstance(block.tree.data, dict) and _is_newer(block):
        return {}, faults
    intro, sections = read_markdown(body, faults)
    lab = compiled.get("lab") or {}
    steps = StepReader(reading, (lab.get("nodes") or {}) if isinstance(lab, dict) else ())
    compiled |= {"intro": intro.blocks, "steps": [steps.read(section) for section in sections[:_MOST_STEPS]]}
    steps.end()
    if len(sections) > _MOST_STEPS:
        message = f"This is more than {_MOST_STEPS} steps."
        faults.error(sections[_MOST_STEPS].line, 1, message, "Split it into several lessons.")
    if not sections:
        faults.error(len(reading.lines), 1, "The lesson has no step.", "Begin each with a heading: `## Lay the cable`.")
    if block and isinstance(block.tree.data, dict):
        _uses(block, block.tree.data.get("vars"))
    _title(compiled, intro, faults)
    return compiled, faults


def _split(text: str, faults: Faults) -> tuple[str | None, str]:
    """The front matter, and the whole text with blank lines in its place, so that lines keep their numbers."""
    lines = text.split("\n")
    if not _FENCE_OF_FRONT.fullmatch(lines[0]):
        faults.error(1, 1, "The lesson has no front matter.", "Begin with `---`, `format: 1`, `title: …`, `---`.")
        return None, text
    end = next((n for n, line in enumerate(lines[1:], 1) if _FENCE_OF_FRONT.fullmatch(line)), None)
    if end is None:
        faults.error(1, 1, "The front matter has no end.", "Close it with a line of `---`.")
        return None, ""
    return "\n".join(lines[1:end]), "\n".join([""] * (end + 1) + lines[end + 1 :])


def _is_newer(block: YamlBlock) -> bool:
    """Whether the lesson is written for another version of the format: the rest of it is not judged then."""
    version = block.tree.data.get("format") if isinstance(block.tree.data, dict) else None
    return type(version) is int and version != FORMAT


def _front_matter(reading: Reading, block: YamlBlock) -> Compiled:
    data = block.tree.data
    if not isinstance(data, dict):
        line, column = block.at(())
        message = "The front matter is no mapping."
        reading.faults.error(line, column, message, "Write a line `key: value` for each thing.")
        return {}
    if _is_newer(block):
        message = f"The lesson is written in format {data['format']}; this netshell reads format {FORMAT}."
        block.report(Problem(("format",), message, "Install a netshell that knows it, or write `format: 1`."))
        return {}
    picks = _picks(data.get("vars"))
    if picks:
        reading.draws = combinations(picks)
    block.prove(_front_problems)
    for problem in _variables_problems(data):
        block.report(problem)
    known = {"title", "summary", "minutes", "needs", "tools", "hide", "lab"}
    compiled = {key: value for key, value in data.items() if key in known and value is not None}
    keep = data.get("keep")
    if "keep" in data and block.prove(lambda values: checks_problems(values["keep"], ("keep",))):
        compiled["keep"] = compiled_checks(block, keep, ("keep",))
        lab = data.get("lab")
        nodes = lab.get("nodes") if isinstance(lab, dict) else None
        for node, line, column in nodes_looked_at(block, keep, ("keep",)):
            if node not in {PC, *(nodes or ())}:
                reading.faults.warn(line, column, f"The lab has no node `{node}`.", suggestion(node, nodes or ()))
    return compiled | {"vars": picks}


def _picks(variables: object) -> dict[str, list[str | int]]:
    """The variables whose values make sense; the others are told by the shape."""
    if not isinstance(variables, dict):
        return {}
    return {
        name: pick["pick"]
        for name, pick in list(variables.items())[:32]
        if _VARIABLE.fullmatch(name) and not problems_of(Pick, pick)
    }


def _front_problems(data: dict[str, Any]) -> list[Problem]:
    problems = problems_of(FrontMatter, data)
    lab = data.get("lab")
    if isinstance(lab, dict):
        whole = {key: value for key, value in lab.items() if not problems_of(LabShape, {key: value})}
        if "nodes" not in whole and isinstance(lab.get("nodes"), dict):
            whole["nodes"] = dict.fromkeys(lab["nodes"], "host")
        lab = whole
        problems += [Problem(("lab", *path), message, remedy) for path, message, remedy in lab_findings(lab)]
    return problems


def _variables_problems(data: dict[str, Any]) -> list[Problem]:
    """What is not the same for every draw where it must be, and values that would not stay on their line."""
    problems = [
        Problem((key,), f"The {key} stands in the list of lessons, where no variable has a value yet.", "Write it out.")
        for key in ("title", "summary")
        if "${" in str(data.get(key, ""))
    ]
    for name, values in _picks(data.get("vars")).items():
        for position, value in enumerate(values):
            if "${" in str(value) or "\n" in str(value):
                message = "A value that is picked from is one line, without another variable."
                problems.append(Problem(("vars", name, "pick", position), message, "Write the value out."))
    return problems


def _uses(block: YamlBlock, variables: object) -> None:
    """Every `${name}` of the file stands for a variable, and every variable is used."""
    known = list(variables) if isinstance(variables, dict) else []
    faults = block.reading.faults
    used: dict[str, list[tuple[int, int]]] = {}
    for number, line in enumerate(block.reading.lines, 1):
        for match in USE.finditer(line):
            if match["name"]:
                used.setdefault(match["name"], []).append((number, match.start() + 1))
    for name in used.keys() - known:
        remedy = f"{suggestion(name, known)} For the text itself write `$${{{name}}}`.".strip()
        for line_number, column in used[name]:
            faults.error(line_number, column, f"`${{{name}}}` is not among the lesson's `vars`.", remedy)
    for name in known:
        if name not in used:
            place = block.at(("vars", name), on_key=True)
            faults.warn(*place, f"The variable `{name}` is used nowhere.", f"Write `${{{name}}}` where it belongs.")


def _title(compiled: Compiled, intro: Section, faults: Faults) -> None:
    title = compiled.get("title")
    if isinstance(title, str) and intro.title and intro.title != title:
        faults.warn(intro.line, 1, f"The heading is not the front matter's title, `{title}`.", "Make them the same.")
