"""How bash reads a line: its words, operators, redirections and here-documents, each with its place.

Nothing is run or expanded. `read_line` is all that others need.
"""

from netshell.explain.shell.lexer import read_line
from netshell.explain.shell.token import Expansion, Token

__all__ = ["Expansion", "Token", "read_line"]
