"""What a tool's own message means here: a line of its output recognised, and joined with the state of the network.

`explain_output` is all that others need. It knows no kernel and no screen; the words stand in the tables `rows_…`.
"""

from netshell.explain.messages.explained import Explained, explain_output

__all__ = ["Explained", "explain_output"]
