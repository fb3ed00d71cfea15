"""The way into the private machine for helpers: what the engine passes on when it forks them."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Doors:
    """Paths, as a helper sees them, that lead to the private machine's root directory and to the PC's network."""

    root: str
    network: str

    @classmethod
    def of_descriptors(cls, root: int, network: int) -> "Doors":
        """Through descriptors that PID 1 handed to the calling process, which keeps the same numbers for them.

        A descriptor that is put in the place of one of them (after a reset) is found by the same path.
        """
        return cls(f"/proc/{os.getpid()}/fd/{root}", f"/proc/{os.getpid()}/fd/{network}")
