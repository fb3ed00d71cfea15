"""The lessons, typed from their first screen to their last as a learner does, mistakes included."""

import re

import pytest
from accounts import Account
from typist import F3, Typist, sit_down

pytestmark = pytest.mark.terminal


def found(pattern: str, learner: Typist) -> str:
    """What the screen, and what has been scrolled off it, say where the pattern has its group."""
    match = re.search(pattern, "\n".join(learner.lines()))
    assert match, f"{pattern} is nowhere:\n{learner.screen()}"
    return match[1]


def turn_page(learner: Typist, *texts: str) -> None:
    learner.enter()
    learner.see(*texts)
    learner.until_prompt()


def do(learner: Typist, line: str, *texts: str, where: str = "pc") -> str:
    """Type a line; the texts are on the screen before the next prompt."""
    learner.enter(line)
    learner.see(*texts)
    return learner.until_prompt(where)


def test_a_learner_plays_netns_to_the_end(accounts: Account) -> None:  # noqa: PLR0915 - as long as the lesson is
    with sit_down(accounts, "learn", "netns") as learner:
        learner.see("One PC, many networks", "Enter begins.", "F1 help", "netns 1/13")
        turn_page(learner, "step 1 of 13", "What your PC has", "Enter goes on")
        do(learner, "ip adress show", 'Object "adress" is unknown')
        do(learner, "ip address show", "state UP")
        turn_page(learner, "step 2 of 13", "try: ip route show")
        do(learner, "ip route show", "default via")
        router = found(r"default via (\S+) dev", learner)
        home = router.rpartition(".")[0]

        do(learner, f"ping -c 1 {home}.10", "✗", "the PC asked itself")
        do(learner, f"ping -c 1 {router}", f"✓ {router} answered the PC.", "Enter: next step")

        turn_page(learner, "step 3 of 13", "A second network")
        do(learner, "ip netns add hello world", "+ namespace hello", "✗", "one word as the name")
        learner.type("ip netns a")
        learner.press(F3)
        learner.see(":map", "╭ hello ")
        learner.until_prompt(line="ip netns a")
        learner.press("dd helloworld\r")
        learner.see("✓ The namespace helloworld is there.", "╭ helloworld")
        learner.until_prompt()

        turn_page(learner, "step 4 of 13", "Step inside", "? Which interfaces are there inside?")
        do(learner, "9", "There is no choice `9`.", "1, 2 or 3")
        do(learner, "1", "You said: lo and eth0, as on the PC. What happens next will tell.")
        do(learner, "ip netns exec helloworld bash", where="helloworld")
        do(learner, "ip address show", "state DOWN", where="helloworld")
        do(learner, "exit")
        told = "→ You said: lo and eth0, as on the PC. It is: only lo. lo is in helloworld."
        turn_page(learner, told, "Enter goes on.")
        turn_page(learner, "step 5 of 13", "try: ip netns exec helloworld ping")
        do(learner, f"ip netns exec helloworld ping -c 1 {router}", "Network is unreachable", "Nothing was sent")
        turn_page(learner, "step 6 of 13")

        turn_page(learner, "step 7 of 13", "The same address twice")
        do(learner, ":hint", "? Two parts")
        do(learner, f"ip address add {home}.10/24 dev lo", "✗", "this one ran on the PC")
        do(learner, f"ip address delete {home}.10/24 dev lo", "- address")
        do(learner, f"ip -n helloworld addr add {home}.10/24 dev lo", f"✓ {home}.10/24 is set on lo in helloworld.")

        turn_page(learner, "step 8 of 13")
        do(learner, "ip netns exec helloworld bash", where="helloworld")
        do(learner, "ip netns add mars", where="helloworld")
        do(learner, "exit")
        do(learner, "ip netns exec mars bash", "Invalid argument")

        turn_page(learner, "step 9 of 13", "A name with nothing behind it", "ip netns delete …")
        do(learner, ":check", "no namespace stands behind it")
        do(learner, ":solution", "ip netns delete mars")
        do(learner, "sudo ip netns delete mars")
        do(learner, "sudo ip netns add mars", "✓ The namespace mars is there.")

        turn_page(learner, "step 10 of 13", "Take it away")
        do(learner, "ip netns delete mars", "✗", "had to go")
        do(learner, "ip netns add mars")
        do(learner, "ip netns delete helloworld", "✓ There is no namespace helloworld.")

        turn_page(learner, "step 11 of 13", "Without a recipe")
        net = found(r"(\d+\.\d+\.\d+)\.7/24", learner)
        do(learner, f"ip address add {net}.7/24 dev lo", "✗", "on the PC has")
        do(learner, f"ip address del {net}.7/24 dev lo")
        do(
            learner,
            f"for n in blue red; do ip netns add $n; ip -n $n addr add {net}.7/24 dev lo; done",
            "+ namespace red",
        )
        do(learner, "ip netns del mars", "✓", "Enter: next step")

        turn_page(learner, "step 12 of 13", "Three questions", "? A namespace was made a moment ago.")
        do(learner, "3", "✓ You said: lo, switched off.", "? ping says")
        do(learner, "1", "It is: at the routes of the machine that called.", "? ip netns exec blue bash")
        do(learner, "2", "✓ You said:", "Enter goes on.")
        turn_page(learner, "step 13 of 13", "What you can do now", "Enter ends the lesson.")
        turn_page(learner, "You have finished the lesson", ":learn loopback")
        do(learner, ":lessons", "✓ netns")
        learner.enter(":quit")
        assert learner.until_end() == 0


