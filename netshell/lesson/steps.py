"""A section of the Markdown file as a step in the compiled form, with the faults in its blocks."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from netshell.errors import UserError
from netshell.facts import PC
from netshell.lesson.ask_faults import asks_problems, nodes_named
from netshell.lesson.blocks import (
    Reading,
    YamlBlock,
    checks_problems,
    compiled_checks,
    console_script,
    items_of,
    nodes_looked_at,
    yaml_block,
)
from netshell.lesson.faults import suggestion
from netshell.lesson.markdown import Fence, Section
from netshell.lesson.model import Line
from netshell.lesson.shapes import FILTERED, SHOWS, MistakeShape, Problem, describe, problems_of
from netshell.lesson.variables import in_text
from netshell.lesson.yamltree import Path
from netshell.packets.filter import compile_filter

_ATTRIBUTES = ("skills", "fade", "undoes")
_FADES = ("full", "blank", "goal")
_OF_EFFECTS = "Judge what it brings about, where anything else can tell it; else `say` what is wanted."
_OF_WORDS = frozenset({"output", "typed"})
_SOME_ADDRESS = "192.0.2.1"
"""What stands for a node's addresses while a filter is only looked over."""
_SKILL = re.compile(r"[a-z0-9][a-z0-9-]*")
_ADDS_NODE = re.compile(r"\bip\s+(?:-\S+\s+)*netns\s+(?:a|ad|add)\s+([^\s;&|]+)")

_CompiledLine = tuple[str, str, str, int]


def slug_of(title: str) -> str:
    """A heading as a name for addresses and files: `Lay the cable` as `lay-the-cable`."""
    return re.sub(r"\W+", "-", title.lower()).strip("-_")


