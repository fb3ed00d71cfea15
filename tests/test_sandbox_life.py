"""The private machine's beginning and end: how it is refused, limited, reset and lost, and that nothing stays."""

import json
import os
import pwd
import select
import subprocess
import time
from pathlib import Path

import pytest
from accounts import Account
from engines import Engine, Ran, Refused, engine, start

from netshell.errors import MachineError
from netshell.sandbox import build, filesystem

pytestmark = pytest.mark.kernel

LIFELINE = Path(__file__).with_name("lifeline.py").read_text(encoding="utf-8")
SETTING = "net.ipv4.ip_default_ttl"
"""One that is 64 in every new namespace; the tests say that the default is 63 and so see who sets it."""


def test_killed_at_any_moment_nothing_is_left(accounts: Account) -> None:
    done = accounts.run(accounts.argv(accounts.python, "-c", LIFELINE, "50", str(time.time_ns())), timeout_s=120)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["left"] == []
    assert report["rounds"] == 50
    assert report["ready"] >= 5


def test_a_first_process_that_learners_made_wait_ends_with_the_engine(accounts: Account) -> None:
    with engine(accounts) as running:
        running.sh("mount -t tmpfs x /dev/pts; for n in $(seq 0 9); do mkfifo /dev/pts/$n; done")
        running.sh("sleep 900 >/dev/null 2>&1 &")
        pidfd = os.pidfd_open(running.init_pid)
        request = json.dumps({"op": "open", "command": "true"}).encode()
        assert running.process.stdin is not None
        running.process.stdin.write(request + b"\n")
        running.process.stdin.flush()
        time.sleep(0.1)
        running.process.kill()
        running.process.wait(5)
        assert _ends(pidfd)


def _ends(pidfd: int) -> bool:
    try:
        return bool(select.select([pidfd], [], [], 2)[0])
    finally:
        os.close(pidfd)


def test_a_killed_first_process_is_told_in_a_sentence(accounts: Account) -> None:
    with engine(accounts) as running:
        os.kill(running.init_pid, 9)
        with pytest.raises(Refused, match="The private machine has ended"):
            running.run(["true"])


def test_a_fork_bomb_ends_in_an_error_and_reset_ends_the_bomb(accounts: Account) -> None:
    with engine(accounts) as running:
        bomb = "bomb() { bomb | bomb & }; bomb; while true; do sleep 900 & done"
        running.bash(f"exec >/root/log 2>&1; {bomb}", timeout_s=1.5)
        with pytest.raises(Refused, match=r"as many processes as it may\.\n`:reset`"):
            fill(running)
        began = time.monotonic()
        running.reset()
        assert time.monotonic() - began < 20
        assert int(running.sh("ls -d /proc/[0-9]* | wc -l")) < 10
        assert "Resource temporarily unavailable" in running.sh("cat /root/log")


def fill(running: Engine) -> None:
    for _ in range(600):
        running.ask("open", command="exec sleep 900")


@pytest.mark.parametrize("path", ["/tmp/x", "/root/x", "/var/tmp/x", "/run/x", "/dev/shm/x", "/etc/x"])
def test_a_flood_of_bytes_ends_in_an_error(ordinary_account: Account, path: str) -> None:
    with engine(ordinary_account) as running:
        ran = running.bash(f"yes >{path}; echo $?; rm {path}; echo again >{path} && cat {path}")
        assert "No space left on device\n1\nagain" in ran.output


def test_open_files_file_sizes_and_namespaces_have_limits(accounts: Account) -> None:
    with engine(accounts, shared=accounts.home / "netshell-work") as running:
        files = "import os\nwhile True: os.open('/dev/null', os.O_RDONLY)"
        assert "Too many open files" in running.run(["/usr/bin/python3", "-c", files]).output
        assert running.bash("ulimit -n 5000").status != 0
        assert "size limit exceeded" in running.bash("truncate -s 600M /root/work/big; exit 0").output
        assert int(running.sh("cat /proc/self/oom_score_adj")) >= 500
        assert running.bash("echo -500 >/proc/self/oom_score_adj").status != 0


def test_reset_gives_a_new_network_and_keeps_files(accounts: Account) -> None:
    with engine(accounts) as running:
        running.sh(
            "echo mine >~/file; ip link add br0 type bridge; ip netns add ns1; (sleep 900 & sleep 901 &) &>/dev/null"
        )
        running.ask("namespaces", names=["ns2"])
        before = running.sh("readlink /proc/self/ns/net")
        running.reset()
        assert running.sh("cat /root/file; ip netns list; ip -br link | cut -d' ' -f1; ls /run/netns") == "mine\nlo"
        assert running.sh("readlink /proc/self/ns/net") != before
        assert running.sh("ls /sys/class/net; ls -d /proc/[0-9]* | wc -l").split()[0] == "lo"
        running.ask("namespaces", names=["ns1", "ns2"])
        assert sorted(running.sh("ip netns list").split()) == ["ns1", "ns2"]