def test_a_learner_plays_veth_to_the_end(ordinary_account: Account) -> None:  # noqa: PLR0915 - as above
    with sit_down(ordinary_account, "learn", "veth", rows=40, columns=130) as learner:
        learner.see("Two machines, one cable", "Enter begins.")
        turn_page(learner, "step 1 of 15", "ip netns add …")
        do(learner, "ip netns add ns1 ns2", "+ namespace ns1", "✗", "takes one name")
        do(learner, "ip netns add ns2", "✓ The namespace ns2 is there.", "╭ ns2")

        turn_page(learner, "step 2 of 15", "Lay the cable")
        do(learner, "ip link add ns1-veth0 type bridge", "✗", "it is a bridge")
        do(learner, "ip link delete ns1-veth0", "- link ns1-veth0")
        do(learner, "ip link add ns1-veth0 type veth peer name ns2-veth0", "other end: ns2-veth0")
        do(learner, "ip link set ns1-veth0 netns ns1", "✓")

        turn_page(learner, "step 3 of 15")
        do(learner, "ip link set ns2-veth0 netns ns2", "✓", "ns2-veth0")
        turn_page(learner, "step 4 of 15", "Give each end an address")
        net = found(r"ns1 gets (\d+\.\d+\.\d+)\.1", learner)
        do(learner, f"ip netns exec ns1 ip address add {net}.1 dev ns1-veth0", "✗", f"{net}.1/32")
        do(learner, f"ip netns exec ns1 ip address del {net}.1/32 dev ns1-veth0")
        do(learner, f"ip netns exec ns1 ip address add {net}.1/24 dev ns1-veth0", "+ ns1: address")
        do(learner, f"ip -n ns2 a a {net}.2/24 dev ns2-veth0", f"✓ {net}.2/24 is set on ns2-veth0 in ns2.")

        turn_page(learner, "step 5 of 15", "Too early")
        do(learner, f"ip netns exec ns1 ping -c 1 {net}.2", "Network is unreachable")
        turn_page(learner, "It is: an error at once.")
        turn_page(learner, "step 6 of 15", "Switch on one end")
        do(learner, "ip link set ns1-veth0 up", "Cannot find device", "✗", "no longer is")
        do(learner, "ip -n ns2 link set ns2-veth0 up", "✗", "the other way round")
        do(learner, "ip -n ns1 link set ns1-veth0 up", "✗", "Both ends are UP")
        do(learner, "ip -n ns2 link set ns2-veth0 down", "✓")
        turn_page(learner, "step 7 of 15")
        do(learner, f"ip netns exec ns1 ping -c 1 -W 1 {net}.2", "100% packet loss")
        # ns1 asks for the MAC for three seconds, then drops the request: it must not leave once the cable carries
        do(learner, "until ip -n ns1 neighbour | grep -q FAILED; do sleep 0.1; done")
        turn_page(learner, "step 8 of 15", "Two kinds of up")
        turn_page(learner, "You have not looked yet")
        turn_page(learner, "step 9 of 15")
        do(learner, "ip -n ns2 link set ns2-veth0 up", "✓", f"{net}.0/24")

        turn_page(learner, "step 10 of 15", "Ping across")
        do(learner, f"ping -c 1 -W 1 {net}.2", "Network is unreachable")
        do(learner, f"ping -c 3 {net}.2", "✗", "this time the PC asked")
        do(learner, ":term ns1", where="ns1")
        do(learner, f"ping -c 1 {net}.2", f"✓ {net}.2 answered ns1.", where="ns1")
        do(learner, "exit", "The terminal ns1 is closed.")

        turn_page(learner, "step 11 of 15")
        do(learner, "ip -n ns2 link set ns2-veth0 down", "✓")
        turn_page(learner, "step 12 of 15", "Mend it")
        do(learner, "ip netns exec ns2 bash", where="ns2")
        do(learner, "ip link set ns2-veth0 up", where="ns2")
        do(learner, f"ping -c 1 {net}.1", f"✓ {net}.1 answered ns2.", where="ns2")
        do(learner, "exit")

        turn_page(learner, "step 13 of 15", "A third machine")
        far = found(r"(\d+\.\d+\.\d+)\.1/24 on its end in ns2", learner)
        do(
            learner,
            "ip netns add ns3; ip link add left netns ns2 type veth peer name right netns ns3",
            "ns3: link right",
        )
        do(learner, f"ip -n ns3 addr add {far}.2/24 dev right; ip -n ns3 link set right up", "no carrier")
        do(learner, ":check", "· ")
        do(learner, f"ip -n ns2 addr add {far}.1/24 dev left; ip -n ns2 link set left up")
        do(learner, f"ip netns exec ns2 ping -c 1 {far}.2", "✓ All of it holds.", "╭ ns3")

        turn_page(learner, "step 14 of 15", "Three questions")
        turn_page(learner, "What do you think? A guess is fine.")
        turn_page(learner, "step 15 of 15", "Enter ends the lesson.")
        turn_page(learner, "You have finished the lesson")
        learner.enter(":quit")
        assert learner.until_end() == 0
