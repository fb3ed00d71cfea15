"""Command lines taken apart word by word: from tables of what each tool knows, joined with the network as it is.

`explain_command` is all that others need. It runs nothing, and knows no screen.
"""

from netshell.explain.command.line import explain_command
from netshell.explain.command.part import Explanation, Part, as_json

__all__ = ["Explanation", "Part", "as_json", "explain_command"]
