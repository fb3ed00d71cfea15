"""`netshell run`: what scripts get from it, and what it does with what nobody should type."""

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest
from accounts import Account
from conftest import RunNetshell

pytestmark = pytest.mark.kernel


def objects(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_a_command_prints_what_it_printed_and_what_it_changed(accounts: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(accounts, "run", "-c", "echo one; ip netns add a")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "one\n  + namespace a\n    it has only lo, and lo is DOWN\n"


def test_json_has_one_object_a_command_with_the_keys_that_are_promised(
    accounts: Account, run_netshell: RunNetshell
) -> None:
    done = run_netshell(accounts, "run", "--json", "-c", "ip netns add a\nip link nonsense")
    first, second = objects(done.stdout)
    assert (first["command"], first["status"], first["output"]) == ("ip netns add a", 0, "")
    (change,) = first["changes"]
    assert list(change) == ["on", "kind", "op", "name", "before", "after", "says"]
    assert (change["on"], change["kind"], change["op"], change["name"]) == ("a", "namespace", "added", "a")
    assert change["before"] is None
    assert second["status"] == 255
    assert second["changes"] == []
    assert done.returncode == 255


def test_the_exit_status_is_the_last_commands(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    assert run_netshell(ordinary_account, "run", "-c", "false\ntrue").returncode == 0
    assert run_netshell(ordinary_account, "run", "-c", "true\n(exit 7)").returncode == 7


@pytest.mark.parametrize(
    ("line", "status"), [("exit 5", 5), ("exec false", 1), ("kill -9 $$", 137), ("sudo sh -c 'exit 9'\nexit", 9)]
)
def test_a_shell_that_ends_ends_the_run_with_its_status(
    ordinary_account: Account, run_netshell: RunNetshell, line: str, status: int
) -> None:
    done = run_netshell(ordinary_account, "run", "-c", f"{line}\necho never")
    assert done.returncode == status
    assert "never" not in done.stdout


def test_constructs_of_several_lines_are_one_command(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    lines = ["for i in 1 2", "do echo $i", "done", "", "cat <<END", ":map", "# kept", "", "END", "# a comment"]
    done = run_netshell(ordinary_account, "run", "--json", "-", input="\n".join(lines))
    loop, here = objects(done.stdout)
    assert (loop["command"], loop["output"]) == ("for i in 1 2\ndo echo $i\ndone", "1\n2\n")
    assert here["output"] == ":map\n# kept\n\n"


def test_a_command_without_end_is_told(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "run", "-c", 'echo "one')
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith('netshell: `echo "one` has no end: bash waits for more.\n')


def test_a_program_that_stays_in_front_is_interrupted_and_the_next_line_runs(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    done = run_netshell(ordinary_account, "run", "--json", "--timeout", "0.5", "-c", "sleep 60\necho next")
    slept, following = objects(done.stdout)
    assert slept["status"] == 130
    assert following["output"] == "next\n"
    assert done.stderr == "netshell: `sleep` did not end in 0.5 s and was interrupted.\n"
    assert done.returncode == 0


def test_a_program_that_does_not_listen_to_ctrl_c_ends_the_run(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    deaf = "bash -c 'trap \"\" INT QUIT; while :; do sleep 60; done'"
    done = run_netshell(ordinary_account, "run", "--timeout", "0.3", "-c", deaf)
    assert done.returncode == 1
    assert "did not end in 0.3 s, nor at Ctrl-C." in done.stderr


def test_a_job_in_the_background_does_not_hold_the_run_up(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    began = time.monotonic()
    done = run_netshell(ordinary_account, "run", "-c", "sleep 60 &\necho next")
    assert (done.returncode, done.stdout.endswith("next\n")) == (0, True)
    assert time.monotonic() - began < 20


def test_output_is_untouched(ordinary_account: Account) -> None:
    argv = ordinary_account.netshell("run", "-c", r"printf 'a\nb\r\nc\r\r\n\0\377\303\244'; ip netns add x")
    done = subprocess.run(
        argv, capture_output=True, check=True, cwd=ordinary_account.home, env=ordinary_account.environ
    )
    assert done.stdout.startswith(b"a\nb\r\nc\r\r\n\0\xff\xc3\xa4")
    assert b"+ namespace x" in done.stdout
    assert b"\x1b" not in done.stdout


def test_huge_output_passes_whole_and_is_bounded_in_json(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    line = "yes | head -c 3000000"
    assert run_netshell(ordinary_account, "run", "-c", line).stdout == "y\n" * 1_500_000
    (found,) = objects(run_netshell(ordinary_account, "run", "--json", "-c", line).stdout)
    assert len(found["output"]) < 1_100_000
    assert found["output"].endswith("… netshell kept the first 1048576 of 3000000 bytes.\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"echo a\n\x00\x01", "Line 2 has the control character 0x00."),
        (b"echo \x03", "Line 1 has the control character 0x03."),
        (b"echo \xe9", "Line 1 is not UTF-8: byte 0xe9."),
        (b"a" * 70_000, "Line 1 is longer than 65536 bytes."),
    ],
    ids=["NUL", "Ctrl-C", "Latin-1", "long"],
)
def test_what_nobody_can_type_is_refused(ordinary_account: Account, text: bytes, says: str) -> None:
    path = ordinary_account.home / "script"
    path.write_bytes(text)
    done = ordinary_account.run(ordinary_account.netshell("run", path))
    assert done.returncode == 2
    assert f"netshell: {says}\n" in done.stderr


@pytest.mark.parametrize("text", ["", "\n  \n", "# nothing\n"])
def test_nothing_to_run_is_done_at_once(ordinary_account: Account, run_netshell: RunNetshell, text: str) -> None:
    done = run_netshell(ordinary_account, "run", "-", input=text)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_lines_from_another_system_end_as_they_should(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "run", "-", input="echo a\r\necho b")
    assert done.stdout == "a\nb\n"


def test_many_lines_are_run(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    text = "".join(f"echo {number}\n" for number in range(2000))
    done = run_netshell(ordinary_account, "run", "-", input=text, timeout_s=120)
    assert done.stdout.split() == [str(number) for number in range(2000)]


def test_lines_are_run_as_they_come(ordinary_account: Account) -> None:
    argv = ordinary_account.netshell("run", "--json", "-")
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ordinary_account.home, env=ordinary_account.environ
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for word in (b"one", b"two"):
            process.stdin.write(b"echo " + word + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["output"].encode() == word + b"\n"
        process.stdin.close()
        assert process.wait(timeout=10) == 0


def test_a_reader_that_leaves_ends_the_run_without_a_word(ordinary_account: Account) -> None:
    argv = ordinary_account.netshell("run", "-c", "yes")
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ordinary_account.home, env=ordinary_account.environ
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"y\n"
        process.stdout.close()
        assert process.wait(timeout=20) == 1
        assert process.stderr.read() == b""


def test_a_full_disk_behind_standard_output_is_told(ordinary_account: Account) -> None:
    argv = ordinary_account.netshell("run", "-c", "echo a")
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        done = subprocess.run(
            argv, stdout=full, stderr=subprocess.PIPE, check=False, cwd=ordinary_account.home,
            env=ordinary_account.environ,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        1,
        b"netshell: Standard output cannot be written: No space left on device.\n",
    )


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_ends_the_run_and_all_that_it_started(ordinary_account: Account, number: int, status: int) -> None:
    mark = f"{10 + os.getpid() / 1e7:.7f}"
    argv = ordinary_account.netshell("run", "-c", f"echo ready; sleep {mark}")
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ordinary_account.home,
        env=ordinary_account.environ, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, number)
        assert process.wait(timeout=10) == status
    end = time.monotonic() + 5
    while is_running(mark) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_running(mark)


def is_running(mark: str) -> bool:
    return subprocess.run(["pgrep", "-f", f"^sleep {mark}$"], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_the_lab_of_a_lesson_is_built(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "run", "--lab", "netns", "-c", "ip -br link show dev eth0")
    assert done.returncode == 0
    assert done.stdout.startswith("eth0")


def test_netshells_own_commands_are_carried_out(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    lines = [":map", "ip netns add ns1", ":term ns1", "ip -br link", "exit", ":terms", ":lessons", ":reset", "ip netns"]
    done = run_netshell(ordinary_account, "run", "--json", "-", input="\n".join(lines))
    found = {each["command"]: each for each in objects(done.stdout)}
    assert "pc" in found[":map"]["output"]
    assert found["ip -br link"]["output"].split()[0] == "lo"
    assert "netns" in found[":lessons"]["output"]
    assert found["ip netns"]["output"] == ""
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (":mpa", "Did you mean `:map`?"),
        (":term nobody", "There is no node `nobody`."),
        (":hint", "There is no lesson here"),
        (":learn veth", "Lessons need a person."),
    ],
)
def test_a_command_of_netshells_own_that_fails_is_told_and_the_run_goes_on(
    ordinary_account: Account, run_netshell: RunNetshell, line: str, says: str
) -> None:
    failed, following = objects(run_netshell(ordinary_account, "run", "--json", "-c", f"{line}\necho on").stdout)
    assert failed["status"] == 1
    assert says in " ".join(failed["output"].split())
    assert following["output"] == "on\n"


def test_quit_ends_the_run(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "run", "-c", "echo one\n:quit\necho two")
    assert (done.returncode, done.stdout) == (0, "one\n")


def test_a_colon_alone_is_bashs(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "run", "-c", ": ${word:=set}\necho $word")
    assert done.stdout == "set\n"
