"""netshell's own commands, the ones that begin with a colon: what each is called, and what it gives.

A command gives values; showing them is somebody else's.
"""

from netshell.commands.context import Command, Context, Handler
from netshell.commands.lesson import stands_in
from netshell.commands.path import Standing, missing_needs, standings, summary
from netshell.commands.table import COMMANDS, is_own, run
from netshell.commands.views import (
    Answers,
    Catalogue,
    Changes,
    CommandExplained,
    Followed,
    GoTo,
    Hint,
    Ladder,
    Learn,
    Manual,
    Map,
    Opened,
    Packets,
    Quit,
    Reason,
    Solution,
    StandsIn,
    TermExplained,
    TypeSolution,
    Verdict,
    Verdicts,
    View,
    Why,
    Words,
)
from netshell.commands.wire import ladder_of, packet_of, packets_of

__all__ = [
    "COMMANDS",
    "Answers",
    "Catalogue",
    "Changes",
    "Command",
    "CommandExplained",
    "Context",
    "Followed",
    "GoTo",
    "Handler",
    "Hint",
    "Ladder",
    "Learn",
    "Manual",
    "Map",
    "Opened",
    "Packets",
    "Quit",
    "Reason",
    "Solution",
    "Standing",
    "StandsIn",
    "TermExplained",
    "TypeSolution",
    "Verdict",
    "Verdicts",
    "View",
    "Why",
    "Words",
    "is_own",
    "ladder_of",
    "missing_needs",
    "packet_of",
    "packets_of",
    "run",
    "standings",
    "stands_in",
    "summary",
]
