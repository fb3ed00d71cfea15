"""Why one node does not reach another: the chain from namespace to socket, walked until its first broken link.

It judges snapshots and packets that others read, and knows nothing of lessons, checks or screens.
"""

from netshell.diagnosis.finding import Finding, NameAnswer, NameQuestion, Protocol, Target, parse_target
from netshell.diagnosis.why import why, why_unresolved

__all__ = ["Finding", "NameAnswer", "NameQuestion", "Protocol", "Target", "parse_target", "why", "why_unresolved"]
