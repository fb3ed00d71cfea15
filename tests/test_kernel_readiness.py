import sys
from typing import Any

import pytest
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg

from netshell.kernel.netlink import HEADER_BYTES
from netshell.kernel.packing import all_links
from netshell.kernel.readiness import progress_of


def told(state: str, port: tuple[str, int] | None = None) -> memoryview:
    """A link's message as the kernel sends it, behind its header."""
    attributes: list[Any] = [("IFLA_IFNAME", "p1"), ("IFLA_OPERSTATE", state)]
    if port is not None:
        kind, number = port
        data = {"attrs": [("IFLA_BRPORT_PRIORITY", 32), ("IFLA_BRPORT_STATE", number)]}
        slave = [("IFLA_INFO_KIND", "veth"), ("IFLA_INFO_SLAVE_KIND", kind), ("IFLA_INFO_SLAVE_DATA", data)]
        attributes.append(("IFLA_LINKINFO", {"attrs": slave}))
    message = ifinfmsg().load({"index": 6, "attrs": attributes})
    message.encode()
    return memoryview(bytes(message.data))[HEADER_BYTES:]


@pytest.mark.parametrize(
    ("state", "port", "is_passing"),
    [
        ("UP", None, True),
        ("UNKNOWN", None, False),
        ("LOWERLAYERDOWN", None, False),
        ("UP", ("bridge", 3), True),
        ("UP", ("bridge", 1), False),
        ("UP", ("bridge", 2), False),
        ("DOWN", ("bridge", 3), False),
    ],
)
def test_a_link_passes_frames_when_it_is_up_and_as_a_port_forwards(
    state: str, port: tuple[str, int] | None, *, is_passing: bool
) -> None:
    assert progress_of(told(state, port)) == (6, is_passing)


def test_all_links_are_asked_for_without_their_counters() -> None:
    asked = all_links()
    length = (HEADER_BYTES + len(asked)).to_bytes(4, sys.byteorder)
    question = ifinfmsg(length + bytes(HEADER_BYTES - len(length)) + asked)
    question.decode()
    assert (question["index"], question.get_attr("IFLA_EXT_MASK")) == (0, 8)
