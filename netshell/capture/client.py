"""The engine's handle on the capture helper."""

from typing import TYPE_CHECKING

from netshell.helper import Helper, Worker
from netshell.namespaces import Doors

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from netshell.capture.taken import Parcel, Taken, Tally

LIMIT_BYTES = 32 << 20


class Capture:
    """The wire inside one private machine. Start it before threads and heavy imports: it forks."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper

    @classmethod
    def start(cls, pid1: int, doors: Doors, limit_bytes: int = LIMIT_BYTES) -> "Capture":
        """Fork the helper for the private machine whose PID 1 is `pid1`, as seen from here.

        It keeps so many bytes of frames that nobody has taken yet; the oldest make room for newer ones.
        """

        def serve(worker: Worker) -> None:
            from netshell.capture.taker import serve_capture  # noqa: PLC0415 - only the helper needs it

            serve_capture(worker, pid1, doors, limit_bytes)

        return cls(Helper.start("capture", serve))

    @property
    def pid(self) -> int:
        """The helper's process."""
        return self._helper.pid

    def attach(self, loop: "asyncio.AbstractEventLoop", arrived: "Callable[[], None] | None" = None) -> None:
        """Take part in an event loop; `arrived` is called at most 20 ms after a frame crossed."""
        self._helper.attach(loop, None if arrived is None else lambda _event: arrived())

    async def ready(self) -> None:
        """Wait until the helper has begun: whatever crosses from here on is seen."""
        await self._helper.ask("ready")

    async def take(self, limit: int) -> "Taken":
        """The frames that nobody has taken yet, the oldest first and at most `limit` (1 or more); each is given once.

        All that crossed before the call is among them, or waits behind them (`has_more`). While a flood lasts an
        answer holds what could be read in 20 ms. One frame at two ends is two frames, in the order of time.
        """
        parcel: Parcel = await self._helper.ask("take", limit)
        return parcel.open()

    async def tally(self) -> "Tally":
        """What was seen and what was lost since the capture began."""
        found: Tally = await self._helper.ask("tally")
        return found

    def close(self) -> None:
        """End the helper, and with it the store."""
        self._helper.close()
