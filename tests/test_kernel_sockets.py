import asyncio
import json
import socket
import struct
from dataclasses import replace

import pytest
from accounts import Account
from hypothesis import given
from hypothesis import strategies as st
from inside import Inside, play

from netshell.facts import PC, Snapshot, Socket
from netshell.kernel.sockets import NO_SOCKETS, Counts, counts_in, socket_of

WAITING = Socket("tcp", 4, "0.0.0.0", 80, state="LISTEN", program="nc")
QUIET = ">/dev/null 2>&1 </dev/null &"
CABLE = (
    "ip netns add ns1",
    "ip link add v0 type veth peer name v1 netns ns1",
    "ip address add 192.0.2.1/24 dev v0",
    "ip -n ns1 address add 192.0.2.2/24 dev v1",
    "ip link set v0 up",
    "ip -n ns1 link set v1 up",
)


def script(*lines: str) -> str:
    """A Python program in the background that goes on until the machine ends."""
    body = "\n".join(["import socket, time", "from socket import *", *lines, "time.sleep(60)"])
    return f"python3 - >/dev/null 2>&1 <<'E' &\n{body}\nE"


async def until(inside: Inside, count: int, on: str = PC, state: str = "") -> tuple[Socket, ...]:
    """The sockets of a node, once it has so many (in that state), all held by a program: accepted, where they must."""
    for _ in range(500):
        sockets = (await inside.snapshot()).nodes[on].sockets
        counted = [s for s in sockets if state in ("", s.state)]
        if len(counted) == count and all(s.program for s in counted):
            return sockets
        await asyncio.sleep(0.01)
    raise TimeoutError(sockets)


@pytest.mark.kernel
def test_what_listens_is_shown_with_its_address_and_its_program() -> None:
    async def scenario(inside: Inside) -> tuple[Socket, ...]:
        await inside.sh("ip link set lo up", f"nc -l 80 {QUIET}", f"nc -l 127.0.0.1 81 {QUIET}", f"nc -u -l 53 {QUIET}")
        return await until(inside, 3)

    assert {(s.protocol, s.local, s.local_port, s.state, s.program) for s in play(scenario)} == {
        ("tcp", "0.0.0.0", 80, "LISTEN", "nc"),
        ("tcp", "127.0.0.1", 81, "LISTEN", "nc"),
        ("udp", "0.0.0.0", 53, "UNCONN", "nc"),
    }


@pytest.mark.kernel
def test_each_end_of_a_connection_is_shown_on_its_node() -> None:
    async def scenario(inside: Inside) -> Snapshot:
        await inside.sh(*CABLE, "(sleep 30 | ip netns exec ns1 nc -l 80) >/dev/null 2>&1 &")
        await until(inside, 1, on="ns1")
        await inside.sh("(sleep 30 | nc 192.0.2.2 80) >/dev/null 2>&1 &")
        await until(inside, 1, state="ESTAB")
        await until(inside, 1, on="ns1", state="ESTAB")
        return await inside.snapshot()

    nodes = play(scenario).nodes
    here, (there,) = nodes[PC].sockets[0], [s for s in nodes["ns1"].sockets if s.remote]
    assert (here.local, here.remote, here.remote_port, here.state) == ("192.0.2.1", "192.0.2.2", 80, "ESTAB")
    assert there == Socket("tcp", 4, "192.0.2.2", 80, "192.0.2.1", here.local_port, "ESTAB", program="nc")


@pytest.mark.kernel
def test_a_connection_that_nobody_answers_is_shown_waiting_and_half_open() -> None:
    async def scenario(inside: Inside) -> Snapshot:
        await inside.sh(
            *CABLE,
            "ip -n ns1 route add blackhole 192.0.2.9",
            "ip address add 192.0.2.9/32 dev v0",
            f"ip netns exec ns1 nc -l 80 {QUIET}",
        )
        await until(inside, 1, on="ns1")
        await inside.sh(f"nc -s 192.0.2.9 192.0.2.2 80 {QUIET}", "sleep 0.1")
        return await inside.snapshot()

    nodes = play(scenario).nodes
    assert [s.state for s in nodes[PC].sockets] == ["SYN-SENT"]
    assert nodes["ns1"].sockets[0] == WAITING


@pytest.mark.kernel
def test_ipv6_sockets_tell_whether_they_take_ipv4_and_which_link_they_are_bound_to() -> None:
    async def scenario(inside: Inside) -> tuple[Socket, ...]:
        await inside.sh(
            "ip link set lo up",
            script(
                "a = create_server(('::', 80), family=AF_INET6, dualstack_ipv6=True)",
                "b = create_server(('::', 81), family=AF_INET6)",
                "c = create_server(('::1', 82), family=AF_INET6)",
                "d = socket(AF_INET, SOCK_DGRAM); d.setsockopt(SOL_SOCKET, 25, b'lo'); d.bind(('127.0.0.1', 83))",
                "e = create_connection(('127.0.0.1', 80))",
                "f = a.accept()",
            ),
        )
        return await until(inside, 6)

    sockets = {(s.local_port, s.state): s for s in play(scenario)}
    assert {s.program for s in sockets.values()} == {"python3"}
    assert [(sockets[port, "LISTEN"].local, sockets[port, "LISTEN"].is_v6only) for port in (80, 81, 82)] == [
        ("::", False),
        ("::", True),
        ("::1", True),
    ]
    assert (sockets[83, "UNCONN"].dev, sockets[83, "UNCONN"].family) == ("lo", 4)
    accepted = sockets[80, "ESTAB"]
    assert (accepted.family, accepted.local, accepted.remote) == (6, "127.0.0.1", "127.0.0.1")


