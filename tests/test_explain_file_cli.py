"""`netshell explain FILE` as it is typed: at a pipe, at a terminal, with files that are no captures."""

import json
import os
import struct
import subprocess
from pathlib import Path

import pytest
import wire
from accounts import Account
from conftest import RunNetshell
from typist import sit_down

pytestmark = pytest.mark.kernel

PING = wire.over_ip(1, wire.icmp(8, payload=b"x" * 8))
SYN = wire.over_ip(6, wire.tcp(flags=2))
HEAD = struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


def record(frame: bytes) -> bytes:
    return struct.pack("<IIII", 1_700_000_000, 7, len(frame), len(frame)) + frame


def pcap(*frames: bytes) -> bytes:
    return HEAD + b"".join(map(record, frames))


@pytest.fixture
def capture(ordinary_account: Account) -> Path:
    """A ping and a SYN, in a file of the account's own."""
    path = ordinary_account.home / "it.pcap"
    path.write_bytes(pcap(PING, SYN))
    return path


def test_a_capture_is_a_table_without_colour(
    ordinary_account: Account, run_netshell: RunNetshell, capture: Path
) -> None:
    done = run_netshell(ordinary_account, "explain", capture.name)
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["No", "1", "2"]
    assert "\x1b" not in done.stdout


def test_a_filter_needs_no_quotes_and_options_stand_anywhere(
    ordinary_account: Account, run_netshell: RunNetshell, capture: Path
) -> None:
    done = run_netshell(ordinary_account, "explain", "--count", capture.name, "tcp", "port", "80")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
    done = run_netshell(ordinary_account, "explain", capture.name, "tcp port 80", "--json")
    assert [json.loads(line)["number"] for line in done.stdout.splitlines()] == [2]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--ladder"], "192.0.2.1"),
        (["--stories"], "ping"),
        (["--packet", "1"], "ICMP"),
        (["--follow", "2"], "TCP conversation"),
    ],
)
def test_each_view_shows_the_packets_in_its_way(
    ordinary_account: Account, run_netshell: RunNetshell, capture: Path, options: list[str], says: str
) -> None:
    done = run_netshell(ordinary_account, "explain", capture.name, *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert says in done.stdout


def test_behind_two_dashes_a_command_line_is_explained(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "explain", "--", "ip", "-n", "ns1", "r")
    assert (done.returncode, done.stderr) == (0, "")
    assert "In ns1: shows the routing table." in done.stdout
    quoted = run_netshell(ordinary_account, "explain", "--json", "--", "ip r | frobnicate")
    assert quoted.returncode == 1, "not all of it is known"
    told = json.loads(quoted.stdout)
    assert (told["command"], told["summary"]) == ("ip r | frobnicate", "")
    assert [part["text"] for part in told["parts"]] == ["ip", "r", "|", "frobnicate"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("explain", "needs a capture file, or behind `--` a command line."),
        ("explain ip route add default", "There is no file ip.\nIt takes a capture file"),
        ("explain --", "Behind `--` stands no command line."),
        ("explain --ladder -- ip route", "`--ladder` does not go together with a command line."),
        ("explain it.pcpa", "There is no file it.pcpa.\nDid you mean it.pcap?"),
        ("explain .", ". cannot be read: Is a directory.\nName a file in it."),
        ("explain it.pcap tcp prt 80", "makes no sense at character 5, `prt`"),
        ("explain it.pcap --ladder --json", "`--ladder` and `--json` do not go together."),
        ("explain it.pcap --packet 3", "There is no packet 3 in it.pcap: they are numbered from 1 to 2."),
        ("explain it.pcap --packet 0", "Invalid value for '--packet'"),
        ("explain it.pcap --follow 1 tcp", "`--follow` is about one packet and takes no filter"),
    ],
)
@pytest.mark.usefixtures("capture")
def test_wrong_usage_is_told_with_what_comes_close(
    ordinary_account: Account, run_netshell: RunNetshell, arguments: str, says: str
) -> None:
    done = run_netshell(ordinary_account, *arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("netshell: ")
    assert says in done.stderr


def test_a_file_that_may_not_be_read_says_who_may(
    ordinary_account: Account, run_netshell: RunNetshell, capture: Path
) -> None:
    capture.chmod(0)
    if os.geteuid() == 0:
        os.chown(capture, 0, 0)
    done = run_netshell(ordinary_account, "explain", capture.name)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "netshell: it.pcap cannot be read: Permission denied.\n`ls -l` shows who may read it: captures often belong "
        "to root.\n"
    )


def test_a_file_that_is_cut_off_ends_with_the_place_and_fails(
    ordinary_account: Account, run_netshell: RunNetshell, capture: Path
) -> None:
    capture.write_bytes(capture.read_bytes()[:-3])
    done = run_netshell(ordinary_account, "explain", capture.name)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr.startswith("netshell: it.pcap: The file ends in the middle of a packet at byte ")


