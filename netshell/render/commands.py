"""The lines of a console block as a learner is shown them: whole, with blanks, or each with its terminal."""

import re
import shlex
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from netshell.facts import PC
from netshell.lesson.model import Line, Script
from netshell.render.console import safe

BLANK = "…"
_GOES_ON = " \\"
"""How a line that goes on ends, as bash takes it."""

_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'|&;])+|&&|\|\||[|&;]|["']""")
_OPERATORS = frozenset({"|", "||", "&&", "&", ";"})
_KEPT = frozenset(
    "add addr address bridge change default del delete dev down exec fdb flush get gw group id ingress in inet inet6 "  # noqa: SIM905 -- a paragraph of words, not a hundred lines
    "link list local lladdr master metric mtu name neigh neighbour netns nomaster on off peer permanent proto remote "
    "replace route rule save set show src table to type up veth via vxlan macvlan icmp arp tcp udp port host net and "
    "or not POSTROUTING PREROUTING FORWARD INPUT OUTPUT MASQUERADE DNAT SNAT ACCEPT DROP REJECT nat filter".split()
)
"""Words of the commands themselves. Everything else that is no option is the learner's to find."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A line of a script; where it needs several of the screen, each but the last ends in a backslash, for bash."""

    line: Line

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text = typed_text(self.line)
        if self.line.action not in {"run", "look"} or cell_len(text.plain) <= options.max_width:
            yield text
            return
        rows = text.wrap(console, max(options.max_width - cell_len(_GOES_ON), 1), overflow="fold")
        begin = len(text.plain) - len(safe(self.line.text))
        end = 0
        for number, row in enumerate(rows, 1):
            row.rstrip()
            end = text.plain.index(row.plain, end) + len(row.plain)
            is_split = number < len(rows) and text.plain[end : end + 1] == " "
            if is_split and not _is_quoted(text.plain[begin:end]):
                row.append(_GOES_ON, "dim")
            yield row


def _is_quoted(text: str) -> bool:
    """Whether a quote is open at the end of a text: there a backslash would be one of its characters."""
    try:
        shlex.split(text)
    except ValueError:
        return True
    return False


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
