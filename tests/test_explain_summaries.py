"""One sentence for a whole line: what the commands of tutorials do, each told as it is."""

from pathlib import Path

import pytest

from netshell.explain.command import explain_command

LINES = Path(__file__).with_name("summaries.txt").read_text(encoding="utf-8").splitlines()[1:]
SUMMARIES = dict(zip(LINES[::2], map(str.strip, LINES[1::2]), strict=True))


@pytest.mark.parametrize("line", SUMMARIES)
def test_a_line_of_a_tutorial_is_told_in_a_sentence(line: str) -> None:
    told = explain_command(line)
    assert told.summary == SUMMARIES[line]
    assert not told.unknown


def test_lines_that_follow_are_told_with_the_file_that_they_go_into() -> None:
    told = explain_command("cat > server.py <<'EOF'\nimport socket\nEOF")
    assert told.summary == "Writes the lines that follow into server.py."


@pytest.mark.parametrize(
    "line", ["while true; do date; done", "ip link set eth0 upp", "frobnicate", "", "if a; then b; fi"]
)
def test_what_is_not_known_for_certain_has_no_sentence(line: str) -> None:
    assert explain_command(line).summary == ""
