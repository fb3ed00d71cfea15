"""Every message that is known, in the order that they are tried."""

from netshell.explain.messages.row import Row
from netshell.explain.messages.rows_links import ROWS_LINKS
from netshell.explain.messages.rows_names import ROWS_NAMES
from netshell.explain.messages.rows_reach import ROWS_REACH
from netshell.explain.messages.rows_routes import ROWS_ROUTES
from netshell.explain.messages.rows_rules import ROWS_RULES
from netshell.explain.messages.rows_shell import ROWS_SHELL

ROWS: tuple[Row, ...] = (*ROWS_LINKS, *ROWS_ROUTES, *ROWS_REACH, *ROWS_NAMES, *ROWS_RULES, *ROWS_SHELL)
