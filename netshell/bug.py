"""Reports that a person may send: versions, and a traceback or what the machine offers, in a file of its own."""

import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

from netshell import __version__


def summary(error: BaseException) -> str:
    """One line for the screen: the kind of the error, and the last line of what it says."""
    says = str(error).strip().splitlines()
    return f"{type(error).__name__}: {says[-1].strip()}" if says else type(error).__name__


def write_report(error: BaseException) -> Path | None:
    """Write what a maintainer needs, and nothing of the learner's; gives the file's path, None where nothing takes it.

    It goes to the XDG state directory, else to the directory for temporary files; only its owner may read it.
    """
    command = " ".join(["netshell", *sys.argv[1:2]])
    return write("bug", f"command: {command}\n\n{''.join(traceback.format_exception(error))}")


def write(kind: str, says: str) -> Path | None:
    """Write a report behind the versions of what runs here; gives the file's path, None where nothing takes it."""
    versions = f"netshell {__version__}, Python {platform.python_version()}, {platform.platform()}\n"
    text = f"{versions}{says}".encode("utf-8", "backslashreplace")
    name = f"{kind}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    for directory in _directories():
        path = directory / name
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(file, "wb") as stream:
                stream.write(text)
        except OSError:
            continue
        return path
    return None


def _directories() -> list[Path]:
    home, state = os.environ.get("HOME", ""), os.environ.get("XDG_STATE_HOME", "")
    roots = [Path(state), Path(home, ".local/state")]
    found = [root / "netshell" for root in roots if root.is_absolute()]
    try:
        return [*found, Path(tempfile.gettempdir())]
    except OSError:  # no directory for temporary files takes anything
        return found
