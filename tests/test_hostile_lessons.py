"""A stranger's lesson is safe to open: no text of it hangs a reader or reaches the terminal, no command gets out."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import hostile
import pytest
from accounts import Account
from deadline import within

from netshell.errors import Diagnostic, UserError
from netshell.lesson import library

TEXTS, COMMANDS = hostile.texts(), hostile.commands()
_LIMIT_S = 30
"""A reader that takes longer hangs; the worst of these files takes about one second on a quiet machine."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def test_the_corpus_is_large_enough() -> None:
    assert len(TEXTS) + len(COMMANDS) >= 100
    assert len(TEXTS) >= 60


def read(path: Path) -> tuple[Diagnostic, ...] | None:
    """What is wrong with a lesson; None where it is refused whole."""
    try:
        return library.check_file(path)
    except UserError:
        return None


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_is_read_or_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    path = tmp_path / "lesson.md"
    path.write_bytes(TEXTS[name])
    with within(_LIMIT_S):
        found = read(path)
    assert found is not None or name in {"too-large", "noise"}
    for fault in found or ():
        assert not _CONTROL.search(f"{fault.message}{fault.remedy}"), fault
    if found is None:
        return
    if not any(not fault.is_warning for fault in found):
        with within(_LIMIT_S):
            lesson = library.load(path, 1)
        shown = repr(lesson)
        assert not _CONTROL.search(shown), "what is accepted is harmless"


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    fifo, link, secret = tmp_path / "fifo.md", tmp_path / "link.md", tmp_path / "secret"
    os.mkfifo(fifo)
    secret.write_text(hostile.SECRET)
    link.symlink_to(secret)
    for path in (fifo, tmp_path, Path("/dev/zero"), tmp_path / "none.md", Path("x\0y.md"), tmp_path / ("a" * 300)):
        with within(_LIMIT_S), pytest.raises(UserError) as caught:
            library.check_file(path)
        assert caught.value.remedy
    with within(_LIMIT_S):
        assert not any(hostile.SECRET in fault.message for fault in library.check_file(link))


@pytest.mark.kernel
def test_no_control_character_of_a_lesson_reaches_the_terminal(ordinary_account: Account) -> None:
    for name, text in TEXTS.items():
        (ordinary_account.home / f"{name}.md").write_bytes(text)
    paths = sorted(path.name for path in ordinary_account.home.glob("*.md"))
    done = ordinary_account.run(ordinary_account.netshell("lesson", "check", *paths), timeout_s=90)
    assert done.returncode == 1
    assert not _CONTROL.search(done.stdout + done.stderr)
    assert "Traceback" not in done.stderr


def traces(who: Account) -> Mapping[str, object]:
    """What of the real machine hostile commands might touch."""
    links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout
    mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8")
    files = sorted(str(path.relative_to(who.home)) for path in who.home.rglob("*"))
    return {
        "links": sorted(line.split()[0] for line in links.splitlines()),
        "mounts": mounts,
        "home": [name for name in files if not name.startswith(("cache", "state", ".cache", ".local"))],
        "usr": sorted(path.name for path in Path("/usr").iterdir()),
        "core_pattern": Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8"),
        "netns": sorted(path.name for path in Path("/run").glob("netns/*")),
    }


@pytest.mark.kernel
def test_no_command_of_a_lesson_gets_out(accounts: Account) -> None:
    with socket.create_server(("127.0.0.1", 0)) as outside, socket.socket(socket.AF_UNIX) as abstract:
        port = outside.getsockname()[1]
        abstract.bind(f"\0netshell-test-{port}")
        abstract.listen()
        (accounts.home / "secret.txt").write_text(hostile.SECRET, encoding="utf-8")
        for name, command in COMMANDS.items():
            text = hostile.lesson_of(command.replace("{PORT}", str(port)))
            (accounts.home / f"{name}.md").write_text(text, encoding="utf-8")
        before = traces(accounts)
        limits = ["--json", "--seeds", "1", "--timeout", "0.5", "--step-timeout", "6", "--jobs", "6"]
        argv = accounts.netshell("lesson", "test", *limits, *(f"{name}.md" for name in COMMANDS))
        done = accounts.run(argv, timeout_s=150, environ={"MY_TOKEN": hostile.SECRET, "PORT": str(port)})
        assert traces(accounts) == before
    assert not _CONTROL.search(done.stdout + done.stderr)
    assert hostile.SECRET not in done.stdout + done.stderr
    assert done.returncode == 1, done.stderr
    proofs = [json.loads(line) for line in done.stdout.splitlines()]
    tried = {proof["lesson"] for proof in proofs}
    assert tried == set(COMMANDS)
    won = [proof["lesson"] for proof in proofs if proof["proof"] == "solution" and proof["holds"]]
    assert won == [], "these got what they wanted"
    assert not any("Traceback" in str(proof) for proof in proofs)
