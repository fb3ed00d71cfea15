"""The check `neighbour`: entries of a neighbour table in, verdict out."""

from typing import Any

import pytest

from netshell.checks import Evidence, Verdict, check_from
from netshell.facts import PC, Link, Neighbour, Node, Snapshot

MAC, OTHER = "02:00:00:00:00:02", "02:00:00:00:00:33"
KNOWN = Neighbour("192.0.2.2", "eth0", MAC, "STALE")
BY_HAND = Neighbour("192.0.2.2", "eth0", MAC, "PERMANENT")
SILENT = Neighbour("192.0.2.2", "eth0", None, "FAILED")


def judge(*entries: Neighbour, **values: Any) -> Verdict:
    """ns1 has these entries; the MAC that ends in 02 is that of ns2."""
    ns2 = Node("ns2", {"eth0": Link("eth0", 2, "veth", is_up=True, has_carrier=True, state="UP", mac=MAC)})
    snapshot = Snapshot({PC: Node(PC), "ns1": Node("ns1", neighbours=entries), "ns2": ns2})
    return check_from("neighbour", {"neighbour": "192.0.2.2", "at": "ns1", **values}).judge(Evidence(snapshot))


@pytest.mark.parametrize(
    ("entry", "values"),
    [
        (KNOWN, {}),
        (KNOWN, {"mac": MAC.upper()}),
        (BY_HAND, {"mac": MAC, "state": "permanent"}),
        (SILENT, {"state": "FAILED"}),
        (Neighbour("2001:db8::2", "eth0", MAC, "REACHABLE"), {"neighbour": "2001:db8:0::2"}),
    ],
    ids=str,
)
def test_what_is_in_the_table_holds(entry: Neighbour, values: dict[str, Any]) -> None:
    assert judge(entry, **values).holds
    assert not judge(entry, **values, **{"not": True}).holds


@pytest.mark.parametrize(
    ("entries", "values", "says"),
    [
        ((), {}, "ns1 has no neighbour entry for 192.0.2.2 yet."),
        ((), {"at": "ns9"}, "There is no namespace ns9."),
        ((SILENT,), {}, "ns1 asked for the MAC of 192.0.2.2, and nobody has answered (FAILED)."),
        ((SILENT,), {"state": "REACHABLE"}, "ns1 asked for the MAC of 192.0.2.2, and nobody has answered (FAILED)."),
        (
            (KNOWN,),
            {"mac": OTHER},
            f"For ns1, 192.0.2.2 is at {MAC} (eth0 in ns2), expected at {OTHER}.",
        ),
        (
            (Neighbour("192.0.2.2", "eth0", OTHER, "STALE"),),
            {"mac": MAC},
            f"For ns1, 192.0.2.2 is at {OTHER}, which no interface here has, expected at {MAC}.",
        ),
        ((KNOWN,), {"state": "PERMANENT"}, f"For ns1, 192.0.2.2 is at {MAC} (STALE), expected PERMANENT."),
        ((KNOWN,), {"state": "FAILED"}, f"For ns1, 192.0.2.2 is at {MAC} (STALE), expected FAILED."),
    ],
)
def test_what_is_missing_or_different_is_named(
    entries: tuple[Neighbour, ...], values: dict[str, Any], says: str
) -> None:
    verdict = judge(*entries, **values)
    assert (verdict.holds, verdict.says) == (False, says)


def test_one_entry_of_several_is_enough() -> None:
    assert (
        judge(Neighbour("192.0.2.2", "eth1", None, "FAILED"), KNOWN).says == f"For ns1, 192.0.2.2 is at {MAC} (STALE)."
    )


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"neighbour": "192.0.2.1/24"}, "neighbour"),
        ({"neighbour": "192.0.2.1", "mac": "02:00:00:00:00"}, "mac"),
        ({"neighbour": "192.0.2.1", "state": "FAIL"}, "state"),
    ],
)
def test_values_that_make_no_sense_are_faults_of_their_key(values: dict[str, Any], key: str) -> None:
    assert [fault.key for fault in check_from("neighbour", values).faults()] == [key]
