"""Random filters and NAT in real namespaces: what :why says of them is held against what ping and nc find."""

import random
from typing import NamedTuple

import pytest
from inside import Inside, play

from netshell import lab
from netshell.diagnosis import parse_target, why
from netshell.diagnosis.labs import LABS

_SETS = 2
_ASKS = (
    "ns1 ns2", "ns2 ns1", "ns1 ns2:80", "ns2 ns1:80", "ns1 r1", "ns2 203.0.113.1:8080", "ns1 192.168.1.1:8080",
)  # fmt: skip
_IPS = {"ns1": "192.168.1.10", "ns2": "203.0.113.2", "r1": "192.168.1.1"}
_PROTOCOLS = (
    "-p icmp", "-p icmp --icmp-type echo-request", "-p icmp --icmp-type echo-reply", "-p tcp", "-p tcp --dport 80",
    "-p tcp --sport 80", "-p tcp --syn", "-p udp", "-p tcp -m multiport --dports 22,80",
)  # fmt: skip
_ENDS = ("-s 192.168.1.0/24", "-d 192.168.1.0/24", "! -s 192.168.1.10", "-d 203.0.113.0/24", "-s 203.0.113.1")
_STATES = (
    "-m conntrack --ctstate NEW",
    "-m conntrack --ctstate ESTABLISHED,RELATED",
    "-m state --state NEW,ESTABLISHED",
)
_NFT_BASE = (
    "add table ip fi",
    *(
        f"add chain ip fi {hook.upper()} {{ type filter hook {hook} priority 0; }}"
        for hook in ("input", "forward", "output")
    ),
    "add table ip na",
    "add chain ip na PREROUTING { type nat hook prerouting priority -100; }",
    "add chain ip na POSTROUTING { type nat hook postrouting priority 100; }",
)


class Told(NamedTuple):
    ask: str
    rules: tuple[str, ...]
    holds: bool
    cannot_tell: bool
    says: str
    gets_there: bool


class Author:
    """Writes rules as somebody would who does not know what they do."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.asks = self._random.sample(_ASKS, 3)

    def _maybe(self, share: float, words: tuple[str, ...]) -> list[str]:
        return [self._random.choice(words)] if self._random.random() < share else []

    def _match(self, chain: str) -> str:
        found = [*self._maybe(0.5, _PROTOCOLS), *self._maybe(0.3, _ENDS), *self._maybe(0.3, _STATES)]
        if chain in {"INPUT", "FORWARD"}:
            found += self._maybe(0.3, ("-i eth0", "-i eth1", "-i eth2", "! -i lo", "-i eth+"))
        if chain in {"OUTPUT", "FORWARD", "POSTROUTING"}:
            found += self._maybe(0.3, ("-o eth0", "-o eth1", "-o eth2"))
        return " ".join(found)

    def rules(self) -> tuple[tuple[str, str], ...]:
        """Each with its node."""
        choice, found = self._random.choice, []
        for _ in range(self._random.randint(1, 4)):
            node = choice(("r1", "r1", "ns1", "ns2"))
            chain = choice(("FORWARD", "FORWARD", "INPUT", "OUTPUT") if node == "r1" else ("INPUT", "OUTPUT"))
            action = choice(("DROP", "DROP", "ACCEPT", "REJECT", "RETURN"))
            found.append((node, f"-A {chain} {self._match(chain)} -j {action}"))
            found += [(node, f"-P {chain} DROP") for _ in self._maybe(0.2, ("",))]
        for action in self._maybe(0.6, ("MASQUERADE", "SNAT --to-source 203.0.113.1", "SNAT --to-source 203.0.113.77")):
            found.append(("r1", f"-t nat -A POSTROUTING {self._match('POSTROUTING')} -j {action}"))
        for goal in self._maybe(0.5, ("192.168.1.10:80", "203.0.113.2:80", "192.168.1.10")):
            match = f"-p tcp --dport 8080 {choice(('-i eth1', '-i eth2', '-d 203.0.113.1'))}"
            found.append(("r1", f"-t nat -A PREROUTING {match} -j DNAT --to-destination {goal}"))
        return tuple(found)


def command(tool: str, node: str, rule: str) -> str:
    """The rule as a tool takes it; for nft as iptables-translate has it, in tables that are none of iptables'."""
    if tool != "nft":
        return f"ip netns exec {node} {tool} {rule}"
    if rule.startswith("-P"):
        return f"ip netns exec {node} nft 'chain ip fi {rule.split()[1]} {{ policy drop; }}'"
    translated = f"$(iptables-translate {rule} | sed 's/ip filter/ip fi/; s/ip nat/ip na/')"
    return f"eval ip netns exec {node} {translated}"


