"""The catalogue of faults: for each its name, how it is made, how it shows, and what is said of it."""

from collections.abc import Mapping

from netshell.diagnosis.faults.addresses import ADDRESS_FAULTS
from netshell.diagnosis.faults.fault import Example, Fault
from netshell.diagnosis.faults.filters import FILTER_FAULTS
from netshell.diagnosis.faults.leases import LEASE_FAULTS
from netshell.diagnosis.faults.links import LINK_FAULTS
from netshell.diagnosis.faults.names import NAME_FAULTS
from netshell.diagnosis.faults.ports import PORT_FAULTS, SEEN_FAULTS
from netshell.diagnosis.faults.routes import ROUTE_FAULTS
from netshell.diagnosis.faults.settings import SETTING_FAULTS

__all__ = ["FAULTS", "Example", "Fault"]

FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in sorted(
        (
            *LINK_FAULTS,
            *ADDRESS_FAULTS,
            *ROUTE_FAULTS,
            *SETTING_FAULTS,
            *FILTER_FAULTS,
            *NAME_FAULTS,
            *LEASE_FAULTS,
            *PORT_FAULTS,
            *SEEN_FAULTS,
        ),
        key=lambda fault: fault.layer,
    )
}
"""By name, the lowest layer first."""
