"""A solution with one address or one node's name changed for another: what a lesson's checks should notice."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

from netshell.facts import PC
from netshell.lesson.model import Lesson, Line, Script, Step

_ADDRESS = re.compile(
    r"(?<![\w.:-])(?P<host>[0-9]+(?:\.[0-9]+){3}|[0-9a-fA-F:]*::?[0-9a-fA-F:.]+)(?P<length>/[0-9]+)?\b"
)
_NAME = r"(?<![\w.:@-]){}(?![\w.:@-])"
_ADDS_NODE = re.compile(r"\bip\s+(?:-\S+\s+)*netns\s+(?:a|ad|add)\s+([\w.-]+)")


@dataclass(frozen=True, slots=True)
class Swap:
    """One changed line of a solution."""

    number: int
    """Its place among the solution's lines, counted from 0."""
    line: Line
    """As it is with the change."""
    says: str
    """`192.0.2.1 for 192.0.2.2`."""

    def script(self, whole: Script) -> Script:
        """The solution with the change."""
        return (*whole[: self.number], self.line, *whole[self.number + 1 :])


def nodes_until(lesson: Lesson, index: int) -> list[str]:
    """The nodes that there are once a step is solved: the lab's, and those that the solutions make."""
    lines = [line.text for step in lesson.steps[: index + 1] for line in (*step.setup, *step.do)]
    made = [name for text in lines for name in _ADDS_NODE.findall(text)]
    return list(dict.fromkeys([PC, *(node.name for node in lesson.topology.nodes), *made]))


def swaps(step: Step, nodes: Sequence[str]) -> Iterator[Swap]:
    """Each address of the solution for the next one, each name of a node for the next node's."""
    for number, line in enumerate(step.do):
        if line.action != "run":
            continue
        for match in _ADDRESS.finditer(line.text):
            if (other := _next_address(match["host"], match["length"] or "")) is not None:
                text = f"{line.text[: match.start()]}{other}{line.text[match.end() :]}"
                yield Swap(number, replace(line, text=text), f"{other} for {match[0]}")
        for node in nodes:
            other = _next_node(node, nodes)
            for match in re.finditer(_NAME.format(re.escape(node)), line.text) if other else ():
                text = f"{line.text[: match.start()]}{other}{line.text[match.end() :]}"
                yield Swap(number, replace(line, text=text), f"{other} for {node}")
        if (swap := _on_another_node(step.do, number, nodes)) is not None:
            yield swap


def _next_address(host: str, length: str) -> str | None:
    """The address that follows, or the network that does; None where it is no address, or the last one."""
    try:
        address = ip_address(host)
        network = ip_network(f"{host}{length or f'/{address.max_prefixlen}'}", strict=False)
        step = network.num_addresses if length and address == network.network_address else 1
        return None if address.is_unspecified else f"{address + step}{length}"
    except ValueError:
        return None


def _next_node(node: str, nodes: Sequence[str]) -> str:
    """Another node's name; empty where there is none. The PC has no name that commands know."""
    named = [name for name in nodes if name != PC]
    return named[(named.index(node) + 1) % len(named)] if node in named and len(named) > 1 else ""


def _on_another_node(script: Script, number: int, nodes: Sequence[str]) -> Swap | None:
    """A line typed at another node's terminal; None where other lines speak to the same terminal."""
    line = script[number]
    shares = any(other.terminal == line.terminal for place, other in enumerate(script) if place != number)
    if line.node == PC or shares or line.node not in nodes:
        return None
    other = nodes[(nodes.index(line.node) + 1) % len(nodes)]
    return Swap(number, replace(line, terminal=other), f"typed on {other}")