class StepReader:
    """Reads the steps in their order, since later ones know the nodes that earlier ones make."""

    def __init__(self, reading: Reading, nodes: Iterable[str]) -> None:
        self._reading = reading
        self._faults = reading.faults
        self._nodes = {PC, *nodes}
        self._slugs: dict[str, int] = {}
        self._undecided: list[int] = []
        """The lines of predictions that wait for a step in which something is done."""

    def read(self, section: Section) -> dict[str, Any]:
        """The step in the compiled form."""
        step: dict[str, Any] = {
            "title": section.title,
            "slug": self._slug(section),
            "line": section.line,
            "prose": section.blocks,
            "hints": section.hints,
            **self._attributes(section),
        }
        scripts = {
            role: [self._script(f) for f in section.fences if f.role == role] for role in ("setup", "do", "also")
        }
        step["tickets"] = self._tickets(section)
        step["setup"] = [line for script in scripts["setup"] for line in script]
        step["do"] = [line for script in scripts["do"] for line in script]
        step["also"] = [script for script in scripts["also"] if script]
        step["checks"] = self._checks(section, "check")
        step["keep"] = self._checks(section, "keep")
        step["wrong"] = [mistake for fence in _fences(section, "wrong") for mistake in self._mistakes(fence)]
        step["show"] = [show for fence in _fences(section, "show") for show in self._shows(fence)]
        step["asks"] = [ask for fence in _fences(section, "ask") for ask in self._asks(fence)]
        self._parts(section)
        self._note_predictions(step)
        return step

    def end(self) -> None:
        """What can be told only when no step follows."""
        for line in self._undecided:
            message = "No step from here on has a solution, so nothing happens that decides this prediction."
            self._faults.warn(line, 1, message, "Let a step with `console do` follow, or write `question`.")

    def _slug(self, section: Section) -> str:
        slug = slug_of(section.title) or f"step-{len(self._slugs) + 1}"
        if slug in self._slugs:
            message = f"The heading is that of line {self._slugs[slug]} again."
            self._faults.error(section.line, 1, message, "Give each step words of its own: they name it.")
        self._slugs.setdefault(slug, section.line)
        return slug

    def _attributes(self, section: Section) -> dict[str, Any]:
        """What stands in braces behind the heading: `{skills: veth-create link-up; fade: full}`."""
        is_ticket = any(fence.role == "fault" for fence in section.fences)
        found: dict[str, Any] = {"skills": [], "fade": "goal" if is_ticket else None, "undoes": 0}
        written = self._reading.lines[section.line - 1]
        seen: set[str] = set()
        for part in (section.attributes or "").split(";"):
            key, colon, value = (word.strip() for word in part.partition(":"))
            column = written.find(part.strip(), max(written.rfind("{"), 0)) + 1 or 1
            if not key and not colon:
                continue
            if key not in _ATTRIBUTES:
                self._faults.error(section.line, column, f"Unknown attribute `{key}`.", suggestion(key, _ATTRIBUTES))
            elif key in seen:
                self._faults.error(section.line, column, f"The attribute `{key}` stands here twice.", "Keep one.")
            elif key == "skills":
                found["skills"] = self._skills(value, section.line, column)
            elif key == "undoes":
                found["undoes"] = self._undoes(value, section.line, column)
            elif value not in _FADES:
                self._faults.error(section.line, column, f"Unknown fade `{value}`.", suggestion(value, _FADES))
            else:
                found["fade"] = value
            seen.add(key)
        return found

    def _undoes(self, value: str, line: int, column: int) -> int:
        """How many of the steps before this one."""
        most = len(self._slugs) - 1
        if value.isascii() and value.isdigit() and 0 < int(value) <= most:
            return int(value)
        message = f"`{value}` is no number of steps before this one."
        remedy = f"Write how many of the last {most} steps it takes back, as `undoes: 1`."
        self._faults.error(line, column, message, remedy if most else "Leave it out of the first step.")
        return 0

    def _skills(self, value: str, line: int, column: int) -> list[str]:
        skills = value.replace(",", " ").split()
        for skill in skills:
            if not _SKILL.fullmatch(skill):
                self._faults.error(line, column, f"`{skill}` is no name of a skill.", "Write it as `veth-create`.")
        if not skills:
            self._faults.error(line, column, "No skill is named.", "Write `{skills: veth-create}`.")
        return skills

    def _tickets(self, section: Section) -> list[tuple[list[_CompiledLine], list[_CompiledLine]]]:
        """Each `fault` with the solution that stands next behind it; one solution may mend several."""
        tickets = []
        for number, fence in enumerate(section.fences):
            if fence.role != "fault":
                continue
            fault = self._script(fence)
            for _, action, _, line in fault:
                if action != "run":
                    message = "A fault is made before anybody sits at a terminal: it has commands only."
                    self._faults.error(
                        line, fence.indent + 1, message, "Write each line as `$ command`, `ns1$ command`."
                    )
            mend = next((later for later in section.fences[number + 1 :] if later.role == "do"), None)
            if mend is None:
                message = "No solution stands behind this fault."
                self._faults.error(fence.line, fence.indent + 1, message, "Add a `console do` that mends it.")
                continue
            tickets.append((fault, console_script(self._reading, mend.text, mend.line + 1, mend.indent + 1)))
        return tickets

    def _script(self, fence: Fence) -> list[_CompiledLine]:
        """The lines of a console block; the nodes that they make are known from then on."""
        script = console_script(self._reading, fence.text, fence.line + 1, fence.indent + 1)
        if not fence.text.strip():
            self._faults.error(fence.line, fence.indent + 1, "The block has no line.", "Write `$ command`.")
        self._nodes |= self._terminals(script, fence.indent + 1)
        return script

    def _terminals(self, script: Iterable[_CompiledLine], column: int) -> set[str]:
        """Warns of terminals on nodes that nobody has made; gives the nodes that the script makes."""
        made: set[str] = set()
        for terminal, action, text, line in script:
            self._expect_node(Line(terminal, "run", "").node, line, column, made)
            if action in {"run", "type"}:
                for draw in self._reading.draws:
                    made.update(_ADDS_NODE.findall(in_text(text, draw)))
        return made

    def _expect_node(self, node: str, line: int, column: int, made: Iterable[str] = ()) -> None:
        known = {*self._nodes, *made}
        if node not in known:
            self._faults.warn(line, column, f"Nothing before this line makes a node `{node}`.", suggestion(node, known))

    def _checks(self, section: Section, role: str) -> list[dict[str, Any]]:
        checks: list[dict[str, Any]] = []
        for fence in _fences(section, role):
            block = yaml_block(self._reading, fence.text, fence.line, fence.indent)
            if block and block.prove(checks_problems):
                checks += compiled_checks(block, block.tree.data)
                self._warn_of_words(block, role)
                self._look_at(block, block.tree.data)
        return checks

    def _warn_of_words(self, block: YamlBlock, role: str) -> None:
        """Checks that judge no effect, and would refuse work that is right and looks otherwise."""
        for path, item in items_of(block.tree.data):
            kind = next(iter(item))
            line, column = block.at((*path, kind), on_key=True)
            if kind in _OF_WORDS and "say" not in item:
                message = f"`{kind}` judges words: another tool or another spelling of the same is refused."
                self._faults.warn(line, column, message, _OF_EFFECTS)
            elif kind == "script" and role == "keep":
                message = "`script` is run only once all else holds, so nothing can be kept by it."
                self._faults.error(line, column, message, "Write another kind of check, or none.")

    def _look_at(self, block: YamlBlock, data: object, path: Path = ()) -> None:
        for node, line, column in nodes_looked_at(block, data, path):
            self._expect_node(node, line, column)

    def _mistakes(self, fence: Fence) -> Iterator[dict[str, Any]]:
        block = yaml_block(self._reading, fence.text, fence.line, fence.indent)
        if block is None or not block.prove(_mistakes_problems):
            return
        for path, item in items_of(block.tree.data):
            when = item.get("when")
            if when is not None:
                self._look_at(block, when, (*path, "when"))
            script, mend = (
                [line for where, text in items_of(item.get(key), (*path, key)) for line in self._do(block, where, text)]
                for key in ("do", "mend")
            )
            self._terminals([*script, *mend], 1)
            yield {
                "do": script,
                "say": item["say"],
                "when": compiled_checks(block, when, (*path, "when")),
                "line": block.at(path)[0],
                "mend": mend,
            }

    def _do(self, block: YamlBlock, path: Path, text: str) -> list[_CompiledLine]:
        line, column = block.at(path)
        if block.tree.place(path).is_literal:
            line += 1
        return console_script(self._reading, text, line, column)

    def _shows(self, fence: Fence) -> list[tuple[str, str]]:
        """Each view with its filter."""
        block = yaml_block(self._reading, fence.text, fence.line, fence.indent)
        if block is None or not block.prove(lambda data: _shows_problems(data, self._nodes)):
            return []
        items = (item if isinstance(item, dict) else {item: ""} for _, item in items_of(block.tree.data))
        return [(name, chosen or "") for item in items for name, chosen in item.items()]

    def _asks(self, fence: Fence) -> Iterator[dict[str, Any]]:
        block = yaml_block(self._reading, fence.text, fence.line, fence.indent)
        if block is None or not block.prove(asks_problems):
            return
        for path, item in items_of(block.tree.data):
            for where, mapping in nodes_named(item, path):
                self._look_at(block, mapping, where)
            yield {"line": block.at(path)[0], "fields": item}

    def _note_predictions(self, step: dict[str, Any]) -> None:
        self._undecided += [ask["line"] for ask in step["asks"] if "predict" in ask["fields"]]
        if step["do"]:
            self._undecided.clear()

    def _parts(self, section: Section) -> None:
        """Blocks that mean nothing without another one."""
        roles = {fence.role: fence for fence in reversed(section.fences)}
        if "check" in roles and "do" not in roles:
            message = "The step has checks but no solution."
            remedy = "Add a block `console do` with the commands that make them hold."
            self._faults.error(roles["check"].line, roles["check"].indent + 1, message, remedy)
        for role in ("also", "wrong", "fault"):
            if role in roles and "check" not in roles:
                message = f"The step has a block `{role}` but no checks."
                fence = roles[role]
                self._faults.error(fence.line, fence.indent + 1, message, "Add a block `yaml check` that judges it.")


