"""The engine's handle on the capture helper."""

from typing import TYPE_CHECKING

from netshell.helper import Helper, Worker
from netshell.namespaces import Doors

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from netshell.capture.store import Tally
    from netshell.facts import Echo, Frame


class Capture:
    """The wire inside one private machine. Start it before threads and heavy imports: it forks."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    @classmethod
    def start(cls, pid1: int, doors: Doors) -> "Capture":
        """Fork the helper for the private machine whose PID 1 is `pid1`, as seen from here."""

        def serve(worker: Worker) -> None:
            from netshell.capture.taker import serve_capture  # noqa: PLC0415 - only the helper needs it

            serve_capture(worker, pid1, doors)

        return cls(Helper.start("capture", serve))

    def attach(self, loop: "asyncio.AbstractEventLoop", arrived: "Callable[[], None] | None" = None) -> None:
        """Take part in an event loop; `arrived` is called at most 20 ms after a frame crossed."""
        self._helper.attach(loop, None if arrived is None else lambda _event: arrived())

    async def ready(self) -> None:
        """Wait until the helper has begun: whatever crosses from here on is seen."""
        await self._helper.ask("ready")

    async def frames(self, since_ns: int = 0) -> "tuple[Frame, ...]":
        """Every frame since then that is still kept, in the order they crossed; all that crossed before the call."""
        found: tuple[Frame, ...] = await self._helper.ask("frames", since_ns)
        return found

    async def echoes(self, since_ns: int = 0) -> "tuple[Echo, ...]":
        """Every ICMP echo request and reply since then, each at each interface it crossed."""
        found: tuple[Echo, ...] = await self._helper.ask("echoes", since_ns)
        return found

    async def tally(self) -> "Tally":
        """What was kept and what was lost since the capture began."""
        found: Tally = await self._helper.ask("tally")
        return found

    def close(self) -> None:
        """End the helper, and with it the store."""
        self._helper.close()
