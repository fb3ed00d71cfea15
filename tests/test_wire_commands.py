"""What crossed the wire, as the `:commands` give it, on a machine with two nodes and a cable."""

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from inside import apart

from netshell import commands
from netshell.commands import Context
from netshell.errors import UserError
from netshell.launch import launch
from netshell.packet_views import packet_view_lines
from netshell.packets.files import CaptureFile
from netshell.progress import Progress
from netshell.session import Bench, Ran

pytestmark = pytest.mark.kernel

CABLE = (
    "ip netns add ns1; ip netns add ns2",
    "ip link add eth0 netns ns1 type veth peer name eth0 netns ns2",
    "for n in 1 2; do ip -n ns$n address add 192.0.2.$n/24 dev eth0; ip -n ns$n link set eth0 up; done",
)


class Desk:
    """A learner's machine, commands and all."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.bench = context.bench

    async def type(self, *lines: str) -> list[str]:
        """Run lines on the PC; the protocols of what crossed with the last one, a packet once."""
        for line in lines:
            terminal = await self.bench.terminal()
            terminal.feed(line)
            await terminal.until_prompt()
            observation = await self.bench.observe(Ran(line))
        return [seen.protocol for seen in observation.crossed if not seen.noise and not seen.follows]

    async def view(self, line: str) -> commands.View:
        return await commands.run(self.context, line)

    async def lines(self, line: str, width: int = 80) -> str:
        lines = packet_view_lines(await self.view(line), width)
        assert lines is not None
        return "\n".join(each.plain for each in lines)

    async def numbers(self, line: str) -> list[int]:
        view = await self.view(line)
        assert isinstance(view, commands.Packets | commands.Ladder)
        return [seen.number for seen in view.seen if view.with_noise or not seen.noise]

    async def fault(self, line: str) -> UserError:
        with pytest.raises(UserError) as caught:
            await self.view(line)
        return caught.value


def play(scenario: Callable[[Desk], Awaitable[None]], shared: Path | None = None) -> None:
    async def main() -> None:
        bench = Bench(launch(has_shared_directory=False))
        bench.shared = shared
        bench.attach(environ={"LANG": "C.UTF-8"})
        with Progress.open(None) as progress:
            await bench.build(bench.topology)
            try:
                await scenario(Desk(Context(bench, progress, ())))
            finally:
                bench.close()

    apart(lambda: asyncio.run(main()))


def test_a_ping_is_told_packet_by_packet() -> None:
    async def scenario(desk: Desk) -> None:
        assert await desk.type(*CABLE, "ip netns exec ns1 ping -c 1 192.0.2.2") == ["ARP", "ARP", "ICMP", "ICMP"]
        told = await desk.lines(":packets")
        assert "ns1 asked who has 192.0.2.2; ns2 answered" in told
        assert [line.split()[2:5] for line in told.splitlines() if "echo re" in line] == [
            ["ns1", "→", "ns2"],
            ["ns2", "→", "ns1"],
        ]
        assert await desk.type("ip netns exec ns1 ping -c 1 192.0.2.2") == ["ICMP", "ICMP"]
        assert len(await desk.numbers(":packets last")) == 2
        assert len(await desk.numbers(":packets icmp")) == 4
        assert len(await desk.numbers(":packets last src ns2")) == 1
        assert await desk.numbers(":ladder arp") == (await desk.numbers(":packets arp"))
        assert (await desk.lines(":ladder")).splitlines()[1].split()[-2:] == ["ns1", "ns2"]

    play(scenario)


def test_packets_of_an_earlier_command_are_told_to_be_its_own() -> None:
    async def scenario(desk: Desk) -> None:
        await desk.type("ip link set lo up", "ping -c 1 127.0.0.1")
        assert "sent nothing" not in await desk.lines(":packets last")
        await desk.type("ping -c 1 203.0.113.9")
        told = await desk.lines(":packets last")
        assert "sent nothing. These are the packets of `ping -c 1 127.0.0.1`." in " ".join(told.split())

    play(scenario)


def test_noise_is_left_out_until_it_is_asked_for() -> None:
    async def scenario(desk: Desk) -> None:
        await desk.type(*CABLE)
        await asyncio.sleep(0.5)
        assert await desk.type("true") == []
        assert "of the kernel's own left out" in await desk.lines(":packets")
        assert len(await desk.numbers(":packets all")) > len(await desk.numbers(":packets"))
        assert "multicast listener report" in await desk.lines(":packets ip6")

    play(scenario)


def test_one_packet_is_opened_and_a_conversation_followed() -> None:
    async def scenario(desk: Desk) -> None:
        server = "ip netns exec ns2 nc -l 80 > /dev/null &"
        client = "sleep 0.2; echo hello | ip netns exec ns1 nc -N 192.0.2.2 80; wait"
        await desk.type(*CABLE, server, client)
        (data,) = await desk.numbers(":packets tcp push")
        told = " ".join((await desk.lines(":packets tcp push")).split())
        assert "ns1 opened a TCP connection to port 80 of ns2" in told  # of which the packet is only a part
        opened = await desk.lines(f":packet {data}")
        assert "6 bytes" in opened
        assert "destination port" in opened
        assert "hello" in (await desk.lines(f":follow {data}"))
        await desk.type("ip netns exec ns1 ping -c 1 192.0.2.2")
        assert "hello" in (await desk.lines(":follow"))
        last = (await desk.numbers(":packets"))[-1]
        view = await desk.view(":packet")
        assert isinstance(view, commands.Opened)
        assert view.opened.seen.number == last

    play(scenario)


def test_a_number_or_a_filter_that_makes_no_sense_is_told() -> None:
    async def scenario(desk: Desk) -> None:
        assert (await desk.fault(":packet")).problem == "No packet has crossed a wire yet."
        await desk.type("ip link set lo up; ping -c 1 127.0.0.1")
        assert (await desk.fault(":packet 99")).problem == "There is no packet 99: they are numbered from 1 to 2."
        assert "`first` is none" in (await desk.fault(":follow first")).problem
        assert "hsot" in (await desk.fault(":packets hsot 127.0.0.1")).problem
        assert "leaves none" in await desk.lines(":packets udp")

    play(scenario)


def test_why_finds_the_first_broken_link() -> None:
    async def scenario(desk: Desk) -> None:
        async def finding(line: str) -> tuple[str, str]:
            view = await desk.view(line)
            assert isinstance(view, commands.Why)
            return view.finding.fault, view.finding.at

        assert await finding(":why pc 127.0.0.1") == ("lo-down", "pc")
        assert await finding(":why ns1 ns2") == ("namespace-missing", "ns1")
        await desk.type(*CABLE, "ip -n ns2 link set eth0 down")
        assert await finding(":why ns1 192.0.2.2") == ("peer-down", "ns2")
        await desk.type("ip -n ns2 link set eth0 up")
        assert await finding(":why ns1 ns2") == ("", "ns2")
        assert await finding(":why ns1 ns2:80") == ("nobody-listens", "ns2")
        assert "two ends" in (await desk.fault(":why ns1")).problem

    play(scenario)


def test_a_reset_begins_with_the_first_number_again() -> None:
    async def scenario(desk: Desk) -> None:
        await desk.type("ip link set lo up; ping -c 3 127.0.0.1")
        assert await desk.numbers(":packets") == [1, 2, 3, 4, 5, 6]
        await desk.view(":reset")
        assert await desk.numbers(":packets all") == []
        await desk.type("ip link set lo up; ping -c 1 127.0.0.1")
        assert await desk.numbers(":packets") == [1, 2]

    play(scenario)


def test_packets_are_saved_for_wireshark(tmp_path: Path) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.type(*CABLE, "ip netns exec ns1 ping -c 1 192.0.2.2")
        saved = await desk.view(":save ping.pcapng arp or icmp")
        assert isinstance(saved, commands.Words)
        assert f"Saved 4 packets to {tmp_path}/ping.pcapng" in saved.says
        assert "/root/work/ping.pcapng" in saved.says

    play(scenario, tmp_path)
    with CaptureFile.open(tmp_path / "ping.pcapng") as file:
        records = list(file)
    assert [record.interface.name for record in records] == ["ns1:eth0", "ns2:eth0", "ns1:eth0", "ns2:eth0"]
    assert "192.0.2.1/24" in records[0].interface.comment
    command = ["tshark", "-n", "-r", str(tmp_path / "ping.pcapng"), "-T", "fields", "-e", "_ws.col.Protocol"]
    if shutil.which("tshark"):
        assert subprocess.check_output(command, text=True).split() == ["ARP", "ARP", "ICMP", "ICMP"]


def test_saving_follows_no_link_and_writes_over_nothing(tmp_path: Path) -> None:
    shared, mine = tmp_path / "work", tmp_path / "mine"
    shared.mkdir()
    mine.write_text("precious", encoding="utf-8")
    (shared / "trap.pcapng").symlink_to(mine)

    async def scenario(desk: Desk) -> None:
        await desk.type("ip link set lo up; ping -c 1 127.0.0.1")
        assert "is there already" in (await desk.fault(":save trap")).problem
        assert "is no name for a file" in (await desk.fault(":save ../escape")).problem
        assert "is no name for a file" in (await desk.fault(":save /etc/passwd")).problem
        assert "needs the name" in (await desk.fault(":save")).problem
        await desk.view(":save once")
        assert "is there already" in (await desk.fault(":save once.pcapng")).problem

    play(scenario, shared)
    assert mine.read_text(encoding="utf-8") == "precious"
    assert sorted(path.name for path in shared.iterdir()) == ["once.pcapng", "trap.pcapng"]


def test_a_flood_is_read_by_and_by_and_the_prompt_does_not_wait() -> None:
    async def scenario(desk: Desk) -> None:
        await desk.type("ip link set lo up", "ping -q -f -c 20000 127.0.0.1")
        async with asyncio.timeout(60):
            while desk.bench.wire.is_behind:  # noqa: ASYNC110 - no event tells of it
                await asyncio.sleep(0.2)
        last = (await desk.numbers(":packets all"))[-1]
        assert last + desk.bench.wire.missed >= 40_000
        assert len(desk.bench.wire.all()) + desk.bench.wire.dropped == last
        assert await desk.type("ping -c 1 127.0.0.1") == ["ICMP", "ICMP"]

    play(scenario)
