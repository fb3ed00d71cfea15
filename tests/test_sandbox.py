"""The private machine as those inside meet it: nothing of the real one may be changed, seen or taken."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from accounts import Program, account
from conftest import ACCOUNTS
from engines import Engine, engine

pytestmark = pytest.mark.kernel

SECRET = "the caller's secret"


@pytest.fixture(scope="module", params=ACCOUNTS, ids=[f"as-{name}" for name in ACCOUNTS])
def inside(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """One machine for all tests of this file that leave it as they found it."""
    is_root = request.param == "root"
    program = Program(Path(sys.executable)) if is_root else request.getfixturevalue("readable_program")
    with account(request.param, program) as who:
        shared = who.home / "netshell-work"
        environ = {"SECRET_TOKEN": SECRET, "PATH": f"/opt/callers/bin:{who.environ['PATH']}"}
        with engine(who, shared=shared, environ=environ) as running:
            yield running


READ_ONLY = "/ /usr /etc/.host /usr/bin /boot /opt"
WAYS_TO_WRITE = """
attempt() { "$@" 2>/dev/null && echo "worked: $*"; }
attack() {
  for place in %s; do
    attempt mount -o remount,rw $place
    attempt mount -o remount,bind,rw $place
    attempt mount -o remount,bind,rw,nosuid,nodev $place
    attempt mount --make-shared -o remount,rw $place
    attempt mkdir $place/probe
    attempt touch $place/probe
  done
  mkdir -p /tmp/at
  attempt mount --bind / /tmp/at
  attempt mount --rbind / /tmp/at && { attempt mount -o remount,bind,rw /tmp/at; attempt touch /tmp/at/probe; }
} 2>/dev/null
"""
CHARACTER_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
UNMASKED = "/home /root /root/work /tmp /run /var /dev /dev/pts /dev/null /etc /etc/.host /proc /mnt /srv"


def attack(ways: str) -> str:
    return WAYS_TO_WRITE.replace("%s", READ_ONLY) + f"\n{ways}\nexit 0"


@pytest.mark.parametrize(
    "way",
    [
        "attack",
        "export -f attack attempt; unshare -m bash -c attack",
        "export -f attack attempt; unshare -Urm bash -c attack",
        "export -f attack attempt; unshare -Urm unshare -Urmpf bash -c attack",
    ],
    ids=["as root", "in a mount namespace", "in a user namespace", "in two user namespaces"],
)
def test_nothing_outside_can_be_made_writable(inside: Engine, way: str) -> None:
    worked = [line for line in inside.bash(attack(way)).output.splitlines() if "--rbind" not in line]
    assert worked == []


@pytest.mark.parametrize("prefix", ["", "unshare -m", "unshare -Urm"], ids=["as root", "mount ns", "user ns"])
def test_what_covers_the_real_files_cannot_be_taken_off(inside: Engine, prefix: str) -> None:
    script = f"for path in {UNMASKED}; do umount $path && echo $path; umount -l $path && echo $path; done 2>/dev/null"
    assert inside.bash(f"{prefix} bash -c '{script}'").output == ""


def test_no_copy_of_the_mounts_shows_what_is_covered(inside: Engine) -> None:
    ran = inside.bash(
        "mkdir -p /tmp/{o,u,w,m}; mount --bind / /tmp/o; mount --rbind / /tmp/m && umount -R /tmp/m/home\n"
        "mount -t overlay -o lowerdir=/,upperdir=/tmp/u,workdir=/tmp/w x /tmp/o\n"
        "ls /tmp/o /tmp/o/home /tmp/m/home /tmp/m/home/* 2>/dev/null | grep -v ':$' | grep .; umount -lR /tmp/m"
    )
    assert "home" not in ran.output.split()
    real = {entry.name for entry in Path("/home").iterdir()}
    assert not real & set(ran.output.split())


def test_the_real_processes_cannot_be_seen_by_any_mount(inside: Engine) -> None:
    ran = inside.bash(
        "unshare -m bash -c 'umount -l /proc; umount -l /proc; cat /proc/[0-9]*/comm';"
        "mkdir -p /tmp/p; mount -t proc proc /tmp/p && cat /tmp/p/[0-9]*/comm"
    )
    assert not {"pytest", "systemd", "sshd"} & set(ran.output.split())
    outside = Path(f"/proc/{inside.pid}/ns/pid").readlink() if os.access(f"/proc/{inside.pid}/ns/pid", os.R_OK) else ""
    assert inside.sh("readlink /proc/self/ns/pid") != str(outside)
    assert len(inside.sh("ls -d /proc/[0-9]*").split()) < 8


def test_the_real_network_cannot_be_seen_below_sys(inside: Engine) -> None:
    names = inside.bash("unshare -m bash -c 'umount -l /sys; umount -l /sys; ls /sys/class/net'").output.split()
    real = {name for _, name in socket.if_nameindex()} - {"lo"}
    assert not real & set(names)


def test_no_disk_and_no_kernel_file_system_can_be_mounted(inside: Engine) -> None:
    mount = "mkdir -p /tmp/k; for kind in {}; do mount -t $kind x /tmp/k 2>/dev/null && echo $kind; done; exit 0"
    kinds = "devtmpfs debugfs tracefs securityfs configfs efivarfs pstore cgroup2 cgroup ext4"
    assert inside.bash(mount.format(kinds)).output == ""
    raised = "umount -l /proc/sys; echo 9 >/proc/sys/user/max_cgroup_namespaces; unshare -C true"
    assert inside.run(["unshare", "-m", "bash", "-c", raised]).status != 0
    assert inside.bash("unshare -UrmC true").status != 0


def test_devices_are_few_and_none_can_be_made(inside: Engine) -> None:
    names = set(inside.sh("cd /dev; find . -not -path './pts/*' | sed 's,^./,,'").split()) - {"."}
    assert names <= {"net", "net/tun", "ptmx", "pts", "shm", "fd", "stdin", "stdout", "stderr", *CHARACTER_DEVICES}
    assert inside.bash("mknod /tmp/disk b 254 0; mknod /root/null c 1 3").status != 0
    assert inside.sh("echo x >/dev/null; head -c 3 /dev/zero | wc -c; stat -c %a /dev/shm /tmp") == "3\n1777\n1777"


def test_kernel_settings_are_read_only_but_for_the_network(inside: Engine) -> None:
    inside.sh("sysctl -w net.ipv4.ip_forward=1; sysctl -w net.ipv4.ip_forward=0")
    for key in ("kernel/core_pattern", "kernel/hostname", "vm/swappiness", "user/max_cgroup_namespaces"):
        ran = inside.bash(f"read old </proc/sys/{key}; echo $old >/proc/sys/{key}")
        assert ran.status != 0, key
    umounted = "umount -l /proc/sys; for f in kernel/core_pattern vm/swappiness fs/file-max; do "
    ran = inside.bash(f"unshare -m bash -c '{umounted} read old </proc/sys/$f; echo 1 >/proc/sys/$f && echo $f; done'")
    assert not [line for line in ran.output.splitlines() if not line.startswith("bash")]
    assert inside.bash("echo 0 >/sys/kernel/mm/transparent_hugepage/enabled; echo b >/proc/sysrq-trigger").status != 0


def test_the_first_process_shows_nothing_and_cannot_be_traced(inside: Engine) -> None:
    for path in ("root", "fd", "environ", "cwd", "exe", "maps", "mem", "ns/net", "ns/user", "stack", "fdinfo"):
        ran = inside.bash(f"ls /proc/1/{path}/ || cat /proc/1/{path} || readlink /proc/1/{path}")
        assert ran.status != 0, (path, ran)
    assert inside.sh("tr '\\0' ' ' </proc/1/cmdline").strip() == "init of the private machine"
    attach = "import ctypes,sys; sys.exit(ctypes.CDLL(None).ptrace({}, 1, 0, 0) == 0)"
    for request in (16, 0x4206):  # PTRACE_ATTACH, PTRACE_SEIZE
        assert inside.run(["/usr/bin/python3", "-c", attach.format(request)]).status == 0


def test_no_signal_ends_the_first_process(inside: Engine) -> None:
    inside.bash("for number in $(seq 1 31) $(seq 34 64); do kill -$number 1; done; exit 0")
    assert inside.sh("echo still here") == "still here"


def test_kill_everything_ends_only_programs(inside: Engine) -> None:
    assert inside.bash("kill -9 -1; echo survived").status in {0, -9}
    assert inside.sh("echo still here") == "still here"


def test_nothing_of_the_caller_is_handed_in(inside: Engine) -> None:
    environment = inside.sh("env -0 | tr '\\0' '\\n'").splitlines()
    names = {line.partition("=")[0] for line in environment}
    assert names <= {"HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"}
    assert SECRET not in inside.bash("cat /proc/[0-9]*/environ; env").output
    assert "/opt/callers" not in inside.sh("echo $PATH")
    assert inside.sh("ls /proc/self/fd").split() == ["0", "1", "2", "3"]
    assert inside.sh("umask; pwd") == "0022\n/root"


def test_programs_are_found_in_the_path_of_the_inside(inside: Engine) -> None:
    assert inside.run(["sudo", "-n", "true"]).status == 0
    assert inside.run(["iptables", "--version"]).status == 0


def test_homes_are_hidden(inside: Engine) -> None:
    assert inside.bash("ls -A /home /srv /media /mnt 2>/dev/null | grep -v : | grep .").output == ""
    assert inside.sh("ls -A /root | grep -v '^work$'") == ".bashrc"
    (inside.who.home / "private").write_text("mine")
    assert inside.bash(f"cat {inside.who.home}/private").status != 0
    real = [entry.name for entry in Path("/root").iterdir()] if os.geteuid() == 0 else []
    assert not set(real) - {".bashrc", "work"} & set(inside.sh("ls -A /root").split())


def test_the_shared_directory_is_the_same_on_both_sides(inside: Engine) -> None:
    shared = inside.who.home / "netshell-work"
    (shared / "from-outside").write_text("hello in there\n")
    (shared / "from-outside").chmod(0o644)
    assert inside.sh("cat /root/work/from-outside; echo hello out there >/root/work/from-inside") == "hello in there"
    assert (shared / "from-inside").read_text() == "hello out there\n"
    flags = inside.sh("findmnt -no OPTIONS /root/work").split(",")
    assert {"nosuid", "nodev", "rw"} <= set(flags)


def test_what_is_made_in_the_shared_directory_gives_no_power_outside(inside: Engine) -> None:
    inside.bash("cp /bin/true /root/work/tool; chmod 6755 /root/work/tool; mknod /root/work/disk b 254 0")
    tool = (inside.who.home / "netshell-work" / "tool").stat()
    assert tool.st_uid != 0  # the outside ignores its set-id bits too: it is the learner's own, or nobody's
    assert not (inside.who.home / "netshell-work" / "disk").exists()


def test_etc_is_private(inside: Engine) -> None:
    before = {path: path.read_bytes() for path in (Path("/etc/hosts"), Path("/etc/resolv.conf")) if path.exists()}
    inside.sh(
        "echo 192.0.2.7 seven >>/etc/hosts; sed -i s/seven/sieben/ /etc/hosts; grep -q sieben /etc/hosts\n"
        "echo nameserver 192.0.2.53 >/etc/resolv.conf.new; mv /etc/resolv.conf.new /etc/resolv.conf\n"
        "mkdir -p /etc/netns/ns9; echo x >/etc/netns/ns9/hosts; echo x >/etc/own-file"
    )
    assert {path: path.read_bytes() for path in before} == before
    assert not Path("/etc/own-file").exists()
    assert not Path("/etc/netns/ns9").exists()


def test_names_and_ipc_are_its_own(inside: Engine) -> None:
    assert inside.sh("hostname") == "pc"
    assert inside.sh("hostname other; hostname; hostname pc") == "other"
    assert socket.gethostname() not in {"pc", "other"}
    for kind in ("net", "mnt", "pid", "ipc", "uts", "user", "cgroup"):
        assert inside.sh(f"readlink /proc/self/ns/{kind}") != str(Path(f"/proc/self/ns/{kind}").readlink())
    assert inside.bash("ipcs -m | grep -c 0x").output == "0\n"


def test_learners_may_make_namespaces_of_every_kind(inside: Engine) -> None:
    assert inside.sh("unshare -pf --mount-proc sh -c 'ps -e -o comm= >/tmp/ps; cat /tmp/ps'") == "sh\nps"
    assert inside.sh("unshare -Urpf sh -c 'echo $$'") == "1"
    assert inside.sh("unshare -n ip -br link | cut -d' ' -f1") == "lo"
    inside.sh("ip netns add x1; ip netns exec x1 sh -c 'ls /sys/class/net; mount | grep -q sysfs'; ip netns delete x1")


def test_programs_that_give_up_root_work(inside: Engine) -> None:
    inside.sh("ip link set lo up")
    ran = inside.bash(
        "timeout 5 tcpdump -i lo -c 1 --immediate-mode -n icmp >/tmp/seen 2>&1 & sleep 0.3\n"
        "ping -c 1 127.0.0.1 >/dev/null; wait; cat /tmp/seen; ip link set lo down"
    )
    assert "ICMP echo request" in ran.output, ran.output
    assert inside.sh("su -c id; chown nobody /tmp/seen && echo done").endswith("done")
    if inside.bash("command -v dnsmasq").status == 0:
        inside.sh("dnsmasq --no-daemon --port=5353 --no-resolv --no-hosts & sleep 0.2; kill %1")


@pytest.mark.parametrize(
    ("command", "output"),
    [
        ("sudo echo a", "a"),
        ("sudo -n echo a", "a"),
        ("sudo -E -u root echo a", "a"),
        ("sudo -nu root echo a", "a"),
        ("sudo -uroot echo a", "a"),
        ("sudo --user root echo a; sudo --user=root echo b", "a\nb"),
        ("sudo -Hn -- ip -V >/dev/null && echo a", "a"),
        ("sudo X=1 Y='2 3' sh -c 'echo $X$Y'", "12 3"),
        ("sudo -E X=1 sh -c 'echo $X'", "1"),
        ("echo 'echo $0' | sudo -i; echo 'echo $0' | sudo -s; echo 'echo $0' | sudo bash", "bash\nbash\nbash"),
        ("sudo -i echo a; sudo -iu root echo b", "a\nb"),
        ("sudo -p 'a b' printf '%s|' 'a b' '' c", "a b||c|"),
        ("sudo -- echo a; sudo sh -c 'echo b'", "a\nb"),
        ("sudo su -c 'echo a'", "a"),
        ("sudo -v && sudo -k && echo a", "a"),
        ("sudo 2>&1 || echo $?", "usage: sudo COMMAND (you are root already)\n1"),
        ("sudo --version", "sudo of the private machine: it only runs the command, you are root already"),
        ("sudo --odd x 2>&1 || echo $?", "sudo: this machine's sudo does not know the option --odd\n1"),
        ("sudo -u 2>&1 || echo $?", "sudo: the option -u needs a value\n1"),
        ("sudo no-such 2>&1 || echo $?", "sudo: no-such: command not found\n1"),
    ],
)
def test_sudo_runs_its_command(inside: Engine, command: str, output: str) -> None:
    assert inside.bash(command).output.rstrip("\n") == output


def test_many_requests_at_once_are_all_answered(inside: Engine) -> None:
    long = "x" * 20_000
    answer = inside.ask("burst", argv=["sh", "-c", f": {long}; exit 7"], times=40)
    assert answer["statuses"] == [7] * 40


def test_words_that_cannot_be_run_are_refused_and_the_machine_lives_on(inside: Engine) -> None:
    for argv in (["no-such-program"], ["/etc/hosts"], ["sh\0", "-c"], ["sh", "-c", "a\0b"]):
        with pytest.raises(Exception, match="could not do that"):
            inside.run(argv)
    with pytest.raises(Exception, match="longer than"):
        inside.run(["echo", "x" * 70_000])
    assert inside.sh("echo still here") == "still here"
