"""The checks of pages, names, bridge tables, files, programs, words and scripts, each in a lesson that is proved."""

from pathlib import Path

import pytest
from accounts import Account
from conftest import RunNetshell

pytestmark = pytest.mark.kernel

LESSON = Path(__file__).resolve().parent / "lessons" / "seen.md"


def test_checks_of_what_was_seen_hold_and_fail_for_real(accounts: Account, run_netshell: RunNetshell) -> None:
    path = accounts.home / "seen.md"
    path.write_text(LESSON.read_text(encoding="utf-8"), encoding="utf-8")
    done = run_netshell(accounts, "lesson", "test", "--seeds", "1", str(path), timeout_s=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.splitlines()[-1].startswith("All of it holds: 13 proofs"), done.stdout
