"""Every command line of the bundled lessons is explained to its last word: an author sees what is missing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from netshell.explain.command import explain_command
from netshell.lesson import library
from netshell.lesson.model import Line, Step


def lines(step: Step) -> Iterator[Line]:
    """What is typed at a prompt in a step, but for what is meant as a mistake."""
    scripts = [step.setup, step.do, *step.also, *(mistake.mend for mistake in step.wrong)]
    return (line for script in scripts for line in script if line.action in {"run", "look"})


@pytest.mark.parametrize("path", library.lessons_in(library.bundled_directory()), ids=lambda path: path.stem)
def test_every_command_line_of_a_lesson_is_explained(path: Path) -> None:
    missing = []
    for step in library.load(path, 1).steps:
        for line in lines(step):
            told = explain_command(line.text, node=line.node)
            missing += [
                f"{path.name}:{line.line}: `{part.text}` in `{line.text}`: {part.trouble}"
                for part in told.parts
                if part.role == "unknown" or part.trouble
            ]
            if not told.summary:
                missing.append(f"{path.name}:{line.line}: no sentence for the whole of `{line.text}`")
    assert missing == [], "netshell/explain/command/data lacks these, or they are slips"
