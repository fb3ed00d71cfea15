"""The engine's handle on the kernel helper."""

from typing import TYPE_CHECKING

from netshell.helper import Helper, Ticket, Worker
from netshell.namespaces import Doors

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Collection, Mapping

    from netshell.facts import Probe, Probed, Process, Snapshot
    from netshell.topology import Topology


class Kernel:
    """The kernel's state inside one private machine: read as snapshots, written as labs.

    Start it before threads and heavy imports: it forks. Call `attach` once an event loop runs.
    """

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    @classmethod
    def start(cls, pid1: int, doors: Doors) -> "Kernel":
        """Fork the helper for the private machine whose PID 1 is `pid1`, as seen from here."""

        def serve(worker: Worker) -> None:
            from netshell.kernel.lean import skip_init  # noqa: PLC0415 - only the helper needs it

            skip_init("pyroute2")
            from netshell.kernel.server import serve_kernel  # noqa: PLC0415 - as above

            serve_kernel(worker, pid1, doors)

        return cls(Helper.start("kernel", serve))

    @property
    def pid(self) -> int:
        """The helper's process."""
        return self._helper.pid

    def attach(self, loop: "asyncio.AbstractEventLoop", moved: "Callable[[], None] | None" = None) -> None:
        """Take part in an event loop; `moved` is called at most 20 ms after anything changed inside."""
        self._helper.attach(loop, None if moved is None else lambda _event: moved())

    def post_snapshot(self) -> Ticket:
        """Ask for a snapshot now, before there is an event loop, to await it later."""
        return self._helper.post("snapshot")

    async def watch_sysctls(self, keys: tuple[str, ...]) -> None:
        """Have more settings in the snapshots to come, by their keys as `sysctl` writes them."""
        await self._helper.ask("sysctls", keys)

    async def snapshot(self) -> "Snapshot":
        """The whole private machine now. Raises UserError when it, or the helper, has ended."""
        found: Snapshot = await self._helper.ask("snapshot")
        return found

    async def look_closely(self) -> "Snapshot":
        """A snapshot with the details of every node, for who asks why; it takes some milliseconds more."""
        found: Snapshot = await self._helper.ask("closely")
        return found

    async def exchange(self, node: str, to: tuple[str, int], source_port: int, data: bytes) -> bytes:
        """Ask a program on a node, at one of its own addresses, over its loopback; empty where it does not answer."""
        answer: bytes = await self._helper.ask("exchange", node, to, source_port, data)
        return answer

    async def probe(self, wanted: "Probe") -> "Probed":
        """Send a packet of netshell's own, and take back what it leaves in tables; at most a second.

        What the wire has of it is for the caller to hide. Raises UserError where there is no such node.
        """
        found: Probed = await self._helper.ask("probe", wanted)
        return found

    async def read_more(
        self, files: "Collection[tuple[str, str]]", nodes: "Collection[str]"
    ) -> "tuple[Mapping[tuple[str, str], str | None], Mapping[str, tuple[Process, ...]]]":
        """Files, each by its node and its path as that node sees it, and the programs that run on nodes.

        A file that is not there, or is not a regular one, is None; of a long one there is the beginning.
        """
        found: tuple[Mapping[tuple[str, str], str | None], Mapping[str, tuple[Process, ...]]]
        found = await self._helper.ask("more", tuple(files), tuple(nodes))
        return found

    async def build(self, topology: "Topology") -> None:
        """Lay a lab's links and set its addresses and routes, in namespaces that are there already.

        Done when all of it passes frames. Raises UserError naming what the kernel refused.
        """
        await self._helper.ask("build", topology)

    def close(self) -> None:
        """End the helper."""
        self._helper.close()
