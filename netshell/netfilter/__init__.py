"""What a node's packet filters and NAT do with a packet that is described: chains, hooks, policies; pure.

It knows nothing of lessons, checks or screens, and never guesses: where a rule asks for something that the description
does not say, or that is not understood, the answer is that it cannot be told.
"""

from netshell.netfilter.course import Passage, pass_through
from netshell.netfilter.packet import Packet, turned_round
from netshell.netfilter.words import chain_named, rule_named

__all__ = ["Packet", "Passage", "chain_named", "pass_through", "rule_named", "turned_round"]
