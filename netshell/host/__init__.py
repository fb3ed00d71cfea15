"""What this machine offers and lacks, and the exact command that mends it on this distribution.

It needs nothing but Python's standard library, so that the set-up can ask it before anything is installed. What
looks at the machine (`survey`, `probe`) is imported when it is called.
"""

from typing import TYPE_CHECKING

from netshell.errors import MachineError
from netshell.host.requirements import (
    DEVELOPERS_REQUIREMENTS,
    REQUIREMENTS,
    Distribution,
    Requirement,
    find_program,
    install_command,
    mask_command,
    missing_requirements,
    refresh_command,
    remedy_for,
    this_distribution,
    typed_command,
)

if TYPE_CHECKING:
    from netshell.host.findings import Fact
    from netshell.host.readings import Circumstances

__all__ = [
    "DEVELOPERS_REQUIREMENTS",
    "REQUIREMENTS",
    "Distribution",
    "Requirement",
    "explain_refusal",
    "find_program",
    "install_command",
    "mask_command",
    "missing_requirements",
    "refresh_command",
    "remedy_for",
    "survey",
    "this_distribution",
    "typed_command",
]


def survey() -> "tuple[Fact, ...]":
    """Everything that netshell looks for on this machine, each with its remedy where it is not there.

    Forks a child that tries the kernel's features in namespaces of its own; nothing stays behind.
    """
    from netshell.host.findings import judge  # noqa: PLC0415 - needed by `doctor` only
    from netshell.host.probe import probe  # noqa: PLC0415
    from netshell.host.readings import read_circumstances, read_surroundings  # noqa: PLC0415

    return judge(read_circumstances(), read_surroundings(), probe())


def explain_refusal(errno: int, what: str, circumstances: "Circumstances | None" = None) -> MachineError:
    """The error to raise where a system call that makes the private machine was refused.

    `errno` is the call's; `what` names what was asked for with its article, such as `a user namespace`.
    """
    from netshell.host.refusal import explain_refusal as explain  # noqa: PLC0415 - needed when something is refused

    return explain(errno, what, circumstances)
