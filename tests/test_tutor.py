"""When a learner is told why something failed, and what they are shown of it, rung by rung."""

from dataclasses import replace
from typing import Any

import pytest
from message_lab import LAB

from netshell.explain.losses import killing, loss
from netshell.facts import PC, Address, Link, Node, Snapshot
from netshell.session.advice import Advice, state_lines
from netshell.session.ran import Ran
from netshell.session.tutor import Scene, Tutor, judged

PING = "ping -c 1 -W 1 203.0.113.9"
LOSS = "1 packets transmitted, 0 received, 100% packet loss, time 0ms\n"
TYPO = Ran("ip link set eth5 up", 1, 'Cannot find device "eth5"\n', "ns1")


def failed(command: str = PING, output: str = LOSS, status: int = 1, node: str = "ns1") -> Ran:
    return Ran(command, status, output, node)


def scene(after: Snapshot = LAB, before: Snapshot = LAB, **how: Any) -> Scene:
    return Scene(before, before, after, is_less=after != before, **how)


def says(tutor: Tutor, ran: Ran, **how: Any) -> str:
    advice = tutor.after(ran, scene(**how))
    return advice.says if advice else ""


def test_a_slip_is_told_at_once_each_time() -> None:
    tutor = Tutor()
    for _ in range(2):
        assert says(tutor, TYPO).startswith("There is no interface eth5 in ns1")


def test_what_the_tool_says_plainly_itself_is_told_only_who_asks() -> None:
    tutor = Tutor()
    assert says(tutor, Ran("cat notes", 1, "cat: notes: No such file or directory\n")) == ""
    assert tutor.next_rung() is not None
    near = Ran("ip netns exec ns1 png 192.0.2.1", 255, 'exec of "png" failed: No such file or directory\n')
    assert "Did you mean `ping`?" in says(tutor, near)


def test_what_the_network_answers_is_told_at_the_second_try_of_the_same() -> None:
    tutor = Tutor()
    assert says(tutor, failed()) == ""
    assert says(tutor, failed("ping -c 1 -W 1 198.51.100.77")) == ""
    told = says(tutor, failed())
    assert (
        told
        == "r1 has no route to 203.0.113.9: no entry of its table takes packets for 203.0.113.9, so they stop there."
    )
    assert says(tutor, failed()) == ""  # the same words once


def test_a_try_that_succeeds_ends_the_count() -> None:
    tutor = Tutor()
    assert says(tutor, failed()) == ""
    assert says(tutor, failed(status=0, output="1 received")) == ""
    assert says(tutor, failed()) == ""


NOTHING = Ran("2", 127, "bash: 2: command not found\n")


@pytest.mark.parametrize(
    ("slip", "then", "is_forgotten"),
    [
        (TYPO, Ran("ip link set eth0 up", 0, "", "ns1"), True),
        (TYPO, Ran("ip link show", 0, "", "ns1"), False),  # a look is no try
        (TYPO, Ran("ls", 0, ""), False),
        (failed(), failed(status=0, output="1 received"), True),
        (NOTHING, Ran("ls", 0, ""), True),
        (NOTHING, Ran(":why", 127, "bash: :why: command not found\n"), False),
    ],
)
def test_what_was_mended_is_not_explained_any_more(slip: Ran, then: Ran, *, is_forgotten: bool) -> None:
    tutor = Tutor()
    says(tutor, slip)
    before = tutor.last
    assert before is not None
    says(tutor, then)
    assert tutor.last == (None if is_forgotten else before)


def test_who_has_asked_is_told_at_the_first_try_from_then_on() -> None:
    tutor = Tutor()
    tutor.note(Advice("Nothing listens."), was_asked=True)
    assert says(tutor, failed()).startswith("r1 has no route")


@pytest.mark.parametrize("how", [{"is_expected": True}, {"is_quiet": True}])
@pytest.mark.parametrize("ran", [TYPO, failed()])
def test_nothing_is_told_of_a_planned_failure_nor_in_a_ticket_and_yet_it_can_be_asked_for(
    how: dict[str, bool], ran: Ran
) -> None:
    tutor = Tutor()
    assert [says(tutor, ran, **how) for _ in range(3)] == ["", "", ""]
    rung = tutor.next_rung()
    assert rung is not None
    assert rung.kind == "proof"
    assert rung.advice.evidence


def test_the_rungs_lead_from_the_proof_to_the_command_and_begin_anew() -> None:
    tutor = Tutor()
    assert tutor.next_rung() is None
    tutor.after(
        failed("nc -nzv 198.51.100.1 91", "nc: connect to 198.51.100.1 port 91 (tcp) failed: Connection refused\n"),
        scene(),
    )
    rungs = [tutor.next_rung() for _ in range(4)]
    assert [rung.kind if rung else "" for rung in rungs] == ["proof", "look", "mend", "proof"]
    advice = rungs[0].advice if rungs[0] else Advice("")
    assert advice.evidence[0] == "ns2: no socket waits on tcp/91"
    assert advice.look == "Look for yourself: `ip netns exec ns2 ss -tuanp`."
    assert advice.mend == "ip netns exec ns2 nc -lnv 198.51.100.1 91"


