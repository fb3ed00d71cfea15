"""A line of bash cut into its pieces: literals, and Python's own reader as an oracle."""

import random
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netshell.explain.shell import read_line

LINES = {
    "ip a": ["ip", "a"],
    "echo 'a b'\"c $x\"d\\ e": ["echo", "a bc $xd e"],
    "nc -l 80&": ["nc", "-l", "80", "operator &"],
    "a|b||c&&d;e": ["a", "operator |", "b", "operator ||", "c", "operator &&", "d", "operator ;", "e"],
    "a 2>/dev/null >>b": ["a", "redirection 2>", "/dev/null", "redirection >>", "b"],
    "a 2>&1 &>f": ["a", "redirection 2>&1", "redirection &>", "f"],
    "a 2 > b": ["a", "2", "redirection >", "b"],
    'echo `b(` ""': ["echo", "`b(`", ""],
    "echo $'it\\'s' b": ["echo", "it\\'s", "b"],
    "a <0": ["a", "redirection <", "0"],
    "a 3>&- 4<&3 >&f": ["a", "redirection 3>&-", "redirection 4<&3", "redirection >&", "f"],
    "a >&2": ["a", "redirection >&2"],
    "ls # all": ["ls", "comment # all"],
    "ls a#b": ["ls", "a#b"],
    "x=$(ls | wc -l)": ["x=$(ls | wc -l)"],
    'echo `ls` $((1 + 2)) ${x:-"}"}': ["echo", "`ls`", "$((1 + 2))", '${x:-"}"}'],
    "diff <(a) <(b c)": ["diff", "<(a)", "<(b c)"],
    "cat <<< hello": ["cat", "redirection <<<", "hello"],
    "cat <<EOF\n a b\nEOF\nls": ["cat", "redirection <<", "EOF", "operator \n", "body  a b\nEOF", "operator \n", "ls"],
    "cat <<A <<-B\n1\nA\n2\n\tB": [
        "cat", "redirection <<", "A", "redirection <<-", "B", "operator \n", "body 1\nA", "body 2\n\tB",
    ],
    "a \\\n b": ["a", "b"],
    "echo $'a b'": ["echo", "a b"],
    "exec 3<>/dev/tcp/192.0.2.1/80": ["exec", "redirection 3<>", "/dev/tcp/192.0.2.1/80"],
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_cut_as_bash_cuts_it(line: str) -> None:
    found = [t.value if t.kind == "word" else f"{t.kind} {t.text}" for t in read_line(line)]
    assert found == LINES[line]


@pytest.mark.parametrize(
    "line", ["echo 'a", 'echo "a', "echo $(ls", "cat <<EOF", "cat <<EOF\na\nE", "echo ${x", "a \\"]
)
def test_what_has_no_end_is_open(line: str) -> None:
    assert any(token.is_open for token in read_line(line))


@pytest.mark.parametrize("line", LINES)
def test_what_has_an_end_is_not_open(line: str) -> None:
    assert not any(token.is_open for token in read_line(line))


def test_an_expansion_tells_where_its_inside_stands() -> None:
    line = 'echo "now $(date -u) $x"'
    (command, variable) = read_line(line)[1].expansions
    assert (command.kind, command.text, line[command.inner :][: len("date -u")]) == ("command", "date -u", "date -u")
    assert (variable.kind, variable.text, line[variable.at : variable.end]) == ("variable", "x", "$x")


@given(st.text("ab '\"\\\t", max_size=30))
def test_quotes_are_read_as_pythons_own_reader_does(line: str) -> None:
    tokens = read_line(line)
    try:
        expected = shlex.split(line)
    except ValueError:
        assert any(token.is_open for token in tokens)
        return
    assert [token.value for token in tokens] == expected


@given(st.text("ab'\"\\$(){}`<>|&;#=\n \t2é\x1b", max_size=60))
def test_any_line_is_cut_without_a_gap(line: str) -> None:
    at = 0
    for token in read_line(line):
        assert not line[at : token.at].strip(" \t\n\\"), "only blanks stand between tokens"
        assert token.end > token.at >= at
        assert line[token.at : token.end] == token.text
        assert len(token.places) == len(token.value)
        assert all(line[place] == char for place, char in zip(token.places, token.value, strict=True))
        at = token.end
    assert not line[at:].strip(" \t\n\\")


def test_a_deep_nest_is_read_in_one_pass() -> None:
    assert read_line("$(" * 2000)[0].is_open
    assert read_line('"$(' * 1300)[0].is_open


def test_what_bash_waits_for_the_end_of_is_open() -> None:
    """Lines made at random, which bash reads and does not run (`bash -n`)."""
    chance = random.Random(1)
    lines = ["echo " + "".join(chance.choices("ab'\"\\$( ){}`", k=chance.randrange(1, 12))) for _ in range(100)]
    for line in lines:
        done = subprocess.run(["bash", "-n", "-c", line], capture_output=True, text=True, timeout=5, check=False)
        is_wrong = "syntax error" in done.stderr or "bad substitution" in done.stderr
        if not is_wrong and not line.endswith("\\"):
            is_waiting = "unexpected EOF while looking" in done.stderr
            assert any(token.is_open for token in read_line(line)) == is_waiting, line
