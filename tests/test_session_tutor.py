"""The tutor in a lesson on a real machine: what real tools say, told at its moment, and what a failed check brings."""

from collections.abc import Awaitable, Callable

import pytest
from lesson_inside import in_lesson, typed

from netshell.commands import Context, Reason, Why, run
from netshell.session import Outcome, Session

pytestmark = [pytest.mark.kernel, pytest.mark.terminal]

TEXT = """\
---
format: 1
title: One cable
summary: For a test.
lab:
  nodes: {ns1: host, ns2: host}
  links: [ns1:eth0 192.0.2.1/24 -- ns2:eth0 192.0.2.2/24]
---

# One cable

## Reach

```console do
ns1$ ping -c 1 192.0.2.2
```

```yaml check
- {ping: 192.0.2.2, at: ns1}
```
"""


def in_the_lesson(scenario: Callable[[Context, Session], Awaitable[None]]) -> None:
    in_lesson(TEXT, lambda session: scenario(Context(session.bench, session.progress, (), session), session))


def told(outcome: Outcome) -> str:
    return outcome.advice.says if outcome.advice else ""


def test_a_lesson_speaks_at_its_moment_and_shows_what_it_rests_on() -> None:
    async def scenario(context: Context, session: Session) -> None:
        assert told(await typed(session, "ip link set eht0 up")).startswith("There is no interface eht0 on the PC")
        await typed(session, "ip -n ns2 addr flush dev eth0 && ip -n ns2 addr add 192.0.2.2/32 dev eth0")
        assert told(await typed(session, "ip netns exec ns1 ping -c 1 -W 0.2 192.0.2.2")) == ""
        again = await typed(session, "ip netns exec ns1 ping -c 1 -W 0.2 -s 9 192.0.2.2")
        assert told(again).startswith("eth0 in ns2 has 192.0.2.2/32: its network is 192.0.2.2/32")

        rungs = [await run(context, ":why") for _ in range(3)]
        assert [rung.kind for rung in rungs if isinstance(rung, Reason)] == ["proof", "look", "mend"]
        proof, _, mend = rungs
        assert isinstance(proof, Reason)
        assert isinstance(mend, Reason)
        assert proof.advice.evidence[:2] == ("ns2: eth0 inet 192.0.2.2/32", "ns1: eth0 inet 192.0.2.1/24")
        assert any(line.startswith("packet ") for line in proof.advice.evidence)

        failure = await session.verdict()
        assert failure is not None
        assert (failure.reason, failure.at, failure.mend) == ("wrong-prefix", "ns2", mend.advice.mend)

        for line in mend.advice.mend.split(" && "):
            assert told(await typed(session, line)) == ""
        outcome = await typed(session, "ip netns exec ns1 ping -c 1 192.0.2.2")
        assert (outcome.is_done_now, told(outcome)) == (True, "")
        assert told(await typed(session, "ip -n ns1 link delete eth0")).startswith(
            "The cable between ns1 and ns2 belongs"
        )

    in_the_lesson(scenario)


SERVE = (
    "(ip netns exec ns2 dnsmasq -k -p 53 --no-resolv --no-hosts --address=/www.example/192.0.2.2 --local=/example/"
    " >/dev/null 2>&1 </dev/null &); for i in $(seq 100); do ip netns exec ns2 ss -uln | grep -q :53 && break;"
    " sleep 0.05; done; mkdir -p /etc/netns/ns1; echo nameserver 192.0.2.2 > /etc/netns/ns1/resolv.conf"
)


def test_a_name_server_is_asked_and_leaves_no_trace() -> None:
    async def scenario(context: Context, session: Session) -> None:
        await typed(session, SERVE)
        before = await session.bench.look()
        crossed = len(session.bench.wire.all())
        known, unknown = [await run(context, f":why ns1 {name}.example") for name in ("www", "wwww")]
        assert isinstance(known, Why)
        assert isinstance(unknown, Why)
        assert known.finding.says.startswith("ns2, which is asked for names (192.0.2.2), says that www.example is")
        assert (unknown.finding.fault, unknown.finding.at) == ("nxdomain", "ns2")
        after = await session.bench.look()
        assert [node.neighbours for node in after.nodes.values()] == [n.neighbours for n in before.nodes.values()]
        assert [seen for seen in session.bench.wire.all()[crossed:] if not seen.noise] == []

    in_the_lesson(scenario)


def test_packets_from_before_a_setting_was_mended_blame_nobody() -> None:
    async def scenario(context: Context, session: Session) -> None:
        key = "net.ipv4.icmp_echo_ignore_all"
        await typed(session, f"ip netns exec ns2 sysctl -qw {key}=1")
        await typed(session, "ip netns exec ns1 ping -c 1 -W 0.2 192.0.2.2")
        ignored = await run(context, ":why ns1 ns2")
        await typed(session, f"ip netns exec ns2 sysctl -qw {key}=0")
        mended = await run(context, ":why ns1 ns2")
        assert isinstance(ignored, Why)
        assert isinstance(mended, Why)
        assert ignored.finding.fault == "echo-ignored"
        assert mended.finding.holds

    in_the_lesson(scenario)
