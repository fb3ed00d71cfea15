"""Room for so many things at once, the longest first."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from heapq import heappop, heappush
from itertools import count


class Slots:
    """A semaphore that lets in who needs longest, not who came first: so that no long one is left to the end alone."""

    def __init__(self, free: int) -> None:
        self._free = free
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._came = count()

    @property
    def are_awaited(self) -> bool:
        """Somebody waits for a slot."""
        return any(not slot.done() for _, _, slot in self._waiting)

    @asynccontextmanager
    async def taken(self, seconds: float) -> AsyncIterator[None]:
        """A slot, once there is one; `seconds` is how long it may be needed."""
        await self._take(seconds)
        try:
            yield
        finally:
            self.add()

    async def _take(self, seconds: float) -> None:
        if self._free:
            self._free -= 1
            return
        slot = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (-seconds, next(self._came), slot))
        try:
            await slot
        except asyncio.CancelledError:
            if not slot.cancelled():
                self.add()
            raise

    def add(self) -> None:
        """There is one slot more: one who waits may go on."""
        while self._waiting:
            _, _, slot = heappop(self._waiting)
            if not slot.done():
                slot.set_result(None)
                return
        self._free += 1
