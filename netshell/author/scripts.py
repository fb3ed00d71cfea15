"""What can be told of a solution by reading it: its pieces, the lines that can be left out, the hints that hold one."""

import re
from collections.abc import Iterator

from netshell.author.trial import Fault, Trial
from netshell.lesson.model import Block, CodeBlock, Line, Listing, Note, Paragraph, Prose, Script, Step

_SHELL = re.compile(
    r"(?:exit|logout)(?:\s+\d+)?|(?:sudo\s+)?(?:su|unshare)\b.*"
    r"|(?:sudo\s+)?(?:ip\s+netns\s+exec\s+\S+\s+|nsenter\s.*\s)?(?:ba|da|z)?sh(?:\s+-[\w-]+)*"
)
"""A line that enters or leaves a shell: without it the lines that follow would run elsewhere."""


def chunks(script: Script) -> Iterator[Script]:
    """A script in pieces after which a learner would look: where the next command goes to the same terminal."""
    start = 0
    for number, line in enumerate(script):
        following = script[number + 1] if number + 1 < len(script) else None
        if following is None or (following.terminal == line.terminal and following.action in {"run", "look"}):
            yield script[start : number + 1]
            start = number + 1


def command(chunk: Script) -> str:
    """What was typed at the prompt last, a program in front of it perhaps; empty where that was spoken to since."""
    last = next((line for line in reversed(chunk) if line.action != "wait"), chunk[-1])
    is_here = last.terminal == chunk[-1].terminal and last.action in {"run", "look"}
    return last.text if is_here else ""


def can_be_left_out(line: Line, rest: Script) -> bool:
    """False for a line that others depend on for where they go: one that enters a shell, or a program spoken to."""
    following = next((later for later in rest if later.terminal == line.terminal), None)
    is_spoken_to = following is not None and following.action not in {"run", "look"}
    return not is_spoken_to and does_something(line)


def does_something(line: Line) -> bool:
    """Whether a line is a command of the solution itself, as against one that looks, or that enters a shell."""
    return line.action == "run" and _SHELL.fullmatch(line.text.strip()) is None


def read(step: Step) -> Iterator[Trial]:
    """The trials that need no machine: a solution that nothing judges, a hint that gives it away."""
    lines = [line for script in (step.do, *step.also) for line in script if does_something(line)]
    first = next((line for line in step.do if line.action == "run"), None)
    if first and not step.checks:
        fault = Fault(first.line, "Nothing judges this solution: the step has no `yaml check`.")
        yield Trial("judged", first.line, fault)
    for number, hint in enumerate(step.hints, 1):
        text = _words(" ".join(_texts(hint)))
        told = next((line for line in lines if _words(line.text) in text), None)
        says = f"Hint {number} of the step gives this line of the solution away: `{told.text}`." if told else ""
        yield Trial("hint", step.line, Fault(told.line, says) if told else None)


def _words(text: str) -> str:
    """With a blank at each end, so that a command is not found inside a longer word."""
    return f" {' '.join(text.split())} "


def _texts(blocks: Prose) -> Iterator[str]:
    for block in blocks:
        yield from _texts_of(block)


def _texts_of(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(spans):
            # Code is set off by blanks here, whatever mark stands beside it on the page.
            yield "".join(f" {span.text} " if span.style == "code" else span.text for span in spans)
        case CodeBlock(text, _):
            yield text
        case Listing(items, _):
            for item in items:
                yield from _texts(item)
        case Note(_, blocks):
            yield from _texts(blocks)
        case _:
            for row in block.rows:
                yield " ".join(span.text for cell in row for span in cell)
