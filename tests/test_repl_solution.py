"""A solution that is typed for the learner, and Ctrl-C while netshell itself is at work."""

import pytest
from accounts import Account
from typist import sit_down

pytestmark = pytest.mark.terminal

TEXT = """---
format: 1
title: Slow
summary: For a test.
lab:
  nodes: {ns1: host}
---

# Slow

Words.

## Two terminals

```console do
ns1$ cat > said
ns1> hello
ns1^D
$ ip netns add ns2
$ ip -n ns1 link set lo down
```

```yaml check
- {netns: ns2}
- {link: lo, at: ns1, up: false}
- {file: /root/said, contains: hello}
```

## Long

```console setup
$ sleep 60
```

```console do
$ ip netns add ns3
```

```yaml check
- {netns: ns3}
```
"""


def test_a_solution_is_typed_and_what_takes_long_is_stopped_with_ctrl_c(ordinary_account: Account) -> None:
    path = ordinary_account.home / "slow.md"
    path.write_text(TEXT, encoding="utf-8")
    with sit_down(ordinary_account, "learn", str(path)) as learner:
        learner.see("Enter begins.")
        learner.enter()
        learner.see("Two terminals")
        learner.until_prompt()
        learner.enter(":solution")
        learner.see("ip netns add ns2", "Makes the namespace ns2: a network of its own.")
        learner.until_prompt()
        learner.enter(":solution tpye")
        learner.see("`:solution` knows no word `tpye`.", "`:solution type` types it for you.")
        learner.until_prompt()
        learner.enter(":solution type")
        learner.see(
            "▸ ns1$ cat > said", "▸ ns1> hello", "▸ ip netns add ns2", "+ namespace ns2", "✓", "Enter: next step"
        )
        learner.until_prompt()
        learner.enter()
        learner.see("Working … Ctrl-C stops it.")
        learner.type("\x03")
        learner.see("Stopped. The machine stands somewhere in between: `:reset` begins the step anew.")
        learner.until_prompt()
        learner.enter("echo still $((40 + 2))")
        learner.see("still 42")
        learner.until_prompt()
        learner.enter(":quit")
        assert learner.until_end() == 0
