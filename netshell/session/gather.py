"""Has read what checks need beyond the snapshot and the wire: files, programs that run, an author's own commands.

Commands are the last: they are run only once everything else holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from netshell.checks import Check, Evidence
from netshell.checks.needs import FileNeed, Need, ProcessesNeed, ScriptNeed
from netshell.errors import UserError
from netshell.facts import PC

if TYPE_CHECKING:
    from netshell.kernel import Kernel
    from netshell.sandbox.machine import Machine

_SCRIPT_S = 5
"""So long an author's commands may take."""


def needs_of(checks: Iterable[Check]) -> frozenset[Need]:
    """Everything that checks need."""
    return frozenset(need for check in checks for need in check.needs())


def wanted(checks: Sequence[Check], evidence: Evidence) -> frozenset[Need]:
    """What is to be run or sent now: nothing else is missing."""
    if not any(check.is_last for check in checks):
        return frozenset()
    failures = [verdict for check in checks if not (verdict := check.judge(evidence)).holds]
    if not all(verdict.wants for verdict in failures):
        return frozenset()
    return frozenset(need for verdict in failures for need in verdict.wants)


async def look(kernel: "Kernel", needs: frozenset[Need]) -> Mapping[Need, object]:
    """What can be read and disturbs nothing."""
    files = {(need.node, need.path) for need in needs if isinstance(need, FileNeed)}
    nodes = {need.node for need in needs if isinstance(need, ProcessesNeed)}
    if not files and not nodes:
        return {}
    texts, running = await kernel.read_more(files, nodes)
    found: dict[Need, object] = {FileNeed(*key): text for key, text in texts.items()}
    found.update((ProcessesNeed(node), programs) for node, programs in running.items())
    return found


async def run(machine: "Machine", needs: frozenset[Need]) -> Mapping[Need, object]:
    """The status of each of the commands. What takes too long, or cannot be run, has failed."""
    return {need: await _status(machine, need) for need in needs if isinstance(need, ScriptNeed)}


async def _status(machine: "Machine", need: ScriptNeed) -> int:
    node = None if need.node == PC else need.node
    try:
        finished = await machine.run(["bash", "-c", need.commands], node=node, timeout_s=_SCRIPT_S)
    except UserError:
        return -1
    return finished.status