def test_reset_brings_the_system_s_files_back_and_leaves_what_is_kept(accounts: Account) -> None:
    listing = "cd /etc && find . -path ./.host -prune -o -print | sort; cat hosts; ls /var /var/lib /var/run/netshell"
    with engine(accounts, shared=accounts.home / "netshell-work") as running:
        before = running.sh(listing)
        running.sh(
            "echo 192.0.2.1 x >>/etc/hosts; mkdir -p /etc/netns/ns1/a; echo b >/etc/netns/ns1/resolv.conf;"
            "rm -r /etc/ssl /etc/iproute2; ln -s /root/work /etc/netns/ns1/a/link; touch /tmp/x /var/log/y;"
            "echo kept >/root/work/file; mkdir -p /tmp/m /root/own; mount --bind /root/work /tmp/m; rm -rf /var/lib"
        )
        running.reset()
        assert running.sh(listing) == before
        assert running.sh("cat /root/work/file; ls -d /root/own; ls /tmp") == "kept\n/root/own\nm", "m is a mount"


@pytest.mark.parametrize(
    "touch",
    [
        "printf X | dd of=/etc/hosts conv=notrunc bs=1 count=1 status=none; touch -d @0 /etc/hosts",
        "chmod 666 /etc/hosts",
        "cp -p /etc/hosts /etc/other; mv /etc/other /etc/hosts",
        "rm /etc/hosts",
        "ln -s /etc/hosts /etc/iproute2/other",
        "mkdir /etc/netns/ns1",
    ],
)
def test_whatever_is_touched_in_etc_is_made_anew_by_each_reset_and_else_it_stays(accounts: Account, touch: str) -> None:
    listing = "cd /etc && find . -path ./.host -prune -o -printf '%p %m %s %l\n' | sort; cat hosts"
    with engine(accounts) as running:
        before, files = running.sh(listing), running.sh("stat -c %i /etc/hosts")
        running.reset()
        assert running.sh("stat -c %i /etc/hosts") == files
        for _ in range(2):
            running.sh(touch)
            running.reset()
            assert running.sh(listing) == before


@pytest.mark.parametrize(
    "mess",
    [
        "mkdir -p /run/netns/a/b; touch /run/netns/a/c; ln -s /root /run/netns/d",
        "ip netns add 'a b'; ip netns add ns1; mount --bind /run/netns/ns1 /run/netns/ns1",
        "mkdir -p /run; ln -s /root /run/netns",
        "mkdir -p /run/netns; mkfifo /tmp/f; touch /run/netns/f; mount --bind /tmp/f /run/netns/f",
        "umount -l /sys; ip netns add ns1; mount -t tmpfs x /sys",
        "ip netns add ns1; mount -t tmpfs x /run/netns; touch /run/netns/y",
        "hostname x; chmod 000 /run; ip netns add ns1; chattr +i /run/netns/ns1",
    ],
)
def test_reset_works_whatever_lies_among_the_namespaces(ordinary_account: Account, mess: str) -> None:
    with engine(ordinary_account) as running:
        running.sh("echo mine >/root/file")
        running.bash(mess)
        running.reset()
        look = "cat /root/file; ip netns list; ls /run/netns 2>/dev/null; ls /sys/class/net"
        assert running.bash(look).output == "mine\nlo\n"
        running.ask("namespaces", names=["ns1"])
        assert running.run(["ip", "link"], node="ns1").status == 0


def test_settings_that_new_namespaces_take_over_are_set_back(accounts: Account) -> None:
    defaults = json.dumps({SETTING.replace(".", "/"): "63"})
    look = ["sysctl", "-n", SETTING]
    with engine(accounts, environ={"TEST_DEFAULTS": defaults}) as running:
        running.ask("namespaces", names=["ns1"])
        running.sh("ip netns add ns2")
        assert running.run(look) == Ran(0, "63\n")
        assert running.run(look, node="ns1") == Ran(0, "63\n")
        assert _soon(running, look, "ns2", "63\n")
        running.sh("mkfifo /tmp/f; touch /run/netns/f; mount --bind /tmp/f /run/netns/f")
        running.reset()
        running.sh("ip netns add ns3")
        assert running.run(look) == Ran(0, "63\n")
        assert _soon(running, look, "ns3", "63\n")


def _soon(running: Engine, look: list[str], node: str, output: str) -> bool:
    end = time.monotonic() + 1
    while time.monotonic() < end:
        if running.run(look, node=node).output == output:
            return True
    return False


