"""What failed, told on the screen at its moment, and F5 down to the command that mends it."""

import pytest
from accounts import Account
from typist import F5, sit_down

pytestmark = pytest.mark.terminal


def test_a_slip_is_told_at_once_and_a_try_that_fails_again_down_to_the_command(ordinary_account: Account) -> None:
    with sit_down(ordinary_account, "play") as learner:
        learner.until_prompt("pc")
        learner.enter("ip link set eht0 up")
        learner.see('Cannot find device "eht0"', "✗ There is no interface eht0 on the PC", "F5: why")
        learner.until_prompt("pc")
        learner.enter("ip netns add ns1; ip link add eth0 type veth peer name eth0 netns ns1; ip link set eth0 up")
        learner.enter("ip addr add 192.0.2.1/24 dev eth0; ip -n ns1 addr add 192.0.2.2/24 dev eth0")
        learner.until_prompt("pc")

        learner.enter("ping -c 1 -W 0.3 192.0.2.2")
        learner.see("1 packets transmitted, 0 received")
        learner.until_prompt("pc")
        assert "eth0 in ns1 is DOWN" not in learner.screen()
        learner.enter("ping -c 1 -W 0.3 192.0.2.2")
        learner.see("✗ eth0 in ns1 is DOWN. So eth0 on the PC")
        learner.until_prompt("pc")

        learner.press(F5)
        learner.see(":why", "ns1: eth0: state DOWN", "F5: where to look")
        learner.until_prompt("pc")
        learner.press(F5)
        learner.see("? Look for yourself: `ip -n ns1 link show`. The lesson veth is about it.")
        learner.until_prompt("pc")
        learner.press(F5)
        learner.see("This mends it:", "ip -n ns1 link set eth0 up")
        learner.until_prompt("pc")
        learner.enter("ip -n ns1 link set eth0 up; for n in 1 2 3 4 5; do ping -c 1 -W 1 192.0.2.2 && break; done")
        learner.see(" 0% packet loss")