def test_json_is_utf_8_and_the_table_loses_no_words_where_the_terminal_has_none(
    ordinary_account: Account, capture: Path
) -> None:
    environ = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        ordinary_account.netshell("explain", capture, "--json"),
        env={**ordinary_account.environ, **environ},
        capture_output=True,
        check=True,
    )
    assert "40000 → 80" in done.stdout.decode("utf-8")
    table = ordinary_account.run(ordinary_account.netshell("explain", capture), environ=environ)
    assert (table.returncode, table.stderr) == (0, "")
    assert "192.0.2.1 ? 192.0.2.2" in table.stdout


def test_standard_input_is_read_as_packets_come(ordinary_account: Account) -> None:
    argv = ordinary_account.netshell("explain", "-")
    pipe, environ = subprocess.PIPE, dict(ordinary_account.environ)
    with subprocess.Popen(argv, env=environ, cwd="/", stdin=pipe, stdout=pipe, stderr=pipe) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        assert program.stderr is not None
        program.stdin.write(HEAD + record(PING))
        program.stdin.flush()
        assert program.stdout.readline().split()[0] == b"No"
        assert program.stdout.readline().split()[0] == b"1"
        program.stdin.write(record(SYN))
        program.stdin.flush()
        assert program.stdout.readline().split()[0] == b"2"
        program.stdin.close()
        assert (program.wait(10), program.stdout.read(), program.stderr.read()) == (0, b"", b"")


def test_columns_leave_room_for_addresses_that_are_yet_to_come(ordinary_account: Account) -> None:
    argv = ordinary_account.netshell("explain", "-")
    pipe, environ = subprocess.PIPE, dict(ordinary_account.environ)
    with subprocess.Popen(argv, env=environ, cwd="/", stdin=pipe, stdout=pipe) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(HEAD + record(wire.ethernet(0x0806, wire.arp(1))))
        program.stdin.flush()
        assert [program.stdout.readline().split()[0] for _ in range(2)] == [b"No", b"1"]
        program.stdin.write(record(wire.ethernet(0x0800, wire.ipv4(1, wire.icmp(8), src="198.51.100.100"))))
        program.stdin.close()
        assert "198.51.100.100 → 192.0.2.2" in program.stdout.read().decode()


def test_one_packet_out_of_a_pipe_is_opened_when_the_pipe_has_ended(ordinary_account: Account, capture: Path) -> None:
    argv = ordinary_account.argv("sh", "-c", f'cat "{capture}" | "$@" explain - --packet 2', "sh")
    done = ordinary_account.run([*argv, str(ordinary_account.python), "-m", "netshell"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "TCP" in done.stdout


def test_who_reads_no_further_ends_it_without_a_word(ordinary_account: Account, capture: Path) -> None:
    capture.write_bytes(pcap(*[PING] * 20_000))
    for view in ("", "--json"):
        script = f'"$@" explain "{capture}" {view} | head -n 1'
        argv = ordinary_account.argv("sh", "-c", script, "sh", ordinary_account.python, "-m", "netshell")
        done = ordinary_account.run(argv)
        assert (len(done.stdout.splitlines()), done.stderr) == (1, "")


@pytest.mark.terminal
def test_a_long_capture_is_paged_and_q_ends_it(ordinary_account: Account, capture: Path) -> None:
    capture.write_bytes(pcap(*[PING] * 20_000))
    with sit_down(ordinary_account, "explain", "it.pcap") as learner:
        learner.see("192.0.2.1 → 192.0.2.2", "q: done")
        learner.press(" ")
        learner.see("30 0.000000")
        learner.press("q")
        assert learner.until_end() == 0


@pytest.mark.terminal
def test_a_short_capture_is_printed_and_standard_input_must_not_be_the_terminal(
    ordinary_account: Account, capture: Path
) -> None:
    with sit_down(ordinary_account, "explain", capture.name) as learner:
        assert learner.until_end() == 0
        assert "40000 → 80" in learner.see("192.0.2.1 → 192.0.2.2")
    with sit_down(ordinary_account, "explain", "-") as learner:
        assert learner.until_end() == 2
        learner.see("Standard input is a terminal", "`tcpdump -w - | netshell explain -`")


@pytest.mark.terminal
def test_a_capture_that_is_cut_off_says_so_below_its_packets_on_a_terminal(
    ordinary_account: Account, capture: Path
) -> None:
    capture.write_bytes(capture.read_bytes()[:-3])
    with sit_down(ordinary_account, "explain", capture.name) as learner:
        assert learner.until_end() == 1
        learner.see("192.0.2.1 → 192.0.2.2", "netshell: it.pcap: The file ends in the middle of a packet")
