"""`python -m netshell.lesson FILE…` compiles lessons and keeps their forms for this user."""

import sys
from pathlib import Path

from netshell.lesson.library import keep_compiled

keep_compiled(map(Path, sys.argv[1:]))
