"""Nodes and names put into the words that verdicts use. It judges nothing."""

from collections.abc import Iterable
from difflib import get_close_matches

from netshell.facts import PC, Link


def place(node: str) -> str:
    """Where something is: `on the PC`, or `in ns1`."""
    return "on the PC" if node == PC else f"in {node}"


def subject(node: str) -> str:
    """A node as the one that does something, at the start of a sentence: `The PC`, or `ns1`."""
    return "The PC" if node == PC else node


def target(node: str) -> str:
    """A node as where something goes to: `the PC`, or `ns1`."""
    return "the PC" if node == PC else node


def near(word: str, known: Iterable[str]) -> str | None:
    """The known name that a mistyped one most likely stands for."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.7)
    return found[0] if found else None


def count_of(number: int, one: str, many: str) -> str:
    """`1 echo reply`, `3 echo replies`."""
    return f"{number} {one if number == 1 else many}"


def kind_of(link: Link) -> str:
    """What sort of link it is, with its article: `a veth`, `a plain interface`."""
    return f"a {link.kind} link" if link.kind else "a plain interface"