@pytest.mark.kernel
def test_two_hundred_sockets_are_all_shown_and_none_is_left_when_they_are_closed() -> None:
    async def scenario(inside: Inside) -> set[tuple[int, str]]:
        await inside.sh(
            "ip link set lo up", script("held = [create_server(('127.0.0.1', 2000 + n)) for n in range(200)]")
        )
        sockets = await until(inside, 200)
        await inside.sh("kill $(pgrep python3)")
        await until(inside, 0)
        return {(s.local_port, s.program) for s in sockets}

    assert play(scenario) == {(2000 + number, "python3") for number in range(200)}


@pytest.mark.kernel
def test_the_engine_is_told_of_a_socket_though_the_kernel_tells_nobody() -> None:
    async def scenario(inside: Inside) -> None:
        await inside.sh("(sleep 1; nc -l 80) >/dev/null 2>&1 </dev/null &")
        await inside.snapshot()
        await asyncio.sleep(0.4)
        inside.moved.clear()
        async with asyncio.timeout(3):
            await inside.moved.wait()
        assert (await inside.snapshot()).nodes[PC].sockets == (WAITING,)

    play(scenario)


@pytest.mark.kernel
def test_a_command_that_opens_a_socket_tells_so_for_every_account(accounts: Account) -> None:
    done = accounts.run(accounts.netshell("run", "--json", "-c", f"nc -l 80 {QUIET} sleep 0.3"))
    assert done.returncode == 0, done.stderr
    (change,) = json.loads(done.stdout.splitlines()[0])["changes"]
    assert (change["kind"], change["op"], change["after"]["local_port"]) == ("socket", "added", 80)
    assert change["after"]["program"] == "nc"


def message(family: int, state: int, src: tuple[str, int], dst: tuple[str, int], attributes: bytes = b"") -> bytes:
    ends = [socket.inet_pton(family, ip).ljust(16, b"\0") for ip, _ in (src, dst)]
    head = struct.pack("=BBBB", family, state, 0, 0) + struct.pack("!HH", src[1], dst[1])
    return head + b"".join(ends) + struct.pack("=I8x16xI", 3, 77) + attributes


def test_a_message_of_the_kernel_is_read_whole() -> None:
    raw = socket_of(message(socket.AF_INET, 10, ("127.0.0.1", 80), ("0.0.0.0", 0)), "tcp")
    assert raw is not None
    assert raw.socket == replace(WAITING, local="127.0.0.1", program="")
    assert (raw.inode, raw.link_index) == (77, 3)


def test_ipv4_over_an_ipv6_socket_has_ipv4s_addresses() -> None:
    raw = socket_of(message(socket.AF_INET6, 1, ("::ffff:192.0.2.1", 80), ("::ffff:192.0.2.2", 4000)), "tcp")
    assert raw is not None
    assert raw.socket == Socket("tcp", 6, "192.0.2.1", 80, "192.0.2.2", 4000, "ESTAB")


@given(st.binary(max_size=64))
def test_whatever_attributes_follow_a_message_is_read(attributes: bytes) -> None:
    raw = socket_of(message(socket.AF_INET6, 10, ("::", 80), ("::", 0), attributes), "tcp")
    assert raw is not None
    assert raw.socket.local == "::"


SOCKSTAT = """sockets: used 26
TCP: inuse {} orphan 6 tw {} alloc 61 mem 336
UDP: inuse {} mem 6
UDPLITE: inuse 0
RAW: inuse 0
FRAG: inuse 0 memory 0
"""
SOCKSTAT6 = """TCP6: inuse {}
UDP6: inuse {}
UDPLITE6: inuse 0
RAW6: inuse 0
FRAG6: inuse 0 memory 0
"""


@pytest.mark.parametrize(
    "numbers", [(0, 0, 0, 0, 0), (1, 0, 0, 0, 0), (0, 2, 0, 0, 0), (0, 0, 3, 4, 0), (10, 0, 0, 0, 5)]
)
def test_the_kernels_own_count_is_read_with_ipv6_and_without(numbers: tuple[int, int, int, int, int]) -> None:
    four, six = numbers[:3], numbers[3:]
    tcp, closing, udp = four
    told = SOCKSTAT.format(*four).encode()
    assert counts_in(told) == Counts(tcp, closing, udp, 0)
    assert counts_in(told + SOCKSTAT6.format(*six).encode()) == Counts(tcp + six[0], closing, udp, six[1])


def test_what_the_kernel_does_not_count_is_asked_for() -> None:
    assert all(counts_in(b""))
    assert not any(NO_SOCKETS)
