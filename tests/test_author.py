"""What `netshell lesson test` finds, in lessons that are wrong in one way each, and in one that is right."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from accounts import Account, account
from conftest import RunNetshell

from netshell.lesson import library

pytestmark = pytest.mark.kernel

HEAD = """\
---
format: 1
title: A lesson
summary: For a test.
vars:
  net: {pick: [192.0.2, 198.51.100]}
lab:
  pc: {eth0: 192.168.7.2/24, default: 192.168.7.1}
keep:
  - {link: eth0, up: true}
---

# A lesson

Words.
"""

GOOD = """
## One name {skills: add}

```console do
$ ip netns add a
$? ip netns list
$ ip netns exec a bash
$ ip link set lo up
$ ip address add ${net}.1/24 dev lo
$ exit
$ ip netns exec a ping -c 2 -i 0.2 ${net}.1
```

```console also
$ ip netns add a
$ ip -n a link set lo up
$ ip -n a address add ${net}.1/24 dev lo
a$ ping ${net}.1
a~ icmp_seq=2
a^C
```

```yaml check
- {netns: a}
- {ping: "${net}.1", at: a}
```

```yaml wrong
- do: $ ip netns add A
  when:
    - {netns: A}
  say: Capitals count.
- do: |
    $ ip netns add a
    $ ip -n a address add ${net}.1/24 dev lo
    $ ip netns exec a ping -c 3 ${net}.1
  say: Nothing is switched on yet.
```

