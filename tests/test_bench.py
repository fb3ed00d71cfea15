import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).parent.parent / "bench" / "run.py"


def listed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, RUN, *arguments], capture_output=True, text=True, check=False)


def test_every_figure_and_target_is_in_the_list() -> None:
    done = listed("--list", "--quick")
    assert (done.returncode, done.stderr) == (0, "")
    for figure, words in {
        "start: Enter to first prompt": "≤ 300 ms  (beside python -c pass; bash -ic true on a pty; unshare",
        "start: `netshell run -c true`": "(beside python -c pass; bash -ic true on a pty; unshare",
        "start: the private machine": "≤ 15 ms",
        "typing: `true` in a terminal": "≤ 1 ms over plain bash on a pty",
        "typing: `ip link` in a terminal": "≤ 1 ms over plain bash on a pty",
        "typing: `true` with a snapshot of 5 namespaces": "≤ 15 ms",
        "typing: `ip link` with a snapshot of 5 namespaces": "≤ 15 ms",
        "memory: idle": "≤ 80 MB",
        "snapshot: snapshot of 2 namespaces": "`ip -j`",
        "snapshot: snapshot of 10 namespaces": "`ip -j`",
        "snapshot: snapshot of 100 namespaces": "`ip -j`",
        "snapshot: snapshot of 500 namespaces": "`ip -j`",
        "snapshot: a namespace's share of it with 100": "≤ 1.2 of each of 10",
        "snapshot: a namespace's share of it with 500": "≤ 1.2 of each of 100",
        **{f"lab: a star of {hosts} hosts built": "≤ 3 of C, raw netlink" for hosts in (2, 10, 100, 500)},
        **{f"lab: ten times that of {hosts} hosts": "≤ 1 of Mininet" for hosts in (2, 10, 100, 500)},
        **{f"lab: the first ping across a star of {hosts} hosts": "≤ 5 ms" for hosts in (2, 10, 100, 500)},
        "lab: a star of 9 hosts dropped and built again": "≤ 15 ms over C, raw netlink",
        "growth: a packet of 1,000,000, all lines": "≤ 1.2 of each of 100,000",
        "growth: `netshell explain` of 1,000,000 packets, all lines into a file; most memory": "≤ 150 MB",
        "growth: a lesson of 500 more, from source": "≤ 1.2 of each of 100 more",
        "growth: a lesson of 500 more, compiled": "≤ 1.2 of each of 100 more",
        "growth: the last five of 20 terminals": "≤ 1.2 of the first five",
        "growth: a terminal's memory": "(beside a plain bash)",
        "output: `yes | head -c 100M`": "(beside plain bash, read by a bare loop)",
        "lesson: `veth` loaded": "json.loads",
        "files: `netshell explain FILE` on a terminal, to the first screen": "≤ 300 ms",
        "files: `netshell explain FILE 'tcp port 80' --count` [ms]": "≤ 1 of tshark -n -r FILE -Y 'tcp.port == 80'",
        "files: `netshell explain FILE 'tcp port 80' --count`; most memory": "≤ 150 MB",
        "files: `netshell explain FILE --packet 90000` [ms]": "(beside tshark",
        "kill: processes left": "≤ 0",
        "kill: namespaces left": "≤ 0",
        "kill: mounts left": "≤ 0",
        "kill: files left": "≤ 0",
    }.items():
        lines = [line for line in done.stdout.splitlines() if line.startswith(figure)]
        assert lines, figure
        assert words in lines[0]


def test_one_group_can_be_chosen_and_a_wrong_one_is_named() -> None:
    assert {line.split(":")[0] for line in listed("--list", "memory").stdout.splitlines()} == {"memory"}
    done = listed("--list", "speed")
    assert done.returncode == 2
    assert "speed" in done.stderr
    assert "snapshot" in done.stderr
