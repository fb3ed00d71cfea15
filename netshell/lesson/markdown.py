"""Markdown as a lesson's sections: prose as data, hints, and the fenced blocks with a role, each with its line.

It knows nothing of what stands in the blocks, nor of YAML.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from markdown_it import MarkdownIt
from markdown_it.token import Token

from netshell.lesson.faults import Faults, suggestion

ROLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"console": ("setup", "fault", "do", "also"), "yaml": ("check", "keep", "wrong", "ask", "show")}
)
"""The second words of an info string that mean something, by the first."""

_CALLOUTS = ("TIP", "NOTE", "WARNING")
_CALLOUT = re.compile(r"\[!([A-Za-z]+)\][ \t]*")
_ATTRIBUTES = re.compile(r"(?<!\$)\{(?P<inside>[^{}]*)\}\s*$")
_COMMENT = re.compile(r"\s*<!--.*?-->\s*", re.DOTALL)

Data: TypeAlias = dict[str, Any]
"""A block of prose in the compiled form: `{"p": spans}`, `{"list": items}`, `{"code": text}` …"""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block with a role."""

    language: str
    role: str
    text: str
    line: int
    """The line of its opening fence."""
    indent: int
    """How far the fence is moved in: as many spaces are missing at the start of its lines."""


@dataclass(slots=True)
class Section:
    """What stands under the `#` or a `##` heading."""

    title: str = ""
    attributes: str | None = None
    line: int = 0
    blocks: list[Data] = field(default_factory=list)
    hints: list[list[Data]] = field(default_factory=list)
    fences: list[Fence] = field(default_factory=list)


def read_markdown(text: str, faults: Faults) -> tuple[Section, list[Section]]:
    """The introduction and the steps. Lines of a front matter are to be blank already."""
    return _Reader(text, faults).read()