def test_a_message_that_is_not_known_stays_as_it_is() -> None:
    assert judged(failed("ip link set eth0 frobnicated", "Error: the moon is full.\n"), scene()) is None
    assert judged(failed("make coffee", "make: *** No rule.\n", 2), scene()) is None


def test_a_way_out_of_the_lab_is_left_to_the_message_itself() -> None:
    advice = judged(failed("ping -c 1 8.8.8.8", "ping: connect: Network is unreachable\n", 2, "helloworld"), scene())
    assert advice is not None
    assert "helloworld" in advice.says


def without(name: str, *, link: str = "") -> Snapshot:
    """The lab without a node, or without one of its interfaces and its addresses."""
    node = LAB.nodes[name]
    if not link:
        return Snapshot({n: each for n, each in LAB.nodes.items() if n != name})
    links = {n: each for n, each in node.links.items() if n != link}
    cut = replace(node, links=links, addresses=tuple(a for a in node.addresses if a.dev != link), routes=())
    return Snapshot({**LAB.nodes, name: cut})


def changed(name: str, **values: Any) -> Snapshot:
    return Snapshot({**LAB.nodes, name: replace(LAB.nodes[name], **values)})


LO_ONLY = tuple(a for a in LAB.nodes["ns1"].addresses if a.dev == "lo")


@pytest.mark.parametrize(
    ("command", "after", "begin"),
    [
        ("ip netns delete ns1", without("ns1"), "The namespace ns1 belongs to this step"),
        ("ip -n ns1 link delete eth0", without("ns1", link="eth0"), "The interface eth0 in ns1 belongs to this step"),
        ("ip -n ns1 addr flush dev eth0", changed("ns1", addresses=LO_ONLY, routes=()), "eth0 in ns1 has no address"),
        ("ip -n ns1 route flush table main", changed("ns1", routes=()), "The routes of ns1 to its own networks"),
    ],
)
def test_what_was_given_and_is_destroyed_is_told_at_once(command: str, after: Snapshot, begin: str) -> None:
    tutor = Tutor()
    told = says(tutor, Ran(command), after=after)
    assert told.startswith(begin)
    assert told.endswith("`:reset` brings it back.")
    assert says(Tutor(), Ran(command), after=after, is_removal_wanted=True) == ""


def test_what_a_learner_has_made_is_theirs_to_destroy() -> None:
    began = Snapshot({PC: Node(PC)})
    assert loss("ip netns delete ns1", began, LAB, without("ns1")) is None
    assert loss("ip -n ns1 addr del 192.0.2.1/24 dev eth0", LAB, LAB, changed("ns1", addresses=LO_ONLY)) is None
    assert loss("ip link show", LAB, LAB, LAB) is None


def test_a_cable_that_only_moves_is_not_lost() -> None:
    node, spare = LAB.nodes["ns2"], LAB.nodes["ns2"].links["spare"]
    moved = replace(LAB.nodes["helloworld"], links={**LAB.nodes["helloworld"].links, "spare": spare})
    after = Snapshot({**without("ns2", link="spare").nodes, "helloworld": moved})
    assert "spare" in node.links
    assert loss("ip -n ns2 link set spare netns helloworld", LAB, LAB, after) is None


@pytest.mark.parametrize("command", ["kill -9 -1", "sudo kill -KILL -1", "/bin/kill -s KILL -- -1"])
def test_ending_every_process_is_told(command: str) -> None:
    assert killing(command) is not None
    assert says(Tutor(), Ran(command)).startswith("To `kill`, -1 means every process there is")


@pytest.mark.parametrize("command", ["kill -1 77", "kill -9 77", "kill %1", "echo -1"])
def test_ending_one_process_is_nothing_to_be_told(command: str) -> None:
    assert killing(command) is None


def test_lo_is_shown_where_it_is_all_there_is_or_has_what_somebody_set() -> None:
    lo = Link("lo", 1, "loopback", is_up=False, has_carrier=False, state="DOWN")
    eth0 = Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP")
    addresses = (Address("127.0.0.1/8", "lo", "host"), Address("192.0.2.7/24", "eth0"))

    def lines(layer: int, *links: Link, more: tuple[Address, ...] = ()) -> list[str]:
        node = Node("ns1", {link.name: link for link in links}, (*addresses, *more))
        return list(state_lines(Snapshot({"ns1": node}), "ns1", layer))

    assert [line.split()[1] for line in lines(10, lo)] == ["lo:"]
    assert [line.split()[1] for line in lines(10, lo, eth0)] == ["eth0:"]
    assert [line.split()[1] for line in lines(20, lo, eth0)] == ["eth0"]
    odd = Address("198.51.100.7/24", "lo")
    assert [line.split()[1] for line in lines(20, lo, eth0, more=(odd,))] == ["lo", "eth0"]
