"""What has come of links that were just switched on; pure.

A snapshot reads whole links, with pyroute2. Whether a thousand ends of cables are up yet is asked again and again, and
a few bytes of each answer count. The numbers are those of linux/if_link.h and linux/if_bridge.h.
"""

from typing import NamedTuple

from netshell.kernel.attributes import attributes_in
from netshell.kernel.packing import LINK

_IFLA_OPERSTATE, _IFLA_LINKINFO = 16, 18
_SLAVE_KIND, _SLAVE_DATA, _PORT_STATE = 4, 5, 1
_BRIDGE = b"bridge"
_UP, _FORWARDING = 6, 3


class Progress(NamedTuple):
    """One link's."""

    link_index: int
    is_passing: bool
    """It is in the operational state UP; where it is a port of a bridge, it forwards."""


def progress_of(message: memoryview) -> Progress:
    """An RTM_NEWLINK message, behind its header."""
    index = LINK.unpack_from(message)[2]
    is_up, forwards = False, True
    for kind, value in attributes_in(message[LINK.size :]):
        if kind == _IFLA_OPERSTATE:
            is_up = value[0] == _UP
        elif kind == _IFLA_LINKINFO:
            forwards = _forwards(value)
    return Progress(index, is_up and forwards)


def _forwards(link_info: memoryview) -> bool:
    found = dict(attributes_in(link_info))
    if bytes(found.get(_SLAVE_KIND, b"")).rstrip(b"\0") != _BRIDGE:
        return True
    port = dict(attributes_in(found[_SLAVE_DATA])) if _SLAVE_DATA in found else {}
    return _PORT_STATE in port and port[_PORT_STATE][0] == _FORWARDING
