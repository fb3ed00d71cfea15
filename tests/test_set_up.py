import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from netshell.errors import MachineError
from netshell.host import REQUIREMENTS, Requirement
from scripts.set_up import ROOT, Checkout, Stamp, can_write, is_sufficient, is_usable, require_writable

NANO = next(item for item in REQUIREMENTS if item.program == "nano")
IP = next(item for item in REQUIREMENTS if item.program == "ip")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A checkout, its path with a space in it, with a `.venv` that looks complete."""
    monkeypatch.delenv("NETSHELL_VENV", raising=False)  # of the Python that runs the suite
    root = tmp_path / "my copy"
    (root / ".venv" / "bin").mkdir(parents=True)
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        (root / name).write_text(name, encoding="utf-8")
    checkout = Checkout(root)
    checkout.python.symlink_to("/bin/sh")
    Stamp(checkout.fingerprint(), is_dev=False).write(checkout.stamp_path)
    return checkout


def test_a_finished_set_up_is_recognised(checkout: Checkout) -> None:
    stamp = checkout.stamp()
    assert stamp is not None
    assert is_sufficient(stamp, (), is_dev=False)
    assert not is_sufficient(stamp, (), is_dev=True)


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_asks_for_a_new_set_up(checkout: Checkout, name: str) -> None:
    (checkout.root / name).write_text("other", encoding="utf-8")
    assert checkout.stamp() is None


def test_a_moved_checkout_asks_for_a_new_set_up(checkout: Checkout) -> None:
    moved = checkout.root.with_name("elsewhere")
    checkout.root.rename(moved)
    assert Checkout(moved).stamp() is None
    assert not is_usable(Checkout(moved))


def test_a_python_that_went_or_became_another_asks_for_a_new_set_up(checkout: Checkout) -> None:
    checkout.python.unlink()
    checkout.python.symlink_to("/usr/bin/env")
    assert checkout.stamp() is None
    checkout.python.unlink()
    checkout.python.symlink_to("/nowhere/python3.11")
    assert checkout.stamp() is None
    assert not is_usable(checkout)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"fingerprint": 1, "is_dev": true}', "null"])
def test_a_damaged_stamp_counts_as_none(checkout: Checkout, text: str) -> None:
    checkout.stamp_path.write_text(text, encoding="utf-8")
    assert checkout.stamp() is None


@pytest.mark.parametrize(
    ("missing", "declined", "expected"),
    [
        ((), (), True),
        ((NANO,), (), False),
        ((NANO,), ("nano",), True),
        ((IP,), ("ip",), False),
    ],
)
def test_only_what_is_not_needed_to_start_may_stay_missing(
    missing: Sequence[Requirement], declined: tuple[str, ...], *, expected: bool
) -> None:
    assert is_sufficient(Stamp("", is_dev=False, declined=declined), missing, is_dev=False) is expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_account_that_cannot_write_the_checkout_is_told_what_to_do(checkout: Checkout) -> None:
    checkout.root.chmod(0o555)
    assert not can_write(checkout.root)
    with pytest.raises(MachineError, match="your account cannot write there") as refusal:
        require_writable(checkout)
    checkout.root.chmod(0o755)
    assert "make learn" in refusal.value.remedy
    assert f"'{checkout.root}'" in refusal.value.remedy


def find_python(tmp_path: Path, version: str) -> subprocess.CompletedProcess[str]:
    """Run the finder where every Python claims to be of one version; its stand-in for set_up.py prints who runs it."""
    scripts = tmp_path / "a checkout" / "scripts"
    scripts.mkdir(parents=True)
    finder = (ROOT / "scripts" / "setup").read_text(encoding="utf-8")
    programs = tmp_path / "programs"
    programs.mkdir()
    finder = finder.replace("/usr/bin/python3 /usr/local/bin/python3 ", "")
    (scripts / "setup").write_text(finder, encoding="utf-8")
    (scripts / "set_up.py").write_text("import sys; print(*sys.argv[1:])", encoding="utf-8")
    for name in ("dirname", "sed"):
        (programs / name).symlink_to(str(shutil.which(name)))
    fake = programs / "python3"
    if version:
        patched = f"import sys; sys.version_info = {tuple(map(int, version.split('.')))}"
        lines = [
            "#!/bin/sh",
            'case "$4" in',
            f'*version_info*) exec /usr/bin/env -i /usr/bin/python3 -c "{patched}; exec(sys.argv[1])" "$4" ;;',
            "esac",
            f'case "$2" in *platform*) echo {version}; exit ;; esac',
            'shift; echo "$@"',
        ]
        fake.write_text("\n".join(lines), encoding="utf-8")
        fake.chmod(0o755)
    return subprocess.run(
        ["/bin/sh", scripts / "setup", "--dev"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_enough_python_gets_the_work(tmp_path: Path) -> None:
    done = find_python(tmp_path, "3.12.1")
    assert (done.returncode, done.stdout.strip()) == (0, "--dev")


def test_an_old_python_is_named_with_what_to_install(tmp_path: Path) -> None:
    done = find_python(tmp_path, "3.10.12")
    assert done.returncode == 3
    assert "netshell needs Python 3.11 or later; found only older ones:" in done.stderr
    assert "python3 is 3.10.12" in done.stderr
    assert "nstall" in done.stderr.splitlines()[-1]


def test_no_python_at_all_is_said(tmp_path: Path) -> None:
    done = find_python(tmp_path, "")
    assert done.returncode == 3
    assert "no Python is found here" in done.stderr


def test_a_stamp_is_written_whole(checkout: Checkout) -> None:
    Stamp("abc", is_dev=True, declined=("nano",)).write(checkout.stamp_path)
    assert json.loads(checkout.stamp_path.read_text(encoding="utf-8"))["declined"] == ["nano"]
    assert Stamp.read(checkout.stamp_path) == Stamp("abc", is_dev=True, declined=("nano",))
    assert list(checkout.venv.glob("*.new")) == []
