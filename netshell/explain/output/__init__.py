"""What a command printed, line by line: each column and each flag, and what it is in this network.

`explain_output` gives every line, `news` what each says that those before it did not. The tables lie beside those of
command lines (`command/data/output_*.txt`).
"""

from netshell.explain.output.lines import OutputLine, explain_output
from netshell.explain.output.news import News, news

__all__ = ["News", "OutputLine", "explain_output", "news"]