> [!TIP]
> Another network is wanted. What does `ip netns help` say?
"""

STEPS = {
    "Holds before": "```console do\n$ ip netns add b\n```\n```yaml check\n- {link: eth0}\n```",
    "Does not solve": "```console do\n$ ip netns add c\n```\n```yaml check\n- {netns: d}\n```",
    "Another does not solve": (
        "```console do\n$ ip netns add e\n```\n```console also\n$ ip netns add f\n```\n```yaml check\n- {netns: e}\n```"
    ),
    "Another hangs": (
        "```console do\n$ ip netns add g\n```\n```console also\n$ cat\n$ true\n```\n```yaml check\n- {netns: g}\n```"
    ),
    "Not checked": (
        "```console do\n$ ip netns add h\n$ ip netns exec h ip link set lo up\n```\n```yaml check\n- {netns: h}\n```"
    ),
    "Mistake passes": (
        "```console do\n$ ip netns add i\n```\n```yaml check\n- {netns: i}\n```\n"
        "```yaml wrong\n- do: $ ip netns add i; true\n  say: Not so.\n```"
    ),
    "Mistake is not told": (
        "```console do\n$ ip netns add j\n```\n```yaml check\n- {netns: j}\n```\n"
        "```yaml wrong\n- do: $ ip netns add J\n  when: [{netns: K}]\n  say: Not so.\n```"
    ),
    "Mistake is told as another": (
        "```console do\n$ ip netns add k\n```\n```yaml check\n- {netns: k}\n```\n"
        "```yaml wrong\n- do: $ ip netns add K1\n  when: [{netns: K1}]\n  say: First.\n"
        "- do: $ ip netns add K1; ip netns add K2\n  when: [{netns: K2}]\n  say: Second.\n```"
    ),
    "Solution is told as a mistake": (
        "```console do\n$ ip netns add l\n$ ip netns add m\n```\n```yaml check\n- {netns: l}\n- {netns: m}\n```\n"
        "```yaml wrong\n- do: $ ip netns add l; true\n  when: [{netns: l}]\n  say: Too early.\n```"
    ),
    "Breaks a promise": (
        "```console do\n$ ip link set eth0 down\n$ ip netns add n\n$ ip link set eth0 up\n```\n"
        "```yaml check\n- {netns: n}\n```"
    ),
    "Gives itself away": (
        "```console do\n$ ip netns add o\n```\n```yaml check\n- {netns: o}\n```\n> [!TIP]\n> Type `ip netns  add o`.\n"
    ),
    "Mistake stays": (
        "```console do\n$ ip netns add r\n```\n```yaml check\n- {netns: r}\n- {netns: R, not: true}\n```\n"
        "```yaml wrong\n- do: $ ip netns add R\n  when: [{netns: R}]\n  say: Take R away.\n```"
    ),
    "Mend does not mend": (
        "```console do\n$ ip netns add s\n```\n```yaml check\n- {netns: s}\n- {netns: S, not: true}\n```\n"
        "```yaml wrong\n- do: $ ip netns add S\n  when: [{netns: S}]\n  mend: $ true\n  say: Take S away.\n```"
    ),
    "Mended": (
        "```console do\n$ ip netns add t\n```\n```yaml check\n- {netns: t}\n- {netns: T, not: true}\n```\n"
        "```yaml wrong\n- do: $ ip netns add T\n  when: [{netns: T}]\n  mend: [$ ip netns delete T]\n"
        "  say: Take T away.\n```"
    ),
    "Keeps only from here": (
        "```console do\n$ ip netns add u\n```\n```yaml check\n- {netns: u}\n```\n```yaml keep\n- {netns: u}\n```"
    ),
    "Nothing judges": "```console do\n$ ip netns add p\n```",
    "Only to look": "```console do\n$? ip netns list\n```",
    "Never ends": "```console do\n$ sleep 60\n$ ip netns add q\n```\n```yaml check\n- {netns: q}\n```",
    "Not reached": "Words.",
}


def text_of(steps: Mapping[str, str]) -> str:
    return HEAD + "".join(f"\n## {title}\n\n{body}\n" for title, body in steps.items())


def line_of(text: str, part: str, after: str) -> int:
    """The line of the first `part` behind `after`, counted from 1."""
    return text[: text.index(part, text.index(after))].count("\n") + 1


@pytest.fixture(scope="module")
def found(readable_program: object) -> Mapping[str, list[str]]:
    """The faults of each step of the wrong lesson, as `line: message`; found in one run."""
    with account("ordinary", readable_program) as who:  # type: ignore[arg-type]
        path = who.home / "wrong.md"
        path.write_text(text_of(STEPS), encoding="utf-8")
        argv = who.netshell("lesson", "test", "--json", "--seeds", "1", "--timeout", "1.5", path)
        done = who.run(argv, timeout_s=90)
    assert (done.returncode, done.stderr) == (1, "")
    told: dict[str, list[str]] = {}
    for proof in map(json.loads, done.stdout.splitlines()):
        told.setdefault(proof["title"], [])
        if not proof["holds"]:
            told[proof["title"]].append(f"{proof['line']}: {proof['message']}")
    return told


def test_a_right_lesson_is_proved(accounts: Account, run_netshell: RunNetshell) -> None:
    path = accounts.home / "right.md"
    path.write_text(HEAD + GOOD, encoding="utf-8")
    done = run_netshell(accounts, "lesson", "test", "--seeds", "1", str(path), timeout_s=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    lines = done.stdout.splitlines()
    assert lines[0] == "right · seed 1"
    assert lines[1].split()[:4] == ["✓", "1", "One", "name"]
    # keep, early, do, also, two mistakes with the solution after each, four lines of which each is needed; the hint
    # gives nothing away
    assert lines[1].split()[4:6] == ["13", "proofs"]
    assert lines[-1].startswith("All of it holds: 13 proofs, 1 run in ")


@pytest.mark.parametrize(
    ("step", "part", "says"),
    [
        ("Holds before", "## Holds", "The checks hold before anything is done."),
        ("Does not solve", "$ ip netns add c", "After this solution the checks do not hold: There is no namespace d."),
        (
            "Another does not solve",
            "$ ip netns add f",
            "After this solution the checks do not hold: There is no namespace e.",
        ),
        ("Another hangs", "$ cat", "Terminal pc did not prompt again in 1.5 s: `cat` is still in front."),
        (
            "Not checked",
            "$ ip netns exec h",
            "Unchecked: the checks hold without this line of the solution, `ip netns exec h ip link set lo up`.",
        ),
        ("Mistake passes", "- do:", "This mistake passes as a solution."),
        ("Mistake is not told", "- do:", "This mistake should be told with its own words alone. Told is: nothing"),
        (
            "Mistake is told as another",
            "- do: $ ip netns add K1;",
            "This mistake should be told with its own words alone. Told is: First. | Second.",
        ),
        ("Breaks a promise", "$ ip link set eth0 down", "With this line of the solution `keep` is broken: "),
        (
            "Gives itself away",
            "$ ip netns add o",
            "Hint 1 of the step gives this line of the solution away: `ip netns add o`.",
        ),
        (
            "Mistake stays",
            "- do:",
            "After this mistake the solution does not pass: The namespace R is there. Here that must not be so. Write",
        ),
        ("Mend does not mend", "- do:", "After this mistake and its `mend` the solution does not pass: "),
        ("Nothing judges", "$ ip netns add p", "Nothing judges this solution: the step has no `yaml check`."),
        ("Never ends", "$ sleep 60", "Terminal pc did not prompt again in 1.5 s: `sleep` is still in front."),
    ],
    ids=lambda value: value if value in STEPS else "",
)
def test_a_fault_is_told_with_its_line(found: Mapping[str, list[str]], step: str, part: str, says: str) -> None:
    text = text_of(STEPS)
    line = line_of(text, part, f"## {step}")
    assert any(fault.startswith(f"{line}: {says}") for fault in found[step]), found[step]


def test_a_solution_that_is_told_as_a_mistake_names_the_mistake(found: Mapping[str, list[str]]) -> None:
    text, title = text_of(STEPS), "## Solution is told as a mistake"
    mistake, line = line_of(text, "- do:", title), line_of(text, "$ ip netns add l", title)
    told = f"{line}: This line of the solution is told as the mistake of line {mistake}."
    assert told in found["Solution is told as a mistake"]


@pytest.mark.parametrize("step", ["Only to look", "Mended", "Keeps only from here"])
def test_a_step_without_a_fault_has_none(found: Mapping[str, list[str]], step: str) -> None:
    assert found[step] == []


def test_a_solution_without_end_ends_the_proof_and_says_so(found: Mapping[str, list[str]]) -> None:
    assert "Not reached" not in found
    assert found["Never ends"][-1].endswith("The steps after it were not tried.")


def test_faults_of_reading_are_all_told_and_the_other_lessons_are_proved(
    ordinary_account: Account, run_netshell: RunNetshell
) -> None:
    unreadable, right = ordinary_account.home / "unreadable.md", ordinary_account.home / "right.md"
    unreadable.write_text(HEAD + "\n## A\n\n```yaml check\n- {nets: a}\n- {netns: 1}\n```\n", encoding="utf-8")
    right.write_text(HEAD + "\n## Read\n\nWords.\n", encoding="utf-8")
    done = run_netshell(ordinary_account, "lesson", "test", "--seeds", "1", str(unreadable), str(right))
    assert done.returncode == 1
    assert f"{unreadable}:20:" in done.stdout
    assert "right · seed 1" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_program_that_is_missing_is_named(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    path = ordinary_account.home / "tools.md"
    path.write_text(HEAD.replace("vars:", "tools: [no-such-tool]\nvars:") + "\n## A\n\nWords.\n", encoding="utf-8")
    done = run_netshell(ordinary_account, "lesson", "test", str(path))
    assert done.returncode == 3
    assert "netshell: The lesson tools needs `no-such-tool`" in done.stderr


@pytest.mark.parametrize("path", library.lessons_in(library.bundled_directory()), ids=lambda path: path.stem)
def test_a_bundled_lesson_is_proved(path: Path, ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "lesson", "test", "--seeds", "1", path.stem, timeout_s=300)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
