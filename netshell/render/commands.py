"""The lines of a console block as a learner is shown them: whole, with blanks, or each with its terminal."""

import re

from rich.text import Text

from netshell.facts import PC
from netshell.lesson.model import Line, Script
from netshell.render.console import safe

BLANK = "…"

_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'|&;])+|&&|\|\||[|&;]|["']""")
_OPERATORS = frozenset({"|", "||", "&&", "&", ";"})
_KEPT = frozenset(
    "add addr address bridge change default del delete dev down exec fdb flush get gw group id ingress in inet inet6 "  # noqa: SIM905 -- a paragraph of words, not a hundred lines
    "link list local lladdr master metric mtu name neigh neighbour netns nomaster on off peer permanent proto remote "
    "replace route rule save set show src table to type up veth via vxlan macvlan icmp arp tcp udp port host net and "
    "or not POSTROUTING PREROUTING FORWARD INPUT OUTPUT MASQUERADE DNAT SNAT ACCEPT DROP REJECT nat filter".split()
)
"""Words of the commands themselves. Everything else that is no option is the learner's to find."""


def typed_text(line: Line) -> Text:
    """What is done at a terminal, in the form of a prompt where it is not the PC's: `ns1$ ping -c 1 192.0.2.2`."""
    text = Text(overflow="fold")
    prompt = "" if line.terminal == PC else line.terminal
    if line.action == "press":
        return text.append(f"{prompt}: press " if prompt else "press ", "dim").append(_key(line.text), "bold cyan")
    if line.action == "type":
        text.append(f"{prompt}> " if prompt else "> ", "dim")
    elif prompt:
        text.append(f"{prompt}$ ", "dim")
    return text.append(safe(line.text), "bold cyan")


def blanked(script: Script) -> Script:
    """The same lines with the arguments left out: `ip link add … type veth peer name …`."""
    return tuple(
        Line(line.terminal, line.action, blank(line.text), line.line) if line.action in {"run", "look"} else line
        for line in script
    )


def blank(command: str) -> str:
    """A command with each argument that is no word of the command's own language replaced by `…`."""
    words: list[str] = []
    is_start = True
    found = _WORD.findall(command)
    for number, word in enumerate(found):
        is_after_exec = number >= 2 and found[number - 2] == "exec"
        if word in _OPERATORS:
            is_start = True
            words.append(word)
            continue
        is_kept = is_start or is_after_exec or word.startswith("-") or word in _KEPT
        words.append(word if is_kept else BLANK)
        is_start = word == "sudo"
    return " ".join(words)


def _key(name: str) -> str:
    """`C` (from `^C`) as a learner finds it on the keyboard: Ctrl-C."""
    return f"Ctrl-{name.removeprefix('^')}" if len(name.removeprefix("^")) == 1 else safe(name)
