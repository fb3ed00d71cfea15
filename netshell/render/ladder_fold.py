"""Repetition in a long list, such as a thousand pings: shown some times, then counted. It knows no packets."""

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")

_SHOWN = 3
"""How often a repeated piece is shown before it is folded."""
_LONGEST = 12
"""Items of the longest piece whose repetition is noticed: a ping over three links and back is six."""
_WORTH = 3
"""Fewer than that are shown: the line that counts them would take as much room."""
_AT_ONCE = 5_000
"""How many are counted before it is said: a flood must not keep the screen empty."""


class More(NamedTuple):
    """So many items that repeat what stands above."""

    items: int


class _Folding(Generic[Item]):
    """A repetition that is going on: what must come next to belong to it."""

    def __init__(self, pattern: tuple[Hashable, ...]) -> None:
        self._pattern = pattern
        self._held: list[Item] = []
        self._counted = 0

    @property
    def count(self) -> int:
        return self._counted + len(self._held)

    def takes(self, key: Hashable, item: Item) -> bool:
        """Count an item that goes on with the repetition."""
        if key != self._pattern[self.count % len(self._pattern)]:
            return False
        self._held.append(item)
        if self.count > _WORTH:
            self._counted += len(self._held)
            self._held.clear()
        return True

    def done(self) -> Iterator[Item | More]:
        """What is to be shown for what was counted."""
        if self._counted:
            yield More(self.count)
        else:
            yield from self._held


def fold(items: Iterable[tuple[Hashable, Item]]) -> Iterator[Item | More]:
    """Items, each with what makes it the same as another, without the later repetitions of up to 12 items in a row."""
    history: deque[Hashable] = deque(maxlen=_LONGEST * _SHOWN)
    folding: _Folding[Item] | None = None
    for key, item in items:
        if folding is not None:
            if folding.takes(key, item):
                if folding.count >= _AT_ONCE and not folding.count % _period(history):
                    yield from folding.done()
                    folding = _Folding(_pattern(history))
                continue
            yield from folding.done()
            folding = None
            history.clear()
        yield item
        history.append(key)
        if _period(history):
            folding = _Folding(_pattern(history))
    if folding is not None:
        yield from folding.done()


def _period(history: deque[Hashable]) -> int:
    """How many items the piece has that the list ends with three times over; 0 where it does not."""
    keys = list(history)
    for size in range(1, len(keys) // _SHOWN + 1):
        if keys[-1] != keys[-1 - size]:
            continue
        last = keys[-size:]
        if all(keys[-size * n : -size * (n - 1)] == last for n in range(2, _SHOWN + 1)):
            return size
    return 0


def _pattern(history: deque[Hashable]) -> tuple[Hashable, ...]:
    return tuple(history)[-_period(history) :]
