"""The table of what can be measured."""

from importlib import import_module
from typing import cast

from bench.figures import Group

GROUPS = {
    "start": "bench.start",
    "typing": "bench.reaction",
    "memory": "bench.memory",
    "snapshot": "bench.snapshots",
    "lab": "bench.star",
    "output": "bench.flood",
    "lesson": "bench.lessons",
    "checks": "bench.checks",
    "why": "bench.why",
    "capture": "bench.capture",
    "files": "bench.files",
    "growth": "bench.growth",
    "class": "bench.crowd",
    "kill": "bench.storm",
}

OUTSIDE = frozenset({"memory", "class", "kill"})
"""Measured by whoever runs the benchmark and not by the account: as root they see processes that hide from it."""


def load(name: str) -> Group:
    """The module that measures a group; what it needs of netshell it imports when it measures."""
    return cast("Group", import_module(GROUPS[name]))