def test_every_default_is_what_a_new_namespace_has_on_an_untouched_kernel(ordinary_account: Account) -> None:
    script = """
from netshell.sandbox import sysctl, identity
from netshell import linux
from pathlib import Path
identity.enter_as_single_id(linux.NEWNET)
files = [Path("/proc/sys", key) for key in sysctl.DEFAULTS]
sysctl.restore_defaults()
assert not sysctl.restore_defaults()
for file, wanted in zip(files, sysctl.DEFAULTS.values()):
    if file.exists():
        file.write_text("1" if wanted == "0" else "0")
assert sysctl.restore_defaults()
print([str(f) for f, wanted in zip(files, sysctl.DEFAULTS.values()) if f.exists() and f.read_text().strip() != wanted])
"""
    done = ordinary_account.run(ordinary_account.argv(ordinary_account.python, "-c", script))
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_modes_and_signals_of_the_caller_do_not_reach_inside(accounts: Account) -> None:
    with engine(accounts, environ={"TEST_UMASK": "077", "TEST_IGNORED": "SIGHUP SIGTERM SIGQUIT SIGTSTP"}) as running:
        assert running.sh("stat -c %a /etc /etc/hosts /run/netshell /tmp /root/.bashrc /dev/shm; umask").split() == [
            *("755", "644", "755", "1777", "644", "1777", "0022")
        ]
        ignored = int(running.sh("grep SigIgn /proc/self/status | cut -f2"), 16)
        assert ignored & ((1 << 31) - 1) == 0


def test_a_home_that_cannot_be_written_only_costs_the_shared_directory(ordinary_account: Account) -> None:
    with engine(ordinary_account, shared=Path("/proc/netshell-work")) as running:
        assert running.bash("ls /root/work").status != 0


REFUSALS = [
    ("user", "user.max_user_namespaces is 0"),
    ("net", "refuses"),
    ("mnt", "refuses"),
    ("pid", "refuses"),
]


@pytest.mark.parametrize(("kind", "words"), REFUSALS, ids=[kind for kind, _ in REFUSALS])
def test_a_refusal_is_a_sentence_at_once_and_leaves_nothing(accounts: Account, kind: str, words: str) -> None:
    forbid = f'echo 0 >/proc/sys/user/max_{kind}_namespaces; exec "$@"'
    before = set(accounts.home.iterdir())
    began = time.monotonic()
    process = start(accounts, wrapped=["unshare", "-Ur", "sh", "-c", forbid, "sh"])
    output, errors = process.communicate(timeout=10)
    assert time.monotonic() - began < 9
    text = errors.decode()
    assert process.returncode == 3, text
    assert (output, text.count("Traceback")) == (b"", 0)
    assert "The private machine cannot be made: the kernel refuses" in text
    assert words in text
    assert set(accounts.home.iterdir()) == before


def test_a_machine_can_be_made_again_and_again_in_one_process(ordinary_account: Account) -> None:
    script = """
from netshell.sandbox import build
for _ in range(40):
    build.make(None, {}).control.close()
print("made")
"""
    done = ordinary_account.run(ordinary_account.argv(ordinary_account.python, "-c", script))
    assert (done.stdout, done.stderr) == ("made\n", "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be asked to become somebody else again")
def test_started_by_sudo_it_becomes_the_invoking_user(ordinary_account: Account) -> None:
    script = """
import os
from netshell.launch import launch
launched = launch()
kept = [name for name in os.environ if name.startswith(("SUDO_", "XDG_"))]
print(open("/proc/self/uid_map").read().split(), os.environ["HOME"], kept)
print(os.access("/etc/shadow", os.R_OK), os.stat(f"/proc/{launched.made.pid}/ns").st_uid)
"""
    environ = {**ordinary_account.environ, "SUDO_UID": str(ordinary_account.uid), "SUDO_USER": "x", "HOME": "/root"}
    done = subprocess.run(
        [ordinary_account.python, "-c", script], env=environ, cwd="/", capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    first, second = done.stdout.splitlines()
    home = pwd.getpwuid(ordinary_account.uid).pw_dir
    assert first == f"['0', '{ordinary_account.uid}', '1'] {home} []"
    assert second.startswith("False")


def test_a_program_that_takes_too_long_is_killed_with_its_group(accounts: Account) -> None:
    with engine(accounts) as running:
        ran = running.bash("sleep 901 & echo begun; exec >&- 2>&-; sleep 902", timeout_s=0.3)
        assert (ran.output, ran.has_timed_out) == ("begun\n", True)
        deadline = time.monotonic() + 10
        while "sleep" in running.bash("cat /proc/[0-9]*/comm").output:  # a killed process is gone when it is scheduled
            assert time.monotonic() < deadline


def test_netshell_does_not_fit_into_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filesystem, "is_inside", lambda: True)
    with pytest.raises(MachineError, match="none fits into it"):
        build.make(None, {})