class _Reader:
    def __init__(self, text: str, faults: Faults) -> None:
        self._lines = text.split("\n")
        self._tokens = MarkdownIt("commonmark").enable("table").parse(text)
        self._faults = faults
        self._intro = Section()
        self._steps: list[Section] = []

    def read(self) -> tuple[Section, list[Section]]:
        for group in _groups(self._tokens):
            if group[0].type == "heading_open" and group[0].tag in {"h1", "h2"}:
                self._heading(group)
            else:
                self._top_level(group)
        if not self._intro.line:
            self._fault(self._tokens[0] if self._tokens else None, "The lesson has no `# Title`.", "Begin it with one.")
        return self._intro, self._steps

    def _fault(self, token: Token | None, message: str, remedy: str = "") -> None:
        line = token.map[0] if token and token.map else 0
        column = len(self._lines[line]) - len(self._lines[line].lstrip()) + 1 if line < len(self._lines) else 1
        self._faults.error(line + 1, column, message, remedy)

    def _heading(self, group: Sequence[Token]) -> None:
        section = Section(line=(group[0].map or [0])[0] + 1)
        match = _ATTRIBUTES.search(group[1].content)
        section.attributes = match["inside"] if match else None
        spans = self._spans(group[1].children or [], group[1])
        section.title = _ATTRIBUTES.sub("", "".join(text for text, _ in spans)).strip()
        if not section.title:
            self._fault(group[0], "The heading has no words.", "Say in a few what this part is about.")
        if group[0].tag == "h2":
            if not self._intro.line and not self._steps:
                self._fault(group[0], "A step stands before the lesson's `# Title`.", "Begin with the title.")
                self._intro.line = section.line
            self._steps.append(section)
        elif self._intro.line or self._steps:
            self._fault(group[0], "A second `# Title` stands here.", "Begin a step with `## Title`.")
        else:
            section.blocks = self._intro.blocks
            self._intro = section

    def _top_level(self, group: Sequence[Token]) -> None:
        section = self._steps[-1] if self._steps else self._intro
        token = group[0]
        if token.type == "fence" and (fence := self._role(token)):
            if section is self._intro:
                self._fault(token, f"The block `{token.info.strip()}` belongs to a step.", "Put it under a `## Step`.")
            section.fences.append(fence)
        elif token.type == "blockquote_open" and self._callout(group) == "TIP":
            if section is self._intro:
                self._fault(token, "A hint belongs to a step.", "Put it under a `## Step`.")
            section.hints.append(self._quoted(group))
        else:
            section.blocks += self._blocks(group)

    def _role(self, token: Token) -> Fence | None:
        """The block with its role; None for a block that is shown as it is."""
        language, *words = token.info.split()[:4] or [""]
        if language not in ROLES or not words:
            return None
        role, *more = words
        if role not in ROLES[language] or more:
            message = f"Unknown role `{' '.join(words)}` of a {language} block."
            self._fault(token, message, suggestion(role, ROLES[language]))
            return None
        line = (token.map or [0])[0]
        indent = len(self._lines[line]) - len(self._lines[line].lstrip(" "))
        return Fence(language, role, token.content, line + 1, indent)

    def _blocks(self, tokens: Sequence[Token]) -> list[Data]:
        return [block for group in _groups(tokens) for block in self._block(group)]

    def _block(self, group: Sequence[Token]) -> list[Data]:  # noqa: PLR0911 - one for each kind of block
        token = group[0]
        match token.type:
            case "paragraph_open":
                spans = self._spans(group[1].children or [], group[1])
                return [{"p": spans}] if spans else []
            case "heading_open":
                text = "".join(text for text, _ in self._spans(group[1].children or [], group[1]))
                return [{"p": [[text, "strong"]]}] if text else []
            case "fence":
                return self._shown(token)
            case "code_block":
                return [{"code": token.content.rstrip("\n"), "language": ""}]
            case "bullet_list_open" | "ordered_list_open":
                items = [self._blocks(item[1:-1]) for item in _groups(group[1:-1])]
                return [{"list": items, "ordered": token.type == "ordered_list_open"}]
            case "table_open":
                rows = [t for t in group if t.type in {"tr_open", "inline"}]
                return [{"table": self._rows(rows)}]
            case "blockquote_open":
                return self._note(group)
            case "html_block" if _COMMENT.sub("", token.content):
                self._fault(token, "HTML is not shown in a terminal.", "Write it as Markdown.")
            case "hr":
                self._fault(token, "A rule across the page is not shown.", "Begin a step with `## Title` instead.")
        return []

    def _shown(self, token: Token) -> list[Data]:
        words = token.info.split()
        if self._role(token):
            message = f"The block `{token.info.strip()}` stands inside a list or a quotation."
            self._fault(token, message, "Move it out to the left margin.")
        return [{"code": token.content.rstrip("\n"), "language": words[0] if words else ""}]

    def _rows(self, tokens: Sequence[Token]) -> list[list[list[list[str]]]]:
        rows: list[list[list[list[str]]]] = []
        for token in tokens:
            if token.type == "tr_open":
                rows.append([])
            else:
                rows[-1].append(self._spans(token.children or [], token))
        return rows

    def _callout(self, group: Sequence[Token]) -> str:
        """The word of `> [!WORD]`, in capitals; empty for a plain quotation."""
        match = _CALLOUT.match(group[2].content) if len(group) > 2 and group[1].type == "paragraph_open" else None
        return match[1].upper() if match else ""

    def _quoted(self, group: Sequence[Token]) -> list[Data]:
        """What stands in a callout, without the line that names it."""
        children = group[2].children or []
        children[0].content = _CALLOUT.sub("", children[0].content, count=1)
        while children and (not children[0].content or children[0].type == "softbreak"):
            if children[0].type not in {"text", "softbreak", "hardbreak"}:
                break
            children.pop(0)
        blocks = self._blocks(group[1:-1])
        if not blocks:
            self._fault(group[0], "The box is empty.", "Write its text on the lines below, each behind `> `.")
        return blocks

    def _note(self, group: Sequence[Token]) -> list[Data]:
        word = self._callout(group)
        if word in {"NOTE", "WARNING"}:
            return [{"note": self._quoted(group), "warning": word == "WARNING"}]
        if word == "TIP":
            self._fault(group[0], "A hint stands inside a list or a quotation.", "Move it out to the left margin.")
        elif word:
            self._fault(group[0], f"Unknown kind of box `[!{word}]`.", suggestion(word, _CALLOUTS))
        else:
            self._fault(group[0], "A quotation has no place in a lesson.", "Begin it with `> [!NOTE]` or `> [!TIP]`.")
        return []

    def _spans(  # noqa: C901 - one branch for each kind of token
        self, children: Sequence[Token], parent: Token
    ) -> list[list[str]]:
        """Running text as `[text, style]` pairs."""
        spans: list[list[str]] = []
        depth = {"strong": 0, "em": 0}
        targets: list[tuple[str, int]] = []
        for token in children:
            style = "strong" if depth["strong"] else "emphasis" if depth["em"] else "plain"
            if token.type.startswith(("strong_", "em_")):
                depth[token.tag] += token.nesting
            elif token.type == "link_open":
                targets.append((str(token.attrs.get("href", "")), len(spans)))
            elif token.type == "link_close" and targets:
                target, start = targets.pop()
                if target.removeprefix("mailto:") != "".join(text for text, _ in spans[start:]):
                    _add(spans, f" ({target})", style, start)
            elif token.type == "code_inline":
                _add(spans, token.content, "code", 0)
            elif token.type in {"softbreak", "hardbreak"}:
                _add(spans, " ", style, 0)
            elif token.type == "image":
                self._fault(
                    parent, "A picture is not shown in a terminal.", "Say it in words; the map is drawn by itself."
                )
            elif token.type == "html_inline" and not token.content.startswith(("<!--", "</")):
                self._fault(parent, f"HTML is not shown in a terminal: `{token.content}`.", "Write it as Markdown.")
            elif token.type == "text":
                _add(spans, token.content, style, max((start for _, start in targets), default=0))
        return spans


def _add(spans: list[list[str]], text: str, style: str, barrier: int) -> None:
    """Adds text, joined to the span before it where the style is the same and no link begins between them."""
    if not text:
        return
    if len(spans) > barrier and spans[-1][1] == style and style != "code":
        spans[-1][0] += text
    else:
        spans.append([text, style])


def _groups(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The tokens of one block after the other: from its opening to its closing one."""
    depth = start = 0
    for position, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            yield tokens[start : position + 1]
            start = position + 1
