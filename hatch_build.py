"""Puts the lessons and their compiled form into the wheel, so that a learner's start reads no Markdown."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledLessons(BuildHookInterface[Any]):
    """Adds `netshell/_lessons/`: the Markdown files, their order, and what they compile to.

    An editable install reads the checkout's own `lessons/` and needs nothing of this.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a directory that lives as long as the build."""
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path.insert(0, self.root)
        from netshell.lesson.library import compile_bundled  # noqa: PLC0415 - found by the line above

        self._compiled = tempfile.TemporaryDirectory(prefix="netshell-lessons-")
        files = compile_bundled(Path(self.root) / "lessons", Path(self._compiled.name))
        build_data["force_include"].update({str(path): f"netshell/_lessons/{path.name}" for path in files})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002 - hatchling's
        """The wheel has them now."""
        if self.target_name == "wheel" and version != "editable":
            self._compiled.cleanup()
