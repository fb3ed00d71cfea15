"""A lesson's lab: nodes made in the private machine, then cabled and configured; it knows nothing of lessons."""

from typing import Protocol

from netshell.facts import PC
from netshell.kernel import Kernel
from netshell.topology import Topology


class NamespaceMaker(Protocol):
    """What a lab needs of the private machine: somebody inside who makes names, as `ip netns add` would."""

    async def make_namespaces(self, names: list[str]) -> None:
        """Make named network namespaces. Raises UserError where a name is taken or refused."""


async def build(machine: NamespaceMaker, kernel: Kernel, topology: Topology) -> None:
    """Build a lab on a fresh private machine; done when all its links pass frames.

    A node without links is as `ip netns add` makes it, `lo` down; one with links has `lo` up. Raises UserError naming
    what could not be built.
    """
    await machine.make_namespaces([node.name for node in topology.nodes if node.name != PC])
    if topology.nodes or topology.links or topology.routes or topology.pc_interface:
        await kernel.build(topology)
