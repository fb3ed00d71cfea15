"""The report of a bug: versions and the traceback, in a file that a person may send."""

import os
import platform
import sys
import tempfile
import time
import traceback
from pathlib import Path

from netshell import __version__


def write_report(error: BaseException) -> Path:
    """Write what a maintainer needs, and nothing of the learner's; gives the file's path."""
    text = "".join(
        [
            f"netshell {__version__}, Python {platform.python_version()}, {platform.platform()}\n",
            f"command: {' '.join(sys.argv[:2])}\n\n",
            *traceback.format_exception(error),
        ]
    )
    state = Path(os.environ.get("XDG_STATE_HOME") or Path(os.environ.get("HOME", "/"), ".local/state"), "netshell")
    name = f"bug-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    for directory in (state, Path(tempfile.gettempdir())):
        try:
            directory.mkdir(parents=True, exist_ok=True)
            path = directory / name
            path.write_text(text, encoding="utf-8", errors="replace")
        except OSError:
            continue
        return path
    return Path("/dev/null")
