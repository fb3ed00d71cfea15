"""Lines to be typed, as an author wrote them and as a learner types them: which ask, which change nothing, which are
the same, and where each belongs. It runs nothing.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

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
_ASKS_FOR_HELP = frozenset({"-h", "--help", "help", "-V", "--version"})
REMOVING = frozenset({"del", "delete", "flush", "kill", "-D", "-F", "destroy"})
"""Words of commands that take something away."""


def is_question(command: str) -> bool:
    """Whether a command line asks the network, and changes nothing."""
    return bool(_QUESTION.fullmatch(command.strip()) or _FETCH.fullmatch(command.strip()))


def asks_last(script: Script) -> bool:
    """Whether a script first changes things and then asks the network, and is left with nothing in front."""
    lines = [line.text.strip() for line in script if line.action == "run"]
    asks = [is_question(line) for line in lines]
    is_plain = all(line.action in {"run", "look"} for line in script)
    return is_plain and asks[-1:] == [True] and asks == sorted(asks)


def commands_of_a_try(script: Script) -> int:
    """How many commands one try has: those that ask, where a script asks last; else all that it runs."""
    lines = [line.text.strip() for line in script if line.action in {"run", "look"}]
    asking = sum(map(is_question, lines))
    return asking if asks_last(script) else max(1, len(lines))


def misplaced(ran: Ran, wanted: Sequence[Script]) -> str:
    """That a command ran on the PC which the scripts want on a node, or the reverse; empty where it did not."""
    from netshell.explain.messages.command import deeds  # noqa: PLC0415 - not before something was typed

    places: dict[str, set[str]] = {}
    for line in (line for script in wanted for line in script if line.action == "run"):
        for deed, node in deeds(line.text, line.node):
            places.setdefault(deed, set()).add(node)
    for deed, node in () if _ASKS_FOR_HELP & set(ran.command.split()) else deeds(ran.command, ran.node):
        nodes = places.get(deed, set())
        if nodes and node not in nodes and (node == PC or nodes == {PC}):
            where = " or ".join(sorted(target(name) for name in nodes))
            return f"That was {target(node)}. In this step `{deed}` is for {where}."
    return ""


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


def _leaves_nothing(line: Line, rest: Script) -> bool:
    """Whether a line, with the keys that stop it and the text that is waited for there, can be left out."""
    if line.action != "look" and _QUESTION.fullmatch(line.text.strip()) is None:
        return False
    if any(later.action == "wait" and later.terminal != line.terminal for later in rest):
        return False  # what is waited for elsewhere may be its doing
    following = (later for later in rest if later.terminal == line.terminal)
    return all(
        later.action != "type" for later in takewhile(lambda later: later.action not in {"run", "look"}, following)
    )
