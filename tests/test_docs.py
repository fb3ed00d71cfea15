"""The examples of `docs/extending.md`, run; and the commands that the documents name, looked for."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from accounts import Account
from inside import Inside, play

from netshell.explain.messages import explained
from netshell.explain.messages.explained import explain_output
from netshell.facts import Node, Snapshot

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"^(`{3,4})(\w+)(?: (\S+))?\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
BLOCKS = [(found[2], found[3] or "", found[4]) for found in _BLOCK.finditer(TEXT)]


def code(kind: str, name: str) -> str:
    return "\n".join(text for found, its_name, text in BLOCKS if (found, its_name) == (kind, name))


def values_of(name: str) -> dict[str, Any]:
    """The names that the Python of an example leaves behind."""
    values: dict[str, Any] = {"__name__": f"example_{name}"}
    exec(compile(code("python", name), f"extending.md: {name}", "exec"), values)
    return values


def test_the_check_holds_what_the_document_says_of_it() -> None:
    assert "MtuCheck" in values_of("check")


def test_what_is_shown_of_the_catalogue_stands_in_it() -> None:
    quoted = [(name, text) for kind, name, text in BLOCKS if kind == "python" and name.endswith(".py")]
    assert quoted
    assert [name for name, text in quoted if text not in (ROOT / name).read_text(encoding="utf-8")] == []


@pytest.mark.kernel
def test_the_message_is_what_the_tool_prints_and_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    command = code("console", "message").removeprefix("$ ").strip()

    async def scenario(inside: Inside) -> tuple[int, str]:
        done = await inside.machine.run(["sh", "-c", f"{command} 2>&1"])
        return done.status, done.output.decode()

    status, output = play(scenario)
    row = values_of("message")["ROW"]
    monkeypatch.setattr(explained, "ROWS", (row,))
    found = explain_output(command, status, output, "pc", Snapshot({"pc": Node("pc")}))
    assert found is not None
    assert found.says == "The route names a next hop by its number, and the PC has none of that number."


@pytest.mark.kernel
def test_the_lesson_passes_its_own_proof(ordinary_account: Account) -> None:
    path = ordinary_account.home / "smaller.md"
    path.write_text(code("markdown", ""), encoding="utf-8")
    done = subprocess.run(
        ordinary_account.netshell("lesson", "test", "--seeds", "1", str(path)),
        env=dict(ordinary_account.environ),
        cwd=ordinary_account.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All of it holds" in done.stdout
