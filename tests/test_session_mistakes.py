"""Known mistakes that are recognised by what was typed, and where."""

import pytest

from netshell.checks import Evidence
from netshell.facts import Snapshot
from netshell.lesson.model import Line, Mistake
from netshell.session import Ran
from netshell.session.scripts import commands_of_a_try, is_made

LISTENS = Mistake(do=(Line("pc", "run", "tcpdump -n -i eth0"),), say="That was the PC.")
NOTHING = Evidence(Snapshot())


def test_the_same_words_into_another_file_are_another_command() -> None:
    mistake = Mistake(do=(Line("ns1", "run", "echo hello > index.html"),), say="Beside it.")
    assert is_made(mistake, NOTHING, Ran("echo hello > index.html", node="ns1", terminal="ns1"))
    assert not is_made(mistake, NOTHING, Ran("echo hello > site/index.html", node="ns1", terminal="ns1"))


@pytest.mark.parametrize(
    ("ran", "expected"),
    [
        (Ran("tcpdump -n -i eth0"), True),
        (Ran("sudo  tcpdump -n  -i eth0"), True),
        (Ran("tcpdump -n -i eth0", node="ns1"), True),  # `ip netns exec ns1 bash` at the PC's terminal came before
        (Ran("tcpdump -n -i eth0", node="ns3", terminal="ns3"), False),
        (Ran("tcpdump -n -i lo"), False),
        (Ran("ip netns exec ns1 tcpdump -n -i eth0"), False),
        (Ran("tcpdump -n -i eth0", node="pc", terminal="ns3"), True),
        (Ran(), False),
        (None, False),
    ],
)
def test_words_are_a_mistake_only_at_the_terminal_where_they_are_one(ran: Ran | None, *, expected: bool) -> None:
    assert is_made(LISTENS, NOTHING, ran) == expected


def test_who_speaks_to_programs_in_two_terminals_needs_a_visit_to_each_for_a_try() -> None:
    spoken = (Line("ns1", "type", "k.send(b'x')"), Line("ns2", "type", "t.close()"), Line("ns1", "type", "k.close()"))
    assert commands_of_a_try(spoken) == 2
    assert commands_of_a_try((Line("pc", "run", "ip link add a type dummy"),)) == 1
