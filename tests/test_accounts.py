import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from accounts import Account, Program, can_run, ordinary_ids, readable_copy, readable_python
from guard import Untouchable, forbidden

from netshell import linux


def test_a_test_without_a_mark_cannot_enter_a_namespace() -> None:
    before = Path("/proc/self/ns/net").readlink()
    with pytest.raises(Untouchable, match=r"unshare\(2\)"):
        linux.unshare(linux.NEWUSER | linux.NEWNET)
    with pytest.raises(Untouchable, match=r"mount\(2\)"):
        linux.mount(None, "/", None, linux.MS_PRIVATE)
    assert Path("/proc/self/ns/net").readlink() == before


def test_a_test_without_a_mark_cannot_sniff_or_start_netshell() -> None:
    with pytest.raises(Untouchable, match="socket"):
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    with pytest.raises(Untouchable, match="starts python"):
        subprocess.run([sys.executable, "-m", "netshell", "--help"], check=False)
    with pytest.raises(Untouchable, match="starts unshare"):
        subprocess.run(["unshare", "-r", "true"], check=False)


def test_a_test_without_a_mark_may_start_harmless_programs() -> None:
    assert subprocess.run([sys.executable, "-c", ""], check=False).returncode == 0
    assert not forbidden("subprocess.Popen", ("pip", ["pip", "-m"], None, None))
    assert not forbidden("open", ("/etc/hosts", "r", 0))


@pytest.mark.kernel
def test_an_account_has_its_own_ids_groups_and_home(accounts: Account) -> None:
    code = "import os; print(os.getuid(), os.getgid(), os.getgroups(), os.getcwd(), os.access(os.getcwd(), os.W_OK))"
    done = accounts.run(accounts.argv(accounts.python, "-c", code))
    assert done.stderr == ""
    expected = f"{accounts.uid} {accounts.gid} "
    assert done.stdout.startswith(expected)
    assert done.stdout.endswith(f"{accounts.home} True\n")
    if accounts.name == "ordinary" and os.geteuid() == 0:
        assert accounts.uid >= 1000
        assert " [] " in done.stdout


@pytest.mark.kernel
def test_an_account_can_import_netshell_and_what_it_needs(accounts: Account) -> None:
    done = accounts.run(accounts.argv(accounts.python, "-c", "import netshell.host, rich; print(netshell.__version__)"))
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.kernel
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start programs under another account")
def test_a_checkout_that_an_ordinary_account_cannot_read_is_copied(tmp_path: Path) -> None:
    uid, gid = ordinary_ids()
    tmp_path.chmod(0o700)
    closed = tmp_path / "python"
    closed.symlink_to(sys.executable)
    assert not can_run(Program(closed), uid, gid)
    with tempfile.TemporaryDirectory() as directory:
        assert can_run(readable_copy(Path(directory), readable_python(uid, gid)), uid, gid)