def _fences(section: Section, role: str) -> list[Fence]:
    return [fence for fence in section.fences if fence.role == role]


def _mistakes_problems(data: object) -> list[Problem]:
    items = items_of(data)
    if not items:
        return [Problem((), "No mistake stands here.", "Write `- do: $ command` and, below it, `say: …`.")]
    problems: list[Problem] = []
    for path, item in items:
        problems += problems_of(MistakeShape, item, path)
        if isinstance(item, dict) and "when" in item:
            problems += checks_problems(item["when"], (*path, "when"))
    return problems


def _shows_problems(data: object, nodes: Iterable[str]) -> list[Problem]:
    """`map`, `[map, changes]`, `{ladder: arp or icmp}` …"""
    items = items_of(data)
    if not items:
        return [Problem((), "Nothing to show stands here.", suggestion("", SHOWS))]
    problems: list[Problem] = []
    for path, item in items:
        for name, chosen in item.items() if isinstance(item, dict) else [(item, None)]:
            where = (*path, name) if isinstance(item, dict) else path
            if name not in SHOWS:
                problems.append(Problem(where, f"Unknown view {describe(name)}.", suggestion(str(name), SHOWS), True))
            elif chosen is not None and name not in FILTERED:
                problems.append(Problem(where, f"The view `{name}` takes no filter.", f"Write `{name}` alone."))
            elif chosen is not None:
                problems += _filter_problems(chosen, where, nodes)
    return problems


def _filter_problems(chosen: object, where: Path, nodes: Iterable[str]) -> list[Problem]:
    if not isinstance(chosen, str):
        return [Problem(where, f"Expected a filter, found {describe(chosen)}.", "Write it as `ladder: arp or icmp`.")]
    try:
        compile_filter(chosen, dict.fromkeys(nodes, (_SOME_ADDRESS,)))
    except UserError as error:
        return [Problem(where, error.problem, error.remedy)]
    return []
