"""The kill storm's reference: `unshare --kill-child` killed at random moments, and the processes that it leaves.

python -m bench.orphans ROUNDS SEED
"""

import contextlib
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from netshell import linux

_ARGV = ["unshare", "-Urnmpf", "--kill-child", "--mount-proc", "sleep", "900"]
_MOST_S = 0.006
"""Its machine is ready by then."""
_PATIENCE_S = 0.5


def main(rounds: int, seed: int) -> None:
    """Kill and count; orphans become children of this process (PR_SET_CHILD_SUBREAPER), and are ended by it."""
    linux.adopt_orphans()
    chance = random.Random(seed)
    left = sum(_round(chance.uniform(0, _MOST_S)) for _ in range(rounds))
    print(json.dumps({"processes": left}))


def _round(delay_s: float) -> int:
    pid = os.posix_spawnp(_ARGV[0], _ARGV, os.environ)
    time.sleep(delay_s)
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.001)
        except ChildProcessError:
            return 0
    left = [int(word) for word in Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()]
    for orphan in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(orphan, signal.SIGKILL)
    for _ in left:
        os.waitpid(-1, 0)
    return len(left)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
