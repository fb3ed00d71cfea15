import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inside import apart

from netshell.errors import UserError
from netshell.facts import PC
from netshell.helper import Helper, Worker
from netshell.namespaces import Doors
from netshell.namespaces.names import Namespaces
from netshell.sandbox import build
from netshell.sandbox.machine import Machine


def inode_here() -> int:
    return Path("/proc/self/ns/net").stat().st_ino


def serve_namespaces(pid1: int, doors: Doors) -> Callable[[Worker], None]:
    def serve(worker: Worker) -> None:
        real = inode_here()
        namespaces = Namespaces(pid1, doors)

        def where(name: str) -> bool:
            with namespaces.enter(name):
                return inode_here() == namespaces.names[name].inode

        worker.handlers.update(
            refresh=namespaces.refresh,
            names=lambda: {name: namespace.is_enterable for name, namespace in namespaces.names.items()},
            where=where,
            is_real=lambda: inode_here() == real,
            distinct=lambda: [namespace.name for namespace in namespaces.distinct().values()],
            forwards=lambda name: forwards(namespaces, name),
            descriptors=lambda: len(list(Path("/proc/self/fd").iterdir())),
        )
        worker.run()

    return serve


def forwards(namespaces: Namespaces, name: str) -> str:
    with namespaces.enter(name):
        return Path("/proc/sys/net/ipv4/ip_forward").read_text(encoding="ascii").strip()


def play(scenario: Callable[[Machine, Helper], Any]) -> None:
    apart(lambda: asyncio.run(_play(scenario)))


async def _play(scenario: Callable[[Machine, Helper], Any]) -> None:
    made = build.make(None, {})
    machine = Machine(made)
    helper = Helper.start("namespaces", serve_namespaces(made.pid, Doors.of_descriptors(made.root, made.network)))
    machine.attach()
    helper.attach(asyncio.get_running_loop())
    try:
        await helper.ask("names")  # it has looked once
        await scenario(machine, helper)
    finally:
        helper.close()
        machine.close()


async def sh(machine: Machine, line: str) -> None:
    finished = await machine.run(["sh", "-ec", line])
    assert finished.status == 0, finished.output


@pytest.mark.kernel
def test_the_process_leaves_the_real_network_at_once() -> None:
    async def scenario(_machine: Machine, helper: Helper) -> None:
        assert not await helper.ask("is_real")
        assert await helper.ask("where", PC)

    play(scenario)


@pytest.mark.kernel
def test_names_that_come_and_go_are_told() -> None:
    async def scenario(machine: Machine, helper: Helper) -> None:
        await sh(machine, "ip netns add a; ip netns add b")
        assert (await helper.ask("refresh")).added == ("a", "b")
        assert not await helper.ask("refresh")
        await sh(machine, "ip netns del a; ip netns del b; ip netns add b")
        renewal = await helper.ask("refresh")
        assert (renewal.added, renewal.removed) == (("b",), ("a", "b"))
        assert await helper.ask("where", "b")

    play(scenario)


@pytest.mark.kernel
def test_what_is_no_namespace_is_not_entered() -> None:
    async def scenario(machine: Machine, helper: Helper) -> None:
        await sh(
            machine,
            "ip netns add good; cd /run/netns; touch file; mkfifo pipe; mkdir directory; ln -s good link;"
            "touch uts; mount --bind /proc/self/ns/uts uts; touch tty; mount --bind /dev/tty tty",
        )
        await helper.ask("refresh")
        names = await helper.ask("names")
        assert [name for name, is_enterable in names.items() if is_enterable] == [PC, "good"]
        assert len(names) == 8
        for name in ("file", "nowhere"):
            with pytest.raises(UserError, match="no namespace"):
                await helper.ask("where", name)
        assert not await helper.ask("is_real")

    play(scenario)


@pytest.mark.kernel
def test_a_directory_that_leads_elsewhere_is_not_followed() -> None:
    async def scenario(machine: Machine, helper: Helper) -> None:
        await sh(machine, "umount /run/netns; rm -rf /run/netns; mkdir /tmp/n; touch /tmp/n/x; ln -s /tmp/n /run/netns")
        await helper.ask("refresh")
        assert await helper.ask("names") == {PC: True}

    play(scenario)


@pytest.mark.kernel
def test_a_second_name_and_one_called_pc_hide_nothing() -> None:
    async def scenario(machine: Machine, helper: Helper) -> None:
        await sh(machine, "ip netns add pc; ip netns add a; ip netns attach same $$")
        await helper.ask("refresh")
        assert list(await helper.ask("names")) == [PC, "a", "netns/pc", "same"]
        assert sorted(await helper.ask("distinct")) == ["a", "netns/pc", PC]

    play(scenario)


@pytest.mark.kernel
def test_settings_are_read_in_the_namespace_that_was_entered() -> None:
    async def scenario(machine: Machine, helper: Helper) -> None:
        await sh(machine, "ip netns add r; ip netns exec r sysctl -qw net.ipv4.ip_forward=1")
        await helper.ask("refresh")
        assert (await helper.ask("forwards", "r"), await helper.ask("forwards", PC)) == ("1", "0")

    play(scenario)


@pytest.mark.kernel
def test_a_reset_is_noticed_and_descriptors_do_not_pile_up() -> None:
    async def scenario(machine: Machine, helper: Helper) -> None:
        before = await helper.ask("descriptors")
        for _ in range(3):
            await sh(machine, "ip netns add a")
            await helper.ask("refresh")
            await machine.reset()
            assert (await helper.ask("refresh")).is_reset
            assert await helper.ask("names") == {PC: True}
            assert await helper.ask("where", PC)
        assert await helper.ask("descriptors") == before

    play(scenario)


@pytest.mark.kernel
def test_a_machine_that_has_ended_is_said_so() -> None:
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    root, network = os.open("/", os.O_PATH), os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        with pytest.raises(UserError, match="has ended"):
            Namespaces(gone, Doors.of_descriptors(root, network))
    finally:
        os.close(root)
        os.close(network)


@pytest.mark.kernel
def test_doors_that_lead_nowhere_are_those_of_a_machine_that_has_ended() -> None:
    with pytest.raises(UserError, match="has ended"):
        Namespaces(os.getpid(), Doors.of_descriptors(4000, 4001))
