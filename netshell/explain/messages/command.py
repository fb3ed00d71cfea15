"""Reads a command line that was run, forgivingly: which programs it ran, with which words, on which node.

It runs nothing and expands nothing; what it cannot make out, it leaves out.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from netshell.explain.shell import read_line
from netshell.facts import PC

_LONGEST = 4096
"""Characters of a command line that are read."""
_DUPLICATED = re.compile(r"&[\d-]")
"""`2>&1`: a redirection that names no file."""
_RESERVED = frozenset({"if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "{", "}", "time"})
_WRAPPERS: Mapping[str, tuple[str, int]] = {
    "sudo": ("-u -g -h -p -C -D -R -T -U", 0),
    "env": ("-u -C -S", 0),
    "nice": ("-n", 0),
    "nohup": ("", 0),
    "command": ("", 0),
    "exec": ("-a", 0),
    "timeout": ("-k -s", 1),
    "watch": ("-n", 0),
    "strace": ("-e -o -p -s", 0),
    "stdbuf": ("-i -o -e", 0),
}
"""Commands that run another one: their options that take a value, and how many operands of their own come first."""
_NODE_OPTIONS = frozenset({"-n", "-netns", "--netns", "-N", "--net"})
_HAVE_NODE_OPTION = frozenset({"ip", "bridge", "tc", "ss"})


@dataclass(frozen=True)
class Run:
    """One program that a command line ran."""

    words: tuple[str, ...]
    """Its name and arguments, without quotes; variables stand in them as they were typed."""
    node: str
    """Where it ran; a name that is no node's where that cannot be made out."""

    @property
    def tool(self) -> str:
        """The program's name, without its directory."""
        return self.words[0].rpartition("/")[2]

    @cached_property
    def path(self) -> str:
        """What `ip` is to do, its abbreviations spelt out: `route add`. Of other tools the first two operands."""
        operands = [word for word in self.words[1:] if not word.startswith("-")]
        return " ".join(_in_full(operands[:2]) if self.tool == "ip" else operands[:2])

    def does(self, deed: str) -> bool:
        """Whether the run is one of a kind: for `ip` and `bridge` its object and verb, else words that stand in it."""
        if self.tool in {"ip", "bridge"}:
            return self.path == deed or self.path.startswith(f"{deed} ")
        return set(deed.split()) <= set(self.words)

    def after(self, *names: str) -> str:
        """The word behind the last of some words, or an empty text."""
        places = [at for at, word in enumerate(self.words[:-1]) if word in names]
        return self.words[places[-1] + 1] if places else ""


def read(command: str, node: str) -> tuple[tuple[Run, ...], ...]:
    """Each command of a line, typed at a terminal on `node`, as the programs that ran one inside the other.

    `sudo ip netns exec ns1 ping 192.0.2.2` is three runs: sudo, ip, and ping on ns1.
    """
    return tuple(tuple(_stages(words, node)) for words in _commands(command[:_LONGEST]))


def deeds(command: str, node: str) -> Iterator[tuple[str, str]]:
    """What a line does in the end, and where: `("ping", "ns1")`, `("ip route add", "pc")`."""
    for stages in read(command, node):
        if stages:
            run = stages[-1]
            yield (f"ip {run.path}" if run.tool == "ip" else run.tool), run.node


def _commands(text: str) -> Iterator[tuple[str, ...]]:
    """The words of each simple command, without redirections, assignments and bash's reserved words."""
    words: list[str] = []
    is_target = False
    for token in read_line(text):
        if token.kind == "redirection":
            is_target = not _DUPLICATED.search(token.text)
        elif token.kind != "word":
            if words:
                yield tuple(words)
            words, is_target = [], False
        elif is_target:
            is_target = False
        elif words or (token.value and token.text not in _RESERVED and "=" not in token.text):
            words.append(token.value)
    if words:
        yield tuple(words)


def _stages(words: tuple[str, ...], node: str) -> Iterator[Run]:
    """The run, and what it ran in turn."""
    while words and words[0]:
        run = Run(words, node)
        yield run
        if run.tool in _HAVE_NODE_OPTION and (inner := _without_node_option(words)):
            words, node = inner
        elif run.does("netns exec") and run.tool == "ip":
            at = next(at for at, word in enumerate(words) if at and not word.startswith("-"))
            node, words = "".join(words[at + 2 : at + 3]), words[at + 3 :]
        elif run.tool in _WRAPPERS:
            words = _behind_wrapper(words, *_WRAPPERS[run.tool])
        else:
            return


def _without_node_option(words: tuple[str, ...]) -> tuple[tuple[str, ...], str] | None:
    """The words without `-n NODE`, and the node; None where there is no such option."""
    for at in range(1, len(words) - 1):
        if not words[at].startswith("-"):
            break
        if words[at] in _NODE_OPTIONS and (words[0] == "ss") == (words[at] in {"-N", "--net"}):
            return (*words[:at], *words[at + 2 :]), words[at + 1]
    return None


def _behind_wrapper(words: tuple[str, ...], valued: str, operands: int) -> tuple[str, ...]:
    at = 1
    while at < len(words) and (words[at].startswith("-") or "=" in words[at]):
        at += 2 if words[at] in valued.split() else 1
    return words[at + operands :]


def _in_full(operands: list[str]) -> list[str]:
    """Words of `ip`, each as its table has it in full: `r a` is `route add`."""
    from netshell.explain.command.grammar import find, grammar, known_words  # noqa: PLC0415 - read when first needed

    name, full = "ip", []
    for word in operands:
        entry = find(known_words(grammar()[name]), word) if name else None
        full.append({"list": "show"}.get(entry.name, entry.name) if entry else word)
        name = entry.leads if entry else ""
    return full


BASH = Run(("bash",), PC)
"""The shell itself, which reads every command line; its messages do not depend on the node."""
