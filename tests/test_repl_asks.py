"""A lesson that asks, typed by a learner in a terminal of 80 columns and 24 rows."""

from pathlib import Path

import pytest
from accounts import Account
from typist import F7, sit_down

pytestmark = pytest.mark.terminal

TEXT = """\
---
format: 1
title: Ask first
summary: For a test.
lab:
  nodes: {ns1: host, ns2: host}
  links: [ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24]
---

# Ask first

Words.

## Before you ping

What will happen?

```yaml ask
predict: Which packet leaves ns1 first?
choices: [an ARP request, an ICMP echo request, an ICMP echo reply]
answer: [{arp: request}, {icmp: echo-request}, {icmp: echo-reply}]
at: ns1
why: ns1 knows the address, not the MAC behind it. It has to ask first.
```

## Ping

```console do
$ ip netns exec ns1 ping -c 1 192.0.2.2
```

```yaml check
- {ping: 192.0.2.2, at: ns1}
```

## After it

```yaml ask
- question: How many bytes has a MAC address?
  answer: 6
  why: Six pairs of digits.
- question: What comes first?
  order: [ARP, ICMP]
  why: The envelope needs a name.
```
"""


def test_a_learner_predicts_leaves_and_sees_what_came(accounts: Account) -> None:
    path = accounts.home / "asking.md"
    path.write_text(TEXT, encoding="utf-8")
    predict(accounts, path)
    compare(accounts, path)


def predict(who: Account, path: Path) -> None:
    with sit_down(who, "learn", str(path)) as learner:
        learner.see("Enter begins.")
        learner.until_prompt()
        learner.enter("2")
        learner.see("2: command not found")  # nothing is asked on the title page
        learner.until_prompt()
        learner.enter()
        learner.see(
            "? Which packet leaves ns1 first?", "2 an ICMP echo request", "Your answer is its number: 1, 2 or 3."
        )
        learner.until_prompt()
        learner.enter("7")
        learner.see("There is no choice `7`.", "1, 2 or 3")
        learner.until_prompt()
        learner.enter()
        learner.see("What do you think? A guess is fine.", "Enter once more goes on without.")
        learner.until_prompt()
        learner.enter("2")
        learner.see("You said: an ICMP echo request. What happens next will tell.", "Enter goes on.")
        learner.until_prompt()
        learner.enter("2")
        learner.see("You said: an ICMP echo request. What happens next will tell.")  # it may be changed still
        learner.until_prompt()
        learner.enter(":quit")
        assert learner.until_end() == 0


def compare(who: Account, path: Path) -> None:
    with sit_down(who, "learn", str(path)) as learner:
        learner.see("Enter begins.")
        learner.until_prompt()
        learner.enter()
        learner.see("You said: an ICMP echo request.", "Enter goes on.")
        learner.until_prompt()
        learner.enter()
        learner.see("step 2 of 3", "You said: an ICMP echo request.", "try: ip netns exec ns1 ping")
        learner.until_prompt()
        learner.enter("ip netns exec ns1 ping -c 1 192.0.2.2")
        learner.see(
            "→ You said: an ICMP echo request. First to leave ns1 was an ARP request (packet",
            "It has to ask first.",
            "✓ 192.0.2.2 answered ns1.",
        )
        learner.until_prompt()
        learner.enter()
        learner.see("step 3 of 3", "How many bytes", "Type a whole number")
        learner.until_prompt()
        learner.enter("six")
        learner.see("six: command not found", "Was that your answer? Type a whole number")
        learner.until_prompt()
        learner.enter("6")
        learner.see("✓ You said: 6. So it is. Six pairs of digits.", "? What comes first?", "such as 1 2")
        learner.until_prompt()
        learner.enter("1 2")
        learner.see("You said:", "The envelope needs a name.", "Enter goes on.")
        learner.until_prompt()
        learner.type(F7)
        learner.see("How many bytes has a MAC address?", "You said: 6.")
        learner.until_prompt()
        learner.enter()
        learner.see("You have finished the lesson")
        learner.enter(":quit")
        assert learner.until_end() == 0
