"""Showing what one knows already: a lesson's free task alone, what it builds on, and what it needs installed."""

import pytest
from accounts import Account
from typist import sit_down

pytestmark = pytest.mark.terminal

TEXT = """---
format: 1
title: Known
summary: For a test.
needs: [netns]
tools: [frobnicate]
---

# Known

Words.

## First

```console do
$ ip netns add ns1
```

```yaml check
- {netns: ns1}
```

## Without a recipe {fade: goal}

Add ns2.

```console do
$ ip netns add ns2
```

```yaml check
- {netns: ns2}
```

> [!TIP]
> As before.

## What you can do now

All of it.
"""


def test_the_free_task_alone_counts_for_the_lesson_unless_help_was_taken(ordinary_account: Account) -> None:
    path = ordinary_account.home / "known.md"
    path.write_text(TEXT, encoding="utf-8")
    with sit_down(ordinary_account, "learn", str(path), "--test") as learner:
        learner.see("counts for the whole lesson")
        learner.see("frobnicate, which is not installed")
        learner.until_prompt()
        learner.enter("ip netns list")
        learner.see("ns1")
        learner.enter(":hint")
        learner.see("As before.")
        learner.enter("ip netns add ns2")
        learner.see("Enter: next step")
        learner.enter(f":learn {path} test")
        learner.see("counts for the whole lesson")
        learner.until_prompt()
        learner.enter("ip netns add ns2")
        learner.see("Enter: end of the lesson")
        learner.enter()
        learner.see("You have finished the lesson")
        learner.enter(f":learn {path} exam")
        learner.see("knows no word `exam`")
        learner.enter(":quit")
        learner.until_end()
    with sit_down(ordinary_account, "learn", str(path)) as learner:
        learner.see("It builds on netns, not done yet")
        learner.enter(":quit")
        learner.until_end()
