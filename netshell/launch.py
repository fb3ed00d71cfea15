"""Everything that must be forked before anything heavy is imported: the private machine, and those who watch it."""

import os
from dataclasses import dataclass
from pathlib import Path

from netshell import config
from netshell.capture import Capture
from netshell.config import Config
from netshell.kernel import Kernel
from netshell.namespaces import Doors
from netshell.sandbox import build, identity
from netshell.terminal import startup


@dataclass(frozen=True, slots=True)
class Launched:
    """A private machine with its helpers, not yet part of an event loop."""

    made: build.Made
    kernel: Kernel
    capture: Capture
    nonce: str
    """What the marks of its shells carry."""
    shared: Path | None
    """The learner's own directory, which the machine has too; None where there is none."""
    settings: Config


def launch(*, has_shared_directory: bool = True) -> Launched:
    """Start the private machine for the account that runs netshell, or that typed `sudo netshell`.

    The learner's own directory `~/netshell-work` is shared with it. Raises MachineError where this computer refuses,
    UserError for a file of settings with faults.
    """
    identity.become_invoking_user(os.environ)
    settings = config.read(os.environ)
    home = os.environ.get("HOME", "")
    shared = Path(home, "netshell-work") if has_shared_directory and os.path.isdir(home) else None  # noqa: PTH112
    nonce = os.urandom(8).hex()
    made = build.make(shared, startup.files(nonce))
    doors = Doors.of_descriptors(made.root, made.network)
    kernel = Kernel.start(made.pid, doors)
    capture = Capture.start(made.pid, doors, limit_bytes=settings.capture_bytes)
    shared = shared if shared is not None and shared.is_dir() else None
    return Launched(made, kernel, capture, nonce, shared, settings)
