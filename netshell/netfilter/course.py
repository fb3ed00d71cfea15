"""A packet's course through one node: which hooks it passes, and what becomes of it on the way.

What a node's routing table says of it is asked from outside, between the hooks where the kernel asks, too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from netshell.facts import Node
from netshell.filters import FilterRule, Hook
from netshell.netfilter.chains import Ruling, ask
from netshell.netfilter.packet import Packet

Direction: TypeAlias = Literal["in", "out", "forward"]

HOOKS: Mapping[Direction, tuple[Hook, ...]] = {
    "in": ("prerouting", "input"),
    "out": ("output", "postrouting"),
    "forward": ("prerouting", "forward", "postrouting"),
}
"""The hooks on each way through a node, in their order."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What became of a packet at a number of hooks."""

    ruling: Ruling
    """The last one's: that of the hook where it ended, if it did."""
    hook: Hook
    nats: tuple[FilterRule, ...] = ()
    """The rules that changed it on the way."""

    @property
    def packet(self) -> Packet:
        """As it went on."""
        return self.ruling.packet


def pass_through(
    node: Node, hooks: tuple[Hook, ...], packet: Packet, *, between: Callable[[Packet, Hook], Packet] | None = None
) -> Passage:
    """Take a packet through some hooks of a node, until one of them stops it.

    `between` may change what is known of it (where it leaves by) before each hook.
    """
    nats: list[FilterRule] = []
    ruling, hook = Ruling("accepted", packet), hooks[0]
    for hook in hooks:
        before = between(ruling.packet, hook) if between else ruling.packet
        found = ask(node, hook, before)
        nats += [found.nat] if found.nat is not None else []
        ruling = replace(found, chain=found.chain or ruling.chain, rule=found.rule or ruling.rule)
        if found.fate != "accepted":
            break
    return Passage(ruling, hook, tuple(nats))
