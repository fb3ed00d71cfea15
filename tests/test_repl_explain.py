"""`:explain` as a learner types it: a line that is not run, the last command with its output, terms by Tab."""

import pytest
from accounts import Account
from typist import sit_down

pytestmark = pytest.mark.terminal


def test_commands_outputs_and_terms_are_explained_at_the_prompt(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "play") as learner:
        learner.until_prompt("pc")
        told = learner.run(":explain sudo ip l s lo up")
        assert "Switches the interface lo on." in told
        assert "The PC's lo: the loopback interface, now DOWN." in told
        assert "LOOPBACK,UP" not in learner.run("ip link show lo"), "nothing of it was run"
        learner.enter(":explain")
        learner.see("Shows the interface lo.", "q: done")
        learner.press("q")
        learner.until_prompt("pc")
        learner.type(":explain three-w\t")
        learner.until_prompt("pc", ":explain three-way handshake")
        learner.enter()
        learner.see("SYN, SYN-ACK, ACK", "RFC 9293")
        learner.until_prompt("pc")
        learner.type(":explain ip netn\t")
        learner.until_prompt("pc", ":explain ip netns")
