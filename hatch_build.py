"""Puts into the wheel what is made from the source: the lessons' compiled form, and the man pages."""

import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_AS_IT_STANDS = re.compile(r"\x08\n(.*?)(?=\n\.PP|\n\.SH|\Z)", re.DOTALL)
"""A paragraph whose lines click is told to leave as they are."""


class MadeFiles(BuildHookInterface[Any]):
    """Adds `netshell/_lessons/`, the Markdown files, their order and what they compile to, and `share/man/man1/`.

    So a learner's start reads no Markdown. An editable install reads the checkout's own `lessons/` and needs nothing
    of this.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make them in a directory that lives as long as the build."""
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path.insert(0, self.root)
        from netshell.lesson.library import compile_bundled  # noqa: PLC0415 - found by the line above

        self._made = tempfile.TemporaryDirectory(prefix="netshell-wheel-")
        lessons, pages = Path(self._made.name, "lessons"), Path(self._made.name, "man")
        for directory in (lessons, pages):
            directory.mkdir()
        files = compile_bundled(Path(self.root) / "lessons", lessons)
        build_data["force_include"].update({str(path): f"netshell/_lessons/{path.name}" for path in files})
        build_data["shared_data"].update({str(page): f"share/man/man1/{page.name}" for page in man_pages(pages)})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatchling's
        """The wheel has them now."""
        if self.target_name == "wheel" and version != "editable":
            self._made.cleanup()


def man_pages(directory: Path) -> list[Path]:
    """A page for netshell and for each of its commands, from the words that `--help` shows, written to a directory."""
    from click_man.core import write_man_pages  # noqa: PLC0415 - only where a wheel is built

    from netshell import __version__  # noqa: PLC0415
    from netshell.cli import cli  # noqa: PLC0415

    write_man_pages("netshell", cli, version=f"netshell {__version__}", target_dir=str(directory))
    pages = sorted(directory.glob("*.1"))
    for page in pages:
        text = page.read_text(encoding="utf-8")
        page.write_text(_AS_IT_STANDS.sub(r".nf\n\1\n.fi", text), encoding="utf-8")
    return pages
