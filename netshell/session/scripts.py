"""Lines to be typed, as an author wrote them and as a learner types them: which ask, which change nothing, which are
the same, and where each belongs. It runs nothing.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, takewhile

from netshell.checks import Evidence, first_failure
from netshell.checks.words import target
from netshell.facts import PC
from netshell.lesson.model import Line, Mistake, Script
from netshell.session.ran import Ran

_QUESTION = re.compile(
    r"(?:sudo\s+)?(?:ip\s+netns\s+exec\s+\S+\s+)?"
    r"(?:ping|traceroute|tracepath|arping|dig|host|nslookup|getent)(?:\s[^;&|<>$`()]*)?"
)
"""A command line that asks the network and changes nothing, alone on its line."""

_FETCH = re.compile(r"(?:sudo\s+)?(?:ip\s+netns\s+exec\s+\S+\s+)?curl\s[^;&|<>$`()]*")
"""The same for a page, which may be kept in a file."""
_PLAIN = re.compile(r"[^;&|<>$`()]*")
"""One command, whose words are all there is to it."""
_LISTENER = re.compile(r"\btcpdump\b(?!.*\s-w)")
"""What prints packets and keeps none of them."""
_ENDS = re.compile(r"\s-\w*c\s*\d")
"""By itself, after so many."""
_ASKS_FOR_HELP = frozenset({"-h", "--help", "help", "-V", "--version"})
_ANYWHERE = frozenset(
    {"cat", "cd", "chmod", "cp", "date", "echo", "grep", "head", "kill", "less", "ls", "mkdir", "mv", "nano", "printf"}
    | {"pwd", "python3", "rm", "sed", "sleep", "tail", "tee", "touch", "vi", "vim"}
)
"""What does the same wherever it runs: all nodes share one disk and one table of processes."""
_SHELLS = frozenset({"bash", "sh", "dash", "zsh"})
REMOVING = frozenset({"del", "delete", "flush", "kill", "-D", "-F", "destroy"})
"""Words of commands that take something away."""


def is_question(command: str) -> bool:
    """Whether a command line asks the network, and changes nothing."""
    return bool(_QUESTION.fullmatch(command.strip()) or _FETCH.fullmatch(command.strip()))


def may_fail(line: Line) -> bool:
    """Whether a line of a solution may be there to fail: what is only looked at, and what asks; no change is."""
    return line.action != "run" or is_question(line.text)


def asks_last(script: Script) -> bool:
    """Whether a script first changes things and then asks the network, and is left with nothing in front."""
    lines = [line.text.strip() for line in script if line.action == "run"]
    asks = [is_question(line) for line in lines]
    is_plain = all(line.action in {"run", "look"} for line in script)
    return is_plain and asks[-1:] == [True] and asks == sorted(asks)


def commands_of_a_try(script: Script) -> int:
    """How many commands one try has: those that ask, where a script asks last; else all that it runs.

    Who speaks to programs that run in several terminals has come back from each of them.
    """
    lines = [line.text.strip() for line in script if line.action in {"run", "look"}]
    asking = sum(map(is_question, lines))
    return asking if asks_last(script) else max(1, len(lines), len({line.terminal for line in script}))


def misplaced(ran: Ran, wanted: Sequence[Script]) -> str:
    """That a command ran on the PC which the scripts want on a node, or the reverse; empty where it did not."""
    from netshell.explain.messages.command import deeds  # noqa: PLC0415 - not before something was typed

    places: dict[str, set[str]] = {}
    for line in (line for script in wanted for line in script if line.action == "run" or is_question(line.text)):
        for deed, node in deeds(line.text, line.node):
            places.setdefault(deed, set()).add(node)
    for deed, node in () if _ASKS_FOR_HELP & set(ran.command.split()) else deeds(ran.command, ran.node):
        nodes = places.get(deed, set()) if deed.split()[0] not in _ANYWHERE else set()
        if nodes and node not in nodes and (node == PC or nodes == {PC}):
            where = " or ".join(sorted(target(name) for name in nodes))
            return f"That was {target(node)}. In this step `{deed}` is for {where}."
    return ""


@lru_cache(maxsize=4)
def aims(script: Script) -> frozenset[tuple[str, str]]:
    """What a script does in the end, and where: a program, of `ip` with its object; shells that it enters count not."""
    inside: dict[str, str] = {}
    found: set[tuple[str, str]] = set()
    for line in (line for line in script if line.action in {"run", "look"}):
        node = inside.get(line.terminal, line.node)
        for deed, at in aimed(line.text, node):
            if deed in _SHELLS:
                inside[line.terminal] = at
            elif deed == "exit":
                inside.pop(line.terminal, None)
            else:
                found.add((deed, at))
    return frozenset(found)


def aimed(command: str, node: str) -> frozenset[tuple[str, str]]:
    """The same of one line as it was typed at a prompt on `node`."""
    from netshell.explain.messages.command import deeds  # noqa: PLC0415 - not before something was typed

    return frozenset((" ".join(deed.split()[:2]), at) for deed, at in deeds(command, node))


def is_made(mistake: Mistake, evidence: Evidence, ran: Ran | None) -> bool:
    """Whether the learner has just made a known mistake: its `when` holds, or its own words were typed, and there."""
    if mistake.when:
        return first_failure(mistake.when, evidence) is None
    line = next((line for line in reversed(mistake.do) if line.action == "run"), None)
    if line is None or ran is None or not ran.command:
        return False
    is_alike = ran.terminal == line.node and words_of(ran.command) == words_of(line.text)
    is_plain = all(_PLAIN.fullmatch(text) for text in (ran.command, line.text))
    return is_alike or (is_plain and _runs(ran.command, ran.node) == _runs(line.text, line.node))


def _runs(command: str, node: str) -> list[tuple[tuple[str, ...], str]]:
    """The words of each command of a line, and where it runs in the end, however it got there."""
    from netshell.explain.messages.command import read  # noqa: PLC0415 - as below

    return [(stages[-1].words, stages[-1].node) for stages in read(command, node) if stages]


def words_of(command: str) -> list[str]:
    """The words of a command line, without `sudo`."""
    words = command.split()
    return words[1:] if words[:1] == ["sudo"] else words


def lasting(script: Script) -> Script:
    """The lines that bring a machine to where the script does: what only looks or asks need not be typed again.

    A question leaves neighbours that soon grow stale, and may take seconds. One that is spoken to stays: the lines
    that follow would have nobody to go to.
    """
    kept: list[Line] = []
    gone: dict[str, bool] = {}
    for number, line in enumerate(script):
        if line.action in {"run", "look"}:
            gone[line.terminal] = _leaves_nothing(line, script[number + 1 :])
        if not gone.get(line.terminal, False):
            kept.append(line)
    return tuple(kept)


def _is_stopped(line: Line, rest: Script) -> bool:
    """Whether Ctrl-C is the next thing that is done at the line's terminal."""
    following = (later for later in rest if later.terminal == line.terminal and later.action != "wait")
    return any(later.action == "press" and later.text == "C" for later in islice(following, 1))


def _leaves_nothing(line: Line, rest: Script) -> bool:
    """Whether a line, with the keys that stop it and the text that is waited for there, can be left out."""
    is_heard = _LISTENER.search(line.text) and (_ENDS.search(line.text) or _is_stopped(line, rest))
    if line.action != "look" and _QUESTION.fullmatch(line.text.strip()) is None and not is_heard:
        return False
    if any(later.action == "wait" and later.terminal != line.terminal for later in rest):
        return False  # what is waited for elsewhere may be its doing
    following = (later for later in rest if later.terminal == line.terminal)
    return all(
        later.action != "type" for later in takewhile(lambda later: later.action not in {"run", "look"}, following)
    )
