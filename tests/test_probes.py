"""Probes: a packet of netshell's own tells how a way is, and nothing that a learner looks at shows that it was sent."""

import re

import pytest
from lesson_inside import in_lesson, typed

from netshell.checks import check_from
from netshell.checks.needs import ProbeNeed
from netshell.session import Bench, Session

pytestmark = [pytest.mark.kernel, pytest.mark.terminal]

TEXT = """\
---
format: 1
title: Through a router
summary: For a test.
lab:
  nodes: {ns1: host, r1: router, sw1: switch, ns2: host}
  links:
    - ns1:eth0 192.0.2.1/24 2001:db8:1::1/64 -- sw1:port1
    - sw1:port2 -- r1:eth0 192.0.2.254/24 2001:db8:1::254/64
    - r1:eth1 198.51.100.254/24 2001:db8:2::254/64 -- ns2:eth0 198.51.100.2/24 2001:db8:2::2/64
  routes:
    ns1: [default via 192.0.2.254, default via 2001:db8:1::254]
    ns2: [default via 198.51.100.254, default via 2001:db8:2::254]
---

# Through a router

## Reach

```console do
$ ip netns exec ns2 sysctl -w net.ipv4.icmp_echo_ignore_all=0
```

```yaml check
- {sysctl: net.ipv4.icmp_echo_ignore_all, at: ns2, is: 0}
- {ping: 198.51.100.2, at: ns1, probe: true}
```
"""
NODES = ("ns1", "r1", "sw1", "ns2")
LISTEN = (
    "(ip netns exec ns2 nc -l 80 >/tmp/heard 2>&1 &);"
    " until ip netns exec ns2 ss -tln | grep -q :80; do sleep 0.02; done"
)
SETTLE = "for n in ns1 r1 ns2; do while ip -n $n -6 addr | grep -q tentative; do sleep 0.05; done; done"
"""IPv6 addresses are in use only once nobody is found to have them (RFC 4862, 5.4)."""
TRACK = "ip netns exec r1 iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE"


async def left_in_tables(bench: Bench) -> list[str]:
    """Neighbours, bridge tables and tracked connections of every node, as their own tools tell them."""
    lines = [f"ip -n {node} neigh show nud all; bridge -n {node} fdb show dynamic" for node in NODES]
    lines += [f"ip netns exec {node} conntrack -L 2>/dev/null || true" for node in NODES]
    finished = await bench.machine.run(["bash", "-c", "; ".join(lines)])
    told = re.sub(rb" (?:ref|used|probes) \S+", b"", finished.output).decode().splitlines()
    return sorted(line for line in told if "fe80" not in line and "ff02" not in line and "NOARP" not in line)


async def shown(bench: Bench) -> list[int]:
    await bench.look()
    return [seen.number for seen in bench.wire.all() if not seen.noise]


async def sh(bench: Bench, line: str) -> str:
    finished = await bench.machine.run(["bash", "-c", line])
    return finished.output.decode()


def test_probes_tell_how_it_is_and_leave_nothing() -> None:
    async def scenario(session: Session) -> None:
        bench = session.bench
        await sh(bench, f"{LISTEN}; {TRACK}; {SETTLE}")
        bench.snapshot = await bench.look()
        before, crossed = await left_in_tables(bench), await shown(bench)
        changed = [said for said in await bench.changes_since_mark() if not said.is_background]
        for outcome, need in (
            ("answered", ProbeNeed("ns1", "icmp", "198.51.100.2")),
            ("answered", ProbeNeed("ns1", "icmp", "198.51.100.2", size=4000)),
            ("answered", ProbeNeed("ns1", "icmp", "2001:db8:2::2")),
            ("answered", ProbeNeed("ns1", "icmp", "192.0.2.1")),
            ("opened", ProbeNeed("ns1", "tcp", "198.51.100.2", 80)),
            ("refused", ProbeNeed("ns1", "tcp", "198.51.100.2", 81)),
            ("refused", ProbeNeed("ns1", "tcp", "2001:db8:2::2", 81)),
            ("silent", ProbeNeed("ns1", "icmp", "192.0.2.9")),
            ("unsent", ProbeNeed("pc", "tcp", "192.0.2.9", 80)),
        ):
            assert await bench.probe(need) == outcome, need
            assert await left_in_tables(bench) == before, need
            assert await shown(bench) == crossed, need
        assert [said for said in await bench.changes_since_mark() if not said.is_background] == changed
        assert await sh(bench, "cat /tmp/heard; ip netns exec ns2 ss -tlnH | wc -l") == "1\n"  # nc still waits

    in_lesson(TEXT, scenario)


def test_what_the_learner_has_in_the_tables_stays_as_it_was() -> None:
    async def scenario(session: Session) -> None:
        bench = session.bench
        await sh(bench, TRACK)
        await sh(
            bench, "ip netns exec ns1 ping -c 1 198.51.100.2; ip -n ns1 neigh change 192.0.2.254 dev eth0 nud stale"
        )
        bench.snapshot = await bench.look()
        before, crossed = await left_in_tables(bench), await shown(bench)
        assert any("STALE" in line and "192.0.2.254" in line for line in before)
        assert any("icmp" in line for line in before)
        assert await bench.probe(ProbeNeed("ns1", "icmp", "198.51.100.2")) == "answered"
        without_clocks = [re.sub(r"icmp +1 \d+", "icmp", line) for line in before]
        assert [re.sub(r"icmp +1 \d+", "icmp", line) for line in await left_in_tables(bench)] == without_clocks
        assert await shown(bench) == crossed
        await sh(bench, "ip netns exec ns1 ping -c 1 198.51.100.2")
        assert len(await shown(bench)) > len(crossed)  # the learner's own is seen as before

    in_lesson(TEXT, scenario)


def test_a_step_sends_its_probe_when_all_else_holds_and_is_done_by_it() -> None:
    async def scenario(session: Session) -> None:
        crossed = await shown(session.bench)
        await typed(session, "ip netns exec ns2 sysctl -w net.ipv4.icmp_echo_ignore_all=1")
        verdict = await session.verdict()
        assert verdict is not None
        assert "icmp_echo_ignore_all is 1 in ns2" in verdict.says
        assert (await typed(session, "ip netns exec ns2 sysctl -w net.ipv4.icmp_echo_ignore_all=0")).is_done_now
        assert await shown(session.bench) == crossed
        deaf = check_from("ping", {"ping": "198.51.100.2", "at": "ns1", "probe": True, "not": True})
        again = await session.judge([deaf])
        assert again is not None
        assert again.says == "198.51.100.2 answers ns1. Here that must not be so."

    in_lesson(TEXT, scenario)
