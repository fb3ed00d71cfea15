"""The compiled form of a lesson, which is JSON, as values with its variables filled in.

It trusts what it gets: only `reader.py` makes that form, and only `library.py` keeps it. It needs no parser.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from netshell.checks import Check, check_from
from netshell.facts import PC
from netshell.lesson.asks import ask_from
from netshell.lesson.model import (
    Block,
    CodeBlock,
    Lesson,
    Line,
    Listing,
    Mistake,
    Note,
    Paragraph,
    Prose,
    Script,
    Show,
    Span,
    Step,
    Table,
    Ticket,
)
from netshell.lesson.variables import Values, draw, drawn, in_data, in_text
from netshell.topology import EndSpec, NodeSpec, Topology, parse_address, parse_link, parse_route

VERSION = 4
"""The version of the compiled form: one more whenever its shape changes."""


def lesson_from(compiled: Mapping[str, Any], path: Path, seed: int) -> Lesson:
    """The lesson of one file for one seed. `compiled` is as `reader.read_lesson` gives it."""
    name = path.stem
    build = _Builder(draw(compiled.get("vars") or {}, name, seed), name, seed)
    return Lesson(
        id=name,
        title=compiled["title"],
        summary=compiled["summary"],
        path=path,
        minutes=compiled.get("minutes", 15),
        needs=tuple(compiled.get("needs") or ()),
        tools=tuple(compiled.get("tools") or ()),
        hide=tuple(compiled.get("hide") or ()),
        topology=topology_of(in_data(compiled.get("lab") or {}, build.values)),
        keep=build.checks(compiled.get("keep") or ()),
        intro=build.prose(compiled["intro"]),
        steps=tuple(build.step(step) for step in compiled["steps"]),
    )


class _Builder:
    """Makes values of the parts of one lesson, for one draw."""

    def __init__(self, values: Values, lesson: str, seed: int) -> None:
        self.values = values
        self._lesson = lesson
        self._seed = seed

    def text(self, text: str) -> str:
        return in_text(text, self.values)

    def step(self, step: Mapping[str, Any]) -> Step:
        tickets = tuple(Ticket(self.script(fault), self.script(do)) for fault, do in step["tickets"])
        slug = step["slug"]
        chosen = tickets[drawn(f"{self._lesson}:{self._seed}:fault {slug}", len(tickets))] if tickets else None
        return Step(
            title=self.text(step["title"]),
            slug=slug,
            prose=self.prose(step["prose"]),
            setup=self.script(step["setup"]),
            fault=chosen.fault if chosen else (),
            do=chosen.do if chosen else self.script(step["do"]),
            also=tuple(self.script(lines) for lines in step["also"]),
            checks=self.checks(step["checks"]),
            keep=self.checks(step["keep"]),
            wrong=tuple(self.mistake(mistake) for mistake in step["wrong"]),
            hints=tuple(self.prose(blocks) for blocks in step["hints"]),
            show=tuple(dict.fromkeys(Show(view, self.text(chosen)) for view, chosen in step["show"])),
            asks=tuple(ask_from(in_data(ask["fields"], self.values), ask["line"]) for ask in step["asks"]),
            skills=tuple(step["skills"]),
            fade=step["fade"],
            undoes=step["undoes"],
            line=step["line"],
            tickets=tickets,
        )

    def script(self, lines: Iterable[Sequence[Any]]) -> Script:
        return tuple(Line(terminal, action, self.text(text), line) for terminal, action, text, line in lines)

    def checks(self, checks: Iterable[Mapping[str, Any]]) -> tuple[Check, ...]:
        return tuple(check_from(c["kind"], in_data(c["fields"], self.values), c["line"]) for c in checks)

    def mistake(self, mistake: Mapping[str, Any]) -> Mistake:
        return Mistake(
            do=self.script(mistake["do"]),
            say=self.text(mistake["say"]),
            when=self.checks(mistake["when"]),
            line=mistake["line"],
            mend=self.script(mistake["mend"]),
        )

    def prose(self, blocks: Iterable[Mapping[str, Any]]) -> Prose:
        return tuple(self.block(block) for block in blocks)

    def block(self, block: Mapping[str, Any]) -> Block:
        if "p" in block:
            return Paragraph(self.spans(block["p"]))
        if "list" in block:
            return Listing(tuple(self.prose(item) for item in block["list"]), is_ordered=block["ordered"])
        if "code" in block:
            return CodeBlock(self.text(block["code"]), block["language"])
        if "note" in block:
            return Note(is_warning=block["warning"], blocks=self.prose(block["note"]))
        return Table(tuple(tuple(self.spans(cell) for cell in row) for row in block["table"]))

    def spans(self, spans: Iterable[Sequence[Any]]) -> tuple[Span, ...]:
        return tuple(Span(self.text(text), style) for text, style in spans)


def topology_of(lab: Mapping[str, Any]) -> Topology:
    """The topology of a `lab:` mapping that has been validated, with its values filled in."""
    pc = dict(lab.get("pc") or {})
    gateway = pc.pop("default", None)
    interface = next(iter(pc.items()), None)
    return Topology(
        nodes=tuple(_node(name, spec) for name, spec in (lab.get("nodes") or {}).items()),
        links=tuple(parse_link(text) for text in lab.get("links") or ()),
        routes=tuple(
            parse_route(node, text)
            for node, texts in (lab.get("routes") or {}).items()
            for text in ([texts] if isinstance(texts, str) else texts)
        ),
        pc_interface=EndSpec(PC, interface[0], (parse_address(interface[1]),)) if interface else None,
        pc_default=gateway,
    )


def _node(name: str, spec: str | Mapping[str, Any]) -> NodeSpec:
    if isinstance(spec, str):
        return NodeSpec(name, spec)  # type: ignore[arg-type] # validated: one of the node kinds
    place = spec.get("place")
    return NodeSpec(name, spec.get("kind", "host"), (place[0], place[1]) if place else None)
