"""The command line: help, exit codes, and a clear sentence for whatever is wrong with it."""

import json
import subprocess
from pathlib import Path

import pytest
from accounts import Account
from conftest import RunNetshell

from netshell import __version__

pytestmark = pytest.mark.kernel


def test_the_version_is_told(accounts: Account, run_netshell: RunNetshell) -> None:
    assert run_netshell(accounts, "--version").stdout == f"netshell {__version__}\n"


def test_the_help_shows_how_to_begin_and_every_command(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    shown = run_netshell(ordinary_account, "--help").stdout
    assert "netshell learn veth" in shown
    places = [shown.index(f"\n  {name} ") for name in ("learn", "play", "run", "lessons", "doctor", "lesson")]
    assert places == sorted(places)
    assert "..." not in shown.partition("Commands:")[2]


@pytest.mark.parametrize(
    "command",
    [
        "learn",
        "play",
        "run",
        "lessons",
        "doctor",
        "completion",
        *(f"lesson {name}" for name in ["new", "schema", "check", "test", "watch"]),
    ],
)
def test_each_command_has_a_help(ordinary_account: Account, run_netshell: RunNetshell, command: str) -> None:
    done = run_netshell(ordinary_account, *command.split(), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: netshell {command}")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("lern", "There is no command `netshell lern`.\nDid you mean `netshell learn`?"),
        ("lesson tset", "There is no command `netshell lesson tset`.\nDid you mean `netshell lesson test`?"),
        ("veth", "There is no command `netshell veth`.\nThere is a lesson of that name: `netshell learn veth`"),
        ("zzz", "There is no command `netshell zzz`.\n`netshell --help` lists them."),
        ("run --jsn -c true", "No such option '--jsn'. Did you mean '--json'?"),
        ("run", "`netshell run` needs commands: either -c COMMAND or a FILE."),
        ("run -c true file", "'file': No such file or directory"),
        ("run --timeout 0 -c true", "Invalid value for '--timeout'"),
        ("run --lab vet -c true", "There is no lesson `vet`.\nDid you mean `veth`"),
        ("lesson test vth", "There is no lesson `vth`.\nDid you mean `veth`"),
        ("lesson check nowhere.md", "There is no file nowhere.md."),
        ("lesson watch nowhere.md", "There is no file nowhere.md."),
        ("lesson watch --play veth", "`--play` needs a terminal to talk to you on"),
        ("lesson new mine", "A lesson's file ends in `.md`, and mine does not.\nTry `netshell lesson new mine.md`."),
        ("lesson schema chek", "No part of a lesson is called `chek`.\nDid you mean `check`?"),
        ("lesson test --jobs 0 veth", "Invalid value for '--jobs'"),
        ("lessons --lessons nowhere", "Directory 'nowhere' does not exist."),
        ("doctor --yes", "`--yes` only says that `--install` need not ask."),
        ("learn", "Missing argument 'LESSON'.\n`netshell learn --help` tells more."),
    ],
)
def test_wrong_usage_is_told_with_what_comes_close(
    ordinary_account: Account, run_netshell: RunNetshell, arguments: str, says: str
) -> None:
    done = run_netshell(ordinary_account, *arguments.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("netshell: ")
    assert says in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [(), ("learn", "veth"), ("play",)])