async def reaches(inside: Inside, ask: str) -> bool:
    """Whether the real program gets there."""
    source, target = ask.split()
    wanted = parse_target(target)
    ip = _IPS.get(wanted.host, wanted.host)
    probe = f"nc -nz -w 1 {ip} {wanted.port}" if wanted.port else f"ping -n -c 1 -W 0.3 {ip}"
    return (await inside.machine.run(["sh", "-c", f"ip netns exec {source} {probe} >/dev/null 2>&1"])).status == 0


@pytest.mark.kernel
@pytest.mark.parametrize("tool", ["iptables-nft", "iptables-legacy", "nft"])
def test_what_is_said_of_random_rules_is_what_the_real_programs_find(tool: str) -> None:
    async def scenario(inside: Inside) -> list[Told]:
        found = []
        for seed in range(_SETS):
            author = Author(seed)
            rules = author.rules()
            await inside.machine.reset()
            await lab.build(inside.machine, inside.kernel, LABS["home"])
            await inside.sh(
                *(f"(ip netns exec {n} timeout 60 nc -lkn 80 >/dev/null 2>&1 </dev/null &)" for n in ("ns1", "ns2")),
                *(
                    f"ip netns exec {n} nft '{line}'"
                    for n in ("ns1", "r1", "ns2")
                    for line in _NFT_BASE
                    if tool == "nft"
                ),
                *(command(tool, node, rule) for node, rule in rules),
                "until [ $(for n in ns1 ns2; do ip netns exec $n ss -Hlt; done | wc -l) = 2 ]; do sleep 0.02; done",
            )
            for ask in author.asks:
                source, target = ask.split()
                said = why(await inside.kernel.look_closely(), source, parse_target(target))
                cannot = said.fault in {"rules-unclear", "out-of-sight"}
                lines = tuple(f"{node}: {rule}" for node, rule in rules)
                found.append(Told(ask, lines, said.holds, cannot, said.says, await reaches(inside, ask)))
        return found

    told = play(scenario)
    assert [one for one in told if one.holds is not one.gets_there and not one.cannot_tell] == []
    assert sum(one.cannot_tell for one in told) < len(told) / 2


_FRAMES = (
    ("bridge", "sw", "bridge", "forward", "iifname port1 drop", ""),
    ("bridge", "sw", "bridge", "forward", "", "drop"),
    ("cable", "ns2", "netdev", "ingress device eth0", "drop", ""),
    ("cable", "ns2", "inet", "ingress device eth0", "drop", ""),
    ("cable", "ns1", "netdev", "egress device eth0", "drop", ""),
    ("cable", "ns2", "arp", "input", "", "drop"),
    ("router", "r1", "netdev", "ingress device eth1", "icmp type echo-request drop", ""),
)
"""Lab, node, family, hook, rule, policy."""
_MARKED = "iptables -t mangle -A OUTPUT -j MARK --set-mark 7 && {} iptables -A OUTPUT -m mark --mark 7 -j DROP"
_LENGTH = (
    "nft 'add table ip f; add chain ip f c { type filter hook input priority 0; }; add rule ip f c meta length 84 drop'"
)
_UNJUDGED = (
    ("cable", "ns2", "arptables -A INPUT -j DROP"),
    ("bridge", "sw", "ebtables -A FORWARD -j DROP"),
    ("cable", "ns2", "iptables -A INPUT -m limit --limit 1/hour --limit-burst 1 -j DROP"),
    ("router", "r1", "iptables -A FORWARD -m limit --limit 1/hour -j DROP"),
    ("cable", "ns1", _MARKED.format("ip netns exec ns1")),
    ("cable", "ns2", _LENGTH),
)


@pytest.mark.kernel
def test_rules_about_frames_or_with_more_than_can_be_judged_are_named_and_not_guessed_at() -> None:
    lines = []
    for name, node, family, hook, rule, policy in _FRAMES:
        made = f"add table {family} f; add chain {family} f c {{ type filter hook {hook} priority 0; }}"
        made = made.replace("priority 0; }", f"priority 0; policy {policy}; }}") if policy else made
        lines.append((name, node, f"nft '{made}{f'; add rule {family} f c {rule}' if rule else ''}'"))
    lines += list(_UNJUDGED)

    async def scenario(inside: Inside) -> list[tuple[str, str, str, str, bool]]:
        found = []
        for name, node, line in lines:
            await inside.machine.reset()
            await lab.build(inside.machine, inside.kernel, LABS[name])
            await inside.sh(f"ip netns exec {node} {line}")
            said = why(await inside.kernel.look_closely(), "ns1", parse_target("ns2"))
            found.append((line, node, said.fault, said.at, said.says.startswith("I cannot tell: ")))
        return found

    told = play(scenario)
    assert [one for one in told if one[2:] != ("rules-unclear", one[1], True)] == []
