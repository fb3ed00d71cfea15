"""What the capture hands out: frames, each once, and the count of what could not be kept."""

from dataclasses import dataclass
from typing import NamedTuple

from netshell.capture.columns import Chunk
from netshell.facts import Frame


@dataclass(frozen=True, slots=True)
class Tally:
    """How much crossed since the capture began, and how much of it was lost. A frame counts at each of its ends."""

    seen: int = 0
    """Frames that were read."""
    dropped_by_kernel: int = 0
    """Came faster than they could be read; not among those seen."""
    dropped_from_store: int = 0
    """Seen, but nobody asked for them before newer ones needed their room."""
    before_watched: int = 0
    """Crossed in the first moment of a new namespace, before it was watched; not among those seen."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One answer of the capture."""

    frames: tuple[Frame, ...]
    """Those that were not handed out before, in the order of time."""
    has_more: bool
    """More had crossed before the question: ask again."""
    tally: Tally


class Parcel(NamedTuple):
    """One answer on its way from the helper: frames are made of it by whoever wants them, and not in the helper."""

    chunks: tuple[Chunk, ...]
    has_more: bool
    tally: Tally

    def open(self) -> Taken:
        """The answer with its frames."""
        frames = [frame for chunk in self.chunks for frame in chunk.frames()]
        frames.sort(key=lambda frame: frame.time_ns)
        return Taken(tuple(frames), self.has_more, self.tally)
