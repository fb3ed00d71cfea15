"""`:explain` in a real machine: a command line that is not run, a term, and the last command with its output."""

import json

import pytest
from accounts import Account
from conftest import RunNetshell

pytestmark = pytest.mark.kernel

LINES = """\
:explain
ip netns add red
:explain ip -n red link set lo up
ip -n red link
:explain
ip netns exec red ping -c 1 192.0.2.9
:explain
:explain carrier
:explain carier
:explain ip netns add red
:explain 'ip neigh flush all'
:explain $ ip -6 route
"""


def test_commands_outputs_and_terms_are_explained(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "run", "-c", LINES)
    told = done.stdout
    for says in (
        "No command has been run yet.",
        "In red: switches the interface lo on.",
        "→ red's lo: the loopback interface, now DOWN.",
        "In red: shows all interfaces.",
        "LOOPBACK       It leads back to the host itself.",
        "state DOWN     Whether frames can pass. No frame passes: it is off",
        "✗ Nothing was sent: red does not know which way to send it.",
        "The sign that somebody is at the other end of the cable",
        "Did you mean `:explain carrier`?",
        "→ A namespace red is there already.",
        "Empties the neighbour table.",
        "Shows the routing table of IPv6.",
    ):
        assert says in told, told
    assert "link/loopback" in told, "nothing of a command that is explained was run: lo stays as it was"
    assert "<LOOPBACK,UP" not in told


def test_programs_get_the_parts_too(ordinary_account: Account, run_netshell: RunNetshell) -> None:
    done = run_netshell(ordinary_account, "run", "--json", "-c", ":explain ip route get 192.0.2.1")
    told = json.loads(done.stdout)["explains"]
    assert told["summary"] == "Asks the kernel which way a packet to 192.0.2.1 would take."
    assert told["parts"][-1]["here"] == "Nobody in this network has 192.0.2.1; the PC has no route to it."
