"""Holds the layers of the program against what its modules really import."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "netshell"

VALUES = ("errors", "topology", "filters", "facts")
PURE = ("checks", "lesson", "packets", "explain", "netfilter", "diagnosis")
BASE = ("linux", "namespaces", "helper")
EFFECTS = (*BASE, "host", "sandbox", "kernel", "lab", "capture", "terminal", "progress", "progress_file")
BELOW = (*VALUES, *PURE, *EFFECTS)

LAYERS: dict[str, tuple[str, ...]] = {
    # 0: values
    "errors": (),
    "topology": ("errors",),
    "filters": (),
    "facts": ("filters",),
    "config": ("errors",),
    # 1: pure
    "packets": VALUES,
    "explain": (*VALUES, "packets"),
    "netfilter": VALUES,
    "diagnosis": (*VALUES, "packets", "explain", "netfilter"),
    "checks": (*VALUES, "packets", "netfilter", "diagnosis"),
    "lesson": (*VALUES, "checks", "packets"),
    # 2: effects; the first three are the base of the others
    "linux": (),
    "namespaces": (*VALUES, "linux"),
    "helper": (*VALUES, "linux"),
    "host": (*VALUES, "linux"),
    "sandbox": (*VALUES, *BASE, "host"),
    "kernel": (*VALUES, *BASE),
    "lab": (*VALUES, *BASE, "kernel", "sandbox"),
    "capture": (*VALUES, *BASE, "packets"),
    "terminal": VALUES,
    "progress_file": VALUES,
    "progress": (*VALUES, "progress_file"),
    "turns": (),
    # 3: engine
    "launch": (*VALUES, *EFFECTS, "config"),
    "session": (*BELOW, "launch"),
    # 4: surface
    "render": (*VALUES, *PURE),
    "commands": (*BELOW, "launch", "session"),
    "views": (*BELOW, "launch", "session", "commands", "render"),
    "packet_views": (*BELOW, "launch", "session", "commands", "render"),
    "repl": (*BELOW, "launch", "session", "commands", "render", "views", "packet_views"),
    "author": (*BELOW, "launch", "session", "render"),
    "run": (*BELOW, "launch", "session", "commands", "render", "views", "packet_views"),
    "explain_file": (*VALUES, *PURE, "render", "turns"),
    "doctor": (*BELOW, "render", "bug"),
    "report": (*BELOW, "render"),
    "bug": ("__init__",),
    "loop": (),
    "begin": (*BELOW, "launch", "session", "commands", "render", "views", "packet_views", "repl", "loop"),
    # 5: the command line
    "cli": (
        *BELOW,
        "launch",
        "session",
        "commands",
        "render",
        "views",
        "packet_views",
        "repl",
        "author",
        "run",
        "explain_file",
        "doctor",
        "report",
        "bug",
        "loop",
        "begin",
    ),
    "__main__": ("cli",),
    "__init__": (),
}
"""What each module, or package, may import of netshell; itself always."""

OWNERS: dict[str, tuple[str, ...]] = {
    "pyroute2": ("kernel",),
    "prompt_toolkit": ("terminal", "commands", "repl"),
    "rich": ("render", "views", "repl", "doctor", "report", "cli", "author"),
    "pydantic": ("lesson",),
    "markdown_it": ("lesson",),
    "yaml": ("lesson",),
    "sqlite3": ("progress", "progress_file"),
    "click": ("cli",),
    "scapy": ("packets",),
    "platformdirs": ("lesson", "progress", "session", "repl", "run", "cli", "author"),
}
"""Who may import what was made elsewhere. What is not listed is the standard library's."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def unit(path: Path) -> str:
    """The layer's name for a file: that of the module, or of the package right below netshell that it lies in."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every name that a file imports, with its line: late ones, and those for type checking, too."""
    package = ("netshell", *path.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            origin = ".".join(part for part in (base, node.module) if part)
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def faults(path: Path) -> list[str]:
    """The imports that the table forbids, as `file:line: sentence`."""
    mine = unit(path)
    found = []
    for line, name in imports(path):
        top, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if top == "netshell" and target in LAYERS and target not in {mine, *LAYERS.get(mine, ())}:
            found.append(f"{path.relative_to(PACKAGE.parent)}:{line}: {mine} may not import {target}")
        elif top in OWNERS and mine not in OWNERS[top]:
            owners = ", ".join(OWNERS[top])
            found.append(f"{path.relative_to(PACKAGE.parent)}:{line}: {top} is imported by {owners} only")
    return found


def test_every_module_has_a_layer() -> None:
    assert {unit(path) for path in MODULES} <= LAYERS.keys()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    assert faults(path) == []


def test_the_table_has_no_circle() -> None:
    names = list(LAYERS)
    reachable = {name: set(LAYERS[name]) for name in names}
    for middle in names:
        for name in names:
            if middle in reachable[name]:
                reachable[name] |= reachable[middle]
    assert [name for name in names if name in reachable[name]] == []


def test_imports_are_found_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "PACKAGE", tmp_path)
    source = "def f():\n    import rich.text\nif TYPE_CHECKING:\n    from netshell import session\nfrom . import base\n"
    path = tmp_path / "checks" / "link.py"
    path.parent.mkdir()
    path.write_text(source, encoding="utf-8")
    assert sorted(imports(path)) == [(2, "rich.text"), (4, "netshell.session"), (5, "netshell.checks.base")]
    assert [fault.partition(": ")[2] for fault in faults(path)] == [
        "rich is imported by render, views, repl, doctor, report, cli, author only",
        "checks may not import session",
    ]