def test_without_a_terminal_lessons_say_what_there_is_instead(
    accounts: Account, run_netshell: RunNetshell, arguments: tuple[str, ...]
) -> None:
    done = run_netshell(accounts, *arguments, input="ip netns list\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "standard input or output is none.\nFor scripts there is `netshell run -c COMMAND`" in done.stderr


def test_lessons_are_listed_for_people_and_for_programs(accounts: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(accounts, "lessons")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[1] == "netns"
    assert "\x1b" not in done.stdout
    found = json.loads(run_netshell(accounts, "lessons", "--json").stdout)
    assert [found[0]["id"], found[0]["done"]] == ["netns", False]


def test_more_lessons_may_be_named_in_front_of_the_command_or_behind_it(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    lesson = "---\nformat: 1\ntitle: Mine\nsummary: My own.\n---\n\n# Mine\n\nWords.\n\n## A step\n\nMore.\n"
    for name in ("one", "two"):
        (ordinary_account.home / name).mkdir()
        (ordinary_account.home / name / f"{name}.md").write_text(lesson, encoding="utf-8")
    shown = run_netshell(ordinary_account, "--lessons", "one", "lessons", "--lessons", "two", "--json").stdout
    assert [each["id"] for each in json.loads(shown)][-2:] == ["one", "two"]


def test_every_fault_of_a_lesson_is_told_at_once_with_its_place(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    path = ordinary_account.home / "bad.md"
    front = "---\nformat: 1\ntitle: 7\nsummery: x\n---\n\n# Bad\n\nWords.\n"
    path.write_text(
        front + "\n## A\n\n```console do\nip link\n```\n\n```yaml check\n- {lnk: a}\n```\n", encoding="utf-8"
    )
    done = run_netshell(ordinary_account, "lesson", "check", str(path))
    assert (done.returncode, done.stderr) == (1, "")
    places = [tuple(map(int, line.split(":")[1:3])) for line in done.stdout.splitlines()]
    assert all(line.startswith(f"{path}:") for line in done.stdout.splitlines())
    assert places == sorted(places)
    assert {3, 4, 14, 18} <= {line for line, _ in places}


def test_the_bundled_lessons_have_no_fault(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "lesson", "check", "netns", "veth")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_new_lesson_passes_its_own_check_and_test_and_is_not_overwritten(
    accounts: Account, run_netshell: RunNetshell
) -> None:
    done = run_netshell(accounts, "lesson", "new")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("my-lesson.md is written.")
    done = run_netshell(accounts, "lesson", "check", "my-lesson.md")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = run_netshell(accounts, "lesson", "test", "--mutate", "my-lesson.md", timeout_s=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "warning" not in done.stdout
    assert "(100 %)" in done.stdout
    again = run_netshell(accounts, "lesson", "new")
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.startswith("netshell: my-lesson.md is there already, and stays as it is.\n")


def test_the_schema_is_printed_whole_and_in_parts(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    whole = json.loads(run_netshell(ordinary_account, "lesson", "schema").stdout)
    part = json.loads(run_netshell(ordinary_account, "lesson", "schema", "check").stdout)
    assert whole["$defs"] == part["$defs"]
    assert part["$ref"] == "#/$defs/check"


def test_without_a_home_everything_still_works(accounts: Account) -> None:
    environ = {key: value for key, value in accounts.environ.items() if not key.startswith(("HOME", "XDG"))}
    for arguments, status in ((("run", "-c", "echo $HOME"), 0), (("lessons",), 0), (("doctor",), 0)):
        done = subprocess.run(
            accounts.netshell(*arguments), capture_output=True, text=True, check=False, cwd="/", env=environ
        )
        assert done.returncode == status, done.stderr
        assert "Traceback" not in done.stderr


def test_a_state_directory_that_cannot_be_written_is_told_and_does_no_harm(ordinary_account: Account) -> None:
    environ = {"XDG_STATE_HOME": "/proc/nowhere"}
    done = ordinary_account.run(ordinary_account.netshell("lessons"), environ=environ)
    assert done.returncode == 0
    assert "netns" in done.stdout
    assert done.stderr.startswith("netshell: ")
    done = ordinary_account.run(ordinary_account.netshell("run", "-c", "echo a"), environ=environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a\n", "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_no_harm(ordinary_account: Account, closed: str) -> None:
    argv = ordinary_account.argv("sh", "-c", f'"$@" {closed}', "sh", ordinary_account.python, "-m", "netshell")
    done = ordinary_account.run([*argv, "run", "-c", "ip netns add a; true"])
    assert done.returncode == 0
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("lang", ["C", "en_US.ISO-8859-1", "nonsense"])
def test_a_terminal_without_utf_8_loses_marks_and_no_words(ordinary_account: Account, lang: str) -> None:
    environ = {"LANG": lang, "LC_ALL": lang, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = ordinary_account.run(ordinary_account.netshell("lessons"), environ=environ)
    assert (done.returncode, done.stderr) == (0, "")
    assert "One PC, many networks" in done.stdout


@pytest.mark.parametrize("kind", ["user", "net", "pid"])
def test_a_machine_that_refuses_namespaces_is_told_with_the_command_that_mends_it(
    ordinary_account: Account, kind: str
) -> None:
    refuse = f'echo 0 > /proc/sys/user/max_{kind}_namespaces && exec "$@"'
    command: list[str | Path] = [ordinary_account.python, "-m", "netshell", "run", "-c", "true"]
    done = ordinary_account.run(ordinary_account.argv("unshare", "-r", "sh", "-c", refuse, "sh", *command))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("netshell: The private machine cannot be made: the kernel refuses ")
    assert f"sysctl -w user.max_{kind}_namespaces=" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_computer_whose_files_are_read_only_is_good_enough(ordinary_account: Account) -> None:
    bound = "for m in /tmp /home /var; do mount --bind -o ro $m $m; done && ! touch /tmp/x 2>/dev/null && exec "
    command: list[str | Path] = [ordinary_account.python, "-m", "netshell", "run", "-c", "echo hi > /tmp/f; cat /tmp/f"]
    done = ordinary_account.run(ordinary_account.argv("unshare", "-rm", "sh", "-c", bound + '"$@"', "sh", *command))
    assert (done.returncode, done.stdout, done.stderr) == (0, "hi\n", "")


def test_the_learners_own_login_shell_makes_no_difference(ordinary_account: Account) -> None:
    environ = {"SHELL": "/bin/dash", "ENV": "/nowhere", "BASH_ENV": "/nowhere"}
    done = ordinary_account.run(ordinary_account.netshell("run", "-c", "echo ${BASH_VERSION%%.*}"), environ=environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "5\n", "")


def test_a_bug_is_written_to_a_file_and_no_traceback_is_shown(ordinary_account: Account) -> None:
    broken = (
        "import sys; import netshell.host as h; from netshell import cli\n"
        "h.survey = lambda: {}['no such key']\n"
        "sys.argv = ['netshell', 'doctor']\n"
        "cli.main()\n"
    )
    done = ordinary_account.run(ordinary_account.argv(ordinary_account.python, "-c", broken))
    assert (done.returncode, done.stdout) == (70, "")
    assert "went wrong that should not have: KeyError: 'no such key'" in done.stderr
    assert "Traceback" not in done.stderr
    (report,) = (ordinary_account.home / "state" / "netshell").glob("bug-*.txt")
    assert str(report) in done.stderr
    assert "Traceback (most recent call last)" in report.read_text(encoding="utf-8")
    assert report.stat().st_mode & 0o077 == 0


def test_a_persons_own_shell_completes_commands_and_lessons(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    for shell in ("zsh", "fish"):
        assert "_NETSHELL_COMPLETE" in run_netshell(ordinary_account, "completion", shell).stdout
    words = {"COMP_WORDS": "netshell learn tcp-", "COMP_CWORD": "2", "_NETSHELL_COMPLETE": "bash_complete"}
    done = ordinary_account.run(ordinary_account.netshell(), environ=words)
    assert {"plain,tcp-data", "plain,tcp-handshake"} <= set(done.stdout.split())
    assert "bash" in run_netshell(ordinary_account, "completion", "tcsh").stderr
